/** What talks to the database of a fleet, in the thread of the test: on the other end of a channel, as a worker is. */
import { MessageChannel } from 'node:worker_threads';
import { SystemClock, systemRandom } from '../../src/clock.ts';
import { FleetDesk, type DeskParts } from '../../src/fleet/desk.ts';
import type { WorkerPort } from '../../src/services/worker-calls.ts';
import { openFleetOutbox } from '../../src/store/state-directory.ts';

export function fleetInThread(
  file: string,
  parts: Pick<DeskParts, 'backoff' | 'patience'> = {},
  clock: DeskParts['clock'] = new SystemClock(),
): WorkerPort {
  const { port1, port2 } = new MessageChannel();
  new FleetDesk(port2, { ...parts, open: () => openFleetOutbox(file), clock, random: systemRandom });
  port2.unref();
  return port1;
}

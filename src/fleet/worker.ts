/** The entry of the worker that talks to the fleet's database; its data is the path of the outbox. */
import { parentPort, workerData } from 'node:worker_threads';
import { SystemClock, systemRandom } from '../clock.ts';
import { openFleetOutbox } from '../store/state-directory.ts';
import { FleetDesk } from './desk.ts';

new FleetDesk(parentPort!, {
  open: () => openFleetOutbox(workerData as string),
  clock: new SystemClock(),
  random: systemRandom,
});

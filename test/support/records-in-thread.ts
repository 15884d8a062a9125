/** What has the stored sessions, in the thread of the test: on the other end of a channel, as a worker is. */
import { MessageChannel } from 'node:worker_threads';
import { RecordsDesk } from '../../src/services/records/records-desk.ts';
import type { WorkerPort } from '../../src/services/worker-calls.ts';
import { openServices } from '../../src/store/state-directory.ts';

export function recordsInThread(file: string): WorkerPort {
  const { port1, port2 } = new MessageChannel();
  new RecordsDesk(port2, () => openServices(file));
  port2.unref();
  return port1;
}

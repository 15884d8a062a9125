/** The entry of the ssh worker. What is thrown here ends it; the main thread starts another. */
import { parentPort, workerData } from 'node:worker_threads';
import { SystemClock } from '../../clock.ts';
import { hostKeysIn } from './host-keys.ts';
import type { ToWorker, WorkerStart } from './link.ts';
import { SshService } from './service.ts';

const port = parentPort!;
const { hostKeyDirectory, settings } = workerData as WorkerStart;
const service = new SshService(
  hostKeysIn(hostKeyDirectory),
  settings,
  new SystemClock(),
  (message, transfer = []) => port.postMessage(message, transfer),
);
port.on('message', (message: ToWorker) => service.handle(message));

/** The entry of a datapath worker: reflector or sender, as its `workerData` says. */
import { parentPort, workerData } from 'node:worker_threads';
import { DgramReflector } from './dgram-reflector.ts';
import { DgramSender } from './dgram-sender.ts';
import { KernelReflector } from './kernel-reflector.ts';
import { KernelSender } from './kernel-sender.ts';
import { available } from './libc.ts';
import type { ReflectorMessage, SenderMessage, WorkerMessage, WorkerStart } from './link.ts';

const port = parentPort!;
const start = workerData as WorkerStart;
const post = (message: WorkerMessage): void => port.postMessage(message);

// A rejection is not caught: it ends this worker, and the main thread tells the sessions.
const kernel = available();
if (start.role === 'reflector') {
  const host =
    'libc' in kernel ? new KernelReflector(kernel.libc, start, post) : new DgramReflector(start, post);
  port.on('message', (message: ReflectorMessage) => void host.handle(message));
} else {
  const host = 'libc' in kernel ? new KernelSender(kernel.libc, start, post) : new DgramSender(start, post);
  port.on('message', (message: SenderMessage) => void host.handle(message));
}

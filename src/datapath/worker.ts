/** The entry of a datapath worker: reflector or sender, as its `workerData` says. */
import { parentPort, workerData } from 'node:worker_threads';
import type { ReflectorMessage, SenderMessage, WorkerMessage, WorkerStart } from './link.ts';
import { ReflectorHost } from './reflector-host.ts';
import { SenderHost } from './sender-host.ts';

const port = parentPort!;
const start = workerData as WorkerStart;
const post = (message: WorkerMessage): void => port.postMessage(message);

// A rejection is not caught: it ends this worker, and the main thread tells the sessions.
if (start.role === 'reflector') {
  const host = new ReflectorHost(start, post);
  port.on('message', (message: ReflectorMessage) => void host.handle(message));
} else {
  const host = new SenderHost(start, post);
  port.on('message', (message: SenderMessage) => void host.handle(message));
}

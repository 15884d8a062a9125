/** The entry of a datapath worker: reflector or sender, as its `workerData` says. */
import { parentPort, workerData } from 'node:worker_threads';
import { DgramReflector } from './dgram-reflector.ts';
import { DgramSender } from './dgram-sender.ts';
import { KernelReflector } from './kernel-reflector.ts';
import { KernelSender } from './kernel-sender.ts';
import { available } from '../native/libc.ts';
import type { WorkerMessage, WorkerStart } from './link.ts';

const port = parentPort!;
const start = workerData as WorkerStart;

/** The answers to what is being heard; undefined: nothing is. */
let answers: WorkerMessage[] | undefined;

function post(message: WorkerMessage): void {
  if (answers === undefined) port.postMessage([message]);
  else answers.push(message);
}

/** Answers that are there at once leave together. */
function hear(host: { handle(message: never): unknown }): void {
  port.on('message', (messages: readonly never[]) => {
    const given: WorkerMessage[] = [];
    answers = given;
    for (const message of messages) void host.handle(message);
    answers = undefined;
    if (given.length > 0) port.postMessage(given);
  });
}

// A rejection is not caught: it ends this worker, and the main thread tells the sessions.
const kernel = available();
post({ type: 'loaded' });
if (start.role === 'reflector') {
  const host =
    'libc' in kernel ? new KernelReflector(kernel.libc, start, post) : new DgramReflector(start, post);
  hear(host);
} else {
  const host = 'libc' in kernel ? new KernelSender(kernel.libc, start, post) : new DgramSender(start, post);
  hear(host);
}

/** A second process for the tests: its thread enters a namespace it cannot leave, in a worker if told so. */
import { Worker, isMainThread } from 'node:worker_threads';
import type { Libc } from '../../src/native/libc.ts';
import { within } from '../../src/native/routing-instance.ts';

const say = (line: string): void => void process.stdout.write(`${line}\n`);

if (isMainThread && process.argv[2] === 'worker') {
  const worker = new Worker(new URL(import.meta.url));
  worker.on('error', ({ message }) => say(`the worker failed: ${message}`));
  worker.on('exit', () => say('the worker has ended'));
} else {
  let entries = 0;
  const calls: Partial<Libc> = {
    open: () => 99,
    close: () => 0,
    setns: () => (++entries === 1 ? 0 : -1),
    errorName: () => 'EPERM',
  };
  try {
    within(calls as Libc, { kind: 'namespace', name: 'red' }, () => undefined);
  } catch (error) {
    // On the main thread somebody always catches.
    if (!isMainThread) throw error;
  }
  say('survived');
}

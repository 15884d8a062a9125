/** What becomes of a thread that cannot leave a namespace. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { bundledWorker } from '../support/worker.ts';

const program = bundledWorker(join(import.meta.dirname, 'lost-thread.ts'));
function lose(where: 'main' | 'worker'): { signal: string | null; out: string; err: string } {
  const words = [fileURLToPath(program.url), where];
  const { signal, stdout, stderr } = spawnSync(process.execPath, words, { encoding: 'utf8' });
  return { signal, out: stdout, err: stderr };
}

const lost = 'dnrouter: no way back from network namespace red: EPERM';

test('the process ends when its main thread cannot leave a namespace, whoever catches errors', () => {
  const { signal, out, err } = lose('main');
  expect([signal, out]).toEqual(['SIGABRT', '']);
  expect(err).toContain(lost);
});

test('a worker that cannot leave a namespace ends, and the process goes on', () => {
  const { signal, out } = lose('worker');
  expect([signal, out]).toEqual([null, `the worker failed: ${lost}\nthe worker has ended\n`]);
});

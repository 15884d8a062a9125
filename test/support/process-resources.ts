/** What this process holds: for tests that nothing is left behind. Linux. */
import { readdirSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

/** Whether `/proc` is there to ask. */
export const canCount = process.platform === 'linux';

export const openFiles = (): number => readdirSync('/proc/self/fd').length;

export const threads = (): number => readdirSync('/proc/self/task').length;

/** Of this thread's JavaScript, in octets, after everything that is not referred to any more has gone. */
export function heapOctets(): number {
  // What the first collection finalises, the second one frees.
  collectGarbage();
  collectGarbage();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

/** Of all threads. */
export const residentOctets = (): number => process.memoryUsage.rss();

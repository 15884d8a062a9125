/** The program as a user starts it from a checkout: scripts/dnrouter as a process of its own. */
import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { onTestFinished } from 'vitest';

export const PROGRAM = join(import.meta.dirname, '../../scripts/dnrouter');

export interface Finished {
  /** Exit status; undefined when a signal ended it. */
  readonly status: number | undefined;
  readonly out: string;
  readonly err: string;
}

export interface ProgramOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** User and group to run as. */
  readonly uid?: number;
}

/** Starts the program; it is killed if it outlives the running test. */
export function start(
  words: readonly string[],
  { env, uid }: ProgramOptions = {},
): ChildProcessWithoutNullStreams {
  const identity = uid === undefined ? {} : { uid, gid: uid };
  const child = spawn(PROGRAM, words, { env: { ...process.env, ...env }, ...identity });
  onTestFinished(() => void child.kill('SIGKILL'));
  return child;
}

/** Runs the program to its end with `input` on its standard input. */
export async function runProgram(
  words: readonly string[],
  input = '',
  options: ProgramOptions = {},
): Promise<Finished> {
  const child = start(words, options);
  // A program that ends without reading closes the pipe under us; that is no failure.
  child.stdin.on('error', () => undefined);
  child.stdin.end(input);
  const [out, err, [status]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'close') as Promise<[number | null]>,
  ]);
  return { status: status ?? undefined, out, err };
}

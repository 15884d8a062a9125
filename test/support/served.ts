/** The program as a process that stays: at the other end of a pipe, or serving its state directory. */
import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { once } from 'node:events';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, vi } from 'vitest';
import { runProgram, start, type Finished } from './program.ts';

/** What each wait may take on a busy machine. */
export const PATIENCE = { timeout: 40_000 };

/** A router whose standard input stays open: lines go in one by one. */
export class Batch {
  readonly child: ChildProcessWithoutNullStreams;
  out = '';
  err = '';

  /** `uid`: user and group to run as. */
  constructor(
    command: string,
    words: readonly string[],
    env: Readonly<Record<string, string>> = {},
    uid?: number,
  ) {
    const identity = uid === undefined ? {} : { uid, gid: uid };
    this.child = spawn(command, words, { env: { ...process.env, ...env }, ...identity });
    onTestFinished(() => void this.child.kill('SIGKILL'));
    this.child.stdin.on('error', () => undefined);
    this.child.stdout.on('data', (chunk: Buffer) => (this.out += chunk.toString()));
    this.child.stderr.on('data', (chunk: Buffer) => (this.err += chunk.toString()));
  }

  /** Runs lines until what they print, on both streams, has `mark` in it; gives that. */
  async say(mark: string | RegExp, ...lines: readonly string[]): Promise<string> {
    [this.out, this.err] = ['', ''];
    this.child.stdin.write(lines.map((line) => `${line}\n`).join(''));
    await vi.waitFor(() => expect(this.out + this.err).toMatch(mark), PATIENCE);
    return this.out + this.err;
  }

  async end(): Promise<number | null> {
    this.child.stdin.end();
    const [status] = (await once(this.child, 'close')) as [number | null];
    return status;
  }
}

/** Lines that have this machine's clients served on a port, in configuration mode, uncommitted. */
export const server = (port: number): readonly string[] => [
  'configure',
  `set services rpm twamp server port ${port}`,
  'set services rpm twamp server client-list own address 127.0.0.0/8',
];

/** Serves on a state directory; resolves when programs can attach. */
export async function serve(
  state: string,
  lines: readonly string[] = [],
  env = {},
): Promise<ChildProcessWithoutNullStreams> {
  if (lines.length > 0) await runProgram(['--state', state], [...lines, 'commit', ''].join('\n'));
  const child = start(['--state', state, '--daemon'], { env });
  const attach = join(state, 'attach');
  await vi.waitFor(() => expect(statSync(attach).size).toBeGreaterThan(0), PATIENCE);
  return child;
}

/** Runs lines in the router of a state directory, or as it. */
export const run = (state: string, ...lines: readonly string[]): Promise<Finished> =>
  runProgram(['--state', state, ...lines.flatMap((line) => ['-c', line])]);

/** How many rows a show has, as data. */
export async function rowsOf(state: string, list: 'sessions' | 'users'): Promise<number> {
  const show = list === 'users' ? 'show system users' : 'show services twamp sessions';
  const { out } = await run(state, `${show} | display json`);
  return (JSON.parse(out) as Record<string, unknown[]>)[list]!.length;
}

/** What hostile clients are held against: a test session that runs meanwhile, and the memory of the router. */
import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { expect, onTestFinished } from 'vitest';
import { PROGRAM, type Finished } from './program.ts';

const MEBIBYTE = 2 ** 20;

/** Resident memory of a process, in octets; undefined when it has gone. */
export function residentOctetsOf(pid: number): number | undefined {
  try {
    const [, kibibytes] = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
    return kibibytes === undefined ? undefined : Number(kibibytes) * 1024;
  } catch {
    return undefined;
  }
}

/** Watches how large a process gets; `stop` gives the most, in octets. */
export function watchMemory(pid: number): { stop(): number } {
  let most = residentOctetsOf(pid) ?? 0;
  const look = (): void => void (most = Math.max(most, residentOctetsOf(pid) ?? 0));
  const timer = setInterval(look, 50);
  return {
    stop: () => {
      clearInterval(timer);
      look();
      return most;
    },
  };
}

export interface Measurement {
  readonly sent: number;
  readonly lost: number;
}

/** Measures the server at `port` at 200 packets a second, one test session behind the other, while `attack` goes on. */
export async function measuring(
  state: string,
  port: number,
  attack: () => Promise<unknown>,
): Promise<Measurement> {
  const line = `twping 127.0.0.1 port ${port} count 400 interval 5ms start-delay 0s | display json\n`;
  const child: ChildProcessWithoutNullStreams = spawn(PROGRAM, ['--state', state]);
  onTestFinished(() => void child.kill('SIGKILL'));
  const sum = { sent: 0, lost: 0 };
  let [out, stopped] = ['', false];
  const first = new Promise<void>((resolve) => {
    child.stdout.on('data', (chunk: Buffer) => {
      out += chunk.toString();
      if (!out.endsWith('\n}\n')) return;
      const { results } = JSON.parse(out) as { results: { packets: Record<string, number> }[] };
      out = '';
      sum.sent += results[0]!.packets['num-pkts-sent']!;
      sum.lost += results[0]!.packets['num-pkts-lost']!;
      resolve();
      if (stopped) child.stdin.end();
      else child.stdin.write(line);
    });
  });
  const err = text(child.stderr);
  // After a refusal nothing more would come.
  child.stderr.once('data', () => child.stdin.end());
  const closed = once(child, 'close') as Promise<[number | null]>;
  child.stdin.write(line);
  // The first shows that it runs; from then on no packet is to be lost.
  await Promise.race([first, closed]);
  await attack();
  stopped = true;
  const [status] = await closed;
  expect({ status, err: await err }).toEqual({ status: 0, err: '' });
  return sum;
}

/** Connections a second that were begun, and those of them that the machine had time to make. */
export interface Rate {
  readonly begun: number;
  readonly made: number;
}

/** Floods a port from processes of their own. */
export async function flood(
  port: number,
  { processes = 2, perSecond = 600, seconds = 4, addresses = 1 } = {},
): Promise<Rate> {
  const words = [join(import.meta.dirname, 'flood.js'), port, perSecond, seconds, addresses].map(String);
  const rates = await Promise.all(
    Array.from({ length: processes }, async () => {
      const child = spawn('node', words, { stdio: ['ignore', 'pipe', 'inherit'] });
      return JSON.parse(await text(child.stdout)) as Rate;
    }),
  );
  const sum = (of: (rate: Rate) => number): number => rates.reduce((total, rate) => total + of(rate), 0);
  return { begun: sum(({ begun }) => begun), made: sum(({ made }) => made) };
}

/** A line of so many mebibytes and its end, then what follows. */
export function* longLine(mebibytes: number, ...after: string[]): Generator<Buffer> {
  const chunk = Buffer.alloc(MEBIBYTE, 'x');
  for (let written = 0; written < mebibytes; written += 1) yield chunk;
  yield Buffer.from(['', ...after, ''].join('\n'));
}

/** Runs a program that is fed as fast as it reads; also how large it got, in octets. */
export async function runFed(
  program: string,
  words: readonly string[],
  input: Iterable<Buffer>,
): Promise<Finished & { readonly most: number }> {
  const child = spawn(program, words);
  onTestFinished(() => void child.kill('SIGKILL'));
  const memory = watchMemory(child.pid!);
  child.stdin.on('error', () => undefined);
  Readable.from(input).pipe(child.stdin);
  const [out, err, [status]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'close') as Promise<[number | null]>,
  ]);
  return { status: status ?? undefined, out, err, most: memory.stop() };
}

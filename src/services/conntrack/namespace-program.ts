/** Programs of the system that are run in a network namespace, where there is no system call for what they do. */
import { spawn, type ChildProcess } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import { text } from 'node:stream/consumers';
import type { Vrf } from '../../native/routing-instance.ts';

export type ProgramProblemCode =
  /** There is no such program. */
  | 'missing'
  | 'not-permitted'
  | 'no-namespace'
  /** Anything else; `said` is what it has said itself. */
  | 'failed';

export class ProgramError extends Error {
  readonly code: ProgramProblemCode;
  readonly said: string;

  constructor(program: string, code: ProgramProblemCode, said: string) {
    super(`${program}: ${code} ${said}`);
    this.name = 'ProgramError';
    this.code = code;
    this.said = said;
  }
}

/** What programs say, and `ip netns exec` of them. */
const sayings: readonly (readonly [RegExp, ProgramProblemCode])[] = [
  [/^Cannot open network namespace/m, 'no-namespace'],
  [/^exec of .* failed: No such file/m, 'missing'],
  [/not permitted|must be root|permission denied/i, 'not-permitted'],
];

/** Where programs of administrators are, which the paths of others leave out. */
const ADMINISTRATION = '/usr/sbin:/sbin';

export interface RunningProgram {
  readonly child: ChildProcess & { readonly stdin: Writable; readonly stdout: Readable };
  /** Rejects with ProgramError. Whoever reads the output may hear of it later. */
  readonly ended: Promise<void>;
}

/** Starts a program that speaks English; in `vrf`, which is a namespace or this machine's own. */
export function startIn(vrf: Vrf, program: string, words: readonly string[]): RunningProgram {
  const all = [program, ...words];
  const [first = '', ...rest] = vrf.kind === 'namespace' ? ['ip', 'netns', 'exec', vrf.name, ...all] : all;
  const child = spawn(first, rest, {
    stdio: ['pipe', 'pipe', 'pipe'],
    env: { ...process.env, LC_ALL: 'C', PATH: `${process.env['PATH'] ?? ''}:${ADMINISTRATION}` },
  });
  // It may end before it has read everything: its status says why.
  child.stdin.on('error', () => undefined);
  const saying = text(child.stderr);
  const ended = new Promise<void>((resolve, reject) => {
    child.on('error', () => reject(new ProgramError(first, 'missing', '')));
    child.on('close', (status) => {
      void saying.then((said) => {
        if (status === 0) resolve();
        else reject(new ProgramError(program, codeOf(said), said.trim()));
      });
    });
  });
  ended.catch(() => undefined);
  return { child, ended };
}

function codeOf(said: string): ProgramProblemCode {
  return sayings.find(([saying]) => saying.test(said))?.[1] ?? 'failed';
}

/** Gives what it prints. Rejects with ProgramError. */
export async function runIn(
  vrf: Vrf,
  program: string,
  words: readonly string[],
  input = '',
): Promise<string> {
  const { child, ended } = startIn(vrf, program, words);
  child.stdin.end(input);
  const output = await text(child.stdout);
  await ended;
  return output;
}

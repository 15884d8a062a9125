/** Whoever is at this process's standard input: at the console, with a batch, or nobody. */
import { userInfo } from 'node:os';
import type { Clock, Timers } from '../clock.ts';
import { BATCH_LINE_CHARACTERS_MAX } from '../shell/batch.ts';
import type { Identity } from '../shell/login.ts';
import { aborted } from './abort.ts';
import type { Accounts } from './accounts.ts';
import { Console } from './console.ts';
import { logIn } from './console-login.ts';
import { linesOf } from './lines.ts';
import { UsageError, type Options } from './options.ts';
import type { Reception } from './reception.ts';
import { complain, endWithOutput, standardOutput } from './standard-streams.ts';

export interface AttendanceParts {
  readonly accounts: Accounts;
  readonly reception: Reception;
  readonly clock: Clock & Timers;
}

/** Lets them work until they are done or the process is told to end; the exit status. Throws UsageError. */
export async function attend(options: Options, parts: AttendanceParts): Promise<number> {
  const stop = new AbortController();
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.once(signal, () => stop.abort());
  endWithOutput(stop);
  if (options.daemon) return untilStopped(stop.signal);
  const identity = await identify(options, parts, stop);
  if (identity === undefined) return 1;
  if (options.commands === undefined && process.stdin.isTTY && process.stdout.isTTY)
    return converseAtConsole(parts.reception, identity, stop);
  const lines = options.commands ?? linesOf(process.stdin, BATCH_LINE_CHARACTERS_MAX);
  const { stopOnError } = options;
  const visitor = { identity, origin: { way: 'batch' } } as const;
  try {
    return await parts.reception.batch(visitor, lines, standardOutput, {
      stopOnError,
      signal: stop.signal,
    });
  } finally {
    // Nobody reads what may still come.
    process.stdin.destroy();
  }
}

/** The console's owner has every right; a login, or a role, has fewer. Undefined for a login that failed. */
async function identify(
  { login, role }: Options,
  parts: AttendanceParts,
  stop: AbortController,
): Promise<Identity | undefined> {
  const { accounts } = parts;
  if (role !== undefined && !accounts.classes.has(role))
    throw new UsageError(`no login class '${role}' (${[...accounts.classes.keys()].join(', ')})`);
  const identity = login ? await logInAtConsole(parts, stop) : accounts.owner(userInfo().username);
  return identity && role !== undefined ? accounts.narrowed(identity, role) : identity;
}

async function logInAtConsole(
  { accounts, clock, reception }: AttendanceParts,
  stop: AbortController,
): Promise<Identity | undefined> {
  if (!(process.stdin.isTTY && process.stdout.isTTY)) throw new UsageError('--login needs a terminal');
  if (accounts.users.length === 0) {
    complain('no users are configured; without --login: set system login user NAME class CLASS');
    return undefined;
  }
  const refused = (user: string): void => reception.refuse(user, { way: 'console' });
  return atConsole(stop, (terminal) => logIn(terminal, { accounts, clock, refused }, stop.signal));
}

async function converseAtConsole(
  reception: Reception,
  identity: Identity,
  stop: AbortController,
): Promise<number> {
  const visitor = { identity, origin: { way: 'console' } } as const;
  await atConsole(stop, (terminal) => reception.converse(visitor, terminal, stop.signal));
  return 0;
}

/** Whatever ends the process, also a fault of it, the terminal is given back. */
async function atConsole<T>(stop: AbortController, use: (terminal: Console) => Promise<T>): Promise<T> {
  const terminal = new Console(process.stdin, process.stdout);
  const giveBack = (): void => stop.abort();
  process.once('exit', giveBack);
  try {
    return await use(terminal);
  } finally {
    process.off('exit', giveBack);
    terminal.close();
  }
}

/** Keeps the process alive until it is told to end. */
async function untilStopped(signal: AbortSignal): Promise<number> {
  const alive = setInterval(() => undefined, 2 ** 30);
  await aborted(signal);
  clearInterval(alive);
  return 0;
}

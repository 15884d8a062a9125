/** Whoever is at this process's standard input: at the console, with a batch, or nobody; here, or at another's router. */
import { BATCH_LINE_CHARACTERS_MAX } from '../shell/batch.ts';
import type { Terminal } from '../shell/interactive.ts';
import type { Identity } from '../shell/login.ts';
import { aborted } from './abort.ts';
import { batchThere, converseThere, type Reached } from './attach/client.ts';
import { Console } from './console.ts';
import { identify, type IdentifyParts } from './identify.ts';
import { linesOf } from './lines.ts';
import type { Logins } from './logins.ts';
import type { Options } from './options.ts';
import { ownUser } from './own-user.ts';
import { complain, complainPlainly, endWithOutput, standardOutput } from './standard-streams.ts';

/** Works at the router that owns the state directory. Throws AttachError. */
export async function visit(options: Options, router: Reached): Promise<number> {
  const stop = stopSignal();
  const { role, login, stopOnError } = options;
  const wishes = { stopOnError, login, ...workingDirectory(), ...(role !== undefined && { role }) };
  if (atTerminal(options)) {
    return withTerminal(stop, (terminal) =>
      converseThere(router, terminal, complainPlainly, wishes, stop.signal),
    );
  }
  return withLines(options, (lines) => batchThere(router, lines, standardOutput, wishes, stop.signal));
}

/** None where it has been removed. */
function workingDirectory(): { readonly directory?: string } {
  try {
    return { directory: process.cwd() };
  } catch {
    return {};
  }
}

export interface WaysIn extends IdentifyParts {
  readonly logins: Logins;
  /** What lets others in, if it can be had; to be closed when nobody is to come any more. */
  readonly attach: { close(signal: AbortSignal): Promise<void> } | undefined;
}

/** Lets whoever is at this process's standard input work, or nobody, and others for as long. Throws UsageError. */
export async function attend(options: Options, ways: WaysIn, stop: AbortController): Promise<number> {
  stop.signal.addEventListener('abort', () => ways.logins.endAll(), { once: true });
  try {
    if (options.daemon) return await untilStopped(stop.signal);
    const { signal } = stop;
    const me = ownUser().username;
    const { login, role } = options;
    if (!atTerminal(options)) {
      const ask = (terminal?: Terminal): Promise<Identity | undefined> =>
        identify(me, { login, role, origin: { way: 'batch' } }, terminal, ways, signal);
      const identity = await (login && process.stdin.isTTY ? withTerminal(stop, ask) : ask());
      return identity === undefined ? 1 : await runLines(options, ways, identity, stop);
    }
    const origin = { way: 'console' } as const;
    const status = await withTerminal(stop, async (terminal) => {
      const identity = await identify(me, { login, role, origin }, terminal, ways, signal);
      if (identity === undefined) return 1;
      await ways.reception.converse({ identity, origin }, terminal, signal);
      return 0;
    });
    await serveOthers(ways, stop.signal);
    return status;
  } finally {
    await ways.attach?.close(stop.signal);
  }
}

async function runLines(
  options: Options,
  { reception }: WaysIn,
  identity: Identity,
  { signal }: AbortController,
): Promise<number> {
  const { stopOnError } = options;
  const visitor = { identity, origin: { way: 'batch' } } as const;
  return withLines(options, (lines) =>
    reception.batch(visitor, lines, standardOutput, { stopOnError, signal }),
  );
}

/** The console is left; the router goes on while somebody else needs it. */
async function serveOthers({ logins }: WaysIn, signal: AbortSignal): Promise<void> {
  if (logins.all.length === 0 || signal.aborted) return;
  complain('others are logged in: the router serves on until they have left (Ctrl-C ends it)');
  await Promise.race([logins.empty(), aborted(signal)]);
}

/** Whether the router is there for some lines, and ends with them. */
export function isBatch(options: Options): boolean {
  return !options.daemon && !atTerminal(options);
}

function atTerminal({ commands }: Options): boolean {
  return commands === undefined && process.stdin.isTTY && process.stdout.isTTY;
}

type Lines = AsyncIterable<string> | Iterable<string>;

/** Gives `work` the lines of the batch; what may still come after it is read by nobody. */
async function withLines<T>({ commands }: Options, work: (lines: Lines) => Promise<T>): Promise<T> {
  // Standard input is made by whoever reads it first, which takes its time.
  if (commands) return work(commands);
  try {
    return await work(linesOf(process.stdin, BATCH_LINE_CHARACTERS_MAX));
  } finally {
    process.stdin.destroy();
  }
}

/** Aborted when the process is told to end, or nobody reads what it writes. */
export function stopSignal(): AbortController {
  const stop = new AbortController();
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.once(signal, () => stop.abort());
  endWithOutput(stop);
  return stop;
}

/** Whatever ends the process, also a fault of it, the terminal is given back. */
async function withTerminal<T>(stop: AbortController, work: (terminal: Terminal) => Promise<T>): Promise<T> {
  const terminal = new Console(process.stdin, process.stdout);
  const giveBack = (): void => stop.abort();
  process.once('exit', giveBack);
  try {
    return await work(terminal);
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

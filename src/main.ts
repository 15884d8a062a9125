/** The composition root: the only file that knows every part. */
import { readFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Accounts } from './access/accounts.ts';
import { batchThere, converseThere, ownOrReach, type Reached } from './access/attach/client.ts';
import { AttachError } from './access/attach/messages.ts';
import { AttachServer } from './access/attach/server.ts';
import { AuditTrail } from './access/audit-trail.ts';
import { Console } from './access/console.ts';
import { linesOf } from './access/lines.ts';
import { Logins } from './access/logins.ts';
import { readOptions, USAGE, UsageError, type Options } from './access/options.ts';
import { Reception } from './access/reception.ts';
import { Roll } from './access/roll.ts';
import { SshAccess } from './access/ssh/ssh-access.ts';
import { complain, complainPlainly, endWithOutput, standardOutput } from './access/standard-streams.ts';
import { SystemClock, systemRandom } from './clock.ts';
import type { Router } from './commands/command.ts';
import { commands, live } from './commands/commands.ts';
import { describe, describeFinding } from './commands/messages.ts';
import { ConfigurationDatabase } from './config/commit.ts';
import { Secrets } from './config/secrets.ts';
import { available } from './datapath/libc.ts';
import { WorkerDatapath } from './datapath/worker-datapath.ts';
import { Engine } from './engine/engine.ts';
import { deriveKey } from './engine/key-chains.ts';
import { NativeSockets } from './engine/native-sockets.ts';
import { TcpTransport } from './engine/tcp-transport.ts';
import { NotationError } from './grammar/notation.ts';
import { readGrammars, type Grammars } from './shell/grammars.ts';
import type { Terminal } from './shell/interactive.ts';
import type { Identity } from './shell/login.ts';
import { openState, stateDirectory, type State } from './store/state-directory.ts';

/** dist/ and src/ both stand in the package's folder. */
const packageDirectory = fileURLToPath(new URL('..', import.meta.url));

/** The exit status. */
async function main(words: readonly string[]): Promise<number> {
  let options: Options;
  let grammars: Grammars;
  try {
    options = readOptions(words);
    if (options.help) return print(USAGE);
    if (options.version) return print(`dnrouter ${version()}\n`);
    grammars = readGrammars((name) => readFileSync(join(packageDirectory, 'grammar', name), 'utf8'));
  } catch (error) {
    if (!(error instanceof UsageError || error instanceof NotationError)) throw error;
    complain(error.message);
    return 2;
  }
  try {
    const directory = options.state ?? stateDirectory(process.env);
    const open = (): State => openState(directory);
    // A router that serves others has nobody here who could use another's.
    const entered = options.daemon ? open() : await ownOrReach(directory, open);
    if ('socket' in entered) return await visit(options, entered);
    try {
      return await serve(options, grammars, directory, entered);
    } finally {
      entered.close();
    }
  } catch (error) {
    const isPlain = error instanceof UsageError || error instanceof AttachError;
    complain(isPlain ? error.message : describe(error));
    return error instanceof UsageError ? 2 : 1;
  }
}

/** Works at the router that owns the state directory. Throws AttachError. */
async function visit(options: Options, router: Reached): Promise<number> {
  const stop = stopSignal();
  const { role, stopOnError } = options;
  const wishes = { stopOnError, ...(role !== undefined && { role }) };
  if (atTerminal(options)) {
    return withTerminal(stop, (terminal) =>
      converseThere(router, terminal, complainPlainly, wishes, stop.signal),
    );
  }
  try {
    return await batchThere(router, batchLines(options), standardOutput, wishes, stop.signal);
  } finally {
    process.stdin.destroy();
  }
}

async function serve(options: Options, grammars: Grammars, directory: string, state: State): Promise<number> {
  const clock = new SystemClock();
  const report = (error: unknown): void => complain(describe(error));
  const datapath = new WorkerDatapath(new URL('./datapath-worker.js', import.meta.url), report);
  const secrets = new Secrets(state.secretKey);
  const engine = new Engine({
    clock,
    random: systemRandom,
    transport: new TcpTransport(),
    datapath,
    store: state.sessions,
    results: state.rpm,
    secrets,
    deriveKey,
    report,
  });
  const accounts = new Accounts(grammars.classes, clock);
  const ssh = new SshAccess({
    clock,
    accounts,
    reception: () => reception,
    hostKeyDirectory: directory,
    workerUrl: new URL('./ssh-worker.js', import.meta.url),
    report,
  });
  // Accounts last: whom they end is not brought back when another part then cannot follow.
  const participants = [engine, ssh, accounts];
  const configuration = new ConfigurationDatabase(
    grammars.schema,
    state.revisions,
    participants,
    clock,
    secrets,
  );
  const logins = new Logins(clock, accounts);
  const router: Router = {
    version: version(),
    clock,
    configuration,
    engine,
    sessions: state.sessions,
    results: state.rpm,
    people: new Roll(accounts, logins),
    audit: state.audit,
  };
  const audit = new AuditTrail({ store: state.audit, clock, report, forward: () => undefined });
  const reception = new Reception({
    grammars,
    commands,
    live,
    router,
    describeFinding,
    clock,
    logins,
    audit,
  });
  try {
    const { failures } = await configuration.start();
    // What there is to warn of was said at the commit; that a service does not run is news, for whoever may know of it.
    if (options.role === undefined) for (const failure of failures) complain(`warning: ${describe(failure)}`);
    const parts = { directory, environment: process.env, accounts, reception, userOf };
    const attach = await AttachServer.open(parts).catch((error: unknown) => {
      complain(`warning: nobody can attach: ${(error as Error).message}`);
      return undefined;
    });
    return await attend(options, { accounts, reception, logins, attach, clock });
  } finally {
    await ssh.close();
    audit.flush();
    await engine.close();
  }
}

interface WaysIn {
  readonly accounts: Accounts;
  readonly reception: Reception;
  readonly logins: Logins;
  /** Undefined where no socket could be had. */
  readonly attach: AttachServer | undefined;
}

/** Lets whoever is at this process's standard input work, or nobody, and others for as long. Throws UsageError. */
async function attend(options: Options, ways: WaysIn): Promise<number> {
  const stop = stopSignal();
  try {
    if (options.daemon) return await untilStopped(stop.signal);
    const identity = ways.accounts.ownerAs(userInfo().username, options.role);
    if (!atTerminal(options)) return await runLines(options, ways, identity, stop);
    const visitor = { identity, origin: { way: 'console' } } as const;
    await withTerminal(stop, (terminal) => ways.reception.converse(visitor, terminal, stop.signal));
    await serveOthers(ways, stop.signal);
    return 0;
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
  try {
    return await reception.batch(visitor, batchLines(options), standardOutput, { stopOnError, signal });
  } finally {
    // Nobody reads what may still come.
    process.stdin.destroy();
  }
}

/** The console is left; the router goes on while somebody else needs it. */
async function serveOthers({ logins }: WaysIn, signal: AbortSignal): Promise<void> {
  if (logins.all.length === 0 || signal.aborted) return;
  complain('others are logged in: the router serves on until they have left (Ctrl-C ends it)');
  await Promise.race([logins.empty(), aborted(signal)]);
}

function atTerminal({ commands }: Options): boolean {
  return commands === undefined && process.stdin.isTTY && process.stdout.isTTY;
}

function batchLines({ commands }: Options): AsyncIterable<string> | Iterable<string> {
  return commands ?? linesOf(process.stdin, BATCH_LINE_CHARACTERS_MAX);
}

/** Aborted when the process is told to end, or nobody reads what it writes. */
function stopSignal(): AbortController {
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

/** The user whose program has attached, if it is ours or root's; the socket's file keeps others out, too. */
function userOf(socket: Socket): string | undefined {
  const own = userInfo();
  const found = available();
  const { fd } = (socket as unknown as { readonly _handle: { readonly fd: number } })._handle;
  const uid = 'libc' in found ? new NativeSockets(found.libc).peerUid(fd) : own.uid;
  if (uid === own.uid) return own.username;
  return uid === 0 ? 'root' : undefined;
}

/** Keeps the process alive until it is told to end. */
async function untilStopped(signal: AbortSignal): Promise<number> {
  const alive = setInterval(() => undefined, 2 ** 30);
  await aborted(signal);
  clearInterval(alive);
  return 0;
}

function version(): string {
  const { version } = JSON.parse(readFileSync(join(packageDirectory, 'package.json'), 'utf8')) as {
    version: string;
  };
  return version;
}

function print(text: string): number {
  process.stdout.write(text);
  return 0;
}

const status = await main(process.argv.slice(2));
if (status !== 0) process.exitCode = status;

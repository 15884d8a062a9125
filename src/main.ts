/** The composition root: the only file that knows every part. */
import { readFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { aborted } from './access/abort.ts';
import { Accounts } from './access/accounts.ts';
import { Console } from './access/console.ts';
import { linesOf } from './access/lines.ts';
import { Logins } from './access/logins.ts';
import { readOptions, USAGE, UsageError, type Options } from './access/options.ts';
import { Reception } from './access/reception.ts';
import { SshAccess } from './access/ssh/ssh-access.ts';
import { complain, endWithOutput, standardOutput } from './access/standard-streams.ts';
import { SystemClock, systemRandom } from './clock.ts';
import type { Router } from './commands/command.ts';
import { commands, live } from './commands/commands.ts';
import { describe, describeFinding } from './commands/messages.ts';
import { ConfigurationDatabase } from './config/commit.ts';
import { Secrets } from './config/secrets.ts';
import { WorkerDatapath } from './datapath/worker-datapath.ts';
import { Engine } from './engine/engine.ts';
import { deriveKey } from './engine/key-chains.ts';
import { TcpTransport } from './engine/tcp-transport.ts';
import { NotationError } from './grammar/notation.ts';
import { BATCH_LINE_CHARACTERS_MAX } from './shell/batch.ts';
import { readGrammars, type Grammars } from './shell/grammars.ts';
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
  let directory: string;
  let state: State;
  try {
    directory = options.state ?? stateDirectory(process.env);
    state = openState(directory);
  } catch (error) {
    complain(describe(error));
    return 1;
  }
  try {
    return await serve(options, grammars, directory, state);
  } catch (error) {
    complain(error instanceof UsageError ? error.message : describe(error));
    return error instanceof UsageError ? 2 : 1;
  } finally {
    state.close();
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
  const accounts = new Accounts(grammars.classes);
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
  const router: Router = {
    version: version(),
    clock,
    configuration,
    engine,
    sessions: state.sessions,
    results: state.rpm,
  };
  const logins = new Logins(clock, accounts);
  const reception = new Reception({ grammars, commands, live, router, describeFinding, clock, logins });
  try {
    const { failures } = await configuration.start();
    // What there is to warn of was said at the commit; that a service does not run is news, for whoever may know of it.
    if (options.role === undefined) for (const failure of failures) complain(`warning: ${describe(failure)}`);
    return await attend(options, accounts, reception);
  } finally {
    await ssh.close();
    await engine.close();
  }
}

/** Lets whoever is at this process's standard input work, or nobody. Throws UsageError. */
async function attend(options: Options, accounts: Accounts, reception: Reception): Promise<number> {
  const stop = new AbortController();
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.once(signal, () => stop.abort());
  endWithOutput(stop);
  if (options.daemon) return untilStopped(stop.signal);
  const identity = identityOf(options, accounts);
  if (options.commands === undefined && process.stdin.isTTY && process.stdout.isTTY)
    return converseAtConsole(reception, identity, stop);
  const lines = options.commands ?? linesOf(process.stdin, BATCH_LINE_CHARACTERS_MAX);
  const { stopOnError } = options;
  const visitor = { identity, origin: { way: 'batch' } } as const;
  try {
    return await reception.batch(visitor, lines, standardOutput, { stopOnError, signal: stop.signal });
  } finally {
    // Nobody reads what may still come.
    process.stdin.destroy();
  }
}

async function converseAtConsole(
  reception: Reception,
  identity: Identity,
  stop: AbortController,
): Promise<number> {
  const terminal = new Console(process.stdin, process.stdout);
  // Whatever ends the process, also a fault of it, the terminal is given back.
  const giveBack = (): void => stop.abort();
  process.once('exit', giveBack);
  try {
    await reception.converse({ identity, origin: { way: 'console' } }, terminal, stop.signal);
    return 0;
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

/** The console's owner has every right, or those of the class that was asked for. Throws UsageError. */
function identityOf({ role }: Options, accounts: Accounts): Identity {
  const owner = accounts.owner(userInfo().username);
  if (role === undefined) return owner;
  const identity = accounts.narrowed(owner, role);
  if (!identity)
    throw new UsageError(`no login class '${role}' (${[...accounts.classes.keys()].join(', ')})`);
  return identity;
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

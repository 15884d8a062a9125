/** The composition root: the only file that knows every part. */
import { readFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Console } from './access/console.ts';
import { linesOf } from './access/lines.ts';
import { readOptions, USAGE, UsageError, type Options } from './access/options.ts';
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
import { printable } from './render/printable.ts';
import { BATCH_LINE_CHARACTERS_MAX, runBatch } from './shell/batch.ts';
import { History } from './shell/editor/history.ts';
import { readGrammars, type Grammars } from './shell/grammars.ts';
import { InteractiveLoop } from './shell/interactive.ts';
import { Login, type CandidateKind, type Contact, type Identity } from './shell/login.ts';
import { Shell } from './shell/shell.ts';
import { openState, stateDirectory, type State } from './store/state-directory.ts';

/** dist/ and src/ both stand in the package's folder. */
const packageDirectory = fileURLToPath(new URL('..', import.meta.url));

const SUPER_USER = 'super-user';

/** The exit status. */
async function main(words: readonly string[]): Promise<number> {
  let options: Options;
  let grammars: Grammars;
  try {
    options = readOptions(words);
    if (options.help) return print(USAGE);
    if (options.version) return print(`dnrouter ${version()}\n`);
    grammars = readGrammars((name) => readFileSync(join(packageDirectory, 'grammar', name), 'utf8'));
    identityOf(options, grammars);
  } catch (error) {
    if (!(error instanceof UsageError || error instanceof NotationError)) throw error;
    complain(error.message);
    return 2;
  }
  let state: State;
  try {
    state = openState(options.state ?? stateDirectory(process.env));
  } catch (error) {
    complain(describe(error));
    return 1;
  }
  try {
    return await serve(options, grammars, state);
  } catch (error) {
    complain(describe(error));
    return 1;
  } finally {
    state.close();
  }
}

async function serve(options: Options, grammars: Grammars, state: State): Promise<number> {
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
  const configuration = new ConfigurationDatabase(grammars.schema, state.revisions, [engine], clock, secrets);
  const router: Router = {
    version: version(),
    clock,
    configuration,
    engine,
    sessions: state.sessions,
    results: state.rpm,
  };
  try {
    const { failures } = await configuration.start();
    // What there is to warn of was said at the commit; that a service does not run is news, for whoever may know of it.
    if (options.role === undefined) for (const failure of failures) warn(describe(failure));
    return await attend(options, grammars, router, clock);
  } finally {
    await engine.close();
  }
}

/** Lets whoever is at this process's standard input work, or nobody. */
async function attend(
  options: Options,
  grammars: Grammars,
  router: Router,
  clock: SystemClock,
): Promise<number> {
  const stop = new AbortController();
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.once(signal, () => stop.abort());
  endWithOutput(stop);
  if (options.daemon) return untilStopped(stop.signal);
  const identity = identityOf(options, grammars);
  const open = (kind: CandidateKind, contact: Contact): Promise<Shell> =>
    Shell.open(
      { grammars, commands, live, router },
      new Login(identity, router, kind, contact, describeFinding),
    );
  if (options.commands === undefined && process.stdin.isTTY && process.stdout.isTTY) {
    return converse(open, clock, stop.signal);
  }
  const contact: Contact = {
    ask: () => Promise.resolve(undefined),
    tell: complainPlainly,
    progress: () => undefined,
    watch: () => Promise.resolve(false),
  };
  const shell = await open('private', contact);
  const lines = options.commands ?? linesOf(process.stdin, BATCH_LINE_CHARACTERS_MAX);
  const out = { write: writeOut };
  return runBatch(
    shell,
    lines,
    { out, error: complainPlainly },
    { stopOnError: options.stopOnError, signal: stop.signal },
  );
}

type OpenShell = (kind: CandidateKind, contact: Contact) => Promise<Shell>;

async function converse(open: OpenShell, clock: SystemClock, signal: AbortSignal): Promise<number> {
  const terminal = new Console(process.stdin, process.stdout);
  const loop = new InteractiveLoop(terminal, clock);
  // Whatever ends the process, also a fault of it.
  const giveBack = (): void => loop.close();
  process.once('exit', giveBack);
  try {
    await Promise.race([loop.run(await open('shared', loop.contact), new History()), aborted(signal)]);
    return 0;
  } finally {
    giveBack();
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

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}

/** The console's owner has every right, or those of the class that was asked for. Throws UsageError. */
function identityOf({ role }: Options, { classes }: Grammars): Identity {
  const className = role ?? SUPER_USER;
  const privileges = classes.get(className);
  if (!privileges) throw new UsageError(`no login class '${className}' (${[...classes.keys()].join(', ')})`);
  return { user: userInfo().username, className, privileges };
}

function version(): string {
  const { version } = JSON.parse(readFileSync(join(packageDirectory, 'package.json'), 'utf8')) as {
    version: string;
  };
  return version;
}

/** Waits for a reader that is slower than the router. */
function writeOut(text: string): Promise<void> | undefined {
  if (process.stdout.write(text)) return undefined;
  return new Promise((resolve) => {
    process.stdout.once('drain', resolve);
    process.stdout.once('close', resolve);
  });
}

/** A reader that has gone (`| head -1`) ends the router quietly; a disk that is full is an error. */
function endWithOutput(stop: AbortController): void {
  const end = (error: NodeJS.ErrnoException): void => {
    if (stop.signal.aborted) return;
    if (error.code !== 'EPIPE') complain(`standard output cannot be written: ${error.message}`);
    process.exitCode = 1;
    stop.abort();
  };
  process.stdout.on('error', end);
  process.stderr.on('error', () => stop.abort());
}

function print(text: string): number {
  process.stdout.write(text);
  return 0;
}

function complainPlainly(line: string): void {
  process.stderr.write(`${printable(line)}\n`);
}

function complain(text: string): void {
  complainPlainly(`dnrouter: ${text}`);
}

function warn(text: string): void {
  complain(`warning: ${text}`);
}

const status = await main(process.argv.slice(2));
if (status !== 0) process.exitCode = status;

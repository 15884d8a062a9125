/** Processes under measurement and around it: C programs compiled for the run, the router, perfSONAR's tools. */
import { execFileSync, spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { createConnection } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '../../test/support/free-port.ts';

const C_PROGRAMS = ['absence', 'capture', 'control', 'load', 'probe', 'reflector', 'sender'] as const;
export type CProgram = (typeof C_PROGRAMS)[number];

export const ROUTER = join(import.meta.dirname, '../dnrouter');

/** How long a program may take to end before it is killed. */
const STOP_MILLIS_MAX = 5000;

/** A directory of the run, removed at its end, with the compiled programs in it. */
export class Workshop {
  readonly directory = mkdtempSync(join(tmpdir(), 'dnrouter-bench-'));
  readonly #children = new Set<ChildProcess>();
  readonly #cleanUps: (() => void)[] = [];

  /** Throws when there is no C compiler. */
  compile(): void {
    for (const name of C_PROGRAMS) {
      const source = join(import.meta.dirname, 'c', `${name}.c`);
      execFileSync('gcc', ['-O2', '-Wall', '-Wextra', '-o', join(this.directory, name), source]);
    }
  }

  /** The command is the first of the words. */
  start(
    [command = '', ...words]: readonly string[],
    environment: Readonly<Record<string, string>> = {},
  ): Program {
    const child = spawn(command, words, { env: { ...process.env, ...environment }, stdio: 'pipe' });
    this.#children.add(child);
    child.once('close', () => this.#children.delete(child));
    return new Program(child);
  }

  startC(name: CProgram, words: readonly (string | number)[], before: readonly string[] = []): Program {
    return this.start([...before, join(this.directory, name), ...words.map(String)]);
  }

  /** A fresh directory. */
  room(): string {
    return mkdtempSync(join(this.directory, 'room-'));
  }

  /** Ends what still runs. */
  async stopAll(): Promise<void> {
    for (const child of this.#children) {
      const closed = once(child, 'close');
      child.kill('SIGTERM');
      const late = setTimeout(() => child.kill('SIGKILL'), STOP_MILLIS_MAX);
      await closed;
      clearTimeout(late);
    }
  }

  /** Does it at the end of the run, however that comes. */
  defer(cleanUp: () => void): void {
    this.#cleanUps.push(cleanUp);
  }

  async close(): Promise<void> {
    await this.stopAll();
    for (const cleanUp of this.#cleanUps.splice(0)) cleanUp();
    rmSync(this.directory, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** A running program whose lines are read one by one. */
export class Program {
  readonly #child: ChildProcess & { readonly pid: number };
  readonly #lines: AsyncIterator<string, undefined>;
  readonly #closed: Promise<unknown>;
  #errors = '';

  constructor(child: ChildProcess) {
    if (child.pid === undefined || child.stdout === null) throw new Error('The program did not start.');
    this.#child = child as ChildProcess & { readonly pid: number };
    this.#closed = once(child, 'close');
    this.#lines = createInterface(child.stdout)[Symbol.asyncIterator]();
    child.stderr?.on('data', (octets: Buffer) => (this.#errors += octets.toString()));
    child.stdin?.on('error', () => undefined);
  }

  get pid(): number {
    return this.#child.pid;
  }

  get running(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** What it said on its standard error so far. */
  get errors(): string {
    return this.#errors;
  }

  say(line: string): void {
    this.#child.stdin?.write(`${line}\n`);
  }

  /** The next line. Rejects when there is none. */
  async line(): Promise<string> {
    const next = await this.#lines.next();
    if (next.done === true) throw new Error(`The program ended: ${this.#errors.trim()}`);
    return next.value;
  }

  /** Closes its standard input; gives the lines that were not yet read, once it has ended. */
  async finish(): Promise<readonly string[]> {
    this.#child.stdin?.end();
    const lines: string[] = [];
    for (let next = await this.#lines.next(); next.done !== true; next = await this.#lines.next()) {
      lines.push(next.value);
    }
    await this.#closed;
    return lines;
  }

  async stop(): Promise<void> {
    if (this.running) this.#child.kill('SIGTERM');
    await this.#closed;
  }
}

/** A TWAMP Server under measurement. */
export interface Server {
  readonly program: Program;
  readonly host: string;
  readonly port: number;
}

export interface RouterOptions {
  /** Without the kernel datapath. */
  readonly fallback?: boolean;
  /** Words before the program's: `ip netns exec NAME`. */
  readonly before?: readonly string[];
  readonly host?: string;
  /** Words before a command that can reach it, where the benchmark itself cannot. */
  readonly watch?: readonly string[];
  /** Its main thread works 200 ms of every second. */
  readonly busy?: boolean;
  /** Any port, unless one is given. */
  readonly port?: number;
  /** Of `services rpm twamp server`, beside the limits. */
  readonly statements?: readonly string[];
}

const environmentOf = ({ fallback, busy }: RouterOptions): Record<string, string> => ({
  ...(fallback === true && { DNROUTER_DATAPATH: 'dgram' }),
  ...(busy === true && { NODE_OPTIONS: `--import ${join(import.meta.dirname, 'busy-main-thread.js')}` }),
});

/** The router as a service, with every limit at its highest unless a statement says otherwise. */
export async function startRouter(workshop: Workshop, options: RouterOptions = {}): Promise<Server> {
  const { before = [], host = '127.0.0.1' } = options;
  const state = workshop.room();
  const port = options.port ?? (await freePort());
  await runRouter(workshop, state, [
    'configure',
    'edit services rpm twamp server',
    `set port ${port}`,
    'set client-list everybody address 0.0.0.0/0',
    'set client-list everybody address ::/0',
    'set maximum-sessions 2048',
    'set maximum-sessions-per-connection 1024',
    'set maximum-connections 1000',
    'set maximum-connections-per-client 500',
    ...(options.statements ?? []),
    'commit and-quit',
  ]);
  const program = workshop.start([...before, ROUTER, '--state', state, '--daemon'], environmentOf(options));
  await untilListening(program, host, port, options.watch);
  return { program, host, port };
}

/** The router of a state directory, in which a server has `port`, as a service. */
export async function startDaemon(workshop: Workshop, state: string, port: number): Promise<Program> {
  const program = workshop.start([ROUTER, '--state', state, '--daemon']);
  await untilListening(program, '127.0.0.1', port);
  return program;
}

/** Runs lines in a router of their own; gives what it printed. Rejects when a line failed. */
export async function runRouter(
  workshop: Workshop,
  state: string,
  lines: readonly string[],
  { before = [], ...options }: RouterOptions = {},
): Promise<string> {
  const program = startBatch(workshop, state, lines, { before, ...options });
  const out = await program.finish();
  if (program.errors !== '') throw new Error(program.errors.trim());
  return out.join('\n');
}

/** Like `runRouter`, for whoever watches it run. */
export function startBatch(
  workshop: Workshop,
  state: string,
  lines: readonly string[],
  { before = [], ...options }: RouterOptions = {},
): Program {
  const commands = lines.flatMap((line) => ['-c', line]);
  return workshop.start([...before, ROUTER, '--state', state, ...commands], environmentOf(options));
}

/** Where a twampd listens; the address as it stands before a port. Any port, unless one is given. */
export interface TwampdOptions {
  readonly address?: '127.0.0.1' | '[::1]';
  readonly port?: number;
  /** Letters of the modes it offers: Open, Authenticated, Encrypted, Mixed. */
  readonly modes?: string;
}

/** perfSONAR's twampd on loopback, with the configuration of a directory. */
export async function startTwampd(
  workshop: Workshop,
  twampd: string,
  configuration: string,
  { address = '127.0.0.1', port: wanted, modes = 'O' }: TwampdOptions = {},
): Promise<Server> {
  const room = workshop.room();
  const port = wanted ?? (await freePort());
  const host = address.replace(/[[\]]/g, '');
  const data = join(room, 'data');
  mkdirSync(data);
  // It ends its whole process group when it is stopped: setsid gives it one of its own.
  const words = ['-f', '-Z', '-c', configuration, '-R', room, '-d', data, '-S', `${address}:${port}`];
  const program = workshop.start(['setsid', twampd, ...words, '-a', modes]);
  await untilListening(program, host, port);
  return { program, host, port };
}

const LISTEN_MILLIS_MAX = 15_000;

export async function untilListening(
  program: Program,
  host: string,
  port: number,
  before?: readonly string[],
): Promise<void> {
  const latest = Date.now() + LISTEN_MILLIS_MAX;
  while (!(before === undefined ? await isListening(host, port) : isListeningFrom(before, host, port))) {
    if (!program.running || Date.now() > latest) throw new Error(`No server on ${host}: ${program.errors}`);
    await sleep(50);
  }
}

async function isListening(host: string, port: number): Promise<boolean> {
  const socket = createConnection({ host, port, timeout: 500 });
  const connected = await new Promise<boolean>((resolve) => {
    socket.once('connect', () => resolve(true));
    for (const event of ['error', 'timeout']) socket.once(event, () => resolve(false));
  });
  socket.destroy();
  return connected;
}

/** Asked by a process of its own, in another namespace. */
function isListeningFrom(before: readonly string[], host: string, port: number): boolean {
  const script = `require('net').connect(${port}, '${host}').on('connect', () => process.exit(0))`;
  const words: readonly string[] = [...before, process.execPath, '-e', script];
  return spawnSync(words[0]!, words.slice(1), { stdio: 'ignore', timeout: 2000 }).status === 0;
}

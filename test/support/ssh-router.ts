/** A router that serves ssh, as a process of its own, and OpenSSH's client to reach it with. */
import { execFileSync, spawn, spawnSync, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { spawn as spawnAtTerminal, type IPty } from '@lydell/node-pty';
import { hashPassword } from '../../src/config/passwords.ts';
import { freePort } from './free-port.ts';
import { PROGRAM, type Finished } from './program.ts';
import { residentOctetsOf } from './under-fire.ts';

/** Whether a program is there to be run. */
export function has(program: string): boolean {
  return spawnSync('sh', ['-c', `command -v ${program}`]).status === 0;
}

/** Of every user that has one. */
export const PASSWORD = 'open sesame';

/** Users by their classes; each has the password and the key `ed25519`. */
export const users = {
  ada: 'super-user',
  bob: 'viewer',
  cyd: 'operator',
  dan: 'read-only',
  eve: 'interface-control',
} as const;

export interface SshOptions {
  readonly user?: string;
  readonly key?: 'ed25519' | 'ecdsa' | 'rsa' | 'stranger';
  /** In front of the others, and so instead of them. */
  readonly options?: readonly string[];
}

export class SshRouter {
  readonly directory = mkdtempSync(join(tmpdir(), 'dnrouter-ssh-'));
  readonly state = join(this.directory, 'state');
  #process: ChildProcessWithoutNullStreams | undefined;
  #port = 0;
  #errors = '';

  /** Starts it; `lines` are configured beside the users and `system services ssh`. */
  static async start(lines: readonly string[] = []): Promise<SshRouter> {
    const router = new SshRouter();
    for (const kind of ['ed25519', 'ecdsa', 'rsa', 'stranger']) {
      const type = kind === 'stranger' ? 'ed25519' : kind;
      execFileSync('ssh-keygen', ['-q', '-t', type, '-N', '', '-f', router.key(kind)]);
    }
    const hash = await hashPassword(PASSWORD);
    const login = Object.entries(users).flatMap(([user, className]) => [
      `set system login user ${user} class ${className}`,
      `set system login user ${user} authentication encrypted-password "${hash}"`,
      ...['ed25519', 'ecdsa', 'rsa'].map(
        (kind) =>
          `set system login user ${user} authentication ssh-${kind} "${readFileSync(`${router.key(kind)}.pub`, 'utf8').trim()}"`,
      ),
    ]);
    router.#port = await freePort();
    router.batch([
      'configure',
      `set system services ssh port ${router.port}`,
      'set system services ssh listen-address 127.0.0.1',
      ...login,
      ...lines,
      'commit and-quit',
    ]);
    await router.#serve();
    return router;
  }

  get port(): number {
    return this.#port;
  }

  get pid(): number {
    return this.#process!.pid!;
  }

  /** What it has said on standard error. */
  get errors(): string {
    return this.#errors;
  }

  key(kind: string): string {
    return join(this.directory, kind);
  }

  publicKey(kind: string): string {
    return readFileSync(`${this.key(kind)}.pub`, 'utf8').trim();
  }

  /** Runs lines in the program that owns the state: while nothing serves it. */
  batch(lines: readonly string[]): string {
    const { status, stdout, stderr } = spawnSync(PROGRAM, ['--state', this.state], {
      input: lines.join('\n'),
      encoding: 'utf8',
    });
    if (status !== 0) throw new Error(`batch: ${stdout}${stderr}`);
    return stdout;
  }

  async stop(): Promise<void> {
    const child = this.#process!;
    child.kill('SIGTERM');
    if (child.exitCode === null) await once(child, 'close');
    rmSync(this.directory, { recursive: true, force: true });
  }

  /** The command line of OpenSSH's client (or of what takes its options). */
  words({ user = 'ada', key = 'ed25519', options = [] }: SshOptions = {}): string[] {
    const set = {
      User: user,
      Port: this.#port,
      HostName: '127.0.0.1',
      UserKnownHostsFile: join(this.directory, 'known_hosts'),
      StrictHostKeyChecking: 'accept-new',
      IdentitiesOnly: 'yes',
      IdentityAgent: 'none',
      LogLevel: 'ERROR',
      PreferredAuthentications: 'publickey',
      IdentityFile: this.key(key),
    };
    const defaults = Object.entries(set).flatMap(([name, value]) => ['-o', `${name}=${value}`]);
    // The first to say something wins.
    return ['-F', 'none', ...options, ...defaults];
  }

  /** Runs `ssh`; without a command, what `input` says. */
  async ssh(command: string | undefined, options: SshOptions = {}, input = ''): Promise<Finished> {
    return this.run(
      'ssh',
      [...this.words(options), 'router', ...(command === undefined ? [] : [command])],
      input,
    );
  }

  /** The same of a batch whose input comes while it runs. */
  async feed(input: AsyncIterable<string>, options: SshOptions = {}): Promise<Finished> {
    return this.run('ssh', [...this.words(options), 'router'], input);
  }

  async run(
    program: string,
    words: readonly string[],
    input: string | AsyncIterable<string> = '',
  ): Promise<Finished> {
    const child = spawn(program, words);
    child.stdin.on('error', () => undefined);
    Readable.from(input).pipe(child.stdin);
    const [out, err, [status]] = await Promise.all([
      text(child.stdout),
      text(child.stderr),
      once(child, 'close') as Promise<[number | null]>,
    ]);
    return { status: status ?? undefined, out, err };
  }

  /** Somebody at a terminal that runs `ssh`. */
  person(options: SshOptions = {}, command: readonly string[] = []): SshPerson {
    return new SshPerson('ssh', [...this.words(options), 'router', ...command]);
  }

  /** Somebody who has to type the password, of which `ssh` asks a terminal. */
  personWithPassword(
    user: string,
    method: 'password' | 'keyboard-interactive' = 'password',
    command: readonly string[] = [],
  ): SshPerson {
    const options = ['-o', `PreferredAuthentications=${method}`];
    return this.person({ user, options }, command);
  }

  /** A connection that says nothing by itself; it may be reset at once. */
  connect(localAddress = '127.0.0.1'): Socket {
    return connect({ port: this.#port, host: '127.0.0.1', localAddress }).on('error', () => undefined);
  }

  /** Resident memory of the process, in octets. */
  residentOctets(): number {
    return residentOctetsOf(this.pid)!;
  }

  async #serve(): Promise<void> {
    const child = spawn('node', [join(PROGRAM, '../../dist/main.js'), '--state', this.state, '--daemon']);
    this.#process = child;
    child.stderr.on('data', (chunk: Buffer) => (this.#errors += chunk.toString()));
    for (;;) {
      if (child.exitCode !== null) throw new Error(`the router has ended: ${this.#errors}`);
      const socket = connect(this.#port, '127.0.0.1');
      const isThere = await new Promise((resolve) => {
        socket.once('connect', () => resolve(true));
        socket.once('error', () => resolve(false));
      });
      socket.destroy();
      if (isThere) return;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}

/** However it was closed. */
export function closed(socket: Socket): Promise<void> {
  if (socket.closed) return Promise.resolve();
  return new Promise((resolve) => socket.resume().once('close', () => resolve()));
}

/** A pseudo-terminal with a program on it. */
export class SshPerson {
  readonly pty: IPty;
  readonly ended: Promise<number>;
  #seen = '';
  #gone = false;
  #wake: (() => void) | undefined;

  constructor(program: string, words: readonly string[]) {
    this.pty = spawnAtTerminal(program, [...words], { name: 'xterm', cols: 100, rows: 40 });
    this.ended = new Promise((resolve) =>
      this.pty.onExit(({ exitCode }) => {
        this.#gone = true;
        this.#wake?.();
        resolve(exitCode);
      }),
    );
    this.pty.onData((text) => {
      this.#seen += text;
      this.#wake?.();
    });
  }

  type(keys: string): void {
    this.pty.write(keys);
  }

  /** Resolves with all that came, up to and with `mark`, since the last time. Rejects when the program ends first. */
  async see(mark: string): Promise<string> {
    while (!this.#seen.includes(mark)) {
      if (this.#gone) throw new Error(`ended without ${JSON.stringify(mark)}: ${JSON.stringify(this.#seen)}`);
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
    const end = this.#seen.indexOf(mark) + mark.length;
    const text = this.#seen.slice(0, end);
    this.#seen = this.#seen.slice(end);
    return text;
  }
}

/** The way in for programs of this machine: a Unix socket, which leads to the same reception as the console. */
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { isAbsolute } from 'node:path';
import { NANOS_PER_MILLI, type Clock, type Timer, type Timers } from '../../clock.ts';
import type { Accounts } from '../accounts.ts';
import { identify } from '../identify.ts';
import { UsageError } from '../options.ts';
import type { Reception } from '../reception.ts';
import { announce, socketPath, withdraw } from './meeting-point.ts';
import type { Hello } from './messages.ts';
import { Visit } from './visit.ts';

/** More at once are turned away. */
export const ATTACHED_MAX = 64;

/** How long a program may take to show why it has been logged out, and to leave. */
const FAREWELL_NANOS = 500 * NANOS_PER_MILLI;

export interface AttachParts {
  readonly directory: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly accounts: Accounts;
  readonly reception: Reception;
  readonly clock: Clock & Timers;
  /** The user that runs the program at the other end; undefined for somebody who may not attach. */
  readonly userOf: (socket: Socket) => string | undefined;
}

export class AttachServer {
  readonly #parts: AttachParts;
  readonly #server: Server;
  readonly #path: string;
  readonly #visits = new Map<Socket, Promise<void>>();

  private constructor(parts: AttachParts, path: string) {
    this.#parts = parts;
    this.#path = path;
    this.#server = createServer((socket) => void this.#visits.set(socket, this.#receive(socket)));
  }

  /** This process owns the state directory: a socket that is there was left behind. Throws what listening and node:fs throw. */
  static async open(parts: AttachParts): Promise<AttachServer> {
    const path = socketPath(parts.directory, parts.environment);
    rmSync(path, { force: true });
    const attach = new AttachServer(parts, path);
    // The socket is ours alone from its first moment on.
    const before = process.umask(0o177);
    try {
      attach.#server.listen(path);
    } finally {
      process.umask(before);
    }
    await once(attach.#server, 'listening');
    try {
      announce(parts.directory, path);
    } catch (error) {
      // Nobody would close it, and the process would go on for it.
      attach.#server.close();
      rmSync(path, { force: true });
      throw error;
    }
    return attach;
  }

  /** Nobody comes in any more. Resolves when those who are in have left, and what they did is over; `signal` cuts off who stays. */
  async close(signal: AbortSignal): Promise<void> {
    withdraw(this.#parts.directory);
    const closed = once(this.#server, 'close');
    this.#server.close();
    rmSync(this.#path, { force: true });
    const { clock } = this.#parts;
    let farewell: Timer | undefined;
    const cut = (): void => this.#visits.forEach((_, socket) => void socket.destroy());
    const hurry = (): void => void (farewell = clock.at(clock.monoNanos() + FAREWELL_NANOS, cut));
    if (signal.aborted) hurry();
    signal.addEventListener('abort', hurry, { once: true });
    await closed;
    await Promise.all(this.#visits.values());
    signal.removeEventListener('abort', hurry);
    farewell?.cancel();
  }

  async #receive(socket: Socket): Promise<void> {
    const visit = new Visit(socket);
    try {
      const hello = await visit.hello();
      if (hello) visit.exit(await this.#admit(visit, socket, hello));
      if (!socket.closed) await once(socket, 'close');
    } catch {
      socket.destroy();
    } finally {
      this.#visits.delete(socket);
    }
  }

  /** The exit status of the program. */
  async #admit(visit: Visit, socket: Socket, hello: Hello): Promise<number> {
    const refuse = (text: string, status: number): number => {
      visit.complain(`dnrouter: ${text}`);
      return status;
    };
    if (this.#visits.size > ATTACHED_MAX) return refuse(`${ATTACHED_MAX} programs are attached already`, 1);
    const user = this.#parts.userOf(socket);
    if (user === undefined) return refuse('the running router belongs to another user', 1);
    try {
      return await this.#attend(visit, hello, user);
    } catch (error) {
      if (error instanceof UsageError) return refuse(error.message, 2);
      throw error;
    }
  }

  async #attend(visit: Visit, hello: Hello, user: string): Promise<number> {
    const { reception } = this.#parts;
    const { stopOnError, login, role } = hello;
    const origin = { way: 'attach' } as const;
    const signal = visit.stopped;
    void visit.listen();
    const terminal = hello.terminal && visit.terminal(hello.terminal);
    const directory =
      hello.directory !== undefined && isAbsolute(hello.directory) ? { directory: hello.directory } : {};
    const wish = { login, role, origin, ...directory };
    const identity = await identify(user, wish, terminal, this.#parts, signal);
    if (identity === undefined) return 1;
    const visitor = { identity, origin };
    if (!terminal) return reception.batch(visitor, visit.lines(), visit.output, { stopOnError, signal });
    await reception.converse(visitor, terminal, signal);
    return 0;
  }
}

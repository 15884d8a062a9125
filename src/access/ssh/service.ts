/** The ssh server, as it runs in the worker: listeners, the limits of connections, and what the main thread says. */
import { createServer, type Server, type Socket } from 'node:net';
import ssh2 from 'ssh2';
import type { Connection, ServerConfig } from 'ssh2';
import type { Clock } from '../../clock.ts';
import type { ListenAddress } from '../listening.ts';
import { algorithms } from './algorithms.ts';
import { SshConnection, type ConnectionHost } from './connection.ts';
import { ConnectionLimits } from './limits.ts';
import type { Credential, FromWorker, SshSettings, ToWorker, Verdict } from './link.ts';
import { plainAddress } from './network.ts';
import type { SessionChannel } from './session-channel.ts';
import { TurnedAway } from './turned-away.ts';

/** Where a machine without IPv6 listens instead of on every address. */
const ANY_IPV4 = '0.0.0.0';
const ANY = '::';

type Post = (message: FromWorker, transfer?: ArrayBuffer[]) => void;

/** ssh2 makes a Connection of a socket, and tells when the client has said what it speaks; this is how to know which. */
interface ConnectionOfSocket {
  readonly _sock: Socket;
}

export class SshService implements ConnectionHost {
  readonly post: Post;
  settings: SshSettings;
  readonly #clock: Clock;
  readonly #limits: ConnectionLimits;
  readonly #configuration: ServerConfig;
  readonly #ssh: ssh2.Server;
  readonly #listeners = new Map<string, Server>();
  readonly #connections = new Map<number, SshConnection>();
  readonly #bySocket = new WeakMap<Socket, SshConnection>();
  readonly #sessions = new Map<number, { readonly channel: SessionChannel; readonly onEnded: () => void }>();
  readonly #attempts = new Map<number, (verdict: Verdict) => void>();
  readonly #turnedAway: TurnedAway;
  #lastNumber = 0;

  constructor(hostKeys: readonly Buffer[], settings: SshSettings, clock: Clock, post: Post) {
    this.post = post;
    this.#turnedAway = new TurnedAway(post);
    this.settings = settings;
    this.#clock = clock;
    this.#limits = new ConnectionLimits(settings, clock.monoNanos());
    // Without this, a client that is not to be asked would be asked every 15 seconds.
    ssh2.Server.KEEPALIVE_CLIENT_INTERVAL = 0;
    this.#configuration = { hostKeys: [...hostKeys], ident: 'dnrouter', algorithms };
    this.#use(settings);
    this.#ssh = new ssh2.Server(this.#configuration, (client) => {
      const { _sock: socket } = client as Connection & ConnectionOfSocket;
      this.#bySocket.get(socket)!.attach(client);
    });
  }

  handle(message: ToWorker): void {
    switch (message.type) {
      case 'settings':
        this.#use(message.settings);
        break;
      case 'listen':
        this.#listen(message.at);
        break;
      case 'unlisten':
        this.#listeners.get(keyOf(message.at))?.close();
        this.#listeners.delete(keyOf(message.at));
        this.post({ type: 'unlistened', at: message.at });
        break;
      case 'verdict':
        this.#attempts.get(message.attempt)?.(message.verdict);
        this.#attempts.delete(message.attempt);
        break;
      case 'disconnect':
        this.#connections.get(message.connection)?.disconnect();
        break;
      default: {
        const session = this.#sessions.get(message.session);
        session?.channel.handle(message);
        if (message.type !== 'end') break;
        this.#sessions.delete(message.session);
        session?.onEnded();
      }
    }
  }

  judge({ address, port }: SshConnection, user: string, credential: Credential): Promise<Verdict> {
    const attempt = this.#nextNumber();
    return new Promise((resolve) => {
      this.#attempts.set(attempt, resolve);
      this.post({ type: 'attempt', attempt, address, port, user, credential });
    });
  }

  open(make: (id: number) => SessionChannel, onEnded: () => void): void {
    const id = this.#nextNumber();
    this.#sessions.set(id, { channel: make(id), onEnded });
  }

  loggedIn({ address }: SshConnection): void {
    this.#limits.loggedIn(address);
  }

  ended({ id, address }: SshConnection, loggedIn: boolean): void {
    this.#connections.delete(id);
    this.#limits.ended(address, loggedIn);
    if (loggedIn) this.post({ type: 'disconnected', connection: id });
  }

  #nextNumber(): number {
    this.#lastNumber += 1;
    return this.#lastNumber;
  }

  /** ssh2 reads its configuration at each connection. */
  #use(settings: SshSettings): void {
    this.settings = settings;
    this.#limits.use(settings);
    this.#configuration.keepaliveInterval = settings.aliveIntervalSeconds * 1000;
    this.#configuration.keepaliveCountMax = settings.aliveCountMax;
  }

  #listen(at: ListenAddress): void {
    const server = createServer({ pauseOnConnect: false }, (socket) => this.#accept(socket));
    const listening = (): void => {
      server.off('error', failed);
      // accept() fails when the process has no descriptors left; the listener itself goes on.
      server.on('error', () => undefined);
      this.#listeners.set(keyOf(at), server);
      this.post({ type: 'listening', at });
    };
    const failed = ({ code = '' }: NodeJS.ErrnoException): void => {
      if (at.address === ANY && (code === 'EAFNOSUPPORT' || code === 'EADDRNOTAVAIL'))
        server.listen(at.port, ANY_IPV4);
      else this.post({ type: 'not-listening', at, code });
    };
    server.on('error', failed);
    server.once('listening', listening);
    server.listen(at.port, at.address);
  }

  #accept(socket: Socket): void {
    const address = socket.remoteAddress && plainAddress(socket.remoteAddress);
    if (address === undefined) {
      socket.destroy();
      return;
    }
    const refusal = this.#limits.admit(address, this.#clock.monoNanos());
    if (refusal !== undefined) {
      this.#turnedAway.add({ address, port: socket.remotePort ?? 0, refusal });
      socket.on('error', () => undefined);
      socket.resetAndDestroy();
      return;
    }
    const connection = new SshConnection(this.#nextNumber(), address, socket, this);
    this.#connections.set(connection.id, connection);
    this.#bySocket.set(socket, connection);
    this.#ssh.injectSocket(socket);
  }
}

function keyOf({ address, port }: ListenAddress): string {
  return `[${address}]:${port}`;
}

/** One connection of a client: its handshake's time, its login, its sessions. Runs in the worker. */
import type { Socket } from 'node:net';
import ssh2 from 'ssh2';
import type { AuthContext, AuthenticationType, Connection, PublicKeyAuthContext, Session } from 'ssh2';
import { endpoint } from '../../render/endpoint.ts';
import { isUserKey } from './algorithms.ts';
import type { Credential, FromWorker, SessionSignal, SshSettings, Verdict } from './link.ts';
import { SessionChannel, UNSENT_OCTETS_MAX } from './session-channel.ts';

/** Names and passwords that are longer belong to nobody. */
const USER_CHARACTERS_MAX = 255;
const PASSWORD_CHARACTERS_MAX = 1024;

/** Octets beyond the window that we announce (2 MiB): such a client keeps to no window at all. */
const UNREAD_OCTETS_MAX = 4 * 1024 * 1024;

/** How long a client may take to close after we have. */
const LINGER_MILLIS_MAX = 1_000;

/** Names of RFC 4254 §6.10; others are taken and mean nothing. */
const signals: Readonly<Record<string, SessionSignal>> = {
  INT: 'interrupt',
  HUP: 'end',
  KILL: 'end',
  QUIT: 'end',
  TERM: 'end',
};

/** What a connection needs of the service it belongs to. */
export interface ConnectionHost {
  readonly settings: SshSettings;
  readonly post: (message: FromWorker, transfer?: ArrayBuffer[]) => void;
  /** Asks the main thread. */
  judge(connection: SshConnection, user: string, credential: Credential): Promise<Verdict>;
  /** A number for a session, which hears what is said to it until the main thread ends it. */
  open(make: (id: number) => SessionChannel, onEnded: () => void): void;
  loggedIn(connection: SshConnection): void;
  /** Once; `loggedIn`: it had. */
  ended(connection: SshConnection, loggedIn: boolean): void;
}

export class SshConnection {
  readonly id: number;
  readonly address: string;
  /** Of the client: a socket that is closed no longer knows. */
  readonly port: number;
  readonly #socket: Socket;
  readonly #host: ConnectionHost;
  readonly #grace: NodeJS.Timeout;
  readonly #sessions = new Set<SessionChannel>();
  /** Sessions that were opened and are not over for the main thread, started or not. */
  #sessionCount = 0;
  #client: Connection | undefined;
  #user: string | undefined;
  #loggedIn = false;
  #tries = 0;
  /** Whom somebody tried in vain to be, and with what: told once, when it is known how it ended. */
  readonly #failed = new Map<string, Credential['kind']>();

  constructor(id: number, address: string, socket: Socket, host: ConnectionHost) {
    this.id = id;
    this.address = address;
    this.port = socket.remotePort ?? 0;
    this.#socket = socket;
    this.#host = host;
    this.#grace = setTimeout(() => socket.destroy(), host.settings.loginSecondsMax * 1000);
    socket.setNoDelay(true);
    socket.on('data', () => this.#bound());
    socket.on('error', () => undefined);
    // Whoever does not close after us is closed.
    socket.once('finish', () => setTimeout(() => socket.destroy(), LINGER_MILLIS_MAX).unref());
    socket.once('close', () => this.#end());
  }

  /** The client has said what it speaks. */
  attach(client: Connection): void {
    this.#client = client;
    client.on('error', () => this.#close());
    client.on('authentication', (context) => void this.#authenticate(client, context));
    client.on('ready', () => this.#ready());
    client.on('session', (accept, reject) => {
      if (this.#sessionCount >= this.#host.settings.sessionsPerConnection) reject();
      else this.#openSession(client, accept());
    });
  }

  /** Says goodbye, and closes. */
  disconnect(): void {
    try {
      this.#client?.end();
    } catch {
      // It has gone already.
    }
    this.#close();
  }

  /** Lets go out what is under way. */
  #close(): void {
    this.#socket.destroySoon();
    setTimeout(() => this.#socket.destroy(), LINGER_MILLIS_MAX).unref();
  }

  #end(): void {
    clearTimeout(this.#grace);
    for (const session of this.#sessions) session.close();
    this.#tellFailed();
    this.#host.ended(this, this.#loggedIn);
  }

  /** Keys of an agent that are refused before the right one are nothing to tell. */
  #tellFailed(): void {
    if (this.#loggedIn) this.#failed.delete(this.#user!);
    const { address, port } = this;
    for (const [user, kind] of this.#failed)
      this.#host.post({ type: 'failed', address, port, user, with: kind });
  }

  /** A client that does not read its replies is not read; one that keeps to no window is cut off. */
  #bound(): void {
    if (this.#socket.writableLength > UNSENT_OCTETS_MAX && !this.#socket.isPaused()) {
      this.#socket.pause();
      this.#socket.once('drain', () => this.#socket.resume());
    }
    for (const session of this.#sessions) if (session.unread > UNREAD_OCTETS_MAX) this.#socket.destroy();
  }

  /** Never rejects: an answer to somebody who has gone is no failure. */
  async #authenticate(client: Connection, context: AuthContext): Promise<void> {
    try {
      this.#user = context.username;
      const verdict = await this.#verdict(context);
      if (this.#socket.destroyed) return;
      if (verdict === 'accepted') {
        context.accept();
        return;
      }
      if (context.method !== 'none') this.#tries += 1;
      if (verdict === 'locked-out' || this.#tries >= this.#host.settings.triesBeforeDisconnect) client.end();
      else context.reject(this.#methods);
    } catch {
      this.#close();
    }
  }

  get #methods(): AuthenticationType[] {
    const { passwords, publicKeys } = this.#host.settings;
    return [
      ...(publicKeys ? (['publickey'] as const) : []),
      ...(passwords ? (['password', 'keyboard-interactive'] as const) : []),
    ];
  }

  async #verdict(context: AuthContext): Promise<Verdict> {
    const { method, username } = context;
    if (method === 'none') return 'refused';
    if (username.length > USER_CHARACTERS_MAX || !this.#methods.includes(method))
      return this.#refuse(username, method === 'publickey' ? 'key' : 'password');
    switch (method) {
      case 'password':
        return this.#judgePassword(username, context.password);
      case 'keyboard-interactive': {
        const [password] = await new Promise<readonly string[]>((resolve) =>
          context.prompt([{ prompt: 'Password: ', echo: false }], '', '', (answers) =>
            // Somebody who began anew, or answers another number of questions, has answered nothing.
            resolve(Array.isArray(answers) ? answers : []),
          ),
        );
        return password === undefined ? 'refused' : this.#judgePassword(username, password);
      }
      case 'publickey':
        return (await this.#judgeKey(context)) ?? this.#refuse(username, 'key');
      case 'hostbased':
        return 'refused';
    }
  }

  #judgePassword(user: string, password: string): Promise<Verdict> | Verdict {
    if (password.length > PASSWORD_CHARACTERS_MAX) return this.#refuse(user, 'password');
    return this.#host.judge(this, user, { kind: 'password', password });
  }

  #refuse(user: string, kind: Credential['kind']): Verdict {
    this.#failed.set(user.slice(0, USER_CHARACTERS_MAX), kind);
    return 'refused';
  }

  /** Undefined for a key that is of no use here. */
  async #judgeKey(context: PublicKeyAuthContext): Promise<Verdict | undefined> {
    const { username, key, signature, blob, hashAlgo } = context;
    if (!isUserKey(key.algo, hashAlgo)) return undefined;
    const credential = { kind: 'key', algorithm: key.algo, blob: new Uint8Array(key.data) } as const;
    const verdict = await this.#host.judge(this, username, credential);
    if (verdict === 'refused') return undefined;
    if (verdict !== 'accepted' || signature === undefined) return verdict;
    const parsed = ssh2.utils.parseKey(key.data);
    if (parsed instanceof Error || blob === undefined || parsed.type !== key.algo) return undefined;
    // It may be an error, too, whatever its type says.
    const verified: unknown = parsed.verify(blob, signature, hashAlgo);
    return verified === true ? 'accepted' : undefined;
  }

  #ready(): void {
    clearTimeout(this.#grace);
    this.#loggedIn = true;
    this.#host.loggedIn(this);
    this.#host.post({
      type: 'logged-in',
      connection: this.id,
      address: endpoint(this),
      user: this.#user!,
    });
  }

  /** A terminal may be asked for before the shell or the command; everything else is refused by having no listener. */
  #openSession(client: Connection, session: Session): void {
    this.#sessionCount += 1;
    let terminal: Extract<FromWorker, { type: 'opened' }>['terminal'];
    let started: SessionChannel | undefined;
    session.on('pty', (accept: (() => void) | undefined, reject, { term, cols, rows }) => {
      if (started !== undefined) {
        reject();
        return;
      }
      terminal = { name: term, columns: cols, rows };
      accept?.();
    });
    session.on('signal', (accept: (() => void) | undefined, _reject, { name }) => {
      accept?.();
      const signal = signals[name];
      if (signal !== undefined) started?.signal(signal);
    });
    session.on('close', () => {
      if (started === undefined) this.#sessionCount -= 1;
      else this.#sessions.delete(started);
    });
    const start = (accept: () => ssh2.ServerChannel, command: string | undefined): void => {
      if (started !== undefined) return;
      const channel = accept();
      this.#host.open(
        (id) => {
          started = new SessionChannel(id, this.#socket, client, session, channel, this.#host.post);
          this.#sessions.add(started);
          this.#host.post({ type: 'opened', session: id, connection: this.id, command, terminal });
          return started;
        },
        () => {
          this.#sessionCount -= 1;
        },
      );
    };
    session.on('shell', (accept) => start(accept, undefined));
    session.on('exec', (accept, _reject, { command }) => start(accept, command));
  }
}

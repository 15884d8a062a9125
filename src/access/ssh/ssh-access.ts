/**
 * The ssh way in: a server in a worker of its own, which speaks the protocol and bears its load. Who may log in is
 * decided here, and whoever did works here at a shell.
 */
import { NANOS_PER_MILLI, NANOS_PER_SECOND, type Clock, type Timer, type Timers } from '../../clock.ts';
import type { Finding, Participant } from '../../config/commit.ts';
import type { Configuration } from '../../config/configuration.ts';
import { endpoint, type Endpoint } from '../../render/endpoint.ts';
import { BATCH_LINE_CHARACTERS_MAX } from '../../shell/batch.ts';
import type { Accounts } from '../accounts.ts';
import { linesOf } from '../lines.ts';
import { applyErrorOf, ListenFailure, moveDoors, type Doors, type ListenAddress } from '../listening.ts';
import type { Visitor } from '../logins.ts';
import type { Reception, TurnedAway } from '../reception.ts';
import { FailedLogins } from './limits.ts';
import type { FromWorker, Verdict } from './link.ts';
import { networkOf } from './network.ts';
import { SSH_PATH, wantedSsh, type WantedSsh } from './settings.ts';
import { SshSession } from './ssh-session.ts';
import { SshThread } from './ssh-thread.ts';

export interface SshParts {
  readonly clock: Clock & Timers;
  readonly accounts: Pick<Accounts, 'authenticate' | 'authorizedKeys' | 'identity' | 'onChange'>;
  /** Where whoever has logged in goes; asked for no earlier. */
  readonly reception: () => Pick<Reception, 'converse' | 'batch' | 'refuse'>;
  /** Where the host keys are, or are to be made. */
  readonly hostKeyDirectory: string;
  /** The bundled `worker.ts`. */
  readonly workerUrl: URL;
  /** Hears of what goes wrong by no fault of a client. */
  readonly report: (error: unknown) => void;
}

/** How long to wait before a worker that failed is started again: twice as long each time, until one has run so long. */
const RESTART_NANOS_MIN = 100 * NANOS_PER_MILLI;
const RESTART_NANOS_MAX = 60 * NANOS_PER_SECOND;

/** How long a client whose user is gone may take to show why and to leave: OpenSSH's drops that when it is disconnected. */
const FAREWELL_NANOS = 500 * NANOS_PER_MILLI;

type Attempt = Extract<FromWorker, { type: 'attempt' }>;

interface LoggedIn {
  readonly user: string;
  /** With the port, as it is told to others. */
  readonly address: string;
  readonly sessions: Map<number, SshSession>;
}

export class SshAccess implements Participant {
  readonly #parts: SshParts;
  readonly #failedLogins = new FailedLogins();
  readonly #stopFollowing: () => void;
  #wanted: WantedSsh | undefined;
  #thread: SshThread | undefined;
  #listening: readonly ListenAddress[] = [];
  readonly #connections = new Map<number, LoggedIn>();
  readonly #sessions = new Map<number, SshSession>();
  readonly #serving = new Set<Promise<void>>();
  #restart: Timer | undefined;
  #restartNanos = RESTART_NANOS_MIN;
  #startedNanos = 0;
  #closed = false;

  constructor(parts: SshParts) {
    this.#parts = parts;
    this.#stopFollowing = parts.accounts.onChange(() => this.#disconnectUnknown());
  }

  verify(configuration: Configuration): readonly Finding[] {
    const { ssh, login } = { ...configuration.system, ...configuration.system.services };
    if (ssh === undefined) return [];
    const findings: Finding[] = [];
    const find = (severity: Finding['severity'], code: string): void =>
      void findings.push({ severity, code, path: SSH_PATH, details: {} });
    if (ssh['no-password-authentication'] && ssh['no-public-keys']) find('error', 'ssh-no-authentication');
    if (login.user.size === 0) find('warning', 'ssh-no-user');
    return findings;
  }

  /** Rejects with ApplyError, having changed nothing. Connections that are open stay. */
  async apply(configuration: Configuration): Promise<readonly Finding[]> {
    const wanted = wantedSsh(configuration);
    if (wanted !== undefined) this.#threadFor(wanted);
    await this.#listen(wanted?.listen ?? []);
    this.#wanted = wanted;
    if (wanted !== undefined) this.#thread?.post({ type: 'settings', settings: wanted.settings });
    await this.#leaveIdle();
    return [];
  }

  /** Ends every session. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#stopFollowing();
    this.#restart?.cancel();
    await this.#thread?.terminate();
    this.#thread = undefined;
    this.#endSessions();
    await Promise.all(this.#serving);
  }

  #threadFor(wanted: WantedSsh): SshThread {
    if (this.#thread !== undefined) return this.#thread;
    this.#restart?.cancel();
    this.#startedNanos = this.#parts.clock.monoNanos();
    const { workerUrl, hostKeyDirectory } = this.#parts;
    this.#thread = new SshThread(
      workerUrl,
      { hostKeyDirectory, settings: wanted.settings },
      { heard: (message) => this.#hear(message), failed: (reason) => this.#failed(reason) },
    );
    return this.#thread;
  }

  async #listen(wanted: readonly ListenAddress[]): Promise<void> {
    const doors: Doors = {
      open: async (at) => this.#thread?.listen(at),
      close: async (at) => this.#thread?.unlisten(at),
    };
    try {
      await moveDoors(doors, this.#listening, wanted, this.#parts.report);
      this.#listening = wanted;
    } catch (error) {
      await this.#leaveIdle();
      throw error instanceof ListenFailure ? applyErrorOf(error, SSH_PATH) : error;
    }
  }

  /** A worker that neither listens nor has clients is not kept. */
  async #leaveIdle(): Promise<void> {
    if (this.#listening.length > 0 || this.#connections.size > 0) return;
    const thread = this.#thread;
    this.#thread = undefined;
    await thread?.terminate();
  }

  #failed(reason: string): void {
    this.#thread = undefined;
    this.#listening = [];
    this.#endSessions();
    this.#parts.report(new Error(`the ssh worker has failed: ${reason}`));
    const { clock } = this.#parts;
    const now = clock.monoNanos();
    const lasted = now - this.#startedNanos;
    this.#restartNanos =
      lasted > RESTART_NANOS_MAX ? RESTART_NANOS_MIN : Math.min(2 * this.#restartNanos, RESTART_NANOS_MAX);
    this.#restart = clock.at(now + this.#restartNanos, () => void this.#startAgain());
  }

  async #startAgain(): Promise<void> {
    if (this.#closed || this.#wanted === undefined) return;
    this.#threadFor(this.#wanted);
    await this.#listen(this.#wanted.listen).catch(this.#parts.report);
  }

  #endSessions(): void {
    for (const session of this.#sessions.values()) session.close();
    this.#sessions.clear();
    this.#connections.clear();
  }

  #hear(message: FromWorker): void {
    switch (message.type) {
      case 'attempt':
        void this.#judge(message);
        break;
      case 'failed':
        this.#refuse(message, {
          user: message.user,
          text: message.with === 'key' ? 'login with key' : 'login',
          result: 'not-authenticated',
        });
        break;
      case 'turned-away':
        this.#refuse(message, { text: 'connection', result: message.refusal, count: message.count });
        break;
      case 'logged-in':
        this.#connections.set(message.connection, { ...message, sessions: new Map() });
        this.#disconnectUnknown();
        break;
      case 'disconnected':
        this.#disconnected(message.connection);
        break;
      case 'opened':
        this.#open(message);
        break;
      case 'listening':
      case 'unlistened':
      case 'not-listening':
        break;
      default:
        this.#sessions.get(message.session)?.hear(message);
    }
  }

  async #judge(attempt: Attempt): Promise<void> {
    const verdict = await this.#verdict(attempt).catch((error: unknown): Verdict => {
      this.#parts.report(error);
      return 'refused';
    });
    this.#thread?.post({ type: 'verdict', attempt: attempt.attempt, verdict });
  }

  async #verdict(attempt: Attempt): Promise<Verdict> {
    const { address, user, credential } = attempt;
    const { clock, accounts } = this.#parts;
    const retry = this.#wanted?.retry;
    if (retry === undefined) return 'refused';
    if (this.#failedLogins.isLockedOut(address, retry, clock.monoNanos())) {
      this.#refuse(attempt, { user, text: 'login', result: 'locked-out' });
      return 'locked-out';
    }
    if (credential.kind === 'key') {
      const isKnown = accounts
        .authorizedKeys(user)
        .some(({ blob }) => Buffer.compare(blob, credential.blob) === 0);
      return isKnown ? 'accepted' : 'refused';
    }
    if ((await accounts.authenticate(user, credential.password)) !== undefined) return 'accepted';
    this.#refuse(attempt, { user, text: 'login', result: 'not-authenticated' });
    const now = clock.monoNanos();
    const delayNanos = this.#failedLogins.failed(address, retry, now);
    if (delayNanos > 0) await new Promise<void>((resolve) => clock.at(now + delayNanos, resolve));
    return 'refused';
  }

  /** The network counts, as it does for the limits. */
  #refuse(from: Endpoint, what: Omit<TurnedAway, 'origin' | 'source'>): void {
    const source = networkOf(from.address);
    this.#parts.reception().refuse({ ...what, origin: { way: 'ssh', address: endpoint(from) }, source });
  }

  #disconnectUnknown(): void {
    const { accounts, clock } = this.#parts;
    for (const [connection, { user, sessions }] of this.#connections) {
      if (accounts.identity(user) !== undefined) continue;
      const disconnect = (): void => this.#thread?.post({ type: 'disconnect', connection });
      if (sessions.size === 0) disconnect();
      else clock.at(clock.monoNanos() + FAREWELL_NANOS, disconnect);
    }
  }

  #disconnected(connection: number): void {
    for (const session of this.#connections.get(connection)?.sessions.values() ?? []) session.close();
    this.#connections.delete(connection);
    if (this.#wanted === undefined) void this.#leaveIdle();
  }

  #open(message: Extract<FromWorker, { type: 'opened' }>): void {
    const thread = this.#thread!;
    const session = new SshSession(message, (reply) => thread.post(reply));
    const connection = this.#connections.get(message.connection);
    this.#sessions.set(message.session, session);
    connection?.sessions.set(message.session, session);
    const serving = this.#serve(session, connection)
      .catch((error: unknown) => {
        this.#parts.report(error);
        return 1;
      })
      .then((status) => {
        session.end(status);
        this.#sessions.delete(message.session);
        connection?.sessions.delete(message.session);
        this.#serving.delete(serving);
      });
    this.#serving.add(serving);
  }

  /** The exit status. */
  async #serve(session: SshSession, connection: LoggedIn | undefined): Promise<number> {
    const { accounts } = this.#parts;
    const reception = this.#parts.reception();
    const identity = connection && accounts.identity(connection.user);
    if (identity === undefined) return 1;
    const visitor: Visitor = { identity, origin: { way: 'ssh', address: connection!.address } };
    const { command, terminal } = session;
    if (terminal !== undefined && command === undefined) {
      await reception.converse(visitor, terminal, session.over);
      return 0;
    }
    const lines = command?.split('\n') ?? linesOf(session.input, BATCH_LINE_CHARACTERS_MAX);
    return reception.batch(visitor, lines, session.batchOutput, {
      stopOnError: false,
      signal: session.batchSignal,
    });
  }
}

/** One control connection at the Server: moves octets to and from the core, and does what it asks for. */
import type { Timer } from '../clock.ts';
import { DatapathError, type PortRange } from '../datapath/datapath.ts';
import { ControlServer, type ControlServerEvent, type SomeSessions } from '../twamp/control-server.ts';
import type { ControlEnd } from '../twamp/control.ts';
import type { Agreement } from '../twamp/session-keys.ts';
import type { SessionRequest } from '../twamp/session-request.ts';
import { addressesOf, refusalAccepts, type SessionRefusal } from './admission.ts';
import { isWithin } from './ports.ts';
import { ReflectorSession, type SessionParts } from './reflector-session.ts';
import type { RoutingInstance } from './routing-instances.ts';
import type { ClientAccount, ServerAccounts } from './server-accounts.ts';
import type { ConnectionStatus } from './server-status.ts';
import type { EndReason, Ends, ControlRow } from './sessions.ts';
import type { Stream } from './transport.ts';

/** What a connection needs of its Server. */
export interface ConnectionOwner extends SessionParts {
  /** Whether `connection` may have one more session. */
  refuseSession(connection: ServerConnection): SessionRefusal | undefined;
  /** `change` more sessions than before count against the limits. */
  countSessions(change: number): void;
  /** Of an unknown KeyID too, in the same time. */
  deriveKey(keyId: string, salt: Uint8Array, count: number): Promise<Uint8Array>;
  readonly accounts: ServerAccounts;
  /** The last that is heard of a connection. */
  ended(connection: ServerConnection): void;
  /** Something that is no fault of the peer. */
  report(error: unknown): void;
}

export interface ConnectionOptions {
  readonly instance: RoutingInstance;
  /** The client's. */
  readonly account: ClientAccount;
  readonly modes: number;
  readonly servwaitNanos: number;
  /** 0: no limit. */
  readonly durationNanos: number;
  /** When the Server came to life, NTP. */
  readonly startTime: bigint;
  /** Of the test packets reflected in each session; undefined: no limit. */
  readonly octetsPerSecondMax: number | undefined;
  /** REFWAIT: how long a started session may be without packets (RFC 5357 §4.2); 0: for ever. */
  readonly refwaitNanos: number;
  /** Of test packets. */
  readonly ports: PortRange;
  /** Whether a session's packets may come from an address that is not the client's. */
  readonly allowsSender: (address: string) => boolean;
  /** That test packets may come from; undefined: any. */
  readonly senderPorts: PortRange | undefined;
  /** Whether test packets may be reflected on an address of ours. */
  readonly serves: (address: string) => boolean;
}

/** Rows know a few reasons; the core knows more. */
const endReasons: Readonly<Partial<Record<ControlEnd['code'], EndReason>>> = {
  closed: 'connection-closed',
  timeout: 'control-inactivity',
  refused: 'refused',
};

type KeyWanted = Extract<ControlServerEvent, { type: 'key-wanted' }>;

/** A SID as a key of a Map. */
const nameOf = (sid: Uint8Array): string => Buffer.from(sid).toString('hex');

export class ServerConnection {
  readonly stream: Stream;
  readonly #owner: ConnectionOwner;
  readonly #options: ConnectionOptions;
  readonly account: ClientAccount;
  readonly #core: ControlServer;
  /** Accepted, and not yet stopped. */
  readonly #sessions = new Set<ReflectorSession>();
  /** Those, and the ones that are being opened. */
  #sessionCount = 0;
  #row: ControlRow | undefined;
  /** Once it is agreed. */
  #agreement: Agreement | undefined;
  #deadline: Timer | undefined;
  /** When that timer calls. */
  #calledNanos = Infinity;
  #duration: Timer | undefined;
  #ended = false;

  constructor(stream: Stream, options: ConnectionOptions, owner: ConnectionOwner) {
    this.stream = stream;
    this.#owner = owner;
    this.#options = options;
    this.account = options.account;
    const now = owner.clock.monoNanos();
    const { modes, startTime, servwaitNanos, durationNanos } = options;
    this.#core = new ControlServer({ modes, startTime, servwaitNanos, random: owner.random }, now);
    if (durationNanos > 0) {
      this.#duration = owner.clock.at(now + durationNanos, () => this.close('connection-duration'));
    }
    stream.open({
      onData: (octets) => this.#input((nowNanos) => this.#core.receive(octets, nowNanos)),
      onClose: () => this.#input(() => this.#core.closed()),
    });
    this.#drain();
  }

  /** Sessions that count against the limits. */
  get sessionCount(): number {
    return this.#sessionCount;
  }

  /** Undefined until it is set up. */
  get connectionId(): number | undefined {
    return this.#row?.connectionId;
  }

  /** Undefined until it is set up. */
  get status(): ConnectionStatus | undefined {
    if (this.#row === undefined) return undefined;
    return {
      connectionId: this.#row.connectionId,
      vrf: this.#options.instance.name,
      client: this.stream.remote,
      server: this.stream.local,
      mode: this.#agreement!.mode,
      sessions: [...this.#sessions].map(({ status }) => status),
    };
  }

  #countSessions(change: number): void {
    this.#sessionCount += change;
    this.account.sessions += change;
    this.#owner.countSessions(change);
  }

  /** Ends the connection and its sessions for a reason of ours. */
  close(reason: EndReason): void {
    this.#end(reason);
  }

  /** Every input of the core comes through here, so that none is left undrained. */
  #input(act: (nowNanos: number) => void): void {
    if (this.#ended) return;
    act(this.#owner.clock.monoNanos());
    this.#drain();
  }

  #drain(): void {
    for (let output = this.#core.poll(); output !== undefined && !this.#ended; output = this.#core.poll()) {
      if (output.type === 'transmit') this.stream.write(output.octets);
      else if (output.type === 'event') this.#handle(output.event);
      else {
        if (output.end.code === 'wrong-key') this.#owner.accounts.refuseConnection(this.account, 'wrong-key');
        this.#end(endReasons[output.end.code] ?? 'protocol-error');
      }
    }
    if (!this.#ended) this.#awaitDeadline();
  }

  /** A timer that calls too early is left to call: messages come far more often than deadlines. */
  #awaitDeadline(): void {
    const { deadlineNanos } = this.#core;
    if (deadlineNanos === undefined || deadlineNanos >= this.#calledNanos) return;
    this.#deadline?.cancel();
    this.#calledNanos = deadlineNanos;
    this.#deadline = this.#owner.clock.at(deadlineNanos, () => {
      this.#calledNanos = Infinity;
      this.#input((nowNanos) => this.#core.timeout(nowNanos));
    });
  }

  #handle(event: ControlServerEvent): void {
    switch (event.type) {
      case 'key-wanted':
        void this.#provideKey(event);
        break;
      case 'ready':
        this.#register(event);
        break;
      case 'session-requested':
        void this.#decide(event.request);
        break;
      case 'session-refused':
        this.#owner.accounts.refuseSession(this.account, 'invalid-request');
        break;
      case 'start-requested':
        this.#start(this.#owner.clock.monoNanos());
        break;
      case 'start-some-requested':
        this.#startSome(event.sids, this.#owner.clock.monoNanos());
        break;
      case 'stop-some-requested':
        this.#stopSome(event.sids, this.#owner.clock.monoNanos());
        break;
      case 'stopped':
        for (const session of this.#sessions) session.stop();
        this.#forgetSessions();
        break;
    }
  }

  /** Without a row there is no connection: nobody would know of it, nor of its sessions. */
  #register(agreement: Agreement): void {
    this.#agreement = agreement;
    try {
      this.#row = this.#owner.registry.openControl(this.#ends(), () => this.#core.counters);
    } catch (error) {
      this.#owner.report(error);
      this.close('refused');
    }
  }

  async #provideKey({ keyId, salt, count }: KeyWanted): Promise<void> {
    try {
      const key = await this.#owner.deriveKey(keyId, salt, count);
      this.#input((nowNanos) => this.#core.useKey(key, nowNanos));
    } catch (error) {
      this.#owner.report(error);
      this.close('protocol-error');
    }
  }

  #start(nowNanos: number): void {
    if (this.#sessions.size === 0) {
      this.#core.refuseStart('failure', nowNanos);
      return;
    }
    for (const session of this.#sessions) session.start();
    this.#core.startSessions(nowNanos);
  }

  #startSome(sids: readonly Uint8Array[], nowNanos: number): void {
    const some = this.#sessionsOf(sids, ({ started }) => !started);
    for (const session of some.sessions) session.start();
    this.#core.answerStartSome(some, nowNanos);
  }

  #stopSome(sids: readonly Uint8Array[], nowNanos: number): void {
    const some = this.#sessionsOf(sids, () => true);
    for (const session of some.sessions) {
      session.stop();
      this.#sessions.delete(session);
    }
    this.#countSessions(-some.sessions.length);
    this.#core.answerStopSome(some, nowNanos);
    if (!this.#someRun) this.#core.sessionsEnded(nowNanos);
  }

  /** The sessions that `sids` name and that may be had; each once. */
  #sessionsOf(
    sids: readonly Uint8Array[],
    mayBeHad: (session: ReflectorSession) => boolean,
  ): SomeSessions & { readonly sessions: readonly ReflectorSession[] } {
    const bySid = new Map(
      [...this.#sessions].filter(mayBeHad).map((session) => [nameOf(session.sid), session]),
    );
    const sessions: ReflectorSession[] = [];
    const refused: Uint8Array[] = [];
    for (const sid of sids) {
      const session = bySid.get(nameOf(sid));
      if (session === undefined) refused.push(sid);
      else sessions.push(session);
      bySid.delete(nameOf(sid));
    }
    return { sessions, done: sessions.map(({ sid }) => sid), refused };
  }

  get #someRun(): boolean {
    return [...this.#sessions].some(({ started }) => started);
  }

  /**
   * A session has ended by itself. A client whose packets nobody reflects any more must hear of it at once: a Server has
   * no message for that (RFC 5357 §3.8: only the Control-Client stops sessions), so it closes the connection. Before
   * the start it waits for Start-Sessions, which it can refuse.
   */
  #sessionEnded(session: ReflectorSession, reason: EndReason): void {
    // One that was stopped may fail while it lingers: that concerns nobody any more.
    if (!this.#sessions.delete(session)) return;
    this.#countSessions(-1);
    if (this.#someRun) return;
    if (reason === 'datapath-failed' && session.started) this.#end(reason);
    else this.#input((nowNanos) => this.#core.sessionsEnded(nowNanos));
  }

  /** Grants or refuses a session. Until then the core keeps what the client sends ahead. */
  async #decide(request: SessionRequest): Promise<void> {
    const answer = await this.#openSession(request);
    if (typeof answer === 'string') {
      this.#owner.accounts.refuseSession(this.account, answer);
      this.#input((nowNanos) => this.#core.refuseSession(refusalAccepts[answer], nowNanos));
    } else if (this.#ended) {
      answer.end('connection-closed');
      this.#countSessions(-1);
    } else {
      this.#sessions.add(answer);
      this.account.sessionsAccepted += 1;
      this.#input((nowNanos) => this.#core.acceptSession(answer.port, answer.sid, nowNanos));
    }
  }

  async #openSession(request: SessionRequest): Promise<ReflectorSession | SessionRefusal> {
    const refusal = this.#owner.refuseSession(this);
    if (refusal !== undefined) return refusal;
    const { instance, ports, octetsPerSecondMax, refwaitNanos, allowsSender, senderPorts, serves } =
      this.#options;
    const addresses = addressesOf(request, this.stream, allowsSender);
    if (addresses === 'third-party') return addresses;
    if (!serves(addresses.localAddress)) return 'address-not-served';
    if (senderPorts && !isWithin(senderPorts, request.senderPort)) return 'sender-port';
    const options = {
      localAddress: addresses.localAddress,
      remoteAddress: addresses.remoteAddress,
      connectionId: this.#row!.connectionId,
      instance,
      ports,
      octetsPerSecondMax,
      refwaitNanos,
      agreement: this.#agreement!,
      request,
      account: this.account,
      onEnd: (session: ReflectorSession, reason: EndReason) => this.#sessionEnded(session, reason),
    };
    this.#countSessions(1);
    try {
      return await ReflectorSession.open(options, this.#owner);
    } catch (error) {
      this.#countSessions(-1);
      if (error instanceof DatapathError && error.code !== 'failed') return error.code;
      this.#owner.report(error);
      return 'internal-failure';
    }
  }

  #forgetSessions(): void {
    this.#countSessions(-this.#sessions.size);
    this.#sessions.clear();
  }

  #end(reason: EndReason): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#deadline?.cancel();
    this.#duration?.cancel();
    for (const session of this.#sessions) session.end(reason);
    this.#forgetSessions();
    this.#row?.end(reason);
    this.stream.end();
    this.#owner.ended(this);
  }

  #ends(): Ends {
    return {
      role: 'server',
      vrf: this.#options.instance.name,
      local: this.stream.local,
      remote: this.stream.remote,
      mode: this.#agreement!.mode,
    };
  }
}

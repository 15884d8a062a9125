/** One test session at the Server: a reflector, its row, and when it ends. */
import { NANOS_PER_SECOND, type Clock, type Random, type Timer, type Timers } from '../clock.ts';
import { LINGERING_SESSIONS_MAX } from '../datapath/datapath.ts';
import type { Datapath, PortRange, Reflector } from '../datapath/datapath.ts';
import type { SessionRequest } from '../twamp/session-request.ts';
import { packetModeOf, type Agreement } from '../twamp/session-keys.ts';
import { makeSid } from '../twamp/sid.ts';
import { wallNanosFromNtp } from '../twamp/timestamp.ts';
import type { RoutingInstance } from './routing-instances.ts';
import type { ClientAccount } from './server-accounts.ts';
import type { SessionStatus } from './server-status.ts';
import type { DataRow, EndReason, Ends, SessionRegistry } from './sessions.ts';

/** The longest a stopped session still reflects, whatever Timeout its request names. */
export const GRACE_SECONDS_MAX = 60;

/** What every session needs. */
export interface SessionParts {
  readonly clock: Clock & Timers;
  readonly random: Random;
  readonly datapath: Datapath;
  readonly registry: SessionRegistry;
  readonly lingering: LingeringReflectors;
}

/** A request, with the addresses it comes down to. */
export interface ReflectorSessionOptions {
  readonly connectionId: number;
  readonly instance: RoutingInstance;
  readonly ports: PortRange;
  /** Undefined: no limit. */
  readonly octetsPerSecondMax: number | undefined;
  /** How long it may be without packets once it has started; 0: for ever. */
  readonly refwaitNanos: number;
  /** On the control connection. */
  readonly agreement: Agreement;
  readonly localAddress: string;
  readonly remoteAddress: string;
  readonly request: SessionStatus['request'] &
    Pick<SessionRequest, 'senderPort' | 'receiverPort' | 'startTime' | 'reflect'>;
  /** Who is to be charged with its packets. */
  readonly account: ClientAccount;
  /** It has ended by itself. */
  readonly onEnd: (session: ReflectorSession, reason: EndReason) => void;
}

export class ReflectorSession {
  /** Where it reflects. */
  readonly port: number;
  readonly sid: Uint8Array;
  readonly #parts: SessionParts;
  readonly #options: ReflectorSessionOptions;
  readonly #reflector: Reflector;
  readonly #row: DataRow;
  #started = false;
  #refwait: Timer | undefined;

  /** Binds a port and stands ready. Rejects with DatapathError or StoreError. */
  static async open(options: ReflectorSessionOptions, parts: SessionParts): Promise<ReflectorSession> {
    let session: ReflectorSession | undefined;
    const sid = makeSid(options.localAddress, parts.clock.wallNanos(), parts.random);
    const { mode, keys } = packetModeOf(options.agreement, sid);
    const reflector = await parts.datapath.openReflector({
      vrf: options.instance.vrf,
      localAddress: options.localAddress,
      wantedPort: options.request.receiverPort,
      ports: options.ports,
      remoteAddress: options.remoteAddress,
      remotePort: options.request.senderPort,
      mode,
      keys,
      paddingToReflect: options.request.reflect?.paddingToReflect,
      octetsPerSecondMax: options.octetsPerSecondMax,
      onFailed: () => {
        if (session !== undefined) session.#endByItself('datapath-failed');
      },
    });
    try {
      session = new ReflectorSession(options, parts, reflector, sid);
      return session;
    } catch (error) {
      void reflector.stop();
      throw error;
    }
  }

  private constructor(
    options: ReflectorSessionOptions,
    parts: SessionParts,
    reflector: Reflector,
    sid: Uint8Array,
  ) {
    const { localAddress, remoteAddress, instance, request, agreement } = options;
    this.#parts = parts;
    this.#options = options;
    this.#reflector = reflector;
    this.port = reflector.localPort;
    this.sid = sid;
    const ends: Ends = {
      role: 'server',
      vrf: instance.name,
      local: { address: localAddress, port: reflector.localPort },
      remote: { address: remoteAddress, port: request.senderPort },
      mode: agreement.mode,
    };
    this.#row = parts.registry.openData(options.connectionId, ends, this.sid, reflector);
  }

  get status(): SessionStatus {
    const { localAddress, remoteAddress, request } = this.#options;
    return {
      sessionId: this.#row.sessionId,
      sid: Buffer.from(this.sid).toString('hex'),
      sender: { address: remoteAddress, port: request.senderPort },
      reflector: { address: localAddress, port: this.port },
      active: this.#started,
      startWallNanos: request.startTime === 0n ? undefined : wallNanosFromNtp(request.startTime),
      request,
      figures: this.#row.figures(),
    };
  }

  /** Whether it reflects, or did until it ended. */
  get started(): boolean {
    return this.#started;
  }

  /** Idempotent: where sessions are started one by one, Start-Sessions means those that do not run yet. */
  start(): void {
    if (this.#started) return;
    this.#started = true;
    this.#reflector.start();
    this.#awaitPackets(this.#parts.clock.monoNanos());
  }

  /** Stop-Sessions: the row ends, the reflector stays for what is still on its way. */
  stop(): void {
    this.#finish('stopped');
    this.#parts.lingering.add(this.#reflector, this.#options.request.timeoutNanos);
  }

  /** Ends at once and frees the port. */
  end(reason: EndReason): void {
    this.#finish(reason);
    void this.#reflector.stop();
  }

  #endByItself(reason: EndReason): void {
    this.end(reason);
    this.#options.onEnd(this, reason);
  }

  #finish(reason: EndReason): void {
    const figures = this.#row.end(reason);
    if (figures !== undefined) this.#options.account.addPackets(figures);
    this.#refwait?.cancel();
  }

  #awaitPackets(heardNanos: number): void {
    const { refwaitNanos } = this.#options;
    if (refwaitNanos === 0) return;
    this.#refwait = this.#parts.clock.at(heardNanos + refwaitNanos, () => {
      const lastNanos = this.#reflector.lastPacketMonoNanos();
      if (lastNanos > heardNanos) this.#awaitPackets(lastNanos);
      else this.#endByItself('test-inactivity');
    });
  }
}

/**
 * Reflectors of stopped sessions. "In case there are test packets still in transit, the Session-Reflector
 * MUST reflect them if they arrive within the Timeout interval following the reception of the Stop-Sessions
 * message. [It] MUST NOT reflect packets that are received beyond the timeout" (RFC 5357 §3.5). They count
 * against no limit but their own.
 */
export class LingeringReflectors {
  readonly #timers = new Map<Reflector, Timer>();
  readonly #clock: Clock & Timers;

  constructor(clock: Clock & Timers) {
    this.#clock = clock;
  }

  add(reflector: Reflector, timeoutNanos: number): void {
    const graceNanos = Math.min(timeoutNanos, GRACE_SECONDS_MAX * NANOS_PER_SECOND);
    const timer = this.#clock.at(this.#clock.monoNanos() + graceNanos, () => this.#stop(reflector));
    this.#timers.set(reflector, timer);
    if (this.#timers.size > LINGERING_SESSIONS_MAX) this.#stop(this.#timers.keys().next().value!);
  }

  /** Stops them all. */
  clear(): void {
    for (const reflector of [...this.#timers.keys()]) this.#stop(reflector);
  }

  #stop(reflector: Reflector): void {
    this.#timers.get(reflector)?.cancel();
    this.#timers.delete(reflector);
    void reflector.stop();
  }
}

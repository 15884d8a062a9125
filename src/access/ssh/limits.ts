/** How many connections are borne, and how many failed logins: addresses and instants in, verdicts out. Pure. */
import { NANOS_PER_SECOND } from '../../clock.ts';
import { networkOf } from './network.ts';

const NANOS_PER_MINUTE = 60 * NANOS_PER_SECOND;

/** Connections that have not logged in yet, of everybody and of one network. */
export const UNAUTHENTICATED_MAX = 100;
export const UNAUTHENTICATED_PER_NETWORK_MAX = 50;

/** The part of the rate limit that one network can use up: nobody alone keeps everybody else out. */
const NETWORK_SHARE = 0.5;

/** Why a connection is closed before a word is said. */
export type ConnectionRefusal = 'rate-limit' | 'connection-limit' | 'unauthenticated-limit';

export interface ConnectionSettings {
  /** Connections at once, logged in or not. */
  readonly connectionLimit: number;
  /** New connections in a minute. */
  readonly rateLimit: number;
}

/** What may pass in a minute: all of it at once, then one by one. */
class MinuteBucket {
  /** Of a minute, what is not used up. */
  #creditNanos = NANOS_PER_MINUTE;
  #filledNanos: number;

  constructor(nowNanos: number) {
    this.#filledNanos = nowNanos;
  }

  /** False: there is nothing left for now. */
  has(perMinute: number, nowNanos: number): boolean {
    this.#creditNanos = Math.min(NANOS_PER_MINUTE, this.#creditNanos + nowNanos - this.#filledNanos);
    this.#filledNanos = nowNanos;
    return this.#creditNanos >= costNanos(perMinute);
  }

  /** After `has`. */
  take(perMinute: number): void {
    this.#creditNanos -= costNanos(perMinute);
  }

  /** As good as new. */
  isFull(nowNanos: number): boolean {
    return this.#creditNanos + nowNanos - this.#filledNanos >= NANOS_PER_MINUTE;
  }
}

const costNanos = (perMinute: number): number => Math.floor(NANOS_PER_MINUTE / perMinute);

interface NetworkLoad {
  readonly bucket: MinuteBucket;
  unauthenticated: number;
}

export class ConnectionLimits {
  #settings: ConnectionSettings;
  readonly #bucket: MinuteBucket;
  /** Only those that were admitted lately or have not logged in yet: the rate limit bounds how many. */
  readonly #networks = new Map<string, NetworkLoad>();
  #connections = 0;
  #unauthenticated = 0;

  constructor(settings: ConnectionSettings, nowNanos: number) {
    this.#settings = settings;
    this.#bucket = new MinuteBucket(nowNanos);
  }

  /** Connections that are open are left alone. */
  use(settings: ConnectionSettings): void {
    this.#settings = settings;
  }

  get connections(): number {
    return this.#connections;
  }

  /** Networks that are remembered. */
  get networks(): number {
    return this.#networks.size;
  }

  /** Counts a connection; a refused one counts nowhere. */
  admit(address: string, nowNanos: number): ConnectionRefusal | undefined {
    const { connectionLimit, rateLimit } = this.#settings;
    if (!this.#bucket.has(rateLimit, nowNanos)) return 'rate-limit';
    if (this.#connections >= connectionLimit) return 'connection-limit';
    if (this.#unauthenticated >= UNAUTHENTICATED_MAX) return 'unauthenticated-limit';
    const share = Math.max(1, Math.floor(rateLimit * NETWORK_SHARE));
    const network = networkOf(address);
    const load = this.#networks.get(network) ?? { bucket: new MinuteBucket(nowNanos), unauthenticated: 0 };
    if (!load.bucket.has(share, nowNanos)) return 'rate-limit';
    if (load.unauthenticated >= UNAUTHENTICATED_PER_NETWORK_MAX) return 'unauthenticated-limit';
    this.#forgetQuiet(nowNanos);
    this.#networks.set(network, load);
    load.bucket.take(share);
    this.#bucket.take(rateLimit);
    load.unauthenticated += 1;
    this.#unauthenticated += 1;
    this.#connections += 1;
    return undefined;
  }

  /** An admitted connection has logged in. */
  loggedIn(address: string): void {
    this.#networks.get(networkOf(address))!.unauthenticated -= 1;
    this.#unauthenticated -= 1;
  }

  /** An admitted connection has ended. */
  ended(address: string, loggedIn: boolean): void {
    this.#connections -= 1;
    if (!loggedIn) this.loggedIn(address);
  }

  #forgetQuiet(nowNanos: number): void {
    for (const [network, { bucket, unauthenticated }] of this.#networks) {
      if (unauthenticated === 0 && bucket.isFull(nowNanos)) this.#networks.delete(network);
    }
  }
}

/** `system login retry-options`. */
export interface RetrySettings {
  /** Failures of a network that are answered at once. */
  readonly backoffThreshold: number;
  /** Every one beyond that waits so much longer. */
  readonly backoffFactorSeconds: number;
  /** Failures on one connection that end it, and those of a network that lock it out. */
  readonly triesBeforeDisconnect: number;
  readonly lockoutSeconds: number;
}

/** Networks whose failures are remembered; beyond that, those that failed longest ago are forgotten. */
export const FAILING_NETWORKS_MAX = 4096;

interface Failures {
  readonly count: number;
  readonly lastNanos: number;
}

/**
 * Failed logins by network. They are forgotten after the lockout period without another one, and never because of a
 * success: whoever has one account could guess at the others for ever.
 */
export class FailedLogins {
  readonly #failures = new Map<string, Failures>();

  /** Nobody of this network is let in for now. */
  isLockedOut(address: string, settings: RetrySettings, nowNanos: number): boolean {
    return this.#count(networkOf(address), settings, nowNanos) >= settings.triesBeforeDisconnect;
  }

  /** Counts a failure; gives after how many nanoseconds it may be answered. */
  failed(address: string, settings: RetrySettings, nowNanos: number): number {
    const network = networkOf(address);
    const count = this.#count(network, settings, nowNanos) + 1;
    this.#failures.delete(network);
    this.#failures.set(network, { count, lastNanos: nowNanos });
    const [oldest] = this.#failures.keys();
    if (this.#failures.size > FAILING_NETWORKS_MAX) this.#failures.delete(oldest!);
    return Math.max(0, count - settings.backoffThreshold) * settings.backoffFactorSeconds * NANOS_PER_SECOND;
  }

  #count(network: string, { lockoutSeconds }: RetrySettings, nowNanos: number): number {
    const failures = this.#failures.get(network);
    if (failures === undefined) return 0;
    return nowNanos - failures.lastNanos < lockoutSeconds * NANOS_PER_SECOND ? failures.count : 0;
  }
}

/** Whoever works at a shell now: each login with where it came from and since when, until it ends. */
import type { Clock } from '../clock.ts';
import type { Identity, Login } from '../shell/login.ts';
import type { Accounts } from './accounts.ts';

/** Where a login comes from. */
export interface Origin {
  readonly way: 'console' | 'batch' | 'attach' | 'ssh';
  /** `192.0.2.1:51234`, `[2001:db8::1]:51234`; undefined for this machine. */
  readonly address?: string;
}

export interface Visitor {
  readonly identity: Identity;
  readonly origin: Origin;
}

/** Why a login ended that did not leave by itself. */
export type EndReason = 'logged-out' | 'account-removed';

export class LiveLogin {
  /** Counts up from 1 and is not given twice. */
  readonly id: number;
  readonly login: Login;
  readonly origin: Origin;
  readonly sinceWallNanos: bigint;
  readonly #clock: Clock;
  readonly #end = new AbortController();
  #activeMonoNanos: number;

  constructor(id: number, login: Login, origin: Origin, clock: Clock) {
    this.id = id;
    this.login = login;
    this.origin = origin;
    this.sinceWallNanos = clock.wallNanos();
    this.#clock = clock;
    this.#activeMonoNanos = clock.monoNanos();
  }

  /** Aborted when the login is to end, with an EndReason. */
  get ended(): AbortSignal {
    return this.#end.signal;
  }

  /** Since the last sign of life. */
  get idleNanos(): number {
    return this.#clock.monoNanos() - this.#activeMonoNanos;
  }

  /** Somebody has typed, or a line has come. */
  touch(): void {
    this.#activeMonoNanos = this.#clock.monoNanos();
  }

  end(reason: EndReason): void {
    this.#end.abort(reason);
  }
}

export class Logins {
  readonly #clock: Clock;
  readonly #accounts: Accounts;
  readonly #live = new Map<number, LiveLogin>();
  readonly #waiting: (() => void)[] = [];
  #lastId = 0;

  /** Logins follow what is configured of their users. */
  constructor(clock: Clock, accounts: Accounts) {
    this.#clock = clock;
    this.#accounts = accounts;
    accounts.onChange(() => this.#renew());
  }

  /** In the order in which they came. */
  get all(): readonly LiveLogin[] {
    return [...this.#live.values()];
  }

  admit(login: Login, origin: Origin): LiveLogin {
    const live = new LiveLogin((this.#lastId += 1), login, origin, this.#clock);
    this.#live.set(live.id, live);
    return live;
  }

  dismiss({ id }: LiveLogin): void {
    this.#live.delete(id);
    if (this.#live.size === 0) for (const nobodyLeft of this.#waiting.splice(0)) nobodyLeft();
  }

  /** Resolves when nobody is in. */
  empty(): Promise<void> {
    if (this.#live.size === 0) return Promise.resolve();
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  #renew(): void {
    for (const live of this.all) {
      const identity = this.#accounts.renewed(live.login.identity);
      if (identity) live.login.become(identity);
      else live.end('account-removed');
    }
  }
}

/** Whoever works at a shell now: each login with where it came from and since when, until it ends. */
import { NANOS_PER_SECOND, type Clock, type Timer, type Timers } from '../clock.ts';
import type { TimedOutcome } from '../config/database.ts';
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
export type EndReason =
  | { readonly code: 'logged-out'; readonly by: string }
  | { readonly code: 'account-removed' }
  | { readonly code: 'idle' }
  | { readonly code: 'router-ending' };

const SECONDS_PER_MINUTE = 60;

export class LiveLogin {
  /** Counts up from 1 and is not given twice. */
  readonly id: number;
  readonly login: Login;
  readonly origin: Origin;
  readonly sinceWallNanos: bigint;
  readonly #clock: Clock;
  readonly #end = new AbortController();
  #reason: EndReason | undefined;
  #activeMonoNanos: number;

  constructor(id: number, login: Login, origin: Origin, clock: Clock) {
    this.id = id;
    this.login = login;
    this.origin = origin;
    this.sinceWallNanos = clock.wallNanos();
    this.#clock = clock;
    this.#activeMonoNanos = clock.monoNanos();
  }

  /** Aborted when the login is to end. */
  get ended(): AbortSignal {
    return this.#end.signal;
  }

  /** Why it was ended; undefined for one that was not. */
  get reason(): EndReason | undefined {
    return this.#reason;
  }

  /** Since the last sign of life. */
  get idleSeconds(): number {
    return Math.floor((this.#clock.monoNanos() - this.#activeMonoNanos) / NANOS_PER_SECOND);
  }

  /** Whether it has been idle for too long: by what is configured, or sooner by what it asked for itself. */
  get overdue(): boolean {
    const { identity, cli } = this.login;
    const limits = [identity.idleTimeoutMinutes ?? 0, cli.idleTimeoutMinutes].filter(
      (minutes) => minutes > 0,
    );
    return limits.some((minutes) => this.idleSeconds >= minutes * SECONDS_PER_MINUTE);
  }

  /** Somebody has typed, or their program has sent a line or taken what a batch prints. */
  touch(): void {
    this.#activeMonoNanos = this.#clock.monoNanos();
  }

  end(reason: EndReason): void {
    this.#reason ??= reason;
    this.#end.abort();
  }
}

export class Logins {
  readonly #clock: Clock & Timers;
  readonly #accounts: Accounts;
  readonly #live = new Map<number, LiveLogin>();
  readonly #waiting: (() => void)[] = [];
  #lastId = 0;
  /** Looks every second for who has been idle too long, while there is somebody. */
  #watch: Timer | undefined;

  /** Logins follow what is configured of their users. */
  constructor(clock: Clock & Timers, accounts: Accounts) {
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
    if (this.#watch === undefined) this.#watchOn();
    return live;
  }

  dismiss({ id }: LiveLogin): void {
    this.#live.delete(id);
    if (this.#live.size > 0) return;
    this.#watch?.cancel();
    this.#watch = undefined;
    for (const nobodyLeft of this.#waiting.splice(0)) nobodyLeft();
  }

  announce(outcome: TimedOutcome): void {
    for (const { login } of this.all) login.announce(outcome);
  }

  /** The router ends; a batch of the console's own has been told by what ends it. */
  endAll(): void {
    for (const live of this.all) if (live.origin.way !== 'batch') live.end({ code: 'router-ending' });
  }

  /** Resolves when nobody is in. */
  empty(): Promise<void> {
    if (this.#live.size === 0) return Promise.resolve();
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  #watchOn(): void {
    this.#watch = this.#clock.at(this.#clock.monoNanos() + NANOS_PER_SECOND, () => {
      this.#watchOn();
      // A batch of the console's own is no open door: it may wait for its input as long as it likes.
      for (const live of this.all)
        if (live.origin.way !== 'batch' && live.overdue) live.end({ code: 'idle' });
    });
  }

  #renew(): void {
    for (const live of this.all) {
      const identity = this.#accounts.renewed(live.login.identity);
      if (identity) live.login.become(identity);
      else live.end({ code: 'account-removed' });
    }
  }
}

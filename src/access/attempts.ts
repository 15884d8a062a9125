/** Wrong passwords in a row, by user, and whom they lock out. */
import { NANOS_PER_SECOND, type Clock } from '../clock.ts';

const NANOS_PER_MINUTE = 60 * NANOS_PER_SECOND;

/** `system login retry-options`. */
export interface RetryOptions {
  readonly 'tries-before-disconnect': number;
  /** Undefined: nobody is locked out. */
  readonly 'user-lockout-period'?: number;
}

interface Attempts {
  wrong: number;
  /** Undefined while the user may still try. */
  lockedAtMonoNanos: number | undefined;
  lockedAtWallNanos: bigint;
}

export class FailedAttempts {
  readonly #clock: Clock;
  /** Of users that exist only: others have no password to guess, and there is no end of them. */
  readonly #byUser = new Map<string, Attempts>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  fail(user: string, options: RetryOptions): void {
    const attempts = this.#byUser.get(user) ?? {
      wrong: 0,
      lockedAtMonoNanos: undefined,
      lockedAtWallNanos: 0n,
    };
    attempts.wrong += 1;
    if (attempts.wrong >= options['tries-before-disconnect'] && attempts.lockedAtMonoNanos === undefined) {
      attempts.lockedAtMonoNanos = this.#clock.monoNanos();
      attempts.lockedAtWallNanos = this.#clock.wallNanos();
    }
    this.#byUser.set(user, attempts);
  }

  /** Begins anew; whether there was something to forget. */
  forget(user: string): boolean {
    return this.#byUser.delete(user);
  }

  /** Drops everybody who is not one of them. */
  keep(users: ReadonlyMap<string, unknown>): void {
    for (const user of this.#byUser.keys()) if (!users.has(user)) this.#byUser.delete(user);
  }

  isLockedOut(user: string, options: RetryOptions): boolean {
    return this.#lockedUntil(user, options) !== undefined;
  }

  /** Who is locked out, and until when. */
  lockedOut(options: RetryOptions): readonly { readonly user: string; readonly untilWallNanos: bigint }[] {
    return [...this.#byUser.keys()].flatMap((user) => {
      const untilWallNanos = this.#lockedUntil(user, options);
      return untilWallNanos === undefined ? [] : [{ user, untilWallNanos }];
    });
  }

  /** Measured on the monotonic clock, told on the wall clock. */
  #lockedUntil(user: string, { 'user-lockout-period': minutes }: RetryOptions): bigint | undefined {
    const { lockedAtMonoNanos, lockedAtWallNanos = 0n } = this.#byUser.get(user) ?? {};
    if (lockedAtMonoNanos === undefined || minutes === undefined) return undefined;
    const periodNanos = minutes * NANOS_PER_MINUTE;
    if (this.#clock.monoNanos() >= lockedAtMonoNanos + periodNanos) {
      this.#byUser.delete(user);
      return undefined;
    }
    return lockedAtWallNanos + BigInt(periodNanos);
  }
}

/** Time, timers and randomness: the only sources of each, passed in everywhere so that a simulation can replace them. */
import { randomFillSync } from 'node:crypto';

/** Where time comes from. The two readings must never be mixed: wall time may step, monotonic time never does. */
export interface Clock {
  /** Nanoseconds since 1970-01-01T00:00:00Z. For stamps that leave the process or reach a person. */
  wallNanos(): bigint;
  /** Nanoseconds since an arbitrary origin, as a double (exact for 104 days). For intervals and deadlines. */
  monoNanos(): number;
}

/** A deadline that has been asked for. */
export interface Timer {
  /** Idempotent; the callback never runs after it. */
  cancel(): void;
}

/** Deadlines on the monotonic clock. */
export interface Timers {
  /** Runs `callback` once, at or soon after the monotonic instant `atMonoNanos`. */
  at(atMonoNanos: number, callback: () => void): Timer;
}

/** Randomness. */
export interface Random {
  /** `count` octets nobody can predict. */
  octets(count: number): Uint8Array;
}

export const NANOS_PER_SECOND = 1_000_000_000;
/** Of wall time, which is counted in bigints. */
export const WALL_NANOS_PER_SECOND = 1_000_000_000n;
export const NANOS_PER_MILLI = 1_000_000;
const WALL_NANOS_PER_MILLI = 1_000_000n;

/** Of milliseconds since 1970, rounded to whole ones. */
export const wallNanosOf = (millis: number): bigint => BigInt(Math.round(millis)) * WALL_NANOS_PER_MILLI;

/** Whole milliseconds since 1970. */
export const wallMillisOf = (wallNanos: bigint): number => Number(wallNanos / WALL_NANOS_PER_MILLI);

/** The longest delay setTimeout takes before it wraps to 1 ms. */
const SET_TIMEOUT_MILLIS_MAX = 2 ** 31 - 1;

/** How far our wall reading may run from the system's before we follow the step, in milliseconds. */
const STEP_MILLIS = 2;

/**
 * The machine's clocks. Node reads the wall clock in whole milliseconds only, so the reading is the monotonic clock plus
 * an offset that is taken anew whenever the system's clock is found to have stepped away from it.
 */
export class SystemClock implements Clock, Timers {
  #offsetMillis = performance.timeOrigin;

  /** Milliseconds since 1970 with fractions; allocates nothing. About 0.25 µs of resolution (a double of this size). */
  wallMillis(): number {
    const reading = performance.now() + this.#offsetMillis;
    const error = Date.now() - reading;
    if (error < STEP_MILLIS && error > -STEP_MILLIS) return reading;
    this.#offsetMillis += error;
    return reading + error;
  }

  wallNanos(): bigint {
    const millis = this.wallMillis();
    const whole = Math.floor(millis);
    return BigInt(whole) * WALL_NANOS_PER_MILLI + BigInt(Math.round((millis - whole) * NANOS_PER_MILLI));
  }

  monoNanos(): number {
    return performance.now() * NANOS_PER_MILLI;
  }

  at(atMonoNanos: number, callback: () => void): Timer {
    let handle: NodeJS.Timeout;
    const arm = (): void => {
      const delayMillis = Math.max(0, (atMonoNanos - this.monoNanos()) / NANOS_PER_MILLI);
      handle =
        delayMillis > SET_TIMEOUT_MILLIS_MAX
          ? setTimeout(arm, SET_TIMEOUT_MILLIS_MAX)
          : setTimeout(callback, Math.ceil(delayMillis));
    };
    arm();
    return { cancel: () => clearTimeout(handle) };
  }
}

/** Octets that are drawn from the kernel at once: a draw of few costs as much as one of many. */
const RANDOM_POOL_OCTETS = 4096;

/** The kernel's random generator. What it has given out is not kept. */
class SystemRandom implements Random {
  readonly #pool = new Uint8Array(RANDOM_POOL_OCTETS);
  #used = RANDOM_POOL_OCTETS;

  octets(count: number): Uint8Array {
    if (count > RANDOM_POOL_OCTETS) return randomFillSync(new Uint8Array(count));
    if (this.#used + count > RANDOM_POOL_OCTETS) {
      randomFillSync(this.#pool);
      this.#used = 0;
    }
    const begin = this.#used;
    this.#used += count;
    const octets = this.#pool.slice(begin, this.#used);
    this.#pool.fill(0, begin, this.#used);
    return octets;
  }
}

export const systemRandom: Random = new SystemRandom();

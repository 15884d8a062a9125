/** A clock that jumps from deadline to deadline: minutes of protocol time in milliseconds of test time. */
import type { Clock, Timer, Timers } from '../../src/clock.ts';
import { quiet } from './quiet.ts';

interface Event {
  readonly atNanos: number;
  readonly callback: () => void;
  cancelled: boolean;
}

/** Turns of the event loop without a deadline that a promise may need, as where a shell draws in slices. */
const IDLE_TURNS_MAX = 10;

/** 2026-11-22T08:19:24Z. */
const EPOCH_WALL_NANOS = 1_795_335_564_000_000_000n;

export class VirtualTime implements Clock, Timers {
  #nowNanos = 0;
  #steppedNanos = 0n;
  #events: Event[] = [];

  monoNanos(): number {
    return this.#nowNanos;
  }

  wallNanos(): bigint {
    return EPOCH_WALL_NANOS + BigInt(Math.round(this.#nowNanos)) + this.#steppedNanos;
  }

  /** Somebody sets the wall clock, so much later or earlier. */
  step(nanos: bigint): void {
    this.#steppedNanos += nanos;
  }

  at(atMonoNanos: number, callback: () => void): Timer {
    const event: Event = { atNanos: atMonoNanos, callback, cancelled: false };
    // Behind all that are due at the same instant: what was asked for first happens first.
    const after = this.#events.findIndex(({ atNanos }) => atNanos > atMonoNanos);
    this.#events.splice(after < 0 ? this.#events.length : after, 0, event);
    return { cancel: () => (event.cancelled = true) };
  }

  /** Deadlines that somebody still waits for: what keeps a process alive. */
  get pending(): number {
    return this.#events.filter(({ cancelled }) => !cancelled).length;
  }

  /**
   * Lets things happen until the promise is settled, and gives its outcome. Rejects when nothing more can
   * happen.
   */
  async until<T>(promise: Promise<T>): Promise<T> {
    const settled = promise.then(
      () => true,
      () => true,
    );
    for (let idleTurns = 0; idleTurns < IDLE_TURNS_MAX; idleTurns += 1) {
      if (await Promise.race([settled, quiet().then(() => false)])) return promise;
      if (this.#step(Infinity)) idleTurns = 0;
    }
    throw new Error('waits for something that never happens');
  }

  /** Lets everything happen that is due within the next `nanos`. */
  async pass(nanos: number): Promise<void> {
    const endNanos = this.#nowNanos + nanos;
    do await quiet();
    while (this.#step(endNanos));
    this.#nowNanos = endNanos;
  }

  #step(endNanos: number): boolean {
    this.#events = this.#events.filter(({ cancelled }) => !cancelled);
    const [next] = this.#events;
    if (next === undefined || next.atNanos > endNanos) return false;
    this.#events.shift();
    this.#nowNanos = Math.max(this.#nowNanos, next.atNanos);
    next.callback();
    return true;
  }
}

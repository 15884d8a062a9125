/** The clock of one life of a router: its timers end with it. */
import type { Clock, Timer, Timers } from '../../../src/clock.ts';

const CANCELLED: Timer = { cancel: () => undefined };

export class LifeClock implements Clock, Timers {
  readonly #host: Clock & Timers;
  readonly #timers = new Set<Timer>();
  #isOver = false;

  constructor(host: Clock & Timers) {
    this.#host = host;
  }

  /** Timers that are waited for. */
  get pending(): number {
    return this.#timers.size;
  }

  monoNanos(): number {
    return this.#host.monoNanos();
  }

  wallNanos(): bigint {
    return this.#host.wallNanos();
  }

  at(atMonoNanos: number, callback: () => void): Timer {
    if (this.#isOver) return CANCELLED;
    const waiting = this.#host.at(atMonoNanos, () => {
      this.#timers.delete(timer);
      callback();
    });
    const timer: Timer = {
      cancel: () => {
        this.#timers.delete(timer);
        waiting.cancel();
      },
    };
    this.#timers.add(timer);
    return timer;
  }

  end(): void {
    this.#isOver = true;
    for (const timer of [...this.#timers]) timer.cancel();
  }
}

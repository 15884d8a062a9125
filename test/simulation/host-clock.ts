/** A router's own clocks over true time: both drift, and the wall clock is wrong by an offset and steps. */
import type { Clock, Timer, Timers } from '../../src/clock.ts';
import type { VirtualTime } from '../support/virtual-time.ts';

export interface ClockFaults {
  /** How far the wall clock is ahead at the beginning. */
  readonly offsetNanos: number;
  /** How much faster than true time both clocks run, in parts per million. */
  readonly driftPpm: number;
  /** The wall clock jumps by so much at these true instants. */
  readonly steps: readonly { readonly atNanos: number; readonly byNanos: number }[];
}

export class HostClock implements Clock, Timers {
  readonly #truth: VirtualTime;
  readonly #faults: ClockFaults;
  readonly #rate: number;
  readonly #epochWallNanos: bigint;

  constructor(truth: VirtualTime, faults: ClockFaults) {
    this.#truth = truth;
    this.#faults = faults;
    this.#rate = 1 + faults.driftPpm / 1e6;
    this.#epochWallNanos = truth.wallNanos() - BigInt(truth.monoNanos()) + BigInt(faults.offsetNanos);
  }

  monoNanos(): number {
    return this.#truth.monoNanos() * this.#rate;
  }

  wallNanos(): bigint {
    const now = this.#truth.monoNanos();
    const due = this.#faults.steps.filter(({ atNanos }) => atNanos <= now);
    const stepped = due.reduce((sum, { byNanos }) => sum + byNanos, 0);
    return this.#epochWallNanos + BigInt(Math.floor(this.monoNanos())) + BigInt(stepped);
  }

  /** The next whole nanosecond of true time, so that a deadline is never found to be not quite there. */
  at(atMonoNanos: number, callback: () => void): Timer {
    return this.#truth.at(Math.ceil(atMonoNanos / this.#rate) + 1, callback);
  }
}

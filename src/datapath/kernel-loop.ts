/** The loop of a worker that waits in the kernel, and of what it must leave to the event loop. */
import type { KernelClock } from './kernel-clock.ts';
import { NANOS_PER_MILLI } from '../clock.ts';
import type { ReadySet } from './ready-set.ts';

/**
 * How long the event loop may be kept waiting: no wait in the kernel is longer, so that a worker that is told to end
 * ends.
 */
export const WAIT_MILLIS_MAX = 250;

export class KernelLoop {
  readonly #ready: ReadySet;
  readonly #clock: KernelClock;
  readonly #step: () => void;
  #turning = false;

  /** `step` waits for work, at most WAIT_MILLIS_MAX, and does it. */
  constructor(ready: ReadySet, clock: KernelClock, step: () => void) {
    this.#ready = ready;
    this.#clock = clock;
    this.#step = step;
  }

  /** Runs from the next turn of the event loop on, for as long as there are sockets. */
  run(): void {
    if (this.#turning) return;
    this.#turning = true;
    setImmediate(this.#turn);
  }

  /**
   * Steps until the main thread wakes us. Its message was posted before, so the turn of the event loop until the
   * next immediate hears it.
   */
  readonly #turn = (): void => {
    const endMonoNanos = this.#clock.monoNanos() + WAIT_MILLIS_MAX * NANOS_PER_MILLI;
    do this.#step();
    while (!this.#ready.takeWakeUp() && this.#clock.monoNanos() < endMonoNanos);
    this.#turning = !this.#ready.empty;
    if (this.#turning) setImmediate(this.#turn);
  };
}

/** Wakes its owner at an instant, more exactly than a timer: asleep until shortly before, then looking. */
import { NANOS_PER_MILLI } from '../clock.ts';

/**
 * A timer may be this late; from here on the event loop is kept turning, which also keeps reading replies.
 */
const SPIN_NANOS = 1.5 * NANOS_PER_MILLI;

/** The longest sleep: beyond it a timer's delay wraps to nothing. */
const SLEEP_MILLIS_MAX = 2 ** 31 - 1;

export class Pacer {
  readonly #monoNanos: () => number;
  readonly #onDue: () => void;
  #deadlineMonoNanos = Infinity;
  #timer: NodeJS.Timeout | undefined;
  #turn: NodeJS.Immediate | undefined;

  /** `onDue` runs once for each instant that is asked for, at or soon after it. */
  constructor(monoNanos: () => number, onDue: () => void) {
    this.#monoNanos = monoNanos;
    this.#onDue = onDue;
  }

  /** Replaces the instant that was asked for before; Infinity asks for none. */
  wakeAt(monoNanos: number): void {
    if (monoNanos === this.#deadlineMonoNanos) return;
    this.#deadlineMonoNanos = monoNanos;
    clearTimeout(this.#timer);
    clearImmediate(this.#turn);
    if (monoNanos !== Infinity) this.#arm();
  }

  #arm(): void {
    const leftNanos = this.#deadlineMonoNanos - this.#monoNanos();
    if (leftNanos > SPIN_NANOS) {
      const sleepMillis = Math.floor((leftNanos - SPIN_NANOS) / NANOS_PER_MILLI);
      this.#timer = setTimeout(this.#look, Math.min(sleepMillis, SLEEP_MILLIS_MAX));
    } else {
      this.#turn = setImmediate(this.#look);
    }
  }

  readonly #look = (): void => {
    if (this.#monoNanos() < this.#deadlineMonoNanos) {
      this.#arm();
      return;
    }
    this.#deadlineMonoNanos = Infinity;
    this.#onDue();
  };
}

/** Waiting for an instant exactly, although a processor that sleeps wakes up late, and with a warm way to the wire. */
import type { KernelClock } from './kernel-clock.ts';
import type { Rehearsal } from './rehearsal.ts';

type WaitClock = Pick<KernelClock, 'monoNanos' | 'sleepUntil' | 'spinUntil'>;

/** A rehearsal begins so long before the instant. */
const REHEARSAL_NANOS = 75_000;

/** Waking up would take longer than sleeping. */
const SLEEP_NANOS_MIN = 50_000;

/** Later than that is the doing of others, and bound to happen again only by chance. */
const LATENESS_NANOS_MAX = 250_000;

/** What is left of the worst lateness after each wake-up that was better: half after 22. */
const REMEMBERED = 31 / 32;

export class PunctualWait {
  readonly #clock: WaitClock;
  readonly #rehearsal: Pick<Rehearsal, 'warm'>;
  /** How late this thread is woken, at worst and of late. */
  #latenessNanos = 0;

  constructor(clock: WaitClock, rehearsal: Pick<Rehearsal, 'warm'>) {
    this.#clock = clock;
    this.#rehearsal = rehearsal;
  }

  /**
   * Returns at the instant or soon after, ready to send. Sleeps as long as it may and then looks at the clock, for half
   * of the time at the most.
   */
  until(monoNanos: number): void {
    const clock = this.#clock;
    const leftNanos = monoNanos - clock.monoNanos();
    if (leftNanos > SLEEP_NANOS_MIN) {
      this.#sleepUntil(monoNanos - Math.min(this.#latenessNanos + REHEARSAL_NANOS, leftNanos / 2));
    }
    clock.spinUntil(monoNanos - REHEARSAL_NANOS);
    this.#rehearsal.warm(clock.monoNanos());
    clock.spinUntil(monoNanos);
  }

  #sleepUntil(monoNanos: number): void {
    this.#clock.sleepUntil(monoNanos);
    const latenessNanos = Math.min(this.#clock.monoNanos() - monoNanos, LATENESS_NANOS_MAX);
    this.#latenessNanos = Math.max(latenessNanos, this.#latenessNanos * REMEMBERED);
  }
}

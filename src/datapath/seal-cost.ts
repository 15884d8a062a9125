/** What it costs to seal one packet: keyed packets are stamped before, and leave that much after their stamp. */
import type { KernelClock } from './kernel-clock.ts';
import { LowerQuartile } from './lower-quartile.ts';

/** Before anything was measured: less than any seal costs. */
const NANOS_MIN = 1000;

/** Ten times what an encrypted packet costs on a slow machine. */
const NANOS_MAX = 100_000;

export class SealCost {
  readonly #clock: KernelClock;
  readonly #cost = new LowerQuartile(NANOS_MIN, NANOS_MAX);
  #beginMonoNanos = 0;

  constructor(clock: KernelClock) {
    this.#clock = clock;
  }

  /** Nanoseconds a packet. */
  get nanos(): number {
    return this.#cost.nanos;
  }

  /** A packet is about to be sealed. */
  begin(): void {
    this.#beginMonoNanos = this.#clock.monoNanos();
  }

  end(): void {
    this.#cost.note(this.#clock.monoNanos() - this.#beginMonoNanos);
  }
}

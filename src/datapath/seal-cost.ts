/** What it costs to seal one packet: it is stamped before that, and leaves that much later. */
import type { KernelClock } from './kernel-clock.ts';

/** Before anything was measured: less than any seal costs. */
const NANOS_MIN = 1000;

/**
 * How far a seal that took longer moves the estimate; one that took less is believed at once. A stamp is sooner too
 * early, and the delay looks longer, than later than the wire.
 */
const UP = 1 + 1 / 256;

/** What is taken of the least: the next one may be faster than all before it, as long as the code is being optimized. */
const CERTAIN_SHARE = 3 / 4;

export class SealCost {
  readonly #clock: KernelClock;
  #beginMonoNanos = 0;
  #nanos = NANOS_MIN;

  constructor(clock: KernelClock) {
    this.#clock = clock;
  }

  /** What a packet costs at the least, in nanoseconds. */
  get nanos(): number {
    return this.#nanos * CERTAIN_SHARE;
  }

  /** Packets are about to be sealed. */
  begin(): void {
    this.#beginMonoNanos = this.#clock.monoNanos();
  }

  /** `packets` were. */
  end(packets: number): void {
    const each = (this.#clock.monoNanos() - this.#beginMonoNanos) / packets;
    this.#nanos = Math.min(each, this.#nanos * UP);
  }
}

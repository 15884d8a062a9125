/** What it costs the kernel to send one packet of a batch: a packet leaves that much after the one before it. */
import type { KernelClock } from './kernel-clock.ts';
import { LowerQuartile } from './lower-quartile.ts';

/** Smaller batches say little of a packet's share, and need it least. */
const MEASURED_PACKETS_MIN = 8;

/**
 * Before anything was measured, and never more than that: large batches are rare at moderate rates, and come when the
 * thread has been held up and everything costs more.
 */
const NANOS_MAX = 1000;

export class SendCost {
  readonly #clock: KernelClock;
  #beginMonoNanos = 0;
  readonly #cost = new LowerQuartile(NANOS_MAX, NANOS_MAX);

  constructor(clock: KernelClock) {
    this.#clock = clock;
  }

  /** Nanoseconds a packet. */
  get nanos(): number {
    return this.#cost.nanos;
  }

  /** A batch of `packets` is about to be sent. */
  begin(packets: number): void {
    if (packets >= MEASURED_PACKETS_MIN) this.#beginMonoNanos = this.#clock.monoNanos();
  }

  /** `packets` of it were. */
  end(packets: number): void {
    if (packets < MEASURED_PACKETS_MIN) return;
    this.#cost.note((this.#clock.monoNanos() - this.#beginMonoNanos) / packets);
  }
}

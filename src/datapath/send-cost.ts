/** What it costs the kernel to send one packet of a batch: a packet leaves that much after the one before it. */
import type { KernelClock } from './kernel-clock.ts';

/** Smaller batches say little of a packet's share, and need it least. */
const MEASURED_PACKETS_MIN = 8;

/**
 * Before anything was measured, and never more than that: large batches are rare at moderate rates, and come when the
 * thread has been held up and everything costs more.
 */
const NANOS_MAX = 1000;

/**
 * How far a measurement moves the estimate: up by one part, down by three, so that it stays at the lower quartile. A
 * thread that is held up in a batch does not move it far, and a stamp is sooner too early (the delay looks longer)
 * than too late.
 */
const UP = 1 + 1 / 64;
const DOWN = 1 - 3 / 64;

export class SendCost {
  readonly #clock: KernelClock;
  #beginMonoNanos = 0;
  #nanos = NANOS_MAX;

  constructor(clock: KernelClock) {
    this.#clock = clock;
  }

  /** Nanoseconds a packet. */
  get nanos(): number {
    return this.#nanos;
  }

  /** A batch of `packets` is about to be sent. */
  begin(packets: number): void {
    if (packets >= MEASURED_PACKETS_MIN) this.#beginMonoNanos = this.#clock.monoNanos();
  }

  /** `packets` of it were. */
  end(packets: number): void {
    if (packets < MEASURED_PACKETS_MIN) return;
    const each = (this.#clock.monoNanos() - this.#beginMonoNanos) / packets;
    this.#nanos = Math.min(this.#nanos * (each > this.#nanos ? UP : DOWN), NANOS_MAX);
  }
}

/** How long to wait before the next attempt: doubling up to a bound, and never the same for two who began together. */
import type { Random } from '../clock.ts';

export interface BackoffLimits {
  readonly firstNanos: number;
  readonly longestNanos: number;
}

export class Backoff {
  readonly #limits: BackoffLimits;
  readonly #random: Random;
  #ceilingNanos: number;

  constructor(limits: BackoffLimits, random: Random) {
    this.#limits = limits;
    this.#random = random;
    this.#ceilingNanos = limits.firstNanos;
  }

  /** From half the present bound to all of it; the bound doubles. */
  next(): number {
    const ceilingNanos = this.#ceilingNanos;
    this.#ceilingNanos = Math.min(2 * ceilingNanos, this.#limits.longestNanos);
    const [high = 0, low = 0] = this.#random.octets(2);
    return (ceilingNanos * (1 + (high * 256 + low) / 0xffff)) / 2;
  }

  /** An attempt has succeeded. */
  reset(): void {
    this.#ceilingNanos = this.#limits.firstNanos;
  }
}

/** A running estimate of the lower quartile of a cost: what it is expected to be at the least. */

/**
 * How far a measurement moves the estimate: up by one part, down by three, so that it stays at the lower quartile. A
 * thread that is held up meanwhile does not move it far, and a stamp is sooner too early (the delay looks longer)
 * than too late.
 */
const UP = 1 + 1 / 64;
const DOWN = 1 - 3 / 64;

export class LowerQuartile {
  readonly #nanosMax: number;
  #nanos: number;

  /** `nanos`: the estimate before anything was measured; it never exceeds `nanosMax`. */
  constructor(nanos: number, nanosMax: number) {
    this.#nanos = nanos;
    this.#nanosMax = nanosMax;
  }

  get nanos(): number {
    return this.#nanos;
  }

  note(nanos: number): void {
    this.#nanos = Math.min(this.#nanos * (nanos > this.#nanos ? UP : DOWN), this.#nanosMax);
  }
}

/** Token buckets as arrays: how many packets each of many may have answered. */

/** Buckets are as deep as what they let through in this time. */
const BURST_SECONDS = 0.5;

export class RateLimit {
  readonly #perNano: number;
  readonly #depth: number;
  readonly #tokens: Float64Array;
  readonly #filledNanos: Float64Array;

  /** `packetsPerSecond` for each of `buckets` buckets, which are to be filled before they are used. */
  constructor(buckets: number, packetsPerSecond: number) {
    this.#perNano = packetsPerSecond / 1e9;
    this.#depth = packetsPerSecond * BURST_SECONDS;
    this.#tokens = new Float64Array(buckets);
    this.#filledNanos = new Float64Array(buckets);
  }

  fill(bucket: number, nowNanos: number): void {
    this.#tokens[bucket] = this.#depth;
    this.#filledNanos[bucket] = nowNanos;
  }

  /** Takes a token; false: there is none. */
  take(bucket: number, nowNanos: number): boolean {
    const passed = nowNanos - this.#filledNanos[bucket]!;
    this.#filledNanos[bucket] = nowNanos;
    const tokens = Math.min(this.#depth, this.#tokens[bucket]! + passed * this.#perNano);
    const allowed = tokens >= 1;
    this.#tokens[bucket] = allowed ? tokens - 1 : tokens;
    return allowed;
  }
}

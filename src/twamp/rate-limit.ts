/** Token buckets as arrays: how many packets, or octets, each of many may have answered. */

/** Buckets are as deep as what they let through in this time. */
const BURST_SECONDS = 0.5;

export class RateLimit {
  readonly #perNano: number;
  readonly #depth: number;
  readonly #tokens: Float64Array;
  readonly #filledNanos: Float64Array;

  /** `perSecond` for each of `buckets` buckets, which are full; instants are from 0 on. */
  constructor(buckets: number, perSecond: number) {
    this.#perNano = perSecond / 1e9;
    this.#depth = perSecond * BURST_SECONDS;
    this.#tokens = new Float64Array(buckets).fill(this.#depth);
    this.#filledNanos = new Float64Array(buckets);
  }

  /** Takes a token, or `cost` of them; false: there are not so many. What costs more than a whole bucket takes a full one, and owes the rest. */
  take(bucket: number, nowNanos: number, cost = 1): boolean {
    const passed = nowNanos - this.#filledNanos[bucket]!;
    this.#filledNanos[bucket] = nowNanos;
    const tokens = Math.min(this.#depth, this.#tokens[bucket]! + passed * this.#perNano);
    const allowed = tokens >= Math.min(cost, this.#depth);
    this.#tokens[bucket] = allowed ? tokens - cost : tokens;
    return allowed;
  }
}

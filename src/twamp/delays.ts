/** Delays of packets, and their spread: exact percentiles, jitter. */
import { GrowingArray } from './growing-array.ts';

/**
 * A delay over packets, from the first reply to each. Percentiles are by nearest rank: values that
 * occurred.
 */
export interface Spread {
  readonly minNanos: number;
  readonly medianNanos: number;
  readonly maxNanos: number;
  /** P95 − P50. */
  readonly jitterNanos: number;
  /** The interarrival jitter of RFC 3550 §6.4.1, over packets in the order in which their replies came. */
  readonly interarrivalJitterNanos: number;
  /** One for each percentile that was asked for, in that order. */
  readonly percentileNanos: readonly number[];
  /**
   * The largest sum of the Error Estimates of the clocks it was read from; undefined: not synchronised to
   * each other.
   */
  readonly errorNanos: number | undefined;
}

/** Delays of one kind, in nanoseconds. */
export class Delays {
  readonly #nanos = new GrowingArray(0);
  /** RFC 3550 §6.4.1: a difference of transit times counts a sixteenth. */
  #jitterNanos = 0;

  add(nanos: number): void {
    const count = this.#nanos.length;
    if (count > 0)
      this.#jitterNanos += (Math.abs(nanos - this.#nanos.get(count - 1)) - this.#jitterNanos) / 16;
    this.#nanos.set(count, nanos);
  }

  spread(errorNanos: number | undefined, percentiles: readonly number[]): Spread | undefined {
    const count = this.#nanos.length;
    if (count === 0) return undefined;
    const sorted = this.#nanos.copy().sort();
    const percentile = (percent: number): number => sorted[nearestRank(percent, count) - 1]!;
    return {
      minNanos: sorted[0]!,
      medianNanos: percentile(50),
      maxNanos: sorted[count - 1]!,
      jitterNanos: percentile(95) - percentile(50),
      interarrivalJitterNanos: this.#jitterNanos,
      percentileNanos: percentiles.map(percentile),
      errorNanos,
    };
  }
}

/** Counted in thousandths: hundredths of 99.9 % of 1000 are not whole in doubles. */
function nearestRank(percent: number, count: number): number {
  return Math.ceil((Math.round(percent * 1000) * count) / 100_000);
}

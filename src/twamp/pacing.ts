/** How exactly packets were sent: a histogram of lateness in shared memory. One thread notes, any thread reads. */

/** Of the packets of one run: how long after its due instant each was sent, in nanoseconds. */
export interface PacingError {
  readonly p50Nanos: number;
  readonly p99Nanos: number;
  readonly maxNanos: number;
  /** Packets sent when the next one was due already, or later. */
  readonly late: number;
}

/** Each power of two is cut into this many equal bins: a percentile is exact to an eighth of its value. */
const BINS_PER_OCTAVE = 8;
const OCTAVE_SHIFT = 3;

/** As far as a double counts nanoseconds one by one: 104 days. */
const NANOS_MAX = Number.MAX_SAFE_INTEGER;
const OCTAVES = 51;
const BINS = OCTAVES * BINS_PER_OCTAVE;

const LATE = BINS;
/** The maximum needs more than 32 bits, and stands behind the counts. */
const MAX_OFFSET = (BINS + 2) * Uint32Array.BYTES_PER_ELEMENT;

export class PacingHistogram {
  readonly buffer: SharedArrayBuffer;
  readonly #counts: Uint32Array;
  readonly #max: Float64Array;

  /** Over the buffer of another thread's histogram, or over a new one. */
  constructor(buffer?: SharedArrayBuffer) {
    this.buffer = buffer ?? new SharedArrayBuffer(MAX_OFFSET + Float64Array.BYTES_PER_ELEMENT);
    this.#counts = new Uint32Array(this.buffer, 0, BINS + 1);
    this.#max = new Float64Array(this.buffer, MAX_OFFSET);
  }

  /** A packet was sent `latenessNanos` after its instant; the next one's comes `intervalNanos` after that. */
  note(latenessNanos: number, intervalNanos: number): void {
    const counts = this.#counts;
    const nanos = Math.min(Math.max(Math.floor(latenessNanos), 0), NANOS_MAX);
    counts[binOf(nanos)]! += 1;
    if (latenessNanos >= intervalNanos) counts[LATE]! += 1;
    if (nanos > this.#max[0]!) this.#max[0] = nanos;
  }

  /** Percentiles are the upper ends of their bins; undefined when nothing was noted. */
  read(): PacingError | undefined {
    const counts = this.#counts.slice();
    const total = counts.subarray(0, BINS).reduce((sum, packets) => sum + packets, 0);
    if (total === 0) return undefined;
    const maxNanos = this.#max[0]!;
    const percentile = (share: number): number => Math.min(upperEnd(binAt(counts, share * total)), maxNanos);
    return { p50Nanos: percentile(0.5), p99Nanos: percentile(0.99), maxNanos, late: counts[LATE]! };
  }
}

/** The bin of `nanos`, an integer up to NANOS_MAX. Below 8 each value has its own. */
function binOf(nanos: number): number {
  if (nanos < BINS_PER_OCTAVE) return nanos;
  const high = Math.floor(nanos / 2 ** 32);
  const highestBit = high > 0 ? 63 - Math.clz32(high) : 31 - Math.clz32(nanos);
  const octave = highestBit - OCTAVE_SHIFT;
  return (octave << OCTAVE_SHIFT) + Math.floor(nanos / 2 ** octave);
}

/** The highest value of a bin. */
function upperEnd(bin: number): number {
  if (bin < BINS_PER_OCTAVE) return bin;
  const octave = (bin >>> OCTAVE_SHIFT) - 1;
  return (bin - (octave << OCTAVE_SHIFT) + 1) * 2 ** octave - 1;
}

/** The first bin at which the sum of packets reaches `rank`. */
function binAt(counts: Uint32Array, rank: number): number {
  let bin = 0;
  for (let seen = counts[0]!; seen < rank; seen += counts[bin]!) bin += 1;
  return bin;
}

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

/** Up to 2^32 ns; what is later still is in the last bin. */
const OCTAVES = 30;
const BINS = OCTAVES * BINS_PER_OCTAVE;
const NANOS_MAX = 2 ** 32 - 1;

const LATE = BINS;
const MAX = BINS + 1;
const VALUES = BINS + 2;

export class PacingHistogram {
  readonly buffer: SharedArrayBuffer;
  readonly #values: Uint32Array;

  /** Over the buffer of another thread's histogram, or over a new one. */
  constructor(buffer?: SharedArrayBuffer) {
    this.buffer = buffer ?? new SharedArrayBuffer(VALUES * Uint32Array.BYTES_PER_ELEMENT);
    this.#values = new Uint32Array(this.buffer);
  }

  /** A packet was sent `latenessNanos` after its instant; the next one's comes `intervalNanos` after that. */
  note(latenessNanos: number, intervalNanos: number): void {
    const values = this.#values;
    const nanos = Math.min(Math.max(latenessNanos, 0), NANOS_MAX) >>> 0;
    values[binOf(nanos)]! += 1;
    if (latenessNanos >= intervalNanos) values[LATE]! += 1;
    if (nanos > values[MAX]!) values[MAX] = nanos;
  }

  /** Percentiles are the upper ends of their bins; undefined when nothing was noted. */
  read(): PacingError | undefined {
    const values = this.#values.slice();
    const total = values.subarray(0, BINS).reduce((sum, packets) => sum + packets, 0);
    if (total === 0) return undefined;
    const maxNanos = values[MAX]!;
    const percentile = (share: number): number => Math.min(upperEnd(binAt(values, share * total)), maxNanos);
    return { p50Nanos: percentile(0.5), p99Nanos: percentile(0.99), maxNanos, late: values[LATE]! };
  }
}

/** The bin of `nanos`, an unsigned 32-bit integer. Below 8 each value has its own. */
function binOf(nanos: number): number {
  if (nanos < BINS_PER_OCTAVE) return nanos;
  const octave = 31 - Math.clz32(nanos) - OCTAVE_SHIFT;
  return (octave << OCTAVE_SHIFT) + (nanos >>> octave);
}

/** The highest value of a bin. */
function upperEnd(bin: number): number {
  if (bin < BINS_PER_OCTAVE) return bin;
  const octave = (bin >>> OCTAVE_SHIFT) - 1;
  return (bin - (octave << OCTAVE_SHIFT) + 1) * 2 ** octave - 1;
}

/** The first bin at which the sum of packets reaches `rank`. */
function binAt(values: Uint32Array, rank: number): number {
  let bin = 0;
  for (let seen = values[0]!; seen < rank; seen += values[bin]!) bin += 1;
  return bin;
}

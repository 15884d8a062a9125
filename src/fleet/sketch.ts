/** Delays as mergeable sketches: each percentile within one percent, whatever was merged (DDSketch, VLDB 2019). */
import { DDSketch } from '@datadog/sketches-js';

/** Of each percentile, relative to it. All sketches have it, or could not be merged. */
export const RELATIVE_ACCURACY = 0.01;

/** Nanoseconds. */
export interface DelayFigures {
  readonly min: number;
  readonly mean: number;
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
  readonly max: number;
}

/** The delays of a probe that are sketched. */
export const measures = ['roundTrip', 'egress', 'ingress'] as const;
export type Measure = (typeof measures)[number];

export type Sketches = Readonly<Record<Measure, DelaySketch>>;

export function sketchesOf(of: (measure: Measure) => DelaySketch): Sketches {
  return { roundTrip: of('roundTrip'), egress: of('egress'), ingress: of('ingress') };
}

/** The parts of a DDSketch that are kept. Its package writes protocol buffers, with a package that it does not ask for. */
type Store = DDSketch['store'];

export class DelaySketch {
  readonly #sketch = new DDSketch({ relativeAccuracy: RELATIVE_ACCURACY });

  get count(): number {
    return this.#sketch.count;
  }

  /** Nanoseconds, which are negative where clocks differ. */
  add(nanos: number): void {
    this.#sketch.accept(nanos);
  }

  merge(other: DelaySketch): void {
    const negative = other.#sketch.negativeStore;
    const isEmpty = this.#sketch.count === 0;
    this.#sketch.merge(other.#sketch);
    // Left out by the package where there was something already.
    if (!isEmpty && negative.count > 0) this.#sketch.negativeStore.merge(negative);
  }

  /** Undefined where there is nothing. */
  get figures(): DelayFigures | undefined {
    const { count, sum, min, max } = this.#sketch;
    if (count === 0) return undefined;
    const percentile = (percent: number): number =>
      Math.min(Math.max(this.#sketch.getValueAtQuantile(percent / 100), min), max);
    return { min, mean: sum / count, p50: percentile(50), p95: percentile(95), p99: percentile(99), max };
  }

  /** In Base64. */
  write(): string {
    const { store, negativeStore, zeroCount, min, max, sum } = this.#sketch;
    const head = Buffer.alloc(HEAD_OCTETS);
    [min, max, sum].forEach((value, index) => head.writeDoubleLE(value, index * DOUBLE_OCTETS));
    const numbers = [zeroCount, ...binsOf(store), ...binsOf(negativeStore)];
    return Buffer.concat([head, Buffer.from(numbers.flatMap(octetsOf))]).toString('base64');
  }

  /** Of what `write` gave, or of the octets that it stands for. */
  static read(written: string | Buffer): DelaySketch {
    const octets = typeof written === 'string' ? Buffer.from(written, 'base64') : written;
    const read = new DelaySketch();
    const sketch = read.#sketch;
    const numbers = numbersIn(octets.subarray(HEAD_OCTETS));
    sketch.zeroCount = next(numbers);
    fill(sketch.store, numbers);
    fill(sketch.negativeStore, numbers);
    sketch.count = sketch.zeroCount + sketch.store.count + sketch.negativeStore.count;
    [sketch.min, sketch.max, sketch.sum] = [0, 1, 2].map((index) =>
      octets.readDoubleLE(index * DOUBLE_OCTETS),
    ) as [number, number, number];
    return read;
  }
}

const DOUBLE_OCTETS = 8;
const HEAD_OCTETS = 3 * DOUBLE_OCTETS;

/** The least key, how many bins there are from it on, and each; all without sign. */
function binsOf({ count, minKey, maxKey, offset, bins }: Store): readonly number[] {
  if (count === 0) return [0, 0];
  const used = bins.slice(minKey - offset, maxKey - offset + 1);
  return [minKey < 0 ? -2 * minKey - 1 : 2 * minKey, used.length, ...used];
}

function fill(store: Store, numbers: Iterator<number, void>): void {
  const key = next(numbers);
  const minKey = key % 2 === 1 ? -(key + 1) / 2 : key / 2;
  const length = next(numbers);
  for (let index = 0; index < length; index += 1) {
    const weight = next(numbers);
    if (weight > 0) store.add(minKey + index, weight);
  }
}

const VARINT_BITS = 7;
const VARINT = 2 ** VARINT_BITS;

/** Seven bits an octet, the lowest first; the highest bit says that more follow. */
function octetsOf(value: number): readonly number[] {
  const octets: number[] = [];
  for (let rest = value; ; rest = Math.floor(rest / VARINT)) {
    const low = rest % VARINT;
    if (rest < VARINT) return [...octets, low];
    octets.push(low + VARINT);
  }
}

function* numbersIn(octets: Uint8Array): Generator<number, void> {
  let [value, unit] = [0, 1];
  for (const octet of octets) {
    value += (octet % VARINT) * unit;
    unit *= VARINT;
    if (octet >= VARINT) continue;
    yield value;
    [value, unit] = [0, 1];
  }
}

function next(numbers: Iterator<number, void>): number {
  const step = numbers.next();
  if (step.done) throw new RangeError('the sketch is cut');
  return step.value;
}

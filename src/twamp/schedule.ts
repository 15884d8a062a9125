/** When the packets of a run are due. RFC 4656 §3.5 names both kinds of slot: fixed, and exponentially distributed. */
import type { Random } from '../clock.ts';

export interface Spacing {
  /** From one packet to the next; of an exponential schedule the mean. */
  readonly intervalNanos: number;
  /** Where the intervals of an exponential schedule are drawn from; undefined: they are all alike. */
  readonly exponential?: Random | undefined;
}

/** Uniform numbers that are drawn at once: an octet string for each packet would be garbage. */
const DRAWN_NUMBERS = 128;

/** An absolute schedule: a late packet makes no other one late. Allocates nothing per packet. */
export class Schedule {
  dueMonoNanos: number;
  readonly #startMonoNanos: number;
  readonly #intervalNanos: number;
  readonly #draws: UniformDraws | undefined;
  #packet = 0;

  constructor({ intervalNanos, exponential }: Spacing, startMonoNanos: number) {
    this.dueMonoNanos = startMonoNanos;
    this.#startMonoNanos = startMonoNanos;
    this.#intervalNanos = intervalNanos;
    this.#draws = exponential && new UniformDraws(exponential);
  }

  /** Goes to the next packet. */
  advance(): void {
    this.#packet += 1;
    // A sum of many fixed intervals would drift.
    if (this.#draws === undefined) {
      this.dueMonoNanos = this.#startMonoNanos + this.#packet * this.#intervalNanos;
    } else this.dueMonoNanos -= Math.log(this.#draws.next()) * this.#intervalNanos;
  }
}

class UniformDraws {
  readonly #random: Random;
  #words: DataView = new DataView(new ArrayBuffer(0));
  #next = 0;

  constructor(random: Random) {
    this.#random = random;
  }

  /** Above 0, at most 1, in steps of 2^-32. */
  next(): number {
    if (this.#next === this.#words.byteLength) {
      const octets = this.#random.octets(DRAWN_NUMBERS * Uint32Array.BYTES_PER_ELEMENT);
      this.#words = new DataView(octets.buffer, octets.byteOffset, octets.byteLength);
      this.#next = 0;
    }
    const word = this.#words.getUint32(this.#next);
    this.#next += Uint32Array.BYTES_PER_ELEMENT;
    return (word + 1) / 2 ** 32;
  }
}

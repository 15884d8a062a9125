/** An array of numbers that grows with the highest index. */

const GROWN_LENGTH_MIN = 128;

/** Doubles by index, as many as the highest index set; holes read as `empty`. */
export class GrowingArray {
  readonly #empty: number;
  #values = new Float64Array(0);
  #length = 0;

  constructor(empty: number) {
    this.#empty = empty;
  }

  get length(): number {
    return this.#length;
  }

  get(index: number): number {
    return index < this.#length ? this.#values[index]! : this.#empty;
  }

  set(index: number, value: number): void {
    if (index >= this.#values.length) this.#grow(index + 1);
    this.#values[index] = value;
    this.#length = Math.max(this.#length, index + 1);
  }

  copy(): Float64Array {
    return this.#values.slice(0, this.#length);
  }

  #grow(length: number): void {
    const grown = new Float64Array(Math.max(GROWN_LENGTH_MIN, length, 2 * this.#values.length));
    grown.set(this.#values);
    grown.fill(this.#empty, this.#values.length);
    this.#values = grown;
  }
}

/** A bounded table of peers, allocation-free: who has been idle makes room for others, nobody else does. */

/** What tells peers apart, in 32-bit words: the meaning is its user's. */
export const PEER_KEY_WORDS = 6;

/** In place of a row: there was no room. */
export const NO_ROW = -1;

/** Rows that a key may be in: all of them are looked at. */
const WAYS = 16;

export class PeerTable {
  /** The row that `rowOf` gave last had to be made. */
  isNew = false;
  readonly #sets: number;
  readonly #idleNanos: number;
  readonly #seed: number;
  readonly #keys: Uint32Array;
  readonly #lastNanos: Float64Array;

  /**
   * Of `rows` rows, a multiple of 16. A row is kept while less than `idleNanos` pass between two uses of it. `seed`:
   * 32 bits that nobody else knows, so that nobody can choose addresses that all fall into one place.
   */
  constructor(rows: number, idleNanos: number, seed: number) {
    this.#sets = rows / WAYS;
    this.#idleNanos = idleNanos;
    this.#seed = seed;
    this.#keys = new Uint32Array(rows * PEER_KEY_WORDS);
    this.#lastNanos = new Float64Array(rows).fill(-Infinity);
  }

  /** The row of `key`, made if there is none, or NO_ROW. */
  rowOf(key: Uint32Array, nowNanos: number): number {
    const first = (hash(key, this.#seed) % this.#sets) * WAYS;
    let free = NO_ROW;
    for (let row = first; row < first + WAYS; row++) {
      if (nowNanos - this.#lastNanos[row]! >= this.#idleNanos) free = row;
      else if (this.#has(row, key)) {
        this.isNew = false;
        this.#lastNanos[row] = nowNanos;
        return row;
      }
    }
    if (free === NO_ROW) return NO_ROW;
    this.isNew = true;
    this.#keys.set(key, free * PEER_KEY_WORDS);
    this.#lastNanos[free] = nowNanos;
    return free;
  }

  #has(row: number, key: Uint32Array): boolean {
    const at = row * PEER_KEY_WORDS;
    for (let word = 0; word < PEER_KEY_WORDS; word++) {
      if (this.#keys[at + word] !== key[word]) return false;
    }
    return true;
  }
}

/** The finalizer of MurmurHash3, word by word: 32 bits. */
function hash(key: Uint32Array, seed: number): number {
  let mixed = seed;
  for (let word = 0; word < PEER_KEY_WORDS; word++) {
    mixed = Math.imul(mixed ^ key[word]!, 0x85ebca6b);
    mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
    mixed ^= mixed >>> 16;
  }
  return mixed >>> 0;
}

/** Sessions by what their packets have in common: addresses and ports of both ends. Nothing is allocated to look one up. */

/** Where in a key what stands: an address of four words each (IPv4 has one), two ports, protocol and family. */
export const keyWord = { first: 0, second: 4, ports: 8, kind: 9 } as const;
export const KEY_WORDS = 10;

const INITIAL_ENTRIES = 1024;
const FREE = 0;

export class TupleTable<Value> {
  readonly #seed: number;
  /** An entry's number and 1, or FREE; found by linear probing. At least twice as many as entries. */
  #slots = new Int32Array(4 * INITIAL_ENTRIES);
  #keys = new Uint32Array(KEY_WORDS * INITIAL_ENTRIES);
  #hashes = new Uint32Array(INITIAL_ENTRIES);
  readonly #values: (Value | undefined)[] = [];
  /** Numbers of entries that were removed. */
  readonly #unused: number[] = [];

  /** The seed keeps a capture from being made of keys that all fall into one place. */
  constructor(seed: number) {
    this.#seed = seed;
  }

  get size(): number {
    return this.#values.length - this.#unused.length;
  }

  /** Entries have numbers below it, for as long as they live. */
  get bound(): number {
    return this.#values.length;
  }

  /** Undefined where none has that number now. */
  at(entry: number): Value | undefined {
    return this.#values[entry];
  }

  /** The words of an entry's key. */
  word(entry: number, word: number): number {
    return this.#keys[entry * KEY_WORDS + word]!;
  }

  /** The value of a key; undefined where there is none. */
  find(key: Uint32Array): Value | undefined {
    const hash = this.#hash(key);
    const mask = this.#slots.length - 1;
    for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
      const entry = this.#slots[slot]! - 1;
      if (entry < 0) return undefined;
      if (this.#hashes[entry] === hash && this.#has(entry, key)) return this.#values[entry];
    }
  }

  /** Adds a key that is not there; gives the entry's number. */
  add(key: Uint32Array, value: Value): number {
    const entry = this.#unused.pop() ?? this.#values.length;
    if (entry >= this.#hashes.length) this.#grow();
    this.#keys.set(key, entry * KEY_WORDS);
    this.#hashes[entry] = this.#hash(key);
    this.#values[entry] = value;
    this.#place(entry);
    return entry;
  }

  remove(entry: number): void {
    this.#values[entry] = undefined;
    this.#unused.push(entry);
    const slots = this.#slots;
    const mask = slots.length - 1;
    let slot = this.#hashes[entry]! & mask;
    while (slots[slot] !== entry + 1) slot = (slot + 1) & mask;
    slots[slot] = FREE;
    // Those behind it that were put further than they belong because of it are put back.
    for (let next = (slot + 1) & mask; slots[next] !== FREE; next = (next + 1) & mask) {
      const moved = slots[next]! - 1;
      slots[next] = FREE;
      this.#place(moved);
    }
  }

  #has(entry: number, key: Uint32Array): boolean {
    const start = entry * KEY_WORDS;
    for (let word = 0; word < KEY_WORDS; word += 1) if (this.#keys[start + word] !== key[word]) return false;
    return true;
  }

  #place(entry: number): void {
    const mask = this.#slots.length - 1;
    let slot = this.#hashes[entry]! & mask;
    while (this.#slots[slot] !== FREE) slot = (slot + 1) & mask;
    this.#slots[slot] = entry + 1;
  }

  #grow(): void {
    const entries = this.#hashes.length;
    const [keys, hashes] = [this.#keys, this.#hashes];
    this.#keys = new Uint32Array(2 * keys.length);
    this.#keys.set(keys);
    this.#hashes = new Uint32Array(2 * entries);
    this.#hashes.set(hashes);
    this.#slots = new Int32Array(2 * this.#slots.length);
    for (let entry = 0; entry < entries; entry += 1)
      if (this.#values[entry] !== undefined) this.#place(entry);
  }

  /** MurmurHash3's steps (https://github.com/aappleby/smhasher). */
  #hash(key: Uint32Array): number {
    let hash = this.#seed;
    for (let word = 0; word < KEY_WORDS; word += 1) {
      const mixed = Math.imul(key[word]!, 0xcc9e2d51);
      hash ^= Math.imul((mixed << 15) | (mixed >>> 17), 0x1b873593);
      hash = (Math.imul((hash << 13) | (hash >>> 19), 5) + 0xe6546b64) | 0;
    }
    hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
    hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
    return (hash ^ (hash >>> 16)) >>> 0;
  }
}

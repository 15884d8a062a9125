/** Connections of one table as they were last told of, in memory that is used again: nothing is allocated for each. */

/** Connections that are known at once; of further ones, an end that is not heard is never told. */
export const KNOWN_CONNECTIONS_MAX = 131_072;

/** What is kept of a connection: a message of the kernel, which has some 200 to 450 octets. A longer one is not known. */
export const KNOWN_OCTETS_MAX = 512;

/** A block is made when it is first needed. */
const BLOCK_CONNECTIONS = 1024;

export class KnownConnections {
  readonly #places = new Map<number, number>();
  readonly #blocks: Uint8Array[] = [];
  readonly #lengths: Uint16Array;
  /** The round in which each was told of last. */
  readonly #rounds: Uint32Array;
  readonly #free: number[] = [];
  readonly #maximum: number;
  #made = 0;
  #round = 0;
  /** Whether some could not be kept. */
  isPartial = false;

  constructor(maximum = KNOWN_CONNECTIONS_MAX) {
    this.#maximum = maximum;
    this.#lengths = new Uint16Array(maximum);
    this.#rounds = new Uint32Array(maximum);
  }

  get size(): number {
    return this.#places.size;
  }

  /** A copy of the octets is kept in place of what was known by that key. */
  put(key: number, octets: Uint8Array): void {
    const known = this.#places.get(key);
    const place = octets.length > KNOWN_OCTETS_MAX ? undefined : (known ?? this.#placeFor(key));
    if (place === undefined) {
      this.isPartial = true;
      return;
    }
    const block = (this.#blocks[Math.floor(place / BLOCK_CONNECTIONS)] ??= new Uint8Array(
      BLOCK_CONNECTIONS * KNOWN_OCTETS_MAX,
    ));
    block.set(octets, (place % BLOCK_CONNECTIONS) * KNOWN_OCTETS_MAX);
    this.#lengths[place] = octets.length;
    this.#rounds[place] = this.#round;
  }

  remove(key: number): void {
    const place = this.#places.get(key);
    if (place === undefined) return;
    this.#places.delete(key);
    this.#free.push(place);
  }

  /** From now on, whoever is put anew is told from those that were known before. */
  beginRound(): void {
    this.#round += 1;
  }

  /** Keys of those that were not put since the round began. Whoever reads them may remove the latest. */
  *missing(): Generator<number> {
    for (const [key, place] of this.#places) if (this.#rounds[place]! < this.#round) yield key;
  }

  /** A view of what is known, until something is put; undefined where nothing is. */
  get(key: number): Uint8Array | undefined {
    const place = this.#places.get(key);
    if (place === undefined) return undefined;
    const at = (place % BLOCK_CONNECTIONS) * KNOWN_OCTETS_MAX;
    return this.#blocks[Math.floor(place / BLOCK_CONNECTIONS)]!.subarray(at, at + this.#lengths[place]!);
  }

  #placeFor(key: number): number | undefined {
    const place = this.#free.pop() ?? (this.#made < this.#maximum ? this.#made++ : undefined);
    if (place !== undefined) this.#places.set(key, place);
    return place;
  }
}

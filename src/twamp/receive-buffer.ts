/** Octets received and not yet read, in order, in one growing piece of memory, deciphered where they lie. */
import { BLOCK_OCTETS } from './control-cipher.ts';

const CAPACITY_OCTETS_MIN = 256;

/** The plaintext of whole blocks, which come in order. */
export type Decipher = (blocks: Uint8Array) => Uint8Array;

export class ReceiveBuffer {
  #octets = new Uint8Array(CAPACITY_OCTETS_MIN);
  #start = 0;
  /** Behind what may be read: less than `#end` where a block is not yet whole. */
  #readable = 0;
  #end = 0;
  #decipher: Decipher | undefined;
  /** Where clear octets end, and what makes a decipher of them. */
  #chain:
    { at: number; readonly clearOctets: number; readonly begin: (clear: Uint8Array) => Decipher } | undefined;

  /** How many octets may be read. */
  get length(): number {
    return this.#readable - this.#start;
  }

  append(octets: Uint8Array): void {
    if (this.#end + octets.length > this.#octets.length) this.#makeRoom(octets.length);
    this.#octets.set(octets, this.#end);
    this.#end += octets.length;
    this.#makeReadable();
  }

  /**
   * The next `clearOctets` octets are clear; what follows them is enciphered, and `begin` makes the decipher for it
   * once they are there. None of the clear ones may be read before.
   */
  decipherAfter(clearOctets: number, begin: (clear: Uint8Array) => Decipher): void {
    this.#chain = { at: this.#start + clearOctets, clearOctets, begin };
    this.#readable = this.#start;
    this.#makeReadable();
  }

  /** The first octets, at most `count` of them, still unread; a view valid until the next append. */
  peek(count: number): Uint8Array {
    return this.#octets.subarray(this.#start, Math.min(this.#readable, this.#start + count));
  }

  /** Reads `count` octets, of which there must be as many; a view valid until the next append. */
  take(count: number): Uint8Array {
    const taken = this.peek(count);
    this.#start += taken.length;
    return taken;
  }

  #makeReadable(): void {
    if (this.#chain !== undefined) {
      const { at, clearOctets, begin } = this.#chain;
      this.#readable = Math.min(this.#end, at);
      if (this.#end < at) return;
      this.#decipher = begin(this.#octets.subarray(at - clearOctets, at));
      this.#chain = undefined;
    }
    if (this.#decipher === undefined) {
      this.#readable = this.#end;
      return;
    }
    const waiting = this.#end - this.#readable;
    const blocks = this.#octets.subarray(this.#readable, this.#end - (waiting % BLOCK_OCTETS));
    if (blocks.length === 0) return;
    blocks.set(this.#decipher(blocks));
    this.#readable += blocks.length;
  }

  #makeRoom(count: number): void {
    const waiting = this.#octets.subarray(this.#start, this.#end);
    const needed = waiting.length + count;
    const roomy = needed * 2 <= this.#octets.length;
    const octets = roomy ? this.#octets : new Uint8Array(needed * 2);
    octets.set(waiting);
    this.#octets = octets;
    this.#readable -= this.#start;
    if (this.#chain !== undefined) this.#chain.at -= this.#start;
    this.#start = 0;
    this.#end = waiting.length;
  }
}

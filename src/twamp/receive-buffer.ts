/** Octets received and not yet read, in order, in one growing piece of memory. */

const CAPACITY_OCTETS_MIN = 256;

export class ReceiveBuffer {
  #octets = new Uint8Array(CAPACITY_OCTETS_MIN);
  #start = 0;
  #end = 0;

  get length(): number {
    return this.#end - this.#start;
  }

  append(octets: Uint8Array): void {
    if (this.#end + octets.length > this.#octets.length) this.#makeRoom(octets.length);
    this.#octets.set(octets, this.#end);
    this.#end += octets.length;
  }

  /** The first octets, at most `count` of them, still unread; a view valid until the next append. */
  peek(count: number): Uint8Array {
    return this.#octets.subarray(this.#start, Math.min(this.#end, this.#start + count));
  }

  /** Reads `count` octets, of which there must be as many; a view valid until the next append. */
  take(count: number): Uint8Array {
    const taken = this.peek(count);
    this.#start += taken.length;
    return taken;
  }

  #makeRoom(count: number): void {
    const waiting = this.peek(this.length);
    const needed = waiting.length + count;
    const roomy = needed * 2 <= this.#octets.length;
    const octets = roomy ? this.#octets : new Uint8Array(needed * 2);
    octets.set(waiting);
    this.#octets = octets;
    this.#start = 0;
    this.#end = waiting.length;
  }
}

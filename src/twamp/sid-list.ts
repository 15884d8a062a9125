/** The notation of a message that lists sessions by their SIDs, so that its size is its own affair. RFC 5938 §3. */
import { Layout, hmac, u32, type Fields, type Values } from './layout.ts';
import { SID_OCTETS } from './sid.ts';

export interface SidList {
  readonly sids: readonly Uint8Array[];
}

/** Twelve octets of `fields`, the Number of Sessions, so many SIDs, and the HMAC. */
export class SidListLayout<F extends Fields> {
  /** Of a message that lists nothing. */
  readonly octets: number;
  readonly #head: Layout<F>;

  constructor(name: string, fields: F) {
    this.#head = new Layout(name, fields);
    this.octets = this.#head.octets + u32.octets + hmac.octets;
  }

  /** How long the message is that begins with these octets, at least `octets` of them. */
  octetsIn(beginning: Uint8Array): number {
    const view = new DataView(beginning.buffer, beginning.byteOffset, beginning.length);
    return this.octets + SID_OCTETS * u32.read(view, this.#head.octets);
  }

  encode(message: Values<F> & SidList): Uint8Array {
    const octets = new Uint8Array(this.octets + SID_OCTETS * message.sids.length);
    octets.set(this.#head.encode(message));
    u32.write(new DataView(octets.buffer), this.#head.octets, message.sids.length);
    message.sids.forEach((sid, index) => octets.set(sid, this.#sidOffset(index)));
    return octets;
  }

  /** Reads one whole message; the result shares no memory with it. */
  decode(octets: Uint8Array): Values<F> & SidList {
    const count = (this.octetsIn(octets) - this.octets) / SID_OCTETS;
    const sids = Array.from({ length: count }, (_, index) => {
      return new Uint8Array(octets.subarray(this.#sidOffset(index), this.#sidOffset(index + 1)));
    });
    return { ...this.#head.decode(octets), sids };
  }

  #sidOffset(index: number): number {
    return this.#head.octets + u32.octets + SID_OCTETS * index;
  }
}

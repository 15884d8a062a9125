/** HMACs of packets (RFC 2104), cut to 16 octets, over octets where they lie; none of them allocates. */
import { _SHA1 } from '@noble/hashes/legacy.js';
import { _SHA256 } from '@noble/hashes/sha2.js';

const BLOCK_OCTETS = 64;
const STATE_OCTETS_MAX = 32;

/** What ends a message in its last block: 0x80, and eight octets of length in bits. */
const LENGTH_OCTETS = 8;
const END_MARK = 0x80;

/** A hash function's bare compression of one block, on a state that can be read and set. */
interface Compression {
  readonly stateOctets: number;
  restore(state: DataView): void;
  compress(block: DataView, offset: number): void;
  write(view: DataView, offset: number): void;
}

/** TWAMP's. The package's own HMAC makes views and arrays for every message; its compression function does not. */
export class Sha1 extends _SHA1 implements Compression {
  readonly stateOctets = 20;

  restore(state: DataView): void {
    this.set(state.getInt32(0), state.getInt32(4), state.getInt32(8), state.getInt32(12), state.getInt32(16));
  }

  compress(block: DataView, offset: number): void {
    this.process(block, offset);
  }

  write(view: DataView, offset: number): void {
    const [a, b, c, d, e] = this.get();
    view.setInt32(offset, a);
    view.setInt32(offset + 4, b);
    view.setInt32(offset + 8, c);
    view.setInt32(offset + 12, d);
    view.setInt32(offset + 16, e);
  }
}

/** STAMP's. */
export class Sha256 extends _SHA256 implements Compression {
  readonly stateOctets = 32;

  restore(state: DataView): void {
    const [a, b, c, d] = [state.getInt32(0), state.getInt32(4), state.getInt32(8), state.getInt32(12)];
    const [e, f, g, h] = [state.getInt32(16), state.getInt32(20), state.getInt32(24), state.getInt32(28)];
    this.set(a, b, c, d, e, f, g, h);
  }

  compress(block: DataView, offset: number): void {
    this.process(block, offset);
  }

  write(view: DataView, offset: number): void {
    const [a, b, c, d, e, f, g, h] = this.get();
    view.setInt32(offset, a);
    view.setInt32(offset + 4, b);
    view.setInt32(offset + 8, c);
    view.setInt32(offset + 12, d);
    view.setInt32(offset + 16, e);
    view.setInt32(offset + 20, f);
    view.setInt32(offset + 24, g);
    view.setInt32(offset + 28, h);
  }
}

/** The HMAC of one key: its first 16 octets, which is what packets carry. */
export class PacketHmac {
  readonly #hash: Compression;
  /** The state behind the first block of the inner and of the outer hash: that of the key alone. */
  readonly #inner: DataView;
  readonly #outer: DataView;
  readonly #block = new DataView(new ArrayBuffer(BLOCK_OCTETS));
  readonly #digest = new DataView(new ArrayBuffer(STATE_OCTETS_MAX));

  /** `hash` is a new one; `key` is at most a block long. */
  constructor(hash: Compression, key: Uint8Array) {
    this.#hash = hash;
    const initial = new DataView(new ArrayBuffer(STATE_OCTETS_MAX));
    hash.write(initial, 0);
    const stateBehind = (pad: number): DataView => {
      const block = new Uint8Array(BLOCK_OCTETS);
      block.set(key);
      const state = new DataView(new ArrayBuffer(STATE_OCTETS_MAX));
      hash.restore(initial);
      hash.compress(new DataView(block.map((octet) => octet ^ pad).buffer), 0);
      hash.write(state, 0);
      return state;
    };
    this.#inner = stateBehind(0x36);
    this.#outer = stateBehind(0x5c);
  }

  /** Writes the HMAC of `octets` octets at `offset` to `at`. */
  sign(view: DataView, offset: number, octets: number, at: number): void {
    this.#compute(view, offset, octets);
    for (let word = 0; word < 16; word += 4) view.setInt32(at + word, this.#digest.getInt32(word));
  }

  /** Whether the HMAC of `octets` octets at `offset` stands at `at`; takes the same time whichever octet differs. */
  verify(view: DataView, offset: number, octets: number, at: number): boolean {
    this.#compute(view, offset, octets);
    let difference = 0;
    for (let word = 0; word < 16; word += 4) {
      difference |= view.getInt32(at + word) ^ this.#digest.getInt32(word);
    }
    return difference === 0;
  }

  #compute(view: DataView, offset: number, octets: number): void {
    this.#digestAfter(this.#inner, view, offset, octets);
    this.#digestAfter(this.#outer, this.#digest, 0, this.#hash.stateOctets);
  }

  /** Fills #digest with the hash of the block that led to `state` and the `octets` octets at `offset`. */
  #digestAfter(state: DataView, view: DataView, offset: number, octets: number): void {
    const hash = this.#hash;
    const block = this.#block;
    hash.restore(state);
    let done = 0;
    for (; done + BLOCK_OCTETS <= octets; done += BLOCK_OCTETS) hash.compress(view, offset + done);
    const rest = octets - done;
    for (let octet = 0; octet < rest; octet++) block.setUint8(octet, view.getUint8(offset + done + octet));
    block.setUint8(rest, END_MARK);
    let filled = rest + 1;
    if (filled + LENGTH_OCTETS > BLOCK_OCTETS) {
      for (; filled < BLOCK_OCTETS; filled++) block.setUint8(filled, 0);
      hash.compress(block, 0);
      filled = 0;
    }
    for (; filled < BLOCK_OCTETS - 4; filled++) block.setUint8(filled, 0);
    block.setUint32(BLOCK_OCTETS - 4, 8 * (BLOCK_OCTETS + octets));
    hash.compress(block, 0);
    hash.write(this.#digest, 0);
  }
}

/** The buffer that a control connection is read from, against one that keeps every octet apart. */
import assert from 'node:assert/strict';
import { ReceiveBuffer } from '../../src/twamp/receive-buffer.ts';
import { chosen, Choices, type FuzzTarget } from './target.ts';

const BLOCK_OCTETS = 16;
const CLEAR_OCTETS_MAX = 64;
/** Deciphers each octet by itself, so that it can be foreseen. */
const flipped = (octet: number): number => octet ^ 0x5a;

/** The same, put together anew each time from all that has arrived. */
class Plain {
  #arrived = Buffer.alloc(0);
  /** What has arrived, deciphered. */
  #flipped = Buffer.alloc(0);
  /** How many of them were read. */
  #read = 0;
  /** From where on they are enciphered, in blocks. */
  #from = Infinity;

  append(octets: Uint8Array): void {
    this.#arrived = Buffer.concat([this.#arrived, octets]);
    this.#flipped = Buffer.concat([this.#flipped, octets.map(flipped)]);
  }

  decipherAfter(clearOctets: number): void {
    this.#from = this.#read + clearOctets;
  }

  get readable(): Buffer {
    const { length } = this.#arrived;
    const end = length <= this.#from ? length : length - ((length - this.#from) % BLOCK_OCTETS);
    const clearEnd = Math.max(this.#read, Math.min(this.#from, end));
    return Buffer.concat([
      this.#arrived.subarray(this.#read, clearEnd),
      this.#flipped.subarray(clearEnd, end),
    ]);
  }

  take(count: number): Buffer {
    const taken = this.readable.subarray(0, count);
    this.#read += taken.length;
    return taken;
  }
}

/** At once: to compare octet by octet takes a second for the longest inputs. */
function assertSame(octets: Uint8Array, expected: Uint8Array): void {
  if (Buffer.compare(octets, expected) !== 0) assert.deepEqual([...octets], [...expected]);
}

/** Each step: what is done, and with how many octets. */
export const target: FuzzTarget = {
  octetsMax: 512,
  run: (octets) => {
    const choices = new Choices(octets);
    const [buffer, plain] = [new ReceiveBuffer(), new Plain()];
    let isKeyed = false;
    let isBegun = true;
    let next = 0;
    while (!choices.isEmpty) {
      const step = choices.octet();
      const count = choices.octet();
      if (step % 3 === 0) {
        const arrived = Uint8Array.from({ length: count }, () => next++ & 0xff);
        buffer.append(arrived);
        plain.append(arrived);
      } else if (step % 3 === 1) {
        // What the chain begins with is not read before it.
        const length: number = isBegun ? Math.min(count, buffer.length) : 0;
        assertSame(buffer.take(length), plain.take(length));
      } else if (!isKeyed) {
        isKeyed = true;
        isBegun = false;
        const clearOctets = count % CLEAR_OCTETS_MAX;
        plain.decipherAfter(clearOctets);
        buffer.decipherAfter(clearOctets, (clear) => {
          isBegun = true;
          assert.equal(clear.length, clearOctets);
          return (blocks) => blocks.map(flipped);
        });
      }
      assert.equal(buffer.length, plain.readable.length);
      assertSame(buffer.peek(buffer.length), plain.readable);
    }
  },
  seeds: () => [
    chosen([0, 64, 1, 10, 2, 20, 0, 100, 1, 30, 0, 7, 0, 200, 1, 255, 1, 255], ''),
    chosen([2, 0, 0, 16, 1, 16, 0, 15, 1, 1, 0, 1, 1, 16], ''),
  ],
};

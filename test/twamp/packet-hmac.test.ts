/** HMACs of packets, against node:crypto. */
import { createHmac } from 'node:crypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { PacketHmac, Sha1, Sha256 } from '../../src/twamp/packet-hmac.ts';
import { createArena } from '../../src/twamp/packets.ts';

const key = fc.uint8Array({ minLength: 32, maxLength: 32 });
const message = fc.uint8Array({ maxLength: 300, size: 'max' });

test.each([
  { name: 'sha1', hash: () => new Sha1() },
  { name: 'sha256', hash: () => new Sha256() },
])(
  'an HMAC is the first 16 octets of HMAC-$name, wherever the message lies and however long it is',
  ({ name, hash }) => {
    fc.assert(
      fc.property(key, message, message, fc.nat(70), (secret, first, second, offset) => {
        const hmac = new PacketHmac(hash(), secret);
        // The second must know nothing of the first.
        for (const octets of [first, second]) {
          const { view, bytes } = createArena(offset + octets.length + 16);
          bytes.set(octets, offset);
          hmac.sign(view, offset, octets.length, offset + octets.length);
          const expected = createHmac(name, secret).update(octets).digest().subarray(0, 16);
          expect([...bytes.subarray(offset + octets.length)]).toEqual([...expected]);
          expect(hmac.verify(view, offset, octets.length, offset + octets.length)).toBe(true);
        }
      }),
    );
  },
);

test('an HMAC is right whatever of the last block is left for the length', () => {
  const secret = Uint8Array.from({ length: 32 }, (_, index) => index);
  const hmac = new PacketHmac(new Sha256(), secret);
  for (let octets = 0; octets <= 130; octets++) {
    const { view, bytes } = createArena(octets + 16);
    bytes.fill(octets, 0, octets);
    hmac.sign(view, 0, octets, octets);
    const expected = createHmac('sha256', secret).update(bytes.subarray(0, octets)).digest();
    expect([...bytes.subarray(octets)]).toEqual([...expected.subarray(0, 16)]);
  }
});

test('an HMAC is wrong whichever of its bits is', () => {
  const { view } = createArena(32);
  const hmac = new PacketHmac(new Sha1(), new Uint8Array(32));
  hmac.sign(view, 0, 16, 16);
  for (let bit = 0; bit < 128; bit++) {
    const octet = 16 + (bit >>> 3);
    view.setUint8(octet, view.getUint8(octet) ^ (1 << (bit & 7)));
    expect(hmac.verify(view, 0, 16, 16)).toBe(false);
    view.setUint8(octet, view.getUint8(octet) ^ (1 << (bit & 7)));
  }
  expect(hmac.verify(view, 0, 16, 16)).toBe(true);
});

/** The seal of keyed test packets, against node:crypto and against any change. */
import { createCipheriv } from 'node:crypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { formOf } from '../../src/twamp/packet-forms.ts';
import type { SenderForm } from '../../src/twamp/packet-forms.ts';
import { CipherSeal, sealOf } from '../../src/twamp/packet-seal.ts';
import { createArena } from '../../src/twamp/packets.ts';
import { modes } from '../../src/twamp/protocol.ts';

const octets = (length: number): fc.Arbitrary<Uint8Array> =>
  fc.uint8Array({ minLength: length, maxLength: length });
const keys = fc.record({ aesKey: octets(16), hmacKey: octets(32) });
const form = fc.constantFrom<SenderForm[]>(
  formOf({ mode: modes.authenticated }).sender,
  formOf({ mode: modes.authenticated }).reflector,
  formOf({ mode: modes.encrypted }).sender,
  formOf({ mode: modes.encrypted }).reflector,
);

test('the sealed octets are AES-CBC from IV 0, and open again', () => {
  fc.assert(
    fc.property(keys, form, octets(160), fc.nat(32), (testKeys, sealed, packet, offset) => {
      const seal = new CipherSeal(testKeys);
      const { view, bytes } = createArena(offset + packet.length);
      bytes.set(packet, offset);
      seal.close(view, offset, sealed);
      const cipher = createCipheriv('aes-128-cbc', testKeys.aesKey, new Uint8Array(16));
      const expected = cipher.update(packet.subarray(0, sealed.sealedOctets));
      expect([...bytes.subarray(offset, offset + sealed.sealedOctets)]).toEqual([...expected]);
      expect(seal.open(view, offset, sealed)).toBe(true);
      const end = sealed.sealedOctets;
      expect([...bytes.subarray(offset, offset + end)]).toEqual([...packet.subarray(0, end)]);
      // Besides these, only the HMAC is written.
      const behind = bytes.slice(offset);
      behind.set(packet.subarray(sealed.hmac, sealed.hmac + 16), sealed.hmac);
      expect([...behind.subarray(end)]).toEqual([...packet.subarray(end)]);
    }),
  );
});

test('a packet of which any sealed octet or any octet of the HMAC was changed does not open', () => {
  fc.assert(
    fc.property(keys, form, fc.nat(111), fc.integer({ min: 1, max: 255 }), (testKeys, sealed, at, change) => {
      const seal = new CipherSeal(testKeys);
      const { view, bytes } = createArena(112);
      seal.close(view, 0, sealed);
      bytes[at]! ^= change;
      const protects = at < sealed.sealedOctets || (at >= sealed.hmac && at < sealed.hmac + 16);
      expect(seal.open(view, 0, sealed)).toBe(!protects);
    }),
  );
});

test('only authenticated and encrypted modes have a seal, and they need keys', () => {
  const testKeys = { aesKey: new Uint8Array(16), hmacKey: new Uint8Array(32) };
  expect(sealOf({})).toBeUndefined();
  expect(sealOf({ mode: modes.unauthenticated, keys: testKeys })).toBeUndefined();
  expect(sealOf({ mode: modes.mixed, keys: testKeys })).toBeUndefined();
  for (const mode of [modes.authenticated, modes.encrypted]) {
    expect(sealOf({ mode, keys: testKeys })).toBeInstanceOf(CipherSeal);
    expect(() => sealOf({ mode })).toThrow(RangeError);
  }
});

/** Packet Padding. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createPadding } from '../../src/twamp/padding.ts';

const paddingOctets = fc.nat(200);
const random = { octets: (count: number) => new Uint8Array(count).fill(0xab) };

test('padding is what the random generator gives, or zeros where they are wanted (RFC 5357 §4.2.1)', () => {
  fc.assert(
    fc.property(paddingOctets, (octets) => {
      expect(createPadding({ paddingOctets: octets }, random)).toEqual(random.octets(octets));
      const zeros = createPadding({ paddingOctets: octets, paddingFill: 'zeros' }, random);
      expect(zeros).toEqual(new Uint8Array(octets));
    }),
  );
});

test('behind a STAMP packet it is the value of an Extra Padding TLV with the U flag set (RFC 8972 §4, §4.1)', () => {
  const stamp = { reflector: 'stateless', ssid: 0 } as const;
  const tlv = createPadding({ paddingOctets: 300, stamp }, random);
  expect([...tlv.subarray(0, 4)]).toEqual([0x80, 1, 0x01, 0x2c]);
  expect(tlv.subarray(4)).toEqual(random.octets(300));
  expect(createPadding({ paddingOctets: 0, stamp }, random)).toHaveLength(0);
});

test('Server Octets open the padding, where there is room for them (RFC 6038 §4.1.1)', () => {
  const request = { paddingFill: 'zeros', serverOctets: 0x1234 } as const;
  expect([...createPadding({ ...request, paddingOctets: 3 }, random)]).toEqual([0x12, 0x34, 0]);
  expect([...createPadding({ ...request, paddingOctets: 2 }, random)]).toEqual([0x12, 0x34]);
  expect([...createPadding({ ...request, paddingOctets: 1 }, random)]).toEqual([0]);
});

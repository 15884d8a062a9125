/** Tests of addresses of flows: text and prefixes, checked against the parser of all forms. */
import fc from 'fast-check';
import { Address6 } from 'ip-address';
import { describe, expect, test } from 'vitest';
import {
  addressText,
  compareAddresses,
  isWithin,
  parseAddress,
  rangeOf,
} from '../../src/services/address.ts';

test.each([
  ['0.0.0.0', 0],
  ['10.0.0.1', 0x0a000001],
  ['255.255.255.255', 0xffffffff],
])('%s is %d, and back', (text, number) => {
  expect(parseAddress(text)).toBe(number);
  expect(addressText(number)).toBe(text);
});

test.each(['', '10.0.0', '10.0.0.256', '1.2.3.4.5', '10..0.1', '1.2.3.a', '1.2.3.', ':::', '2001:db8::g'])(
  'refuses %j',
  (text) => {
    expect(() => parseAddress(text)).toThrow();
  },
);

test('IPv6 in its shortest text', () => {
  const octets = fc.array(fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 255 })), {
    minLength: 16,
    maxLength: 16,
  });
  fc.assert(
    fc.property(octets, (bytes) => {
      const text = addressText(Uint8Array.from(bytes));
      expect(text).toBe(Address6.fromByteArray(bytes).correctForm());
      expect(parseAddress(text)).toEqual(Uint8Array.from(bytes));
    }),
  );
});

test('every IPv4 address comes before every IPv6 one', () => {
  const texts = ['255.255.255.255', '2001:db8::1', '10.0.0.1', '::1', '2001:db8::'];
  expect(texts.map(parseAddress).toSorted(compareAddresses).map(addressText)).toEqual([
    '10.0.0.1',
    '255.255.255.255',
    '::1',
    '2001:db8::',
    '2001:db8::1',
  ]);
  expect(compareAddresses(parseAddress('255.255.255.255'), parseAddress('::'))).toBeLessThan(0);
  expect(compareAddresses(parseAddress('::'), parseAddress('255.255.255.255'))).toBeGreaterThan(0);
});

describe('a prefix', () => {
  test.each([
    ['10.0.0.0/8', '10.0.0.0', true],
    ['10.0.0.0/8', '10.255.255.255', true],
    ['10.0.0.0/8', '11.0.0.0', false],
    ['10.1.1.2', '10.1.1.2', true],
    ['10.1.1.2', '10.1.1.3', false],
    ['0.0.0.0/0', '255.255.255.255', true],
    ['0.0.0.0/0', '::1', false],
    ['::/0', '10.0.0.1', false],
    ['2001:db8::/32', '2001:db8:ffff::1', true],
    ['2001:db8::/32', '2001:db9::', false],
    ['2001:db8::2', '2001:db8::2', true],
  ])('%s, and %s: %s', (prefix, address, within) => {
    expect(isWithin(parseAddress(address), rangeOf(prefix))).toBe(within);
  });
});

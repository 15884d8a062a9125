/** Connections that were announced: from where, how long, and once. */
import { expect, test } from 'vitest';
import { parseAddress } from '../../../src/services/address.ts';
import { Expectations, type Expectation } from '../../../src/services/capture/expectations.ts';

const [A, B, C] = ['10.0.0.1', '2001:db8::2', '2001:db8::3'].map(parseAddress) as [
  number,
  Uint8Array,
  Uint8Array,
];
const PROTOCOL = 17;
const announced: Expectation = {
  ...{ protocol: PROTOCOL, source: undefined, sourcePort: undefined, destination: B, destinationPort: 5000 },
};

function expecting(change: Partial<Expectation> = {}): Expectations<string> {
  const expectations = new Expectations<string>();
  expectations.add({ ...announced, ...change }, 'master', 100);
  return expectations;
}

test('one is met from anywhere, once', () => {
  const expectations = expecting();
  expect(expectations.isEmpty).toBe(false);
  expect(expectations.meet(PROTOCOL, A, B, 5000, 100)).toBe('master');
  expect(expectations.isEmpty).toBe(true);
  expect(expectations.meet(PROTOCOL, A, B, 5000, 100)).toBeUndefined();
});

test('of another protocol, address or port it is another one', () => {
  const expectations = expecting();
  expect(expectations.meet(6, A, B, 5000, 100)).toBeUndefined();
  expect(expectations.meet(PROTOCOL, A, C, 5000, 100)).toBeUndefined();
  expect(expectations.meet(PROTOCOL, A, B, 5001, 100)).toBeUndefined();
  expect(expectations.meet(PROTOCOL, A, Uint8Array.from(B), 5000, 100)).toBe('master');
});

test('announced from one address, it still waits when another comes', () => {
  const expectations = expecting({ source: C });
  expect(expectations.meet(PROTOCOL, A, B, 5000, 100)).toBeUndefined();
  expect(expectations.meet(PROTOCOL, Uint8Array.from(C), B, 5000, 100)).toBe('master');
});

test('is forgotten after five minutes', () => {
  expect(expecting().meet(PROTOCOL, A, B, 5000, 400)).toBe('master');
  const expectations = expecting();
  expect(expectations.meet(PROTOCOL, A, B, 5000, 401)).toBeUndefined();
  expect(expectations.isEmpty).toBe(true);
});

test('announced again, the last counts', () => {
  const expectations = expecting();
  expectations.add(announced, 'other', 200);
  expect(expectations.meet(PROTOCOL, A, B, 5000, 500)).toBe('other');
  expect(expectations.isEmpty).toBe(true);
});

/** Tests of addresses with ports. */
import { expect, test } from 'vitest';
import { endpoint } from '../../src/render/endpoint.ts';

test('IPv4 and IPv6 endpoints', () => {
  expect(endpoint({ address: '1.2.3.4', port: 1000 })).toBe('1.2.3.4:1000');
  expect(endpoint({ address: '::1', port: 862 })).toBe('[::1]:862');
  expect(endpoint({ address: 'fe80::1%eth0', port: 1 })).toBe('[fe80::1%eth0]:1');
});

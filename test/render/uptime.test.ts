/** Tests of the uptime of DNOS tables. */
import { expect, test } from 'vitest';
import { uptime } from '../../src/render/uptime.ts';

const SECOND = 1_000_000_000n;

test.each([
  [0n, '0 days, 00:00:00'],
  [SECOND - 1n, '0 days, 00:00:00'],
  [SECOND, '0 days, 00:00:01'],
  [82_207n * SECOND, '0 days, 22:50:07'],
  [86_399n * SECOND, '0 days, 23:59:59'],
  [86_400n * SECOND, '1 day, 00:00:00'],
  [90_065n * SECOND, '1 day, 01:01:05'],
  [2n * 86_400n * SECOND, '2 days, 00:00:00'],
  [1000n * 86_400n * SECOND, '1000 days, 00:00:00'],
])('[000/uptime] %d ns is %s', (elapsedNanos, expected) => {
  expect(uptime(elapsedNanos)).toBe(expected);
});

test('a clock that stepped back shows no negative uptime', () => {
  expect(uptime(-SECOND)).toBe('0 days, 00:00:00');
});

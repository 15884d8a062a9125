/** Token buckets: the burst, the rate after it, and what costs more than a bucket holds. */
import { beforeEach, expect, test } from 'vitest';
import { RateLimit } from '../../src/twamp/rate-limit.ts';

let limit: RateLimit;

/** How many of `asked` tokens bucket 0 gives at once. */
const given = (asked: number, nowNanos: number): number =>
  Array.from({ length: asked }, () => limit.take(0, nowNanos)).filter(Boolean).length;

beforeEach(() => {
  limit = new RateLimit(2, 100);
});

test('a full bucket gives what half a second lets through, then what comes in', () => {
  expect(given(60, 0)).toBe(50);
  expect(given(10, 30_000_000)).toBe(3);
  expect(given(60, 10e9)).toBe(50);
});

test('time in which nothing was given is not lost', () => {
  expect(given(50, 0)).toBe(50);
  for (let nanos = 1e6; nanos < 1e7; nanos += 1e6) expect(given(1, nanos)).toBe(0);
  expect(given(2, 1e7 + 1)).toBe(1);
});

test('buckets are apart', () => {
  expect(given(60, 0)).toBe(50);
  expect(limit.take(1, 0)).toBe(true);
});

test('what costs more than a bucket holds takes a full one, and owes the rest', () => {
  expect(limit.take(0, 0, 80)).toBe(true);
  expect(limit.take(0, 300_000_000)).toBe(false);
  expect(limit.take(0, 310_000_001)).toBe(true);
  expect(limit.take(0, 320_000_000, 80)).toBe(false);
});

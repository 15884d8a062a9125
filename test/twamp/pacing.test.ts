/** Lateness of packets, kept as a histogram. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { PacingHistogram } from '../../src/twamp/pacing.ts';

test('nothing is said before a packet was sent', () => {
  expect(new PacingHistogram().read()).toBeUndefined();
});

test('percentiles are at most an eighth above the exact ones, and never above the maximum', () => {
  const nanos = fc.oneof(fc.maxSafeNat(), fc.integer({ min: 0, max: 2 ** 32 - 1 }), fc.nat(1000));
  const lateness = fc.array(nanos, { minLength: 1, maxLength: 300 });
  fc.assert(
    fc.property(lateness, (nanos) => {
      const histogram = new PacingHistogram();
      for (const each of nanos) histogram.note(each, Infinity);
      const { p50Nanos, p99Nanos, maxNanos } = new PacingHistogram(histogram.buffer).read()!;
      const sorted = [...nanos].sort((one, other) => one - other);
      const exact = (share: number): number => sorted[Math.max(Math.ceil(share * sorted.length) - 1, 0)]!;
      expect(maxNanos).toBe(sorted.at(-1));
      for (const [said, share] of [
        [p50Nanos, 0.5],
        [p99Nanos, 0.99],
      ] as const) {
        expect(said).toBeGreaterThanOrEqual(exact(share));
        expect(said).toBeLessThanOrEqual(exact(share) * 1.125 + 1);
      }
    }),
  );
});

test('a packet is late when the next one was due; early counts as exact, and beyond 104 days as the last', () => {
  const histogram = new PacingHistogram();
  for (const lateness of [-5, 999, 1000, 1e12]) histogram.note(lateness, 1000);
  expect(histogram.read()).toMatchObject({ late: 2, maxNanos: 1e12 });
  histogram.note(1e300, 1000);
  expect(histogram.read()).toMatchObject({ late: 3, maxNanos: Number.MAX_SAFE_INTEGER });
});

test('twelve seconds are twelve seconds', () => {
  const histogram = new PacingHistogram();
  histogram.note(12e9 + 0.5, 0);
  expect(histogram.read()).toEqual({ p50Nanos: 12e9, p99Nanos: 12e9, maxNanos: 12e9, late: 1 });
});

test('up to fifteen nanoseconds every one is told from the next', () => {
  for (let nanos = 0; nanos < 16; nanos++) {
    const histogram = new PacingHistogram();
    for (const lateness of [nanos, nanos, 1e9]) histogram.note(lateness, Infinity);
    expect(histogram.read()).toMatchObject({ p50Nanos: nanos, maxNanos: 1e9 });
  }
});

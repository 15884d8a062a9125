/** Lateness of packets, kept as a histogram. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { PacingHistogram } from '../../src/twamp/pacing.ts';

test('nothing is said before a packet was sent', () => {
  expect(new PacingHistogram().read()).toBeUndefined();
});

test('percentiles are at most an eighth above the exact ones, and never above the maximum', () => {
  const lateness = fc.array(fc.integer({ min: 0, max: 2 ** 32 - 1 }), { minLength: 1, maxLength: 300 });
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

test('a packet is late when the next one was due; early counts as exact, and beyond all bins as the last', () => {
  const histogram = new PacingHistogram();
  for (const lateness of [-5, 999, 1000, 1e12]) histogram.note(lateness, 1000);
  expect(histogram.read()).toMatchObject({ late: 2, maxNanos: 2 ** 32 - 1 });
});

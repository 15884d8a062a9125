/** NTP time and error estimates. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  decodeErrorEstimate,
  encodeErrorEstimate,
  nanosFromNtp,
  ntpFromNanos,
  ntpFromWallNanos,
  taiSecondsOf,
  wallNanosFromNtp,
  writeNtp,
} from '../../src/twamp/timestamp.ts';

/** 1968-01-20 .. 2104: what a 64-bit timestamp tells apart with the pivot of RFC 4330. */
const wallNanos = fc.bigInt(-61_505_152n * 10n ** 9n, 4_233_462_143n * 10n ** 9n);

describe('a timestamp', () => {
  test('of a recorded packet is read as the time its capture shows', () => {
    expect(new Date(Number(wallNanosFromNtp(0xeead2553950bb6edn) / 1_000_000n)).toISOString()).toBe(
      '2026-11-22T08:24:51.582Z',
    );
  });

  test('keeps every nanosecond, also beyond 2036', () => {
    fc.assert(fc.property(wallNanos, (nanos) => wallNanosFromNtp(ntpFromWallNanos(nanos)) === nanos));
    expect(ntpFromWallNanos(2_085_978_496n * 10n ** 9n)).toBe(0n);
  });

  test('is of the era after 2036 up to the last without its top bit', () => {
    expect(wallNanosFromNtp(2n ** 63n)).toBe(-61_505_152n * 10n ** 9n);
    expect(wallNanosFromNtp(2n ** 63n - 1n)).toBe(4_233_462_144n * 10n ** 9n);
  });

  test('is taken for one of TAI where it is 37 s ahead, give or take two', () => {
    const now = 1_800_000_000;
    const taken = (aheadSeconds: number): number => {
      const view = new DataView(new ArrayBuffer(4));
      view.setUint32(0, now + aheadSeconds);
      return taiSecondsOf(view, 0, now);
    };
    expect([34, 35, 39, 40, 0].map(taken)).toEqual([0, 37, 37, 0, 0]);
  });

  test('of a span keeps every nanosecond', () => {
    const span = fc.bigInt(0n, 4_294_967_295n * 10n ** 9n);
    fc.assert(fc.property(span, (nanos) => nanosFromNtp(ntpFromNanos(nanos)) === nanos));
    expect(ntpFromNanos(1_500_000_000n)).toBe(0x1_8000_0000n);
  });

  test('written in place is the same to the last unit', () => {
    fc.assert(
      fc.property(fc.nat(0xffffffff), fc.nat(999_999_999), (seconds, nanos) => {
        const view = new DataView(new ArrayBuffer(12));
        writeNtp(view, 4, seconds, nanos);
        const written = view.getBigUint64(4);
        const exact = ntpFromWallNanos(BigInt(seconds) * 1_000_000_000n + BigInt(nanos));
        const off = BigInt.asIntN(64, written - exact);
        return off >= -1n && off <= 1n;
      }),
    );
  });
});

describe('an error estimate', () => {
  test('is never better than the truth, and less than 1 % worse', () => {
    fc.assert(
      fc.property(fc.double({ min: 1, max: 1e18, noNaN: true }), fc.boolean(), (errorNanos, synchronised) => {
        const estimate = decodeErrorEstimate(encodeErrorEstimate({ errorNanos, synchronised }));
        expect(estimate.synchronised).toBe(synchronised);
        expect(estimate.errorNanos).toBeGreaterThanOrEqual(errorNanos * (1 - 1e-12));
        expect(estimate.errorNanos).toBeLessThanOrEqual(errorNanos * 1.01 + 0.25);
      }),
    );
  });

  test.each([0, 1e-9, 1e300, Infinity])(
    'of %d nanoseconds has a multiplier, or twping aborts',
    (errorNanos) => {
      const estimate = encodeErrorEstimate({ errorNanos, synchronised: false });
      expect(estimate & 0xff).toBeGreaterThan(0);
      expect(estimate).toBeLessThan(0x4000);
    },
  );

  test.each([0x0001, 0x00ff, 0x0180, 0x01ff, 0x3fff])(
    'that is there already is written as it is: %i',
    (estimate) => {
      expect(encodeErrorEstimate(decodeErrorEstimate(estimate))).toBe(estimate);
    },
  );

  test('reads what peers send', () => {
    const smallest = decodeErrorEstimate(0x0001);
    expect(smallest.synchronised).toBe(false);
    expect(smallest.errorNanos).toBeCloseTo(0.2328, 4);
    const ntp = decodeErrorEstimate(0x8b10);
    expect(ntp.synchronised).toBe(true);
    expect(ntp.errorNanos).toBeCloseTo(7629.39, 2);
  });
});

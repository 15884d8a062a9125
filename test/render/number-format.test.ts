/** Tests that our numbers are what printf of the GNU C library writes. */
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { fixed, general, millis } from '../../src/render/number-format.ts';

/** [bits of the double, `%.3g`, `%.3f` or nothing]: ties, limits, random values of all sizes. */
const vectors = JSON.parse(
  readFileSync(new URL('../vectors/printf/general-and-fixed.json', import.meta.url), 'utf8'),
) as [string, string, string][];

const toDouble = (bits: string) => Buffer.from(bits, 'hex').readDoubleBE();

describe('numbers of printf', () => {
  test('%.3g of every recorded value', () => {
    for (const [bits, expected] of vectors) expect(general(toDouble(bits)), bits).toBe(expected);
  });

  test('%.3f of every recorded value', () => {
    for (const [bits, , expected] of vectors) {
      if (expected !== '') expect(fixed(toDouble(bits), 3), bits).toBe(expected);
    }
  });

  test('what was not measured is nan', () => {
    expect(general(NaN)).toBe('nan');
    expect(millis(undefined)).toBe('nan');
  });

  test('milliseconds of nanoseconds', () => {
    expect(millis(87_300)).toBe('0.0873');
    expect(millis(0.931)).toBe('9.31e-07');
    expect(millis(-12_849_999)).toBe('-12.8');
    expect(millis(2_000_000_000)).toBe('2e+03');
  });

  test('any value reads back within half a unit of its third digit', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e200, max: 1e200 }), (value) => {
        fc.pre(Math.abs(value) > 1e-200);
        expect(Math.abs(Number(general(value)) - value)).toBeLessThanOrEqual(
          Math.abs(value) * 0.005 * (1 + 1e-12),
        );
        expect(general(value)).toMatch(
          /^-?(\d{1,3}|\d{1,2}\.\d{1,2}|0\.0{0,3}\d{1,3}|\d(\.\d{1,2})?e[+-]\d{2,3})$/,
        );
      }),
    );
  });
});

/** Delay graphs: scale, gaps, and as many columns as there are delays. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { delayGraph, delaysIn } from '../../src/render/delay-graph.ts';

/** A label of nine characters, and the axis. */
const AXIS_WIDTH = 10;

test('runs from 0 to the longest delay, in milliseconds', () => {
  expect(delayGraph([1e6, 2e6, 2e6, 4e6, 0], 5)).toEqual([
    '    4.000┤   ╭╮',
    '    3.000┤   ││',
    '    2.000┤ ╭─╯│',
    '    1.000┤─╯  │',
    '    0.000┤    ╰',
  ]);
});

test('leaves columns empty where there is no delay', () => {
  const [top] = delayGraph([1e6, undefined, 1e6, undefined], 3);
  expect(top).toBe('    1.000┤─ ─');
});

test('draws what is below 0 as 0', () => {
  expect(delayGraph([-2000], 2)).toEqual(['    0.001┤', '    0.000┤─']);
});

test('has the rows asked for, and no line is wider than the screen it was measured for', () => {
  const delays = fc.array(fc.option(fc.double({ min: -1e6, max: 9e12, noNaN: true }), { nil: undefined }), {
    minLength: 1,
  });
  fc.assert(
    fc.property(
      delays,
      fc.integer({ min: 2, max: 20 }),
      fc.integer({ min: 12, max: 100 }),
      (all, rows, columns) => {
        const shown = all.slice(-delaysIn(columns));
        const lines = delayGraph(shown, rows);
        expect(lines).toHaveLength(rows);
        for (const line of lines) expect(line.length).toBeLessThanOrEqual(columns);
        for (const [index, delay] of shown.entries()) {
          const drawn = lines.some((line) => ![undefined, ' '].includes(line[AXIS_WIDTH + index]));
          expect(drawn).toBe(delay !== undefined);
        }
      },
    ),
  );
});

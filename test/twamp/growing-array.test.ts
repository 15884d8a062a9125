/** An array that grows with its highest index. */
import { expect, test } from 'vitest';
import { GrowingArray } from '../../src/twamp/growing-array.ts';

test.each([0, 127, 128, 1000])('whatever comes first, as %i, is kept; holes read as empty', (index) => {
  const array = new GrowingArray(-1);
  array.set(index, 5);
  expect([array.length, array.get(index), array.get(index + 1)]).toEqual([index + 1, 5, -1]);
  expect([...array.copy()]).toEqual([...Array.from({ length: index }, () => -1), 5]);
});

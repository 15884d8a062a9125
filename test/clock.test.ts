/** Tests of the machine's sources of randomness. */
import { expect, test } from 'vitest';
import { systemRandom } from '../src/clock.ts';

test.each([1, 16, 4096, 4097])(
  '%i random octets at a time are never given twice, and are the asker’s own',
  (count) => {
    const octets = Array.from({ length: 40 }, () => systemRandom.octets(count));
    const pieces = octets.map((piece) => Buffer.from(piece).toString('hex'));
    expect(octets.map((piece) => piece.length)).toEqual(octets.map(() => count));
    if (count > 1) expect(new Set(pieces).size).toBe(pieces.length);
    expect(new Set(octets.map((piece) => piece.buffer)).size).toBe(octets.length);
  },
);

/** Order of arrival by a bounded window of Sequence Numbers. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Arrival } from '../../src/twamp/counters.ts';
import { SEQUENCE_WINDOW_PACKETS, SequenceWindows } from '../../src/twamp/sequence-windows.ts';

function arrivals(sequences: readonly number[]): Arrival[] {
  const windows = new SequenceWindows(1);
  return sequences.map((sequence) => windows.note(0, sequence));
}

/** RFC 4737's reordering and plain duplicates, with all of the past in memory. */
function naiveArrivals(sequences: readonly number[]): Arrival[] {
  const seen = new Set<number>();
  let highest = -Infinity;
  return sequences.map((sequence) => {
    if (seen.has(sequence)) return 'duplicate';
    seen.add(sequence);
    if (sequence < highest) return 'reordered';
    highest = sequence;
    return 'in-order';
  });
}

test('numbers within the window of each other are told as an unbounded memory tells them', () => {
  const near = fc.array(fc.nat(SEQUENCE_WINDOW_PACKETS - 1), { maxLength: 200, size: 'max' });
  fc.assert(
    fc.property(near, fc.nat(5_000), (steps, start) => {
      const sequences = steps.map((step) => start + step);
      expect(arrivals(sequences)).toEqual(naiveArrivals(sequences));
    }),
  );
});

test('a long run with gaps of any size, copies and late packets is told as by an unbounded memory', () => {
  // Never further back than the window, so that both memories hold what is asked.
  const step = fc.oneof(fc.integer({ min: -40, max: 60 }), fc.integer({ min: 0, max: 3_000 }));
  fc.assert(
    fc.property(fc.array(step, { maxLength: 300, size: 'max' }), (steps) => {
      let highest = 0;
      const sequences = steps.map((by) => {
        const sequence = Math.max(0, highest + by);
        highest = Math.max(highest, sequence);
        return sequence;
      });
      expect(arrivals(sequences)).toEqual(naiveArrivals(sequences));
    }),
  );
});

test('a copy is recognised at the edge of the window, and counts as reordered beyond it', () => {
  const upTo = (last: number): number[] => Array.from({ length: last + 1 }, (_, sequence) => sequence);
  const edge = SEQUENCE_WINDOW_PACKETS - 1;
  expect(arrivals([...upTo(edge), 0]).at(-1)).toBe('duplicate');
  expect(arrivals([...upTo(edge + 1), 0]).at(-1)).toBe('reordered');
});

test('numbers that were skipped have not arrived, though those a window before them have', () => {
  const upTo = (last: number): number[] => Array.from({ length: last + 1 }, (_, sequence) => sequence);
  const edge = SEQUENCE_WINDOW_PACKETS - 1;
  for (const gap of [2, 40, edge, SEQUENCE_WINDOW_PACKETS]) {
    const skipped = [edge + 1, edge + gap - 1];
    expect(arrivals([...upTo(edge), edge + gap, ...skipped]).slice(-2)).toEqual(
      gap === 2 ? ['reordered', 'duplicate'] : ['reordered', 'reordered'],
    );
  }
});

test('numbers wrap at 2^32', () => {
  expect(arrivals([2 ** 32 - 2, 2 ** 32 - 1, 0, 1, 2 ** 32 - 1, 3, 2])).toEqual([
    'in-order',
    'in-order',
    'in-order',
    'in-order',
    'duplicate',
    'in-order',
    'reordered',
  ]);
});

test('sessions are apart, and a reset one forgets', () => {
  const windows = new SequenceWindows(2);
  windows.note(0, 4);
  windows.note(1, 4);
  windows.reset(0);
  expect(windows.note(0, 4)).toBe('in-order');
  expect(windows.note(1, 4)).toBe('duplicate');
  windows.reset(1);
  expect(windows.note(0, 4)).toBe('duplicate');
});

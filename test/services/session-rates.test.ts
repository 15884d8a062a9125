/** Counters that are remembered, and the sessions that have carried most. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { CounterTable, Highest, RateRound } from '../../src/services/session-rates.ts';

test('a table is what a map is, whatever ids there are, also in another thread', () => {
  const id = fc.oneof(fc.nat(50), fc.integer({ min: 0, max: 2 ** 48 - 1 }));
  fc.assert(
    fc.property(fc.array(fc.tuple(id, fc.nat(), fc.nat()), { maxLength: 3000 }), (rows) => {
      const table = new CounterTable();
      for (const row of rows) table.put(...row);
      const wanted = new Map(rows.map(([key, ...counters]) => [key, counters]));
      const moved = new CounterTable(structuredClone(table.buffer, { transfer: [table.buffer] }));
      const found = [...wanted.keys()].map((key) => {
        const place = moved.find(key)!;
        return [key, [moved.at(place), moved.at(place + 1)]];
      });
      expect(found).toEqual([...wanted]);
      expect(moved.find(2 ** 48)).toBeUndefined();
    }),
    { numRuns: 30, examples: [[Array.from({ length: 3000 }, (_, at) => [at * 2 ** 32, at, at])]] },
  );
});

test('a table takes as many sessions as it may, and goes on with those', () => {
  const table = new CounterTable(undefined, 2);
  expect([table.put(1, 1, 1), table.put(2, 1, 1), table.put(3, 1, 1)]).toEqual([true, true, false]);
  expect(table.put(2, 5, 5)).toBe(true);
  expect(table.find(3)).toBeUndefined();
});

test('the highest are those that a sort would put first', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(20)), fc.integer({ min: 1, max: 8 }), (values, max) => {
      const highest = new Highest<number>(max);
      let made = 0;
      values.forEach((value, index) =>
        highest.offer(value, () => {
          made += 1;
          return index;
        }),
      );
      const wanted = values.map((value, index) => ({ value, index })).toSorted((a, b) => b.value - a.value);
      expect(highest.items).toEqual(wanted.slice(0, max).map(({ index }) => index));
      if (values.length > max) expect(made).toBeLessThanOrEqual(values.length);
    }),
  );
});

test('what was carried is the difference of two readings; a new session has carried all it has', () => {
  const first = new RateRound<string>(2, undefined);
  first.take(1, 10, 1000, () => 'a');
  first.take(2, 20, 100, () => 'b');
  expect(first.sums).toEqual({ sessions: 2, packets: 30, octets: 1100, untold: 0 });
  const second = new RateRound<string>(2, first.counters.buffer);
  second.take(1, 11, 1010, () => 'a');
  // Cleared in between.
  second.take(2, 0, 0, () => 'b');
  second.take(3, 5, 50, () => 'c');
  expect(second.sums).toEqual({ sessions: 3, packets: 6, octets: 60, untold: 0 });
  expect(second.highest('octets')).toEqual([
    { item: 'c', packets: 5, octets: 50 },
    { item: 'a', packets: 1, octets: 10 },
  ]);
});

/** Counters that are remembered, and the sessions that have carried most. */
import { Readable } from 'node:stream';
import fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import { SessionFilter } from '../../src/services/filter.ts';
import { RecordsThread } from '../../src/services/records/records-thread.ts';
import { CounterTable, Highest, RateRound, rankingOf } from '../../src/services/session-rates.ts';
import type { ServiceSession } from '../../src/services/session.ts';
import type { SelectOptions, SessionSource } from '../../src/services/source.ts';
import { startRouter } from '../support/router.ts';
import { importRecords } from '../support/service-router.ts';
import { flow, session } from '../support/service-sessions.ts';

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
      values.forEach((value, index) => highest.offer(value, () => index));
      const wanted = values.map((value, index) => ({ value, index })).toSorted((a, b) => b.value - a.value);
      expect(highest.items).toEqual(wanted.slice(0, max).map(({ index }) => index));
    }),
  );
});

test('of what is not among the highest nothing is made', () => {
  const highest = new Highest<number>(2);
  const made: number[] = [];
  for (const value of [5, 7, 5, 3, 6, 7])
    highest.offer(value, () => {
      made.push(value);
      return value;
    });
  expect(made).toEqual([5, 7, 6, 7]);
  expect(highest.items).toEqual([7, 7]);
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

test('sessions that there was no room to remember are counted, and have carried all they have each time', () => {
  const take = (before?: ArrayBuffer) => {
    const round = new RateRound<string>(3, before, 1);
    round.take(1, 10, 100, () => 'a');
    round.take(2, 20, 200, () => 'b');
    round.take(3, 30, 300, () => 'c');
    return round;
  };
  const first = take();
  expect(first.sums).toEqual({ sessions: 3, packets: 60, octets: 600, untold: 2 });
  expect(take(first.counters.buffer).sums).toEqual({ sessions: 3, packets: 50, octets: 500, untold: 2 });
});

describe('the ranking of stored sessions', () => {
  test('is made by their worker, which takes over the counters and gives new ones', async () => {
    const test = await startRouter();
    const record = (id: number, frames: number): object => ({
      'session-id': id,
      flow: [
        {
          protocol: 6,
          'source-address': '10.0.0.1',
          'destination-address': '10.0.0.2',
          'frame-count': frames,
          'byte-count': 10 * frames,
        },
      ],
    });
    await importRecords(test, [record(1, 5), record(2, 7)]);
    const { source } = test.router.services;
    const asked = vi.spyOn(RecordsThread.prototype, 'ask');
    const options = { filter: new SessionFilter({}), signal: new AbortController().signal, rows: 1 };
    const first = await source.rank({ ...options, before: undefined });
    expect(asked.mock.calls.map(([work]) => work)).toEqual(['rank']);
    expect(first.sums).toEqual({ sessions: 2, packets: 12, octets: 120, untold: 0 });
    expect(first.highest.packets).toMatchObject([{ item: { id: 2 }, packets: 7, octets: 70 }]);
    const before = first.counters;
    const second = await source.rank({ ...options, before });
    expect(before.byteLength).toBe(0);
    expect(second.sums).toMatchObject({ sessions: 2, packets: 0, octets: 0 });
  });
});

describe('the ranking of a source', () => {
  const both = (
    id: number,
    there: readonly [number, number],
    back: readonly [number, number],
  ): ServiceSession => {
    const counts = [there, back].map(([frames, octets]) => ({ frames, octets }));
    return session(
      [flow(6, '10.0.0.1:1', '10.0.0.2:2', counts[0]), flow(6, '10.0.0.2:2', '10.0.0.1:1', counts[1])],
      { id },
    );
  };
  const asked: SelectOptions[] = [];
  const sourceOf = (...batches: ServiceSession[][]): SessionSource =>
    ({
      select(options: SelectOptions) {
        asked.push(options);
        return Readable.from(batches);
      },
    }) as unknown as SessionSource;
  const options = {
    filter: new SessionFilter({ protocol: 6 }),
    signal: new AbortController().signal,
    rows: 1,
  };

  test('is by what both directions have carried since the ranking before, over all that match', async () => {
    const first = await rankingOf(sourceOf([both(1, [1, 10], [2, 20])], [both(2, [9, 5], [9, 5])]), {
      ...options,
      before: undefined,
    });
    expect(first.sums).toEqual({ sessions: 2, packets: 21, octets: 40, untold: 0 });
    expect(first.highest.octets.map(({ item, packets, octets }) => [item.id, packets, octets])).toEqual([
      [1, 3, 30],
    ]);
    expect(first.highest.packets.map(({ item }) => item.id)).toEqual([2]);
    expect(asked[0]).toMatchObject({ filter: options.filter, signal: options.signal, limit: undefined });
    const second = await rankingOf(sourceOf([both(1, [2, 11], [2, 20]), both(2, [9, 5], [9, 9])]), {
      ...options,
      before: first.counters,
    });
    expect(second.sums).toEqual({ sessions: 2, packets: 1, octets: 5, untold: 0 });
    expect(second.highest.octets.map(({ item }) => item.id)).toEqual([2]);
  });
});

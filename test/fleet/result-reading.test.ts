/** Results as they are read: rows of one path and time are one, and there are no more than were asked for and one. */
import type pg from 'pg';
import { expect, test } from 'vitest';
import { readResults } from '../../src/fleet/result-reading.ts';
import { DelaySketch } from '../../src/fleet/sketch.ts';

const HOUR_MILLIS = 3_600_000;

function sketchOf(...nanos: readonly number[]): Buffer {
  const sketch = new DelaySketch();
  for (const each of nanos) sketch.add(each);
  return Buffer.from(sketch.write(), 'base64');
}

const row = (hour: number, changes: object = {}) => ({
  ...{ node: 'a', connection: 'c1', session: 't1', target: null, spanSeconds: 3_600 },
  slotMillis: hour * HOUR_MILLIS,
  ...{ sent: 1, lost: 0, roundTrip: sketchOf(1e6), egress: sketchOf(), ingress: sketchOf() },
  ...changes,
});

/** A database that has these rows, page by page. */
function clientOf(rows: readonly object[]): pg.Client & { readonly fetched: () => number } {
  const left = [...rows];
  const query = (sql: string): Promise<{ readonly rows: readonly object[] }> => {
    const [, count] = /^FETCH (\d+) /.exec(sql) ?? [];
    return Promise.resolve({ rows: count === undefined ? [] : left.splice(0, Number(count)) });
  };
  return { query, fetched: () => rows.length - left.length } as unknown as ReturnType<typeof clientOf>;
}

const filter = { node: undefined, connection: undefined, session: undefined, sinceMillis: 0 };
const hours = Array.from({ length: 2_500 }, (_, hour) => row(hour));

test('rows of one path and time are merged, and the latest target is shown', async () => {
  const more = { target: '192.0.2.1', sent: 2, lost: 1, roundTrip: sketchOf(3e6) };
  const results = await readResults(clientOf([row(0), row(0, more), row(1)]), { ...filter, rowsMax: 10 });
  expect(results).toMatchObject([
    { slotMillis: 0, target: '192.0.2.1', sent: 3, lost: 1, roundTrip: { min: 1e6, mean: 2e6, max: 3e6 } },
    { slotMillis: HOUR_MILLIS, target: undefined, sent: 1, egress: undefined },
  ]);
});

test.each([0, 999, 1_000, 1_500, 2_499])('of more than %i, that many and one are given', async (rowsMax) => {
  const client = clientOf(hours);
  const results = await readResults(client, { ...filter, rowsMax });
  expect(results.map(({ slotMillis }) => slotMillis / HOUR_MILLIS)).toEqual(
    Array.from({ length: rowsMax + 1 }, (_, hour) => hour),
  );
  expect(client.fetched()).toBeLessThanOrEqual(rowsMax + 1_001);
});

test.each([2_500, 2_501])('of no more than %i, all', async (rowsMax) => {
  expect(await readResults(clientOf(hours), { ...filter, rowsMax })).toHaveLength(2_500);
});

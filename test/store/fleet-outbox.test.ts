/** What waits for the fleet's database: versions, bounds, and what is kept whatever happens. */
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import {
  OUTBOX_ROW_OCTETS,
  type FleetOutbox,
  type OutboxRow,
  type WaitingRow,
} from '../../src/store/fleet-outbox.ts';
import { openFleetOutbox } from '../../src/store/state-directory.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

const NOW = 1_795_000_000_000_000_000n;
const LARGE = 2 ** 30;

function open(file = join(temporaryDirectory(), 'fleet.db')): FleetOutbox {
  const outbox = openFleetOutbox(file);
  onTestFinished(() => outbox.close());
  return outbox;
}

const row = (key: string, content = '{}', changes: Partial<OutboxRow> = {}): OutboxRow => ({
  kind: 'twamp-session',
  key,
  content,
  ...changes,
});

const contents = (rows: readonly WaitingRow[]): readonly string[] => rows.map(({ content }) => content);

describe('rows', () => {
  test('wait in the order in which they were put; put again, one takes the place of the one before', () => {
    const outbox = open();
    outbox.put(
      [row('a', '1'), row('b', '2'), row('a', '3'), row('a', '4', { kind: 'audit' })],
      {},
      LARGE,
      NOW,
    );
    expect(contents(outbox.waiting(9, NOW))).toEqual(['2', '3', '4']);
    expect(contents(outbox.waiting(2, NOW))).toEqual(['2', '3']);
    expect(outbox.status).toMatchObject({ rows: 3, octets: 3 * (1 + OUTBOX_ROW_OCTETS) });
  });

  test('that were taken are gone; one that was put again meanwhile is not', () => {
    const outbox = open();
    outbox.put([row('a', '1'), row('b', '2')], {}, LARGE, NOW);
    const taken = outbox.waiting(9, NOW);
    outbox.put([row('a', '3')], {}, LARGE, NOW);
    outbox.forget(taken.map(({ version }) => version));
    expect(contents(outbox.waiting(9, NOW))).toEqual(['3']);
    expect(outbox.status).toMatchObject({ rows: 1, octets: 1 + OUTBOX_ROW_OCTETS });
  });

  test('have versions that grow: over a new start, a clock that was set back, and a file that was lost', () => {
    const file = join(temporaryDirectory(), 'fleet.db');
    const versions: number[] = [];
    const put = (outbox: FleetOutbox, nowNanos: bigint): void => {
      outbox.put([row('a')], {}, LARGE, nowNanos);
      versions.push(outbox.waiting(1, nowNanos)[0]!.version);
    };
    const first = open(file);
    put(first, NOW);
    put(first, NOW - 10n ** 15n);
    put(open(file), NOW);
    put(open(), NOW + 1_000_000n);
    expect(versions).toEqual(versions.toSorted((one, other) => one - other));
    expect(new Set(versions).size).toBe(4);
  });

  test('that are not due wait unseen', () => {
    const outbox = open();
    outbox.put([row('a', '1', { dueWallNanos: NOW + 1n, kind: 'result' })], {}, LARGE, NOW);
    expect(outbox.waiting(9, NOW)).toEqual([]);
    expect(outbox.dueAfter('result', NOW)).toEqual(['1']);
    expect(outbox.dueAfter('result', NOW + 1n)).toEqual([]);
    expect(contents(outbox.waiting(9, NOW + 1n))).toEqual(['1']);
  });

  test('that were refused are not offered again, and stay', () => {
    const outbox = open();
    outbox.put([row('a', '1'), row('b', '2')], {}, LARGE, NOW);
    outbox.refuse(outbox.waiting(1, NOW)[0]!.version);
    expect(contents(outbox.waiting(9, NOW))).toEqual(['2']);
    expect(outbox.status).toMatchObject({ rows: 2, refused: 1 });
  });
});

test('marks are kept with the rows, and counts over a new start', () => {
  const file = join(temporaryDirectory(), 'fleet.db');
  open(file).put([row('a', '12')], { audit: '7' }, LARGE, NOW);
  const again = open(file);
  expect(again.marks).toEqual({ audit: '7' });
  expect(again.status).toMatchObject({ rows: 1, octets: 2 + OUTBOX_ROW_OCTETS });
});

describe('a full outbox', () => {
  const size = 100 + OUTBOX_ROW_OCTETS;
  const padded = (name: string): string => name.padEnd(100, '.');

  test('at its limit drops nothing, over it the oldest samples', () => {
    const outbox = open();
    const names = Array.from({ length: 1_000 }, (_, index) => `s${index}`);
    const rows = names.map((name) => row(name, padded(name)));
    expect(outbox.put(rows, {}, 1_000 * size, NOW)).toBe(0);
    const dropped = outbox.put([row('late', padded('late'))], {}, 1_000 * size, NOW);
    expect(dropped).toBeGreaterThan(0);
    expect(outbox.status).toMatchObject({ rows: 1_001 - dropped, dropped });
    const left = contents(outbox.waiting(2_000, NOW));
    expect(left[0]).toBe(padded(`s${dropped}`));
    expect(left.at(-1)).toBe(padded('late'));
  });

  test('keeps commits and the record, however many', () => {
    const outbox = open();
    const kept = [row('c', padded('c'), { kind: 'commit' }), row('a', padded('a'), { kind: 'audit' })];
    const samples = ['twamp-session', 'result', 'service-count', 'ended-session'] as const;
    const others = samples.map((kind) => row('s', padded('s'), { kind }));
    expect(outbox.put([...kept, ...others], {}, size, NOW)).toBe(4);
    expect(contents(outbox.waiting(9, NOW))).toEqual([padded('c'), padded('a')]);
    outbox.put([row('s', padded('s'))], {}, size, NOW);
    expect(outbox.status).toMatchObject({ rows: 2, dropped: 5 });
  });
});

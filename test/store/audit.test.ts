/** The record in its file: pages, filters, quotas. */
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import {
  Audit,
  AUDIT_END,
  auditOrder,
  AUDIT_ROWS_MAX,
  auditTable,
  type AuditChange,
} from '../../src/store/audit.ts';
import { openDatabase } from '../../src/store/database.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

function open() {
  const file = join(temporaryDirectory(), 'router.db');
  const database = openDatabase(file, {
    synchronous: 'FULL',
    exclusive: true,
    migrations: [auditTable, auditOrder],
  });
  onTestFinished(() => void database.close());
  return { audit: new Audit(database), again: () => new Audit(database) };
}

const entry = (changes: Partial<AuditChange> = {}): AuditChange => ({
  id: undefined,
  kind: 'command',
  user: 'ada',
  way: 'ssh',
  address: '192.0.2.9:1',
  text: 'show version',
  result: 'done',
  firstWallNanos: 1_700_000_000_123_456_789n,
  lastWallNanos: 1_700_000_000_123_456_789n,
  count: 1,
  ...changes,
});

const END = AUDIT_END;

test('what was written is read, to the nanosecond, with its repeats', () => {
  const { audit } = open();
  expect(audit.write([entry(), entry({ user: 'bob', address: undefined })])).toEqual([1, 2]);
  audit.write([entry({ id: 1, count: 5, lastWallNanos: 1_700_000_001_000_000_001n })]);
  expect(audit.page({}, END, 10)).toEqual([
    { ...entry({ count: 6, lastWallNanos: 1_700_000_001_000_000_001n }), id: 1 },
    { ...entry({ user: 'bob', address: undefined }), id: 2 },
  ]);
});

describe('pages', () => {
  const fill = (audit: Audit) =>
    audit.write([
      entry({ kind: 'login', lastWallNanos: 10n }),
      entry({ user: 'bob', lastWallNanos: 20n }),
      entry({ lastWallNanos: 30n }),
      entry({ kind: 'logout', lastWallNanos: 40n }),
    ]);

  test.each([
    [{}, END, 10, [4, 3, 2, 1]],
    [{}, END, 2, [4, 3]],
    [{}, { lastWallNanos: 30n, id: 3 }, 2, [2, 1]],
    // Of the same time.
    [{}, { lastWallNanos: 30n, id: 4 }, 2, [3, 2]],
    [{ user: 'bob' }, END, 10, [2]],
    [{ kind: 'login' }, END, 10, [1]],
    [{ sinceWallNanos: 30n }, END, 10, [4, 3]],
    [{ user: 'ada', kind: 'command' }, END, 10, [3]],
  ] as const)('are what the filter leaves, from the newest: case %#', (filter, before, limit, ids) => {
    const { audit } = open();
    fill(audit);
    expect(audit.page(filter, before, limit).map(({ id }) => id)).toEqual(ids);
  });
});

test('a row stands where its last repeat belongs', () => {
  const { audit } = open();
  audit.write([entry({ lastWallNanos: 10n }), entry({ lastWallNanos: 20n }), entry({ lastWallNanos: 30n })]);
  audit.write([entry({ id: 1, lastWallNanos: 25n })]);
  const [latest, repeated] = audit.page({}, END, 2);
  expect([latest?.id, repeated?.id]).toEqual([3, 1]);
  expect(audit.page({}, repeated!, 2).map(({ id }) => id)).toEqual([2]);
});

test('each kind has a quota of its own, kept also by the next start', () => {
  const { audit, again } = open();
  const quota = AUDIT_ROWS_MAX.refusal;
  audit.write([entry({ kind: 'login' })]);
  audit.write(
    Array.from({ length: quota * 1.01 }, (_, index) => entry({ kind: 'refusal', text: `${index}` })),
  );
  const kept = (store: Audit) => store.page({ kind: 'refusal' }, END, 2 * quota);
  expect(kept(audit)).toHaveLength(quota * 1.01);
  const next = again();
  next.write([entry({ kind: 'refusal', text: 'last' })]);
  expect(kept(next)).toHaveLength(quota);
  expect(kept(next)[0]?.text).toBe('last');
  expect(next.page({ kind: 'login' }, END, 10)).toHaveLength(1);
});

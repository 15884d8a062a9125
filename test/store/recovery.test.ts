/** Files that are damaged: what is told, what is kept aside, what is saved, and what cannot be lost. */
import { copyFileSync, existsSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Sqlite } from '../../src/store/sqlite.ts';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { AuditChange } from '../../src/store/audit.ts';
import { openState, type State } from '../../src/store/state-directory.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

function open(directory: string): State {
  const state = openState(directory);
  onTestFinished(() => state.close());
  return state;
}

const AUDIT_ROWS = 2_000;

/** A state in which every file has something; its configurations are `r1` to `r9`. */
function filled(): string {
  const directory = temporaryDirectory();
  const state = openState(directory);
  for (let number = 1; number <= 9; number += 1)
    state.revisions.append({
      wallNanos: BigInt(number),
      user: 'ada',
      via: 'cli',
      comment: undefined,
      text: `r${number}`,
    });
  const change: AuditChange = {
    ...{ id: undefined, kind: 'command', firstWallNanos: 1n, lastWallNanos: 1n, count: 1 },
    ...{ user: 'ada', way: 'ssh', address: '192.0.2.1:22', text: 'show version', result: 'done' },
  };
  state.audit.write(
    Array.from({ length: AUDIT_ROWS }, (_, at) => ({ ...change, lastWallNanos: BigInt(at) })),
  );
  state.sessions.nextConnectionId();
  state.close();
  return directory;
}

function overwrite(file: string, at: number, octets: number): void {
  const content = readFileSync(file);
  content.fill(0xa5, at, Math.min(content.length, at + octets));
  writeFileSync(file, content);
}

const PAGE = 4096;

const damages: Readonly<Record<string, (file: string) => void>> = {
  'its header': (file) => overwrite(file, 0, 20),
  'its first page': (file) => overwrite(file, 0, PAGE),
  'all but its beginning': (file) => overwrite(file, PAGE, 2 ** 30),
  'cut short': (file) => truncateSync(file, PAGE + 100),
};

describe.each(Object.keys(damages))('%s', (kind) => {
  // What is behind the beginning of services.db is read when somebody asks for it.
  const names = ['router.db', 'sessions.db', ...(kind === 'all but its beginning' ? [] : ['services.db'])];
  test.each(names)('%s', (name) => {
    const directory = filled();
    const file = join(directory, name);
    damages[kind]!(file);
    const before = readFileSync(file);
    const state = openState(directory);
    const [notice, ...others] = state.notices;
    expect(others).toEqual([]);
    expect(notice).toMatchObject({ code: 'damaged', file });
    expect(readFileSync((notice as { keptAs: string }).keptAs)).toEqual(before);
    // Whatever has become of router.db, what is in force is what was committed last.
    expect(state.revisions.latest()?.text).toBe('r9');
    state.revisions.append({ wallNanos: 10n, user: 'ada', via: 'cli', comment: undefined, text: 'r10' });
    state.sessions.nextConnectionId();
    state.close();
    const next = open(directory);
    expect([next.notices, next.revisions.latest()?.number]).toEqual([[], 10]);
  });
});

test('a header alone costs nothing of what is behind it', () => {
  const directory = filled();
  damages['its header']!(join(directory, 'router.db'));
  const state = open(directory);
  expect(state.notices[0]).toMatchObject({ broken: [], inForce: { number: 9 } });
  expect(state.revisions.list()).toHaveLength(9);
  expect(state.audit.page({}, { lastWallNanos: 10n ** 9n, id: 0 }, 10_000)).toHaveLength(AUDIT_ROWS);
});

test('a page in the middle costs its rows: the next start saves those on both sides', () => {
  const directory = filled();
  const file = join(directory, 'router.db');
  const database = new Sqlite(file);
  database.pragma('wal_checkpoint(TRUNCATE)');
  const pages = database
    .prepare<[], number>(`SELECT pageno FROM dbstat WHERE name = 'audit' AND pagetype = 'leaf' ORDER BY path`)
    .pluck()
    .all();
  database.close();
  overwrite(file, (pages[Math.floor(pages.length / 2)]! - 1) * PAGE, PAGE);
  // What needs that page tells it …
  const state = openState(directory);
  expect(state.notices).toEqual([]);
  expect(() => state.audit.page({}, { lastWallNanos: 10n ** 9n, id: 0 }, 10_000)).toThrow('corrupt');
  state.close();
  // … and has the next start see to it.
  const next = open(directory);
  expect(next.notices[0]).toMatchObject({ code: 'damaged', broken: ['audit'], inForce: { number: 9 } });
  const saved = next.audit
    .page({}, { lastWallNanos: 10n ** 9n, id: 0 }, 10_000)
    .map(({ lastWallNanos }) => lastWallNanos);
  expect(saved.length).toBeGreaterThan(AUDIT_ROWS * 0.8);
  expect(saved.length).toBeLessThan(AUDIT_ROWS);
  expect(saved).toContain(0n);
  expect(saved).toContain(BigInt(AUDIT_ROWS - 1));
});

test('a revision that is not what was committed is never in force', () => {
  const directory = filled();
  const file = join(directory, 'router.db');
  const database = new Sqlite(file);
  database.exec(`UPDATE revisions SET text = 'r0' WHERE number = 9`);
  database.close();
  const { notices, revisions } = open(directory);
  expect(notices[0]).toMatchObject({ code: 'damaged', broken: ['revisions'] });
  expect(revisions.latest()).toMatchObject({ number: 9, text: 'r9' });
});

test('without a copy of it, what is in force is the latest that can be read', () => {
  const directory = filled();
  rmSync(join(directory, 'last-commit.json'));
  const database = new Sqlite(join(directory, 'router.db'));
  database.exec(`UPDATE revisions SET text = 'r0' WHERE number = 9`);
  database.close();
  const { notices, revisions } = open(directory);
  expect(notices[0]).toMatchObject({ inForce: { number: 8 } });
  expect(revisions.latest()?.text).toBe('r8');
});

test('a copy that is not what was written says nothing', () => {
  const directory = filled();
  const copy = join(directory, 'last-commit.json');
  writeFileSync(copy, readFileSync(copy, 'utf8').replace('r9', 'rX'));
  overwrite(join(directory, 'router.db'), 0, PAGE);
  const { notices, revisions } = open(directory);
  expect(notices[0]).toMatchObject({ code: 'damaged', inForce: null });
  expect(revisions.latest()).toBeUndefined();
});

describe('without an octet', () => {
  test('router.db: what was committed last is in force', () => {
    const directory = filled();
    const file = join(directory, 'router.db');
    truncateSync(file, 0);
    const { notices, revisions } = open(directory);
    expect(notices).toMatchObject([
      { code: 'empty', file },
      { code: 'revision-restored', revision: { number: 9, user: 'ada' } },
    ]);
    expect(revisions.latest()).toMatchObject({ number: 9, text: 'r9' });
  });

  test.each(['sessions.db', 'services.db'])('%s: told', (name) => {
    const directory = filled();
    const file = join(directory, name);
    truncateSync(file, 0);
    expect(open(directory).notices).toEqual([{ code: 'empty', file }]);
  });
});

test('what a broken write-ahead log has lost is told, and what is still to come of it comes', () => {
  const directory = filled();
  const file = join(directory, 'router.db');
  const before = `${file}.before`;
  copyFileSync(file, before);
  const state = openState(directory);
  const base = { kind: 'confirmed', dueWallNanos: 20n, sinceWallNanos: 10n, comment: undefined } as const;
  const committer = { user: 'bob', configured: true, role: undefined };
  const pending = [{ ...base, committer, base: 'r9', text: 'r10' }];
  state.revisions.append({ wallNanos: 10n, user: 'bob', via: 'cli', comment: 'new', text: 'r10' }, pending);
  state.close();
  // As SQLite leaves it when nothing in the log is right.
  copyFileSync(before, file);
  writeFileSync(`${file}-wal`, Buffer.alloc(50_000, 0xa5));
  const { notices, revisions } = open(directory);
  expect(notices).toMatchObject([{ code: 'revision-restored', revision: { number: 10, user: 'bob' } }]);
  expect(revisions.latest()).toMatchObject({ number: 10, text: 'r10', comment: 'new' });
  expect(revisions.pending).toEqual(pending);
});

test('a damaged file that another process has open stays where it is', () => {
  const directory = filled();
  const owner = open(directory);
  expect(owner.notices).toEqual([]);
  const file = join(directory, 'router.db');
  writeFileSync(`${file}.suspect`, '');
  expect(() => openState(directory)).toThrow('in-use');
  expect(existsSync(file)).toBe(true);
  expect(owner.revisions.latest()?.number).toBe(9);
});

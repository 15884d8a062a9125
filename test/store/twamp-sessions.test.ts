/** Tests of TWAMP sessions in the store. */
import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { Sqlite } from '../../src/store/sqlite.ts';
import fc from 'fast-check';
import { describe, expect, onTestFinished, test } from 'vitest';
import { openDatabase, StoreError } from '../../src/store/database.ts';
import { RESERVED_IDENTIFIERS } from '../../src/store/identifiers.ts';
import { openState, SESSIONS_FILE, sessionsMigrations } from '../../src/store/state-directory.ts';
import {
  KNOWN_ENDED_ROWS_MAX,
  LEFTOVER_REASON,
  TWAMP_ENDED_ROWS_MAX,
  TWAMP_PAGE_ROWS,
  TwampSessions,
  type TwampFilter,
  type TwampRow,
  type TwampState,
} from '../../src/store/twamp-sessions.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

function sessionsIn(directory: string): TwampSessions {
  const state = openState(directory);
  onTestFinished(() => state.close());
  return state.sessions;
}

const NOW = 1_763_829_600_123_456_789n;

const control: TwampRow = {
  type: 'control',
  role: 'server',
  vrf: 'default',
  connectionId: 100,
  sessionId: undefined,
  localAddress: '1.2.3.4',
  localPort: 1000,
  remoteAddress: '1.1.1.1',
  remotePort: 862,
  startedWallNanos: NOW,
  endedWallNanos: undefined,
  endReason: undefined,
  sid: undefined,
  mode: 'unauthenticated',
  received: 123,
  sent: 345,
  dropped: 0,
  duplicates: 0,
  reordered: 0,
  lastSequenceReceived: undefined,
  lastSequenceSent: undefined,
  details: undefined,
};

const data: TwampRow = {
  ...control,
  type: 'data',
  sessionId: 806,
  localPort: 3311,
  remotePort: 2211,
  sid: '7f000001eead240e5c1ffb483335d277',
  lastSequenceReceived: 122,
  lastSequenceSent: 344,
  details: {
    dropped: { malformed: 0, 'wrong-source': 0 },
    stamps: 'kernel',
    kernelDrops: 3,
    pacing: { p50Nanos: 900, p99Nanos: 60_000, maxNanos: 71_234.5, late: 1 },
  },
};

const rowsOf = (sessions: TwampSessions, which: TwampState, filter: TwampFilter = {}) => [
  ...sessions.select(filter, which),
];

describe('life of a row', () => {
  test('inserted: live, and read back as it was', () => {
    const sessions = sessionsIn(temporaryDirectory());
    sessions.insert(control);
    sessions.insert(data);
    expect(rowsOf(sessions, 'live')).toEqual([control, data]);
    expect(rowsOf(sessions, 'ended')).toEqual([]);
  });

  test('checkpointed: new counters and nothing else', () => {
    const sessions = sessionsIn(temporaryDirectory());
    sessions.insert(control);
    sessions.insert(data);
    const grown = {
      ...data,
      received: 200,
      sent: 199,
      dropped: 1,
      duplicates: 2,
      reordered: 3,
      lastSequenceSent: 400,
      details: { dropped: { malformed: 1, 'wrong-source': 0 }, stamps: 'user-space' },
    } as const;
    sessions.checkpoint([{ ...control, received: 5 }, { ...grown, vrf: 'other' } as TwampRow]);
    expect(rowsOf(sessions, 'live')).toEqual([{ ...control, received: 5 }, grown]);
  });

  test('ended: with its final counters, which a late checkpoint does not touch', () => {
    const sessions = sessionsIn(temporaryDirectory());
    sessions.insert(data);
    sessions.end({ ...data, received: 500 }, NOW + 1n, 'stopped');
    sessions.checkpoint([{ ...data, received: 1 }]);
    sessions.end({ ...data, received: 2 }, NOW + 2n, 'again');
    expect(rowsOf(sessions, 'live')).toEqual([]);
    expect(rowsOf(sessions, 'ended')).toEqual([
      { ...data, received: 500, endedWallNanos: NOW + 1n, endReason: 'stopped' },
    ]);
  });

  test('left live by a process that died: ended at the next start, with its last checkpoint', () => {
    const directory = temporaryDirectory();
    const before = openState(directory);
    before.sessions.insert(control);
    before.sessions.insert(data);
    before.sessions.insert({ ...data, sessionId: 807 });
    before.sessions.end({ ...data, sessionId: 807 }, NOW + 1n, 'stopped');
    before.close();
    const sessions = sessionsIn(directory);
    expect(sessions.endLeftovers(NOW + 5n)).toBe(2);
    expect(sessions.endLeftovers(NOW + 6n)).toBe(0);
    expect(rowsOf(sessions, 'live')).toEqual([]);
    expect(
      rowsOf(sessions, 'ended').map(({ endedWallNanos, endReason }) => [endedWallNanos, endReason]),
    ).toEqual([
      [NOW + 5n, LEFTOVER_REASON],
      [NOW + 5n, LEFTOVER_REASON],
      [NOW + 1n, 'stopped'],
    ]);
  });

  test('a type that contradicts the key is refused', () => {
    const sessions = sessionsIn(temporaryDirectory());
    for (const wrong of [
      { ...data, sessionId: undefined },
      { ...control, sessionId: 1 },
    ]) {
      sessions.insert(wrong);
      expect(() => sessions.flush()).toThrow('CHECK constraint failed');
    }
    sessions.insert(control);
    expect(rowsOf(sessions, 'live')).toEqual([control]);
  });
});

describe('writing behind', () => {
  /** A store, and a reader of the file of its own. */
  function watched(): { sessions: TwampSessions; directory: string; inFile: () => unknown[] } {
    const directory = temporaryDirectory();
    const sessions = sessionsIn(directory);
    const file = new Sqlite(join(directory, SESSIONS_FILE), { readonly: true });
    onTestFinished(() => void file.close());
    const rows = file.prepare('SELECT session_id, end_reason FROM twamp_sessions ORDER BY 1').raw();
    return { sessions, directory, inFile: () => rows.all() };
  }

  test('nothing is in the file before a flush, and everything after', () => {
    const { sessions, inFile } = watched();
    sessions.insert(control);
    sessions.insert(data);
    sessions.end(data, NOW, 'stopped');
    expect(inFile()).toEqual([]);
    sessions.flush();
    expect(inFile()).toEqual([
      [0, null],
      [806, 'stopped'],
    ]);
    sessions.end(control, NOW, 'connection-closed');
    sessions.flush();
    expect(inFile()).toEqual([
      [0, 'connection-closed'],
      [806, 'stopped'],
    ]);
  });

  test('a checkpoint is of rows that were only noted, too', () => {
    const { sessions, inFile } = watched();
    sessions.insert(data);
    sessions.checkpoint([{ ...data, received: 200 }]);
    expect(inFile()).toHaveLength(1);
    expect(rowsOf(sessions, 'live')).toEqual([{ ...data, received: 200 }]);
  });

  test('a process that dies before a flush leaves the file whole, and its ids are not given again', () => {
    const { sessions, directory } = watched();
    expect([sessions.nextConnectionId(), sessions.nextConnectionId()]).toEqual([1, 2]);
    sessions.insert(control);
    sessions.flush();
    sessions.insert(data);
    // A copy of what is on the disk now is what its successor would find.
    const left = temporaryDirectory();
    cpSync(directory, left, { recursive: true });
    const next = sessionsIn(left);
    expect(next.endLeftovers(NOW)).toBe(1);
    expect(rowsOf(next, 'ended').map(({ sessionId }) => sessionId)).toEqual([undefined]);
    expect(next.nextConnectionId()).toBe(RESERVED_IDENTIFIERS + 1);
    expect(next.nextSessionId()).toBe(1);
  });

  test('identifiers run on where what was reserved has been used up', () => {
    const { sessions } = watched();
    const given = Array.from({ length: 2 * RESERVED_IDENTIFIERS + 1 }, () => sessions.nextSessionId());
    expect(given).toEqual(given.map((_, index) => index + 1));
  });

  test('a full disk keeps what was noted, refuses new rows, and still reads', () => {
    const database = openDatabase(join(temporaryDirectory(), SESSIONS_FILE), {
      synchronous: 'NORMAL',
      exclusive: false,
      migrations: sessionsMigrations,
    });
    onTestFinished(() => void database.close());
    const sessions = new TwampSessions(database);
    sessions.insert(control);
    sessions.flush();
    const pages = database.pragma('max_page_count', { simple: true }) as number;
    database.pragma('max_page_count = 1');
    const sids = Array.from({ length: 1000 }, (_, index) => 1000 + index);
    for (const sessionId of sids) sessions.insert({ ...data, sessionId });
    expect(() => sessions.flush()).toThrow(StoreError);
    expect(() => sessions.insert(data)).toThrow(StoreError);
    sessions.end(control, NOW, 'stopped');
    expect(rowsOf(sessions, 'live')).toEqual([control]);

    database.pragma(`max_page_count = ${pages}`);
    sessions.insert(data);
    expect(rowsOf(sessions, 'live')).toHaveLength(1 + sids.length);
    expect(rowsOf(sessions, 'ended')).toHaveLength(1);
  });
});

test('identifiers count up from 1 each on its own, and go on after a restart', () => {
  const directory = temporaryDirectory();
  const before = openState(directory);
  expect([before.sessions.nextConnectionId(), before.sessions.nextConnectionId()]).toEqual([1, 2]);
  expect(before.sessions.nextSessionId()).toBe(1);
  before.close();
  const sessions = sessionsIn(directory);
  expect(sessions.nextConnectionId()).toBe(3);
  expect(sessions.nextSessionId()).toBe(2);
});

describe('select', () => {
  const few = <T>(...values: T[]) => fc.constantFrom(...values);
  const address = few('1.2.3.4', '1.1.1.1', '2001:db8::1');
  const port = few(862, 1000, 2000);
  const instant = few(1n, NOW, NOW + 1n);
  const anyRow: fc.Arbitrary<TwampRow> = fc
    .record({
      vrf: few('default', 'blue', 'Red'),
      connectionId: few(undefined, 1, 2, 10),
      sessionId: few(undefined, 1, 2, 3, 20),
      localAddress: address,
      localPort: port,
      remoteAddress: address,
      remotePort: port,
      startedWallNanos: instant,
    })
    .filter(({ connectionId, sessionId }) => connectionId !== undefined || sessionId !== undefined)
    .map((keys) => ({ ...control, ...keys, type: keys.sessionId === undefined ? 'control' : 'data' }));
  const end = fc.record({ address }).chain((plain) =>
    fc.oneof(
      fc.constant(plain),
      port.map((value) => ({ ...plain, port: value })),
    ),
  );
  const wishes: fc.Arbitrary<Required<TwampFilter>> = fc.record({
    type: few('control', 'data'),
    vrf: few('default', 'blue'),
    connectionId: few(1, 2),
    sessionId: few(1, 20),
    local: end,
    remote: end,
    sinceWallNanos: instant,
  });
  const columns = [
    'type',
    'vrf',
    'connectionId',
    'sessionId',
    'local',
    'remote',
    'sinceWallNanos',
  ] as const satisfies readonly (keyof TwampFilter)[];
  /** Of few columns: hardly a row would pass by more, and a search that finds nothing proves nothing. */
  const anyFilter: fc.Arbitrary<TwampFilter> = fc
    .tuple(wishes, fc.subarray([...columns], { maxLength: 2 }))
    .map(([wanted, asked]) => Object.fromEntries(asked.map((column) => [column, wanted[column]])));

  const passes = (row: TwampRow, filter: TwampFilter): boolean =>
    (filter.sinceWallNanos ?? 0n) <= row.startedWallNanos &&
    [
      [filter.type, row.type],
      [filter.vrf, row.vrf],
      [filter.connectionId, row.connectionId],
      [filter.sessionId, row.sessionId],
      [filter.local?.address, row.localAddress],
      [filter.local?.port, row.localPort],
      [filter.remote?.address, row.remoteAddress],
      [filter.remote?.port, row.remotePort],
    ].every(([wanted, actual]) => wanted === undefined || wanted === actual);

  const inDisplayOrder = (a: TwampRow, b: TwampRow): number =>
    (a.vrf < b.vrf ? -1 : Number(a.vrf > b.vrf)) ||
    (a.connectionId ?? 0) - (b.connectionId ?? 0) ||
    (a.sessionId ?? 0) - (b.sessionId ?? 0);

  test('any filter finds what a naive search finds, in display order', () => {
    const database = join(temporaryDirectory(), 'state');
    const sessions = sessionsIn(database);
    const emptied = new Sqlite(join(database, SESSIONS_FILE));
    onTestFinished(() => void emptied.close());
    const rows = fc.uniqueArray(anyRow, {
      selector: ({ connectionId, sessionId }) => `${connectionId} ${sessionId ?? ''}`,
      maxLength: 15,
    });
    fc.assert(
      fc.property(rows, anyFilter, fc.func(fc.boolean()), (all, filter, isEnded) => {
        emptied.exec('DELETE FROM twamp_sessions');
        for (const row of all) sessions.insert(row);
        const ended = all.filter((row) => isEnded(row.connectionId, row.sessionId));
        for (const row of ended) sessions.end(row, NOW, 'stopped');
        const live = all.filter((row) => !ended.includes(row));
        const found = (from: TwampRow[]) => from.filter((row) => passes(row, filter)).sort(inDisplayOrder);
        expect(rowsOf(sessions, 'live', filter)).toEqual(found(live));
        expect(rowsOf(sessions, 'ended', filter)).toEqual(
          found(ended).map((row) => ({ ...row, endedWallNanos: NOW, endReason: 'stopped' })),
        );
      }),
      { numRuns: 60 },
    );
  });

  test.each([TWAMP_PAGE_ROWS - 1, TWAMP_PAGE_ROWS, TWAMP_PAGE_ROWS + 1, 2 * TWAMP_PAGE_ROWS])(
    '%d rows, each once',
    (count) => {
      const sessions = sessionsIn(temporaryDirectory());
      for (let sessionId = 1; sessionId <= count; sessionId++) sessions.insert({ ...data, sessionId });
      expect(rowsOf(sessions, 'live').map(({ sessionId }) => sessionId)).toEqual(
        Array.from({ length: count }, (_, index) => index + 1),
      );
    },
  );

  test('rows may be written while a reader stands between two rows', () => {
    const sessions = sessionsIn(temporaryDirectory());
    for (let sessionId = 1; sessionId <= TWAMP_PAGE_ROWS + 1; sessionId++)
      sessions.insert({ ...data, sessionId });
    const reader = sessions.select({}, 'live');
    reader.next();
    sessions.insert({ ...data, sessionId: TWAMP_PAGE_ROWS + 2 });
    expect([...reader].at(-1)?.sessionId).toBe(TWAMP_PAGE_ROWS + 2);
  });
});

const knownIn = (sessions: TwampSessions, ...wish: Parameters<TwampSessions['known']>): readonly string[] =>
  sessions.known(...wish).map(({ text }) => text);

test('known identifiers tell whose they are', () => {
  const sessions = sessionsIn(temporaryDirectory());
  sessions.insert(control);
  sessions.insert({ ...data, sessionId: 9, remoteAddress: '2001:db8::1' });
  expect(sessions.known('session-id', '', 9)).toEqual([{ text: '9', help: `${data.role}, 2001:db8::1` }]);
  expect(sessions.known('vrf', '', 9)).toEqual([{ text: control.vrf, help: '' }]);
});

test('known values are distinct, in their own order, begin as asked, and are no more than asked', () => {
  const sessions = sessionsIn(temporaryDirectory());
  sessions.insert(control);
  sessions.insert({ ...data, sessionId: 9 });
  sessions.insert({ ...data, sessionId: 10, vrf: 'blue', remoteAddress: '2001:db8::1' });
  sessions.insert({ ...data, sessionId: 11, localAddress: '9.9.9.9' });
  sessions.end({ ...data, sessionId: 11 }, NOW, 'stopped');
  expect(knownIn(sessions, 'vrf', '', 9)).toEqual(['blue', 'default']);
  expect(knownIn(sessions, 'connection-id', '', 9)).toEqual(['100']);
  expect(knownIn(sessions, 'session-id', '', 9)).toEqual(['9', '10', '11']);
  expect(knownIn(sessions, 'session-id', '1', 9)).toEqual(['10', '11']);
  expect(knownIn(sessions, 'session-id', '', 2)).toEqual(['9', '10']);
  expect(knownIn(sessions, 'remote-address', '', 9)).toEqual(['1.1.1.1', '2001:db8::1']);
  expect(knownIn(sessions, 'remote-address', '%', 9)).toEqual([]);
  expect(knownIn(sessions, 'local-address', '9', 9)).toEqual(['9.9.9.9']);
});

test(`${TWAMP_ENDED_ROWS_MAX} ended rows are kept, and one more drops the one that ended first`, () => {
  const directory = temporaryDirectory();
  openState(directory).close();
  const file = new Sqlite(join(directory, SESSIONS_FILE));
  // Connection 2 ended first, connection 1 last.
  file.exec(`
    WITH RECURSIVE n (i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < ${TWAMP_ENDED_ROWS_MAX - 1})
    INSERT INTO twamp_sessions
    SELECT i, 0, 'control', 'server', 'default', '1.2.3.4', 1, '1.1.1.1', 2, 1,
      iif(i = 1, ${TWAMP_ENDED_ROWS_MAX}, i), 'stopped', NULL, 'unauthenticated', 0, 0, 0, 0, 0, NULL, NULL, NULL
    FROM n`);
  file.close();
  const sessions = sessionsIn(directory);
  /** Of the ended rows. */
  const connections = (): number[] => {
    sessions.flush();
    const rows = new Sqlite(join(directory, SESSIONS_FILE), { readonly: true });
    const ids = rows.prepare<[], number>(
      'SELECT connection_id FROM twamp_sessions WHERE ended_wall_nanos IS NOT NULL ORDER BY 1',
    );
    const found = ids.pluck().all();
    rows.close();
    return found;
  };
  for (const connectionId of [200_001, 200_002, 200_003]) sessions.insert({ ...control, connectionId });

  sessions.end({ ...control, connectionId: 200_001 }, NOW, 'stopped');
  expect(connections()).toHaveLength(TWAMP_ENDED_ROWS_MAX);
  expect(connections().slice(0, 2)).toEqual([1, 2]);

  sessions.end({ ...control, connectionId: 200_002 }, NOW, 'stopped');
  expect(connections()).toHaveLength(TWAMP_ENDED_ROWS_MAX);
  expect(connections().slice(0, 2)).toEqual([1, 3]);

  sessions.insert({ ...control, connectionId: 200_004, endedWallNanos: NOW, endReason: 'stopped' });
  expect(connections()).toHaveLength(TWAMP_ENDED_ROWS_MAX);
  expect(connections().slice(0, 2)).toEqual([1, 4]);

  sessions.endLeftovers(NOW);
  expect(connections()).toHaveLength(TWAMP_ENDED_ROWS_MAX);
  expect(connections().slice(0, 2)).toEqual([1, 5]);
});

test('values of KNOWN_ENDED_ROWS_MAX ended rows are known, those that ended last, and of every live one', () => {
  const sessions = sessionsIn(temporaryDirectory());
  sessions.insert({ ...control, connectionId: 1 });
  for (let id = 2; id <= KNOWN_ENDED_ROWS_MAX + 2; id += 1)
    sessions.insert({ ...control, connectionId: id, endedWallNanos: BigInt(id), endReason: 'stopped' });
  expect(knownIn(sessions, 'connection-id', '', 3)).toEqual(['1', '3', '4']);
  expect(sessions.known('connection-id', '', 1e9)).toHaveLength(KNOWN_ENDED_ROWS_MAX + 1);
});

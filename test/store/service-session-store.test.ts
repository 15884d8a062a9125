/** Tests of stored service sessions: groups, searches, what is added and removed, imports, and plans of what is asked often. */
import { Sqlite } from '../../src/store/sqlite.ts';
import type { Database } from '../../src/store/database.ts';
import { beforeEach, describe, expect, it } from 'vitest';
import { BLOCK_SESSIONS, blockColumns } from '../../src/store/service-block.ts';
import { serviceMigrations } from '../../src/store/service-migrations.ts';
import {
  SERVICE_PAGE_BLOCKS,
  ServiceSessionStore,
  type FlowQuery,
  type ServiceQuery,
  type StoredSession,
} from '../../src/store/service-session-store.ts';

let database: Database;
let store: ServiceSessionStore;
beforeEach(() => {
  database = new Sqlite(':memory:');
  for (const migration of serviceMigrations)
    if (typeof migration === 'string') database.exec(migration);
    else migration(database);
  store = new ServiceSessionStore(database);
});

const anyFlow: FlowQuery = {
  protocol: undefined,
  source: undefined,
  sourcePort: undefined,
  destination: undefined,
  destinationPort: undefined,
};

const query = (flow: Partial<FlowQuery> = {}, rest: Partial<ServiceQuery> = {}): ServiceQuery => ({
  state: 'live',
  flow: { ...anyFlow, ...flow },
  algs: undefined,
  application: undefined,
  protocolsWithoutAlg: [],
  ...rest,
});

function session(id: number, changes: Partial<StoredSession> = {}): StoredSession {
  return {
    id,
    aggregate: '',
    interface: 'ms-0/0/0',
    serviceSet: 'ss',
    flags: 0,
    alg: 'none',
    application: undefined,
    ipAction: false,
    offload: false,
    asymmetric: undefined,
    nat: undefined,
    startedWallNanos: undefined,
    endedWallNanos: undefined,
    flows: [
      {
        protocol: 6,
        source: 0x0a000000 + id,
        sourcePort: 1024 + (id % 60_000),
        destination: 0xcb007100 + (id % 256),
        destinationPort: 443,
        state: 'Forward',
        direction: 'I',
        role: 'initiator',
        frames: 1,
        octets: 40,
        timeoutSeconds: 30,
      },
    ],
    ...changes,
  };
}

const group = { aggregate: '', interface: 'ms-0/0/0', serviceSet: 'ss' };

/** All keys, however many pages that takes. */
function found(asked: ServiceQuery): number[] {
  const keys: number[] = [];
  let next: number | undefined;
  do {
    const page = store.search(asked, group, next);
    keys.push(...page.keys);
    next = page.next;
  } while (next !== undefined);
  return keys;
}

const numbers = (from: number, count: number): number[] =>
  Array.from({ length: count }, (_, at) => from + at);

it('what was stored comes back as it was', () => {
  const [ipv4, ipv6] = [
    session(1, { asymmetric: true, nat: '{"a":1}', startedWallNanos: 1_795_337_478_153_388_001n }),
    session(2 ** 48, {
      flows: [
        {
          ...session(1).flows[0]!,
          source: Buffer.from('20010db8000000000000000000000001', 'hex'),
          sourcePort: undefined,
          timeoutSeconds: undefined,
          frames: 2 ** 53 - 1,
        },
      ],
    }),
  ];
  store.insert([ipv4, ipv6], undefined);
  expect(store.load([1, 2])).toEqual([ipv4, ipv6]);
  expect(store.load([2, 1])).toEqual([ipv6, ipv4]);
});

it('groups are those of the state that is asked for', () => {
  store.insert(
    [
      session(1),
      session(2, { serviceSet: 'zz' }),
      session(3, { interface: 'mams-5/0/0', aggregate: 'ams0' }),
      session(4, { serviceSet: 'old', endedWallNanos: 5n }),
    ],
    undefined,
  );
  expect(store.groups('live')).toEqual([
    group,
    { ...group, serviceSet: 'zz' },
    { aggregate: 'ams0', interface: 'mams-5/0/0', serviceSet: 'ss' },
  ]);
  expect(store.groups('ended')).toEqual([{ ...group, serviceSet: 'old' }]);
  expect(store.sizes('live')).toEqual(store.groups('live').map((each) => ({ ...each, sessions: 1 })));
});

const COUNT = SERVICE_PAGE_BLOCKS * BLOCK_SESSIONS + 1000;

/** `count` from the first id on. */
const insert = (
  from: number,
  count: number,
  importKey?: number,
  changes: Partial<StoredSession> = {},
): void =>
  store.insert(
    numbers(from, count).map((id) => session(id, changes)),
    importKey,
  );

describe('searches', () => {
  it('find all, block by block, in order', () => {
    insert(1, COUNT);
    expect(store.search(query(), group).keys).toEqual(numbers(1, BLOCK_SESSIONS));
    expect(found(query())).toEqual(numbers(1, COUNT));
  });

  it('look at so many blocks at the most, and go on behind them', () => {
    insert(1, COUNT);
    const asked = query({ source: [0x0a000000 + COUNT, 0x0a000000 + COUNT] });
    const next = SERVICE_PAGE_BLOCKS * BLOCK_SESSIONS;
    expect(store.search(asked, group)).toEqual({ keys: [], next });
    expect(found(asked)).toEqual([COUNT]);
  });

  it('begin behind a key in the middle of a block', () => {
    insert(1, 20);
    expect(store.search(query({ protocol: 6 }), group, 17).keys).toEqual([18, 19, 20]);
  });

  it('find nothing in a group that is none', () => {
    insert(1, 1);
    expect(store.search(query(), { ...group, serviceSet: 'other' })).toEqual({ keys: [], next: undefined });
    expect(store.search(query({}, { state: 'ended' }), group)).toEqual({ keys: [], next: undefined });
  });

  it('by application find names in any case, and protocols without ALG', () => {
    store.insert(
      [
        session(1, { alg: 'DNS' }),
        session(2, { alg: '0' }),
        session(3, { application: 'dns' }),
        session(4, { alg: 'ftp' }),
      ],
      undefined,
    );
    expect(found(query({}, { algs: ['dns', '16'], application: 'dns' }))).toEqual([1, 3]);
    expect(found(query({}, { algs: ['tcp'], application: 'tcp', protocolsWithoutAlg: [6] }))).toEqual([2, 3]);
  });
});

const countOf = (table: string): unknown => database.prepare(`SELECT count(*) FROM ${table}`).pluck().get();

describe('what is recorded', () => {
  it('fills up the last block of its group, and then the next', () => {
    insert(1, 1000);
    insert(1001, 20);
    expect(countOf('service_blocks')).toBe(1);
    insert(1021, 10);
    expect(countOf('service_blocks')).toBe(2);
    insert(1031, 1, undefined, { serviceSet: 'other' });
    insert(1032, 5);
    expect(found(query())).toEqual([...numbers(1, 1030), ...numbers(1032, 5)]);
    expect(found(query({ sourcePort: 1024 + 1033 }))).toEqual([1033]);
  });

  it('does not go into the block of an import', () => {
    const key = store.beginImport('one', 1n);
    insert(1, 2, key);
    store.endImport(key, false);
    insert(3, 2);
    const other = store.beginImport('two', 2n);
    store.endImport(other, true);
    expect(found(query())).toEqual([3, 4]);
  });

  it('goes when there is more than is kept, the oldest of all groups first', () => {
    for (const from of numbers(0, 10)) {
      insert(3 * from + 1, 2);
      insert(3 * from + 3, 1, undefined, { serviceSet: 'other' });
    }
    const key = store.beginImport('one', 1n);
    insert(31, 5, key);
    store.endImport(key, false);
    expect(store.removeOldestRecorded(11, 12)).toBe(12);
    expect(store.removeOldestRecorded(11, 12)).toBe(7);
    expect(store.removeOldestRecorded(11, 12)).toBe(0);
    expect(found(query())).toEqual([20, 22, 23, 25, 26, 28, 29, ...numbers(31, 5)]);
    expect(countOf('service_sessions')).toBe(16);
  });
});

describe('what is removed', () => {
  it('is not found any more, and what is left is', () => {
    insert(1, 3000);
    const odd = found(query()).filter((key) => key % 2 === 1);
    store.remove('live', group, odd);
    expect(found(query({ protocol: 6 }))).toEqual(numbers(1, 1500).map((half) => 2 * half));
    expect(store.load(found(query({ sourcePort: 1024 + 2000 }))).map(({ id }) => id)).toEqual([2000]);
    expect(store.sizes('live')).toEqual([{ ...group, sessions: 1500 }]);
    expect(store.load([1, 2]).map(({ id }) => id)).toEqual([2]);
  });

  it('leaves no group, block or column behind', () => {
    insert(1, 3000);
    store.remove('live', group, found(query()));
    expect(store.groups('live')).toEqual([]);
    for (const table of ['service_sessions', 'service_blocks', 'service_columns', 'service_groups'])
      expect(countOf(table), table).toBe(0);
  });
});

it('many groups at once are each in a block', () => {
  const key = store.beginImport('many', 1n);
  const sets = numbers(0, 300).map((id) => session(id, { serviceSet: `set-${id % 7}` }));
  store.insert(sets, key);
  store.endImport(key, false);
  expect(countOf('service_blocks')).toBe(7);
  expect(
    store.load(store.search(query(), { ...group, serviceSet: 'set-3' }).keys).map(({ id }) => id),
  ).toEqual(numbers(0, 300).filter((id) => id % 7 === 3));
});

it('what is asked for at each page is found by an index, without sorting', () => {
  const plan = (sql: string): string =>
    database
      .prepare<[], { detail: string }>(`EXPLAIN QUERY PLAN ${sql}`)
      .all()
      .map(({ detail }) => detail)
      .join('\n');
  const blocks = plan(
    'SELECT names FROM service_blocks WHERE group_key = 1 AND last_key > 7 ORDER BY last_key LIMIT 16',
  );
  expect(blocks).toContain('INDEX service_blocks_group (group_key=? AND last_key>?)');
  expect(blocks).not.toContain('TEMP B-TREE');
  const oldest = plan('SELECT key FROM service_sessions WHERE import_key IS NULL ORDER BY key LIMIT 9');
  expect(oldest).toContain('INDEX service_sessions_recorded');
  expect(oldest).not.toContain('TEMP B-TREE');
});

describe('imports', () => {
  it('are whole or leave nothing, and are forgotten once they are empty', () => {
    const first = store.beginImport('one', 1n);
    store.insert([session(1)], first);
    store.endImport(first, false);
    store.insert([session(2)], store.beginImport('two', 2n));
    store.abandonImport();
    expect(store.imports()).toEqual([{ name: 'one', importedWallNanos: 1n }]);
    expect(found(query())).toEqual([1]);
    store.remove('live', group, [1]);
    store.forgetEmptyImports();
    expect(store.imports()).toEqual([]);
  });

  it('replace those before them, and not what was recorded', () => {
    store.insert([session(1)], undefined);
    for (const id of [2, 3]) {
      const key = store.beginImport(`file ${id}`, BigInt(id));
      store.insert([session(id)], key);
      store.endImport(key, true);
    }
    expect(store.imports()).toEqual([{ name: 'file 3', importedWallNanos: 3n }]);
    expect(store.load(found(query())).map(({ id }) => id)).toEqual([1, 3]);
    expect(countOf('service_blocks')).toBe(2);
    expect(countOf('service_columns')).toBe(2 * blockColumns.length);
  });
});

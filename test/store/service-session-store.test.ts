/** Tests of stored service sessions: groups, searches by every strategy, imports, and plans of what is asked often. */
import Sqlite from 'better-sqlite3';
import { beforeEach, describe, expect, it } from 'vitest';
import { serviceRecords, serviceTables } from '../../src/store/service-sessions.ts';
import {
  SERVICE_CANDIDATES_MAX,
  SERVICE_WINDOW_KEYS,
  ServiceSessionStore,
  type FlowQuery,
  type ServiceQuery,
  type StoredSession,
} from '../../src/store/service-session-store.ts';

let database: Sqlite.Database;
let store: ServiceSessionStore;
beforeEach(() => {
  database = new Sqlite(':memory:');
  database.exec(serviceTables);
  database.exec(serviceRecords);
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
  expect(store.size('live', group)).toBe(1);
});

describe('searches', () => {
  const COUNT = SERVICE_WINDOW_KEYS + 1000;

  it('find all, page by page, in order', () => {
    store.insert(
      numbers(1, COUNT).map((id) => session(id)),
      undefined,
    );
    expect(found(query())).toEqual(numbers(1, COUNT));
  });

  it('look at so many keys at the most, and go on behind them', () => {
    store.insert(
      numbers(1, COUNT).map((id) => session(id)),
      undefined,
    );
    const asked = query({ source: [0x0a000000 + COUNT, 0x0a000000 + COUNT] });
    expect(store.search(asked, group)).toEqual({ keys: [], next: SERVICE_WINDOW_KEYS });
    expect(found(asked)).toEqual([COUNT]);
    expect(store.candidates(asked.flow)).toEqual([COUNT]);
  });

  it.each<[string, Partial<FlowQuery>, readonly number[]]>([
    ['protocol', { protocol: 17 }, []],
    ['source', { source: [0x0a000002, 0x0a000003] }, [2, 3]],
    ['source port', { sourcePort: 1030 }, [6]],
    ['destination', { destination: [0xcb007109, 0xcb007109] }, [9]],
    ['destination port', { destinationPort: 443, source: [0x0a000001, 0x0a000001] }, [1]],
    ['two of them', { sourcePort: 1030, source: [0x0a000001, 0x0a000001] }, []],
  ])('by %s find the same with and without candidates', (_, flow, ids) => {
    store.insert(
      numbers(1, 20).map((id) => session(id)),
      undefined,
    );
    const asked = query(flow);
    expect(found(asked)).toEqual(ids);
    expect(store.among(store.candidates(asked.flow)!, asked, group)).toEqual(ids);
  });

  it('have no candidates where nothing is asked of a flow, or an index names too many', () => {
    expect(store.candidates(anyFlow)).toBeUndefined();
    const insert = (from: number, count: number): void =>
      store.insert(
        numbers(from, count).map((id) => session(id)),
        undefined,
      );
    insert(1, SERVICE_CANDIDATES_MAX);
    expect(store.candidates({ ...anyFlow, protocol: 6 })).toHaveLength(SERVICE_CANDIDATES_MAX);
    insert(SERVICE_CANDIDATES_MAX + 1, 1);
    expect(store.candidates({ ...anyFlow, protocol: 6 })).toBeUndefined();
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

describe('imports', () => {
  it('are whole or leave nothing, and are forgotten once they are empty', () => {
    const first = store.beginImport('one', 1n);
    store.insert([session(1)], first);
    store.endImport(first, false);
    store.insert([session(2)], store.beginImport('two', 2n));
    store.abandonImport();
    expect(store.imports()).toEqual([{ name: 'one', importedWallNanos: 1n }]);
    expect(found(query())).toEqual([1]);
    store.remove([1]);
    store.forgetEmptyImports();
    expect(store.imports()).toEqual([]);
  });

  const indexes = (): unknown =>
    database.prepare(`SELECT count(*) FROM sqlite_schema WHERE name LIKE 'service_flows_%'`).pluck().get();
  const many = (count: number): StoredSession[] => numbers(1, count).map((id) => session(id));

  it.each([
    [4096, 5],
    [4097, 0],
  ])('of %i sessions are added with %i indexes of flows, which are there in the end', (count, indexed) => {
    const key = store.beginImport('many', 1n);
    store.insert(many(count), key);
    expect(indexes()).toBe(indexed);
    store.endImport(key, false);
    expect(indexes()).toBe(5);
    expect(store.candidates({ ...anyFlow, source: [0x0a000007, 0x0a000008] })).toEqual([7, 8]);
  });

  it('do with the indexes as long as there are more sessions than they add, and given up leave them', () => {
    store.insert(many(5000), undefined);
    store.insert(many(5000), store.beginImport('as many', 1n));
    expect(indexes()).toBe(5);
    store.insert(many(1), 1);
    expect(indexes()).toBe(0);
    store.abandonImport();
    expect(indexes()).toBe(5);
    expect(database.pragma('foreign_keys', { simple: true })).toBe(1);
    expect(database.pragma('ignore_check_constraints', { simple: true })).toBe(0);
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
    expect(database.prepare('SELECT count(*) FROM service_flows').pluck().get()).toBe(2);
  });
});

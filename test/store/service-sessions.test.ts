/** Tests of versions of services.db: what an older one has is there in the newest. */
import Sqlite from 'better-sqlite3';
import { expect, test } from 'vitest';
import { serviceMigrations } from '../../src/store/service-migrations.ts';
import { ServiceSessionStore } from '../../src/store/service-session-store.ts';

/** More than are moved at once. */
const SESSIONS = 3000;

test('sessions that were rows of flows are found in blocks', () => {
  const database = new Sqlite(':memory:');
  const [first, second, third] = serviceMigrations;
  for (const sql of [first, second]) database.exec(sql as string);
  database.exec(`
    WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < ${SESSIONS})
    INSERT INTO service_sessions SELECT n, 4294967296 + n, 'ms-0/0/0', 'ss', 'dns', 16, 0, 1, 1,
      1795337478153388001, iif(n % 2, NULL, 1795337478153388002), 'ams0', 'dns', '{"a":1}', iif(n % 3, 7, NULL) FROM numbers;
    INSERT INTO service_flows SELECT key, 'initiator', 0, 17, 167772160 + key, 4000, x'20010db8000000000000000000000001', 53,
      'Forward', 'I', 9007199254740991, 60, 30 FROM service_sessions;
    INSERT INTO service_flows SELECT key, 'responder', 1, 47, 1, NULL, 2, NULL, 'Drop', 'O', 0, 0, NULL FROM service_sessions;
    INSERT INTO service_imports VALUES (7, 'file', 1);
  `);
  (third as (database: Sqlite.Database) => void)(database);
  const store = new ServiceSessionStore(database);
  const group = { aggregate: 'ams0', interface: 'ms-0/0/0', serviceSet: 'ss' };
  expect(store.sizes('live')).toEqual([{ ...group, sessions: SESSIONS / 2 }]);
  expect(store.sizes('ended')).toEqual([{ ...group, sessions: SESSIONS / 2 }]);
  expect(store.imports()).toHaveLength(1);
  const flow = {
    protocol: undefined,
    source: [167_772_160 + 2400, 167_772_160 + 2401],
    sourcePort: undefined,
    destination: undefined,
    destinationPort: undefined,
  } as const;
  const rest = { algs: undefined, application: undefined, protocolsWithoutAlg: [] };
  const page = store.search({ state: 'live', flow, ...rest }, group);
  expect(page.keys).toHaveLength(1);
  expect(store.load(page.keys)).toEqual([
    {
      id: 4_294_967_296 + 2401,
      ...group,
      flags: 16,
      alg: 'dns',
      application: 'dns',
      ipAction: false,
      offload: true,
      asymmetric: true,
      nat: '{"a":1}',
      startedWallNanos: 1_795_337_478_153_388_001n,
      endedWallNanos: undefined,
      flows: [
        {
          protocol: 17,
          source: 167_772_160 + 2401,
          sourcePort: 4000,
          destination: Buffer.from('20010db8000000000000000000000001', 'hex'),
          destinationPort: 53,
          state: 'Forward',
          direction: 'I',
          role: 'initiator',
          frames: 2 ** 53 - 1,
          octets: 60,
          timeoutSeconds: 30,
        },
        {
          protocol: 47,
          source: 1,
          sourcePort: undefined,
          destination: 2,
          destinationPort: undefined,
          state: 'Drop',
          direction: 'O',
          role: 'responder',
          frames: 0,
          octets: 0,
          timeoutSeconds: undefined,
        },
      ],
    },
  ]);
  expect(store.removeOldestRecorded(0, 5000)).toBe(SESSIONS / 3);
  const tables = database.prepare(`SELECT name FROM sqlite_schema WHERE name LIKE 'former%'`).all();
  expect(tables).toEqual([]);
});

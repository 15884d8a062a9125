/** Tests of versions of services.db: what an older one has is there in the newest. */
import { Sqlite } from '../../src/store/sqlite.ts';
import type { Database } from '../../src/store/database.ts';
import { expect, test } from 'vitest';
import { migrate } from '../../src/store/database.ts';
import { MOVED_SESSIONS } from '../../src/store/former-sessions.ts';
import { serviceMigrations } from '../../src/store/service-migrations.ts';
import { ServiceSessionStore } from '../../src/store/service-session-store.ts';
import { fillFormer } from '../support/former-services.ts';

/** More than are moved at once. */
const SESSIONS = 6000;

const tablesOf = (database: Database): unknown[] =>
  database.prepare(`SELECT name FROM sqlite_schema WHERE name LIKE 'former%'`).pluck().all();

test('a new file has nothing to be moved', () => {
  const database = new Sqlite(':memory:');
  migrate(database, serviceMigrations);
  expect(tablesOf(database)).toEqual([]);
  const store = new ServiceSessionStore(database);
  expect(store.formerSessions()).toBe(0);
  expect(store.moveFormer()).toBe(false);
});

test('sessions that were rows of flows are found in blocks, some at a time, whoever goes on', () => {
  const database = new Sqlite(':memory:');
  fillFormer(database, SESSIONS);
  migrate(database, serviceMigrations);
  const interrupted = new ServiceSessionStore(database);
  expect(interrupted.formerSessions()).toBe(SESSIONS);
  expect(interrupted.sizes('live')).toEqual([]);
  expect(interrupted.moveFormer()).toBe(true);
  expect(interrupted.formerSessions()).toBe(SESSIONS - MOVED_SESSIONS);
  // The next is cut off, and leaves nothing.
  database.exec(
    `CREATE TEMP TRIGGER cut BEFORE UPDATE ON former_moved BEGIN SELECT raise(ABORT, 'cut'); END`,
  );
  expect(() => interrupted.moveFormer()).toThrow('cut');
  database.exec('DROP TRIGGER cut');
  const store = new ServiceSessionStore(database);
  expect(store.formerSessions()).toBe(SESSIONS - MOVED_SESSIONS);
  expect(store.sizes('live')[0]!.sessions + store.sizes('ended')[0]!.sessions).toBe(MOVED_SESSIONS);
  expect(store.moveFormer()).toBe(true);
  expect(store.moveFormer()).toBe(false);
  expect(store.formerSessions()).toBe(0);
  expect(interrupted.moveFormer()).toBe(false);
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
  expect(store.removeOldestRecorded(0, SESSIONS)).toBe(SESSIONS / 3);
  expect(tablesOf(database)).toEqual([]);
});

/** Tests of the schema of service sessions: columns, what it refuses, an index for every filter. */
import Sqlite from 'better-sqlite3';
import { beforeEach, describe, expect, test } from 'vitest';
import { serviceRecords, serviceTables } from '../../src/store/service-sessions.ts';

let database: Sqlite.Database;
beforeEach(() => {
  database = new Sqlite(':memory:');
  database.exec(serviceTables);
  database.exec(
    `INSERT INTO service_sessions VALUES (1, 4294967297, 'ms-0/0/0', 'ss', 'dns', 0, 0, 0, 0, NULL, 1, 2)`,
  );
});

function insertFlow(flow: Record<string, unknown> = {}): void {
  const values = {
    session_key: 1,
    role: 'initiator',
    position: 0,
    protocol: 17,
    source_address: 0x0a000001,
    source_port: 4000,
    destination_address: 0x01010101,
    destination_port: 53,
    state: 'Forward',
    direction: 'I',
    frames: 1,
    octets: 60,
    timeout_seconds: 30,
    ...flow,
  };
  const names = Object.keys(values);
  const placeholders = names.map((name) => `@${name}`);
  database
    .prepare(`INSERT INTO service_flows (${names.join(', ')}) VALUES (${placeholders.join(', ')})`)
    .run(values);
}

const columnsOf = (table: string) =>
  database.prepare('SELECT name FROM pragma_table_info(?) ORDER BY cid').pluck().all(table);

test('columns', () => {
  expect(columnsOf('service_sessions')).toEqual([
    'key',
    'session_id',
    'interface',
    'service_set',
    'application_protocol',
    'flags',
    'ip_action',
    'offload',
    'asymmetric',
    'nat_translation_type',
    'started_wall_nanos',
    'ended_wall_nanos',
  ]);
  expect(columnsOf('service_flows')).toEqual([
    'session_key',
    'role',
    'position',
    'protocol',
    'source_address',
    'source_port',
    'destination_address',
    'destination_port',
    'state',
    'direction',
    'frames',
    'octets',
    'timeout_seconds',
  ]);
});

describe('flows', () => {
  test('go with their session', () => {
    insertFlow();
    insertFlow({ position: 1, role: 'responder', direction: 'O' });
    database.exec('DELETE FROM service_sessions');
    expect(database.prepare('SELECT count(*) FROM service_flows').pluck().get()).toBe(0);
  });

  test.each([
    ['an address as text', { source_address: '10.0.0.1' }],
    ['an address of 15 octets', { destination_address: Buffer.alloc(15) }],
    ['a port above 65535', { destination_port: 65_536 }],
    ['a protocol above 255', { protocol: 256 }],
    ['an unknown state', { state: 'forward' }],
    ['an unknown direction', { direction: 'X' }],
  ])('refuse %s', (_, flow) => {
    expect(() => insertFlow(flow)).toThrow('CHECK constraint failed');
  });

  test('a prefix is a range, and an IPv4 range holds no IPv6 address', () => {
    const within = database
      .prepare('SELECT position FROM service_flows WHERE source_address BETWEEN ? AND ? ORDER BY position')
      .pluck();
    const ipv6 = (last: number): Buffer => Buffer.from([0x20, 0x01, ...Buffer.alloc(13), last]);
    insertFlow({ position: 0, source_address: 0x0a0000ff });
    insertFlow({ position: 1, source_address: 0x0a000100 });
    insertFlow({ position: 2, source_address: ipv6(1) });
    insertFlow({ position: 3, source_address: ipv6(0x80) });
    expect(within.all(0x0a000000, 0x0a0000ff)).toEqual([0]);
    expect(within.all(0, 0xffffffff)).toEqual([0, 1]);
    expect(within.all(ipv6(0), ipv6(0x7f))).toEqual([2]);
  });
});

describe('every filter of the show commands is found by index', () => {
  const plan = (sql: string) =>
    database
      .prepare<[], { detail: string }>(`EXPLAIN QUERY PLAN ${sql}`)
      .all()
      .map(({ detail }) => detail)
      .join('\n');

  test.each([
    ['live', 'NULL'],
    ['ended', 'NOT NULL'],
  ])('a page of a group of %s sessions is read in key order without sorting', (state, condition) => {
    database.exec(serviceRecords);
    const page = plan(`
      SELECT key FROM service_sessions WHERE ended_wall_nanos IS ${condition} AND aggregate = 'ams0'
        AND interface = 'mams-5/0/0' AND service_set = 'ss' AND key > 7 ORDER BY key LIMIT 100`);
    expect(page).toContain(
      `INDEX service_sessions_${state} (aggregate=? AND interface=? AND service_set=? AND key>?)`,
    );
    expect(page).not.toContain('TEMP B-TREE');
  });

  test.each([
    ['protocol', 'protocol = 17'],
    ['source_port', 'source_port = 21'],
    ['destination_port', 'destination_port = 53'],
  ])('%s, in key order without sorting', (column, condition) => {
    const page = plan(`
      SELECT session_key FROM service_flows
      WHERE ${condition} AND session_key > 7 ORDER BY session_key LIMIT 100`);
    expect(page).toContain(`service_flows_${column} `);
    expect(page).not.toContain('TEMP B-TREE');
  });

  test.each([
    ['source_address', 'source_address BETWEEN 1 AND 2'],
    ['destination_address', 'destination_address BETWEEN 1 AND 2'],
  ])('%s', (column, condition) => {
    expect(plan(`SELECT session_key FROM service_flows WHERE ${condition}`)).toContain(
      `service_flows_${column} `,
    );
  });
});

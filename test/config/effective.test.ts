/** The configuration as the router's parts read it, and the ranges and defaults of reference 002. */
import { describe, expect, test } from 'vitest';
import { effective } from '../../src/config/effective.ts';
import { EMPTY_TREE, setAt, type ConfigTree } from '../../src/config/tree.ts';
import { RUNNING_SESSIONS_MAX } from '../../src/datapath/datapath.ts';
import { kinds, treeOf } from '../support/configuration.ts';
import { configurationMode, grammars } from '../support/grammar.ts';
import { networks } from '../support/virtual-router.ts';

const { schema } = grammars;
const server = (...lines: string[]) =>
  effective(schema, treeOf(lines.map((line) => `services rpm twamp server ${line}`))).services.rpm.twamp
    .server;

describe('defaults', () => {
  test('without a server statement there is no server, and the router has a name', () => {
    expect(effective(schema, EMPTY_TREE)).toEqual({
      system: {
        'host-name': 'dnRouter',
        fleet: { postgresql: { interval: 10, 'outbox-size': 256, reader: {}, tls: 'verify-full' } },
        login: {
          class: new Map(),
          user: new Map(),
          'idle-timeout': 0,
          'retry-options': {
            'tries-before-disconnect': 10,
            'backoff-threshold': 2,
            'backoff-factor': 5,
            'maximum-time': 120,
            'lockout-period': 5,
          },
        },
        services: {},
        syslog: { host: new Map() },
      },
      services: {
        interfaces: new Map(),
        'service-set': new Map(),
        'session-source': { 'inside-prefix': [] },
        'simple-twamp': { 'session-sender': { 'admin-state': 'enabled', 'reflector-port': 862 } },
        rpm: {
          twamp: {
            client: {
              'control-connection': new Map(),
              'authentication-key-chain': new Map(),
              'data-port-range': '10000-20000',
            },
            mesh: new Map(),
            'mesh-member': new Map(),
          },
        },
      },
      'routing-instances': new Map(),
    });
  });

  test.each([
    ['authentication-mode', ['none']],
    ['server-inactivity-timeout', 15],
    ['max-connection-duration', 24],
    ['maximum-sessions', 64],
    ['maximum-sessions-per-connection', 64],
    ['maximum-connections', 64],
    ['maximum-connections-per-client', 64],
    ['port', 862],
    ['routing-instance-list', new Map()],
    ['client-list', new Map()],
  ] as const)(
    '[002/authentication-mode-default, 002/server-inactivity-timeout-default, 002/max-connection-duration-default, 002/maximum-sessions-default, 002/maximum-sessions-per-connection-default, 002/maximum-connections-default, 002/maximum-connections-per-client-default, 002/port-default, 002/routing-instance-list-default] default of %s',
    (statement, value) => {
      expect(server('')![statement]).toEqual(value);
    },
  );

  test('are those of reference 002, and of the newer statements beside them', () => {
    const newer = [
      ...['tcp-keepidle', 'tcp-keepintvl', 'tcp-keepcnt', 'dscp-value'],
      ...['reflector-inactivity-timeout', 'maximum-bandwidth-per-session'],
    ];
    const ours = ['admin-state', 'authentication-key-chain', 'data-port-range'];
    expect(Object.keys(server('')!).filter((name) => ![...newer, ...ours].includes(name))).toHaveLength(10);
    expect(server('')).toMatchObject({
      'tcp-keepidle': 120,
      'tcp-keepintvl': 5,
      'tcp-keepcnt': 6,
    });
  });
});

test('what is set stands in place of its default', () => {
  expect(
    server(
      'port 8620',
      'maximum-sessions 5',
      'client-list c address 10.0.0.0/8',
      'routing-instance-list blue port 7',
    ),
  ).toMatchObject({
    port: 8620,
    'maximum-sessions': 5,
    'maximum-connections': 64,
    'client-list': new Map([['c', { type: 'allow', address: networks('10.0.0.0/8') }]]),
    'routing-instance-list': new Map([['blue', { port: 7 }]]),
  });
});

test('every kind of statement', () => {
  expect(effective(kinds, EMPTY_TREE)).toEqual({ system: { 'host-name': 'router' }, tags: [] });
  const tree = treeOf(
    ['server debug modes all', 'server client c limits rate 3', 'server slot 1', 'tags [ a b ]'],
    kinds,
  );
  expect(effective(kinds, tree)).toEqual({
    system: { 'host-name': 'router' },
    server: {
      debug: true,
      port: 862,
      modes: ['all'],
      client: new Map([['c', { type: 'allow', address: new Map(), limits: { rate: 3 } }]]),
      slot: new Map([['1', {}]]),
    },
    tags: ['a', 'b'],
  });
});

describe('the ranges of reference 002', () => {
  const set = 'set services rpm twamp server';
  const mode = configurationMode('interface-control');

  test.each([
    ['max-connection-duration', 0, 120],
    ['maximum-connection-duration', 0, 120],
    ['maximum-sessions', 1, 2048],
    ['maximum-sessions-per-connection', 1, 1024],
    ['maximum-connections', 1, 1000],
    ['maximum-connections-per-client', 1, 500],
    ['port', 1, 65535],
    ['routing-instance-list blue port', 1, 65535],
    ['server-inactivity-timeout', 0, 30],
    ['reflector-inactivity-timeout', 0, 30],
    ['maximum-bandwidth-per-session', 0, 10_000_000],
  ])(
    '[002/max-connection-duration, 002/max-connection-duration-range, 002/maximum-sessions-range, 002/maximum-sessions-per-connection-range, 002/maximum-connections-range, 002/maximum-connections-per-client-range, 002/port-range, 002/routing-instance-list-range, 002/server-inactivity-timeout-range] %s: %d..%d',
    (statement, low, high) => {
      for (const value of [low, high]) expect(mode.match(`${set} ${statement} ${value}`).handler).toBe('set');
      for (const value of [low - 1, high + 1]) {
        expect(mode.problem(`${set} ${statement} ${value}`)).toMatchObject({
          code: 'invalid-value',
          word: String(value),
          // A time may have a unit, which is said behind the range.
          expected: expect.stringMatching(new RegExp(`^${low}\\.\\.${high}( |$)`)) as string,
        });
      }
    },
  );

  test.each([
    ['control-only-encrypted', ['mixed']],
    ['encrypted control-only', ['mixed']],
    ['authenticated control-only', ['mixed']],
    ['[ none encrypted encrypted control-only ]', ['none', 'encrypted', 'mixed']],
    ['[ none authenticated encrypted mixed ]', ['none', 'authenticated', 'encrypted', 'mixed']],
  ])('authentication-mode %s', (typed, stored) => {
    expect(server(`authentication-mode ${typed}`)!['authentication-mode']).toEqual(stored);
  });

  test('no more sessions can be allowed than the datapath has room for', () => {
    expect(mode.match(`${set} maximum-sessions ${RUNNING_SESSIONS_MAX}`).handler).toBe('set');
    expect(mode.problem(`${set} maximum-sessions ${RUNNING_SESSIONS_MAX + 1}`)).toBeDefined();
  });

  test('[002/routing-instance-list-name] a routing instance has a name of at most 31 characters', () => {
    expect(mode.match(`${set} routing-instance-list ${'x'.repeat(31)}`).handler).toBe('set');
    expect(mode.problem(`${set} routing-instance-list ${'x'.repeat(32)}`)).toMatchObject({
      code: 'invalid-value',
      expected: 'a name of letters, digits and . _ : / @ - (1 to 31)',
    });
  });

  test.each(['10.0.0.0/8', '192.0.2.1', '0.0.0.0/0', '2001:db8::/32', '::/0'])(
    'a client list takes the network %s',
    (prefix) => {
      expect(mode.match(`${set} client-list hosts address ${prefix}`).handler).toBe('set');
    },
  );

  test.each(['10.0.0.1/8', '10.0.0.0/33', '2001:db8::/129', 'example.net'])(
    'a client list does not take %s',
    (prefix) => {
      expect(mode.problem(`${set} client-list hosts address ${prefix}`)).toMatchObject({
        code: 'invalid-value',
        word: prefix,
      });
    },
  );

  test('an authentication mode that this router does not have is refused with those it has', () => {
    expect(mode.problem(`${set} authentication-mode secure`)).toMatchObject({
      code: 'invalid-value',
      expected: 'none, authenticated, encrypted, mixed',
    });
  });

  test('authentication modes are offered side by side, mixed by either of its names', () => {
    expect(
      server('authentication-mode [ none encrypted ]', 'authentication-mode control-only-encrypted'),
    ).toMatchObject({ 'authentication-mode': ['none', 'encrypted', 'mixed'] });
  });
});

test('a list that is as it was is the same Map again, of the same line of the schema', () => {
  const before = treeOf(['server client a'], kinds);
  const after = setAt(before, ['server', 'port'], 5);
  const clientsOf = (tree: ConfigTree) =>
    (effective(kinds, tree) as unknown as { readonly server: { readonly client: object } }).server.client;
  expect(clientsOf(after)).toBe(clientsOf(before));
  const other = setAt(before, ['server', 'client', 'a', 'type'], 'deny');
  expect(clientsOf(other)).not.toBe(clientsOf(before));
});

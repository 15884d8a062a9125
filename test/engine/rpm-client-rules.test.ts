/** Rules of `services rpm twamp client`: each broken by one configuration, and kept by one. */
import { expect, test } from 'vitest';
import { effective } from '../../src/config/effective.ts';
import { verifyRpmClient } from '../../src/engine/rpm-client-rules.ts';
import { all, treeOf } from '../support/configuration.ts';
import { grammars } from '../support/grammar.ts';

const target = 'target-address 192.0.2.1';
const session = 'test-session t1';
const light = 'control-type light';
const reflector = `${session} target-address address 192.0.2.1`;
const encrypted = 'authentication-mode encrypted';
const ada = 'key a key-id ada secret s';
const bob = 'key b key-id bob secret s';

/** What is said of these statements below the control connection c1; the client has the key chains given. */
function said(
  statements: readonly string[],
  unsettable: readonly ('dscp' | 'keepidleSeconds' | 'keepintvlSeconds' | 'keepcnt')[] = [],
): readonly string[] {
  const client = 'services rpm twamp client';
  const prefix = `${client} control-connection c1`;
  const lines = statements.map((statement) =>
    statement.startsWith('key ')
      ? `set ${client} authentication-key-chain ${statement.slice(4)}`
      : `set ${prefix} ${statement}`,
  );
  const { services } = effective(grammars.schema, treeOf(lines));
  const found = verifyRpmClient(services.rpm.twamp.client, {
    instances: new Set(['default', 'red']),
    transport: {
      unsettable,
      obstacleIn: (vrf) => (vrf.kind === 'device' && vrf.name === 'eth0' ? undefined : 'no-such-device'),
    },
  });
  return all(found).map(({ severity, code, path }) => [severity, code, ...path.slice(6)].join(' '));
}

test.each([
  ['a target and a session', [target, session], []],
  ['no target', [session], ['error target-address-required']],
  ['no session', [target], ['warning no-test-session']],
  [
    'an instance that is none',
    [target, session, 'routing-instance blue'],
    ['error unknown-routing-instance routing-instance'],
  ],
  ['an instance', [target, session, 'routing-instance red'], []],
  ['an interface', [target, session, 'destination-interface eth0'], []],
  [
    'an interface that is none',
    [target, session, 'destination-interface eth9'],
    ['error no-such-device destination-interface'],
  ],
  [
    'a path for an interface',
    [target, session, 'destination-interface si-1/0/0'],
    ['error no-such-device destination-interface'],
  ],
  [
    'an interface in an instance',
    [target, session, 'destination-interface eth0', 'routing-instance red'],
    ['error interface-or-instance destination-interface'],
  ],
  [
    'a port of the session',
    [target, `${session} destination-port 862`],
    ['error light-destination-port test-session t1 destination-port'],
  ],
  [
    'a link-local target without a link',
    ['target-address 2001:db8::1', `${session} target-address address fe80::1`],
    ['error local-link test-session t1 target-address'],
  ],
  [
    'a link for another target',
    [target, `${session} target-address address 192.0.2.7`, `${session} target-address local-link eth0`],
    ['error local-link test-session t1 target-address'],
  ],
  [
    'both',
    [
      'target-address 2001:db8::1',
      `${session} target-address address fe80::1`,
      `${session} target-address local-link eth0`,
    ],
    [],
  ],
  [
    'addresses of two families',
    [target, `${session} target-address address 2001:db8::1`],
    ['error address-families test-session t1'],
  ],
  [
    'addresses of another family than the connection',
    [target, `${session} target-address address 2001:db8::1`, `${session} source-address 2001:db8::2`],
    [],
  ],
  ['light with a target of its session', [light, reflector], []],
  ['light with a port of the reflector', [light, reflector, `${session} destination-port 5000`], []],
  [
    'light with a target of the connection',
    [light, reflector, target],
    ['error managed-target-address target-address'],
  ],
  [
    'light without a target of its session',
    [light, session],
    ['error session-target-required test-session t1 target-address'],
  ],
  [
    'light with what only a control connection has',
    [
      ...[light, reflector, 'tcp-keepidle 9', 'tcp-keepintvl 9', 'tcp-keepcnt 9', 'destination-port 863'],
      'traps control-connection-closed',
      'traps test-iteration-done',
    ],
    [
      'tcp-keepidle',
      'tcp-keepintvl',
      'tcp-keepcnt',
      'destination-port',
      'traps control-connection-closed',
    ].map((path) => `warning no-control-connection ${path}`),
  ],
  ['a mode without a key', [target, session, encrypted], ['error no-key-chain authentication-mode']],
  ['a mode and the only key', [target, session, encrypted, ada], []],
  ['two keys', [target, session, encrypted, ada, bob], ['error several-keys authentication-mode']],
  ['two keys of which one is named', [target, session, encrypted, ada, bob, 'key-id bob'], []],
  ['a chain of one key', [target, session, encrypted, ada, bob, 'authentication-key-chain b'], []],
  [
    'a key that is in no chain',
    [target, session, encrypted, ada, 'key-id eve'],
    ['error no-such-key authentication-mode'],
  ],
  [
    'a key of another chain',
    [target, session, encrypted, ada, bob, 'key-id ada', 'authentication-key-chain b'],
    ['error no-such-key authentication-mode'],
  ],
  [
    'a chain that is none',
    [target, session, encrypted, ada, 'authentication-key-chain c'],
    ['error no-such-key-chain authentication-mode'],
  ],
  ['a key without a mode', [target, session, ada, 'key-id ada'], ['warning key-without-mode']],
  ['light, authenticated', [light, reflector, 'authentication-mode authenticated', ada], []],
  [
    'light, authenticated, with packets shorter than they can be',
    [light, reflector, 'authentication-mode authenticated', ada, `${session} data-size 111`],
    ['warning data-size-too-small test-session t1 data-size'],
  ],
  ...['encrypted', 'mixed'].map((mode): [string, string[], string[]] => [
    `light, ${mode}`,
    [light, reflector, `authentication-mode ${mode}`, ada],
    ['error light-mode authentication-mode'],
  ]),
] as [string, string[], string[]][])('%s', (_, statements, expected) => {
  expect(said(statements)).toEqual(expected);
});

test('an option that cannot be set here is warned of when it was asked for', () => {
  const unsettable = ['dscp', 'keepintvlSeconds', 'keepcnt'] as const;
  expect(said([target, session], unsettable)).toEqual([]);
  expect(said([target, session, 'tcp-keepcnt 9', 'tcp-keepidle 9'], unsettable)).toEqual([
    'warning option-without-effect tcp-keepcnt',
  ]);
});

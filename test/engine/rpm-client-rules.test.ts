/** Rules of `services rpm twamp client`: each broken by one configuration, and kept by one. */
import { expect, test } from 'vitest';
import { effective } from '../../src/config/effective.ts';
import { verifyRpmClient } from '../../src/engine/rpm-client-rules.ts';
import { treeOf } from '../support/configuration.ts';
import { grammars } from '../support/grammar.ts';

const target = 'target-address 192.0.2.1';
const session = 'test-session t1';

/** What is said of these statements below the control connection c1. */
function said(
  statements: readonly string[],
  unsettable: readonly ('dscp' | 'keepidleSeconds' | 'keepintvlSeconds' | 'keepcnt')[] = [],
): readonly string[] {
  const prefix = 'services rpm twamp client control-connection c1';
  const { client } = effective(
    grammars.schema,
    treeOf(statements.map((statement) => `set ${prefix} ${statement}`)),
  ).services.rpm.twamp;
  return verifyRpmClient(client, {
    instances: new Set(['default', 'red']),
    transport: {
      unsettable,
      obstacleIn: (vrf) => (vrf.kind === 'device' && vrf.name === 'eth0' ? undefined : 'no-such-device'),
    },
  }).map(({ severity, code, path }) => [severity, code, ...path.slice(6)].join(' '));
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
])('%s', (_, statements, expected) => {
  expect(said(statements)).toEqual(expected);
});

test('an option that cannot be set here is warned of when it was asked for', () => {
  const unsettable = ['dscp', 'keepintvlSeconds', 'keepcnt'] as const;
  expect(said([target, session], unsettable)).toEqual([]);
  expect(said([target, session, 'tcp-keepcnt 9', 'tcp-keepidle 9'], unsettable)).toEqual([
    'warning option-without-effect tcp-keepcnt',
  ]);
});

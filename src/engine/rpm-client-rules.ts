/** Rules of `services rpm twamp client` that one statement alone cannot break. */
import type { Finding } from '../config/commit.ts';
import { ipVersionOf } from '../twamp/address-field.ts';
import type { RoutingInstances } from './routing-instances.ts';
import type {
  ControlConnectionConfiguration,
  RpmClientConfiguration,
  TestSessionConfiguration,
} from './rpm-configuration.ts';
import { isLinkLocal } from './rpm-settings.ts';
import { optionStatements } from './server-rules.ts';
import type { Transport } from './transport.ts';

const CLIENT_PATH: readonly string[] = ['services', 'rpm', 'twamp', 'client', 'control-connection'];

/** What a configuration runs on. */
export interface ClientSurroundings {
  readonly instances: Pick<RoutingInstances, 'has'>;
  readonly transport: Pick<Transport, 'unsettable' | 'obstacleIn'>;
}

/** `path` is below the statement that the rule is about. */
interface Breach {
  readonly severity?: Finding['severity'];
  readonly code: string;
  readonly path?: readonly string[];
  readonly details?: Finding['details'];
}

const connectionRules: readonly ((
  connection: ControlConnectionConfiguration,
  surroundings: ClientSurroundings,
) => readonly Breach[])[] = [
  ({ 'target-address': target }) => (target === undefined ? [{ code: 'target-address-required' }] : []),
  ({ 'test-session': { size } }) => (size === 0 ? [{ severity: 'warning', code: 'no-test-session' }] : []),
  ({ 'routing-instance': name }, { instances }) =>
    instances.has(name)
      ? []
      : [{ code: 'unknown-routing-instance', path: ['routing-instance'], details: { name } }],
  ({ 'destination-interface': device, 'routing-instance': name }, { transport }) => {
    if (device === undefined) return [];
    const path = ['destination-interface'];
    if (name !== 'default') return [{ code: 'interface-or-instance', path }];
    const vrf = { kind: 'device', name: device } as const;
    const obstacle = device.includes('/') ? 'no-such-device' : transport.obstacleIn(vrf);
    return obstacle === undefined ? [] : [{ code: obstacle, path, details: { device } }];
  },
  (connection, { transport: { unsettable } }) =>
    unsettable
      .filter((option) => option !== 'dscp')
      .map((option) => optionStatements[option])
      .filter(({ statement, usual }) => connection[statement] !== usual)
      .map(({ statement }) => ({ severity: 'warning', code: 'option-without-effect', path: [statement] })),
];

const sessionRules: readonly ((
  session: TestSessionConfiguration,
  connection: ControlConnectionConfiguration,
) => readonly Breach[])[] = [
  (session) =>
    session['destination-port'] === undefined
      ? []
      : [{ code: 'light-destination-port', path: ['destination-port'] }],
  ({ 'target-address': { address, 'local-link': link } }) =>
    (address !== undefined && isLinkLocal(address)) === (link !== undefined)
      ? []
      : [{ code: 'local-link', path: ['target-address'] }],
  (session, connection) => {
    const server = connection['target-address'];
    const target = session['target-address'].address ?? server;
    const source = session['source-address'] ?? connection['source-address'] ?? server;
    if (target === undefined || source === undefined) return [];
    return ipVersionOf(source) === ipVersionOf(target) ? [] : [{ code: 'address-families' }];
  },
];

/** All that is to be said of a configuration. */
export function verifyRpmClient(
  client: RpmClientConfiguration,
  surroundings: ClientSurroundings,
): readonly Finding[] {
  return [...client['control-connection']].flatMap(([name, connection]) => [
    ...connectionRules.flatMap((rule) => findings(rule(connection, surroundings), [name])),
    ...[...connection['test-session']].flatMap(([session, statements]) =>
      sessionRules.flatMap((rule) => findings(rule(statements, connection), [name, 'test-session', session])),
    ),
  ]);
}

function findings(breaches: readonly Breach[], at: readonly string[]): readonly Finding[] {
  return breaches.map(({ severity = 'error', code, path = [], details = {} }) => ({
    severity,
    code,
    path: [...CLIENT_PATH, ...at, ...path],
    details,
  }));
}

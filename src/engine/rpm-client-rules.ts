/** Rules of `services rpm twamp client` that one statement alone cannot break. */
import type { Finding, Findings } from '../config/commit.ts';
import { ipVersionOf } from '../twamp/address-field.ts';
import { formOf } from '../twamp/packet-forms.ts';
import { CONTROL_PORT } from '../twamp/protocol.ts';
import type { KeyChains } from './key-chains.ts';
import type { RoutingInstances } from './routing-instances.ts';
import type {
  ControlConnectionConfiguration,
  RpmClientConfiguration,
  TestSessionConfiguration,
} from './rpm-configuration.ts';
import { isLinkLocal } from './rpm-settings.ts';
import { keyOf } from './rpm-keys.ts';
import { optionStatements } from './server-rules.ts';
import type { Transport } from './transport.ts';

const CLIENT_PATH: readonly string[] = ['services', 'rpm', 'twamp', 'client', 'control-connection'];

/** Of `data-size`: who has not said anything is not warned. */
const DATA_SIZE_DEFAULT = 60;

/** Of the shortest packet of STAMP that is authenticated. */
const SEALED_STAMP_OCTETS = formOf({
  stamp: { reflector: 'stateless', ssid: 0, hmacKey: new Uint8Array() },
}).sender.padding;

/** What a configuration runs on. */
export interface ClientSurroundings {
  readonly instances: Pick<RoutingInstances, 'has'>;
  readonly transport: Pick<Transport, 'unsettable' | 'obstacleIn'>;
  /** Of the client. */
  readonly keyChains: KeyChains;
}

/** `path` is below the statement that the rule is about. */
interface Breach {
  readonly severity?: Finding['severity'];
  readonly code: string;
  readonly path?: readonly string[];
  readonly details?: Finding['details'];
}

/** What without a control connection has no effect, and whether somebody has asked for it. */
const controlStatements: readonly {
  readonly path: readonly string[];
  readonly isGiven: (connection: ControlConnectionConfiguration) => boolean;
}[] = [
  ...[optionStatements.keepidleSeconds, optionStatements.keepintvlSeconds, optionStatements.keepcnt].map(
    ({ statement, usual }) => ({
      path: [statement],
      isGiven: (connection: ControlConnectionConfiguration) => connection[statement] !== usual,
    }),
  ),
  { path: ['destination-port'], isGiven: (connection) => connection['destination-port'] !== CONTROL_PORT },
  {
    path: ['traps', 'control-connection-closed'],
    isGiven: ({ traps }) => traps['control-connection-closed'] === true,
  },
];

const connectionRules: readonly ((
  connection: ControlConnectionConfiguration,
  surroundings: ClientSurroundings,
) => readonly Breach[])[] = [
  ({ 'control-type': type, 'target-address': target }) => {
    if (type === 'light')
      return target === undefined ? [] : [{ code: 'managed-target-address', path: ['target-address'] }];
    return target === undefined ? [{ code: 'target-address-required' }] : [];
  },
  (connection, { keyChains }) => {
    const {
      'authentication-mode': mode,
      'authentication-key-chain': chain = '',
      'key-id': keyId = '',
    } = connection;
    const { fault } = keyOf(connection, keyChains);
    const details = { mode, chain, 'key-id': keyId };
    if (fault !== undefined) return [{ code: fault, path: ['authentication-mode'], details }];
    const isNamed = chain !== '' || keyId !== '';
    return mode === 'none' && isNamed ? [{ severity: 'warning', code: 'key-without-mode' }] : [];
  },
  ({ 'control-type': type, 'authentication-mode': mode }) =>
    type === 'light' && mode !== 'none' && mode !== 'authenticated'
      ? [{ code: 'light-mode', path: ['authentication-mode'], details: { mode } }]
      : [],
  (connection) =>
    connection['control-type'] === 'light'
      ? controlStatements
          .filter(({ isGiven }) => isGiven(connection))
          .map(({ path }) => ({ severity: 'warning', code: 'no-control-connection', path }))
      : [],
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
      .filter(() => connection['control-type'] === 'managed')
      .map(({ statement }) => ({ severity: 'warning', code: 'option-without-effect', path: [statement] })),
];

const sessionRules: readonly ((
  session: TestSessionConfiguration,
  connection: ControlConnectionConfiguration,
) => readonly Breach[])[] = [
  (session, { 'control-type': type }) =>
    session['destination-port'] === undefined || type === 'light'
      ? []
      : [{ code: 'light-destination-port', path: ['destination-port'] }],
  ({ 'target-address': { address } }, { 'control-type': type }) =>
    address === undefined && type === 'light'
      ? [{ code: 'session-target-required', path: ['target-address'] }]
      : [],
  ({ 'data-size': octets }, { 'control-type': type, 'authentication-mode': mode }) =>
    type === 'light' &&
    mode === 'authenticated' &&
    octets !== DATA_SIZE_DEFAULT &&
    octets < SEALED_STAMP_OCTETS
      ? [
          {
            severity: 'warning',
            code: 'data-size-too-small',
            path: ['data-size'],
            details: { octets: SEALED_STAMP_OCTETS },
          },
        ]
      : [],
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
export function* verifyRpmClient(
  client: RpmClientConfiguration,
  around: Omit<ClientSurroundings, 'keyChains'>,
): Findings {
  const surroundings = { ...around, keyChains: client['authentication-key-chain'] };
  for (const [name, connection] of client['control-connection']) {
    for (const rule of connectionRules) yield* findings(rule(connection, surroundings), [name]);
    yield undefined;
    for (const [session, statements] of connection['test-session']) {
      for (const rule of sessionRules)
        yield* findings(rule(statements, connection), [name, 'test-session', session]);
      yield undefined;
    }
  }
}

function findings(breaches: readonly Breach[], at: readonly string[]): readonly Finding[] {
  return breaches.map(({ severity = 'error', code, path = [], details = {} }) => ({
    severity,
    code,
    path: [...CLIENT_PATH, ...at, ...path],
    details,
  }));
}

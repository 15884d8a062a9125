/** Rules of `services rpm twamp server` that one statement alone cannot break. */
import { findingsBelow, type Findings } from '../config/commit.ts';
import type { Secrets } from '../config/secrets.ts';
import { verifyClientLists } from './client-list.ts';
import { verifyKeyChains } from './key-chains.ts';
import type { ServerConfiguration } from './server.ts';
import { verifyInstances, type RoutingInstances } from './routing-instances.ts';
import type { ControlOptions, Transport } from './transport.ts';

export const SERVER_PATH: readonly string[] = ['services', 'rpm', 'twamp', 'server'];

const finding = findingsBelow(SERVER_PATH);

/** Limits on a part, and on the whole that it is a part of. */
const partsAndWholes = [
  ['maximum-sessions-per-connection', 'maximum-sessions'],
  ['maximum-connections-per-client', 'maximum-connections'],
] as const;

/** Of all four limits: whoever lowers a whole has not said anything about its part. */
const LIMIT_DEFAULT = 64;

/** Of reference 002. */
const ROUTING_INSTANCES_MAX = 100;

/** What a configuration runs on. */
export interface ServerSurroundings {
  readonly instances: RoutingInstances;
  readonly transport: Pick<Transport, 'unsettable' | 'interfaceAddresses' | 'obstacleIn'>;
  readonly secrets: Secrets;
}

/** The statement of each option, and its default, which nobody has asked for. */
export const optionStatements = {
  dscp: { statement: 'dscp-value', usual: undefined },
  keepidleSeconds: { statement: 'tcp-keepidle', usual: 120 },
  keepintvlSeconds: { statement: 'tcp-keepintvl', usual: 5 },
  keepcnt: { statement: 'tcp-keepcnt', usual: 6 },
} as const satisfies Readonly<
  Record<keyof ControlOptions, { statement: keyof ServerConfiguration; usual: number | undefined }>
>;

type Rule = (server: ServerConfiguration, surroundings: ServerSurroundings) => Findings;

const rules: readonly Rule[] = [
  (server, { instances }) =>
    verifyInstances(
      server['routing-instance-list'].keys(),
      [...SERVER_PATH, 'routing-instance-list'],
      instances,
    ),
  ({ 'routing-instance-list': { size } }) =>
    size <= ROUTING_INSTANCES_MAX
      ? []
      : [
          finding('error', 'routing-instances', ['routing-instance-list'], {
            maximum: ROUTING_INSTANCES_MAX,
          }),
        ],
  // An interface may get its address later, as one that is not up yet.
  ({ 'routing-instance-list': listed }, { instances, transport }) =>
    [...listed].flatMap(([name, { 'source-interface': served }]) => {
      const instance = instances.get(name);
      if (served === undefined || instance === undefined || transport.obstacleIn(instance.vrf) !== undefined)
        return [];
      const hasAddress = transport.interfaceAddresses(instance.vrf, served).length > 0;
      const path = ['routing-instance-list', name, 'source-interface'];
      return hasAddress ? [] : [finding('warning', 'interface-without-address', path, { name: served })];
    }),
  (server, { instances }) => verifyClientLists(server['client-list'], SERVER_PATH, instances),
  (server, { secrets }) => verifyKeyChains(server['authentication-key-chain'], SERVER_PATH, secrets),
  (server) => {
    const keyed = server['authentication-mode'].filter((mode) => mode !== 'none');
    const hasKey = [...server['authentication-key-chain'].values()].some(
      ({ 'key-id': keys }) => keys.size > 0,
    );
    return keyed.length === 0 || hasKey
      ? []
      : [finding('error', 'no-key-chain', ['authentication-mode'], { mode: keyed[0]! })];
  },
  (server, { transport: { unsettable } }) =>
    unsettable
      .map((option) => optionStatements[option])
      .filter(({ statement, usual }) => server[statement] !== usual)
      .map(({ statement }) => finding('warning', 'option-without-effect', [statement], {})),
  (server) =>
    partsAndWholes
      .filter(([part, whole]) => server[part] > server[whole] && server[part] !== LIMIT_DEFAULT)
      .map(([part, whole]) =>
        finding('warning', 'limit-out-of-reach', [part], {
          limit: server[part],
          whole,
          'whole-limit': server[whole],
        }),
      ),
];

/** All that is to be said of a configuration. */
export function* verifyServer(server: ServerConfiguration, surroundings: ServerSurroundings): Findings {
  for (const rule of rules) yield* rule(server, surroundings);
}

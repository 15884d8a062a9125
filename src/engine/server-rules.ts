/** Rules of `services rpm twamp server` that one statement alone cannot break. */
import { Address4, Address6 } from 'ip-address';
import type { Finding } from '../config/commit.ts';
import type { ServerConfiguration } from './server.ts';
import { DEFAULT_ROUTING_INSTANCE } from './transport.ts';

export const SERVER_PATH: readonly string[] = ['services', 'rpm', 'twamp', 'server'];

/** Limits on a part, and on the whole that it is a part of. */
const partsAndWholes = [
  ['maximum-sessions-per-connection', 'maximum-sessions'],
  ['maximum-connections-per-client', 'maximum-connections'],
] as const;

/** Of all four limits: whoever lowers a whole has not said anything about its part. */
const LIMIT_DEFAULT = 64;

/** Of one server. Reference 002. */
export const ROUTING_INSTANCES_MAX = 100;

type Rule = (server: ServerConfiguration) => readonly Finding[];

const rules: readonly Rule[] = [
  (server) => {
    const instances = server['routing-instance-list'].size;
    const details = { instances, maximum: ROUTING_INSTANCES_MAX };
    if (instances <= ROUTING_INSTANCES_MAX) return [];
    return [finding('error', 'too-many-routing-instances', ['routing-instance-list'], details)];
  },
  (server) =>
    [...server['routing-instance-list'].keys()]
      .filter((name) => name !== DEFAULT_ROUTING_INSTANCE)
      .map((name) => finding('error', 'unknown-routing-instance', ['routing-instance-list', name], { name })),
  (server) =>
    server['client-list'].size > 0 ? [] : [finding('warning', 'no-client-list', ['client-list'], {})],
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
  (server) =>
    [...server['client-list']].flatMap(([list, { address }]) =>
      [...address.keys()]
        .filter(isNoClient)
        .map((prefix) =>
          finding('error', 'no-client-prefix', ['client-list', list, 'address', prefix], { prefix }),
        ),
    ),
];

/** All that is to be said of a configuration. */
export function verifyServer(server: ServerConfiguration): readonly Finding[] {
  return rules.flatMap((rule) => rule(server));
}

/**
 * Whether no client can have an address of this prefix: the hosts 0.0.0.0 and 255.255.255.255, and multicast.
 */
function isNoClient(prefix: string): boolean {
  if (prefix.includes(':')) return new Address6(prefix).isMulticast();
  return ['0.0.0.0/32', '255.255.255.255/32'].includes(prefix) || new Address4(prefix).isMulticast();
}

function finding(
  severity: Finding['severity'],
  code: string,
  path: readonly string[],
  details: Finding['details'],
): Finding {
  return { severity, code, path: [...SERVER_PATH, ...path], details };
}

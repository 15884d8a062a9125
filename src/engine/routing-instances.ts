/** Routing instances: names of the configuration, and the VRF of this machine that each stands for. */
import type { Finding } from '../config/commit.ts';
import type { Configuration } from '../config/configuration.ts';
import type { Path } from '../config/tree.ts';
import type { Vrf } from '../native/routing-instance.ts';
import type { Transport } from './transport.ts';

/** The statement `routing-instances`. */
export type RoutingInstancesConfiguration = Configuration['routing-instances'];

export interface RoutingInstance {
  readonly name: string;
  readonly vrf: Vrf;
  /** Of the VRF when its sockets were made (Transport). */
  readonly incarnation?: string | undefined;
}

/** Always there: the machine's own routing table. */
export const DEFAULT_ROUTING_INSTANCE = 'default';

const DEFAULT_INSTANCE: RoutingInstance = { name: DEFAULT_ROUTING_INSTANCE, vrf: { kind: 'default' } };

/** By name, the default one first. */
export type RoutingInstances = ReadonlyMap<string, RoutingInstance>;

/** Those of a configuration that stand for something, whether or not it exists. */
export function routingInstancesOf(configured: RoutingInstancesConfiguration): RoutingInstances {
  const instances = new Map([[DEFAULT_ROUTING_INSTANCE, DEFAULT_INSTANCE]]);
  for (const [name, entry] of configured) {
    const vrf = vrfOf(entry);
    if (vrf !== undefined && !instances.has(name)) instances.set(name, { name, vrf });
  }
  return instances;
}

/** Those, as they are there now; one that is gone stays the one that it was. */
export function embodied(
  instances: RoutingInstances,
  before: RoutingInstances,
  transport: Pick<Transport, 'incarnationOf'>,
): RoutingInstances {
  return new Map(
    [...instances].map(([name, instance]) => {
      const { vrf } = instance;
      if (vrf.kind === 'default') return [name, instance];
      const old = before.get(name);
      const last = old && sameVrf(old.vrf, vrf) ? old.incarnation : undefined;
      return [name, { ...instance, incarnation: transport.incarnationOf(vrf) ?? last }];
    }),
  );
}

/** Those in which sockets can be made, or were before they went; a namespace that may not be entered is there for others. */
export function present(
  instances: RoutingInstances,
  transport: Pick<Transport, 'obstacleIn'>,
): RoutingInstances {
  const isPresent = ({ vrf, incarnation }: RoutingInstance): boolean =>
    vrf.kind === 'default' ||
    (incarnation !== undefined && transport.obstacleIn(vrf) !== 'namespace-permission');
  return new Map([...instances].filter(([, instance]) => isPresent(instance)));
}

export function sameInstance(one: RoutingInstance, other: RoutingInstance): boolean {
  return sameVrf(one.vrf, other.vrf) && one.incarnation === other.incarnation;
}

function sameVrf(one: Vrf, other: Vrf): boolean {
  return one.kind === other.kind && nameOf(one) === nameOf(other);
}

/** All that is to be said of the statement: each instance stands for one thing, which exists. */
export function verifyRoutingInstances(
  configured: RoutingInstancesConfiguration,
  transport: Pick<Transport, 'obstacleIn'>,
): readonly Finding[] {
  return [...configured].flatMap(([name, entry]) => {
    const error = (code: string, details: Finding['details'] = {}): Finding[] => [
      { severity: 'error', code, path: ['routing-instances', name], details: { name, ...details } },
    ];
    if (name === DEFAULT_ROUTING_INSTANCE) return error('default-routing-instance');
    const vrf = vrfOf(entry);
    if (vrf === undefined) return error('namespace-or-device');
    // A name that is a path would lead out of the directory of namespaces.
    const obstacle = nameOf(vrf).includes('/') ? `no-such-${vrf.kind}` : transport.obstacleIn(vrf);
    return obstacle === undefined ? [] : error(obstacle, { [vrf.kind]: nameOf(vrf) });
  });
}

/** What is to be said of the routing instances that a statement names. */
export function verifyInstances(
  names: Iterable<string>,
  path: Path,
  instances: Pick<RoutingInstances, 'has'>,
): readonly Finding[] {
  return [...names]
    .filter((name) => !instances.has(name))
    .map((name) => ({
      severity: 'error',
      code: 'unknown-routing-instance',
      path: [...path, name],
      details: { name },
    }));
}

/** Undefined unless the entry names either a namespace or a device. */
function vrfOf({ namespace, device }: { namespace?: string; device?: string }): Vrf | undefined {
  if (namespace !== undefined && device !== undefined) return undefined;
  if (namespace !== undefined) return { kind: 'namespace', name: namespace };
  return device === undefined ? undefined : { kind: 'device', name: device };
}

function nameOf(vrf: Vrf): string {
  return vrf.kind === 'default' ? DEFAULT_ROUTING_INSTANCE : vrf.name;
}

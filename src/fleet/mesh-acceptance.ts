/** Whether a router measures as a mesh asks it to: all of it, or nothing. */
import { isIP } from 'node:net';
import type { Configuration } from '../config/configuration.ts';
import { ClientList } from '../engine/client-list.ts';
import type {
  ControlConnectionConfiguration,
  MeshConnection,
  RpmClientConfiguration,
  TestSessionConfiguration,
} from '../engine/rpm-configuration.ts';
import { keyOf } from '../engine/rpm-keys.ts';
import type { MeshConnections } from '../engine/rpm-settings.ts';
import {
  readDefinition,
  type MeshDefinition,
  type MeshMemberConfiguration,
  type MeshTarget,
} from './mesh-definition.ts';

export type MeshRefusalCode =
  /** The database has not said yet what the mesh is. */
  | 'unread'
  /** There is none of that name, or this router is not in it. */
  | 'not-in-it'
  /** Nobody could configure such a mesh. */
  | 'malformed'
  | 'maximum-peers'
  | 'minimum-probe-interval'
  | 'maximum-packets-per-second'
  | 'peer-prefix'
  /** `peer` is reached by IPv4 and measured from IPv6, or the other way round. */
  | 'address-families'
  /** There is no key, or not one only, for the mode. */
  | 'key'
  /** A control connection is configured by the name of one of the mesh. */
  | 'name-taken';

export interface MeshRefusal {
  readonly code: MeshRefusalCode;
  readonly details: Readonly<Record<string, string | number>>;
}

/** A mesh that this router takes part in, by its own statement. */
export interface Membership {
  readonly mesh: string;
  readonly owner: string;
  readonly statements: MeshMemberConfiguration;
}

/** What the fleet's database says of a mesh; undefined: nothing yet; null: there is none for this router. */
export type StoredDefinition = unknown;

export interface Verdict extends Membership {
  /** Undefined where there is none that could be read. */
  readonly definition: MeshDefinition | undefined;
  /** Undefined: it is accepted. */
  readonly refusal: MeshRefusal | undefined;
  /** Of a mesh that is accepted. */
  readonly connections: MeshConnections;
}

interface Surroundings {
  /** Name of this router. */
  readonly node: string;
  readonly client: RpmClientConfiguration;
}

/** By name: no more than the commands that name one take. */
export const connectionNameOf = (mesh: string, member: string): string => `${mesh}/${member}`;

export function verdictOn(membership: Membership, stored: StoredDefinition, around: Surroundings): Verdict {
  const definition = stored === undefined || stored === null ? undefined : readDefinition(stored);
  const verdict = { ...membership, definition, connections: new Map<string, MeshConnection>() };
  if (definition === undefined) {
    const code = stored === undefined ? 'unread' : stored === null ? 'not-in-it' : 'malformed';
    return { ...verdict, refusal: { code, details: {} } };
  }
  const peers = definition.targets.filter(({ member }) => member !== around.node);
  const request = { ...membership, definition, peers };
  const refusal =
    peers.length === definition.targets.length
      ? ({ code: 'not-in-it', details: {} } as const)
      : firstOf(limits, (limit) => limit(request, around));
  if (refusal !== undefined) return { ...verdict, refusal };
  const connections = new Map(
    peers.map(
      (peer) => [connectionNameOf(membership.mesh, peer.member), connectionTo(peer, request)] as const,
    ),
  );
  return { ...verdict, refusal: undefined, connections };
}

interface Request extends Membership {
  readonly definition: MeshDefinition;
  readonly peers: readonly MeshTarget[];
}

type Limit = (request: Request, around: Surroundings) => MeshRefusal | undefined;

/** In the order in which they are told. */
const limits: readonly Limit[] = [
  ({ peers, statements: { 'maximum-peers': maximum } }) =>
    peers.length > maximum ? { code: 'maximum-peers', details: { peers: peers.length, maximum } } : undefined,
  ({ definition, statements: { 'minimum-probe-interval': minimum } }) => {
    const interval = definition.profile['probe-interval'];
    return interval < minimum
      ? { code: 'minimum-probe-interval', details: { interval, minimum } }
      : undefined;
  },
  ({ peers, definition, statements: { 'maximum-packets-per-second': maximum } }) => {
    const rate = peers.length / definition.profile['probe-interval'];
    return rate > maximum
      ? { code: 'maximum-packets-per-second', details: { rate: Number(rate.toFixed(3)), maximum } }
      : undefined;
  },
  ({ peers, statements: { 'peer-prefix': prefixes } }) => {
    if (prefixes.length === 0) return undefined;
    const networks = new Map(prefixes.map((prefix) => [prefix, { 'routing-instance': [] }]));
    const list = ClientList.of(new Map([['peers', { type: 'allow', address: networks }]]), 'default');
    const outside = peers.find(({ address }) => !list.allows(address));
    return outside && { code: 'peer-prefix', details: { peer: outside.member, address: outside.address } };
  },
  ({ peers, statements: { 'source-address': source } }) => {
    if (source === undefined) return undefined;
    const other = peers.find(({ address }) => isIP(address) !== isIP(source));
    return (
      other && { code: 'address-families', details: { peer: other.member, address: other.address, source } }
    );
  },
  ({ definition: { profile }, statements: { 'authentication-key-chain': chain } }, { client }) => {
    const statements = { ...profile, ...(chain !== undefined && { 'authentication-key-chain': chain }) };
    const { fault } = keyOf(statements, client['authentication-key-chain']);
    return fault && { code: 'key', details: { fault, mode: profile['authentication-mode'] } };
  },
  ({ mesh, peers }, { client }) => {
    const names = peers.map(({ member }) => connectionNameOf(mesh, member));
    const name = names.find((each) => client['control-connection'].has(each));
    return name === undefined ? undefined : { code: 'name-taken', details: { name } };
  },
];

function firstOf<Item, Found>(
  items: readonly Item[],
  look: (item: Item) => Found | undefined,
): Found | undefined {
  for (const item of items) {
    const found = look(item);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** The defaults of the client's own statements, for what a mesh says nothing about. */
const usual = {
  'admin-state': 'enabled',
  'control-type': 'managed',
  'tcp-keepidle': 120,
  'tcp-keepintvl': 5,
  'tcp-keepcnt': 6,
  'history-size': 50,
  'moving-average-size': 0,
  'test-count': 0,
  traps: {},
} as const satisfies Partial<ControlConnectionConfiguration>;

const usualOfSession = {
  'target-address': {},
  thresholds: {
    'successive-loss': 1,
    'total-loss': 1,
    rtt: 0,
    'max-rtt': 0,
    'jitter-rtt': 0,
    'std-dev-rtt': 0,
    'egress-time': 0,
    'ingress-time': 0,
    'jitter-ingress': 0,
    'jitter-egress': 0,
    'std-dev-ingress': 0,
    'std-dev-egress': 0,
  },
  traps: {},
} as const satisfies Partial<TestSessionConfiguration>;

/** The statements that would measure the same; the test session has the name of the mesh. */
function connectionTo(
  { address, port }: MeshTarget,
  { mesh, owner, statements, definition }: Request,
): MeshConnection {
  const {
    'authentication-mode': mode,
    'key-id': keyId,
    'test-interval': testInterval,
    ...session
  } = definition.profile;
  const { 'authentication-key-chain': chain, 'source-address': source } = statements;
  return {
    mesh: { name: mesh, owner },
    statements: {
      ...usual,
      'authentication-mode': mode,
      ...(keyId !== undefined && { 'key-id': keyId }),
      ...(chain !== undefined && { 'authentication-key-chain': chain }),
      ...(source !== undefined && { 'source-address': source }),
      'routing-instance': statements['routing-instance'],
      'target-address': address,
      'destination-port': port,
      'test-interval': testInterval,
      'test-session': new Map([[mesh, { ...usualOfSession, ...session }]]),
    },
  };
}

/** Of a configuration, in its order. */
export function membershipsOf({ services }: Configuration): readonly Membership[] {
  return [...services.rpm.twamp['mesh-member']].flatMap(([mesh, statements]) => {
    const { from: owner } = statements;
    return owner === undefined ? [] : [{ mesh, owner, statements }];
  });
}

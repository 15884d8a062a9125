/** What the configuration says of reflectors without control connections, and the rules for saying it. */
import { createHash } from 'node:crypto';
import type { Finding, Findings } from '../config/commit.ts';
import type { Configuration } from '../config/configuration.ts';
import type { Secrets } from '../config/secrets.ts';
import type { Path } from '../config/tree.ts';
import type { InTurns } from '../config/turns.ts';
import { LIGHT_REFLECTORS_MAX, type LightSettings } from '../datapath/datapath.ts';
import type { StampMode } from '../twamp/packet-forms.ts';
import { DSCPS } from '../twamp/stamp-tlv-types.ts';
import { CONTROL_PORT } from '../twamp/protocol.ts';
import { ClientList, verifyClientLists, type ClientLists } from './client-list.ts';
import { secretsOf, verifyKeyChains, type KeyChains } from './key-chains.ts';
import { verifyInstances, type RoutingInstance, type RoutingInstances } from './routing-instances.ts';
import { runningServer } from './server.ts';
import { SERVER_PATH } from './server-rules.ts';

/** The longest key that HMAC-SHA-256 takes as it is; a longer one is hashed. RFC 2104 §2. */
const HMAC_KEY_OCTETS_MAX = 64;

/** Of all addresses of a family; a machine without the second is served on the first. */
const FAMILIES = ['0.0.0.0', '::'] as const;

/** Where a reflector listens. */
export interface LightPlace {
  readonly instance: RoutingInstance;
  readonly localAddress: (typeof FAMILIES)[number];
  readonly port: number;
}

/** A reflector that there is to be. */
export interface LightPlan {
  readonly place: LightPlace;
  readonly settings: LightSettings;
}

/** A statement that asks for reflectors, its parts under one set of names. */
interface LightService {
  readonly path: Path;
  readonly ports: readonly number[];
  readonly dscp: number | undefined;
  readonly reflector: StampMode['reflector'];
  readonly timestampFormat: StampMode['timestampFormat'];
  /** Those named; none: all. */
  readonly routingInstances: readonly string[];
  readonly keyChains: KeyChains;
  readonly clientLists: ClientLists;
}

const REFLECTOR_PATH: Path = ['services', 'simple-twamp', 'session-reflector'];

const NO_KEY_CHAINS: KeyChains = new Map();

/** The statements that are in force: two there may be. */
function servicesOf(configuration: Configuration): readonly LightService[] {
  const server = runningServer(configuration);
  const { 'session-reflector': simple } = configuration.services['simple-twamp'];
  const found: LightService[] = [];
  if (server?.light !== undefined) {
    found.push({
      path: [...SERVER_PATH, 'light'],
      ports: server.light.port,
      dscp: undefined,
      reflector: 'stateless',
      timestampFormat: undefined,
      routingInstances: [...server['routing-instance-list'].keys()],
      keyChains: NO_KEY_CHAINS,
      clientLists: server['client-list'],
    });
  }
  if (simple?.['admin-state'] === 'enabled') {
    found.push({
      path: REFLECTOR_PATH,
      ports: simple['reflector-port'],
      dscp: simple['dscp-value'],
      reflector: simple.mode,
      timestampFormat: simple['timestamp-format'],
      routingInstances: simple['routing-instance'],
      keyChains: simple['authentication-key-chain'],
      clientLists: simple['client-list'],
    });
  }
  return found;
}

/** Every reflector that there is to be, by the name of its place. */
export function* lightPlansOf(
  configuration: Configuration,
  instances: RoutingInstances,
  secrets: Secrets,
): InTurns<ReadonlyMap<string, LightPlan>> {
  const services = servicesOf(configuration);
  const reflectorPorts = [...new Set([CONTROL_PORT, ...services.flatMap(({ ports }) => ports)])];
  const plans = new Map<string, LightPlan>();
  for (const service of services) {
    const [secret] = secretsOf(service.keyChains, service.path, secrets).values();
    const stamp = {
      reflector: service.reflector,
      ssid: 0,
      timestampFormat: service.timestampFormat,
      hmacKey: secret === undefined ? undefined : hmacKeyOf(secret),
      permittedDscps: permittedDscpsOf(service),
    };
    for (const place of placesOf(service, instances)) {
      const clients = yield* ClientList.inTurns(service.clientLists, place.instance.name);
      const rules = { prefixes: yield* clients.sources(), reflectorPorts };
      plans.set(nameOf(place), { place, settings: { dscp: service.dscp, stamp, rules } });
    }
  }
  return plans;
}

/**
 * The DSCPs that a sender may ask for in replies: any where replies follow their packets, whose sender chooses it so
 * already; otherwise that of all replies.
 */
function permittedDscpsOf({ dscp }: LightService): readonly number[] {
  return dscp === undefined ? Array.from({ length: DSCPS }, (_, each) => each) : [dscp];
}

/** The HMAC key that a secret stands for. */
export function hmacKeyOf(secret: string): Uint8Array {
  const octets = Buffer.from(secret);
  return octets.length <= HMAC_KEY_OCTETS_MAX ? octets : createHash('sha256').update(octets).digest();
}

/** All that is to be said of the two statements. */
export function* verifyLight(
  configuration: Configuration,
  instances: RoutingInstances,
  secrets: Secrets,
): Findings {
  const services = servicesOf(configuration);
  const names = services.flatMap((service) => placesOf(service, instances).map(nameOf));
  const whole = services.flatMap(({ path }): Finding[] => {
    const error = (code: string, details: Finding['details']): Finding[] => [
      { severity: 'error', code, path, details },
    ];
    if (names.length > LIGHT_REFLECTORS_MAX)
      return error('light-reflectors', { maximum: LIGHT_REFLECTORS_MAX });
    return names.length > new Set(names).size ? error('light-port-twice', {}) : [];
  });
  yield* whole;
  for (const service of services) yield* verifyService(service, instances, secrets);
}

function* verifyService(
  { path, routingInstances, keyChains, clientLists }: LightService,
  instances: RoutingInstances,
  secrets: Secrets,
): Findings {
  const keys = [...keyChains.values()].reduce((sum, { 'key-id': ids }) => sum + ids.size, 0);
  const chainPath = [...path, 'authentication-key-chain'];
  // What the Server shares with its reflectors is checked where it is the Server's.
  if (path !== REFLECTOR_PATH) return;
  yield* verifyInstances(routingInstances, [...path, 'routing-instance'], instances);
  if (keyChains.size > 0 && keys !== 1)
    yield { severity: 'error', code: 'not-one-key', path: chainPath, details: {} };
  yield* verifyKeyChains(keyChains, path, secrets);
  yield* verifyClientLists(clientLists, path, instances);
}

function placesOf(
  { ports, routingInstances }: LightService,
  instances: RoutingInstances,
): readonly LightPlace[] {
  const served = [...instances.values()].filter(
    ({ name }) => routingInstances.length === 0 || routingInstances.includes(name),
  );
  return served.flatMap((instance) =>
    [...new Set(ports)].flatMap((port) => FAMILIES.map((localAddress) => ({ instance, localAddress, port }))),
  );
}

/** Two plans of one name are of one socket: an instance that stands for something else now is another place. */
function nameOf({ instance, localAddress, port }: LightPlace): string {
  return JSON.stringify([instance, localAddress, port]);
}

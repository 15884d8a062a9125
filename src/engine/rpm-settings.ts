/** `services rpm twamp client` as its control connections read it: where each goes, and what each session sends. */
import { NANOS_PER_SECOND } from '../clock.ts';
import { formOf, type PacketMode } from '../twamp/packet-forms.ts';
import { modes } from '../twamp/protocol.ts';
import { TLV_HEADER_OCTETS } from '../twamp/stamp-tlvs.ts';
import type { PortRange } from '../datapath/datapath.ts';
import type { Credentials } from './client.ts';
import type { KeyChains } from './key-chains.ts';
import { hmacKeyOf } from './light-services.ts';
import { portsOf } from './ports.ts';
import type { RoutingInstance, RoutingInstances } from './routing-instances.ts';
import type {
  ControlConnectionConfiguration,
  MeshConnection,
  MeshOrigin,
  RpmClientConfiguration,
  SessionSenderConfiguration,
  TestSessionConfiguration,
} from './rpm-configuration.ts';
import { keyOf } from './rpm-keys.ts';
import type { ConnectionTrap, SessionTrap, Thresholds } from './rpm-thresholds.ts';
import type { SessionPlan } from './test-round.ts';
import type { ControlOptions } from './transport.ts';

/** What a change of which needs a new control connection. */
export interface ConnectionPlace {
  readonly instance: RoutingInstance;
  readonly sourceAddress: string | undefined;
  readonly control: ManagedControl | LightControl;
}

/** Sessions are agreed on with a Server. */
export interface ManagedControl {
  readonly type: 'managed';
  readonly host: string;
  readonly port: number;
  readonly options: ControlOptions;
  /** Undefined: unauthenticated mode. */
  readonly credentials: Credentials | undefined;
}

/** Sessions go straight to reflectors of STAMP or TWAMP Light. */
export interface LightControl {
  readonly type: 'light';
  /** Undefined: unauthenticated mode. */
  readonly hmacKey: Uint8Array | undefined;
}

export interface SessionSettings {
  readonly name: string;
  /** What a change of which needs a new round. */
  readonly plan: Omit<SessionPlan, 'onSamples'>;
  /** UDP, of a reflector that no Server speaks for; changes like the plan. */
  readonly reflectorPort: number;
  readonly thresholds: Thresholds;
  readonly traps: ReadonlySet<SessionTrap>;
}

export interface ConnectionSettings {
  readonly name: string;
  /** Undefined: it is configured. */
  readonly mesh?: MeshOrigin;
  readonly place: ConnectionPlace;
  readonly sessions: readonly SessionSettings[];
  /** Probes kept for `history-results`. */
  readonly historySize: number;
  /** Probes averaged; 0: none. */
  readonly movingAverageSize: number;
  /** Whether the sessions of the last iteration are shown until the next one. */
  readonly persistentResults: boolean;
  /** Iterations until the connection is closed; 0: no end. */
  readonly testCount: number;
  readonly testIntervalNanos: number;
  readonly traps: ReadonlySet<ConnectionTrap>;
}

/** How long a probe's reply is waited for: the default of RFC 8913's `timeout`. */
export const PROBE_TIMEOUT_NANOS = 2 * NANOS_PER_SECOND;

/** Whether somebody has switched it off, alone or with all of its kind. */
export function isEnabled(
  entry: ControlConnectionConfiguration,
  sender: SessionSenderConfiguration,
): boolean {
  const { 'control-type': type, 'admin-state': state } = entry;
  return state === 'enabled' && (type === 'managed' || sender['admin-state'] === 'enabled');
}

/** Those of the meshes by name; one that is configured keeps its name. */
export type MeshConnections = ReadonlyMap<string, MeshConnection>;

function* entriesOf(
  client: RpmClientConfiguration,
  meshed: MeshConnections,
): Iterable<readonly [string, ControlConnectionConfiguration, MeshOrigin?]> {
  const configured = client['control-connection'];
  yield* configured;
  for (const [name, { statements, mesh }] of meshed)
    if (!configured.has(name)) yield [name, statements, mesh];
}

/**
 * Of every control connection that can be run, by name: one is enabled, has a target, sessions, an instance that exists,
 * and the key that its mode needs. `secrets`: by KeyID.
 */
export function settingsOf(
  client: RpmClientConfiguration,
  sender: SessionSenderConfiguration,
  instances: RoutingInstances,
  secrets: ReadonlyMap<string, string>,
  meshed: MeshConnections = new Map(),
): ReadonlyMap<string, ConnectionSettings> {
  const settings = new Map<string, ConnectionSettings>();
  const ports = portsOf(client['data-port-range']);
  for (const [name, entry, mesh] of entriesOf(client, meshed)) {
    if (!isEnabled(entry, sender)) continue;
    const instance = instanceOf(entry, instances);
    const control = controlOf(entry, client['authentication-key-chain'], secrets);
    if (control === undefined || instance === undefined || entry['test-session'].size === 0) continue;
    settings.set(name, {
      name,
      ...(mesh && { mesh }),
      place: { instance, sourceAddress: entry['source-address'], control },
      sessions: [...entry['test-session']].map(([session, statements]) => ({
        ...sessionOf(session, statements, ports, packetModeOf(entry, control)),
        reflectorPort: statements['destination-port'] ?? sender['reflector-port'],
      })),
      historySize: entry['history-size'],
      movingAverageSize: entry['moving-average-size'],
      persistentResults: entry['persistent-results'] ?? false,
      testCount: entry['test-count'],
      testIntervalNanos: entry['test-interval'] * NANOS_PER_SECOND,
      traps: flagsOf(entry.traps),
    });
  }
  return settings;
}

/** An output interface is bound to as a VRF device is. */
function instanceOf(
  entry: ControlConnectionConfiguration,
  instances: RoutingInstances,
): RoutingInstance | undefined {
  const { 'routing-instance': name, 'destination-interface': device } = entry;
  if (device === undefined) return instances.get(name);
  return { name, vrf: { kind: 'device', name: device } };
}

/** Undefined where what it needs is not there. */
function controlOf(
  entry: ControlConnectionConfiguration,
  chains: KeyChains,
  secrets: ReadonlyMap<string, string>,
): ManagedControl | LightControl | undefined {
  const { 'control-type': type, 'authentication-mode': mode, 'target-address': host } = entry;
  const { keyId } = keyOf(entry, chains);
  const secret = keyId === undefined ? undefined : secrets.get(keyId);
  if (mode !== 'none' && (keyId === undefined || secret === undefined)) return undefined;
  if (type === 'light') return { type, hmacKey: secret === undefined ? undefined : hmacKeyOf(secret) };
  if (host === undefined) return undefined;
  const credentials = mode === 'none' ? undefined : { mode, keyId: keyId!, secret: secret! };
  return { type, host, port: entry['destination-port'], options: controlOptionsOf(entry), credentials };
}

/** The form of the test packets, as far as their length goes. */
function packetModeOf(
  { 'authentication-mode': mode }: ControlConnectionConfiguration,
  control: ManagedControl | LightControl,
): PacketMode {
  if (control.type === 'light')
    return { stamp: { reflector: 'stateless', ssid: 0, hmacKey: control.hmacKey } };
  return mode === 'none' ? {} : { mode: modes[mode] };
}

/** The control packets carry the DSCP of the first test session. */
function controlOptionsOf(entry: ControlConnectionConfiguration): ControlOptions {
  const [first] = entry['test-session'].values();
  return {
    dscp: first === undefined ? 0 : dscpOf(first),
    keepidleSeconds: entry['tcp-keepidle'],
    keepintvlSeconds: entry['tcp-keepintvl'],
    keepcnt: entry['tcp-keepcnt'],
  };
}

function sessionOf(
  name: string,
  statements: TestSessionConfiguration,
  ports: PortRange,
  packetMode: PacketMode,
): Omit<SessionSettings, 'reflectorPort'> {
  const { address, 'local-link': link } = statements['target-address'];
  return {
    name,
    plan: {
      localAddress: zoned(statements['source-address'], link),
      remoteAddress: zoned(address, link),
      ports,
      dscp: dscpOf(statements),
      ttl: statements.ttl,
      count: statements['probe-count'],
      intervalNanos: statements['probe-interval'] * NANOS_PER_SECOND,
      paddingOctets: paddingFor(statements['data-size'], packetMode),
      paddingFill: statements['data-fill-with-zeros'] ? 'zeros' : 'random',
      timeoutNanos: PROBE_TIMEOUT_NANOS,
    },
    thresholds: statements.thresholds,
    traps: flagsOf(statements.traps),
  };
}

/** The padding of packets with so many octets of UDP data; where that is fewer than they need, none. */
function paddingFor(dataOctets: number, mode: PacketMode): number {
  const header = mode.stamp === undefined ? 0 : TLV_HEADER_OCTETS;
  return Math.max(0, dataOctets - formOf(mode).sender.padding - header);
}

function dscpOf(statements: TestSessionConfiguration): number {
  return Number.parseInt(statements['dscp-code-points'], 2);
}

/** fe80::/10 */
export function isLinkLocal(address: string): boolean {
  return /^fe[89ab][0-9a-f]:/.test(address);
}

function zoned(address: string | undefined, link: string | undefined): string | undefined {
  return address !== undefined && link !== undefined && isLinkLocal(address) ? `${address}%${link}` : address;
}

function flagsOf<Flag extends string>(flags: Readonly<Partial<Record<Flag, true>>>): ReadonlySet<Flag> {
  return new Set(Object.keys(flags) as Flag[]);
}

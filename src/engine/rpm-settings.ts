/** `services rpm twamp client` as its control connections read it: where each goes, and what each session sends. */
import { NANOS_PER_SECOND } from '../clock.ts';
import { formOf } from '../twamp/packet-forms.ts';
import type { PortRange } from '../datapath/datapath.ts';
import { portsOf } from './ports.ts';
import type { RoutingInstance, RoutingInstances } from './routing-instances.ts';
import type {
  ControlConnectionConfiguration,
  RpmClientConfiguration,
  TestSessionConfiguration,
} from './rpm-configuration.ts';
import type { ConnectionTrap, SessionTrap, Thresholds } from './rpm-thresholds.ts';
import type { SessionPlan } from './test-round.ts';
import type { ControlOptions } from './transport.ts';

/** What a change of which needs a new control connection. */
export interface ConnectionPlace {
  readonly instance: RoutingInstance;
  readonly host: string;
  readonly port: number;
  readonly sourceAddress: string | undefined;
  readonly options: ControlOptions;
}

export interface SessionSettings {
  readonly name: string;
  /** What a change of which needs a new round. */
  readonly plan: Omit<SessionPlan, 'onSamples'>;
  readonly thresholds: Thresholds;
  readonly traps: ReadonlySet<SessionTrap>;
}

export interface ConnectionSettings {
  readonly name: string;
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

/** Of every control connection that can be run, by name: one has a target, sessions, and an instance that exists. */
export function settingsOf(
  client: RpmClientConfiguration,
  instances: RoutingInstances,
): ReadonlyMap<string, ConnectionSettings> {
  const settings = new Map<string, ConnectionSettings>();
  const ports = portsOf(client['data-port-range']);
  for (const [name, entry] of client['control-connection']) {
    const instance = instanceOf(entry, instances);
    const host = entry['target-address'];
    if (host === undefined || instance === undefined || entry['test-session'].size === 0) continue;
    settings.set(name, {
      name,
      place: {
        instance,
        host,
        port: entry['destination-port'],
        sourceAddress: entry['source-address'],
        options: controlOptionsOf(entry),
      },
      sessions: [...entry['test-session']].map(([session, statements]) =>
        sessionOf(session, statements, ports),
      ),
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

function sessionOf(name: string, statements: TestSessionConfiguration, ports: PortRange): SessionSettings {
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
      paddingOctets: statements['data-size'] - formOf({}).sender.padding,
      paddingFill: statements['data-fill-with-zeros'] ? 'zeros' : 'random',
      timeoutNanos: PROBE_TIMEOUT_NANOS,
    },
    thresholds: statements.thresholds,
    traps: flagsOf(statements.traps),
  };
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

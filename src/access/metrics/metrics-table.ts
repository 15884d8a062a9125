/** What Prometheus is told: a row each. */
import type { Router } from '../../commands/command.ts';
import { portsOf, type ReflectorPort } from '../../commands/simple-twamp.ts';
import { clientsOf } from '../../commands/twamp-services.ts';
import { NANOS_PER_SECOND } from '../../clock.ts';

/** What several rows read, read once. */
export interface Moment {
  readonly router: Router;
  readonly server: Router['engine']['server'];
  readonly clients: ReturnType<typeof clientsOf>;
  readonly reflectors: readonly ReflectorPort[];
  readonly probes: readonly ProbedSession[];
  /** Of the latest count (`services session-source metrics`). */
  readonly serviceSessions: readonly GroupCount[];
  readonly process: ProcessUsage;
}

type RpmConnection =
  Router['engine']['rpmConnections'] extends ReadonlyMap<string, infer Each> ? Each : never;
type GroupCount = NonNullable<Router['services']['meter']>['samples'][number]['groups'][number];

export interface ProcessUsage {
  readonly cpuSeconds: number;
  readonly residentOctets: number;
}

interface ProbedSession {
  readonly labels: { readonly connection: string; readonly session: string };
  readonly session: RpmConnection['sessions'][number];
  readonly figures: RpmConnection['sessions'][number]['all'];
}

export interface Sample {
  readonly value: number;
  readonly labels?: Readonly<Record<string, string>>;
}

export interface Metric {
  readonly name: string;
  readonly type: 'counter' | 'gauge';
  readonly help: string;
  readonly labels?: readonly string[];
  readonly read: (moment: Moment) => Iterable<Sample>;
}

export function momentOf(router: Router, process: ProcessUsage): Moment {
  const { engine, services } = router;
  const { server } = engine;
  return {
    router,
    server,
    clients: clientsOf(server),
    reflectors: portsOf(engine.light),
    probes: [...engine.rpmConnections.values()].flatMap((connection) =>
      connection.sessions.map((session) => ({
        labels: { connection: connection.settings.name, session: session.settings.name },
        session,
        figures: session.all,
      })),
    ),
    serviceSessions: services.meter?.samples.at(-1)?.groups ?? [],
    process,
  };
}

type Client = Moment['clients'][number];

/** A figure of each client of the server. */
const ofClients =
  (...figures: readonly (readonly [Exclude<keyof Client, 'client-address'>, Sample['labels']?])[]) =>
  ({ clients }: Moment): readonly Sample[] =>
    clients.flatMap((client) =>
      figures.map(([figure, labels]) => ({
        labels: { client: client['client-address'], ...labels },
        value: client[figure],
      })),
    );

/** A figure of each configured test session that has it. */
const ofProbes =
  (valueOf: (probed: ProbedSession) => number | undefined) =>
  ({ probes }: Moment): readonly Sample[] =>
    probes.flatMap((probed) => {
      const value = valueOf(probed);
      return value === undefined ? [] : [{ labels: probed.labels, value }];
    });

const seconds = (nanos: number | undefined): number | undefined =>
  nanos === undefined ? undefined : nanos / NANOS_PER_SECOND;

const reflectorLabels = ({ vrf, port }: ReflectorPort) => ({ vrf, port: String(port) });

const PROBE_LABELS = ['connection', 'session'];

export const metrics: readonly Metric[] = [
  {
    name: 'dnrouter_info',
    type: 'gauge',
    help: 'The version that runs',
    labels: ['version'],
    read: ({ router }) => [{ labels: { version: router.version }, value: 1 }],
  },
  {
    name: 'dnrouter_logins',
    type: 'gauge',
    help: 'Who is logged in now',
    read: ({ router }) => [{ value: router.people.logins.length }],
  },
  {
    name: 'dnrouter_twamp_server_up',
    type: 'gauge',
    help: 'Whether the TWAMP server runs',
    read: ({ server }) => [{ value: Number(server.configuration !== undefined) }],
  },
  {
    name: 'dnrouter_twamp_server_half_open_connections',
    type: 'gauge',
    help: 'Control connections whose set-up has not come to its end',
    read: ({ server }) => [{ value: server.halfOpen }],
  },
  {
    name: 'dnrouter_twamp_server_active_sessions',
    type: 'gauge',
    help: 'Test sessions that are started',
    read: ({ server }) => [
      { value: server.connections.flatMap(({ sessions }) => sessions).filter(({ active }) => active).length },
    ],
  },
  {
    name: 'dnrouter_twamp_server_refusals_total',
    type: 'counter',
    help: 'Connections and sessions that were refused, by reason',
    labels: ['reason'],
    read: ({ server }) => [...server.refusals].map(([reason, value]) => ({ labels: { reason }, value })),
  },
  {
    name: 'dnrouter_twamp_server_connections',
    type: 'gauge',
    help: 'Control connections of a client that are open',
    labels: ['client'],
    read: ofClients(['connections']),
  },
  {
    name: 'dnrouter_twamp_server_sessions',
    type: 'gauge',
    help: 'Test sessions of a client that are accepted and not stopped',
    labels: ['client'],
    read: ofClients(['sessions']),
  },
  {
    name: 'dnrouter_twamp_server_connections_total',
    type: 'counter',
    help: 'Control connections of a client, by what came of them',
    labels: ['client', 'result'],
    read: ofClients(
      ['connections-accepted', { result: 'accepted' }],
      ['connections-refused', { result: 'refused' }],
    ),
  },
  {
    name: 'dnrouter_twamp_server_sessions_total',
    type: 'counter',
    help: 'Requests of a client for test sessions, by what came of them',
    labels: ['client', 'result'],
    read: ofClients(
      ['sessions-accepted', { result: 'accepted' }],
      ['sessions-refused', { result: 'refused' }],
    ),
  },
  {
    name: 'dnrouter_twamp_server_packets_total',
    type: 'counter',
    help: 'Test packets received from a client, and sent back',
    labels: ['client', 'direction'],
    read: ofClients(['rcv-packets', { direction: 'received' }], ['sent-packets', { direction: 'sent' }]),
  },
  {
    name: 'dnrouter_simple_twamp_packets_total',
    type: 'counter',
    help: 'Packets of STAMP and TWAMP Light received, and sent back',
    labels: ['vrf', 'port', 'direction'],
    read: ({ reflectors }) =>
      reflectors.flatMap((reflector) =>
        (['received', 'sent'] as const).map((direction) => ({
          labels: { ...reflectorLabels(reflector), direction },
          value: reflector.counters[direction],
        })),
      ),
  },
  {
    name: 'dnrouter_simple_twamp_dropped_packets_total',
    type: 'counter',
    help: 'Packets of STAMP and TWAMP Light that were not answered, by reason',
    labels: ['vrf', 'port', 'reason'],
    read: ({ reflectors }) =>
      reflectors.flatMap((reflector) =>
        Object.entries(reflector.counters.dropped).map(([reason, value]) => ({
          labels: { ...reflectorLabels(reflector), reason },
          value,
        })),
      ),
  },
  {
    name: 'dnrouter_twamp_client_connected',
    type: 'gauge',
    help: 'Whether a configured control connection stands',
    labels: ['connection'],
    read: ({ router }) =>
      [...router.engine.rpmConnections].map(([connection, { state }]) => ({
        labels: { connection },
        value: Number(state === 'connected'),
      })),
  },
  {
    name: 'dnrouter_twamp_client_retries_total',
    type: 'counter',
    help: 'Attempts of a configured control connection that failed, and losses of it',
    labels: ['connection'],
    read: ({ router }) =>
      [...router.engine.rpmConnections].map(([connection, { retries: value }]) => ({
        labels: { connection },
        value,
      })),
  },
  {
    name: 'dnrouter_twamp_client_probes_total',
    type: 'counter',
    help: 'Probes of a configured test session that were sent and decided',
    labels: PROBE_LABELS,
    read: ofProbes(({ figures }) => figures.sent),
  },
  {
    name: 'dnrouter_twamp_client_lost_probes_total',
    type: 'counter',
    help: 'Those of them that had no reply',
    labels: PROBE_LABELS,
    read: ofProbes(({ figures }) => figures.sent - figures.received),
  },
  {
    name: 'dnrouter_twamp_client_round_trip_seconds_total',
    type: 'counter',
    help: 'Sum of the round trip times of those that had one',
    labels: PROBE_LABELS,
    read: ofProbes(({ figures }) => seconds(figures.measurements.roundTrip?.sumNanos ?? 0)),
  },
  {
    name: 'dnrouter_twamp_client_latest_round_trip_seconds',
    type: 'gauge',
    help: 'Round trip time of the latest probe; absent while that is lost',
    labels: PROBE_LABELS,
    read: ofProbes(({ session }) => seconds(session.latest?.delays?.roundTripNanos)),
  },
  {
    name: 'dnrouter_twamp_client_traps_total',
    type: 'counter',
    help: 'Traps of a configured test session, by name',
    labels: [...PROBE_LABELS, 'trap'],
    read: ({ probes }) =>
      probes.flatMap(({ labels, session }) =>
        [...session.trapCounts].map(([trap, value]) => ({ labels: { ...labels, trap }, value })),
      ),
  },
  {
    name: 'dnrouter_service_sessions',
    type: 'gauge',
    help: 'Service sessions at the latest count (services session-source metrics)',
    labels: ['interface', 'service_set'],
    read: ({ serviceSessions }) =>
      serviceSessions.map((group) => ({
        labels: { interface: group.interface, service_set: group.serviceSet },
        value: group.sessions,
      })),
  },
  {
    name: 'process_start_time_seconds',
    type: 'gauge',
    help: 'When the router started, since 1970',
    read: ({ router }) => [{ value: Number(router.startedNanos) / NANOS_PER_SECOND }],
  },
  {
    name: 'process_cpu_seconds_total',
    type: 'counter',
    help: 'Processor time of all of its threads',
    read: ({ process }) => [{ value: process.cpuSeconds }],
  },
  {
    name: 'process_resident_memory_bytes',
    type: 'gauge',
    help: 'Memory that it holds',
    read: ({ process }) => [{ value: process.residentOctets }],
  },
];

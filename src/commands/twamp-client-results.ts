/** `show services rpm twamp client probe-results|history-results` in Junos' layouts. */
import { DEFAULT_ROUTING_INSTANCE } from '../engine/routing-instances.ts';
import type { ConnectionState, RpmConnection } from '../engine/rpm-connection.ts';
import {
  figuresOf,
  type Measurement,
  type MeasurementName,
  type Probe,
  type ProbeDelays,
  type ProbeFigures,
} from '../engine/rpm-probes.ts';
import {
  figureLines,
  HISTORY_TITLES,
  historyLine,
  lossPercent,
  probeLines,
  sessionLines,
} from '../render/probe-report.ts';
import type { Fact } from '../render/blocks.ts';
import { isoTime } from '../render/time.ts';
import type { ProbeRow } from '../store/rpm-results.ts';
import type { CommandArguments } from './arguments.ts';
import { show, type Router } from './command.ts';
import { sinceWallNanosOf } from './since.ts';
import { endsOf, sessionsOf, testOf, type ListedSession } from './twamp-client-sessions.ts';

const statuses: Readonly<Record<ConnectionState, string>> = {
  connecting: 'Connecting',
  connected: 'Connected',
  disconnected: 'Disconnected',
  stopped: 'Stopped',
  finished: 'Finished',
};

const measurementNames: Readonly<Record<MeasurementName, string>> = {
  roundTrip: 'Round trip time',
  roundTripPositiveJitter: 'Positive round trip jitter',
  roundTripNegativeJitter: 'Negative round trip jitter',
  egress: 'Egress delay',
  egressPositiveJitter: 'Positive egress jitter',
  egressNegativeJitter: 'Negative egress jitter',
  ingress: 'Ingress delay',
  ingressPositiveJitter: 'Positive ingress jitter',
  ingressNegativeJitter: 'Negative ingress jitter',
};

/** What the results are over, in text and as a name of data. */
const scopes = {
  current: 'current test',
  last: 'last test',
  moving: 'moving average',
  global: 'all tests',
} as const;

type Scope = keyof typeof scopes;

interface SessionResults extends ListedSession {
  /** Those that there are. */
  readonly figures: readonly (readonly [Scope, ProbeFigures])[];
}

function resultsOf(router: Router, { connection, session }: ListedSession): SessionResults {
  const { name, movingAverageSize } = connection.settings;
  const moving =
    movingAverageSize === 0
      ? undefined
      : figuresOf(router.results.latestProbes(name, session.settings.name, movingAverageSize).map(probeOf));
  const figures: readonly (readonly [Scope, ProbeFigures | undefined])[] = [
    ['current', session.current?.figures],
    ['last', session.last?.figures],
    ['moving', moving],
    ['global', session.all],
  ];
  return {
    connection,
    session,
    figures: figures.filter((entry): entry is [Scope, ProbeFigures] => entry[1] !== undefined),
  };
}

function probeOf({ roundTripNanos, egressNanos, ingressNanos, ...times }: ProbeRow): Probe {
  const isAnswered = roundTripNanos !== undefined && egressNanos !== undefined && ingressNanos !== undefined;
  return { ...times, delays: isAnswered ? { roundTripNanos, egressNanos, ingressNanos } : undefined };
}

function* resultsText({ connection, session, figures }: SessionResults): Iterable<string> {
  const { settings } = connection;
  const round = testOf({ connection, session })?.round;
  yield sessionLines([
    [
      ['Owner', settings.name],
      ['Test', session.settings.name],
    ],
    [
      ['Mesh', settings.mesh?.name],
      ['Of', settings.mesh?.owner],
    ],
    [
      ['Target address', targetOf({ connection, session })],
      ['Source address', sourceOf({ connection, session })],
    ],
    ...(settings.place.control.type === 'light' ? [] : serverFacts(connection)),
    [
      ['Reflector address', round?.reflector.address],
      ['Reflector port', round?.reflector.port],
      ['Sender address', round?.local.address],
      ['Sender port', round?.local.port],
    ],
    [
      ['Routing instance name', settings.place.instance.name],
      ['Destination interface', deviceOf(connection)],
    ],
    [['Test size', `${session.settings.plan.count} probes`]],
    [...session.trapCounts].map(([trap, times]) => [`Traps sent, ${trap}`, times] as const),
  ]);
  if (session.latest !== undefined) yield probeLines(session.latest);
  for (const [scope, each] of figures) yield figureLines({ ...each, ...reported(scope, each) });
}

/** What is said of a control connection. */
function serverFacts(connection: RpmConnection): readonly (readonly Fact[])[] {
  const { client, server } = endsOf(connection);
  return [
    [
      ['Server address', server?.address],
      ['Server port', server?.port],
      ['Client address', client?.address],
      ['Client port', client?.port],
    ],
    [
      ['TWAMP-Server-Status', statuses[connection.state]],
      ['Number-Of-Retries-With-TWAMP-Server', connection.retries],
    ],
  ];
}

/** As configured; without a statement of its own a session goes where the control connection goes. */
function targetOf({ connection, session }: ListedSession): string | undefined {
  return session.settings.plan.remoteAddress ?? endsOf(connection).server?.address;
}

/** As configured. */
function sourceOf({ connection, session }: ListedSession): string | undefined {
  return session.settings.plan.localAddress ?? connection.settings.place.sourceAddress;
}

function deviceOf({ settings: { place } }: RpmConnection): string | undefined {
  const { name, vrf } = place.instance;
  return name === DEFAULT_ROUTING_INSTANCE && vrf.kind === 'device' ? vrf.name : undefined;
}

function reported(scope: Scope, { measurements }: ProbeFigures) {
  const named = Object.entries(measurementNames).flatMap(([key, name]) => {
    const measurement = measurements[key as MeasurementName];
    return measurement === undefined ? [] : [{ name, ...measurement }];
  });
  return { scope: scopes[scope], measurements: named };
}

export const showTwampClientProbeResults = show<
  CommandArguments['show-twamp-client-probe-results'],
  readonly SessionResults[]
>(({ router }, args) => sessionsOf(router, args).map((listed) => resultsOf(router, listed)), {
  *text(results) {
    for (const each of results) yield* resultsText(each);
  },
  json: (results) => ({ 'probe-results': { 'probe-test-results': results.map(resultsData) } }),
});

const micros = (nanos: number): number => nanos / 1000;

function resultsData({ connection, session, figures }: SessionResults): Record<string, unknown> {
  const { settings, state, retries } = connection;
  const { client, server } = endsOf(connection);
  const round = testOf({ connection, session })?.round;
  const { latest } = session;
  return {
    owner: settings.name,
    'test-name': session.settings.name,
    'mesh-name': settings.mesh?.name,
    'mesh-owner': settings.mesh?.owner,
    'control-type': settings.place.control.type,
    'target-address': targetOf({ connection, session }),
    'source-address': sourceOf({ connection, session }),
    'server-address': server?.address,
    'server-port': server?.port,
    'client-address': client?.address,
    'client-port': client?.port,
    'server-status': state,
    'twamp-client-retries': retries,
    'reflector-address': round?.reflector.address,
    'reflector-port': round?.reflector.port,
    'sender-address': round?.local.address,
    'sender-port': round?.local.port,
    'routing-instance-name': settings.place.instance.name,
    'destination-interface': deviceOf(connection),
    'test-size': session.settings.plan.count,
    'probe-single-results': latest && {
      ...probeData(latest),
      'egress-jitter': latest.jitter && micros(latest.jitter.egressNanos),
      'ingress-jitter': latest.jitter && micros(latest.jitter.ingressNanos),
      'round-trip-jitter': latest.jitter && micros(latest.jitter.roundTripNanos),
      'egress-interarrival-jitter': latest.interarrival && micros(latest.interarrival.egressNanos),
      'ingress-interarrival-jitter': latest.interarrival && micros(latest.interarrival.ingressNanos),
      'round-trip-interarrival-jitter': latest.interarrival && micros(latest.interarrival.roundTripNanos),
    },
    ...Object.fromEntries(
      figures.map(([scope, each]) => [`probe-test-${scope}-results`, figuresData(scope, each)]),
    ),
    'traps-sent': Object.fromEntries(session.trapCounts),
  };
}

function probeData({ sentWallNanos, decidedWallNanos, delays }: Probe): Record<string, unknown> {
  return {
    'probe-sent-time': isoTime(sentWallNanos),
    'probe-status': delays === undefined ? 'Request timed out' : 'Response received',
    'probe-time': isoTime(decidedWallNanos),
    ...(delays && delaysData(delays)),
  };
}

function delaysData({ roundTripNanos, egressNanos, ingressNanos }: ProbeDelays): Record<string, number> {
  return { rtt: micros(roundTripNanos), egress: micros(egressNanos), ingress: micros(ingressNanos) };
}

/** Names of the elements that hold each direction's summaries. */
const directions = {
  'probe-test-rtt': 'roundTrip',
  'probe-test-egress': 'egress',
  'probe-test-ingress': 'ingress',
} as const;

function figuresData(scope: Scope, { sent, received, measurements }: ProbeFigures): Record<string, unknown> {
  const summaries = Object.entries(directions).map(([element, direction]) => {
    const names = [direction, `${direction}PositiveJitter`, `${direction}NegativeJitter`] as const;
    const results = names.flatMap((name) => {
      const measurement = measurements[name];
      return measurement === undefined ? [] : [summaryData(measurementNames[name], measurement)];
    });
    return [element, { 'probe-summary-results': results }] as const;
  });
  return {
    'probe-test-generic-results': {
      'results-scope': scopes[scope],
      'probes-sent': sent,
      'probe-responses': received,
      'loss-percentage': lossPercent(sent, received),
      ...Object.fromEntries(summaries),
    },
  };
}

function summaryData(type: string, measurement: Measurement): Record<string, unknown> {
  const { samples, minNanos, maxNanos, averageNanos, deviationNanos, sumNanos } = measurement;
  return {
    'probe-results-type': type,
    samples,
    'min-delay': micros(minNanos),
    'max-delay': micros(maxNanos),
    'avg-delay': micros(averageNanos),
    'jitter-delay': micros(maxNanos - minNanos),
    'stddev-delay': micros(deviationNanos),
    'sum-delay': micros(sumNanos),
  };
}

interface History {
  readonly level: 'brief' | 'detail';
  readonly sessions: readonly {
    readonly owner: string;
    readonly test: string;
    /** Read when they are drawn. */
    readonly probes: () => readonly Probe[];
  }[];
}

export const showTwampClientHistoryResults = show<
  CommandArguments['show-twamp-client-history-results'],
  History
>(
  ({ router }, args) => {
    const sinceWallNanos = sinceWallNanosOf(args) ?? 0n;
    const sessions = sessionsOf(router, args).map(({ connection, session }) => {
      const [owner, test] = [connection.settings.name, session.settings.name];
      const probes = (): readonly Probe[] =>
        router.results
          .latestProbes(owner, test, connection.settings.historySize)
          .filter(({ decidedWallNanos }) => decidedWallNanos >= sinceWallNanos)
          .map(probeOf);
      return { owner, test, probes };
    });
    return { level: args.level ?? 'brief', sessions };
  },
  {
    *text({ level, sessions }) {
      if (level === 'brief') yield HISTORY_TITLES;
      for (const { owner, test, probes } of sessions) {
        for (const probe of probes()) {
          if (level === 'brief') yield historyLine(owner, test, probe);
          else
            yield (
              sessionLines([
                [
                  ['Owner', owner],
                  ['Test', test],
                ],
              ]) + probeLines(probe)
            );
        }
      }
    },
    json: ({ sessions }) => ({
      'history-results': {
        'history-test-results': sessions.map(({ owner, test, probes }) => ({
          owner,
          'test-name': test,
          'probe-single-results': () =>
            probes().map((probe) => ({ owner, 'test-name': test, ...probeData(probe) })),
        })),
      },
    }),
  },
);

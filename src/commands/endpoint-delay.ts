/** `show services performance-monitoring endpoint-delay sessions` (DNOS): test sessions of light control-type. */
import { WALL_NANOS_PER_SECOND } from '../clock.ts';
import type { Configuration } from '../config/configuration.ts';
import type { RpmConnection } from '../engine/rpm-connection.ts';
import type { MeasurementName, ProbeFigures } from '../engine/rpm-probes.ts';
import type { RpmSession, TestRecord } from '../engine/rpm-session.ts';
import { isEnabled } from '../engine/rpm-settings.ts';
import { dscpName } from '../grammar/value-types.ts';
import { delaySessionsText, delaySessionText } from '../render/endpoint-delay.ts';
import type { DelaySession, FinishedTest, JitterFigures } from '../render/endpoint-delay.ts';
import { lossPercent } from '../render/probe-report.ts';
import { isoTime } from '../render/time.ts';
import type { CommandArguments } from './arguments.ts';
import { show, type Router } from './command.ts';
import { Refusal } from './refusal.ts';
import { testOf } from './twamp-client-sessions.ts';

const NANOS_PER_MICRO = 1000;

type Connections = Configuration['services']['rpm']['twamp']['client']['control-connection'];
type Connection = Connections extends ReadonlyMap<string, infer Entry> ? Entry : never;
type Session = Connection['test-session'] extends ReadonlyMap<string, infer Entry> ? Entry : never;

/** A configured test session of light control-type, and what runs of it. */
interface Configured {
  readonly name: string;
  readonly entry: Connection;
  readonly statements: Session;
  readonly connection: RpmConnection | undefined;
  readonly session: RpmSession | undefined;
}

/** A session that has the name of its control connection, as those of DNOS, goes by that name alone. */
function* configuredOf({ configuration: { configuration }, engine }: Router): Iterable<Configured> {
  const { 'control-connection': connections } = configuration.services.rpm.twamp.client;
  for (const [owner, entry] of connections) {
    if (entry['control-type'] !== 'light') continue;
    const connection = engine.rpmConnections.get(owner);
    for (const [test, statements] of entry['test-session']) {
      const session = connection?.sessions.find(({ settings }) => settings.name === test);
      yield { name: owner === test ? owner : `${owner}/${test}`, entry, statements, connection, session };
    }
  }
}

/** Their names, for completion. */
export function* delaySessionNames(router: Router): Iterable<string> {
  for (const { name } of configuredOf(router)) yield name;
}

function delaySessionOf(router: Router, configured: Configured): DelaySession {
  const { name, entry, statements, connection, session } = configured;
  const sender = router.configuration.configuration.services['simple-twamp']['session-sender'];
  const running = connection && session && testOf({ connection, session });
  const value = Number.parseInt(statements['dscp-code-points'], 2);
  const [count, interval] = [statements['probe-count'], statements['probe-interval']];
  const latest = session?.current;
  const isOver = running === undefined || latest?.endWallNanos !== undefined;
  const current = isOver ? undefined : latest;
  const previous = [isOver ? latest : undefined, session?.last];
  const since = connection?.connectedWallNanos;
  return {
    name,
    enabled: isEnabled(entry, sender),
    vrf: entry['routing-instance'],
    senderAddress: running?.round.local.address ?? statements['source-address'] ?? entry['source-address'],
    senderPort: running?.round.local.port,
    reflectorAddress: statements['target-address'].address!,
    reflectorPort: statements['destination-port'] ?? sender['reflector-port'],
    upNanos: since === undefined ? undefined : router.clock.wallNanos() - since,
    dscp: { value, name: dscpName(value) },
    probeCount: count,
    probeIntervalSeconds: interval,
    current: current && {
      startWallNanos: current.startWallNanos,
      expectedEndWallNanos: current.startWallNanos + BigInt(count * interval) * WALL_NANOS_PER_SECOND,
    },
    previous: previous.flatMap((test) => (test === undefined ? [] : [finishedTest(test)])),
  };
}

function finishedTest({ startWallNanos, endWallNanos, figures, crossed }: TestRecord): FinishedTest {
  const { sent, received, measurements } = figures;
  const { roundTrip } = measurements;
  const results = { lossPercent: lossPercent(sent, received), roundTrip, jitter: jitterOf(figures) };
  return { startWallNanos, endWallNanos, sent, received, crossed, ...results };
}

/** The mean amount by which a delay differs from the one before it, whatever the sign. */
function jitterOf({ received, measurements }: ProbeFigures): JitterFigures | undefined {
  const samples = received - 1;
  if (samples < 1) return undefined;
  const mean = (delay: 'egress' | 'ingress' | 'roundTrip'): number => {
    const names: readonly MeasurementName[] = [`${delay}PositiveJitter`, `${delay}NegativeJitter`];
    const sums = names.map((name) => measurements[name]?.sumNanos ?? 0);
    return sums.reduce((sum, each) => sum + each, 0) / samples;
  };
  return {
    samples,
    egressNanos: mean('egress'),
    ingressNanos: mean('ingress'),
    roundTripNanos: mean('roundTrip'),
  };
}

const micros = (nanos: number): number => nanos / NANOS_PER_MICRO;

/** Times in microseconds. */
function testData(test: FinishedTest): Record<string, unknown> {
  const { startWallNanos, endWallNanos, roundTrip, jitter } = test;
  return {
    'start-time': isoTime(startWallNanos),
    'end-time': endWallNanos === undefined ? undefined : isoTime(endWallNanos),
    'probes-sent': test.sent,
    'probe-responses': test.received,
    'loss-percentage': test.lossPercent,
    'thresholds-crossed': test.crossed,
    rtt: roundTrip && {
      samples: roundTrip.samples,
      'min-delay': micros(roundTrip.minNanos),
      'max-delay': micros(roundTrip.maxNanos),
      'avg-delay': micros(roundTrip.averageNanos),
    },
    jitter: jitter && {
      samples: jitter.samples,
      'egress-jitter': micros(jitter.egressNanos),
      'ingress-jitter': micros(jitter.ingressNanos),
      'round-trip-jitter': micros(jitter.roundTripNanos),
    },
  };
}

function sessionData(session: DelaySession): Record<string, unknown> {
  const { current, upNanos } = session;
  return {
    session: session.name,
    'admin-state': session.enabled,
    vrf: session.vrf,
    'sender-address': session.senderAddress,
    'sender-port': session.senderPort,
    'reflector-address': session.reflectorAddress,
    'reflector-port': session.reflectorPort,
    'uptime-seconds': upNanos === undefined ? undefined : Number(upNanos / WALL_NANOS_PER_SECOND),
    dscp: session.dscp.value,
    'probe-count': session.probeCount,
    'probe-interval': session.probeIntervalSeconds,
    'current-test': current && {
      'start-time': isoTime(current.startWallNanos),
      'expected-end-time': isoTime(current.expectedEndWallNanos),
    },
    'previous-tests': session.previous.map(testData),
  };
}

interface Listing {
  /** One that was asked for by its name is shown whole. */
  readonly whole: boolean;
  readonly sessions: readonly DelaySession[];
}

export const showEndpointDelaySessions = show<
  CommandArguments['show-services-endpoint-delay-sessions'],
  Listing
>(
  ({ router }, { name }) => {
    const found = [...configuredOf(router)].filter((each) => name === undefined || each.name === name);
    if (name !== undefined && found.length === 0) throw new Refusal('no-such-test-session', { name });
    const sessions = found.map((each) => delaySessionOf(router, each));
    return { whole: name !== undefined, sessions };
  },
  {
    *text({ whole, sessions }, { columns }) {
      if (!whole) yield* delaySessionsText(sessions, columns);
      else for (const session of sessions) yield* delaySessionText(session);
    },
    json: ({ sessions }) => ({ sessions: sessions.map(sessionData) }),
    element: 'endpoint-delay-information',
  },
);

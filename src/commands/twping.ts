/** `twping`: measures a path and reports as perfSONAR's twping does. */
import { parseInterval, parsePercentiles } from '../grammar/value-types.ts';
import { portsOf } from '../engine/ports.ts';
import { DEFAULT_ROUTING_INSTANCE } from '../engine/routing-instances.ts';
import { accessReportOf } from '../engine/tlv-findings.ts';
import type { Measurement, TwpingRequest } from '../engine/twping.ts';
import { fixed } from '../render/number-format.ts';
import { instrumentReport } from '../render/instrument.ts';
import { isoTime } from '../render/time.ts';
import { markingReport, tlvReport } from '../render/tlv-report.ts';
import { twpingDetails } from '../render/twping-details.ts';
import { twpingPacket } from '../render/twping-packet.ts';
import { twpingReport } from '../render/twping-report.ts';
import { twpingSample } from '../render/twping-sample.ts';
import type { CommandArguments } from './arguments.ts';
import { show, type Context, type View } from './command.ts';
import { Refusal } from './refusal.ts';

const endings: Readonly<Record<Measurement['ending'], string | undefined>> = {
  complete: undefined,
  interrupted: 'Interrupted: these are the figures so far.',
  'connection-lost': 'The control connection was lost: these are the figures until then.',
  'datapath-failed': 'The sender failed: these are the figures until then.',
};

const seconds = (nanos: number): string => (nanos / 1e9).toFixed(1);

/** What was measured, and how it is to be judged and shown. */
interface Measured extends Measurement {
  readonly percentiles: readonly number[];
  /** A session that loses a higher percentage is a failure. */
  readonly lossPercentMax: number | undefined;
}

const view: View<Measured> = {
  *text({ sessions, percentiles }) {
    for (const session of sessions) {
      const { sender, reflector, sid, ssid, summary, samplesLost, instrument, packets = [] } = session;
      for (const packet of packets) yield twpingPacket(packet);
      const { clocks, directionsKnown } = summary;
      yield twpingReport({ sender, reflector, sid, ssid, percentiles, ...summary });
      yield twpingDetails(summary);
      yield tlvReport(session.tlvs);
      yield markingReport(summary.sendMarkings, summary.reflectMarkings, session.dscp);
      yield instrumentReport({ ...instrument, clocks, samplesLost, directionsKnown });
    }
  },
  json: ({ sessions, ending, percentiles }) => ({
    ending,
    results: sessions.map((session) => dataOf(session, percentiles)),
  }),
  element: 'twping-information',
  failure: (measured) => endings[measured.ending] ?? failureOf(measured),
};

function failureOf({ sessions, lossPercentMax = Infinity }: Measured): string | undefined {
  if (sessions.every(isLost)) return 'Every packet was lost.';
  const worst = Math.max(...sessions.map(({ summary: { sent, lost } }) => (100 * lost) / Math.max(sent, 1)));
  if (worst <= lossPercentMax) return undefined;
  return `A session lost ${fixed(worst, 3)}% of its packets, more than fail-on-loss ${lossPercentMax} allows.`;
}

export const twping = show<CommandArguments['twping'], Measured>(
  (context, args) =>
    measure(context, args, {
      ...plannedBy(args),
      reflectOctets: args['reflect-octets'],
      symmetricalSize: args['symmetrical-size'],
      dscpMonitoring: args['dscp-monitoring'],
      user: userOf(args),
    }),
  view,
);

/** A key of STAMP authenticates, and encrypts nothing. */
export const twpingLight = show<CommandArguments['twping-light'], Measured>((context, args) => {
  const { ssid, user: keyId } = args;
  const user = keyId === undefined ? undefined : ({ mode: 'authenticated', keyId } as const);
  return measure(context, args, { ...plannedBy(args), light: { ssid }, tlvs: tlvsOf(args), user });
}, view);

function tlvsOf(args: CommandArguments['twping-light']): TwpingRequest['tlvs'] {
  const dscp = args['class-of-service'];
  return {
    location: args.location,
    timestampInformation: args['timestamp-information'],
    classOfService: dscp === undefined ? undefined : { dscp },
    directMeasurement: args['direct-measurement'],
    followUpTelemetry: args['follow-up-telemetry'],
    accessReport: accessReportOf(args['access-report']),
  };
}

type AnyArguments = CommandArguments['twping' | 'twping-light'];

const ipVersions = { inet: 4, inet6: 6 } as const;
const fills = { zero: 'zeros', random: 'random' } as const;

/** What both commands ask for in the same words. */
function plannedBy(args: AnyArguments): TwpingRequest {
  const { interface: device, 'routing-instance': routingInstance, percentiles } = args;
  if (device !== undefined && routingInstance !== DEFAULT_ROUTING_INSTANCE)
    throw new Refusal('interface-or-instance');
  // The grammar has let in no other texts.
  const { nanos: intervalNanos, exponential } = parseInterval(args.interval)!;
  return {
    host: args.host,
    port: args.port,
    routingInstance,
    device,
    sourceAddress: args['source-address'],
    ipVersion: args.family && ipVersions[args.family],
    dscp: args.dscp,
    count: args.count,
    sessionCount: args['session-count'],
    intervalNanos,
    exponential,
    raw: args.raw,
    sampleNanos: args.sample,
    startDelayNanos: args['start-delay'],
    paddingOctets: args.padding,
    timestampFormat: args['timestamp-format'],
    paddingFill: fills[args['padding-fill']],
    timeoutNanos: args.timeout,
    ports: args['port-range'] === undefined ? undefined : portsOf(args['port-range']),
    percentiles: percentiles === undefined ? [] : parsePercentiles(percentiles),
  };
}

async function measure(
  { router, session, show, signal }: Context,
  { 'fail-on-loss': lossPercentMax }: AnyArguments,
  request: TwpingRequest,
): Promise<Measured> {
  const measurement = await router.engine.twping(request, {
    signal,
    onProgress: ({ planned, sent, received, remainingNanos }) =>
      session.progress(
        `Approximately ${seconds(remainingNanos)} seconds until results available (${sent}/${planned} sent, ${received} received)`,
      ),
    onSamples: (samples) => show(samples.map(twpingSample).join('')),
  });
  return { ...measurement, percentiles: request.percentiles ?? [], lossPercentMax };
}

/** Mode and user go together. */
function userOf({ 'auth-mode': mode, user: keyId }: CommandArguments['twping']): TwpingRequest['user'] {
  if ((mode === 'none') !== (keyId === undefined)) throw new Refusal('auth-mode-and-user');
  return mode === 'none' || keyId === undefined ? undefined : { mode, keyId };
}

/** Nobody can tell of what is still in flight. */
const isLost = ({ summary: { sent, lost, inFlight } }: MeasuredSession): boolean =>
  lost + inFlight === sent && (lost > 0 || sent === 0);

type MeasuredSession = Measurement['sessions'][number];
type IntervalSample = NonNullable<MeasuredSession['sampled']>['samples'][number];
type LoggedPacket = NonNullable<MeasuredSession['packets']> extends Iterable<infer Packet> ? Packet : never;
type Clock = NonNullable<MeasuredSession['summary']['clocks']>['sender'];
type Spread = NonNullable<MeasuredSession['summary']['roundTrip']>;

/** The keys of DANOS' twping converter (vendor-cli §5.3); times in milliseconds, as there. */
function dataOf(session: MeasuredSession, percentiles: readonly number[]): Record<string, unknown> {
  const { sid, ssid, sender, reflector, summary, samplesLost, instrument, sampled, packets } = session;
  const { stamps, pacing, kernelDrops } = instrument;
  return {
    ...(sid === undefined ? { mode: 'stamp', ssid } : { sid }),
    source: { address: sender.address, port: sender.port },
    destination: { address: reflector.address, port: reflector.port },
    packets: {
      'time-of-first': summary.firstWallNanos === undefined ? undefined : isoTime(summary.firstWallNanos),
      'time-of-last': summary.lastWallNanos === undefined ? undefined : isoTime(summary.lastWallNanos),
      'num-pkts-sent': summary.sent,
      'num-pkts-lost': summary.lost,
      'num-pkts-in-flight': summary.inFlight,
      'num-pkts-lost-send': summary.lostByDirection.send,
      'num-pkts-lost-reflect': summary.lostByDirection.reflect,
      'num-pkts-lost-unknown': summary.lostByDirection.unknown,
      'directions-known': summary.directionsKnown,
      'send-duplicates': summary.sendDuplicates,
      'reflect-duplicates': summary.reflectDuplicates,
      'send-reordered': summary.reordered.send,
      'reflect-reordered': summary.reordered.reflect,
      'samples-lost': samplesLost,
    },
    'round-trip-time': timesOf(summary.roundTrip, percentiles),
    'send-time': timesOf(summary.send, percentiles),
    'reflect-time': timesOf(summary.reflect, percentiles),
    'reflector-processing-time': summary.processing && {
      min: millis(summary.processing.minNanos),
      max: millis(summary.processing.maxNanos),
    },
    'send-hops': hopsOf(summary.sendHops),
    'reflect-hops': hopsOf(summary.reflectHops),
    'send-markings': markingsOf(summary.sendMarkings),
    'reflect-markings': markingsOf(summary.reflectMarkings),
    ...tlvData(session.tlvs),
    instrument: {
      timestamps: stamps,
      'sender-clock': clockOf(summary.clocks?.sender),
      'reflector-clock': clockOf(summary.clocks?.reflector),
      'pacing-error': pacing && {
        p50: millis(pacing.p50Nanos),
        p99: millis(pacing.p99Nanos),
        max: millis(pacing.maxNanos),
      },
      'late-packets': pacing?.late,
      'kernel-drops': kernelDrops,
    },
    ...(sampled && { samples: sampled.samples.map(sampleData), 'samples-omitted': sampled.omitted }),
    ...(packets && { 'raw-packets': rowsOf(packets), 'raw-packets-omitted': session.packetsOmitted }),
  };
}

function sampleData({ wallNanos, sent, lost, roundTrip }: IntervalSample): Record<string, unknown> {
  return {
    time: isoTime(wallNanos),
    'num-pkts-sent': sent,
    'num-pkts-lost': lost,
    'round-trip-time': roundTrip && {
      min: millis(roundTrip.minNanos),
      median: millis(roundTrip.medianNanos),
      max: millis(roundTrip.maxNanos),
      pdv: millis(roundTrip.jitterNanos),
      jitter: millis(roundTrip.interarrivalJitterNanos),
    },
  };
}

/** Drawn one by one, when they are written. */
function* rowsOf(packets: Iterable<LoggedPacket>): Generator<Record<string, unknown>> {
  for (const packet of packets) {
    const row = { 'seq-no': packet.sequence, status: packet.status };
    yield 't1' in packet ? { ...row, ...replyOf(packet) } : row;
  }
}

function replyOf(reply: Extract<LoggedPacket, { readonly t1: bigint }>): Record<string, unknown> {
  return {
    'reflector-seq-no': reply.reflectorSequence,
    t1: isoTime(reply.t1),
    t2: isoTime(reply.t2),
    t3: isoTime(reply.t3),
    t4: isoTime(reply.t4),
    'send-ttl': reply.senderTtl,
    'reflect-ttl': reply.replyTtl,
    'round-trip-time': millis(reply.roundTripNanos),
    'send-time': millis(reply.sendNanos),
    'reflect-time': millis(reply.reflectNanos),
    'reflector-processing-time': millis(reply.processingNanos),
    error: millis(reply.errorNanos),
  };
}

function markingsOf(markings: MeasuredSession['summary']['sendMarkings']): unknown {
  return markings.length === 0 ? undefined : markings;
}

/** What the reflector has told by TLVs, by their names in RFC 8972. */
function tlvData(tlvs: MeasuredSession['tlvs']): Record<string, unknown> {
  const { location, timestampInformation, classOfService, directMeasurement } = tlvs;
  const { followUpTelemetry, accessReport, refused, integrityFailures } = tlvs;
  return {
    location,
    'timestamp-information': timestampInformation,
    'class-of-service': classOfService,
    'direct-measurement': directMeasurement && {
      'sender-transmitted': directMeasurement.senderTransmitted,
      'reflector-received': directMeasurement.reflectorReceived,
      'reflector-transmitted': directMeasurement.reflectorTransmitted,
    },
    'follow-up-telemetry': followUpTelemetry && followUpRecord(followUpTelemetry),
    'access-report': accessReport,
    'refused-tlvs': refused.length === 0 ? undefined : refused,
    'tlv-integrity-failures': integrityFailures === 0 ? undefined : integrityFailures,
  };
}

function followUpRecord({
  sequence,
  wallNanos,
  method,
}: NonNullable<MeasuredSession['tlvs']['followUpTelemetry']>): Record<string, unknown> | undefined {
  return wallNanos === undefined ? undefined : { sequence, time: isoTime(wallNanos), method };
}

function clockOf(clock: Clock | undefined): Record<string, unknown> | undefined {
  if (clock === undefined) return undefined;
  const { errorNanos, synchronised, timestampFormat } = clock;
  return { error: millis(errorNanos), synchronized: synchronised, 'timestamp-format': timestampFormat };
}

function millis(nanos: number): number {
  return nanos / 1e6;
}

function timesOf(
  spread: Spread | undefined,
  percentiles: readonly number[],
): Record<string, unknown> | undefined {
  return (
    spread && {
      min: millis(spread.minNanos),
      median: millis(spread.medianNanos),
      max: millis(spread.maxNanos),
      pdv: millis(spread.jitterNanos),
      jitter: millis(spread.interarrivalJitterNanos),
      error: spread.errorNanos === undefined ? undefined : millis(spread.errorNanos),
      synchronized: spread.errorNanos !== undefined,
      percentiles:
        percentiles.length === 0
          ? undefined
          : percentiles.map((percentile, index) => ({
              percentile,
              value: millis(spread.percentileNanos[index]!),
            })),
    }
  );
}

function hopsOf(hops: MeasuredSession['summary']['sendHops']): Record<string, number> | undefined {
  return hops.kind === 'unknown' ? undefined : { 'diff-num-ttl': hops.values, min: hops.min, max: hops.max };
}

/** `twping`: measures a path and reports as perfSONAR's twping does. */
import type { Measurement } from '../engine/twping.ts';
import { isoTime } from '../render/time.ts';
import { twpingReport } from '../render/twping-report.ts';
import type { CommandArguments } from './arguments.ts';
import { show } from './command.ts';

/** The routing instance that measurements are made in. */
const DEFAULT_ROUTING_INSTANCE = 'default';

const endings: Readonly<Record<Measurement['ending'], string | undefined>> = {
  complete: undefined,
  interrupted: 'Interrupted: these are the figures so far.',
  'connection-lost': 'The control connection was lost: these are the figures until then.',
  'datapath-failed': 'The sender failed: these are the figures until then.',
};

const seconds = (nanos: number): string => (nanos / 1e9).toFixed(1);

export const twping = show<CommandArguments['twping'], Measurement>(
  ({ router, session, signal }, args) =>
    router.engine.twping(
      {
        host: args.host,
        port: args.port,
        routingInstance: DEFAULT_ROUTING_INSTANCE,
        count: args.count,
        sessionCount: args['session-count'],
        intervalNanos: args.interval,
        paddingOctets: args.padding,
        timeoutNanos: args.timeout,
      },
      {
        signal,
        onProgress: ({ planned, sent, received, remainingNanos }) =>
          session.progress(
            `Approximately ${seconds(remainingNanos)} seconds until results available (${sent}/${planned} sent, ${received} received)`,
          ),
      },
    ),
  {
    *text({ sessions }) {
      for (const { sender, reflector, sid, summary, samplesLost } of sessions) {
        yield twpingReport({ sender, reflector, sid, ...summary });
        if (samplesLost > 0)
          yield `${samplesLost} replies came too fast to be measured; they are in no figure.\n\n`;
      }
    },
    json: ({ sessions, ending }) => ({ ending, results: sessions.map(dataOf) }),
    failure: ({ sessions, ending }) =>
      endings[ending] ?? (sessions.every(isLost) ? 'Every packet was lost.' : undefined),
  },
);

const isLost = ({ summary }: MeasuredSession): boolean => summary.lost === summary.sent;

type MeasuredSession = Measurement['sessions'][number];
type Spread = NonNullable<MeasuredSession['summary']['roundTrip']>;

/** The keys of DANOS' twping converter (vendor-cli §5.3); times in milliseconds, as there. */
function dataOf({ sid, sender, reflector, summary, samplesLost }: MeasuredSession): Record<string, unknown> {
  return {
    sid,
    source: { address: sender.address, port: sender.port },
    destination: { address: reflector.address, port: reflector.port },
    packets: {
      'time-of-first': summary.firstWallNanos === undefined ? undefined : isoTime(summary.firstWallNanos),
      'time-of-last': summary.lastWallNanos === undefined ? undefined : isoTime(summary.lastWallNanos),
      'num-pkts-sent': summary.sent,
      'num-pkts-lost': summary.lost,
      'num-pkts-lost-send': summary.lostByDirection.send,
      'num-pkts-lost-reflect': summary.lostByDirection.reflect,
      'num-pkts-lost-unknown': summary.lostByDirection.unknown,
      'send-duplicates': summary.sendDuplicates,
      'reflect-duplicates': summary.reflectDuplicates,
      'send-reordered': summary.reordered.send,
      'reflect-reordered': summary.reordered.reflect,
      'samples-lost': samplesLost,
    },
    'round-trip-time': timesOf(summary.roundTrip),
    'send-time': timesOf(summary.send),
    'reflect-time': timesOf(summary.reflect),
    'reflector-processing-time': summary.processing && {
      min: millis(summary.processing.minNanos),
      max: millis(summary.processing.maxNanos),
    },
    'send-hops': hopsOf(summary.sendHops),
    'reflect-hops': hopsOf(summary.reflectHops),
  };
}

function millis(nanos: number): number {
  return nanos / 1e6;
}

function timesOf(spread: Spread | undefined): Record<string, unknown> | undefined {
  return (
    spread && {
      min: millis(spread.minNanos),
      median: millis(spread.medianNanos),
      max: millis(spread.maxNanos),
      pdv: millis(spread.jitterNanos),
      error: spread.errorNanos === undefined ? undefined : millis(spread.errorNanos),
      synchronized: spread.errorNanos !== undefined,
    }
  );
}

function hopsOf(hops: MeasuredSession['summary']['sendHops']): Record<string, number> | undefined {
  return hops.kind === 'unknown' ? undefined : { 'diff-num-ttl': hops.values, min: hops.min, max: hops.max };
}

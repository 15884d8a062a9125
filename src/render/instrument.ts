/** What a measurement says of itself: lines below perfSONAR's report, which none of its readers takes for its own. */
import { millis } from './number-format.ts';

/** How far a clock may be from UTC. */
export interface ClockError {
  readonly synchronised: boolean;
  readonly errorNanos: number;
  /** Of its timestamps, RFC 8186. */
  readonly timestampFormat: keyof typeof formatNames;
}

const formatNames = { ntp: 'NTP', ptpv2: 'PTPv2' } as const;

/** How late packets were sent. */
export interface PacingError {
  readonly p50Nanos: number;
  readonly p99Nanos: number;
  readonly maxNanos: number;
  /** Packets sent when the next one was due already. */
  readonly late: number;
}

export interface InstrumentReport {
  readonly stamps: 'kernel' | 'user-space';
  /** Undefined when nothing came back. */
  readonly clocks: { readonly sender: ClockError; readonly reflector: ClockError } | undefined;
  /** Undefined when nothing was sent. */
  readonly pacing: PacingError | undefined;
  /** Of replies, as requests are not ours to receive; undefined when the kernel cannot tell. */
  readonly kernelDrops: number | undefined;
  /** Replies that are counted, but in no figure. */
  readonly samplesLost: number;
  /** Whether the reflector's numbers tell what happened on the way there from what happened on the way back. */
  readonly directionsKnown: boolean;
}

/** Each line with its line feed, and an empty one behind the last. */
export function instrumentReport(report: InstrumentReport): string {
  const { stamps, clocks, pacing, kernelDrops, samplesLost, directionsKnown } = report;
  const lines = [
    `timestamps: ${stamps}${formats(clocks)}`,
    clocks === undefined
      ? 'clock error: not measured'
      : `clock error: sender ${clockError(clocks.sender)}, reflector ${clockError(clocks.reflector)}`,
    pacing === undefined
      ? 'pacing error: not measured'
      : `pacing error p50/p99/max = ${pacingError(pacing)}, ${pacing.late} late`,
    `kernel drops of replies: ${kernelDrops ?? 'not reported'}`,
    ...(samplesLost > 0
      ? [`${samplesLost} replies came too fast to be measured; they are in no figure.`]
      : []),
    ...(directionsKnown
      ? []
      : ['The direction of losses, duplicates and reordering is unknown: no reply had a number of its own.']),
    '',
  ];
  return lines.map((line) => `${line}\n`).join('');
}

/** `0.00103/0.0645/0.2 ms`. */
export function pacingError({ p50Nanos, p99Nanos, maxNanos }: PacingError): string {
  return `${[p50Nanos, p99Nanos, maxNanos].map(millis).join('/')} ms`;
}

/** Nothing of the format that everybody has. */
function formats(clocks: InstrumentReport['clocks']): string {
  if (clocks === undefined) return '';
  const [sender, reflector] = [clocks.sender, clocks.reflector].map((clock) => clock.timestampFormat);
  if (sender === 'ntp' && reflector === 'ntp') return '';
  return `, sender ${formatNames[sender!]}, reflector ${formatNames[reflector!]}`;
}

function clockError({ errorNanos, synchronised }: ClockError): string {
  return `${millis(errorNanos)} ms (${synchronised ? 'sync' : 'unsync'})`;
}

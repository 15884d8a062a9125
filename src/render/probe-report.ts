/** Results of the probes of a configured test session, in the blocks of Junos' `probe-results` and `history-results`. */
import { factLine, type Fact } from './blocks.ts';
import { fixed } from './number-format.ts';
import { calendarTime } from './time.ts';

/** Nanoseconds of each direction. */
export interface ProbeDelays {
  readonly roundTripNanos: number;
  readonly egressNanos: number;
  readonly ingressNanos: number;
}

export interface ReportedProbe {
  readonly sentWallNanos: bigint;
  readonly decidedWallNanos: bigint;
  /** Undefined: lost. */
  readonly delays: ProbeDelays | undefined;
  readonly jitter?: ProbeDelays | undefined;
  readonly interarrival?: ProbeDelays | undefined;
}

export interface ReportedFigures {
  /** Such as `current test`. */
  readonly scope: string;
  readonly sent: number;
  readonly received: number;
  readonly measurements: readonly {
    /** Such as `Round trip time`. */
    readonly name: string;
    readonly samples: number;
    readonly minNanos: number;
    readonly maxNanos: number;
    readonly averageNanos: number;
    readonly deviationNanos: number;
    readonly sumNanos: number;
  }[];
}

const BLOCK_INDENT = ' '.repeat(4);
const DETAIL_INDENT = ' '.repeat(6);
const SAMPLES_INDENT = ' '.repeat(8);

const NANOS_PER_MICRO = 1000;

const usec = (nanos: number | undefined): string | undefined =>
  nanos === undefined ? undefined : `${Math.round(nanos / NANOS_PER_MICRO)} usec`;

/** What a test session is, a line each; pairs without a value are left out. */
export function sessionLines(lines: readonly (readonly Fact[])[]): string {
  return indented(BLOCK_INDENT, lines.map(factLine));
}

/** `Probe results:` and what the latest probe has shown. */
export function probeLines(probe: ReportedProbe): string {
  return indented(BLOCK_INDENT, ['Probe results:']) + indented(DETAIL_INDENT, detailsOf(probe));
}

function detailsOf({ decidedWallNanos, delays, jitter, interarrival }: ReportedProbe): readonly string[] {
  const outcome = delays === undefined ? 'Request timed out' : 'Response received';
  return [
    `${outcome}, ${calendarTime(decidedWallNanos)}`,
    factLine([
      ['Rtt', usec(delays?.roundTripNanos)],
      ['Egress time', usec(delays?.egressNanos)],
      ['Ingress time', usec(delays?.ingressNanos)],
    ]),
    factLine([
      ['Egress jitter', usec(jitter?.egressNanos)],
      ['Ingress jitter', usec(jitter?.ingressNanos)],
      ['Round trip jitter', usec(jitter?.roundTripNanos)],
    ]),
    factLine([
      ['Egress interarrival jitter', usec(interarrival?.egressNanos)],
      ['Ingress interarrival jitter', usec(interarrival?.ingressNanos)],
      ['Round trip interarrival jitter', usec(interarrival?.roundTripNanos)],
    ]),
  ];
}

/** `Results over …`. */
export function figureLines({ scope, sent, received, measurements }: ReportedFigures): string {
  const counts = factLine([
    ['Probes sent', sent],
    ['Probes received', received],
    ['Loss percentage', fixed(lossPercent(sent, received), 5)],
  ]);
  return [
    indented(BLOCK_INDENT, [`Results over ${scope}:`]),
    indented(DETAIL_INDENT, [counts]),
    ...measurements.map(
      (measurement) =>
        indented(DETAIL_INDENT, [`Measurement: ${measurement.name}`]) +
        indented(SAMPLES_INDENT, [samplesLine(measurement)]),
    ),
  ].join('');
}

export function lossPercent(sent: number, received: number): number {
  return sent === 0 ? 0 : (100 * (sent - received)) / sent;
}

function samplesLine(measurement: ReportedFigures['measurements'][number]): string {
  const { samples, minNanos, maxNanos, averageNanos, deviationNanos, sumNanos } = measurement;
  return factLine([
    ['Samples', samples],
    ['Minimum', usec(minNanos)],
    ['Maximum', usec(maxNanos)],
    ['Average', usec(averageNanos)],
    ['Peak to peak', usec(maxNanos - minNanos)],
    ['Stddev', usec(deviationNanos)],
    ['Sum', usec(sumNanos)],
  ]);
}

const OWNER_WIDTH = 32;
const TIME_WIDTH = 28;

export const HISTORY_TITLES = indented(BLOCK_INDENT, [
  `${'Owner, Test'.padEnd(OWNER_WIDTH)}${'Probe received'.padEnd(TIME_WIDTH)}Round trip time`,
]);

/** A line of `history-results brief`. */
export function historyLine(
  owner: string,
  test: string,
  { decidedWallNanos, delays }: ReportedProbe,
): string {
  const name = `${owner}, ${test}`.padEnd(OWNER_WIDTH);
  const time = calendarTime(decidedWallNanos).padEnd(TIME_WIDTH);
  return indented(BLOCK_INDENT, [`${name}${time}${usec(delays?.roundTripNanos) ?? 'Request timed out'}`]);
}

/** Lines that are not empty, each with its line feed. */
function indented(indent: string, lines: readonly string[]): string {
  return lines
    .filter((line) => line !== '')
    .map((line) => `${indent}${line}\n`)
    .join('');
}

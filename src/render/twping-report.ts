/** The text report of perfSONAR's twping 5.2.3, which people and parsers know. */
import type { Endpoint } from './endpoint.ts';
import { fixed, millis } from './number-format.ts';

/** Delays of one direction, in nanoseconds. */
export interface Spread {
  readonly minNanos: number;
  readonly medianNanos: number;
  readonly maxNanos: number;
  /** 95th percentile less the median. */
  readonly jitterNanos: number;
  /** RFC 3550 §6.4.1. */
  readonly interarrivalJitterNanos: number;
  /** Of each percentile that is reported. */
  readonly percentileNanos: readonly number[];
  /** Undefined when a clock that took part was not synchronised. */
  readonly errorNanos: number | undefined;
}

/** Routers on the way: how many different numbers of hops were seen, and their range. */
export type Hops =
  | { readonly kind: 'unknown' }
  | { readonly kind: 'hops'; readonly values: number; readonly min: number; readonly max: number };

/** One test session. Measured figures are undefined when no packet came back. */
export interface TwpingReport {
  readonly sender: Endpoint;
  readonly reflector: Endpoint;
  /** 32 hexadecimal digits; undefined: a session of STAMP … */
  readonly sid: string | undefined;
  /** … which has this instead. */
  readonly ssid?: number | undefined;
  /** When the first and the last packet were sent; undefined when none was. */
  readonly firstWallNanos?: bigint | undefined;
  readonly lastWallNanos?: bigint | undefined;
  readonly sent: number;
  readonly lost: number;
  readonly sendDuplicates: number;
  readonly reflectDuplicates: number;
  readonly roundTrip?: Spread | undefined;
  readonly send?: Spread | undefined;
  readonly reflect?: Spread | undefined;
  /** Of the round trip. */
  readonly percentiles?: readonly number[];
  /** Time spent inside the reflector. */
  readonly processing?: { readonly minNanos: number; readonly maxNanos: number } | undefined;
  readonly sendHops: Hops;
  readonly reflectHops: Hops;
}

/** The report with an empty line before and after it, each line with its line feed. */
export function twpingReport(report: TwpingReport): string {
  const { sender, reflector, processing } = report;
  const lines = [
    '',
    `--- twping statistics from ${bracketed(sender)} to ${bracketed(reflector)} ---`,
    report.sid === undefined ? `SSID:\t${report.ssid}` : `SID:\t${report.sid}`,
    `first:\t${instant(report.firstWallNanos)}`,
    `last:\t${instant(report.lastWallNanos)}`,
    counts(report),
    delay('round-trip', report.roundTrip),
    delay('send', report.send),
    delay('reflect', report.reflect),
    `reflector processing time min/max = ${millis(processing?.minNanos)}/${millis(processing?.maxNanos)} ms`,
    jitter('two-way', report.roundTrip),
    jitter('send', report.send),
    jitter('reflect', report.reflect),
    ...percentiles(report),
    hops('send', report.sendHops),
    hops('reflect', report.reflectHops),
    '',
  ];
  return lines.map((line) => `${line}\n`).join('');
}

/** twping puts brackets around names and IPv4 addresses too. */
export function bracketed({ address, port }: Endpoint): string {
  return `[${address}]:${port}`;
}

const NANOS_PER_MILLI = 1_000_000n;

/** UTC to the nearest millisecond, without a zone. */
function instant(wallNanos: bigint | undefined): string {
  if (wallNanos === undefined) return 'nan';
  const milliseconds = Number((wallNanos + NANOS_PER_MILLI / 2n) / NANOS_PER_MILLI);
  return new Date(milliseconds).toISOString().replace('Z', '');
}

function counts({ sent, lost, sendDuplicates, reflectDuplicates }: TwpingReport): string {
  const lostPercent = sent === 0 ? 0 : (100 * lost) / sent;
  const duplicates = `${sendDuplicates} send duplicates, ${reflectDuplicates} reflect duplicates`;
  return `${sent} sent, ${lost} lost (${fixed(lostPercent, 3)}%), ${duplicates}`;
}

function delay(direction: string, spread: Spread | undefined): string {
  const values = [spread?.minNanos, spread?.medianNanos, spread?.maxNanos].map(millis).join('/');
  const error = spread?.errorNanos === undefined ? '(unsync)' : `(err=${millis(spread.errorNanos)} ms)`;
  return `${direction} time min/median/max = ${values} ms, ${error}`;
}

function jitter(direction: string, spread: Spread | undefined): string {
  return `${direction} jitter = ${millis(spread?.jitterNanos)} ms (P95-P50)`;
}

function percentiles({ percentiles = [], roundTrip }: TwpingReport): string[] {
  const lines = percentiles.map(
    (percentile, index) => `\t${percentileName(percentile)}: ${millis(roundTrip?.percentileNanos[index])} ms`,
  );
  return lines.length === 0 ? [] : ['Percentiles:', ...lines];
}

/** twping writes one decimal place; what has more shall not look like another. */
function percentileName(percentile: number): string {
  return Number.isInteger(percentile) ? percentile.toFixed(1) : String(percentile);
}

function hops(direction: string, seen: Hops): string {
  if (seen.kind === 'unknown') return `${direction} TTL not reported`;
  if (seen.values === 1) return `${direction} hops = ${seen.min} (consistently)`;
  return `${direction} hops takes ${seen.values} values; min hops = ${seen.min}, max hops = ${seen.max}`;
}

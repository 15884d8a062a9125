/** What perfSONAR's report has no lines for: they stand below it, and none of its readers takes one for its own. */
import { millis } from './number-format.ts';
import type { Spread } from './twping-report.ts';

/** Packets of one test session. */
export interface TwpingDetails {
  readonly lostByDirection: { readonly send: number; readonly reflect: number; readonly unknown: number };
  readonly reordered: { readonly send: number; readonly reflect: number };
  /** Neither answered nor lost when the measurement was cut short. */
  readonly inFlight: number;
  readonly roundTrip?: Spread | undefined;
  readonly send?: Spread | undefined;
  readonly reflect?: Spread | undefined;
}

/** Each line with its line feed, and an empty one behind the last. */
export function twpingDetails(details: TwpingDetails): string {
  const { lostByDirection, reordered, inFlight, roundTrip, send, reflect } = details;
  const spreads = [roundTrip, send, reflect].map((spread) => spread?.interarrivalJitterNanos);
  const jitters = spreads.some((nanos) => nanos !== undefined)
    ? ` round-trip/send/reflect = ${spreads.map(millis).join('/')} ms`
    : ': not measured';
  const lines = [
    `lost send/reflect/unknown = ${lostByDirection.send}/${lostByDirection.reflect}/${lostByDirection.unknown}`,
    ...(inFlight > 0 ? [`in flight: ${inFlight}, neither answered nor lost`] : []),
    `reordered send/reflect = ${reordered.send}/${reordered.reflect}`,
    `RFC 3550 jitter${jitters}`,
    '',
  ];
  return lines.map((line) => `${line}\n`).join('');
}

/** What one session did in an interval: a line while it is measured. */
import type { Endpoint } from './endpoint.ts';
import { millis } from './number-format.ts';
import { isoTime } from './time.ts';
import { bracketed, type Spread } from './twping-report.ts';

export interface TwpingSample {
  /** When the interval ended. */
  readonly wallNanos: bigint;
  readonly sender: Endpoint;
  readonly reflector: Endpoint;
  readonly sent: number;
  readonly lost: number;
  /** Undefined when nothing was answered. */
  readonly roundTrip: Pick<Spread, 'minNanos' | 'medianNanos' | 'maxNanos' | 'jitterNanos'> | undefined;
}

/** With its line feed; in words that parsers do not take for those of the report. */
export function twpingSample({ wallNanos, sender, reflector, sent, lost, roundTrip }: TwpingSample): string {
  const values = [roundTrip?.minNanos, roundTrip?.medianNanos, roundTrip?.maxNanos].map(millis).join('/');
  return (
    `sample ${isoTime(wallNanos)} from ${bracketed(sender)} to ${bracketed(reflector)}: sent ${sent}, lost ${lost}, ` +
    `round-trip min/median/max ${values} ms, jitter ${millis(roundTrip?.jitterNanos)} ms\n`
  );
}

/** The figures of a test session by intervals: what was decided since the one before. */
import { Delays, type Spread } from './delays.ts';

/** Of all packets of the session so far. */
export interface SoFar {
  readonly sent: number;
  readonly lost: number;
}

/** What an interval added. The sums over all intervals are the figures of the session. */
export interface IntervalSummary {
  readonly sent: number;
  /** That a reply can come no more was found out in this interval. */
  readonly lost: number;
  /** Of the packets that were answered in it; undefined: none was. */
  readonly roundTrip: Spread | undefined;
}

export class IntervalStatistics {
  #delays = new Delays();
  #told: SoFar = { sent: 0, lost: 0 };

  /** The round trip of a packet that is answered now. */
  add(roundTripNanos: number): void {
    this.#delays.add(roundTripNanos);
  }

  /** Ends the interval, and begins the next. What was told once is not taken back. */
  take(soFar: SoFar): IntervalSummary {
    const sent = Math.max(0, soFar.sent - this.#told.sent);
    const lost = Math.max(0, soFar.lost - this.#told.lost);
    const roundTrip = this.#delays.spread(undefined, []);
    this.#told = { sent: this.#told.sent + sent, lost: this.#told.lost + lost };
    this.#delays = new Delays();
    return { sent, lost, roundTrip };
  }
}

/** How often the packets sent are read at the most while a reply is waited for. */
const READINGS_PER_TIMEOUT = 64;

/** Replies may be this much under way to us after they have come in time. */
const HANDOVER_NANOS = 100_000_000;

/** From which Sequence Number on a reply could still come, of a session that is read now and then. */
export class AwaitedPackets {
  readonly #timeoutNanos: number;
  /** Of packets that may be awaited still, the oldest first. */
  readonly #readings: { readonly monoNanos: number; readonly next: number }[] = [];
  #awaitedFrom = 0;

  constructor(timeoutNanos: number) {
    this.#timeoutNanos = timeoutNanos;
  }

  /** `next`: the Sequence Number that was not sent yet, by now. */
  read(monoNanos: number, next: number): number {
    const readings = this.#readings;
    const last = readings.at(-1);
    if (last === undefined || monoNanos - last.monoNanos >= this.#timeoutNanos / READINGS_PER_TIMEOUT)
      readings.push({ monoNanos, next });
    // A reading that is so old is never the last.
    while (monoNanos - readings[0]!.monoNanos > this.#timeoutNanos + HANDOVER_NANOS)
      this.#awaitedFrom = readings.shift()!.next;
    return this.#awaitedFrom;
  }
}

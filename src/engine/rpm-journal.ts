/** What is kept of a control connection: the probes of its sessions, and what has happened. */
import type { Clock } from '../clock.ts';
import type { EventRow, RpmStore } from '../store/rpm-results.ts';
import type { Probe } from './rpm-probes.ts';
import type { ConnectionTrap, SessionTrap } from './rpm-thresholds.ts';

/** What is recorded whether or not a trap is configured. */
export type ConnectionEvent =
  /** The first of several attempts in vain; `reason`. */
  | 'connection-failed'
  /** `value`: the probes that were lost with it; `reason`. */
  | 'connection-lost'
  /** `value`: the attempts it took. */
  | 'connection-restored'
  /** A test session is not run while others are; `reason`. */
  | 'session-refused';

export interface JournalParts {
  readonly clock: Clock;
  readonly results: RpmStore;
  /** Hears of what could not be stored. */
  readonly report: (error: unknown) => void;
}

export class RpmJournal {
  readonly #connection: string;
  readonly #parts: JournalParts;

  constructor(connection: string, parts: JournalParts) {
    this.#connection = connection;
    this.#parts = parts;
  }

  record(
    event: ConnectionEvent | ConnectionTrap | SessionTrap,
    { session, value, threshold, reason }: Partial<EventRow> = {},
  ): void {
    const { clock, results } = this.#parts;
    const wallNanos = clock.wallNanos();
    const connection = this.#connection;
    this.#stored(() => results.addEvent({ wallNanos, connection, session, event, value, threshold, reason }));
  }

  /** Adds the probes of each session, and keeps its latest `keep`. */
  addProbes(probes: ReadonlyMap<string, readonly Probe[]>, keep: number): void {
    const rows = [...probes].flatMap(([session, each]) =>
      each.map(({ sentWallNanos, decidedWallNanos, delays }) => ({
        connection: this.#connection,
        session,
        sentWallNanos,
        decidedWallNanos,
        roundTripNanos: delays?.roundTripNanos,
        egressNanos: delays?.egressNanos,
        ingressNanos: delays?.ingressNanos,
      })),
    );
    if (rows.length > 0) this.#stored(() => this.#parts.results.addProbes(rows, keep));
  }

  /** Measuring goes on when the disk is full; only its record suffers. */
  #stored(write: () => void): void {
    try {
      write();
    } catch (error) {
      this.#parts.report(error);
    }
  }
}

/** The registry of what runs now: rows of the store whose counters are read live. */
import { NANOS_PER_MILLI, NANOS_PER_SECOND, type Clock, type Timer, type Timers } from '../clock.ts';
import {
  nameOf,
  type TwampCounters,
  type TwampFilter,
  type TwampMode,
  type TwampRow,
  type TwampState,
  type TwampStore,
} from '../store/twamp-sessions.ts';
import { figuresOf, NO_FIGURES, since, type DataEnd, type Figures } from './figures.ts';
import type { RoundTrips } from './round-trips.ts';
import type { Endpoint } from './transport.ts';

/** How old the counters of a live row may be when the process dies. */
export const CHECKPOINT_SECONDS = 5;

/** How long a row may wait to be written: what is younger is lost when the process dies. */
export const FLUSH_MILLIS = 50;

/** Why a row ended. */
export type EndReason =
  /** Stop-Sessions, or a measurement that came to its end. */
  | 'stopped'
  | 'connection-closed'
  /** No packet for REFWAIT. */
  | 'test-inactivity'
  /** No message for SERVWAIT. */
  | 'control-inactivity'
  | 'connection-duration'
  | 'protocol-error'
  | 'refused'
  | 'interrupted'
  | 'datapath-failed'
  /** Somebody cleared it. */
  | 'cleared'
  | 'server-removed'
  | 'router-stopped';

/** Who is at the two ends, which of them we are, and what they agreed on. */
export interface Ends {
  readonly role: 'server' | 'client';
  readonly vrf: string;
  readonly local: Endpoint;
  readonly remote: Endpoint;
  readonly mode: TwampMode;
}

/** A row while it lives. */
export interface LiveRow {
  /** Of this moment, since they were cleared last. */
  figures(): Figures;
  /** Reads the counters a last time and makes the row history. Idempotent; gives the figures the first time. */
  end(reason: EndReason): Figures | undefined;
}

/** That of a control connection. */
export interface ControlRow extends LiveRow {
  readonly connectionId: number;
}

/** That of a test session. */
export interface DataRow extends LiveRow {
  readonly sessionId: number;
}

/** Whose counters to clear: those of a session, of a connection without its sessions, or (neither) of all. */
export interface Selection {
  readonly connectionId?: number | undefined;
  readonly sessionId?: number | undefined;
}

class Entry {
  readonly key: Pick<TwampCounters, 'type' | 'connectionId' | 'sessionId'>;
  /** Undefined: no replies come to us. */
  readonly roundTrips: RoundTrips | undefined;
  readonly #read: () => Figures;
  #baseline = NO_FIGURES;

  constructor(key: Entry['key'], read: () => Figures, roundTrips?: RoundTrips) {
    this.key = key;
    this.#read = read;
    this.roundTrips = roundTrips;
  }

  figures(): Figures {
    return since(this.#read(), this.#baseline);
  }

  clear(): void {
    this.#baseline = this.#read();
  }
}

export class SessionRegistry {
  readonly #store: TwampStore;
  readonly #clock: Clock;
  readonly #timers: Timers;
  readonly #report: (error: unknown) => void;
  readonly #entries = new Map<string, Entry>();
  #checkpoint: Timer | undefined;
  #flush: Timer | undefined;

  /** What a process that died left live is ended. `report` hears of counters that could not be stored. */
  constructor(store: TwampStore, clock: Clock & Timers, report: (error: unknown) => void) {
    this.#store = store;
    this.#clock = clock;
    this.#timers = clock;
    this.#report = report;
    store.endLeftovers(clock.wallNanos());
  }

  /** `read` counts control messages. Throws StoreError. */
  openControl(ends: Ends, read: () => { readonly received: number; readonly sent: number }): ControlRow {
    const key = {
      type: 'control',
      connectionId: this.#store.nextConnectionId(),
      sessionId: undefined,
    } as const;
    const entry = new Entry(key, () => ({ ...NO_FIGURES, ...read() }));
    const name = this.#open(entry, ends, undefined);
    return {
      connectionId: key.connectionId,
      figures: () => entry.figures(),
      end: (reason) => this.#end(name, reason),
    };
  }

  /**
   * Without a connection and without a SID, the session is one of STAMP. `roundTrips` are those of a Session-Sender, and
   * go on being counted. Throws StoreError.
   */
  openData(
    connectionId: number | undefined,
    ends: Ends,
    sid: Uint8Array | undefined,
    end: DataEnd,
    roundTrips?: RoundTrips,
  ): DataRow {
    const key = { type: 'data', connectionId, sessionId: this.#store.nextSessionId() } as const;
    const entry = new Entry(key, () => figuresOf(end), roundTrips);
    const name = this.#open(entry, ends, sid && Buffer.from(sid).toString('hex'));
    return {
      sessionId: key.sessionId,
      figures: () => entry.figures(),
      end: (reason) => this.#end(name, reason),
    };
  }

  /** Lets the counters of live rows count from 0; gives how many rows those are. */
  clear({ connectionId, sessionId }: Selection): number {
    const everything = connectionId === undefined && sessionId === undefined;
    const entries = [...this.#entries.values()].filter(
      ({ key }) => everything || (key.connectionId === connectionId && key.sessionId === sessionId),
    );
    for (const entry of entries) entry.clear();
    return entries.length;
  }

  /** Of a row that lives and sends; a reading of this moment. */
  roundTrips(row: Pick<TwampCounters, 'connectionId' | 'sessionId'>): RoundTrips | undefined {
    const roundTrips = this.#entries.get(nameOf(row))?.roundTrips;
    return roundTrips && { replies: roundTrips.replies, sumNanos: roundTrips.sumNanos };
  }

  /** Rows in display order, the live ones with the counters of this moment. Throws StoreError. */
  *select(filter: TwampFilter, which: TwampState): IterableIterator<TwampRow> {
    for (const row of this.#store.select(filter, which)) {
      const live = which === 'live' ? this.#entries.get(nameOf(row)) : undefined;
      yield live === undefined ? row : { ...row, ...live.figures() };
    }
  }

  /** Ends every row that still lives, and stores nothing more. */
  close(): void {
    for (const name of [...this.#entries.keys()]) this.#end(name, 'router-stopped');
    this.#checkpoint?.cancel();
    this.#flush?.cancel();
    this.#stored(() => this.#store.flush());
  }

  /** Gives the row's name. */
  #open(entry: Entry, ends: Ends, sid: string | undefined): string {
    const { key } = entry;
    this.#store.insert(rowOf(key, ends, sid, this.#clock.wallNanos(), entry.figures()));
    const name = nameOf(key);
    this.#entries.set(name, entry);
    this.#armFlush();
    this.#armCheckpoint();
    return name;
  }

  #end(name: string, reason: EndReason): Figures | undefined {
    const entry = this.#entries.get(name);
    if (entry === undefined) return undefined;
    this.#entries.delete(name);
    const figures = entry.figures();
    this.#store.end(countersOf(entry.key, figures), this.#clock.wallNanos(), reason);
    this.#armFlush();
    return figures;
  }

  #armFlush(): void {
    if (this.#flush !== undefined) return;
    this.#flush = this.#timers.at(this.#clock.monoNanos() + FLUSH_MILLIS * NANOS_PER_MILLI, () => {
      this.#flush = undefined;
      this.#stored(() => this.#store.flush());
    });
  }

  #armCheckpoint(): void {
    if (this.#checkpoint !== undefined || this.#entries.size === 0) return;
    const atNanos = this.#clock.monoNanos() + CHECKPOINT_SECONDS * NANOS_PER_SECOND;
    this.#checkpoint = this.#timers.at(atNanos, () => {
      this.#checkpoint = undefined;
      const rows = [...this.#entries.values()].map((entry) => countersOf(entry.key, entry.figures()));
      this.#stored(() => this.#store.checkpoint(rows));
      this.#armCheckpoint();
    });
  }

  /** A measurement goes on when the disk is full; only its record suffers. */
  #stored(write: () => void): void {
    try {
      write();
    } catch (error) {
      this.#report(error);
    }
  }
}

/** Field by field, as below: copies of whole objects took a fifth of the time of a set-up. */
function rowOf(
  { type, connectionId, sessionId }: Entry['key'],
  { role, vrf, local, remote, mode }: Ends,
  sid: string | undefined,
  startedWallNanos: bigint,
  figures: Figures,
): TwampRow {
  return {
    type,
    role,
    vrf,
    connectionId,
    sessionId,
    localAddress: local.address,
    localPort: local.port,
    remoteAddress: remote.address,
    remotePort: remote.port,
    startedWallNanos,
    endedWallNanos: undefined,
    endReason: undefined,
    sid,
    mode,
    received: figures.received,
    sent: figures.sent,
    dropped: figures.dropped,
    duplicates: figures.duplicates,
    reordered: figures.reordered,
    lastSequenceReceived: figures.lastSequenceReceived,
    lastSequenceSent: figures.lastSequenceSent,
    details: figures.details,
  };
}

function countersOf({ type, connectionId, sessionId }: Entry['key'], figures: Figures): TwampCounters {
  return {
    type,
    connectionId,
    sessionId,
    received: figures.received,
    sent: figures.sent,
    dropped: figures.dropped,
    duplicates: figures.duplicates,
    reordered: figures.reordered,
    lastSequenceReceived: figures.lastSequenceReceived,
    lastSequenceSent: figures.lastSequenceSent,
    details: figures.details,
  };
}

/** TWAMP control connections and test sessions, live and ended, for `show services twamp sessions`. */
import { guarded, type Database } from './database.ts';

/** What is known of a test session beyond its counters. */
export interface TwampDetails {
  /** Packets by reason; their sum is the row's `dropped`. */
  readonly dropped: Readonly<Record<string, number>>;
  /** Who took the receive stamps. */
  readonly stamps: 'kernel' | 'user-space';
  /** Packets that the kernel dropped because we did not fetch them in time; undefined: it cannot tell. */
  readonly kernelDrops?: number | undefined;
  /** How late packets were sent, of a sender that has sent. */
  readonly pacing?: TwampPacing | undefined;
}

export interface TwampPacing {
  readonly p50Nanos: number;
  readonly p99Nanos: number;
  readonly maxNanos: number;
  /** Packets sent when the next one was due already. */
  readonly late: number;
}

/** A control connection (`control`) or a test session (`data`). Counters count messages or packets. */
export interface TwampRow {
  readonly type: 'control' | 'data';
  readonly role: 'server' | 'client';
  readonly vrf: string;
  readonly connectionId: number;
  /** Undefined for a control connection. */
  readonly sessionId: number | undefined;
  /** Always this router's end, whatever its role. IPv6 in the form of RFC 5952: filters compare text. */
  readonly localAddress: string;
  readonly localPort: number;
  readonly remoteAddress: string;
  readonly remotePort: number;
  readonly startedWallNanos: bigint;
  /** Undefined while the session lives. */
  readonly endedWallNanos: bigint | undefined;
  readonly endReason: string | undefined;
  /** 32 hexadecimal digits; undefined for a control connection. */
  readonly sid: string | undefined;
  readonly mode: 'unauthenticated';
  readonly received: number;
  readonly sent: number;
  readonly dropped: number;
  readonly duplicates: number;
  readonly reordered: number;
  readonly lastSequenceReceived: number | undefined;
  readonly lastSequenceSent: number | undefined;
  /** Undefined for a control connection, and for what was stored before there were any. */
  readonly details: TwampDetails | undefined;
}

/** What changes in a row while it lives, and the key that finds it. */
export type TwampCounters = Pick<
  TwampRow,
  | 'type'
  | 'connectionId'
  | 'sessionId'
  | 'received'
  | 'sent'
  | 'dropped'
  | 'duplicates'
  | 'reordered'
  | 'lastSequenceReceived'
  | 'lastSequenceSent'
  | 'details'
>;

/** One end of a connection; without a port, any port. */
export interface TwampEnd {
  readonly address: string;
  readonly port?: number | undefined;
}

/** A row passes when it has every value that is given. */
export interface TwampFilter {
  readonly type?: 'control' | 'data' | undefined;
  readonly vrf?: string | undefined;
  readonly connectionId?: number | undefined;
  readonly sessionId?: number | undefined;
  readonly local?: TwampEnd | undefined;
  readonly remote?: TwampEnd | undefined;
}

export type TwampState = 'live' | 'ended';

export type KnownColumn = 'vrf' | 'connection-id' | 'session-id' | 'local-address' | 'remote-address';

/** Every method throws StoreError. */
export interface TwampStore {
  /** Counts up from 1; never gives an id that any row of the file has had. */
  nextConnectionId(): number;
  nextSessionId(): number;
  insert(row: TwampRow): void;
  /** Writes the counters of live rows, all or none; ended rows keep their final ones. */
  checkpoint(rows: readonly TwampCounters[]): void;
  end(counters: TwampCounters, endedWallNanos: bigint, reason: string): void;
  /** Ends what a process that died left live; gives how many rows that were. */
  endLeftovers(endedWallNanos: bigint): number;
  /** In display order: vrf, connection, control before data, session. Holds nothing open between two rows. */
  select(filter: TwampFilter, which: TwampState): IterableIterator<TwampRow>;
  /** The distinct values of a column, in order. */
  known(column: KnownColumn, which: TwampState): string[];
}

/** How many ended rows are kept; the ones that ended first go first. */
export const TWAMP_ENDED_ROWS_MAX = 100_000;

/** How many rows `select` reads at once. */
export const TWAMP_PAGE_ROWS = 256;

/** The reason that `endLeftovers` writes. */
export const LEFTOVER_REASON = 'router-failed';

/** "No session" in the key, where it sorts a control row before its data rows; real ids start at 1. */
const NO_SESSION = 0;

/** Migration of sessions.db. Display order is the key order of the two partial indexes. */
export const twampTables = `
  CREATE TABLE twamp_identifiers (kind TEXT PRIMARY KEY, last INTEGER NOT NULL) STRICT, WITHOUT ROWID;
  INSERT INTO twamp_identifiers VALUES ('connection', 0), ('session', 0);

  CREATE TABLE twamp_sessions (
    connection_id INTEGER NOT NULL,
    session_id INTEGER NOT NULL,
    type TEXT NOT NULL CHECK (type = iif(session_id = ${NO_SESSION}, 'control', 'data')),
    role TEXT NOT NULL CHECK (role IN ('server', 'client')),
    vrf TEXT NOT NULL,
    local_address TEXT NOT NULL,
    local_port INTEGER NOT NULL,
    remote_address TEXT NOT NULL,
    remote_port INTEGER NOT NULL,
    started_wall_nanos INTEGER NOT NULL,
    ended_wall_nanos INTEGER,
    end_reason TEXT,
    sid TEXT,
    mode TEXT NOT NULL,
    received INTEGER NOT NULL,
    sent INTEGER NOT NULL,
    dropped INTEGER NOT NULL,
    duplicates INTEGER NOT NULL,
    reordered INTEGER NOT NULL,
    last_sequence_received INTEGER,
    last_sequence_sent INTEGER,
    PRIMARY KEY (connection_id, session_id)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX twamp_sessions_live ON twamp_sessions (vrf, connection_id, session_id)
    WHERE ended_wall_nanos IS NULL;
  CREATE INDEX twamp_sessions_ended ON twamp_sessions (vrf, connection_id, session_id)
    WHERE ended_wall_nanos IS NOT NULL;
  CREATE INDEX twamp_sessions_age ON twamp_sessions (ended_wall_nanos)
    WHERE ended_wall_nanos IS NOT NULL;
`;

/** Migration of sessions.db. `details` is a TwampDetails: nobody filters by what is in it. */
export const twampDetails = 'ALTER TABLE twamp_sessions ADD COLUMN details TEXT CHECK (json_valid(details));';

const columns: Readonly<Record<keyof TwampRow, string>> = {
  type: 'type',
  role: 'role',
  vrf: 'vrf',
  connectionId: 'connection_id',
  sessionId: 'session_id',
  localAddress: 'local_address',
  localPort: 'local_port',
  remoteAddress: 'remote_address',
  remotePort: 'remote_port',
  startedWallNanos: 'started_wall_nanos',
  endedWallNanos: 'ended_wall_nanos',
  endReason: 'end_reason',
  sid: 'sid',
  mode: 'mode',
  received: 'received',
  sent: 'sent',
  dropped: 'dropped',
  duplicates: 'duplicates',
  reordered: 'reordered',
  lastSequenceReceived: 'last_sequence_received',
  lastSequenceSent: 'last_sequence_sent',
  details: 'details',
};

const counterFields = [
  'received',
  'sent',
  'dropped',
  'duplicates',
  'reordered',
  'lastSequenceReceived',
  'lastSequenceSent',
  'details',
] as const satisfies readonly (keyof TwampCounters)[];

const conditionOf: Readonly<Record<TwampState, string>> = {
  live: 'ended_wall_nanos IS NULL',
  ended: 'ended_wall_nanos IS NOT NULL',
};

/** What `known` selects; a control row has no session id to know. */
const knownValues: Readonly<Record<KnownColumn, string>> = {
  vrf: 'vrf',
  'connection-id': 'connection_id',
  'session-id': `nullif(session_id, ${NO_SESSION})`,
  'local-address': 'local_address',
  'remote-address': 'remote_address',
};

const PARAMETERS = Object.keys(columns).map((field) => `@${field}`);

const INSERT = `
  INSERT INTO twamp_sessions (${Object.values(columns).join(', ')}) VALUES (${PARAMETERS.join(', ')})`;

/** Instants are selected as text, because a double does not hold the nanoseconds since 1970. */
const SELECTED = Object.entries(columns)
  .map(([field, column]) => `${field.endsWith('WallNanos') ? `CAST(${column} AS TEXT)` : column} AS ${field}`)
  .join(', ');

const COUNTERS_SET = counterFields.map((field) => `${columns[field]} = @${field}`).join(', ');

/** The row with this key, while it lives. */
const LIVE_KEY = `connection_id = @connectionId AND session_id = @sessionId AND ${conditionOf.live}`;

/** A row as selected. */
type Stored = { readonly [Field in keyof TwampRow]: SelectedValue<TwampRow[Field]> } & {
  readonly sessionId: number;
};
type SelectedValue<Value> = Value extends bigint | TwampDetails
  ? string
  : Value extends undefined
    ? null
    : Value;

/** The key of a row in display order. */
interface Position {
  readonly afterVrf: string;
  readonly afterConnectionId: number;
  readonly afterSessionId: number;
}

const BEFORE_FIRST: Position = { afterVrf: '', afterConnectionId: 0, afterSessionId: 0 };

/** The table `twamp_sessions` of sessions.db; this process is its only writer. */
export class TwampSessions implements TwampStore {
  readonly #database: Database;
  readonly #insert;
  readonly #checkpoint;
  readonly #end;
  readonly #endLeftovers;
  readonly #prune;
  readonly #nextIdentifier;
  /** Kept here because counting a full history costs more than ending a session. */
  #endedRows: number;

  constructor(database: Database) {
    this.#database = database;
    this.#insert = database.prepare(INSERT);
    this.#checkpoint = database.prepare(`UPDATE twamp_sessions SET ${COUNTERS_SET} WHERE ${LIVE_KEY}`);
    this.#end = database.prepare(`
      UPDATE twamp_sessions SET ${COUNTERS_SET}, ended_wall_nanos = @endedWallNanos, end_reason = @endReason
      WHERE ${LIVE_KEY}`);
    this.#endLeftovers = database.prepare<[bigint]>(`
      UPDATE twamp_sessions SET ended_wall_nanos = ?, end_reason = '${LEFTOVER_REASON}'
      WHERE ${conditionOf.live}`);
    this.#prune = database.prepare<[number]>(`
      DELETE FROM twamp_sessions WHERE (connection_id, session_id) IN (
        SELECT connection_id, session_id FROM twamp_sessions WHERE ${conditionOf.ended}
        ORDER BY ended_wall_nanos LIMIT ?)`);
    this.#nextIdentifier = database
      .prepare<[string], number>('UPDATE twamp_identifiers SET last = last + 1 WHERE kind = ? RETURNING last')
      .pluck();
    const endedRows = database.prepare<[], number>(
      `SELECT count(*) FROM twamp_sessions WHERE ${conditionOf.ended}`,
    );
    this.#endedRows = guarded(database.name, () => endedRows.pluck().get()!);
  }

  nextConnectionId(): number {
    return guarded(this.#database.name, () => this.#nextIdentifier.get('connection')!);
  }

  nextSessionId(): number {
    return guarded(this.#database.name, () => this.#nextIdentifier.get('session')!);
  }

  insert(row: TwampRow): void {
    this.#record(() => {
      this.#insert.run(bindable(row));
      return row.endedWallNanos === undefined ? 0 : 1;
    });
  }

  checkpoint(rows: readonly TwampCounters[]): void {
    this.#write(() => {
      for (const row of rows) this.#checkpoint.run(bindable(row));
    });
  }

  end(counters: TwampCounters, endedWallNanos: bigint, reason: string): void {
    this.#record(() => this.#end.run(bindable({ ...counters, endedWallNanos, endReason: reason })).changes);
  }

  endLeftovers(endedWallNanos: bigint): number {
    return this.#record(() => this.#endLeftovers.run(endedWallNanos).changes);
  }

  *select(filter: TwampFilter, which: TwampState): IterableIterator<TwampRow> {
    const wanted = wantedValues(filter);
    // The plus keeps the planner from an index of that column: each page must start where the last one ended.
    const conditions = Object.keys(wanted).map((column) => `AND +${column} = @${column}`);
    const page = this.#database.prepare<[object], Stored>(`
      SELECT ${SELECTED} FROM twamp_sessions
      WHERE ${conditionOf[which]} ${conditions.join(' ')}
        AND (vrf, connection_id, session_id) > (@afterVrf, @afterConnectionId, @afterSessionId)
      ORDER BY vrf, connection_id, session_id LIMIT ${TWAMP_PAGE_ROWS}`);
    let position = BEFORE_FIRST;
    for (;;) {
      const stored = guarded(this.#database.name, () => page.all({ ...wanted, ...position }));
      for (const row of stored) yield toRow(row);
      const last = stored.at(-1);
      if (last === undefined || stored.length < TWAMP_PAGE_ROWS) return;
      const { vrf, connectionId, sessionId } = last;
      position = { afterVrf: vrf, afterConnectionId: connectionId, afterSessionId: sessionId };
    }
  }

  known(column: KnownColumn, which: TwampState): string[] {
    const value = knownValues[column];
    const values = this.#database.prepare<[], string>(`
      SELECT CAST(value AS TEXT) FROM (
        SELECT DISTINCT ${value} AS value FROM twamp_sessions
        WHERE ${conditionOf[which]} AND ${value} IS NOT NULL)
      ORDER BY value`);
    return guarded(this.#database.name, () => values.pluck().all());
  }

  /** Runs `update`, which gives how many ended rows it adds, and drops what no longer fits; all or none. */
  #record(update: () => number): number {
    const { added, dropped } = this.#write(() => {
      const added = update();
      const excess = this.#endedRows + added - TWAMP_ENDED_ROWS_MAX;
      return { added, dropped: excess > 0 ? this.#prune.run(excess).changes : 0 };
    });
    this.#endedRows += added - dropped;
    return added;
  }

  #write<T>(action: () => T): T {
    return guarded(this.#database.name, () => this.#database.transaction(action).immediate());
  }
}

/** As SQLite takes it: no undefined, and a key without holes. */
function bindable(row: TwampCounters & Partial<TwampRow>): Readonly<Record<string, unknown>> {
  const values = Object.fromEntries(Object.entries(row).map(([field, value]) => [field, value ?? null]));
  const details = row.details === undefined ? null : JSON.stringify(row.details);
  return { ...values, details, sessionId: row.sessionId ?? NO_SESSION };
}

/** The columns that a filter fixes, with their values. */
function wantedValues(filter: TwampFilter): Readonly<Record<string, string | number>> {
  const values = {
    type: filter.type,
    vrf: filter.vrf,
    connection_id: filter.connectionId,
    session_id: filter.sessionId,
    local_address: filter.local?.address,
    local_port: filter.local?.port,
    remote_address: filter.remote?.address,
    remote_port: filter.remote?.port,
  };
  return Object.fromEntries(
    Object.entries(values).filter((entry): entry is [string, string | number] => entry[1] !== undefined),
  );
}

function toRow(stored: Stored): TwampRow {
  return {
    ...stored,
    sessionId: stored.sessionId === NO_SESSION ? undefined : stored.sessionId,
    startedWallNanos: BigInt(stored.startedWallNanos),
    endedWallNanos: stored.endedWallNanos === null ? undefined : BigInt(stored.endedWallNanos),
    endReason: stored.endReason ?? undefined,
    sid: stored.sid ?? undefined,
    lastSequenceReceived: stored.lastSequenceReceived ?? undefined,
    lastSequenceSent: stored.lastSequenceSent ?? undefined,
    details: stored.details === null ? undefined : (JSON.parse(stored.details) as TwampDetails),
  };
}

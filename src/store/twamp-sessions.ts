/** TWAMP control connections and test sessions, live and ended, for `show services twamp sessions`. */
import type { Statement } from 'better-sqlite3';
import { guarded, StoreError, type Database } from './database.ts';
import { Identifiers } from './identifiers.ts';

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

/** How a connection is protected, by the words of RFC 8913. */
export type TwampMode = 'unauthenticated' | 'authenticated' | 'encrypted' | 'mixed' | 'stamp';

/** A control connection (`control`) or a test session (`data`). Counters count messages or packets. */
export interface TwampRow {
  readonly type: 'control' | 'data';
  readonly role: 'server' | 'client';
  readonly vrf: string;
  /** Undefined for a test session without a control connection. */
  readonly connectionId: number | undefined;
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
  /** 32 hexadecimal digits; undefined for a control connection, and for a session of STAMP. */
  readonly sid: string | undefined;
  /** What the ends of the connection agreed on, or `stamp` where there is none. */
  readonly mode: TwampMode;
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
  /** Rows that began then or later. */
  readonly sinceWallNanos?: bigint | undefined;
}

export type TwampState = 'live' | 'ended';

/** A value of a column; of an identifier, what it is of. */
export interface KnownValue {
  readonly text: string;
  readonly help: string;
}

export type KnownColumn = 'vrf' | 'connection-id' | 'session-id' | 'local-address' | 'remote-address';

/**
 * Rows are written behind: `insert` and `end` only note what is to be done, and whatever is noted reaches the file
 * in one transaction, before anything is read and at the next `flush`. Every method throws StoreError but `end`.
 */
export interface TwampStore {
  /** Counts up from 1; never gives an id that any row of the file has had. */
  nextConnectionId(): number;
  nextSessionId(): number;
  /** Throws where the last flush has failed and the next one does: what cannot be kept is refused. */
  insert(row: TwampRow): void;
  end(counters: TwampCounters, endedWallNanos: bigint, reason: string): void;
  /** Writes what was noted, all or none; what could not be written stays noted. */
  flush(): void;
  /** Flushes, and writes the counters of live rows, all or none; ended rows keep their final ones. */
  checkpoint(rows: readonly TwampCounters[]): void;
  /** Ends what a process that died left live; gives how many rows that were. */
  endLeftovers(endedWallNanos: bigint): number;
  /** In display order: vrf, connection, control before data, session. Holds nothing open between two rows. */
  select(filter: TwampFilter, which: TwampState): IterableIterator<TwampRow>;
  /** At most `limit` ended rows behind a place, those that ended first. */
  endedAfter(place: TwampEndedPlace, limit: number): readonly TwampRow[];
  /**
   * Distinct values of a column that begin so, in order, `limit` at most: of the live rows and of the
   * KNOWN_ENDED_ROWS_MAX that ended last.
   */
  known(column: KnownColumn, begun: string, limit: number): KnownValue[];
}

/** Where an ended row stands among those that ended before and after it. */
export type TwampEndedPlace = Readonly<
  Record<'endedWallNanos', bigint> & Record<'connectionId' | 'sessionId', number>
>;

/** The place of an ended row. */
export function endedPlaceOf({ endedWallNanos = 0n, connectionId, sessionId }: TwampRow): TwampEndedPlace {
  return {
    endedWallNanos,
    connectionId: connectionId ?? NO_CONNECTION,
    sessionId: sessionId ?? NO_SESSION,
  };
}

/** How many ended rows are kept; the ones that ended first go first. */
export const TWAMP_ENDED_ROWS_MAX = 100_000;

/** How many ended rows `known` looks at: all of a full history would be felt at each key. */
export const KNOWN_ENDED_ROWS_MAX = 2_000;

/** How many rows `select` reads at once. */
export const TWAMP_PAGE_ROWS = 256;

/** The reason that `endLeftovers` writes. */
export const LEFTOVER_REASON = 'router-failed';

/** "No session" in the key, where it sorts a control row before its data rows; real ids start at 1. */
const NO_SESSION = 0;

/** "No connection" in the key, where it sorts such sessions before all connections. */
const NO_CONNECTION = 0;

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

/** What `known` selects; not every row has both ids. */
const knownValues: Readonly<Record<KnownColumn, string>> = {
  vrf: 'vrf',
  'connection-id': `nullif(connection_id, ${NO_CONNECTION})`,
  'session-id': `nullif(session_id, ${NO_SESSION})`,
  'local-address': 'local_address',
  'remote-address': 'remote_address',
};

/** What is told of an identifier: this router's role, and who is at the other end. */
const OF_WHAT = `role || ', ' || remote_address`;

const knownHelp: Readonly<Record<KnownColumn, string>> = {
  vrf: `''`,
  'connection-id': OF_WHAT,
  'session-id': OF_WHAT,
  'local-address': `''`,
  'remote-address': `''`,
};

/** Instants are selected as text, because a double does not hold the nanoseconds since 1970. */
const SELECTED = Object.entries(columns)
  .map(([field, column]) => `${field.endsWith('WallNanos') ? `CAST(${column} AS TEXT)` : column} AS ${field}`)
  .join(', ');

/** What an ending sets beside the counters. */
const endFields = ['endedWallNanos', 'endReason'] as const satisfies readonly (keyof TwampRow)[];

/** What is known from the beginning. */
const openingFields = (Object.keys(columns) as (keyof TwampRow)[]).filter(
  (field) => ![...counterFields, ...endFields].some((changing) => changing === field),
);

/** A row, in the order in which it is bound. */
const boundFields = [...openingFields, ...counterFields, ...endFields];

const INSERT = `
  INSERT INTO twamp_sessions (${boundFields.map((field) => columns[field]).join(', ')})
  VALUES (${boundFields.map(() => '?').join(', ')})`;

const keyFields = ['connectionId', 'sessionId'] as const satisfies readonly (keyof TwampCounters)[];

/** Binds the fields, then the key. Finds a row only while it lives. */
function updateOf(fields: readonly (keyof TwampRow)[]): string {
  const settings = fields.map((field) => `${columns[field]} = ?`).join(', ');
  const key = keyFields.map((field) => `${columns[field]} = ?`).join(' AND ');
  return `UPDATE twamp_sessions SET ${settings} WHERE ${key} AND ${conditionOf.live}`;
}

/** What makes a row history. */
interface Ending extends Pick<TwampRow, (typeof endFields)[number]> {
  readonly counters: TwampCounters;
}

/** A row that is not in the file, and what has ended it. */
interface Noted {
  readonly row: TwampRow;
  ending: Ending | undefined;
}

/** A row as selected. */
type Stored = { readonly [Field in keyof TwampRow]: SelectedValue<TwampRow[Field]> } & {
  readonly connectionId: number;
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
  readonly #connectionIds: Identifiers;
  readonly #sessionIds: Identifiers;
  /** Rows that are not in the file, by their names; some have ended already. */
  readonly #inserts = new Map<string, Noted>();
  /** Endings of rows that are in the file. */
  readonly #endings: Ending[] = [];
  /** The last flush has failed. */
  #unwritable = false;
  /** By their conditions, of which there are as many as sets of filters. */
  readonly #pages = new Map<string, Statement<[object], Stored>>();
  /** Kept here because counting a full history costs more than ending a session. */
  #endedRows: number;

  constructor(database: Database) {
    this.#database = database;
    this.#connectionIds = new Identifiers(database, 'connection');
    this.#sessionIds = new Identifiers(database, 'session');
    this.#insert = database.prepare(INSERT);
    this.#checkpoint = database.prepare(updateOf(counterFields));
    this.#end = database.prepare(updateOf([...counterFields, ...endFields]));
    this.#endLeftovers = database.prepare<[bigint]>(`
      UPDATE twamp_sessions SET ended_wall_nanos = ?, end_reason = '${LEFTOVER_REASON}'
      WHERE ${conditionOf.live}`);
    this.#prune = database.prepare<[number]>(`
      DELETE FROM twamp_sessions WHERE (connection_id, session_id) IN (
        SELECT connection_id, session_id FROM twamp_sessions WHERE ${conditionOf.ended}
        ORDER BY ended_wall_nanos LIMIT ?)`);
    const endedRows = database.prepare<[], number>(
      `SELECT count(*) FROM twamp_sessions WHERE ${conditionOf.ended}`,
    );
    this.#endedRows = guarded(database.name, () => endedRows.pluck().get()!);
  }

  nextConnectionId(): number {
    return this.#connectionIds.next();
  }

  nextSessionId(): number {
    return this.#sessionIds.next();
  }

  insert(row: TwampRow): void {
    if (this.#unwritable) this.flush();
    this.#inserts.set(nameOf(row), { row, ending: undefined });
  }

  end(counters: TwampCounters, endedWallNanos: bigint, reason: string): void {
    const ending = { counters, endedWallNanos, endReason: reason };
    const noted = this.#inserts.get(nameOf(counters));
    if (noted === undefined) this.#endings.push(ending);
    else noted.ending ??= ending;
  }

  flush(): void {
    if (this.#inserts.size === 0 && this.#endings.length === 0) return;
    this.#record(() => 0);
  }

  checkpoint(rows: readonly TwampCounters[]): void {
    this.#record(() => {
      for (const row of rows) this.#checkpoint.run(valuesOf(row, counterFields), valuesOf(row, keyFields));
      return 0;
    });
  }

  endLeftovers(endedWallNanos: bigint): number {
    return this.#record(() => this.#endLeftovers.run(endedWallNanos).changes);
  }

  /** Writes what is left to write; nothing may be asked of it afterwards. */
  close(): void {
    this.flush();
    this.#connectionIds.release();
    this.#sessionIds.release();
  }

  *select(filter: TwampFilter, which: TwampState): IterableIterator<TwampRow> {
    const wanted = wantedValues(filter);
    // The plus keeps the planner from an index of that column: each page must start where the last one ended.
    const conditions = Object.keys(wanted).map(
      (column) => `AND +${column} ${comparisons[column] ?? '='} @${column}`,
    );
    const page = this.#page(`${conditionOf[which]} ${conditions.join(' ')}`);
    let position = BEFORE_FIRST;
    for (;;) {
      const stored = this.#read(() => page.all({ ...wanted, ...position }));
      for (const row of stored) yield toRow(row);
      const last = stored.at(-1);
      if (last === undefined || stored.length < TWAMP_PAGE_ROWS) return;
      const { vrf, connectionId, sessionId } = last;
      position = { afterVrf: vrf, afterConnectionId: connectionId, afterSessionId: sessionId };
    }
  }

  endedAfter(place: TwampEndedPlace, limit: number): readonly TwampRow[] {
    const select = this.#database.prepare<[object], Stored>(`
      SELECT ${SELECTED} FROM twamp_sessions WHERE ${conditionOf.ended}
        AND (ended_wall_nanos, connection_id, session_id) > (@endedWallNanos, @connectionId, @sessionId)
      ORDER BY ended_wall_nanos, connection_id, session_id LIMIT @limit`);
    return this.#read(() => select.all({ ...place, limit })).map(toRow);
  }

  known(column: KnownColumn, begun: string, limit: number): KnownValue[] {
    const selected = `${knownValues[column]} AS value, ${knownHelp[column]} AS help FROM twamp_sessions`;
    const values = this.#database.prepare<[object], KnownValue>(`
      SELECT text, help FROM (
        SELECT value, CAST(value AS TEXT) AS text, min(help) AS help FROM (
          SELECT ${selected} WHERE ${conditionOf.live}
          UNION ALL
          SELECT * FROM (
            SELECT ${selected} WHERE ${conditionOf.ended}
            ORDER BY ended_wall_nanos DESC LIMIT ${KNOWN_ENDED_ROWS_MAX}))
        WHERE value IS NOT NULL GROUP BY value)
      WHERE substr(text, 1, length(@begun)) = @begun
      ORDER BY value LIMIT @limit`);
    return this.#read(() => values.all({ begun, limit }));
  }

  /** The statement that reads rows under `conditions`, from behind a position on. */
  #page(conditions: string): Statement<[object], Stored> {
    let page = this.#pages.get(conditions);
    if (page === undefined) {
      page = this.#database.prepare<[object], Stored>(`
        SELECT ${SELECTED} FROM twamp_sessions
        WHERE ${conditions}
          AND (vrf, connection_id, session_id) > (@afterVrf, @afterConnectionId, @afterSessionId)
        ORDER BY vrf, connection_id, session_id LIMIT ${TWAMP_PAGE_ROWS}`);
      this.#pages.set(conditions, page);
    }
    return page;
  }

  /** Reads the file as it should be, or, when it cannot be written, as it stands: a flush says why. */
  #read<T>(query: () => T): T {
    try {
      this.flush();
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
    }
    return guarded(this.#database.name, query);
  }

  /**
   * Writes what was noted, runs `update`, which gives how many rows it ends, and drops what no longer fits; all or
   * none.
   */
  #record(update: () => number): number {
    const write = this.#database.transaction(() => {
      const noted = this.#writeNoted();
      const updated = update();
      const excess = this.#endedRows + noted + updated - TWAMP_ENDED_ROWS_MAX;
      const dropped = excess > 0 ? this.#prune.run(excess).changes : 0;
      return { updated, endedRows: this.#endedRows + noted + updated - dropped };
    });
    try {
      this.#unwritable = true;
      const { updated, endedRows } = guarded(this.#database.name, () => write.immediate());
      this.#unwritable = false;
      this.#endedRows = endedRows;
      this.#forgetNoted();
      return updated;
    } catch (error) {
      // What breaks a constraint would break it again.
      if (!(error instanceof StoreError)) this.#forgetNoted();
      throw error;
    }
  }

  /** Gives how many ended rows that adds. */
  #writeNoted(): number {
    let ended = 0;
    for (const { row, ending } of this.#inserts.values()) {
      const end = ending ?? row;
      this.#insert.run(
        valuesOf(row, openingFields),
        valuesOf(ending?.counters ?? row, counterFields),
        valuesOf(end, endFields),
      );
      if (end.endedWallNanos !== undefined) ended += 1;
    }
    for (const ending of this.#endings) {
      const { counters } = ending;
      const end = valuesOf(ending, endFields);
      ended += this.#end.run(valuesOf(counters, counterFields), end, valuesOf(counters, keyFields)).changes;
    }
    return ended;
  }

  #forgetNoted(): void {
    this.#inserts.clear();
    this.#endings.length = 0;
  }
}

/** Names a row among those of this process. */
export function nameOf({
  connectionId,
  sessionId,
}: Pick<TwampCounters, 'connectionId' | 'sessionId'>): string {
  return `${connectionId ?? ''}/${sessionId ?? ''}`;
}

/** What a key has in place of undefined, so that it has no holes. */
const absent: Partial<Record<keyof TwampRow, number>> = {
  connectionId: NO_CONNECTION,
  sessionId: NO_SESSION,
};

/** As SQLite takes it: no undefined. */
function valuesOf(row: Partial<TwampRow>, fields: readonly (keyof TwampRow)[]): unknown[] {
  return fields.map((field) => {
    const value = row[field];
    if (field === 'details' && value !== undefined) return JSON.stringify(value);
    return value ?? absent[field] ?? null;
  });
}

/** How a column is compared with what is wanted of it, if it need not be the same. */
const comparisons: Readonly<Record<string, string>> = { started_wall_nanos: '>=' };

/** The columns that a filter fixes, with their values; undefined: any. */
export function fixedColumns(filter: TwampFilter): Readonly<Record<string, string | number | undefined>> {
  return {
    type: filter.type,
    vrf: filter.vrf,
    connection_id: filter.connectionId,
    session_id: filter.sessionId,
    local_address: filter.local?.address,
    local_port: filter.local?.port,
    remote_address: filter.remote?.address,
    remote_port: filter.remote?.port,
  };
}

function wantedValues(filter: TwampFilter): Readonly<Record<string, string | number | bigint>> {
  const values: Readonly<Record<string, string | number | bigint | undefined>> = {
    ...fixedColumns(filter),
    started_wall_nanos: filter.sinceWallNanos,
  };
  return Object.fromEntries(
    Object.entries(values).filter(
      (entry): entry is [string, string | number | bigint] => entry[1] !== undefined,
    ),
  );
}

function toRow(stored: Stored): TwampRow {
  return {
    ...stored,
    connectionId: stored.connectionId === NO_CONNECTION ? undefined : stored.connectionId,
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

/** Results of configured TWAMP clients: the latest probes of each test session, and what has happened to them. */
import { guarded, type Database } from './database.ts';

/** A probe that is decided. Durations in nanoseconds. */
export interface ProbeRow {
  readonly connection: string;
  readonly session: string;
  readonly sentWallNanos: bigint;
  readonly decidedWallNanos: bigint;
  /** The delays are undefined for a probe that was lost. */
  readonly roundTripNanos: number | undefined;
  readonly egressNanos: number | undefined;
  readonly ingressNanos: number | undefined;
}

/** Something that has happened to a control connection, or to one of its test sessions. */
export interface EventRow {
  readonly wallNanos: bigint;
  readonly connection: string;
  /** Undefined: the control connection itself. */
  readonly session: string | undefined;
  /** A trap of the configuration, or an event that is always recorded. */
  readonly event: string;
  /** In the unit of the event. */
  readonly value: number | undefined;
  readonly threshold: number | undefined;
  /** Why, as a code. */
  readonly reason: string | undefined;
}

/** Undefined: any. */
export interface RpmFilter {
  readonly connection?: string | undefined;
  readonly session?: string | undefined;
}

/** Every method throws StoreError. */
export interface RpmStore {
  /** Adds probes in the order in which they were sent, and keeps the latest `keep` of each session they are of. */
  addProbes(probes: readonly ProbeRow[], keep: number): void;
  /** The latest `limit` probes of one session, oldest first. */
  latestProbes(connection: string, session: string, limit: number): readonly ProbeRow[];
  addEvent(event: EventRow): void;
  /** Oldest first. Holds nothing open between two rows. */
  events(filter: RpmFilter): IterableIterator<EventRow>;
}

/** How many events are kept, of all connections together. */
export const RPM_EVENTS_MAX = 10_000;

/** How many events are read at once. */
export const RPM_PAGE_ROWS = 256;

/** Migration of sessions.db. */
export const rpmTables = `
  CREATE TABLE rpm_probes (
    number INTEGER PRIMARY KEY,
    connection TEXT NOT NULL,
    session TEXT NOT NULL,
    sent_wall_nanos INTEGER NOT NULL,
    decided_wall_nanos INTEGER NOT NULL,
    round_trip_nanos REAL,
    egress_nanos REAL,
    ingress_nanos REAL
  ) STRICT;
  CREATE INDEX rpm_probes_session ON rpm_probes (connection, session, number);

  CREATE TABLE rpm_events (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    wall_nanos INTEGER NOT NULL,
    connection TEXT NOT NULL,
    session TEXT,
    event TEXT NOT NULL,
    value REAL,
    threshold REAL,
    reason TEXT
  ) STRICT;
`;

type Stored<Row> = { readonly [Field in keyof Row]: StoredValue<Row[Field]> };
/** Instants are selected as text, because a double does not hold the nanoseconds since 1970. */
type StoredValue<Value> = Value extends bigint ? string : Value extends undefined ? null : Value;

/** The tables `rpm_probes` and `rpm_events` of sessions.db; this process is their only writer. */
export class RpmResults implements RpmStore {
  readonly #database: Database;
  readonly #insertProbe;
  readonly #pruneProbes;
  readonly #latestProbes;
  readonly #insertEvent;
  readonly #pruneEvents;
  readonly #events;

  constructor(database: Database) {
    this.#database = database;
    this.#insertProbe = database.prepare(`
      INSERT INTO rpm_probes (connection, session, sent_wall_nanos, decided_wall_nanos,
        round_trip_nanos, egress_nanos, ingress_nanos)
      VALUES (@connection, @session, @sentWallNanos, @decidedWallNanos,
        @roundTripNanos, @egressNanos, @ingressNanos)`);
    this.#pruneProbes = database.prepare<[object]>(`
      DELETE FROM rpm_probes WHERE connection = @connection AND session = @session AND number <= (
        SELECT number FROM rpm_probes WHERE connection = @connection AND session = @session
        ORDER BY number DESC LIMIT 1 OFFSET @keep)`);
    this.#latestProbes = database.prepare<[string, string, number], Stored<ProbeRow>>(`
      SELECT connection, session, CAST(sent_wall_nanos AS TEXT) AS sentWallNanos,
        CAST(decided_wall_nanos AS TEXT) AS decidedWallNanos,
        round_trip_nanos AS roundTripNanos, egress_nanos AS egressNanos, ingress_nanos AS ingressNanos
      FROM rpm_probes WHERE connection = ? AND session = ? ORDER BY number DESC LIMIT ?`);
    this.#insertEvent = database.prepare(`
      INSERT INTO rpm_events (wall_nanos, connection, session, event, value, threshold, reason)
      VALUES (@wallNanos, @connection, @session, @event, @value, @threshold, @reason)`);
    this.#pruneEvents = database.prepare<[number | bigint]>('DELETE FROM rpm_events WHERE number <= ?');
    this.#events = database.prepare<[object], Stored<EventRow> & { readonly number: number }>(`
      SELECT number, CAST(wall_nanos AS TEXT) AS wallNanos, connection, session, event, value, threshold, reason
      FROM rpm_events
      WHERE number > @after AND connection = ifnull(@connection, connection)
        AND (@session IS NULL OR session = @session)
      ORDER BY number LIMIT ${RPM_PAGE_ROWS}`);
  }

  addProbes(probes: readonly ProbeRow[], keep: number): void {
    this.#write(() => {
      for (const probe of probes) this.#insertProbe.run(bindable(probe));
      const sessions = new Map(probes.map((probe) => [`${probe.connection}\n${probe.session}`, probe]));
      for (const { connection, session } of sessions.values())
        this.#pruneProbes.run({ connection, session, keep });
    });
  }

  latestProbes(connection: string, session: string, limit: number): readonly ProbeRow[] {
    const stored = guarded(this.#database.name, () => this.#latestProbes.all(connection, session, limit));
    return stored.reverse().map((row) => ({
      ...row,
      sentWallNanos: BigInt(row.sentWallNanos),
      decidedWallNanos: BigInt(row.decidedWallNanos),
      roundTripNanos: row.roundTripNanos ?? undefined,
      egressNanos: row.egressNanos ?? undefined,
      ingressNanos: row.ingressNanos ?? undefined,
    }));
  }

  addEvent(event: EventRow): void {
    this.#write(() => {
      const { lastInsertRowid } = this.#insertEvent.run(bindable(event));
      this.#pruneEvents.run(Number(lastInsertRowid) - RPM_EVENTS_MAX);
    });
  }

  *events({ connection, session }: RpmFilter): IterableIterator<EventRow> {
    const wanted = { connection: connection ?? null, session: session ?? null };
    let after = 0;
    for (;;) {
      const stored = guarded(this.#database.name, () => this.#events.all({ ...wanted, after }));
      for (const { number, ...row } of stored) {
        after = number;
        yield {
          ...row,
          wallNanos: BigInt(row.wallNanos),
          session: row.session ?? undefined,
          value: row.value ?? undefined,
          threshold: row.threshold ?? undefined,
          reason: row.reason ?? undefined,
        };
      }
      if (stored.length < RPM_PAGE_ROWS) return;
    }
  }

  #write(action: () => void): void {
    guarded(this.#database.name, () => this.#database.transaction(action).immediate());
  }
}

/** As SQLite takes it: no undefined. */
function bindable(row: ProbeRow | EventRow): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(row).map(([field, value]) => [field, (value as unknown) ?? null]));
}

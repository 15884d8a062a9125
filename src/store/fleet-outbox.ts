/** What is still to be told to the fleet's database, in a file of its own: bounded, and kept until it was taken there. */
import { guarded, type Database } from './database.ts';
import { Statements } from './statements.ts';

export type OutboxKind = 'twamp-session' | 'result' | 'service-count' | 'ended-session' | 'commit' | 'audit';

/** What somebody did is never dropped, however long nobody takes it. */
const KEPT: ReadonlySet<OutboxKind> = new Set(['commit', 'audit']);

/** A row of the fleet's database, as it is to be there. */
export interface OutboxRow {
  readonly kind: OutboxKind;
  /** Names it among those of its kind: one that is put again takes the place of the one before. */
  readonly key: string;
  /** JSON of its columns. */
  readonly content: string;
  /** It changes until then, and is not told before. */
  readonly dueWallNanos?: bigint;
}

/** One that waits. A row that is put again has a greater version than it ever had. */
export interface WaitingRow {
  readonly version: number;
  readonly kind: OutboxKind;
  readonly content: string;
}

export interface OutboxStatus {
  readonly rows: number;
  readonly octets: number;
  /** Samples that were dropped, the oldest first, because there was no room. */
  readonly dropped: number;
  /** Rows that the database refuses, whatever they are; they stay here. */
  readonly refused: number;
}

/** Migration of fleet.db. */
export const outboxTables = `
  CREATE TABLE outbox (
    version INTEGER PRIMARY KEY,
    kind TEXT NOT NULL,
    key TEXT NOT NULL,
    content TEXT NOT NULL,
    due_wall_nanos INTEGER NOT NULL,
    refused INTEGER NOT NULL DEFAULT 0,
    UNIQUE (kind, key)
  ) STRICT;
  CREATE INDEX outbox_due ON outbox (due_wall_nanos, version) WHERE refused = 0;
  CREATE TABLE outbox_marks (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
  CREATE TABLE outbox_figures (name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT, WITHOUT ROWID;
  INSERT INTO outbox_figures VALUES ('version', 0), ('dropped', 0);
`;

/** Samples that are dropped at once. */
const DROPPED_AT_ONCE = 256;

/** Beside its content, about what a row takes in the file. */
export const OUTBOX_ROW_OCTETS = 128;

const octetsOf = `(length(CAST(content AS BLOB)) + ${OUTBOX_ROW_OCTETS})`;
const samples = `kind NOT IN (${[...KEPT].map((kind) => `'${kind}'`).join(', ')})`;

const NANOS_PER_MICRO = 1000n;

/** The tables of fleet.db, whose only user is the thread that has it open. Every method throws StoreError. */
export class FleetOutbox {
  readonly #database: Database;
  readonly #statements: Statements;
  #rows: number;
  #octets: number;

  constructor(database: Database) {
    this.#database = database;
    this.#statements = new Statements(database);
    [this.#rows, this.#octets] = guarded(database.name, () => [
      this.#statements.number('SELECT count(*) FROM outbox')!,
      this.#statements.number(`SELECT coalesce(sum(${octetsOf}), 0) FROM outbox`)!,
    ]);
  }

  /**
   * Adds rows and moves marks, both or neither, and drops samples until no more than `octetsMax` are left. Versions follow the
   * clock, so that they go on growing where the file was lost. Gives how many samples were dropped.
   */
  put(
    rows: readonly OutboxRow[],
    marks: Readonly<Record<string, string>>,
    octetsMax: number,
    nowWallNanos: bigint,
  ): number {
    return this.#write(() => {
      this.#add(rows, nowWallNanos);
      for (const [name, value] of Object.entries(marks))
        this.#statements.run('INSERT OR REPLACE INTO outbox_marks VALUES (@name, @value)', { name, value });
      return this.#dropBeyond(octetsMax);
    });
  }

  /** How far each source was read, in the words of whoever reads it. */
  get marks(): Readonly<Record<string, string>> {
    const rows = guarded(this.#database.name, () =>
      this.#statements.rows<{ name: string; value: string }>('SELECT name, value FROM outbox_marks'),
    );
    return Object.fromEntries(rows.map(({ name, value }) => [name, value]));
  }

  /** The contents of rows of a kind that are due after a time. */
  dueAfter(kind: OutboxKind, wallNanos: bigint): readonly string[] {
    return guarded(this.#database.name, () =>
      this.#statements
        .rows<{ content: string }>(
          'SELECT content FROM outbox WHERE kind = @kind AND due_wall_nanos > @wallNanos',
          { kind, wallNanos },
        )
        .map(({ content }) => content),
    );
  }

  /** Those that have waited longest, of those that are due. */
  waiting(limit: number, nowWallNanos: bigint): readonly WaitingRow[] {
    return guarded(this.#database.name, () =>
      this.#statements.rows<WaitingRow>(
        `SELECT version, kind, content FROM outbox WHERE refused = 0 AND due_wall_nanos <= @nowWallNanos
         ORDER BY due_wall_nanos, version LIMIT @limit`,
        { limit, nowWallNanos },
      ),
    );
  }

  /** They were taken. What was put again meanwhile has another version, and waits on. */
  forget(versions: readonly number[]): void {
    this.#write(() =>
      this.#remove(`version IN (SELECT value FROM json_each(@versions))`, {
        versions: JSON.stringify(versions),
      }),
    );
  }

  /** It cannot be taken as it is, and is not offered again. */
  refuse(version: number): void {
    this.#write(() =>
      this.#statements.run('UPDATE outbox SET refused = 1 WHERE version = @version', { version }),
    );
  }

  get status(): OutboxStatus {
    return {
      rows: this.#rows,
      octets: this.#octets,
      dropped: this.#figure('dropped'),
      refused: guarded(this.#database.name, () =>
        this.#statements.number('SELECT count(*) FROM outbox WHERE refused = 1')!,
      ),
    };
  }

  close(): void {
    this.#database.close();
  }

  #add(rows: readonly OutboxRow[], nowWallNanos: bigint): void {
    let version = Math.max(this.#figure('version'), Number(nowWallNanos / NANOS_PER_MICRO));
    for (const { kind, key, content, dueWallNanos = 0n } of rows) {
      version += 1;
      this.#remove('kind = @kind AND key = @key', { kind, key });
      this.#statements.run(
        `INSERT INTO outbox (version, kind, key, content, due_wall_nanos)
         VALUES (@version, @kind, @key, @content, @dueWallNanos)`,
        { version, kind, key, content, dueWallNanos },
      );
      this.#rows += 1;
      this.#octets += Buffer.byteLength(content) + OUTBOX_ROW_OCTETS;
    }
    this.#setFigure('version', version);
  }

  #dropBeyond(octetsMax: number): number {
    let dropped = 0;
    while (this.#octets > octetsMax) {
      const some = this.#remove(
        `version IN (SELECT version FROM outbox WHERE ${samples} ORDER BY version LIMIT ${DROPPED_AT_ONCE})`,
        {},
      );
      if (some === 0) break;
      dropped += some;
    }
    if (dropped > 0) this.#setFigure('dropped', this.#figure('dropped') + dropped);
    return dropped;
  }

  #remove(condition: string, bindings: object): number {
    const removed = this.#statements.rows<{ octets: number }>(
      `DELETE FROM outbox WHERE ${condition} RETURNING ${octetsOf} AS octets`,
      bindings,
    );
    this.#rows -= removed.length;
    this.#octets -= removed.reduce((sum, { octets }) => sum + octets, 0);
    return removed.length;
  }

  #figure(name: string): number {
    return guarded(this.#database.name, () =>
      this.#statements.number('SELECT value FROM outbox_figures WHERE name = @name', { name })!,
    );
  }

  #setFigure(name: string, value: number): void {
    this.#statements.run('UPDATE outbox_figures SET value = @value WHERE name = @name', { name, value });
  }

  /** All or nothing, also of what is counted here. */
  #write<T>(update: () => T): T {
    const before = { rows: this.#rows, octets: this.#octets };
    try {
      return guarded(this.#database.name, () => this.#database.transaction(update).immediate());
    } catch (error) {
      this.#rows = before.rows;
      this.#octets = before.octets;
      throw error;
    }
  }
}

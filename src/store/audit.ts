/** What was done at shells: a bounded number of rows of each kind, repeats in one row. */
import { assertInPlace, guarded, type Database } from './database.ts';

const AUDIT_KINDS = ['login', 'logout', 'command', 'refusal', 'commit'] as const;
export type AuditKind = (typeof AUDIT_KINDS)[number];

/** How many rows of a kind are kept: whoever floods one of them does not push out another. */
export const AUDIT_ROWS_MAX: Readonly<Record<AuditKind, number>> = {
  login: 10_000,
  logout: 10_000,
  command: 100_000,
  refusal: 10_000,
  commit: 10_000,
};

/** Rows beyond the quota that are borne until they are deleted together, as a share of the quota. */
const SLACK = 0.01;

export interface AuditEntry {
  readonly kind: AuditKind;
  readonly user: string;
  readonly way: string;
  /** Undefined for this machine. */
  readonly address: string | undefined;
  /** What was typed, without secrets; of a login or logout, how. */
  readonly text: string;
  readonly result: string;
}

/** An entry as often as it came in a row. */
export interface AuditRow extends AuditEntry {
  readonly id: number;
  readonly firstWallNanos: bigint;
  readonly lastWallNanos: bigint;
  readonly count: number;
}

/** What is added: a new row, or more of the one that `id` names. */
export interface AuditChange extends Omit<AuditRow, 'id'> {
  readonly id: number | undefined;
}

export interface AuditFilter {
  readonly user?: string | undefined;
  readonly kind?: AuditKind | undefined;
  readonly sinceWallNanos?: bigint | undefined;
}

/** Where a row stands: by the time of its last repeat. */
export type AuditPlace = Pick<AuditRow, 'lastWallNanos' | 'id'>;

/** Behind every row. */
export const AUDIT_END: AuditPlace = { lastWallNanos: 2n ** 63n - 1n, id: Number.MAX_SAFE_INTEGER };

export interface AuditStore {
  /** All or nothing, on disk when it returns; the ids of the rows, in order. */
  write(changes: readonly AuditChange[]): readonly number[];
  /** At most `limit` rows that come before `before`, the latest first; of the same time, those with the greatest id. */
  page(filter: AuditFilter, before: AuditPlace, limit: number): readonly AuditRow[];
}

/** Migration of router.db. */
export const auditTable = `
  CREATE TABLE audit (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    kind TEXT NOT NULL,
    first_wall_nanos INTEGER NOT NULL,
    last_wall_nanos INTEGER NOT NULL,
    count INTEGER NOT NULL,
    user TEXT NOT NULL,
    way TEXT NOT NULL,
    address TEXT,
    text TEXT NOT NULL,
    result TEXT NOT NULL
  ) STRICT;
  CREATE INDEX audit_of_kind ON audit (kind, id);
`;

/** Migration of router.db. */
export const auditOrder = 'CREATE INDEX audit_by_time ON audit (last_wall_nanos, id);';

type Stored = Omit<AuditRow, 'firstWallNanos' | 'lastWallNanos' | 'address'> & {
  readonly firstWallNanos: string;
  readonly lastWallNanos: string;
  readonly address: string | null;
};

/** Every method throws StoreError. */
export class Audit implements AuditStore {
  readonly #database: Database;
  readonly #write: (changes: readonly AuditChange[]) => readonly number[];
  readonly #rows: Map<AuditKind, number>;

  constructor(database: Database) {
    this.#database = database;
    const insert = database.prepare(`
      INSERT INTO audit (kind, first_wall_nanos, last_wall_nanos, count, user, way, address, text, result)
      VALUES (@kind, @firstWallNanos, @lastWallNanos, @count, @user, @way, @address, @text, @result)`);
    const more = database.prepare(`
      UPDATE audit SET count = count + @count, last_wall_nanos = @lastWallNanos WHERE id = @id`);
    this.#rows = new Map(AUDIT_KINDS.map((kind) => [kind, this.#count(kind)]));
    this.#write = database.transaction((changes: readonly AuditChange[]) => {
      assertInPlace(database);
      const ids = changes.map(({ id, ...change }) => {
        if (id !== undefined && more.run({ ...change, id }).changes > 0) return id;
        this.#rows.set(change.kind, this.#rows.get(change.kind)! + 1);
        return Number(insert.run({ ...change, address: change.address ?? null }).lastInsertRowid);
      });
      for (const kind of AUDIT_KINDS) this.#prune(kind);
      return ids;
    });
  }

  write(changes: readonly AuditChange[]): readonly number[] {
    return guarded(this.#database.name, () => this.#write(changes));
  }

  page({ user, kind, sinceWallNanos }: AuditFilter, before: AuditPlace, limit: number): readonly AuditRow[] {
    const wanted = [
      ...(user === undefined ? [] : ['user = @user']),
      ...(kind === undefined ? [] : ['kind = @kind']),
      ...(sinceWallNanos === undefined ? [] : ['last_wall_nanos >= @sinceWallNanos']),
    ].map((condition) => ` AND ${condition}`);
    return this.#select(
      `(last_wall_nanos, id) < (@lastWallNanos, @id)${wanted.join('')}
      ORDER BY last_wall_nanos DESC, id DESC`,
      { user, kind, sinceWallNanos, lastWallNanos: before.lastWallNanos, id: before.id, limit },
    );
  }

  /** At most `limit` rows that come behind a place, the earliest first. */
  pageAfter({ lastWallNanos, id }: AuditPlace, limit: number): readonly AuditRow[] {
    return this.#select('(last_wall_nanos, id) > (@lastWallNanos, @id) ORDER BY last_wall_nanos, id', {
      lastWallNanos,
      id,
      limit,
    });
  }

  #select(conditions: string, bindings: object): readonly AuditRow[] {
    const select = this.#database.prepare<[object], Stored>(`
      SELECT id, kind, CAST(first_wall_nanos AS TEXT) AS firstWallNanos,
        CAST(last_wall_nanos AS TEXT) AS lastWallNanos, count, user, way, address, text, result
      FROM audit WHERE ${conditions} LIMIT @limit`);
    const rows = guarded(this.#database.name, () => select.all(bindings));
    return rows.map((row) => ({
      ...row,
      firstWallNanos: BigInt(row.firstWallNanos),
      lastWallNanos: BigInt(row.lastWallNanos),
      address: row.address ?? undefined,
    }));
  }

  #count(kind: AuditKind): number {
    const select = this.#database.prepare<[string], number>('SELECT count(*) FROM audit WHERE kind = ?');
    return guarded(this.#database.name, () => select.pluck().get(kind)!);
  }

  #prune(kind: AuditKind): void {
    const quota = AUDIT_ROWS_MAX[kind];
    if (this.#rows.get(kind)! <= quota * (1 + SLACK)) return;
    this.#database
      .prepare(
        `DELETE FROM audit WHERE kind = @kind AND id <= (
          SELECT id FROM audit WHERE kind = @kind ORDER BY id DESC LIMIT 1 OFFSET @quota)`,
      )
      .run({ kind, quota });
    this.#rows.set(kind, quota);
  }
}

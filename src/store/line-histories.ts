/** What users have entered at shells, for their next logins: a bounded number of lines of each. */
import { guarded, type Database } from './database.ts';
import {
  OF_OWNER,
  OWNER_COLUMNS,
  OwnedRows,
  storedOwner,
  type OwnedStore,
  type RowsOwner,
  type StoredOwner,
} from './owned-rows.ts';

export interface StoredLine {
  readonly wallNanos: bigint;
  readonly text: string;
}

export interface LineHistoriesStore extends OwnedStore {
  /** Adds lines, all or none, and drops the oldest of each owner who then has more than `keep`. */
  append(lines: readonly (readonly [RowsOwner, StoredLine])[], keep: number): void;
  /** Oldest first. */
  of(owner: RowsOwner): readonly StoredLine[];
}

/** Migration of router.db. */
export const lineHistoriesTable = `
  CREATE TABLE line_histories (
    id INTEGER PRIMARY KEY AUTOINCREMENT,${OWNER_COLUMNS},
    wall_nanos INTEGER NOT NULL,
    text TEXT NOT NULL
  ) STRICT;
  CREATE INDEX line_histories_of_owner ON line_histories (user, configured, role, id);
`;

/** Every method throws StoreError. */
export class LineHistories extends OwnedRows implements LineHistoriesStore {
  readonly #append: (lines: readonly (readonly [RowsOwner, StoredLine])[], keep: number) => void;

  constructor(database: Database) {
    super(database, 'line_histories');
    const insert = database.prepare(`
      INSERT INTO line_histories (user, configured, role, wall_nanos, text)
      VALUES (@user, @configured, @role, @wallNanos, @text)`);
    const prune = database.prepare(`
      DELETE FROM line_histories WHERE ${OF_OWNER} AND id <= (
        SELECT id FROM line_histories WHERE ${OF_OWNER} ORDER BY id DESC LIMIT 1 OFFSET @keep)`);
    this.#append = database.transaction(
      (lines: readonly (readonly [RowsOwner, StoredLine])[], keep: number) => {
        for (const [owner, line] of lines) insert.run({ ...storedOwner(owner), ...line });
        const owners = new Map(lines.map(([owner]) => [JSON.stringify(storedOwner(owner)), owner]));
        for (const owner of owners.values()) prune.run({ ...storedOwner(owner), keep });
      },
    );
  }

  append(lines: readonly (readonly [RowsOwner, StoredLine])[], keep: number): void {
    guarded(this.database.name, () => this.#append(lines, keep));
  }

  of(owner: RowsOwner): readonly StoredLine[] {
    const select = this.database.prepare<[StoredOwner], { wallNanos: string; text: string }>(`
      SELECT CAST(wall_nanos AS TEXT) AS wallNanos, text FROM line_histories WHERE ${OF_OWNER} ORDER BY id`);
    const rows = guarded(this.database.name, () => select.all(storedOwner(owner)));
    return rows.map(({ wallNanos, text }) => ({ wallNanos: BigInt(wallNanos), text }));
  }
}

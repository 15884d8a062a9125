/** Names that users have given to words, for all their logins. */
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

export interface StoredAlias {
  readonly name: string;
  /** The beginning of a line. */
  readonly words: string;
}

export interface AliasesStore extends OwnedStore {
  /** In place of that of the same name; false where the owner has `most` of other names already. */
  put(owner: RowsOwner, alias: StoredAlias, most: number): boolean;
  /** False where there is none of that name. */
  remove(owner: RowsOwner, name: string): boolean;
  /** By name. */
  of(owner: RowsOwner): readonly StoredAlias[];
}

/** Migration of router.db. */
export const aliasesTable = `
  CREATE TABLE aliases (${OWNER_COLUMNS},
    name TEXT NOT NULL,
    words TEXT NOT NULL,
    PRIMARY KEY (user, configured, role, name)
  ) STRICT, WITHOUT ROWID;
`;

/** Every method throws StoreError. */
export class AliasRows extends OwnedRows implements AliasesStore {
  constructor(database: Database) {
    super(database, 'aliases');
  }

  put(owner: RowsOwner, alias: StoredAlias, most: number): boolean {
    const insert = this.database.prepare(`
      INSERT INTO aliases (user, configured, role, name, words)
      SELECT @user, @configured, @role, @name, @words
      WHERE (SELECT count(*) FROM aliases WHERE ${OF_OWNER} AND name <> @name) < @most
      ON CONFLICT DO UPDATE SET words = @words`);
    const row = { ...storedOwner(owner), ...alias, most };
    return guarded(this.database.name, () => insert.run(row)).changes > 0;
  }

  remove(owner: RowsOwner, name: string): boolean {
    const remove = this.database.prepare(`DELETE FROM aliases WHERE ${OF_OWNER} AND name = @name`);
    return guarded(this.database.name, () => remove.run({ ...storedOwner(owner), name })).changes > 0;
  }

  of(owner: RowsOwner): readonly StoredAlias[] {
    const select = this.database.prepare<[StoredOwner], StoredAlias>(
      `SELECT name, words FROM aliases WHERE ${OF_OWNER} ORDER BY name`,
    );
    return guarded(this.database.name, () => select.all(storedOwner(owner)));
  }
}

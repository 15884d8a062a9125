/** Rows that belong to somebody: nobody else is given them, and they go with their owner. */
import { guarded, type Database } from './database.ts';

/** Whose rows they are. */
export interface RowsOwner {
  readonly user: string;
  /** Whether it is a user of the configuration, and not the console's owner, who may have the same name. */
  readonly configured: boolean;
  /** The class to whose rights the login was narrowed; undefined for none. */
  readonly role?: string | undefined;
}

export interface OwnedStore {
  owners(): readonly RowsOwner[];
  forget(owner: RowsOwner): void;
}

export interface StoredOwner {
  readonly user: string;
  readonly configured: number;
  /** '' for none: no class has that name. */
  readonly role: string;
}

export const OWNER_COLUMNS = `
    user TEXT NOT NULL,
    configured INTEGER NOT NULL,
    role TEXT NOT NULL`;

export const OF_OWNER = 'user = @user AND configured = @configured AND role = @role';

export function storedOwner({ user, configured, role = '' }: RowsOwner): StoredOwner {
  return { user, configured: Number(configured), role };
}

/** Every method throws StoreError. */
export abstract class OwnedRows implements OwnedStore {
  protected readonly database: Database;
  readonly #table: string;

  constructor(database: Database, table: string) {
    this.database = database;
    this.#table = table;
  }

  owners(): readonly RowsOwner[] {
    const select = this.database.prepare<[], StoredOwner>(
      `SELECT DISTINCT user, configured, role FROM ${this.#table}`,
    );
    return guarded(this.database.name, () => select.all()).map(({ user, configured, role }) => ({
      user,
      configured: configured !== 0,
      role: role === '' ? undefined : role,
    }));
  }

  forget(owner: RowsOwner): void {
    const remove = this.database.prepare(`DELETE FROM ${this.#table} WHERE ${OF_OWNER}`);
    guarded(this.database.name, () => remove.run(storedOwner(owner)));
  }
}

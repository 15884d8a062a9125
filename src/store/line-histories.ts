/** What users have entered at shells, for their next logins: a bounded number of lines of each. */
import { guarded, type Database } from './database.ts';

/** Whose lines they are: nobody else is given them. */
export interface HistoryOwner {
  readonly user: string;
  /** Whether it is a user of the configuration, and not the console's owner, who may have the same name. */
  readonly configured: boolean;
  /** The class to whose rights the login was narrowed; undefined for none. */
  readonly role?: string | undefined;
}

export interface StoredLine {
  readonly wallNanos: bigint;
  readonly text: string;
}

export interface LineHistoriesStore {
  /** Adds lines, all or none, and drops the oldest of each owner who then has more than `keep`. */
  append(lines: readonly (readonly [HistoryOwner, StoredLine])[], keep: number): void;
  /** Oldest first. */
  of(owner: HistoryOwner): readonly StoredLine[];
  owners(): readonly HistoryOwner[];
  forget(owner: HistoryOwner): void;
}

/** Migration of router.db. */
export const lineHistoriesTable = `
  CREATE TABLE line_histories (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    user TEXT NOT NULL,
    configured INTEGER NOT NULL,
    role TEXT NOT NULL,
    wall_nanos INTEGER NOT NULL,
    text TEXT NOT NULL
  ) STRICT;
  CREATE INDEX line_histories_of_owner ON line_histories (user, configured, role, id);
`;

const OF_OWNER = 'user = @user AND configured = @configured AND role = @role';

interface StoredOwner {
  readonly user: string;
  readonly configured: number;
  /** '' for none: no class has that name. */
  readonly role: string;
}

/** Every method throws StoreError. */
export class LineHistories implements LineHistoriesStore {
  readonly #database: Database;
  readonly #append: (lines: readonly (readonly [HistoryOwner, StoredLine])[], keep: number) => void;

  constructor(database: Database) {
    this.#database = database;
    const insert = database.prepare(`
      INSERT INTO line_histories (user, configured, role, wall_nanos, text)
      VALUES (@user, @configured, @role, @wallNanos, @text)`);
    const prune = database.prepare(`
      DELETE FROM line_histories WHERE ${OF_OWNER} AND id <= (
        SELECT id FROM line_histories WHERE ${OF_OWNER} ORDER BY id DESC LIMIT 1 OFFSET @keep)`);
    this.#append = database.transaction(
      (lines: readonly (readonly [HistoryOwner, StoredLine])[], keep: number) => {
        for (const [owner, line] of lines) insert.run({ ...stored(owner), ...line });
        const owners = new Map(lines.map(([owner]) => [JSON.stringify(stored(owner)), owner]));
        for (const owner of owners.values()) prune.run({ ...stored(owner), keep });
      },
    );
  }

  append(lines: readonly (readonly [HistoryOwner, StoredLine])[], keep: number): void {
    guarded(this.#database.name, () => this.#append(lines, keep));
  }

  of(owner: HistoryOwner): readonly StoredLine[] {
    const select = this.#database.prepare<[StoredOwner], { wallNanos: string; text: string }>(`
      SELECT CAST(wall_nanos AS TEXT) AS wallNanos, text FROM line_histories WHERE ${OF_OWNER} ORDER BY id`);
    const rows = guarded(this.#database.name, () => select.all(stored(owner)));
    return rows.map(({ wallNanos, text }) => ({ wallNanos: BigInt(wallNanos), text }));
  }

  owners(): readonly HistoryOwner[] {
    const select = this.#database.prepare<[], StoredOwner>(
      'SELECT DISTINCT user, configured, role FROM line_histories',
    );
    return guarded(this.#database.name, () => select.all()).map(({ user, configured, role }) => ({
      user,
      configured: configured !== 0,
      role: role === '' ? undefined : role,
    }));
  }

  forget(owner: HistoryOwner): void {
    const remove = this.#database.prepare(`DELETE FROM line_histories WHERE ${OF_OWNER}`);
    guarded(this.#database.name, () => remove.run(stored(owner)));
  }
}

function stored({ user, configured, role = '' }: HistoryOwner): StoredOwner {
  return { user, configured: Number(configured), role };
}

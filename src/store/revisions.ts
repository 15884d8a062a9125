/** The archive of committed configurations: the newest is what runs, the others can be gone back to. */
import { guarded, type Database } from './database.ts';

/** One committed configuration. */
export interface Revision {
  /** Counts up from 1 and is never reused. */
  readonly number: number;
  readonly wallNanos: bigint;
  readonly user: string;
  readonly comment: string | undefined;
  readonly text: string;
}

/** How many revisions are kept; `rollback` reaches from 0 to one less. */
export const REVISIONS_MAX = 50;

/** Migration of router.db. */
export const revisionsTable = `
  CREATE TABLE revisions (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    wall_nanos INTEGER NOT NULL,
    user TEXT NOT NULL,
    comment TEXT,
    text TEXT NOT NULL
  ) STRICT;
`;

/** As selected: instants as text, because a double does not hold the nanoseconds since 1970. */
type Stored = Omit<Revision, 'wallNanos' | 'comment'> & {
  readonly wallNanos: string;
  readonly comment: string | null;
};

const NEWEST_FIRST = `
  SELECT number, CAST(wall_nanos AS TEXT) AS wallNanos, user, comment, text FROM revisions
  ORDER BY number DESC`;

/** Every method throws StoreError. */
export class Revisions {
  readonly #database: Database;
  readonly #append: (revision: Omit<Revision, 'number'>) => number;

  constructor(database: Database) {
    this.#database = database;
    const insert = database.prepare(`
      INSERT INTO revisions (wall_nanos, user, comment, text) VALUES (@wallNanos, @user, @comment, @text)`);
    const prune = database.prepare(`
      DELETE FROM revisions WHERE number NOT IN (
        SELECT number FROM revisions ORDER BY number DESC LIMIT ${REVISIONS_MAX})`);
    this.#append = database.transaction((revision: Omit<Revision, 'number'>) => {
      const { lastInsertRowid } = insert.run({ ...revision, comment: revision.comment ?? null });
      prune.run();
      return Number(lastInsertRowid);
    });
  }

  /** Archives a configuration, all or nothing; it is on disk when its number is returned. */
  append(revision: Omit<Revision, 'number'>): number {
    return guarded(this.#database.name, () => this.#append(revision));
  }

  /** The revision `back` commits before the latest, 0 being the latest itself. */
  get(back: number): Revision | undefined {
    const select = this.#database.prepare<[number], Stored>(`${NEWEST_FIRST} LIMIT 1 OFFSET ?`);
    const stored = guarded(this.#database.name, () => select.get(back));
    return stored && toRevision(stored);
  }

  latest(): Revision | undefined {
    return this.get(0);
  }

  /** All that are kept, the latest first. */
  list(): Revision[] {
    const select = this.#database.prepare<[], Stored>(NEWEST_FIRST);
    return guarded(this.#database.name, () => select.all()).map(toRevision);
  }
}

function toRevision(stored: Stored): Revision {
  return { ...stored, wallNanos: BigInt(stored.wallNanos), comment: stored.comment ?? undefined };
}

/**
 * The archive of committed configurations: the newest is what runs, the others can be gone back to; and what is still to come
 * of commits.
 */
import { assertInPlace, guarded, StoreError, type Database } from './database.ts';
import { digestOf, type LastCommit, type LastCommitFile } from './last-commit.ts';

/** What is known of a committed configuration beside what it says. */
export interface RevisionNote {
  /** Counts up from 1 and is never reused. */
  readonly number: number;
  readonly wallNanos: bigint;
  readonly user: string;
  readonly via: 'cli' | 'other';
  readonly comment: string | undefined;
}

/** One committed configuration. */
export interface Revision extends RevisionNote {
  readonly text: string;
}

/** A change of the configuration that is to come, at most one of a kind. */
export interface PendingCommit {
  readonly kind: 'confirmed' | 'at';
  /** Undefined: when the router starts. */
  readonly dueWallNanos: bigint | undefined;
  readonly sinceWallNanos: bigint;
  readonly committer: {
    readonly user: string;
    readonly configured: boolean;
    readonly role: string | undefined;
  };
  readonly comment: string | undefined;
  /** What is changed, and to what. */
  readonly base: string;
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

/** Migration of router.db. */
export const pendingCommitsTable = `
  ALTER TABLE revisions ADD COLUMN via TEXT NOT NULL DEFAULT 'cli';
  CREATE TABLE pending_commits (
    kind TEXT PRIMARY KEY,
    due_wall_nanos INTEGER,
    since_wall_nanos INTEGER NOT NULL,
    user TEXT NOT NULL,
    configured INTEGER NOT NULL,
    role TEXT,
    comment TEXT,
    base TEXT NOT NULL,
    text TEXT NOT NULL
  ) STRICT;
`;

/** Migration of router.db: what is listed is found without the texts, which may be long. */
export const revisionNotes =
  'CREATE INDEX revision_notes ON revisions (number, wall_nanos, user, via, comment);';

/** Migration of router.db: what is in force is to be what was committed. Revisions from before it have none. */
export const revisionDigests = 'ALTER TABLE revisions ADD COLUMN digest TEXT;';

/** Whether a stored revision is what was committed. */
export function isRevisionWhole({ text, digest }: Readonly<Record<string, unknown>>): boolean {
  return digest === null || (typeof text === 'string' && digestOf(text) === digest);
}

/** As selected: instants as text, because a double does not hold the nanoseconds since 1970. */
type Stored<Kept extends RevisionNote> = Omit<Kept, 'wallNanos' | 'comment'> & {
  readonly wallNanos: string;
  readonly comment: string | null;
};

const NOTE = 'number, CAST(wall_nanos AS TEXT) AS wallNanos, user, via, comment';
const NEWEST_FIRST = 'ORDER BY number DESC';

interface StoredPending {
  readonly kind: PendingCommit['kind'];
  readonly dueWallNanos: string | null;
  readonly sinceWallNanos: string;
  readonly user: string;
  readonly configured: number;
  readonly role: string | null;
  readonly comment: string | null;
  readonly base: string;
  readonly text: string;
}

const PENDING = `
  SELECT kind, CAST(due_wall_nanos AS TEXT) AS dueWallNanos, CAST(since_wall_nanos AS TEXT) AS sinceWallNanos,
    user, configured, role, comment, base, text
  FROM pending_commits ORDER BY kind DESC`;

type Numbered = Omit<Revision, 'number'> & { readonly number?: number };

/** Every method throws StoreError. */
export class Revisions {
  readonly #database: Database;
  readonly #copy: LastCommitFile | undefined;
  readonly #append: (revision: Numbered, pending: readonly PendingCommit[]) => number;
  readonly #keep: (pending: readonly PendingCommit[]) => void;

  /** `copy` has the latest one, too; `kept`: how many revisions there are at the most. */
  constructor(database: Database, copy?: LastCommitFile, kept = REVISIONS_MAX) {
    this.#database = database;
    this.#copy = copy;
    const insert = database.prepare(`
      INSERT INTO revisions (number, wall_nanos, user, via, comment, text, digest)
      VALUES (@number, @wallNanos, @user, @via, @comment, @text, @digest)`);
    const prune = database.prepare<[number]>(`
      DELETE FROM revisions WHERE number NOT IN (
        SELECT number FROM revisions ORDER BY number DESC LIMIT ?)`);
    const forget = database.prepare('DELETE FROM pending_commits');
    const remember = database.prepare(`
      INSERT INTO pending_commits (
        kind, due_wall_nanos, since_wall_nanos, user, configured, role, comment, base, text)
      VALUES (@kind, @dueWallNanos, @sinceWallNanos, @user, @configured, @role, @comment, @base, @text)`);
    this.#keep = database.transaction((pending: readonly PendingCommit[]) => {
      assertInPlace(database);
      forget.run();
      for (const each of pending) remember.run(toStored(each));
    });
    this.#append = database.transaction(
      ({ number, comment, ...revision }: Numbered, pending: readonly PendingCommit[]) => {
        this.#keep(pending);
        const { lastInsertRowid } = insert.run({
          ...revision,
          number: number ?? null,
          comment: comment ?? null,
          digest: digestOf(revision.text),
        });
        prune.run(kept);
        return Number(lastInsertRowid);
      },
    );
  }

  /** Archives a configuration, and makes `pending` all that is pending: both or neither, on disk when it returns. */
  append(revision: Omit<Revision, 'number'>, pending: readonly PendingCommit[] = []): number {
    const number = guarded(this.#database.name, () => this.#append(revision, pending));
    this.#copy?.write({ revision: { ...revision, number }, pending });
    return number;
  }

  /** Takes up a revision that it has lost, with the number that it had; which it was, if so. */
  restore({ revision, pending }: LastCommit): RevisionNote | undefined {
    if (revision.number <= (this.latest()?.number ?? 0)) return undefined;
    guarded(this.#database.name, () => this.#append(revision, pending));
    return revision;
  }

  /** What is still to come, in the order in which it is to be done when all of it is due. */
  get pending(): readonly PendingCommit[] {
    const select = this.#database.prepare<[], StoredPending>(PENDING);
    return guarded(this.#database.name, () => select.all()).map(toPending);
  }

  /** Makes `pending` all that is pending; on disk when it returns. */
  keep(pending: readonly PendingCommit[]): void {
    guarded(this.#database.name, () => this.#keep(pending));
    const revision = this.#copy && this.latest();
    if (revision) this.#copy.write({ revision, pending });
  }

  /** The revision `back` commits before the latest, 0 being the latest itself. One that is not what was committed is `corrupt`. */
  get(back: number): Revision | undefined {
    const select = this.#database.prepare<[number], Stored<Revision> & { readonly digest: string | null }>(`
      SELECT ${NOTE}, text, digest FROM revisions
      WHERE number = (SELECT number FROM revisions ${NEWEST_FIRST} LIMIT 1 OFFSET ?)`);
    const stored = guarded(this.#database.name, () => select.get(back));
    if (stored === undefined) return undefined;
    const { digest, ...kept } = stored;
    if (!isRevisionWhole({ text: kept.text, digest })) {
      const file = this.#database.name;
      throw new StoreError({ code: 'corrupt', file });
    }
    return restored<Revision>(kept);
  }

  latest(): Revision | undefined {
    return this.get(0);
  }

  /** All that are kept, the latest first. */
  list(): readonly RevisionNote[] {
    const select = this.#database.prepare<[], Stored<RevisionNote>>(
      `SELECT ${NOTE} FROM revisions INDEXED BY revision_notes ${NEWEST_FIRST}`,
    );
    return guarded(this.#database.name, () => select.all()).map((stored) => restored(stored));
  }
}

function restored<Kept extends RevisionNote>(
  stored: Stored<Kept>,
): Omit<Kept, 'wallNanos' | 'comment'> & Pick<RevisionNote, 'wallNanos' | 'comment'> {
  return { ...stored, wallNanos: BigInt(stored.wallNanos), comment: stored.comment ?? undefined };
}

function toPending(stored: StoredPending): PendingCommit {
  const { dueWallNanos, sinceWallNanos, user, configured, role, comment, ...rest } = stored;
  return {
    ...rest,
    dueWallNanos: dueWallNanos === null ? undefined : BigInt(dueWallNanos),
    sinceWallNanos: BigInt(sinceWallNanos),
    committer: { user, configured: configured === 1, role: role ?? undefined },
    comment: comment ?? undefined,
  };
}

function toStored({ dueWallNanos, committer, comment, ...rest }: PendingCommit): object {
  const { user, configured, role } = committer;
  return {
    ...rest,
    dueWallNanos: dueWallNanos ?? null,
    user,
    configured: Number(configured),
    role: role ?? null,
    comment: comment ?? null,
  };
}

/** What is kept of commits: the configurations that were in force, and what is still to come of commits. */

/** What is known of a committed configuration beside what it says. */
export interface RevisionNote {
  readonly number: number;
  readonly wallNanos: bigint;
  readonly user: string;
  /** Who committed it: a login, or the router by itself when it went back. */
  readonly via: 'cli' | 'other';
  readonly comment: string | undefined;
}

/** A committed configuration, as the archive keeps it. */
export interface Revision extends RevisionNote {
  readonly text: string;
}

/** Whose rights a commit has that is made when they may have left long ago. */
export interface KeptCommitter {
  readonly user: string;
  /** An account of the configuration; false for the console's owner. */
  readonly configured: boolean;
  /** The class to whose rights the login was narrowed. */
  readonly role: string | undefined;
}

/** What is to be made of the configuration in force later: the changes from `base` to `text`. */
export interface PendingCommit {
  /** `confirmed`: back to what was, unless somebody confirms; `at`: a commit that was put off. */
  readonly kind: 'confirmed' | 'at';
  /** Undefined: when the router starts. */
  readonly dueWallNanos: bigint | undefined;
  readonly sinceWallNanos: bigint;
  readonly committer: KeptCommitter;
  readonly comment: string | undefined;
  readonly base: string;
  readonly text: string;
}

/** Where both are kept; each change is atomic, and on disk when it returns. */
export interface RevisionArchive {
  /** Also makes `pending` all that is pending. */
  append(revision: Omit<Revision, 'number'>, pending: readonly PendingCommit[]): number;
  /** 0 is the latest. */
  get(back: number): Revision | undefined;
  list(): readonly RevisionNote[];
  /** At most one of a kind. */
  readonly pending: readonly PendingCommit[];
  /** Makes it all that is pending. */
  keep(pending: readonly PendingCommit[]): void;
}

/** What commands say, and how they ask, in one CLI style. Undefined: nothing is said. */

/** What becomes of changes when configuration mode is left: `stay` does not leave it, `keep` leaves them uncommitted. */
export type Leaving = 'commit' | 'discard' | 'keep' | 'stay';

export interface LeavingQuestion {
  /** Its last line stands before the answer. */
  readonly question: string;
  /** By answer, which may be abbreviated. */
  readonly answers: Readonly<Record<string, Leaving>>;
  /** For an empty answer. */
  readonly otherwise: Leaving;
}

export interface Dialogs {
  /** `changed`: there are changes that nobody has committed. */
  entered(changed: boolean): string | undefined;
  readonly left: string | undefined;
  committed(user: string, wallNanos: bigint): string | undefined;
  readonly nothingToCommit: string;
  readonly checked: string;
  readonly rolledBack: string;
  readonly loaded: string;
  /** There is nothing to save: what is committed is kept. */
  readonly savedAlready: string;
  /** The candidate was written to a file. */
  saved(file: string, lines: number): string;
  /** Times will be shown. */
  readonly timestampSet: string | undefined;
  /** Where `exit` goes below the top of the configuration: `back` is where the level was entered from. */
  readonly exit: 'up' | 'back' | 'top';
  /** Whether `quit` in configuration mode leaves the CLI too, or is `exit`. */
  readonly quit: 'cli' | 'exit';
  /** Undefined where configuration mode is not left with changes. */
  readonly leaving: LeavingQuestion | undefined;
}

/** What commands say, and how they ask, in one CLI style. Undefined: nothing is said. */
import type { EditMode } from '../config/database.ts';

/** What becomes of changes when configuration mode is left: `stay` does not leave it, `keep` leaves them uncommitted. */
export type Leaving = 'commit' | 'discard' | 'keep' | 'stay';

export interface Question<Choice extends string | boolean> {
  /** Its last line stands before the answer. */
  readonly question: string;
  /** By answer, which may be abbreviated. */
  readonly answers: Readonly<Record<string, Choice>>;
  /** For an empty answer. */
  readonly otherwise: Choice;
}

/** What becomes of a candidate that others have committed beside: `merge` takes up what they did, `stop` does nothing. */
export type Resolution = 'commit' | 'merge' | 'stop';

/** How configuration mode is found. */
export interface Entrance {
  readonly mode: EditMode;
  /** There are changes that nobody has committed. */
  readonly changed: boolean;
  /** Who else edits, in whole lines. */
  readonly editors: readonly string[];
}

/** What a commit has come to. */
export interface Committed {
  readonly user: string;
  /** Undefined when nothing had changed. */
  readonly wallNanos: bigint | undefined;
  /** It has kept what was committed for a time only. */
  readonly confirmed: boolean;
  /** After which it is taken back; undefined: never. */
  readonly confirmedMinutes: number | undefined;
}

export interface VersionFacts {
  readonly hostName: string;
  readonly version: string;
}

/** Instants are wall time, in nanoseconds. */
export interface UptimeFacts {
  readonly nowNanos: bigint;
  /** Of the machine. */
  readonly bootedNanos: bigint;
  /** Of the router. */
  readonly startedNanos: bigint;
  /** The latest commit. */
  readonly configured: { readonly wallNanos: bigint; readonly user: string } | undefined;
  readonly users: number;
  /** Over one, five and fifteen minutes. */
  readonly loadAverages: readonly number[];
  readonly processors: number;
}

/** Lines of the shows about the system. */
export interface SystemTexts {
  version(facts: VersionFacts): Iterable<string>;
  uptime(facts: UptimeFacts): Iterable<string>;
}

export interface Dialogs {
  readonly system: SystemTexts;
  entered(entrance: Entrance): string | undefined;
  readonly left: string | undefined;
  /** Before `left`, where changes were given up. */
  readonly discarded: string | undefined;
  committed(committed: Committed): string | undefined;
  readonly checked: string;
  /** `confirm` kept what was committed for a time only. */
  readonly confirmed: string;
  /** Something will be committed at that time; undefined: when the router starts. */
  putOff(wallNanos: bigint | undefined): string;
  /** What was put off is committed. */
  made(user: string, wallNanos: bigint): string;
  /** What was put off is given up. */
  readonly cleared: string;
  /** There was nothing to give up, go back from or confirm. */
  readonly nothingPending: string;
  /** Who was to confirm a commit did not, or has gone back from it. */
  wentBack(user: string, wallNanos: bigint): string;
  readonly rolledBack: string;
  readonly loaded: string;
  /** There is nothing to save: what is committed is kept. */
  readonly savedAlready: string;
  /** The candidate was written to a file. */
  saved(file: string, lines: number): string;
  readonly updated: string | undefined;
  /** Times will be shown. */
  readonly timestampSet: string | undefined;
  /** Where `exit` goes below the top of the configuration: `back` is where the level was entered from. */
  readonly exit: 'up' | 'back' | 'top';
  /** Whether `quit` in configuration mode leaves the CLI too, or is `exit`. */
  readonly quit: 'cli' | 'exit';
  /** Undefined where configuration mode is not left with changes. */
  leaving(mode: EditMode): Question<Leaving> | undefined;
  /** Before a commit beside one that `user` has made; undefined where what both did is committed without asking. */
  outOfSync(user: string, wallNanos: bigint): Question<Resolution> | undefined;
}

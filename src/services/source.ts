/** Where service sessions come from: the kernel's connection tracking, or what was imported into the store. */
import type { Finding } from '../config/commit.ts';
import type { ListedConnection } from './conntrack/connection-details.ts';
import type { SessionFilter } from './filter.ts';
import type { Ranking, RankOptions } from './session-rates.ts';
import type { ServiceSession, SessionCount } from './session.ts';
import type { ListingForm, SessionTexts } from './session-text.ts';

/** As `services session-source` names them. */
export type SourceName = 'conntrack' | 'records';

/** Something that makes a source useless or its sessions less than whole, as data. */
export interface SourceProblem {
  /** `error`: the source has nothing to show. */
  readonly severity: 'error' | 'warning';
  readonly code: SourceProblemCode;
  readonly details?: Readonly<Record<string, string | number>>;
}

export type SourceProblemCode =
  /** The process may not ask the kernel. */
  | 'not-permitted'
  /** The host has no connection tracking, or its module is not loaded. */
  | 'not-available'
  /** Nothing in the network `namespace` asks for tracking; undefined: in our own. */
  | 'not-tracking'
  /** The kernel counts neither packets nor octets in the `namespace`. */
  | 'no-accounting'
  /** The router was to ask for tracking itself, and could not: the program nft is not there. */
  | 'tracking-no-program'
  /** It may not. */
  | 'tracking-not-permitted'
  /** It was refused; `said`: in nft's words. */
  | 'tracking-failed'
  /** There is no such network `namespace`. */
  | 'no-namespace'
  /** The table changed while it was read: some may be missing, or there twice. */
  | 'table-changed'
  /** `messages` of the kernel could not be decoded, for the reason `code`. */
  | 'undecodable'
  /** The kernel refused, with `code`, for no reason that is known here. */
  | 'failed'
  /** Sessions that end are to be kept, and the kernel's events cannot be heard. */
  | 'not-recorded'
  /**
   * Events were lost `times` times, and the table was read anew; `found`: sessions that had ended meanwhile; `known`: how many
   * can be, where there are more. Without details: what is counted was counted anew.
   */
  | 'events-lost'
  /** Nothing was imported. */
  | 'nothing-stored'
  /** Up to so many `sessions` that an older version has stored are not shown yet. */
  | 'being-moved';

export interface SourceStatus {
  readonly name: SourceName;
  /** How the sessions are read: `ctnetlink`, `conntrack -L`, `store`. */
  readonly method: string;
  /** Undefined where that would take a look at each of them. */
  readonly sessions: number | undefined;
  /** Undefined where there is no bound. */
  readonly sessionsMax: number | undefined;
  /** When what it has was true, in nanoseconds since 1970; undefined: now, or never. */
  readonly asOfWallNanos: bigint | undefined;
  /** What it was read from, such as the name of an imported file; undefined: the kernel. */
  readonly origin: string | undefined;
  readonly problems: readonly SourceProblem[];
}

/**
 * Sessions in batches. All of one group (interface and service set) are together, groups in the order of
 * `compareGroups`, and within one the sessions in the source's own order; a batch may hold several groups. Whoever stops reading early (`return`) ends the reading, and nothing is read
 * ahead of the reader but a bounded number of batches.
 */
export type SessionBatches = AsyncIterable<readonly ServiceSession[]>;

export interface SelectOptions {
  readonly filter: SessionFilter;
  /** Sessions at the most; undefined for all. */
  readonly limit: number | undefined;
  /** Rejects the batches with its reason when it is aborted. */
  readonly signal: AbortSignal;
  /** Hears what turns out when they have been read. */
  readonly report?: (problem: SourceProblem) => void;
}

export interface SessionSource {
  readonly name: SourceName;
  /** What is to be said beside its sessions. */
  problems(): Promise<readonly SourceProblem[]>;
  status(): Promise<SourceStatus>;
  /** The batches reject with SourceError. */
  select(options: SelectOptions): SessionBatches;
  /** The same sessions as text, drawn where they are read. */
  texts(options: SelectOptions, form: ListingForm): SessionTexts;
  /** The same sessions as connections, as much as the source knows of them; undefined for what cannot be one. */
  connections(options: SelectOptions): AsyncIterable<readonly (ListedConnection | undefined)[]>;
  /** By interface and service set, in the order of `select`; sets without sessions are left out. Rejects with SourceError. */
  count(options: Omit<SelectOptions, 'limit'>): Promise<readonly SessionCount[]>;
  /** As `count` of all, as cheaply as it can. */
  census(signal: AbortSignal): Promise<readonly SessionCount[]>;
  /** Those that match, ranked by what they have carried. Rejects with SourceError. */
  rank(options: RankOptions): Promise<Ranking>;
  /** Ends the sessions that match; gives how many those were, as `count` does. Rejects with SourceError. */
  clear(options: Omit<SelectOptions, 'limit'>): Promise<readonly SessionCount[]>;
}

/** What is to be said of a source, of a statement where it has one. */
export function sourceFinding(
  { severity, code, details = {} }: SourceProblem,
  path: readonly string[] = [],
): Finding {
  return { severity, code: `source-${code}`, path, details };
}

/** A source that cannot answer. */
export class SourceError extends Error {
  readonly source: SourceName;
  readonly problem: SourceProblem;

  constructor(source: SourceName, problem: SourceProblem, options?: ErrorOptions) {
    super(`${source}: ${problem.code}`, options);
    this.name = 'SourceError';
    this.source = source;
    this.problem = problem;
  }
}

/** What the main thread and the worker that reads the kernel's connections say to each other: chunks, never rows. */
import type { DumpFilter } from './ctnetlink.ts';
import type { FilterOptions } from '../filter.ts';
import type { MappingSettings } from '../mapping-settings.ts';
import type { NetlinkProblemCode } from './netlink.ts';
import type { Carried, RankOrder, RateSums } from '../session-rates.ts';
import type { SessionCount } from '../session.ts';
import type { ListingForm } from '../session-text.ts';
import type { Said } from '../worker-calls.ts';

/** Buffers of rows that one reading has, and so how far the worker is ahead of its reader. */
export const CHUNKS_MAX = 4;

/** Of one namespace. They are the main thread's, which closes them when the reading has ended. */
export interface ReadingSockets {
  /** One for each of the plan, or the one that events come to. */
  readonly dumps: readonly number[];
  /** For questions about one connection, and removals. */
  readonly single: number;
}

export interface ReadRequest {
  readonly type: 'read';
  readonly call: number;
  /**
   * `draw`: as `select`, in text. `watch`: connections as they end; `tally`: how many begin and end, by group. Both until they are stopped, and without
   * filter and limit.
   */
  readonly work: 'select' | 'draw' | 'count' | 'clear' | 'rank' | 'watch' | 'tally';
  readonly sockets: readonly ReadingSockets[];
  readonly filter: FilterOptions;
  /** Dumps that give what the filter lets pass; none for events. */
  readonly plan: readonly DumpFilter[];
  readonly mapping: MappingSettings;
  /** Infinity for all. Of `rank`: sessions of either order. */
  readonly limit: number;
  /** Of what is drawn. */
  readonly form?: ListingForm | undefined;
  /** Of `rank`: counters of the reading before, handed over. */
  readonly before?: ArrayBuffer | undefined;
}

export type ReaderMessage =
  | ReadRequest
  /** A chunk has been read, and its buffer comes back. */
  | { readonly type: 'more'; readonly call: number; readonly buffer: ArrayBuffer }
  | { readonly type: 'stop'; readonly call: number };

/** Messages as the kernel sent them, each at a multiple of 4 octets. */
export interface RowsMessage {
  readonly type: 'rows';
  readonly call: number;
  readonly buffer: ArrayBuffer;
  readonly octets: number;
  /** Of rows, by their place in the chunk, whose master has a helper. */
  readonly masterHelpers: ReadonlyMap<number, string>;
  /** How often the kernel has dropped messages since the chunk before. */
  readonly lost: number;
  /** Whether there are connections whose end would not be known then. */
  readonly isPartial: boolean;
  /** Connections of which it was found later that they had ended, as they were known last. */
  readonly areUnheard: boolean;
}

/** How many connections have begun and ended since the message before. */
export interface TallyMessage {
  readonly type: 'tally';
  readonly call: number;
  readonly begun: readonly SessionCount[];
  readonly ended: readonly SessionCount[];
  /** How often the kernel has dropped messages. */
  readonly lost: number;
}

/** Whole lines. */
export interface TextMessage {
  readonly type: 'text';
  readonly call: number;
  readonly buffer: ArrayBuffer;
  readonly octets: number;
}

/** A message as the kernel sent it. */
export interface RankedRow {
  readonly octets: Uint8Array<ArrayBuffer>;
  readonly masterHelper: string | undefined;
}

/** All that a reading has ranked. */
export interface RankedMessage {
  readonly type: 'ranked';
  readonly call: number;
  readonly sums: Readonly<RateSums>;
  readonly highest: Readonly<Record<RankOrder, readonly Carried<RankedRow>[]>>;
  readonly counters: ArrayBuffer;
}

export interface EndMessage {
  readonly type: 'end';
  readonly call: number;
  readonly counts: readonly SessionCount[];
  /** The kernel says that its table changed so that some may be missing or twice. */
  readonly interrupted: boolean;
  /** Messages that could not be decoded. */
  readonly undecodable: ReadonlyMap<NetlinkProblemCode, number>;
}

/** A system call, or the kernel's answer, was an error. */
export interface FailedMessage {
  readonly type: 'failed';
  readonly call: number;
  readonly systemCall: string;
  readonly code: string;
}

/** What a reading has, until its end. */
export type PartMessage = RowsMessage | TextMessage | TallyMessage | RankedMessage;

/** Comes first: the worker has what it needs. Of no call. */
export const LOADED: Said = { call: 0 };

export type ReadingMessage = PartMessage | EndMessage | FailedMessage;

/** What the main thread and the workers that have the stored sessions say to each other. */
import type { ServiceSessionState } from '../../store/service-session-store.ts';
import type { StoreProblem } from '../../store/database.ts';
import type { FilterOptions } from '../filter.ts';
import type { ImportError, ImportRequest, ImportResult } from './import.ts';
import type { Ranking, RankOptions } from '../session-rates.ts';
import type { ServiceSession, SessionCount } from '../session.ts';
import type { ListingForm } from '../session-text.ts';
import type { SourceStatus } from '../source.ts';

interface Searched {
  readonly state: ServiceSessionState;
  readonly filter: FilterOptions;
}

/** What can be asked for; `batch` comes any number of times before the `result`. */
export interface RecordsWorks {
  readonly select: {
    /** `limit`: Infinity for all. */
    readonly request: Searched & { readonly limit: number };
    readonly batch: readonly ServiceSession[];
    readonly result: undefined;
  };
  /** The same as text: octets of whole lines. */
  readonly draw: {
    readonly request: RecordsWorks['select']['request'] & { readonly form: ListingForm };
    readonly batch: Uint8Array;
    readonly result: undefined;
  };
  readonly count: {
    readonly request: Searched;
    readonly batch: never;
    readonly result: readonly SessionCount[];
  };
  readonly clear: RecordsWorks['count'];
  /** `before`, and the counters of the result, are handed over. */
  readonly rank: {
    readonly request: Searched & Pick<RankOptions, 'rows' | 'before'>;
    readonly batch: never;
    readonly result: Ranking;
  };
  readonly status: {
    readonly request: Pick<Searched, 'state'>;
    readonly batch: never;
    readonly result: SourceStatus;
  };
  /** Of a file, or two, whose octets are asked for. */
  readonly import: {
    readonly request: ImportRequest;
    readonly batch: never;
    readonly result: ImportResult;
  };
  /** Moves what an older version has stored to where it is found. */
  readonly move: { readonly request: undefined; readonly batch: never; readonly result: undefined };
  /** Keeps sessions that have ended, and of all but those imported the latest `kept`; undefined: all. */
  readonly record: {
    readonly request: { readonly sessions: readonly ServiceSession[]; readonly kept: number | undefined };
    readonly batch: never;
    readonly result: undefined;
  };
}

export type WorkName = keyof RecordsWorks;

export type RecordsBegun = {
  [Name in WorkName]: {
    readonly type: 'begin';
    readonly call: number;
    readonly work: Name;
    readonly request: RecordsWorks[Name]['request'];
  };
}[WorkName];

export type RecordsAsked =
  | RecordsBegun
  /** The next batch, or the result. */
  | { readonly type: 'next'; readonly call: number }
  /** Of the file; undefined at its end, after which the next one follows. */
  | { readonly type: 'chunk'; readonly call: number; readonly octets: Uint8Array | undefined }
  | { readonly type: 'stop'; readonly call: number };

/** Ends the worker, once what it does has ended. */
export const CLOSE = 'close';

export type RecordsMessage =
  | { readonly type: 'batch'; readonly call: number; readonly batch: unknown }
  /** Another chunk of the file. */
  | { readonly type: 'wants'; readonly call: number }
  | { readonly type: 'done'; readonly call: number; readonly result: unknown }
  | { readonly type: 'failed'; readonly call: number; readonly failure: RecordsFailure };

/** An error that crosses threads. */
export type RecordsFailure =
  | { readonly kind: 'store'; readonly problem: StoreProblem }
  | { readonly kind: 'import'; readonly code: ImportError['code']; readonly details: ImportError['details'] }
  /** As it was told to. */
  | { readonly kind: 'stopped' }
  | { readonly kind: 'other'; readonly message: string };

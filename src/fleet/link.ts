/** What the main thread and the worker that talks to the fleet's database say to each other: one answer to each question. */
import type { StoreProblem } from '../store/database.ts';
import type { OutboxRow, OutboxStatus } from '../store/fleet-outbox.ts';
import type { MeshHearing, MeshNews, MeshPlan } from './mesh-exchange.ts';
import type { FleetProblem } from './problems.ts';
import type { NodeFacts, PublisherStatus } from './publisher.ts';
import type { PathResult, ResultFilter } from './result-reading.ts';
import type { ResultSample } from './results.ts';
import type { FleetSettings } from './settings.ts';

/** How far each source was read, in the words of whoever reads it. */
export type Marks = Readonly<Record<string, string>>;

export interface DeskStatus {
  readonly publisher: PublisherStatus;
  readonly outbox: OutboxStatus;
  readonly hearing: MeshHearing;
}

export interface FleetWorks {
  /** Begins, or goes on with others; gives the marks of what was put. */
  readonly follow: {
    readonly request: { readonly settings: FleetSettings; readonly facts: NodeFacts };
    readonly result: Marks;
  };
  /** Kept when the answer comes. Gives how many samples were dropped for it. */
  readonly put: {
    readonly request: {
      readonly rows: readonly OutboxRow[];
      readonly marks: Marks;
      readonly samples: readonly ResultSample[];
    };
    readonly result: number;
  };
  readonly status: { readonly request: undefined; readonly result: DeskStatus };
  /** From now on, until another. */
  readonly mesh: { readonly request: MeshPlan; readonly result: undefined };
  /** Answered as soon as there is something behind that number. */
  readonly 'mesh-news': { readonly request: number; readonly result: MeshNews };
  /** As the reader: rows of a query, as objects. */
  readonly read: {
    readonly request: { readonly sql: string; readonly values: readonly unknown[] };
    readonly result: readonly Readonly<Record<string, unknown>>[];
  };
  /** As the reader: sketches are merged where they are read. */
  readonly results: { readonly request: ResultFilter; readonly result: readonly PathResult[] };
}

export type FleetWorkName = keyof FleetWorks;

export type FleetAsked = {
  [Name in FleetWorkName]: {
    readonly call: number;
    readonly work: Name;
    readonly request: FleetWorks[Name]['request'];
  };
}[FleetWorkName];

/** Ends the worker. */
export const CLOSE = 'close';

export type FleetFailure =
  | { readonly kind: 'fleet'; readonly problem: FleetProblem }
  | { readonly kind: 'store'; readonly problem: StoreProblem };

export type FleetAnswer =
  | { readonly call: number; readonly result: unknown }
  | { readonly call: number; readonly failure: FleetFailure };

/** What a text says, statement by statement, whatever form it is in. */
import type { Statement } from '../../grammar/match.ts';
import type { GrammarNode } from '../../grammar/node.ts';
import type { Faults, LoadLimits } from './faults.ts';
import type { Place, StatementReader } from './statement-reader.ts';

export type SaidVerb =
  /** Added. */
  | 'set'
  /** Taken away, and all below it; nothing is wrong when it is not there. */
  | 'clear'
  /** Taken away; it must be there. */
  | 'delete'
  /** Taken away when all below it has been; it must be there, with nothing else in it. */
  | 'delete-empty';

export interface Said {
  readonly line: number;
  readonly verb: SaidVerb;
  readonly statement: Statement;
}

/** What readers of all forms are given. */
export interface ReadingParts {
  readonly schema: GrammarNode;
  readonly reader: StatementReader;
  readonly faults: Faults;
  readonly limits: LoadLimits;
  /** Where the text stands: the top, or (`relative`) the level that is edited. */
  readonly place: Place;
}

/** What a text says, statement by statement, whatever form it is in. */
import type { Statement } from '../../grammar/match.ts';
import type { GrammarNode } from '../../grammar/node.ts';
import type { MarkChange } from '../marks.ts';
import type { Secrets } from '../secrets.ts';
import type { ConfigTree } from '../tree.ts';
import type { Faults, LoadLimits } from './faults.ts';
import type { Place, StatementReader } from './statement-reader.ts';

export type Deed =
  /** Added. */
  | { readonly verb: 'set' }
  /** Taken away, and all below it; nothing is wrong when it is not there. */
  | { readonly verb: 'clear' }
  /** Taken away, and what says nothing without it; it must be there. */
  | { readonly verb: 'delete' }
  /** Taken away, and nothing else; it must be there. */
  | { readonly verb: 'remove' }
  /** Taken away when all below it has been; it must be there, with nothing else in it. */
  | { readonly verb: 'remove-empty' }
  /** Marked; it must be there. */
  | { readonly verb: 'mark'; readonly change: MarkChange }
  /** An entry of a list is copied, renamed or moved. Throws EditError. */
  | { readonly verb: 'rearrange'; make(tree: ConfigTree, secrets: Secrets): ConfigTree }
  /** An entry of a list is put behind another, or before all others; it must be there. */
  | { readonly verb: 'move'; readonly behind: string | undefined };

export type Said = Deed & {
  readonly line: number;
  readonly statement: Statement;
};

/** What readers of all forms are given. */
export interface ReadingParts {
  readonly schema: GrammarNode;
  readonly reader: StatementReader;
  readonly faults: Faults;
  readonly limits: LoadLimits;
  /** Where the text stands: the top, or (`relative`) the level that is edited. */
  readonly place: Place;
}

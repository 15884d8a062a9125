/** How the verbs of configuration mode walk the configuration tree: one row a verb. */

export interface TreeVerb {
  /** Which privilege of a statement the verb needs. */
  readonly needs: 'view' | 'modify';
  /** Whether a list's word must be followed by the key of an entry. */
  readonly keys: 'required' | 'optional';
  /** Whether the walk may end on a leaf. */
  readonly leaves: boolean;
  /** Whether the leaf's value must follow it, may follow it, or may not. */
  readonly values: 'required' | 'optional' | 'none';
  /**
   * Whether a line is a chain of statements (`set server port 1 maximum-sessions 2`), each of which says
   * something; otherwise it names one point of the tree, whatever stands there.
   */
  readonly chains: boolean;
  /** Whether its lines count only where a line means nothing else, as aliases do. */
  readonly yields: boolean;
}

export const TREE_VERBS = {
  set: { needs: 'modify', keys: 'required', leaves: true, values: 'required', chains: true, yields: false },
  delete: {
    needs: 'modify',
    keys: 'optional',
    leaves: true,
    values: 'optional',
    chains: false,
    yields: false,
  },
  edit: { needs: 'view', keys: 'required', leaves: false, values: 'none', chains: false, yields: false },
  enter: { needs: 'modify', keys: 'required', leaves: true, values: 'required', chains: false, yields: true },
  show: { needs: 'view', keys: 'optional', leaves: true, values: 'none', chains: false, yields: false },
} as const satisfies Record<string, TreeVerb>;

/** What `{name:verb}` may say: a walk, or `command` for the other tree's own commands, as `run` has them. */
export type TreeVerbName = keyof typeof TREE_VERBS | 'command';

export const TREE_VERB_NAMES: readonly TreeVerbName[] = [
  ...(Object.keys(TREE_VERBS) as (keyof typeof TREE_VERBS)[]),
  'command',
];

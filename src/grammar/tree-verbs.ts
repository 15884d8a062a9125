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
  /** Whether the walk must end on an entry of a list, or on one of several values where it may end on leaves. */
  readonly entries?: true;
  /** Whether keys and values may be patterns, of those that exist. */
  readonly patterns?: true;
  /** Whether its lines count only where a line means nothing else, as aliases do. */
  readonly yields: boolean;
}

const ONE_POINT = {
  keys: 'required',
  leaves: true,
  values: 'optional',
  chains: false,
  yields: false,
} as const;

export const TREE_VERBS = {
  set: { ...ONE_POINT, needs: 'modify', values: 'required', chains: true },
  delete: { ...ONE_POINT, needs: 'modify', keys: 'optional' },
  mark: { ...ONE_POINT, needs: 'modify' },
  point: { ...ONE_POINT, needs: 'modify', values: 'none' },
  entry: { ...ONE_POINT, needs: 'modify', leaves: false, values: 'none', entries: true },
  match: { ...ONE_POINT, needs: 'modify', values: 'required', entries: true, patterns: true },
  place: { ...ONE_POINT, needs: 'modify', values: 'required', entries: true },
  edit: { ...ONE_POINT, needs: 'view', leaves: false, values: 'none' },
  enter: { ...ONE_POINT, needs: 'modify', values: 'required', yields: true },
  show: { ...ONE_POINT, needs: 'view', keys: 'optional', values: 'none' },
} as const satisfies Record<string, TreeVerb>;

/** What `{name:verb}` may say: a walk, or `command` for the other tree's own commands, as `run` has them. */
export type TreeVerbName = keyof typeof TREE_VERBS | 'command';

export const TREE_VERB_NAMES: readonly TreeVerbName[] = [
  ...(Object.keys(TREE_VERBS) as (keyof typeof TREE_VERBS)[]),
  'command',
];

/** Copies, renames and reorders entries of lists. */
import type { Statement } from '../grammar/match.ts';
import type { GrammarNode } from '../grammar/node.ts';
import { isSealed } from '../grammar/secret.ts';
import type { Scalar } from '../grammar/value-types.ts';
import { EditError } from './edit-error.ts';
import { setValues } from './marks.ts';
import type { Secrets } from './secrets.ts';
import {
  deleteAt,
  getAt,
  isTree,
  isValues,
  schemaAlong,
  setAt,
  TreeBuilder,
  treeOf,
  type ConfigTree,
  type ConfigValue,
  type Path,
} from './tree.ts';

/** Two entries of one list. */
interface Pair {
  readonly node: GrammarNode;
  readonly list: Path;
  readonly from: string;
  readonly to: string;
}

/** The entry again, under another key, behind the others. Throws EditError. */
export function copyEntry(schema: GrammarNode, tree: ConfigTree, { pair, secrets }: Move): ConfigTree {
  const { node, list, from, to } = newPair(schema, tree, pair);
  const entry = getAt(tree, [...list, from])!;
  return setAt(
    tree,
    [...list, to],
    resealed(node, entry, { from: [...list, from], to: [...list, to], secrets }),
  );
}

/** The entry under another key, where it stood. Throws EditError. */
export function renameEntry(schema: GrammarNode, tree: ConfigTree, move: Move): ConfigTree {
  const { list, from, to } = newPair(schema, tree, move.pair);
  const keys = [...treeOf(getAt(tree, list)).keys()].map((key) => (key === from ? to : key));
  return inOrder(deleteAt(copyEntry(schema, tree, move), [...list, from]), list, keys);
}

/** The entry, or one of several values, before or behind another. Throws EditError. */
export function insertEntry(
  schema: GrammarNode,
  tree: ConfigTree,
  { pair, side }: { readonly pair: StatementPair; readonly side: Side },
): ConfigTree {
  const [{ path, value: from }, { value: to }] = pair;
  if (from === undefined || to === undefined) {
    const entries = pairOf(schema, pair);
    const keys = [...treeOf(getAt(tree, entries.list)).keys()];
    return inOrder(tree, entries.list, moved(keys, { ...entries, side }));
  }
  const present = getAt(tree, path);
  const builder = new TreeBuilder(tree);
  setValues(builder, path, moved(isValues(present) ? present : [], { list: path, from, to, side }));
  return builder.tree;
}

type Side = 'before' | 'after';

function moved<T extends Scalar>(
  order: readonly T[],
  { list, from, to, side }: Record<'from' | 'to', T> & { readonly list: Path; readonly side: Side },
): readonly T[] {
  for (const each of [from, to])
    if (!order.includes(each)) throw new EditError('not-found', [...list, String(each)]);
  if (from === to) throw new EditError('beside-itself', [...list, String(from)]);
  const others = order.filter((each) => each !== from);
  const place = others.indexOf(to) + (side === 'after' ? 1 : 0);
  return others.toSpliced(place, 0, from);
}

/** The entry that is meant, and the one that it is to be, or to stand beside. */
export type StatementPair = readonly [Statement, Statement];

export interface Move {
  readonly pair: StatementPair;
  readonly secrets: Secrets;
}

function newPair(schema: GrammarNode, tree: ConfigTree, statements: StatementPair): Pair {
  const pair = pairOf(schema, statements);
  const { list, from, to } = pair;
  if (getAt(tree, [...list, from]) === undefined) throw new EditError('not-found', [...list, from]);
  if (getAt(tree, [...list, to]) !== undefined) throw new EditError('exists', [...list, to]);
  return pair;
}

function pairOf(schema: GrammarNode, [one, other]: StatementPair): Pair {
  for (const { alias } of [one, other]) {
    if (alias && alias.parts.length > 1) throw new EditError('several-statements', alias.spelling);
  }
  const list = one.path.slice(0, -1);
  if (list.join('\n') !== other.path.slice(0, -1).join('\n')) throw new EditError('not-one-list', other.path);
  return {
    node: schemaAlong(schema, one.path).at(-1)!,
    list,
    from: one.path.at(-1)!,
    to: other.path.at(-1)!,
  };
}

/** Where something stood, and where it is to stand. */
interface Way {
  readonly from: Path;
  readonly to: Path;
  readonly secrets: Secrets;
}

/** What stands at a line of the schema, with its secrets sealed for another path. Throws EditError. */
export function resealed(node: GrammarNode, value: ConfigValue, { from, to, secrets }: Way): ConfigValue {
  if (!isTree(value)) {
    if (!isSealed(node)) return value;
    const secret = secrets.open(from, String(value));
    if (secret === undefined) throw new EditError('foreign-secret', from);
    return secrets.seal(to, secret);
  }
  const kept = new Map(value);
  for (const child of node.children) {
    const below = child.aliasOf ? undefined : value.get(child.name);
    if (below === undefined) continue;
    const way = { from: [...from, child.name], to: [...to, child.name], secrets };
    kept.set(
      child.name,
      child.value?.arity === 'key' ? resealedList(child, below, way) : resealed(child, below, way),
    );
  }
  return kept;
}

function resealedList(node: GrammarNode, list: ConfigValue, { from, to, secrets }: Way): ConfigValue {
  return new Map(
    [...treeOf(list)].map(([key, entry]) => [
      key,
      resealed(node, entry, { from: [...from, key], to: [...to, key], secrets }),
    ]),
  );
}

/** The entries of a list in the order of `keys`; those that are none of them stay behind. */
export function inOrder(tree: ConfigTree, path: Path, keys: readonly string[]): ConfigTree {
  const list = treeOf(getAt(tree, path));
  const ordered = new Map<string, ConfigValue>();
  for (const key of [...keys, ...list.keys()]) {
    const entry = list.get(key);
    if (entry !== undefined) ordered.set(key, entry);
  }
  return list.size === 0 ? tree : setAt(tree, path, ordered);
}

/** Brings together what two have made of one tree. */
import { childNamed, type GrammarNode } from '../grammar/node.ts';
import type { Scalar } from '../grammar/value-types.ts';
import { marksOf, setMarks } from './marks.ts';
import {
  EMPTY_TREE,
  equal,
  isTree,
  isValues,
  MARK,
  prune,
  TreeBuilder,
  treeOf,
  type ConfigTree,
  type ConfigValue,
  type Path,
} from './tree.ts';

export interface Merged {
  /** What both made; where they differ, as `mine` has it. */
  readonly tree: ConfigTree;
  /** Statements that both have changed, and not to the same. */
  readonly conflicts: readonly Path[];
}

type Value = ConfigValue | undefined;

/** What has become of something. */
interface Versions<T = Value> {
  readonly base: T;
  readonly mine: T;
  readonly theirs: T;
}

/** Everything that `mine` and `theirs` have changed since `base`. */
export function merge(schema: GrammarNode, base: ConfigTree, mine: ConfigTree, theirs: ConfigTree): Merged {
  if (theirs === base || theirs === mine) return { tree: mine, conflicts: [] };
  if (mine === base) return { tree: theirs, conflicts: [] };
  const conflicts: Path[] = [];
  const tree = mergeContainers(schema, { base, mine, theirs }, [], conflicts);
  return { tree: prune(schema, tree), conflicts };
}

/** Where not both have changed it to something of their own, it is settled what it is. */
function settled(
  { base, mine, theirs }: Versions,
  alike: (a: Value, b: Value) => boolean,
): { readonly value: Value } | undefined {
  if (alike(base, theirs) || alike(mine, theirs)) return { value: mine };
  return alike(base, mine) ? { value: theirs } : undefined;
}

function mergeContainers(
  node: GrammarNode,
  { base, mine, theirs }: Versions,
  path: Path,
  conflicts: Path[],
): ConfigTree {
  const [before, one, other] = [treeOf(base), treeOf(mine), treeOf(theirs)];
  const merged = new TreeBuilder(EMPTY_TREE);
  for (const word of new Set([...other.keys(), ...one.keys()])) {
    const versions = { base: before.get(word), mine: one.get(word), theirs: other.get(word) };
    const child = childNamed(node, word);
    const alike = (a: Value, b: Value): boolean => (child ? alikeStatements(child, a, b) : equal(a, b));
    const value = (settled(versions, alike) ?? mergeOne(child, versions, [...path, word], conflicts)).value;
    if (value !== undefined) merged.set([word], value);
  }
  return withFittingMarks(merged.tree);
}

function mergeOne(
  child: GrammarNode | undefined,
  versions: Versions,
  path: Path,
  conflicts: Path[],
): { readonly value: Value } {
  // Of marks, nobody's are worth a conflict: mine stand.
  return { value: child ? mergeStatements(child, versions, path, conflicts) : versions.mine };
}

function mergeStatements(node: GrammarNode, versions: Versions, path: Path, conflicts: Path[]): Value {
  const { base, mine, theirs } = versions;
  if (node.value?.arity === 'key')
    return mergeLists(
      node,
      { base: treeOf(base), mine: treeOf(mine), theirs: treeOf(theirs) },
      path,
      conflicts,
    );
  if (isValues(mine) && isValues(theirs)) return mergeValues(isValues(base) ? base : [], mine, theirs);
  // A container that means nothing by itself is there as far as something is in it.
  const isWay = (isTree(mine) || isTree(theirs)) && !node.presence;
  return isWay
    ? mergeContainers(node, versions, path, conflicts)
    : mergeWhole(node, versions, path, conflicts);
}

/** What one has taken away and the other has changed is in conflict as a whole. */
function mergeWhole(node: GrammarNode, versions: Versions, path: Path, conflicts: Path[]): Value {
  const { mine, theirs } = versions;
  if (isTree(mine) && isTree(theirs)) return mergeContainers(node, versions, path, conflicts);
  conflicts.push(path);
  return mine;
}

/** In the order of whoever has changed it; new entries of mine come last. */
function mergeLists(
  node: GrammarNode,
  { base, mine, theirs }: Versions<ConfigTree>,
  path: Path,
  conflicts: Path[],
): ConfigTree {
  const mineLeads = isReordered(base, mine) && !isReordered(base, theirs);
  const keys = mineLeads ? [...mine.keys(), ...theirs.keys()] : [...theirs.keys(), ...mine.keys()];
  const alike = (a: Value, b: Value): boolean => alikeEntries(node, a, b);
  const merged = new Map<string, ConfigValue>();
  for (const key of new Set(keys)) {
    const versions = { base: base.get(key), mine: mine.get(key), theirs: theirs.get(key) };
    const known = settled(versions, alike);
    const value = known ? known.value : mergeWhole(node, versions, [...path, key], conflicts);
    if (value !== undefined) merged.set(key, value);
  }
  return merged;
}

/** Whether entries that were there before stand in another order. */
function isReordered(before: ConfigTree, after: ConfigTree): boolean {
  const kept = [...before.keys()].filter((key) => after.has(key));
  const keys = [...after.keys()].filter((key) => before.has(key));
  return kept.some((key, index) => key !== keys[index]);
}

/** Of a leaf that has several: those that neither has taken away, and those that either has added. */
function mergeValues(base: readonly Scalar[], mine: readonly Scalar[], theirs: readonly Scalar[]): Value {
  const [before, one, other] = [new Set(base), new Set(mine), new Set(theirs)];
  const kept = theirs.filter((value) => one.has(value) || !before.has(value));
  const merged = [...kept, ...mine.filter((value) => !other.has(value) && !before.has(value))];
  return merged.length > 0 ? merged : undefined;
}

/** Marks of leaves that are gone go with them, and those of single values with the values. */
function withFittingMarks(tree: ConfigTree): ConfigTree {
  const builder = new TreeBuilder(tree);
  for (const word of tree.keys()) {
    const leaf = word.startsWith(MARK) ? word.slice(MARK.length) : '';
    if (leaf === '') continue;
    if (tree.has(leaf)) setMarks(builder, [leaf], marksOf(tree, leaf));
    else builder.delete([word]);
  }
  return builder.tree;
}

/** Whether two versions of a statement say and show the same: the order of entries counts, that of statements does not. */
function alikeStatements(node: GrammarNode, a: Value, b: Value): boolean {
  if (a === b) return true;
  if (!isTree(a) || !isTree(b)) return equal(a, b);
  if (node.value?.arity !== 'key') return alikeEntries(node, a, b);
  const keys = [...b.keys()];
  return (
    a.size === b.size &&
    [...a].every(([key, entry], index) => keys[index] === key && alikeEntries(node, entry, b.get(key)))
  );
}

function alikeEntries(node: GrammarNode, a: Value, b: Value): boolean {
  if (a === b) return true;
  if (!isTree(a) || !isTree(b)) return equal(a, b);
  return (
    a.size === b.size &&
    [...a].every(([word, value]) => {
      const child = childNamed(node, word);
      const other = b.get(word);
      return child ? alikeStatements(child, value, other) : equal(value, other);
    })
  );
}

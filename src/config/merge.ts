/** Brings together what two have made of one tree. */
import { childNamed, isLeaf, type GrammarNode } from '../grammar/node.ts';
import type { Scalar } from '../grammar/value-types.ts';
import { keptMarks, marksOf, sameMarks, setMarks, UNMARKED, type Marks } from './marks.ts';
import {
  EMPTY_TREE,
  equal,
  isBare,
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
  /** What both have changed, and not to the same: statements, what marks them, the order in lists. */
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
  const named = new Map(conflicts.map((path) => [path.join('\n'), path]));
  return { tree: prune(schema, tree), conflicts: [...named.values()] };
}

/** Where not both have changed it to something of their own, it is settled what it is. */
function settled<T>(
  { base, mine, theirs }: Versions<T>,
  alike: (a: T, b: T) => boolean,
): { readonly value: T } | undefined {
  if (alike(base, theirs) || alike(mine, theirs)) return { value: mine };
  return alike(base, mine) ? { value: theirs } : undefined;
}

function mergeContainers(
  node: GrammarNode,
  { base, mine, theirs }: Versions,
  path: Path,
  conflicts: Path[],
): ConfigTree {
  const trees = { base: treeOf(base), mine: treeOf(mine), theirs: treeOf(theirs) };
  const merged = new TreeBuilder(EMPTY_TREE);
  for (const word of new Set([...trees.theirs.keys(), ...trees.mine.keys()])) {
    const versions = ofEach(trees, (tree) => tree.get(word));
    const child = childNamed(node, word);
    if (child && isLeaf(child)) {
      const leaf = mergeLeaves(child, trees, [...path, word], conflicts);
      if (leaf.value === undefined) continue;
      merged.set([word], leaf.value);
      setMarks(merged, [word], leaf.marks);
    } else if (child) {
      const alike = (a: Value, b: Value): boolean => alikeStatements(child, a, b);
      const known = settled(versions, alike);
      const value = known ? known.value : mergeStatements(child, versions, [...path, word], conflicts);
      if (value !== undefined) merged.set([word], value);
    }
  }
  // Marks that went with all that was in it are nobody's change.
  const before = marksOf(trees.base);
  const marked = ofEach({ base, mine, theirs }, (value) => (isTree(value) ? marksOf(value) : before));
  const marks = keptMarks(mergeMarks(marked, path, conflicts));
  if (marks) merged.set([MARK], marks);
  return merged.tree;
}

function ofEach<T, U>({ base, mine, theirs }: Versions<T>, of: (version: T) => U): Versions<U> {
  return { base: of(base), mine: of(mine), theirs: of(theirs) };
}

function mergeStatements(node: GrammarNode, versions: Versions, path: Path, conflicts: Path[]): Value {
  if (node.value?.arity === 'key') {
    const list = mergeLists(node, ofEach(versions, treeOf), path, conflicts);
    return list.size > 0 ? list : undefined;
  }
  return node.presence
    ? mergeWhole(node, versions, path, conflicts)
    : mergeWay(node, versions, path, conflicts);
}

/** A container that means nothing by itself is there as far as something is in it. */
function mergeWay(node: GrammarNode, versions: Versions, path: Path, conflicts: Path[]): Value {
  const merged = mergeContainers(node, versions, path, conflicts);
  if (!isBare(merged)) return merged;
  const marks = marksOf(merged);
  if (sameMarks(marks, UNMARKED) || sameMarks(marks, marksOf(treeOf(versions.base)))) return undefined;
  conflicts.push(path);
  return versions.mine;
}

/** A leaf as it is, with what marks it. */
interface Leaf<T = Value> {
  readonly value: T;
  readonly marks: Marks;
}

/** A leaf goes and comes with its marks; where it stays, its value and each of its marks may be changed by another. */
function mergeLeaves(
  { name }: GrammarNode,
  trees: Versions<ConfigTree>,
  path: Path,
  conflicts: Path[],
): Leaf {
  const leaves = ofEach(trees, (tree): Leaf => ({ value: tree.get(name), marks: marksOf(tree, name) }));
  const known = settled(leaves, alikeLeaves);
  if (known) return known.value;
  const { base, mine, theirs } = leaves;
  if (mine.value === undefined || theirs.value === undefined) {
    conflicts.push(path);
    return mine;
  }
  const marks = mergeMarks(
    ofEach(leaves, (leaf) => leaf.marks),
    path,
    conflicts,
  );
  if (isValues(mine.value) && isValues(theirs.value))
    return mergeValues(ofEach(leaves, valuesOf), marks, path, conflicts);
  const value = settled(
    ofEach(leaves, (leaf) => leaf.value),
    equal,
  );
  const isMadeTwice = base.value === undefined && mine.marks.inactive !== theirs.marks.inactive;
  if (!value || isMadeTwice) conflicts.push(path);
  return {
    value: value ? value.value : mine.value,
    marks: isMadeTwice ? { ...marks, inactive: mine.marks.inactive } : marks,
  };
}

function alikeLeaves(a: Leaf, b: Leaf): boolean {
  return equal(a.value, b.value) && sameMarks(a.marks, b.marks);
}

function valuesOf({ value, marks }: Leaf): Leaf<readonly Scalar[]> {
  return { value: isValues(value) ? value : [], marks };
}

/** What is said beside values: of each that it is inactive, and one comment. */
function mergeMarks({ base, mine, theirs }: Versions<Marks>, path: Path, conflicts: Path[]): Marks {
  const inactive = settled({ base: base.inactive, mine: mine.inactive, theirs: theirs.inactive }, Object.is)!;
  const comment = settled({ base: base.comment, mine: mine.comment, theirs: theirs.comment }, Object.is);
  if (!comment) conflicts.push(path);
  return { inactive: inactive.value, comment: comment ? comment.value : mine.comment, inactiveValues: [] };
}

/** Of a leaf that has several: each value is there or not, and active or not, as whoever changed that has it. */
function mergeValues(
  leaves: Versions<Leaf<readonly Scalar[]>>,
  marks: Marks,
  path: Path,
  conflicts: Path[],
): Leaf {
  const states = ofEach(leaves, ({ value, marks: { inactiveValues } }) => {
    const inactive = new Set(inactiveValues);
    return new Map(value.map((one) => [one, inactive.has(one) ? 'inactive' : 'active'] as const));
  });
  const merged = new Map<Scalar, 'active' | 'inactive'>();
  for (const value of new Set([...leaves.theirs.value, ...leaves.mine.value])) {
    const versions = ofEach(states, (state) => state.get(value));
    const known = settled(versions, Object.is);
    if (!known) conflicts.push(path);
    const state = known ? known.value : versions.mine;
    if (state !== undefined) merged.set(value, state);
  }
  const { order, clashes } = mergeOrder(
    ofEach(leaves, ({ value }) => value),
    merged,
  );
  if (clashes) conflicts.push(path);
  const inactiveValues = order.filter((value) => merged.get(value) === 'inactive');
  return { value: order.length > 0 ? order : undefined, marks: { ...marks, inactiveValues } };
}

/** What one has taken away and the other has changed is in conflict as a whole. */
function mergeWhole(node: GrammarNode, versions: Versions, path: Path, conflicts: Path[]): Value {
  const { mine, theirs } = versions;
  if (isTree(mine) && isTree(theirs)) return mergeContainers(node, versions, path, conflicts);
  conflicts.push(path);
  return mine;
}

function mergeLists(
  node: GrammarNode,
  lists: Versions<ConfigTree>,
  path: Path,
  conflicts: Path[],
): ConfigTree {
  const alike = (a: Value, b: Value): boolean => alikeEntries(node, a, b);
  const merged = new Map<string, ConfigValue>();
  for (const key of new Set([...lists.theirs.keys(), ...lists.mine.keys()])) {
    const versions = ofEach(lists, (list) => list.get(key));
    const known = settled(versions, alike);
    const value = known ? known.value : mergeWhole(node, versions, [...path, key], conflicts);
    if (value !== undefined) merged.set(key, value);
  }
  const { order, clashes } = mergeOrder(
    ofEach(lists, (list) => [...list.keys()]),
    merged,
  );
  if (clashes) conflicts.push(path);
  return new Map(order.map((key) => [key, merged.get(key)!]));
}

/**
 * What is kept, in the order of whoever has changed it, and what is new before what it was put before; new ones of mine
 * at the end come last. `clashes`: both have changed the order, and it is mine.
 */
function mergeOrder<T>(
  { base, mine, theirs }: Versions<readonly T[]>,
  kept: ReadonlyMap<T, unknown>,
): { readonly order: readonly T[]; readonly clashes: boolean } {
  const [before, one, other] = [new Set(base), new Set(mine), new Set(theirs)];
  const inAll = base.filter((each) => one.has(each) && other.has(each));
  const [inMine, inTheirs] = [mine.filter((each) => other.has(each)), theirs.filter((each) => one.has(each))];
  const isReordered = (order: readonly T[]): boolean =>
    !equalOrder(
      inAll,
      order.filter((each) => before.has(each)),
    );
  const [byMe, byThem] = [isReordered(inMine), isReordered(inTheirs)];
  const isOfOne = byMe !== byThem && inMine.length === inAll.length;
  const clashes = !equalOrder(inMine, inTheirs) && !isOfOne;
  if (clashes) return { order: joined(joined([], mine, kept), theirs, kept), clashes };
  const known = (byMe ? mine : theirs).filter((each) => before.has(each) && kept.has(each));
  return { order: joined(joined(known, theirs, kept), mine, kept), clashes };
}

function equalOrder<T>(a: readonly T[], b: readonly T[]): boolean {
  return a.length === b.length && a.every((each, index) => each === b[index]);
}

/** With those of `others` that are kept, each before the next that was there. */
function joined<T>(order: readonly T[], others: readonly T[], kept: ReadonlyMap<T, unknown>): readonly T[] {
  const present = new Set(order);
  const inFront = new Map<T, readonly T[]>();
  let run: T[] = [];
  for (const each of others) {
    if (present.has(each)) {
      inFront.set(each, run);
      run = [];
    } else if (kept.has(each)) run.push(each);
  }
  return [...order.flatMap((each) => [...(inFront.get(each) ?? []), each]), ...run];
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

/** What changed between two trees, in Junos' form: a hierarchy banner, then lines with +, - and !. */
import type { GrammarNode } from '../grammar/node.ts';
import { quoteWord } from '../grammar/tokens.ts';
import { commentText, isInactive, marksOf, sameMarks, UNMARKED, type Marks } from './marks.ts';
import { ACTIVE, entryLines, INACTIVE, standsTogether, statementLines, summaryLine } from './text.ts';
import { equal, isTree, treeOf, type ConfigTree, type ConfigValue, type Path } from './tree.ts';

/** Something that is not the same in both. */
export interface Change {
  /**
   * `statement`: it is new, gone or another; `marks`: it is marked otherwise, whatever else changed in it; `order`: the
   * entries of a list stand in another order, the others being made.
   */
  readonly kind: 'statement' | 'marks' | 'order';
  /** The container it stands in. */
  readonly parent: Path;
  readonly path: Path;
  readonly node: GrammarNode;
  /** The key, when it is a whole list entry. */
  readonly key: string | undefined;
  readonly before: ConfigValue | undefined;
  readonly after: ConfigValue | undefined;
  readonly marksBefore: Marks;
  readonly marksAfter: Marks;
}

/** Where something stands that may have changed. */
type Place = Pick<Change, 'parent' | 'path' | 'node' | 'key'>;

/**
 * The smallest statements that differ: a container that is new or gone is one change, one that differs is
 * looked into. Made in their order they give `after`.
 */
export function* changes(
  schema: GrammarNode,
  before: ConfigTree,
  after: ConfigTree,
  parent: Path = [],
): IterableIterator<Change> {
  for (const node of schema.children) {
    if (node.aliasOf) continue;
    const was = before.get(node.name);
    const is = after.get(node.name);
    const place = { parent, path: [...parent, node.name], node, key: undefined };
    if (node.value?.arity === 'key') yield* listChanges(place, was, is);
    else if (isTree(was) && isTree(is)) yield* changesWithin(place, was, is);
    else yield* leafChanges(place, { was, is, before, after });
  }
}

/** Of a leaf, or of a container that is new or gone. */
function* leafChanges(
  place: Place,
  {
    was,
    is,
    before,
    after,
  }: Record<'was' | 'is', ConfigValue | undefined> & Record<'before' | 'after', ConfigTree>,
): IterableIterator<Change> {
  const marksBefore = marksOf(before, place.node.name);
  const marksAfter = marksOf(after, place.node.name);
  const isSame = equal(was, is);
  if (isSame && sameMarks(marksBefore, marksAfter)) return;
  yield { ...place, kind: isSame ? 'marks' : 'statement', before: was, after: is, marksBefore, marksAfter };
}

/** Of a container or an entry that is there before and after. */
function* changesWithin(place: Place, was: ConfigTree, is: ConfigTree): IterableIterator<Change> {
  if (was === is) return;
  const [marksBefore, marksAfter] = [marksOf(was), marksOf(is)];
  if (!sameMarks(marksBefore, marksAfter))
    yield { ...place, kind: 'marks', before: was, after: is, marksBefore, marksAfter };
  yield* changes(place.node, was, is, place.path);
}

function* listChanges(
  list: Place,
  was: ConfigValue | undefined,
  is: ConfigValue | undefined,
): IterableIterator<Change> {
  if (was === is) return;
  const { node, parent, path } = list;
  const unmarked = { marksBefore: UNMARKED, marksAfter: UNMARKED };
  if (standsTogether(node) && (was === undefined || is === undefined)) {
    yield { ...list, kind: 'statement', before: was, after: is, ...unmarked };
    return;
  }
  const [before, after] = [treeOf(was), treeOf(is)];
  for (const key of new Set([...before.keys(), ...after.keys()])) {
    const [one, other] = [before.get(key), after.get(key)];
    const entry = { parent: standsTogether(node) ? path : parent, path: [...path, key], node, key };
    if (isTree(one) && isTree(other)) yield* changesWithin(entry, one, other);
    else yield { ...entry, kind: 'statement', before: one, after: other, ...unmarked };
  }
  const keys = [...after.keys()];
  if (keysMade(before, after).some((key, index) => key !== keys[index]))
    yield {
      ...list,
      parent: standsTogether(node) ? path : parent,
      kind: 'order',
      before: was,
      after: is,
      ...unmarked,
    };
}

/** The keys as they stand once the entries are made that are new, and nothing else. */
function keysMade(before: ConfigTree, after: ConfigTree): readonly string[] {
  const kept = [...before.keys()].filter((key) => after.has(key));
  return [...kept, ...[...after.keys()].filter((key) => !before.has(key))];
}

/** Whether both say the same, and show the same: the order of entries counts. */
export function same(schema: GrammarNode, a: ConfigTree, b: ConfigTree): boolean {
  return changes(schema, a, b).next().done === true;
}

/** The lines of `show | compare`. */
export function* compareLines(
  schema: GrammarNode,
  before: ConfigTree,
  after: ConfigTree,
): IterableIterator<string> {
  let banner: string | undefined;
  for (const change of changes(schema, before, after)) {
    const here = `[${['edit', ...change.parent.map(quoteWord)].join(' ')}]`;
    if (here !== banner) yield here;
    banner = here;
    for (const [sign, line] of changeLines(change)) yield `${sign}   ${line}`;
  }
}

type SignedLine = readonly [sign: '-' | '+' | '!' | ' ', line: string];

function* changeLines(change: Change): IterableIterator<SignedLine> {
  const { kind, before, after, marksBefore, marksAfter } = change;
  if (kind === 'order') yield* orderLines(change);
  else if (kind === 'marks' && changesAsAWhole(change)) yield* markLines(change);
  else {
    for (const line of wholeLines(change, before, marksBefore)) yield ['-', line];
    for (const line of wholeLines(change, after, marksAfter)) yield ['+', line];
  }
}

/** Of a leaf that has several values, whether no one of them is marked otherwise than the rest. */
function changesAsAWhole({ before, after, marksBefore, marksAfter }: Change): boolean {
  const isWhole = (marks: Marks, value: ConfigValue) =>
    marks.inactiveValues.length === 0 || isInactive(marks, value);
  return isWhole(marksBefore, before!) && isWhole(marksAfter, after!);
}

function wholeLines({ node, key }: Change, value: ConfigValue | undefined, marks: Marks): Iterable<string> {
  if (value === undefined) return [];
  return key === undefined ? statementLines(node, value, { marks }) : entryLines(node, key, value);
}

/** Comments that are gone and new, and the statement that they are of: whether it is active now. */
function* markLines({ node, key, before, after, ...marks }: Change): IterableIterator<SignedLine> {
  const { marksBefore, marksAfter } = marks;
  const summary = summaryLine({ node, key, value: after! }, marksAfter);
  const { comment } = marksAfter;
  const inactive = isInactive(marksAfter, after!);
  if (marksBefore.comment !== comment) {
    if (marksBefore.comment !== undefined) yield ['-', commentText(marksBefore.comment)];
    if (comment !== undefined) yield ['+', commentText(comment)];
  }
  if (isInactive(marksBefore, before!) === inactive)
    yield [' ', inactive ? `${INACTIVE} ${summary}` : summary];
  else yield ['!', `${inactive ? INACTIVE : ACTIVE} ${summary}`];
}

/** Each entry that was moved, below the one that it stands behind now. */
function* orderLines({ node, before, after }: Change): IterableIterator<SignedLine> {
  const [was, is] = [treeOf(before), treeOf(after)];
  const keys = [...is.keys()];
  const lineOf = (key: string) => summaryLine({ node, key, value: is.get(key)! }, UNMARKED);
  const moved = movedKeys(keysMade(was, is), keys);
  let last: string | undefined;
  for (const [index, key] of keys.entries()) {
    if (!moved.has(key)) continue;
    const neighbour = keys[index - 1];
    if (neighbour !== undefined && neighbour !== last) yield [' ', lineOf(neighbour)];
    yield ['!', lineOf(key)];
    if (neighbour === undefined && keys.length > 1 && !moved.has(keys[1]!)) yield [' ', lineOf(keys[1]!)];
    last = key;
  }
}

/** The fewest keys that can have been moved: all but the longest run of those that kept their order. */
function movedKeys(before: readonly string[], after: readonly string[]): ReadonlySet<string> {
  const places = new Map(before.map((key, index) => [key, index]));
  const ends: { readonly place: number; readonly key: string; readonly previous: unknown }[] = [];
  for (const key of after) {
    const place = places.get(key)!;
    let [low, high] = [0, ends.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (ends[middle]!.place < place) low = middle + 1;
      else high = middle;
    }
    ends[low] = { place, key, previous: ends[low - 1] };
  }
  const moved = new Set(after);
  for (let end = ends.at(-1); end; end = end.previous as typeof end) moved.delete(end.key);
  return moved;
}

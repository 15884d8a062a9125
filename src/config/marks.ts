/** What may be said of a statement beside what it says: that it is inactive, and a comment. */
import { childNamed, isLeaf, type GrammarNode } from '../grammar/node.ts';
import { valueType, type Scalar } from '../grammar/value-types.ts';
import {
  equal,
  getAt,
  isTree,
  isValues,
  MARK,
  TreeBuilder,
  treeOf,
  type ConfigTree,
  type ConfigValue,
  type Path,
} from './tree.ts';

/** What marks a container, an entry of a list, or a leaf. */
export interface Marks {
  /**
   * It is shown and kept, but not in force, and neither is anything below it. Of a leaf that has several values each is
   * inactive or not, and this is never so.
   */
  readonly inactive: boolean;
  /** Without the signs around it. */
  readonly comment: string | undefined;
  /** Of a leaf that has several values: those that are inactive. */
  readonly inactiveValues: readonly Scalar[];
  /** Where what is inherited is shown: the group that it comes from. */
  readonly group?: string | undefined;
}

/** What is to become of marks; what is not said stays. */
export interface MarkChange {
  readonly inactive?: boolean;
  /** An empty one takes the comment away. */
  readonly comment?: string;
}

export const UNMARKED: Marks = { inactive: false, comment: undefined, inactiveValues: [] };

/** Marks as they stand in a tree, and in the archive, statement by statement. */
const INACTIVE = 'inactive';
const COMMENT = 'comment';
const INACTIVE_VALUES = 'inactive-values';

/** Never stored: what is inherited is no part of a configuration. */
const GROUP = 'group';

/** The marks of a container or an entry, or of its leaf of that name. */
export function marksOf(container: ConfigTree, leaf = ''): Marks {
  const kept = container.get(MARK + leaf);
  if (!isTree(kept)) return UNMARKED;
  const comment = kept.get(COMMENT);
  const inactiveValues = kept.get(INACTIVE_VALUES);
  const group = kept.get(GROUP);
  return {
    ...(typeof group === 'string' && { group }),
    inactive: kept.has(INACTIVE),
    comment: typeof comment === 'string' ? comment : undefined,
    inactiveValues: isValues(inactiveValues) ? inactiveValues : [],
  };
}

/** A tree, or one under many changes, as it is read. */
type Readable = ConfigTree | TreeBuilder;

function read(tree: Readable, path: Path): ConfigValue | undefined {
  return tree instanceof TreeBuilder ? tree.get(path) : getAt(tree, path);
}

/** The marks of what stands at a path. */
export function marksAt(tree: Readable, path: Path): Marks {
  const value = read(tree, path);
  if (isTree(value)) return marksOf(value);
  const word = path.at(-1);
  return word === undefined ? UNMARKED : marksOf(treeOf(read(tree, path.slice(0, -1))), word);
}

/** The tree with these marks, and no others, on what stands at the path. */
export function withMarks(tree: ConfigTree, path: Path, marks: Marks): ConfigTree {
  const builder = new TreeBuilder(tree);
  setMarks(builder, path, marks);
  return builder.tree;
}

/** The same, in a tree under many changes. */
export function setMarks(tree: TreeBuilder, path: Path, marks: Marks): void {
  const value = tree.get(path);
  if (value === undefined || path.length === 0) return;
  const place = isTree(value) ? [...path, MARK] : [...path.slice(0, -1), MARK + path.at(-1)!];
  const present = isValues(value) ? value : [];
  const inactiveValues = present.filter((each) => marks.inactiveValues.includes(each));
  const kept = keptMarks({ ...marks, inactiveValues });
  if (kept) tree.set(place, kept);
  else tree.delete(place);
}

/** Marks as they stand in a tree; undefined where there are none. */
export function keptMarks({ inactive, comment, inactiveValues }: Marks): ConfigTree | undefined {
  const all: readonly (readonly [string, ConfigValue | undefined])[] = [
    [INACTIVE, inactive || undefined],
    [COMMENT, comment],
    [INACTIVE_VALUES, inactiveValues.length > 0 ? inactiveValues : undefined],
  ];
  const said = all.flatMap(([word, mark]) => (mark === undefined ? [] : [[word, mark] as const]));
  return said.length > 0 ? new Map(said) : undefined;
}

/** Puts `values` in place of those of a leaf that has several: marks of those that are gone go with them. */
export function setValues(tree: TreeBuilder, path: Path, values: readonly Scalar[]): void {
  const marks = marksAt(tree, path);
  tree.set(path, values);
  if (marks.inactiveValues.length > 0) setMarks(tree, path, marks);
}

/** A container or an entry as it is inherited from a group. */
export function withGroup(tree: ConfigTree, group: string): ConfigTree {
  return new Map(tree).set(MARK, new Map(treeOf(tree.get(MARK))).set(GROUP, group));
}

/** Notes in a container that is being made that its leaf is inherited from a group. */
export function noteGroup(container: Map<string, ConfigValue>, leaf: string, group: string): void {
  container.set(MARK + leaf, new Map([[GROUP, group]]));
}

/** What marks become by a change; `values`: of a leaf that has several, those that it is of. */
export function changedMarks(marks: Marks, change: MarkChange, values?: readonly Scalar[]): Marks {
  const comment = change.comment === undefined ? marks.comment : change.comment || undefined;
  const { inactive } = change;
  if (inactive === undefined) return { ...marks, comment };
  if (values === undefined) return { ...marks, comment, inactive };
  const others = marks.inactiveValues.filter((each) => !values.includes(each));
  return { ...marks, comment, inactiveValues: inactive ? [...others, ...values] : others };
}

/** Whether nothing of a leaf is in force. */
export function isInactive({ inactive, inactiveValues }: Marks, value: ConfigValue): boolean {
  return inactive || (isValues(value) && value.every((each) => inactiveValues.includes(each)));
}

export function sameMarks(a: Marks, b: Marks): boolean {
  return a.inactive === b.inactive && a.comment === b.comment && equal(a.inactiveValues, b.inactiveValues);
}

/** The tree without what is inactive, and without marks: what is in force. What has neither is given as it is. */
export function activeTree(schema: GrammarNode, tree: ConfigTree): ConfigTree {
  return withEach(tree, (value, word) => {
    const node = word.startsWith(MARK) ? undefined : childNamed(schema, word);
    return node && activeStatement(node, value, tree);
  });
}

/** The map with what `make` makes of its values, undefined: without them; the same one where that is no change. */
function withEach(
  tree: ConfigTree,
  make: (value: ConfigValue, word: string) => ConfigValue | undefined,
): ConfigTree {
  let changed: Map<string, ConfigValue> | undefined;
  for (const [word, value] of tree) {
    const made = make(value, word);
    if (made === value) continue;
    changed ??= new Map(tree);
    if (made === undefined) changed.delete(word);
    else changed.set(word, made);
  }
  return changed ?? tree;
}

function activeStatement(
  node: GrammarNode,
  value: ConfigValue,
  container: ConfigTree,
): ConfigValue | undefined {
  if (!isTree(value)) {
    const marks = marksOf(container, node.name);
    if (isInactive(marks, value)) return undefined;
    const { inactiveValues } = marks;
    if (!isValues(value) || inactiveValues.length === 0) return value;
    return value.filter((each) => !inactiveValues.includes(each));
  }
  const activePart = (part: ConfigTree): ConfigTree | undefined =>
    marksOf(part).inactive ? undefined : activeTree(node, part);
  return node.value?.arity === 'key'
    ? withEach(value, (entry) => activePart(treeOf(entry)))
    : activePart(value);
}

/** Why a text is no comment: it would end before its end. */
export function commentOf(text: string): string | undefined {
  const plain = text.startsWith('/*') && text.endsWith('*/') && text.length >= 4 ? text.slice(2, -2) : text;
  return plain.includes('*/') ? undefined : plain.trim();
}

const COMMENT_TYPE = valueType('text')!;

/** A line break, or what else acts on a terminal. */
// eslint-disable-next-line no-control-regex
const BREAKS = /\s*[\u0000-\u001f\u007f-\u009f\u2028\u2029]+\s*/g;

/** The comment that stands between its signs in a text, in one line; or why it cannot be one. */
export function commentIn(text: string): { readonly comment: string } | { readonly expected: string } {
  const comment = text.replace(BREAKS, ' ').trim();
  const parsed = comment === '' ? { value: comment } : COMMENT_TYPE.parse(comment);
  return 'value' in parsed ? { comment } : parsed;
}

/** As a person sees it. */
export function commentText(comment: string): string {
  return `/* ${comment} */`;
}

/**
 * The marks that stand under a word of a container in stored data; undefined where there can be none. `container`: the
 * statements beside them.
 */
export function marksFromData(
  node: GrammarNode,
  word: string,
  { data, container }: { readonly data: unknown; readonly container: Readonly<Record<string, unknown>> },
): ConfigTree | undefined {
  const leaf = word.slice(MARK.length);
  const marked = leaf === '' ? node : childNamed(node, leaf);
  if (!marked || (leaf !== '' && (!isLeaf(marked) || container[leaf] === undefined))) return undefined;
  if (typeof data !== 'object' || data === null || Array.isArray(data)) return undefined;
  const marks = Object.entries(data).map(([name, value]) => [name, value as unknown] as const);
  const isKnown = marks.every(([name, value]) => {
    if (name === INACTIVE) return value === true && marked.value?.arity !== 'many';
    if (name === COMMENT) return typeof value === 'string' && commentOf(value) === value && value !== '';
    return name === INACTIVE_VALUES && isPartOf(value, container[leaf]);
  });
  return isKnown && marks.length > 0 ? new Map(marks as [string, ConfigValue][]) : undefined;
}

function isPartOf(part: unknown, whole: unknown): boolean {
  return (
    Array.isArray(part) &&
    Array.isArray(whole) &&
    part.length > 0 &&
    part.every((each) => whole.includes(each))
  );
}

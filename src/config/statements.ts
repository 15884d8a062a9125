/** Applies what `set` and `delete` say to a value tree. */
import { RE2JS } from 're2js';
import type { Statement } from '../grammar/match.ts';
import { isLeaf, type GrammarNode } from '../grammar/node.ts';
import type { PartWord } from '../grammar/reading.ts';
import type { Scalar } from '../grammar/value-types.ts';
import { EditError } from './edit-error.ts';
import { changedMarks, marksAt, setMarks, setValues, type MarkChange } from './marks.ts';
import {
  EMPTY_TREE,
  getAt,
  isBare,
  isTree,
  isValues,
  schemaAlong,
  treeOf,
  TreeBuilder,
  type ConfigTree,
  type Path,
} from './tree.ts';

/** The tree with the statements added; a leaf with several values gains one each time. Throws EditError. */
export function setStatements(
  schema: GrammarNode,
  tree: ConfigTree,
  statements: readonly Statement[],
): ConfigTree {
  const builder = new TreeBuilder(tree);
  for (const statement of statements) addStatement(schema, builder, statement);
  return builder.tree;
}

/** The same, to a tree under many changes. */
export function addStatement(schema: GrammarNode, tree: TreeBuilder, statement: Statement): void {
  const { alias } = statement;
  if (alias?.takesAway) takeValue(schema, tree, statement);
  else add(schema, tree, statement);
  for (const other of alias?.beside ?? [])
    if (!other.unlessSet || tree.get(other.path) === undefined) add(schema, tree, other);
}

function add(schema: GrammarNode, tree: TreeBuilder, { path, value }: Statement): void {
  const node = schemaAlong(schema, path).at(-1)!;
  if (value === undefined) {
    if (tree.get(path) === undefined) tree.set(path, isLeaf(node) ? true : EMPTY_TREE);
  } else if (node.value?.arity === 'many') tree.add(path, value);
  else tree.set(path, value);
}

/** A leaf that has several values loses one of them; without any, all that there could be are taken. */
function takeValue(schema: GrammarNode, tree: TreeBuilder, { path, value }: Statement): void {
  const rest = valuesThatAreOrCouldBe(schema, tree, path).filter((other) => other !== value);
  if (rest.length === 0) throw new EditError('nothing-left', path);
  setValues(tree, path, rest);
}

function valuesThatAreOrCouldBe(schema: GrammarNode, tree: TreeBuilder, path: Path): readonly Scalar[] {
  const present = tree.get(path);
  return isValues(present) ? present : schemaAlong(schema, path).at(-1)!.value!.type.choices;
}

/** The tree without the statement and all below it, undefined when there is no such statement. */
export function deleteStatement(
  schema: GrammarNode,
  tree: ConfigTree,
  statement: Statement,
): ConfigTree | undefined {
  const builder = new TreeBuilder(tree);
  return removeStatement(schema, builder, statement) ? builder.tree : undefined;
}

/** The same, of a tree under many changes; false when there is no such statement. */
export function removeStatement(schema: GrammarNode, tree: TreeBuilder, statement: Statement): boolean {
  const { alias, path, value } = statement;
  if (alias?.takesAway && value !== undefined) return giveValueBack(schema, tree, { path, value });
  if (alias === undefined) return remove(schema, tree, statement);
  const said =
    value === undefined ? placesOf(tree, statement).map((each) => ({ path: each, value })) : [statement];
  const removed = said.filter((each) => remove(schema, tree, each));
  if (removed.length === 0) return false;
  for (const entry of alias.implied) removeEmpty(schema, tree, entry);
  return true;
}

function remove(schema: GrammarNode, tree: TreeBuilder, statement: Statement): boolean {
  if (!removeAlone(tree, statement)) return false;
  if (tree.get(statement.path) === undefined) tree.prune(schema, statement.path);
  return true;
}

/** Takes a statement away, in canonical words, and nothing else; false when there is no such statement. */
export function removeAlone(tree: TreeBuilder, { path, value }: Statement): boolean {
  const present = tree.get(path);
  if (present === undefined) return false;
  const rest = isValues(present) && value !== undefined ? present.filter((other) => other !== value) : [];
  if (value !== undefined && (isValues(present) ? rest.length === present.length : present !== value))
    return false;
  if (rest.length > 0) setValues(tree, path, rest);
  else tree.delete(path);
  return true;
}

/** Takes back that a value was taken away. */
function giveValueBack(
  schema: GrammarNode,
  tree: TreeBuilder,
  { path, value }: { readonly path: Path; readonly value: Scalar },
): boolean {
  const present = tree.get(path);
  if (!isValues(present) || present.includes(value)) return false;
  const { choices } = schemaAlong(schema, path).at(-1)!.value!.type;
  tree.set(
    path,
    choices.filter((choice) => choice === value || present.includes(choice)),
  );
  return true;
}

function removeEmpty(schema: GrammarNode, tree: TreeBuilder, entry: Path): void {
  const value = tree.get(entry);
  if (isTree(value) && isBare(value)) tree.deleteAndPrune(schema, entry);
}

/**
 * The tree with what the statement names marked, and all that it stands for in a dialect; undefined when there is no such
 * statement.
 */
export function withStatementMarked(
  tree: ConfigTree,
  statement: Statement,
  change: MarkChange,
): ConfigTree | undefined {
  const builder = new TreeBuilder(tree);
  return markStatement(builder, statement, change) ? builder.tree : undefined;
}

/** The same, in a tree under many changes; false when there is no such statement. */
export function markStatement(tree: TreeBuilder, statement: Statement, change: MarkChange): boolean {
  const { value, alias } = statement;
  if (alias?.takesAway) return false;
  const standing = placesOf(tree, statement).filter((path) => {
    const present = tree.get(path);
    if (value === undefined) return present !== undefined;
    return isValues(present) ? present.includes(value) : present === value;
  });
  for (const path of standing) {
    const present = tree.get(path);
    const values = isValues(present) ? (value === undefined ? present : [value]) : undefined;
    setMarks(tree, path, changedMarks(marksAt(tree, path), change, values));
  }
  return standing.length > 0;
}

/** The paths of all that a statement names. */
function placesOf(tree: Pick<TreeBuilder, 'get'>, { path, value, alias }: Statement): readonly Path[] {
  if (alias === undefined || value !== undefined) return [path];
  return alias.parts.flatMap((part) => pathsOf(tree, part));
}

/** What stands in a tree at some paths, and the longest path that all of it is below. */
export function treeOfParts(
  tree: ConfigTree,
  parts: readonly (readonly PartWord[])[],
): { readonly tree: ConfigTree; readonly path: Path } {
  const whole = new TreeBuilder(tree);
  const kept = new TreeBuilder(EMPTY_TREE);
  for (const path of parts.flatMap((part) => pathsOf(whole, part))) {
    const value = whole.get(path);
    if (value === undefined) continue;
    kept.set(path, value);
    if (!isTree(value)) setMarks(kept, path, marksAt(whole, path));
  }
  const [first = [], ...others] = parts;
  const end = first.findIndex(
    (word, index) => typeof word !== 'string' || !others.every((other) => other[index] === word),
  );
  const common = end === -1 ? first : first.slice(0, end);
  return { tree: kept.tree, path: common.map(String) };
}

/** The statements there are of one whose value, or else last key, is a pattern (RE2 syntax). */
export function matchesIn(tree: ConfigTree, { path, value }: Statement): readonly Statement[] {
  const pattern = RE2JS.compile(String(value ?? path.at(-1)));
  if (value === undefined) {
    const list = path.slice(0, -1);
    const keys = [...treeOf(getAt(tree, list)).keys()].filter((key) => pattern.test(key));
    return keys.map((key) => ({ path: [...list, key], value }));
  }
  const present = getAt(tree, path);
  const values = isValues(present) ? present.filter((each) => pattern.test(String(each))) : [];
  return values.map((each) => ({ path, value: each }));
}

/** The paths there are of a part whose key may be any. */
function pathsOf(tree: Pick<TreeBuilder, 'get'>, part: readonly PartWord[]): readonly Path[] {
  return part.reduce<readonly Path[]>(
    (paths, word) =>
      paths.flatMap((path) => {
        if (typeof word === 'string') return [[...path, word]];
        const keys = [...treeOf(tree.get(path)).keys()];
        return keys
          .filter((key) => key.startsWith(word.begins) && key.endsWith(word.ends))
          .map((key) => [...path, key]);
      }),
    [[]],
  );
}

/** What a statement is of: a leaf, an entry of a list, or a container. */
export function kindOf(
  schema: GrammarNode,
  { path, alias }: Statement,
): NonNullable<Statement['alias']>['kind'] {
  if (alias !== undefined) return alias.kind;
  const node = schemaAlong(schema, path).at(-1)!;
  if (node.children.length === 0) return 'leaf';
  return node.value?.arity === 'key' ? 'entry' : 'container';
}

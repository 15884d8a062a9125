/** Applies what `set` and `delete` say to a value tree. */
import type { Statement } from '../grammar/match.ts';
import { isLeaf, type GrammarNode } from '../grammar/node.ts';
import type { PartWord } from '../grammar/reading.ts';
import type { Scalar } from '../grammar/value-types.ts';
import { EditError } from './edit-error.ts';
import {
  deleteAt,
  EMPTY_TREE,
  getAt,
  isTree,
  isValues,
  prune,
  schemaAlong,
  setAt,
  treeOf,
  type ConfigTree,
  type Path,
} from './tree.ts';

/** The tree with the statements added; a leaf with several values gains one each time. Throws EditError. */
export function setStatements(
  schema: GrammarNode,
  tree: ConfigTree,
  statements: readonly Statement[],
): ConfigTree {
  return statements.reduce((before, statement) => {
    const { alias } = statement;
    const said = alias?.takesAway
      ? withoutValue(schema, before, statement)
      : withStatement(schema, before, statement);
    return (alias?.beside ?? []).reduce(
      (after, other) =>
        other.unlessSet && getAt(after, other.path) !== undefined
          ? after
          : withStatement(schema, after, other),
      said,
    );
  }, tree);
}

function withStatement(schema: GrammarNode, tree: ConfigTree, { path, value }: Statement): ConfigTree {
  const node = schemaAlong(schema, path).at(-1)!;
  const present = getAt(tree, path);
  if (value === undefined) {
    if (present !== undefined) return tree;
    return setAt(tree, path, isLeaf(node) ? true : EMPTY_TREE);
  }
  if (node.value?.arity !== 'many') return setAt(tree, path, value);
  const values = isValues(present) ? present : [];
  return setAt(tree, path, values.includes(value) ? values : [...values, value]);
}

/** A leaf that has several values without one of them; without any, all that there could be are taken. */
function withoutValue(schema: GrammarNode, tree: ConfigTree, { path, value }: Statement): ConfigTree {
  const rest = valuesThatAreOrCouldBe(schema, tree, path).filter((other) => other !== value);
  if (rest.length === 0) throw new EditError('nothing-left', path);
  return setAt(tree, path, rest);
}

function valuesThatAreOrCouldBe(schema: GrammarNode, tree: ConfigTree, path: Path): readonly Scalar[] {
  const present = getAt(tree, path);
  return isValues(present) ? present : schemaAlong(schema, path).at(-1)!.value!.type.choices;
}

/** The tree without the statement and all below it, undefined when there is no such statement. */
export function deleteStatement(
  schema: GrammarNode,
  tree: ConfigTree,
  statement: Statement,
): ConfigTree | undefined {
  const { alias, path, value } = statement;
  if (alias?.takesAway && value !== undefined) return withValueBack(schema, tree, { path, value });
  if (alias === undefined) return without(schema, tree, statement);
  const paths = alias.parts.flatMap((part) => pathsOf(tree, part));
  const said = value === undefined ? paths.map((each) => ({ path: each, value: undefined })) : [statement];
  const rest = said.reduce<ConfigTree | undefined>((before, each) => {
    return without(schema, before ?? tree, each) ?? before;
  }, undefined);
  return rest && alias.implied.reduce((before, entry) => withoutEmpty(schema, before, entry), rest);
}

function without(schema: GrammarNode, tree: ConfigTree, { path, value }: Statement): ConfigTree | undefined {
  const present = getAt(tree, path);
  if (present === undefined) return undefined;
  if (value === undefined) return prune(schema, deleteAt(tree, path));
  if (!isValues(present)) return present === value ? prune(schema, deleteAt(tree, path)) : undefined;
  const rest = present.filter((other) => other !== value);
  if (rest.length === present.length) return undefined;
  return rest.length > 0 ? setAt(tree, path, rest) : prune(schema, deleteAt(tree, path));
}

/** Takes back that a value was taken away. */
function withValueBack(
  schema: GrammarNode,
  tree: ConfigTree,
  { path, value }: { readonly path: Path; readonly value: Scalar },
): ConfigTree | undefined {
  const present = getAt(tree, path);
  if (!isValues(present) || present.includes(value)) return undefined;
  const { choices } = schemaAlong(schema, path).at(-1)!.value!.type;
  return setAt(
    tree,
    path,
    choices.filter((choice) => choice === value || present.includes(choice)),
  );
}

/** What stands in a tree at some paths, and the longest path that all of it is below. */
export function treeOfParts(
  tree: ConfigTree,
  parts: readonly (readonly PartWord[])[],
): { readonly tree: ConfigTree; readonly path: Path } {
  const paths = parts.flatMap((part) => pathsOf(tree, part));
  const kept = paths.reduce((before, path) => {
    const value = getAt(tree, path);
    return value === undefined ? before : setAt(before, path, value);
  }, EMPTY_TREE);
  const [first = [], ...others] = parts;
  const end = first.findIndex(
    (word, index) => typeof word !== 'string' || !others.every((other) => other[index] === word),
  );
  const common = end === -1 ? first : first.slice(0, end);
  return { tree: kept, path: common.map(String) };
}

/** The paths there are of a part whose key may be any. */
function pathsOf(tree: ConfigTree, part: readonly PartWord[]): readonly Path[] {
  return part.reduce<readonly Path[]>(
    (paths, word) =>
      paths.flatMap((path) => {
        if (typeof word === 'string') return [[...path, word]];
        const keys = [...treeOf(getAt(tree, path)).keys()];
        return keys
          .filter((key) => key.startsWith(word.begins) && key.endsWith(word.ends))
          .map((key) => [...path, key]);
      }),
    [[]],
  );
}

function withoutEmpty(schema: GrammarNode, tree: ConfigTree, entry: Path): ConfigTree {
  const value = getAt(tree, entry);
  return isTree(value) && value.size === 0 ? prune(schema, deleteAt(tree, entry)) : tree;
}

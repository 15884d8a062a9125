/** Applies what `set` and `delete` say to a value tree. */
import type { Statement } from '../grammar/match.ts';
import { isLeaf, type GrammarNode } from '../grammar/node.ts';
import { deleteAt, EMPTY_TREE, getAt, isValues, prune, schemaAlong, setAt, type ConfigTree } from './tree.ts';

/** The tree with the statements added; a leaf with several values gains one each time. */
export function setStatements(
  schema: GrammarNode,
  tree: ConfigTree,
  statements: readonly Statement[],
): ConfigTree {
  return statements.reduce((before, { path, value }) => {
    const node = schemaAlong(schema, path).at(-1)!;
    const present = getAt(before, path);
    if (value === undefined) {
      if (present !== undefined) return before;
      return setAt(before, path, isLeaf(node) ? true : EMPTY_TREE);
    }
    if (node.value?.arity !== 'many') return setAt(before, path, value);
    const values = isValues(present) ? present : [];
    return setAt(before, path, values.includes(value) ? values : [...values, value]);
  }, tree);
}

/** The tree without the statement and all below it, undefined when there is no such statement. */
export function deleteStatement(
  schema: GrammarNode,
  tree: ConfigTree,
  statement: Statement,
): ConfigTree | undefined {
  const { path, value } = statement;
  const present = getAt(tree, path);
  if (present === undefined) return undefined;
  if (value === undefined) return prune(schema, deleteAt(tree, path));
  if (!isValues(present)) return present === value ? prune(schema, deleteAt(tree, path)) : undefined;
  const rest = present.filter((other) => other !== value);
  if (rest.length === present.length) return undefined;
  return rest.length > 0 ? setAt(tree, path, rest) : prune(schema, deleteAt(tree, path));
}

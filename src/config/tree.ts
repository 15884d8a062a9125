/** The value tree of a configuration: immutable nested maps, changed by path. */
import { childNamed, type GrammarNode } from '../grammar/node.ts';
import type { Scalar } from '../grammar/value-types.ts';

/** A container by statement name, or a list by key. */
export type ConfigTree = ReadonlyMap<string, ConfigValue>;
/** A container, a list, the values of a leaf that has several, the value of a leaf, or a flag. */
export type ConfigValue = ConfigTree | readonly Scalar[] | Scalar | true;

/** Statement words and list keys, from the top. */
export type Path = readonly string[];

export const EMPTY_TREE: ConfigTree = new Map();

export function isTree(value: ConfigValue | undefined): value is ConfigTree {
  return value instanceof Map;
}

/** The container or list itself; an empty one where there is none. */
export function treeOf(value: ConfigValue | undefined): ConfigTree {
  return isTree(value) ? value : EMPTY_TREE;
}

export function isValues(value: ConfigValue | undefined): value is readonly Scalar[] {
  return Array.isArray(value);
}

/** What stands at the path, undefined when nothing does. */
export function getAt(tree: ConfigTree, path: Path): ConfigValue | undefined {
  let at: ConfigValue | undefined = tree;
  for (const word of path) at = treeOf(at).get(word);
  return at;
}

/** The tree with `value` at the path; containers on the way come into being. */
export function setAt(tree: ConfigTree, path: Path, value: ConfigValue): ConfigTree {
  const [word, ...rest] = path;
  if (word === undefined) return isTree(value) ? value : tree;
  const below = tree.get(word);
  const changed = rest.length === 0 ? value : setAt(treeOf(below), rest, value);
  return new Map(tree).set(word, changed);
}

/** The tree without what stands at the path. */
export function deleteAt(tree: ConfigTree, path: Path): ConfigTree {
  const [word, ...rest] = path;
  const below = word === undefined ? undefined : tree.get(word);
  if (word === undefined || below === undefined) return tree;
  const copy = new Map(tree);
  if (rest.length === 0) copy.delete(word);
  else if (isTree(below)) copy.set(word, deleteAt(below, rest));
  return copy;
}

/**
 * The schema line of each word of the path (a list's line for its key as well); shorter when the path leaves
 * the schema.
 */
export function schemaAlong(schema: GrammarNode, path: Path): GrammarNode[] {
  const nodes: GrammarNode[] = [];
  let at = schema;
  let keyNext = false;
  for (const word of path) {
    if (keyNext) keyNext = false;
    else {
      const child = childNamed(at, word);
      if (!child) return nodes;
      at = child;
      keyNext = child.value?.arity === 'key';
    }
    nodes.push(at);
  }
  return nodes;
}

/** Containers that say nothing by being empty are taken away, and lists without entries. */
export function prune(schema: GrammarNode, tree: ConfigTree): ConfigTree {
  const kept = [...tree].flatMap(([word, value]): [string, ConfigValue][] => {
    const node = childNamed(schema, word);
    if (!node || !isTree(value)) return [[word, value]];
    const below: ConfigTree =
      node.value?.arity === 'key'
        ? new Map([...value].map(([key, entry]) => [key, prune(node, treeOf(entry))]))
        : prune(node, value);
    return below.size === 0 && !node.presence ? [] : [[word, below]];
  });
  return new Map(kept);
}

/** Whether both say the same, whatever the order of their statements. */
export function equal(a: ConfigValue | undefined, b: ConfigValue | undefined): boolean {
  if (isTree(a) && isTree(b))
    return a.size === b.size && [...a].every(([word, value]) => equal(value, b.get(word)));
  if (isValues(a) && isValues(b))
    return a.length === b.length && a.every((value, index) => value === b[index]);
  return a === b;
}

/** The value tree of a configuration: immutable nested maps, changed by path. */
import { childNamed, type GrammarNode } from '../grammar/node.ts';
import type { Scalar } from '../grammar/value-types.ts';

/**
 * A container by statement name, or a list by key. What marks a container or an entry stands in it under MARK, what
 * marks a leaf beside it (RFC 7952 §5); marks.ts reads and writes both.
 */
export type ConfigTree = ReadonlyMap<string, ConfigValue>;
/** A container, a list, the values of a leaf that has several, the value of a leaf, or a flag. */
export type ConfigValue = ConfigTree | readonly Scalar[] | Scalar | true;

/** Statement words and list keys, from the top. */
export type Path = readonly string[];

export const EMPTY_TREE: ConfigTree = new Map();

/** Begins what no statement is called: `@` for the container's own marks, `@port` for those of its leaf `port`. */
export const MARK = '@';

/** Whether a container or an entry has nothing in it, whatever marks it. */
export function isBare(tree: ConfigTree): boolean {
  return tree.size === 0 || (tree.size === 1 && tree.has(MARK));
}

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
  const builder = new TreeBuilder(tree);
  builder.set(path, value);
  return builder.tree;
}

/** The tree without what stands at the path, and without what marks it. */
export function deleteAt(tree: ConfigTree, path: Path): ConfigTree {
  const builder = new TreeBuilder(tree);
  builder.delete(path);
  return builder.tree;
}

/**
 * A tree under many changes: a map is copied at the first change in it, and changed where it is at the others, so that a
 * long list costs no more than its length.
 */
export class TreeBuilder {
  #tree: ConfigTree;
  /** What was made here, and is nobody else's yet. */
  #own = new WeakSet<object>();
  /** The values of leaves made here that have several, for looking them up. */
  #known = new WeakMap<readonly Scalar[], Set<Scalar>>();

  constructor(tree: ConfigTree) {
    this.#tree = tree;
  }

  /** The tree as it is now; further changes leave it alone. */
  get tree(): ConfigTree {
    this.#own = new WeakSet();
    this.#known = new WeakMap();
    return this.#tree;
  }

  /** What stands at the path, undefined when nothing does. It may change with the builder. */
  get(path: Path): ConfigValue | undefined {
    return getAt(this.#tree, path);
  }

  /** Containers on the way come into being. */
  set(path: Path, value: ConfigValue): void {
    const word = path.at(-1);
    if (word === undefined) this.#tree = isTree(value) ? value : this.#tree;
    else this.#containerOf(path).set(word, value);
  }

  /** One value more of a leaf that has several. */
  add(path: Path, value: Scalar): void {
    const present = this.get(path);
    const known = isValues(present) ? this.#known.get(present) : undefined;
    if (known !== undefined) {
      if (known.has(value)) return;
      known.add(value);
      (present as Scalar[]).push(value);
      return;
    }
    const values = [...new Set([...(isValues(present) ? present : []), value])];
    this.#known.set(values, new Set(values));
    this.set(path, values);
  }

  /** Takes away what stands at the path, and what marks it. */
  delete(path: Path): void {
    const value = this.get(path);
    const word = path.at(-1);
    if (value === undefined || word === undefined) return;
    const container = this.#containerOf(path);
    container.delete(word);
    if (!isTree(value)) container.delete(MARK + word);
  }

  /** The same, and the containers above that say nothing by being empty, and lists without entries. */
  deleteAndPrune(schema: GrammarNode, path: Path): void {
    this.delete(path);
    this.prune(schema, path);
  }

  /** Takes away the containers above the path that say nothing by being empty, and lists without entries. */
  prune(schema: GrammarNode, path: Path): void {
    for (let length = path.length - 1; length > 0; length -= 1) {
      const above = path.slice(0, length);
      const node = schemaAlong(schema, above).at(-1);
      const value = this.get(above);
      const isList = node?.value?.arity === 'key' && isListPath(schema, above);
      const isEntry = node?.value?.arity === 'key' && !isList;
      if (!node || isEntry || node.presence) return;
      if (value === undefined) continue;
      if (!isTree(value) || (isList ? value.size > 0 : !isBare(value))) return;
      this.delete(above);
    }
  }

  /** The map that holds the last word of the path, made ours on the way to it. */
  #containerOf(path: Path): Map<string, ConfigValue> {
    let at = this.#owned(this.#tree);
    this.#tree = at;
    for (const word of path.slice(0, -1)) {
      const below = this.#owned(treeOf(at.get(word)));
      at.set(word, below);
      at = below;
    }
    return at;
  }

  #owned(tree: ConfigTree): Map<string, ConfigValue> {
    if (this.#own.has(tree)) return tree as Map<string, ConfigValue>;
    const copy = new Map(tree);
    this.#own.add(copy);
    return copy;
  }
}

/** Of a list's path: whether it names the list, and not an entry of it. */
function isListPath(schema: GrammarNode, path: Path): boolean {
  const along = schemaAlong(schema, path);
  return along.at(-1) !== along.at(-2);
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
    if (node.value?.arity !== 'key') {
      const below = prune(node, value);
      return isBare(below) && !node.presence ? [] : [[word, below]];
    }
    if (value.size === 0) return [];
    return [[word, new Map([...value].map(([key, entry]) => [key, prune(node, treeOf(entry))]))]];
  });
  return new Map(kept);
}

/** Whether both say the same, whatever the order of their statements and entries. */
export function equal(a: ConfigValue | undefined, b: ConfigValue | undefined): boolean {
  if (a === b) return true;
  if (isTree(a) && isTree(b))
    return a.size === b.size && [...a].every(([word, value]) => equal(value, b.get(word)));
  if (isValues(a) && isValues(b))
    return a.length === b.length && a.every((value, index) => value === b[index]);
  return false;
}

/** What changed between two trees, in Junos' form: a hierarchy banner, then lines with + and -. */
import type { GrammarNode } from '../grammar/node.ts';
import { quoteWord } from '../grammar/tokens.ts';
import { entryLines, standsTogether, statementLines } from './text.ts';
import { equal, isTree, treeOf, type ConfigTree, type ConfigValue, type Path } from './tree.ts';

/** One statement that is not the same in both. */
export interface Change {
  /** The container it stands in. */
  readonly parent: Path;
  readonly path: Path;
  readonly node: GrammarNode;
  /** The key, when the change is a whole list entry. */
  readonly key: string | undefined;
  readonly before: ConfigValue | undefined;
  readonly after: ConfigValue | undefined;
}

/**
 * The smallest statements that differ: a container that is new or gone is one change, one that differs is
 * looked into.
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
    const path = [...parent, node.name];
    if (equal(was, is)) continue;
    if (node.value?.arity === 'key') yield* entryChanges(node, was, is, parent);
    else if (isTree(was) && isTree(is)) yield* changes(node, was, is, path);
    else yield { parent, path, node, key: undefined, before: was, after: is };
  }
}

function* entryChanges(
  node: GrammarNode,
  was: ConfigValue | undefined,
  is: ConfigValue | undefined,
  parent: Path,
): IterableIterator<Change> {
  if (standsTogether(node) && (was === undefined || is === undefined)) {
    yield { parent, path: [...parent, node.name], node, key: undefined, before: was, after: is };
    return;
  }
  const [before, after] = [treeOf(was), treeOf(is)];
  for (const key of new Set([...before.keys(), ...after.keys()])) {
    const path = [...parent, node.name, key];
    const [one, other] = [before.get(key), after.get(key)];
    if (equal(one, other)) continue;
    if (isTree(one) && isTree(other)) yield* changes(node, one, other, path);
    else {
      const container = standsTogether(node) ? [...parent, node.name] : parent;
      yield { parent: container, path, node, key, before: one, after: other };
    }
  }
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
    yield* marked('-', change, change.before);
    yield* marked('+', change, change.after);
  }
}

function* marked(
  sign: string,
  { node, key }: Change,
  value: ConfigValue | undefined,
): IterableIterator<string> {
  if (value === undefined) return;
  const lines = key === undefined ? statementLines(node, value) : entryLines(node, key, value);
  for (const line of lines) yield `${sign}   ${line}`;
}

/** The configuration as the router's parts read it: typed, defaults filled in. */
import { isLeaf, type GrammarNode } from '../grammar/node.ts';
import type { Scalar } from '../grammar/value-types.ts';
import type { Configuration } from './configuration.ts';
import { withInherited } from './inheritance.ts';
import { activeTree } from './marks.ts';
import type { Secrets } from './secrets.ts';
import { treeOf, type ConfigTree, type ConfigValue } from './tree.ts';
import { atOnce, type InTurns } from './turns.ts';

/** What is inherited is part of it; with `secrets`, so are the secrets that groups give. */
export function effective(schema: GrammarNode, tree: ConfigTree, secrets?: Secrets): Configuration {
  return atOnce(effectiveInTurns(schema, tree, secrets));
}

/**
 * The same. A list that is as it was in a tree before, and of which nothing is inherited, gives the same Map again. The
 * generated type `Configuration` describes what schema.cli says, so that this one cast holds.
 */
export function* effectiveInTurns(
  schema: GrammarNode,
  tree: ConfigTree,
  secrets?: Secrets,
): InTurns<Configuration> {
  const active = activeTree(schema, tree);
  yield;
  const inherited = withInherited(schema, active, secrets);
  yield;
  return (yield* container(schema, inherited)) as unknown as Configuration;
}

function* container(node: GrammarNode, tree: ConfigTree): InTurns<Record<string, unknown>> {
  const made: Record<string, unknown> = {};
  for (const child of node.children) {
    if (child.aliasOf || child.inheritance) continue;
    const value = tree.get(child.name);
    const below = isLeaf(child) ? leaf(child, value) : yield* branch(child, value);
    if (below !== undefined) made[child.name] = below;
  }
  return made;
}

/** By the list that they were made of, and only for the line of the schema that they were made by. */
const madeLists = new WeakMap<ConfigTree, { readonly node: GrammarNode; readonly made: List }>();

type List = ReadonlyMap<string, Readonly<Record<string, unknown>>>;

function* list(node: GrammarNode, entries: ConfigTree): InTurns<List> {
  const known = madeLists.get(entries);
  if (known?.node === node) return known.made;
  const made = new Map<string, Readonly<Record<string, unknown>>>();
  for (const [key, entry] of entries) {
    made.set(key, yield* container(node, treeOf(entry)));
    yield;
  }
  if (entries.size > 0) madeLists.set(entries, { node, made });
  return made;
}

function* branch(node: GrammarNode, value: ConfigValue | undefined): InTurns<unknown> {
  if (node.value?.arity === 'key') return yield* list(node, treeOf(value));
  return node.presence && value === undefined ? undefined : yield* container(node, treeOf(value));
}

function leaf(node: GrammarNode, value: ConfigValue | undefined): unknown {
  switch (node.value?.arity) {
    case 'many':
      return value ?? (node.defaultText === undefined ? [] : [defaultOf(node)]);
    case 'one':
      return value ?? defaultOf(node);
    default:
      return value;
  }
}

function defaultOf(node: GrammarNode): Scalar | undefined {
  const parsed = node.defaultText === undefined ? undefined : node.value?.type.parse(node.defaultText);
  return parsed && 'value' in parsed ? parsed.value : undefined;
}

/** The configuration as the router's parts read it: typed, defaults filled in. */
import { isLeaf, type GrammarNode } from '../grammar/node.ts';
import type { Scalar } from '../grammar/value-types.ts';
import type { Configuration } from './configuration.ts';
import { withInherited } from './inheritance.ts';
import { activeTree } from './marks.ts';
import type { Secrets } from './secrets.ts';
import { treeOf, type ConfigTree, type ConfigValue } from './tree.ts';

/** What is inherited is part of it; with `secrets`, so are the secrets that groups give. The generated type `Configuration` describes what schema.cli says, so that this one cast holds. */
export function effective(schema: GrammarNode, tree: ConfigTree, secrets?: Secrets): Configuration {
  const active = activeTree(schema, tree);
  return container(schema, withInherited(schema, active, secrets)) as unknown as Configuration;
}

function container(node: GrammarNode, tree: ConfigTree): Record<string, unknown> {
  const entries = node.children
    .filter((child) => !child.aliasOf && !child.inheritance)
    .map((child) => [child.name, statement(child, tree.get(child.name))] as const);
  return Object.fromEntries(entries.filter(([, value]) => value !== undefined));
}

function statement(node: GrammarNode, value: ConfigValue | undefined): unknown {
  switch (node.value?.arity) {
    case 'key':
      return new Map([...treeOf(value)].map(([key, entry]) => [key, container(node, treeOf(entry))]));
    case 'many':
      return value ?? (node.defaultText === undefined ? [] : [defaultOf(node)]);
    case 'one':
      return value ?? defaultOf(node);
    case undefined:
      if (isLeaf(node)) return value;
      if (node.presence && value === undefined) return undefined;
      return container(node, treeOf(value));
  }
}

function defaultOf(node: GrammarNode): Scalar | undefined {
  const parsed = node.defaultText === undefined ? undefined : node.value?.type.parse(node.defaultText);
  return parsed && 'value' in parsed ? parsed.value : undefined;
}

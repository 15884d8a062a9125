/** Which statements somebody may see, and which changes they may make. */
import { standsAlone, type GrammarNode } from '../grammar/node.ts';
import { isSecret, SECRET_DATA } from '../grammar/secret.ts';
import { changes } from './compare.ts';
import { withInherited } from './inheritance.ts';
import {
  isBare,
  isTree,
  MARK,
  schemaAlong,
  treeOf,
  type ConfigTree,
  type ConfigValue,
  type Path,
} from './tree.ts';

/** Whether a privilege is held. */
export type Can = (privilege: string) => boolean;

/**
 * The tree without the statements that need a privilege which is not held. A container that only leads to
 * statements needs none, and goes when nothing below it is left. Secrets, though sealed, need a privilege of
 * their own; without it, it is seen that there is one.
 */
export function visibleTree(schema: GrammarNode, tree: ConfigTree, can: Can): ConfigTree {
  return isAllVisible(schema, can) ? tree : visibleBelow(schema, tree, can);
}

/** Then trees are seen as they are, and two that share most of their parts are compared fast. */
function isAllVisible(node: GrammarNode, can: Can): boolean {
  return node.children.every(
    (child) =>
      child.aliasOf !== undefined ||
      (mayDo(child.privilege, can) && (!isSecret(child) || can('secret')) && isAllVisible(child, can)),
  );
}

function visibleBelow(schema: GrammarNode, tree: ConfigTree, can: Can): ConfigTree {
  const kept = schema.children.flatMap((node): [string, ConfigValue][] => {
    const value = node.aliasOf ? undefined : tree.get(node.name);
    const visible = value === undefined ? undefined : visibleStatement(node, value, can);
    return visible === undefined ? [] : [[node.name, visible], ...marksIn(tree, node.name)];
  });
  return new Map([...kept, ...marksIn(tree, '')]);
}

/** What marks a container, or its leaf of that name. */
function marksIn(container: ConfigTree, leaf: string): [string, ConfigValue][] {
  const marks = container.get(MARK + leaf);
  return marks === undefined ? [] : [[MARK + leaf, marks]];
}

function visibleStatement(node: GrammarNode, value: ConfigValue, can: Can): ConfigValue | undefined {
  const isHeld = mayDo(node.privilege, can);
  if (!isTree(value)) {
    if (!isHeld) return undefined;
    return isSecret(node) && !can('secret') ? SECRET_DATA : value;
  }
  if (node.value?.arity !== 'key') {
    const visible = visibleBelow(node, value, can);
    return !isBare(visible) || (isHeld && node.presence) ? visible : undefined;
  }
  const entries = [...value]
    .map(([key, entry]) => [key, visibleBelow(node, treeOf(entry), can)] as const)
    .filter(([, visible]) => !isBare(visible) || isHeld);
  return entries.length > 0 ? new Map(entries) : undefined;
}

/**
 * The first statement that differs and that may not be changed, undefined when all of the difference is
 * allowed. What is inherited then and was not before, or was otherwise, is part of the difference.
 */
export function forbiddenChange(
  schema: GrammarNode,
  before: ConfigTree,
  after: ConfigTree,
  can: Can,
): Path | undefined {
  const forbidden = forbiddenDifference(schema, before, after, can);
  if (forbidden) return forbidden;
  const [was, is] = [withInherited(schema, before), withInherited(schema, after)];
  return was === before && is === after ? undefined : forbiddenDifference(schema, was, is, can);
}

function forbiddenDifference(
  schema: GrammarNode,
  before: ConfigTree,
  after: ConfigTree,
  can: Can,
): Path | undefined {
  for (const { node, key, path, ...change } of changes(schema, before, after)) {
    for (const value of [change.before, change.after]) {
      if (value === undefined) continue;
      const forbidden =
        key === undefined
          ? forbiddenStatement(node, value, path, can)
          : forbiddenStatement(node, new Map([[key, value]]), path.slice(0, -1), can);
      if (forbidden) return forbidden;
    }
  }
  return undefined;
}

/** The path, where who is told of it may know that there is such a statement. */
export function nameable(schema: GrammarNode, path: Path, can: Can): Path {
  return mayDo(schemaAlong(schema, path).at(-1)?.privilege, can) ? path : [];
}

/** The first statement at the path or below that may not be changed; of a list, the first entry. */
function forbiddenStatement(node: GrammarNode, value: ConfigValue, path: Path, can: Can): Path | undefined {
  const isForbidden = standsAlone(node) && !mayDo(node.modifyPrivilege ?? node.privilege, can);
  if (isTree(value) && node.value?.arity === 'key') {
    for (const [key, entry] of value) {
      const here = [...path, key];
      const forbidden = isForbidden ? here : forbiddenBelow(node, treeOf(entry), here, can);
      if (forbidden) return forbidden;
    }
    return undefined;
  }
  if (isForbidden) return path;
  return isTree(value) ? forbiddenBelow(node, value, path, can) : undefined;
}

function forbiddenBelow(node: GrammarNode, tree: ConfigTree, path: Path, can: Can): Path | undefined {
  for (const child of node.children) {
    const value = child.aliasOf ? undefined : tree.get(child.name);
    const forbidden =
      value === undefined ? undefined : forbiddenStatement(child, value, [...path, child.name], can);
    if (forbidden) return forbidden;
  }
  return undefined;
}

function mayDo(privilege: string | undefined, can: Can): boolean {
  return privilege === undefined || can(privilege);
}

/** Groups: what containers inherit by `apply-groups`, as on Junos. */
import { isLeaf, type GrammarNode } from '../grammar/node.ts';
import { APPLY_GROUPS, APPLY_GROUPS_EXCEPT, GROUPS, matchesWildcard } from '../grammar/groups.ts';
import { isSealed } from '../grammar/secret.ts';
import { activeTree, marksAt, noteGroup, withGroup } from './marks.ts';
import type { Secrets } from './secrets.ts';
import {
  getAt,
  isBare,
  isTree,
  isValues,
  treeOf,
  type ConfigTree,
  type ConfigValue,
  type Path,
} from './tree.ts';

/** A part of a group that a container inherits from. */
interface Source {
  readonly group: string;
  readonly tree: ConfigTree;
  /** Where it stands in the configuration. */
  readonly path: Path;
}

/**
 * The tree with all that its containers inherit, each such statement marked with its group. What stands in the container
 * itself comes before what it inherits, a group before those that are named behind it, and what is applied deeper before
 * what is applied above. `secrets`: those that are inherited are sealed for where they are then.
 */
export function withInherited(schema: GrammarNode, tree: ConfigTree, secrets?: Secrets): ConfigTree {
  const groups = treeOf(tree.get(GROUPS));
  if (groups.size === 0) return tree;
  const known = secrets ? undefined : made.get(tree);
  if (known) return known;
  const active = treeOf(activeTree(schema, new Map([[GROUPS, groups]])).get(GROUPS));
  const inherited = new Heirs(active, secrets).container(schema, {
    local: tree,
    sources: [],
    path: [],
  });
  if (!secrets) made.set(tree, inherited);
  return inherited;
}

/** What trees have become, without secrets: edits ask again and again. */
const made = new WeakMap<ConfigTree, ConfigTree>();

interface Heir {
  readonly local: ConfigTree;
  readonly sources: readonly Source[];
  readonly path: Path;
}

class Heirs {
  readonly #groups: ConfigTree;
  readonly #secrets: Secrets | undefined;

  constructor(groups: ConfigTree, secrets: Secrets | undefined) {
    this.#groups = groups;
    this.#secrets = secrets;
  }

  container(node: GrammarNode, { local, sources, path }: Heir): ConfigTree {
    const all = this.#sourcesOf(local, sources, path);
    const made = new Map(local);
    for (const child of node.children) {
      if (child.inheritance) {
        made.delete(child.name);
        continue;
      }
      if (child.aliasOf) continue;
      const value = local.get(child.name);
      const below = all.filter(({ tree }) => tree.has(child.name));
      if (value === undefined && below.length === 0) continue;
      const here = [...path, child.name];
      if (isLeaf(child)) {
        if (value !== undefined) continue;
        const { group, tree, path: from } = below[0]!;
        const inherited = tree.get(child.name)!;
        made.set(child.name, this.#resealed(child, inherited, { from: [...from, child.name], to: here }));
        noteGroup(made, child.name, group);
        continue;
      }
      const heir = {
        local: treeOf(value),
        sources: below.map((source) => within(source, child.name)),
        path: here,
      };
      const inherited = child.value ? this.#list(child, heir) : this.container(child, heir);
      const isNew = value === undefined;
      if (
        isNew &&
        (child.value ? inherited.size === 0 : isBare(inherited) && !isMeantBare(child, heir.sources))
      )
        continue;
      made.set(child.name, isNew && !child.value ? withGroup(inherited, below[0]!.group) : inherited);
    }
    return made;
  }

  /** Entries that wildcards match are no others than those there are. */
  #list(node: GrammarNode, { local, sources, path }: Heir): ConfigTree {
    const named = sources.flatMap(({ tree }) => [...tree.keys()].filter((key) => !isWildcard(key)));
    const entries = new Map<string, ConfigValue>();
    for (const key of new Set([...local.keys(), ...named])) {
      const own = local.get(key);
      const matching = sources.flatMap((source) =>
        keysFor(source.tree, key).map((matched) => within(source, matched)),
      );
      const entry = this.container(node, { local: treeOf(own), sources: matching, path: [...path, key] });
      const giver = sources.find(({ tree }) => tree.has(key));
      entries.set(key, own === undefined ? withGroup(entry, giver!.group) : entry);
    }
    return entries;
  }

  /** What a container inherits from, first what comes first; each part once. */
  #sourcesOf(local: ConfigTree, sources: readonly Source[], path: Path): readonly Source[] {
    const except = new Set(namesIn(local, APPLY_GROUPS_EXCEPT));
    const found = new Map<string, Source>();
    const add = (source: Source): void => {
      const id = source.path.join('\n');
      if (except.has(source.group) || found.has(id)) return;
      found.set(id, source);
      for (const name of namesIn(source.tree, APPLY_GROUPS)) this.#partsOf(name, path).forEach(add);
    };
    for (const name of namesIn(local, APPLY_GROUPS)) this.#partsOf(name, path).forEach(add);
    sources.forEach(add);
    return [...found.values()];
  }

  /** The parts of a group that stand where a path leads, wildcards behind what they match as well. */
  #partsOf(group: string, path: Path): readonly Source[] {
    const tree = this.#groups.get(group);
    return path.reduce<readonly Source[]>(
      (parts, word) => parts.flatMap((part) => keysFor(part.tree, word).map((each) => within(part, each))),
      isTree(tree) ? [{ group, tree, path: [GROUPS, group] }] : [],
    );
  }

  /** A secret that cannot be opened where it stands stays as it is, and is found to be unreadable. */
  #resealed(node: GrammarNode, value: ConfigValue, { from, to }: Record<'from' | 'to', Path>): ConfigValue {
    if (!this.#secrets || typeof value !== 'string' || !isSealed(node)) return value;
    const secret = this.#secrets.open(from, value);
    return secret === undefined ? value : this.#secrets.seal(to, secret);
  }
}

/** Whether some group has the container as it is, and not only for what wildcards match in it. */
function isMeantBare({ presence }: GrammarNode, sources: readonly Source[]): boolean {
  return presence && sources.some(({ tree }) => isBare(tree));
}

function within({ group, tree, path }: Source, word: string): Source {
  return { group, tree: treeOf(tree.get(word)), path: [...path, word] };
}

function isWildcard(key: string): boolean {
  return key.startsWith('<');
}

/** The keys of a group's list that stand for a key: itself, then the wildcards that match it. */
function keysFor(list: ConfigTree, key: string): readonly string[] {
  const wildcards = [...list.keys()].filter((each) => isWildcard(each) && matchesWildcard(each, key));
  return list.has(key) && !isWildcard(key) ? [key, ...wildcards] : wildcards;
}

function namesIn(container: ConfigTree, statement: string): readonly string[] {
  const names = container.get(statement);
  return isValues(names) ? names.map(String) : [];
}

export interface GroupFault {
  readonly code: 'unknown-group' | 'group-loop';
  readonly path: Path;
  readonly name: string;
}

/** What is wrong with groups: names of none, and groups that inherit from themselves. */
export function faultsOfGroups(schema: GrammarNode, tree: ConfigTree): readonly GroupFault[] {
  const active = activeTree(schema, tree);
  const groups = treeOf(active.get(GROUPS));
  const error = (code: GroupFault['code'], path: Path, name: string): GroupFault => ({ code, path, name });
  const unknown = applications(active).flatMap(({ names, path }) =>
    names.filter((name) => !groups.has(name)).map((name) => error('unknown-group', path, name)),
  );
  const inheritsFrom = new Map(
    [...groups].map(([name, group]) => [
      name,
      new Set(
        applications(treeOf(group))
          .filter(({ path }) => path.at(-1) === APPLY_GROUPS)
          .flatMap(({ names }) => names),
      ),
    ]),
  );
  const loops = [...groups.keys()].filter((name) => reaches(inheritsFrom, name));
  return [...unknown, ...loops.map((name) => error('group-loop', [GROUPS, name], name))];
}

interface Application {
  readonly names: readonly string[];
  readonly path: Path;
}

/** Every `apply-groups` and `apply-groups-except`; a list's entry may be called so, a statement with values is never one. */
function applications(tree: ConfigTree): readonly Application[] {
  const found: Application[] = [];
  const path: string[] = [];
  const seek = (container: ConfigTree): void => {
    for (const [word, value] of container) {
      path.push(word);
      if (isTree(value)) seek(value);
      else if (word === APPLY_GROUPS || word === APPLY_GROUPS_EXCEPT)
        found.push({ names: namesIn(container, word), path: [...path] });
      path.pop();
    }
  };
  seek(tree);
  return found;
}

/** Whether a group is among those that it inherits from, by however many steps. */
function reaches(inheritsFrom: ReadonlyMap<string, ReadonlySet<string>>, start: string): boolean {
  const seen = new Set<string>();
  const ahead = [...inheritsFrom.get(start)!];
  for (let name = ahead.pop(); name !== undefined; name = ahead.pop()) {
    if (name === start) return true;
    if (seen.has(name)) continue;
    seen.add(name);
    ahead.push(...(inheritsFrom.get(name) ?? []));
  }
  return false;
}

/** The group that what stands at a path, or what it stands in, was inherited from. */
export function groupOf(inherited: ConfigTree, path: Path): string | undefined {
  for (let length = path.length; length > 0; length -= 1) {
    const here = path.slice(0, length);
    if (getAt(inherited, here) === undefined) continue;
    return marksAt(inherited, here).group;
  }
  return undefined;
}

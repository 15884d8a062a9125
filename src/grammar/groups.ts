/** Hangs groups into the configuration tree: a tree of their own in each, and who inherits from them. */
import { RE2JS } from 're2js';
import { childNamed, type Grammar, type GrammarNode, type ValueSlot } from './node.ts';
import type { Parsed } from './value-types.ts';

export const GROUPS = 'groups';
export const APPLY_GROUPS = 'apply-groups';
export const APPLY_GROUPS_EXCEPT = 'apply-groups-except';

const WILDCARD = /^<[^<>]+>$/;

/**
 * Puts the lines of `groups` into the tree: `groups` at the top, with all of the tree below each group, where keys may be
 * wildcards; `apply-groups` and `apply-groups-except` in every container and entry that has something in it, with its
 * privileges where it has any.
 */
export function addGroups(schema: Grammar, groups: GrammarNode): void {
  const list = childNamed(groups, GROUPS)!;
  const applied = [APPLY_GROUPS, APPLY_GROUPS_EXCEPT].map((name) => childNamed(groups, name)!);
  const heirs = applied.map((node): GrammarNode => ({ ...node, inheritance: true }));
  addTo(schema, heirs);
  const copies = schema.children.map((child) => copied(child));
  const top: GrammarNode = { ...list, inheritance: true, children: resolved(schema.children, copies) };
  (schema.children as GrammarNode[]).unshift(top);
}

function addTo(node: GrammarNode, heirs: readonly GrammarNode[]): void {
  for (const child of node.children) if (child.children.length > 0) addTo(child, heirs);
  const { privilege, modifyPrivilege } = node;
  const own = privilege === undefined ? {} : { privilege, modifyPrivilege };
  (node.children as GrammarNode[]).unshift(...heirs.map((heir) => ({ ...heir, ...own })));
}

/** The line as it is in a group. */
function copied(node: GrammarNode): GrammarNode {
  const children = node.children.map(copied);
  return {
    ...node,
    value: node.value?.arity === 'key' ? withWildcards(node.value) : node.value,
    children: resolved(node.children, children),
  };
}

/** Aliases among the copies are other spellings of copies. */
function resolved(originals: readonly GrammarNode[], copies: readonly GrammarNode[]): readonly GrammarNode[] {
  return copies.map((copy) =>
    copy.aliasOf ? { ...copy, aliasOf: copies[originals.indexOf(copy.aliasOf)] } : copy,
  );
}

function withWildcards(slot: ValueSlot): ValueSlot {
  const { type } = slot;
  const parse = (text: string): Parsed => {
    if (!WILDCARD.test(text)) return type.parse(text);
    return isPattern(text) ? { value: text } : { expected: 'a wildcard such as <*>, or a key' };
  };
  return { ...slot, type: { ...type, parse } };
}

function isPattern(wildcard: string): boolean {
  try {
    matchesWildcard(wildcard, '');
    return wildcard.length <= WILDCARD_LENGTH_MAX;
  } catch {
    return false;
  }
}

const WILDCARD_LENGTH_MAX = 256;

const compiled = new Map<string, RE2JS>();

/** Whether `<…>` matches a key: `*` is any text, `?` any character, `[abc]` one of those. */
export function matchesWildcard(wildcard: string, key: string): boolean {
  let pattern = compiled.get(wildcard);
  if (pattern === undefined) {
    pattern = RE2JS.compile(expressionOf(wildcard.slice(1, -1)), RE2JS.DOTALL);
    if (compiled.size >= COMPILED_MAX) compiled.clear();
    compiled.set(wildcard, pattern);
  }
  return pattern.matches(key);
}

/** Patterns kept; more of them are compiled again. */
const COMPILED_MAX = 1000;

function expressionOf(glob: string): string {
  return glob.replace(/\[([^\]^\\]+)\]|[\s\S]/g, (part, set?: string) => {
    if (set !== undefined) return `[${set.replace(/\[/g, '\\[')}]`;
    if (part === '*') return '.*';
    return part === '?' ? '.' : part.replace(/[.+^$(){}|\\[\]]/g, '\\$&');
  });
}

/** `replace pattern`: text of keys and values replaced throughout a part of the configuration. */
import { RE2JS } from 're2js';
import type { GrammarNode } from '../grammar/node.ts';
import { isSecret } from '../grammar/secret.ts';
import type { Scalar } from '../grammar/value-types.ts';
import { EditError } from './edit-error.ts';
import { marksOf, withMarks } from './marks.ts';
import { resealed } from './moves.ts';
import type { Can } from './privileges.ts';
import type { Secrets } from './secrets.ts';
import {
  getAt,
  isTree,
  isValues,
  schemaAlong,
  setAt,
  treeOf,
  type ConfigTree,
  type ConfigValue,
  type Path,
} from './tree.ts';

export interface Replacement {
  /** RE2 syntax. */
  readonly pattern: string;
  /** `&` is what was matched, `\1` to `\9` are its groups; `\` before either makes it a character like any other. */
  readonly replacement: string;
  /** How many matches are replaced; all of them unless given. */
  readonly upTo?: number;
  /** Where: a canonical path. */
  readonly level: Path;
  /** What somebody may not see is left alone. */
  readonly can: Can;
  readonly secrets: Secrets;
}

/** The tree with the text replaced wherever it matches; secrets stay as they are. Throws EditError. */
export function replacePattern(schema: GrammarNode, tree: ConfigTree, replacement: Replacement): ConfigTree {
  const replacer = new Replacer(replacement);
  const { level } = replacement;
  const part = getAt(tree, level);
  if (!isTree(part)) return tree;
  const node = schemaAlong(schema, level).at(-1) ?? schema;
  const replaced = replacer.container(node, part, level);
  if (replacer.matches === 0) throw new EditError('no-match', []);
  return setAt(tree, level, replaced);
}

class Replacer {
  readonly #pattern: RE2JS;
  readonly #replacement: string;
  readonly #upTo: number;
  readonly #can: Can;
  readonly #secrets: Secrets;
  matches = 0;

  constructor({ pattern, replacement, upTo = Infinity, can, secrets }: Replacement) {
    this.#pattern = RE2JS.compile(pattern);
    this.#replacement = replacement;
    this.#upTo = upTo;
    this.#can = can;
    this.#secrets = secrets;
  }

  /** `path`: where it stands by now. */
  container(node: GrammarNode, tree: ConfigTree, path: Path): ConfigTree {
    let replaced = tree;
    for (const child of node.children) {
      const value = child.aliasOf ? undefined : tree.get(child.name);
      const isSeen = child.privilege === undefined || this.#can(child.privilege);
      if (value === undefined || (!isSeen && !isTree(value))) continue;
      replaced = this.#statement(child, value, { container: replaced, path });
    }
    return replaced;
  }

  #statement(
    node: GrammarNode,
    value: ConfigValue,
    { container, path }: { readonly container: ConfigTree; readonly path: Path },
  ): ConfigTree {
    const here = [...path, node.name];
    if (!isTree(value)) {
      if (value === true || isSecret(node)) return container;
      if (!isValues(value)) return setAt(container, [node.name], this.#scalar(node, value, here));
      const made = value.map((each) => this.#scalar(node, each, here));
      const { inactiveValues, ...marks } = marksOf(container, node.name);
      const inactive = made.filter((_, index) => inactiveValues.includes(value[index]!));
      const changed = setAt(container, [node.name], [...new Set(made)]);
      return withMarks(changed, [node.name], { ...marks, inactiveValues: inactive });
    }
    const below =
      node.value?.arity === 'key' ? this.#list(node, value, here) : this.container(node, value, here);
    return setAt(container, [node.name], below);
  }

  #list(node: GrammarNode, list: ConfigTree, path: Path): ConfigTree {
    const isSeen = node.privilege === undefined || this.#can(node.privilege);
    const entries = new Map<string, ConfigValue>();
    for (const [key, entry] of list) {
      const now = isSeen ? String(this.#scalar(node, key, path)) : key;
      const here = [...path, now];
      if (entries.has(now) || (now !== key && list.has(now))) throw new EditError('exists', here);
      const way = { from: [...path, key], to: here, secrets: this.#secrets };
      const moved = now === key ? entry : resealed(node, entry, way);
      entries.set(now, this.container(node, treeOf(moved), here));
    }
    return entries;
  }

  #scalar(node: GrammarNode, value: Scalar, path: Path): Scalar {
    const text = this.#text(String(value));
    if (text === String(value)) return value;
    const parsed = node.value!.type.parse(text);
    if ('value' in parsed) return parsed.value;
    throw new EditError('replaced-value', path, { value: text, expected: parsed.expected });
  }

  #text(text: string): string {
    const matcher = this.#pattern.matcher(text);
    let [made, at] = ['', 0];
    while (this.matches < this.#upTo && matcher.find()) {
      this.matches += 1;
      const groups = Array.from(
        { length: matcher.groupCount() + 1 },
        (_, index) => matcher.group(index) ?? '',
      );
      made += text.slice(at, matcher.start()) + expanded(this.#replacement, groups);
      at = matcher.end();
    }
    return made + text.slice(at);
  }
}

const PLACES = /\\([\d&\\])|&/g;

function expanded(replacement: string, groups: readonly string[]): string {
  return replacement.replace(PLACES, (place, escaped?: string) => {
    if (place === '&') return groups[0]!;
    return /\d/.test(escaped!) ? (groups[Number(escaped)] ?? '') : escaped!;
  });
}

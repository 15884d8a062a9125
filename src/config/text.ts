/** A value tree as text: Junos' braces, set commands, and the JSON that is archived. */
import { childNamed, isLeaf, type GrammarNode } from '../grammar/node.ts';
import { SECRET_DATA } from '../grammar/secret.ts';
import { quoteWord } from '../grammar/tokens.ts';
import type { Scalar } from '../grammar/value-types.ts';
import { isTree, isValues, treeOf, type ConfigTree, type ConfigValue, type Path } from './tree.ts';

const INDENT = '    ';

/** Lines of the braces form, statements in schema order, list entries in the order they were made. */
export function* bracesLines(schema: GrammarNode, tree: ConfigTree, indent = ''): IterableIterator<string> {
  for (const [node, value] of inSchemaOrder(schema, tree)) yield* statementLines(node, value, indent);
}

/** The lines of one statement. */
export function* statementLines(
  node: GrammarNode,
  value: ConfigValue,
  indent = '',
): IterableIterator<string> {
  if (!isTree(value)) yield `${indent}${node.name}${valueText(value)};`;
  else if (node.value?.arity !== 'key') yield* blockLines(node, node.name, value, indent);
  else if (!standsTogether(node)) {
    for (const [key, entry] of value) yield* entryLines(node, key, entry, indent);
  } else {
    yield `${indent}${node.name} {`;
    for (const [key, entry] of value) yield* entryLines(node, key, entry, indent + INDENT);
    yield `${indent}}`;
  }
}

/** The lines of one entry of a list. */
export function* entryLines(
  node: GrammarNode,
  key: string,
  entry: ConfigValue,
  indent = '',
): IterableIterator<string> {
  const word = standsTogether(node) ? quoteWord(key) : `${node.name} ${quoteWord(key)}`;
  if (isTree(entry)) yield* blockLines(node, word, entry, indent);
}

/** Of a list: whether its entries do, below its name. */
export function standsTogether(node: GrammarNode): boolean {
  return node.grouped || node.children.length === 0;
}

function* blockLines(
  node: GrammarNode,
  word: string,
  tree: ConfigTree,
  indent: string,
): IterableIterator<string> {
  if (tree.size === 0) yield `${indent}${word};`;
  else {
    yield `${indent}${word} {`;
    yield* bracesLines(node, tree, indent + INDENT);
    yield `${indent}}`;
  }
}

function valueText(value: Exclude<ConfigValue, ConfigTree>): string {
  if (value === true) return '';
  if (value === SECRET_DATA) return ` ${SECRET_DATA}`;
  if (!isValues(value)) return ` ${quoteWord(String(value))}`;
  const words = value.map((each) => quoteWord(String(each)));
  return words.length === 1 ? ` ${words[0]!}` : ` [ ${words.join(' ')} ]`;
}

/** One `set` command a statement, which together make the tree. */
export function* setLines(schema: GrammarNode, tree: ConfigTree, path: Path = []): IterableIterator<string> {
  for (const [node, value] of inSchemaOrder(schema, tree)) {
    const here = [...path, node.name];
    if (isTree(value) && node.value?.arity === 'key') {
      for (const [key, entry] of value) yield* containerSetLines(node, entry, [...here, quoteWord(key)]);
    } else if (isTree(value)) yield* containerSetLines(node, value, here);
    else if (isValues(value)) yield* value.map((each) => `set ${here.join(' ')} ${quoteWord(String(each))}`);
    else yield `set ${here.join(' ')}${valueText(value)}`;
  }
}

function* containerSetLines(node: GrammarNode, value: ConfigValue, path: Path): IterableIterator<string> {
  if (isTree(value) && value.size > 0) yield* setLines(node, value, path);
  else yield `set ${path.join(' ')}`;
}

function* inSchemaOrder(
  schema: GrammarNode,
  tree: ConfigTree,
): IterableIterator<readonly [GrammarNode, ConfigValue]> {
  for (const node of schema.children) {
    const value = node.aliasOf ? undefined : tree.get(node.name);
    if (value !== undefined) yield [node, value];
  }
}

/**
 * Plain data of the tree as Junos writes them in JSON and XML, statements in schema order (RFC 7951): an entry of a list
 * has its key as `name`, a flag is `[null]`, an element without content.
 */
export function documentOf(schema: GrammarNode, tree: ConfigTree): Readonly<Record<string, unknown>> {
  const statements = [...inSchemaOrder(schema, tree)];
  return Object.fromEntries(statements.map(([node, value]) => [node.name, statementDocument(node, value)]));
}

function statementDocument(node: GrammarNode, value: ConfigValue): unknown {
  if (!isTree(value)) return value === true ? [null] : value;
  if (node.value?.arity !== 'key') return documentOf(node, value);
  return [...value].map(([key, entry]) => ({ name: key, ...documentOf(node, treeOf(entry)) }));
}

/** Plain data of the tree, for the archive: containers and lists become objects. */
export function toData(value: ConfigValue): unknown {
  if (!isTree(value)) return value;
  const entries = [...value].map(([word, below]) => [word, toData(below)] as const);
  return Object.fromEntries(entries);
}

/** The tree of what `toData` gave. Throws ConfigTextError where it does not fit the schema. */
export function fromData(schema: GrammarNode, data: unknown): ConfigTree {
  return containerFrom(schema, data, []);
}

/** A stored configuration that the schema does not know. */
export class ConfigTextError extends Error {
  readonly path: Path;

  constructor(path: Path) {
    super(`no such statement or value: ${path.join(' ')}`);
    this.name = 'ConfigTextError';
    this.path = path;
  }
}

function containerFrom(node: GrammarNode, data: unknown, path: Path): ConfigTree {
  const statements = entriesOf(data, path).map(([word, below]): [string, ConfigValue] => {
    const child = childNamed(node, word);
    if (!child) throw new ConfigTextError([...path, word]);
    return [word, statementFrom(child, below, [...path, word])];
  });
  return new Map(statements);
}

function statementFrom(node: GrammarNode, data: unknown, path: Path): ConfigValue {
  switch (node.value?.arity) {
    case 'one':
      return valueFrom(node, data, path);
    case 'many':
      if (!Array.isArray(data)) throw new ConfigTextError(path);
      return data.map((each: unknown) => valueFrom(node, each, path));
    case 'key': {
      const entries = entriesOf(data, path).map(([key, entry]): [string, ConfigTree] => {
        checkKey(node, key, path);
        return [key, containerFrom(node, entry, [...path, key])];
      });
      return new Map(entries);
    }
    case undefined:
      if (!isLeaf(node)) return containerFrom(node, data, path);
      if (data !== true) throw new ConfigTextError(path);
      return data;
  }
}

function valueFrom(node: GrammarNode, data: unknown, path: Path): Scalar {
  const parsed = node.value!.type.parse(String(data));
  if (!('value' in parsed) || parsed.value !== data) throw new ConfigTextError([...path, String(data)]);
  return parsed.value;
}

function checkKey(node: GrammarNode, key: string, path: Path): void {
  const parsed = node.value!.type.parse(key);
  if (!('value' in parsed) || String(parsed.value) !== key) throw new ConfigTextError([...path, key]);
}

function entriesOf(data: unknown, path: Path): [string, unknown][] {
  if (typeof data !== 'object' || data === null || Array.isArray(data)) throw new ConfigTextError(path);
  return Object.entries(data);
}

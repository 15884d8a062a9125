/** A value tree as text: Junos' braces, set commands, and the JSON that is archived. */
import { childNamed, isLeaf, type GrammarNode } from '../grammar/node.ts';
import { isSecret, SECRET_DATA } from '../grammar/secret.ts';
import { quoted, quoteWord } from '../grammar/tokens.ts';
import type { Parsed, Scalar } from '../grammar/value-types.ts';
import { commentText, isInactive, marksFromData, marksOf, UNMARKED, type Marks } from './marks.ts';
import {
  isBare,
  isTree,
  isValues,
  MARK,
  treeOf,
  type ConfigTree,
  type ConfigValue,
  type Path,
} from './tree.ts';
import { atOnce, type InTurns } from './turns.ts';

const INDENT = '    ';

/** Lines of the braces form, statements in schema order, list entries in the order they stand in. */
export function* bracesLines(schema: GrammarNode, tree: ConfigTree, indent = ''): IterableIterator<string> {
  for (const [node, value, marks] of inSchemaOrder(schema, tree))
    yield* statementLines(node, value, { indent, marks });
}

interface Layout {
  readonly indent?: string;
  /** Of a leaf; those of others stand in them. */
  readonly marks?: Marks;
}

/** The lines of one statement. */
export function* statementLines(
  node: GrammarNode,
  value: ConfigValue,
  { indent = '', marks = UNMARKED }: Layout = {},
): IterableIterator<string> {
  if (!isTree(value)) {
    yield* commentLines(marks, indent, valueText(value).trim() || node.name);
    yield `${indent}${activity(marks, value)}${node.name}${valueText(value, marks)};${remarkOn(node)}`;
  } else if (node.value?.arity !== 'key') yield* blockLines(node, node.name, value, indent);
  else if (!standsTogether(node)) {
    for (const [key, entry] of value) yield* entryLines(node, key, entry, indent);
  } else {
    yield `${indent}${node.name} {`;
    for (const [key, entry] of value) yield* entryLines(node, key, entry, indent + INDENT);
    yield `${indent}}`;
  }
}

/** Says that what stands before it is a secret in its stored form, or stands for one. */
const SECRET_REMARK = ' ## SECRET-DATA';

function remarkOn(node: GrammarNode): string {
  return isSecret(node) ? SECRET_REMARK : '';
}

/** The lines of one entry of a list. */
export function* entryLines(
  node: GrammarNode,
  key: string,
  entry: ConfigValue,
  indent = '',
): IterableIterator<string> {
  if (isTree(entry)) yield* blockLines(node, entryWord(node, key), entry, indent);
}

function entryWord(node: GrammarNode, key: string): string {
  return standsTogether(node) ? quoteWord(key) : `${node.name} ${quoteWord(key)}`;
}

/** One line for a statement or an entry, whatever stands in it. */
export function summaryLine(
  {
    node,
    key,
    value,
  }: { readonly node: GrammarNode; readonly key: string | undefined; readonly value: ConfigValue },
  marks: Marks,
): string {
  const word = key === undefined ? node.name : entryWord(node, key);
  if (!isTree(value)) return `${word}${valueText(value, marks)};`;
  return isBare(value) ? `${word};` : `${word} { ... }`;
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
  const marks = marksOf(tree);
  const head = `${indent}${activity(marks, tree)}${word}`;
  yield* commentLines(marks, indent, word.split(' ').at(-1)!);
  if (isBare(tree)) yield `${head};`;
  else {
    yield `${head} {`;
    yield* bracesLines(node, tree, indent + INDENT);
    yield `${indent}}`;
  }
}

/** A line that tells where what stands below it is inherited from. */
export const INHERITED_NOTE = /^ *##/;

function* commentLines({ comment, group }: Marks, indent: string, what: string): IterableIterator<string> {
  if (group !== undefined)
    yield* ['', ` '${what}' was inherited from group '${group}'`, ''].map((line) => `${indent}##${line}`);
  if (comment !== undefined) yield `${indent}${commentText(comment)}`;
}

/** Before what is inactive, in braces. */
export const INACTIVE = 'inactive:';
/** Before what is so no longer, in comparisons. */
export const ACTIVE = 'active:';

function activity(marks: Marks, value: ConfigValue): string {
  return isInactive(marks, value) ? `${INACTIVE} ` : '';
}

function valueText(value: Exclude<ConfigValue, ConfigTree>, marks = UNMARKED): string {
  if (value === true) return '';
  if (value === SECRET_DATA) return ` ${SECRET_DATA}`;
  if (!isValues(value)) return ` ${quoteWord(String(value))}`;
  const words = value.map((each) => quoteWord(String(each)));
  if (words.length === 1) return ` ${words[0]!}`;
  const { inactiveValues } = marks;
  if (isInactive(marks, value)) return ` [ ${words.join(' ')} ]`;
  const marked = words.map((word, index) =>
    inactiveValues.includes(value[index]!) ? `${INACTIVE} ${word}` : word,
  );
  return ` [ ${marked.join(' ')} ]`;
}

/** Commands that together make the tree: a `set` each statement, and behind it those that mark it. */
export function* setLines(schema: GrammarNode, tree: ConfigTree, path: Path = []): IterableIterator<string> {
  for (const [node, value, marks] of inSchemaOrder(schema, tree)) {
    const here = [...path, node.name];
    if (isTree(value) && node.value?.arity === 'key') {
      for (const [key, entry] of value)
        yield* containerSetLines(node, treeOf(entry), [...here, quoteWord(key)]);
    } else if (isTree(value)) yield* containerSetLines(node, value, here);
    else {
      const values = isValues(value)
        ? value.map((each) => ` ${quoteWord(String(each))}`)
        : [valueText(value)];
      yield* values.map((each) => `set ${here.join(' ')}${each}`);
      yield* markLines(here, value, marks);
    }
  }
}

function* containerSetLines(node: GrammarNode, tree: ConfigTree, path: Path): IterableIterator<string> {
  if (isBare(tree)) yield `set ${path.join(' ')}`;
  else yield* setLines(node, tree, path);
  yield* markLines(path, tree, marksOf(tree));
}

function* markLines(path: Path, value: ConfigValue, marks: Marks): IterableIterator<string> {
  const words = path.join(' ');
  if (isInactive(marks, value)) yield `deactivate ${words}`;
  else yield* marks.inactiveValues.map((each) => `deactivate ${words} ${quoteWord(String(each))}`);
  if (marks.comment !== undefined) yield `annotate ${words} ${quoted(marks.comment)}`;
}

function* inSchemaOrder(
  schema: GrammarNode,
  tree: ConfigTree,
): IterableIterator<readonly [GrammarNode, ConfigValue, Marks]> {
  for (const node of schema.children) {
    const value = node.aliasOf ? undefined : tree.get(node.name);
    if (value !== undefined) yield [node, value, isTree(value) ? UNMARKED : marksOf(tree, node.name)];
  }
}

/**
 * Plain data of the tree as Junos writes them in JSON and XML, statements in schema order (RFC 7951): an entry of a list
 * has its key as `name`, a flag is `[null]`, an element without content. Marks are attributes (RFC 7952).
 */
export function documentOf(schema: GrammarNode, tree: ConfigTree): Readonly<Record<string, unknown>> {
  const statements = [...inSchemaOrder(schema, tree)].flatMap(([node, value, marks]) => [
    ...attributes(MARK + node.name, marks, value),
    [node.name, statementDocument(node, value)] as const,
  ]);
  return Object.fromEntries([...attributes(MARK, marksOf(tree), tree), ...statements]);
}

/** Of a leaf that has several values, one each (RFC 7952 §5.2.3): what is said of them all stands at the first. */
function attributes(name: string, marks: Marks, value: ConfigValue): (readonly [string, unknown])[] {
  const { inactive, comment, inactiveValues } = marks;
  const own = attributesOf(inactive, comment);
  if (!isValues(value)) return own ? [[name, own]] : [];
  const each = value.map((one, index) =>
    attributesOf(inactiveValues.includes(one), index === 0 ? comment : undefined),
  );
  return each.some((one) => one !== null) ? [[name, each]] : [];
}

function attributesOf(inactive: boolean, comment: string | undefined): unknown {
  if (!inactive && comment === undefined) return null;
  return { ...(inactive && { inactive }), ...(comment !== undefined && { comment: commentText(comment) }) };
}

function statementDocument(node: GrammarNode, value: ConfigValue): unknown {
  if (!isTree(value)) return value === true ? [null] : value;
  if (node.value?.arity !== 'key') return documentOf(node, value);
  return [...value].map(([key, entry]) => {
    const { [MARK]: marks, ...statements } = documentOf(node, treeOf(entry));
    return { ...(marks !== undefined && { [MARK]: marks }), name: key, ...statements };
  });
}

/** What an object of JSON would have before everything else, whatever stood before it. */
const INDEX = /^(?:0|[1-9]\d{0,9})$/;

/**
 * The tree as JSON, for the archive: containers, lists and marks become objects; a list with a key that is a number becomes
 * an array of keys and entries, which keeps its order.
 */
export function* archivedInTurns(tree: ConfigTree): InTurns<string> {
  const isArray = [...tree.keys()].some((word) => INDEX.test(word));
  const parts: string[] = [];
  for (const [word, value] of tree) {
    const said = isTree(value) ? yield* archivedInTurns(value) : JSON.stringify(value);
    parts.push(isArray ? `[${JSON.stringify(word)},${said}]` : `${JSON.stringify(word)}:${said}`);
    yield;
  }
  const text = parts.join(',');
  return isArray ? `[${text}]` : `{${text}}`;
}

export function archived(tree: ConfigTree): string {
  return atOnce(archivedInTurns(tree));
}

/** The tree of an archived text. Throws ConfigTextError where it does not fit the schema. */
export function fromArchive(schema: GrammarNode, text: string): ConfigTree {
  return atOnce(fromArchiveInTurns(schema, text));
}

export function* fromArchiveInTurns(schema: GrammarNode, text: string): InTurns<ConfigTree> {
  const data: unknown = JSON.parse(text);
  yield;
  return yield* containerFrom(schema, data, []);
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

function* containerFrom(node: GrammarNode, data: unknown, path: Path): InTurns<ConfigTree> {
  const entries = entriesOf(data, path);
  const container = data as Readonly<Record<string, unknown>>;
  const made = new Map<string, ConfigValue>();
  for (const [word, below] of entries) {
    const here = [...path, word];
    const child = childNamed(node, word);
    if (word.startsWith(MARK)) {
      const marks = marksFromData(node, word, { data: below, container });
      if (!marks) throw new ConfigTextError(here);
      made.set(word, marks);
    } else if (!child) throw new ConfigTextError(here);
    else made.set(word, isLeaf(child) ? leafFrom(child, below, here) : yield* treeFrom(child, below, here));
  }
  return made;
}

function leafFrom(node: GrammarNode, data: unknown, path: Path): ConfigValue {
  switch (node.value?.arity) {
    case 'one':
      return valueFrom(node, data, path);
    case 'many':
      if (!Array.isArray(data)) throw new ConfigTextError(path);
      return data.map((each: unknown) => valueFrom(node, each, path));
    default:
      if (data !== true) throw new ConfigTextError(path);
      return data;
  }
}

/** Of a list or a container. */
function* treeFrom(node: GrammarNode, data: unknown, path: Path): InTurns<ConfigTree> {
  if (node.value?.arity !== 'key') return yield* containerFrom(node, data, path);
  const list = new Map<string, ConfigValue>();
  for (const [key, entry] of Array.isArray(data) ? pairsOf(data, path) : entriesOf(data, path)) {
    checkKey(node, key, path);
    if (list.has(key)) throw new ConfigTextError([...path, key]);
    list.set(key, yield* containerFrom(node, entry, [...path, key]));
    yield;
  }
  return list;
}

function valueFrom(node: GrammarNode, data: unknown, path: Path): Scalar {
  const parsed = storedValue(node, String(data));
  if (!('value' in parsed) || parsed.value !== data) throw new ConfigTextError([...path, String(data)]);
  return parsed.value;
}

function storedValue(node: GrammarNode, text: string): Parsed {
  const { type } = node.value!;
  return type.parseStored ? type.parseStored(text) : type.parse(text);
}

function checkKey(node: GrammarNode, key: string, path: Path): void {
  const parsed = storedValue(node, key);
  if (!('value' in parsed) || String(parsed.value) !== key) throw new ConfigTextError([...path, key]);
}

function pairsOf(data: readonly unknown[], path: Path): readonly (readonly [string, unknown])[] {
  return data.map((pair) => {
    const [key, entry] = Array.isArray(pair) ? (pair as unknown[]) : [];
    if (typeof key !== 'string') throw new ConfigTextError(path);
    return [key, entry];
  });
}

function entriesOf(data: unknown, path: Path): [string, unknown][] {
  if (typeof data !== 'object' || data === null || Array.isArray(data)) throw new ConfigTextError(path);
  return Object.entries(data);
}

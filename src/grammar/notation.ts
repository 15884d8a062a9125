/** Reads the notation of grammar files (docs/grammar.md): a line is a word, indented lines may follow it. */
import { revived, type CompiledLines } from './compiled.ts';
import { blankDraft, type Draft } from './draft.ts';
import { effects, isEffect, type Effect } from './effects.ts';
import { descendants, type Grammar, type ValueSlot } from './node.ts';
import { TREE_VERB_NAMES } from './tree-verbs.ts';
import { VALUE_TYPE_FORMS, valueType } from './value-types.ts';

/** A mistake in a grammar file. */
export class NotationError extends Error {
  readonly file: string;
  /** Counted from 1. */
  readonly line: number;

  constructor(file: string, line: number, expected: string) {
    super(`${file}:${line}: expected ${expected}`);
    this.name = 'NotationError';
    this.file = file;
    this.line = line;
  }
}

const WORD = String.raw`[A-Za-z][\w.-]*`;
const VALUE = String.raw`<([\w-]+):([^>\s]+)(?:\s+([\w-]+))?>([*+,])?`;

type Fail = (expected: string) => NotationError;

interface Item {
  /** What it begins with, which tells sooner than the pattern that a text is none. */
  readonly begin: string;
  readonly pattern: RegExp;
  readonly read: (parts: string[], fail: Fail) => Partial<Draft>;
}

interface Attribute extends Item {
  readonly form: string;
}

/** Whatever would be read and do nothing is a mistake. */
interface Rule {
  readonly broken: (node: Draft, parent: Draft) => boolean;
  readonly expected: string;
}

/** What the lines of a kind of file may say. */
interface Notation {
  /** The forms an item takes; the first that matches the start of the line is it. */
  readonly items: readonly Item[];
  readonly itemForms: string;
  /** What may stand behind an item, in any order, each at most once. */
  readonly attributes: readonly Attribute[];
  readonly attributeForms: string;
  /** What a line says must make sense together. */
  readonly rules: readonly Rule[];
}

const VALUE_ITEM: Item = {
  begin: '<',
  pattern: new RegExp(`^${VALUE}`),
  read: ([, ...value], fail) => ({ kind: 'value', name: value[0]!, value: readValue(value, fail) }),
};

const WORD_ITEM: Item = {
  begin: '',
  pattern: new RegExp(String.raw`^(${WORD})(?:\s+${VALUE})?(?=\s|$)`),
  read: ([, name, ...value], fail) => ({ name: name!, value: readValue(value, fail) }),
};

const ITEMS: readonly Item[] = [
  {
    begin: '',
    pattern: new RegExp(String.raw`^(${WORD})\s+=>\s+(${WORD})$`),
    read: ([, name, aliasName]) => ({ name: name!, aliasName }),
  },
  {
    begin: '[',
    pattern: new RegExp(String.raw`^\[(${WORD}):\s*(${WORD})\]`),
    read: ([, slot, name]) => ({ option: true, slot, name: name! }),
  },
  {
    begin: '[',
    pattern: new RegExp(String.raw`^\[(${WORD})(?:\s+${VALUE})?\]`),
    read: ([, name, ...value], fail) => ({ option: true, name: name!, value: readValue(value, fail) }),
  },
  VALUE_ITEM,
  {
    begin: '{',
    pattern: new RegExp(String.raw`^\{(${WORD}):(${WORD})\}`),
    read: ([, name, verbName], fail) => {
      const verb = TREE_VERB_NAMES.find((known) => known === verbName);
      if (!verb) throw fail(`a tree verb (${TREE_VERB_NAMES.join(', ')}), not '${verbName!}'`);
      return { kind: 'tree', name: name!, verb };
    },
  },
  WORD_ITEM,
];

const HELP: Attribute = {
  form: '"help"',
  begin: '"',
  pattern: /^"([^"]*)"/,
  read: ([, help]) => ({ help: help! }),
};

const SHORT: Attribute = {
  form: '~short',
  begin: '~',
  pattern: /^~([\w-]*)/,
  read: ([, short]) => ({ short }),
};

const ATTRIBUTES: readonly Attribute[] = [
  HELP,
  {
    form: '@privilege',
    begin: '@',
    pattern: /^@([\w-]+)(?:\/([\w-]+))?/,
    read: ([, privilege, modifyPrivilege]) => ({ privilege, modifyPrivilege }),
  },
  { form: '-> handler', begin: '->', pattern: /^->\s*([\w-]+)/, read: ([, handler]) => ({ handler }) },
  { form: '= default', begin: '=', pattern: /^=\s+([^\s"]+)/, read: ([, defaultText]) => ({ defaultText }) },
  SHORT,
  { form: 'presence', begin: 'presence', pattern: /^presence\b/, read: () => ({ presence: true }) },
  { form: 'grouped', begin: 'grouped', pattern: /^grouped\b/, read: () => ({ grouped: true }) },
  {
    form: 'since release',
    begin: 'since',
    pattern: /^since\s+(\d+\.\d+\.\d+)(?=\s|$)/,
    read: ([, since]) => ({ since }),
  },
  { form: 'foreign', begin: 'foreign', pattern: /^foreign\b/, read: () => ({ foreign: true }) },
  {
    form: 'effect word',
    begin: 'effect',
    pattern: /^effect\s+([\w-]+)(?:\/([\w-]+))?/,
    read: ([, own, below], fail) => ({
      effect: readEffect(own!, fail),
      effectBelow: readEffect(below ?? own!, fail),
    }),
  },
  {
    form: 'for handlers',
    begin: 'for',
    pattern: /^for\s+([\w-]+\*?(?:,\s*[\w-]+\*?)*)/,
    read: ([, list]) => ({ onlyFor: list!.split(/,\s*/) }),
  },
];

const RULES: readonly Rule[] = [
  {
    broken: ({ value }) => value?.listed === true,
    expected: "no ',' behind a value, except in dialects",
  },
  { broken: (_, { option }) => option, expected: 'nothing below an option' },
  { broken: (_, { aliasName }) => aliasName !== undefined, expected: 'nothing below an alias' },
  { broken: (_, { verb }) => verb === 'command', expected: 'nothing below a tree of commands' },
  {
    broken: ({ verb, handler }) => verb === 'command' && handler !== undefined,
    expected: "no -> handler with the verb 'command', which brings its own",
  },
  {
    broken: ({ option, handler }) => option && handler !== undefined,
    expected: 'no -> handler behind an option (it belongs to the command)',
  },
  {
    broken: ({ value, option, kind, handler }) =>
      value !== undefined &&
      value.arity !== 'one' &&
      (option || (kind === 'value' ? value.arity === 'key' || handler === undefined : handler !== undefined)),
    expected:
      "'*' and '+' in statements only, behind their word, or '*' behind the value that ends a command",
  },
  {
    broken: (_, { kind, value }) => kind === 'value' && value?.arity === 'many',
    expected: "nothing below a value that takes all words ('*')",
  },
  {
    broken: ({ value, defaultText }) => defaultText !== undefined && (!value || value.arity === 'key'),
    expected: "no default where there is no value, or a list's key",
  },
  {
    broken: ({ presence, value }) => presence && value !== undefined,
    expected: "no 'presence' beside a value",
  },
  {
    broken: ({ grouped, value }) => grouped && value?.arity !== 'key',
    expected: "'grouped' behind a list only",
  },
  {
    broken: ({ foreign, kind, option }) => foreign && (option || kind !== 'word'),
    expected: "'foreign' behind a word only",
  },
  {
    broken: ({ kind, help, aliasName }) => help === '' && kind !== 'tree' && aliasName === undefined,
    expected: 'a "help" text',
  },
];

const GRAMMAR: Notation = {
  items: ITEMS,
  itemForms: 'a word, <name:type>, [option], {tree:verb} or alias => word',
  attributes: ATTRIBUTES,
  attributeForms: `${formsOf(ATTRIBUTES)}, or => word alone`,
  rules: RULES,
};

const DIALECT_ATTRIBUTES: readonly Attribute[] = [
  HELP,
  SHORT,
  {
    form: '=> canonical words',
    begin: '=>',
    pattern: /^=>\s+(\S.*)$/,
    read: ([, targetText]) => ({ targetText: targetText! }),
  },
];

/** Lines of a dialect have neither privileges nor handlers nor defaults of their own: the canonical lines have. */
const DIALECT: Notation = {
  items: [VALUE_ITEM, WORD_ITEM],
  itemForms: 'a word or <name:type>',
  attributes: DIALECT_ATTRIBUTES,
  attributeForms: formsOf(DIALECT_ATTRIBUTES),
  rules: [
    {
      broken: ({ value }) => value?.arity === 'many',
      expected: "no '*' in a dialect (its values are typed one a line, or with ',')",
    },
    { broken: (_, { kind }) => kind === 'value', expected: 'nothing below a value alone' },
    {
      broken: (_, { value }) => value !== undefined && value.arity !== 'key',
      expected: "nothing below a value, except that of a list ('+')",
    },
  ],
};

function formsOf(attributes: readonly Attribute[]): string {
  return attributes.map(({ form }) => form).join(', ');
}

/** A line whose children may still come, and the indentation the first of them set. */
interface OpenLine {
  readonly indent: number;
  readonly node: Draft;
  childIndent: number | undefined;
}

/** Parses one grammar file, or takes what was compiled of the very same text. Throws NotationError at the first mistake. */
export function readGrammar(source: string, file: string, compiled?: CompiledLines): Grammar {
  const root = takeCompiled(source, compiled) ?? readGrammarLines(source, file);
  resolveAliases(root, file);
  requireEnds(root, file);
  return Object.assign(root, { file });
}

function takeCompiled(source: string, compiled: CompiledLines | undefined): Draft | undefined {
  return compiled?.source === source ? revived(compiled) : undefined;
}

/** The lines of a grammar file below one that says nothing; what they refer to is yet to be found. */
export function readGrammarLines(source: string, file: string): Draft {
  return readLines(source, file, GRAMMAR);
}

/** Likewise the lines of a dialect, whose targets are yet to be found. Throws NotationError at the first mistake. */
export function readDialectLines(source: string, file: string, compiled?: CompiledLines): Draft {
  return takeCompiled(source, compiled) ?? readLines(source, file, DIALECT);
}

function readLines(source: string, file: string, notation: Notation): Draft {
  const root = blankDraft(0);
  const open: OpenLine[] = [{ indent: -1, node: root, childIndent: undefined }];
  for (const [index, raw] of source.split('\n').entries()) {
    const body = raw.trim();
    if (body === '' || body.startsWith('#')) continue;
    const fail: Fail = (expected) => new NotationError(file, index + 1, expected);
    if (raw.includes('\t')) throw fail('blanks, not tabs');
    const indent = raw.length - raw.trimStart().length;
    while (open.at(-1)!.indent >= indent) open.pop();
    const parent = open.at(-1)!;
    parent.childIndent ??= indent;
    if (parent.childIndent !== indent)
      throw fail(`an indentation of ${parent.childIndent} blanks, like the line's siblings`);
    const node = readLine(body, index + 1, parent.node, { notation, fail });
    parent.node.children.push(node);
    open.push({ indent, node, childIndent: undefined });
  }
  return root;
}

interface Rules {
  readonly notation: Notation;
  readonly fail: Fail;
}

function readLine(body: string, line: number, parent: Draft, { notation, fail }: Rules): Draft {
  const [item, parts] = firstMatch(notation.items, body) ?? [];
  if (!item || !parts) throw fail(notation.itemForms);
  const node = Object.assign(blankDraft(line), item.read(parts, fail));
  readAttributes(node, body.slice(parts[0].length).trim(), { notation, fail });
  const broken = notation.rules.find((rule) => rule.broken(node, parent));
  if (broken) throw fail(broken.expected);
  checkDefault(node, fail);
  if (parent.children.some((sibling) => sibling.kind === node.kind && sibling.name === node.name))
    throw fail(`one line for '${node.name}' here, not two`);
  if (node.effect === undefined) {
    node.effect = parent.effectBelow;
    node.effectBelow = parent.effectBelow;
  }
  if (node.privilege === undefined) {
    node.privilege = parent.privilege;
    node.modifyPrivilege = parent.modifyPrivilege;
  }
  return node;
}

/** The first whose pattern matches, and what it matched. */
function firstMatch<T extends Item>(forms: readonly T[], text: string): [T, RegExpExecArray] | undefined {
  for (const form of forms) {
    const parts = text.startsWith(form.begin) ? form.pattern.exec(text) : null;
    if (parts) return [form, parts];
  }
  return undefined;
}

function readEffect(word: string, fail: Fail): Effect {
  if (isEffect(word)) return word;
  throw fail(`an effect (${Object.keys(effects).join(', ')}), not '${word}'`);
}

function checkDefault({ defaultText, value }: Draft, fail: Fail): void {
  const parsed = defaultText === undefined ? undefined : value?.type.parse(defaultText);
  if (parsed && 'expected' in parsed) throw fail(`a default of ${parsed.expected}`);
}

function readAttributes(node: Draft, text: string, { notation, fail }: Rules): void {
  const seen = new Set<string>();
  let rest = text;
  while (rest !== '') {
    const [attribute, parts] = firstMatch(notation.attributes, rest) ?? [];
    if (!attribute || !parts) throw fail(`${notation.attributeForms}, not '${rest}'`);
    if (seen.has(attribute.form)) throw fail(`${attribute.form} once, not twice`);
    seen.add(attribute.form);
    Object.assign(node, attribute.read(parts, fail));
    rest = rest.slice(parts[0].length).trimStart();
  }
}

const ARITIES: Readonly<Record<string, ValueSlot['arity']>> = { '*': 'many', '+': 'key' };

function readValue(
  [name, typeName, source, arity]: (string | undefined)[],
  fail: Fail,
): ValueSlot | undefined {
  if (name === undefined || typeName === undefined) return undefined;
  const type = valueType(typeName);
  if (!type) throw fail(`a value type (${VALUE_TYPE_FORMS}), not '${typeName}'`);
  return { name, type, source, arity: ARITIES[arity ?? ''] ?? 'one', listed: arity === ',' };
}

/** A walk through a tree must end in a handler, at once or further on. */
function requireEnds(root: Draft, file: string): void {
  for (const { kind, verb, handler, children, line } of descendants(root)) {
    if (kind === 'tree' && verb !== 'command' && handler === undefined && children.length === 0)
      throw new NotationError(file, line, '-> handler behind a tree, or lines below it');
  }
}

/** An alias is its target under another word, and as visible. */
function resolveAliases(node: Draft, file: string): void {
  for (const child of node.children) {
    resolveAliases(child, file);
    if (child.aliasName === undefined) continue;
    const isTarget = (sibling: Draft) =>
      sibling.kind === 'word' && sibling.name === child.aliasName && sibling.aliasName === undefined;
    const target = node.children.find(isTarget);
    if (!target)
      throw new NotationError(file, child.line, `'${child.aliasName}' to be a line beside its alias`);
    child.aliasOf = target;
    child.privilege = target.privilege;
    child.modifyPrivilege = target.modifyPrivilege;
  }
}

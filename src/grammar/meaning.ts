/** What lines of a dialect say in canonical words, for the values that have been typed. */
import { childSpelt, type GrammarNode, type TargetWord } from './node.ts';
import type { AliasTerms, Bound, Level, PartWord, Statement } from './reading.ts';
import type { Parsed, Scalar, ValueType } from './value-types.ts';

const PLACEHOLDERS = /<([\w-]+)>/g;

/** Between the values of a line that takes several. */
const COMMA = ',';

const NOTHING_BOUND: Bound = new Map();

/** Names of the values that a word of a target waits for. */
export function placeholdersIn(text: string): readonly string[] {
  return [...text.matchAll(PLACEHOLDERS)].map(([, name]) => name!);
}

/** The level at the top of a tree. */
export function topOf(node: GrammarNode): Required<Level> {
  return { node, path: [], spelling: [], bound: NOTHING_BOUND };
}

/** All of a level, where it was told by its canonical path alone. */
export function wholeLevel({ node, path, spelling = path, bound = NOTHING_BOUND }: Level): Required<Level> {
  return { node, path, spelling, bound };
}

/** Every level on the way that words in any spelling lead, the top first; shorter where they leave the tree. */
export function levelsAlong(schema: GrammarNode, spelling: readonly string[]): readonly Required<Level>[] {
  const levels = [topOf(schema)];
  for (let index = 0; index < spelling.length; index += 1) {
    const line = childSpelt(levels.at(-1)!.node, spelling[index]!);
    if (!line) return levels;
    const level = below(levels.at(-1)!, line);
    const key = line.value?.arity === 'key' ? spelling[(index += 1)] : undefined;
    levels.push(key === undefined ? level : entryOf(level, key));
  }
  return levels;
}

/** The level that a line leads to, before its key if it has one. */
export function below({ path, spelling, bound }: Required<Level>, line: GrammarNode): Required<Level> {
  return {
    node: line,
    path: line.meaning ? filled(line.meaning.target, bound).path : [...path, line.name],
    spelling: [...spelling, line.name],
    bound,
  };
}

/** The level of one entry of a list. */
export function entryOf({ node, path, spelling, bound }: Required<Level>, key: string): Required<Level> {
  const more = node.meaning ? withValue(bound, node, key) : bound;
  return {
    node,
    path: node.meaning ? filled(node.meaning.target, more).path : [...path, key],
    spelling: [...spelling, key],
    bound: more,
  };
}

function withValue(bound: Bound, line: GrammarNode, text: string): Bound {
  return new Map(bound).set(line.value!.name, text);
}

/** What a line says at a level, whole or as far as its values are typed. */
export function statementAt({ node, path, spelling, bound }: Required<Level>): Statement {
  if (!node.meaning) return { path, value: undefined };
  const { target, takesAway, beside } = node.meaning;
  const alias: AliasTerms = {
    spelling,
    kind: kindOf(node),
    takesAway,
    beside: beside.map((words) => ({ ...filled(words, bound), unlessSet: true })),
    parts: partsOf(node, bound),
    implied: impliedIn(target, bound),
  };
  return { ...filled(target, bound), alias };
}

function kindOf(line: GrammarNode): AliasTerms['kind'] {
  if (line.children.length === 0) return 'leaf';
  return line.value === undefined ? 'container' : 'entry';
}

/** What a line with a value says at the level before it. */
export function statementOf(level: Required<Level>, line: GrammarNode, value: Scalar): Statement {
  if (!line.meaning) return { path: [...level.path, line.name], value };
  const say = (text: string): Statement => {
    const bound = withValue(level.bound, line, text);
    return statementAt({ ...level, node: line, spelling: [...level.spelling, line.name], bound });
  };
  if (!line.value!.listed) return say(String(value));
  const [first, ...others] = String(value).split(COMMA).filter(Boolean).map(say) as [
    Statement,
    ...Statement[],
  ];
  const alias = first.alias!;
  const also = others.flatMap((other) => [{ ...other, unlessSet: false }, ...other.alias!.beside]);
  return {
    ...first,
    alias: {
      ...alias,
      beside: [...alias.beside, ...also],
      parts: [...alias.parts, ...others.flatMap((other) => other.alias!.parts)],
    },
  };
}

/** Whether more values must follow. */
export function awaitsMore(line: GrammarNode, value: Scalar): boolean {
  return line.value!.listed && String(value).endsWith(COMMA);
}

/** The type of a line's value: what its words and those of the canonical statement both accept. */
export function typeIn(line: GrammarNode, bound: Bound): ValueType {
  const { type, listed } = line.value!;
  if (!line.meaning) return type;
  const one = (text: string): Parsed => {
    const parsed = type.parse(text);
    if ('expected' in parsed) return parsed;
    return refusalOf(line.meaning!.target, withValue(bound, line, String(parsed.value))) ?? parsed;
  };
  return { ...type, parse: listed ? (text) => listOf(text, one) : one };
}

/** Texts with commas between them, and perhaps one behind: another word with more is to follow. */
function listOf(text: string, one: (text: string) => Parsed): Parsed {
  const isOpen = text.endsWith(COMMA);
  const each = (isOpen ? text.slice(0, -COMMA.length) : text).split(COMMA).map(one);
  const refused = each.find((parsed) => 'expected' in parsed);
  if (refused) return refused;
  const values = each.flatMap((parsed) => ('value' in parsed ? String(parsed.value) : []));
  return { value: values.join(COMMA) + (isOpen ? COMMA : '') };
}

/** Why a canonical statement does not take a value that the dialect's line does. */
function refusalOf(target: readonly TargetWord[], bound: Bound): Parsed | undefined {
  const parsed = target.filter(({ role, text }) => role !== 'word' && isBound(text, bound));
  return parsed
    .map(({ node, text }) => node.value!.type.parse(fill(text, bound)))
    .find((each) => 'expected' in each);
}

/** Path and value up to the first value that is not typed yet. */
function filled(target: readonly TargetWord[], bound: Bound): { path: string[]; value: Scalar | undefined } {
  const path: string[] = [];
  for (const { text, role, node } of target) {
    if (!isBound(text, bound)) break;
    const typed = fill(text, bound);
    const parsed = role === 'word' ? undefined : node.value!.type.parse(typed);
    const value = parsed && 'value' in parsed ? parsed.value : typed;
    if (role === 'value') return { path, value };
    path.push(String(value));
  }
  return { path, value: undefined };
}

function isBound(text: string, bound: Bound): boolean {
  return placeholdersIn(text).every((name) => bound.has(name));
}

function fill(text: string, bound: Bound): string {
  return text.replaceAll(PLACEHOLDERS, (whole, name: string) => bound.get(name) ?? whole);
}

/** Everything that a line and those below it say; what lies below another part is no part of its own. */
function partsOf(line: GrammarNode, bound: Bound): readonly (readonly PartWord[])[] {
  const own = line.meaning!.own ? [partOf(line.meaning!.target, bound)] : [];
  const all = [...own, ...line.children.flatMap((child) => partsOf(child, bound))];
  return all.filter(
    (part, index) =>
      !all.some((other, at) => covers(other, part) && (other.length < part.length || at < index)),
  );
}

function covers(whole: readonly PartWord[], part: readonly PartWord[]): boolean {
  return whole.every((word, index) => JSON.stringify(word) === JSON.stringify(part[index]));
}

/** The path of a target; where the key is not typed, any that the target can have. */
function partOf(target: readonly TargetWord[], bound: Bound): readonly PartWord[] {
  const { path } = filled(target, bound);
  const next = target[path.length];
  if (next?.role !== 'key') return path;
  const parts = fill(next.text, bound).split(PLACEHOLDERS);
  return [...path, { begins: parts[0]!, ends: parts.at(-1)! }];
}

/** Paths of the entries whose keys nobody typed as such, the deepest first. */
function impliedIn(target: readonly TargetWord[], bound: Bound): readonly (readonly string[])[] {
  const { path } = filled(target, bound);
  const isMadeUp = ({ role, text }: TargetWord) => role === 'key' && !/^<[\w-]+>$/.test(text);
  return path.flatMap((_, index) => (isMadeUp(target[index]!) ? [path.slice(0, index + 1)] : [])).reverse();
}

/** Aliases where a command begins: what they stand for, in place of a word that would mean nothing else there. */
import type { Alias, Aliases } from '../commands/command.ts';
import type { Candidate } from '../grammar/complete.ts';
import { readWords, type GrammarContext } from '../grammar/match.ts';
import type { GrammarNode } from '../grammar/node.ts';
import type { Reading } from '../grammar/reading.ts';
import { tokenize, type Token } from '../grammar/tokens.ts';

/** A line with the words of an alias in place of its name. What they are is not looked up again. */
export interface Expansion {
  readonly line: string;
  /** Offset past the alias in the line as typed. */
  readonly end: number;
  /** Where it was typed what stands at an offset of `line`; the name, for what it stands for. */
  readonly typedAt: (offset: number) => number;
}

/** Whose aliases, and where they are typed. */
export interface AliasPlace {
  readonly root: GrammarNode;
  readonly context: GrammarContext;
  readonly aliases: Pick<Aliases, 'all'>;
}

/** Undefined for a line with no alias where its command begins. */
export function expand(line: string, { root, context, aliases }: AliasPlace): Expansion | undefined {
  const [words = []] = tokenize(line).sections;
  const { readings, refused } = readWords(root, words, context);
  const word = refused === undefined ? undefined : words[refused];
  if (word === undefined || word.quoted || !readings.some(beginsCommand)) return undefined;
  const alias = aliases.all().find(({ name }) => name === word.text);
  if (alias === undefined) return undefined;
  const { start, end } = word;
  const endOfWords = start + alias.words.length;
  return {
    line: line.slice(0, start) + alias.words + line.slice(end),
    end,
    typedAt: (offset) =>
      offset < endOfWords ? Math.min(offset, start) : offset - alias.words.length + (end - start),
  };
}

/** Rows of help for the aliases that begin so and may be typed here, behind the words `before`. */
export function aliasRows(
  before: readonly Token[],
  partial: string,
  { root, context, aliases }: AliasPlace,
): readonly Candidate[] {
  const { readings, refused } = readWords(root, before, context);
  if (refused !== undefined || !readings.some(beginsCommand)) return [];
  const isHidden = ({ name }: Alias): boolean =>
    readWords(root, [...before, wordOf(name)], context).refused === undefined;
  return aliases
    .all()
    .filter((alias) => alias.name.startsWith(partial) && !isHidden(alias))
    .map(({ name, words }) => ({
      text: name,
      help: `Alias of '${words}'`,
      literal: true,
      marker: '',
      own: true,
    }));
}

/** At the start of a line, and behind `run`. */
function beginsCommand({ before, at }: Reading): boolean {
  const isOperational = ({ verb, name }: GrammarNode): boolean =>
    verb === 'command' && name === 'operational';
  return before === undefined || at.children.some(isOperational);
}

const wordOf = (text: string): Token => ({ text, start: 0, end: text.length, quoted: false });

/** Whether a word, whole or abbreviated, begins a line. */
export function begins(word: string, root: GrammarNode, context: GrammarContext): boolean {
  return readWords(root, [wordOf(word)], context).refused === undefined;
}

/** Splits a typed line into words and pipe sections, keeping where each stood. */

export interface Token {
  /** The word without its quotes and escapes. */
  readonly text: string;
  /** Offsets in the line, in UTF-16 units: first character, and one past the last. */
  readonly start: number;
  readonly end: number;
  readonly quoted: boolean;
}

export interface Tokens {
  /** One list of words a section: the command, then each pipe. */
  readonly sections: readonly (readonly Token[])[];
  /** Where a quote that is never closed begins. */
  readonly openQuote: number | undefined;
  /** The line ends in a blank or a pipe, so that a new word begins at its end. */
  readonly betweenWords: boolean;
}

const BLANK = /\s/;

const PIPE = '|';
const WORD_END = /[\s|]/;

/** Where a word might begin; inside one it is a character like any other. */
const COMMENT = '#';

const NO_PIPES: ReadonlySet<string> = new Set();

/**
 * A `|` outside quotes separates sections; only amid a word behind the name of a pipe, as in the pattern
 * `| match a|b`, it is a character like any other, unless one of `pipes` stands whole behind it.
 */
export function tokenize(line: string, pipes: ReadonlySet<string> = NO_PIPES): Tokens {
  const sections: Token[][] = [[]];
  let openQuote: number | undefined;
  let at = 0;
  while (at < line.length) {
    const character = line[at]!;
    if (BLANK.test(character)) at += 1;
    else if (character === COMMENT) break;
    else if (line[at] === PIPE) {
      sections.push([]);
      at += 1;
    } else {
      const mayHavePipes = sections.length > 1 && sections.at(-1)!.length > 0;
      const { token, open } = readWord(line, at, mayHavePipes ? pipes : undefined);
      sections.at(-1)!.push(token);
      openQuote = open;
      at = token.end;
    }
  }
  const last = sections.at(-1)!.at(-1);
  return { sections, openQuote, betweenWords: (last?.end ?? -1) !== line.length };
}

/** Whether a `|` amid a word ends it: nothing follows that could belong to it, or a pipe does. */
function endsWord(line: string, at: number, pipes: ReadonlySet<string>): boolean {
  const [after] = line.slice(at + 1).split(WORD_END, 1);
  return after === '' || line[at - 1] === '"' || pipes.has(after!);
}

/** `pipes`: where a `|` may stand in a word, the words that it does not belong to it before. */
function readWord(
  line: string,
  start: number,
  pipes: ReadonlySet<string> | undefined,
): { token: Token; open: number | undefined } {
  let text = '';
  let quote: number | undefined;
  let quoted = false;
  let at = start;
  for (; at < line.length; at += 1) {
    const character = line[at]!;
    if (character === '"') {
      quote = quote === undefined ? at : undefined;
      quoted = true;
    } else if (character === '\\' && quote !== undefined && /["\\]/.test(line[at + 1] ?? '')) {
      at += 1;
      text += line[at]!;
    } else if (quote === undefined && BLANK.test(character)) break;
    else if (quote === undefined && character === PIPE && (!pipes || endsWord(line, at, pipes))) break;
    else text += character;
  }
  return { token: { text, start, end: at, quoted }, open: quote };
}

/** What a word would not be taken for a word at: a comment, and what may stand before a statement in braces. */
const NOT_A_WORD = /^(\/\*|(inactive|active|replace|delete|merge):$)/;

const SEMICOLON = ';';

/** A part of a line that is read as if it stood alone. */
export interface Section {
  readonly text: string;
  /** Its offset in the line. */
  readonly start: number;
}

/**
 * The commands of a line, which a `;` with a blank before or behind it separates; amid a word, at the end of the last one,
 * in quotes and in comments it is a character like any other.
 */
export function commandsOf(line: string): readonly Section[] {
  const commands: Section[] = [];
  let start = 0;
  let isQuoted = false;
  for (let at = 0; at < line.length; at += 1) {
    const character = line[at]!;
    const beginsWord = at === start || BLANK.test(line[at - 1]!);
    if (character === '"') isQuoted = !isQuoted;
    else if (isQuoted) at += character === '\\' ? 1 : 0;
    else if (character === COMMENT && beginsWord) break;
    else if (character === SEMICOLON && (beginsWord || BLANK.test(line[at + 1] ?? ''))) {
      commands.push({ text: line.slice(start, at), start });
      start = at + 1;
    }
  }
  return [...commands, { text: line.slice(start), start }];
}

/** Writes a value so that `tokenize` reads it back as one word, and so does whoever reads braces. */
export function quoteWord(text: string): string {
  return /^[^\s"|[\]{};#\\]+$/.test(text) && !NOT_A_WORD.test(text) ? text : quoted(text);
}

/** The same, in quotes: it is never taken for a keyword. */
export function quoted(text: string): string {
  return `"${text.replace(/["\\]/g, '\\$&')}"`;
}

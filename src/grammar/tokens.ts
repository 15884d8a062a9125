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

/** Where a word might begin; inside one it is a character like any other. */
const COMMENT = '#';

/**
 * A `|` separates sections where a blank stands on either side of it (or the line ends); within a word, as
 * in the pattern `a|b`, it is a character like any other.
 */
export function tokenize(line: string): Tokens {
  const sections: Token[][] = [[]];
  let openQuote: number | undefined;
  let at = 0;
  while (at < line.length) {
    const character = line[at]!;
    if (BLANK.test(character)) at += 1;
    else if (character === COMMENT) break;
    else if (isPipe(line, at)) {
      sections.push([]);
      at += 1;
    } else {
      const { token, open } = readWord(line, at);
      sections.at(-1)!.push(token);
      if (open !== undefined) openQuote = open;
      at = token.end;
    }
  }
  const last = sections.at(-1)!.at(-1);
  return { sections, openQuote, betweenWords: openQuote === undefined && (last?.end ?? -1) !== line.length };
}

function isPipe(line: string, at: number): boolean {
  if (line[at] !== '|') return false;
  const before = line[at - 1];
  const after = line[at + 1];
  return (
    before === undefined || after === undefined || BLANK.test(before) || BLANK.test(after) || before === '|'
  );
}

function readWord(line: string, start: number): { token: Token; open: number | undefined } {
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
    } else if (quote === undefined && (BLANK.test(character) || isPipe(line, at))) break;
    else text += character;
  }
  return { token: { text, start, end: at, quoted }, open: quote };
}

/** What a word would not be taken for a word at: a comment, and what may stand before a statement in braces. */
const NOT_A_WORD = /^(\/\*|(inactive|active|replace|delete|merge):$)/;

/** Writes a value so that `tokenize` reads it back as one word, and so does whoever reads braces. */
export function quoteWord(text: string): string {
  return /^[^\s"|[\]{};#\\]+$/.test(text) && !NOT_A_WORD.test(text) ? text : quoted(text);
}

/** The same, in quotes: it is never taken for a keyword. */
export function quoted(text: string): string {
  return `"${text.replace(/["\\]/g, '\\$&')}"`;
}

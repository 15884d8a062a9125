/** The tokens of JSON (RFC 8259), each with its line: what `JSON.parse` does not tell. */
import type { Faults } from './faults.ts';
import { closingQuote } from './quoted.ts';

export interface JsonToken {
  /** `plain`: a number, or one of the words of JSON. */
  readonly kind: '{' | '}' | '[' | ']' | ',' | ':' | 'string' | 'plain';
  /** Of a string: without its quotes and escapes. */
  readonly text: string;
  /** Counted from 1. */
  readonly line: number;
}

const BLANKS = /[ \t\r]+/y;
const PLAIN = /[-+.\w]{1,64}/y;
const NUMBER_OR_WORD = /^(-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?|true|false|null)$/;
const MARKS = '{}[],:';

export function* jsonTokens(text: string, faults: Faults): Generator<JsonToken, undefined> {
  let line = 1;
  let at = 0;
  while (at < text.length) {
    const character = text[at]!;
    BLANKS.lastIndex = PLAIN.lastIndex = at;
    if (character === '\n') {
      line += 1;
      at += 1;
    } else if (BLANKS.test(text)) at = BLANKS.lastIndex;
    else if (MARKS.includes(character)) {
      at += 1;
      yield { kind: character as JsonToken['kind'], text: character, line };
    } else if (character === '"') {
      const end = closingQuote(text, at);
      const said = end === undefined ? undefined : stringIn(text.slice(at, end + 1));
      if (end === undefined || said === undefined)
        return faults.end(line, 'not-json', [], { expected: 'a string that is closed and has no controls' });
      at = end + 1;
      yield { kind: 'string', text: said, line };
    } else {
      const [plain = character] = PLAIN.exec(text) ?? [];
      if (!NUMBER_OR_WORD.test(plain)) return faults.end(line, 'not-json', [], { expected: `no '${plain}'` });
      at += plain.length;
      yield { kind: 'plain', text: plain, line };
    }
  }
  return undefined;
}

function stringIn(quoted: string): string | undefined {
  try {
    return JSON.parse(quoted) as string;
  } catch {
    return undefined;
  }
}

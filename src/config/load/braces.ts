/** Reads Junos' braces: `server { port 862; }`. */
import { closingQuote } from './quoted.ts';
import type { Faults } from './faults.ts';
import type { ReadingParts, Said } from './said.ts';
import { SECRET_DATA } from '../../grammar/secret.ts';
import type { Place, Word, Words } from './statement-reader.ts';

type Mark = '{' | '}' | ';' | '[' | ']';

export type Token =
  | { readonly kind: 'word'; readonly line: number; readonly word: Word }
  | { readonly kind: 'mark'; readonly line: number; readonly mark: Mark }
  /** A comment between `/*` and its end, without them. */
  | { readonly kind: 'comment'; readonly line: number; readonly text: string };

const BLANKS = /[^\S\n]+/y;
const PLAIN = /[^\s"{}[\];]+/y;
const REMARK = /#[^\n]*/y;
const COMMENT_START = '/*';
const COMMENT_END = '*/';

/** The tokens of a text whose first line has that number. */
export function* bracesTokens(text: string, faults: Faults, firstLine = 1): IterableIterator<Token> {
  let line = firstLine;
  let at = 0;
  const match = (pattern: RegExp): RegExpExecArray | null => {
    pattern.lastIndex = at;
    const found = pattern.exec(text);
    if (found) at = pattern.lastIndex;
    return found;
  };
  while (at < text.length) {
    const character = text[at]!;
    if (character === '\n') {
      line += 1;
      at += 1;
    } else if (match(BLANKS) || match(REMARK)) continue;
    else if (text.startsWith(COMMENT_START, at)) {
      const end = text.indexOf(COMMENT_END, at + COMMENT_START.length);
      if (end === -1) faults.end(line, 'open-comment');
      const comment = text.slice(at + COMMENT_START.length, end);
      yield { kind: 'comment', line, text: comment };
      line += comment.split('\n').length - 1;
      at = end + COMMENT_END.length;
    } else if ('{};[]'.includes(character)) {
      at += 1;
      yield { kind: 'mark', line, mark: character as Mark };
    } else yield { kind: 'word', line, word: word() };
  }

  /** Parts of a word may be quoted, as in a typed line. */
  function word(): Word {
    let said = '';
    let quoted = false;
    for (;;) {
      const plain = match(PLAIN);
      if (plain) said += plain[0];
      else if (text[at] === '"') {
        const end = closingQuote(text, at);
        if (end === undefined) faults.end(line, 'open-quote');
        quoted = true;
        said += text.slice(at + 1, end).replace(/\\(["\\])/g, '$1');
        at = end + 1;
      } else return { text: said, quoted };
    }
  }
}

/** What may stand before a statement. */
const TAGS = ['replace:', 'delete:', 'merge:'];

function* clearedBy(tag: string | undefined, read: Words, line: number): Iterable<Said> {
  const { statements, path } = read;
  const whole = { path, value: undefined };
  const deleted = statements.length > 0 ? statements : [whole];
  for (const statement of tag === 'replace:' ? [whole] : tag === 'delete:' ? deleted : [])
    yield { line, verb: 'clear', statement };
}

/** What stands between its braces is being read. */
interface Open {
  /** Undefined where the braces could not be understood, and what is in them is passed over. */
  readonly place: Place | undefined;
  readonly line: number;
  /** Said when they are closed. */
  readonly last: Said | undefined;
}

/** What the statements are: there (`set`), or, in a patch, to be taken away (`delete`). */
export type BracesVerb = 'set' | 'delete';

export function readBraces(text: string, parts: ReadingParts): Iterable<Said | undefined> {
  return new BracesReader(parts, 'set').read(bracesTokens(text, parts.faults));
}

export class BracesReader {
  readonly #parts: ReadingParts;
  readonly #verb: BracesVerb;
  readonly #open: Open[];
  #words: Word[] = [];
  #line = 0;
  #tag: string | undefined;
  /** Where `[` stands, until its `]`. */
  #list: number | undefined;

  constructor(parts: ReadingParts, verb: BracesVerb) {
    this.#parts = parts;
    this.#verb = verb;
    this.#open = [{ place: parts.place, line: 0, last: undefined }];
  }

  *read(tokens: Iterable<Token>): Iterable<Said | undefined> {
    const { faults } = this.#parts;
    for (const token of tokens) {
      if (token.kind === 'word') this.#take(token.word, token.line);
      else if (token.kind === 'comment') this.#comment(token.text);
      else yield* this.#mark(token.mark, token.line);
    }
    if (this.#words.length > 0) faults.end(this.#line, 'missing-semicolon', this.#place?.path);
    const unclosed = this.#open.at(-1)!;
    if (this.#open.length > 1) faults.end(unclosed.line, 'open-brace', unclosed.place?.path);
  }

  get #place(): Place | undefined {
    return this.#open.at(-1)!.place;
  }

  #take(word: Word, line: number): void {
    if (this.#words.length === 0) {
      this.#line = line;
      if (!word.quoted && this.#tag === undefined && TAGS.includes(word.text)) {
        this.#tag = word.text;
        return;
      }
    }
    this.#words.push(word);
  }

  /** A secret that was not shown is a comment where its value would be. */
  #comment(text: string): void {
    if (this.#words.length > 0 && `/*${text}*/` === SECRET_DATA)
      this.#words.push({ text: SECRET_DATA, quoted: true });
  }

  *#mark(mark: Mark, line: number): Iterable<Said | undefined> {
    const { faults } = this.#parts;
    switch (mark) {
      case '[':
      case ']':
        if ((mark === '[') !== (this.#list === undefined) || this.#words.length === 0)
          faults.end(line, 'unexpected-word', this.#place?.path, { word: mark });
        this.#list = mark === '[' ? line : undefined;
        this.#words.push({ text: mark, quoted: false });
        return;
      case ';':
        if (this.#list !== undefined) faults.end(this.#list, 'open-list', this.#place?.path);
        if (this.#words.length > 0) yield* this.#statement(false);
        return;
      case '{':
        if (this.#words.length === 0 || this.#list !== undefined)
          faults.end(line, 'unexpected-brace', this.#place?.path, { brace: mark });
        yield* this.#statement(true);
        return;
      case '}':
        if (this.#words.length > 0) faults.end(this.#line, 'missing-semicolon', this.#place?.path);
        yield this.#close(line);
    }
  }

  #close(line: number): Said | undefined {
    if (this.#open.length === 1)
      this.#parts.faults.end(line, 'unexpected-brace', this.#place?.path, { brace: '}' });
    return this.#open.pop()!.last;
  }

  /** The words before `;` or `{`. */
  *#statement(hasBelow: boolean): Iterable<Said | undefined> {
    const { faults, limits, reader } = this.#parts;
    const [from, words, line, tag] = [this.#place, this.#words, this.#line, this.#tag];
    [this.#words, this.#tag] = [[], undefined];
    if (hasBelow && this.#open.length > limits.depth)
      faults.end(line, 'too-deep', from?.path, { maximum: limits.depth });
    if (from === undefined) {
      if (hasBelow) this.#open.push({ place: undefined, line, last: undefined });
      return;
    }
    const read = reader.read(from, words, hasBelow);
    if (read.fault) {
      const { code, path, details } = read.fault;
      if (code === 'missing-value' && tag === 'delete:') {
        yield { line, verb: 'clear', statement: { path, value: undefined } };
        return;
      }
      if (hasBelow) this.#open.push({ place: undefined, line, last: undefined });
      faults.add(line, code, path, details);
      return;
    }
    const isGone = tag === 'delete:';
    yield* clearedBy(tag, read, line);
    const said = isGone ? [] : read.statements.map((statement) => ({ line, statement }));
    // What has more below it is there before that is, and is gone after that is.
    const isLast = this.#verb === 'delete' && read.place !== undefined;
    if (!isLast) for (const each of said) yield { ...each, verb: this.#verb };
    const last = isLast ? said.map((each): Said => ({ ...each, verb: 'delete-empty' })).at(-1) : undefined;
    if (hasBelow) this.#open.push({ place: isGone ? undefined : read.place, line, last });
    else yield last;
  }
}

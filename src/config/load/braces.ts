/** Reads Junos' braces: `server { port 862; }`. */
import { closingQuote } from './quoted.ts';
import type { Faults } from './faults.ts';
import type { Statement } from '../../grammar/match.ts';
import { commentIn, type MarkChange } from '../marks.ts';
import { ACTIVE, INACTIVE } from '../text.ts';
import type { Path } from '../tree.ts';
import type { Deed, ReadingParts, Said } from './said.ts';
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

/** What may stand before a statement: how it is marked, or what is done with it. */
const ACTIVITY = new Map([
  [INACTIVE, true],
  [ACTIVE, false],
]);
const OPERATIONS: readonly string[] = ['replace:', 'delete:', 'merge:'];

/** What stands between its braces is being read. */
interface Open {
  /** Undefined where the braces could not be understood, and what is in them is passed over. */
  readonly place: Place | undefined;
  readonly line: number;
  /** Said when they are closed. */
  readonly last: readonly Said[];
}

/** What the statements are: there (`set`), or, in a patch, to be taken away (`remove`). */
export type BracesVerb = 'set' | 'remove';

export function* readBraces(text: string, parts: ReadingParts): Iterable<Said | undefined> {
  const reader = new BracesReader(parts, 'set');
  for (const token of bracesTokens(text, parts.faults)) yield* reader.take(token);
  reader.end();
}

export class BracesReader {
  readonly #parts: ReadingParts;
  readonly #verb: BracesVerb;
  readonly #open: Open[];
  #words: Word[] = [];
  #line = 0;
  #operation: string | undefined;
  /** How the statement is marked, as far as it is told. */
  #marks: MarkChange = {};
  /** Where `[` stands, until its `]`. */
  #list: number | undefined;

  constructor(parts: ReadingParts, verb: BracesVerb) {
    this.#parts = parts;
    this.#verb = verb;
    this.#open = [{ place: parts.place, line: 0, last: [] }];
  }

  *take(token: Token): Iterable<Said | undefined> {
    if (token.kind === 'word') this.#word(token.word, token.line);
    else if (token.kind === 'comment') this.#comment(token);
    else yield* this.#mark(token.mark, token.line);
  }

  /** There are no more tokens. */
  end(): void {
    const { faults } = this.#parts;
    if (this.#words.length > 0) faults.end(this.#line, 'missing-semicolon', this.#place?.path);
    const unclosed = this.#open.at(-1)!;
    if (this.#open.length > 1) faults.end(unclosed.line, 'open-brace', unclosed.place?.path);
  }

  /** What was told of a statement that has not come. */
  takeMarks(): MarkChange {
    const marks = this.#marks;
    this.#marks = {};
    return marks;
  }

  get #place(): Place | undefined {
    return this.#open.at(-1)!.place;
  }

  #word(word: Word, line: number): void {
    const { text, quoted } = word;
    if (this.#words.length > 0 || quoted) this.#words.push(word);
    else if (ACTIVITY.has(text)) this.#marks = { ...this.#marks, inactive: ACTIVITY.get(text)! };
    else if (OPERATIONS.includes(text)) this.#operation = text;
    else this.#words.push(word);
    if (this.#words.length === 1) this.#line = line;
  }

  /** Before a statement it is of that; a secret that was not shown is one where its value would be. */
  #comment({ text, line }: Token & { readonly kind: 'comment' }): void {
    if (this.#words.length > 0) {
      if (`/*${text}*/` === SECRET_DATA) this.#words.push({ text: SECRET_DATA, quoted: true });
      return;
    }
    const read = commentIn(text);
    if ('expected' in read) this.#parts.faults.add(line, 'invalid-value', this.#place?.path, read);
    else if (read.comment !== '') this.#marks = { ...this.#marks, comment: read.comment };
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
        yield* this.#close(line);
        yield;
    }
  }

  #close(line: number): readonly Said[] {
    if (this.#open.length === 1)
      this.#parts.faults.end(line, 'unexpected-brace', this.#place?.path, { brace: '}' });
    this.#marks = {};
    return this.#open.pop()!.last;
  }

  /** The words before `;` or `{`. */
  *#statement(hasBelow: boolean): Iterable<Said> {
    const { faults, limits, reader } = this.#parts;
    const [from, words, line, operation] = [this.#place, this.#words, this.#line, this.#operation];
    const marks = this.takeMarks();
    [this.#words, this.#operation] = [[], undefined];
    if (hasBelow && this.#open.length > limits.depth)
      faults.end(line, 'too-deep', from?.path, { maximum: limits.depth });
    const read = from && reader.read(from, words, hasBelow);
    if (read === undefined || read.fault) {
      if (hasBelow) this.#open.push({ place: undefined, line, last: [] });
      if (read === undefined) return;
      const { code, path, details } = read.fault;
      if (code === 'missing-value' && operation === 'delete:') yield clearing(path, line);
      else faults.add(line, code, path, details);
      return;
    }
    yield* clearedBy(operation, read, line);
    const isGone = operation === 'delete:';
    const { first, last } = isGone ? NOTHING_SAID : saidOf(read, marks, this.#verb, line);
    yield* first;
    if (hasBelow) this.#open.push({ place: isGone ? undefined : read.place, line, last });
    else yield* last;
  }
}

/** What is said of a statement before and behind what stands below it. */
interface Around {
  readonly first: readonly Said[];
  readonly last: readonly Said[];
}

const NOTHING_SAID: Around = { first: [], last: [] };

/** What has more below it is there before that is, and is gone after that is; it is marked when it is there. */
function saidOf(read: Words, marks: MarkChange, verb: BracesVerb, line: number): Around {
  const { statements, inactive, path, place } = read;
  const said =
    (deed: Deed) =>
    (statement: Statement): Said => ({ ...deed, line, statement });
  if (verb === 'remove')
    return place === undefined
      ? { first: statements.map(said({ verb })), last: [] }
      : { first: [], last: statements.map(said({ verb: 'remove-empty' })) };
  const isMarked = Object.keys(marks).length > 0 && place?.awaitsKey !== true;
  return {
    first: statements.map(said({ verb })),
    last: [
      ...inactive.map(said({ verb: 'mark', change: { inactive: true } })),
      ...(isMarked ? [said({ verb: 'mark', change: marks })({ path, value: undefined })] : []),
    ],
  };
}

function clearing(path: Path, line: number): Said {
  return { line, verb: 'clear', statement: { path, value: undefined } };
}

function clearedBy(
  operation: string | undefined,
  { statements, path }: Words,
  line: number,
): readonly Said[] {
  if (operation === 'replace:') return [clearing(path, line)];
  if (operation !== 'delete:') return [];
  if (statements.length === 0) return [clearing(path, line)];
  return statements.map((statement) => ({ line, verb: 'clear', statement }));
}

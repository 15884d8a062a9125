/** Cuts an imported file into the texts of its entries, whatever form it has, without ever holding more than one. */

export type TextForm = 'json-lines' | 'json' | 'xml' | 'text';

/** The text of one entry, and the line it begins at, counted from 1. */
export interface Entry {
  readonly text: string;
  readonly line: number;
}

/** An entry longer than this is refused. */
export const ENTRY_CHARACTERS_MAX = 65_536;

/** An entry that cannot be read; what follows it can. */
export interface BrokenEntry {
  readonly code: 'too-long' | 'unfinished';
  readonly line: number;
}

const entryOf = (text: string, line: number): Entry | BrokenEntry =>
  text.length > ENTRY_CHARACTERS_MAX ? { code: 'too-long', line } : { text, line };

export type EntryReader = {
  /** Takes characters, gives the entries that end in them. */
  take(text: string): readonly (Entry | BrokenEntry)[];
  /** What is left behind the last one. */
  end(): readonly (Entry | BrokenEntry)[];
};

/** What a file begins with, up to the end of its first line at least, tells its form. */
export function formOf(beginning: string): TextForm {
  const [first = ''] = beginning.trimStart().split('\n', 1);
  if (first.startsWith('<')) return 'xml';
  if (/^\{.*\}\s*$/.test(first)) return 'json-lines';
  return /^\{|^\[(?!\d+\.|[A-Z]+\])/.test(first) ? 'json' : 'text';
}

export function readerOf(form: TextForm): EntryReader {
  if (form === 'xml') return new ElementReader();
  if (form === 'json') return new ObjectReader();
  return form === 'text' ? new LineReader(isListed) : new LineReader();
}

/** The end of what `conntrack -L` and /proc have of a connection, unless ids follow. */
const LISTED = /\suse=\d+$/;

/** Whether a line is known to be whole, by itself and the one before: elsewhere a number may have lost its last digits. */
const isListed = (line: string, before: string | undefined): boolean =>
  LISTED.test(line) && (before === undefined || LISTED.test(before));

/** Lines with something in them. */
export class LineReader implements EntryReader {
  /** Whether the last line is whole if no line feed is behind it. */
  readonly #isWhole: (line: string, before: string | undefined) => boolean;
  #before: string | undefined;
  #line = 1;
  #rest = '';
  #isTooLong = false;

  constructor(isWhole: (line: string, before: string | undefined) => boolean = () => true) {
    this.#isWhole = isWhole;
  }

  take(text: string): readonly (Entry | BrokenEntry)[] {
    const entries: (Entry | BrokenEntry)[] = [];
    let start = 0;
    for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n', start)) {
      this.#add(text.slice(start, end));
      this.#finish(entries);
      start = end + 1;
    }
    this.#add(text.slice(start));
    return entries;
  }

  end(): readonly (Entry | BrokenEntry)[] {
    const entries: (Entry | BrokenEntry)[] = [];
    const last = this.#rest.trim();
    if (last !== '' && !this.#isWhole(last, this.#before)) return [{ code: 'unfinished', line: this.#line }];
    this.#finish(entries);
    return entries;
  }

  #add(text: string): void {
    this.#isTooLong ||= this.#rest.length + text.length > ENTRY_CHARACTERS_MAX;
    this.#rest = this.#isTooLong ? '' : this.#rest + text;
  }

  #finish(entries: (Entry | BrokenEntry)[]): void {
    const line = this.#line;
    if (this.#isTooLong) entries.push({ code: 'too-long', line });
    else {
      const text = this.#rest.trim();
      if (text !== '') {
        entries.push({ text, line });
        this.#before = text;
      }
    }
    this.#rest = '';
    this.#isTooLong = false;
    this.#line += 1;
  }
}

/** Elements `<flow>`. */
class ElementReader implements EntryReader {
  readonly #opening = '<flow';
  readonly #closing = '</flow>';
  #line = 1;
  #rest = '';
  /** An element too long is being skipped. */
  #isSkipping = false;

  take(text: string): readonly (Entry | BrokenEntry)[] {
    const entries: (Entry | BrokenEntry)[] = [];
    this.#rest += text;
    for (;;) {
      const start = this.#isSkipping ? 0 : this.#rest.indexOf(this.#opening);
      const end = start < 0 ? -1 : this.#rest.indexOf(this.#closing, start);
      if (end < 0) break;
      const after = end + this.#closing.length;
      this.#pass(start);
      if (!this.#isSkipping) entries.push(entryOf(this.#rest.slice(0, after - start), this.#line));
      this.#pass(after - start);
      this.#isSkipping = false;
    }
    this.#bound(entries);
    return entries;
  }

  end(): readonly (Entry | BrokenEntry)[] {
    const isOpen = !this.#isSkipping && this.#rest.includes(this.#opening);
    return isOpen ? [{ code: 'unfinished', line: this.#line }] : [];
  }

  /** Keeps no more than an element may have, or what may be the beginning of a tag. */
  #bound(entries: (Entry | BrokenEntry)[]): void {
    const start = this.#rest.indexOf(this.#opening);
    if (start < 0 || this.#isSkipping) {
      this.#pass(Math.max(0, this.#rest.length - this.#closing.length));
      return;
    }
    this.#pass(start);
    if (this.#rest.length > ENTRY_CHARACTERS_MAX) {
      entries.push({ code: 'too-long', line: this.#line });
      this.#isSkipping = true;
      this.#pass(this.#rest.length - this.#closing.length);
    }
  }

  #pass(characters: number): void {
    for (let at = this.#rest.indexOf('\n'); at >= 0 && at < characters; at = this.#rest.indexOf('\n', at + 1))
      this.#line += 1;
    this.#rest = this.#rest.slice(characters);
  }
}

/** How deep a document may be; what is deeper has no sessions. */
const DEPTH_MAX = 32;

/** Objects in an array, or in the arrays of an object: what `| display json` prints. */
class ObjectReader implements EntryReader {
  #line = 1;
  /** The brackets that are open: `{` and `[`. */
  #open = '';
  #isQuoted = false;
  #isEscaped = false;
  /** What an object has so far; undefined between two. */
  #object: string | undefined;
  #objectLine = 1;
  /** How many brackets were open before it. */
  #depth = 0;
  #isTooDeep = false;

  take(text: string): readonly (Entry | BrokenEntry)[] {
    const entries: (Entry | BrokenEntry)[] = [];
    let start = 0;
    for (let at = 0; at < text.length && !this.#isTooDeep; at += 1) {
      const character = text[at]!;
      if (character === '\n') this.#line += 1;
      if (this.#isQuoted) this.#quoted(character);
      else if (character === '"') this.#isQuoted = true;
      else if (character === '{' || character === '[') {
        if (this.#begins(character)) start = at;
        this.#open += character;
        this.#isTooDeep = this.#open.length > DEPTH_MAX;
      } else if (character === '}' || character === ']') {
        this.#open = this.#open.slice(0, -1);
        if (this.#object === undefined || this.#open.length > this.#depth) continue;
        entries.push(this.#finished(text.slice(start, at + 1)));
      }
    }
    // An object too long is not kept, but one character more than it may have.
    if (this.#object !== undefined)
      this.#object = (this.#object + text.slice(start)).slice(0, ENTRY_CHARACTERS_MAX + 1);
    return entries;
  }

  end(): readonly (Entry | BrokenEntry)[] {
    return this.#open === '' ? [] : [{ code: 'unfinished', line: this.#line }];
  }

  #quoted(character: string): void {
    if (this.#isEscaped) this.#isEscaped = false;
    else if (character === '\\') this.#isEscaped = true;
    else if (character === '"') this.#isQuoted = false;
  }

  /** Whether an object begins with the bracket. */
  #begins(character: string): boolean {
    if (character !== '{' || (this.#open !== '[' && this.#open !== '{[')) return false;
    this.#object = '';
    this.#objectLine = this.#line;
    this.#depth = this.#open.length;
    return true;
  }

  #finished(ending: string): Entry | BrokenEntry {
    const entry = entryOf(this.#object! + ending, this.#objectLine);
    this.#object = undefined;
    return entry;
  }
}

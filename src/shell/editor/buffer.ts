/** The line being edited as a value: text, cursor, motions, and the ring of killed text. */
import { clusterEnd, clusterStart, printable } from './graphemes.ts';

/** The longest line, in UTF-16 units. */
export const LINE_CHARACTERS_MAX = 65_536;
/** Killed texts that can still be yanked. */
export const KILL_RING_TEXTS_MAX = 32;

export interface Line {
  /** Printable characters only. */
  readonly text: string;
  /**
   * In UTF-16 units, between two grapheme clusters; inside one only right behind what was inserted, where that joined what
   * stands after it.
   */
  readonly cursor: number;
}

/** A line of what is printable in `text`, cut at LINE_CHARACTERS_MAX; the cursor stands at its end. */
export const lineOf = (text: string): Line => insert({ text: '', cursor: 0 }, text).line;

/**
 * `offset`, moved on to the next place between two clusters when it lies inside one (what is removed may have kept them
 * apart).
 */
const betweenClusters = (text: string, offset: number): number => {
  const start = clusterStart(text, offset);
  return start === offset ? offset : clusterEnd(text, start);
};

/**
 * Inserts what is printable in `text` at the cursor, as far as it fits; `refused` when some of it did not. What is typed stays
 * together, in however many pieces it comes: the cursor does not leave it for what it joins.
 */
export function insert(line: Line, text: string): { readonly line: Line; readonly refused: boolean } {
  const wanted = printable(text);
  const fitting = wanted.slice(0, clusterStart(wanted, LINE_CHARACTERS_MAX - line.text.length));
  const joined = line.text.slice(0, line.cursor) + fitting + line.text.slice(line.cursor);
  return {
    line: { text: joined, cursor: line.cursor + fitting.length },
    refused: fitting.length < wanted.length,
  };
}

const ASCII_END = 0x80;
const isWordAt = (text: string, offset: number): boolean =>
  text.charCodeAt(offset) >= ASCII_END || /[0-9a-z]/i.test(text.charAt(offset));
const isBlankAt = (text: string, offset: number): boolean => /[ \t]/.test(text.charAt(offset));

type Test = (text: string, offset: number) => boolean;

const backWhile = (text: string, from: number, test: Test): number => {
  let offset = from;
  while (offset > 0 && test(text, offset - 1)) offset--;
  return offset;
};

const onWhile = (text: string, from: number, test: Test): number => {
  let offset = from;
  while (offset < text.length && test(text, offset)) offset++;
  return offset;
};

const not =
  (test: Test): Test =>
  (text, offset) =>
    !test(text, offset);

/**
 * Where each motion leads from the cursor. Words are letters and digits (Emacs); a blank word is anything
 * but blanks.
 */
const motions = {
  left: ({ text, cursor }: Line) => clusterStart(text, cursor - 1),
  right: ({ text, cursor }: Line) => clusterEnd(text, cursor),
  'word-left': ({ text, cursor }: Line) => backWhile(text, backWhile(text, cursor, not(isWordAt)), isWordAt),
  'word-right': ({ text, cursor }: Line) => onWhile(text, onWhile(text, cursor, not(isWordAt)), isWordAt),
  'blank-word-left': ({ text, cursor }: Line) =>
    backWhile(text, backWhile(text, cursor, isBlankAt), not(isBlankAt)),
  'line-start': () => 0,
  'line-end': ({ text }: Line) => text.length,
};

export type Motion = keyof typeof motions;

export const move = (line: Line, to: Motion): Line => ({
  text: line.text,
  cursor: betweenClusters(line.text, motions[to](line)),
});

/** Removes what lies between the cursor and where the motion leads. */
export function remove(line: Line, to: Motion): { readonly line: Line; readonly removed: string } {
  const target = move(line, to).cursor;
  const start = Math.min(line.cursor, target);
  const end = Math.max(line.cursor, target);
  const text = line.text.slice(0, start) + line.text.slice(end);
  return { line: { text, cursor: betweenClusters(text, start) }, removed: line.text.slice(start, end) };
}

/**
 * Inserts what completes the word before the cursor; where that stands there already, the cursor moves over it, and over
 * the blank behind it.
 */
export function complete(line: Line, completion: string): ReturnType<typeof insert> {
  const word = completion.trimEnd();
  let { cursor } = line;
  let rest = completion;
  if (line.text.startsWith(word, cursor)) {
    cursor += word.length;
    rest = completion.slice(word.length);
    if (rest !== '' && isBlankAt(line.text, cursor)) {
      cursor += 1;
      rest = '';
    }
  }
  return insert({ text: line.text, cursor: betweenClusters(line.text, cursor) }, rest);
}

/** Exchanges the clusters before and at the cursor (at the end: the last two) and moves past both. */
export function transpose(line: Line): Line {
  const { text } = line;
  const middle = line.cursor === text.length ? clusterStart(text, text.length - 1) : line.cursor;
  if (middle === 0) return line;
  const start = clusterStart(text, middle - 1);
  const end = clusterEnd(text, middle);
  const swapped =
    text.slice(0, start) + text.slice(middle, end) + text.slice(start, middle) + text.slice(end);
  return { text: swapped, cursor: betweenClusters(swapped, end) };
}

/** Killed texts, newest first. */
export class KillRing {
  #texts: string[] = [];

  /** The text a yank inserts; '' when nothing was killed. */
  get newest(): string {
    return this.#texts[0] ?? '';
  }

  push(text: string): void {
    this.#texts = [text, ...this.#texts.slice(0, KILL_RING_TEXTS_MAX - 1)];
  }

  /** Adds to the newest text: successive kills are yanked as one. */
  extend(text: string, side: 'before' | 'after'): void {
    this.#texts[0] = side === 'before' ? text + this.newest : this.newest + text;
  }

  /** Makes the next older text the newest and the newest the oldest. */
  rotate(): void {
    const [newest, ...older] = this.#texts;
    if (newest !== undefined) this.#texts = [...older, newest];
  }
}

/** Shows output a screen at a time: on and back, and searches it. */
import { printable } from '../render/printable.ts';
import { patternMistake } from '../grammar/value-types.ts';
import { clusterStart, clustersOf } from './editor/graphemes.ts';
import type { Key } from './editor/key-decoder.ts';
import { CLEAR_SCREEN } from './editor/painter.ts';
import { patternMatcher } from './filters.ts';
import { Scrollback } from './scrollback.ts';
import type { Sink } from './shell.ts';

export interface PagerTerminal {
  write(text: string): Promise<void> | void;
  /** As it is, with control sequences. */
  control(sequence: string): void;
  /** Shows the mark on the current row; an empty one takes it away again. */
  mark(text: string): void;
  /** What was typed ahead is put aside for whoever reads lines next, until `giveBack`. */
  setAside(): void;
  /** Behind `text`, which was read and was not for the pager. */
  giveBack(text: string): void;
  /** Undefined when the output is given up. */
  readKey(): Promise<Key | undefined>;
  /** 0 is unknown. */
  size(): { readonly columns: number; readonly rows: number };
  onResize(listener: () => void): () => void;
}

export interface PagerOptions {
  /** Lines of a screen; 0 for no pager; undefined to ask the terminal. */
  readonly screenLength: number | undefined;
  readonly mark: string;
  /** The end waits for a key, too. */
  readonly held: boolean;
  readonly quit: () => void;
}

type Action =
  | 'page'
  | 'half'
  | 'row'
  | 'end'
  | 'back-page'
  | 'back-half'
  | 'back-row'
  | 'start'
  | 'search'
  | 'search-back'
  | 'again'
  | 'again-back'
  | 'help'
  | 'redraw'
  | 'quit';

/** One row an action: its keys, and what it does. */
const actions: readonly {
  readonly action: Action;
  readonly keys: readonly string[];
  readonly help: string;
}[] = [
  { action: 'page', keys: [' ', 'f', 'page-down', 'ctrl-f'], help: 'next screen' },
  { action: 'row', keys: ['enter', 'j', 'down', 'ctrl-n'], help: 'next line' },
  { action: 'half', keys: ['d', 'ctrl-d'], help: 'next half screen' },
  { action: 'back-page', keys: ['b', 'page-up', 'ctrl-b'], help: 'screen before' },
  { action: 'back-half', keys: ['u', 'ctrl-u'], help: 'half a screen back' },
  { action: 'back-row', keys: ['k', 'up', 'ctrl-p'], help: 'line before' },
  { action: 'start', keys: ['g', 'home', 'ctrl-a'], help: 'beginning, as far as it is remembered' },
  { action: 'end', keys: ['G', 'end', 'ctrl-e'], help: 'end' },
  { action: 'search', keys: ['/'], help: 'search for a regular expression' },
  { action: 'search-back', keys: ['?'], help: 'search backwards' },
  { action: 'again', keys: ['n'], help: 'search again' },
  { action: 'again-back', keys: ['N'], help: 'search again, the other way' },
  { action: 'redraw', keys: ['ctrl-l'], help: 'draw the screen again' },
  { action: 'help', keys: ['h', 'H'], help: 'this help' },
  { action: 'quit', keys: ['q', 'Q', 'ctrl-c', 'end-of-input'], help: 'leave' },
];

const actionOf: ReadonlyMap<string, Action> = new Map(
  actions.flatMap(({ action, keys }) => keys.map((key): [string, Action] => [key, action])),
);

const BELL = '\x07';
const TAB_COLUMNS = 8;
const PATTERN_CHARACTERS_MAX = 256;

const ASCII_LETTERS = /^[ -~]*$/;

/** How many rows of a screen a line takes; a letter of two columns is not cut in two. */
export function rowsOf(line: string, columns: number): number {
  if (columns < 1) return 1;
  if (ASCII_LETTERS.test(line)) return Math.max(1, Math.ceil(line.length / columns));
  let rows = 1;
  let column = 0;
  const shown = printable(line);
  for (const { offset, width } of clustersOf(shown)) {
    const wanted =
      shown[offset] === '\t' ? Math.min(TAB_COLUMNS - (column % TAB_COLUMNS), columns - 1 - column) : width;
    if (column + wanted > columns) {
      rows += 1;
      column = 0;
    }
    column += Math.max(0, wanted);
  }
  return rows;
}

/** What is looked for in lines that are still to come; without `matches`, the end. */
interface Seeking {
  readonly matches: ((line: string) => boolean) | undefined;
  /** The first line of the screen when it began. */
  readonly top: number;
}

export class Pager implements Sink {
  readonly #terminal: PagerTerminal;
  readonly #options: PagerOptions;
  readonly #lines = new Scrollback();
  /** The number of the line that is shown next. */
  #next = 0;
  /** The line that the screen began with when it was last cleared. */
  #screenTop = 0;
  /** The beginning of a line whose end has not come yet. */
  #cut = '';
  /** Rows that the last key let through, and how many of them are left. */
  #granted = 0;
  #left = 0;
  /** Characters that were read with the last key. */
  #pending = '';
  /** What the next mark says beside itself. */
  #note = '';
  #seeking: Seeking | undefined;
  #pattern = '';
  #isBackwards = false;
  /** Whoever has looked around does so to the end, which waits for a key then. */
  #isHeld: boolean;
  #isComplete = false;
  #isOver = false;

  constructor(terminal: PagerTerminal, options: PagerOptions) {
    this.#terminal = terminal;
    this.#options = options;
    this.#isHeld = options.held;
    this.#grant(this.#pageRows());
  }

  async write(text: string): Promise<void> {
    if (this.#isOver) return;
    const lines = (this.#cut + text).split('\n');
    this.#cut = lines.pop()!;
    for (const line of lines) {
      this.#lines.add(line, this.#next);
      if (this.#seeking) this.#seek(this.#seeking);
    }
    await this.#advance();
  }

  async end(): Promise<void> {
    if (this.#cut !== '') await this.write('\n');
    this.#isComplete = true;
    if (this.#seeking) this.#endSeeking(this.#seeking);
    await this.#advance();
    while (this.#isHeld && this.#lines.end > 0 && !this.#isOver) {
      await this.#pause();
      if (this.#next === this.#lines.end) break;
      await this.#advance();
    }
    if (!this.#isOver) this.#leave();
  }

  /** A screen of one row has no room for a line beside the mark: there is no pager then. */
  #pageRows(): number {
    const rows = this.#options.screenLength ?? this.#terminal.size().rows;
    return rows <= 1 ? Infinity : rows - 1;
  }

  #grant(rows: number): void {
    this.#granted = rows;
    this.#left = rows;
  }

  #rowsOf(number: number): number {
    return rowsOf(this.#lines.line(number), this.#terminal.size().columns);
  }

  /** The first line of the screen whose last line stands before `end`. */
  #topOf(end: number, rows = this.#pageRows()): number {
    let top = end;
    let left = rows;
    while (top > this.#lines.first) {
      left -= this.#rowsOf(top - 1);
      if (left < 0 && top < end) break;
      top -= 1;
    }
    return top;
  }

  /** Shows what may be shown; a line that wraps takes several rows. */
  async #advance(): Promise<void> {
    while (this.#next < this.#lines.end && !this.#isOver && !this.#seeking) {
      if (this.#left === 0) {
        await this.#pause();
        continue;
      }
      let text = '';
      while (this.#next < this.#lines.end && this.#left > 0) {
        const rows = this.#rowsOf(this.#next);
        if (rows > this.#left && this.#left < this.#granted) this.#left = 0;
        else {
          text += `${this.#lines.line(this.#next)}\n`;
          this.#left = Math.max(0, this.#left - rows);
          this.#next += 1;
        }
      }
      await this.#terminal.write(text);
    }
  }

  /** Until a key lets more through, leads elsewhere, or ends the output. */
  async #pause(): Promise<void> {
    this.#terminal.setAside();
    const stopFollowing = this.#terminal.onResize(() => void this.#redraw());
    try {
      for (let isDone = false; !isDone;) {
        this.#mark();
        isDone = await this.#do(await this.#readAction());
      }
      this.#terminal.mark('');
    } finally {
      stopFollowing();
      this.#terminal.giveBack('');
    }
  }

  /** What was read and not used is for whoever reads lines next. */
  #leave(): void {
    this.#isOver = true;
    this.#terminal.giveBack(this.#pending);
    this.#pending = '';
  }

  #mark(): void {
    const { mark } = this.#options;
    this.#terminal.mark(this.#note === '' ? mark : `${mark} ${this.#note}`);
    this.#note = '';
  }

  /** A key that means nothing is a mistake; text that came at once and is not for the pager waits for whoever reads lines next. */
  async #readAction(): Promise<Action> {
    for (;;) {
      if (this.#pending === '') {
        const key = await this.#terminal.readKey();
        if (key === undefined) return 'quit';
        if (isForPager(key.text)) this.#pending = key.text;
        else {
          this.#terminal.giveBack(key.text);
          this.#terminal.setAside();
          continue;
        }
        const action = key.text === '' ? actionOf.get(key.name) : undefined;
        if (action !== undefined) return action;
      }
      const action = this.#pending === '' ? undefined : actionOf.get(this.#shiftPending());
      if (action !== undefined) return action;
      this.#terminal.control(BELL);
    }
  }

  /** A key, of text a single character. */
  async #readCharacter(): Promise<Key | undefined> {
    if (this.#pending === '') {
      const key = await this.#terminal.readKey();
      if (key === undefined || key.text === '') return key;
      this.#pending = key.text;
    }
    return { name: 'text', text: this.#shiftPending() };
  }

  #shiftPending(): string {
    const character = String.fromCodePoint(this.#pending.codePointAt(0)!);
    this.#pending = this.#pending.slice(character.length);
    return character;
  }

  /** False when the mark is to be shown again. */
  async #do(action: Action): Promise<boolean> {
    const page = this.#pageRows();
    const half = Math.ceil(page / 2);
    const top = Math.max(this.#screenTop, this.#topOf(this.#next));
    switch (action) {
      case 'page':
        return this.#letThrough(page);
      case 'half':
        return this.#letThrough(half);
      case 'row':
        return this.#letThrough(1);
      case 'end':
        return this.#isComplete ? this.#goTo(this.#topOf(this.#lines.end)) : this.#seekFrom(top, undefined);
      case 'back-page':
        return this.#goBackTo(this.#topOf(top), top);
      case 'back-half':
        return this.#goBackTo(this.#topOf(top, half), top);
      case 'back-row':
        return this.#goBackTo(top - 1, top);
      case 'start':
        return this.#goBackTo(this.#lines.first, top);
      case 'search':
      case 'search-back':
        return this.#ask(action === 'search-back', top);
      case 'again':
      case 'again-back':
        return this.#find(this.#isBackwards !== (action === 'again-back'), top);
      case 'help':
        return this.#help();
      case 'redraw':
        return this.#redraw();
      case 'quit':
        this.#leave();
        this.#options.quit();
        return true;
    }
  }

  #letThrough(rows: number): true {
    this.#grant(rows);
    return true;
  }

  /** Shows a screen that begins with that line. */
  #goTo(top: number): true {
    this.#terminal.control(CLEAR_SCREEN);
    this.#isHeld = true;
    this.#screenTop = top;
    this.#next = top;
    return this.#letThrough(this.#pageRows());
  }

  #goBackTo(top: number, from: number): boolean {
    if (top < from && top >= this.#lines.first) return this.#goTo(top);
    this.#terminal.control(BELL);
    return false;
  }

  /** The screen as it was, in the size that it has now. */
  async #redraw(): Promise<false> {
    this.#terminal.control(CLEAR_SCREEN);
    let text = '';
    this.#screenTop = this.#topOf(this.#next);
    for (let line = this.#screenTop; line < this.#next; line += 1) text += `${this.#lines.line(line)}\n`;
    await this.#terminal.write(text);
    this.#mark();
    return false;
  }

  async #help(): Promise<false> {
    const rows = actions.map(({ keys, help }) => `  ${keys.map(keyName).join(', ').padEnd(26)}${help}\n`);
    this.#terminal.control(CLEAR_SCREEN);
    await this.#terminal.write(rows.slice(0, this.#pageRows()).join(''));
    this.#terminal.mark('Press any key to go on');
    await this.#readCharacter();
    return this.#redraw();
  }

  /** A pattern, of which an empty one is the last; what it is found in. */
  async #ask(isBackwards: boolean, top: number): Promise<boolean> {
    const typed = await this.#readPattern(isBackwards ? '?' : '/');
    if (typed === undefined) return false;
    const mistake = patternMistake(typed);
    if (mistake !== undefined) {
      this.#note = `(${mistake})`;
      return false;
    }
    if (typed !== '') this.#pattern = typed;
    this.#isBackwards = isBackwards;
    return this.#find(isBackwards, top);
  }

  /** Undefined when it was given up. */
  async #readPattern(prompt: string): Promise<string | undefined> {
    let typed = '';
    for (;;) {
      this.#terminal.mark(prompt + typed);
      const key = await this.#readCharacter();
      if (key === undefined || givesUp.has(key.name)) return undefined;
      if (key.name === 'enter') return typed;
      if (key.name === 'ctrl-u') typed = '';
      else if (key.name === 'backspace') {
        if (typed === '') return undefined;
        typed = typed.slice(0, clusterStart(typed, typed.length - 1));
      } else if (key.text !== '' && typed.length < PATTERN_CHARACTERS_MAX) typed += key.text;
      else this.#terminal.control(BELL);
    }
  }

  #find(isBackwards: boolean, top: number): boolean {
    if (this.#pattern === '') {
      this.#note = '(no pattern)';
      return false;
    }
    const matches = patternMatcher(this.#pattern);
    const step = isBackwards ? -1 : 1;
    const { first, end } = this.#lines;
    for (let line = top + step; line >= first && line < end; line += step)
      if (matches(this.#lines.line(line))) return this.#goTo(line);
    if (!isBackwards && !this.#isComplete) return this.#seekFrom(top, matches);
    this.#note = NOT_FOUND;
    return false;
  }

  /** Goes on through what is still to come, without showing it. */
  #seekFrom(top: number, matches: Seeking['matches']): true {
    this.#seeking = { top, matches };
    this.#next = this.#lines.end;
    this.#terminal.mark('...');
    return true;
  }

  #seek({ matches }: Seeking): void {
    const line = this.#lines.end - 1;
    this.#next = this.#lines.end;
    if (matches?.(this.#lines.line(line)) !== true) return;
    this.#seeking = undefined;
    this.#goTo(line);
  }

  #endSeeking({ matches, top }: Seeking): void {
    this.#seeking = undefined;
    if (matches === undefined) this.#goTo(this.#topOf(this.#lines.end));
    else {
      this.#goTo(Math.max(top, this.#lines.first));
      this.#note = NOT_FOUND;
    }
  }
}

const NOT_FOUND = '(pattern not found)';

/** Keys that end the typing of a pattern. */
const givesUp: ReadonlySet<string> = new Set(['ctrl-c', 'ctrl-g', 'end-of-input']);

/** Behind these whatever follows is text. */
const leadsToText: ReadonlySet<string | undefined> = new Set<Action>(['search', 'search-back', 'quit']);

/** Whether text that came at once is keys of the pager, or begins with some that lead to text; a single character is always a key. */
function isForPager(text: string): boolean {
  const characters = Array.from(text);
  const other = characters.findIndex((character) => !actionOf.has(character));
  const keys = other < 0 ? characters : characters.slice(0, other);
  return characters.length === 1 || other < 0 || keys.some((key) => leadsToText.has(actionOf.get(key)));
}

/** As help names it. */
function keyName(key: string): string {
  return key === ' ' ? 'space' : key.replace(/^ctrl-(.)$/, (_, letter: string) => `^${letter.toUpperCase()}`);
}

/** Shows output a screen at a time. */
import stringWidth from 'string-width';
import type { Key } from './editor/key-decoder.ts';
import type { Sink } from './shell.ts';

export interface PagerTerminal {
  write(text: string): Promise<void> | void;
  /** Shows the mark on the current row; an empty one takes it away again. */
  mark(text: string): void;
  readKey(): Promise<Key>;
  size(): { readonly columns: number; readonly rows: number };
}

/** How many more rows a key lets through; undefined for a key that means nothing here. */
const keys: Readonly<Record<string, 'page' | 'row' | 'rest' | 'quit'>> = {
  ' ': 'page',
  f: 'page',
  'page-down': 'page',
  enter: 'row',
  j: 'row',
  down: 'row',
  G: 'rest',
  q: 'quit',
  Q: 'quit',
  'ctrl-c': 'quit',
  'end-of-input': 'quit',
};

export class Pager implements Sink {
  readonly #terminal: PagerTerminal;
  /** Lines of a screen; 0 for no pager; undefined to ask the terminal. */
  readonly #screenLength: number | undefined;
  readonly #mark: string;
  readonly #quit: () => void;
  /** Rows that the last key let through, and how many of them are left. */
  #granted: number;
  #left: number;
  #over = false;

  constructor(terminal: PagerTerminal, screenLength: number | undefined, mark: string, quit: () => void) {
    this.#terminal = terminal;
    this.#screenLength = screenLength;
    this.#mark = mark;
    this.#quit = quit;
    this.#granted = this.#pageRows();
    this.#left = this.#granted;
  }

  async write(text: string): Promise<void> {
    let rest = text;
    while (rest !== '' && !this.#over) {
      const fitting = this.#fitting(rest);
      await this.#terminal.write(rest.slice(0, fitting));
      rest = rest.slice(fitting);
      if (rest !== '') await this.#pause();
    }
  }

  #pageRows(): number {
    const length = this.#screenLength ?? this.#terminal.size().rows;
    return length === 0 ? Infinity : Math.max(1, length - 1);
  }

  /** How much of the text fits on what is left of the page; a line that wraps takes several rows. */
  #fitting(text: string): number {
    const { columns } = this.#terminal.size();
    let at = 0;
    while (at < text.length) {
      const feed = text.indexOf('\n', at);
      const end = feed === -1 ? text.length : feed + 1;
      const rows = Math.max(1, Math.ceil(stringWidth(text.slice(at, end)) / Math.max(1, columns)));
      if (rows > this.#left && this.#left < this.#granted) break;
      this.#left = Math.max(0, this.#left - rows);
      at = end;
      if (this.#left === 0) break;
    }
    return at;
  }

  async #pause(): Promise<void> {
    this.#terminal.mark(this.#mark);
    let chosen: (typeof keys)[string] | undefined;
    while (chosen === undefined) {
      const key = await this.#terminal.readKey();
      chosen = keys[key.text === '' ? key.name : key.text];
    }
    this.#terminal.mark('');
    if (chosen === 'quit') {
      this.#over = true;
      this.#quit();
    } else {
      this.#granted = { page: this.#pageRows(), row: 1, rest: Infinity }[chosen];
      this.#left = this.#granted;
    }
  }
}

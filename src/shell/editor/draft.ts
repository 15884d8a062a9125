/** The line while it is read, with what surrounds it: killed text, recalled lines, a search. Pure. */
import {
  complete,
  insert,
  LINE_CHARACTERS_MAX,
  lineOf,
  move,
  remove,
  transpose,
  type KillRing,
  type Line,
  type Motion,
} from './buffer.ts';
import { clusterStart } from './graphemes.ts';
import { searchBackward } from './history.ts';
import type { DraftCommand } from './keymap.ts';

interface Search {
  readonly query: string;
  /** Index of the recalled line that is shown. */
  readonly found: number;
  readonly failed: boolean;
}

/** Changes of a line that can be undone; older ones stay. */
export const UNDO_STEPS_MAX = 100;

export class Draft {
  #line: Line;
  readonly #killRing: KillRing;
  /** History and, last, the new line; each keeps what was typed into it until the line is submitted. */
  readonly #recalled: string[];
  #position: number;
  #search: Search | undefined;
  /** Some of the input did not fit, and nothing was taken away since: the line is not what the user meant. */
  #truncated = false;
  /**
   * The command before, when it did something: kills in succession join, and only a yank can be exchanged.
   */
  #previous: DraftCommand['type'] | undefined;
  #beforeYank: Line | undefined;
  /** Of each recalled line that was changed what it was before, the latest change last. */
  readonly #before = new Map<number, Line[]>();
  /** The change before was typing, which goes on: words are undone one by one, not letters. */
  #typing = false;

  constructor(initial: string, history: readonly string[], killRing: KillRing) {
    this.#line = lineOf(initial);
    this.#recalled = [...history, this.#line.text];
    this.#position = history.length;
    this.#killRing = killRing;
  }

  /** The line as it is shown and would be submitted. */
  get line(): Line {
    if (this.#search === undefined) return this.#line;
    const { query, found } = this.#search;
    const line = lineOf(this.#recalled[found]!);
    return { text: line.text, cursor: clusterStart(line.text, Math.max(0, line.text.indexOf(query))) };
  }

  get truncated(): boolean {
    return this.#truncated;
  }

  /** Nothing more can be inserted. */
  get full(): boolean {
    return this.#line.text.length === LINE_CHARACTERS_MAX;
  }

  get searching(): boolean {
    return this.#search !== undefined;
  }

  /** What stands before the line in place of the prompt while history is searched. */
  get searchPrompt(): string | undefined {
    if (this.#search === undefined) return undefined;
    const { query, failed } = this.#search;
    return `(${failed ? 'failed ' : ''}reverse-i-search)\`${query}': `;
  }

  /**
   * Types `text` into the line, or into the query of a search; false when some of it was refused. `anew`: it is undone by itself, whatever
   * was typed before it.
   */
  insert(text: string, anew = false): boolean {
    this.#previous = undefined;
    if (this.#search === undefined) {
      const { cursor } = this.#line;
      const goesOn = this.#typing && !anew && !/[ \t]/.test(this.#line.text.charAt(cursor - 1));
      if (!goesOn) this.#remember();
      const isInserted = this.#insertAt(this.#line, text);
      this.#typing = true;
      return isInserted;
    }
    let refused = false;
    // As if typed one by one: where one is not found, what was found before it stays.
    for (const character of text) {
      const query = insert(lineOf(this.#search.query), character);
      refused ||= query.refused;
      this.#find(query.line.text, this.#search.found + 1);
    }
    return !refused && !this.#search.failed;
  }

  /** Types what completes the word at the cursor; false when some of it was refused. */
  complete(completion: string): boolean {
    this.#previous = undefined;
    this.#remember();
    const { line, refused } = complete(this.#line, completion);
    this.#line = line;
    this.#truncated ||= refused;
    return !refused;
  }

  /** False when there is nothing to do it to (the bell rings). */
  apply(command: DraftCommand): boolean {
    this.#typing = false;
    const done = this.#apply(command);
    this.#previous = done ? command.type : undefined;
    return done;
  }

  /** Ends a search with the line it shows. */
  acceptSearch(): void {
    if (this.#search === undefined) return;
    const { line } = this;
    this.#truncated &&= this.#search.found === this.#position;
    this.#position = this.#search.found;
    this.#line = line;
    this.#search = undefined;
  }

  #apply(command: DraftCommand): boolean {
    switch (command.type) {
      case 'move':
        return this.#change(move(this.#line, command.to));
      case 'transpose':
        this.#remember();
        return this.#change(transpose(this.#line));
      case 'undo':
        return this.#undo();
      case 'erase':
      case 'kill':
        return this.#remove(command.type, command.to);
      case 'yank':
        this.#remember();
        this.#beforeYank = this.#line;
        return this.#insertAt(this.#line, this.#killRing.newest);
      case 'yank-older':
        if (this.#beforeYank === undefined || !this.#previous?.startsWith('yank')) return false;
        this.#killRing.rotate();
        return this.#insertAt(this.#beforeYank, this.#killRing.newest);
      case 'older':
        return this.#recall(this.#position - 1);
      case 'newer':
        return this.#recall(this.#position + 1);
      case 'search':
        return this.#searchOlder();
      case 'search-shorter':
        return this.#shortenQuery();
      case 'search-cancel':
        this.#search = undefined;
        return true;
    }
  }

  #insertAt(line: Line, text: string): boolean {
    const inserted = insert(line, text);
    this.#line = inserted.line;
    this.#truncated ||= inserted.refused;
    return !inserted.refused;
  }

  #change(line: Line): boolean {
    const changed = line.cursor !== this.#line.cursor || line.text !== this.#line.text;
    this.#line = line;
    return changed;
  }

  #remove(how: 'erase' | 'kill', to: Motion): boolean {
    const { line, removed } = remove(this.#line, to);
    if (removed === '') return false;
    if (how === 'kill' || this.#previous !== 'erase') this.#remember();
    if (how === 'kill') {
      const side = line.cursor < this.#line.cursor ? 'before' : 'after';
      if (this.#previous === 'kill') this.#killRing.extend(removed, side);
      else this.#killRing.push(removed);
    }
    this.#truncated = false;
    return this.#change(line);
  }

  /** What is on the line now can be had back. */
  #remember(): void {
    this.#typing = false;
    const before = this.#before.get(this.#position) ?? [];
    this.#before.set(this.#position, [...before.slice(1 - UNDO_STEPS_MAX), this.#line]);
  }

  #undo(): boolean {
    const line = this.#before.get(this.#position)?.pop();
    if (line === undefined) return false;
    // Of what could not be done there is nothing to undo.
    if (line.text === this.#line.text) return this.#undo();
    this.#truncated = false;
    return this.#change(line);
  }

  #recall(position: number): boolean {
    const recalled = this.#recalled[position];
    if (recalled === undefined) return false;
    this.#recalled[this.#position] = this.#line.text;
    this.#position = position;
    this.#truncated = false;
    this.#line = lineOf(recalled);
    return true;
  }

  #searchOlder(): boolean {
    if (this.#search === undefined) {
      this.#recalled[this.#position] = this.#line.text;
      this.#search = { query: '', found: this.#position, failed: false };
      return true;
    }
    return this.#find(this.#search.query, this.#search.found);
  }

  #shortenQuery(): boolean {
    const { query } = this.#search!;
    return this.#find(query.slice(0, clusterStart(query, query.length - 1)), this.#position + 1);
  }

  /** Shows the latest recalled line before index `end` that contains `query`. */
  #find(query: string, end: number): boolean {
    const index = searchBackward(this.#recalled, query, end);
    const failed = index < 0;
    this.#search = { query, found: failed ? this.#search!.found : index, failed };
    return !failed;
  }
}

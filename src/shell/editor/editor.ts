/** The line editor: reads lines and keys from any input and paints what is edited on any output. */
import { tokenize } from '../../grammar/tokens.ts';
import { KillRing, lineOf } from './buffer.ts';
import { Draft } from './draft.ts';
import type { Recalled } from './history.ts';
import { PASTE_MODE_OFF, PASTE_MODE_ON, type Key } from './key-decoder.ts';
import { KeyQueue } from './key-queue.ts';
import {
  commandKeys,
  maskedKeys,
  prefixedKeys,
  verbatimKeys,
  searchKeys,
  type Command,
  type DraftCommand,
  type Keymap,
  type LeaveCommand,
} from './keymap.ts';
import { CLEAR_SCREEN, layOut, paint, repaint } from './painter.ts';
import type { Frame, ScreenSize, View } from './painter.ts';

/** A terminal, raw: nothing between the person's keys and `input`, nor between `output` and the screen. */
export interface EditorChannel {
  readonly input: NodeJS.ReadableStream;
  /** False: more is to wait for `drained`. */
  readonly output: { write(text: string): boolean };
  /** Resolves when more may be written, or nobody is there to read it. */
  drained(): Promise<void>;
  /** Columns and rows now; called at each paint. 0 is unknown. */
  size(): ScreenSize;
  /** Calls `listener` after each change of size; returns what ends that. */
  onResize(listener: () => void): () => void;
}

/**
 * What the shell answers while a line is typed. An answer still awaited at Ctrl-C is not used; a failure
 * fails the read.
 */
export interface EditorHelp {
  /** `?`: lines to print under the line that is being typed. */
  /** `columns`: of the terminal; Infinity where that is not known. */
  help(lineToCursor: string, columns: number): Promise<string> | string;
  complete(lineToCursor: string, key: 'tab' | 'space', columns: number): Promise<Completion> | Completion;
}

export interface Completion {
  /** Text to insert at the cursor, '' for none. */
  readonly insert: string;
  /** Lines to print when there is nothing to insert, '' for none (the bell rings). */
  readonly list: string;
}

export interface ReadOptions {
  /** Shows nothing of the line and remembers nothing of it: for passwords. */
  readonly mask?: boolean;
  /** Every key that is a character is one of the line: nothing helps, completes, or is remembered. */
  readonly verbatim?: boolean;
  /** The line to begin with. */
  readonly initial?: string;
}

export type ReadResult =
  | { readonly type: 'line'; readonly line: string }
  /** The line was abandoned: by Ctrl-C, or because input was refused that did not fit into it. */
  | { readonly type: 'interrupt'; readonly cause: 'key' | 'line-too-long' }
  /** Ctrl-D on the empty line, or the input has ended; a line without Enter is not executed. */
  | { readonly type: 'end' }
  /** Ctrl-Z: the line was abandoned to leave a mode. */
  | { readonly type: 'up' };

const BELL = '\x07';

/** What is printed behind a line that is not submitted. */
const marks: Readonly<Partial<Record<LeaveCommand['type'], string>>> = { interrupt: '^C', up: '^Z' };

const crlf = (text: string): string => text.replace(/\r?\n/g, '\r\n');

const isInsideQuotes = (text: string): boolean =>
  text.includes('"') && tokenize(text).openQuote !== undefined;

const lineToCursor = ({ line }: Draft): string => line.text.slice(0, line.cursor);

/** Whether the cursor has letters on both sides, so that a blank would cut a word. */
const isInsideWord = ({ line: { text, cursor } }: Draft): boolean =>
  /\S/.test(text.charAt(cursor - 1)) && /\S/.test(text.charAt(cursor));

/** A line that is being read. */
interface Reading {
  readonly draft: Draft;
  /** Lines printed above the prompt. */
  head: string;
  prompt: string;
  readonly mask: boolean;
  readonly keymap: Keymap;
}

/** What the screen shows of a line that is being read. */
const viewOf = ({ draft, prompt, mask }: Reading): View => ({
  prompt: draft.searchPrompt ?? prompt,
  line: mask ? lineOf('') : draft.line,
});

export class LineEditor {
  /**
   * Called for Ctrl-C while nothing is read, that is while a command runs; undefined leaves the key to the
   * next reader.
   */
  onInterrupt: (() => void) | undefined;

  readonly #channel: EditorChannel;
  readonly #help: EditorHelp;
  readonly #history: Recalled;
  readonly #killRing = new KillRing();
  readonly #keys: KeyQueue;
  readonly #stopResize: () => void;
  #reading: Reading | undefined;
  /** Someone awaits a line or a key. */
  #claimed = false;
  /** What is on the screen; undefined when the cursor stands at the start of an empty row. */
  #frame: Frame | undefined;
  /** The channel has asked to wait. */
  #drained: Promise<void> | undefined;
  /** The bell is to ring at the next painting: once, however much was refused. */
  #rings = false;
  #closed = false;

  /** The history is read, never written: what of a line is worth remembering is for the caller to say. */
  constructor(channel: EditorChannel, help: EditorHelp, history: Recalled) {
    this.#channel = channel;
    this.#help = help;
    this.#history = history;
    this.#keys = new KeyQueue(channel.input, (key) => this.#intercept(key));
    this.#stopResize = channel.onResize(() => this.#resized());
    // For the editor's life, not for each line: what is pasted while a command runs is pasted text too, and
    // the programs that look for our prompt find no escape sequence before it.
    this.#write(PASTE_MODE_ON);
  }

  /**
   * Reads one line; the output's cursor stands at the start of an empty row, before and after. Lines that
   * were typed or pasted ahead come first. The last line of `prompt` stands before the text, those above it
   * are printed.
   */
  async read(prompt: string, options: ReadOptions = {}): Promise<ReadResult> {
    this.#claim();
    const { mask = false, verbatim = mask, initial = '' } = options;
    const promptStart = prompt.lastIndexOf('\n') + 1;
    const reading: Reading = {
      draft: new Draft(initial, verbatim ? [] : this.#history.lines, mask ? new KillRing() : this.#killRing),
      head: prompt.slice(0, promptStart),
      prompt: prompt.slice(promptStart),
      mask,
      keymap: mask ? maskedKeys : verbatim ? verbatimKeys : commandKeys,
    };
    this.#reading = reading;
    try {
      let result: ReadResult | undefined;
      while (result === undefined) result = await this.#press(reading, await this.#nextKey(reading));
      return result;
    } finally {
      this.#reading = undefined;
      this.#frame = undefined;
      this.#claimed = false;
    }
  }

  /** Shows another prompt, or the last line of it, before the line that is being read; what is typed of it stays. */
  changePrompt(prompt: string): void {
    if (this.#reading === undefined) return;
    this.#reading.prompt = prompt.slice(prompt.lastIndexOf('\n') + 1);
    if (this.#frame !== undefined) this.#paint(this.#reading);
  }

  /** Prints lines above the line that is being read, with what the prompt is now; false where none is read. */
  interject(text: string, prompt: string | undefined): boolean {
    const reading = this.#reading;
    if (reading === undefined || this.#frame === undefined) return false;
    this.#printBelow(reading, text);
    if (prompt !== undefined) {
      const promptStart = prompt.lastIndexOf('\n') + 1;
      reading.head = prompt.slice(0, promptStart);
      reading.prompt = prompt.slice(promptStart);
    }
    this.#paint(reading);
    return true;
  }

  /** Reads one key, a single character of text at most; `end-of-input` when there are no more. */
  async readKey(): Promise<Key> {
    this.#claim();
    try {
      return this.#firstOf(await this.#keys.next());
    } finally {
      this.#claimed = false;
    }
  }

  /** The same; undefined once the signal is aborted: the key is then left to the next reader. */
  async readKeyBefore(signal: AbortSignal): Promise<Key | undefined> {
    this.#claim();
    try {
      const key = await this.#keys.nextBefore(signal);
      return key && this.#firstOf(key);
    } finally {
      this.#claimed = false;
    }
  }

  /** No more keys will come, nor wait. */
  get inputEnded(): boolean {
    return this.#keys.ended;
  }

  /** A key, whole, for the pager: what was typed ahead stays for whoever reads lines, until `giveBack`. */
  async readKeyAside(signal: AbortSignal): Promise<Key | undefined> {
    this.#claim();
    try {
      return await this.#keys.nextBefore(signal);
    } finally {
      this.#claimed = false;
    }
  }

  setAside(): void {
    this.#keys.setAside();
  }

  /** `text` was read, and stands behind what was set aside. */
  giveBack(text: string): void {
    if (text !== '') this.#keys.putBack({ name: 'text', text });
    this.#keys.giveBack();
  }

  /** Gives the channel back; whoever reads gets the end. */
  close(): void {
    if (this.#closed) return;
    if (this.#reading !== undefined) this.#leave(this.#reading);
    this.#write(PASTE_MODE_OFF);
    this.#closed = true;
    this.#stopResize();
    this.#keys.close();
  }

  /** Of text, its first character; the others are left to the next reader. */
  #firstOf(key: Key): Key {
    if (key.name !== 'text') return key;
    const character = String.fromCodePoint(key.text.codePointAt(0)!);
    const rest = key.text.slice(character.length);
    if (rest !== '') this.#keys.putBack({ name: 'text', text: rest });
    return { name: 'text', text: character };
  }

  #claim(): void {
    if (this.#claimed) throw new Error('A line editor has one reader at a time.');
    this.#claimed = true;
  }

  #intercept(key: Key): boolean {
    if (key.name !== 'ctrl-c' || this.#claimed || this.onInterrupt === undefined) return false;
    this.onInterrupt();
    return true;
  }

  /**
   * Paints only when all that was typed has been taken: a pasted line costs one painting. Whoever types and does not read
   * is not listened to meanwhile.
   */
  async #nextKey(reading: Reading): Promise<Key> {
    if (this.#keys.empty) this.#paint(reading);
    await this.#drained;
    return this.#keys.next();
  }

  /** Does what the key stands for; a result when that ends the reading. */
  async #press(reading: Reading, key: Key): Promise<ReadResult | undefined> {
    const command = this.#commandOf(reading, key);
    if (command === undefined) {
      const text = key.name === 'tab' && reading.keymap === verbatimKeys ? '\t' : key.text;
      if (text !== '') this.#type(reading, text);
      return undefined;
    }
    return this.#perform(reading, command);
  }

  async #perform(reading: Reading, command: Command): Promise<ReadResult | undefined> {
    switch (command.type) {
      case 'submit':
      case 'interrupt':
      case 'up':
      case 'erase-or-end':
      case 'end':
        return this.#end(reading, command.type);
      case 'help':
        await this.#showHelp(reading);
        break;
      case 'complete':
        await this.#complete(reading, command.key);
        break;
      case 'quote':
        await this.#quote(reading);
        break;
      case 'prefix':
        return this.#prefixed(reading);
      case 'clear-screen':
        this.#write(CLEAR_SCREEN);
        this.#frame = undefined;
        break;
      default:
        this.#apply(reading, command);
    }
    return undefined;
  }

  #commandOf({ draft, keymap }: Reading, key: Key): Command | undefined {
    if (!draft.searching) return keymap[key.name];
    if (key.name in searchKeys || key.text !== '') return searchKeys[key.name];
    draft.acceptSearch();
    return keymap[key.name];
  }

  #type({ draft }: Reading, text: string): void {
    if (!draft.insert(text)) this.#ring();
  }

  #apply({ draft }: Reading, command: DraftCommand): void {
    if (!draft.apply(command)) this.#ring();
  }

  get #columns(): number {
    return this.#channel.size().columns || Infinity;
  }

  async #showHelp(reading: Reading): Promise<void> {
    const line = lineToCursor(reading.draft);
    if (isInsideQuotes(line)) {
      this.#type(reading, '?');
      return;
    }
    const text = await this.#answer(this.#help.help(line, this.#columns));
    if (text !== undefined) this.#printBelow(reading, text);
  }

  async #complete(reading: Reading, key: 'tab' | 'space'): Promise<void> {
    const { draft } = reading;
    const line = lineToCursor(draft);
    const itself = key === 'tab' ? '\t' : ' ';
    if (isInsideQuotes(line) || (key === 'space' && (draft.full || isInsideWord(draft)))) {
      this.#type(reading, itself);
      return;
    }
    const completion = await this.#answer(this.#help.complete(line, key, this.#columns));
    if (completion === undefined) return;
    if (completion.insert !== '') {
      const { insert } = completion;
      const isTaken = key === 'tab' ? draft.complete(insert) : draft.insert(insert, insert !== itself);
      if (!isTaken) this.#ring();
    } else if (this.#keys.waiting?.name === 'text') {
      // Pasted into a terminal that does not say so: the tab keeps words apart.
      this.#type(reading, itself);
    } else this.#printBelow(reading, completion.list);
  }

  /** The next key inserts itself or, being no character but a tab, nothing. */
  async #quote(reading: Reading): Promise<void> {
    const key = await this.#nextKey(reading);
    const text = key.name === 'tab' ? '\t' : key.text;
    if (text === '') this.#ring();
    else this.#type(reading, text);
  }

  /** What the next key means behind Ctrl-X; what would leave the line does so there, too. */
  async #prefixed(reading: Reading): Promise<ReadResult | undefined> {
    const key = this.#firstOf(await this.#nextKey(reading));
    const command = prefixedKeys[key.name];
    if (command !== undefined) return this.#perform(reading, command);
    if (key.name === 'ctrl-c' || key.name === 'end-of-input') return this.#press(reading, key);
    this.#ring();
    return undefined;
  }

  /** What the shell answers; undefined when Ctrl-C or the end of the input comes first. */
  async #answer<Answer>(answer: Promise<Answer> | Answer): Promise<Answer | undefined> {
    const first = await Promise.race([answer, this.#keys.interrupted()]);
    return first ?? undefined;
  }

  #end(reading: Reading, how: LeaveCommand['type']): ReadResult | undefined {
    const { draft } = reading;
    if (how === 'erase-or-end' && draft.line.text !== '') {
      this.#apply(reading, { type: 'erase', to: 'right' });
      return undefined;
    }
    this.#leave(reading, marks[how]);
    switch (how) {
      case 'submit':
        // What was cut is not what was meant: it must not be executed.
        if (draft.truncated) return { type: 'interrupt', cause: 'line-too-long' };
        return { type: 'line', line: draft.line.text };
      case 'interrupt':
        return { type: 'interrupt', cause: 'key' };
      case 'up':
        return { type: 'up' };
      case 'erase-or-end':
      case 'end':
        return { type: 'end' };
    }
  }

  #resized(): void {
    if (this.#reading !== undefined && this.#frame !== undefined) this.#paint(this.#reading);
  }

  #paint(reading: Reading, view = viewOf(reading)): Frame {
    const frame = layOut(view, this.#channel.size(), this.#frame?.top);
    const painted =
      this.#frame === undefined ? crlf(reading.head) + paint(frame) : repaint(this.#frame, frame);
    this.#write(this.#rings ? BELL + painted : painted);
    this.#rings = false;
    this.#frame = frame;
    return frame;
  }

  /** Ends what is on the screen with `mark` and goes on to an empty row. */
  #leave(reading: Reading, mark = ''): void {
    const { prompt, line } = viewOf(reading);
    const { rows } = this.#paint(reading, { prompt, line: { text: line.text, cursor: line.text.length } });
    // A line that fills its last row has gone on already.
    const isOnEmptyRow = rows.length > 1 && rows.at(-1)!.width === 0;
    this.#write(isOnEmptyRow && mark === '' ? '' : `${mark}\r\n`);
    this.#frame = undefined;
  }

  /**
   * Prints lines under the line that is being read, which is painted again under them; rings when there are
   * none.
   */
  #printBelow(reading: Reading, text: string): void {
    if (text === '') {
      this.#ring();
      return;
    }
    this.#leave(reading);
    this.#write(`${crlf(text.replace(/\n$/, ''))}\r\n`);
  }

  #ring(): void {
    this.#rings = true;
  }

  #write(text: string): void {
    if (text === '' || this.#closed || this.#channel.output.write(text)) return;
    this.#drained ??= this.#channel.drained().then(() => {
      this.#drained = undefined;
    });
  }
}

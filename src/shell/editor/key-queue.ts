/** The keys of an input stream, in order, for one reader at a time; what nobody has asked for yet waits. */
import { StringDecoder } from 'node:string_decoder';
import { KeyDecoder, type Key } from './key-decoder.ts';

/** Characters typed ahead beyond which the stream is paused; nothing is lost. */
const TYPE_AHEAD_CHARACTERS_MAX = 4 * 1024 * 1024;

const END_OF_INPUT: Key = { name: 'end-of-input', text: '' };
const END_EVENTS = ['end', 'close', 'error'] as const;

const charactersOf = (key: Key): number => Math.max(1, key.text.length);
/** Before a command these mean nothing. */
const isBlank = (key: Key): boolean => key.name === 'space' || key.name === 'enter';
const isInterrupt = (key: Key): boolean => key.name === 'ctrl-c';

/** What has come and was not read, and what the last chunk left incomplete. */
class TypeAhead {
  readonly utf8 = new StringDecoder('utf8');
  readonly decoder = new KeyDecoder();
  keys: Key[] = [];
  /** Index of the first of `keys` that still waits. */
  first = 0;
  characters = 0;
  interrupts = 0;

  count(key: Key, sign: 1 | -1): void {
    this.characters += sign * charactersOf(key);
    if (isInterrupt(key)) this.interrupts += sign;
  }

  /** Whether more than the line that is being read waits. */
  get hasLineEnd(): boolean {
    return this.keys.findLastIndex(({ name }) => name === 'enter') >= this.first;
  }

  drop(): void {
    this.keys = [];
    this.first = 0;
    this.characters = 0;
    this.interrupts = 0;
  }
}

/** What was typed before a queue was closed belongs to the next one on that stream. */
const leftBehind = new WeakMap<NodeJS.ReadableStream, TypeAhead>();

export class KeyQueue {
  readonly #input: NodeJS.ReadableStream;
  readonly #intercept: (key: Key) => boolean;
  #ahead: TypeAhead;
  #aside: Key[] = [];
  #ended: boolean;
  #reader: ((key: Key) => void) | undefined;
  #onInterruptWaiting: (() => void) | undefined;

  /** Keys for which `intercept` answers true, at once as they arrive, are not queued. */
  constructor(input: NodeJS.ReadableStream, intercept: (key: Key) => boolean) {
    this.#input = input;
    this.#intercept = intercept;
    this.#ahead = leftBehind.get(input) ?? new TypeAhead();
    leftBehind.delete(input);
    this.#ended = !input.readable;
    input.on('data', this.#take);
    for (const event of END_EVENTS) input.on(event, this.#end);
    // Whoever read here before has left it paused.
    if (!this.#ended && !this.#full) input.resume();
  }

  /** No key waits. */
  get empty(): boolean {
    return this.#ahead.first === this.#ahead.keys.length;
  }

  /** The key that waits next, if one does. */
  get waiting(): Key | undefined {
    return this.#ahead.keys[this.#ahead.first];
  }

  get #full(): boolean {
    return this.#ahead.characters > TYPE_AHEAD_CHARACTERS_MAX;
  }

  get ended(): boolean {
    return this.#ended;
  }

  /** The next key; after the last one `end-of-input`, again and again. */
  next(): Promise<Key> {
    if (!this.empty) return Promise.resolve(this.#shift());
    if (this.#ended) return Promise.resolve(END_OF_INPUT);
    return new Promise((resolve) => {
      this.#reader = resolve;
    });
  }

  /** The next key; undefined once the signal is aborted: the key is then left to the next reader. */
  nextBefore(signal: AbortSignal): Promise<Key | undefined> {
    if (signal.aborted) return Promise.resolve(undefined);
    const key = this.next();
    const reader = this.#reader;
    return new Promise((resolve) => {
      const giveUp = (): void => {
        if (this.#reader === reader) this.#reader = undefined;
        resolve(undefined);
      };
      signal.addEventListener('abort', giveUp, { once: true });
      // A pager waits for many keys on one signal.
      void key.then((pressed) => {
        signal.removeEventListener('abort', giveUp);
        resolve(pressed);
      });
    });
  }

  /** Puts back what a reader did not want of the key it got last. */
  putBack(key: Key): void {
    const ahead = this.#ahead;
    if (ahead.first > 0) ahead.keys[--ahead.first] = key;
    else ahead.keys.unshift(key);
    ahead.count(key, 1);
  }

  /**
   * Leaves what waits to whoever reads after `giveBack`, so that only keys to come are read until then; but for blanks and
   * Enter in front of it.
   */
  setAside(): void {
    const ahead = this.#ahead;
    let from = ahead.first;
    while (from < ahead.keys.length && isBlank(ahead.keys[from]!)) from += 1;
    const wasFull = this.#full;
    const aside = ahead.keys.splice(from);
    for (const key of aside) ahead.count(key, -1);
    this.#aside = this.#aside.concat(aside);
    if (wasFull) this.#resumeBelow();
  }

  giveBack(): void {
    const ahead = this.#ahead;
    for (const key of this.#aside) ahead.count(key, 1);
    ahead.keys = this.#aside.concat(ahead.keys.slice(ahead.first));
    ahead.first = 0;
    this.#aside = [];
  }

  /** Resolves as soon as an interrupt waits in the queue, or the input has ended. */
  interrupted(): Promise<void> {
    if (this.#ended || this.#ahead.interrupts > 0) return Promise.resolve();
    return new Promise((resolve) => {
      this.#onInterruptWaiting = resolve;
    });
  }

  /** Leaves the stream alone, paused, and what was not read to the next queue on it; readers get `end-of-input`. */
  close(): void {
    this.#input.off('data', this.#take);
    for (const event of END_EVENTS) this.#input.off(event, this.#end);
    this.#input.pause();
    this.giveBack();
    leftBehind.set(this.#input, this.#ahead);
    this.#ahead = new TypeAhead();
    this.#end();
  }

  readonly #take = (chunk: string | Buffer): void => {
    const { utf8, decoder } = this.#ahead;
    const text = typeof chunk === 'string' ? chunk : utf8.write(chunk);
    for (const key of decoder.decode(text)) {
      const isTaken = this.#intercept(key);
      // Whoever gives up means what they have typed ahead as well, as at any terminal. A line that comes after the one
      // that is being read may be a password, and is not to be shown with it.
      if (isInterrupt(key) && (isTaken || this.#ahead.hasLineEnd)) this.#ahead.drop();
      if (!isTaken) this.#push(key);
    }
    if (this.#full) this.#input.pause();
    if (this.#ahead.interrupts > 0) this.#onInterruptWaiting?.();
  };

  readonly #end = (): void => {
    this.#ended = true;
    this.#onInterruptWaiting?.();
    this.#answer(END_OF_INPUT);
  };

  #answer(key: Key): boolean {
    const reader = this.#reader;
    this.#reader = undefined;
    reader?.(key);
    return reader !== undefined;
  }

  #push(key: Key): void {
    if (this.#answer(key)) return;
    this.#ahead.keys.push(key);
    this.#ahead.count(key, 1);
  }

  #shift(): Key {
    const ahead = this.#ahead;
    const key = ahead.keys[ahead.first++]!;
    if (this.empty) {
      ahead.keys = [];
      ahead.first = 0;
    }
    const wasFull = this.#full;
    ahead.count(key, -1);
    if (wasFull) this.#resumeBelow();
    return key;
  }

  #resumeBelow(): void {
    if (!this.#full && !this.#ended) this.#input.resume();
  }
}

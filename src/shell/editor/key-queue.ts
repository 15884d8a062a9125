/** The keys of an input stream, in order, for one reader at a time; what nobody has asked for yet waits. */
import { StringDecoder } from 'node:string_decoder';
import { KeyDecoder, type Key } from './key-decoder.ts';

/** Characters typed ahead beyond which the stream is paused; nothing is lost. */
export const TYPE_AHEAD_CHARACTERS_MAX = 4 * 1024 * 1024;

const END_OF_INPUT: Key = { name: 'end-of-input', text: '' };
const END_EVENTS = ['end', 'close', 'error'] as const;

const charactersOf = (key: Key): number => Math.max(1, key.text.length);
const isInterrupt = (key: Key): boolean => key.name === 'ctrl-c';

export class KeyQueue {
  readonly #input: NodeJS.ReadableStream;
  readonly #intercept: (key: Key) => boolean;
  readonly #utf8 = new StringDecoder('utf8');
  readonly #decoder = new KeyDecoder();
  #keys: Key[] = [];
  /** Index of the first key of `#keys` that still waits. */
  #first = 0;
  #waitingCharacters = 0;
  #waitingInterrupts = 0;
  #ended: boolean;
  #reader: ((key: Key) => void) | undefined;
  #onInterruptWaiting: (() => void) | undefined;

  /** Keys for which `intercept` answers true, at once as they arrive, are not queued. */
  constructor(input: NodeJS.ReadableStream, intercept: (key: Key) => boolean) {
    this.#input = input;
    this.#intercept = intercept;
    this.#ended = !input.readable;
    input.on('data', this.#take);
    for (const event of END_EVENTS) input.on(event, this.#end);
    // Whoever read here before has left it paused.
    if (!this.#ended) input.resume();
  }

  /** No key waits. */
  get empty(): boolean {
    return this.#first === this.#keys.length;
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
    const givenUp = new Promise<undefined>((resolve) => {
      const giveUp = (): void => {
        if (this.#reader === reader) this.#reader = undefined;
        resolve(undefined);
      };
      signal.addEventListener('abort', giveUp, { once: true });
    });
    return Promise.race([key, givenUp]);
  }

  /** Puts back what a reader did not want of the key it got last. */
  putBack(key: Key): void {
    if (this.#first > 0) this.#keys[--this.#first] = key;
    else this.#keys.unshift(key);
    this.#waitingCharacters += charactersOf(key);
  }

  /** Resolves as soon as an interrupt waits in the queue, or the input has ended. */
  interrupted(): Promise<void> {
    if (this.#ended || this.#waitingInterrupts > 0) return Promise.resolve();
    return new Promise((resolve) => {
      this.#onInterruptWaiting = resolve;
    });
  }

  /** Leaves the stream alone, paused; readers get `end-of-input`. */
  close(): void {
    this.#input.off('data', this.#take);
    for (const event of END_EVENTS) this.#input.off(event, this.#end);
    this.#input.pause();
    this.#keys = [];
    this.#first = 0;
    this.#end();
  }

  readonly #take = (chunk: string | Buffer): void => {
    const text = typeof chunk === 'string' ? chunk : this.#utf8.write(chunk);
    for (const key of this.#decoder.decode(text)) if (!this.#intercept(key)) this.#push(key);
    if (this.#waitingCharacters > TYPE_AHEAD_CHARACTERS_MAX) this.#input.pause();
    if (this.#waitingInterrupts > 0) this.#onInterruptWaiting?.();
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
    this.#keys.push(key);
    this.#waitingCharacters += charactersOf(key);
    if (isInterrupt(key)) this.#waitingInterrupts++;
  }

  #shift(): Key {
    const key = this.#keys[this.#first++]!;
    if (this.empty) {
      this.#keys = [];
      this.#first = 0;
    }
    if (isInterrupt(key)) this.#waitingInterrupts--;
    const wasFull = this.#waitingCharacters > TYPE_AHEAD_CHARACTERS_MAX;
    this.#waitingCharacters -= charactersOf(key);
    if (wasFull && this.#waitingCharacters <= TYPE_AHEAD_CHARACTERS_MAX && !this.#ended) this.#input.resume();
    return key;
  }
}

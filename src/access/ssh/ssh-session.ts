/** One session of an ssh client, as the main thread has it: its input as a stream, its output with backpressure. */
import { Readable } from 'node:stream';
import { printable } from '../../render/printable.ts';
import type { BatchOutput } from '../../shell/batch.ts';
import type { Terminal } from '../../shell/interactive.ts';
import { OUTPUT_CHARACTERS_MAX, type FromWorker, type TerminalSize, type ToWorker } from './link.ts';

/** Characters that travel together; fewer go when the event loop has come round. */
const PIECE_CHARACTERS = 16 * 1024;

const INTERRUPT_KEY = '\x03';

type Opened = Extract<FromWorker, { type: 'opened' }>;
type SessionMessage = Exclude<Extract<FromWorker, { session: number }>, Opened>;
type Destination = 'output' | 'error';

export class SshSession {
  readonly command: string | undefined;
  readonly input: Readable;
  readonly terminal: Terminal | undefined;
  readonly #id: number;
  readonly #post: (message: ToWorker) => void;
  /** The client has gone, or wants the session to end. */
  readonly #over = new AbortController();
  readonly #interrupted = new AbortController();
  #inputEnded = false;
  /** Octets that the stream has taken and its reader has not made room for. */
  #unused = 0;
  #gathered = '';
  #gatheredFor: Destination = 'output';
  #flush: NodeJS.Immediate | undefined;
  #unwritten = 0;
  #waiting: (() => void)[] = [];
  #size: TerminalSize;
  readonly #resizeListeners = new Set<() => void>();

  constructor({ session, command, terminal }: Opened, post: (message: ToWorker) => void) {
    this.#id = session;
    this.#post = post;
    this.command = command;
    this.input = new Readable({ read: () => this.#used() });
    this.#size = terminal ?? { columns: 0, rows: 0 };
    if (terminal !== undefined) this.terminal = this.#terminalNamed(terminal.name);
  }

  /** Aborted when there is nobody left to talk to. */
  get over(): AbortSignal {
    return this.#over.signal;
  }

  /** Of a batch: what to give it up on. */
  get batchSignal(): AbortSignal {
    return AbortSignal.any([this.#over.signal, this.#interrupted.signal]);
  }

  /** Where a batch writes to. On a terminal, errors stand among the output. */
  get batchOutput(): BatchOutput {
    const onTerminal = this.terminal !== undefined;
    const shown = (text: string): string => (onTerminal ? printable(text).replaceAll('\n', '\r\n') : text);
    return {
      out: { write: (text) => this.#writeAndWait(shown(text), 'output') },
      error: (line) => this.#writeAndWait(shown(`${printable(line)}\n`), onTerminal ? 'output' : 'error'),
    };
  }

  hear(message: SessionMessage): void {
    switch (message.type) {
      case 'input':
        if (this.#inputEnded) break;
        this.#unused += message.octets.length;
        this.input.push(message.octets);
        break;
      case 'input-ended':
        this.#endInput();
        break;
      case 'notice':
        if (message.size !== undefined) this.#resize(message.size);
        if (message.signal === 'interrupt') this.#interrupt();
        if (message.signal === 'end') this.close();
        this.#post({ type: 'noticed', session: this.#id });
        break;
      case 'written':
        this.#unwritten -= message.characters;
        if (this.#roomy) this.#resume();
        break;
      case 'closed':
        this.close();
        break;
    }
  }

  /** Nobody is there any more: whoever waits need not. Idempotent. */
  close(): void {
    this.#over.abort();
    this.#endInput();
    this.#resume();
  }

  /** What was written goes out, then the status. */
  end(status: number): void {
    this.#send();
    this.#post({ type: 'end', session: this.#id, status });
  }

  #terminalNamed(name: string): Terminal {
    return {
      input: this.input,
      output: { write: (text) => this.#write(text, 'output') },
      colourLevel: colourLevelOf(name),
      size: () => this.#size,
      onResize: (listener) => {
        this.#resizeListeners.add(listener);
        return () => void this.#resizeListeners.delete(listener);
      },
      drained: () => this.#drained(),
    };
  }

  #endInput(): void {
    if (!this.#inputEnded) this.input.push(null);
    this.#inputEnded = true;
  }

  #used(): void {
    if (this.#unused > 0) this.#post({ type: 'used', session: this.#id, octets: this.#unused });
    this.#unused = 0;
  }

  #resize(size: TerminalSize): void {
    this.#size = size;
    for (const listener of this.#resizeListeners) listener();
  }

  #interrupt(): void {
    if (this.terminal === undefined) this.#interrupted.abort();
    else if (!this.#inputEnded) this.input.push(INTERRUPT_KEY);
  }

  get #roomy(): boolean {
    return this.#unwritten + this.#gathered.length < OUTPUT_CHARACTERS_MAX;
  }

  /** False: better wait for `drained`. */
  #write(text: string, to: Destination): boolean {
    if (this.#over.signal.aborted) return true;
    if (to !== this.#gatheredFor) this.#send();
    this.#gatheredFor = to;
    this.#gathered += text;
    if (this.#gathered.length >= PIECE_CHARACTERS) this.#send();
    else this.#flush ??= setImmediate(() => this.#send());
    return this.#roomy;
  }

  #writeAndWait(text: string, to: Destination): Promise<void> | void {
    if (!this.#write(text, to)) return this.#drained();
  }

  #send(): void {
    clearImmediate(this.#flush);
    this.#flush = undefined;
    if (this.#gathered === '') return;
    this.#unwritten += this.#gathered.length;
    this.#post({ type: 'write', session: this.#id, text: this.#gathered, to: this.#gatheredFor });
    this.#gathered = '';
  }

  #drained(): Promise<void> {
    if (this.#roomy || this.#over.signal.aborted) return Promise.resolve();
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  #resume(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resume of waiting) resume();
  }
}

/** As chalk counts levels, by what a terminal's name says (terminfo). */
function colourLevelOf(name: string): Terminal['colourLevel'] {
  if (name === '' || name === 'dumb') return 0;
  if (/truecolor|direct/.test(name)) return 3;
  return name.includes('256') ? 2 : 1;
}

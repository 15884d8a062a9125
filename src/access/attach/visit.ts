/** One program that has attached: its messages as a terminal or as the lines of a batch. */
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { PassThrough, type Writable } from 'node:stream';
import type { BatchOutput } from '../../shell/batch.ts';
import type { Terminal } from '../../shell/interactive.ts';
import {
  ATTACH_VERSION,
  AttachError,
  LINES_AHEAD_MAX,
  OUTPUT_CHARACTERS_MAX,
  received,
  send,
  type FromProgram,
  type Hello,
  type TerminalSize,
} from './messages.ts';

/** How long a program may take until it says what it wants. */
const HELLO_MILLIS_MAX = 10_000;

export class Visit {
  readonly #socket: Socket;
  readonly #messages: AsyncGenerator<FromProgram, void>;
  readonly #stop = new AbortController();
  readonly #keys = new PassThrough();
  readonly #lines: string[] = [];
  readonly #resizeListeners = new Set<() => void>();
  #size: TerminalSize = { columns: 0, rows: 0 };
  #linesEnded = false;
  /** Whoever waits for a line. */
  #wake: () => void = () => undefined;

  constructor(socket: Socket) {
    this.#socket = socket;
    this.#messages = received<FromProgram>(socket);
    // A connection that was cut is noticed by its reader.
    socket.on('error', () => undefined);
  }

  /** Undefined when the program has gone, also because it has said nothing for too long. Throws AttachError. */
  async hello(): Promise<Hello | undefined> {
    send(this.#socket, { type: 'welcome', version: ATTACH_VERSION });
    this.#socket.setTimeout(HELLO_MILLIS_MAX, () => this.#socket.destroy());
    const first = await this.#messages.next();
    this.#socket.setTimeout(0);
    if (first.done === true) return undefined;
    if (first.value.type !== 'hello') throw new AttachError('garbled');
    return first.value;
  }

  /** Aborted when the program was told to end, has gone, or talks nonsense. */
  get stopped(): AbortSignal {
    return this.#stop.signal;
  }

  /** Takes what the program says from now on, until it has gone. Never rejects. */
  async listen(): Promise<void> {
    try {
      for await (const message of this.#messages) await this.#take(message);
    } catch {
      this.#socket.destroy();
    }
    this.#linesEnded = true;
    this.#wake();
    this.#keys.end();
    this.#stop.abort();
  }

  terminal({ columns, rows, colourLevel }: NonNullable<Hello['terminal']>): Terminal {
    this.#size = { columns, rows };
    return {
      input: this.#keys,
      output: { write: (text) => this.#write(text) },
      drained: () => this.#drained(),
      size: () => this.#size,
      onResize: (listener) => {
        this.#resizeListeners.add(listener);
        return () => void this.#resizeListeners.delete(listener);
      },
      colourLevel,
    };
  }

  /** The lines of the batch, each when the one before it has been run. */
  async *lines(): AsyncIterable<string> {
    for (;;) {
      const line = this.#lines.shift();
      if (line !== undefined) {
        yield line;
        send(this.#socket, { type: 'done' });
      } else if (this.#linesEnded) {
        return;
      } else {
        await new Promise<void>((resolve) => (this.#wake = resolve));
      }
    }
  }

  get output(): BatchOutput {
    return {
      out: { write: (text) => (this.#write(text) ? undefined : this.#drained()) },
      error: (line) => this.complain(line),
    };
  }

  complain(line: string): void {
    send(this.#socket, { type: 'error', line });
  }

  /** Nothing is said after it. */
  exit(status: number): void {
    send(this.#socket, { type: 'exit', status });
    this.#socket.end();
  }

  async #take(message: FromProgram): Promise<void> {
    switch (message.type) {
      case 'keys':
        await this.#type(message.octets);
        break;
      case 'size':
        this.#size = message;
        for (const listener of this.#resizeListeners) listener();
        break;
      case 'line':
        if (this.#lines.length === LINES_AHEAD_MAX) throw new AttachError('garbled');
        this.#lines.push(message.text);
        this.#wake();
        break;
      case 'end':
        this.#linesEnded = true;
        this.#keys.end();
        this.#wake();
        break;
      case 'stop':
        this.#stop.abort();
        break;
      case 'hello':
        throw new AttachError('garbled');
    }
  }

  /** Waits while nobody takes them, so that the program is made to wait too. */
  async #type(octets: string): Promise<void> {
    if (this.#keys.writableEnded || this.#keys.write(Buffer.from(octets, 'latin1'))) return;
    await this.#freeOrGone(this.#keys);
  }

  #write(text: string): boolean {
    let free = true;
    for (let start = 0; start < text.length; start += OUTPUT_CHARACTERS_MAX)
      free = send(this.#socket, { type: 'output', text: text.slice(start, start + OUTPUT_CHARACTERS_MAX) });
    return free;
  }

  async #drained(): Promise<void> {
    if (this.#socket.destroyed || !this.#socket.writableNeedDrain) return;
    await this.#freeOrGone(this.#socket);
  }

  /** Whatever comes first, nobody listens for the other any more. */
  async #freeOrGone(stream: Writable): Promise<void> {
    const over = new AbortController();
    const { signal } = over;
    try {
      await Promise.race([once(stream, 'drain', { signal }), once(this.#socket, 'close', { signal })]);
    } finally {
      over.abort();
    }
  }
}

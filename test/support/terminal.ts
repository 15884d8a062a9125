/** A person's terminal before a line editor: keys go in, the screen model shows what comes out. */
import { PassThrough } from 'node:stream';
import type { EditorChannel } from '../../src/shell/editor/editor.ts';
import { quiet } from './quiet.ts';
import { Screen } from './screen.ts';

export class Terminal {
  readonly input = new PassThrough();
  readonly screen: Screen;
  /** Everything that was written, as it was written. */
  readonly written: string[] = [];
  readonly channel: EditorChannel;
  readonly #resizeListeners = new Set<() => void>();
  #readers: (() => void)[] | undefined;

  constructor(columns = 80, rows = 24) {
    this.screen = new Screen(columns, rows);
    this.channel = {
      input: this.input,
      output: {
        write: (text) => {
          this.written.push(text);
          this.screen.write(text);
          return this.#readers === undefined;
        },
      },
      drained: () =>
        new Promise((resolve) => {
          if (this.#readers === undefined) resolve();
          else this.#readers.push(resolve);
        }),
      size: () => ({ columns: this.screen.columns, rows: this.screen.rows }),
      onResize: (listener) => {
        this.#resizeListeners.add(listener);
        return () => this.#resizeListeners.delete(listener);
      },
    };
  }

  /** Sends characters, in one chunk; resolves when all that follows from them at once has happened. */
  async type(keys: string | Buffer): Promise<void> {
    this.input.write(keys);
    await this.settle();
  }

  /** Resolves when no promise is left that can still be kept without a new event. */
  async settle(): Promise<void> {
    for (let turn = 0; turn < 2; turn++) await quiet();
  }

  /** From now on, whoever writes is asked to wait … */
  stopReading(): void {
    this.#readers ??= [];
  }

  /** … until now. */
  readOn(): void {
    for (const resume of this.#readers ?? []) resume();
    this.#readers = undefined;
  }

  resize(columns: number, rows = this.screen.rows): void {
    this.screen.resize(columns, rows);
    for (const listener of this.#resizeListeners) listener();
  }
}

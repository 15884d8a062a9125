/** The console: this process's own terminal as a channel of the shell. */
import { once } from 'node:events';
import type { ReadStream, WriteStream } from 'node:tty';
import type { Terminal } from '../shell/interactive.ts';

/** Colours by how many bits a terminal has for one, as chalk counts levels. */
const COLOUR_LEVELS: Readonly<Record<number, Terminal['colourLevel']>> = { 1: 0, 4: 1, 8: 2, 24: 3 };

export class Console implements Terminal {
  readonly input: ReadStream;
  readonly output: WriteStream;
  readonly colourLevel: Terminal['colourLevel'];

  /** Takes the terminal into raw mode until `close`. */
  constructor(input: ReadStream, output: WriteStream) {
    this.input = input;
    this.output = output;
    this.colourLevel = COLOUR_LEVELS[output.getColorDepth()] ?? 0;
    input.setRawMode(true);
  }

  size(): { columns: number; rows: number } {
    return { columns: this.output.columns, rows: this.output.rows };
  }

  onResize(listener: () => void): () => void {
    this.output.on('resize', listener);
    return () => void this.output.off('resize', listener);
  }

  async drained(): Promise<void> {
    await once(this.output, 'drain');
  }

  close(): void {
    this.input.setRawMode(false);
    this.input.pause();
  }
}

/** What a line prints, read anew at intervals: the pipe `monitor`. */
import { NANOS_PER_SECOND, type Clock } from '../clock.ts';
import type { Drawn } from '../commands/command.ts';
import { fittingLine } from '../render/grid.ts';
import { dateTime } from '../render/time.ts';
import type { Sink } from './shell.ts';

/** Characters of a reading that are kept, and about where the command is given up: more than a screen has. */
export const READING_CHARACTERS_MAX = 256 * 1024;

/** As DNOS says it. */
const QUIT = 'Press CTRL+C to quit';

/** Beside the lines: the title, a blank row below it, and how to quit. */
const OTHER_ROWS = 3;

export interface RepeatedLine {
  /** As it stands in the title. */
  readonly text: string;
  readonly intervalNanos: number;
  /** Runs it, until it is through or the signal is aborted. */
  readonly run: (sink: Sink, signal: AbortSignal) => Promise<void>;
}

export class Repeated implements Drawn {
  readonly #line: RepeatedLine;
  readonly #clock: Clock;
  #lines: readonly string[] = [];
  /** Of the reading that is shown; undefined: there is none yet. */
  #readWallNanos: bigint | undefined;

  constructor(line: RepeatedLine, clock: Clock) {
    this.#line = line;
    this.#clock = clock;
  }

  async sample(signal: AbortSignal): Promise<void> {
    const enough = new AbortController();
    let text = '';
    const write = (piece: string): void => {
      text += piece;
      if (text.length >= READING_CHARACTERS_MAX) enough.abort();
    };
    await this.#line.run({ write }, AbortSignal.any([signal, enough.signal]));
    if (signal.aborted) return;
    this.#lines = text.replace(/\n$/, '').split('\n');
    this.#readWallNanos = this.#clock.wallNanos();
  }

  draw({ columns, rows }: { readonly columns: number; readonly rows: number }): readonly string[] {
    const { text, intervalNanos } = this.#line;
    const title = `Every ${intervalNanos / NANOS_PER_SECOND}s: ${text}`;
    const time = dateTime(this.#readWallNanos ?? this.#clock.wallNanos());
    const timed = `${title.padEnd(columns - time.length - 1)} ${time}`;
    const shown = this.#lines.slice(0, Math.max(0, rows - OTHER_ROWS));
    return [fittingLine([timed, title], columns), '', ...shown, QUIT];
  }
}

/** Lines that are given to a command, as one text. */
import { Refusal } from '../commands/refusal.ts';

/** Longer lines are refused: no command is, and a file that is not a batch should fail at once. */
export const BATCH_LINE_CHARACTERS_MAX = 65_536;

export class TextOfLines {
  readonly #charactersMax: number;
  readonly #lines: string[] = [];
  #length = 0;
  #isCut = false;

  /** What is longer is kept up to there and one character, so that whoever reads it sees that it is too long. */
  constructor(charactersMax: number) {
    this.#charactersMax = charactersMax;
  }

  add(line: string): void {
    if (line.length > BATCH_LINE_CHARACTERS_MAX) this.cut();
    if (this.#length > this.#charactersMax) return;
    const more = `${line.replace(/\r$/, '')}\n`.slice(0, this.#charactersMax + 1 - this.#length);
    this.#lines.push(more);
    this.#length += more.length;
  }

  /** A line was not given as a whole. */
  cut(): void {
    this.#isCut = true;
  }

  /** Throws Refusal where a line was cut. */
  whole(): string {
    if (this.#isCut) throw new Refusal('line-too-long', { maximum: BATCH_LINE_CHARACTERS_MAX });
    return this.#lines.join('');
  }
}

/** The lines that a pager remembers, the latest of them, by their number in the whole output. */

/** What can be scrolled back: the lines, and the characters of them all. The oldest are forgotten beyond either. */
export const SCROLLBACK_LINES_MAX = 20_000;
export const SCROLLBACK_CHARACTERS_MAX = 4 * 2 ** 20;

export class Scrollback {
  #lines: string[] = [];
  #characters = 0;
  /** Index in `#lines` of the oldest line that is remembered. */
  #forgotten = 0;
  /** Lines that are not even in `#lines` any more. */
  #gone = 0;

  /** The number of the oldest line that is remembered. */
  get first(): number {
    return this.#gone + this.#forgotten;
  }

  /** One past the number of the latest line. */
  get end(): number {
    return this.#gone + this.#lines.length;
  }

  line(number: number): string {
    return this.#lines[number - this.#gone]!;
  }

  /** `needed`: the oldest line that must not be forgotten yet. */
  add(line: string, needed: number): void {
    this.#lines.push(line);
    this.#characters += line.length;
    while (this.#isFull && this.first < needed) {
      this.#characters -= this.#lines[this.#forgotten]!.length;
      this.#lines[this.#forgotten] = '';
      this.#forgotten += 1;
    }
    if (this.#forgotten < SCROLLBACK_LINES_MAX) return;
    this.#lines = this.#lines.slice(this.#forgotten);
    this.#gone += this.#forgotten;
    this.#forgotten = 0;
  }

  get #isFull(): boolean {
    const lines = this.#lines.length - this.#forgotten;
    return lines > SCROLLBACK_LINES_MAX || this.#characters > SCROLLBACK_CHARACTERS_MAX;
  }
}

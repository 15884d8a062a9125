/** The lines a user has entered, oldest first. */

/** Lines a history keeps; the oldest go first. */
export const HISTORY_LINES_MAX = 1000;

export class History {
  #lines: string[] = [];

  /** `lines`: what is remembered from before, oldest first. */
  constructor(lines: Iterable<string> = []) {
    for (const line of lines) this.add(line);
  }

  get lines(): readonly string[] {
    return this.#lines;
  }

  /** Remembers a line, unless it is blank or repeats the one before; returns whether it did. */
  add(line: string): boolean {
    if (line.trim() === '' || line === this.#lines.at(-1)) return false;
    this.#lines.push(line);
    if (this.#lines.length > HISTORY_LINES_MAX) this.#lines.shift();
    return true;
  }
}

/** The index of the latest of `lines` before index `end` that contains `query`; -1 when none does. */
export const searchBackward = (lines: readonly string[], query: string, end: number): number =>
  lines.slice(0, end).findLastIndex((line) => line.includes(query));

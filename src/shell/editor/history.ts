/** The lines that somebody has entered, oldest first: for the arrow keys, for searches, and for their next login. */
import type { EnteredLine } from '../../commands/command.ts';

/** Lines a history keeps; the oldest go first. */
export const HISTORY_LINES_MAX = 1000;

/** Longer lines are not remembered. */
export const HISTORY_LINE_CHARACTERS_MAX = 4096;

/** What a line editor recalls. */
export interface Recalled {
  readonly lines: readonly string[];
}

export class History implements Recalled {
  readonly #lines: string[] = [];
  readonly #entered: EnteredLine[] = [];
  readonly #keep: (line: EnteredLine) => void;

  /** `entered`: what was kept before; `keep` is given what is to be kept of each line that is added. */
  constructor(entered: Iterable<EnteredLine> = [], keep: (line: EnteredLine) => void = () => undefined) {
    for (const line of entered) this.#remember(line.text, line);
    this.#keep = keep;
  }

  /** As they were typed, or, of logins before, kept. */
  get lines(): readonly string[] {
    return this.#lines;
  }

  /** As they are kept. */
  get entered(): readonly EnteredLine[] {
    return this.#entered;
  }

  /**
   * Remembers a line, unless it is blank, repeats the one before, or is too long. `kept` is what of it may outlast the
   * login; nothing when that is blank.
   */
  add(line: string, kept: EnteredLine): void {
    if (this.#remember(line, kept)) this.#keep(kept);
  }

  /** Whether there is something to keep. */
  #remember(line: string, kept: EnteredLine): boolean {
    if (line.trim() === '' || line.length > HISTORY_LINE_CHARACTERS_MAX) return false;
    if (line !== this.#lines.at(-1)) this.#lines.push(line);
    if (this.#lines.length > HISTORY_LINES_MAX) this.#lines.shift();
    if (kept.text.trim() === '' || kept.text === this.#entered.at(-1)?.text) return false;
    this.#entered.push(kept);
    if (this.#entered.length > HISTORY_LINES_MAX) this.#entered.shift();
    return true;
  }
}

/** The index of the latest of `lines` before index `end` that contains `query`; -1 when none does. */
export const searchBackward = (lines: readonly string[], query: string, end: number): number =>
  lines.slice(0, end).findLastIndex((line) => line.includes(query));

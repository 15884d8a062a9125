/** What happened in a world, line by line: the same seed writes the same, to the octet. */
import { createHash } from 'node:crypto';

/** Lines that are printed of a world that failed, unless all are asked for. */
const TAIL_LINES = 40;

export class Journal {
  readonly #hash = createHash('sha256');
  readonly #lines: string[] = [];

  note(line: string): void {
    this.#hash.update(`${line}\n`);
    this.#lines.push(line);
  }

  /** Of all lines so far. */
  get digest(): string {
    return this.#hash.copy().digest('hex');
  }

  /** The latest lines, or all. */
  text(whole: boolean): string {
    return (whole ? this.#lines : this.#lines.slice(-TAIL_LINES)).join('\n');
  }
}

/** Something that must hold does not. */
export class Violation extends Error {
  readonly invariant: string;

  constructor(invariant: string, what: string) {
    super(`${invariant}: ${what}`);
    this.name = 'Violation';
    this.invariant = invariant;
  }
}

export function must(holds: boolean, invariant: string, what: () => string): asserts holds {
  if (!holds) throw new Violation(invariant, what());
}

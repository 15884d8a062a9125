/** Filters of lines, for pipes: what passes, what is held back, and what is changed on the way. */
import { RE2JS } from 're2js';
import { Refusal } from '../commands/refusal.ts';
import { clustersOf } from './editor/graphemes.ts';

/** Takes lines, without their line feeds, and emits lines. */
export interface Filter {
  line(text: string): void;
  end(): void;
  /** After `end`: what is to be said beside the lines. */
  readonly remark?: () => string | undefined;
}

export type Emit = (line: string) => void;

type Passes = (line: string) => boolean;

/** Characters of lines that one filter holds back until more come; a pipe that would need more fails. */
export const HELD_CHARACTERS_MAX = 16 * 2 ** 20;

const nothing = (): void => undefined;

const META = /[\\^$.|?*+()[\]{}]/;
// eslint-disable-next-line no-control-regex
const ASCII = /^[\x00-\x7f]*$/;

/** In time linear in the line, whatever the pattern; most patterns are words, and need no machine. */
export function patternMatcher(pattern: string, caseSensitive = false): Passes {
  if (!META.test(pattern) && ASCII.test(pattern)) return textMatcher(pattern, caseSensitive);
  const compiled = RE2JS.compile(pattern, caseSensitive ? 0 : RE2JS.CASE_INSENSITIVE);
  return (line) => compiled.test(line);
}

export function textMatcher(text: string, caseSensitive = false): Passes {
  if (caseSensitive) return (line) => line.includes(text);
  const lower = text.toLowerCase();
  return (line) => line.toLowerCase().includes(lower);
}

/** The last lines of those that were kept, oldest first. */
class Recent {
  readonly #capacity: number;
  readonly #lines: string[] = [];
  /** Where the oldest stands, once there are as many as are kept. */
  #first = 0;
  #characters = 0;

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  /** False when nothing had to go for it. Throws Refusal `too-much-held`. */
  keep(line: string): boolean {
    if (this.#capacity === 0) return true;
    this.#characters += line.length;
    const isFull = this.#lines.length === this.#capacity;
    if (isFull) {
      this.#characters -= this.#lines[this.#first]!.length;
      this.#lines[this.#first] = line;
      this.#first = (this.#first + 1) % this.#capacity;
    } else this.#lines.push(line);
    if (this.#characters > HELD_CHARACTERS_MAX)
      throw new Refusal('too-much-held', { mebi: HELD_CHARACTERS_MAX / 2 ** 20 });
    return isFull;
  }

  /** Gives the lines and forgets them. */
  release(emit: Emit): void {
    for (let count = 0; count < this.#lines.length; count += 1)
      emit(this.#lines[(this.#first + count) % this.#lines.length]!);
    this.#lines.length = 0;
    this.#first = 0;
    this.#characters = 0;
  }
}

/** Lines around one that passes. */
export interface Surroundings {
  readonly leading?: number | undefined;
  readonly trailing?: number | undefined;
}

/** Between groups of lines that do not follow each other, as grep has it. */
const GAP = '--';

/** Lines that pass, with those around them. */
export function passing(passes: Passes, emit: Emit, { leading, trailing }: Surroundings = {}): Filter {
  if (leading === undefined && trailing === undefined) {
    return {
      line: (line) => {
        if (passes(line)) emit(line);
      },
      end: nothing,
    };
  }
  const before = new Recent(leading ?? 0);
  let following = 0;
  let isFirst = true;
  let isGap = false;
  return {
    line(line) {
      if (passes(line)) {
        if (isGap && !isFirst) emit(GAP);
        before.release(emit);
        emit(line);
        following = trailing ?? 0;
        isFirst = isGap = false;
      } else if (following > 0) {
        following -= 1;
        emit(line);
      } else if (before.keep(line)) isGap = true;
    },
    end: nothing,
  };
}

/** As Junos says it. */
const NOT_FOUND = 'Pattern not found';

/** From the first line that passes on: all that follow, or as many as asked for. */
export function fromFirst(passes: Passes, emit: Emit, { leading, trailing }: Surroundings): Filter {
  const before = new Recent(leading ?? 0);
  let following: number | undefined;
  return {
    line(line) {
      if (following === undefined) {
        if (passes(line)) {
          before.release(emit);
          emit(line);
          following = trailing ?? Infinity;
        } else before.keep(line);
      } else if (following > 0) {
        following -= 1;
        emit(line);
      }
    },
    end: nothing,
    remark: () => (following === undefined ? NOT_FOUND : undefined),
  };
}

export function last(lines: number, emit: Emit): Filter {
  const recent = new Recent(lines);
  return { line: (line) => void recent.keep(line), end: () => recent.release(emit) };
}

/** Below the headings of a table: `|-----+-----|`. */
const RULE = /^[|+][-+]+[|+]$/;

/** Lets the headings of tables pass by a filter: the rule below them, and the line above it. */
export function besideHeadings(filter: Filter, emit: Emit): Filter {
  let above: string | undefined;
  const settle = (): void => {
    if (above !== undefined) filter.line(above);
    above = undefined;
  };
  return {
    line(line) {
      if (RULE.test(line)) {
        if (above !== undefined) emit(above);
        above = undefined;
        emit(line);
        return;
      }
      settle();
      if (line.startsWith('|')) above = line;
      else filter.line(line);
    },
    end() {
      settle();
      filter.end();
    },
    remark: () => filter.remark?.(),
  };
}

/** Without the first columns of each line; of a wide letter that is cut in two, nothing is left. */
export function trimmed(columns: number, emit: Emit): Filter {
  return {
    line: (line) => emit(ASCII.test(line) ? line.slice(columns) : behind(line, columns)),
    end: nothing,
  };
}

function behind(line: string, columns: number): string {
  let column = 0;
  for (const { offset, width } of clustersOf(line)) {
    if (column >= columns) return line.slice(offset);
    column += width;
  }
  return '';
}

export function changed(change: (line: string) => string, emit: Emit): Filter {
  return { line: (line) => emit(change(line)), end: nothing };
}

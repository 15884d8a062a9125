/** Reads what `show | compare` prints: banners with the level, and lines that are taken away (-), added (+) or changed (!). */
import { tokenize } from '../../grammar/tokens.ts';
import { ACTIVE, INACTIVE } from '../text.ts';
import { bracesTokens, BracesReader, type Token } from './braces.ts';
import type { Path } from '../tree.ts';
import type { ReadingParts, Said } from './said.ts';
import type { Place, Word } from './statement-reader.ts';

const BANNER = /^\[edit\b(.*)\]\s*$/;

export function* readPatch(text: string, parts: ReadingParts): Iterable<Said | undefined> {
  let hunk: Hunk | undefined;
  for (const [index, line] of text.split('\n').entries()) {
    const number = index + 1;
    const banner = BANNER.exec(line)?.[1];
    if (banner !== undefined) {
      hunk?.end();
      hunk = new Hunk(placeOf(banner, number, parts), parts);
    } else if (line.trim() !== '') {
      if (hunk === undefined) return parts.faults.end(number, 'missing-banner');
      yield* hunk.line(line.replace(/\r$/, ''), number);
    }
    yield;
  }
  hunk?.end();
}

/** Undefined where the banner could not be understood, and what is below it is passed over. */
function placeOf(words: string, line: number, { reader, place, faults }: ReadingParts): Place | undefined {
  const read = reader.read(place, tokenize(words).sections[0] ?? [], true);
  if (!read.fault) return read.place;
  faults.add(line, read.fault.code, read.fault.path, read.fault.details);
  return undefined;
}

/** The lines below one banner. */
class Hunk {
  readonly #parts: ReadingParts;
  readonly #place: Place | undefined;
  readonly #gone: BracesReader;
  readonly #made: BracesReader;
  /** The entry that the one of the next line is put behind, when it is of the same list. */
  #neighbour: Path | undefined;

  constructor(place: Place | undefined, parts: ReadingParts) {
    this.#parts = parts;
    this.#place = place;
    const below = { ...parts, ...(place && { place }) };
    this.#gone = new BracesReader(below, 'remove');
    this.#made = new BracesReader(below, 'set');
  }

  *line(line: string, number: number): Iterable<Said | undefined> {
    if (this.#place === undefined) return;
    const sign = line[0]!;
    const tokens = bracesTokens(line.slice(1), this.#parts.faults, number);
    const reader = sign === '-' ? this.#gone : sign === '+' ? this.#made : undefined;
    if (reader === undefined) yield* this.#changed(this.#place, sign, [...tokens], number);
    else for (const token of tokens) yield* reader.take(token);
    if (reader !== undefined) this.#neighbour = undefined;
  }

  end(): void {
    this.#gone.end();
    this.#made.end();
  }

  /** A line that is there before and after: of a statement that is marked otherwise, or an entry beside one that is moved. */
  *#changed(place: Place, sign: string, tokens: readonly Token[], line: number): Iterable<Said> {
    const words: Word[] = [];
    for (const token of tokens) {
      if (token.kind !== 'word' || token.word.text === '...') break;
      words.push(token.word);
    }
    const tag = words[0]?.quoted === false ? words[0].text : undefined;
    const isTagged = tag === INACTIVE || tag === ACTIVE;
    const { faults, reader } = this.#parts;
    const hasBelow = tokens.some((token) => token.kind === 'mark' && token.mark === '{');
    const said = isTagged ? words.slice(1) : words;
    const read = reader.read(place, said, hasBelow);
    const [was, is] = [this.#gone.takeMarks().comment, this.#made.takeMarks().comment];
    // Values in brackets are not read: it is the statement that is marked.
    if (read.fault && read.fault.code !== 'missing-value') {
      if (sign === '!') faults.add(line, read.fault.code, read.fault.path, read.fault.details);
      return;
    }
    const { path } = read.fault ?? read;
    const statement = { path, value: undefined };
    const comment = is ?? (was === undefined ? undefined : '');
    if (comment !== undefined) yield { line, verb: 'mark', change: { comment }, statement };
    if (sign === '!' && isTagged)
      yield { line, verb: 'mark', change: { inactive: tag === INACTIVE }, statement };
    else if (sign === '!') yield { line, verb: 'move', behind: this.#keyBefore(path), statement };
    this.#neighbour = comment === undefined && !isTagged ? path : undefined;
  }

  /** Below one banner, lists differ by their names. */
  #keyBefore(path: Path): string | undefined {
    return this.#neighbour?.at(-2) === path.at(-2) ? this.#neighbour?.at(-1) : undefined;
  }
}

/** Reads what `show | compare` prints: banners with the level, and lines that are taken away (-) or added (+). */
import { tokenize } from '../../grammar/tokens.ts';
import { bracesTokens, BracesReader, type BracesVerb, type Token } from './braces.ts';
import type { ReadingParts, Said } from './said.ts';
import type { Place } from './statement-reader.ts';

const BANNER = /^\[edit\b(.*)\]\s*$/;

/** What is done by the sign of a line, what is taken away first. */
const SIGNS: readonly (readonly [sign: string, verb: BracesVerb])[] = [
  ['-', 'delete'],
  ['+', 'set'],
];

/** The lines below one banner. */
interface Hunk {
  readonly banner: number;
  readonly words: string;
  readonly lines: readonly string[];
}

export function* readPatch(text: string, parts: ReadingParts): Iterable<Said | undefined> {
  for (const hunk of hunksOf(text.split('\n'), parts)) {
    const place = placeOf(hunk, parts);
    if (place === undefined) continue;
    for (const [sign, verb] of SIGNS)
      yield* new BracesReader({ ...parts, place }, verb).read(tokensOf(hunk, sign, parts));
  }
}

function* hunksOf(lines: readonly string[], { faults }: ReadingParts): Iterable<Hunk> {
  let start: number | undefined;
  for (const [index, line] of [...lines, '[edit]'].entries()) {
    const isBanner = BANNER.test(line);
    if (!isBanner) {
      if (start === undefined && line.trim() !== '') faults.end(index + 1, 'missing-banner');
      continue;
    }
    if (start !== undefined) {
      const words = BANNER.exec(lines[start]!)![1]!;
      yield { banner: start + 1, words, lines: lines.slice(start + 1, index) };
    }
    start = index;
  }
}

function placeOf({ banner, words }: Hunk, { reader, place, faults }: ReadingParts): Place | undefined {
  const read = reader.read(place, tokenize(words).sections[0] ?? [], true);
  if (!read.fault) return read.place;
  faults.add(banner, read.fault.code, read.fault.path, read.fault.details);
  return undefined;
}

/** Of the lines with a sign. */
function* tokensOf({ banner, lines }: Hunk, sign: string, { faults }: ReadingParts): Iterable<Token> {
  for (const [index, line] of lines.entries())
    if (line.startsWith(sign)) yield* bracesTokens(line.slice(sign.length), faults, banner + 1 + index);
}

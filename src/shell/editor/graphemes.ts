/** Grapheme clusters: where they begin, how wide a terminal draws them, and what may not stand in a line. */
import stringWidth from 'string-width';

/**
 * What would move the cursor, reorder the row, be no character at all, or be submitted without being seen. A tab is shown
 * as a blank. Made where it is needed: properties of characters take a while to be looked up.
 */
const unprintable = (): RegExp =>
  /(?!\t)[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\p{Bidi_Control}\u00ad\u180e\u200b\u2060-\u206f\u3164\ufeff\uffa0]/gu;

/**
 * Letters that never join a neighbour of this set: a cluster each. Intl.Segmenter takes 10 µs a cluster;
 * these need none.
 */
const NARROW = ' -~\u00c0-\u02af\u0386-\u0481\u048a-\u052f';
const WIDE = '\u3041-\u3096\u30a1-\u30fa\u4e00-\u9fff\uac00-\ud7a3';
const PLAIN = new RegExp(`[${NARROW}${WIDE}]`);
const WIDE_LETTER = new RegExp(`[${WIDE}]`);

/** Either one plain letter between plain letters, or a run that only the segmenter can divide. */
const PLAIN_OR_RUN = new RegExp(
  `[${NARROW}${WIDE}](?![^${NARROW}${WIDE}])|(?:[${NARROW}${WIDE}]?[^${NARROW}${WIDE}])+[${NARROW}${WIDE}]?`,
  'g',
);

let segmenter: Intl.Segmenter | undefined;

/** Made when it is first needed: it takes as long as half of what else a start of the program does. */
function segmentsOf(run: string): Intl.Segments {
  segmenter ??= new Intl.Segmenter();
  return segmenter.segment(run);
}

/** What a terminal draws as one thing: a letter with its marks, a flag, an emoji sequence. */
export interface Cluster {
  /** As it is drawn. */
  readonly text: string;
  /** Where it begins, in UTF-16 units. */
  readonly offset: number;
  /** Terminal columns: 0, 1 or 2. */
  readonly width: number;
}

/**
 * `text` without control characters but tabs, lone surrogates, line separators, bidirectional controls and invisible
 * blanks.
 */
export const printable = (text: string): string => text.replace(unprintable(), '');

export function* clustersOf(text: string): Generator<Cluster> {
  for (const { 0: run, index } of text.matchAll(PLAIN_OR_RUN)) {
    if (run.length === 1 && PLAIN.test(run)) {
      yield { text: run, offset: index, width: WIDE_LETTER.test(run) ? 2 : 1 };
      continue;
    }
    for (const part of segmentsOf(run)) {
      const text = part.segment === '\t' ? ' ' : part.segment;
      yield { text, offset: index + part.index, width: stringWidth(text) };
    }
  }
}

const isPlainAt = (text: string, offset: number): boolean => PLAIN.test(text.charAt(offset));

const isPlainBoundary = (text: string, offset: number): boolean =>
  offset <= 0 || offset >= text.length || (isPlainAt(text, offset - 1) && isPlainAt(text, offset));

/**
 * The start of the cluster that holds the unit at `offset`; an offset outside the text gives the nearest
 * end.
 */
export const clusterStart = (text: string, offset: number): number =>
  isPlainBoundary(text, offset)
    ? Math.min(Math.max(offset, 0), text.length)
    : segmentsOf(text).containing(offset)!.index;

/**
 * The end of the cluster that holds the unit at `offset`; an offset outside the text gives the nearest end.
 */
export const clusterEnd = (text: string, offset: number): number => {
  if (isPlainBoundary(text, offset + 1)) return Math.min(Math.max(offset + 1, 0), text.length);
  const { index, segment } = segmentsOf(text).containing(offset)!;
  return index + segment.length;
};

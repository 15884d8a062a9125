/** From prompt and line to rows, and the fewest characters that turn the rows on the screen into new ones. */
import stringWidth from 'string-width';
import type { Line } from './buffer.ts';
import { clustersOf, clusterStart } from './graphemes.ts';

export interface ScreenSize {
  readonly columns: number;
  readonly rows: number;
}

export interface View {
  /** One line of printable text. */
  readonly prompt: string;
  readonly line: Line;
}

interface Row {
  readonly text: string;
  /** Columns used. */
  readonly width: number;
  /** More follows in the next row; then columns are left over only where a wide character did not fit. */
  readonly wraps: boolean;
}

interface Position {
  readonly row: number;
  readonly column: number;
}

/** A view laid out: as many of its rows as the screen holds, the cursor's among them. */
export interface Frame {
  readonly view: View;
  /** Of the screen it was laid out for. */
  readonly size: ScreenSize;
  readonly rows: readonly Row[];
  /** Rows of the view above the first of `rows`. */
  readonly top: number;
  /** Counted from the first of `rows`. */
  readonly cursor: Position;
}

/** What a terminal of unknown size (0 columns or rows) is taken for. */
export const SIZE_DEFAULT: ScreenSize = { columns: 80, rows: 24 };
/** The narrowest screen that takes a wide character. */
const COLUMNS_MIN = 2;

/** Empties the screen; the cursor then stands at the start of an empty row. */
export const CLEAR_SCREEN = '\x1b[H\x1b[2J';
const ERASE_BELOW = '\x1b[J';
const ERASE_ROW_RIGHT = '\x1b[K';
/**
 * Terminals keep the cursor on a full row until the next character: a blank moves it on, as a wrap and not
 * a new line.
 */
const WRAP = ' \r';

/**
 * Lays `view` out as a terminal wraps it. Text that ends exactly at the last column is followed by an empty
 * row, the cursor's. `topBefore` is the `top` of the frame before: rows scroll only as far as the cursor
 * needs.
 */
export function layOut(view: View, size: ScreenSize, topBefore = 0): Frame {
  const columns = size.columns >= COLUMNS_MIN ? size.columns : SIZE_DEFAULT.columns;
  const height = size.rows >= 1 ? size.rows : SIZE_DEFAULT.rows;
  const rows: Row[] = [];
  let text = '';
  let width = 0;
  const endRow = (wraps: boolean): void => {
    rows.push({ text, width, wraps });
    text = '';
    width = 0;
  };
  const here = (): Position =>
    width < columns ? { row: rows.length, column: width } : { row: rows.length + 1, column: 0 };
  let cursor: Position | undefined;
  const { prompt, line } = view;
  for (const [part, cursorOffset] of [[prompt, undefined] as const, [line.text, line.cursor] as const]) {
    for (const cluster of clustersOf(part)) {
      if (width + cluster.width > columns) endRow(true);
      if (cursorOffset !== undefined && cluster.offset >= cursorOffset) cursor ??= here();
      // A mark without a letter would change what stands before it.
      if (cluster.width > 0) text += cluster.text;
      width += cluster.width;
    }
  }
  if (width === columns) endRow(true);
  cursor ??= here();
  endRow(false);

  const topMax = Math.max(0, rows.length - height);
  const top = Math.min(topMax, Math.max(cursor.row - height + 1, Math.min(topBefore, cursor.row)));
  return {
    view,
    size: { columns, rows: height },
    rows: rows.slice(top, top + height),
    top,
    cursor: { row: cursor.row - top, column: cursor.column },
  };
}

/** Columns before the cursor, whole rows counted: text of that width ends there, too, when the terminal wraps it. */
export function cursorColumns(view: View, { columns }: ScreenSize): number {
  const { cursor, size } = layOut(view, { columns, rows: Infinity });
  return cursor.row * size.columns + cursor.column;
}

/** Moves the cursor inside a frame. */
function moveTo(from: Position, to: Position): string {
  const rows = to.row - from.row;
  const vertical = rows === 0 ? '' : rows < 0 ? `\x1b[${-rows}A` : `\x1b[${rows}B`;
  if (to.column === from.column) return vertical;
  return vertical + (to.column === 0 ? '\r' : `\x1b[${to.column + 1}G`);
}

/** Behind a run of rows. The blank that has moved the cursor to an empty row must still be there at a resize. */
const eraseBelow = (rows: readonly Row[]): string =>
  rows.length > 1 && rows.at(-1)!.width === 0 ? ERASE_BELOW + WRAP : ERASE_BELOW;

const endOf = (rows: readonly Row[]): Position => ({ row: rows.length - 1, column: rows.at(-1)!.width });

/**
 * Rows as one run of characters that the terminal wraps itself, so that it can wrap them anew when it is
 * resized.
 */
const runOf = (rows: readonly Row[], columns: number): string =>
  rows
    .map(({ text, width, wraps }, index) => {
      if (wraps) return width < columns ? text + ERASE_ROW_RIGHT : text;
      return index > 0 && width === 0 ? WRAP + text : text;
    })
    .join('');

/** The whole frame, from an empty row's first column. */
export const paint = (frame: Frame): string =>
  runOf(frame.rows, frame.size.columns) + moveTo(endOf(frame.rows), frame.cursor);

/**
 * The whole frame in place of one whose cursor is in its row `cursorRow`. What is left of that one is
 * erased afterwards: tmux moves a screen that is erased from its first column into the scrollback. Nothing
 * is left when more rows follow than the screen holds.
 */
const paintOver = (cursorRow: number, frame: Frame): string =>
  (cursorRow > 0 ? `\x1b[${cursorRow}A` : '') +
  '\r' +
  runOf(frame.rows, frame.size.columns) +
  (frame.rows.at(-1)!.wraps ? '' : eraseBelow(frame.rows)) +
  moveTo(endOf(frame.rows), frame.cursor);

/** Units two texts have in common at their start, back to where a cluster begins in both. */
function commonStart(one: string, other: string): number {
  let length = 0;
  while (length < one.length && one.charAt(length) === other.charAt(length)) length++;
  return Math.min(clusterStart(one, length), clusterStart(other, length));
}

/**
 * The row of the cursor of `from` after the terminal was resized and wrapped what it shows anew. A cursor
 * behind the last character stays in that character's row, unless a blank was written to move it on.
 */
function cursorRowAfterResize(from: Frame, size: ScreenSize): number {
  const { cursor } = layOut(from.view, size);
  const { line } = from.view;
  const stays = cursor.column === 0 && line.cursor === line.text.length && endOf(from.rows).column > 0;
  return stays ? Math.max(0, cursor.row - 1) : cursor.row;
}

/** Turns `from`, which is on the screen, into `to`. */
export function repaint(from: Frame, to: Frame): string {
  const isResized = from.size.columns !== to.size.columns || from.size.rows !== to.size.rows;
  if (isResized) return paintOver(cursorRowAfterResize(from, to.size), to);
  if (from.top !== to.top) return paintOver(from.cursor.row, to);
  const sameHeight = from.rows.length === to.rows.length;
  const changed = to.rows.findIndex((row, index) => row.text !== from.rows[index]?.text);
  if (changed < 0 && sameHeight) return moveTo(from.cursor, to.cursor);

  // Rows that do not exist yet are reached by wrapping from the last that does.
  const first = Math.min(changed < 0 ? to.rows.length - 1 : changed, from.rows.length - 1);
  const [row, ...below] = to.rows.slice(first);
  const common = commonStart(row!.text, from.rows[first]!.text);
  const shrunk = sameHeight
    ? endOf(from.rows).column > endOf(to.rows).column
    : from.rows.length > to.rows.length;
  return (
    moveTo(from.cursor, { row: first, column: stringWidth(row!.text.slice(0, common)) }) +
    runOf([{ ...row!, text: row!.text.slice(common) }, ...below], to.size.columns) +
    (shrunk ? eraseBelow(to.rows) : '') +
    moveTo(endOf(to.rows), to.cursor)
  );
}

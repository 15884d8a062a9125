/** DNOS tables: a header, a rule under it, rows between bars (reference 000). */
import stringWidth from 'string-width';
import { table } from 'table';

export interface GridColumn {
  readonly title: string;
  /** In terminal columns, without the blanks beside the bars; wider where the title or a cell is. */
  readonly minimumWidth?: number;
}

/** Rows of one piece of a long grid: less than a millisecond of drawing, which nobody at a keyboard notices. */
export const GRID_PIECE_ROWS = 64;

/** The rule is drawn as the bottom of the header: rows below it are a table of their own. */
const border = {
  bodyLeft: '|',
  bodyJoin: '|',
  bodyRight: '|',
  bottomLeft: '|',
  bottomBody: '-',
  bottomJoin: '+',
  bottomRight: '|',
};

/** By its columns, the header drawn last: a grid that is shown again and again mostly has the same. */
const drawnHeaders = new WeakMap<readonly GridColumn[], { readonly widths: string; readonly text: string }>();

/** Narrower than this, no column is made so that a grid fits. */
const COLUMN_WIDTH_MIN = 8;

/** Beside each cell: a bar and two blanks; and the last bar. */
const widthOf = (widths: readonly number[]): number => widths.reduce((sum, width) => sum + width + 3, 1);

/**
 * The whole grid, every line with its line feed. Cells hold no control characters. `within`: of so many columns it is no
 * wider, if that can be; cells that are wider than their column then take several lines.
 */
export function grid(
  columns: readonly GridColumn[],
  rows: Iterable<readonly string[]>,
  within = Infinity,
): string {
  const all = [...rows];
  return [...gridPieces(columns, () => all, within)].join('');
}

/**
 * With all columns that fit; those of the dispensable titles go first, in their order, and what is too wide then stays so.
 */
export function fittingGrid(
  columns: readonly GridColumn[],
  rows: readonly (readonly string[])[],
  dispensable: readonly string[],
  within: number,
): string {
  const widths = columns.map(({ title, minimumWidth = 0 }, column) =>
    Math.max(minimumWidth, stringWidth(title), ...rows.map((row) => stringWidth(row[column]!))),
  );
  const without = (titles: readonly string[]): readonly number[] =>
    columns.flatMap(({ title }, column) => (titles.includes(title) ? [] : [column]));
  const tries = Array.from({ length: dispensable.length + 1 }, (_, count) =>
    without(dispensable.slice(0, count)),
  );
  const fits = (kept: readonly number[]): boolean => widthOf(kept.map((column) => widths[column]!)) <= within;
  const kept = tries.find(fits) ?? tries.at(-1)!;
  return grid(
    kept.map((column) => columns[column]!),
    rows.map((row) => kept.map((column) => row[column]!)),
  );
}

/** The first of the lines that is no wider than that, or else the last one. */
export function fittingLine(lines: readonly string[], within: number): string {
  return lines.find((line) => stringWidth(line) <= within) ?? lines.at(-1)!;
}

/** Takes from the widest until the grid fits. */
function narrow(widths: number[], within: number): void {
  for (let excess = widthOf(widths) - within; excess > 0; excess -= 1) {
    const widest = widths.indexOf(Math.max(...widths));
    if (widths[widest]! <= COLUMN_WIDTH_MIN) return;
    widths[widest]! -= 1;
  }
}

/**
 * The same text in pieces that need not be in memory together. `read` is called for the widths, and again where there are more
 * rows than one piece has. The pieces are empty the first time: whoever draws lets others have their turn between any two.
 */
export function* gridPieces(
  columns: readonly GridColumn[],
  read: () => Iterable<readonly string[]>,
  within = Infinity,
): Generator<string, void, undefined> {
  const widths = columns.map(({ title, minimumWidth = 0 }) => Math.max(minimumWidth, stringWidth(title)));
  let all: readonly (readonly string[])[][] | undefined = [];
  for (const piece of pieces(read(), GRID_PIECE_ROWS)) {
    all = all?.length === 0 ? [piece] : undefined;
    for (const row of piece) {
      row.forEach((cell, column) => (widths[column] = Math.max(widths[column]!, stringWidth(cell))));
    }
    yield '';
  }
  narrow(widths, within);
  yield header(columns, widths);
  const betweenWords = within < Infinity;
  const overflowing = (row: readonly string[]): string =>
    table([row], { ...configOf(widths, betweenWords), drawHorizontalLine: () => false });
  for (const piece of all ?? pieces(read(), GRID_PIECE_ROWS)) {
    yield piece.map((row) => lineOf(row, widths) ?? overflowing(row)).join('');
  }
}

/** The titles and the rule under them. */
function header(columns: readonly GridColumn[], widths: readonly number[]): string {
  const drawn = drawnHeaders.get(columns);
  if (drawn?.widths === widths.join()) return drawn.text;
  const titles = columns.map(({ title }) => title);
  const text = table([titles], { ...configOf(widths), drawHorizontalLine: (line) => line === 1 });
  drawnHeaders.set(columns, { widths: widths.join(), text });
  return text;
}

const configOf = (widths: readonly number[], wrapWord = false) => ({
  border,
  columns: widths.map((width) => ({ width, wrapWord })),
});

/**
 * A row as `table` draws it, in a hundredth of the time: `table` looks for places to break every cell, which only one
 * that is wider than its column needs. Undefined for a row with such a cell.
 */
function lineOf(row: readonly string[], widths: readonly number[]): string | undefined {
  let line = border.bodyLeft;
  for (const [column, width] of widths.entries()) {
    const cell = row[column]!;
    const blanks = width - stringWidth(cell);
    if (blanks < 0) return undefined;
    line += `${column === 0 ? '' : border.bodyJoin} ${cell}${' '.repeat(blanks)} `;
  }
  return `${line}${border.bodyRight}\n`;
}

function* pieces<T>(items: Iterable<T>, size: number): Generator<T[], void, undefined> {
  let piece: T[] = [];
  for (const item of items) {
    piece.push(item);
    if (piece.length < size) continue;
    yield piece;
    piece = [];
  }
  if (piece.length > 0) yield piece;
}

/** DNOS tables: a header, a rule under it, rows between bars (reference 000). */
import stringWidth from 'string-width';
import { table } from 'table';

export interface GridColumn {
  readonly title: string;
  /** In terminal columns, without the blanks beside the bars; wider where the title or a cell is. */
  readonly minimumWidth?: number;
}

/** Rows of one piece of a long grid: about 2 ms of drawing, which nobody at a keyboard notices. */
export const GRID_PIECE_ROWS = 8;

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

/** The whole grid, every line with its line feed. Cells hold no control characters. */
export function grid(columns: readonly GridColumn[], rows: Iterable<readonly string[]>): string {
  const all = [...rows];
  return [...gridPieces(columns, () => all)].join('');
}

/**
 * The same text in pieces that need not be in memory together. `read` is called twice, first for the widths;
 * a cell that has grown since then is broken over several lines.
 */
export function* gridPieces(
  columns: readonly GridColumn[],
  read: () => Iterable<readonly string[]>,
): Generator<string, void, undefined> {
  const widths = columns.map(({ title, minimumWidth = 0 }) => Math.max(minimumWidth, stringWidth(title)));
  for (const row of read()) {
    row.forEach((cell, column) => (widths[column] = Math.max(widths[column]!, stringWidth(cell))));
  }
  yield header(columns, widths);
  const config = configOf(widths);
  for (const piece of pieces(read(), GRID_PIECE_ROWS)) {
    yield table(piece, { ...config, drawHorizontalLine: () => false });
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

const configOf = (widths: readonly number[]) => ({ border, columns: widths.map((width) => ({ width })) });

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

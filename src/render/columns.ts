/** Junos tables: two lines of titles above columns of fixed width; a cell that is wider pushes what follows. */

export interface Column {
  /** The two lines of its title. */
  readonly titles: readonly [string, string];
  readonly width: number;
  readonly align: 'left' | 'right';
  /** Blanks before it. */
  readonly gap: number;
}

/** Every line with its line feed, without blanks at its end. */
export function* columnLines(
  columns: readonly Column[],
  rows: Iterable<readonly string[]>,
): IterableIterator<string> {
  for (const line of [0, 1] as const) yield lineOf(columns, (column) => title(column, line));
  for (const row of rows) {
    yield lineOf(columns, ({ width, align }, index) => {
      const cell = row[index]!;
      return align === 'left' ? cell.padEnd(width) : cell.padStart(width);
    });
  }
}

/** Both lines of a title begin in one column, where the first one must to end with the cells below. */
function title({ titles, width, align }: Column, line: 0 | 1): string {
  const offset = align === 'left' ? 0 : Math.max(0, width - titles[0].length);
  return (' '.repeat(offset) + titles[line]).padEnd(width);
}

function lineOf(columns: readonly Column[], cellOf: (column: Column, index: number) => string): string {
  const cells = columns.map((column, index) => ' '.repeat(column.gap) + cellOf(column, index));
  return `${cells.join('').trimEnd()}\n`;
}

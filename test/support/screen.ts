/** A terminal's screen as a model: interprets what is written, wraps and reflows as xterm and tmux do. */
import stringWidth from 'string-width';

interface Row {
  /** One entry a column used: the cluster that begins there, '' for the right half of a wide one. */
  cells: string[];
  /** The terminal itself went on to the next row. */
  wraps: boolean;
}

export interface Position {
  readonly row: number;
  readonly column: number;
}

const segmenter = new Intl.Segmenter();

// eslint-disable-next-line no-control-regex -- control characters are what this is about
const TOKEN = /\x1b\[([?\d;]*)([A-Za-z])|[\r\n\b\x07\t]|[^\p{Cc}]+/uy;

export class Screen {
  columns: number;
  rows: number;
  /** Times the bell rang. */
  bells = 0;
  /** Bracketed paste is on. */
  pasteMode = false;
  cursorShown = true;
  /** What the alternate screen hides; undefined while it does not. */
  #main: { readonly rows: Row[]; readonly row: number; readonly column: number } | undefined;
  /** Scrollback and screen. */
  #rows: Row[] = [{ cells: [], wraps: false }];
  /** Index of the cursor's row in `#rows`. */
  #row = 0;
  /** Equal to `columns` while the cursor waits behind a full row. */
  #column = 0;

  constructor(columns: number, rows: number) {
    this.columns = columns;
    this.rows = rows;
  }

  /** Index of the first visible row. */
  get #top(): number {
    return Math.max(0, this.#rows.length - this.rows);
  }

  /**
   * Counted from the top left of the visible screen; a cursor that waits behind a full row is at column
   * `columns`.
   */
  get cursor(): Position {
    return { row: this.#row - this.#top, column: this.#column };
  }

  /** The visible rows without trailing blanks. */
  get visible(): string[] {
    return this.#rows.slice(this.#top).map((row) => row.cells.join('').trimEnd());
  }

  get alternate(): boolean {
    return this.#main !== undefined;
  }

  /** All lines since the beginning, wrapped rows joined, without trailing blanks. */
  get lines(): string[] {
    return this.#logicalLines().map((cells) => cells.join('').trimEnd());
  }

  /** Throws for whatever the model does not know: what is written must be understood by every terminal. */
  write(output: string): void {
    for (TOKEN.lastIndex = 0; TOKEN.lastIndex < output.length;) {
      const at = TOKEN.lastIndex;
      const token = TOKEN.exec(output);
      if (token === null) throw new Error(`not understood: ${JSON.stringify(output.slice(at, at + 20))}`);
      const [text, parameters, final] = token;
      if (final !== undefined) this.#sequence(parameters!, final);
      else if (Object.hasOwn(this.#controls, text)) this.#controls[text]!();
      else for (const { segment } of segmenter.segment(text)) this.#put(segment);
    }
  }

  /** Resizes as terminals with reflow do: lines are wrapped anew, the cursor stays with its character. */
  resize(columns: number, rows: number): void {
    if (columns === this.columns && rows === this.rows) return;
    while (this.#rows.length > this.#row + 1) this.#rows.pop();
    let offset = this.#column;
    for (let row = this.#row; row > 0 && this.#rows[row - 1]!.wraps; row--) {
      offset += this.#rows[row - 1]!.cells.length;
    }
    const lines = this.#logicalLines();
    this.columns = columns;
    this.rows = rows;
    this.#rows = lines.flatMap((cells) => this.#wrapped(cells));
    this.#row = this.#rows.length - this.#wrapped(lines.at(-1)!).length;
    while (this.#rows[this.#row]!.wraps && offset >= this.#rows[this.#row]!.cells.length) {
      offset -= this.#rows[this.#row]!.cells.length;
      this.#row++;
    }
    this.#column = Math.min(offset, columns);
  }

  readonly #controls: Record<string, () => void> = {
    '\r': () => (this.#column = 0),
    '\n': () => this.#lineFeed(),
    '\b': () => (this.#column = Math.max(0, Math.min(this.#column, this.columns) - 1)),
    '\x07': () => this.bells++,
    '\t': () => (this.#column = Math.min(this.columns - 1, (Math.floor(this.#column / 8) + 1) * 8)),
  };

  #sequence(parameters: string, final: string): void {
    const count = Number(parameters === '' ? 1 : parameters);
    if (final !== 'm' && this.#column === this.columns) this.#column--;
    const row = this.#rows[this.#row]!;
    switch (`${final}${parameters.startsWith('?') ? parameters : ''}`) {
      case 'A':
        this.#row = Math.max(this.#top, this.#row - count);
        return;
      case 'B':
        this.#row = Math.min(this.#top + this.rows - 1, this.#row + count);
        while (this.#rows.length <= this.#row) this.#rows.push({ cells: [], wraps: false });
        return;
      case 'G':
        this.#column = Math.min(this.columns, count) - 1;
        return;
      case 'H':
        this.#row = this.#top;
        this.#column = 0;
        return;
      case 'K':
        row.cells.length = Math.min(row.cells.length, this.#column);
        return;
      case 'J':
        if (parameters === '2') {
          this.#rows = this.#rows.map((each, index) =>
            index < this.#top ? each : { cells: [], wraps: false },
          );
          return;
        }
        if (this.#row === this.#top && this.#column === 0) {
          // tmux keeps a screen that is erased as a whole in its scrollback.
          for (let count = 0; count < this.rows; count++) this.#rows.push({ cells: [], wraps: false });
          this.#row = this.#top;
          return;
        }
        row.cells.length = Math.min(row.cells.length, this.#column);
        row.wraps = false;
        this.#rows.length = this.#row + 1;
        return;
      case 'h?2004':
      case 'l?2004':
        this.pasteMode = final === 'h';
        return;
      case 'h?1049':
        this.#main = { rows: this.#rows, row: this.#row, column: this.#column };
        this.#rows = Array.from({ length: this.rows }, () => ({ cells: [], wraps: false }));
        this.#row = 0;
        this.#column = 0;
        return;
      case 'l?1049':
        if (this.#main === undefined) throw new Error('not on the alternate screen');
        this.#rows = this.#main.rows;
        this.#row = this.#main.row;
        this.#column = this.#main.column;
        this.#main = undefined;
        return;
      case 'h?25':
      case 'l?25':
        this.cursorShown = final === 'h';
        return;
      case 'm':
        return;
      default:
        throw new Error(`not understood: CSI ${parameters} ${final}`);
    }
  }

  #lineFeed(): void {
    this.#row++;
    if (this.#row === this.#rows.length) this.#rows.push({ cells: [], wraps: false });
  }

  #put(cluster: string): void {
    const width = cluster >= ' ' && cluster <= '~' && cluster.length === 1 ? 1 : stringWidth(cluster);
    if (width > 0 && this.#column + width > this.columns) {
      this.#rows[this.#row]!.wraps = true;
      this.#lineFeed();
      this.#column = 0;
    }
    const { cells } = this.#rows[this.#row]!;
    while (cells.length < this.#column) cells.push(' ');
    if (width === 0) {
      if (this.#column > 0) cells[this.#column - 1] = `${cells[this.#column - 1]!}${cluster}`;
      return;
    }
    const end = this.#column + width;
    // What is left of a wide character that is half overwritten is blank.
    if (cells[this.#column] === '') cells[this.#column - 1] = ' ';
    if (cells[end] === '') cells[end] = ' ';
    cells[this.#column] = cluster;
    for (let column = this.#column + 1; column < end; column++) cells[column] = '';
    this.#column = end;
  }

  #logicalLines(): string[][] {
    const lines: string[][] = [];
    let open = false;
    for (const { cells, wraps } of this.#rows) {
      if (open) lines.at(-1)!.push(...cells);
      else lines.push([...cells]);
      open = wraps;
    }
    return lines;
  }

  #wrapped(cells: readonly string[]): Row[] {
    const rows: Row[] = [{ cells: [], wraps: false }];
    for (const [column, cell] of cells.entries()) {
      const width = cells[column + 1] === '' ? 2 : 1;
      if (cell !== '' && rows.at(-1)!.cells.length + width > this.columns) {
        rows.at(-1)!.wraps = true;
        rows.push({ cells: [], wraps: false });
      }
      rows.at(-1)!.cells.push(cell);
    }
    return rows;
  }
}

/** Delays over time, as a graph of characters. */
import { plot } from 'asciichart';

/** How many delays `delayGraph` draws in that many columns. */
export const delaysIn = (columns: number): number => Math.max(1, columns - AXIS_WIDTH);

/** Milliseconds to the microsecond, beyond a hundred seconds to fewer digits, and the axis. */
const LABEL_WIDTH = 9;
const AXIS_WIDTH = LABEL_WIDTH + 1;

/** A label and the axis, as asciichart counts columns. */
const OFFSET = 2;

const NANOS_PER_MILLI = 1e6;

/** Of asciichart's, in its order, with a plain axis: it would mark it where the graph begins, and where nothing is. */
const SYMBOLS = ['┤', '┤', '╶', '╴', '─', '╰', '╭', '╮', '╯', '│'];

/** The top of a graph of nothing but zeros. */
const TOP_MILLIS_MIN = 0.001;

/**
 * `rows` lines, two at the least, from 0 to the longest delay, labelled in milliseconds; each delay is a column, left
 * empty where it is undefined. A delay that an error of clocks has made negative is drawn as 0.
 */
export function delayGraph(delaysNanos: readonly (number | undefined)[], rows: number): readonly string[] {
  // asciichart draws lines that lead from one value to the next, and knows no gaps: they are bridged, then cut out.
  const first = delaysNanos.find((nanos) => nanos !== undefined);
  let last = 0;
  const bridged = [first, ...delaysNanos].map(
    (nanos) => (last = Math.max(0, nanos ?? last)) / NANOS_PER_MILLI,
  );
  const chart = plot(bridged, {
    min: 0,
    max: Math.max(TOP_MILLIS_MIN, ...bridged),
    height: rows - 1,
    offset: OFFSET,
    symbols: SYMBOLS,
    format: (value) => value.toFixed(3).padStart(LABEL_WIDTH).slice(0, LABEL_WIDTH),
  });
  return chart.split('\n').map((line) => withGaps(line, delaysNanos));
}

function withGaps(line: string, delaysNanos: readonly (number | undefined)[]): string {
  const columns = Array.from(line);
  for (const [index, nanos] of delaysNanos.entries()) {
    if (nanos === undefined) columns[AXIS_WIDTH + index] = ' ';
  }
  return columns.join('').trimEnd();
}

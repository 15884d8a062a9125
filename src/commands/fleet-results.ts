/** `show fleet twamp results`: what configured clients of all routers measured, by path and hour. */
import { NANOS_PER_MILLI, wallMillisOf, wallNanosOf } from '../clock.ts';
import type { PathResult } from '../fleet/result-reading.ts';
import type { DelayFigures } from '../fleet/sketch.ts';
import { gridPieces, type GridColumn } from '../render/grid.ts';
import { isoTime, utcTime } from '../render/time.ts';
import type { CommandArguments } from './arguments.ts';
import { show, type Context } from './command.ts';
import { FLEET_ROWS_MAX, readerOf, within } from './fleet-reader.ts';

type Arguments = CommandArguments['show-fleet-twamp-results'];

const MILLIS_PER_SECOND = 1_000;
const DAY_MILLIS = 86_400 * MILLIS_PER_SECOND;

async function resultsOf(context: Context, args: Arguments): Promise<readonly PathResult[]> {
  const nowMillis = wallMillisOf(context.router.clock.wallNanos());
  const results = await readerOf(context).results({
    node: args.node,
    connection: args['control-connection'],
    session: args['test-session'],
    sinceMillis: args.since === undefined ? nowMillis - DAY_MILLIS : args.since * MILLIS_PER_SECOND,
    rowsMax: FLEET_ROWS_MAX,
  });
  return within(context, results);
}

const columns: readonly GridColumn[] = [
  { title: 'Node' },
  { title: 'Connection' },
  { title: 'Session' },
  { title: 'Target' },
  { title: 'From (UTC)' },
  { title: 'Span' },
  { title: 'Sent' },
  { title: 'Loss' },
  { title: 'RTT p50' },
  { title: 'p95' },
  { title: 'p99' },
  { title: 'max [ms]' },
];

const spans: Readonly<Record<number, string>> = { 3600: '1 h', 86400: '1 d' };

function delays(figures: DelayFigures | undefined): readonly string[] {
  if (figures === undefined) return ['-', '-', '-', '-'];
  const { p50, p95, p99, max } = figures;
  return [p50, p95, p99, max].map((nanos) => (nanos / NANOS_PER_MILLI).toFixed(3));
}

function delaysData(figures: DelayFigures | undefined): Record<string, number> | undefined {
  if (figures === undefined) return undefined;
  return Object.fromEntries(
    Object.entries(figures).map(([name, nanos]) => [name, Number((nanos / NANOS_PER_MILLI).toFixed(6))]),
  );
}

export const showFleetTwampResults = show<Arguments, readonly PathResult[]>(resultsOf, {
  text: (results) =>
    gridPieces(columns, () =>
      results.map((result) => [
        result.node,
        result.connection,
        result.session,
        result.target ?? '-',
        utcTime(wallNanosOf(result.slotMillis)),
        spans[result.spanSeconds] ?? `${result.spanSeconds} s`,
        String(result.sent),
        `${((100 * result.lost) / result.sent).toFixed(2)}%`,
        ...delays(result.roundTrip),
      ]),
    ),
  json: (results) => ({
    results: results.map((result) => ({
      node: result.node,
      'control-connection': result.connection,
      'test-session': result.session,
      'target-address': result.target,
      from: isoTime(wallNanosOf(result.slotMillis)),
      'span-seconds': result.spanSeconds,
      sent: result.sent,
      lost: result.lost,
      'round-trip': delaysData(result.roundTrip),
      egress: delaysData(result.egress),
      ingress: delaysData(result.ingress),
    })),
  }),
});

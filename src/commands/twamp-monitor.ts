/** `monitor services twamp sessions`: rates of test sessions, and graphs of the delays that those see which send. */
import { NANOS_PER_SECOND } from '../clock.ts';
import type { RoundTrips } from '../engine/round-trips.ts';
import { delayGraph, delaysIn } from '../render/delay-graph.ts';
import { endpoint } from '../render/endpoint.ts';
import { fittingGrid, fittingLine, type GridColumn } from '../render/grid.ts';
import { isoTime, utcTime } from '../render/time.ts';
import { nameOf, type TwampRow } from '../store/twamp-sessions.ts';
import type { CommandArguments } from './arguments.ts';
import { watch, type Router, type Watched } from './command.ts';

/** How many readings of delays are kept of a session: more columns than most terminals have. */
const MONITORED_READINGS_MAX = 300;

/** Rows of a graph, and with the blank row and the title above it. */
const GRAPH_ROWS = 6;
const GRAPH_BLOCK_ROWS = GRAPH_ROWS + 2;

/** Of the table: its titles and the rule under them. */
const TABLE_HEADER_ROWS = 2;

const NANOS_PER_MILLI = 1e6;

const columns: readonly GridColumn[] = [
  { title: 'VRF', minimumWidth: 8 },
  { title: 'Session-ID' },
  { title: 'Role', minimumWidth: 6 },
  { title: 'Local Address' },
  { title: 'Remote Address' },
  { title: 'RX[pkts/s]' },
  { title: 'TX[pkts/s]' },
  { title: 'RTT[ms]', minimumWidth: 9 },
];

/** A session at two readings, one beside the other. */
interface Monitored {
  readonly row: TwampRow;
  /** Undefined: no replies come to us. */
  readonly roundTrips: RoundTrips | undefined;
  /** Packets a second since the reading before; undefined: there was none. */
  readonly receivedRate: number | undefined;
  readonly sentRate: number | undefined;
  /** Mean round trips in nanoseconds, a reading each, the latest last; undefined: no reply came. */
  readonly delaysNanos: readonly (number | undefined)[];
}

class SessionMonitor implements Watched {
  readonly #router: Router;
  /** Between two readings. */
  readonly #intervalSeconds: number;
  #sampledMonoNanos = 0;
  #sessions: ReadonlyMap<string, Monitored> = new Map();

  constructor(router: Router, intervalNanos: number) {
    this.#router = router;
    this.#intervalSeconds = intervalNanos / NANOS_PER_SECOND;
  }

  sample(): void {
    const { engine, clock } = this.#router;
    const nowMonoNanos = clock.monoNanos();
    const seconds = (nowMonoNanos - this.#sampledMonoNanos) / NANOS_PER_SECOND;
    const sessions = new Map<string, Monitored>();
    for (const row of engine.sessions({ type: 'data' }, 'live')) {
      const name = nameOf(row);
      sessions.set(name, monitored(row, engine.roundTrips(row), this.#sessions.get(name), seconds));
    }
    this.#sessions = sessions;
    this.#sampledMonoNanos = nowMonoNanos;
  }

  data(): Readonly<Record<string, unknown>> {
    return {
      time: isoTime(this.#router.clock.wallNanos()),
      sessions: [...this.#sessions.values()].map(({ row, receivedRate, sentRate, delaysNanos }) => ({
        vrf: row.vrf,
        'session-id': row.sessionId,
        role: row.role,
        'local-address': row.localAddress,
        'local-port': row.localPort,
        'remote-address': row.remoteAddress,
        'remote-port': row.remotePort,
        'rcv-packets-per-second': receivedRate,
        'sent-packets-per-second': sentRate,
        'round-trip-milliseconds': millisOf(delaysNanos.at(-1)),
      })),
    };
  }

  draw({ columns, rows }: { readonly columns: number; readonly rows: number }): readonly string[] {
    const sessions = [...this.#sessions.values()];
    const senders = sessions.filter(({ delaysNanos }) => delaysNanos.some((nanos) => nanos !== undefined));
    const [title, now] = [`TWAMP sessions: ${sessions.length}`, utcTime(this.#router.clock.wallNanos())];
    const titles = [`${title}, ${now} (q to quit)`, `${title} (q to quit)`];
    const head = [fittingLine(titles, columns), ''];
    const room = Math.max(0, rows - head.length);
    const kept = senders.length > 0 && room >= 2 * GRAPH_BLOCK_ROWS ? GRAPH_BLOCK_ROWS : 0;
    const table = tableOf(sessions, { columns, rows: room - kept });
    const graphs = Math.floor(Math.max(0, room - table.length) / GRAPH_BLOCK_ROWS);
    return [
      ...head,
      ...table,
      ...senders.slice(0, graphs).flatMap((sender) => graphOf(sender, columns, this.#intervalSeconds)),
    ];
  }
}

/** Counters that were cleared in between give no rate below 0. */
function monitored(
  row: TwampRow,
  roundTrips: RoundTrips | undefined,
  before: Monitored | undefined,
  seconds: number,
): Monitored {
  const rate = (now: number, then: number | undefined): number | undefined =>
    then === undefined ? undefined : Math.max(0, now - then) / seconds;
  const delayNanos = meanNanos(roundTrips, before?.roundTrips);
  return {
    row,
    roundTrips,
    receivedRate: rate(row.received, before?.row.received),
    sentRate: rate(row.sent, before?.row.sent),
    delaysNanos: [...(before?.delaysNanos ?? []), delayNanos].slice(-MONITORED_READINGS_MAX),
  };
}

/** Of the replies between two readings; undefined where none came, or a reading is missing. */
function meanNanos(now: RoundTrips | undefined, before: RoundTrips | undefined): number | undefined {
  if (now === undefined || before === undefined || now.replies === before.replies) return undefined;
  return (now.sumNanos - before.sumNanos) / (now.replies - before.replies);
}

/** Columns that a narrow screen goes without, the first one first. */
const DISPENSABLE = ['VRF', 'Local Address', 'Role'];

/** The sessions that fit on `rows` lines, and how many do not. */
function tableOf(
  sessions: readonly Monitored[],
  { columns: within, rows }: { readonly columns: number; readonly rows: number },
): readonly string[] {
  const fitting = Math.max(0, rows - TABLE_HEADER_ROWS);
  const shown = sessions.length <= fitting ? sessions : sessions.slice(0, Math.max(0, fitting - 1));
  const rest = sessions.length - shown.length;
  const lines = fittingGrid(columns, shown.map(cellsOf), DISPENSABLE, within).trimEnd().split('\n');
  return rest === 0 ? lines : [...lines, `... and ${rest} more`];
}

function cellsOf({ row, receivedRate, sentRate, delaysNanos }: Monitored): readonly string[] {
  return [
    row.vrf,
    String(row.sessionId),
    row.role,
    endpoint({ address: row.localAddress, port: row.localPort }),
    endpoint({ address: row.remoteAddress, port: row.remotePort }),
    rateText(receivedRate),
    rateText(sentRate),
    millisText(delaysNanos.at(-1)),
  ];
}

const rateText = (rate: number | undefined): string => (rate === undefined ? '' : rate.toFixed(1));

const millisOf = (nanos: number | undefined): number | undefined =>
  nanos === undefined ? undefined : Number((nanos / NANOS_PER_MILLI).toFixed(6));

const millisText = (nanos: number | undefined): string =>
  nanos === undefined ? '' : (nanos / NANOS_PER_MILLI).toFixed(3);

function graphOf(
  { row, delaysNanos }: Monitored,
  columns: number,
  intervalSeconds: number,
): readonly string[] {
  const interval = intervalSeconds === 1 ? 'a second' : `${intervalSeconds} s`;
  const remote = endpoint({ address: row.remoteAddress, port: row.remotePort });
  return [
    '',
    `Session ${row.sessionId!} to ${remote}, round trip in ms, ${interval} a column:`,
    ...delayGraph(delaysNanos.slice(-delaysIn(columns)), GRAPH_ROWS),
  ];
}

export const monitorTwampSessions = watch<CommandArguments['monitor-services-twamp-sessions']>(
  ({ router }, { interval }) => new SessionMonitor(router, interval),
);

/** `show services twamp sessions` (reference 000): control connections and test sessions, of the server and of clients. */
import { parseEndpoint } from '../grammar/value-types.ts';
import { block, type Fact } from '../render/blocks.ts';
import { mapped } from '../render/data.ts';
import { endpoint } from '../render/endpoint.ts';
import { gridPieces, type GridColumn } from '../render/grid.ts';
import { pacingError } from '../render/instrument.ts';
import { isoTime, utcTime } from '../render/time.ts';
import { uptime } from '../render/uptime.ts';
import type { TwampDetails, TwampFilter, TwampRow, TwampState } from '../store/twamp-sessions.ts';
import type { CommandArguments } from './arguments.ts';
import { show, type View } from './command.ts';
import { sinceWallNanosOf } from './since.ts';

type Arguments = CommandArguments['show-services-twamp-sessions'];

/** Rows are read when they are drawn, a page at a time, so that a long history is never in memory as a whole. */
export interface Listing<Row extends TwampRow = TwampRow> {
  readonly rows: () => Iterable<Row>;
  readonly detail: boolean;
  readonly nowWallNanos: bigint;
}

/** Minimum widths are those of reference 000. */
const columns: readonly GridColumn[] = [
  { title: 'VRF', minimumWidth: 8 },
  { title: 'Connection-ID' },
  { title: 'Session-ID' },
  { title: 'Type', minimumWidth: 7 },
  { title: 'Local Address' },
  { title: 'Remote Address' },
  { title: 'Session Uptime', minimumWidth: 15 },
  { title: 'RX[pkts]' },
  { title: 'TX[pkts]' },
];

export function filterOf(args: Omit<Arguments, 'detail' | 'history'>): TwampFilter {
  const end = (word: string | undefined) => (word === undefined ? undefined : parseEndpoint(word));
  return {
    type: args.type,
    vrf: args.vrf,
    connectionId: args['connection-id'],
    sessionId: args['session-id'],
    local: end(args['local-address']),
    remote: end(args['remote-address']),
    sinceWallNanos: sinceWallNanosOf(args),
  };
}

function cellsOf(row: TwampRow, nowWallNanos: bigint): readonly string[] {
  return [
    row.vrf,
    row.connectionId === undefined ? '' : String(row.connectionId),
    row.sessionId === undefined ? '' : String(row.sessionId),
    row.type,
    endpoint({ address: row.localAddress, port: row.localPort }),
    endpoint({ address: row.remoteAddress, port: row.remotePort }),
    uptime((row.endedWallNanos ?? nowWallNanos) - row.startedWallNanos),
    String(row.received),
    String(row.sent),
  ];
}

/** Connections that own a displayed row are counted, even where their control row is filtered out. */
class Totals {
  readonly #connections = new Set<string>();
  sessions = 0;

  /** Nothing was counted: rows that are read again are counted again. */
  reset(): void {
    this.#connections.clear();
    this.sessions = 0;
  }

  get connections(): number {
    return this.#connections.size;
  }

  count(row: TwampRow, place = ''): void {
    if (row.connectionId !== undefined) this.#connections.add(`${row.connectionId} ${place}`);
    if (row.type === 'data') this.sessions += 1;
  }
}

/** What stands before all else that is told of a row. */
export interface Lead<Row> {
  readonly title: string;
  /** Of the data. */
  readonly name: string;
  readonly of: (row: Row) => string;
}

function headingOf(row: TwampRow): readonly Fact[] {
  return [
    ['Session ID', row.sessionId],
    [row.sessionId === undefined ? 'Control connection ID' : 'Connection ID', row.connectionId],
    ['VRF', row.vrf],
    ['Role', row.role],
  ];
}

function stateFacts(row: TwampRow, nowWallNanos: bigint): readonly (readonly Fact[])[] {
  const { startedWallNanos, endedWallNanos } = row;
  return [
    [
      ['Local', endpoint({ address: row.localAddress, port: row.localPort })],
      ['Remote', endpoint({ address: row.remoteAddress, port: row.remotePort })],
    ],
    [
      ['State', endedWallNanos === undefined ? 'active' : 'ended'],
      ['Mode', row.mode],
      ['Uptime', uptime((endedWallNanos ?? nowWallNanos) - startedWallNanos)],
    ],
    [
      ['Started', utcTime(startedWallNanos)],
      ['Ended', endedWallNanos === undefined ? undefined : utcTime(endedWallNanos)],
      ['Reason', row.endReason],
    ],
  ];
}

function controlFacts({ received, sent }: TwampRow): readonly (readonly Fact[])[] {
  return [
    [
      ['Messages received', received],
      ['Messages sent', sent],
    ],
  ];
}

function dataFacts(row: TwampRow): readonly (readonly Fact[])[] {
  const { details } = row;
  return [
    [['SID', row.sid]],
    [
      ['Packets received', row.received],
      ['Packets sent', row.sent],
      ['Duplicates', row.duplicates],
      ['Reordered', row.reordered],
    ],
    [
      ['Last sequence received', row.lastSequenceReceived],
      ['Last sequence sent', row.lastSequenceSent],
    ],
    [['Dropped', row.dropped], ...Object.entries(details?.dropped ?? {})],
    [
      ['Timestamps', details?.stamps],
      ['Kernel drops', details?.kernelDrops],
    ],
    [
      ['Pacing error p50/p99/max', details?.pacing && pacingError(details.pacing)],
      ['Late packets', details?.pacing?.late],
    ],
  ];
}

/** Names of RFC 8913 where it has one. */
function dataOf(row: TwampRow, nowWallNanos: bigint): Record<string, unknown> {
  return {
    type: row.type,
    role: row.role,
    vrf: row.vrf,
    'connection-id': row.connectionId,
    'session-id': row.sessionId,
    sid: row.sid,
    'local-address': row.localAddress,
    'local-port': row.localPort,
    'remote-address': row.remoteAddress,
    'remote-port': row.remotePort,
    'selected-mode': row.mode,
    state: row.endedWallNanos === undefined ? 'active' : 'ended',
    'start-time': isoTime(row.startedWallNanos),
    'end-time': row.endedWallNanos === undefined ? undefined : isoTime(row.endedWallNanos),
    'end-reason': row.endReason,
    'uptime-seconds': Number((row.endedWallNanos ?? nowWallNanos) - row.startedWallNanos) / 1e9,
    'rcv-packets': row.received,
    'sent-packets': row.sent,
    'dropped-packets': row.dropped,
    'duplicate-packets': row.duplicates,
    'reordered-packets': row.reordered,
    'last-rcv-seq': row.lastSequenceReceived,
    'last-sent-seq': row.lastSequenceSent,
    ...(row.details && detailsDataOf(row.details)),
  };
}

function detailsDataOf({ dropped, stamps, kernelDrops, pacing }: TwampDetails): Record<string, unknown> {
  return {
    'dropped-by-reason': dropped,
    timestamps: stamps,
    'kernel-drops': kernelDrops,
    'pacing-error': pacing && {
      p50: pacing.p50Nanos / 1e6,
      p99: pacing.p99Nanos / 1e6,
      max: pacing.maxNanos / 1e6,
    },
    'late-packets': pacing?.late,
  };
}

/** Of rows as they are, or with something before each. */
class Drawing<Row extends TwampRow> {
  readonly #listing: Listing<Row>;
  readonly #lead: Lead<Row> | undefined;
  readonly totals = new Totals();

  constructor(listing: Listing<Row>, lead: Lead<Row> | undefined) {
    this.#listing = listing;
    this.#lead = lead;
  }

  grid(): Iterable<string> {
    const lead = this.#lead;
    const all = lead === undefined ? columns : [{ title: lead.title }, ...columns];
    return gridPieces(all, () => this.#cells());
  }

  *#cells(): Iterable<readonly string[]> {
    const { rows, nowWallNanos } = this.#listing;
    this.totals.reset();
    for (const row of rows()) {
      this.#count(row);
      const cells = cellsOf(row, nowWallNanos);
      yield this.#lead === undefined ? cells : [this.#lead.of(row), ...cells];
    }
  }

  *blocks(): Iterable<string> {
    const { rows, nowWallNanos } = this.#listing;
    const lead = this.#lead;
    for (const row of rows()) {
      this.#count(row);
      const counters = row.type === 'control' ? controlFacts(row) : dataFacts(row);
      const before: readonly Fact[] = lead === undefined ? [] : [[lead.title, lead.of(row)]];
      const heading = [...before, ...headingOf(row)];
      yield block({ heading, lines: [...stateFacts(row, nowWallNanos), ...counters] });
    }
  }

  data(): Iterable<Record<string, unknown>> {
    const { rows, nowWallNanos } = this.#listing;
    const lead = this.#lead;
    return mapped(rows(), (row) => {
      this.#count(row);
      const before = lead === undefined ? {} : { [lead.name]: lead.of(row) };
      return { ...before, ...dataOf(row, nowWallNanos) };
    });
  }

  #count(row: Row): void {
    this.totals.count(row, this.#lead?.of(row));
  }
}

export function sessionsView<Row extends TwampRow>(lead?: Lead<Row>): View<Listing<Row>> {
  return {
    *text(listing) {
      const drawing = new Drawing(listing, lead);
      yield '\nTWAMP Sessions:\n\n';
      yield* listing.detail ? drawing.blocks() : drawing.grid();
      yield `\nTotal displayed connections: ${drawing.totals.connections}\n`;
      yield `Total displayed sessions: ${drawing.totals.sessions}\n\n`;
    },
    json(listing) {
      const drawing = new Drawing(listing, lead);
      return {
        sessions: drawing.data(),
        'total-connections': () => drawing.totals.connections,
        'total-sessions': () => drawing.totals.sessions,
      };
    },
    element: 'twamp-session-information',
  };
}

export const showServicesTwampSessions = show<Arguments, Listing>(({ router }, args) => {
  const which: TwampState = args.history ? 'ended' : 'live';
  const filter = filterOf(args);
  const rows = (): Iterable<TwampRow> => router.engine.sessions(filter, which);
  return { rows, detail: args.detail ?? false, nowWallNanos: router.clock.wallNanos() };
}, sessionsView());

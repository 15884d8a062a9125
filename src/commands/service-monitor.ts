/** `monitor services sessions`: the sessions that carry most, between two readings. */
import { NANOS_PER_SECOND } from '../clock.ts';
import { endpoint } from '../render/endpoint.ts';
import { fittingGrid, fittingLine, type GridColumn } from '../render/grid.ts';
import { isoTime, utcTime } from '../render/time.ts';
import { addressText } from '../services/address.ts';
import { protocolText } from '../services/ip-protocols.ts';
import type { Address, ServiceSession } from '../services/session.ts';
import type { Carried, Ranking, RankOrder } from '../services/session-rates.ts';
import { sourceFinding, SourceError, type SourceProblem } from '../services/source.ts';
import type { SessionFilter } from '../services/filter.ts';
import type { CommandArguments } from './arguments.ts';
import { watch, type Router, type Watched } from './command.ts';
import { describeFinding } from './messages.ts';
import { filterOf } from './service-sessions.ts';

/** Sessions that are shown of either order: more than most terminals have rows. */
const MONITORED_SESSIONS_MAX = 128;

/** Of the table: its titles and the rule under them. */
const TABLE_HEADER_ROWS = 2;

const BITS_PER_OCTET = 8;

/** By the key that chooses it. */
const orders: Readonly<Record<string, RankOrder>> = { o: 'octets', p: 'packets' };

const columns: readonly GridColumn[] = [
  { title: 'Rate[bit/s]' },
  { title: 'Rate[pkts/s]' },
  { title: 'Protocol' },
  { title: 'Source' },
  { title: 'Destination' },
  { title: 'ALG' },
  { title: 'Interface' },
  { title: 'Service Set' },
  { title: 'Session-ID' },
];

/** Columns that a narrow screen goes without, the first one first; behind the rate of the order, ends are what matters. */
const dispensable: Readonly<Record<RankOrder, readonly string[]>> = {
  octets: ['Session-ID', 'Service Set', 'Interface', 'ALG', 'Rate[pkts/s]', 'Protocol'],
  packets: ['Session-ID', 'Service Set', 'Interface', 'ALG', 'Rate[bit/s]', 'Protocol'],
};

export class ServiceMonitor implements Watched {
  readonly #router: Router;
  readonly #filter: SessionFilter;
  #order: RankOrder;
  #ranking: Ranking | undefined;
  #sampledMonoNanos = 0;
  /** Between the last two readings; undefined: there was but one. */
  #seconds: number | undefined;
  #problems: readonly SourceProblem[] = [];

  constructor(router: Router, filter: SessionFilter, order: RankOrder) {
    this.#router = router;
    this.#filter = filter;
    this.#order = order;
  }

  async sample(signal: AbortSignal): Promise<void> {
    const { services, clock } = this.#router;
    const { source } = services;
    const problems = await source.problems();
    const refusal = problems.find(({ severity }) => severity === 'error');
    if (refusal !== undefined) throw new SourceError(source.name, refusal);
    const late: SourceProblem[] = [];
    const before = this.#ranking?.counters;
    const begunMonoNanos = clock.monoNanos();
    const report = (problem: SourceProblem): void => void late.push(problem);
    const options = { filter: this.#filter, signal, report, rows: MONITORED_SESSIONS_MAX, before };
    this.#ranking = await source.rank(options);
    this.#seconds =
      before === undefined ? undefined : (begunMonoNanos - this.#sampledMonoNanos) / NANOS_PER_SECOND;
    this.#sampledMonoNanos = begunMonoNanos;
    this.#problems = [...problems, ...late];
  }

  press(key: string): void {
    this.#order = orders[key] ?? this.#order;
  }

  data(): Readonly<Record<string, unknown>> {
    const { sums, highest } = this.#ranking!;
    const rates = ({ octets, packets }: { readonly octets: number; readonly packets: number }) => ({
      'bits-per-second': this.#rate(octets * BITS_PER_OCTET),
      'packets-per-second': this.#rate(packets),
    });
    return {
      time: isoTime(this.#router.clock.wallNanos()),
      source: this.#router.services.source.name,
      order: this.#order,
      'sess-count': sums.sessions,
      ...rates(sums),
      'sessions-without-rate': sums.untold,
      problem: this.#problems.map(({ severity, code, details }) => ({ severity, code, ...details })),
      'msp-session': highest[this.#order].map(({ item, ...carried }) => ({
        ...rates(carried),
        ...recordOf(item),
      })),
    };
  }

  draw({ columns: within, rows }: { readonly columns: number; readonly rows: number }): readonly string[] {
    const now = utcTime(this.#router.clock.wallNanos());
    if (this.#ranking === undefined)
      return [fittingLine([`Service sessions: reading, ${now} (q to quit)`, 'Reading (q to quit)'], within)];
    const { sums, highest } = this.#ranking;
    const [title, by] = [`Service sessions: ${sums.sessions}`, `by ${this.#order}`];
    const titles = [
      `${title}, ${now}, ${by} (o octets, p packets, q to quit)`,
      `${title}, ${now}, ${by} (o, p, q)`,
      `${title}, ${by} (o, p, q)`,
      `${sums.sessions}, ${by} (o, p, q)`,
    ];
    const head = [
      fittingLine(titles, within),
      `Total: ${this.#rateText(sums.octets * BITS_PER_OCTET)} bit/s, ${this.#rateText(sums.packets, 1)} pkts/s`,
      ...this.#problems.map((problem) => describeFinding(sourceFinding(problem))),
      ...(sums.untold > 0 ? [`${sums.untold} sessions are too many to be compared: they have no rate.`] : []),
      '',
    ];
    return [...head, ...this.#table(highest[this.#order], within, rows - head.length)];
  }

  /** The sessions that fit on `rows` lines, and how many others there are. */
  #table(carried: readonly Carried<ServiceSession>[], within: number, rows: number): readonly string[] {
    const all = this.#ranking!.sums.sessions;
    const fitting = Math.max(0, rows - TABLE_HEADER_ROWS);
    const shown = carried.slice(0, all <= fitting ? fitting : Math.max(0, fitting - 1));
    const lines = fittingGrid(
      columns,
      shown.map((each) => this.#cells(each)),
      dispensable[this.#order],
      within,
    )
      .trimEnd()
      .split('\n');
    return shown.length === all ? lines : [...lines, `... and ${all - shown.length} more`];
  }

  #cells({ item, packets, octets }: Carried<ServiceSession>): readonly string[] {
    const [flow] = item.flows;
    return [
      this.#rateText(octets * BITS_PER_OCTET),
      this.#rateText(packets, 1),
      protocolText(flow!.protocol),
      endText(flow!.source, flow!.sourcePort),
      endText(flow!.destination, flow!.destinationPort),
      item.alg,
      item.interface,
      item.serviceSet,
      String(item.id),
    ];
  }

  #rateText(since: number, decimals = 0): string {
    return this.#seconds === undefined ? '-' : (since / this.#seconds).toFixed(decimals);
  }

  /** To a thousandth. */
  #rate(since: number): number | undefined {
    return this.#seconds === undefined ? undefined : Number((since / this.#seconds).toFixed(3));
  }
}

/** What a row of the table shows of a session, by the names of show-services-sessions. */
function recordOf(session: ServiceSession): Readonly<Record<string, unknown>> {
  const [flow] = session.flows;
  return {
    'interface-name': session.interface,
    'service-set-name': session.serviceSet,
    'session-id': session.id,
    alg: session.alg,
    protocol: flow!.protocol,
    'source-address': addressText(flow!.source),
    'source-port': flow!.sourcePort,
    'destination-address': addressText(flow!.destination),
    'destination-port': flow!.destinationPort,
  };
}

function endText(address: Address, port: number | undefined): string {
  const text = addressText(address);
  return port === undefined ? text : endpoint({ address: text, port });
}

export const monitorServicesSessions = watch<CommandArguments['monitor-services-sessions']>(
  ({ router }, args) => new ServiceMonitor(router, filterOf(args), args.order),
);

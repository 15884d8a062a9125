/** The kernel's connection tracking as a source: read when it is shown, so that counters are those of now. */
import { closeSync, readFileSync } from 'node:fs';
import { SystemCallError, type Libc } from '../../native/libc.ts';
import { within, type Vrf } from '../../native/routing-instance.ts';
import type {
  EndMessage,
  PartMessage,
  RankedMessage,
  RankedRow,
  ReadingSockets,
  ReadRequest,
  RowsMessage,
  TallyMessage,
} from './conntrack-link.ts';
import { closeSockets, ConntrackThread, ReadingError, type Reading } from './conntrack-thread.ts';
import { detailsOf, type ListedConnection } from './connection-details.ts';
import {
  ConnectionDecoder,
  ConnectionRow,
  decodeStatistics,
  statisticsRequest,
  type TableStatistics,
} from './ctnetlink.ts';
import { dumpPlan } from './dump-plan.ts';
import { SessionFilter } from '../filter.ts';
import { onlyGroup } from './group-passes.ts';
import { sessionOfConnection } from '../mapping.ts';
import { noMeasurements, type Measurements } from '../measurements.ts';
import type { Carried, Ranking, RankOptions } from '../session-rates.ts';
import type { MappingSettings } from '../mapping-settings.ts';
import { Messages, messageType } from './netlink.ts';
import { eventGroup, hearOf, NetlinkExchange, openNetlink, refuse } from './netlink-socket.ts';
import type { ServiceSession, SessionCount } from '../session.ts';
import { textOf, type ListingForm, type SessionTexts } from '../session-text.ts';
import { SourceError } from '../source.ts';
import { ACCOUNTING } from './tracking.ts';
import type {
  SelectOptions,
  SessionSource,
  SourceProblem,
  SourceProblemCode,
  SourceStatus,
} from '../source.ts';

/** What the kernel's refusals mean; any other is `failed`. */
const refusals: Readonly<Record<string, SourceProblemCode>> = {
  EPERM: 'not-permitted',
  EACCES: 'not-permitted',
  // There is no netfilter, or no connection tracking in it.
  EPROTONOSUPPORT: 'not-available',
  EAFNOSUPPORT: 'not-available',
  EINVAL: 'not-available',
};

export interface ConntrackParts {
  readonly libc: Libc;
  /** The bundled `conntrack-worker.ts`. */
  readonly workerUrl: URL;
  /** As it is when a reading begins. */
  readonly mapping: () => MappingSettings;
  /** Of live sessions; those that have ended outlive what is measured. */
  readonly measurements?: () => Measurements;
  /** The network namespaces that are read, one after the other. */
  readonly vrfs: () => readonly Vrf[];
  /** Problems beside its own. */
  readonly beside?: () => readonly SourceProblem[];
  /** What the kernel keeps of events until they are read. */
  readonly eventQueueOctets?: number;
}

/** What is heard of events that the kernel had to drop, in all. */
export interface Losses {
  /** How often it dropped some. */
  readonly times: number;
  /** Sessions that were found to have ended meanwhile. */
  readonly found: number;
  /** Whether there may be others. */
  readonly isPartial: boolean;
}

/**
 * Among the flags of a session, above the kernel's: its end was not heard, but found by reading the table anew. Counters
 * are those that were known last, and its end is when it was found.
 */
export const ENDED_UNHEARD = 0x100000;

/** Events that a reading hears of, by what it is to do. */
const eventsOf: Readonly<Partial<Record<ReadRequest['work'], readonly number[]>>> = {
  watch: [eventGroup.begun, eventGroup.ended],
  tally: [eventGroup.begun, eventGroup.ended],
};

type ReadOptions = Omit<SelectOptions, 'limit'>;

export class ConntrackSource implements SessionSource {
  readonly name = 'conntrack';
  readonly #libc: Libc;
  readonly #thread: ConntrackThread;
  readonly #mapping: () => MappingSettings;
  readonly #measurements: () => Measurements;
  readonly #vrfs: () => readonly Vrf[];
  readonly #beside: () => readonly SourceProblem[];
  readonly #eventQueueOctets: number | undefined;
  /** Of the reading that ended last. */
  #lastProblems: readonly SourceProblem[] = [];
  #exchange: NetlinkExchange | undefined;

  constructor(parts: ConntrackParts) {
    const { libc, workerUrl, mapping, vrfs } = parts;
    this.#libc = libc;
    this.#thread = new ConntrackThread(workerUrl);
    this.#mapping = mapping;
    this.#measurements = parts.measurements ?? (() => noMeasurements);
    this.#vrfs = vrfs;
    this.#beside = parts.beside ?? (() => []);
    this.#eventQueueOctets = parts.eventQueueOctets;
  }

  /** Whether this machine's own connections may be asked for. */
  get isReadable(): boolean {
    return this.#look({ kind: 'default' }).table !== undefined;
  }

  problems(): Promise<readonly SourceProblem[]> {
    const looks = this.#looked();
    const problems = [...this.#beside(), ...looks.flatMap((look) => look.problems)];
    // A namespace without sessions is nothing to wonder at beside those of another.
    const hasSome = looks.some(({ table }) => table !== undefined && table.entries > 0);
    return Promise.resolve(hasSome ? problems.filter(({ code }) => code !== 'not-tracking') : problems);
  }

  status(): Promise<SourceStatus> {
    const looks = this.#looked();
    const tables = looks.flatMap(({ table }) => table ?? []);
    return Promise.resolve({
      name: this.name,
      method: 'ctnetlink',
      sessions: tables.length > 0 ? tables.reduce((sum, { entries }) => sum + entries, 0) : undefined,
      // All namespaces have the same bound, each for itself.
      sessionsMax: tables[0]?.entriesMax,
      asOfWallNanos: undefined,
      origin: undefined,
      problems: [...this.#beside(), ...looks.flatMap(({ problems }) => problems), ...this.#lastProblems],
    });
  }

  async *select({ limit = Infinity, ...options }: SelectOptions): AsyncGenerator<readonly ServiceSession[]> {
    const mapping = this.#mappingNow();
    const decode = new ChunkDecoder(mapping);
    for await (const chunk of this.#read('select', options, mapping, limit))
      if (chunk.type === 'rows') yield decode.sessions(chunk);
  }

  async *texts({ limit = Infinity, ...options }: SelectOptions, form: ListingForm): SessionTexts {
    for await (const chunk of this.#read('draw', options, this.#mapping(), limit, { form }))
      if (chunk.type === 'text') yield [textOf(new Uint8Array(chunk.buffer, 0, chunk.octets))];
  }

  async *connections({
    limit = Infinity,
    ...options
  }: SelectOptions): AsyncGenerator<readonly ListedConnection[]> {
    const mapping = this.#mappingNow();
    const decode = new ChunkDecoder(mapping);
    for await (const chunk of this.#read('select', options, mapping, limit))
      if (chunk.type === 'rows') yield decode.connections(chunk);
  }

  count(options: ReadOptions): Promise<readonly SessionCount[]> {
    return this.#counted('count', options);
  }

  async rank({ rows, before, ...options }: RankOptions): Promise<Ranking> {
    const mapping = this.#mapping();
    let ranking: Ranking | undefined;
    for await (const message of this.#read('rank', options, mapping, rows, { before }))
      if (message.type === 'ranked') ranking = rankingIn(message, mapping);
    return ranking!;
  }

  clear(options: ReadOptions): Promise<readonly SessionCount[]> {
    return this.#counted('clear', options);
  }

  /**
   * Sessions that end from now on, until the signal is aborted. `onLost` hears of events that the kernel had to drop. Rejects
   * as `select` does.
   */
  async *ended(
    signal: AbortSignal,
    nowWallNanos: () => bigint,
    onLost: (losses: Losses) => void,
  ): AsyncGenerator<readonly ServiceSession[]> {
    const filter = new SessionFilter({});
    let losses: Losses = { times: 0, found: 0, isPartial: false };
    for await (const chunk of this.#read('watch', { filter, signal }, this.#mapping(), Infinity)) {
      if (chunk.type !== 'rows') continue;
      const { lost, areUnheard } = chunk;
      // The configuration may have changed since the chunk before.
      const decode = new ChunkDecoder(this.#mapping());
      const endedWallNanos = nowWallNanos();
      // The kernel has times only where net.netfilter.nf_conntrack_timestamp is set.
      const sessions = decode.sessions(chunk);
      if (lost > 0 || areUnheard) {
        const { times, found, isPartial } = losses;
        losses = {
          times: times + lost,
          found: found + (areUnheard ? sessions.length : 0),
          isPartial: isPartial || chunk.isPartial,
        };
        onLost(losses);
      }
      yield sessions.map((session) => ({
        ...session,
        flags: session.flags + (areUnheard ? ENDED_UNHEARD : 0),
        endedWallNanos: session.endedWallNanos ?? endedWallNanos,
      }));
    }
  }

  /** How many begin and end from now on, until the signal is aborted. Rejects as `select` does. */
  async *tally(signal: AbortSignal): AsyncGenerator<TallyMessage> {
    const filter = new SessionFilter({});
    for await (const message of this.#read('tally', { filter, signal }, this.#mapping(), Infinity))
      if (message.type === 'tally') yield message;
  }

  /** Without a look at any, where all are of one group: with those that the kernel is about to forget, then. */
  async census(signal: AbortSignal): Promise<readonly SessionCount[]> {
    const group = onlyGroup(this.#mapping());
    if (group === undefined) return this.count({ filter: new SessionFilter({}), signal });
    const { sessions = 0 } = await this.status();
    return sessions === 0 ? [] : [{ ...group, sessions }];
  }

  close(): Promise<void> {
    return this.#thread.close();
  }

  #mappingNow(): MappingSettings {
    return { ...this.#mapping(), measurements: this.#measurements() };
  }

  async #counted(work: 'count' | 'clear', options: ReadOptions): Promise<readonly SessionCount[]> {
    let counts: readonly SessionCount[] = [];
    for await (const message of this.#read(work, options, this.#mappingNow(), Infinity))
      if (message.type === 'end') counts = message.counts;
    return counts;
  }

  /** The worker's messages, until the end; whoever stops reading them stops the worker. */
  async *#read(
    work: ReadRequest['work'],
    { filter, signal, report }: ReadOptions,
    mapping: MappingSettings,
    limit: number,
    more: Pick<ReadRequest, 'form' | 'before'> = {},
  ): AsyncGenerator<PartMessage | EndMessage> {
    signal.throwIfAborted();
    const plan = eventsOf[work] === undefined ? dumpPlan(filter.criteria, mapping) : [];
    const sockets = this.#sockets(work, plan.length);
    const request = { work, sockets, filter: filter.options, plan, mapping, limit, ...more };
    const reading: Reading = this.#thread.read(request);
    try {
      for (;;) {
        const message = await reading.next(signal);
        yield message;
        if (message.type === 'end') {
          this.#lastProblems = problemsOf(message);
          for (const problem of this.#lastProblems) report?.(problem);
          return;
        }
        if ('buffer' in message) reading.giveBack(message);
      }
    } catch (error) {
      if (error instanceof ReadingError) throw this.#refused(error);
      throw error;
    } finally {
      reading.stop();
    }
  }

  /** Namespaces that are gone are left out; `problems` tells of them. Throws SourceError. */
  #sockets(work: ReadRequest['work'], dumps: number): readonly ReadingSockets[] {
    const events = eventsOf[work];
    const open: ReadingSockets[] = [];
    for (const vrf of this.#vrfs()) {
      try {
        const sockets = this.#openIn(vrf, events === undefined ? dumps : 1);
        open.push(sockets);
        if (events !== undefined) hearOf(this.#libc, sockets.dumps[0]!, events, this.#eventQueueOctets);
      } catch (error) {
        if (error instanceof SystemCallError && isGone(vrf, error.code)) continue;
        for (const sockets of open) closeSockets(sockets);
        throw error instanceof SystemCallError ? this.#refused(error) : error;
      }
    }
    return open;
  }

  #openIn(vrf: Vrf, count: number): ReadingSockets {
    const dumps: number[] = [];
    try {
      while (dumps.length < count) dumps.push(openNetlink(this.#libc, vrf));
      return { dumps, single: openNetlink(this.#libc, vrf) };
    } catch (error) {
      for (const dump of dumps) closeSync(dump);
      throw error;
    }
  }

  #refused(error: SystemCallError | ReadingError): SourceError {
    return new SourceError(this.name, problemOfCode(error.code), { cause: error });
  }

  #looked(): readonly Look[] {
    return this.#vrfs().map((vrf) => this.#look(vrf));
  }

  /** A question of microseconds. */
  #look(vrf: Vrf): Look {
    try {
      const table = this.#statistics(vrf);
      const problems: SourceProblem[] = [];
      const where = vrf.kind === 'namespace' ? { details: { namespace: vrf.name } } : {};
      if (table.entries === 0) problems.push({ severity: 'warning', code: 'not-tracking', ...where });
      else if (!this.#isAccounting(vrf))
        problems.push({ severity: 'warning', code: 'no-accounting', ...where });
      return { table, problems };
    } catch (error) {
      if (!(error instanceof SystemCallError)) throw error;
      const problem: SourceProblem =
        vrf.kind === 'namespace' && isGone(vrf, error.code)
          ? { severity: 'warning', code: 'no-namespace', details: { namespace: vrf.name } }
          : problemOfCode(error.code);
      return { table: undefined, problems: [problem] };
    }
  }

  #statistics(vrf: Vrf): TableStatistics {
    this.#exchange ??= new NetlinkExchange(this.#libc);
    const exchange = this.#exchange;
    const fd = openNetlink(this.#libc, vrf);
    try {
      statisticsRequest(exchange.requests, 1);
      exchange.send(fd);
      const messages = new Messages(exchange.view).over(exchange.receive(fd));
      if (!messages.next()) throw new SystemCallError('recv', 'EAGAIN');
      if (messages.type === messageType.error) refuse('recv', messages.errno);
      return decodeStatistics(exchange.view, messages.start, messages.end);
    } finally {
      closeSync(fd);
    }
  }

  #isAccounting(vrf: Vrf): boolean {
    try {
      return within(this.#libc, vrf, () => readFileSync(ACCOUNTING, 'latin1')).trim() !== '0';
    } catch {
      // No /proc: nothing to say.
      return true;
    }
  }
}

interface Look {
  readonly table: TableStatistics | undefined;
  readonly problems: readonly SourceProblem[];
}

/** There is no such namespace. */
function isGone(vrf: Vrf, code: string): boolean {
  return vrf.kind === 'namespace' && code === 'ENOENT';
}

function problemOfCode(code: string): SourceProblem {
  return { severity: 'error', code: refusals[code] ?? 'failed', details: { code } };
}

function problemsOf({ interrupted, undecodable }: EndMessage): readonly SourceProblem[] {
  const problems: SourceProblem[] = [];
  if (interrupted) problems.push({ severity: 'warning', code: 'table-changed' });
  for (const [code, messages] of undecodable)
    problems.push({ severity: 'warning', code: 'undecodable', details: { code, messages } });
  return problems;
}

function rankingIn({ sums, highest, counters }: RankedMessage, mapping: MappingSettings): Ranking {
  const decoder = new ConnectionDecoder();
  const session = ({ octets, masterHelper }: RankedRow): ServiceSession => {
    const row = new ConnectionRow();
    decoder.over(new DataView(octets.buffer)).decode(0, octets.length, row);
    row.masterHelper = masterHelper;
    return sessionOfConnection(row, mapping);
  };
  const sessions = (rows: readonly Carried<RankedRow>[]): readonly Carried<ServiceSession>[] =>
    rows.map(({ item, ...carried }) => ({ item: session(item), ...carried }));
  const both = { octets: sessions(highest.octets), packets: sessions(highest.packets) };
  return { sums, highest: both, counters };
}

/** Turns a chunk's messages into sessions. */
class ChunkDecoder {
  readonly #mapping: MappingSettings;
  readonly #decoder = new ConnectionDecoder();

  constructor(mapping: MappingSettings) {
    this.#mapping = mapping;
  }

  sessions(chunk: RowsMessage): readonly ServiceSession[] {
    return this.#each(chunk, (row) => sessionOfConnection(row, this.#mapping));
  }

  connections(chunk: RowsMessage): readonly ListedConnection[] {
    return this.#each(chunk, (connection, view, { start, end }) => ({
      connection,
      details: detailsOf(view, start, end),
    }));
  }

  /** The worker has decoded each of these before. */
  #each<Made>(
    { buffer, octets, masterHelpers }: RowsMessage,
    make: (row: ConnectionRow, view: DataView, message: Messages) => Made,
  ): readonly Made[] {
    const view = new DataView(buffer);
    const messages = new Messages(view).over(octets);
    const decoder = this.#decoder.over(view);
    const made: Made[] = [];
    while (messages.next()) {
      const row = new ConnectionRow();
      decoder.decode(messages.start, messages.end, row);
      row.masterHelper = masterHelpers.get(made.length);
      made.push(make(row, view, messages));
    }
    return made;
  }
}

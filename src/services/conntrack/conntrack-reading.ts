/** One reading of the kernel's connections, in the worker: dumps, filtered and grouped, in chunks. */
import { availableParallelism } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { SystemCallError } from '../../native/libc.ts';
import { type EndMessage, type ReadingSockets, type ReadRequest } from './conntrack-link.ts';
import { RowWriter, TextWriter, type ChunkWriter, type Post } from './chunk-writer.ts';
import { ConnectionReader, runToEnd } from './connection-reader.ts';
import type { ConnectionSingles } from './connection-singles.ts';
import { ctMessage } from './ctnetlink.ts';
import { DumpWalk } from './dump-walk.ts';
import { passesIn } from './dump-plan.ts';
import { SessionFilter } from '../filter.ts';
import { GroupCounts, GroupPasses } from './group-passes.ts';
import { groupOfConnection, sessionOfConnection } from '../mapping.ts';
import { messageFlag, messageType, type Messages } from './netlink.ts';
import { RateRound } from '../session-rates.ts';
import type { RankedRow } from './conntrack-link.ts';
import { sessionIdOf } from '../session-id.ts';
import type { Dump } from './netlink-dump.ts';
import { refuse } from './netlink-socket.ts';

/**
 * How often a dump is done again that the kernel says was interrupted (NLM_F_DUMP_INTR). Sessions that the reader has
 * already cannot be taken back: such a dump goes on, and is told.
 */
export const DUMP_RETRIES_MAX = 3;

/** Of the first walk, before others are begun. */
const HEAD_START_MILLIS = 20;

/** One has a processor to itself while the kernel finds nothing, and one processor is left to everybody else. */
const WALKS_AT_ONCE = Math.min(availableParallelism() - 1, 2);

export class ConntrackReading {
  readonly #request: ReadRequest;
  readonly #makeDump: () => Dump;
  /** Made when they are first needed, one for each of the plan. */
  readonly #dumps: Dump[] = [];
  readonly #singles: ConnectionSingles;
  readonly #post: Post;
  readonly #walksAtOnce: number;
  readonly #filter: SessionFilter;
  readonly #passes: GroupPasses | undefined;
  readonly #reader = new ConnectionReader();
  #counts = new GroupCounts();
  readonly #found: RowWriter | TextWriter;
  readonly #rates: RateRound<RankedRow> | undefined;
  /** Whether the kernel has not said otherwise of the dump that is read. */
  #isWhole = true;
  #interrupted = false;
  #onlyExpected = false;
  #left: number;

  constructor(
    request: ReadRequest,
    makeDump: () => Dump,
    singles: ConnectionSingles,
    post: Post,
    walksAtOnce = WALKS_AT_ONCE,
  ) {
    this.#request = request;
    this.#walksAtOnce = walksAtOnce;
    this.#makeDump = makeDump;
    this.#singles = singles;
    this.#post = post;
    this.#filter = new SessionFilter(request.filter);
    const { work, call, limit, form, before } = request;
    this.#passes = work === 'select' || work === 'draw' ? new GroupPasses(request.mapping) : undefined;
    this.#rates = work === 'rank' ? new RateRound(limit, before) : undefined;
    this.#left = work === 'rank' ? Infinity : limit;
    this.#found = form === undefined ? new RowWriter(call, post) : new TextWriter(call, form, post);
  }

  get chunks(): ChunkWriter {
    return this.#found.chunks;
  }

  run(): Promise<void> {
    return runToEnd(this.#request.call, this.#post, async () => {
      do await this.#pass();
      while (!this.#isOver && this.#passes?.next());
      if (!this.chunks.isStopped) this.#found.flush();
      if (this.#rates !== undefined) this.#postRanked(this.#rates);
      return this.#end();
    });
  }

  #postRanked(rates: RateRound<RankedRow>): void {
    const { call } = this.#request;
    const highest = { octets: rates.highest('octets'), packets: rates.highest('packets') };
    const { buffer } = rates.counters;
    this.#post({ type: 'ranked', call, sums: rates.sums, highest, counters: buffer }, [buffer]);
  }

  #end(): EndMessage {
    return {
      type: 'end',
      call: this.#request.call,
      counts: this.#counts.sorted(),
      interrupted: this.#interrupted,
      undecodable: this.#reader.undecodable,
    };
  }

  get #isOver(): boolean {
    return this.chunks.isStopped || this.#left <= 0;
  }

  async #pass(): Promise<void> {
    for (const sockets of this.#request.sockets) {
      this.#singles.begin();
      for (const stage of this.#stages) {
        this.#onlyExpected = stage === 'expected';
        await this.#walks(sockets);
      }
    }
  }

  /** Whom its master's helper tells is removed before the master is: afterwards nobody knows it. */
  get #stages(): readonly ('expected' | 'all')[] {
    const isByApplication = this.#filter.criteria.application !== undefined;
    return this.#request.work === 'clear' && isByApplication ? ['expected', 'all'] : ['all'];
  }

  /**
   * In the plan's order. Those behind the first are walked beside it, one at a time, where there are processors for it:
   * each takes one, and nothing else runs there until the kernel has found something, packets of others neither. With a
   * limit they are mostly not needed.
   */
  async #walks(sockets: ReadingSockets): Promise<void> {
    const walks = this.#request.plan.map(
      (filter, at) => new DumpWalk((this.#dumps[at] ??= this.#makeDump()), sockets.dumps[at]!, filter),
    );
    const behind = walks.slice(1);
    const beginBeside = async (): Promise<void> => {
      // Threads that begin at the same time may be put on the same core, where one waits for all of the other's walk.
      await Promise.race([walks[0]?.begin(), sleep(HEAD_START_MILLIS)]);
      for (let walk = behind.shift(); walk !== undefined && !this.#isOver; walk = behind.shift())
        await walk.begin();
    };
    const beside = this.#walksAtOnce > 1 && this.#left === Infinity ? beginBeside() : undefined;
    try {
      for (const walk of walks) if (!this.#isOver) await this.#walk(walk, sockets);
    } finally {
      behind.length = 0;
      await beside;
      for (const walk of walks) await walk.end();
    }
  }

  async #walk(walk: DumpWalk, sockets: ReadingSockets): Promise<void> {
    for (let retries = DUMP_RETRIES_MAX; ; retries -= 1) {
      const goBack = this.#remembered();
      if (await this.#read(walk, sockets)) return;
      // One that is not read to its end is still running, and no other can begin.
      if (!this.#isOver && retries > 0 && this.#rates === undefined && goBack()) {
        await walk.end();
        continue;
      }
      this.#interrupted = true;
      return;
    }
  }

  /** Gives what undoes all that is done from now on; that gives false, and does nothing, where it cannot be undone. */
  #remembered(): () => boolean {
    const goBack = this.#found.remembered();
    const [left, counts, undecodable] = [this.#left, this.#counts.sorted(), [...this.#reader.undecodable]];
    return () => {
      if (!goBack()) return false;
      this.#left = left;
      this.#reader.undecodable = new Map(undecodable);
      // What was removed stays so.
      if (this.#request.work !== 'clear') this.#counts = new GroupCounts(counts);
      return true;
    };
  }

  /** Gives whether the kernel has not said that it was interrupted. */
  async #read(walk: DumpWalk, sockets: ReadingSockets): Promise<boolean> {
    this.#isWhole = true;
    await walk.begin();
    this.#reader.over(walk.dump.view);
    const hear = (message: Messages): boolean => this.#hear(message, sockets, walk);
    let hasEnded = false;
    while (!hasEnded && !this.#isOver) {
      const parts = await walk.dump.next();
      // What was dumped is there before the call that asked for it returns.
      if (parts.length === 0) throw new SystemCallError('recv', 'EAGAIN');
      for (const part of parts) {
        hasEnded = this.#reader.each(part, hear);
        if (this.#request.work === 'clear') this.#removeThose(sockets);
        await this.#found.room();
        if (hasEnded) break;
      }
    }
    return this.#isWhole;
  }

  #removeThose(sockets: ReadingSockets): void {
    for (const group of this.#singles.remove(sockets.single)) this.#counts.add(group);
  }

  /** Gives whether the dump has ended, or enough of it was heard. */
  #hear(message: Messages, sockets: ReadingSockets, walk: DumpWalk): boolean {
    const { type } = message;
    if ((message.flags & messageFlag.interrupted) !== 0) this.#isWhole = false;
    if (type === messageType.error || type === messageType.done) {
      refuse('recv', message.errno);
      return true;
    }
    if (type === ctMessage.new && this.#reader.decode(message)) this.#connection(message, sockets, walk);
    return this.#isOver;
  }

  #connection(
    { start, end }: Messages,
    sockets: ReadingSockets,
    { filter: dump, dump: { octets } }: DumpWalk,
  ): void {
    const { row, decoder } = this.#reader;
    if (this.#onlyExpected && (row.master === undefined || row.helper !== undefined)) return;
    const filter = this.#filter;
    if (!passesIn(dump, filter, row)) return;
    const { mapping, work } = this.#request;
    const group = groupOfConnection(row, mapping);
    if (!filter.group(group)) return;
    const isShown = this.#passes !== undefined || this.#rates !== undefined;
    if (row.master !== undefined && (isShown || filter.criteria.application !== undefined))
      row.masterHelper = this.#singles.helperOf(sockets.single, decoder.keyAt(decoder.masterPlace, row));
    if (!this.#isOfApplication()) return;
    if (work === 'count') this.#counts.add(group);
    else if (work === 'clear') this.#singles.mark(decoder.keyAt(decoder.originalPlace, row), row.id, group);
    else if (this.#rates !== undefined) this.#rank(this.#rates, octets, start, end);
    else if (this.#passes!.isTurnOf(group)) {
      this.#left -= 1;
      if (this.#found instanceof TextWriter) this.#found.add(sessionOfConnection(row, mapping));
      else this.#found.add(octets.subarray(start, end), row.masterHelper);
    }
  }

  #rank(rates: RateRound<RankedRow>, message: Uint8Array<ArrayBuffer>, start: number, end: number): void {
    const { row } = this.#reader;
    const { originalCounters, replyCounters, masterHelper } = row;
    const packets = (originalCounters?.packets ?? 0) + (replyCounters?.packets ?? 0);
    const octets = (originalCounters?.octets ?? 0) + (replyCounters?.octets ?? 0);
    rates.take(sessionIdOf(row), packets, octets, () => ({
      octets: message.slice(start, end),
      masterHelper,
    }));
  }

  #isOfApplication(): boolean {
    const filter = this.#filter;
    if (filter.criteria.application === undefined) return true;
    const { alg, application, flows } = sessionOfConnection(this.#reader.row, this.#request.mapping);
    return filter.application(alg, application, flows[0]!.protocol);
  }
}

/**
 * Events of the kernel, in the worker: connections that end in chunks, or how many begin and end. Neither helper nor master
 * is told of those (ctnetlink_conntrack_event of net/netfilter/nf_conntrack_netlink.c). Where ends are told and some events
 * were dropped, the table says which.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { SystemCallError } from '../../native/libc.ts';
import { RowWriter, type ChunkWriter, type Post } from './chunk-writer.ts';
import type { ConnectionSingles } from './connection-singles.ts';
import { ConnectionReader, runToEnd } from './connection-reader.ts';
import type { ReadRequest } from './conntrack-link.ts';
import { GroupCounts } from './group-passes.ts';
import { groupOfConnection } from '../mapping.ts';
import { ctMessage } from './ctnetlink.ts';
import type { Messages } from './netlink.ts';
import type { NetlinkExchange } from './netlink-socket.ts';
import { TableWatch } from './table-watch.ts';

/** The kernel keeps what comes meanwhile: EVENT_QUEUE_OCTETS are some tens of thousands. */
const POLL_MILLIS = 20;

/** The kernel had to drop events. It says so once, and may drop more until its queue is empty. */
const DROPPED = -1;

/** Events that are counted before it is told, if they never cease. */
const TALLY_EVENTS = 10_000;

const turn = (): Promise<void> => new Promise(setImmediate);

export class ConntrackWatch {
  readonly #request: ReadRequest;
  readonly #exchange: NetlinkExchange;
  readonly #post: Post;
  readonly #reader: ConnectionReader;
  readonly #rows: RowWriter;
  /** Of each namespace whose ends are told. */
  readonly #tables: readonly TableWatch[];
  #table: TableWatch | undefined;
  #begun = new GroupCounts();
  #ended = new GroupCounts();
  #counted = 0;
  #lost = 0;

  constructor(request: ReadRequest, exchange: NetlinkExchange, singles: ConnectionSingles, post: Post) {
    this.#request = request;
    this.#exchange = exchange;
    this.#post = post;
    this.#reader = new ConnectionReader().over(exchange.view);
    this.#rows = new RowWriter(request.call, post);
    this.#tables =
      request.work === 'tally'
        ? []
        : request.sockets.map(({ single }) => new TableWatch(exchange, this.#reader, singles, single));
  }

  get chunks(): ChunkWriter {
    return this.#rows.chunks;
  }

  run(): Promise<void> {
    const { call } = this.#request;
    return runToEnd(call, this.#post, async () => {
      while (!this.chunks.isStopped) await this.#round();
      return {
        type: 'end',
        call,
        counts: [],
        interrupted: false,
        undecodable: this.#reader.undecodable,
      };
    });
  }

  /** One call for each namespace; whoever has nothing waits. */
  async #round(): Promise<void> {
    let hasMore = false;
    for (const [at, { dumps }] of this.#request.sockets.entries()) {
      this.#table = this.#tables[at];
      const end = this.#receive(dumps[0]!);
      if (end > 0) this.#reader.each({ start: 0, end }, this.#hear);
      await this.#rows.room();
      const isDrained = end === 0;
      // Before it reads on: of what it has read, all events are heard then.
      if (isDrained && this.#table !== undefined) await this.#tellUnheard(this.#table);
      const isReading = this.#table?.step(isDrained) ?? false;
      hasMore ||= !isDrained || isReading;
    }
    if (!hasMore || this.#counted >= TALLY_EVENTS) this.#tell();
    if (hasMore) await turn();
    else {
      await this.#rows.hand();
      if (!this.chunks.isStopped) await sleep(POLL_MILLIS);
    }
  }

  /** Those that have ended while events were dropped, in chunks of their own. */
  async #tellUnheard(table: TableWatch): Promise<void> {
    let hasSome = false;
    for (const octets of table.ended()) {
      if (!hasSome) await this.#rows.hand();
      hasSome = true;
      this.#rows.areUnheard = true;
      this.#rows.add(octets, undefined);
      await this.#rows.room();
      if (this.chunks.isStopped) return;
    }
    if (hasSome) await this.#rows.hand();
    this.#rows.areUnheard = false;
  }

  /** Gives how many octets of events came, or DROPPED. */
  #receive(fd: number): number {
    try {
      return this.#exchange.receive(fd);
    } catch (error) {
      if (!(error instanceof SystemCallError && error.code === 'ENOBUFS')) throw error;
      if (this.#request.work === 'tally') this.#lost += 1;
      else {
        this.#rows.lose(this.#table!.isPartial);
        this.#table!.lose();
      }
      return DROPPED;
    }
  }

  readonly #hear = (message: Messages): boolean => {
    const { type, start, end } = message;
    const { work, mapping } = this.#request;
    if (type !== ctMessage.remove && type !== ctMessage.new) return false;
    // Who makes a session of it does not check it again.
    if (!this.#reader.decode(message)) return false;
    if (work === 'watch') {
      this.#table!.hear(message);
      if (type === ctMessage.remove) this.#rows.add(this.#exchange.octets.subarray(start, end), undefined);
    } else {
      const counts = type === ctMessage.new ? this.#begun : this.#ended;
      counts.add(groupOfConnection(this.#reader.row, mapping));
      this.#counted += 1;
    }
    return false;
  };

  #tell(): void {
    if (this.#counted === 0 && this.#lost === 0) return;
    const [begun, ended, lost] = [this.#begun.sorted(), this.#ended.sorted(), this.#lost];
    this.#begun = new GroupCounts();
    this.#ended = new GroupCounts();
    this.#counted = 0;
    this.#lost = 0;
    this.#post({ type: 'tally', call: this.#request.call, begun, ended, lost }, []);
  }
}

/**
 * Events of the kernel, in the worker: connections that end in chunks, or how many begin and end. Neither helper nor master
 * is told of those (ctnetlink_conntrack_event of net/netfilter/nf_conntrack_netlink.c).
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { SystemCallError } from '../native/libc.ts';
import { RowWriter, type Post } from './chunk-writer.ts';
import type { ReadRequest } from './conntrack-link.ts';
import { GroupCounts } from './group-passes.ts';
import { groupOfConnection } from './mapping.ts';
import { ConnectionDecoder, ConnectionRow, ctMessage } from './ctnetlink.ts';
import { Messages, NetlinkError, type NetlinkProblemCode } from './netlink.ts';
import type { NetlinkExchange } from './netlink-socket.ts';

/** The kernel keeps what comes meanwhile: EVENT_QUEUE_OCTETS are some tens of thousands. */
const POLL_MILLIS = 20;

/** Events that are counted before it is told, if they never cease. */
const TALLY_EVENTS = 10_000;

const turn = (): Promise<void> => new Promise(setImmediate);

export class ConntrackWatch {
  readonly #request: ReadRequest;
  readonly #exchange: NetlinkExchange;
  readonly #post: Post;
  readonly #messages: Messages;
  readonly #decoder: ConnectionDecoder;
  readonly #row = new ConnectionRow();
  readonly #rows: RowWriter;
  readonly #undecodable = new Map<NetlinkProblemCode, number>();
  #begun = new GroupCounts();
  #ended = new GroupCounts();
  #counted = 0;
  #lost = 0;
  #stopped = false;

  constructor(request: ReadRequest, exchange: NetlinkExchange, post: Post) {
    this.#request = request;
    this.#exchange = exchange;
    this.#post = post;
    this.#messages = new Messages(exchange.view);
    this.#decoder = new ConnectionDecoder().over(exchange.view);
    this.#rows = new RowWriter(request.reading, post);
  }

  more(buffer: ArrayBuffer): void {
    this.#rows.chunks.more(buffer);
  }

  stop(): void {
    this.#stopped = true;
    this.#rows.chunks.stop();
  }

  /** Posts an end or a failure, in the end. */
  async run(): Promise<void> {
    const { reading } = this.#request;
    try {
      while (!this.#stopped) await this.#round();
      this.#post(
        { type: 'end', reading, counts: [], interrupted: false, undecodable: this.#undecodable },
        [],
      );
    } catch (error) {
      if (!(error instanceof SystemCallError)) throw error;
      this.#post({ type: 'failed', reading, call: error.call, code: error.code }, []);
    }
  }

  /** One call for each namespace; whoever has nothing waits. */
  async #round(): Promise<void> {
    let hasMore = false;
    for (const { dump } of this.#request.sockets) {
      const octets = this.#receive(dump);
      if (octets > 0) this.#batch(octets);
      hasMore ||= octets > 0;
      await this.#rows.room();
    }
    if (!hasMore || this.#counted >= TALLY_EVENTS) this.#tell();
    if (hasMore) await turn();
    else {
      await this.#rows.hand();
      if (!this.#stopped) await sleep(POLL_MILLIS);
    }
  }

  #receive(fd: number): number {
    try {
      return this.#exchange.receive(fd);
    } catch (error) {
      if (!(error instanceof SystemCallError && error.code === 'ENOBUFS')) throw error;
      if (this.#request.work === 'tally') this.#lost += 1;
      else this.#rows.lose();
      return 0;
    }
  }

  #batch(octets: number): void {
    const messages = this.#messages.over(octets);
    try {
      while (messages.next()) this.#event(messages);
    } catch (error) {
      this.#note(error);
    }
  }

  #event({ type, start, end }: Messages): void {
    const { work, mapping } = this.#request;
    if (type !== ctMessage.remove && (work === 'watch' || type !== ctMessage.new)) return;
    try {
      // Who makes a session of it does not check it again.
      this.#decoder.decode(start, end, this.#row);
      if (work === 'watch') this.#rows.add(this.#exchange.octets.subarray(start, end), undefined);
      else {
        const counts = type === ctMessage.new ? this.#begun : this.#ended;
        counts.add(groupOfConnection(this.#row, mapping));
        this.#counted += 1;
      }
    } catch (error) {
      this.#note(error);
    }
  }

  #tell(): void {
    if (this.#counted === 0 && this.#lost === 0) return;
    const [begun, ended, lost] = [this.#begun.sorted(), this.#ended.sorted(), this.#lost];
    this.#begun = new GroupCounts();
    this.#ended = new GroupCounts();
    this.#counted = 0;
    this.#lost = 0;
    this.#post({ type: 'tally', reading: this.#request.reading, begun, ended, lost }, []);
  }

  #note(error: unknown): void {
    if (!(error instanceof NetlinkError)) throw error;
    this.#undecodable.set(error.code, (this.#undecodable.get(error.code) ?? 0) + 1);
  }
}

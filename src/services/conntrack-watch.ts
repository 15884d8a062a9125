/**
 * Connections as they end, in the worker: events of the kernel, in chunks. Neither helper nor master is told of them
 * (ctnetlink_conntrack_event of net/netfilter/nf_conntrack_netlink.c).
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { SystemCallError } from '../native/libc.ts';
import { ChunkWriter, type Post } from './chunk-writer.ts';
import type { ReadRequest } from './conntrack-link.ts';
import { ConnectionDecoder, ConnectionRow, ctMessage } from './ctnetlink.ts';
import { Messages, NetlinkError, type NetlinkProblemCode } from './netlink.ts';
import type { NetlinkExchange } from './netlink-socket.ts';

/** The kernel keeps what comes meanwhile: EVENT_QUEUE_OCTETS are some tens of thousands. */
const POLL_MILLIS = 20;

const turn = (): Promise<void> => new Promise(setImmediate);

export class ConntrackWatch {
  readonly #request: ReadRequest;
  readonly #exchange: NetlinkExchange;
  readonly #post: Post;
  readonly #messages: Messages;
  readonly #decoder: ConnectionDecoder;
  readonly #row = new ConnectionRow();
  readonly #chunks: ChunkWriter;
  readonly #undecodable = new Map<NetlinkProblemCode, number>();
  #stopped = false;

  constructor(request: ReadRequest, exchange: NetlinkExchange, post: Post) {
    this.#request = request;
    this.#exchange = exchange;
    this.#post = post;
    this.#messages = new Messages(exchange.view);
    this.#decoder = new ConnectionDecoder().over(exchange.view);
    this.#chunks = new ChunkWriter(request.reading, post);
  }

  more(buffer: ArrayBuffer): void {
    this.#chunks.more(buffer);
  }

  stop(): void {
    this.#stopped = true;
    this.#chunks.stop();
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
      await this.#chunks.room();
    }
    if (hasMore) await turn();
    else {
      await this.#chunks.hand();
      if (!this.#stopped) await sleep(POLL_MILLIS);
    }
  }

  #receive(fd: number): number {
    try {
      return this.#exchange.receive(fd);
    } catch (error) {
      if (!(error instanceof SystemCallError && error.code === 'ENOBUFS')) throw error;
      this.#chunks.lose();
      return 0;
    }
  }

  #batch(octets: number): void {
    const messages = this.#messages.over(octets);
    try {
      while (messages.next()) if (messages.type === ctMessage.remove) this.#ended(messages);
    } catch (error) {
      this.#note(error);
    }
  }

  #ended({ start, end }: Messages): void {
    try {
      // Who makes a session of it does not check it again.
      this.#decoder.decode(start, end, this.#row);
      this.#chunks.add(this.#exchange.octets.subarray(start, end), undefined);
    } catch (error) {
      this.#note(error);
    }
  }

  #note(error: unknown): void {
    if (!(error instanceof NetlinkError)) throw error;
    this.#undecodable.set(error.code, (this.#undecodable.get(error.code) ?? 0) + 1);
  }
}

/** What is asked about single connections while they are dumped, on a socket beside: helpers of masters, and removals. */
import {
  ConnectionDecoder,
  ConnectionRow,
  ctMessage,
  getRequest,
  removeRequest,
  type ConnectionKey,
} from './ctnetlink.ts';
import { Messages, messageType, NetlinkError } from './netlink.ts';
import { refuse, type NetlinkExchange } from './netlink-socket.ts';
import type { SessionGroup } from '../session.ts';

/** Removals of one call: their acknowledgements have room in any socket. */
const REMOVALS_MAX = 32;

/** Answers that are kept: many connections have the same master. */
const HELPERS_MAX = 1024;

/** Longer than any tuple is. */
const TUPLE_OCTETS_MAX = 256;

interface Removal {
  readonly key: ConnectionKey;
  readonly id: number | undefined;
  readonly group: SessionGroup;
}

export class ConnectionSingles {
  readonly #exchange: NetlinkExchange;
  readonly #messages: Messages;
  readonly #decoder: ConnectionDecoder;
  readonly #row = new ConnectionRow();
  readonly #helpers = new Map<string, string | undefined>();
  #removals: Removal[] = [];
  #sequence = 0;

  /** `exchange`: not that of the dump. */
  constructor(exchange: NetlinkExchange) {
    this.#exchange = exchange;
    this.#messages = new Messages(exchange.view);
    this.#decoder = new ConnectionDecoder().over(exchange.view);
  }

  /** Before another namespace, or another time: what was known is forgotten. */
  begin(): void {
    this.#helpers.clear();
  }

  /** The helper of a connection; undefined where it has none, or is no more. Throws SystemCallError. */
  helperOf(fd: number, key: ConnectionKey): string | undefined {
    const name = `${key.zone} ${Buffer.from(key.tuple).toString('latin1')}`;
    if (this.#helpers.has(name)) return this.#helpers.get(name);
    if (this.#helpers.size >= HELPERS_MAX) this.#helpers.clear();
    const helper = this.#ask(fd, key);
    this.#helpers.set(name, helper);
    return helper;
  }

  /** Whether the connection that a message tells of is in the table still. Throws SystemCallError. */
  isThere(fd: number, message: Uint8Array): boolean {
    const view = new DataView(message.buffer, message.byteOffset, message.length);
    const [told, row] = [new ConnectionDecoder().over(view), new ConnectionRow()];
    told.decode(0, message.length, row);
    return this.#found(fd, told.keyAt(told.originalPlace, row))?.id === row.id;
  }

  #ask(fd: number, key: ConnectionKey): string | undefined {
    return this.#found(fd, key)?.helper;
  }

  /** Until the next is asked for; undefined where it is no more. */
  #found(fd: number, key: ConnectionKey): ConnectionRow | undefined {
    this.#sequence += 1;
    getRequest(this.#exchange.requests, this.#sequence, key);
    this.#exchange.send(fd);
    const messages = this.#messages.over(this.#exchange.receive(fd));
    try {
      if (!messages.next() || messages.type !== ctMessage.new) return undefined;
      this.#decoder.decode(messages.start, messages.end, this.#row);
      return this.#row;
    } catch (error) {
      if (error instanceof NetlinkError) return undefined;
      throw error;
    }
  }

  /** To be removed by the next `remove`. Throws NetlinkError where the key cannot be one. */
  mark(key: ConnectionKey, id: number | undefined, group: SessionGroup): void {
    if (key.tuple.length > TUPLE_OCTETS_MAX) throw new NetlinkError('attribute-size');
    this.#removals.push({ key, id, group });
  }

  /** Gives the groups of those that were still there, a group for each. Throws SystemCallError. */
  remove(fd: number): readonly SessionGroup[] {
    const removals = this.#removals;
    this.#removals = [];
    const removed: SessionGroup[] = [];
    for (let at = 0; at < removals.length; at += REMOVALS_MAX)
      removed.push(...this.#removeSome(fd, removals.slice(at, at + REMOVALS_MAX)));
    return removed;
  }

  #removeSome(fd: number, removals: readonly Removal[]): readonly SessionGroup[] {
    const first = this.#sequence + 1;
    for (const { key, id } of removals) {
      this.#sequence += 1;
      removeRequest(this.#exchange.requests, this.#sequence, key, id);
    }
    this.#exchange.send(fd);
    const removed: SessionGroup[] = [];
    for (let octets = this.#exchange.receive(fd); octets > 0; octets = this.#exchange.receive(fd)) {
      const messages = this.#messages.over(octets);
      while (messages.next()) {
        const removal = removals[messages.sequence - first];
        if (messages.type !== messageType.error || removal === undefined) continue;
        if (messages.errno === ENOENT) continue;
        refuse('send', messages.errno);
        removed.push(removal.group);
      }
    }
    return removed;
  }
}

/** It has ended by itself, or another has taken its place. */
const ENOENT = 2;

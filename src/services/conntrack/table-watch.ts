/**
 * One namespace's connections as events tell of them, in the worker, and what is read anew of its table when the kernel had
 * to drop some: so that those whose end was not heard are told, too, with what was known of them last.
 */
import { SystemCallError } from '../../native/libc.ts';
import type { ConnectionReader } from './connection-reader.ts';
import type { ConnectionSingles } from './connection-singles.ts';
import { addressFamily, ctMessage, dumpRequest } from './ctnetlink.ts';
import { KnownConnections } from './known-connections.ts';
import { messageType, type Messages } from './netlink.ts';
import { refuse, type NetlinkExchange } from './netlink-socket.ts';
import { sessionIdOf } from '../session-id.ts';

/** `wanted`: to be read anew; `heard`: it was, and what came meanwhile is to be heard first. */
type Reading = 'none' | 'wanted' | 'running' | 'heard';

export class TableWatch {
  readonly #exchange: NetlinkExchange;
  readonly #reader: ConnectionReader;
  readonly #singles: ConnectionSingles;
  readonly #fd: number;
  readonly #known: KnownConnections;
  #reading: Reading = 'wanted';
  /** Events were dropped while it was read. */
  #isLate = false;
  #sequence = 0;

  /** `fd`: a socket beside that of the events. */
  constructor(
    exchange: NetlinkExchange,
    reader: ConnectionReader,
    singles: ConnectionSingles,
    fd: number,
    known = new KnownConnections(),
  ) {
    this.#exchange = exchange;
    this.#reader = reader;
    this.#singles = singles;
    this.#fd = fd;
    this.#known = known;
  }

  /** Whether some connections could not be kept in mind. */
  get isPartial(): boolean {
    return this.#known.isPartial;
  }

  /** An event, which the reader has decoded. */
  hear({ type, start, end }: Messages): void {
    const key = sessionIdOf(this.#reader.row);
    if (type === ctMessage.remove) this.#known.remove(key);
    else this.#known.put(key, this.#exchange.octets.subarray(start, end));
  }

  /** The kernel has dropped events. */
  lose(): void {
    // A reading that is under way began too early.
    if (this.#reading !== 'running') this.#reading = 'wanted';
    else this.#isLate = true;
  }

  /**
   * Reads on, one call's worth; gives whether there is more to do at once. `isDrained`: no event waits; while some do, the
   * kernel may drop others without a word, about what would have been read already. Throws SystemCallError.
   */
  step(isDrained: boolean): boolean {
    if (this.#reading === 'wanted' && isDrained) this.#begin();
    if (this.#reading !== 'running') return false;
    const end = this.#exchange.receive(this.#fd);
    // What was dumped is there before the call that asked for it returns.
    if (end === 0) throw new SystemCallError('recv', 'EAGAIN');
    if (this.#reader.each({ start: 0, end }, this.#listed)) {
      this.#reading = this.#isLate ? 'wanted' : 'heard';
    }
    return true;
  }

  #begin(): void {
    this.#isLate = false;
    this.#known.beginRound();
    this.#sequence += 1;
    const filter = { family: addressFamily.any, tuple: undefined, mark: undefined, zone: undefined };
    dumpRequest(this.#exchange.requests, this.#sequence, filter);
    this.#exchange.send(this.#fd);
    this.#reading = 'running';
  }

  readonly #listed = (message: Messages): boolean => {
    const { type, start, end } = message;
    if (type === messageType.error || type === messageType.done) {
      refuse('recv', message.errno);
      return true;
    }
    if (type === ctMessage.new && this.#reader.decode(message))
      this.#known.put(sessionIdOf(this.#reader.row), this.#exchange.octets.subarray(start, end));
    return false;
  };

  /**
   * Once the table has been read and all events have been heard: those that have ended unheard, as they were known last.
   * Each is asked for: a dump of a table that changes may miss some.
   */
  *ended(): Generator<Uint8Array> {
    if (this.#reading !== 'heard') return;
    this.#reading = 'none';
    this.#singles.begin();
    for (const key of this.#known.missing()) {
      const octets = this.#known.get(key)!;
      if (this.#singles.isThere(this.#fd, octets)) continue;
      yield octets;
      this.#known.remove(key);
    }
  }
}

/** A dump that is read beside this thread: while some of its messages are looked at, the kernel is asked for the next. */
import { c, iovec, mmsghdr } from '../../native/layouts.ts';
import { SystemCallError, type Libc, type Memory } from '../../native/libc.ts';
import { RequestWriter } from './netlink.ts';
import { RECEIVE_OCTETS } from './netlink-socket.ts';

/** Where the kernel has put what is one datagram to it: whole messages. */
export interface Part {
  readonly start: number;
  readonly end: number;
}

/** What is asked and heard; without a socket, in tests. */
export interface Dump {
  /** What is sent when it begins. */
  readonly requests: RequestWriter;
  /** Of all parts. */
  readonly view: DataView;
  readonly octets: Uint8Array<ArrayBuffer>;
  /** Asks, of that socket; resolves when the first part is there, or has failed to come. */
  begin(fd: number): Promise<void>;
  /** The next parts, which stay until it is called again; none: nothing has come. Rejects with SystemCallError. */
  next(): Promise<readonly Part[]>;
  /** Resolves when the kernel has no part in it any more: only then may the socket be closed, or asked again. */
  end(): Promise<void>;
}

const REQUEST_OCTETS = 1024;

/** Parts of one call, some milliseconds' worth; the first calls are for fewer, for those who want the first rows soon. */
const PARTS_MAX = 4;

export class NetlinkDump implements Dump {
  readonly requests: RequestWriter;
  readonly view: DataView;
  readonly octets: Uint8Array<ArrayBuffer>;
  readonly #libc: Libc;
  readonly #request: Memory;
  /** Headers of two calls: what one fills is looked at while the other is filled. */
  readonly #headers: Memory;
  readonly #lengths: Uint32Array;
  // Whatever C is given is held by this object.
  readonly #vectors: Memory;
  readonly #received: Memory;
  #fd = -1;
  #parts = 1;
  /** First slot of the call that is under way. */
  #slot = 0;
  #coming: Promise<readonly Part[]> = Promise.resolve([]);

  constructor(libc: Libc) {
    const slots = 2 * PARTS_MAX;
    this.#libc = libc;
    this.#request = libc.memory(REQUEST_OCTETS);
    this.#headers = libc.memory(slots * mmsghdr.octets);
    this.#vectors = libc.memory(slots * iovec.octets);
    this.#received = libc.memory(slots * RECEIVE_OCTETS);
    this.#lengths = new Uint32Array(this.#headers.buffer);
    this.requests = new RequestWriter(this.#request.buffer);
    this.view = new DataView(this.#received.buffer);
    this.octets = new Uint8Array(this.#received.buffer);
    const headers = new DataView(this.#headers.buffer);
    const vectors = new DataView(this.#vectors.buffer);
    const point = (view: DataView, at: number, address: number): void =>
      view.setBigUint64(at, BigInt(address), true);
    for (let slot = 0; slot < slots; slot += 1) {
      const vector = slot * iovec.octets;
      point(vectors, vector + iovec.base, this.#received.address + slot * RECEIVE_OCTETS);
      point(vectors, vector + iovec.length, RECEIVE_OCTETS);
      const header = slot * mmsghdr.octets;
      point(headers, header + mmsghdr.iov, this.#vectors.address + vector);
      point(headers, header + mmsghdr.iovCount, 1);
    }
  }

  async begin(fd: number): Promise<void> {
    const { length } = this.requests;
    this.requests.clear();
    this.#fd = fd;
    this.#parts = 1;
    const { send } = this.#libc.beside;
    // The kernel answers before it returns, and may walk through its whole table for that.
    await this.#expect(send(fd, this.#request.address, length, 0).then(() => this.#receive()));
  }

  async next(): Promise<readonly Part[]> {
    const parts = await this.#coming;
    this.#slot = PARTS_MAX - this.#slot;
    this.#parts = Math.min(this.#parts * 2, PARTS_MAX);
    void this.#expect(this.#receive());
    return parts;
  }

  async end(): Promise<void> {
    await this.#coming.catch(() => undefined);
  }

  /** Who asks for the next hears of a failure. */
  async #expect(coming: Promise<readonly Part[]>): Promise<void> {
    this.#coming = coming;
    await coming.catch(() => undefined);
  }

  async #receive(): Promise<readonly Part[]> {
    const [slot, parts] = [this.#slot, this.#parts];
    const headers = this.#headers.address + slot * mmsghdr.octets;
    try {
      const count = await this.#libc.beside.recvmmsg(this.#fd, headers, parts, c.MSG_DONTWAIT, 0);
      return Array.from({ length: count }, (_, index) => this.#part(slot + index));
    } catch (error) {
      if (error instanceof SystemCallError && error.code === 'EAGAIN') return [];
      throw error;
    }
  }

  #part(slot: number): Part {
    const start = slot * RECEIVE_OCTETS;
    return { start, end: start + this.#lengths[(slot * mmsghdr.octets + mmsghdr.length) / 4]! };
  }
}

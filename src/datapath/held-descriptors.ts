/** The file descriptors a worker holds, in shared memory: they belong to the process and outlive the thread. */
import { closeSync, writeSync } from 'node:fs';
import { SESSIONS_MAX } from './link.ts';

const EPOLL = SESSIONS_MAX;
const WAKE = SESSIONS_MAX + 1;
const REHEARSALS = SESSIONS_MAX + 2;

/** One for each address family. */
const REHEARSALS_MAX = 2;
const PLACES = REHEARSALS + REHEARSALS_MAX;

/** Not a place: 1 from a wake-up until the worker looks. */
const WOKEN = PLACES;

/** What is written to an eventfd: a number of 8 octets. */
const ONE = Buffer.from([1, 0, 0, 0, 0, 0, 0, 0]);

/**
 * One place for each session's socket, and a few for the worker's own. The worker notes and forgets; the main thread
 * wakes it, and closes what it leaves behind.
 */
export class HeldDescriptors {
  readonly buffer: SharedArrayBuffer;
  /** Descriptors plus one: 0 is none. */
  readonly #places: Int32Array;

  /** Over the buffer of another thread's, or over a new one. */
  constructor(buffer?: SharedArrayBuffer) {
    this.buffer = buffer ?? new SharedArrayBuffer((PLACES + 1) * Int32Array.BYTES_PER_ELEMENT);
    this.#places = new Int32Array(this.buffer);
  }

  holdSocket(session: number, fd: number): void {
    Atomics.store(this.#places, session, fd + 1);
  }

  /** Before the socket is closed: its number may be another file's as soon as it is. */
  forgetSocket(session: number): void {
    Atomics.store(this.#places, session, 0);
  }

  /** `wake`: an eventfd. */
  holdOwn(epoll: number, wake: number): void {
    Atomics.store(this.#places, EPOLL, epoll + 1);
    Atomics.store(this.#places, WAKE, wake + 1);
  }

  /** `index`: below REHEARSALS_MAX. */
  holdRehearsal(index: number, fd: number): void {
    Atomics.store(this.#places, REHEARSALS + index, fd + 1);
  }

  /**
   * Makes a worker that waits in the kernel look at its messages, unless it is about to. A worker without an eventfd
   * never does.
   */
  wake(): void {
    const place = Atomics.load(this.#places, WAKE);
    if (place > 0 && Atomics.exchange(this.#places, WOKEN, 1) === 0) writeSync(place - 1, ONE);
  }

  /** Between the reading of the eventfd and that of the messages: what is posted from now on wakes anew. */
  noteAwake(): void {
    Atomics.store(this.#places, WOKEN, 0);
  }

  /** Once the worker has ended. */
  closeAll(): void {
    for (let place = 0; place < PLACES; place++) {
      const held = Atomics.exchange(this.#places, place, 0);
      if (held > 0) closeSync(held - 1);
    }
  }
}

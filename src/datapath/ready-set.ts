/** The sessions of a worker whose sockets have something to read, and the wake-up by the main thread: an epoll. */
import { arch } from 'node:process';
import { c, epollEvent } from '../native/layouts.ts';
import { succeed } from '../native/libc.ts';
import type { Libc, Memory } from '../native/libc.ts';
import type { HeldDescriptors } from './held-descriptors.ts';

/** Sessions that one wait can give. */
const EVENTS = 64;

/** Among the sessions: the eventfd. */
const WAKE_UP = -1;

const layout = epollEvent(arch);
const STRIDE_WORDS = layout.octets / 4;
const EVENTS_WORD = layout.events / 4;
const DATA_WORD = layout.data / 4;

/** What is read from an eventfd: a number. */
const EVENTFD_OCTETS = 8;

export class ReadySet {
  readonly #libc: Libc;
  readonly #descriptors: HeldDescriptors;
  readonly #epoll: number;
  readonly #wakeFd: number;
  readonly #memory: Memory;
  readonly #words: Int32Array;
  readonly #scrap: Memory;
  #members = 0;
  #woken = false;

  constructor(libc: Libc, descriptors: HeldDescriptors) {
    this.#libc = libc;
    this.#descriptors = descriptors;
    this.#epoll = succeed(libc, 'epoll_create1', libc.epoll_create1(c.EPOLL_CLOEXEC));
    this.#wakeFd = succeed(libc, 'eventfd', libc.eventfd(0, c.EFD_NONBLOCK | c.EFD_CLOEXEC));
    descriptors.holdOwn(this.#epoll, this.#wakeFd);
    this.#memory = libc.memory(EVENTS * layout.octets);
    this.#words = new Int32Array(this.#memory.buffer);
    this.#scrap = libc.memory(EVENTFD_OCTETS);
    this.#watch(this.#wakeFd, WAKE_UP);
  }

  /** No session is watched. */
  get empty(): boolean {
    return this.#members === 0;
  }

  add(fd: number, session: number): void {
    this.#watch(fd, session);
    this.#members += 1;
  }

  /** To be done before the socket is closed. */
  remove(fd: number): void {
    this.#libc.epoll_ctl(this.#epoll, c.EPOLL_CTL_DEL, fd, this.#memory.address);
    this.#members -= 1;
  }

  /**
   * Waits until something is there, or the time is over. Returns how many entries `session` has: none when the main
   * thread has woken us, because a packet that was sent after its order must not be served before it.
   */
  wait(timeoutMillis: number): number {
    const count = this.#libc.epoll_wait(this.#epoll, this.#memory.address, EVENTS, timeoutMillis);
    for (let entry = 0; entry < count; entry++) {
      if (this.session(entry) !== WAKE_UP) continue;
      this.#libc.read(this.#wakeFd, this.#scrap.address, EVENTFD_OCTETS);
      this.#descriptors.noteAwake();
      this.#woken = true;
      return 0;
    }
    return Math.max(count, 0);
  }

  /** The session of an entry that the last wait gave. */
  session(entry: number): number {
    return this.#words[entry * STRIDE_WORDS + DATA_WORD]!;
  }

  /** Whether the main thread has woken us since this was last asked. */
  takeWakeUp(): boolean {
    const woken = this.#woken;
    this.#woken = false;
    return woken;
  }

  #watch(fd: number, data: number): void {
    this.#words[EVENTS_WORD] = c.EPOLLIN;
    this.#words[DATA_WORD] = data;
    this.#words[DATA_WORD + 1] = 0;
    succeed(
      this.#libc,
      'epoll_ctl',
      this.#libc.epoll_ctl(this.#epoll, c.EPOLL_CTL_ADD, fd, this.#memory.address),
    );
  }
}

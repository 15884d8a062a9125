/** The kernel's clocks by system call: instants to the nanosecond, and exact sleep. */
import { NANOS_PER_SECOND } from '../clock.ts';
import type { Stamp } from '../twamp/packets.ts';
import { c, timespec } from '../native/layouts.ts';
import type { Libc, Memory } from '../native/libc.ts';

const SECONDS_WORD = timespec.seconds / 4;
const NANOS_WORD = timespec.nanos / 4;

/** Mono instants are those of the thread whose `monoOriginNanos` it is given. */
export class KernelClock {
  readonly #libc: Libc;
  readonly #memory: Memory;
  /** A struct timespec; of its seconds the low half, which lasts until 2106. */
  readonly #words: Uint32Array;
  readonly #originSeconds: number;
  readonly #originNanos: number;

  constructor(libc: Libc, originNanos: number) {
    this.#libc = libc;
    this.#memory = libc.memory(timespec.octets);
    this.#words = new Uint32Array(this.#memory.buffer);
    this.#originSeconds = Math.floor(originNanos / NANOS_PER_SECOND);
    this.#originNanos = originNanos - this.#originSeconds * NANOS_PER_SECOND;
  }

  monoNanos(): number {
    this.#libc.clock_gettime(c.CLOCK_MONOTONIC, this.#memory.address);
    const words = this.#words;
    const seconds = words[SECONDS_WORD]! - this.#originSeconds;
    return seconds * NANOS_PER_SECOND + (words[NANOS_WORD]! - this.#originNanos);
  }

  /** Fills the wall time of `stamp` with this instant. */
  readWall(stamp: Stamp): void {
    this.#libc.clock_gettime(c.CLOCK_REALTIME, this.#memory.address);
    stamp.unixSeconds = this.#words[SECONDS_WORD]!;
    stamp.nanos = this.#words[NANOS_WORD]!;
  }

  /** Keeps this thread looking at the clock. */
  spinUntil(monoNanos: number): void {
    while (this.monoNanos() < monoNanos);
  }

  /** Blocks this thread. A signal may end it early. */
  sleepUntil(monoNanos: number): void {
    const nanos = monoNanos + this.#originNanos;
    const seconds = Math.floor(nanos / NANOS_PER_SECOND);
    this.#words[SECONDS_WORD] = seconds + this.#originSeconds;
    this.#words[NANOS_WORD] = nanos - seconds * NANOS_PER_SECOND;
    this.#libc.clock_nanosleep(c.CLOCK_MONOTONIC, c.TIMER_ABSTIME, this.#memory.address, 0);
  }
}

/** Moves the wall time of `stamp` on by less than a second. */
export function advance(stamp: Stamp, nanos: number): void {
  stamp.nanos += nanos;
  if (stamp.nanos < NANOS_PER_SECOND) return;
  stamp.nanos -= NANOS_PER_SECOND;
  stamp.unixSeconds += 1;
}

/** From one wall time to another, in nanoseconds. */
export function nanosBetween(from: Stamp, to: Stamp): number {
  return (to.unixSeconds - from.unixSeconds) * NANOS_PER_SECOND + (to.nanos - from.nanos);
}

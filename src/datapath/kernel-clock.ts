/** The kernel's clocks by system call: instants to the nanosecond, exact sleep, and what is known of their error. */
import { NANOS_PER_SECOND } from '../clock.ts';
import type { Stamp } from '../twamp/packets.ts';
import { encodeErrorEstimate } from '../twamp/timestamp.ts';
import { c, timespec, timex } from './layouts.ts';
import type { Libc, Memory } from './libc.ts';

/**
 * What is allowed for between our transmit stamp and the wire, and between the wire and the kernel's receive stamp: 99 of
 * 100 replies left within 23 µs of their stamp on a busy machine (docs/performance.md).
 */
const PATH_ERROR_NANOS = 25_000;

const NANOS_PER_MICRO = 1000;

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

/**
 * The Error Estimate of stamps on this path, as test packets carry it: the bound the kernel's clock discipline keeps
 * (adjtimex(2), fed by an NTP or PTP daemon) and the path's own. Of a clock without discipline nothing is known but
 * the path.
 */
export function kernelErrorEstimate(libc: Libc): number {
  const memory = libc.memory(timex.octets);
  const view = new DataView(memory.buffer);
  const state = libc.adjtimex(memory.address);
  const unsynchronised = (view.getInt32(timex.status, true) & c.STA_UNSYNC) !== 0;
  if (state < 0 || state === c.TIME_ERROR || unsynchronised) {
    return encodeErrorEstimate({ synchronised: false, errorNanos: PATH_ERROR_NANOS });
  }
  const micros = Math.max(view.getInt32(timex.maximumError, true), view.getInt32(timex.estimatedError, true));
  return encodeErrorEstimate({
    synchronised: true,
    errorNanos: micros * NANOS_PER_MICRO + PATH_ERROR_NANOS,
  });
}

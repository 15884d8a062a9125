/** What the kernel knows of its clock, as test packets carry it: error and timescale. RFC 4656 §4.1.2, RFC 8186. */
import { NANOS_PER_SECOND } from '../clock.ts';
import { encodeErrorEstimate } from '../twamp/timestamp.ts';
import { c, timex } from '../native/layouts.ts';
import type { Libc, Memory } from '../native/libc.ts';

/**
 * What is allowed for between our transmit stamp and the wire, and between the wire and the kernel's receive stamp: half of
 * all replies left within 1 µs of their stamp, 99 of 100 within 28 µs on a machine that others kept busy.
 */
const PATH_ERROR_NANOS = 30_000;

const NANOS_PER_MICRO = 1000;

/** The kernel's bound grows by 0.5 ms a second, until its daemon is heard of again. */
const READ_NANOS = 2 * NANOS_PER_SECOND;

/**
 * The bound that the kernel's clock discipline keeps (adjtimex(2), fed by an NTP or PTP daemon), and the path's own. Of
 * a clock without discipline nothing is known but the path.
 */
export class KernelErrorEstimate {
  readonly #libc: Libc;
  readonly #memory: Memory;
  readonly #view: DataView;
  #readMonoNanos = -Infinity;
  #estimate = 0;
  #taiSeconds = 0;

  constructor(libc: Libc) {
    this.#libc = libc;
    this.#memory = libc.memory(timex.octets);
    this.#view = new DataView(this.#memory.buffer);
  }

  /** The 16-bit field of a packet that is made now: at most a few seconds old. */
  at(nowMonoNanos: number): number {
    if (nowMonoNanos - this.#readMonoNanos >= READ_NANOS) {
      this.#readMonoNanos = nowMonoNanos;
      this.#estimate = this.#read();
    }
    return this.#estimate;
  }

  /** How far TAI, PTP's timescale, is ahead of UTC, as of the last `at`; 0 until some daemon has told the kernel. */
  get taiSeconds(): number {
    return this.#taiSeconds;
  }

  #read(): number {
    const view = this.#view;
    view.setUint32(timex.modes, 0, true);
    const state = this.#libc.adjtimex(this.#memory.address);
    this.#taiSeconds = state < 0 ? 0 : view.getInt32(timex.tai, true);
    const unsynchronised = (view.getInt32(timex.status, true) & c.STA_UNSYNC) !== 0;
    if (state < 0 || state === c.TIME_ERROR || unsynchronised) {
      return encodeErrorEstimate({ synchronised: false, errorNanos: PATH_ERROR_NANOS });
    }
    const micros = Math.max(
      view.getInt32(timex.maximumError, true),
      view.getInt32(timex.estimatedError, true),
    );
    return encodeErrorEstimate({
      synchronised: true,
      errorNanos: micros * NANOS_PER_MICRO + PATH_ERROR_NANOS,
    });
  }
}

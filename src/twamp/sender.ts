/** The Session-Sender: an allocation-free core that makes test packets and takes replies. RFC 5357 §4.1. */
import type { CounterTable } from './counters.ts';
import type { PacingHistogram } from './pacing.ts';
import { reflectorPacket, senderPacket } from './packets.ts';
import type { Arena, Stamp } from './packets.ts';
import type { SampleRing } from './samples.ts';
import { SequenceWindows } from './sequence-windows.ts';

/** What is to be sent, on an absolute schedule: a late packet makes no other one late. */
export interface SenderPlan {
  readonly count: number;
  readonly intervalNanos: number;
  readonly startMonoNanos: number;
  /** After the last packet, how long to wait for replies. */
  readonly timeoutNanos: number;
  /** The same octets in every packet; pseudo-random unless wanted otherwise (RFC 4656 §4.1.2). */
  readonly padding: Uint8Array;
  /** The 16-bit field that goes into the packets, until it is changed. */
  readonly errorEstimate: number;
}

/** The two orders that a sender watches, as sessions of its SequenceWindows. */
const BY_REFLECTOR = 0;
const BY_SENDER = 1;

/** One run of one session: `session` is its number in `counters`, `ring` takes its samples, `pacing` its lateness. */
export class SenderCore {
  readonly #plan: SenderPlan;
  /** The 16-bit field that goes into every packet from now on. */
  errorEstimate: number;
  readonly #counters: CounterTable;
  readonly #session: number;
  readonly #ring: SampleRing;
  readonly #pacing: PacingHistogram;
  readonly #arrivals = new SequenceWindows(2);
  /** The Sequence Number of the next packet: those below it have been made. */
  #next = 0;
  /** Made packets for which no reply is awaited any more: answered, or failed to leave. */
  #settled = 0;
  #lastMonoNanos = 0;

  constructor(
    plan: SenderPlan,
    counters: CounterTable,
    session: number,
    ring: SampleRing,
    pacing: PacingHistogram,
  ) {
    this.#plan = plan;
    this.errorEstimate = plan.errorEstimate;
    this.#counters = counters;
    this.#session = session;
    this.#ring = ring;
    this.#pacing = pacing;
  }

  /** When to call again: the next packet's instant, then the end of the wait for replies. */
  get deadlineMonoNanos(): number {
    const { startMonoNanos, intervalNanos, timeoutNanos } = this.#plan;
    if (!this.allMade) return startMonoNanos + this.#next * intervalNanos;
    return this.#lastMonoNanos + timeoutNanos;
  }

  /** Every packet has been made; the rest of the run is waiting. */
  get allMade(): boolean {
    return this.#next >= this.#plan.count;
  }

  /** Every packet has been made, and each is answered, failed or timed out. */
  ended(nowMonoNanos: number): boolean {
    return this.allMade && (this.#settled >= this.#next || nowMonoNanos >= this.deadlineMonoNanos);
  }

  /** Makes the next packet at `offset` and returns its length. T1 is left to `stampRequest`. */
  makeInto({ view, bytes }: Arena, offset: number, nowMonoNanos: number): number {
    const { padding, intervalNanos } = this.#plan;
    this.#pacing.note(nowMonoNanos - this.deadlineMonoNanos, intervalNanos);
    view.setUint32(offset + senderPacket.sequence, this.#next);
    view.setUint16(offset + senderPacket.errorEstimate, this.errorEstimate);
    bytes.set(padding, offset + senderPacket.padding);
    this.#next += 1;
    this.#lastMonoNanos = nowMonoNanos;
    return senderPacket.padding + padding.length;
  }

  /**
   * A packet that was made could not be sent: no reply to it is awaited, and its number is not used again.
   */
  giveUpOne(): void {
    this.#settled += 1;
  }

  /**
   * Takes the `length` octets at `offset` as a reply; `stamp` is T4, `ttl` that of the reply or TTL_UNKNOWN.
   * Shorter than a reply, or an answer to what was never sent: counted as malformed.
   */
  take(arena: Arena, offset: number, length: number, stamp: Stamp, ttl: number): void {
    const { view } = arena;
    const sound =
      length >= reflectorPacket.padding &&
      view.getUint32(offset + reflectorPacket.senderSequence) < this.#next;
    if (!sound) {
      this.#counters.noteDropped(this.#session, 'malformed');
      return;
    }
    const sequence = view.getUint32(offset + reflectorPacket.sequence);
    const arrival = this.#arrivals.note(BY_REFLECTOR, sequence);
    this.#counters.noteReceived(this.#session, sequence, arrival, stamp.monoNanos);
    const senderSequence = view.getUint32(offset + reflectorPacket.senderSequence);
    if (this.#arrivals.note(BY_SENDER, senderSequence) !== 'duplicate') this.#settled += 1;
    this.#ring.push(arena, offset, stamp, ttl);
  }
}

/** The Session-Sender: an allocation-free core that makes test packets and takes replies. RFC 5357 §4.1. */
import type { CounterTable, DropReason } from './counters.ts';
import type { PacingHistogram } from './pacing.ts';
import { ABSENT, SEQUENCE, formOf, tellsFormat, timestampFormatOf } from './packet-forms.ts';
import type { PacketForm, PacketMode } from './packet-forms.ts';
import { sealOf } from './packet-seal.ts';
import type { Seal } from './packet-seal.ts';
import { TRAFFIC_CLASS_UNKNOWN, writeStamp, zeroMbz } from './packets.ts';
import type { Arena, Stamp } from './packets.ts';
import type { SampleRing, TimestampReading } from './samples.ts';
import { Schedule, type Spacing } from './schedule.ts';
import { SequenceWindows } from './sequence-windows.ts';
import { SenderTlvs } from './stamp-extensions.ts';
import { estimateIn, formatOfEstimate, isCorruptEstimate, taiSecondsOf } from './timestamp.ts';

/** What is to be sent, on an absolute schedule: a late packet makes no other one late. */
export interface SenderPlan extends PacketMode, Spacing {
  readonly count: number;
  readonly startMonoNanos: number;
  /** After the last packet, how long to wait for replies. */
  readonly timeoutNanos: number;
  /** The same octets in every packet: `createPadding`; in STAMP TLVs, `createTlvs`. */
  readonly padding: Uint8Array;
  /** The 16-bit field that goes into the packets, until it is changed. */
  readonly errorEstimate: number;
  /** How far PTP's timescale is ahead of UTC, for all packets of the run; undefined: 0. */
  readonly taiSeconds?: number | undefined;
  /** Where what replies' TLVs tell is left: that of a NewestTlvs. */
  readonly newestTlvs?: SharedArrayBuffer | undefined;
}

/**
 * The latest packets whose instants a sender remembers: more than two seconds at 50,000 packets a second. A reply to an
 * earlier one is late. A power of two.
 */
export const REMEMBERED_PACKETS = 2 ** 17;

/** The two orders that a sender watches, as sessions of its SequenceWindows. */
const BY_REFLECTOR = 0;
const BY_SENDER = 1;

/** One run of one session: `session` is its number in `counters`, `ring` takes its samples, `pacing` its lateness. */
export class SenderCore {
  readonly #plan: SenderPlan;
  /** The 16-bit field that goes into every packet from now on. */
  errorEstimate: number;
  readonly #counters: CounterTable;
  /** Its number in the counters. */
  readonly session: number;
  readonly #ring: SampleRing;
  readonly #pacing: PacingHistogram;
  readonly #form: PacketForm;
  readonly #reading: TimestampReading;
  readonly #seal: Seal | undefined;
  /** What STAMP packets ask beside; undefined: nothing. */
  readonly tlvs: SenderTlvs | undefined;
  readonly #arrivals = new SequenceWindows(2);
  readonly #schedule: Schedule;
  /** A ring by Sequence Number: when each packet was made. */
  readonly #madeMonoNanos: Float64Array;
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
    this.session = session;
    this.#ring = ring;
    this.#pacing = pacing;
    this.#schedule = new Schedule(plan, plan.startMonoNanos);
    this.#madeMonoNanos = new Float64Array(Math.min(plan.count, REMEMBERED_PACKETS));
    this.#form = formOf(plan);
    this.#reading = {
      senderFormat: timestampFormatOf(plan),
      taiSeconds: plan.taiSeconds ?? 0,
      reflectorTellsFormat: tellsFormat(plan),
    };
    this.#seal = sealOf(plan);
    const { stamp, padding } = plan;
    this.tlvs = stamp && padding.length > 0 ? new SenderTlvs(stamp, padding, plan.newestTlvs) : undefined;
  }

  /** Whether packets are sealed, which takes its time. */
  get seals(): boolean {
    return this.#seal !== undefined;
  }

  /** When to call again: the next packet's instant, then the end of the wait for replies. */
  get deadlineMonoNanos(): number {
    if (!this.allMade) return this.#schedule.dueMonoNanos;
    return this.#lastMonoNanos + this.#plan.timeoutNanos;
  }

  /** Every packet has been made; the rest of the run is waiting. */
  get allMade(): boolean {
    return this.#next >= this.#plan.count;
  }

  /** Every packet has been made, and each is answered, failed or timed out. */
  ended(nowMonoNanos: number): boolean {
    return this.allMade && (this.#settled >= this.#next || nowMonoNanos >= this.deadlineMonoNanos);
  }

  /** Makes the next packet at `offset` and returns its length. The rest is left to `complete`. */
  makeInto({ view, bytes }: Arena, offset: number, nowMonoNanos: number): number {
    const { padding, stamp } = this.#plan;
    const { sender } = this.#form;
    const { dueMonoNanos } = this.#schedule;
    this.#schedule.advance();
    this.#pacing.note(nowMonoNanos - dueMonoNanos, this.#schedule.dueMonoNanos - dueMonoNanos);
    zeroMbz(view, offset, sender);
    view.setUint32(offset + SEQUENCE, this.#next);
    view.setUint16(offset + sender.errorEstimate, estimateIn(this.#reading.senderFormat, this.errorEstimate));
    if (sender.ssid !== ABSENT) view.setUint16(offset + sender.ssid, stamp?.ssid ?? 0);
    bytes.set(padding, offset + sender.padding);
    this.tlvs?.fill(view, offset + sender.padding, this.#next, this.#next + 1);
    this.#madeMonoNanos[this.#next % this.#madeMonoNanos.length] = nowMonoNanos;
    this.#next += 1;
    this.#lastMonoNanos = nowMonoNanos;
    return sender.padding + padding.length;
  }

  /**
   * The last thing done before the packet at `offset` is sent: T1 is `stamp`, and the seal covers it. Returns its
   * Sequence Number, which cannot be read any more.
   */
  complete({ view }: Arena, offset: number, stamp: Stamp): number {
    const { sender } = this.#form;
    const sequence = view.getUint32(offset + SEQUENCE);
    const { senderFormat, taiSeconds } = this.#reading;
    writeStamp(view, offset + sender.timestamp, stamp, senderFormat, taiSeconds);
    this.#seal?.close(view, offset, sender);
    return sequence;
  }

  /**
   * A packet that was made could not be sent: no reply to it is awaited, and its number is not used again.
   */
  giveUpOne(): void {
    this.#settled += 1;
  }

  /**
   * Takes the `length` octets at `offset` as a reply; `stamp` is T4, `ttl` that of the reply or TTL_UNKNOWN, `trafficClass`
   * its DSCP and ECN or TRAFFIC_CLASS_UNKNOWN.
   * Counted as malformed: shorter than a reply, an answer to what was never sent, or corrupt by its own word. Later than
   * the timeout: no sample.
   */
  take(
    arena: Arena,
    offset: number,
    length: number,
    stamp: Stamp,
    ttl: number,
    trafficClass = TRAFFIC_CLASS_UNKNOWN,
  ): void {
    const { view } = arena;
    const { reflector } = this.#form;
    if (!this.#admits(view, offset, length)) return;
    const sequence = view.getUint32(offset + SEQUENCE);
    const arrival = this.#arrivals.note(BY_REFLECTOR, sequence);
    this.#counters.noteReceived(this.session, sequence, arrival, stamp.monoNanos);
    const senderSequence = view.getUint32(offset + reflector.senderSequence);
    if (this.#arrivals.note(BY_SENDER, senderSequence) !== 'duplicate') this.#settled += 1;
    if (!this.#inTime(senderSequence, stamp.monoNanos)) return;
    const seen = this.#trafficClassThere(arena, offset, length, sequence, stamp);
    this.#ring.push(view, offset, reflector, stamp, ttl, this.#reading, seen, trafficClass);
  }

  /** The lowest Sequence Number to which a reply would be in time now: what became of these, a run that is cut leaves open. */
  awaitedFrom(nowMonoNanos: number): number {
    let from = this.#next;
    while (from > 0 && this.#inTime(from - 1, nowMonoNanos)) from -= 1;
    return from;
  }

  /** With which DSCP and ECN the packet had arrived, as RFC 7750 or a TLV of RFC 8972 tells. Takes the TLVs. */
  #trafficClassThere(arena: Arena, offset: number, length: number, sequence: number, stamp: Stamp): number {
    const { view } = arena;
    const { padding, errorEstimate, receiveTimestamp, senderTrafficClass } = this.#form.reflector;
    if (senderTrafficClass !== ABSENT) return view.getUint8(offset + senderTrafficClass);
    if (this.tlvs === undefined) return TRAFFIC_CLASS_UNKNOWN;
    const format = formatOfEstimate(view.getUint16(offset + errorEstimate));
    const taiSeconds = taiSecondsOf(view, offset + receiveTimestamp, stamp.unixSeconds);
    return this.tlvs.take(arena, offset + padding, offset + length, sequence, format, taiSeconds);
  }

  /** By the monotonic clock: T1 and T4 are wall time, which may step in between. */
  #inTime(senderSequence: number, nowMonoNanos: number): boolean {
    const made = this.#madeMonoNanos;
    if (this.#next - senderSequence > made.length) return false;
    return nowMonoNanos - made[senderSequence % made.length]! <= this.#plan.timeoutNanos;
  }

  /** Opens the reply's seal, if it has one. Counts what is not to be taken. */
  #admits(view: DataView, offset: number, length: number): boolean {
    const { reflector } = this.#form;
    let reason: DropReason;
    if (length < reflector.padding) reason = 'malformed';
    else if (this.#seal && !this.#seal.open(view, offset, reflector)) reason = 'bad-hmac';
    else if (view.getUint32(offset + reflector.senderSequence) >= this.#next) reason = 'malformed';
    else if (isCorruptEstimate(view.getUint16(offset + reflector.errorEstimate))) reason = 'malformed';
    else return true;
    this.#counters.noteDropped(this.session, reason);
    return false;
  }
}

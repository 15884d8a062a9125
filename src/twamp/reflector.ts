/** The Session-Reflector: an allocation-free core that turns test packets into replies. RFC 5357 §4.2. */
import type { CounterTable, DropReason } from './counters.ts';
import { ABSENT, SEQUENCE, formOf, timestampFormatOf } from './packet-forms.ts';
import type { PacketForm, PacketMode, StampMode } from './packet-forms.ts';
import { sealOf } from './packet-seal.ts';
import type { Seal } from './packet-seal.ts';
import {
  PADDING_OCTETS_MAX,
  TRAFFIC_CLASS_UNKNOWN,
  TTL_INITIAL,
  TTL_UNKNOWN,
  stampReply,
  writeStamp,
  zeroMbz,
} from './packets.ts';
import type { Arena, Stamp } from './packets.ts';
import { RateLimit } from './rate-limit.ts';
import { SequenceWindows } from './sequence-windows.ts';
import { ReplyStates } from './reply-states.ts';
import { ReflectorTlvs } from './stamp-extensions.ts';
import { NO_DSCP, createFacts } from './stamp-tlv-types.ts';
import type { PacketPath } from './stamp-tlv-types.ts';
import { estimateIn, isCorruptEstimate } from './timestamp.ts';
import type { TimestampFormat } from './timestamp.ts';

/** What decides how a session is reflected. */
export interface ReflectorMode extends PacketMode {
  /** Octets of UDP data that are answered in a second; undefined: without a limit. */
  readonly octetsPerSecondMax?: number | undefined;
}

/** `reflectInto`'s answer for a packet that gets no reply. */
export const NO_REPLY = 0;

/** The state of `sessions` sessions, numbered from 0, as arrays: a packet touches no object of its own. */
export class ReflectorCore {
  readonly firstSender: number;
  readonly #counters: CounterTable;
  /** The 16-bit field that goes into every reply from now on. */
  errorEstimate: number;
  /** How far PTP's timescale is ahead of UTC from now on; not to change between a reply's T2 and its T3. */
  taiSeconds = 0;
  readonly #active: Uint8Array;
  /** A row for each session, and behind them those for the Session-Senders of sessions that have more than one. */
  readonly #states: ReplyStates;
  /** 1: replies have the numbers of what they answer (RFC 8762 §4). */
  readonly #stateless: Uint8Array;
  /** Octets of padding that every reply has, if what it answers does. */
  readonly #paddingToReflect: Uint16Array;
  readonly #arrivals: SequenceWindows;
  readonly #forms: PacketForm[];
  readonly #formats: TimestampFormat[];
  /** Of the sessions that have keys. */
  readonly #seals: (Seal | undefined)[];
  /** Of the sessions whose octets are limited. RFC 4656 §6.5. */
  readonly #limits: (RateLimit | undefined)[];
  /** Of the sessions of STAMP. */
  readonly #tlvs: (ReflectorTlvs | undefined)[];
  readonly #facts = createFacts();

  /** `senders`: Session-Senders of sessions that have more than one, numbered from `firstSender` on. */
  constructor(sessions: number, counters: CounterTable, errorEstimate: number, senders = 0) {
    this.firstSender = sessions;
    this.#counters = counters;
    this.errorEstimate = errorEstimate;
    this.#active = new Uint8Array(sessions);
    this.#states = new ReplyStates(sessions + senders);
    this.#stateless = new Uint8Array(sessions);
    this.#paddingToReflect = new Uint16Array(sessions);
    this.#arrivals = new SequenceWindows(sessions);
    this.#forms = new Array<PacketForm>(sessions).fill(formOf({}));
    this.#formats = new Array<TimestampFormat>(sessions).fill('ntp');
    this.#seals = new Array<Seal | undefined>(sessions).fill(undefined);
    this.#limits = new Array<RateLimit | undefined>(sessions).fill(undefined);
    this.#tlvs = new Array<ReflectorTlvs | undefined>(sessions).fill(undefined);
  }

  /** Makes the session new; it counts what arrives and reflects nothing before start(). */
  open(session: number, packets: ReflectorMode = {}): void {
    this.#forms[session] = formOf(packets);
    this.#formats[session] = timestampFormatOf(packets);
    this.#seals[session] = sealOf(packets);
    const { octetsPerSecondMax: most } = packets;
    this.#limits[session] = most === undefined ? undefined : new RateLimit(1, most);
    this.#tlvs[session] = packets.stamp && new ReflectorTlvs(packets.stamp);
    this.#active[session] = 0;
    this.#states.reset(session);
    this.#stateless[session] = packets.stamp?.reflector === 'stateless' ? 1 : 0;
    this.#paddingToReflect[session] = Math.min(packets.paddingToReflect ?? 0, PADDING_OCTETS_MAX);
    this.#arrivals.reset(session);
    this.#counters.reset(session);
  }

  /** Reflects from now on, until the session is opened anew. */
  start(session: number): void {
    this.#active[session] = 1;
  }

  /** A session of STAMP goes by this from now on; its key and the numbers of its replies stay as they were opened. */
  use(session: number, stamp: StampMode): void {
    this.#formats[session] = timestampFormatOf({ stamp });
    this.#tlvs[session] = new ReflectorTlvs(stamp);
  }

  /** Nothing has come from this Session-Sender yet. */
  forget(sender: number): void {
    this.#states.reset(sender);
  }

  /** For who calls `reflectInto` to fill in: where the next packet came from and to, for its Location TLV. */
  get path(): PacketPath {
    return this.#facts.path;
  }

  /** What the Class of Service TLV of the last reply that was made wants for its DSCP, or NO_DSCP. */
  get replyDscp(): number {
    return this.#facts.replyDscp;
  }

  /** Whether the session's packets are sealed, which takes its time. */
  seals(session: number): boolean {
    return this.#seals[session] !== undefined;
  }

  /**
   * Reflects the packet of `rxLength` octets at `rxOffset` into a reply at `txOffset` and returns its length,
   * or NO_REPLY. The two may be the same place, with room for max(113 + PADDING_OCTETS_MAX, rxLength) octets. `stamp` is T2; the rest is
   * left to `complete`. `ttl` is that of the received packet, or TTL_UNKNOWN; `trafficClass` its DSCP and ECN, or
   * TRAFFIC_CLASS_UNKNOWN. What gets no reply may be overwritten.
   *
   * A reply is as long as what it answers, but at least 41 octets (44 in STAMP, 112 in keyed modes) and the padding to
   * reflect (RFC 6038 §4.2); of the sender's padding the highest-numbered octets go (RFC 5357 §4.2.1). TLVs of STAMP
   * are answered (RFC 8972 §4).
   */
  reflectInto(
    arena: Arena,
    session: number,
    rxOffset: number,
    rxLength: number,
    stamp: Stamp,
    ttl: number,
    trafficClass: number,
    txOffset: number,
  ): number {
    if (!this.admits(arena, session, rxOffset, rxLength, stamp.monoNanos)) return NO_REPLY;
    return this.reflectAdmitted(
      arena,
      session,
      session,
      rxOffset,
      rxLength,
      stamp,
      ttl,
      trafficClass,
      txOffset,
    );
  }

  /** The same of a packet that `admits` has let in; `from` is the session, or its sender among several. */
  reflectAdmitted(
    arena: Arena,
    session: number,
    from: number,
    rxOffset: number,
    rxLength: number,
    stamp: Stamp,
    ttl: number,
    trafficClass: number,
    txOffset: number,
  ): number {
    const { view, bytes } = arena;
    const { sender, reflector } = this.#forms[session]!;
    const format = this.#formats[session]!;
    const states = this.#states;
    const senderSequence = view.getUint32(rxOffset + SEQUENCE);
    const senderSeconds = view.getUint32(rxOffset + sender.timestamp);
    const senderFraction = view.getUint32(rxOffset + sender.timestamp + 4);
    const senderErrorEstimate = view.getUint16(rxOffset + sender.errorEstimate);
    const arrival = this.#arrivals.note(session, senderSequence);
    this.#counters.noteReceived(session, senderSequence, arrival, stamp.monoNanos);
    states.received[from]! += 1;

    const toReflect = Math.min(this.#paddingToReflect[session]!, rxLength - sender.padding);
    const txLength = Math.max(rxLength, reflector.padding + toReflect);
    const rxPadding = rxOffset + sender.padding;
    bytes.copyWithin(txOffset + reflector.padding, rxPadding, rxPadding + txLength - reflector.padding);

    const ssid = sender.ssid === ABSENT ? 0 : view.getUint16(rxOffset + sender.ssid);
    const sequence = this.#stateless[session] === 1 ? senderSequence : states.made[from]!;
    states.made[from]! += 1;
    zeroMbz(view, txOffset, reflector);
    if (reflector.ssid !== ABSENT) view.setUint16(txOffset + reflector.ssid, ssid);
    view.setUint32(txOffset + SEQUENCE, sequence);
    view.setUint16(txOffset + reflector.errorEstimate, estimateIn(format, this.errorEstimate));
    writeStamp(view, txOffset + reflector.receiveTimestamp, stamp, format, this.taiSeconds);
    view.setUint32(txOffset + reflector.senderSequence, senderSequence);
    view.setUint32(txOffset + reflector.senderTimestamp, senderSeconds);
    view.setUint32(txOffset + reflector.senderTimestamp + 4, senderFraction);
    view.setUint16(txOffset + reflector.senderErrorEstimate, senderErrorEstimate);
    view.setUint8(txOffset + reflector.senderTtl, ttl === TTL_UNKNOWN ? TTL_INITIAL : ttl);
    if (reflector.senderTrafficClass !== ABSENT) {
      const seen = trafficClass === TRAFFIC_CLASS_UNKNOWN ? 0 : trafficClass;
      view.setUint8(txOffset + reflector.senderTrafficClass, seen);
    }
    this.#facts.replyDscp = NO_DSCP;
    const tlvs = this.#tlvs[session];
    if (tlvs && rxLength > sender.padding) {
      const facts = this.#facts;
      facts.errorEstimate = this.errorEstimate;
      facts.trafficClass = trafficClass;
      facts.received = states.received[from]!;
      facts.transmitted = states.made[from]!;
      facts.lastSequence = states.lastSequence[from]!;
      facts.lastSeconds = states.lastSeconds[from]!;
      facts.lastFraction = states.lastFraction[from]!;
      const first = txOffset + reflector.padding;
      tlvs.answer(view, first, txOffset + txLength, senderSequence, sequence, facts);
    }
    return txLength;
  }

  /**
   * The last thing done before the reply at `offset` is sent: T3 is `stamp`, and the seal covers it. Returns its
   * Sequence Number, which cannot be read any more. `to` is the session, or its sender among several.
   */
  complete({ view }: Arena, session: number, offset: number, stamp: Stamp, to = session): number {
    const { reflector } = this.#forms[session]!;
    const sequence = view.getUint32(offset + SEQUENCE);
    stampReply(view, offset, reflector, stamp, this.#formats[session], this.taiSeconds);
    if (this.#tlvs[session]) this.#states.noteReply(to, view, sequence, offset + reflector.timestamp);
    this.#seals[session]?.close(view, offset, reflector);
    return sequence;
  }

  /** Opens the packet's seal, if it has one. Counts what is not to be answered. */
  admits({ view }: Arena, session: number, offset: number, length: number, nowNanos: number): boolean {
    const { sender } = this.#forms[session]!;
    const seal = this.#seals[session];
    const limit = this.#limits[session];
    let reason: DropReason;
    if (this.#active[session] === 0) reason = 'not-active';
    else if (length < sender.padding) reason = 'malformed';
    else if (limit !== undefined && !limit.take(0, nowNanos, length)) reason = 'over-limit';
    else if (seal !== undefined && !seal.open(view, offset, sender)) reason = 'bad-hmac';
    else if (isCorruptEstimate(view.getUint16(offset + sender.errorEstimate))) reason = 'malformed';
    else return true;
    this.#counters.noteDropped(session, reason);
    return false;
  }
}

/** The Session-Reflector of TWAMP Light and STAMP: one socket, no control connection, whoever the rules allow. */
import type { CounterTable, DropReason } from './counters.ts';
import { LightAdmission } from './light-rules.ts';
import type { LightRules } from './light-rules.ts';
import { formOf } from './packet-forms.ts';
import type { PacketForm, StampMode } from './packet-forms.ts';
import type { Arena, Stamp } from './packets.ts';
import { NO_ROW, PEER_KEY_WORDS, PeerTable } from './peer-table.ts';
import { RateLimit } from './rate-limit.ts';
import { NO_REPLY } from './reflector.ts';
import type { ReflectorCore } from './reflector.ts';
import type { PacketEnd } from './stamp-tlv-types.ts';
import { formatOfEstimate, ntpSeconds, taiSecondsOf } from './timestamp.ts';

/** Answered of one address, and of all together. */
export const SOURCE_PACKETS_PER_SECOND_MAX = 10_000;
export const ALL_PACKETS_PER_SECOND_MAX = 100_000;

/** Addresses that are remembered at once; a bucket is full again before its address is forgotten. */
export const SOURCES_MAX = 4096;
const SOURCE_IDLE_NANOS = 1e9;

/** Session-Senders that a stateful reflector knows at once, and how long it knows a silent one: RFC 5357's REFWAIT. */
export const SENDERS_MAX = 4096;
export const SENDER_IDLE_NANOS = 900e9;

/** The shortest test packet: that of TWAMP Light without padding. RFC 5357 §4.1.2. */
const TWAMP_LIGHT_OCTETS = 14;

/** A Sender Timestamp this close to now is one of ours that has come back. */
const LOOP_SECONDS = 2;

/** The one bucket of all. */
const ALL = 0;

interface Session {
  readonly stamp: StampMode;
  readonly form: PacketForm;
  admission: LightAdmission;
}

/** Sessions of `core` that have no one Session-Sender. The limits on rates are on all of them together. */
export class LightReflectorCore {
  readonly #core: ReflectorCore;
  readonly #counters: CounterTable;
  /** By number in the core. */
  readonly #sessions: (Session | undefined)[] = [];
  readonly #sources: PeerTable;
  readonly #ofSource = new RateLimit(SOURCES_MAX, SOURCE_PACKETS_PER_SECOND_MAX);
  readonly #ofAll = new RateLimit(1, ALL_PACKETS_PER_SECOND_MAX);
  readonly #senders: PeerTable;
  /** By where a reply lies that has not left yet: whose it is. As many entries as there are places. */
  readonly #to = new Map<number, number>();
  readonly #key = new Uint32Array(PEER_KEY_WORDS);

  /** `core` has room for SENDERS_MAX Session-Senders; `seed`: 32 random bits. */
  constructor(core: ReflectorCore, counters: CounterTable, seed: number) {
    this.#core = core;
    this.#counters = counters;
    this.#sources = new PeerTable(SOURCES_MAX, SOURCE_IDLE_NANOS, seed);
    this.#senders = new PeerTable(SENDERS_MAX, SENDER_IDLE_NANOS, seed);
  }

  /** The session reflects from now on. */
  open(session: number, stamp: StampMode, rules: LightRules): void {
    this.#core.open(session, { stamp });
    this.#core.start(session);
    this.#sessions[session] = {
      stamp,
      form: formOf({ stamp }),
      admission: new LightAdmission(rules),
    };
  }

  /** Goes by these from now on; another mode or key makes the session new. */
  use(session: number, stamp: StampMode, rules: LightRules): void {
    const state = this.#sessions[session]!;
    if (!sameMode(state.stamp, stamp)) {
      this.open(session, stamp, rules);
      return;
    }
    state.admission = new LightAdmission(rules);
    this.#core.use(session, stamp);
  }

  /** As that of ReflectorCore, for a packet from `source`. */
  reflectInto(
    arena: Arena,
    session: number,
    source: PacketEnd,
    rxOffset: number,
    rxLength: number,
    stamp: Stamp,
    ttl: number,
    trafficClass: number,
    txOffset: number,
  ): number {
    const state = this.#sessions[session]!;
    const reason = this.#refusal(arena, state, source, rxOffset, rxLength, stamp);
    if (reason !== undefined) return this.#drop(session, reason);
    const length = this.#asStamp(arena, state, rxOffset, rxLength);
    if (!this.#core.admits(arena, session, rxOffset, length, stamp.monoNanos)) return NO_REPLY;
    const from = this.#senderOf(arena, session, state, source, rxOffset, stamp);
    if (from === NO_ROW) return this.#drop(session, 'over-limit');
    this.#to.set(txOffset, from);
    return this.#core.reflectAdmitted(
      arena,
      session,
      from,
      rxOffset,
      length,
      stamp,
      ttl,
      trafficClass,
      txOffset,
    );
  }

  /** As that of ReflectorCore. */
  complete(arena: Arena, session: number, offset: number, stamp: Stamp): number {
    return this.#core.complete(arena, session, offset, stamp, this.#to.get(offset));
  }

  /** The session itself where no senders are told apart; NO_ROW: it would be one too many. */
  #senderOf(
    { view }: Arena,
    session: number,
    state: Session,
    source: PacketEnd,
    offset: number,
    stamp: Stamp,
  ): number {
    if (state.stamp.reflector === 'stateless') return session;
    const ssid = view.getUint16(offset + state.form.sender.ssid);
    const row = this.#senders.rowOf(this.#senderKey(session, source, ssid), stamp.monoNanos);
    if (row === NO_ROW) return NO_ROW;
    const sender = this.#core.firstSender + row;
    if (this.#senders.isNew) this.#core.forget(sender);
    return sender;
  }

  /** Who may not be answered takes nothing from those who may: rates come last. */
  #refusal(
    arena: Arena,
    { form, admission }: Session,
    source: PacketEnd,
    offset: number,
    length: number,
    stamp: Stamp,
  ): DropReason | undefined {
    if (!admission.allows(source)) return 'wrong-source';
    if (admission.isReflector(source) || isOwnReply(arena, form, offset, length, stamp)) return 'loop';
    const nowNanos = stamp.monoNanos;
    const bucket = this.#sources.rowOf(this.#sourceKey(source), nowNanos);
    if (bucket === NO_ROW) return 'over-limit';
    return this.#ofSource.take(bucket, nowNanos) && this.#ofAll.take(ALL, nowNanos)
      ? undefined
      : 'over-limit';
  }

  /**
   * A packet of TWAMP Light is one of STAMP that lacks its zeros (RFC 8762 §4.6): they are written behind it. Returns
   * its length then.
   */
  #asStamp({ bytes }: Arena, { form, stamp }: Session, offset: number, length: number): number {
    const { padding } = form.sender;
    if (stamp.hmacKey || length < TWAMP_LIGHT_OCTETS || length >= padding) return length;
    bytes.fill(0, offset + length, offset + padding);
    return padding;
  }

  #sourceKey({ version, address }: PacketEnd): Uint32Array {
    this.#key[0] = version;
    this.#key.set(address, 1);
    this.#key[5] = 0;
    return this.#key;
  }

  #senderKey(session: number, { version, address, port }: PacketEnd, ssid: number): Uint32Array {
    this.#key[0] = session * 16 + version;
    this.#key.set(address, 1);
    this.#key[5] = port * 65_536 + ssid;
    return this.#key;
  }

  #drop(session: number, reason: DropReason): number {
    this.#counters.noteDropped(session, reason);
    return NO_REPLY;
  }
}

function sameMode(one: StampMode, other: StampMode): boolean {
  const keys = [one, other].map(({ hmacKey }) => hmacKey?.join());
  return one.reflector === other.reflector && keys[0] === keys[1];
}

/**
 * Whether the packet is another reflector's answer to one of ours: where it copied the timestamp of what it answers,
 * senders have zeros, or padding.
 */
function isOwnReply(
  { view }: Arena,
  { reflector }: PacketForm,
  offset: number,
  length: number,
  stamp: Stamp,
): boolean {
  if (length < reflector.senderTtl) return false;
  const sent = offset + reflector.senderTimestamp;
  const { unixSeconds } = stamp;
  const format = formatOfEstimate(view.getUint16(offset + reflector.senderErrorEstimate));
  const now =
    format === 'ntp' ? ntpSeconds(unixSeconds) : unixSeconds + taiSecondsOf(view, sent, unixSeconds);
  return Math.abs((now - view.getUint32(sent)) | 0) <= LOOP_SECONDS;
}

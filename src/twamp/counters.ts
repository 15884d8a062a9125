/** Counters of test sessions in shared memory: one thread writes a session's, any thread reads them. */

/** Why a packet was not reflected, not taken as a reply, or not sent. */
export const dropReasons = [
  'wrong-source',
  'malformed',
  'bad-hmac',
  'not-active',
  'receive-failed',
  'send-failed',
  /** Of a reflector, or what comes back of our own: an answer would be answered. */
  'loop',
  /** One of the limits on reflectors that serve whoever comes. */
  'over-limit',
] as const;
export type DropReason = (typeof dropReasons)[number];

const NONE_DROPPED = Object.fromEntries(dropReasons.map((reason) => [reason, 0])) as Record<
  DropReason,
  number
>;

/** A reading of one session's counters, in packets. */
export interface TestCounters {
  /** Well-formed packets of the other end. */
  readonly received: number;
  readonly sent: number;
  readonly dropped: Readonly<Record<DropReason, number>>;
  /** Lost to a full receive buffer before we saw them. Only kernel sockets can tell: others have 0. */
  readonly kernelDrops: number;
  /** Of the received: packets whose Sequence Number was seen before. */
  readonly duplicates: number;
  /** Of the received: packets that came after a later one (RFC 4737 §3.3). */
  readonly reordered: number;
  /** Sequence Number of the packet that was received last; undefined before the first. */
  readonly lastSequenceReceived: number | undefined;
  readonly lastSequenceSent: number | undefined;
}

const RECEIVED = 0;
const SENT = 1;
const DUPLICATES = 2;
const REORDERED = 3;
const LAST_SEQUENCE_RECEIVED = 4;
const LAST_SEQUENCE_SENT = 5;
const LAST_PACKET_MONO_NANOS = 6;
const DROPPED = 7;

const KERNEL_DROPS = DROPPED + dropReasons.length;

/** A session's values: two cache lines, so that the writer of one session never waits for that of another. */
const VALUES_PER_SESSION = 16;

export const NO_SEQUENCE = -1;

/** What the Sequence Number of a packet says of its order. */
export type Arrival = 'in-order' | 'reordered' | 'duplicate';

/**
 * The counters of `sessions` sessions over a SharedArrayBuffer. Values are doubles: exact to 2^53, and stored
 * whole by the 64-bit machines Node runs on, so each reads as some value it had; two of them need not be of
 * the same instant.
 */
export class CounterTable {
  readonly buffer: SharedArrayBuffer;
  readonly #values: Float64Array;

  /** Over `buffer`, which another table made, or over a new one. */
  constructor(sessions: number, buffer?: SharedArrayBuffer) {
    this.buffer =
      buffer ?? new SharedArrayBuffer(sessions * VALUES_PER_SESSION * Float64Array.BYTES_PER_ELEMENT);
    this.#values = new Float64Array(this.buffer);
  }

  /** Sets a session's counters to "nothing yet". */
  reset(session: number): void {
    const at = session * VALUES_PER_SESSION;
    this.#values.fill(0, at, at + VALUES_PER_SESSION);
    this.#values[at + LAST_SEQUENCE_RECEIVED] = NO_SEQUENCE;
    this.#values[at + LAST_SEQUENCE_SENT] = NO_SEQUENCE;
  }

  noteReceived(session: number, sequence: number, arrival: Arrival, monoNanos: number): void {
    const values = this.#values;
    const at = session * VALUES_PER_SESSION;
    values[at + RECEIVED]! += 1;
    values[at + LAST_SEQUENCE_RECEIVED] = sequence;
    values[at + LAST_PACKET_MONO_NANOS] = monoNanos;
    if (arrival === 'duplicate') values[at + DUPLICATES]! += 1;
    else if (arrival === 'reordered') values[at + REORDERED]! += 1;
  }

  /**
   * `packets` packets are about to leave, the last with that Sequence Number. Counted before they do: who has heard a
   * packet may have the counters read before the call that sent it is back.
   */
  noteSent(session: number, sequence: number, packets = 1): void {
    const at = session * VALUES_PER_SESSION;
    this.#values[at + SENT]! += packets;
    this.#values[at + LAST_SEQUENCE_SENT] = sequence;
  }

  /** `packets` of those did not leave, the last with the Sequence Number `sequence`; `lastLeft` is that of the last that did. */
  takeBackSent(session: number, packets: number, sequence: number, lastLeft: number): void {
    const values = this.#values;
    const at = session * VALUES_PER_SESSION;
    values[at + SENT]! -= packets;
    // A later one may be on its way.
    if (values[at + LAST_SEQUENCE_SENT] === sequence) values[at + LAST_SEQUENCE_SENT] = lastLeft;
  }

  noteDropped(session: number, reason: DropReason): void {
    this.#values[session * VALUES_PER_SESSION + DROPPED + dropReasons.indexOf(reason)]! += 1;
  }

  /** `packets` have been lost to a full receive buffer so far, as the kernel counts them. */
  setKernelDrops(session: number, packets: number): void {
    this.#values[session * VALUES_PER_SESSION + KERNEL_DROPS] = packets;
  }

  read(session: number): TestCounters {
    return {
      received: this.#value(session, RECEIVED),
      sent: this.#value(session, SENT),
      dropped: this.#dropped(session),
      kernelDrops: this.#value(session, KERNEL_DROPS),
      duplicates: this.#value(session, DUPLICATES),
      reordered: this.#value(session, REORDERED),
      lastSequenceReceived: this.#sequence(session, LAST_SEQUENCE_RECEIVED),
      lastSequenceSent: this.#sequence(session, LAST_SEQUENCE_SENT),
    };
  }

  /** In packets; allocates nothing. */
  received(session: number): number {
    return this.#value(session, RECEIVED);
  }

  /** NO_SEQUENCE: none was sent. */
  lastSequenceSent(session: number): number {
    return this.#value(session, LAST_SEQUENCE_SENT);
  }

  /** Mono instant of the last packet that counted as received, 0 if none. */
  lastPacketMonoNanos(session: number): number {
    return this.#value(session, LAST_PACKET_MONO_NANOS);
  }

  #dropped(session: number): Record<DropReason, number> {
    const dropped = { ...NONE_DROPPED };
    let value = DROPPED;
    for (const reason of dropReasons) dropped[reason] = this.#value(session, value++);
    return dropped;
  }

  #value(session: number, value: number): number {
    return this.#values[session * VALUES_PER_SESSION + value]!;
  }

  #sequence(session: number, value: number): number | undefined {
    const sequence = this.#value(session, value);
    return sequence === NO_SEQUENCE ? undefined : sequence;
  }
}

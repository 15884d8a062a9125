/** The Session-Reflector: an allocation-free core that turns test packets into replies. RFC 5357 §4.2. */
import type { CounterTable } from './counters.ts';
import { TTL_INITIAL, TTL_UNKNOWN, reflectorPacket, senderPacket } from './packets.ts';
import type { Arena, Stamp } from './packets.ts';
import { SequenceWindows } from './sequence-windows.ts';
import { writeNtp } from './timestamp.ts';

/** `reflectInto`'s answer for a packet that gets no reply. */
export const NO_REPLY = 0;

/** The state of `sessions` sessions, numbered from 0, as arrays: a packet touches no object of its own. */
export class ReflectorCore {
  readonly #counters: CounterTable;
  /** The 16-bit field that goes into every reply from now on. */
  errorEstimate: number;
  readonly #active: Uint8Array;
  /** A reply's own Sequence Number: from 0, independent of the packets that arrive (RFC 5357 §4.2.1). */
  readonly #nextSequence: Uint32Array;
  readonly #arrivals: SequenceWindows;

  constructor(sessions: number, counters: CounterTable, errorEstimate: number) {
    this.#counters = counters;
    this.errorEstimate = errorEstimate;
    this.#active = new Uint8Array(sessions);
    this.#nextSequence = new Uint32Array(sessions);
    this.#arrivals = new SequenceWindows(sessions);
  }

  /** Makes the session new; it counts what arrives and reflects nothing before start(). */
  open(session: number): void {
    this.#active[session] = 0;
    this.#nextSequence[session] = 0;
    this.#arrivals.reset(session);
    this.#counters.reset(session);
  }

  /** Reflects from now on, until the session is opened anew. */
  start(session: number): void {
    this.#active[session] = 1;
  }

  /**
   * Reflects the packet of `rxLength` octets at `rxOffset` into a reply at `txOffset` and returns its length,
   * or NO_REPLY. The two may be the same place, with room for max(41, rxLength) octets. `stamp` is T2; T3 is
   * left to `stampReply`. `ttl` is that of the received packet, or TTL_UNKNOWN.
   *
   * A reply is as long as what it answers, but at least 41 octets; of the sender's padding the
   * highest-numbered octets go (RFC 5357 §4.2.1).
   */
  reflectInto(
    arena: Arena,
    session: number,
    rxOffset: number,
    rxLength: number,
    stamp: Stamp,
    ttl: number,
    txOffset: number,
  ): number {
    const { view, bytes } = arena;
    if (this.#active[session] === 0) {
      this.#counters.noteDropped(session, 'not-active');
      return NO_REPLY;
    }
    if (rxLength < senderPacket.padding) {
      this.#counters.noteDropped(session, 'malformed');
      return NO_REPLY;
    }
    const senderSequence = view.getUint32(rxOffset + senderPacket.sequence);
    const senderSeconds = view.getUint32(rxOffset + senderPacket.timestamp);
    const senderFraction = view.getUint32(rxOffset + senderPacket.timestamp + 4);
    const senderErrorEstimate = view.getUint16(rxOffset + senderPacket.errorEstimate);
    const arrival = this.#arrivals.note(session, senderSequence);
    this.#counters.noteReceived(session, senderSequence, arrival, stamp.monoNanos);

    const txLength = Math.max(rxLength, reflectorPacket.padding);
    const rxPadding = rxOffset + senderPacket.padding;
    bytes.copyWithin(
      txOffset + reflectorPacket.padding,
      rxPadding,
      rxPadding + txLength - reflectorPacket.padding,
    );

    const sequence = this.#nextSequence[session]!;
    this.#nextSequence[session] = sequence + 1;
    view.setUint32(txOffset + reflectorPacket.sequence, sequence);
    view.setUint16(txOffset + reflectorPacket.errorEstimate, this.errorEstimate);
    view.setUint16(txOffset + reflectorPacket.mbz1, 0);
    writeNtp(view, txOffset + reflectorPacket.receiveTimestamp, stamp.unixSeconds, stamp.nanos);
    view.setUint32(txOffset + reflectorPacket.senderSequence, senderSequence);
    view.setUint32(txOffset + reflectorPacket.senderTimestamp, senderSeconds);
    view.setUint32(txOffset + reflectorPacket.senderTimestamp + 4, senderFraction);
    view.setUint16(txOffset + reflectorPacket.senderErrorEstimate, senderErrorEstimate);
    view.setUint16(txOffset + reflectorPacket.mbz2, 0);
    view.setUint8(txOffset + reflectorPacket.senderTtl, ttl === TTL_UNKNOWN ? TTL_INITIAL : ttl);
    return txLength;
  }
}

/** A session that is being followed through a capture. */
import { ipProtocol } from '../ip-protocols.ts';
import type { Tuple } from '../conntrack/connection.ts';
import type { ControlChannel } from './control-channel.ts';
import type { ControlProtocol } from './control-protocols.ts';
import {
  lifetimes,
  sctpLifetimes,
  tcpLifetimes,
  TCP_RETRANSMISSIONS_MAX,
  TCP_STALLED_SECONDS,
  UDP_STREAM_AFTER_SECONDS,
} from './lifetimes.ts';
import { uint16, uint32 } from './octets.ts';
import type { Packet } from './packet.ts';
import { sctpStateAfter, type SctpState } from './sctp-states.ts';
import { isTcpOver, tcpSegmentOf, tcpStateAfter, type TcpSegment, type TcpState } from './tcp-states.ts';

const TCP_OCTETS = 20;
const SCTP_OCTETS = 12;

/** What is in the header of a TCP segment; the object is written anew for each. */
export class TcpHeader {
  segment: TcpSegment | undefined;
  sequence = 0;
  acknowledged = 0;
  isAcknowledging = false;
  window = 0;
  /** Of what it carries: where that begins, and how long it is, captured or not. */
  dataAt = 0;
  dataOctets = 0;
  /** The sequence number behind it. */
  end = 0;

  /** False where not all of it was captured. */
  read({ octets, start, end, payloadOctets }: Packet): boolean {
    if (end - start < TCP_OCTETS) return false;
    const flags = octets[start + 13]!;
    const headerOctets = (octets[start + 12]! >> 4) * 4;
    this.segment = tcpSegmentOf(flags);
    this.sequence = uint32(octets, start + 4);
    this.acknowledged = uint32(octets, start + 8);
    this.isAcknowledging = (flags & 16) !== 0;
    this.window = uint16(octets, start + 14);
    this.dataAt = start + headerOctets;
    this.dataOctets = Math.max(0, payloadOctets - headerOctets);
    // SYN and FIN take a number each.
    this.end = (this.sequence + this.dataOctets + ((flags >> 1) & 1) + (flags & 1)) >>> 0;
    return true;
  }
}

/** What one direction has. */
class Side {
  frames = 0;
  octets = 0;
  /** The only place where its frames are counted; undefined until the first. */
  place: number | undefined;
  /** TCP: the highest sequence number sent, and whether it is acknowledged. */
  end: number | undefined;
  isUnacknowledged = false;
}

export class TrackedSession {
  /** In the table; -1 when it has left it. */
  entry = -1;
  readonly protocol: number;
  /** The original direction is that of packets whose key is swapped. */
  readonly isSwapped: boolean;
  /** Number of its first frame. */
  readonly frame: number;
  readonly startSeconds: number;
  readonly startNanos: number;
  lastSeconds: number;
  lastNanos: number;
  /** After the last packet. */
  lifetimeSeconds = 0;
  isReplied = false;
  isAssured = false;
  readonly original = new Side();
  readonly reply = new Side();
  control: ControlProtocol | undefined;
  channel: ControlChannel | undefined;
  master: TrackedSession | undefined;
  /** The original direction, of sessions that others may have as their master. */
  tuple: Tuple | undefined;
  /** Of the first packet: what NAT leaves as it is, and how far it had come. */
  fingerprint = 0;
  readonly hops: number;

  #tcp: TcpState | undefined;
  #sctp: SctpState | undefined;
  #retransmissions = 0;
  #lastIsReply = false;
  #lastSequence = -1;
  #lastAcknowledged = 0;
  #lastEnd = 0;
  #lastWindow = -1;

  constructor(packet: Packet, frame: number, isSwapped: boolean) {
    this.protocol = packet.protocol;
    this.isSwapped = isSwapped;
    this.frame = frame;
    this.hops = packet.hops;
    this.startSeconds = this.lastSeconds = packet.seconds;
    this.startNanos = this.lastNanos = packet.nanos;
  }

  /** Whether it was forgotten before this time. */
  isOverAt(seconds: number, nanos: number): boolean {
    const until = this.lastSeconds + this.lifetimeSeconds;
    return seconds > until || (seconds === until && nanos > this.lastNanos);
  }

  /** Whether a SYN begins another connection. */
  get isReopened(): boolean {
    return this.#tcp !== undefined && isTcpOver(this.#tcp);
  }

  /** Counts a packet, and sees how long the session lives after it. False where it was counted already, elsewhere. */
  take(packet: Packet, header: TcpHeader | undefined): boolean {
    const isReply = packet.isSwapped !== this.isSwapped;
    const side = isReply ? this.reply : this.original;
    side.place ??= packet.place;
    if (side.place !== packet.place) return false;
    side.frames += 1;
    side.octets += packet.ipOctets;
    this.lastSeconds = packet.seconds;
    this.lastNanos = packet.nanos;
    this.lifetimeSeconds = this.#lifetimeAfter(packet, header, isReply);
    if (isReply) this.isReplied = true;
    return true;
  }

  #lifetimeAfter(packet: Packet, header: TcpHeader | undefined, isReply: boolean): number {
    switch (this.protocol) {
      case ipProtocol.tcp:
        return this.#afterSegment(header, isReply);
      case ipProtocol.udp:
      case ipProtocol.udplite:
        return this.control?.lifetimeSeconds ?? this.#afterDatagram();
      case ipProtocol.icmp:
      case ipProtocol.icmp6:
        return lifetimes.icmp;
      case ipProtocol.gre:
        this.isAssured ||= isReply;
        return this.isReplied || isReply ? lifetimes.greReplied : lifetimes.gre;
      case ipProtocol.sctp:
        return this.#afterChunk(packet, isReply);
      default:
        return lifetimes.generic;
    }
  }

  #afterDatagram(): number {
    const lastsSeconds = this.lastSeconds - this.startSeconds + (this.lastNanos - this.startNanos) / 1e9;
    if (!this.isReplied || lastsSeconds <= UDP_STREAM_AFTER_SECONDS) return lifetimes.udp;
    this.isAssured = true;
    return lifetimes.udpStream;
  }

  #afterChunk({ octets, start, end }: Packet, isReply: boolean): number {
    this.#sctp = sctpStateAfter(
      this.#sctp,
      end - start > SCTP_OCTETS ? octets[start + SCTP_OCTETS] : undefined,
    );
    this.isAssured ||= this.#sctp === 'established' && isReply;
    return sctpLifetimes[this.#sctp];
  }

  /** A header that was not captured changes nothing. */
  #afterSegment(header: TcpHeader | undefined, isReply: boolean): number {
    const before = this.#tcp;
    if (header?.segment === undefined) return tcpLifetimes[(this.#tcp ??= 'established')];
    const { segment } = header;
    if (before === undefined) this.#tcp = firstTcpState(segment);
    else this.#tcp = tcpStateAfter(before, segment, isReply);
    // Refused: Linux forgets at once what had no other answer.
    if (segment === 'rst' && isReply && !this.isReplied) return 0;
    const isLasting = before === 'established' || before === 'syn-received';
    if (isLasting && this.#tcp === 'established' && (this.isReplied || isReply)) this.isAssured = true;
    this.#follow(header, isReply);
    const lifetime = tcpLifetimes[this.#tcp];
    const isStalled =
      this.#retransmissions >= TCP_RETRANSMISSIONS_MAX ||
      this.original.isUnacknowledged ||
      this.reply.isUnacknowledged ||
      this.#lastWindow === 0;
    return isStalled ? Math.min(lifetime, TCP_STALLED_SECONDS) : lifetime;
  }

  #follow(
    { segment, sequence, acknowledged, isAcknowledging, window, end }: TcpHeader,
    isReply: boolean,
  ): void {
    const [sender, receiver] = isReply ? [this.reply, this.original] : [this.original, this.reply];
    const isFirst = sender.end === undefined;
    if (isFirst || ((end - sender.end!) | 0) > 0) {
      sender.end = end;
      sender.isUnacknowledged = !isFirst;
    }
    if (isAcknowledging && acknowledged === receiver.end) receiver.isUnacknowledged = false;
    if (segment === 'ack') {
      const isSentAgain =
        this.#lastIsReply === isReply &&
        this.#lastSequence === sequence &&
        this.#lastAcknowledged === acknowledged &&
        this.#lastEnd === end &&
        this.#lastWindow === window;
      this.#retransmissions = isSentAgain ? this.#retransmissions + 1 : 0;
      this.#lastIsReply = isReply;
      this.#lastSequence = sequence;
      this.#lastAcknowledged = acknowledged;
      this.#lastEnd = end;
    }
    this.#lastWindow = window;
  }
}

/** Of a connection whose beginning is not in the capture: it is established. */
function firstTcpState(segment: TcpSegment): TcpState {
  if (segment === 'syn') return 'syn-sent';
  return segment === 'syn-ack' ? 'syn-received' : 'established';
}

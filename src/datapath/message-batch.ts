/** Datagrams that are received and sent many at a system call, where they lie: an arena and its C headers. */
import type { IpVersion } from '../twamp/address-field.ts';
import { createStamp } from '../twamp/packets.ts';
import { createEnd, type PacketEnd } from '../twamp/stamp-tlv-types.ts';
import type { Arena } from '../twamp/packets.ts';
import {
  c,
  cmsghdr,
  in6Pktinfo,
  inPktinfo,
  iovec,
  mmsghdr,
  sockaddrIn,
  sockaddrIn6,
  timespec,
} from '../native/layouts.ts';
import type { Libc, Memory } from '../native/libc.ts';
import type { KernelSocket } from './kernel-socket.ts';
import { SOCKET_ADDRESS_OCTETS, SOCKET_ADDRESS_WORDS, lengthOf } from './socket-address.ts';

/**
 * Holds the largest UDP datagram there is. The odd cache lines on top keep the heads of all slots from competing for
 * the same place in the processor's caches.
 */
const SLOT_OCTETS = 65_536 + 3 * 64;

/** Room for the control messages that our sockets ask for: 32 octets of stamp, 24 each of TTL, TOS and drops, 40 of an address. */
const CONTROL_OCTETS = 160;
const CONTROL_WORDS = CONTROL_OCTETS / 4;

/** The control message of a datagram that is to be cut (UDP_SEGMENT): its header, and 16 bits in a field of 64. */
const SEGMENTATION_OCTETS = cmsghdr.data + cmsghdr.alignment;

/** Room for the one control message that a datagram leaves with: at most an in6_pktinfo, in fields of 64 bits. */
const TX_CONTROL_OCTETS = cmsghdr.data + 24;
const TX_CONTROL_WORDS = TX_CONTROL_OCTETS / 4;

const HEADER_WORDS = mmsghdr.octets / 4;
const NAME_LENGTH_WORD = mmsghdr.nameLength / 4;
const VECTOR_COUNT_WORD = mmsghdr.iovCount / 4;
const CONTROL_LENGTH_WORD = mmsghdr.controlLength / 4;
const FLAGS_WORD = mmsghdr.flags / 4;
const LENGTH_WORD = mmsghdr.length / 4;
const IOVEC_WORDS = iovec.octets / 4;
const IOVEC_LENGTH_WORD = iovec.length / 4;

/** Level and type of a control message as one number. */
const kindOf = (level: number, type: number): number => (level << 16) | type;
const STAMP = kindOf(c.SOL_SOCKET, c.SO_TIMESTAMPNS);
const DROPS = kindOf(c.SOL_SOCKET, c.SO_RXQ_OVFL);
const TTL = kindOf(c.IPPROTO_IP, c.IP_TTL);
const TOS = kindOf(c.IPPROTO_IP, c.IP_TOS);
const PKTINFO = kindOf(c.IPPROTO_IP, c.IP_PKTINFO);
const PKTINFO_6 = kindOf(c.IPPROTO_IPV6, c.IPV6_PKTINFO);
const HOP_LIMIT = kindOf(c.IPPROTO_IPV6, c.IPV6_HOPLIMIT);
const TRAFFIC_CLASS = kindOf(c.IPPROTO_IPV6, c.IPV6_TCLASS);

/** What the kernel says of a datagram besides its octets; refilled for each. */
export interface Ancillary {
  /** When it arrived; the mono instant is left alone. */
  readonly stamp: ReturnType<typeof createStamp>;
  ttl: number;
  /** DSCP and ECN. */
  trafficClass: number;
  /** Where it came to, if the socket asks for that; the port is left alone. */
  readonly destination: PacketEnd;
  /** Datagrams this socket has lost so far because its buffer was full; 0 where it is not told. */
  drops: number;
}

export class MessageBatch {
  readonly arena: Arena;
  readonly slots: number;
  readonly #libc: Libc;
  /** Headers to receive and headers to send share names and octets: a reply goes to whom it came from. */
  readonly #rx: Memory;
  readonly #tx: Memory;
  readonly #rxWords: Int32Array;
  readonly #txWords: Int32Array;
  readonly #vectorWords: Int32Array;
  readonly #names: Memory;
  readonly #nameWords: Uint32Array;
  readonly #controlWords: Int32Array;
  readonly #txControlWords: Int32Array;

  constructor(libc: Libc, slots: number) {
    const packets = libc.memory(slots * SLOT_OCTETS);
    const control = libc.memory(slots * CONTROL_OCTETS);
    // Those to receive, then those to send. Whatever C is given must be held by this object.
    const vectors = libc.memory(2 * slots * iovec.octets);
    const txControl = libc.memory(slots * TX_CONTROL_OCTETS);
    this.slots = slots;
    this.arena = { bytes: new Uint8Array(packets.buffer), view: new DataView(packets.buffer) };
    this.#libc = libc;
    this.#names = libc.memory(slots * SOCKET_ADDRESS_OCTETS);
    this.#rx = libc.memory(slots * mmsghdr.octets);
    this.#tx = libc.memory(slots * mmsghdr.octets);
    this.#rxWords = new Int32Array(this.#rx.buffer);
    this.#txWords = new Int32Array(this.#tx.buffer);
    this.#vectorWords = new Int32Array(vectors.buffer);
    this.#nameWords = new Uint32Array(this.#names.buffer);
    this.#controlWords = new Int32Array(control.buffer);
    this.#txControlWords = new Int32Array(txControl.buffer);
    this.#layVectors(vectors, packets);
    this.#layHeaders(this.#rx, vectors.address, control.address, CONTROL_OCTETS);
    const txVectors = vectors.address + slots * iovec.octets;
    this.#layHeaders(this.#tx, txVectors, txControl.address, TX_CONTROL_OCTETS);
    for (let slot = 0; slot < slots; slot++) this.#prepare(slot);
  }

  /** Where the octets of a slot begin in the arena. */
  offset(slot: number): number {
    return slot * SLOT_OCTETS;
  }

  /** Fills slots from 0 on with what has arrived, and returns how many; negative when that failed. */
  receive({ fd }: KernelSocket): number {
    return this.#libc.recvmmsg(fd, this.#rx.address, this.slots, c.MSG_DONTWAIT, 0);
  }

  /** Octets of the datagram received into a slot. */
  received(slot: number): number {
    return this.#rxWords[slot * HEADER_WORDS + LENGTH_WORD]!;
  }

  /** Whether the datagram came from the remote of `socket`. */
  isFromRemote(slot: number, { family, remoteWords }: KernelSocket): boolean {
    const names = this.#nameWords;
    const at = slot * SOCKET_ADDRESS_WORDS;
    // Family and port.
    if (names[at] !== remoteWords[0]) return false;
    if (family === c.AF_INET) return names[at + 1] === remoteWords[1];
    // Without flow label, and without zone, which the socket's own address settles.
    return (
      names[at + 2] === remoteWords[2] &&
      names[at + 3] === remoteWords[3] &&
      names[at + 4] === remoteWords[4] &&
      names[at + 5] === remoteWords[5]
    );
  }

  /** Reads what the kernel says of the datagram, and makes the slot ready for the next one. */
  takeAncillary(slot: number, ancillary: Ancillary): void {
    const words = this.#controlWords;
    const first = slot * CONTROL_WORDS;
    const end = first + this.#rxWords[slot * HEADER_WORDS + CONTROL_LENGTH_WORD]! / 4;
    ancillary.drops = 0;
    for (let at = first; at < end;) {
      const data = at + cmsghdr.data / 4;
      switch (kindOf(words[at + cmsghdr.level / 4]!, words[at + cmsghdr.type / 4]!)) {
        case STAMP:
          ancillary.stamp.unixSeconds = words[data + timespec.seconds / 4]! >>> 0;
          ancillary.stamp.nanos = words[data + timespec.nanos / 4]!;
          break;
        case TTL:
        case HOP_LIMIT:
          ancillary.ttl = words[data]!;
          break;
        case TOS:
        case TRAFFIC_CLASS:
          // IPv4 gives one octet of it; the others are not written.
          ancillary.trafficClass = words[data]! & 0xff;
          break;
        case PKTINFO:
          this.#setLocal(slot, inPktinfo, data);
          setEnd(ancillary.destination, 4, words, data + inPktinfo.destination / 4);
          break;
        case PKTINFO_6:
          this.#setLocal(slot, in6Pktinfo, data);
          setEnd(ancillary.destination, 6, words, data + in6Pktinfo.local / 4);
          break;
        case DROPS:
          ancillary.drops = words[data]! >>> 0;
          break;
      }
      const octets = words[at + cmsghdr.length / 4]!;
      at += Math.ceil(octets / cmsghdr.alignment) * (cmsghdr.alignment / 4);
    }
    this.#prepare(slot);
  }

  /** Names the remote of `socket` as where the datagram of a slot is to go. */
  address(slot: number, { remoteWords }: KernelSocket): void {
    this.#nameWords.set(remoteWords, slot * SOCKET_ADDRESS_WORDS);
  }

  /** Where the datagram of a slot came from. */
  readSource(slot: number, family: number, source: PacketEnd): void {
    const names = this.#nameWords;
    const at = slot * SOCKET_ADDRESS_WORDS;
    // In memory, the octets of the port follow the 16 bits of the family.
    const port = names[at]! >>> 16;
    source.port = ((port & 0xff) << 8) | (port >>> 8);
    if (family === c.AF_INET) setEnd(source, 4, names, at + sockaddrIn.address / 4);
    else setEnd(source, 6, names, at + sockaddrIn6.address / 4);
  }

  /** `octets` octets of the slot are to be sent, by a socket of this family. */
  compose(slot: number, octets: number, family: number): void {
    this.#vectorWords[(this.slots + slot) * IOVEC_WORDS + IOVEC_LENGTH_WORD] = octets;
    this.#txWords[slot * HEADER_WORDS + NAME_LENGTH_WORD] = lengthOf(family);
    this.#txWords[slot * HEADER_WORDS + CONTROL_LENGTH_WORD] = 0;
  }

  /** The same of an answer that leaves from the address that its packet came to. */
  composeAnswer(slot: number, octets: number, family: number): void {
    this.compose(slot, octets, family);
    this.#txWords[slot * HEADER_WORDS + CONTROL_LENGTH_WORD] = TX_CONTROL_OCTETS;
  }

  /** Sends the datagrams of `count` slots. Returns how many left; negative when the first could not. */
  send({ fd }: KernelSocket, first: number, count: number): number {
    return this.#libc.sendmmsg(fd, this.#tx.address + first * mmsghdr.octets, count, c.MSG_DONTWAIT);
  }

  /**
   * Sends the datagrams of `count` slots, all `octets` octets long, as one that the kernel cuts apart where it leaves
   * the machine. They go to whom the first is for. Returns `count`; negative when that failed.
   */
  sendSegmented({ fd }: KernelSocket, first: number, count: number, octets: number): number {
    const at = first * HEADER_WORDS;
    const words = this.#txControlWords;
    const control = first * TX_CONTROL_WORDS;
    words[control + cmsghdr.length / 4] = cmsghdr.data + Uint16Array.BYTES_PER_ELEMENT;
    words[control + cmsghdr.level / 4] = c.IPPROTO_UDP;
    words[control + cmsghdr.type / 4] = c.UDP_SEGMENT;
    words[control + cmsghdr.data / 4] = octets;
    this.#txWords[at + VECTOR_COUNT_WORD] = count;
    this.#txWords[at + CONTROL_LENGTH_WORD] = SEGMENTATION_OCTETS;
    const sent = this.#libc.sendmmsg(fd, this.#tx.address + first * mmsghdr.octets, 1, c.MSG_DONTWAIT);
    this.#txWords[at + VECTOR_COUNT_WORD] = 1;
    this.#txWords[at + CONTROL_LENGTH_WORD] = 0;
    return sent * count;
  }

  /**
   * Writes the control message for an answer from the address that the datagram came to, whose pktinfo is at the word
   * `data`. The interface stays 0: the routing table picks it.
   */
  #setLocal(slot: number, { local, octets }: typeof inPktinfo | typeof in6Pktinfo, data: number): void {
    const from = this.#controlWords;
    const to = this.#txControlWords;
    const control = slot * TX_CONTROL_WORDS;
    const version6 = octets === in6Pktinfo.octets;
    to[control + cmsghdr.length / 4] = cmsghdr.data + octets;
    to[control + cmsghdr.level / 4] = version6 ? c.IPPROTO_IPV6 : c.IPPROTO_IP;
    to[control + cmsghdr.type / 4] = version6 ? c.IPV6_PKTINFO : c.IP_PKTINFO;
    to.fill(0, control + cmsghdr.data / 4, control + TX_CONTROL_WORDS);
    const words = version6 ? 4 : 1;
    for (let word = local / 4; word < local / 4 + words; word++) {
      to[control + cmsghdr.data / 4 + word] = from[data + word]!;
    }
  }

  /** What the kernel has overwritten. */
  #prepare(slot: number): void {
    const at = slot * HEADER_WORDS;
    this.#rxWords[at + NAME_LENGTH_WORD] = SOCKET_ADDRESS_OCTETS;
    this.#rxWords[at + CONTROL_LENGTH_WORD] = CONTROL_OCTETS;
    this.#rxWords[at + FLAGS_WORD] = 0;
  }

  #layVectors(vectors: Memory, packets: Memory): void {
    const view = new DataView(vectors.buffer);
    for (let vector = 0; vector < 2 * this.slots; vector++) {
      const at = vector * iovec.octets;
      setWide(view, at + iovec.base, packets.address + this.offset(vector % this.slots));
      setWide(view, at + iovec.length, SLOT_OCTETS);
    }
  }

  /** `vectors` and `control`: where the first of theirs are. Each has a control buffer `controlStride` octets on. */
  #layHeaders(headers: Memory, vectors: number, control: number, controlStride: number): void {
    const view = new DataView(headers.buffer);
    for (let slot = 0; slot < this.slots; slot++) {
      const at = slot * mmsghdr.octets;
      setWide(view, at + mmsghdr.name, this.#names.address + slot * SOCKET_ADDRESS_OCTETS);
      setWide(view, at + mmsghdr.iov, vectors + slot * iovec.octets);
      setWide(view, at + mmsghdr.iovCount, 1);
      setWide(view, at + mmsghdr.control, control + slot * controlStride);
    }
  }
}

/** The address that begins at the word `first`. */
function setEnd(end: PacketEnd, version: IpVersion, words: Uint32Array | Int32Array, first: number): void {
  end.version = version;
  const count = version === 4 ? 1 : 4;
  for (let word = 0; word < 4; word++) end.address[word] = word < count ? words[first + word]! : 0;
}

/** A pointer or size_t. */
function setWide(view: DataView, offset: number, value: number): void {
  view.setBigUint64(offset, BigInt(value), true);
}

export function createAncillary(destination = createEnd()): Ancillary {
  return { stamp: createStamp(), ttl: 0, trafficClass: 0, destination, drops: 0 };
}

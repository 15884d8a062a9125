/** What the tracker looks at in a frame: the IP header, its extensions, and the beginning of what is inside. */
import { ipProtocol } from '../ip-protocols.ts';
import type { Frame } from './frame.ts';
import { CUT_LINK, networkOffset, NO_IP, placeOf, UNKNOWN_LINK } from './link-layers.ts';
import { uint16, uint32 } from './octets.ts';
import { KEY_WORDS, keyWord } from './tuple-table.ts';

/** Why a frame is of no session. */
export type PassedReason =
  /** Another protocol than IP. */
  | 'not-ip'
  /** A link type that is not read. */
  | 'link-type'
  /** Less was captured than tells its session. */
  | 'too-short'
  /** Lengths or versions that cannot be. */
  | 'malformed'
  /** Neither begins nor belongs to a session: errors of ICMP, neighbour discovery, the rest of a connection that has ended. */
  | 'no-session'
  /** A fragment whose first one was not seen. */
  | 'fragment'
  /** Counted already, where its direction was first seen: captures of several interfaces have it again. */
  | 'seen-before'
  /** More sessions at once than are followed. */
  | 'too-many';

const IPV4_OCTETS = 20;
const IPV6_OCTETS = 40;
const PORTS_OCTETS = 4;
const ICMP_OCTETS = 8;
const MORE_FRAGMENTS = 0x2000;
const FRAGMENT_OFFSET = 0x1fff;

/** Extension headers of one packet; one with more is malformed. */
export const EXTENSION_HEADERS_MAX = 16;

const header = {
  hopByHop: 0,
  routing: 43,
  fragment: 44,
  destination: 60,
  mobility: 135,
  hip: 139,
  shim6: 140,
};
const extensions: ReadonlySet<number> = new Set([...Object.values(header), ipProtocol.ah]);

const portProtocols: ReadonlySet<number> = new Set([
  ipProtocol.tcp,
  ipProtocol.udp,
  ipProtocol.udplite,
  ipProtocol.sctp,
  ipProtocol.dccp,
]);

/** Queries of ICMP, and of ICMPv6, each with the type of its answer (RFC 792, RFC 4443, RFC 4620). */
const answers: Readonly<Record<number, ReadonlyMap<number, number>>> = {
  [ipProtocol.icmp]: new Map([
    [8, 0],
    [13, 14],
    [15, 16],
    [17, 18],
  ]),
  [ipProtocol.icmp6]: new Map([
    [128, 129],
    [139, 140],
  ]),
};

const queries: typeof answers = Object.fromEntries(
  Object.entries(answers).map(([protocol, map]) => [
    protocol,
    new Map([...map].map(([query, answer]) => [answer, query])),
  ]),
);

/** Whether its sessions have an identifier in place of ports. */
export const isIcmp = (protocol: number): boolean => answers[protocol] !== undefined;

/** PPP in GRE, whose header has a call id (RFC 2637). */
const GRE_PPP = 0x880b;
const GRE_VERSION_1 = 1;
const GRE_CALL_OCTETS = 8;

/** One packet; the object is written anew for each. */
export class Packet {
  octets: Uint8Array = new Uint8Array();
  protocol = 0;
  isIpv6 = false;
  /** Of IP, header and all: what is counted. */
  ipOctets = 0;
  /** Time to live, or hop limit. */
  hops = 0;
  /** Where it was seen: its interface, and the interface that its link layer names. */
  place = 0;
  seconds = 0;
  nanos = 0;
  /** What IP carries: captured from `start` to before `end`, and `payloadOctets` altogether. */
  start = 0;
  end = 0;
  payloadOctets = 0;
  /** A fragment: whether it is the first; undefined for whole packets. */
  isFirstFragment: boolean | undefined;
  fragmentId = 0;
  /** The addresses, the lower end first; with it whether the sender is the other one. */
  readonly key = new Uint32Array(KEY_WORDS);
  isSwapped = false;
  sourcePort = 0;
  destinationPort = 0;
  /** The packet answers a query of ICMP; undefined for other protocols. */
  isAnswer: boolean | undefined;
  /** GRE with a call id, which is the destination port; the other one is known by PPTP only. */
  hasCallId = false;

  readonly #source = new Uint32Array(4);
  readonly #destination = new Uint32Array(4);

  /** Reads a frame; gives why it is of no session, if so. */
  read(frame: Frame): PassedReason | undefined {
    const { octets, start, end, linkType } = frame;
    const offset = networkOffset(linkType, octets, start, end);
    if (offset === NO_IP) return 'not-ip';
    if (offset === UNKNOWN_LINK) return 'link-type';
    const at = start + offset;
    if (offset === CUT_LINK || at >= end) return frame.wireOctets > end - start ? 'too-short' : 'not-ip';
    this.octets = octets;
    this.seconds = frame.seconds;
    this.nanos = frame.nanos;
    this.place = placeOf(linkType, octets, start) * 4096 + frame.interface;
    this.isFirstFragment = undefined;
    const wireOctets = frame.wireOctets - offset;
    const version = octets[at]! >> 4;
    if (version !== 4 && version !== 6) return 'malformed';
    const passed = version === 4 ? this.#readIpv4(at, end, wireOctets) : this.#readIpv6(at, end, wireOctets);
    return passed ?? this.#readInside();
  }

  /** Puts the key in order: the lower end first. */
  setKey(): void {
    const { key } = this;
    const [a, b] = [this.#source, this.#destination];
    let order = 0;
    for (let word = 0; word < 4 && order === 0; word += 1) order = a[word]! - b[word]!;
    this.isSwapped = order === 0 ? (this.isAnswer ?? this.sourcePort > this.destinationPort) : order > 0;
    key.set(this.isSwapped ? b : a, keyWord.first);
    key.set(this.isSwapped ? a : b, keyWord.second);
    const [low, high] = this.isSwapped
      ? [this.destinationPort, this.sourcePort]
      : [this.sourcePort, this.destinationPort];
    key[keyWord.ports] = ((low << 16) | high) >>> 0;
    key[keyWord.kind] = (this.protocol << 1) | (this.isIpv6 ? 1 : 0);
  }

  /** The key, in the order of the packet: what is known of calls and of fragments is found by it. */
  setCallKey(): void {
    const { key } = this;
    key.set(this.#source, keyWord.first);
    key.set(this.#destination, keyWord.second);
    key[keyWord.ports] = this.destinationPort;
    key[keyWord.kind] = this.isIpv6 ? 1 : 0;
  }

  #readIpv4(at: number, end: number, wireOctets: number): PassedReason | undefined {
    const { octets } = this;
    if (end - at < IPV4_OCTETS) return wireOctets < IPV4_OCTETS ? 'malformed' : 'too-short';
    const headerOctets = (octets[at]! & 0xf) * 4;
    // Segmentation offload leaves a length of 0 in what is longer than IPv4 can say.
    const total = uint16(octets, at + 2) || wireOctets;
    if (headerOctets < IPV4_OCTETS || total < headerOctets || total > wireOctets) return 'malformed';
    if (at + headerOctets > end) return 'too-short';
    this.isIpv6 = false;
    this.ipOctets = total;
    this.hops = octets[at + 8]!;
    this.protocol = octets[at + 9]!;
    this.#setAddress(this.#source, at + 12);
    this.#setAddress(this.#destination, at + 16);
    const fragment = uint16(octets, at + 6);
    if ((fragment & (MORE_FRAGMENTS | FRAGMENT_OFFSET)) !== 0) {
      this.isFirstFragment = (fragment & FRAGMENT_OFFSET) === 0;
      this.fragmentId = uint16(octets, at + 4);
    }
    this.#setPayload(at + headerOctets, Math.min(end, at + total), total - headerOctets);
    return undefined;
  }

  #readIpv6(at: number, end: number, wireOctets: number): PassedReason | undefined {
    const { octets } = this;
    if (end - at < IPV6_OCTETS) return wireOctets < IPV6_OCTETS ? 'malformed' : 'too-short';
    // A jumbogram (RFC 2675), or segmentation offload.
    const total = IPV6_OCTETS + (uint16(octets, at + 4) || wireOctets - IPV6_OCTETS);
    if (total > wireOctets) return 'malformed';
    this.isIpv6 = true;
    this.ipOctets = total;
    this.hops = octets[at + 7]!;
    this.#setAddress6(this.#source, at + 8);
    this.#setAddress6(this.#destination, at + 24);
    return this.#passExtensions(octets[at + 6]!, at, at + total, end);
  }

  #passExtensions(first: number, at: number, packetEnd: number, end: number): PassedReason | undefined {
    const { octets } = this;
    let next = first;
    let inside = at + IPV6_OCTETS;
    for (let headers = 0; extensions.has(next); headers += 1) {
      // Behind the beginning, a fragment has nothing that could be read.
      if (this.isFirstFragment === false) break;
      if (inside + 8 > packetEnd || headers === EXTENSION_HEADERS_MAX) return 'malformed';
      if (inside + 8 > end) return 'too-short';
      const length =
        next === header.fragment
          ? 8
          : next === ipProtocol.ah
            ? (octets[inside + 1]! + 2) * 4
            : (octets[inside + 1]! + 1) * 8;
      if (next === header.fragment) this.#setFragment(inside);
      next = octets[inside]!;
      inside += length;
      if (inside > packetEnd) return 'malformed';
      if (inside > end) return 'too-short';
    }
    this.protocol = next;
    this.#setPayload(inside, Math.min(end, packetEnd), packetEnd - inside);
    return undefined;
  }

  /** A fragment header of a packet in one piece is none (RFC 6946). */
  #setFragment(at: number): void {
    const fragment = uint16(this.octets, at + 2);
    if ((fragment & 0xfff9) === 0) return;
    this.isFirstFragment = fragment >>> 3 === 0;
    this.fragmentId = uint32(this.octets, at + 4);
  }

  #setPayload(start: number, end: number, octets: number): void {
    this.start = start;
    this.end = end;
    this.payloadOctets = octets;
  }

  #setAddress(words: Uint32Array, at: number): void {
    words[0] = uint32(this.octets, at);
    words[1] = words[2] = words[3] = 0;
  }

  #setAddress6(words: Uint32Array, at: number): void {
    for (let word = 0; word < 4; word += 1) words[word] = uint32(this.octets, at + 4 * word);
  }

  /** Ports, or what is in their place. */
  #readInside(): PassedReason | undefined {
    const { octets, protocol, start, end } = this;
    this.sourcePort = 0;
    this.destinationPort = 0;
    this.isAnswer = undefined;
    this.hasCallId = false;
    if (this.isFirstFragment === false) return undefined;
    if (portProtocols.has(protocol)) {
      if (this.payloadOctets < PORTS_OCTETS) return 'malformed';
      if (end - start < PORTS_OCTETS) return 'too-short';
      this.sourcePort = uint16(octets, start);
      this.destinationPort = uint16(octets, start + 2);
    } else if (isIcmp(protocol)) return this.#readQuery();
    else if (protocol === ipProtocol.gre) return this.#readCall();
    return undefined;
  }

  #readQuery(): PassedReason | undefined {
    const { octets, protocol, start, end } = this;
    if (this.payloadOctets < ICMP_OCTETS) return 'malformed';
    if (end - start < ICMP_OCTETS) return 'too-short';
    const type = octets[start]!;
    const query = queries[protocol]!.get(type);
    if (query === undefined && !answers[protocol]!.has(type)) return 'no-session';
    this.isAnswer = query !== undefined;
    // Queries of different types are different sessions, which the identifier alone does not say.
    this.sourcePort = uint16(octets, start + 4);
    this.destinationPort = query ?? type;
    if (this.isAnswer) [this.sourcePort, this.destinationPort] = [this.destinationPort, this.sourcePort];
    return undefined;
  }

  #readCall(): PassedReason | undefined {
    const { octets, start, end } = this;
    if (end - start < PORTS_OCTETS) return this.payloadOctets < PORTS_OCTETS ? 'malformed' : 'too-short';
    if ((octets[start + 1]! & 7) !== GRE_VERSION_1 || uint16(octets, start + 2) !== GRE_PPP) return undefined;
    if (end - start < GRE_CALL_OCTETS)
      return this.payloadOctets < GRE_CALL_OCTETS ? 'malformed' : 'too-short';
    this.hasCallId = true;
    this.destinationPort = uint16(octets, start + 6);
    return undefined;
  }
}

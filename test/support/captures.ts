/** Captures made of packets: what `request services sessions import` reads. */
import { parseAddress } from '../../src/services/address.ts';
import { ipProtocol } from '../../src/services/ip-protocols.ts';

const big16 = (value: number): number[] => [(value >>> 8) & 0xff, value & 0xff];
const big32 = (value: number): number[] => [...big16(value >>> 16), ...big16(value & 0xffff)];

export type Octets = Uint8Array;

const octets = (...parts: readonly (readonly number[] | Octets)[]): Octets =>
  Uint8Array.from(parts.flatMap((part) => [...part]));

export const textOctets = (text: string): Octets => new TextEncoder().encode(text);

export const tcpFlags = { fin: 1, syn: 2, rst: 4, ack: 16 } as const;

export interface Segment {
  readonly sequence?: number;
  readonly acknowledged?: number;
  readonly flags?: number;
  readonly window?: number;
  readonly data?: Octets;
}

export function tcp(from: number, to: number, segment: Segment = {}): Octets {
  const { sequence = 0, acknowledged = 0, flags = tcpFlags.ack, window = 64_000, data = octets() } = segment;
  const head = [...big16(from), ...big16(to), ...big32(sequence), ...big32(acknowledged), 0x50, flags];
  return octets(head, big16(window), [0, 0, 0, 0], data);
}

export const udp = (from: number, to: number, data: Octets = octets()): Octets =>
  octets(big16(from), big16(to), big16(8 + data.length), [0, 0], data);

export const icmp = (type: number, id: number, data: Octets = octets()): Octets =>
  octets([type, 0, 0, 0], big16(id), [0, 1], data);

/** GRE of PPTP. */
export const call = (id: number, data: Octets = octets()): Octets =>
  octets([0x30, 1, 0x88, 0x0b], big16(data.length), big16(id), [0, 0, 0, 1], data);

export interface IpOptions {
  readonly hops?: number;
  readonly identification?: number;
  /** The offset in octets, and whether more follow. */
  readonly fragment?: readonly [offset: number, more: boolean];
  /** Of IPv6: extension headers between, each with its number. */
  readonly extensions?: readonly (readonly [number: number, header: Octets])[];
  /** Said in place of the length there is. */
  readonly length?: number;
}

/** A packet of either version, as its addresses are. */
export function ip(
  protocol: number,
  from: string,
  to: string,
  inside: Octets,
  options: IpOptions = {},
): Octets {
  return from.includes(':')
    ? ipv6(protocol, from, to, inside, options)
    : ipv4(protocol, from, to, inside, options);
}

function ipv4(protocol: number, from: string, to: string, inside: Octets, options: IpOptions): Octets {
  const { hops = 64, identification = 0, fragment: [offset, more] = [0, false] } = options;
  const length = options.length ?? 20 + inside.length;
  const head = [
    0x45,
    0,
    ...big16(length),
    ...big16(identification),
    ...big16((more ? 0x2000 : 0) | (offset >>> 3)),
  ];
  const ends = [from, to].flatMap((address) => big32(parseAddress(address) as number));
  return octets(head, [hops, protocol, 0, 0], ends, inside);
}

function ipv6(protocol: number, from: string, to: string, inside: Octets, options: IpOptions): Octets {
  const { hops = 64, extensions = [] } = options;
  const numbers = [...extensions.map(([number]) => number), protocol];
  const headers = extensions.map(([, header], at) => octets([numbers[at + 1]!], header));
  const carried = octets(...headers, inside);
  const ends = [from, to].map((address) => parseAddress(address) as Octets);
  return octets(
    [0x60, 0, 0, 0],
    big16(options.length ?? carried.length),
    [numbers[0]!, hops],
    ...ends,
    carried,
  );
}

const etherTypes = { 4: 0x0800, 6: 0x86dd } as const;
const etherType = (packet: Octets): number[] => big16(etherTypes[(packet[0]! >> 4) as 4 | 6]);

/** `tags`: of VLANs, each `[type, number]`, the outer one first. */
export const ethernet = (packet: Octets, tags: readonly (readonly [number, number])[] = []): Octets =>
  octets(
    new Array<number>(12).fill(2),
    tags.flatMap(([type, vlan]) => [...big16(type), ...big16(vlan)]),
    etherType(packet),
    packet,
  );

/** Linux cooked, version 1 and 2. */
export const cooked = (packet: Octets, isOutgoing = false): Octets =>
  octets(
    big16(isOutgoing ? 4 : 0),
    big16(1),
    big16(6),
    new Array<number>(8).fill(2),
    etherType(packet),
    packet,
  );

export const cooked2 = (packet: Octets, index = 1): Octets =>
  octets(etherType(packet), [0, 0], big32(index), big16(1), [0, 6], new Array<number>(8).fill(2), packet);

export const loopback = (packet: Octets): Octets => octets([2, 0, 0, 0], packet);

/** An answer to PPTP's Outgoing-Call-Request, with the call ids of whoever sends it and of its peer. */
export const pptpReply = (own: number, peers: number): Octets =>
  octets(
    [0, 32, 0, 1, 0x1a, 0x2b, 0x3c, 0x4d, 0, 8, 0, 0],
    big16(own),
    big16(peers),
    [1],
    new Array<number>(15).fill(0),
  );

/** Link types. */
export const link = { null: 0, ethernet: 1, raw: 101, loop: 108, cooked: 113, cooked2: 276 } as const;

export interface CapturedFrame {
  readonly octets: Octets;
  /** Since 1970. */
  readonly wallNanos: bigint;
  /** As it was on the wire; without: as it is. */
  readonly wireOctets?: number;
  readonly interface?: number;
}

export interface CaptureOptions {
  readonly isLittle?: boolean;
  readonly linkType?: number;
}

/** Writes numbers of one byte order. */
class Writer {
  readonly #parts: Octets[] = [];
  readonly #isLittle: boolean;

  constructor(isLittle: boolean) {
    this.#isLittle = isLittle;
  }

  word(...values: readonly number[]): this {
    return this.#numbers(values, 4, (view, value) => view.setUint32(0, value, this.#isLittle));
  }

  half(...values: readonly number[]): this {
    return this.#numbers(values, 2, (view, value) => view.setUint16(0, value, this.#isLittle));
  }

  octets(part: Octets): this {
    this.#parts.push(part);
    return this;
  }

  get written(): Octets {
    return Buffer.concat(this.#parts);
  }

  #numbers(values: readonly number[], size: number, set: (view: DataView, value: number) => void): this {
    for (const value of values) {
      const view = new DataView(new ArrayBuffer(size));
      set(view, value);
      this.#parts.push(new Uint8Array(view.buffer));
    }
    return this;
  }
}

/** `unitNanos`: 1 for a file with nanoseconds. */
export function pcap(
  frames: readonly CapturedFrame[],
  {
    isLittle = true,
    linkType = link.ethernet,
    unitNanos = 1000,
  }: CaptureOptions & { unitNanos?: 1 | 1000 } = {},
): Octets {
  const file = new Writer(isLittle).word(unitNanos === 1 ? 0xa1b23c4d : 0xa1b2c3d4).half(2, 4);
  file.word(0, 0, 262_144, linkType);
  for (const { octets: frame, wallNanos, wireOctets = frame.length } of frames)
    file
      .word(Number(wallNanos / 1_000_000_000n), Number(wallNanos % 1_000_000_000n) / unitNanos)
      .word(frame.length, wireOctets)
      .octets(frame);
  return file.written;
}

export interface CaptureInterface {
  readonly linkType?: number;
  /** The octet of if_tsresol; without: microseconds. */
  readonly resolution?: number;
  readonly offsetSeconds?: number;
}

/** Blocks of pcapng. */
export function block(type: number, body: Octets, isLittle = true): Octets {
  const padding = new Uint8Array(-body.length & 3);
  const length = 12 + body.length + padding.length;
  return new Writer(isLittle).word(type, length).octets(body).octets(padding).word(length).written;
}

export function sectionBlock(isLittle = true): Octets {
  const body = new Writer(isLittle).word(0x1a2b3c4d).half(1, 0).word(0xffffffff, 0xffffffff).written;
  return block(0x0a0d0d0a, body, isLittle);
}

export function interfaceBlock(
  { linkType = link.ethernet, resolution, offsetSeconds }: CaptureInterface = {},
  isLittle = true,
): Octets {
  const body = new Writer(isLittle).half(linkType, 0).word(0);
  if (resolution !== undefined) body.half(9, 1).octets(octets([resolution, 0, 0, 0]));
  if (offsetSeconds !== undefined)
    body.half(14, 8).word(...(isLittle ? [offsetSeconds, 0] : [0, offsetSeconds]));
  return block(1, body.half(0, 0).written, isLittle);
}

/** `units`: of the interface's resolution. */
export function packetBlock(frame: Octets, units: bigint, number = 0, isLittle = true): Octets {
  const time = [Number(units >> 32n), Number(units & 0xffffffffn)];
  const body = new Writer(isLittle).word(number, ...time, frame.length, frame.length).octets(frame).written;
  return block(6, body, isLittle);
}

export const simpleBlock = (frame: Octets, isLittle = true): Octets =>
  block(3, new Writer(isLittle).word(frame.length).octets(frame).written, isLittle);

/** With microseconds. */
export function pcapng(
  frames: readonly CapturedFrame[],
  interfaces: readonly CaptureInterface[] = [{}],
  isLittle = true,
): Octets {
  return Buffer.concat([
    sectionBlock(isLittle),
    ...interfaces.map((each) => interfaceBlock(each, isLittle)),
    ...frames.map((frame) =>
      packetBlock(frame.octets, frame.wallNanos / 1000n, frame.interface ?? 0, isLittle),
    ),
  ]);
}

export interface SceneOptions {
  /** Since 1970. */
  readonly startSeconds?: number;
  /** Of packets from an address. */
  readonly hops?: (from: string) => number;
}

/** Conversations that are being captured: who says what, at which time. */
export class Scene {
  readonly frames: CapturedFrame[] = [];
  readonly #hops: (from: string) => number;
  #wallNanos: bigint;
  #talks = 0;

  constructor({ startSeconds = 1_795_000_000, hops = () => 64 }: SceneOptions = {}) {
    this.#wallNanos = BigInt(startSeconds) * 1_000_000_000n;
    this.#hops = hops;
  }

  wait(seconds: number): this {
    this.#wallNanos += BigInt(Math.round(seconds * 1e9));
    return this;
  }

  frame(frame: Octets): this {
    this.frames.push({ octets: frame, wallNanos: this.#wallNanos });
    return this.wait(0.001);
  }

  /** In a frame of Ethernet, a millisecond after the one before. */
  packet(protocol: number, from: string, to: string, inside: Octets, options: IpOptions = {}): this {
    return this.frame(ethernet(ip(protocol, from, to, inside, { hops: this.#hops(from), ...options })));
  }

  datagram(from: string, fromPort: number, to: string, toPort: number, data: string | Octets = 'x'): this {
    return this.packet(ipProtocol.udp, from, to, udp(fromPort, toPort, octetsOf(data)));
  }

  /** The handshake of a connection, whose segments are then in order. */
  connect(from: string, fromPort: number, to: string, toPort: number): Talk {
    this.#talks += 1;
    return new Talk(this, [from, fromPort], [to, toPort], Math.imul(this.#talks, 0x9e3779b1) >>> 0);
  }
}

const octetsOf = (data: string | Octets): Octets => (typeof data === 'string' ? textOctets(data) : data);

type End = readonly [address: string, port: number];

/** One TCP connection of a scene. */
export class Talk {
  readonly #scene: Scene;
  readonly #ends: readonly [End, End];
  readonly #next: [number, number];

  /** `sequence`: the client's first. */
  constructor(scene: Scene, client: End, server: End, sequence: number) {
    this.#scene = scene;
    this.#ends = [client, server];
    this.#next = [sequence, (sequence ^ 0x5bd1e995) >>> 0];
    this.#send(0, tcpFlags.syn)
      .#send(1, tcpFlags.syn | tcpFlags.ack)
      .#send(0, tcpFlags.ack);
  }

  /** The client says a text, or octets; the server acknowledges it. */
  says(data: string | Octets): this {
    return this.#said(0, data);
  }

  answers(data: string | Octets): this {
    return this.#said(1, data);
  }

  close(): this {
    return this.#send(0, tcpFlags.fin | tcpFlags.ack)
      .#send(1, tcpFlags.fin | tcpFlags.ack)
      .#send(0, tcpFlags.ack);
  }

  reset(): this {
    return this.#send(1, tcpFlags.rst | tcpFlags.ack);
  }

  #said(who: 0 | 1, data: string | Octets): this {
    return this.#send(who, tcpFlags.ack, octetsOf(data)).#send(who === 0 ? 1 : 0, tcpFlags.ack);
  }

  #send(who: 0 | 1, flags: number, data: Octets = octets()): this {
    const other = who === 0 ? 1 : 0;
    const [[from, fromPort], [to, toPort]] = [this.#ends[who], this.#ends[other]];
    const acknowledged = flags === tcpFlags.syn ? 0 : this.#next[other];
    const segment = tcp(fromPort, toPort, { sequence: this.#next[who], acknowledged, flags, data });
    const taken = data.length + (flags & tcpFlags.syn ? 1 : 0) + (flags & tcpFlags.fin ? 1 : 0);
    this.#next[who] = (this.#next[who] + taken) >>> 0;
    this.#scene.packet(ipProtocol.tcp, from, to, segment);
    return this;
  }
}

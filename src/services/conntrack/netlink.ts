/**
 * Netlink as its messages are laid out (include/uapi/linux/netlink.h, nfnetlink.h): what is read is checked against
 * every bound and allocates nothing. Numbers of headers are in the host's order, which is little-endian
 * (native/layouts.ts); those inside attributes of netfilter are big-endian.
 */

export type NetlinkProblemCode =
  /** A message that is shorter than its header, or longer than what was received. */
  | 'message-length'
  /** An attribute that is shorter than its header, or longer than what holds it. */
  | 'attribute-length'
  /** An attribute whose payload has not the size of its type. */
  | 'attribute-size'
  /** A message without an attribute that it cannot do without. */
  | 'attribute-missing'
  /** Neither IPv4 nor IPv6. */
  | 'address-family';

/** Octets that no kernel sends. */
export class NetlinkError extends Error {
  readonly code: NetlinkProblemCode;
  /** Of the attribute; undefined where it is about the message. */
  readonly attribute: number | undefined;

  constructor(code: NetlinkProblemCode, attribute?: number) {
    super(attribute === undefined ? `netlink: ${code}` : `netlink: ${code} (${attribute})`);
    this.name = 'NetlinkError';
    this.code = code;
    this.attribute = attribute;
  }
}

export const netlink = {
  PROTOCOL_NETFILTER: 12,
  SOL_NETLINK: 270,
  ADD_MEMBERSHIP: 1,
  CAP_ACK: 10,
} as const;

export const messageType = { error: 2, done: 3, overrun: 4 } as const;

export const messageFlag = {
  request: 0x1,
  acknowledge: 0x4,
  /** Of answers: the table changed under the dump. */
  interrupted: 0x10,
  dump: 0x300,
  create: 0x400,
} as const;

/** struct nlmsghdr, and struct nfgenmsg behind it. */
const header = { length: 0, type: 4, flags: 6, sequence: 8, octets: 16 } as const;
const nfgenmsg = { family: 0, version: 1, resource: 2, octets: 4 } as const;
export const HEADER_OCTETS = header.octets + nfgenmsg.octets;

/** struct nlattr: `type` has two flags above it. */
const attribute = { length: 0, type: 2, octets: 4 } as const;
const TYPE_MASK = 0x3fff;
export const NESTED = 0x8000;

const ALIGNMENT = 4;
const aligned = (octets: number): number => (octets + ALIGNMENT - 1) & -ALIGNMENT;

/** The messages of what one call received. */
export class Messages {
  type = 0;
  flags = 0;
  sequence = 0;
  /** Of the whole message, its header included. */
  start = 0;
  end = 0;
  #view: DataView;
  #next = 0;
  #limit = 0;

  constructor(view: DataView) {
    this.#view = view;
  }

  /** Of the octets before `end`. */
  over(end: number, start = 0): this {
    this.#next = start;
    this.#limit = end;
    return this;
  }

  /** Throws NetlinkError, after which nothing more can be read. */
  next(): boolean {
    const at = this.#next;
    if (at >= this.#limit) return false;
    if (at + header.octets > this.#limit) throw new NetlinkError('message-length');
    const length = this.#view.getUint32(at + header.length, true);
    if (length < header.octets || at + length > this.#limit) throw new NetlinkError('message-length');
    this.type = this.#view.getUint16(at + header.type, true);
    this.flags = this.#view.getUint16(at + header.flags, true);
    this.sequence = this.#view.getUint32(at + header.sequence, true);
    this.start = at;
    this.end = at + length;
    this.#next = at + aligned(length);
    return true;
  }

  /** The errno of an error or of the end of a dump; 0 for none. */
  get errno(): number {
    if (this.start + header.octets + 4 > this.end) return 0;
    return -this.#view.getInt32(this.start + header.octets, true);
  }
}

/** AF_INET or AF_INET6, of a message of netfilter. Throws NetlinkError where it is too short for one. */
export function familyOfMessage(view: DataView, start: number, end: number): number {
  if (start + HEADER_OCTETS > end) throw new NetlinkError('message-length');
  return view.getUint8(start + header.octets + nfgenmsg.family);
}

/** The attributes of a message, or those within another. */
export class Attributes {
  type = 0;
  /** Of the payload. */
  at = 0;
  end = 0;
  #view: DataView;
  #next = 0;
  #limit = 0;

  constructor(view: DataView) {
    this.#view = view;
  }

  over(view: DataView, from: number, to: number): this {
    this.#view = view;
    this.#next = from;
    this.#limit = to;
    return this;
  }

  /** Of the payload of the other's. */
  within(outer: Attributes): this {
    return this.over(outer.#view, outer.at, outer.end);
  }

  /** Throws NetlinkError. */
  next(): boolean {
    const at = this.#next;
    if (at >= this.#limit) return false;
    if (at + attribute.octets > this.#limit) throw new NetlinkError('attribute-length');
    const length = this.#view.getUint16(at + attribute.length, true);
    this.type = this.#view.getUint16(at + attribute.type, true) & TYPE_MASK;
    if (length < attribute.octets || at + length > this.#limit)
      throw new NetlinkError('attribute-length', this.type);
    this.at = at + attribute.octets;
    this.end = at + length;
    this.#next = at + aligned(length);
    return true;
  }

  uint8(): number {
    this.#sized(1);
    return this.#view.getUint8(this.at);
  }

  uint16(): number {
    this.#sized(2);
    return this.#view.getUint16(this.at);
  }

  uint32(): number {
    this.#sized(4);
    return this.#view.getUint32(this.at);
  }

  /** No more than 2^53 − 1: what is beyond cannot be told exactly. */
  uint64(): number {
    this.#sized(8);
    const value = this.#view.getUint32(this.at) * 2 ** 32 + this.#view.getUint32(this.at + 4);
    return Math.min(value, Number.MAX_SAFE_INTEGER);
  }

  bigUint64(): bigint {
    this.#sized(8);
    return this.#view.getBigUint64(this.at);
  }

  /** A copy of `octets`. */
  octets(octets: number): Uint8Array {
    this.#sized(octets);
    return new Uint8Array(this.#view.buffer, this.#view.byteOffset + this.at, octets).slice();
  }

  /** A string of C: until its 0, if it has one; with both, no longer than `octetsMax`. */
  text(octetsMax: number): string {
    if (this.end - this.at > octetsMax) throw new NetlinkError('attribute-size', this.type);
    let text = '';
    for (let at = this.at; at < this.end; at += 1) {
      const code = this.#view.getUint8(at);
      if (code === 0) break;
      text += String.fromCharCode(code);
    }
    return text;
  }

  #sized(octets: number): void {
    if (this.end - this.at !== octets) throw new NetlinkError('attribute-size', this.type);
  }
}

/** What is asked of netfilter: message after message, in one buffer. */
export class RequestWriter {
  readonly #octets: Uint8Array;
  readonly #view: DataView;
  #message = 0;
  #length = 0;

  /** Over memory of C, or other. Writing beyond its end throws RangeError. */
  constructor(buffer: ArrayBuffer) {
    this.#octets = new Uint8Array(buffer);
    this.#view = new DataView(buffer);
  }

  /** Octets written since the last `clear`. */
  get length(): number {
    return this.#length;
  }

  clear(): this {
    this.#length = 0;
    return this;
  }

  /** Begins a message; its attributes follow. */
  begin(type: number, flags: number, sequence: number, family: number): this {
    const at = this.#length;
    this.#message = at;
    this.#octets.fill(0, at, at + HEADER_OCTETS);
    this.#view.setUint16(at + header.type, type, true);
    this.#view.setUint16(at + header.flags, flags | messageFlag.request, true);
    this.#view.setUint32(at + header.sequence, sequence, true);
    this.#view.setUint8(at + header.octets + nfgenmsg.family, family);
    this.#advance(HEADER_OCTETS);
    return this;
  }

  uint8(type: number, value: number): this {
    this.#view.setUint8(this.#attribute(type, 1), value);
    return this;
  }

  uint16(type: number, value: number): this {
    this.#view.setUint16(this.#attribute(type, 2), value);
    return this;
  }

  uint32(type: number, value: number): this {
    this.#view.setUint32(this.#attribute(type, 4), value);
    return this;
  }

  /** Of the few attributes that are in the host's order. */
  hostUint32(type: number, value: number): this {
    this.#view.setUint32(this.#attribute(type, 4), value, true);
    return this;
  }

  octets(type: number, octets: Uint8Array): this {
    const at = this.#attribute(type, octets.length);
    this.#octets.set(octets, at);
    return this;
  }

  /** An attribute that holds those that `write` writes. */
  nested(type: number, write: () => void): this {
    const at = this.#attribute(type | NESTED, 0) - attribute.octets;
    write();
    this.#view.setUint16(at + attribute.length, this.#length - at, true);
    return this;
  }

  /** Gives where the payload is. */
  #attribute(type: number, octets: number): number {
    const at = this.#length;
    this.#view.setUint16(at + attribute.length, attribute.octets + octets, true);
    this.#view.setUint16(at + attribute.type, type, true);
    this.#octets.fill(0, at + attribute.octets, at + attribute.octets + aligned(octets));
    this.#advance(attribute.octets + aligned(octets));
    return at + attribute.octets;
  }

  #advance(octets: number): void {
    this.#length += octets;
    this.#view.setUint32(this.#message + header.length, this.#length - this.#message, true);
  }
}

/** Blocks of a pcapng file (draft-ietf-opsawg-pcapng). Those without frames are passed over. */
import { DamageError, FRAME_OCTETS_MAX, type Blocks, type Frame, type HearFrame } from './frame.ts';
import { uint16, uint32 } from './octets.ts';

const block = {
  section: 0x0a0d0d0a,
  interface: 1,
  /** Obsolete; written by old tools. */
  packet: 2,
  simplePacket: 3,
  enhancedPacket: 6,
} as const;

const BYTE_ORDER_MAGIC = 0x1a2b3c4d;

/** Type and length before, length behind. */
const FRAME_OCTETS = 12;
const HEAD_OCTETS = 8;
const TAIL_OCTETS = 4;
const SECTION_OCTETS = 28;
/** Up to where the option list begins, or the frame. */
const INTERFACE_HEAD_OCTETS = 16;
const PACKET_HEAD_OCTETS = 28;
const SIMPLE_HEAD_OCTETS = 12;

/** Interfaces of a section. */
export const CAPTURE_INTERFACES_MAX = 4096;

const option = { end: 0, resolution: 9, offset: 14 } as const;
/** In the octet of a resolution: a power of 2, not of 10. */
const BINARY = 0x80;
/** What of a second can be told apart exactly, in steps of an octet: 256 of them are below 2^53. */
const UNITS_MAX = 2 ** 44;
const NANOS = 1_000_000_000;
/** No time is later: nanoseconds since 1970 have to fit into 63 bits. */
const SECONDS_MAX = 2 ** 33;

interface Interface {
  readonly number: number;
  readonly linkType: number;
  readonly snapOctets: number;
  /** Of a second. */
  readonly units: number;
  readonly offsetSeconds: number;
}

const padded = (octets: number): number => (octets + 3) & ~3;

export class PcapngBlocks implements Blocks {
  #isLittle = false;
  #interfaces: Interface[] = [];
  /** Interfaces of the sections before. */
  #passed = 0;
  /** Octets of a block without frames that are to come. */
  #passing = 0;

  static isBeginning(octets: Uint8Array): boolean {
    return uint32(octets, 0, true) === block.section;
  }

  take(octets: Uint8Array, start: number, end: number, frame: Frame, hear: HearFrame): number {
    if (this.#passing > 0) return this.#pass(end - start);
    if (end - start < FRAME_OCTETS) return 0;
    // The type of a section is the same in both orders; which one it is in stands behind its length.
    const type = uint32(octets, start, this.#isLittle);
    if (type === block.section) this.#orderOf(octets, start);
    const length = uint32(octets, start + 4, this.#isLittle);
    if (length < FRAME_OCTETS || length % 4 !== 0) throw new DamageError();
    const headOctets = headOctetsOf[type];
    if (headOctets === undefined) {
      this.#passing = length;
      return this.#pass(end - start);
    }
    if (length < headOctets + TAIL_OCTETS || length > FRAME_OCTETS_MAX + 65_536) throw new DamageError();
    if (end - start < length) return 0;
    if (uint32(octets, start + length - TAIL_OCTETS, this.#isLittle) !== length) throw new DamageError();
    this.#read(type, octets, start, length, frame, hear);
    return length;
  }

  #pass(octets: number): number {
    const used = Math.min(octets, this.#passing);
    this.#passing -= used;
    return used;
  }

  #orderOf(octets: Uint8Array, start: number): void {
    this.#isLittle = uint32(octets, start + HEAD_OCTETS, true) === BYTE_ORDER_MAGIC;
    if (uint32(octets, start + HEAD_OCTETS, this.#isLittle) !== BYTE_ORDER_MAGIC) throw new DamageError();
  }

  #read(
    type: number,
    octets: Uint8Array,
    start: number,
    length: number,
    frame: Frame,
    hear: HearFrame,
  ): void {
    if (type === block.section) {
      this.#passed += this.#interfaces.length;
      this.#interfaces = [];
    } else if (type === block.interface) this.#addInterface(octets, start, length);
    else if (type === block.simplePacket) this.#readSimple(octets, start, length, frame, hear);
    else this.#readPacket(type, octets, start, length, frame, hear);
  }

  #addInterface(octets: Uint8Array, start: number, length: number): void {
    if (this.#interfaces.length >= CAPTURE_INTERFACES_MAX) throw new DamageError();
    const isLittle = this.#isLittle;
    let units = 1_000_000;
    let offsetSeconds = 0;
    const end = start + length - TAIL_OCTETS;
    for (let at = start + INTERFACE_HEAD_OCTETS; at + 4 <= end;) {
      const code = uint16(octets, at, isLittle);
      const size = uint16(octets, at + 2, isLittle);
      if (code === option.end || at + 4 + size > end) break;
      if (code === option.resolution && size === 1) units = unitsOf(octets[at + 4]!);
      // 64 bits with a sign; nobody's offset needs the upper half for more than the sign.
      if (code === option.offset && size === 8) offsetSeconds = signed64(octets, at + 4, isLittle);
      at += 4 + padded(size);
    }
    this.#interfaces.push({
      number: this.#passed + this.#interfaces.length,
      linkType: uint16(octets, start + HEAD_OCTETS, isLittle),
      snapOctets: uint32(octets, start + 12, isLittle),
      units,
      offsetSeconds,
    });
  }

  /** It has no time of its own: that of the frame before it is the best there is. */
  #readSimple(octets: Uint8Array, start: number, length: number, frame: Frame, hear: HearFrame): void {
    const source = this.#interfaces[0];
    if (source === undefined) throw new DamageError();
    const wireOctets = uint32(octets, start + HEAD_OCTETS, this.#isLittle);
    const room = length - SIMPLE_HEAD_OCTETS - TAIL_OCTETS;
    const captured = Math.min(wireOctets, source.snapOctets || wireOctets, room);
    hand(octets, start + SIMPLE_HEAD_OCTETS, captured, wireOctets, source, frame, hear);
  }

  #readPacket(
    type: number,
    octets: Uint8Array,
    start: number,
    length: number,
    frame: Frame,
    hear: HearFrame,
  ): void {
    const isLittle = this.#isLittle;
    const number =
      type === block.packet ? uint16(octets, start + 8, isLittle) : uint32(octets, start + 8, isLittle);
    const source = this.#interfaces[number];
    const captured = uint32(octets, start + 20, isLittle);
    if (source === undefined || captured > length - PACKET_HEAD_OCTETS - TAIL_OCTETS) throw new DamageError();
    setTime(octets, start + 12, isLittle, source, frame);
    const wireOctets = Math.max(captured, uint32(octets, start + 24, isLittle));
    hand(octets, start + PACKET_HEAD_OCTETS, captured, wireOctets, source, frame, hear);
  }
}

const headOctetsOf: Readonly<Record<number, number>> = {
  [block.section]: SECTION_OCTETS - TAIL_OCTETS,
  [block.interface]: INTERFACE_HEAD_OCTETS,
  [block.packet]: PACKET_HEAD_OCTETS,
  [block.simplePacket]: SIMPLE_HEAD_OCTETS,
  [block.enhancedPacket]: PACKET_HEAD_OCTETS,
};

function hand(
  octets: Uint8Array,
  start: number,
  captured: number,
  wireOctets: number,
  source: Interface,
  frame: Frame,
  hear: HearFrame,
): void {
  frame.number += 1;
  frame.octets = octets;
  frame.start = start;
  frame.end = start + captured;
  frame.wireOctets = wireOctets;
  frame.linkType = source.linkType;
  frame.interface = source.number;
  hear(frame);
}

/** Units of a second. Throws DamageError for finer ones than can be told apart. */
function unitsOf(resolution: number): number {
  const units = resolution & BINARY ? 2 ** (resolution & ~BINARY) : 10 ** resolution;
  if (units > UNITS_MAX) throw new DamageError();
  return units;
}

function signed64(octets: Uint8Array, at: number, isLittle: boolean): number {
  const high = uint32(octets, isLittle ? at + 4 : at, isLittle) | 0;
  return high * 2 ** 32 + uint32(octets, isLittle ? at : at + 4, isLittle);
}

/** Divides 64 bits by the units of a second octet by octet, for they are more than a number holds. */
function setTime(
  octets: Uint8Array,
  at: number,
  isLittle: boolean,
  { units, offsetSeconds }: Interface,
  frame: Frame,
): void {
  const [high, low] = [uint32(octets, at, isLittle), uint32(octets, at + 4, isLittle)];
  let seconds = Math.floor(high / units);
  let rest = high % units;
  for (let shift = 24; shift >= 0; shift -= 8) {
    rest = rest * 256 + ((low >>> shift) & 0xff);
    const whole = Math.floor(rest / units);
    seconds = seconds * 256 + whole;
    rest -= whole * units;
  }
  seconds += offsetSeconds;
  if (!(seconds >= 0 && seconds <= SECONDS_MAX)) throw new DamageError();
  frame.seconds = seconds;
  frame.nanos = Math.floor(units % NANOS === 0 ? rest / (units / NANOS) : rest * (NANOS / units));
}

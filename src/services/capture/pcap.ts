/** Blocks of a pcap file (draft-ietf-opsawg-pcap): its header, then a header before each frame. */
import { DamageError, FRAME_OCTETS_MAX, type Blocks, type Frame, type HearFrame } from './frame.ts';
import { uint32 } from './octets.ts';

const MAGIC_MICROS = 0xa1b2c3d4;
const MAGIC_NANOS = 0xa1b23c4d;
/** Of a patched libpcap, whose frames have a longer header. */
const MAGIC_PATCHED = 0xa1b2cd34;

const FILE_HEADER_OCTETS = 24;
const LINK_TYPE_AT = 20;
const FRAME_HEADER_OCTETS = 16;
const PATCHED_HEADER_OCTETS = 24;
const LINK_TYPE_MASK = 0xffff;

const magics: ReadonlySet<number> = new Set([MAGIC_MICROS, MAGIC_NANOS, MAGIC_PATCHED]);

export class PcapBlocks implements Blocks {
  #hasBegun = false;
  #isLittle = false;
  #linkType = 0;
  #headerOctets = FRAME_HEADER_OCTETS;
  #nanosOfFraction = 1000;

  static isBeginning(octets: Uint8Array): boolean {
    return magics.has(uint32(octets, 0, true)) || magics.has(uint32(octets, 0, false));
  }

  take(octets: Uint8Array, start: number, end: number, frame: Frame, hear: HearFrame): number {
    if (!this.#hasBegun) return this.#begin(octets, start, end);
    const headerOctets = this.#headerOctets;
    if (end - start < headerOctets) return 0;
    const isLittle = this.#isLittle;
    const captured = uint32(octets, start + 8, isLittle);
    if (captured > FRAME_OCTETS_MAX) throw new DamageError();
    if (end - start < headerOctets + captured) return 0;
    frame.number += 1;
    frame.octets = octets;
    frame.start = start + headerOctets;
    frame.end = frame.start + captured;
    frame.wireOctets = Math.max(captured, uint32(octets, start + 12, isLittle));
    frame.linkType = this.#linkType;
    frame.seconds = uint32(octets, start, isLittle);
    // A fraction of a second or more is nobody's time; it must not make another second of it.
    frame.nanos = Math.min(uint32(octets, start + 4, isLittle) * this.#nanosOfFraction, 999_999_999);
    hear(frame);
    return headerOctets + captured;
  }

  #begin(octets: Uint8Array, start: number, end: number): number {
    if (end - start < FILE_HEADER_OCTETS) return 0;
    this.#isLittle = magics.has(uint32(octets, start, true));
    const magic = uint32(octets, start, this.#isLittle);
    if (magic === MAGIC_NANOS) this.#nanosOfFraction = 1;
    if (magic === MAGIC_PATCHED) this.#headerOctets = PATCHED_HEADER_OCTETS;
    this.#linkType = uint32(octets, start + LINK_TYPE_AT, this.#isLittle) & LINK_TYPE_MASK;
    this.#hasBegun = true;
    return FILE_HEADER_OCTETS;
  }
}

/** The framing of STAMP's TLVs, their flags, and the HMAC TLV that protects those before it. RFC 8972 §4, §4.8. */
import { PacketHmac, Sha256 } from './packet-hmac.ts';

/** Flags (1), Type (1), Length (2): that of the Value, which follows. */
export const TLV_HEADER_OCTETS = 4;
const TYPE = 1;
const LENGTH = 2;

export const TLV_VALUE_OCTETS_MAX = 0xffff;

/** IANA "STAMP TLV Flags". A sender sets U and nothing else; a reflector says with all three what it made of a TLV. */
export const tlvFlags = {
  unrecognized: 0x80,
  malformed: 0x40,
  integrityFailed: 0x20,
} as const;

/** IANA "STAMP TLV Types". */
export const tlvTypes = {
  extraPadding: 1,
  location: 2,
  timestampInformation: 3,
  classOfService: 4,
  directMeasurement: 5,
  accessReport: 6,
  followUpTelemetry: 7,
  hmac: 8,
} as const;

export const HMAC_VALUE_OCTETS = 16;

/** In place of the octets of a TLV that ends behind the packet. */
export const CUT_SHORT = 0;

/** The octets of the TLV at `at`, header included, or CUT_SHORT. */
export function tlvOctets(view: DataView, at: number, end: number): number {
  if (end - at < TLV_HEADER_OCTETS) return CUT_SHORT;
  const octets = TLV_HEADER_OCTETS + view.getUint16(at + LENGTH);
  return octets <= end - at ? octets : CUT_SHORT;
}

export function tlvType(view: DataView, at: number): number {
  return view.getUint8(at + TYPE);
}

/** Writes the header of a TLV that a sender asks with. */
export function writeTlvHeader(view: DataView, at: number, type: number, valueOctets: number): void {
  view.setUint8(at, tlvFlags.unrecognized);
  view.setUint8(at + TYPE, type);
  view.setUint16(at + LENGTH, valueOctets);
}

/** In place of the offset of an HMAC TLV: there is none, or it is not one or not where it has to be. */
const NO_HMAC = -1;
const MISPLACED = -2;

/** It follows all TLVs but Extra Padding (§4.8). */
function findHmac(view: DataView, first: number, end: number): number {
  let found = NO_HMAC;
  let octets: number;
  for (let at = first; at < end; at += octets) {
    octets = tlvOctets(view, at, end);
    if (octets === CUT_SHORT) return found === NO_HMAC ? NO_HMAC : MISPLACED;
    const type = tlvType(view, at);
    if (found !== NO_HMAC && type !== tlvTypes.extraPadding) return MISPLACED;
    if (type !== tlvTypes.hmac) continue;
    if (octets !== TLV_HEADER_OCTETS + HMAC_VALUE_OCTETS) return MISPLACED;
    found = at;
  }
  return found;
}

const SEQUENCE_OCTETS = 4;

/** The Sequence Number is lent the octets before the TLVs, so that what is signed is in one piece; returns those. */
function lend(view: DataView, start: number, sequence: number): number {
  const octets = view.getUint32(start);
  view.setUint32(start, sequence);
  return octets;
}

/**
 * The TLVs' own protection, allocating nothing for any packet: HMAC-SHA-256, cut to 16 octets, over the Sequence Number of
 * their packet and the TLVs before the HMAC TLV.
 */
export class TlvSeal {
  readonly #hmac: PacketHmac | undefined;

  /** At most 64 octets of key; without one nothing is signed, and what is signed cannot be believed. */
  constructor(key: Uint8Array | undefined) {
    this.#hmac = key && new PacketHmac(new Sha256(), key);
  }

  /** Signs the TLVs from `first` to `end`, if one of them is for that. The packet stands before `first`. */
  close(view: DataView, first: number, end: number, sequence: number): void {
    const tlv = findHmac(view, first, end);
    if (tlv < 0 || this.#hmac === undefined) return;
    const start = first - SEQUENCE_OCTETS;
    const lent = lend(view, start, sequence);
    this.#hmac.sign(view, start, tlv - start, tlv + TLV_HEADER_OCTETS);
    view.setUint32(start, lent);
  }

  /**
   * Whether the TLVs can be believed. With a key they have to be signed, but for one Extra Padding alone (§4.8).
   */
  open(view: DataView, first: number, end: number, sequence: number): boolean {
    const tlv = findHmac(view, first, end);
    if (tlv === NO_HMAC) return this.#hmac === undefined || isOnePadding(view, first, end);
    if (tlv === MISPLACED || this.#hmac === undefined) return false;
    const start = first - SEQUENCE_OCTETS;
    const lent = lend(view, start, sequence);
    const right = this.#hmac.verify(view, start, tlv - start, tlv + TLV_HEADER_OCTETS);
    view.setUint32(start, lent);
    return right;
  }
}

function isOnePadding(view: DataView, first: number, end: number): boolean {
  return tlvOctets(view, first, end) === end - first && tlvType(view, first) === tlvTypes.extraPadding;
}

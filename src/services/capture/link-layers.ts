/** Where the IP packet in a frame begins, by the link type of its capture (https://www.tcpdump.org/linktypes.html). */
import { uint16 } from './octets.ts';

const linkType = {
  null: 0,
  ethernet: 1,
  /** Raw IP, as some systems number it in files. */
  rawBsd: 12,
  rawOpenBsd: 14,
  raw: 101,
  loop: 108,
  cooked: 113,
  ipv4: 228,
  ipv6: 229,
  cooked2: 276,
} as const;

const etherType = {
  ipv4: 0x0800,
  ipv6: 0x86dd,
  vlan: 0x8100,
  serviceVlan: 0x88a8,
  oldServiceVlan: 0x9100,
} as const;

const ETHERNET_TYPE_AT = 12;
const COOKED_TYPE_AT = 14;
const COOKED2_OCTETS = 20;
const COOKED2_INTERFACE_AT = 4;
const COOKED_PACKET_TYPE_AT = 0;
const LOOPBACK_OCTETS = 4;
/** A packet type of Linux: it leaves. */
const OUTGOING = 4;

/** Tags of one frame; one with more is passed over. */
export const VLAN_TAGS_MAX = 8;

export const NO_IP = -1;
export const UNKNOWN_LINK = -2;
export const CUT_LINK = -3;

/** The offset from `start`; NO_IP for other frames, UNKNOWN_LINK, or CUT_LINK where the frame ends before. */
export function networkOffset(type: number, octets: Uint8Array, start: number, end: number): number {
  switch (type) {
    case linkType.ethernet:
      return behindTags(octets, start, ETHERNET_TYPE_AT, end);
    case linkType.cooked:
      return behindTags(octets, start, COOKED_TYPE_AT, end);
    case linkType.cooked2:
      return start + COOKED2_OCTETS > end ? CUT_LINK : isIp(uint16(octets, start)) ? COOKED2_OCTETS : NO_IP;
    case linkType.raw:
    case linkType.rawBsd:
    case linkType.rawOpenBsd:
    case linkType.ipv4:
    case linkType.ipv6:
      return 0;
    // The family before it is numbered as the capturing system does; the version of the packet says the same.
    case linkType.null:
    case linkType.loop:
      return LOOPBACK_OCTETS;
    default:
      return UNKNOWN_LINK;
  }
}

const isIp = (type: number): boolean => type === etherType.ipv4 || type === etherType.ipv6;

const isTag = (type: number): boolean =>
  type === etherType.vlan || type === etherType.serviceVlan || type === etherType.oldServiceVlan;

function behindTags(octets: Uint8Array, start: number, typeAt: number, end: number): number {
  for (let tags = 0, at = start + typeAt; tags <= VLAN_TAGS_MAX; tags += 1, at += 4) {
    if (at + 2 > end) return CUT_LINK;
    const type = uint16(octets, at);
    if (isIp(type)) return at + 2 - start;
    if (!isTag(type)) return NO_IP;
  }
  return NO_IP;
}

/**
 * The place where a frame was seen, as far as the link layer of `-i any` tells: the index of the interface, or whether it
 * left. 0 for others.
 */
export function placeOf(type: number, octets: Uint8Array, start: number): number {
  if (type === linkType.cooked2)
    return (
      uint16(octets, start + COOKED2_INTERFACE_AT) * 65_536 + uint16(octets, start + COOKED2_INTERFACE_AT + 2)
    );
  return type === linkType.cooked && uint16(octets, start + COOKED_PACKET_TYPE_AT) === OUTGOING ? 1 : 0;
}

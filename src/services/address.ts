/** Addresses of flows: numbers and octets on one side, text and prefixes on the other. */
import { Address4, Address6 } from 'ip-address';
import type { Address } from './session.ts';

/** Both ends of a prefix; `lowest` and `highest` are of one family. */
export interface AddressRange {
  readonly lowest: Address;
  readonly highest: Address;
}

const IPV6_OCTETS = 16;
const IPV6_GROUPS = 8;

/** The address in text form, without zone. Throws AddressError for anything else. */
export function parseAddress(text: string): Address {
  if (!text.includes(':')) return ipv4Number(text) ?? Number(new Address4(text).bigInt());
  return octetsOf(new Address6(text).bigInt());
}

/** Undefined where it is not four decimal numbers below 256, as every tool prints them. */
function ipv4Number(text: string): number | undefined {
  let address = 0;
  let octet = -1;
  let octets = 1;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === 46) {
      if (octet < 0) return undefined;
      address = address * 256 + octet;
      octet = -1;
      octets += 1;
    } else {
      if (code < 48 || code > 57) return undefined;
      octet = Math.max(octet, 0) * 10 + code - 48;
      if (octet > 255) return undefined;
    }
  }
  return octets === 4 && octet >= 0 ? address * 256 + octet : undefined;
}

export const areOfOneFamily = (one: Address, other: Address): boolean => typeof one === typeof other;

/** All addresses of a prefix; without a length, the one address. */
export function rangeOf(prefix: string): AddressRange {
  if (prefix.includes(':')) {
    const parsed = new Address6(prefix);
    return {
      lowest: octetsOf(parsed.startAddress().bigInt()),
      highest: octetsOf(parsed.endAddress().bigInt()),
    };
  }
  const parsed = new Address4(prefix);
  return { lowest: Number(parsed.startAddress().bigInt()), highest: Number(parsed.endAddress().bigInt()) };
}

function octetsOf(number: bigint): Uint8Array {
  const octets = new Uint8Array(IPV6_OCTETS);
  const view = new DataView(octets.buffer);
  view.setBigUint64(0, number >> 64n);
  view.setBigUint64(8, BigInt.asUintN(64, number));
  return octets;
}

/** Below 0 where `a` comes first; every IPv4 address comes before every IPv6 one. */
export function compareAddresses(a: Address, b: Address): number {
  if (typeof a === 'number') return typeof b === 'number' ? a - b : -1;
  if (typeof b === 'number') return 1;
  for (let at = 0; at < IPV6_OCTETS; at += 1) {
    const difference = a[at]! - b[at]!;
    if (difference !== 0) return difference;
  }
  return 0;
}

export function isWithin(address: Address, { lowest, highest }: AddressRange): boolean {
  return compareAddresses(address, lowest) >= 0 && compareAddresses(address, highest) <= 0;
}

const decimals = Array.from({ length: 256 }, (_, octet) => String(octet));

/** The shortest text (RFC 5952). Every shown flow needs two of them: too common for the parser of all forms there are. */
export function addressText(address: Address): string {
  if (typeof address !== 'number') return ipv6Text(address);
  const [a, b, c, d] = [address >>> 24, (address >>> 16) & 0xff, (address >>> 8) & 0xff, address & 0xff];
  return `${decimals[a]!}.${decimals[b]!}.${decimals[c]!}.${decimals[d]!}`;
}

function ipv6Text(octets: Uint8Array): string {
  const group = (at: number): number => (octets[2 * at]! << 8) | octets[2 * at + 1]!;
  let gapStart = -1;
  let gapLength = 1;
  for (let at = 0, zeros = 0; at < IPV6_GROUPS; at += 1) {
    zeros = group(at) === 0 ? zeros + 1 : 0;
    if (zeros > gapLength) [gapStart, gapLength] = [at - zeros + 1, zeros];
  }
  let text = '';
  for (let at = 0; at < IPV6_GROUPS; at += 1) {
    if (at === gapStart) {
      text += '::';
      at += gapLength - 1;
    } else {
      if (text !== '' && !text.endsWith(':')) text += ':';
      text += group(at).toString(16);
    }
  }
  return text;
}

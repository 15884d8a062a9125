/** Addresses as TWAMP-Control carries them: 16 octets, IPv4 in the first four, or all zero. */
import { Address6 } from 'ip-address';

export type IpVersion = 4 | 6;

const FIELD_OCTETS = 16;
const IPV4_OCTETS = 4;

/** The version of an address in text form. */
export function ipVersionOf(address: string): IpVersion {
  return address.includes(':') ? 6 : 4;
}

/** The field for an address in text form (an IPv6 zone is dropped), or all zeros. RFC 4656 §3.5. */
export function encodeAddress(address: string | undefined): Uint8Array {
  const field = new Uint8Array(FIELD_OCTETS);
  if (address === undefined) return field;
  if (ipVersionOf(address) === 4) {
    // Every session set up has several: too common for the parser of all forms there are.
    address.split('.').forEach((octet, index) => (field[index] = Number(octet)));
    return field;
  }
  const view = new DataView(field.buffer);
  const number = new Address6(address).bigInt();
  view.setBigUint64(0, number >> 64n);
  view.setBigUint64(8, BigInt.asUintN(64, number));
  return field;
}

/**
 * The address in a field in its shortest text form; undefined when it is zero. Octets after an IPv4 one are
 * ignored.
 */
export function decodeAddress(field: Uint8Array, ipVersion: IpVersion): string | undefined {
  const view = new DataView(field.buffer, field.byteOffset, FIELD_OCTETS);
  if (ipVersion === 4) return view.getUint32(0) === 0 ? undefined : field.subarray(0, IPV4_OCTETS).join('.');
  const number = (view.getBigUint64(0) << 64n) | view.getBigUint64(8);
  return number === 0n ? undefined : Address6.fromBigInt(number).correctForm();
}

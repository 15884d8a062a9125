/** Socket addresses as the kernel takes them. */
import { encodeAddress, ipVersionOf } from '../twamp/address-field.ts';
import { c, sockaddrIn, sockaddrIn6 } from '../native/layouts.ts';
import type { Libc } from '../native/libc.ts';

/** Room for either family, in 32-bit words. */
export const SOCKET_ADDRESS_WORDS = 8;
export const SOCKET_ADDRESS_OCTETS = SOCKET_ADDRESS_WORDS * 4;

/** AF_INET or AF_INET6. */
export function familyOf(address: string): number {
  return ipVersionOf(address) === 4 ? c.AF_INET : c.AF_INET6;
}

/** Octets of a socket address of this family. */
export function lengthOf(family: number): number {
  return family === c.AF_INET ? sockaddrIn.octets : sockaddrIn6.octets;
}

/**
 * The sockaddr of `address`, an IPv6 zone included, in SOCKET_ADDRESS_OCTETS octets. A zone that names no
 * interface of the present namespace is zone 0, which the kernel refuses where one is needed.
 */
export function socketAddress(libc: Libc, address: string, port: number): Uint8Array {
  const octets = new Uint8Array(SOCKET_ADDRESS_OCTETS);
  const view = new DataView(octets.buffer);
  const family = familyOf(address);
  view.setUint16(sockaddrIn.family, family, true);
  setPort(octets, port);
  const [plain, zone] = address.split('%') as [string, string?];
  if (family === c.AF_INET) {
    octets.set(encodeAddress(plain).subarray(0, 4), sockaddrIn.address);
  } else {
    octets.set(encodeAddress(plain), sockaddrIn6.address);
    if (zone !== undefined) view.setUint32(sockaddrIn6.scope, libc.if_nametoindex(zone), true);
  }
  return octets;
}

/** Port is in the same place in both families. */
export function setPort(address: Uint8Array, port: number): void {
  address[sockaddrIn.port] = port >>> 8;
  address[sockaddrIn.port + 1] = port & 0xff;
}

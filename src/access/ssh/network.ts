/** Whose address it is: what one host, or one household, can choose freely counts as one. Pure. */
import { isIPv6 } from 'node:net';
import { Address6 } from 'ip-address';

/** Octets that a host may pick its IPv6 addresses from, by the network it is in (RFC 4291 §2.5.4). */
const IPV6_NETWORK_BITS = 64;

const MAPPED = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i;

/** Shortest text form; an IPv4 peer of an IPv6 socket is IPv4. */
export function plainAddress(address: string): string {
  return MAPPED.exec(address)?.[1] ?? address;
}

/** An IPv4 address, or the /64 of an IPv6 one: who shares it shares limits. */
export function networkOf(address: string): string {
  const plain = plainAddress(address);
  if (!isIPv6(plain)) return plain;
  const [withoutZone] = plain.split('%');
  return new Address6(`${withoutZone!}/${IPV6_NETWORK_BITS}`).startAddress().correctForm();
}

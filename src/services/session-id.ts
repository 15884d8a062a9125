/** Session IDs: the kernel's are not unique among a million connections. */
import type { Connection } from './conntrack/connection.ts';
import type { Address } from './session.ts';

const TWO_TO_16 = 2 ** 16;
const TWO_TO_32 = 2 ** 32;

/** FNV-1a (https://datatracker.ietf.org/doc/draft-eastlake-fnv/), 32 bits. */
const FNV_OFFSET = 0x811c9dc5;
const FNV_PRIME = 0x01000193;

/**
 * Below 2^48: the kernel's id (without one: a hash), and above it 16 bits of the hash of zone and original tuple, which
 * are the connection's key. The same for as long as the connection lives.
 */
export function sessionIdOf({ id, zone, original }: Connection): number {
  let hash = mixed(FNV_OFFSET, zone);
  hash = mixed(hash, original.protocol);
  hash = mixedAddress(hash, original.source);
  hash = mixedAddress(hash, original.destination);
  hash = mixed(hash, original.sourcePort ?? original.icmpId ?? 0);
  hash = mixed(hash, original.destinationPort ?? 0);
  const low = id ?? mixed(hash, FNV_OFFSET);
  return low + (hash % TWO_TO_16) * TWO_TO_32;
}

function mixed(hash: number, value: number): number {
  let result = hash;
  for (let shift = 0; shift < 32; shift += 8)
    result = Math.imul(result ^ ((value >>> shift) & 0xff), FNV_PRIME) >>> 0;
  return result;
}

function mixedAddress(hash: number, address: Address): number {
  if (typeof address === 'number') return mixed(hash, address);
  return address.reduce((result, octet) => Math.imul(result ^ octet, FNV_PRIME) >>> 0, hash);
}

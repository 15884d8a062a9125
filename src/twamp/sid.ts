/** The session identifier: made by the receiving side, unique for ever. RFC 4656 §3.5. */
import type { Random } from '../clock.ts';
import { encodeAddress, ipVersionOf } from './address-field.ts';
import { ntpFromWallNanos } from './timestamp.ts';

export const SID_OCTETS = 16;

/**
 * 16 octets: the IPv4 address (or the last four octets of the IPv6 one), the NTP time, four random octets.
 */
export function makeSid(localAddress: string, wallNanos: bigint, random: Random): Uint8Array {
  const field = encodeAddress(localAddress);
  const sid = new Uint8Array(SID_OCTETS);
  sid.set(ipVersionOf(localAddress) === 4 ? field.subarray(0, 4) : field.subarray(12));
  new DataView(sid.buffer).setBigUint64(4, ntpFromWallNanos(wallNanos));
  sid.set(random.octets(4), 12);
  return sid;
}

/** The Packet Padding of a Session-Sender's packets. RFC 4656 §4.1.2, RFC 5357 §4.1.2, RFC 6038 §4.1.1. */
import type { Random } from '../clock.ts';

export interface PaddingRequest {
  readonly paddingOctets: number;
  /** Undefined: pseudo-random, as no network can compress it. */
  readonly paddingFill?: 'random' | 'zeros' | undefined;
  /** The Server Octets of Accept-Session (RFC 6038 §3.4), which open the padding; 16 bits. Undefined: none. */
  readonly serverOctets?: number | undefined;
}

export function createPadding(request: PaddingRequest, random: Random): Uint8Array {
  const { paddingOctets, paddingFill = 'random', serverOctets } = request;
  const padding = paddingFill === 'zeros' ? new Uint8Array(paddingOctets) : random.octets(paddingOctets);
  if (serverOctets !== undefined && paddingOctets >= 2) {
    new DataView(padding.buffer, padding.byteOffset).setUint16(0, serverOctets);
  }
  return padding;
}

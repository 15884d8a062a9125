/** Padding of a Session-Sender's packets. RFC 4656 §4.1.2, RFC 5357 §4.1.2, RFC 6038 §4.1.1, RFC 8972 §4.1. */
import type { Random } from '../clock.ts';
import type { PacketMode } from './packet-forms.ts';
import { createTlvs, type TlvWish } from './stamp-extensions.ts';

export interface PaddingRequest {
  readonly paddingOctets: number;
  /** Undefined: pseudo-random, as no network can compress it. */
  readonly paddingFill?: 'random' | 'zeros' | undefined;
  /** The Server Octets of Accept-Session (RFC 6038 §3.4), which open the padding; 16 bits. Undefined: none. */
  readonly serverOctets?: number | undefined;
  /** What packets of STAMP ask before their padding; undefined: nothing. */
  readonly tlvs?: Omit<TlvWish, 'extraPadding'> | undefined;
}

/** What follows the fields of each packet. */
export function createPadding(
  request: PaddingRequest & Pick<PacketMode, 'stamp'>,
  random: Random,
): Uint8Array {
  const { paddingOctets, paddingFill, serverOctets, tlvs, stamp } = request;
  const padding = paddingFill === 'zeros' ? new Uint8Array(paddingOctets) : random.octets(paddingOctets);
  if (serverOctets !== undefined && paddingOctets >= 2) {
    new DataView(padding.buffer, padding.byteOffset).setUint16(0, serverOctets);
  }
  if (stamp === undefined) return padding;
  // What follows the fields of a STAMP packet is read as TLVs.
  return createTlvs({ ...tlvs, extraPadding: paddingOctets === 0 ? undefined : padding }, stamp);
}

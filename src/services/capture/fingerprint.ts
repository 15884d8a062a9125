/** What of a packet is the same on both sides of a router that translates addresses and ports. */
import { ipProtocol } from '../ip-protocols.ts';
import { uint32 } from './octets.ts';
import type { Packet } from './packet.ts';

const FNV_OFFSET = 0x811c9dc5;
const FNV_PRIME = 0x01000193;

/** Octets behind the header that are looked at. */
const DATA_OCTETS = 64;

/** Octets of the header that NAT changes, or that follow from such: ports, checksums, identifiers. From, to before. */
const changed: Readonly<Record<number, readonly (readonly [number, number])[]>> = {
  [ipProtocol.udp]: [[0, 8]],
  [ipProtocol.udplite]: [[0, 8]],
  [ipProtocol.icmp]: [[2, 6]],
  [ipProtocol.icmp6]: [[2, 6]],
  [ipProtocol.gre]: [[6, 8]],
  [ipProtocol.sctp]: [
    [0, 4],
    [8, 12],
  ],
  [ipProtocol.dccp]: [
    [0, 4],
    [6, 8],
  ],
};

const TCP_SEQUENCE_AT = 4;
const TCP_FLAGS_AT = 13;

/** 32 bits. Of TCP the sequence number, which is drawn by chance, and the flags; of others what they carry. */
export function fingerprintOf({ protocol, octets, start, end, payloadOctets }: Packet): number {
  const hash = mixed(mixed(FNV_OFFSET, protocol), 0);
  if (protocol === ipProtocol.tcp && end - start > TCP_FLAGS_AT) {
    const sequence = uint32(octets, start + TCP_SEQUENCE_AT);
    return mixed(mixed(mixed(hash, sequence & 0xffff), sequence >>> 16), octets[start + TCP_FLAGS_AT]!);
  }
  let result = mixed(hash, payloadOctets);
  const ranges = changed[protocol] ?? [];
  const last = Math.min(end - start, DATA_OCTETS);
  for (let at = 0; at < last; at += 1)
    if (!ranges.some(([from, to]) => at >= from && at < to)) result = mixed(result, octets[start + at]!);
  return result >>> 0;
}

/** 16 bits more. */
function mixed(hash: number, value: number): number {
  const half = Math.imul(hash ^ (value & 0xff), FNV_PRIME);
  return Math.imul(half ^ ((value >>> 8) & 0xff), FNV_PRIME) >>> 0;
}

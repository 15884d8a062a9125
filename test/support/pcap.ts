/** Reads libpcap files of Ethernet frames into TCP segments and UDP packets, which are not fragmented. */
import { Address4, Address6 } from 'ip-address';

export interface Datagram {
  readonly protocol: 'tcp' | 'udp';
  readonly wallNanos: bigint;
  readonly source: Endpoint;
  readonly destination: Endpoint;
  readonly ttl: number;
  /** The whole DSCP and ECN octet. */
  readonly trafficClass: number;
  /** TCP only: the sequence number of the first octet of `payload`. */
  readonly sequence: number;
  readonly payload: Uint8Array;
}

export interface Endpoint {
  readonly address: string;
  readonly port: number;
}

const FILE_HEADER_OCTETS = 24;
const RECORD_HEADER_OCTETS = 16;
const ETHERNET_OCTETS = 14;
const MAGIC_MICROS = 0xa1b2c3d4;
const MAGIC_NANOS = 0xa1b23c4d;
const protocols: Readonly<Record<number, 'tcp' | 'udp'>> = { 6: 'tcp', 17: 'udp' };

/** Every TCP segment and UDP packet of a capture, in order. Throws on anything that is not a libpcap file. */
export function* readPcap(file: Uint8Array): Generator<Datagram> {
  const view = new DataView(file.buffer, file.byteOffset, file.length);
  const little = [MAGIC_MICROS, MAGIC_NANOS].includes(view.getUint32(0, true));
  const magic = view.getUint32(0, little);
  if (magic !== MAGIC_MICROS && magic !== MAGIC_NANOS) throw new Error('not a libpcap file');
  const fraction = magic === MAGIC_NANOS ? 1n : 1000n;
  for (let at = FILE_HEADER_OCTETS; at < file.length;) {
    const seconds = BigInt(view.getUint32(at, little));
    const wallNanos = seconds * 1_000_000_000n + BigInt(view.getUint32(at + 4, little)) * fraction;
    const captured = view.getUint32(at + 8, little);
    const frame = at + RECORD_HEADER_OCTETS;
    const datagram = readPacket(file.subarray(frame + ETHERNET_OCTETS, frame + captured), wallNanos);
    if (datagram !== undefined) yield datagram;
    at = frame + captured;
  }
}

function readPacket(packet: Uint8Array, wallNanos: bigint): Datagram | undefined {
  const ip = packet[0]! >> 4 === 4 ? readIpv4(packet) : readIpv6(packet);
  const protocol = protocols[ip.next];
  if (protocol === undefined) return undefined;
  const view = new DataView(ip.payload.buffer, ip.payload.byteOffset, ip.payload.length);
  const headerOctets = protocol === 'udp' ? 8 : (view.getUint8(12) >> 4) * 4;
  return {
    protocol,
    wallNanos,
    source: { address: ip.source, port: view.getUint16(0) },
    destination: { address: ip.destination, port: view.getUint16(2) },
    ttl: ip.ttl,
    trafficClass: ip.trafficClass,
    sequence: protocol === 'tcp' ? view.getUint32(4) : 0,
    payload: ip.payload.slice(headerOctets),
  };
}

interface IpPacket extends Pick<Datagram, 'ttl' | 'trafficClass' | 'payload'> {
  readonly next: number;
  readonly source: string;
  readonly destination: string;
}

function readIpv4(packet: Uint8Array): IpPacket {
  const view = new DataView(packet.buffer, packet.byteOffset, packet.length);
  return {
    next: packet[9]!,
    ttl: packet[8]!,
    trafficClass: packet[1]!,
    source: Address4.fromInteger(view.getUint32(12)).correctForm(),
    destination: Address4.fromInteger(view.getUint32(16)).correctForm(),
    payload: packet.subarray((packet[0]! & 0xf) * 4, view.getUint16(2)),
  };
}

function readIpv6(packet: Uint8Array): IpPacket {
  const view = new DataView(packet.buffer, packet.byteOffset, packet.length);
  const address = (at: number): string =>
    Address6.fromBigInt((view.getBigUint64(at) << 64n) | view.getBigUint64(at + 8)).correctForm();
  return {
    next: packet[6]!,
    ttl: packet[7]!,
    trafficClass: (view.getUint16(0) >> 4) & 0xff,
    source: address(8),
    destination: address(24),
    payload: packet.subarray(40, 40 + view.getUint16(4)),
  };
}

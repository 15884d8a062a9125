/** What of a packet two sides of a router have alike, and what tells one from another. */
import { describe, expect, test } from 'vitest';
import { fingerprintOf } from '../../../src/services/capture/fingerprint.ts';
import { Packet } from '../../../src/services/capture/packet.ts';
import { ipProtocol } from '../../../src/services/ip-protocols.ts';

/** Of what IP carries, `captured` octets of it. */
function of(protocol: number, inside: Uint8Array, captured = inside.length): number {
  const packet = new Packet();
  packet.protocol = protocol;
  // It stands anywhere in what was read.
  packet.octets = Buffer.concat([Buffer.from([1, 2, 3]), inside]);
  packet.start = 3;
  packet.end = 3 + captured;
  packet.payloadOctets = inside.length;
  return fingerprintOf(packet);
}

const octets = (count: number): Uint8Array => Uint8Array.from({ length: count }, (_, at) => at + 1);

/** Places whose change makes it another one. */
function told(protocol: number, count: number): number[] {
  const inside = octets(count);
  const whole = of(protocol, inside);
  return [...inside.keys()].filter((at) => {
    const changed = Uint8Array.from(inside);
    changed[at] = 0xa5;
    return of(protocol, changed) !== whole;
  });
}

const range = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, at) => from + at);

describe('octets that tell', () => {
  test.each<[protocol: string, number: number, places: number[]]>([
    ['UDP', ipProtocol.udp, range(8, 64)],
    ['UDP-Lite', ipProtocol.udplite, range(8, 64)],
    ['ICMP', ipProtocol.icmp, [0, 1, ...range(6, 64)]],
    ['ICMPv6', ipProtocol.icmp6, [0, 1, ...range(6, 64)]],
    ['GRE', ipProtocol.gre, [...range(0, 6), ...range(8, 64)]],
    ['SCTP', ipProtocol.sctp, [...range(4, 8), ...range(12, 64)]],
    ['DCCP', ipProtocol.dccp, [4, 5, ...range(8, 64)]],
    ['any other', 99, range(0, 64)],
    ['TCP', ipProtocol.tcp, [4, 5, 6, 7, 13]],
  ])('of %s', (_, protocol, places) => {
    expect(told(protocol, 70)).toEqual(places);
  });

  test('are those that were captured', () => {
    expect(told(99, 10)).toEqual(range(0, 10));
    expect(of(99, octets(10), 9)).not.toBe(of(99, octets(10)));
  });
});

test('a TCP header of which the flags were not captured tells by what there is', () => {
  const [one, other] = [octets(20), octets(20)];
  other[0] = 0xa5;
  expect(of(ipProtocol.tcp, one, 14)).toBe(of(ipProtocol.tcp, other, 14));
  expect(of(ipProtocol.tcp, one, 13)).not.toBe(of(ipProtocol.tcp, other, 13));
});

test('so do the protocol and the length, but not where it stands; it has 32 bits', () => {
  expect(of(99, octets(10))).not.toBe(of(98, octets(10)));
  const zeros = (count: number) => of(99, new Uint8Array(count), 4);
  expect(new Set([10, 11, 266, 2570].map(zeros)).size).toBe(4);
  for (let value = 0; value < 100; value += 1) {
    const found = of(99, Uint8Array.of(value));
    expect(found).toBe(found >>> 0);
  }
});

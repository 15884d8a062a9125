/** What is read of a packet, and of one that is cut or cannot be. */
import { describe, expect, test } from 'vitest';
import type { Frame } from '../../../src/services/capture/frame.ts';
import { Packet } from '../../../src/services/capture/packet.ts';
import { KEY_WORDS, keyWord } from '../../../src/services/capture/tuple-table.ts';
import { ipProtocol } from '../../../src/services/ip-protocols.ts';
import {
  call,
  cooked,
  cooked2,
  ethernet,
  icmp,
  ip,
  link,
  tcp,
  udp,
  type Octets,
} from '../../support/captures.ts';

const A = '10.0.0.1';
const B = '10.0.0.2';
const A6 = '2001:db8::1';
const B6 = '2001:db8::2';
const NOTHING = new Uint8Array();
/** Octets before a frame in the buffer that it is in, which are not its own. */
const BEFORE = 64;

interface FrameOptions {
  readonly linkType?: number;
  /** Octets of it that were captured. */
  readonly captured?: number;
  readonly wireOctets?: number;
  readonly interface?: number;
}

function frameOf(packet: Octets, options: FrameOptions = {}): Frame {
  const { linkType = link.raw, wireOctets = packet.length, captured = packet.length } = options;
  // Behind what was captured there is something else.
  const octets = new Uint8Array(BEFORE + packet.length + 256).fill(0xee);
  octets.set(packet.subarray(0, captured), BEFORE);
  const [start, end] = [BEFORE, BEFORE + captured];
  return {
    ...{ number: 1, octets, start, end, wireOctets, linkType, seconds: 5, nanos: 6 },
    interface: options.interface ?? 0,
  };
}

const read = (packet: Octets, options?: FrameOptions) => new Packet().read(frameOf(packet, options));

/** With octets at a place changed. */
const changed = (packet: Octets, ...changes: readonly (readonly [at: number, octet: number])[]): Octets => {
  const octets = Uint8Array.from(packet);
  for (const [at, octet] of changes) octets[at] = octet;
  return octets;
};

const esp = (length = 0): Octets => ip(ipProtocol.esp, A, B, new Uint8Array(length));
const esp6 = (length = 0): Octets => ip(ipProtocol.esp, A6, B6, new Uint8Array(length));

describe('IPv4', () => {
  test.each<[what: string, packet: Octets, options: FrameOptions, reason: string | undefined]>([
    ['a header alone', esp(), {}, undefined],
    ['another version', changed(esp(), [0, 0x55]), {}, 'malformed'],
    ['another version, with room for any', changed(esp(100), [0, 0x55]), {}, 'malformed'],
    ['the first octets of a header', esp(), { captured: 3 }, 'too-short'],
    ['less than a header on the wire', esp().subarray(0, 19), {}, 'malformed'],
    ['less than a header captured', esp(), { captured: 19 }, 'too-short'],
    ['a header of less than its least', changed(esp(4), [0, 0x44]), {}, 'malformed'],
    ['a header with options', changed(esp(4), [0, 0x46]), {}, undefined],
    ['options that were not captured', changed(esp(4), [0, 0x46]), { captured: 22 }, 'too-short'],
    ['a header that is longer than the packet', changed(esp(4), [0, 0x47]), { wireOctets: 60 }, 'malformed'],
    ['a packet that is longer than what was on the wire', changed(esp(4), [3, 25]), {}, 'malformed'],
    ['a packet with padding behind it', changed(esp(4), [3, 20]), {}, undefined],
  ])('%s', (_, packet, options, reason) => {
    expect(read(packet, options)).toBe(reason);
  });

  test('its length, or that of the frame where segmentation offload has left none', () => {
    const packet = new Packet();
    packet.read(frameOf(esp(10)));
    expect(packet).toMatchObject({ ipOctets: 30, payloadOctets: 10, isIpv6: false, hops: 64, protocol: 50 });
    packet.read(frameOf(changed(esp(10), [2, 0], [3, 0]), { wireOctets: 70_000 }));
    expect(packet).toMatchObject({ ipOctets: 70_000, payloadOctets: 69_980 });
    expect(packet.end - packet.start).toBe(10);
    packet.read(frameOf(changed(esp(10), [3, 24])));
    expect(packet.end - packet.start).toBe(4);
  });
});

describe('IPv6', () => {
  const headers = (...extensions: readonly (readonly [number, Octets])[]): Octets =>
    ip(ipProtocol.udp, A6, B6, udp(1, 2), { extensions });
  /** A header of that many octets; the first says which is next. */
  const header = (octets: number, length = octets / 8 - 1): Octets =>
    Uint8Array.from([length, ...new Uint8Array(octets - 2).fill(9)]);
  const whole = new Uint8Array(7);
  const at = 40;

  test.each<[what: string, packet: Octets, options: FrameOptions, reason: string | undefined]>([
    ['a header alone', esp6(), {}, undefined],
    ['another version', changed(esp6(), [0, 0x50]), {}, 'malformed'],
    ['less than a header on the wire', esp6().subarray(0, 39), {}, 'malformed'],
    ['less than a header captured', esp6(), { captured: 39 }, 'too-short'],
    ['a packet that is longer than what was on the wire', changed(esp6(4), [5, 5]), {}, 'malformed'],
    ['options', headers([0, header(8)]), {}, undefined],
    [
      'options, routing and options',
      headers([0, header(8)], [43, header(24)], [60, header(16)]),
      {},
      undefined,
    ],
    ['authentication, whose length is in words', headers([51, header(24, 4)]), {}, undefined],
    ['options that were not captured', headers([0, header(8)]), { captured: at + 7 }, 'too-short'],
    ['options of which one octet was captured', headers([0, header(8)]), { captured: at + 1 }, 'too-short'],
    [
      'options before what has no ports',
      ip(ipProtocol.esp, A6, B6, new Uint8Array(40), { extensions: [[0, header(24)]] }),
      { captured: at + 20 },
      'too-short',
    ],
    [
      'options of which the first octets were captured',
      headers([0, header(24)]),
      { captured: at + 20 },
      'too-short',
    ],
    ['options that are longer than the packet', headers([0, header(8, 5)]), {}, 'malformed'],
    [
      'options in a packet of less',
      changed(headers([0, header(8)]).subarray(0, at + 7), [5, 7]),
      {},
      'malformed',
    ],
    ['nothing behind options', ip(59, A6, B6, NOTHING, { extensions: [[0, header(8)]] }), {}, undefined],
    [
      'nothing behind long options',
      ip(59, A6, B6, NOTHING, { extensions: [[0, header(16)]] }),
      {},
      undefined,
    ],
  ])('%s', (_, packet, options, reason) => {
    expect(read(packet, options)).toBe(reason);
  });

  test('what is inside is behind the extensions', () => {
    const packet = new Packet();
    packet.read(
      frameOf(headers([0, header(8)], [51, header(24, 4)], [44, changed(whole, [0, 5])], [60, header(16)])),
    );
    expect(packet).toMatchObject({
      ...{ isIpv6: true, protocol: 17, sourcePort: 1, destinationPort: 2, payloadOctets: 8 },
      // A fragment header of a packet in one piece is none.
      isFirstFragment: undefined,
      hops: 64,
      start: BEFORE + 40 + 8 + 24 + 8 + 16,
    });
  });

  test('its length, or that of the frame where there is none', () => {
    const packet = new Packet();
    packet.read(frameOf(esp6(10)));
    expect(packet).toMatchObject({ ipOctets: 50, payloadOctets: 10 });
    packet.read(frameOf(changed(esp6(10), [5, 0]), { wireOctets: 90_040 }));
    expect(packet).toMatchObject({ ipOctets: 90_040, payloadOctets: 90_000 });
    expect(packet.end - packet.start).toBe(10);
    packet.read(frameOf(changed(esp6(10), [5, 4])));
    expect(packet.end - packet.start).toBe(4);
  });

  test('a fragment, of which only the first has ports', () => {
    const fragment = (offset: number, more: 0 | 1): Octets =>
      Uint8Array.from([0, offset >> 8, (offset & 0xf8) | more, 1, 2, 3, 4]);
    const packet = new Packet();
    expect(packet.read(frameOf(headers([44, fragment(0, 1)])))).toBeUndefined();
    expect(packet).toMatchObject({ isFirstFragment: true, fragmentId: 0x01020304, sourcePort: 1 });
    expect(packet.read(frameOf(headers([44, fragment(800, 0)])))).toBeUndefined();
    expect(packet).toMatchObject({ isFirstFragment: false, fragmentId: 0x01020304, sourcePort: 0 });
    // What is in the place of the next header is data.
    const behind = ip(60, A6, B6, NOTHING, { extensions: [[44, fragment(800, 1)]] });
    expect(packet.read(frameOf(behind))).toBeUndefined();
    expect(packet).toMatchObject({ isFirstFragment: false, protocol: 60 });
    packet.read(frameOf(headers()));
    expect(packet.isFirstFragment).toBeUndefined();
  });
});

describe('what is inside', () => {
  const inside = (protocol: number, octets: Octets): Octets => ip(protocol, A, B, octets);
  const ports = Uint8Array.from([0, 1, 0, 2]);
  const gre = call(7).subarray(0, 8);
  const plain = Uint8Array.from([0, 0, 8, 0]);

  test.each<[what: string, packet: Octets, options: FrameOptions, reason: string | undefined]>([
    ...[6, 17, 33, 132, 136].flatMap((protocol): [string, Octets, FrameOptions, string | undefined][] => [
      [`ports of ${protocol} alone`, inside(protocol, ports), {}, undefined],
      [`less than ports of ${protocol}`, inside(protocol, ports.subarray(0, 3)), {}, 'malformed'],
      [`ports of ${protocol} that were not captured`, inside(protocol, ports), { captured: 23 }, 'too-short'],
    ]),
    ['a query of ICMP alone', inside(1, icmp(8, 7)), {}, undefined],
    ['less than a query', inside(1, icmp(8, 7).subarray(0, 7)), {}, 'malformed'],
    ['a query that was not captured', inside(1, icmp(8, 7)), { captured: 27 }, 'too-short'],
    ['an error of ICMP', inside(1, icmp(3, 7)), {}, 'no-session'],
    ['a query of ICMP for an address mask', inside(1, icmp(17, 7)), {}, undefined],
    ['a type of ICMPv6 in ICMP', inside(1, icmp(128, 7)), {}, 'no-session'],
    ['a call of GRE', inside(47, gre), {}, undefined],
    ['less than a call', inside(47, gre.subarray(0, 7)), {}, 'malformed'],
    ['a call that was not captured', inside(47, gre), { captured: 27 }, 'too-short'],
    ['GRE of another version', inside(47, plain), {}, undefined],
    ['less than GRE', inside(47, plain.subarray(0, 3)), {}, 'malformed'],
    ['GRE that was not captured', inside(47, gre), { captured: 23 }, 'too-short'],
    ['GRE without anything behind, that was not captured', inside(47, plain), { captured: 23 }, 'too-short'],
    ['GRE of version 1 with another protocol', inside(47, changed(plain, [1, 1])), {}, undefined],
    ['GRE of version 0 with PPP', inside(47, changed(plain, [2, 0x88], [3, 0x0b])), {}, undefined],
  ])('%s', (_, packet, options, reason) => {
    expect(read(packet, options)).toBe(reason);
  });

  test('is in its place, and nothing of the packet before', () => {
    const packet = new Packet();
    packet.read(frameOf(inside(47, call(0x1234))));
    expect(packet).toMatchObject({ hasCallId: true, destinationPort: 0x1234, sourcePort: 0 });
    packet.read(frameOf(inside(1, icmp(8, 0x5678))));
    expect(packet).toMatchObject({
      hasCallId: false,
      isAnswer: false,
      sourcePort: 0x5678,
      destinationPort: 8,
    });
    packet.read(frameOf(inside(1, icmp(0, 0x5678))));
    expect(packet).toMatchObject({ isAnswer: true, sourcePort: 8, destinationPort: 0x5678 });
    packet.read(frameOf(inside(6, tcp(3, 4))));
    expect(packet).toMatchObject({ isAnswer: undefined, sourcePort: 3, destinationPort: 4 });
    packet.read(frameOf(inside(50, ports)));
    expect(packet).toMatchObject({ sourcePort: 0, destinationPort: 0, seconds: 5, nanos: 6 });
    packet.read(frameOf(inside(47, changed(call(9), [1, 0]))));
    expect(packet).toMatchObject({ hasCallId: false, destinationPort: 0 });
  });
});

describe('the frame around it', () => {
  const whole = ethernet(esp());
  test.each<[what: string, frame: Octets, options: FrameOptions, reason: string | undefined]>([
    ['nothing', NOTHING, {}, 'not-ip'],
    ['nothing that was captured', esp(), { captured: 0 }, 'too-short'],
    ['a header of Ethernet', whole, { linkType: link.ethernet, captured: 14 }, 'too-short'],
    ['a header of Ethernet and nothing behind', whole.subarray(0, 14), { linkType: link.ethernet }, 'not-ip'],
    ['less than a header of Ethernet', whole, { linkType: link.ethernet, captured: 13 }, 'too-short'],
    ['less than a header on the wire', whole.subarray(0, 13), { linkType: link.ethernet }, 'not-ip'],
    ['less than a cooked header', cooked2(esp()), { linkType: link.cooked2, captured: 19 }, 'too-short'],
    ['an octet of a cooked header', cooked2(esp()), { linkType: link.cooked2, captured: 1 }, 'too-short'],
    ['a cooked header', cooked2(esp()), { linkType: link.cooked2, captured: 20 }, 'too-short'],
    ['a cooked frame', cooked2(esp()), { linkType: link.cooked2 }, undefined],
    [
      'a cooked frame of another protocol',
      changed(cooked2(esp()), [1, 6]),
      { linkType: link.cooked2 },
      'not-ip',
    ],
    ['a link of another type', esp(), { linkType: 999 }, 'link-type'],
    ['an old service tag', ethernet(esp(), [[0x9100, 5]]), { linkType: link.ethernet }, undefined],
    ['an unknown tag', ethernet(esp(), [[0x9999, 5]]), { linkType: link.ethernet }, 'not-ip'],
    [
      'a tag and nothing behind',
      ethernet(esp(), [[0x8100, 5]]),
      { linkType: link.ethernet, captured: 17 },
      'too-short',
    ],
  ])('%s', (_, frame, options, reason) => {
    expect(read(frame, options)).toBe(reason);
  });

  test('tells the place, by the interface of the capture and that of the link', () => {
    const placeOf = (frame: Octets, options: FrameOptions): number => {
      const packet = new Packet();
      packet.read(frameOf(frame, options));
      return packet.place;
    };
    const places = [
      placeOf(esp(), {}),
      placeOf(esp(), { interface: 1 }),
      placeOf(cooked(esp(), true), { linkType: link.cooked }),
      placeOf(cooked(esp(), true), { linkType: link.cooked, interface: 1 }),
      placeOf(cooked2(esp(), 2), { linkType: link.cooked2 }),
      placeOf(cooked2(esp(), 65_538), { linkType: link.cooked2 }),
      placeOf(cooked2(esp(), 65_536), { linkType: link.cooked2 }),
    ];
    expect(new Set(places).size).toBe(places.length);
    expect(placeOf(cooked(esp()), { linkType: link.cooked })).toBe(places[0]);
    expect(placeOf(ethernet(esp()), { linkType: link.ethernet })).toBe(places[0]);
    expect(placeOf(changed(ethernet(esp()), [0, 0], [1, 4]), { linkType: link.ethernet })).toBe(places[0]);
  });
});

describe('the key', () => {
  const keyOf = (packet: Octets): { readonly key: readonly number[]; readonly isSwapped: boolean } => {
    const read = new Packet();
    read.read(frameOf(packet));
    read.setKey();
    expect(read.key).toHaveLength(KEY_WORDS);
    return { key: [...read.key], isSwapped: read.isSwapped };
  };

  test.each<[what: string, there: Octets, back: Octets]>([
    ['TCP', ip(6, A, B, tcp(5, 6)), ip(6, B, A, tcp(6, 5))],
    ['UDP of IPv6', ip(17, A6, B6, udp(5, 6)), ip(17, B6, A6, udp(6, 5))],
    ['a host that talks to itself', ip(17, A, A, udp(5, 6)), ip(17, A, A, udp(6, 5))],
    ['a query', ip(1, A, B, icmp(8, 5)), ip(1, B, A, icmp(0, 5))],
    ['a query of a host of itself', ip(1, A, A, icmp(8, 5)), ip(1, A, A, icmp(0, 5))],
    ['a query with a small identifier', ip(1, A, A, icmp(8, 1)), ip(1, A, A, icmp(0, 1))],
  ])('of %s is the same both ways, which are told apart', (_, there, back) => {
    const [one, other] = [keyOf(there), keyOf(back)];
    expect(one.key).toEqual(other.key);
    expect(one.isSwapped).toBe(!other.isSwapped);
  });

  test('has the lower address first, the port of each, protocol and family', () => {
    const { key, isSwapped } = keyOf(ip(17, B, A, udp(0xffff, 6)));
    expect(key[keyWord.first]).toBe(0x0a000001);
    expect(key[keyWord.second]).toBe(0x0a000002);
    expect(key[keyWord.ports]).toBe(0x0006ffff);
    expect(key[keyWord.kind]).toBe(34);
    expect(isSwapped).toBe(true);
    expect(keyOf(ip(17, A6, B6, udp(0xffff, 6))).key.slice(0, 10)).toEqual([
      ...[0x20010db8, 0, 0, 1, 0x20010db8, 0, 0, 2, 0xffff0006, 35],
    ]);
    expect(keyOf(ip(17, A, A, udp(5, 5))).isSwapped).toBe(false);
  });
});

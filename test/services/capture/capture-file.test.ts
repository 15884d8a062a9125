/** Tests of the forms of captures: byte orders, resolutions, interfaces, link layers, and files that are cut. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { captureFormOf } from '../../../src/services/capture/capture-file.ts';
import { FRAME_OCTETS_MAX } from '../../../src/services/capture/frame.ts';
import { VLAN_TAGS_MAX } from '../../../src/services/capture/link-layers.ts';
import { EXTENSION_HEADERS_MAX } from '../../../src/services/capture/packet.ts';
import { CAPTURE_INTERFACES_MAX } from '../../../src/services/capture/pcapng.ts';
import { ipProtocol } from '../../../src/services/ip-protocols.ts';
import { connectionText, readCapture } from '../../support/captured-sessions.ts';
import {
  block,
  cooked,
  cooked2,
  ethernet,
  interfaceBlock,
  ip,
  link,
  loopback,
  packetBlock,
  pcap,
  pcapng,
  Scene,
  sectionBlock,
  simpleBlock,
  udp,
  type Octets,
} from '../../support/captures.ts';
import { many } from '../../support/many.ts';

const WALL_NANOS = 1_795_000_000_123_456_789n;
const MICROS = WALL_NANOS / 1000n;
const datagram = ip(ipProtocol.udp, '10.0.0.1', '10.0.0.2', udp(1000, 2000));
const answer = ip(ipProtocol.udp, '10.0.0.2', '10.0.0.1', udp(2000, 1000));
const datagram6 = ip(ipProtocol.udp, '2001:db8::1', '2001:db8::2', udp(1000, 2000));
const frame = { octets: ethernet(datagram), wallNanos: WALL_NANOS };
const FOUND = '17 10.0.0.1:1000 10.0.0.2:2000 1/28 0/0';
const FOUND_BOTH = '17 10.0.0.1:1000 10.0.0.2:2000 1/28 1/28';
const FOUND_6 = '17 2001:db8::1:1000 2001:db8::2:2000 1/48 0/0';

const textsOf = (octets: Octets): readonly string[] => readCapture(octets).connections.map(connectionText);
const startOf = (octets: Octets): bigint | undefined => readCapture(octets).connections[0]?.startedWallNanos;

const numbered = (sections: readonly Octets[]): Octets => Buffer.concat(sections);

describe('pcap', () => {
  it.each([
    [true, 1000],
    [false, 1000],
    [true, 1],
    [false, 1],
  ] as const)('little-endian: %s, units of %i ns', (isLittle, unitNanos) => {
    const file = pcap([frame], { isLittle, unitNanos });
    expect(captureFormOf(file)).toBe('pcap');
    expect(textsOf(file)).toEqual([FOUND]);
    expect(startOf(file)).toBe(unitNanos === 1 ? WALL_NANOS : MICROS * 1000n);
  });

  it('says where it is damaged, and what was before it stays', () => {
    const file = Buffer.from(pcap([frame, frame]));
    const second = 24 + 16 + frame.octets.length;
    file.writeUInt32LE(FRAME_OCTETS_MAX, second + 8);
    expect(readCapture(file)).toMatchObject({ frames: 1, damage: 'cut' });
    file.writeUInt32LE(FRAME_OCTETS_MAX + 1, second + 8);
    expect(readCapture(file)).toMatchObject({ frames: 1, damage: 'damaged' });
    expect(textsOf(file)).toEqual([FOUND]);
  });

  it('is read alike in pieces of any length, and cut anywhere has the frames before', () => {
    const file = pcap([frame, frame, frame]);
    for (const chunk of [1, 7, 61, 1000]) expect(readCapture(file, { chunk }).frames).toBe(3);
    const size = 16 + frame.octets.length;
    for (let length = 4; length <= file.length; length += 1) {
      const { frames, damage } = readCapture(file.subarray(0, length));
      expect(frames).toBe(Math.max(0, Math.floor((length - 24) / size)));
      const isWhole = length >= 24 && (length - 24) % size === 0;
      expect(damage, `${length} octets`).toBe(isWhole ? undefined : 'cut');
    }
  });
});

describe('pcapng', () => {
  it.each([true, false])('little-endian: %s', (isLittle) => {
    const file = pcapng([frame], [{}], isLittle);
    expect(captureFormOf(file)).toBe('pcapng');
    expect(textsOf(file)).toEqual([FOUND]);
    expect(startOf(file)).toBe(MICROS * 1000n);
  });

  it.each([
    [6, MICROS, MICROS * 1000n],
    [9, WALL_NANOS, WALL_NANOS],
    [10, WALL_NANOS * 10n, WALL_NANOS],
    [0, 1_795_000_000n, 1_795_000_000_000_000_000n],
    [0x80 | 10, 1_795_000_000n * 1024n + 512n, 1_795_000_000_500_000_000n],
  ])('a resolution of %i', (resolution, units, wallNanos) => {
    const blocks = [sectionBlock(), interfaceBlock({ resolution }), packetBlock(frame.octets, units)];
    expect(startOf(numbered(blocks))).toBe(wallNanos);
  });

  it('an offset is added, and a resolution finer than can be told is damage', () => {
    const offset = interfaceBlock({ offsetSeconds: 1_795_000_000 });
    expect(startOf(numbered([sectionBlock(), offset, packetBlock(frame.octets, 1_000_000n)]))).toBe(
      1_795_000_001_000_000_000n,
    );
    const finest = [sectionBlock(), interfaceBlock({ resolution: 20 }), packetBlock(frame.octets, 1n)];
    expect(readCapture(numbered(finest))).toMatchObject({ frames: 0, damage: 'damaged' });
  });

  it('has interfaces of several link types, sections of several orders, and blocks that are passed over', () => {
    const comment = block(0x0bad, new Uint8Array(100_000));
    const file = numbered([
      pcapng(
        [frame, { octets: datagram6, wallNanos: WALL_NANOS, interface: 1 }],
        [{}, { linkType: link.raw }],
      ),
      comment,
      pcapng([{ octets: loopback(answer), wallNanos: WALL_NANOS }], [{ linkType: link.null }], false),
    ]);
    for (const chunk of [5, 65_536])
      expect(readCapture(file, { chunk }).connections.map(connectionText)).toEqual([FOUND_BOTH, FOUND_6]);
  });

  it('has simple packets, whose time is that of the one before', () => {
    const blocks = [sectionBlock(), interfaceBlock(), packetBlock(frame.octets, MICROS)];
    const file = numbered([...blocks, simpleBlock(ethernet(answer))]);
    expect(textsOf(file)).toEqual([FOUND_BOTH]);
  });

  it.each([
    ['a packet of an interface that is not there', [packetBlock(frame.octets, MICROS, 1)]],
    ['a simple packet without an interface', [sectionBlock(), simpleBlock(frame.octets)]],
    ['a section without its byte order', [block(0x0a0d0d0a, new Uint8Array(16))]],
    ['more interfaces than one has', new Array<Octets>(CAPTURE_INTERFACES_MAX).fill(interfaceBlock())],
  ])('%s is damage', (_, blocks) => {
    const file = numbered([pcapng([frame]), ...blocks, packetBlock(frame.octets, MICROS)]);
    expect(readCapture(file)).toMatchObject({ frames: 1, damage: 'damaged' });
  });

  it('a block whose lengths differ is damage', () => {
    const file = Buffer.from(pcapng([frame]));
    file.writeUInt32LE(8, file.length - 4);
    expect(readCapture(file)).toMatchObject({ frames: 0, damage: 'damaged' });
  });
});

describe('link layers', () => {
  const wrap = (octets: Octets, linkType: number): Octets =>
    pcap([{ octets, wallNanos: WALL_NANOS }], { linkType });
  it.each([
    ['Ethernet', link.ethernet, ethernet],
    ['VLAN', link.ethernet, (packet: Octets) => ethernet(packet, [[0x8100, 7]])],
    [
      'QinQ',
      link.ethernet,
      (packet: Octets) =>
        ethernet(packet, [
          [0x88a8, 7],
          [0x8100, 8],
        ]),
    ],
    ['Linux cooked', link.cooked, cooked],
    ['Linux cooked, version 2', link.cooked2, cooked2],
    ['raw IP', link.raw, (packet: Octets) => packet],
    ['null', link.null, loopback],
    ['loop', link.loop, loopback],
  ] as const)('%s', (_, linkType, make) => {
    expect(textsOf(wrap(make(datagram), linkType))).toEqual([FOUND]);
    expect(textsOf(wrap(make(datagram6), linkType))).toEqual([FOUND_6]);
  });

  it('of other types are counted', () => {
    expect(readCapture(wrap(datagram, 105)).passed).toEqual({ 'link-type': 1 });
  });

  it('tags are as many as there are, up to a bound', () => {
    const tags = (count: number) => new Array<readonly [number, number]>(count).fill([0x8100, 1]);
    expect(textsOf(wrap(ethernet(datagram, tags(VLAN_TAGS_MAX)), 1))).toEqual([FOUND]);
    expect(readCapture(wrap(ethernet(datagram, tags(VLAN_TAGS_MAX + 1)), 1)).passed).toEqual({ 'not-ip': 1 });
  });
});

describe('packets of IP', () => {
  const of = (packet: Octets, wireOctets?: number) =>
    readCapture(
      pcap([{ octets: ethernet(packet), wallNanos: WALL_NANOS, ...(wireOctets && { wireOctets }) }]),
    );

  it('IPv6 extension headers are passed, up to a bound', () => {
    const headers = (count: number) =>
      new Array<readonly [number, Octets]>(count).fill([60, new Uint8Array(7)]);
    const packet = (count: number) =>
      ip(ipProtocol.udp, '2001:db8::1', '2001:db8::2', udp(1000, 2000), { extensions: headers(count) });
    expect(of(packet(EXTENSION_HEADERS_MAX)).connections).toHaveLength(1);
    expect(of(packet(EXTENSION_HEADERS_MAX + 1)).passed).toEqual({ malformed: 1 });
  });

  it('lengths that lie are malformed', () => {
    const lie = (length: number): Octets =>
      ip(ipProtocol.udp, '10.0.0.1', '10.0.0.2', udp(1000, 2000), { length });
    expect(of(lie(65_535)).passed).toEqual({ malformed: 1 });
    expect(of(lie(19)).passed).toEqual({ malformed: 1 });
    expect(of(lie(22)).passed).toEqual({ malformed: 1 });
  });

  it('what was captured too short is counted in full where its session is told, and otherwise named', () => {
    const long = ip(ipProtocol.udp, '10.0.0.1', '10.0.0.2', udp(1000, 2000, new Uint8Array(65_507)));
    expect(long).toHaveLength(65_535);
    const cut = (octets: number) => of(long.subarray(0, octets), 14 + long.length);
    expect(of(long).connections.map(connectionText)).toEqual(['17 10.0.0.1:1000 10.0.0.2:2000 1/65535 0/0']);
    expect(cut(24).connections.map(connectionText)).toEqual(['17 10.0.0.1:1000 10.0.0.2:2000 1/65535 0/0']);
    for (const octets of [1, 19, 20, 23]) expect(cut(octets).passed, `${octets}`).toEqual({ 'too-short': 1 });
  });

  it('a length of 0, which segmentation offload leaves, is that on the wire', () => {
    const packet = ip(ipProtocol.udp, '10.0.0.1', '10.0.0.2', udp(1000, 2000), { length: 0 });
    expect(of(packet, 14 + 80_000).connections.map(connectionText)).toEqual([
      '17 10.0.0.1:1000 10.0.0.2:2000 1/80000 0/0',
    ]);
  });
});

describe('whatever octets there are', () => {
  const scene = new Scene();
  scene.connect('10.0.0.1', 1000, '10.0.0.2', 21).says('PASV\r\n').answers('227 (10,0,0,2,9,9)\r\n').close();
  scene.connect('2001:db8::1', 1001, '2001:db8::2', 554).says('SETUP\r\nTransport: x;client_port=4-5\r\n');
  scene.datagram('10.0.0.1', 5060, '10.0.0.2', 5060, 'v=0\r\nc=IN IP4 10.0.0.1\r\nm=audio 4000 x\r\n');
  scene.datagram('10.0.0.1', 700, '10.0.0.2', 111, new Uint8Array(56));
  const files = [pcap(scene.frames), pcapng(scene.frames), pcap(scene.frames, { isLittle: false })];

  it('changed anywhere, a file is read to its end, or to where it is damaged', () => {
    const change = fc.record({
      file: fc.constantFrom(...files),
      at: fc.nat(4000),
      replacement: fc.uint8Array({ maxLength: 40 }),
      cut: fc.boolean(),
      chunk: fc.integer({ min: 1, max: 700 }),
    });
    fc.assert(
      fc.property(change, ({ file, at, replacement, cut, chunk }) => {
        const place = 4 + (at % (file.length - 4));
        const changed = Buffer.concat([
          file.subarray(0, place),
          replacement,
          cut ? Buffer.alloc(0) : file.subarray(place + replacement.length),
        ]);
        const { connections, frames } = readCapture(changed, { chunk });
        expect(connections.length).toBeLessThanOrEqual(frames);
        for (const { originalCounters, replyCounters } of connections)
          expect(originalCounters!.packets + replyCounters!.packets).toBeGreaterThan(0);
      }),
      { numRuns: many(400), seed: 1 },
    );
  });

  it('as packets, every octet of a header changed: no session has more than was there', () => {
    const packets = fc.record({
      octets: fc.uint8Array({ minLength: 1, maxLength: 120 }),
      version: fc.constantFrom(0x45, 0x60, 0x4f, 0x00),
      linkType: fc.constantFrom(...Object.values(link)),
    });
    fc.assert(
      fc.property(packets, ({ octets, version, linkType }) => {
        const packet = Uint8Array.from([version, ...octets]);
        const { connections } = readCapture(pcap([{ octets: packet, wallNanos: WALL_NANOS }], { linkType }));
        for (const { originalCounters, replyCounters } of connections)
          expect(originalCounters!.octets + replyCounters!.octets).toBeLessThanOrEqual(packet.length);
      }),
      { numRuns: many(2000), seed: 1 },
    );
  });
});

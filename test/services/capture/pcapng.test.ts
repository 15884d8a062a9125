/** Blocks of captures, down to the octets of their heads: what is a frame of them, and what is damage. */
import { describe, expect, test } from 'vitest';
import { CaptureFile, captureFormOf } from '../../../src/services/capture/capture-file.ts';
import { FRAME_OCTETS_MAX, type Frame } from '../../../src/services/capture/frame.ts';
import {
  block,
  interfaceBlock,
  packetBlock,
  sectionBlock,
  simpleBlock,
  type Octets,
} from '../../support/captures.ts';

interface Read {
  readonly frames: readonly (Omit<Frame, 'octets' | 'start' | 'end'> & { readonly data: string })[];
  readonly damage: string | undefined;
}

function read(parts: readonly Octets[], chunk = 1 << 20): Read {
  const octets = Buffer.concat(parts);
  const frames: Read['frames'][number][] = [];
  const file = new CaptureFile(captureFormOf(octets)!, ({ octets: all, start, end, ...rest }) => {
    frames.push({ ...rest, data: Buffer.from(all.subarray(start, end)).toString('latin1') });
  });
  for (let at = 0; at < octets.length; at += chunk) file.take(octets.subarray(at, at + chunk));
  file.end();
  return { frames, damage: file.damage };
}

const words = (isLittle: boolean, ...values: readonly number[]): Octets => {
  const view = new DataView(new ArrayBuffer(4 * values.length));
  values.forEach((value, at) => view.setUint32(4 * at, value, isLittle));
  return new Uint8Array(view.buffer);
};
const letters = (text: string): Octets => Buffer.from(text, 'latin1');

interface Described {
  readonly linkType?: number;
  readonly snapOctets?: number;
  readonly options?: readonly (readonly [code: number, value: Octets])[];
  /** Behind the options, in place of their end. */
  readonly rest?: Octets;
}

function interfaceOf({ linkType = 1, snapOctets = 0, options = [], rest }: Described = {}): Octets {
  const head = Buffer.alloc(8);
  head.writeUInt16LE(linkType, 0);
  head.writeUInt32LE(snapOctets, 4);
  const written = options.map(([code, value]) => {
    const one = Buffer.alloc(4 + ((value.length + 3) & ~3));
    one.writeUInt16LE(code, 0);
    one.writeUInt16LE(value.length, 2);
    one.set(value, 4);
    return one;
  });
  return block(1, Buffer.concat([head, ...written, rest ?? Buffer.alloc(4)]));
}

const resolution = (octet: number): readonly [number, Octets] => [9, Uint8Array.from([octet])];
const offset = (low: number, high = 0): readonly [number, Octets] => [14, words(true, low, high)];

/** The time of a frame at so many units, of an interface with these options. */
function timeOf(
  units: bigint,
  ...options: readonly (readonly [number, Octets])[]
): readonly number[] | string {
  const { frames, damage } = read([
    sectionBlock(),
    interfaceOf({ options }),
    packetBlock(letters('x'), units),
  ]);
  return frames[0] === undefined ? damage! : [frames[0].seconds, frames[0].nanos];
}

describe('options of an interface', () => {
  const comment = (text: string): readonly [number, Octets] => [1, letters(text)];

  test.each<[what: string, options: (readonly [number, Octets])[], time: readonly number[] | string]>([
    ['none', [], [5, 1000]],
    ['nanoseconds', [resolution(9)], [0, 5_000_001]],
    [
      'behind comments of any length',
      [comment('a'), comment('abcd'), comment('abcde'), resolution(9)],
      [0, 5_000_001],
    ],
    ['behind the end', [[0, letters('')], resolution(9)], [5, 1000]],
    ['of another length', [[9, Uint8Array.from([9, 0])]], [5, 1000]],
    ['of another name, as long', [[8, Uint8Array.from([9])]], [5, 1000]],
    ['an offset', [offset(7)], [12, 1000]],
    ['an offset of another length', [[14, words(true, 7)]], [5, 1000]],
    ['of another name, as long as an offset', [[13, words(true, 7, 0)]], [5, 1000]],
    ['both', [offset(7), resolution(9)], [7, 5_000_001]],
    ['an offset back', [offset(0xfffffffc, 0xffffffff)], [1, 1000]],
    ['an offset to the beginning', [offset(0xfffffffb, 0xffffffff)], [0, 1000]],
    ['an offset to before the beginning', [offset(0xfffffffa, 0xffffffff)], 'damaged'],
    ['an offset of half of all seconds', [offset(0xfffffffa, 1)], [2 ** 33 - 1, 1000]],
    ['an offset of all seconds', [offset(0xfffffffb, 1)], [2 ** 33, 1000]],
    ['an offset of more seconds', [offset(0xfffffffc, 1)], 'damaged'],
  ])('%s', (_, options, time) => {
    expect(timeOf(5_000_001n, ...options)).toEqual(time);
  });

  test('are not read beyond their block', () => {
    const cut = (length: number): Octets => Uint8Array.from([9, 0, length, 0, 9, 0, 0, 0]);
    for (const rest of [cut(1), cut(4)]) {
      const { damage, frames } = read([sectionBlock(), interfaceOf({ rest }), packetBlock(letters('x'), 5n)]);
      expect([damage, frames[0]?.nanos]).toEqual([undefined, rest[2] === 1 ? 5 : 5000]);
    }
    const beyond = interfaceOf({ rest: cut(5) });
    expect(read([sectionBlock(), beyond, packetBlock(letters('x'), 5n)]).frames[0]?.nanos).toBe(5000);
    const none = block(1, Buffer.alloc(8));
    expect(read([sectionBlock(), none, packetBlock(letters('x'), 5n)]).frames[0]?.nanos).toBe(5000);
  });

  test('in the other order, too', () => {
    const at = (offsetSeconds: number) =>
      read([
        sectionBlock(false),
        interfaceBlock({ resolution: 9, offsetSeconds }, false),
        packetBlock(letters('x'), 5_000_001n, 0, false),
      ]).frames[0];
    expect(at(7)).toMatchObject({ seconds: 7, nanos: 5_000_001 });
    expect(at(0x12345678)).toMatchObject({ seconds: 0x12345678, nanos: 5_000_001 });
  });

  test.each<[octet: number, units: bigint, time: readonly number[] | string]>([
    [0, 7n, [7, 0]],
    [13, 12_345_678_901_234_567n, [1234, 567_890_123]],
    [14, 1n, 'damaged'],
    [0x80 | 44, 2n ** 44n + 2n ** 43n, [1, 500_000_000]],
    [0x80 | 45, 1n, 'damaged'],
    [9, 2n ** 63n, 'damaged'],
  ])('a resolution of %i', (octet, units, time) => {
    expect(timeOf(units, resolution(octet))).toEqual(time);
  });

  test('the latest time there is', () => {
    expect(timeOf(2n ** 33n, resolution(0))).toEqual([2 ** 33, 0]);
    expect(timeOf(2n ** 33n + 1n, resolution(0))).toBe('damaged');
    expect(timeOf(0n)).toEqual([0, 0]);
  });
});

describe('packets', () => {
  const section = [sectionBlock(), interfaceOf({ linkType: 101 }), interfaceOf({ linkType: 1 })];
  /** `head`: of its five words. */
  const enhanced = (head: readonly number[], data: string, type = 6): Octets =>
    block(type, Buffer.concat([words(true, ...head), letters(data)]));

  test('have the octets that were captured, and say how many there were', () => {
    const { frames } = read([
      ...section,
      enhanced([1, 0, 7, 3, 1500], 'abc'),
      enhanced([0, 0, 8, 4, 2], 'abcd'),
    ]);
    expect(frames).toEqual([
      { number: 1, data: 'abc', wireOctets: 1500, linkType: 1, interface: 1, seconds: 0, nanos: 7000 },
      { number: 2, data: 'abcd', wireOctets: 4, linkType: 101, interface: 0, seconds: 0, nanos: 8000 },
    ]);
  });

  test('of old tools have 16 bits of the interface, and of drops', () => {
    const { frames, damage } = read([...section, enhanced([1 | (9 << 16), 0, 7, 3, 3], 'abc', 2)]);
    expect([frames[0]?.interface, damage]).toEqual([1, undefined]);
    expect(read([...section, enhanced([1 | (9 << 16), 0, 7, 3, 3], 'abc', 6)]).damage).toBe('damaged');
  });

  test('have no more than their block has', () => {
    expect(read([...section, enhanced([0, 0, 7, 4, 4], 'abcd')]).damage).toBeUndefined();
    expect(read([...section, enhanced([0, 0, 7, 5, 5], 'abcd')])).toMatchObject({
      frames: [],
      damage: 'damaged',
    });
  });

  test('of a later section count interfaces on', () => {
    const { frames } = read([
      ...section,
      sectionBlock(),
      interfaceOf(),
      interfaceOf(),
      enhanced([1, 0, 7, 1, 1], 'a'),
    ]);
    expect(frames[0]?.interface).toBe(3);
    const third = [...section, sectionBlock(), interfaceOf(), sectionBlock(), interfaceOf()];
    expect(read([...third, enhanced([0, 0, 7, 1, 1], 'a')]).frames[0]?.interface).toBe(3);
    expect(read([...section, sectionBlock(), enhanced([0, 0, 7, 1, 1], 'a')]).damage).toBe('damaged');
  });

  test('that are simple are as long as they were, as is kept of each, and as there is room', () => {
    const simple = (wireOctets: number, data: string): Octets =>
      block(3, Buffer.concat([words(true, wireOctets), letters(data)]));
    const of = (snapOctets: number, packet: Octets) => {
      const { frames } = read([sectionBlock(), interfaceOf({ snapOctets }), packet]);
      return [frames[0]?.data, frames[0]?.wireOctets];
    };
    expect(of(0, simpleBlock(letters('abcd')))).toEqual(['abcd', 4]);
    expect(of(0, simple(3, 'abc'))).toEqual(['abc', 3]);
    expect(of(2, simple(1500, 'ab'))).toEqual(['ab', 1500]);
    expect(of(0, simple(1500, 'abcd'))).toEqual(['abcd', 1500]);
    expect(of(100, simple(4, 'abcd'))).toEqual(['abcd', 4]);
  });
});

describe('lengths of blocks', () => {
  const good = [sectionBlock(), interfaceOf(), packetBlock(letters('abcd'), 5n)];
  const raw = (type: number, length: number, octets = Math.max(12, length)): Octets => {
    const made = Buffer.alloc(octets);
    made.writeUInt32LE(type, 0);
    made.writeUInt32LE(length, 4);
    if (length >= 12 && length <= octets) made.writeUInt32LE(length, length - 4);
    return made;
  };
  const told = (part: Octets) => {
    const { frames, damage } = read([...good, part, packetBlock(letters('x'), 5n)]);
    return [frames.length, damage];
  };

  test.each<[what: string, part: Octets, frames: number, damage: string | undefined]>([
    ['the least there is, of what is passed over', raw(0xbad, 12), 2, undefined],
    ['less', raw(0xbad, 8), 1, 'damaged'],
    ['none', raw(0xbad, 0), 1, 'damaged'],
    ['what is no multiple of four', raw(0xbad, 14, 16), 1, 'damaged'],
    ['a packet of less than its head', raw(6, 28), 1, 'damaged'],
    ['a packet of its head alone', raw(6, 32), 3, undefined],
    ['a section of less', raw(0x0a0d0d0a, 12), 1, 'damaged'],
    ['an interface of less', raw(1, 16), 1, 'damaged'],
    ['a packet of more than there is room for', raw(6, FRAME_OCTETS_MAX + 65_540, 64), 1, 'damaged'],
    ['a packet of as much as there may be, that is cut', raw(6, FRAME_OCTETS_MAX + 65_536, 64), 1, 'cut'],
    ['a packet that is long', raw(6, FRAME_OCTETS_MAX), 3, undefined],
    ['what is passed over, and long', raw(0xbad, 1_000_000), 2, undefined],
  ])('%s', (_, part, frames, damage) => {
    expect(told(part)).toEqual([frames, damage]);
  });

  test('of a section that has its byte order in neither', () => {
    const section = Buffer.from(sectionBlock());
    section.writeUInt32LE(0x1a2b3c4e, 8);
    expect(told(section)).toEqual([1, 'damaged']);
  });

  test('are the same however the file is cut into pieces', () => {
    const parts = [
      ...good,
      raw(0xbad, 12),
      raw(0xbad, 4000),
      packetBlock(letters('abcde'), 9n),
      raw(6, 40_000),
    ];
    const whole = read([...parts, packetBlock(letters('end'), 5n)]);
    expect(whole.frames).toHaveLength(4);
    for (const chunk of [1, 3, 4, 11, 12, 4095, 4096, 4097, 30_000])
      expect(read([...parts, packetBlock(letters('end'), 5n)], chunk), String(chunk)).toEqual(whole);
  });
});

describe('pcap', () => {
  const head = (magic: number, isLittle: boolean, linkType: number): Octets =>
    words(isLittle, magic, 0, 0, 0, 65_536, linkType);
  const one = (isLittle: boolean, fraction: number, wireOctets: number, data: string, more = 0): Octets =>
    Buffer.concat([
      words(isLittle, 77, fraction, data.length, wireOctets),
      new Uint8Array(more),
      letters(data),
    ]);

  test.each<[what: string, file: Octets[], frames: unknown[]]>([
    ['nothing', [head(0xa1b2c3d4, true, 1)], []],
    [
      'microseconds, and what was longer on the wire',
      [head(0xa1b2c3d4, false, 101), one(false, 5, 9, 'abc'), one(false, 6, 1, 'abcd')],
      [
        { number: 1, data: 'abc', wireOctets: 9, linkType: 101, interface: 0, seconds: 77, nanos: 5000 },
        { number: 2, data: 'abcd', wireOctets: 4, linkType: 101, interface: 0, seconds: 77, nanos: 6000 },
      ],
    ],
    [
      'nanoseconds, of which a second has no more',
      [head(0xa1b23c4d, true, 0x1000_0001), one(true, 4_000_000_000, 1, 'a'), one(true, 5, 0, '')],
      [
        { number: 1, data: 'a', wireOctets: 1, linkType: 1, interface: 0, seconds: 77, nanos: 999_999_999 },
        { number: 2, data: '', wireOctets: 0, linkType: 1, interface: 0, seconds: 77, nanos: 5 },
      ],
    ],
    [
      'the longer heads of a patched library',
      [head(0xa1b2cd34, true, 1), one(true, 5, 3, 'abc', 8), one(true, 6, 3, 'def', 8)],
      [
        { number: 1, data: 'abc', wireOctets: 3, linkType: 1, interface: 0, seconds: 77, nanos: 5000 },
        { number: 2, data: 'def', wireOctets: 3, linkType: 1, interface: 0, seconds: 77, nanos: 6000 },
      ],
    ],
  ])('%s', (_, file, frames) => {
    for (const chunk of [1, 7, 4096]) expect(read(file, chunk)).toEqual({ frames, damage: undefined });
  });

  test('is told by four octets, and by no less', () => {
    expect(captureFormOf(Uint8Array.from([0xd4, 0xc3, 0xb2, 0xa1]))).toBe('pcap');
    expect(captureFormOf(Uint8Array.from([0xa1, 0xb2, 0xc3, 0xd4]))).toBe('pcap');
    expect(captureFormOf(Uint8Array.from([0xd4, 0xc3, 0xb2]))).toBeUndefined();
    expect(captureFormOf(Uint8Array.from([0x0a, 0x0d, 0x0d, 0x0a]))).toBe('pcapng');
    expect(captureFormOf(Uint8Array.from([0x0a, 0x0d, 0x0d]))).toBeUndefined();
    expect(captureFormOf(Uint8Array.from([1, 2, 3, 4, 5]))).toBeUndefined();
  });

  test('an error of whoever hears the frames is no damage', () => {
    const file = new CaptureFile('pcap', () => {
      throw new Error('mine');
    });
    expect(() => file.take(Buffer.concat([head(0xa1b2c3d4, true, 1), one(true, 5, 3, 'abc')]))).toThrow(
      'mine',
    );
    expect(file.damage).toBeUndefined();
  });
});

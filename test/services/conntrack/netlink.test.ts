/** Messages and attributes of netlink at their bounds. */
import { describe, expect, test } from 'vitest';
import {
  Attributes,
  familyOfMessage,
  HEADER_OCTETS,
  messageFlag,
  Messages,
  NetlinkError,
  RequestWriter,
  type NetlinkProblemCode,
} from '../../../src/services/conntrack/netlink.ts';

const problem = (code: NetlinkProblemCode, attribute?: number): NetlinkError =>
  new NetlinkError(code, attribute);

/** A view that begins behind others' octets. */
function viewOf(octets: readonly number[]): DataView {
  const all = new Uint8Array(8 + octets.length + 64).fill(0xee);
  all.set(octets, 8);
  return new DataView(all.buffer, 8);
}

const little = (value: number, octets: 2 | 4): number[] =>
  Array.from({ length: octets }, (_, at) => (value >>> (8 * at)) & 0xff);
const message = (
  length: number,
  type: number,
  flags: number,
  sequence: number,
  rest: number[] = [],
): number[] => [
  ...[...little(length, 4), ...little(type, 2), ...little(flags, 2), ...little(sequence, 4), 0, 0, 0, 0],
  ...rest,
];
const attribute = (type: number, payload: number[], length = 4 + payload.length): number[] => [
  ...[...little(length, 2), ...little(type, 2), ...payload],
  ...new Array<number>(-payload.length & 3).fill(0),
];

describe('messages', () => {
  const read = (octets: number[], end = octets.length) => {
    const messages = new Messages(viewOf(octets)).over(end);
    const found: number[][] = [];
    while (messages.next())
      found.push([
        messages.type,
        messages.flags,
        messages.sequence,
        messages.start,
        messages.end,
        messages.errno,
      ]);
    return found;
  };

  test('stand at multiples of four octets', () => {
    const two = [...message(17, 0x1234, 0x5678, 0xfedcba98, [1, 0, 0, 0]), ...message(16, 2, 3, 4)];
    expect(read(two)).toEqual([
      [0x1234, 0x5678, 0xfedcba98, 0, 17, 0],
      [2, 3, 4, 20, 36, 0],
    ]);
    const messages = new Messages(viewOf(two)).over(two.length, 20);
    expect([messages.next(), messages.type, messages.next()]).toEqual([true, 2, false]);
  });

  test('have an error number where there is room for one', () => {
    const errno = little(-13, 4);
    expect(read(message(20, 2, 0, 1, errno))[0]![5]).toBe(13);
    expect(read(message(19, 2, 0, 1, errno))[0]![5]).toBe(0);
    expect(read(message(16, 2, 0, 1, errno), 16)[0]![5]).toBe(0);
  });

  test('that are too short, or longer than what came, are none', () => {
    expect(() => read(message(16, 2, 0, 1), 15)).toThrow(problem('message-length'));
    expect(() => read(message(15, 2, 0, 1))).toThrow(problem('message-length'));
    expect(() => read(message(17, 2, 0, 1))).toThrow(problem('message-length'));
    expect(read([])).toEqual([]);
  });

  test('have a family where they are long enough', () => {
    const view = viewOf(message(20, 2, 0, 1, [10, 0, 0, 0]));
    expect(familyOfMessage(view, 0, 20)).toBe(10);
    expect(() => familyOfMessage(view, 0, 19)).toThrow(problem('message-length'));
  });
});

describe('attributes', () => {
  const over = (octets: number[], end = octets.length): Attributes =>
    new Attributes(viewOf([])).over(viewOf(octets), 0, end);

  test('have a type without its flags, and stand at multiples of four octets', () => {
    const attributes = over([...attribute(0x8001, [7]), ...attribute(0x4002, [1, 2]), ...attribute(3, [])]);
    const found: number[][] = [];
    while (attributes.next()) found.push([attributes.type, attributes.at, attributes.end]);
    expect(found).toEqual([
      [1, 4, 5],
      [2, 12, 14],
      [3, 20, 20],
    ]);
  });

  test('that are too short, or longer than what has them, are none', () => {
    expect(() => over(attribute(5, []), 3).next()).toThrow(problem('attribute-length'));
    expect(() => over(attribute(5, [], 3)).next()).toThrow(problem('attribute-length', 5));
    expect(() => over(attribute(5, [1], 5), 4).next()).toThrow(problem('attribute-length', 5));
  });

  test('are numbers of their size, the highest octet first', () => {
    const first = (payload: number[]): Attributes => {
      const attributes = over(attribute(9, payload));
      expect(attributes.next()).toBe(true);
      return attributes;
    };
    expect(first([0xfe]).uint8()).toBe(0xfe);
    expect(first([0xfe, 1]).uint16()).toBe(0xfe01);
    expect(first([0xfe, 1, 2, 3]).uint32()).toBe(0xfe010203);
    const eight = [0, 0x1f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff];
    expect(first(eight).uint64()).toBe(Number.MAX_SAFE_INTEGER);
    expect(first([0, 0x20, 0, 0, 0, 0, 0, 0]).uint64()).toBe(Number.MAX_SAFE_INTEGER);
    expect(first([0, 0, 0, 1, 0, 0, 0, 2]).uint64()).toBe(2 ** 32 + 2);
    expect(first([0xff, 0, 0, 0, 0, 0, 0, 1]).bigUint64()).toBe(0xff00000000000001n);
    expect([...first([1, 2, 3]).octets(3)]).toEqual([1, 2, 3]);
    for (const read of ['uint8', 'uint16', 'uint32', 'uint64', 'bigUint64'] as const)
      expect(() => first([1, 2, 3])[read]()).toThrow(problem('attribute-size', 9));
    expect(() => first([1, 2, 3]).octets(4)).toThrow(problem('attribute-size', 9));
  });

  test('are text up to their zero', () => {
    const textOf = (payload: number[], max = 4): string => {
      const attributes = over(attribute(9, payload));
      attributes.next();
      return attributes.text(max);
    };
    expect(textOf([97, 98, 0, 99])).toBe('ab');
    expect(textOf([97, 98, 99, 100])).toBe('abcd');
    expect(textOf([])).toBe('');
    expect(() => textOf([97, 98, 99, 0, 0])).toThrow(problem('attribute-size', 9));
  });

  test('stand within others', () => {
    const inner = attribute(2, [1, 2]);
    const outer = over([...attribute(0x8001, [...inner, ...attribute(3, [4])]), ...attribute(5, [])]);
    outer.next();
    const within = new Attributes(viewOf([])).within(outer);
    expect([within.next(), within.type, within.next(), within.uint8(), within.next()]).toEqual([
      ...[true, 2, true, 4, false],
    ]);
    expect([outer.next(), outer.type]).toEqual([true, 5]);
  });
});

describe('what is written', () => {
  test('is what is read, message after message, whatever the memory had', () => {
    const buffer = new Uint8Array(256).fill(0xee).buffer;
    const writer = new RequestWriter(buffer);
    writer
      .begin(0x102, messageFlag.acknowledge, 7, 2)
      .uint8(1, 9)
      .octets(2, Uint8Array.from([1, 2, 3, 4, 5]));
    writer
      .begin(0x103, 0, 8, 10)
      .nested(3, () => writer.uint16(4, 0x1234))
      .hostUint32(5, 0x01020304);
    expect(Buffer.from(buffer, 0, writer.length).toString('hex')).toBe(
      [
        '28000000' + '0201' + '0500' + '07000000' + '00000000' + '02000000',
        '05000100' + '09000000' + '09000200' + '0102030405000000',
        '28000000' + '0301' + '0100' + '08000000' + '00000000' + '0a000000',
        '0c000380' + '06000400' + '12340000' + '08000500' + '04030201',
      ].join(''),
    );
    expect(writer.clear().length).toBe(0);
    writer.begin(1, 0, 1, 2);
    new Uint8Array(buffer).fill(0xee, HEADER_OCTETS);
    writer.begin(1, 0, 1, 2);
    expect(Buffer.from(buffer, HEADER_OCTETS, HEADER_OCTETS).toString('hex')).toBe(
      '14000000' + '0100' + '0100' + '01000000' + '00000000' + '02000000',
    );
    expect(() => new RequestWriter(new ArrayBuffer(HEADER_OCTETS)).begin(1, 0, 1, 2).uint8(1, 1)).toThrow(
      RangeError,
    );
  });
});

test('a problem is named', () => {
  expect(problem('address-family')).toMatchObject({
    name: 'NetlinkError',
    message: 'netlink: address-family',
  });
});

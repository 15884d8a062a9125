/** Messages of connection tracking: recorded ones, and what no kernel sends. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { addressText, parseAddress } from '../../../src/services/address.ts';
import type { Connection, Counters, Tuple } from '../../../src/services/conntrack/connection.ts';
import {
  ConnectionDecoder,
  ConnectionRow,
  cta,
  ctMessage,
  decodeStatistics,
  dumpRequest,
  getRequest,
  removeRequest,
  statisticsRequest,
  type DumpFilter,
} from '../../../src/services/conntrack/ctnetlink.ts';
import {
  HEADER_OCTETS,
  Messages,
  NESTED,
  NetlinkError,
  RequestWriter,
} from '../../../src/services/conntrack/netlink.ts';
import { newConnection, type ConnectionText } from '../../support/connections.ts';
import { many } from '../../support/many.ts';
import { SeededRandom } from '../../support/seeded-random.ts';

const recorded = JSON.parse(
  readFileSync(join(import.meta.dirname, '../../vectors/ctnetlink/dump.json'), 'utf8'),
) as { received: string[]; statistics: string; listing: string[] };

const octetsOf = (hex: string): Uint8Array<ArrayBuffer> => new Uint8Array(Buffer.from(hex, 'hex'));

/** Every connection that can be decoded, and the codes of what cannot. */
function decoded(octets: Uint8Array): { connections: ConnectionRow[]; errors: string[] } {
  const view = new DataView(octets.buffer, octets.byteOffset, octets.length);
  const messages = new Messages(view).over(octets.length);
  const decoder = new ConnectionDecoder().over(view);
  const connections: ConnectionRow[] = [];
  const errors: string[] = [];
  const note = (error: unknown): void => {
    if (!(error instanceof NetlinkError)) throw error;
    errors.push(error.code);
  };
  try {
    while (messages.next()) {
      if (messages.type !== ctMessage.new) continue;
      const row = new ConnectionRow();
      try {
        decoder.decode(messages.start, messages.end, row);
        connections.push(row);
      } catch (error) {
        note(error);
      }
    }
  } catch (error) {
    note(error);
  }
  return { connections, errors };
}

/** The words that conntrack prints of it, in its order. */
function wordsOf(connection: Connection): string[] {
  const { original, reply, originalCounters, replyCounters, mark, zone, helper, id } = connection;
  return [
    String(connection.timeoutSeconds),
    ...tupleWords(original, originalCounters),
    ...tupleWords(reply, replyCounters),
    `mark=${mark}`,
    ...(zone === 0 ? [] : [`zone=${zone}`]),
    ...(helper === undefined ? [] : [`helper=${helper}`]),
    `id=${id}`,
  ];
}

function tupleWords(tuple: Tuple, counters: Counters | undefined): string[] {
  const { protocol, sourcePort, destinationPort, icmpId } = tuple;
  const ports =
    protocol === 47
      ? [`srckey=0x${sourcePort?.toString(16)}`, `dstkey=0x${destinationPort?.toString(16)}`]
      : [`sport=${sourcePort}`, `dport=${destinationPort}`];
  return [
    `src=${addressText(tuple.source)}`,
    `dst=${addressText(tuple.destination)}`,
    ...(sourcePort === undefined ? [] : ports),
    ...(icmpId === undefined ? [] : [`id=${icmpId}`]),
    `packets=${counters?.packets}`,
    `bytes=${counters?.octets}`,
  ];
}

const unknownToUs = /^(type|code|use|delta-time)=/;

function wordsOfLine(line: string): string[] {
  const [timeout, ...rest] = line.replace(/^\S+\s+\d+\s+\S+\s+\d+\s+/, '').split(/\s+/);
  return [
    timeout!,
    ...rest.filter((word) => word.includes('=') && !unknownToUs.test(word) && !word.startsWith('[')),
  ];
}

describe('a recorded dump', () => {
  const connections = recorded.received.flatMap((hex) => decoded(octetsOf(hex)).connections);

  test('has what conntrack prints of it', () => {
    expect(connections.map(wordsOf)).toEqual(recorded.listing.map(wordsOfLine));
  });

  test('tells what conntrack does not print: master, and when it began', () => {
    const expected = connections.find(({ master }) => master !== undefined)!;
    expect(expected.original.destinationPort).toBe(3000);
    expect(expected.master).toMatchObject({ sourcePort: 1025, destinationPort: 21, protocol: 6 });
    for (const { startedWallNanos } of connections)
      expect(new Date(Number(startedWallNanos! / 1_000_000n)).getUTCFullYear()).toBe(2026);
  });

  test('has addresses that outlive its buffer', () => {
    const octets = octetsOf(recorded.received[0]!);
    const { connections: read } = decoded(octets);
    const before = read.map(wordsOf);
    octets.fill(0xff);
    expect(read.map(wordsOf)).toEqual(before);
  });

  test('statistics are read', () => {
    const octets = octetsOf(recorded.statistics);
    expect(decodeStatistics(new DataView(octets.buffer), 0, octets.length)).toEqual({
      entries: 12,
      entriesMax: 262_144,
    });
  });
});

const original = {
  source: '10.1.0.1',
  destination: '10.2.0.1',
  protocol: 6,
  sourcePort: 1,
  destinationPort: 2,
};

/** One message, its attributes followed by those that `more` writes. */
function composed(more?: (writer: RequestWriter) => void, octets = 1024): Uint8Array {
  const buffer = new ArrayBuffer(octets);
  const writer = new RequestWriter(buffer);
  newConnection(writer, 1, { original }, more);
  return new Uint8Array(buffer, 0, writer.length);
}

describe('what is missing', () => {
  test('counters, mark, id and times may be', () => {
    const [connection] = decoded(composed()).connections;
    expect(connection).toMatchObject({ mark: 0, zone: 0, timeoutSeconds: 600 });
    for (const key of ['id', 'originalCounters', 'replyCounters', 'startedWallNanos', 'helper'] as const)
      expect(connection![key]).toBeUndefined();
  });

  test('a row that is used again keeps nothing of the message before', () => {
    const octets = octetsOf(recorded.received[0]!);
    const view = new DataView(octets.buffer);
    const messages = new Messages(view).over(octets.length);
    const row = new ConnectionRow();
    const decoder = new ConnectionDecoder();
    while (messages.next()) decoder.over(view).decode(messages.start, messages.end, row);
    const plain = composed();
    decoder.over(new DataView(plain.buffer)).decode(0, plain.length, row);
    expect(row).toEqual(decoded(plain).connections[0]);
  });

  test.each([cta.tupleOriginal, cta.tupleReply])('without tuple %i there is no connection', (type) => {
    const octets = composed();
    // Renamed to a type that nobody knows.
    let at = HEADER_OCTETS;
    const view = new DataView(octets.buffer);
    while ((view.getUint16(at + 2, true) & 0x3fff) !== type) at += (view.getUint16(at, true) + 3) & ~3;
    view.setUint16(at + 2, 99, true);
    expect(decoded(octets)).toEqual({ connections: [], errors: ['attribute-missing'] });
  });
});

/** What a request says: its header, and its attributes as `type(octets)`, those within others in brackets. */
function toldBy(write: (writer: RequestWriter) => void): string {
  const buffer = new ArrayBuffer(1024);
  const writer = new RequestWriter(buffer);
  write(writer);
  const view = new DataView(buffer);
  expect(view.getUint32(0, true)).toBe(writer.length);
  const within = (from: number, to: number): string => {
    const parts: string[] = [];
    for (let at = from; at < to;) {
      const [length, type] = [view.getUint16(at, true), view.getUint16(at + 2, true)];
      const value = Buffer.from(buffer, at + 4, length - 4).toString('hex');
      parts.push(type & NESTED ? `${type & ~NESTED}[${within(at + 4, at + length)}]` : `${type}(${value})`);
      at += (length + 3) & ~3;
    }
    return parts.join(' ');
  };
  const [type, flags] = [view.getUint16(4, true), view.getUint16(6, true)];
  const header = `${type.toString(16)} ${flags.toString(16)} ${view.getUint32(8, true)} ${view.getUint8(16)}`;
  return `${header}: ${within(HEADER_OCTETS, writer.length)}`.trimEnd();
}

describe('requests', () => {
  const nothing = { family: 2, tuple: undefined, mark: undefined, zone: undefined };
  const any = { protocol: undefined, source: undefined, destination: undefined };
  const anyPorts = { sourcePort: undefined, destinationPort: undefined };

  test.each<[what: string, filter: DumpFilter, told: string]>([
    ['all', { ...nothing, family: 0 }, '101 301 7 0:'],
    [
      'a mark and a zone',
      { ...nothing, mark: { value: 0x10, mask: 0xf0 }, zone: 5 },
      '101 301 7 2: 18(0005) 8(00000010) 21(000000f0)',
    ],
    [
      'a protocol and its ports',
      {
        ...nothing,
        tuple: { direction: 'original', ...any, protocol: 6, sourcePort: 1, destinationPort: 80 },
      },
      '101 301 7 2: 1[1[] 2[1(06) 2(0001) 3(0050)]] 25[1(38000000) 2(00000000)]',
    ],
    [
      'a source of IPv4, of the reply',
      { ...nothing, tuple: { direction: 'reply', ...any, ...anyPorts, source: 0x0a000001 } },
      '101 301 7 2: 2[1[1(0a000001)] 2[]] 25[1(00000000) 2(01000000)]',
    ],
    [
      'a destination of IPv6',
      {
        ...nothing,
        family: 10,
        tuple: { direction: 'original', ...any, ...anyPorts, destination: new Uint8Array(16).fill(1) },
      },
      `101 301 7 10: 1[1[4(${'01'.repeat(16)})] 2[]] 25[1(02000000) 2(00000000)]`,
    ],
    [
      'both ends',
      {
        ...nothing,
        family: 10,
        tuple: {
          ...{ direction: 'original', ...any, ...anyPorts },
          ...{ source: new Uint8Array(16).fill(2), destination: 7 },
        },
      },
      `101 301 7 10: 1[1[3(${'02'.repeat(16)}) 2(00000007)] 2[]] 25[1(03000000) 2(00000000)]`,
    ],
  ])('a dump of %s', (_, filter, told) => {
    expect(toldBy((writer) => dumpRequest(writer, 7, filter))).toBe(told);
  });

  test('of one connection, by its key; removed unless another has its place', () => {
    const key = { family: 2, tuple: Uint8Array.from([5, 0, 1, 0, 9, 0, 0, 0]), zone: 0 };
    expect(toldBy((writer) => getRequest(writer, 3, key))).toBe('101 1 3 2: 1[1(09)]');
    expect(toldBy((writer) => removeRequest(writer, 4, { ...key, zone: 6 }, 0x1234))).toBe(
      '102 5 4 2: 1[1(09)] 18(0006) 12(00001234)',
    );
    expect(toldBy((writer) => removeRequest(writer, 4, key, undefined))).toBe('102 5 4 2: 1[1(09)]');
  });

  test('of statistics', () => {
    expect(toldBy((writer) => statisticsRequest(writer, 5))).toBe('105 1 5 0:');
  });

  test('the key of what was decoded is its original tuple, or its master, and its zone', () => {
    const master = { ...original, destinationPort: 21 };
    const buffer = new ArrayBuffer(1024);
    const writer = new RequestWriter(buffer);
    newConnection(writer, 1, { original, master, zone: 4 });
    const decoder = new ConnectionDecoder().over(new DataView(buffer));
    const row = new ConnectionRow();
    decoder.decode(0, writer.length, row);
    const tuple = (port: string): string => `1[1(0a010001) 2(0a020001)] 2[1(06) 2(0001) 3(${port})]`;
    const asked = (place: typeof decoder.originalPlace): string =>
      toldBy((other) => getRequest(other, 1, decoder.keyAt(place, row)));
    expect(asked(decoder.originalPlace)).toBe(`101 1 1 2: 1[${tuple('0002')}] 18(0004)`);
    expect(asked(decoder.masterPlace)).toBe(`101 1 1 2: 1[${tuple('0015')}] 18(0004)`);
    const kept = decoder.keyAt(decoder.originalPlace, row);
    new Uint8Array(buffer).fill(0);
    expect(kept.tuple.some((octet) => octet !== 0)).toBe(true);
  });

  test('the key of a connection of IPv6 is of that family', () => {
    const ipv6 = { source: '2001:db8::1', destination: '2001:db8::2', protocol: 6 };
    const buffer = new ArrayBuffer(1024);
    const writer = new RequestWriter(buffer);
    newConnection(writer, 1, { original: ipv6 });
    const decoder = new ConnectionDecoder().over(new DataView(buffer));
    const row = new ConnectionRow();
    decoder.decode(0, writer.length, row);
    expect(decoder.keyAt(decoder.originalPlace, row)).toMatchObject({ family: 10, zone: 0 });
    expect(row.original.source).toEqual(parseAddress('2001:db8::1'));
  });
});

test('a tuple has its ports, or its identifier, and nothing of what nobody knows', () => {
  const read = (told: ConnectionText) => {
    const buffer = new ArrayBuffer(1024);
    const writer = new RequestWriter(buffer);
    newConnection(writer, 1, told);
    return decoded(new Uint8Array(buffer, 0, writer.length)).connections[0]!;
  };
  expect(read({ original }).original).toEqual({
    ...{ source: 0x0a010001, destination: 0x0a020001, protocol: 6 },
    ...{ sourcePort: 1, destinationPort: 2, icmpId: undefined },
  });
  const echo = { source: '2001:db8::1', destination: '2001:db8::2', protocol: 58, icmpId: 77 };
  expect(read({ original: echo }).reply).toMatchObject({ icmpId: 77, sourcePort: undefined, protocol: 58 });
  expect(read({ original: { ...original, protocol: 1, icmpId: 78 } }).original.icmpId).toBe(78);
  const buffer = new ArrayBuffer(1024);
  const writer = new RequestWriter(buffer);
  const tuple = (): void => {
    writer.nested(1, () => writer.uint32(1, 1).uint32(2, 2).uint32(9, 3));
    writer.nested(2, () => writer.uint8(1, 6).uint16(20, 4)).uint16(9, 5);
  };
  writer.begin(ctMessage.new, 0, 1, 2).nested(cta.tupleOriginal, tuple).nested(cta.tupleReply, tuple);
  expect(decoded(new Uint8Array(buffer, 0, writer.length)).connections[0]).toMatchObject({
    zone: 0,
    original: { source: 1, destination: 2, sourcePort: undefined, destinationPort: undefined },
  });
});

test('what a message lacks is told by its attribute', () => {
  const lacking = (write: (writer: RequestWriter) => void): number | undefined => {
    const buffer = new ArrayBuffer(1024);
    const writer = new RequestWriter(buffer).begin(ctMessage.new, 0, 1, 2);
    write(writer);
    try {
      new ConnectionDecoder().over(new DataView(buffer)).decode(0, writer.length, new ConnectionRow());
    } catch (error) {
      return (error as NetlinkError).attribute;
    }
    return undefined;
  };
  const protocol = (writer: RequestWriter) => writer.nested(2, () => writer.uint8(1, 6));
  const of = (write: (writer: RequestWriter) => unknown) =>
    lacking((writer) => void writer.nested(cta.tupleOriginal, () => void write(writer)));
  expect(lacking(() => undefined)).toBe(cta.tupleOriginal);
  expect(of((writer) => protocol(writer).nested(1, () => writer.uint32(1, 1).uint32(2, 2)))).toBe(
    cta.tupleReply,
  );
  expect(of((writer) => protocol(writer).nested(1, () => writer.uint32(1, 1)))).toBe(2);
  expect(of((writer) => protocol(writer).nested(1, () => writer.uint32(2, 1)))).toBe(1);
  expect(of((writer) => protocol(writer))).toBe(1);
  expect(of((writer) => writer.nested(1, () => writer.uint32(1, 1).uint32(2, 2)))).toBe(2);
});

describe('attributes that say more', () => {
  const withMore = (more: (writer: RequestWriter) => void) => decoded(composed(more)).connections[0]!;

  test('counters of 64 or of 32 bits, no more than a number holds', () => {
    const counters = withMore((writer) =>
      writer
        .nested(cta.countersOriginal, () => {
          writer.octets(1, Uint8Array.from([0, 0, 0, 1, 0, 0, 0, 2]));
          writer.octets(2, new Uint8Array(8).fill(0xff));
        })
        .nested(cta.countersReply, () => writer.uint32(3, 0xffffffff).uint32(4, 9)),
    );
    expect(counters.originalCounters).toEqual({
      packets: 2 ** 32 + 2,
      octets: Number.MAX_SAFE_INTEGER,
    });
    expect(counters.replyCounters).toEqual({ packets: 0xffffffff, octets: 9 });
    expect(withMore((writer) => writer.nested(cta.countersReply, () => undefined)).replyCounters).toEqual({
      packets: 0,
      octets: 0,
    });
  });

  test('when it has begun and ended', () => {
    const at = (value: number): Uint8Array => Uint8Array.from([0, 0, 0, 0, 0, 0, 1, value]);
    const row = withMore((writer) =>
      writer.nested(cta.timestamp, () => writer.octets(1, at(1)).octets(2, at(2))),
    );
    expect([row.startedWallNanos, row.endedWallNanos]).toEqual([257n, 258n]);
  });

  test('a time that 63 bits do not hold is none', () => {
    const from = (highest: number): Uint8Array => Uint8Array.from([highest, ...Array<number>(7).fill(255)]);
    const row = withMore((writer) =>
      writer.nested(cta.timestamp, () => writer.octets(1, from(0x7f)).octets(2, from(0x80))),
    );
    expect([row.startedWallNanos, row.endedWallNanos]).toEqual([2n ** 63n - 1n, undefined]);
  });

  test('a helper without a name is none', () => {
    expect(withMore((writer) => writer.nested(cta.help, () => writer.uint32(2, 1))).helper).toBeUndefined();
  });

  test('a zone of the original direction is the zone; that of the reply is not', () => {
    const buffer = new ArrayBuffer(1024);
    const writer = new RequestWriter(buffer);
    const tuple = (zone: number): void => {
      writer.nested(1, () => writer.uint32(1, 1).uint32(2, 2));
      writer.nested(2, () => writer.uint8(1, 6)).uint16(3, zone);
    };
    writer.begin(ctMessage.new, 0, 1, 2);
    writer.nested(cta.tupleOriginal, () => tuple(8)).nested(cta.tupleReply, () => tuple(9));
    writer.nested(cta.tupleMaster, () => tuple(10));
    expect(decoded(new Uint8Array(buffer, 0, writer.length)).connections[0]!.zone).toBe(8);
  });
});

describe('what no kernel sends', () => {
  const tupleWithout = (write: (writer: RequestWriter) => void, family = 2): string[] => {
    const buffer = new ArrayBuffer(1024);
    const writer = new RequestWriter(buffer);
    writer.begin(ctMessage.new, 0, 1, family);
    writer.nested(cta.tupleOriginal, () => write(writer));
    writer.nested(cta.tupleReply, () => (family === 2 ? void ip(protocol(writer)) : write(writer)));
    return decoded(new Uint8Array(buffer, 0, writer.length)).errors;
  };
  const ip = (writer: RequestWriter) => writer.nested(1, () => writer.uint32(1, 1).uint32(2, 2));
  const protocol = (writer: RequestWriter) => writer.nested(2, () => writer.uint8(1, 6));

  test.each<[string, (writer: RequestWriter) => unknown]>([
    ['addresses', protocol],
    ['a protocol', ip],
    ['a number of the protocol', (writer) => ip(writer).nested(2, () => writer.uint16(2, 1))],
    ['a source', (writer) => protocol(writer).nested(1, () => writer.uint32(2, 2))],
    ['a destination', (writer) => protocol(writer).nested(1, () => writer.uint32(1, 2))],
  ])('a tuple without %s', (_, write) => {
    expect(tupleWithout((writer) => void write(writer))).toEqual(['attribute-missing']);
  });

  test('addresses of the other family, and of a size that none has', () => {
    expect(tupleWithout((writer) => void ip(protocol(writer)), 10)).toEqual(['attribute-missing']);
    const short = (writer: RequestWriter) => writer.nested(1, () => writer.octets(3, new Uint8Array(15)));
    expect(tupleWithout((writer) => void short(protocol(writer)), 10)).toEqual(['attribute-size']);
  });

  test('statistics without the number of connections; their bound may be missing', () => {
    const statistics = (write: (writer: RequestWriter) => unknown) => {
      const buffer = new ArrayBuffer(64);
      const writer = new RequestWriter(buffer).begin(ctMessage.statistics, 0, 1, 0);
      write(writer);
      return decodeStatistics(new DataView(buffer), 0, writer.length);
    };
    expect(statistics((writer) => writer.uint32(1, 5))).toEqual({ entries: 5, entriesMax: undefined });
    expect(() => statistics((writer) => writer.uint32(2, 5))).toThrow(
      expect.objectContaining({
        code: 'attribute-missing',
        attribute: 1,
        message: 'netlink: attribute-missing (1)',
      }),
    );
    expect(() => decodeStatistics(new DataView(new ArrayBuffer(64)), 0, 19)).toThrow(
      expect.objectContaining({
        code: 'message-length',
        attribute: undefined,
        message: 'netlink: message-length',
      }),
    );
  });

  test('an attribute of 65,535 octets that is really there is passed over', () => {
    const octets = composed(
      (writer) => writer.octets(99, new Uint8Array(65_531)).uint32(cta.mark, 5),
      70_000,
    );
    expect(decoded(octets).connections[0]).toMatchObject({ mark: 5 });
  });

  test('one that claims to be is an error of its message alone', () => {
    const broken = composed();
    new DataView(broken.buffer).setUint16(HEADER_OCTETS, 65_535, true);
    const both = Buffer.concat([broken, composed()]);
    const { connections, errors } = decoded(new Uint8Array(both));
    expect(errors).toEqual(['attribute-length']);
    expect(connections).toHaveLength(1);
  });

  test.each([
    ['a mark of three octets', cta.mark, 3],
    ['an id without any', cta.id, 0],
    ['a zone of four', cta.zone, 4],
  ])('%s', (_, type, octets) => {
    const { errors } = decoded(composed((writer) => writer.octets(type, new Uint8Array(octets))));
    expect(errors).toEqual(['attribute-size']);
  });

  test('a helper of a name that no helper has', () => {
    const name = (octets: number) =>
      composed((writer) => writer.nested(cta.help, () => writer.octets(1, new Uint8Array(octets).fill(97))));
    expect(decoded(name(16)).connections[0]?.helper).toBe('a'.repeat(16));
    expect(decoded(name(17)).errors).toEqual(['attribute-size']);
  });

  test('neither IPv4 nor IPv6', () => {
    const octets = composed();
    octets[16] = 7;
    expect(decoded(octets).errors).toEqual(['address-family']);
  });

  test('a message cut anywhere gives no row but its own', () => {
    const whole = composed();
    const [expected] = decoded(whole).connections;
    for (let length = 0; length < whole.length; length += 1) {
      const cut = whole.slice(0, length);
      expect(decoded(cut).connections).toEqual([]);
      // The same, its header telling the truth.
      if (length >= HEADER_OCTETS) new DataView(cut.buffer).setUint32(0, length, true);
      for (const row of decoded(cut).connections) expect(row.original).toEqual(expected!.original);
    }
  });

  test('octets changed in a recording: every other message stays as it was', () => {
    const intact = octetsOf(recorded.received[0]!);
    const { connections } = decoded(intact);
    const random = new SeededRandom(8);
    for (let round = 0; round < 3000; round += 1) {
      const octets = intact.slice();
      octets[random.below(octets.length)] = random.below(256);
      const { connections: read } = decoded(octets);
      const changed = read.filter((row) => !connections.some((each) => isDeepStrictEqual(each, row)));
      expect(changed.length).toBeLessThanOrEqual(1);
    }
  });

  test('any octets at all', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), (octets) => {
        decoded(octets);
        const framed = new Uint8Array(HEADER_OCTETS + octets.length);
        framed.set(octets, HEADER_OCTETS);
        const view = new DataView(framed.buffer);
        view.setUint32(0, framed.length, true);
        view.setUint16(4, ctMessage.new, true);
        framed[16] = 2;
        expect(decoded(framed).errors).toHaveLength(1);
      }),
    );
  });
});

describe('whatever a message has, in whatever order', () => {
  const optional = {
    status: fc.nat(0xffff),
    timeout: fc.nat(0xffffffff),
    mark: fc.nat(0xffffffff),
    zone: fc.nat(0xffff),
    id: fc.nat(0xffffffff),
  };
  /** Tuples, of which one may be missing, what is optional, and what nobody knows: as functions that write them. */
  const parts = fc.record({
    tuples: fc.subarray([cta.tupleOriginal, cta.tupleReply]),
    values: fc.record(optional, { requiredKeys: [] }),
    unknown: fc.array(fc.record({ type: fc.integer({ min: 100, max: 200 }), octets: fc.nat(65_531) }), {
      maxLength: 1,
    }),
    order: fc.infiniteStream(fc.nat(1000)),
  });

  test('it gives what is there and nothing else, and says what it lacks', () => {
    const tuple = (writer: RequestWriter): void => {
      writer.nested(1, () => writer.uint32(1, 0x0a000001).uint32(2, 0x0a000002));
      writer.nested(2, () => writer.uint8(1, 6).uint16(2, 1024).uint16(3, 80));
    };
    fc.assert(
      fc.property(parts, ({ tuples, values, unknown, order }) => {
        const buffer = new ArrayBuffer(70_000);
        const writer = new RequestWriter(buffer);
        const { status, timeout, mark, zone, id } = values;
        const writes = [
          ...tuples.map((type) => () => writer.nested(type, () => tuple(writer))),
          ...(['status', 'timeout', 'mark', 'id'] as const).flatMap((name) =>
            values[name] === undefined ? [] : [() => writer.uint32(cta[name], values[name]!)],
          ),
          ...(zone === undefined ? [] : [() => writer.uint16(cta.zone, zone)]),
          ...unknown.map(
            ({ type, octets }) =>
              () =>
                writer.octets(type, new Uint8Array(octets).fill(1)),
          ),
        ];
        writer.begin(ctMessage.new, 0, 1, 2);
        const keyed = writes.map((write) => ({ write, key: order.next().value as number }));
        for (const { write } of keyed.toSorted((one, other) => one.key - other.key)) write();
        const found = decoded(new Uint8Array(buffer, 0, writer.length));
        if (tuples.length < 2) {
          expect(found).toEqual({ connections: [], errors: ['attribute-missing'] });
          return;
        }
        expect(found.errors).toEqual([]);
        expect(found.connections).toMatchObject([
          { status: status ?? 0, timeoutSeconds: timeout, mark: mark ?? 0, zone: zone ?? 0, id },
        ]);
        expect(found.connections[0]).toMatchObject({
          originalCounters: undefined,
          replyCounters: undefined,
          original: { source: 0x0a000001, destinationPort: 80 },
        });
      }),
      { numRuns: many(300), seed: 1 },
    );
  });
});

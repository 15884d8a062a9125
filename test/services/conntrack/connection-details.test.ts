/** What is listed beside connections, out of messages as the kernel sends them, and out of lines. */
import { describe, expect, test } from 'vitest';
import {
  detailsOf,
  detailsOfLine,
  noDetails,
  type ConnectionDetails,
} from '../../../src/services/conntrack/connection-details.ts';
import { addressFamily, cta, ctaTuple, ctMessage } from '../../../src/services/conntrack/ctnetlink.ts';
import { NetlinkError, RequestWriter } from '../../../src/services/conntrack/netlink.ts';
import { newConnection, type TupleText } from '../../support/connections.ts';

const ends = { source: '10.0.0.1', destination: '10.0.0.2', protocol: 6 } as const;

/** Of a message that `write` writes. */
function read(write: (writer: RequestWriter) => void): ConnectionDetails {
  const buffer = new ArrayBuffer(8192);
  const writer = new RequestWriter(buffer);
  write(writer);
  return detailsOf(new DataView(buffer), 0, writer.length);
}

const ofConnection = (more?: (writer: RequestWriter) => void, original: TupleText = ends) =>
  read((writer) => newConnection(writer, 1, { original }, more));

describe('a message', () => {
  test('of a connection of which nothing more is known', () => {
    expect(ofConnection()).toEqual(noDetails);
  });

  test.each([
    [0, 'NONE'],
    [1, 'SYN_SENT'],
    [3, 'ESTABLISHED'],
    [7, 'TIME_WAIT'],
    [9, 'SYN_SENT2'],
    [99, 'NONE'],
  ])('state %d of TCP is %s', (state, word) => {
    const details = ofConnection((writer) =>
      writer.nested(cta.protocolInformation, () =>
        writer.nested(1, () => writer.uint8(1, state).uint8(2, 7)),
      ),
    );
    expect(details).toEqual({ ...noDetails, state: word });
  });

  test.each([
    [1, 'CLOSED'],
    [4, 'ESTABLISHED'],
    [9, 'HEARTBEAT_ACKED'],
    [99, 'NONE'],
  ])('state %d of SCTP is %s, with its tags', (state, word) => {
    const details = ofConnection((writer) =>
      writer.nested(cta.protocolInformation, () =>
        writer.nested(3, () => writer.uint8(1, state).uint32(2, 0xfedcba98).uint32(3, 7).uint32(4, 8)),
      ),
    );
    expect(details).toEqual({ ...noDetails, state: word, tags: [0xfedcba98, 7] });
  });

  test('tags that are not told are 0', () => {
    const details = ofConnection((writer) =>
      writer.nested(cta.protocolInformation, () => writer.nested(3, () => writer.uint8(1, 4))),
    );
    expect(details.tags).toEqual([0, 0]);
  });

  test('use, and what SELinux calls it', () => {
    const details = ofConnection((writer) =>
      writer
        .uint32(cta.use, 3)
        .nested(cta.securityContext, () => writer.octets(1, Buffer.from('system_u:object_r\0'))),
    );
    expect(details).toEqual({ ...noDetails, use: 3, securityContext: 'system_u:object_r' });
  });

  test('a name that is longer than any is no message of a kernel', () => {
    const named = (octets: number) =>
      ofConnection((writer) =>
        writer.nested(cta.securityContext, () => writer.octets(1, new Uint8Array(octets).fill(97))),
      );
    expect(named(4096).securityContext).toHaveLength(4096);
    expect(() => named(4097)).toThrow(NetlinkError);
  });

  test.each([
    ['ICMP', { ...ends, protocol: 1, icmpId: 5 }, 8, 0],
    ['ICMPv6', { source: '2001:db8::1', destination: '2001:db8::2', protocol: 58, icmpId: 5 }, 128, 129],
  ])('type and code of %s, of both directions', (_, original, type, answer) => {
    expect(ofConnection(undefined, original)).toEqual({
      ...noDetails,
      icmp: [
        { type, code: 0 },
        { type: answer, code: 0 },
      ],
    });
  });

  test('zones of one direction, and a code of ICMP', () => {
    const tuple = (writer: RequestWriter, zone: number | undefined, code: number): void => {
      if (zone !== undefined) writer.uint16(ctaTuple.zone, zone);
      writer.nested(ctaTuple.protocol, () => writer.uint8(1, 1).uint8(5, 8).uint8(6, code));
    };
    const details = read((writer) =>
      writer
        .begin(ctMessage.new, 0, 1, addressFamily.ipv4)
        .nested(cta.tupleOriginal, () => tuple(writer, undefined, 3))
        .nested(cta.tupleReply, () => tuple(writer, 9, 4)),
    );
    expect(details).toMatchObject({
      zones: [undefined, 9],
      icmp: [
        { type: 8, code: 3 },
        { type: 8, code: 4 },
      ],
    });
  });
});

test('a code of ICMPv6', () => {
  const tuple = (writer: RequestWriter, code: number): void =>
    void writer.nested(ctaTuple.protocol, () => writer.uint8(1, 58).uint8(8, 128).uint8(9, code));
  const details = read((writer) =>
    writer
      .begin(ctMessage.new, 0, 1, addressFamily.ipv6)
      .nested(cta.tupleOriginal, () => tuple(writer, 3))
      .nested(cta.tupleReply, () => tuple(writer, 4)),
  );
  expect(details.icmp?.map(({ code }) => code)).toEqual([3, 4]);
});

test.each<[line: string, details: Partial<ConnectionDetails>]>([
  ['udp 17 30 src=1.1.1.1 dst=2.2.2.2 src=2.2.2.2 dst=1.1.1.1', {}],
  ['udp 17 30 ESTABLISHED src=1.1.1.1 dst=2.2.2.2 src=2.2.2.2 dst=1.1.1.1', {}],
  ['tcp 6 30 src=1.1.1.1 dst=2.2.2.2 src=2.2.2.2 dst=1.1.1.1', {}],
  ['tcp 6 30 SYN_SENT2 src=1.1.1.1 dst=2.2.2.2 src=2.2.2.2 dst=1.1.1.1', { state: 'SYN_SENT2' }],
  ['ipv6     10 sctp     132 30 CLOSED src=::1 dst=::2 src=::2 dst=::1', { state: 'CLOSED' }],
  [
    'icmp 1 30 src=1.1.1.1 dst=2.2.2.2 type=8 code=0 id=1 src=2.2.2.2 dst=1.1.1.1 type=0 code=1 id=1 mark=0',
    {
      icmp: [
        { type: 8, code: 0 },
        { type: 0, code: 1 },
      ],
    },
  ],
  ['icmp 1 30 src=1.1.1.1 dst=2.2.2.2 type=8 code=0 id=1 src=2.2.2.2 dst=1.1.1.1 id=1', {}],
  ['udp 17 30 src=1.1.1.1 dst=2.2.2.2 src=2.2.2.2 dst=1.1.1.1 use=12', { use: 12 }],
  [
    'udp 17 30 src=1.1.1.1 dst=2.2.2.2 src=2.2.2.2 dst=1.1.1.1 secctx=a:b use=1',
    { use: 1, securityContext: 'a:b' },
  ],
])('line %s', (line, details) => {
  expect(detailsOfLine(line)).toEqual({ ...noDetails, ...details });
});

/** What was read of connections is written as it was, to the octet. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { connectionStatus, type Connection, type Tuple } from '../../../src/services/conntrack/connection.ts';
import {
  detailsOfLine,
  noDetails,
  type ConnectionDetails,
} from '../../../src/services/conntrack/connection-details.ts';
import { parseSavedLine } from '../../../src/services/conntrack/connection-save.ts';
import { parseConnectionLine } from '../../../src/services/conntrack/connection-text.ts';
import {
  connectionCommand,
  connectionElement,
  connectionLine,
} from '../../../src/services/conntrack/connection-writer.ts';
import { parseConnectionElement } from '../../../src/services/conntrack/connection-xml.ts';
import { connection, tuple } from '../../support/tracked-connection.ts';

const folder = join(import.meta.dirname, '../../vectors/conntrack');
const linesOf = (name: string): readonly string[] =>
  readFileSync(join(folder, name), 'utf8').trimEnd().split('\n');

const plain = { isExtended: false, hasIds: true, nowWallNanos: 0n };

describe('what was read is written as it was', () => {
  test.each(['conntrack-L-extended-id.txt', 'conntrack-L-ipv6.txt'])('%s', (name) => {
    for (const line of linesOf(name)) {
      const listed = { connection: parseConnectionLine(line).connection, details: detailsOfLine(line) };
      const written = connectionLine(listed, { ...plain, isExtended: true });
      expect(written).toBe(line.replace(/ delta-time=\d+/, ''));
    }
  });

  test('events of connections that have ended', () => {
    for (const line of linesOf('conntrack-E-DESTROY-sample.txt')) {
      const { connection } = parseConnectionLine(line);
      // The state of a connection without a timeout is not read.
      const written = connectionLine({ connection, details: detailsOfLine(line) }, plain);
      expect(written).toBe(line.replace(' CLOSE', '').replace(/ delta-time=\d+/, ''));
    }
  });

  test('lines that are saved', () => {
    for (const line of linesOf('conntrack-L-save.txt')) {
      const [, type, code] = / --icmp(?:v6)?-type (\d+) --icmp(?:v6)?-code (\d+)/.exec(line) ?? [];
      const kind = { type: Number(type), code: Number(code) };
      const details: ConnectionDetails = {
        ...noDetails,
        state: / --state (\S+)/.exec(line)?.[1],
        icmp: type === undefined ? undefined : [kind, kind],
      };
      expect(connectionCommand({ connection: parseSavedLine(line).connection, details })).toBe(line);
    }
  });

  test('elements', () => {
    const elements = linesOf('conntrack-L.xml').filter((line) => line.startsWith('<flow>'));
    expect(elements).toHaveLength(25);
    for (const element of elements) {
      const use = Number(/<use>(\d+)/.exec(element)?.[1]);
      const details = { ...noDetails, state: /<state>(\w+)/.exec(element)?.[1], use };
      const written = connectionElement(
        { connection: parseConnectionElement(element).connection, details },
        plain,
      );
      expect(written).toBe(element.replace(/<deltatime>\d+<.deltatime>/, ''));
    }
  });
});

describe('what these listings have none of', () => {
  const { confirmed, seenReply, assured, expected, fixedTimeout, offload, hardwareOffload } =
    connectionStatus;
  const told = (
    protocol: number,
    [a, b]: readonly [string, string],
    rest: Partial<Tuple> = {},
    changes: Partial<Connection> = {},
  ): Connection => {
    const back = { ...rest, sourcePort: rest.destinationPort, destinationPort: rest.sourcePort };
    return connection({
      ...{ original: tuple(a, b, { protocol, ...rest }), reply: tuple(b, a, { protocol, ...back }) },
      ...{ originalCounters: undefined, replyCounters: undefined, ...changes },
    });
  };
  const IPV4 = ['10.0.0.1', '10.0.0.2'] as const;
  const ports = { sourcePort: 1, destinationPort: 2 };
  type Row = [what: string, Connection, Partial<ConnectionDetails>, line: string, command: string];

  test.each<Row>([
    [
      'GRE, whose keys are hexadecimal',
      told(47, IPV4, { sourcePort: 16, destinationPort: 0xabcd }),
      {},
      'gre      47 30 src=10.0.0.1 dst=10.0.0.2 srckey=0x10 dstkey=0xabcd src=10.0.0.2 dst=10.0.0.1 srckey=0xabcd dstkey=0x10 mark=0',
      '-A -t 30 -u SEEN_REPLY -s 10.0.0.1 -d 10.0.0.2 -r 10.0.0.2 -q 10.0.0.1 -p gre --srckey 16 --dstkey 43981 --reply-key-src 43981 --reply-key-dst 16',
    ],
    [
      'GRE without keys',
      told(47, IPV4),
      {},
      'gre      47 30 src=10.0.0.1 dst=10.0.0.2 srckey=0x0 dstkey=0x0 src=10.0.0.2 dst=10.0.0.1 srckey=0x0 dstkey=0x0 mark=0',
      '-A -t 30 -u SEEN_REPLY -s 10.0.0.1 -d 10.0.0.2 -r 10.0.0.2 -q 10.0.0.1 -p gre --srckey 0 --dstkey 0 --reply-key-src 0 --reply-key-dst 0',
    ],
    [
      'SCTP and its tags, which only a saved line has',
      told(132, IPV4, ports),
      { state: 'COOKIE_WAIT', tags: [5, 6] },
      'sctp     132 30 COOKIE_WAIT src=10.0.0.1 dst=10.0.0.2 sport=1 dport=2 src=10.0.0.2 dst=10.0.0.1 sport=2 dport=1 mark=0',
      '-A -t 30 -u SEEN_REPLY -s 10.0.0.1 -d 10.0.0.2 -r 10.0.0.2 -q 10.0.0.1 -p sctp --sport 1 --dport 2 --reply-port-src 2 --reply-port-dst 1 --state COOKIE_WAIT --orig-vtag 5 --reply-vtag 6',
    ],
    [
      'DCCP, of which a saved line has no ports',
      told(33, IPV4, ports),
      {},
      'dccp     33 30 src=10.0.0.1 dst=10.0.0.2 sport=1 dport=2 src=10.0.0.2 dst=10.0.0.1 sport=2 dport=1 mark=0',
      '-A -t 30 -u SEEN_REPLY -s 10.0.0.1 -d 10.0.0.2 -r 10.0.0.2 -q 10.0.0.1 -p dccp',
    ],
    [
      'UDP-Lite',
      told(136, IPV4, ports),
      {},
      'udplite  136 30 src=10.0.0.1 dst=10.0.0.2 sport=1 dport=2 src=10.0.0.2 dst=10.0.0.1 sport=2 dport=1 mark=0',
      '-A -t 30 -u SEEN_REPLY -s 10.0.0.1 -d 10.0.0.2 -r 10.0.0.2 -q 10.0.0.1 -p udplite --sport 1 --dport 2 --reply-port-src 2 --reply-port-dst 1',
    ],
    [
      'a protocol that has no name',
      told(253, IPV4, {}, { timeoutSeconds: undefined }),
      {},
      'unknown  253 src=10.0.0.1 dst=10.0.0.2 src=10.0.0.2 dst=10.0.0.1 mark=0',
      '-A -u SEEN_REPLY -s 10.0.0.1 -d 10.0.0.2 -r 10.0.0.2 -q 10.0.0.1 -p 253',
    ],
    [
      'ICMPv6',
      told(58, ['2001:db8::1', '2001:db8::2'], { icmpId: 9 }, { status: confirmed }),
      {
        icmp: [
          { type: 128, code: 0 },
          { type: 129, code: 1 },
        ],
        use: 2,
        securityContext: 'kernel_t',
      },
      'icmpv6   58 30 src=2001:db8::1 dst=2001:db8::2 type=128 code=0 id=9 [UNREPLIED] src=2001:db8::2 dst=2001:db8::1 type=129 code=1 id=9 mark=0 secctx=kernel_t use=2',
      '-A -t 30 -u UNSET -s 2001:db8::1 -d 2001:db8::2 -r 2001:db8::2 -q 2001:db8::1 -p icmpv6 --icmpv6-type 128 --icmpv6-code 0 --icmpv6-id 9',
    ],
    [
      'addresses of IPv6 that hold one of IPv4, and such as only seem to',
      told(50, ['::ffff:1.2.3.4', '::1.2.3.4']),
      {},
      'unknown  50 30 src=::ffff:1.2.3.4 dst=::1.2.3.4 src=::1.2.3.4 dst=::ffff:1.2.3.4 mark=0',
      '-A -t 30 -u SEEN_REPLY -s ::ffff:1.2.3.4 -d ::1.2.3.4 -r ::1.2.3.4 -q ::ffff:1.2.3.4 -p 50',
    ],
    [
      'addresses of IPv6 that only seem to hold one of IPv4',
      told(50, ['::ffff', '::1:0']),
      {},
      'unknown  50 30 src=::ffff dst=::0.1.0.0 src=::0.1.0.0 dst=::ffff mark=0',
      '-A -t 30 -u SEEN_REPLY -s ::ffff -d ::0.1.0.0 -r ::0.1.0.0 -q ::ffff -p 50',
    ],
    [
      'addresses of IPv6 with more before what could be one of IPv4',
      told(50, ['1::ffff:102:304', '::1:102:304']),
      {},
      'unknown  50 30 src=1::ffff:102:304 dst=::1:102:304 src=::1:102:304 dst=1::ffff:102:304 mark=0',
      '-A -t 30 -u SEEN_REPLY -s 1::ffff:102:304 -d ::1:102:304 -r ::1:102:304 -q 1::ffff:102:304 -p 50',
    ],
    [
      'a zone of both directions, and a helper',
      told(17, IPV4, ports, { zone: 5, helper: 'sip', mark: 0xfffffff0 }),
      {},
      'udp      17 30 src=10.0.0.1 dst=10.0.0.2 sport=1 dport=2 src=10.0.0.2 dst=10.0.0.1 sport=2 dport=1 mark=4294967280 zone=5 helper=sip',
      '-A -t 30 -u SEEN_REPLY -w 5 -s 10.0.0.1 -d 10.0.0.2 -r 10.0.0.2 -q 10.0.0.1 -p udp --sport 1 --dport 2 --reply-port-src 2 --reply-port-dst 1',
    ],
    [
      'a zone of one direction',
      told(17, IPV4, ports, { zone: 5 }),
      { zones: [5, undefined] },
      'udp      17 30 src=10.0.0.1 dst=10.0.0.2 sport=1 dport=2 zone-orig=5 src=10.0.0.2 dst=10.0.0.1 sport=2 dport=1 mark=0',
      '-A -t 30 -u SEEN_REPLY -s 10.0.0.1 -d 10.0.0.2 -r 10.0.0.2 -q 10.0.0.1 -p udp --sport 1 --dport 2 --reply-port-src 2 --reply-port-dst 1',
    ],
    [
      'a zone of the other direction',
      told(17, IPV4, ports),
      { zones: [undefined, 6] },
      'udp      17 30 src=10.0.0.1 dst=10.0.0.2 sport=1 dport=2 src=10.0.0.2 dst=10.0.0.1 sport=2 dport=1 zone-reply=6 mark=0',
      '-A -t 30 -u SEEN_REPLY -s 10.0.0.1 -d 10.0.0.2 -r 10.0.0.2 -q 10.0.0.1 -p udp --sport 1 --dport 2 --reply-port-src 2 --reply-port-dst 1',
    ],
    [
      'offload by software',
      told(6, IPV4, ports, { status: confirmed | seenReply | assured | offload | fixedTimeout }),
      { state: 'ESTABLISHED' },
      'tcp      6 30 ESTABLISHED src=10.0.0.1 dst=10.0.0.2 sport=1 dport=2 src=10.0.0.2 dst=10.0.0.1 sport=2 dport=1 [OFFLOAD] mark=0',
      '-A -t 30 -u SEEN_REPLY,ASSURED,FIXED_TIMEOUT,OFFLOAD -s 10.0.0.1 -d 10.0.0.2 -r 10.0.0.2 -q 10.0.0.1 -p tcp --sport 1 --dport 2 --reply-port-src 2 --reply-port-dst 1 --state ESTABLISHED',
    ],
    [
      'offload by hardware, of what was expected',
      told(6, IPV4, {}, { status: confirmed | expected | assured | offload | hardwareOffload }),
      {},
      'tcp      6 30 src=10.0.0.1 dst=10.0.0.2 sport=0 dport=0 [UNREPLIED] src=10.0.0.2 dst=10.0.0.1 sport=0 dport=0 [HW_OFFLOAD] mark=0',
      '-A -t 30 -u EXPECTED,ASSURED,OFFLOAD,HW_OFFLOAD -s 10.0.0.1 -d 10.0.0.2 -r 10.0.0.2 -q 10.0.0.1 -p tcp --sport 0 --dport 0 --reply-port-src 0 --reply-port-dst 0',
    ],
  ])('%s', (_, connection, more, line, command) => {
    const listed = { connection, details: { ...noDetails, ...more } };
    expect(connectionLine(listed, { ...plain, hasIds: false })).toBe(line);
    expect(connectionCommand(listed)).toBe(command);
  });

  test('when it began, and when it has ended', () => {
    const begun = told(17, IPV4, ports, {
      ...{ startedWallNanos: 1_795_000_000_999_999_999n, timeoutSeconds: undefined },
      ...{ originalCounters: { packets: 3, octets: 300 }, replyCounters: { packets: 0, octets: 0 } },
    });
    const now = { ...plain, nowWallNanos: 1_795_000_003_000_000_000n };
    const listed = { connection: begun, details: noDetails };
    expect(connectionLine(listed, now)).toBe(
      'udp      17 src=10.0.0.1 dst=10.0.0.2 sport=1 dport=2 packets=3 bytes=300 src=10.0.0.2 dst=10.0.0.1 sport=2 dport=1 packets=0 bytes=0 mark=0 delta-time=3 id=7',
    );
    const ended = { ...listed, connection: { ...begun, endedWallNanos: 1_795_000_001_000_042_999n } };
    expect(connectionLine(ended, now)).toMatch(
      /^\[1795000001\.000042\]\t\[DESTROY\] udp .* delta-time=1 id=7$/,
    );
    const directions = [
      '<meta direction="original"><layer3 protonum="2" protoname="ipv4"><src>10.0.0.1</src><dst>10.0.0.2</dst></layer3><layer4 protonum="17" protoname="udp"><sport>1</sport><dport>2</dport></layer4><counters><packets>3</packets><bytes>300</bytes></counters></meta>',
      '<meta direction="reply"><layer3 protonum="2" protoname="ipv4"><src>10.0.0.2</src><dst>10.0.0.1</dst></layer3><layer4 protonum="17" protoname="udp"><sport>2</sport><dport>1</dport></layer4><counters><packets>0</packets><bytes>0</bytes></counters></meta>',
    ].join('');
    expect(connectionElement(listed, now)).toBe(
      `<flow>${directions}<meta direction="independent"><mark>0</mark><id>7</id><deltatime>3</deltatime></meta></flow>`,
    );
    expect(connectionElement(ended, now)).toBe(
      `<flow type="destroy">${directions}<meta direction="independent"><mark>0</mark><id>7</id><deltatime>1</deltatime></meta>` +
        '<when><hour>11</hour><min>6</min><sec>41</sec><wday>4</wday><day>18</day><month>11</month><year>2026</year></when></flow>',
    );
  });

  test('zones, a helper and a protocol that has no name, in an element', () => {
    const zoned = told(253, ['2001:db8::1', '2001:db8::2'], {}, { zone: 5, helper: 'x', status: confirmed });
    const details = { ...noDetails, zones: [undefined, 6] as const, securityContext: 'c' };
    expect(connectionElement({ connection: zoned, details }, plain)).toBe(
      '<flow><meta direction="original"><layer3 protonum="10" protoname="ipv6"><src>2001:db8::1</src><dst>2001:db8::2</dst></layer3><layer4 protonum="253" protoname="unknown"></layer4></meta>' +
        '<meta direction="reply"><layer3 protonum="10" protoname="ipv6"><src>2001:db8::2</src><dst>2001:db8::1</dst></layer3><layer4 protonum="253" protoname="unknown"></layer4><zone>6</zone></meta>' +
        '<meta direction="independent"><timeout>30</timeout><mark>0</mark><secctx>c</secctx><zone>5</zone><id>7</id><unreplied/></meta><helper>x</helper></flow>',
    );
  });
});

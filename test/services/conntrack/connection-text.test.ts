/** Connections as tools print them, word by word: what is read of them, and what is refused. */
import { describe, expect, test } from 'vitest';
import { addressText } from '../../../src/services/address.ts';
import { connectionStatus } from '../../../src/services/conntrack/connection.ts';
import { parseSavedLine } from '../../../src/services/conntrack/connection-save.ts';
import {
  LineError,
  parseConnectionLine,
  type ConnectionLine,
} from '../../../src/services/conntrack/connection-text.ts';
import { parseConnectionElement } from '../../../src/services/conntrack/connection-xml.ts';

const TUPLES = 'src=10.0.0.1 dst=10.0.0.2 sport=1 dport=2 src=10.0.0.2 dst=10.0.0.1 sport=2 dport=1';
const { confirmed, seenReply, assured, offload, hardwareOffload } = connectionStatus;

/** What is refused, as `code key`. */
function refusal(parse: (text: string) => ConnectionLine, text: string): string {
  try {
    parse(text);
    return 'nothing';
  } catch (error) {
    if (!(error instanceof LineError)) throw error;
    expect(error).toMatchObject({ name: 'LineError', message: `line: ${error.code} ${error.key}` });
    return `${error.code} ${error.key}`.trim();
  }
}

describe('a line', () => {
  const read = (text: string) => parseConnectionLine(text).connection;

  test('has all that is said', () => {
    expect(
      parseConnectionLine(`ipv4     2 udp      17 29   ${TUPLES} [ASSURED] mark=0x10 use=1 id=77`),
    ).toEqual({
      event: undefined,
      connection: {
        ...read(`udp 17 29 ${TUPLES}`),
        ...{ status: confirmed | seenReply | assured, mark: 16, id: 77, timeoutSeconds: 29 },
      },
    });
    expect(read(`udp 17 29 ${TUPLES}`)).toEqual({
      ...{ id: undefined, status: confirmed | seenReply, timeoutSeconds: 29, mark: 0, zone: 0 },
      original: {
        protocol: 17,
        source: 0x0a000001,
        destination: 0x0a000002,
        sourcePort: 1,
        destinationPort: 2,
        icmpId: undefined,
      },
      reply: {
        protocol: 17,
        source: 0x0a000002,
        destination: 0x0a000001,
        sourcePort: 2,
        destinationPort: 1,
        icmpId: undefined,
      },
      ...{ originalCounters: undefined, replyCounters: undefined, helper: undefined, master: undefined },
      ...{ masterHelper: undefined, startedWallNanos: undefined, endedWallNanos: undefined },
    });
  });

  test.each<[flags: string, status: number]>([
    ['', confirmed | seenReply],
    ['[ASSURED]', confirmed | seenReply | assured],
    ['[OFFLOAD]', confirmed | seenReply | offload],
    ['[HW_OFFLOAD]', confirmed | seenReply | offload | hardwareOffload],
    ['[UNREPLIED]', confirmed],
    ['[SOMETHING]', confirmed | seenReply],
  ])('flags %s', (flags, status) => {
    expect(read(`udp 17 29 ${TUPLES} ${flags}`).status).toBe(status);
  });

  test.each<[text: string, timeout: number | undefined]>([
    [`udp 17 29 ${TUPLES}`, 29],
    [`udp 17 ${TUPLES}`, undefined],
    [`tcp 6 ESTABLISHED ${TUPLES}`, undefined],
    [`tcp 6 x29 ${TUPLES}`, undefined],
    [`tcp 6 29x ${TUPLES}`, undefined],
    [`255 255 29 ${TUPLES}`, 29],
  ])('%s lives for %s', (text, timeout) => {
    expect(read(text).timeoutSeconds).toBe(timeout);
  });

  test('has zones of both directions, or of the original', () => {
    expect(read(`udp 17 29 ${TUPLES} zone=5`).zone).toBe(5);
    expect(read(`udp 17 29 ${TUPLES.replace(' src', ' zone-orig=6 src')}`).zone).toBe(6);
    expect(read(`udp 17 29 ${TUPLES} zone-reply=6`).zone).toBe(0);
  });

  test('has counters where both are there', () => {
    const counted = (words: string) => read(`udp 17 29 ${TUPLES} ${words}`).replyCounters;
    expect(counted('packets=3 bytes=300')).toEqual({ packets: 3, octets: 300 });
    expect([counted('packets=3'), counted('bytes=300')]).toEqual([undefined, undefined]);
  });

  test('has the identifiers of ICMP, and the id behind them', () => {
    const ends = 'src=10.0.0.1 dst=10.0.0.2 type=8 code=0 id=7 src=10.0.0.2 dst=10.0.0.1 type=0 code=0 id=8';
    expect(read(`icmp 1 29 ${ends} id=99`)).toMatchObject({
      original: { icmpId: 7 },
      reply: { icmpId: 8 },
      id: 99,
    });
    expect(read(`udp 17 29 ${TUPLES} id=99`)).toMatchObject({ original: { icmpId: undefined }, id: 99 });
    expect(read(`udp 17 29 id=5 ${TUPLES}`)).toMatchObject({ id: 5 });
    expect(read(`icmp 1 29 id=5 ${ends}`)).toMatchObject({ id: 5, original: { icmpId: 7 } });
    const { original } = read(
      'icmpv6 58 29 src=::1 dst=::2 type=128 code=0 id=7 src=::2 dst=::1 type=129 code=0 id=7',
    );
    expect([addressText(original.source), original.icmpId]).toEqual(['::1', 7]);
  });

  test.each<[beginning: string, event: string | undefined, endedWallNanos: bigint | undefined]>([
    ['', undefined, undefined],
    ['[DESTROY] ', 'DESTROY', undefined],
    ['[1795000000.5]\t[DESTROY] ', 'DESTROY', 1_795_000_000_500_000_000n],
    ['[1795000000.000001]\t    [NEW] ', 'NEW', undefined],
    ['[1795000000.000001] ', undefined, undefined],
    [' [UPDATE] ', 'UPDATE', undefined],
  ])('an event that begins with %j', (beginning, event, endedWallNanos) => {
    const read = parseConnectionLine(`${beginning}udp 17 29 ${TUPLES}`);
    expect([read.event, read.connection.endedWallNanos]).toEqual([event, endedWallNanos]);
  });

  test.each<[text: string, refused: string]>([
    ['', 'not-a-connection'],
    ['udp', 'not-a-connection'],
    [`udp 256 29 ${TUPLES}`, 'not-a-connection'],
    [`udp 1000 29 ${TUPLES}`, 'not-a-connection'],
    ['udp 17', 'missing src'],
    ['udp 17 29 dst=10.0.0.1', 'missing src'],
    ['udp 17 29 src=10.0.0.1 dst=10.0.0.2', 'not-a-connection'],
    [`udp 17 29 ${TUPLES} src=10.0.0.1`, 'not-a-connection'],
    ['udp 17 29 src=10.0.0.1 src=10.0.0.2 dst=10.0.0.1', 'missing dst'],
    [`udp 17 29 ${TUPLES.replace('10.0.0.1', '10.0.0.x')}`, 'invalid src'],
    [`udp 17 29 ${TUPLES.replace('sport=1', 'sport=65536')}`, 'invalid sport'],
    [`udp 17 29 ${TUPLES.replace('sport=1', 'sport=x')}`, 'invalid sport'],
    [`udp 17 29 ${TUPLES} mark=4294967296`, 'invalid mark'],
    [`udp 17 29 ${TUPLES} mark=`, 'invalid mark'],
    [`udp 17 29 ${TUPLES} mark=0x123456789`, 'invalid mark'],
    [`udp 17 29 ${TUPLES} zone=65536`, 'invalid zone'],
    [`udp 17 29 ${TUPLES} zone-orig=65536`, 'invalid zone-orig'],
    [`udp 17 4294967296 ${TUPLES}`, 'invalid timeout'],
    [`[9223372036.854775807] [DESTROY] udp 17 29 ${TUPLES}`, 'nothing'],
    [`[9223372036.854775808] [DESTROY] udp 17 29 ${TUPLES}`, 'invalid time'],
    [`udp 17 29 ${TUPLES} mark=4294967295 =x`, 'nothing'],
    [`udp 255 4294967295 ${TUPLES} mark=0xFFFFFFFF zone=65535`, 'nothing'],
  ])('%j: %s', (text, refused) => {
    expect(refusal(parseConnectionLine, text)).toBe(refused);
  });
});

describe('a saved line', () => {
  const ENDS = '-s 10.0.0.1 -d 10.0.0.2 -r 10.0.0.2 -q 10.0.0.1';

  test.each<[text: string, refused: string]>([
    [`-A ${ENDS} -p 255`, 'nothing'],
    [`-I   ${ENDS}   -p udp  `, 'nothing'],
    [`-A ${ENDS} -p 256`, 'not-a-connection'],
    [`-A ${ENDS} -p udp more words`, 'not-a-connection'],
    [`-A ${ENDS} -p udp --sport`, 'not-a-connection'],
    [`-A ${ENDS}`, 'not-a-connection'],
    ['-A -p udp -s 10.0.0.1', 'missing dst'],
    [`-A ${ENDS} -p udp --sport 65536`, 'invalid sport'],
  ])('%j: %s', (text, refused) => {
    expect(refusal(parseSavedLine, text)).toBe(refused);
  });

  test.each<[words: string, status: number]>([
    ['', confirmed],
    ['-u UNSET', confirmed],
    ['-u SEEN_REPLY', confirmed | seenReply],
    ['-u SEEN_REPLY,ASSURED', confirmed | seenReply | assured],
    ['-u HW_OFFLOAD', confirmed | offload | hardwareOffload],
    [
      '-u EXPECTED,FIXED_TIMEOUT,OFFLOAD',
      confirmed | connectionStatus.expected | connectionStatus.fixedTimeout | offload,
    ],
  ])('status %s', (words, status) => {
    expect(parseSavedLine(`-A ${words} ${ENDS} -p udp`).connection.status).toBe(status);
  });
});

describe('an element', () => {
  const meta = (
    direction: string,
    source: string,
    destination: string,
    protocol: number | string = 17,
  ): string =>
    `<meta direction="${direction}"><layer3 protonum="2" protoname="ipv4"><src>${source}</src><dst>${destination}</dst></layer3>` +
    `<layer4 protonum="${protocol}" protoname="x"><sport> 1 </sport></layer4></meta>`;
  const both = (protocol: number | string = 17): string =>
    meta('original', '10.0.0.1', '10.0.0.2', protocol) + meta('reply', '10.0.0.2', '10.0.0.1', protocol);
  const WHEN =
    '<when><hour>11</hour><min>6</min><sec>41</sec><wday>4</wday><day>18</day><month>11</month><year>2026</year></when>';
  const read = (text: string) => parseConnectionElement(text);

  test('has what its parts say, and what stands between them is of both', () => {
    expect(
      read(
        `<flow>${both()}<mark> 7 </mark><meta direction="independent"><id>9</id></meta><helper>ftp</helper></flow>`,
      ),
    ).toMatchObject({
      event: undefined,
      connection: {
        mark: 7,
        id: 9,
        helper: 'ftp',
        original: { sourcePort: 1 },
      },
    });
    const flags = seenReply | assured;
    expect(read(`<flow>${both()}<assured/><unreplied/></flow>`).connection.status & flags).toBe(assured);
    expect(read(`<flow>${both()}</flow>`).connection.status & flags).toBe(seenReply);
    expect(read(`<flow>${both(255)}</flow>`).connection.original.protocol).toBe(255);
  });

  test.each<[type: string, event: string | undefined, endedWallNanos: bigint | undefined]>([
    ['', undefined, undefined],
    [' type="new"', 'NEW', undefined],
    [' type="update"', 'UPDATE', undefined],
    [' type="destroy"', 'DESTROY', 1_795_000_001_000_000_000n],
    [' kind="destroy"', undefined, undefined],
  ])('of an event%s', (type, event, endedWallNanos) => {
    const { event: told, connection } = read(`<flow${type}>${both()}${WHEN}</flow>`);
    expect([told, connection.endedWallNanos]).toEqual([event, endedWallNanos]);
  });

  test('without the time of its end has none', () => {
    expect(read(`<flow type="destroy">${both()}</flow>`).connection.endedWallNanos).toBeUndefined();
  });

  test.each<[text: string, refused: string]>([
    [`<flow type="destroy">${both()}${WHEN.replace('2026', '2263')}</flow>`, 'invalid time'],
    [`<flow type="destroy">${both()}${WHEN.replace('2026', '1969')}</flow>`, 'invalid time'],
    ...[256, -2, 1.5, '', '0x11', '1e1', '0017'].map((protocol): [string, string] => [
      `<flow>${both(protocol)}</flow>`,
      'not-a-connection',
    ]),
    [`<flow>${both().replace(/<layer4.*?<.layer4>/g, '')}</flow>`, 'not-a-connection'],
    [`<flow>${meta('original', '10.0.0.1', '10.0.0.2')}</flow>`, 'not-a-connection'],
    [`<flow>${meta('reply', '10.0.0.1', '10.0.0.2')}</flow>`, 'not-a-connection'],
    ['<flow></flow>', 'not-a-connection'],
    [`<flow>${both().replaceAll(' protonum="17"', '')}</flow>`, 'not-a-connection'],
    [`<flow>${both().replace('<dst>10.0.0.2</dst>', '')}</flow>`, 'missing dst'],
    [`<flow>${both().replace('10.0.0.1', '10.0.0.999')}</flow>`, 'invalid src'],
    [`<flow>${both().replaceAll(' 1 ', '70000')}</flow>`, 'invalid sport'],
  ])('%j: %s', (text, refused) => {
    expect(refusal(parseConnectionElement, text)).toBe(refused);
  });
});

/** `conntrack -o save`: the lab's own, against the listing of the same moment, and whatever else it may print. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { addressText } from '../../../src/services/address.ts';
import { connectionStatus, type Connection, type Tuple } from '../../../src/services/conntrack/connection.ts';
import { isSaved, parseSavedLine } from '../../../src/services/conntrack/connection-save.ts';
import { LineError, parseConnectionLine } from '../../../src/services/conntrack/connection-text.ts';
import { parseConnectionElement } from '../../../src/services/conntrack/connection-xml.ts';
import { protocolNumber, protocolText } from '../../../src/services/ip-protocols.ts';

const vector = (name: string): readonly string[] =>
  readFileSync(join(import.meta.dirname, '../../vectors/conntrack', name), 'utf8')
    .trim()
    .split('\n');

/** What all forms say, of those connections that all forms have. */
const said = ({ original, reply, zone }: Connection): string => JSON.stringify([original, reply, zone]);

test('says what the listing of the same moment says', () => {
  const saved = vector('conntrack-L-save.txt').map((line) => parseSavedLine(line).connection);
  const listed = vector('conntrack-L-extended-id.txt').map((line) => parseConnectionLine(line).connection);
  const all = new Map(listed.map((connection) => [said(connection), connection]));
  const both = saved.filter((connection) => all.has(said(connection)));
  // Two came and went in between, and mappings of ICMP's identifiers are not in it.
  expect(both.length).toBeGreaterThan(saved.length - 4);
  for (const connection of both) {
    const { status } = all.get(said(connection))!;
    const seen = connectionStatus.seenReply | connectionStatus.assured | connectionStatus.sourceNat;
    expect(connection.status & seen).toBe(status & seen);
  }
});

/** The forms in which a connection is told: words of its tuples, in that tool's order. */
const tupleWords = (tuple: Tuple): string => {
  const ports = tuple.protocol === 47 ? ['srckey', 'dstkey'] : ['sport', 'dport'];
  const numbers =
    tuple.icmpId === undefined
      ? [`${ports[0]!}=${tuple.sourcePort!}`, `${ports[1]!}=${tuple.destinationPort!}`]
      : ['type=8', 'code=0', `id=${tuple.icmpId}`];
  return [`src=${addressText(tuple.source)}`, `dst=${addressText(tuple.destination)}`, ...numbers].join(' ');
};

function listedLine({ original, reply, timeoutSeconds, mark, zone, status }: Connection): string {
  const { protocol } = original;
  const flags = (status & connectionStatus.seenReply) === 0 ? '[UNREPLIED] ' : '';
  const assured = (status & connectionStatus.assured) === 0 ? '' : ' [ASSURED]';
  return `${protocolText(protocol).toLowerCase()} ${protocol} ${timeoutSeconds!} ${tupleWords(original)} ${flags}${tupleWords(reply)}${assured} mark=${mark} zone=${zone} use=1`;
}

function savedLine({ original, reply, timeoutSeconds, mark, zone, status }: Connection): string {
  const words = (status & connectionStatus.assured) === 0 ? [] : ['ASSURED'];
  if ((status & connectionStatus.seenReply) !== 0) words.unshift('SEEN_REPLY');
  const isGre = original.protocol === 47;
  const numbers =
    original.icmpId === undefined
      ? `${isGre ? '--srckey' : '--sport'} ${original.sourcePort!} ${isGre ? '--dstkey' : '--dport'} ${original.destinationPort!} ` +
        `${isGre ? '--reply-key-src' : '--reply-port-src'} ${reply.sourcePort!} ${isGre ? '--reply-key-dst' : '--reply-port-dst'} ${reply.destinationPort!}`
      : `--icmp-type 8 --icmp-code 0 --icmp-id ${original.icmpId}`;
  const nat = addressText(original.source) === addressText(reply.destination) ? '-q' : '-n';
  return `-A -t ${timeoutSeconds!} -u ${words.join(',') || 'UNSET'} -w ${zone} -m ${mark} -s ${addressText(original.source)} -d ${addressText(original.destination)} -r ${addressText(reply.source)} ${nat} ${addressText(reply.destination)} -p ${protocolText(original.protocol).toLowerCase()} ${numbers}`;
}

function element({ original, reply, timeoutSeconds, mark, zone, status }: Connection): string {
  const layer = (tuple: Tuple): string =>
    tupleWords(tuple).replace(
      /(\S+)=(\S+) ?/g,
      (_, key: string, value: string) => `<${key}>${value}</${key}>`,
    );
  const meta = (direction: string, tuple: Tuple): string =>
    `<meta direction="${direction}"><layer4 protonum="${tuple.protocol}" protoname="x">${layer(tuple)}</layer4></meta>`;
  const unreplied = (status & connectionStatus.seenReply) === 0 ? '<unreplied/>' : '';
  const assured = (status & connectionStatus.assured) === 0 ? '' : '<assured/>';
  return `<flow>${meta('original', original)}${meta('reply', reply)}<meta direction="independent"><timeout>${timeoutSeconds!}</timeout><mark>${mark}</mark><zone>${zone}</zone>${unreplied}${assured}</meta></flow>`;
}

const port = fc.nat(65_535);
const address = fc.nat(2 ** 32 - 1);

const connections = fc
  .record({
    protocol: fc.constantFrom(1, 6, 17, 47, 132),
    ends: fc.tuple(address, address, address),
    ports: fc.tuple(port, port, port),
    isTranslated: fc.boolean(),
    timeoutSeconds: fc.nat(432_000),
    mark: fc.nat(2 ** 32 - 1),
    zone: port,
    isReplied: fc.boolean(),
    isAssured: fc.boolean(),
  })
  .map(({ protocol, ends: [inside, outside, pool], ports: [from, to, mapped], ...rest }) => {
    const isIcmp = protocol === 1;
    const tuple = (
      source: number,
      destination: number,
      sourcePort: number,
      destinationPort: number,
    ): Tuple => ({
      protocol,
      source,
      destination,
      sourcePort: isIcmp ? undefined : sourcePort,
      destinationPort: isIcmp ? undefined : destinationPort,
      icmpId: isIcmp ? from : undefined,
    });
    const original = tuple(inside, outside, from, to);
    const reply = rest.isTranslated ? tuple(outside, pool, to, mapped) : tuple(outside, inside, to, from);
    const status =
      (rest.isReplied ? connectionStatus.seenReply : 0) | (rest.isAssured ? connectionStatus.assured : 0);
    const { timeoutSeconds, mark, zone } = rest;
    return { original, reply, status, timeoutSeconds, mark, zone } as Connection;
  });

test('the listing, the saved form and XML of a connection say the same', () => {
  fc.assert(
    fc.property(connections, (connection) => {
      const listed = parseConnectionLine(listedLine(connection)).connection;
      expect(parseSavedLine(savedLine(connection)).connection).toEqual(listed);
      expect(parseConnectionElement(element(connection)).connection).toEqual(listed);
      const { original, reply, timeoutSeconds, mark, zone } = connection;
      expect(listed).toMatchObject({ original, reply, timeoutSeconds, mark, zone });
    }),
  );
});

test('what is no such line is refused, and nothing else is thrown', () => {
  const whole = '-A -t 5 -u UNSET -s 10.0.0.1 -d 10.0.0.2 -r 10.0.0.2 -q 10.0.0.1 -p udp --sport 1 --dport 2';
  expect(isSaved(whole)).toBe(true);
  for (const wrong of ['-A', '-A -p', '-A -p foo', '-A -p 256', whole.replace('-p udp', ''), `${whole} 3`])
    expect(() => parseSavedLine(wrong), wrong).toThrow(LineError);
  expect(() => parseSavedLine(whole.replace('10.0.0.1', '10.0.0.256'))).toThrow(LineError);
  fc.assert(
    fc.property(fc.string(), fc.nat(whole.length), (text, at) => {
      try {
        parseSavedLine(whole.slice(0, at) + text + whole.slice(at));
      } catch (error) {
        expect(error).toBeInstanceOf(LineError);
      }
    }),
  );
});

test('names that every object of JavaScript has are names of nothing', () => {
  const whole = '-A -s 10.0.0.1 -d 10.0.0.2 -r 10.0.0.2 -q 10.0.0.1 -p constructor';
  expect(() => parseSavedLine(whole)).toThrow(LineError);
  expect(protocolNumber('constructor')).toBeUndefined();
  const ends = '<src>10.0.0.1</src><dst>10.0.0.2</dst>';
  const read = parseConnectionElement(
    `<flow type="constructor"><meta direction="original">${ends}<layer4 protonum="50"></layer4></meta>` +
      `<meta direction="reply">${ends}</meta><meta direction="constructor"><mark>7</mark></meta></flow>`,
  );
  expect(read).toMatchObject({ event: undefined, connection: { mark: 7 } });
});

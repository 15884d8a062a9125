/** What control channels of binary messages announce, message by message. */
import { describe, expect, test } from 'vitest';
import { addressText, parseAddress } from '../../../src/services/address.ts';
import {
  PortmapperFollower,
  PptpFollower,
  TftpFollower,
  TwampFollower,
} from '../../../src/services/capture/control-binary.ts';
import type { ControlFollower } from '../../../src/services/capture/control-channel.ts';
import { pptpReply, type Octets } from '../../support/captures.ts';

const ends = { initiator: parseAddress('10.0.0.1'), responder: parseAddress('10.0.0.2') };

/** What is expected after each message; `>` is what the initiator says, `<` what it is answered. */
function told(follower: ControlFollower, ...messages: readonly (readonly ['>' | '<', Octets])[]): string[] {
  const found: string[] = [];
  for (const [who, octets] of messages)
    follower.message!(octets, who === '<', ({ protocol, source, sourcePort, destination, destinationPort }) =>
      found.push(
        `${protocol} ${source === undefined ? 'any' : addressText(source)}:${sourcePort ?? 'any'} ${addressText(destination)}:${destinationPort}`,
      ),
    );
  return found;
}

const words = (...values: readonly number[]): Octets => {
  const view = new DataView(new ArrayBuffer(4 * values.length));
  values.forEach((value, at) => view.setUint32(4 * at, value));
  return new Uint8Array(view.buffer);
};

const changed = (octets: Octets, at: number, octet: number): Octets => {
  const other = Uint8Array.from(octets);
  other[at] = octet;
  return other;
};

describe('TFTP', () => {
  const answer = '17 10.0.0.2:any 10.0.0.1:5000';
  test.each<[who: '>' | '<', octets: number[], expected: string[]]>([
    ['>', [0, 1, 97, 0], [answer]],
    ['>', [0, 2], [answer]],
    ['>', [0, 3, 97, 0], []],
    ['>', [1, 1], []],
    ['>', [0], []],
    ['>', [], []],
    ['<', [0, 1, 97, 0], []],
    ['<', [0, 2, 97, 0], []],
  ])('%s %j', (who, octets, expected) => {
    const follower = new TftpFollower({ ...ends, initiatorPort: 5000 });
    expect(told(follower, [who, Uint8Array.from(octets)])).toEqual(expected);
  });
});

describe('PPTP', () => {
  const reply = pptpReply(7, 5);
  const both = ['47 10.0.0.1:5 10.0.0.2:7', '47 10.0.0.2:7 10.0.0.1:5'];
  const turned = ['47 10.0.0.1:7 10.0.0.2:5', '47 10.0.0.2:5 10.0.0.1:7'];
  test.each<[what: string, who: '>' | '<', octets: Octets, expected: string[]]>([
    ['a call that was asked for', '<', reply, both],
    ['of which the first octets alone came', '<', reply.slice(0, 17), both],
    ['of which less came', '<', reply.slice(0, 16), []],
    ['a call that the server asked for', '>', changed(reply, 9, 10), turned],
    ['an answer to one that the client was asked for', '<', changed(reply, 9, 10), both],
    ['a request', '<', changed(reply, 9, 7), []],
    ['another request', '>', changed(reply, 9, 9), []],
    ['a call that was refused', '<', changed(reply, 16, 2), []],
    ['what is no PPTP', '<', changed(reply, 4, 0), []],
  ])('%s', (_, who, octets, expected) => {
    expect(told(new PptpFollower(ends), [who, octets])).toEqual(expected);
  });
});

describe('the portmapper', () => {
  interface Ask {
    readonly transaction?: number;
    readonly version?: number;
    readonly procedure?: number;
    readonly program?: number;
    readonly direction?: number;
    readonly rpc?: number;
    /** Octets of its credentials. */
    readonly credentials?: number;
  }
  const ask = (rest: readonly number[], changes: Ask = {}): Octets => {
    const { transaction = 77, version = 2, procedure = 3, program = 100_000 } = changes;
    const { direction = 0, rpc = 2, credentials = 0 } = changes;
    const padded = new Array<number>(Math.ceil(credentials / 4)).fill(0x01010101);
    return words(
      ...[transaction, direction, rpc, program, version, procedure],
      ...[1, credentials, ...padded, 0, 0],
      ...[100_003, 3, ...rest],
    );
  };
  const answer = (...rest: readonly number[]): Octets => words(77, 1, 0, 0, 0, ...rest);
  const text = (said: string): readonly number[] => {
    const octets = Buffer.from(said.padEnd(Math.ceil(said.length / 4) * 4, '\0'));
    return [
      said.length,
      ...Array.from({ length: octets.length / 4 }, (_, at) => octets.readUInt32BE(4 * at)),
    ];
  };
  const found = (call: Octets, reply: Octets): string[] =>
    told(new PortmapperFollower(ends, false), ['>', call], ['<', reply]);
  const nfs = '10.0.0.1:any 10.0.0.2:2049';

  test.each<[what: string, call: Octets, reply: Octets, expected: string[]]>([
    ['a port of TCP', ask([6, 0]), answer(0, 2049), [`6 ${nfs}`]],
    ['a port of UDP', ask([17, 0]), answer(0, 2049), [`17 ${nfs}`]],
    ['the least port', ask([6]), answer(0, 1), ['6 10.0.0.1:any 10.0.0.2:1']],
    ['the highest port', ask([6]), answer(0, 65_535), ['6 10.0.0.1:any 10.0.0.2:65535']],
    ['no port', ask([6]), answer(0, 0), []],
    ['what is no port', ask([6]), answer(0, 65_536), []],
    ['a program that is not there', ask([6]), answer(1, 2049), []],
    ['an answer without a port', ask([6]), answer(0), []],
    ['an answer without anything', ask([6]), words(77, 1), []],
    ['an answer that was refused', ask([6]), words(77, 1, 1, 0, 0, 0, 2049), []],
    ['a call in the place of an answer', ask([6]), words(77, 0, 0, 0, 0, 0, 2049), []],
    ['an answer to another', ask([6]), words(78, 1, 0, 0, 0, 0, 2049), []],
    ['an answer with a verifier', ask([6]), words(77, 1, 0, 6, 5, 1, 1, 0, 2049), [`6 ${nfs}`]],
    ['an answer with a verifier that is cut', ask([6]), words(77, 1, 0, 6, 500, 0, 2049), []],
    ['a call with credentials', ask([6], { credentials: 9 }), answer(0, 2049), [`6 ${nfs}`]],
    ['a call of another program', ask([6], { program: 100_003 }), answer(0, 2049), []],
    ['another call', ask([6], { procedure: 4 }), answer(0, 2049), []],
    ['another version of RPC', ask([6], { rpc: 3 }), answer(0, 2049), []],
    ['an answer from the client', ask([6], { direction: 1 }), answer(0, 2049), []],
    ['a call without a protocol', ask([]), answer(0, 2049), []],
    ['an address', ask(text('tcp'), { version: 3 }), answer(0, ...text('10.0.0.2.8.1')), [`6 ${nfs}`]],
    [
      'an address of IPv6',
      ask(text('tcp6'), { version: 4 }),
      answer(0, ...text('2001:db8::1.8.1')),
      [`6 ${nfs}`],
    ],
    ['an address of UDP', ask(text('udp'), { version: 4 }), answer(0, ...text('0.0.0.0.8.1')), [`17 ${nfs}`]],
    [
      'a protocol with another name',
      ask(text('utcp'), { version: 4 }),
      answer(0, ...text('0.0.0.0.8.1')),
      [`17 ${nfs}`],
    ],
    [
      'a protocol that is not named',
      ask([], { version: 4 }),
      answer(0, ...text('0.0.0.0.8.1')),
      [`17 ${nfs}`],
    ],
    [
      'a high port of an address',
      ask(text('tcp'), { version: 3 }),
      answer(0, ...text('10.0.0.2.255.255')),
      ['6 10.0.0.1:any 10.0.0.2:65535'],
    ],
    ['no address', ask(text('tcp'), { version: 3 }), answer(0, 0), []],
    ['an address that is cut', ask(text('tcp'), { version: 3 }), answer(0, 12), []],
    ['what is no address', ask(text('tcp'), { version: 3 }), answer(0, ...text('nowhere.8.1')), []],
    [
      'an address with more behind it',
      ask(text('tcp'), { version: 3 }),
      answer(0, ...text('10.0.0.2.8.1x')),
      [],
    ],
    [
      'an address with a line before it',
      ask(text('tcp'), { version: 3 }),
      answer(0, ...text('\n10.0.0.2.8.1')),
      [],
    ],
    ['an address without a port', ask(text('tcp'), { version: 3 }), answer(0, ...text('1.2')), []],
    ['a port that is too high', ask(text('tcp'), { version: 3 }), answer(0, ...text('10.0.0.2.256.1')), []],
  ])('%s', (_, call, reply, expected) => {
    expect(found(call, reply)).toEqual(expected);
  });

  test('of a call that is cut knows nothing', () => {
    for (let length = 0; length < 16; length += 4) {
      const follower = new PortmapperFollower(ends, false);
      expect(told(follower, ['>', ask([6]).slice(0, length)], ['<', answer(0, 2049)])).toEqual([]);
    }
    expect(told(new PortmapperFollower(ends, false), ['<', answer(0, 2049)])).toEqual([]);
    expect(told(new PortmapperFollower(ends, false), ['<', words()], ['>', words()])).toEqual([]);
  });

  test('what is no look-up leaves the one before it', () => {
    const follower = new PortmapperFollower(ends, false);
    const other = ask([17], { procedure: 4 });
    expect(told(follower, ['>', ask([6])], ['>', other], ['<', answer(0, 2049)])).toEqual([`6 ${nfs}`]);
    expect(told(follower, ['>', ask([17])], ['<', answer(0, 2049)])).toEqual([`17 ${nfs}`]);
  });

  test('over TCP, each record is of one fragment', () => {
    const record = (octets: Octets, mark = 0x8000_0000): Octets =>
      Buffer.concat([words(mark + octets.length), octets]);
    const over = (call: Octets, reply: Octets): string[] =>
      told(new PortmapperFollower(ends, true), ['>', call], ['<', reply]);
    const [call, reply] = [ask([6]), answer(0, 2049)];
    expect(over(record(call), record(reply))).toEqual([`6 ${nfs}`]);
    expect(over(record(call, 0), record(reply))).toEqual([]);
    expect(over(record(call), record(reply, 0))).toEqual([]);
    expect(over(call, reply)).toEqual([]);
    expect(over(record(call), Uint8Array.from([0x80, 0, 0]))).toEqual([]);
    expect(over(record(call), words(0x8000_0000))).toEqual([]);
  });
});

describe('TWAMP', () => {
  const request = changed(new Uint8Array(112), 0, 5);
  const accept = changed(changed(new Uint8Array(48), 2, 0x27), 3, 0x10);
  const expected = '17 10.0.0.1:any 10.0.0.2:10000';
  const follow = (...messages: readonly (readonly ['>' | '<', Octets])[]): string[] =>
    told(new TwampFollower(ends), ...messages);

  test('the answer to a request has the port of the reflector', () => {
    expect(follow(['>', request], ['<', accept])).toEqual([expected]);
    expect(follow(['>', request], ['<', accept], ['>', request], ['<', accept])).toEqual([
      expected,
      expected,
    ]);
  });

  test.each<[what: string, messages: (readonly ['>' | '<', Octets])[]]>([
    ['without a request', [['<', accept]]],
    [
      'twice',
      [
        ['>', request],
        ['<', changed(accept, 0, 1)],
        ['<', new Uint8Array(47)],
      ],
    ],
    [
      'that refuses',
      [
        ['>', request],
        ['<', changed(accept, 0, 1)],
      ],
    ],
    [
      'of another length',
      [
        ['>', request],
        ['<', accept.slice(0, 47)],
      ],
    ],
    [
      'to another command',
      [
        ['>', changed(request, 0, 2)],
        ['<', accept],
      ],
    ],
    [
      'to a request of another length',
      [
        ['>', request.slice(0, 111)],
        ['<', accept],
      ],
    ],
    [
      'to a command behind the request',
      [
        ['>', request],
        ['>', new Uint8Array(32)],
        ['<', accept],
      ],
    ],
  ])('an answer %s has none', (_, messages) => {
    expect(follow(...messages)).toEqual([]);
  });

  test('a request is answered once', () => {
    expect(follow(['>', request], ['<', accept], ['<', accept])).toEqual([expected]);
  });
});

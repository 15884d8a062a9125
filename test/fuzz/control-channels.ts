/** Control channels that are followed in captures: each protocol, its octets in segments that come as the input says. */
import assert from 'node:assert/strict';
import { addressText } from '../../src/services/address.ts';
import {
  CONTROL_LINE_OCTETS_MAX,
  ControlBudget,
  ControlChannel,
  type ControlFollower,
} from '../../src/services/capture/control-channel.ts';
import { controlProtocols } from '../../src/services/capture/control-protocols.ts';
import type { Expectation } from '../../src/services/capture/expectations.ts';
import { ipProtocol } from '../../src/services/ip-protocols.ts';
import { pptpReply } from '../support/captures.ts';
import { chosen, Choices, type FuzzTarget } from './target.ts';

const followed = controlProtocols.flatMap(({ follow, protocols }) =>
  follow === undefined ? [] : protocols.map((protocol) => ({ follow, protocol })),
);
const ends = { initiator: 0x0a000001, responder: 0xc0000202, initiatorPort: 40_000 };
const SEGMENT_OCTETS = 24;
const FIRST_SEQUENCE = 0xffff_ff00;
const EXPECTED_OF_LINE_MAX = 4;

interface Said {
  readonly octets: Uint8Array;
  readonly isReply: boolean;
}

/** What is announced when each piece comes in segments of so many octets. */
function announced(
  { follow, protocol }: (typeof followed)[number],
  pieces: readonly Said[],
  most: number,
): Expectation[] {
  const found: Expectation[] = [];
  const budget = new ControlBudget();
  const follower = follow({ ...ends, protocol });
  // Messages are what segments carry: only lines are put together.
  const lines: ControlFollower = most === Infinity ? follower : linesOf(follower);
  const channel = new ControlChannel(protocol, lines, budget);
  const sequences = [FIRST_SEQUENCE, FIRST_SEQUENCE];
  for (const { octets, isReply } of pieces) {
    const side = isReply ? 1 : 0;
    for (let at = 0; at < octets.length; at += most) {
      const segment = octets.subarray(at, at + most);
      channel.take(segment, segment.length, sequences[side]!, isReply, (each) => found.push(each));
      // Sent again: nobody hears it twice.
      if (protocol === ipProtocol.tcp)
        channel.take(segment, segment.length, sequences[side]!, isReply, () => assert.fail('heard twice'));
      sequences[side] = (sequences[side]! + segment.length) >>> 0;
    }
  }
  channel.close();
  return found;
}

const linesOf = (follower: ControlFollower): ControlFollower =>
  follower.line === undefined ? {} : { line: (...said) => follower.line!(...said) };

function check({ protocol, source, sourcePort, destination, destinationPort }: Expectation): void {
  assert(Object.values(ipProtocol).includes(protocol as never));
  for (const port of [sourcePort ?? 0, destinationPort])
    assert(Number.isInteger(port) && port >= 0 && port <= 65_535, `port ${port}`);
  for (const address of [source, destination])
    if (address !== undefined) assert.notEqual(addressText(address), '');
}

/** The first octet chooses the protocol; pieces begin with an octet: who says it, and how long it is. */
export const target: FuzzTarget = {
  octetsMax: 2 * CONTROL_LINE_OCTETS_MAX,
  words: [
    'PORT ',
    'EPRT |1|',
    '227 ',
    '229 (|||',
    'c=IN IP4 ',
    'm=audio ',
    'v=0',
    'Transport:',
    'client_port=',
    '\r\n',
  ],
  run: (octets) => {
    const choices = new Choices(octets);
    const chosenOne = choices.of(followed);
    const pieces: Said[] = [];
    for (let rest = choices.rest; rest.length > 0;) {
      const length = (rest[0]! & 0x7f) * 2;
      pieces.push({ octets: rest.subarray(1, 1 + length), isReply: rest[0]! >= 0x80 });
      rest = rest.subarray(1 + length);
    }
    const whole = announced(chosenOne, pieces, Infinity);
    whole.forEach(check);
    assert(whole.length <= EXPECTED_OF_LINE_MAX * octets.length);
    const isOfLines = chosenOne.follow({ ...ends, protocol: chosenOne.protocol }).message === undefined;
    if (chosenOne.protocol === ipProtocol.tcp && isOfLines)
      for (const most of [1, SEGMENT_OCTETS]) assert.deepEqual(announced(chosenOne, pieces, most), whole);
  },
  seeds: () => {
    const piece = (text: string | Uint8Array, isReply = false): Uint8Array => {
      const said = Buffer.concat([Buffer.from(text), Buffer.from('\n'.repeat(text.length % 2))]);
      return chosen([said.length / 2 + (isReply ? 0x80 : 0)], said);
    };
    const pieces = [
      piece('PORT 10,0,0,1,78,32\r\nEPRT |1|10.0.0.1|2000|\r\n'),
      piece('227 Entering (10,0,0,2,78,33)\r\n229 Entering (|||6446|)\r\n', true),
      piece('v=0\r\nc=IN IP6 2001:db8::1\r\nm=audio 49170 RTP\r\n'),
      piece('Transport: RTP;client_port=4588-4589;server_port=6256\r\n', true),
      piece('1021\0user\0'),
      piece(Uint8Array.of(0, 1, 65, 0, 65, 0)),
      piece(pptpReply(1, 2), true),
      piece(Uint8Array.from([0, 0, 0, 7, 0, 0, 0, 0, 0, 0, 0, 2, 0, 1, 0x86, 0xa0, 0, 0, 0, 2, 0, 0, 0, 3])),
      piece(Uint8Array.from([0, 0, 0, 7, 0, 0, 0, 1, ...new Uint8Array(18), 8, 1]), true),
    ];
    return followed.map((_, index) => chosen([index], Buffer.concat(pieces)));
  },
};

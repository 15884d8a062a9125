/** The reflecting core, against twampd's replies and by what RFC 5357 §4.2 says of any packet. */
import fc from 'fast-check';
import { beforeEach, describe, expect, test } from 'vitest';
import { CounterTable } from '../../src/twamp/counters.ts';
import {
  TTL_UNKNOWN,
  createArena,
  reflectorPacket,
  senderPacket,
  stampReply,
} from '../../src/twamp/packets.ts';
import { NO_REPLY, ReflectorCore } from '../../src/twamp/reflector.ts';
import { arenaOf, recordedSessions, stampAt, stampOfNtp } from '../support/test-packets.ts';
import { openVectors } from '../support/twamp-vectors.ts';

const ERROR_ESTIMATE = 0x0001;
const SESSION = 2;
const T2 = stampAt(1_800_000_000_123_456_789n);

let counters: CounterTable;
let core: ReflectorCore;

beforeEach(() => {
  counters = new CounterTable(4);
  core = new ReflectorCore(4, counters, ERROR_ESTIMATE);
  core.open(SESSION);
  core.start(SESSION);
});

/** The reply to `octets`, or undefined. */
function reflect(octets: Uint8Array, ttl = TTL_UNKNOWN): Uint8Array | undefined {
  const arena = arenaOf(octets);
  const length = core.reflectInto(arena, SESSION, 0, octets.length, T2, ttl, 0);
  return length === NO_REPLY ? undefined : arena.bytes.slice(0, length);
}

function request(sequence: number, paddingOctets: number): Uint8Array {
  const octets = new Uint8Array(senderPacket.padding + paddingOctets);
  octets.forEach((_, index) => (octets[index] = index));
  new DataView(octets.buffer).setUint32(senderPacket.sequence, sequence);
  return octets;
}

describe.each(openVectors)('%s', (name) => {
  test.each(recordedSessions(name).map((session, index) => ({ session, index })))(
    '[004/session-reflector] each request of session $index is answered as twampd did, octet by octet',
    ({ session: { requests, replies } }) => {
      expect(requests.length).toBeGreaterThan(0);
      requests.forEach(({ octets, ttl }, index) => {
        const expected = replies[index]!.octets;
        const recorded = arenaOf(expected).view;
        const arena = arenaOf(octets);
        const t2 = stampOfNtp(recorded, reflectorPacket.receiveTimestamp);
        const length = core.reflectInto(arena, SESSION, 0, octets.length, t2, ttl, 0);
        stampReply(arena, 0, stampOfNtp(recorded, reflectorPacket.timestamp));
        expect(Buffer.from(arena.bytes.slice(0, length)).toString('hex')).toBe(
          Buffer.from(expected).toString('hex'),
        );
      });
      expect(counters.read(SESSION)).toMatchObject({
        received: requests.length,
        duplicates: 0,
        reordered: 0,
      });
    },
  );
});

test('a reply is as long as its request, at least 41 octets, and keeps the lowest-numbered padding', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 1_500, size: 'max' }), (padding) => {
      const reply = reflect(Buffer.concat([request(0, 0), padding]))!;
      expect(reply.length).toBe(Math.max(41, 14 + padding.length));
      expect([...reply.subarray(41)]).toEqual([...padding.subarray(0, reply.length - 41)]);
    }),
  );
});

test('a reply is the same whether it is made in place or elsewhere, and touches nothing else', () => {
  fc.assert(
    fc.property(fc.nat(100), fc.nat(200), (paddingOctets, txOffset) => {
      const octets = request(1, paddingOctets);
      core.open(SESSION);
      core.start(SESSION);
      const inPlace = reflect(octets)!;
      core.open(SESSION);
      core.start(SESSION);
      const arena = createArena(1_000);
      arena.bytes.fill(0xaa);
      arena.bytes.set(octets, 500);
      const length = core.reflectInto(arena, SESSION, 500, octets.length, T2, TTL_UNKNOWN, txOffset);
      const made = arena.bytes.slice(txOffset, txOffset + length);
      // T3 is not the core's to write.
      made.set(inPlace.subarray(4, 12), 4);
      expect(made).toEqual(inPlace);
      expect(arena.bytes[txOffset + length]).toBe(0xaa);
      if (txOffset > 0) expect(arena.bytes[txOffset - 1]).toBe(0xaa);
    }),
  );
});

test('must-be-zero octets are zero whatever the arena held', () => {
  const reply = reflect(new Uint8Array(60).fill(0xff))!;
  expect([...reply.subarray(reflectorPacket.mbz1, reflectorPacket.mbz1 + 2)]).toEqual([0, 0]);
  expect([...reply.subarray(reflectorPacket.mbz2, reflectorPacket.mbz2 + 2)]).toEqual([0, 0]);
});

test('replies have numbers of their own, one higher each, whatever the order of the requests', () => {
  const own = [5, 5, 3, 9].map((sequence) => {
    const reply = reflect(request(sequence, 27))!;
    const view = new DataView(reply.buffer);
    return [view.getUint32(reflectorPacket.sequence), view.getUint32(reflectorPacket.senderSequence)];
  });
  expect(own).toEqual([
    [0, 5],
    [1, 5],
    [2, 3],
    [3, 9],
  ]);
  expect(counters.read(SESSION)).toMatchObject({
    received: 4,
    duplicates: 1,
    reordered: 1,
    lastSequenceReceived: 9,
  });
});

test('the TTL of the request is reported, 255 where it cannot be seen', () => {
  expect(reflect(request(0, 0), 57)![reflectorPacket.senderTtl]).toBe(57);
  expect(reflect(request(1, 0), TTL_UNKNOWN)![reflectorPacket.senderTtl]).toBe(255);
});

test('14 octets are a packet, 13 are counted as malformed and not reflected', () => {
  expect(reflect(request(0, 0))).toHaveLength(41);
  expect(reflect(new Uint8Array(13))).toBeUndefined();
  expect(reflect(new Uint8Array(0))).toBeUndefined();
  expect(counters.read(SESSION)).toMatchObject({ received: 1, dropped: { malformed: 2 } });
});

test('nothing is reflected before start, and it is counted', () => {
  core.open(SESSION);
  expect(reflect(request(0, 0))).toBeUndefined();
  core.start(SESSION);
  expect(reflect(request(0, 0))).toBeDefined();
  expect(counters.read(SESSION)).toMatchObject({ received: 1, dropped: { 'not-active': 1 } });
});

test('a session that is opened again starts from nothing', () => {
  reflect(request(7, 0));
  core.open(SESSION);
  core.start(SESSION);
  const reply = reflect(request(7, 0))!;
  expect(new DataView(reply.buffer).getUint32(reflectorPacket.sequence)).toBe(0);
  expect(counters.read(SESSION)).toMatchObject({ received: 1, duplicates: 0 });
});

/** The reflecting core, against twampd's replies and by what RFC 5357 §4.2 says of any packet. */
import fc from 'fast-check';
import { beforeEach, describe, expect, test } from 'vitest';
import { CounterTable } from '../../src/twamp/counters.ts';
import { SEQUENCE, formOf } from '../../src/twamp/packet-forms.ts';
import type { PacketMode } from '../../src/twamp/packet-forms.ts';
import { sealOf } from '../../src/twamp/packet-seal.ts';
import { TRAFFIC_CLASS_UNKNOWN, TTL_UNKNOWN, createArena } from '../../src/twamp/packets.ts';
import { modeFeatures, modes } from '../../src/twamp/protocol.ts';
import { NO_REPLY, ReflectorCore } from '../../src/twamp/reflector.ts';
import {
  arenaOf,
  opened,
  recordedSessions,
  stampAt,
  stampOfNtp,
  testVectors,
} from '../support/test-packets.ts';

const ERROR_ESTIMATE = 0x0001;
const SESSION = 2;
const TRAFFIC_CLASS = 0xb9;
const T2 = stampAt(1_800_000_000_123_456_789n);
const T3 = stampAt(1_800_000_000_123_460_000n);
const { sender, reflector } = formOf({});

let counters: CounterTable;
let core: ReflectorCore;

beforeEach(() => {
  counters = new CounterTable(4);
  core = new ReflectorCore(4, counters, ERROR_ESTIMATE);
  core.open(SESSION);
  core.start(SESSION);
});

/** The reply to `octets`, complete, or undefined. */
function reflect(octets: Uint8Array, ttl = TTL_UNKNOWN): Uint8Array | undefined {
  const arena = arenaOf(octets);
  const length = core.reflectInto(arena, SESSION, 0, octets.length, T2, ttl, TRAFFIC_CLASS, 0);
  if (length === NO_REPLY) return undefined;
  core.complete(arena, SESSION, 0, T3);
  return arena.bytes.slice(0, length);
}

function request(sequence: number, paddingOctets: number): Uint8Array {
  const octets = new Uint8Array(sender.padding + paddingOctets);
  octets.forEach((_, index) => (octets[index] = index));
  new DataView(octets.buffer).setUint32(SEQUENCE, sequence);
  return octets;
}

describe.each(testVectors)('%s', (name) => {
  test.each(recordedSessions(name).map((session, index) => ({ session, index })))(
    '[004/session-reflector] each request of session $index is answered as twampd did, octet by octet',
    ({ session: { packets, requests, replies } }) => {
      const { reflector } = formOf(packets);
      core.open(SESSION, packets);
      core.start(SESSION);
      expect(requests.length).toBeGreaterThan(0);
      requests.forEach(({ octets, ttl }, index) => {
        const expected = replies[index]!.octets;
        const recorded = opened(expected, packets, reflector);
        const arena = arenaOf(octets);
        const t2 = stampOfNtp(recorded, reflector.receiveTimestamp);
        const length = core.reflectInto(arena, SESSION, 0, octets.length, t2, ttl, TRAFFIC_CLASS, 0);
        core.complete(arena, SESSION, 0, stampOfNtp(recorded, reflector.timestamp));
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
      const length = core.reflectInto(
        arena,
        SESSION,
        500,
        octets.length,
        T2,
        TTL_UNKNOWN,
        TRAFFIC_CLASS,
        txOffset,
      );
      const made = arena.bytes.slice(txOffset, txOffset + length);
      // T3 is not the core's to write.
      made.set(inPlace.subarray(4, 12), 4);
      expect(made).toEqual(inPlace);
      expect(arena.bytes[txOffset + length]).toBe(0xaa);
      if (txOffset > 0) expect(arena.bytes[txOffset - 1]).toBe(0xaa);
    }),
  );
});

const KEYS = { aesKey: new Uint8Array(16).fill(7), hmacKey: new Uint8Array(32).fill(9) };

/** First and last octet of what RFC 5357 §4.2.1 draws as MBZ. */
const unauthenticatedMbz = [
  [14, 15],
  [38, 39],
] as const;
const keyedMbz = [
  [4, 15],
  [26, 31],
  [40, 47],
  [52, 63],
  [74, 79],
  [81, 95],
] as const;

test.each([
  { packets: {}, mbz: unauthenticatedMbz },
  { packets: { mode: modes.authenticated, keys: KEYS }, mbz: keyedMbz },
  { packets: { mode: modes.encrypted, keys: KEYS }, mbz: keyedMbz },
])('must-be-zero octets are zero whatever the request held ($packets.mode)', ({ packets, mbz }) => {
  core.open(SESSION, packets);
  core.start(SESSION);
  const form = formOf(packets);
  const octets = new Uint8Array(200).fill(0xff);
  const { view, bytes } = arenaOf(octets);
  sealOf(packets)?.close(view, 0, form.sender);
  const reply = opened(reflect(bytes)!, packets, form.reflector);
  for (const [first, last] of mbz) {
    for (let octet = first; octet <= last; octet++) expect(reply.getUint8(octet)).toBe(0);
  }
});

describe.each([modes.authenticated, modes.encrypted])('in mode %i', (mode) => {
  const packets: PacketMode = { mode, keys: KEYS };
  const form = formOf(packets);

  function sealed(sequence: number, octets: number): Uint8Array {
    const { view, bytes } = arenaOf(new Uint8Array(octets));
    view.setUint32(SEQUENCE, sequence);
    view.setUint16(form.sender.errorEstimate, 1);
    if (octets >= form.sender.padding) sealOf(packets)!.close(view, 0, form.sender);
    return bytes.subarray(0, octets);
  }

  beforeEach(() => {
    core.open(SESSION, packets);
    core.start(SESSION);
  });

  test('a reply is as long as its request, at least 112 octets, and keeps the lowest-numbered padding', () => {
    for (const octets of [48, 49, 111, 112, 113, 1_500]) {
      const request = sealed(0, octets);
      for (let octet = 48; octet < octets; octet++) request[octet] = octet;
      const reply = reflect(request)!;
      expect(reply.length).toBe(Math.max(112, octets));
      expect([...reply.subarray(112)]).toEqual([...request.subarray(48, 48 + reply.length - 112)]);
    }
  });

  test('48 octets are a packet, 47 are counted as malformed and not reflected', () => {
    expect(reflect(sealed(0, 48))).toHaveLength(112);
    expect(reflect(sealed(1, 47))).toBeUndefined();
    expect(counters.read(SESSION)).toMatchObject({ received: 1, dropped: { malformed: 1 } });
  });

  test('a packet whose HMAC is wrong is counted, not reflected, and leaves no trace in the order', () => {
    const forged = sealed(900, 112);
    forged[0]! ^= 1;
    expect(reflect(forged)).toBeUndefined();
    expect(reflect(sealed(0, 112))).toBeDefined();
    expect(counters.read(SESSION)).toMatchObject({
      received: 1,
      reordered: 0,
      dropped: { 'bad-hmac': 1 },
      lastSequenceReceived: 0,
    });
  });

  test('the seal covers what was completed, and the number of the reply is told', () => {
    reflect(sealed(3, 112));
    const arena = arenaOf(sealed(4, 112));
    core.reflectInto(arena, SESSION, 0, 112, T2, 64, TRAFFIC_CLASS, 0);
    expect(core.complete(arena, SESSION, 0, T3)).toBe(1);
    const reply = opened(arena.bytes.slice(0, 112), packets, form.reflector);
    expect(stampOfNtp(reply, form.reflector.timestamp).nanos).toBeCloseTo(T3.nanos, -1);
    expect(reply.getUint8(form.reflector.senderTtl)).toBe(64);
  });
});

test('replies have numbers of their own, one higher each, whatever the order of the requests', () => {
  const own = [5, 5, 3, 9].map((sequence) => {
    const reply = reflect(request(sequence, 27))!;
    const view = new DataView(reply.buffer);
    return [view.getUint32(SEQUENCE), view.getUint32(reflector.senderSequence)];
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
  expect(reflect(request(0, 0), 57)![reflector.senderTtl]).toBe(57);
  expect(reflect(request(1, 0), TTL_UNKNOWN)![reflector.senderTtl]).toBe(255);
});

test('14 octets are a packet, 13 are counted as malformed and not reflected', () => {
  expect(reflect(request(0, 0))).toHaveLength(41);
  expect(reflect(new Uint8Array(13))).toBeUndefined();
  expect(reflect(new Uint8Array(0))).toBeUndefined();
  expect(counters.read(SESSION)).toMatchObject({ received: 1, dropped: { malformed: 2 } });
});

test('a packet whose Multiplier is 0 is counted as malformed and not reflected', () => {
  const corrupt = request(0, 27);
  corrupt[sender.errorEstimate + 1] = 0;
  expect(reflect(corrupt)).toBeUndefined();
  expect(counters.read(SESSION)).toMatchObject({ received: 0, dropped: { malformed: 1 } });
});

describe('with the features of a Mode', () => {
  /** The reply to the shortest request there is, in clear. */
  function replyIn(mode: number, octets?: number): { length: number; reply: DataView; request: number } {
    const packets = { mode, keys: KEYS };
    const form = formOf(packets);
    const { view, bytes } = arenaOf(new Uint8Array(octets ?? form.sender.padding));
    view.setUint16(form.sender.errorEstimate, 1);
    sealOf(packets)?.close(view, 0, form.sender);
    core.open(SESSION, packets);
    core.start(SESSION);
    const reply = reflect(bytes.subarray(0, octets ?? form.sender.padding))!;
    const request = form.sender.padding;
    return { length: reply.length, reply: opened(reply, packets, form.reflector), request };
  }

  test.each(Object.values(modes))(
    'mode %i: a symmetrical request is as long as its reply at the least (RFC 6038 §4.1.2)',
    (mode) => {
      const { length, request } = replyIn(mode | modeFeatures.symmetricalSize);
      expect(request).toBe(length);
      expect(length).toBe(mode === modes.unauthenticated || mode === modes.mixed ? 41 : 112);
    },
  );

  test.each([
    { mode: modes.unauthenticated, at: 41, octets: 42 },
    { mode: modes.mixed, at: 41, octets: 42 },
    { mode: modes.authenticated, at: 88, octets: 112 },
    { mode: modes.encrypted, at: 88, octets: 112 },
  ])('mode $mode: DSCP and ECN of the request are in the reply (RFC 7750 §2.2)', ({ mode, at, octets }) => {
    const { length, reply } = replyIn(mode | modeFeatures.dscpAndEcnMonitoring);
    expect(length).toBe(octets);
    expect(reply.getUint8(at)).toBe(TRAFFIC_CLASS);
    const both = modeFeatures.dscpAndEcnMonitoring | modeFeatures.symmetricalSize;
    expect(replyIn(mode | both).request).toBe(octets);
  });
});

test('a request whose DSCP and ECN cannot be seen is answered with 0 for them', () => {
  core.open(SESSION, { mode: modes.unauthenticated | modeFeatures.dscpAndEcnMonitoring });
  core.start(SESSION);
  const arena = arenaOf(request(0, 0));
  expect(core.reflectInto(arena, SESSION, 0, 14, T2, 64, TRAFFIC_CLASS_UNKNOWN, 0)).toBe(42);
  expect(arena.view.getUint8(41)).toBe(0);
});

test('packets are sealed where there are keys for it', () => {
  const seals = Object.values(modes).filter((mode) => {
    core.open(SESSION, { mode, keys: KEYS });
    return core.seals(SESSION);
  });
  expect(seals).toEqual([modes.authenticated, modes.encrypted]);
});

describe('padding to reflect (RFC 6038 §4.2)', () => {
  const PADDING = Uint8Array.from({ length: 30 }, (_, index) => 0xc0 + index);
  const paddingOfReply = (paddingToReflect: number): Uint8Array => {
    core.open(SESSION, { paddingToReflect });
    core.start(SESSION);
    const packet = request(0, PADDING.length);
    packet.set(PADDING, sender.padding);
    return reflect(packet)!.subarray(reflector.padding);
  };

  test('comes back whole, however long that makes the reply', () => {
    expect(paddingOfReply(0)).toEqual(PADDING.subarray(0, 3));
    expect(paddingOfReply(3)).toEqual(PADDING.subarray(0, 3));
    expect(paddingOfReply(20)).toEqual(PADDING.subarray(0, 20));
  });

  test.each([30, 31, 0xffff])('is never more than has come: %d', (paddingToReflect) => {
    expect(paddingOfReply(paddingToReflect)).toEqual(PADDING);
  });
});

test('a session that was never opened reflects nothing, and counts it', () => {
  const octets = request(0, 0);
  const length = core.reflectInto(arenaOf(octets), 0, 0, octets.length, T2, 64, TRAFFIC_CLASS, 0);
  expect(length).toBe(NO_REPLY);
  expect(counters.read(0).dropped['not-active']).toBe(1);
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
  expect(new DataView(reply.buffer).getUint32(SEQUENCE)).toBe(0);
  expect(counters.read(SESSION)).toMatchObject({ received: 1, duplicates: 0 });
});

describe('a session whose octets are limited (RFC 4656 §6.5)', () => {
  /** How many of `count` packets of 100 octets, `gapNanos` apart, are answered. */
  function answered(count: number, gapNanos: number): number {
    let answers = 0;
    for (let sequence = 0; sequence < count; sequence += 1) {
      const octets = request(sequence, 100 - sender.padding);
      const stamp = stampAt(1_800_000_000_000_000_000n + BigInt(sequence * gapNanos));
      const at = { ...stamp, monoNanos: 1e12 + sequence * gapNanos };
      const length = core.reflectInto(arenaOf(octets), SESSION, 0, octets.length, at, 255, TRAFFIC_CLASS, 0);
      if (length !== NO_REPLY) answers += 1;
    }
    return answers;
  }

  beforeEach(() => {
    core.open(SESSION, { octetsPerSecondMax: 10_000 });
    core.start(SESSION);
  });

  test('is answered at that rate for ever', () => {
    expect(answered(1000, 10e6)).toBe(1000);
  });

  test('has what exceeds it counted and not answered, but for half a second of it at once', () => {
    expect(answered(2000, 1e6)).toBeCloseTo(50 + 2 * 100, -1);
    const { received, dropped } = counters.read(SESSION);
    expect(received + dropped['over-limit']).toBe(2000);
  });

  test('has packets longer than that half second all the same, each when the bucket is full', () => {
    core.open(SESSION, { octetsPerSecondMax: 100 });
    core.start(SESSION);
    expect(answered(100, 100e6)).toBeCloseTo(10, -1);
  });

  test('is limited no more when it is opened without', () => {
    core.open(SESSION);
    core.start(SESSION);
    expect(answered(2000, 1e6)).toBe(2000);
  });
});

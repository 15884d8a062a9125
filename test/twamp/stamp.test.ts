/** STAMP in both cores, against packets laid out by hand as RFC 8762 and RFC 8972 draw them. */
import { createHmac } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { CounterTable } from '../../src/twamp/counters.ts';
import type { StampMode } from '../../src/twamp/packet-forms.ts';
import { TTL_UNKNOWN, createArena } from '../../src/twamp/packets.ts';
import { PacingHistogram } from '../../src/twamp/pacing.ts';
import { NO_REPLY, ReflectorCore } from '../../src/twamp/reflector.ts';
import { SampleRing } from '../../src/twamp/samples.ts';
import { SenderCore } from '../../src/twamp/sender.ts';
import { arenaOf, stampAt } from '../support/test-packets.ts';

const HMAC_KEY = Buffer.from('000102030405060708090a0b0c0d0e0f', 'hex');

/** 2026-01-01T00:00:00.5Z, 00.75Z and 00.875Z, and how NTP writes them: no fraction is rounded. */
const T1 = stampAt(1_767_225_600_500_000_000n);
const T2 = stampAt(1_767_225_600_750_000_000n);
const T3 = stampAt(1_767_225_600_875_000_000n);
const [T1_HEX, T2_HEX, T3_HEX] = ['ed00378080000000', 'ed003780c0000000', 'ed003780e0000000'];

const REFLECTOR_ESTIMATE = '8a0b';
const SENDER_ESTIMATE = '0102';

/** Each row: a field, and its octets as hexadecimal. */
type Drawing = readonly (readonly [field: string, hex: string])[];

const zeros = (octets: number): string => '00'.repeat(octets);

function drawn(drawing: Drawing): Buffer {
  return Buffer.from(drawing.map(([, hex]) => hex).join(''), 'hex');
}

/** With the HMAC that follows the 96 octets it covers. */
function signed(drawing: Drawing): Buffer {
  const octets = drawn(drawing);
  return Buffer.concat([octets, createHmac('sha256', HMAC_KEY).update(octets).digest().subarray(0, 16)]);
}

/** Session-Sender's packet number 7. */
const requests = {
  unauthenticated: drawn([
    ['Sequence Number', '00000007'],
    ['Timestamp', T1_HEX],
    ['Error Estimate', SENDER_ESTIMATE],
    ['SSID', 'cafe'],
    ['MBZ', zeros(28)],
  ]),
  authenticated: signed([
    ['Sequence Number', '00000007'],
    ['MBZ', zeros(12)],
    ['Timestamp', T1_HEX],
    ['Error Estimate', SENDER_ESTIMATE],
    ['SSID', 'cafe'],
    ['MBZ', zeros(68)],
  ]),
};

/** What a Session-Reflector answers to it with this number of its own, seeing TTL 63. */
function replies(sequence: string): typeof requests {
  return {
    unauthenticated: drawn([
      ['Sequence Number', sequence],
      ['Timestamp', T3_HEX],
      ['Error Estimate', REFLECTOR_ESTIMATE],
      ['SSID', 'cafe'],
      ['Receive Timestamp', T2_HEX],
      ['Session-Sender Sequence Number', '00000007'],
      ['Session-Sender Timestamp', T1_HEX],
      ['Session-Sender Error Estimate', SENDER_ESTIMATE],
      ['MBZ', zeros(2)],
      ['Session-Sender TTL', '3f'],
      ['MBZ', zeros(3)],
    ]),
    authenticated: signed([
      ['Sequence Number', sequence],
      ['MBZ', zeros(12)],
      ['Timestamp', T3_HEX],
      ['Error Estimate', REFLECTOR_ESTIMATE],
      ['SSID', 'cafe'],
      ['MBZ', zeros(4)],
      ['Receive Timestamp', T2_HEX],
      ['MBZ', zeros(8)],
      ['Session-Sender Sequence Number', '00000007'],
      ['MBZ', zeros(12)],
      ['Session-Sender Timestamp', T1_HEX],
      ['Session-Sender Error Estimate', SENDER_ESTIMATE],
      ['MBZ', zeros(6)],
      ['Session-Sender TTL', '3f'],
      ['MBZ', zeros(15)],
    ]),
  };
}

function reflectorOf(stamp: StampMode) {
  const counters = new CounterTable(1);
  const core = new ReflectorCore(1, counters, Number.parseInt(REFLECTOR_ESTIMATE, 16));
  core.open(0, { stamp });
  core.start(0);
  const reflect = (octets: Uint8Array): string | undefined => {
    const arena = arenaOf(octets);
    const length = core.reflectInto(arena, 0, 0, octets.length, T2, 63, 0, 0);
    if (length === NO_REPLY) return undefined;
    core.complete(arena, 0, 0, T3);
    return Buffer.from(arena.bytes.subarray(0, length)).toString('hex');
  };
  return { counters, reflect };
}

function senderOf(stamp: StampMode, padding = new Uint8Array()) {
  const counters = new CounterTable(1);
  counters.reset(0);
  const timing = { count: 20, intervalNanos: 1, startMonoNanos: 0, timeoutNanos: 1 };
  const errorEstimate = Number.parseInt(SENDER_ESTIMATE, 16);
  const plan = { ...timing, stamp, padding, errorEstimate };
  const ring = SampleRing.create(32);
  const core = new SenderCore(plan, counters, 0, ring, new PacingHistogram());
  const make = (): Uint8Array => {
    const arena = createArena(300);
    arena.bytes.fill(0xff);
    const length = core.makeInto(arena, 0, 0);
    core.complete(arena, 0, T1);
    return arena.bytes.slice(0, length);
  };
  return { core, counters, ring, make };
}

const securities = [
  { security: 'unauthenticated', keys: {}, octets: 44 },
  { security: 'authenticated', keys: { hmacKey: HMAC_KEY }, octets: 112 },
] as const;

describe.each(securities)('STAMP, $security', ({ security, keys, octets }) => {
  const stateless: StampMode = { reflector: 'stateless', ssid: 0xcafe, ...keys };
  const stateful: StampMode = { ...stateless, reflector: 'stateful' };

  test('a stateless reflector answers with the number of the request, a stateful one with its own', () => {
    const request = requests[security];
    const expected = (sequence: string): string => replies(sequence)[security].toString('hex');
    const without = reflectorOf(stateless);
    expect([request, request].map(without.reflect)).toEqual([expected('00000007'), expected('00000007')]);
    const withState = reflectorOf(stateful);
    expect([request, request].map(withState.reflect)).toEqual([expected('00000000'), expected('00000001')]);
    expect(withState.counters.read(0)).toMatchObject({ received: 2, duplicates: 1 });
  });

  test('the eighth packet of a sender is the one that is drawn, and the reply is taken', () => {
    const { core, counters, ring, make } = senderOf(stateless);
    const made = Array.from({ length: 8 }, make);
    expect(Buffer.from(made[7]!).toString('hex')).toBe(requests[security].toString('hex'));
    core.take(arenaOf(replies('00000007')[security]), 0, octets, T3, TTL_UNKNOWN);
    expect(counters.read(0)).toMatchObject({ received: 1, lastSequenceReceived: 7 });
    ring.drain((samples) => {
      expect(samples.sequence(0)).toBe(7);
      expect(samples.sendNanos(0)).toBe(250_000_000);
      expect(samples.processingNanos(0)).toBe(125_000_000);
      expect(samples.senderTtl(0)).toBe(63);
    });
  });

  test('TLVs come back as they were, and the reply is as long as the request', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (tlvs) => {
        const { reflect } = reflectorOf(stateless);
        const reply = reflect(senderOf(stateless, tlvs).make())!;
        expect(reply).toHaveLength(2 * (octets + tlvs.length));
        expect(reply.slice(2 * octets)).toBe(Buffer.from(tlvs).toString('hex'));
      }),
    );
  });

  test('a packet one octet short is malformed', () => {
    const { counters, reflect } = reflectorOf(stateless);
    expect(reflect(requests[security].subarray(0, octets - 1))).toBeUndefined();
    expect(counters.read(0)).toMatchObject({ received: 0, dropped: { malformed: 1 } });
  });
});

test('STAMP, authenticated: any changed octet of the 112 is a bad HMAC, at both ends', () => {
  const stamp: StampMode = { reflector: 'stateless', ssid: 0xcafe, hmacKey: HMAC_KEY };
  for (let octet = 0; octet < 112; octet++) {
    const forgery = (packet: Uint8Array): Uint8Array => {
      return packet.map((value, index) => (index === octet ? value ^ 0x10 : value));
    };
    const { counters, reflect } = reflectorOf(stamp);
    expect(reflect(forgery(requests.authenticated))).toBeUndefined();
    expect(counters.read(0).dropped['bad-hmac']).toBe(1);
    const sender = senderOf(stamp);
    for (let made = 0; made < 8; made++) sender.make();
    sender.core.take(arenaOf(forgery(replies('00000007').authenticated)), 0, 112, T3, TTL_UNKNOWN);
    expect(sender.counters.read(0).dropped['bad-hmac']).toBe(1);
  }
});

/** STAMP in both cores, against packets laid out by hand as RFC 8762 and RFC 8972 draw them. */
import { createHmac } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import type { StampMode } from '../../src/twamp/packet-forms.ts';
import { TTL_UNKNOWN } from '../../src/twamp/packets.ts';
import {
  HMAC_KEY,
  REFLECTOR_ESTIMATE,
  SENDER_ESTIMATE,
  T1_HEX,
  T2_HEX,
  T3,
  T3_HEX,
  stampReflector,
  stampSender,
} from '../support/stamp-ends.ts';
import { arenaOf } from '../support/test-packets.ts';

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
    const without = stampReflector(stateless);
    expect([request, request].map(without.reflect)).toEqual([expected('00000007'), expected('00000007')]);
    const withState = stampReflector(stateful);
    expect([request, request].map(withState.reflect)).toEqual([expected('00000000'), expected('00000001')]);
    expect(withState.counters.read(0)).toMatchObject({ received: 2, duplicates: 1 });
  });

  test('the eighth packet of a sender is the one that is drawn, and the reply is taken', () => {
    const { core, counters, ring, make } = stampSender(stateless);
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

  test('a packet one octet short is malformed', () => {
    const { counters, reflect } = stampReflector(stateless);
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
    const { counters, reflect } = stampReflector(stamp);
    expect(reflect(forgery(requests.authenticated))).toBeUndefined();
    expect(counters.read(0).dropped['bad-hmac']).toBe(1);
    const sender = stampSender(stamp);
    for (let made = 0; made < 8; made++) sender.make();
    sender.core.take(arenaOf(forgery(replies('00000007').authenticated)), 0, 112, T3, TTL_UNKNOWN);
    expect(sender.counters.read(0).dropped['bad-hmac']).toBe(1);
  }
});

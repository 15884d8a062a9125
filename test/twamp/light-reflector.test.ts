/** The core without control connection at its limits: who is answered, how often, and how many are known at once. */
import { beforeEach, describe, expect, test } from 'vitest';
import { encodeAddress, ipVersionOf } from '../../src/twamp/address-field.ts';
import { CounterTable } from '../../src/twamp/counters.ts';
import {
  ALL_PACKETS_PER_SECOND_MAX,
  LightReflectorCore,
  SENDERS_MAX,
  SENDER_IDLE_NANOS,
  SOURCE_PACKETS_PER_SECOND_MAX,
} from '../../src/twamp/light-reflector.ts';
import { LightAdmission } from '../../src/twamp/light-rules.ts';
import type { LightRules, SourcePrefix } from '../../src/twamp/light-rules.ts';
import type { StampMode } from '../../src/twamp/packet-forms.ts';
import { createStamp, type Arena } from '../../src/twamp/packets.ts';
import { NO_ROW, PEER_KEY_WORDS, PeerTable } from '../../src/twamp/peer-table.ts';
import { NO_REPLY, ReflectorCore } from '../../src/twamp/reflector.ts';
import { createEnd, type PacketEnd } from '../../src/twamp/stamp-tlv-types.ts';
import { arenaOf } from '../support/test-packets.ts';

const SESSION = 1;
const NOW_SECONDS = 1_800_000_000;

let counters: CounterTable;
let light: LightReflectorCore;
let nowNanos: number;

beforeEach(() => {
  nowNanos = 5e9;
  counters = new CounterTable(4);
  light = new LightReflectorCore(new ReflectorCore(4, counters, 1, SENDERS_MAX), counters, 12_345);
});

function prefix(text: string, allow = true): SourcePrefix {
  const [address, length] = text.split('/') as [string, string];
  return { version: ipVersionOf(address), octets: encodeAddress(address), length: Number(length), allow };
}

function sourceOf(address: string, port = 5000): PacketEnd {
  const source = Object.assign(createEnd(), { version: ipVersionOf(address), port });
  source.octets.set(encodeAddress(address));
  return source;
}

function open(stamp: Partial<StampMode> = {}, rules: Partial<LightRules> = {}): void {
  const anybody = [prefix('0.0.0.0/0'), prefix('::/0')];
  light.open(
    SESSION,
    { reflector: 'stateless', ssid: 0, ...stamp },
    { prefixes: anybody, reflectorPorts: [862], ...rules },
  );
}

interface Asked {
  readonly from?: PacketEnd;
  readonly sequence?: number;
  readonly ssid?: number;
  readonly octets?: number;
}

/** A packet in the first octets of a slot that another packet has used before. */
function packetOf({ sequence = 0, ssid = 0, octets = 44 }: Asked): Arena {
  const arena = arenaOf(new Uint8Array(2000).fill(0xa5));
  arena.bytes.fill(0, 0, octets);
  arena.view.setUint32(0, sequence);
  arena.view.setUint16(12, 1);
  if (octets >= 16) arena.view.setUint16(14, ssid);
  return arena;
}

function reflect(arena: Arena, from: PacketEnd, octets: number): number {
  const stamp = { ...createStamp(), unixSeconds: NOW_SECONDS, monoNanos: nowNanos };
  return light.reflectInto(arena, SESSION, from, 0, octets, stamp, 255, 0, 0);
}

/** The Sequence Number of the answer; undefined: there was none. */
function ask(asked: Asked = {}): number | undefined {
  const arena = packetOf(asked);
  const length = reflect(arena, asked.from ?? sourceOf('192.0.2.1'), asked.octets ?? 44);
  return length === NO_REPLY ? undefined : arena.view.getUint32(0);
}

test('the longest prefix decides, bit by bit', () => {
  const prefixes = [prefix('10.1.2.128/25', false), prefix('10.1.2.0/24'), prefix('2001:db8::/33')];
  const admission = new LightAdmission({ prefixes, reflectorPorts: [] });
  const allowed = ['10.1.2.127', '10.1.2.0', '2001:db8:7fff::1'];
  const denied = ['10.1.2.128', '10.1.3.0', '10.1.1.255', '2001:db8:8000::1', 'a01:200::'];
  for (const address of allowed) expect(admission.allows(sourceOf(address)), address).toBe(true);
  for (const address of denied) expect(admission.allows(sourceOf(address)), address).toBe(false);
});

describe('numbers', () => {
  test('of a stateless reflector are those of what it answers', () => {
    open();
    expect([ask({ sequence: 9 }), ask({ sequence: 3 })]).toEqual([9, 3]);
  });

  test('of a stateful one are counted for each address, port and SSID', () => {
    open({ reflector: 'stateful' });
    const [one, port, address] = [
      sourceOf('192.0.2.1'),
      sourceOf('192.0.2.1', 5001),
      sourceOf('2001:db8::1'),
    ];
    const from = (source: PacketEnd, ssid = 0): number | undefined =>
      ask({ from: source, ssid, sequence: 77 });
    expect([from(one), from(one), from(port), from(address), from(one, 5), from(one)]).toEqual([
      0, 1, 0, 0, 0, 2,
    ]);
  });

  test('begin anew for who was silent for so long that he is forgotten', () => {
    open({ reflector: 'stateful' });
    ask();
    nowNanos += SENDER_IDLE_NANOS - 1;
    expect(ask()).toBe(1);
    nowNanos += SENDER_IDLE_NANOS;
    expect(ask()).toBe(0);
  });
});

test.each([14, 15, 43])('of %i octets, none of the packet before is in the reply', (octets) => {
  open();
  const arena = packetOf({ octets });
  expect(reflect(arena, sourceOf('192.0.2.1'), octets)).toBe(44);
  expect(arena.bytes.subarray(0, 44).includes(0xa5)).toBe(false);
});

test('13 octets are no packet', () => {
  open();
  expect(ask({ octets: 13 })).toBeUndefined();
  expect(counters.read(SESSION).dropped.malformed).toBe(1);
});

test('a flood from one source is limited and leaves the others alone', () => {
  open();
  const burst = SOURCE_PACKETS_PER_SECOND_MAX / 2;
  for (let packet = 0; packet < burst; packet++) expect(ask()).toBe(0);
  expect(ask({ from: sourceOf('192.0.2.1', 6000) })).toBeUndefined();
  expect(counters.read(SESSION).dropped['over-limit']).toBe(1);
  expect(ask({ from: sourceOf('192.0.2.2') })).toBe(0);
  nowNanos += 1e9 / SOURCE_PACKETS_PER_SECOND_MAX;
  expect([ask(), ask()]).toEqual([0, undefined]);
});

test('a flood from many sources is limited as a whole, and who is not listed takes no part of it', () => {
  open({}, { prefixes: [prefix('10.0.0.0/8')] });
  const burst = ALL_PACKETS_PER_SECOND_MAX / 2;
  for (let packet = 0; packet < burst; packet++) {
    ask({ from: sourceOf('192.0.2.1') });
    expect(ask({ from: sourceOf(`10.0.0.${packet % 200}`) })).toBe(0);
  }
  expect(ask({ from: sourceOf('10.0.1.1') })).toBeUndefined();
});

test('what comes from the port of a reflector, or answers one of ours, is not answered', () => {
  open();
  expect(ask({ from: sourceOf('192.0.2.1', 862) })).toBeUndefined();
  const arena = packetOf({});
  arena.view.setUint32(28, NOW_SECONDS + 2_208_988_800 - 2);
  expect(reflect(arena, sourceOf('192.0.2.1'), 44)).toBe(NO_REPLY);
  expect(counters.read(SESSION).dropped.loop).toBe(2);
  arena.view.setUint32(28, NOW_SECONDS + 2_208_988_800 - 3);
  expect(reflect(arena, sourceOf('192.0.2.1'), 44)).toBe(44);
});

test('a full table has room for nobody until somebody was idle for long enough', () => {
  const table = new PeerTable(16, 100, 7);
  const key = (peer: number): Uint32Array => new Uint32Array(PEER_KEY_WORDS).fill(peer);
  const rows = Array.from({ length: 16 }, (_, peer) => table.rowOf(key(peer), 0));
  expect(new Set(rows).size).toBe(16);
  expect(table.rowOf(key(16), 99)).toBe(NO_ROW);
  expect([table.rowOf(key(3), 99), table.isNew]).toEqual([rows[3], false]);
  expect(table.rowOf(key(16), 100)).not.toBe(rows[3]);
  expect(table.isNew).toBe(true);
});

describe('TLVs of a stateful reflector', () => {
  const DIRECT_MEASUREMENT = `8005000c${'00'.repeat(12)}`;
  const FOLLOW_UP = `80070010${'00'.repeat(16)}`;

  /** The counts and the last reply that a packet from this port is told. */
  function told(port: number) {
    const tlvs = Buffer.from(DIRECT_MEASUREMENT + FOLLOW_UP, 'hex');
    const octets = 44 + tlvs.length;
    const arena = packetOf({ octets });
    arena.bytes.set(tlvs, 44);
    expect(reflect(arena, sourceOf('192.0.2.1', port), octets)).toBe(octets);
    const stamp = { ...createStamp(), unixSeconds: NOW_SECONDS + port };
    light.complete(arena, SESSION, 0, stamp);
    const { view } = arena;
    return {
      received: view.getUint32(44 + 8),
      transmitted: view.getUint32(44 + 12),
      last: view.getUint32(60 + 4),
      lastUnixSeconds: view.getUint32(60 + 8) - 2_208_988_800,
    };
  }

  test('are answered by what is known of their own sender', () => {
    open({ reflector: 'stateful' });
    const none = { last: 0, lastUnixSeconds: -2_208_988_800 };
    expect(told(5000)).toEqual({ received: 1, transmitted: 1, ...none });
    expect(told(6000)).toEqual({ received: 1, transmitted: 1, ...none });
    expect(told(5000)).toEqual({
      received: 2,
      transmitted: 2,
      last: 0,
      lastUnixSeconds: NOW_SECONDS + 5000,
    });
    expect(told(5000)).toMatchObject({ received: 3, last: 1 });
    expect(told(6000)).toMatchObject({ received: 2, last: 0, lastUnixSeconds: NOW_SECONDS + 6000 });
  });
});

/** The core without control connection at its limits: who is answered, how often, and how many are known at once. */
import { beforeEach, describe, expect, test } from 'vitest';
import { encodeAddress, ipVersionOf } from '../../src/twamp/address-field.ts';
import { CounterTable } from '../../src/twamp/counters.ts';
import {
  ALL_PACKETS_PER_SECOND_MAX,
  LightReflectorCore,
  SENDERS_MAX,
  SENDER_IDLE_NANOS,
  SOURCES_MAX,
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

const anybody: LightRules = { prefixes: [prefix('0.0.0.0/0'), prefix('::/0')], reflectorPorts: [862] };
const stateless: StampMode = { reflector: 'stateless', ssid: 0 };

function open(stamp: Partial<StampMode> = {}, rules: Partial<LightRules> = {}, session = SESSION): void {
  light.open(session, { ...stateless, ...stamp }, { ...anybody, ...rules });
}

interface Asked {
  readonly from?: PacketEnd;
  readonly sequence?: number;
  readonly ssid?: number;
  readonly octets?: number;
  readonly session?: number;
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

function reflect(arena: Arena, from: PacketEnd, octets: number, session = SESSION): number {
  const stamp = { ...createStamp(), unixSeconds: NOW_SECONDS, monoNanos: nowNanos };
  return light.reflectInto(arena, session, from, 0, octets, stamp, 255, 0, 0);
}

/** The Sequence Number of the answer; undefined: there was none. */
function ask(asked: Asked = {}): number | undefined {
  const arena = packetOf(asked);
  const length = reflect(arena, asked.from ?? sourceOf('192.0.2.1'), asked.octets ?? 44, asked.session);
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

  test('are counted apart for each reflector', () => {
    for (const session of [0, 1, 2]) open({ reflector: 'stateful' }, {}, session);
    expect([0, 1, 2, 0].map((session) => ask({ session, sequence: 77 }))).toEqual([0, 0, 0, 1]);
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
  expect(arena.bytes.subarray(44).every((octet) => octet === 0xa5)).toBe(true);
});

test('13 octets are no packet', () => {
  open();
  expect(ask({ octets: 13 })).toBeUndefined();
  expect(counters.read(SESSION).dropped.malformed).toBe(1);
});

test('a packet with an HMAC has no zeros to lack', () => {
  open({ hmacKey: new Uint8Array(16) });
  expect([ask({ octets: 44 }), ask({ octets: 111 })]).toEqual([undefined, undefined]);
  expect(counters.read(SESSION).dropped).toMatchObject({ malformed: 2, 'bad-hmac': 0 });
});

describe('rules that are changed', () => {
  const hmacKey = Uint8Array.of(1, 2, 3);

  test('hold from the next packet on, and numbers go on', () => {
    open({ reflector: 'stateful' });
    expect([ask(), ask()]).toEqual([0, 1]);
    const only = { prefixes: [prefix('192.0.2.1/32')], reflectorPorts: [863] };
    light.use(SESSION, { ...stateless, reflector: 'stateful' }, only);
    expect(ask({ from: sourceOf('192.0.2.2') })).toBeUndefined();
    expect(ask({ from: sourceOf('192.0.2.1', 863) })).toBeUndefined();
    expect(ask({ from: sourceOf('192.0.2.1', 862) })).toBe(0);
    expect(ask()).toBe(2);
    expect(counters.read(SESSION)).toMatchObject({ received: 4, dropped: { 'wrong-source': 1, loop: 1 } });
  });

  test('so does how replies are stamped, and which DSCPs they may have', () => {
    open();
    light.use(SESSION, { ...stateless, timestampFormat: 'ptpv2', permittedDscps: [46] }, anybody);
    const arena = packetOf({ octets: 52 });
    arena.bytes.set(Buffer.from('80040004b8000000', 'hex'), 44);
    expect(reflect(arena, sourceOf('192.0.2.1'), 52)).toBe(52);
    expect(arena.view.getUint16(12)).toBe(0x4001);
    expect(Buffer.from(arena.bytes.subarray(44, 52)).toString('hex')).toBe('00040004b8000000');
  });

  test.each<[string, boolean, Partial<StampMode>, Partial<StampMode>]>([
    ['the same', false, {}, {}],
    ['the same key', false, { hmacKey }, { hmacKey: hmacKey.slice() }],
    ['a key', true, {}, { hmacKey }],
    ['another key', true, { hmacKey }, { hmacKey: Uint8Array.of(1, 2, 4) }],
    ['no key any more', true, { hmacKey }, {}],
    ['state', true, {}, { reflector: 'stateful' }],
    ['no state any more', true, { reflector: 'stateful' }, {}],
  ])('with %s: a new session is %s', (_, isNew, before, after) => {
    open(before);
    ask({ octets: 13 });
    light.use(SESSION, { ...stateless, ...after }, anybody);
    expect(counters.read(SESSION).dropped.malformed).toBe(isNew ? 0 : 1);
    ask({ octets: 13 });
    expect(counters.read(SESSION).dropped.malformed).toBe(isNew ? 1 : 2);
  });
});

describe('more than can be remembered', () => {
  const MORE = SENDERS_MAX + 300;

  /** How many of so many packets, each from elsewhere, were answered; the others are counted. */
  function answeredOf(sourceFor: (packet: number) => PacketEnd): number {
    let answered = 0;
    for (let packet = 0; packet < MORE; packet++) {
      if (ask({ from: sourceFor(packet), sequence: 7 }) !== undefined) answered += 1;
    }
    const { received, dropped } = counters.read(SESSION);
    expect({ received, overLimit: dropped['over-limit'] }).toEqual({
      received: answered,
      overLimit: MORE - answered,
    });
    return answered;
  }

  test('Session-Senders: those are answered that there is room for, and counted from 0', () => {
    open({ reflector: 'stateful' });
    const answered = answeredOf((packet) => sourceOf('192.0.2.1', 10_000 + packet));
    expect(answered).toBeGreaterThan(SENDERS_MAX / 2);
    expect(answered).toBeLessThanOrEqual(SENDERS_MAX);
  });

  test('Session-Senders, of a reflector without state: all are answered', () => {
    open();
    expect(answeredOf((packet) => sourceOf('192.0.2.1', 10_000 + packet))).toBe(MORE);
  });

  test('addresses: those are answered that there is room for', () => {
    open();
    const answered = answeredOf((packet) => sourceOf(`10.0.${packet >>> 8}.${packet & 0xff}`));
    expect(answered).toBeGreaterThan(SOURCES_MAX / 2);
    expect(answered).toBeLessThanOrEqual(SOURCES_MAX);
  });
});

test('an address that was never seen has its whole share, however early it comes', () => {
  nowNanos = 0;
  open();
  expect([ask(), ask()]).toEqual([0, 0]);
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

test.each([
  ['PTP, UTC', 0, NO_REPLY],
  ['PTP, TAI', 37, NO_REPLY],
  ['a timestamp of NTP', 2_208_988_800, 44],
  ['PTP, three seconds ago', -3, 44],
])('where a copied timestamp is one of PTP, it is read so: %s', (_, aheadSeconds, answer) => {
  open();
  const arena = packetOf({});
  arena.view.setUint32(28, NOW_SECONDS + aheadSeconds);
  arena.view.setUint16(36, 0x4001);
  expect(reflect(arena, sourceOf('192.0.2.1'), 44)).toBe(answer);
});

test.each([
  [39, 44],
  [40, NO_REPLY],
])('a packet of %i octets is too short for an answer, or is one', (octets, answer) => {
  open();
  const arena = packetOf({});
  arena.view.setUint32(28, NOW_SECONDS + 2_208_988_800);
  expect(reflect(arena, sourceOf('192.0.2.1'), octets)).toBe(answer);
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

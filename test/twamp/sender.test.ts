/** The sending core, against recorded senders and by its schedule. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { CounterTable } from '../../src/twamp/counters.ts';
import { formOf } from '../../src/twamp/packet-forms.ts';
import { sealOf } from '../../src/twamp/packet-seal.ts';
import { TTL_UNKNOWN, createArena } from '../../src/twamp/packets.ts';
import { modeFeatures, modes } from '../../src/twamp/protocol.ts';
import { SampleRing } from '../../src/twamp/samples.ts';
import { PacingHistogram } from '../../src/twamp/pacing.ts';
import { REMEMBERED_PACKETS, SenderCore } from '../../src/twamp/sender.ts';
import type { SenderPlan } from '../../src/twamp/sender.ts';
import { Statistics } from '../../src/twamp/statistics.ts';
import {
  arenaOf,
  opened,
  recordedSessions,
  someReply,
  stampAt,
  stampOfNtp,
  testVectors,
} from '../support/test-packets.ts';

const plan: SenderPlan = {
  count: 3,
  intervalNanos: 100,
  startMonoNanos: 1_000,
  timeoutNanos: 5_000,
  padding: new Uint8Array(27),
  errorEstimate: 1,
};

function senderOf(changes: Partial<SenderPlan> = {}) {
  const counters = new CounterTable(1);
  counters.reset(0);
  const ring = SampleRing.create(64);
  const pacing = new PacingHistogram();
  const core = new SenderCore({ ...plan, ...changes }, counters, 0, ring, pacing);
  const make = (nowMonoNanos: number): void => {
    core.makeInto(createArena(14 + 27), 0, nowMonoNanos);
  };
  const take = (octets: Uint8Array, nowMonoNanos = 0): void => {
    const stamp = { ...stampAt(someReply.t4), monoNanos: nowMonoNanos };
    core.take(arenaOf(octets), 0, octets.length, stamp, TTL_UNKNOWN);
  };
  return { core, counters, ring, pacing, make, take };
}

function reply(senderSequence: number, reflectorSequence: number): Uint8Array {
  const octets = new Uint8Array(41);
  const view = new DataView(octets.buffer);
  view.setUint32(0, reflectorSequence);
  view.setUint32(24, senderSequence);
  view.setUint16(12, 1);
  return octets;
}

describe.each(testVectors)('%s', (name) => {
  test.each(recordedSessions(name).map((session, index) => ({ session, index })))(
    '[004/session-sender] session $index: our packets are those that were recorded, and every reply is taken',
    ({ session: { packets, requests, replies } }) => {
      const { sender } = formOf(packets);
      const first = requests[0]!.octets;
      const { core, counters, ring } = senderOf({
        ...packets,
        count: requests.length,
        padding: first.subarray(sender.padding),
        errorEstimate: opened(first, packets, sender).getUint16(sender.errorEstimate),
      });
      requests.forEach(({ octets }, index) => {
        const arena = createArena(octets.length);
        const length = core.makeInto(arena, 0, 0);
        core.complete(arena, 0, stampOfNtp(opened(octets, packets, sender), sender.timestamp));
        const made = arena.bytes.slice(0, length);
        // The padding of each recorded packet is random of its own.
        made.set(octets.subarray(sender.padding), sender.padding);
        expect(Buffer.from(made).toString('hex')).toBe(Buffer.from(octets).toString('hex'));
        const { octets: answer, ttl, wallNanos } = replies[index]!;
        core.take(arenaOf(answer), 0, answer.length, stampAt(wallNanos), ttl);
      });
      expect(core.ended(0)).toBe(true);
      expect(counters.read(0)).toMatchObject({ received: replies.length, duplicates: 0, reordered: 0 });
      const statistics = new Statistics();
      ring.drain((samples) => statistics.add(samples));
      expect(statistics.summary({ sent: requests.length })).toMatchObject({ lost: 0, sendDuplicates: 0 });
    },
  );
});

test('packets are due on an absolute schedule, whenever they were made', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(1_000), { minLength: 1, maxLength: 50, size: 'max' }), (lateness) => {
      const { core, make } = senderOf({ count: lateness.length });
      lateness.forEach((lateNanos, sequence) => {
        expect(core.deadlineMonoNanos).toBe(1_000 + sequence * 100);
        make(core.deadlineMonoNanos + lateNanos);
      });
      expect(core.allMade).toBe(true);
    }),
  );
});

test('an Error Estimate that is changed goes into the packets made from then on', () => {
  const { core } = senderOf({ errorEstimate: 1 });
  const arena = createArena(64);
  const made = (): number => {
    core.makeInto(arena, 0, 0);
    return arena.view.getUint16(formOf({}).sender.errorEstimate);
  };
  const before = made();
  core.errorEstimate = 0x8102;
  expect([before, made()]).toEqual([1, 0x8102]);
});

test('the run ends a timeout after the last packet was made', () => {
  const { core, make } = senderOf();
  for (const at of [1_000, 1_100, 1_250]) make(at);
  expect(core.deadlineMonoNanos).toBe(6_250);
  expect(core.ended(6_249)).toBe(false);
  expect(core.ended(6_250)).toBe(true);
});

test('the run ends as soon as every packet is answered or failed to leave, copies aside', () => {
  const { core, make, take } = senderOf();
  for (const at of [1_000, 1_100]) make(at);
  take(reply(0, 0));
  take(reply(0, 0));
  take(reply(1, 1));
  expect(core.ended(1_150)).toBe(false);
  make(1_200);
  expect(core.ended(1_200)).toBe(false);
  core.giveUpOne();
  expect(core.ended(1_200)).toBe(true);
});

test('a reply that is too short, or answers what was never sent, is malformed and no sample', () => {
  const { counters, ring, make, take } = senderOf();
  make(1_000);
  take(reply(0, 0).subarray(0, 40));
  take(reply(1, 0));
  take(new Uint8Array(0));
  expect(counters.read(0)).toMatchObject({ received: 0, dropped: { malformed: 3 } });
  ring.drain(() => expect.unreachable());
});

test('a reply whose Multiplier is 0 is malformed and no sample', () => {
  const { counters, ring, make, take } = senderOf();
  make(1_000);
  const corrupt = reply(0, 0);
  corrupt[13] = 0;
  take(corrupt);
  expect(counters.read(0)).toMatchObject({ received: 0, dropped: { malformed: 1 } });
  ring.drain(() => expect.unreachable());
});

test.each([
  { mode: modes.unauthenticated, octets: 41 },
  { mode: modes.authenticated, octets: 112 },
])('mode $mode: a symmetrical request is zero up to its padding (RFC 6038 §4.1.2)', ({ mode, octets }) => {
  const padding = new Uint8Array(10).fill(0xaa);
  const keys = { aesKey: new Uint8Array(16), hmacKey: new Uint8Array(32) };
  const { core } = senderOf({ mode: mode | modeFeatures.symmetricalSize, keys, padding });
  const arena = createArena(200);
  arena.bytes.fill(0xff);
  expect(core.makeInto(arena, 0, 0)).toBe(octets + 10);
  const filled = arena.bytes.slice(mode === modes.unauthenticated ? 14 : 48, octets);
  expect([...filled]).toEqual([...new Uint8Array(filled.length)]);
  expect([...arena.bytes.subarray(octets, octets + 10)]).toEqual([...padding]);
});

test.each([
  { mode: modes.unauthenticated, at: 41, octets: 42 },
  { mode: modes.authenticated, at: 88, octets: 112 },
])('mode $mode: a sample has the DSCP and ECN that a reply tells (RFC 7750 §2.2)', ({ mode, at, octets }) => {
  const keys = { aesKey: new Uint8Array(16), hmacKey: new Uint8Array(32) };
  const packets = { mode: mode | modeFeatures.dscpAndEcnMonitoring, keys };
  const { core, ring } = senderOf(packets);
  const arena = createArena(200);
  core.makeInto(arena, 0, 1_000);
  arena.bytes.fill(0);
  const { reflector } = formOf(packets);
  arena.view.setUint16(8 + reflector.errorEstimate, 1);
  arena.view.setUint8(8 + at, 0xb9);
  sealOf(packets)?.close(arena.view, 8, reflector);
  core.take(arena, 8, octets, { ...stampAt(someReply.t4), monoNanos: 1_000 }, TTL_UNKNOWN, 0x02);
  let told: unknown;
  ring.drain((samples) => (told = [samples.senderTrafficClass(0), samples.replyTrafficClass(0)]));
  expect(told).toEqual([0xb9, 0x02]);
});

test('packets are sealed where there are keys for it', () => {
  const keys = { aesKey: new Uint8Array(16), hmacKey: new Uint8Array(32) };
  const seals = Object.values(modes).map((mode) => senderOf({ mode, keys }).core.seals);
  expect(seals).toEqual(
    Object.values(modes).map((mode) => mode === modes.authenticated || mode === modes.encrypted),
  );
});

test('duplicates and reordering of replies are told by the numbers of the reflector', () => {
  const { counters, make, take } = senderOf();
  for (const at of [1_000, 1_100, 1_200]) make(at);
  take(reply(0, 1));
  take(reply(1, 0));
  take(reply(2, 2));
  take(reply(2, 2));
  expect(counters.read(0)).toMatchObject({
    received: 4,
    duplicates: 1,
    reordered: 1,
    lastSequenceReceived: 2,
  });
});

test('a reply that comes after the timeout is counted but no sample, whatever the wall clock says', () => {
  const { counters, ring, make, take } = senderOf();
  for (const at of [1_000, 1_100]) make(at);
  take(reply(0, 0), 6_000);
  take(reply(1, 1), 6_101);
  expect(counters.read(0).received).toBe(2);
  ring.drain((samples) => expect([samples.length, samples.sequence(0)]).toEqual([1, 0]));
});

test('of a long run, the packets of the last seconds are remembered', () => {
  const { ring, make, take } = senderOf({ count: 2 * REMEMBERED_PACKETS, timeoutNanos: 1e12 });
  for (let sequence = 0; sequence <= REMEMBERED_PACKETS; sequence += 1) make(1_000);
  take(reply(0, 0), 1_000);
  take(reply(1, 1), 1_000);
  ring.drain((samples) => expect([samples.length, samples.sequence(0)]).toEqual([1, 1]));
});

test('a reply is awaited to what was made within the timeout', () => {
  const { core, make } = senderOf();
  expect(core.awaitedFrom(1_000)).toBe(0);
  for (const at of [1_000, 1_100, 1_200]) make(at);
  expect([5_999, 6_000, 6_001, 6_150, 6_200, 6_201].map((now) => core.awaitedFrom(now))).toEqual([
    0, 0, 1, 2, 2, 3,
  ]);
});

test('of an exponential schedule, a packet is late when its own successor is due', () => {
  const exponential = { octets: (count: number) => new Uint8Array(count).fill(0x7f) };
  const { core, make, pacing } = senderOf({ exponential });
  const first = core.deadlineMonoNanos;
  make(first);
  const gap = core.deadlineMonoNanos - first;
  expect(gap).toBeCloseTo(100 * Math.LN2, 0);
  make(core.deadlineMonoNanos + gap - 1);
  expect(pacing.read()).toMatchObject({ late: 0 });
  make(core.deadlineMonoNanos + gap);
  expect(pacing.read()).toMatchObject({ late: 1 });
});

test('how late each packet was made is kept', () => {
  const { make, pacing } = senderOf();
  for (const nowMonoNanos of [1000, 1107, 1300]) make(nowMonoNanos);
  expect(pacing.read()).toEqual({ p50Nanos: 7, p99Nanos: 100, maxNanos: 100, late: 1 });
});

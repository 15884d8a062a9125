/** The ring that samples cross threads in. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { TTL_UNKNOWN } from '../../src/twamp/packets.ts';
import { RING_SAMPLES_MAX, RING_SAMPLES_MIN, SampleRing } from '../../src/twamp/samples.ts';
import { pushReply, someReply } from '../support/test-packets.ts';

/** Reads what is there through a second ring over the same memory, as the other thread does. */
function sequencesIn(ring: SampleRing): number[] {
  const sequences: number[] = [];
  new SampleRing(ring.buffer).drain((samples) => {
    for (let index = 0; index < samples.length; index++) sequences.push(samples.sequence(index));
  });
  return sequences;
}

test('a sample says what the reply said', () => {
  const ring = SampleRing.create(1);
  pushReply(ring, {
    sequence: 4_000_000_000,
    reflectorSequence: 3,
    t1: 1_800_000_000_000_000_000n,
    t2: 1_800_000_000_000_010_000n,
    t3: 1_800_000_000_000_012_000n,
    t4: 1_800_000_000_000_030_000n,
    senderTtl: 61,
    replyTtl: 62,
    senderErrorEstimate: 0x8123,
    reflectorErrorEstimate: 0x0456,
  });
  new SampleRing(ring.buffer).drain((samples) => {
    expect(samples.length).toBe(1);
    expect(samples.sequence(0)).toBe(4_000_000_000);
    expect(samples.reflectorSequence(0)).toBe(3);
    expect(samples.sentWallNanos(0)).toBe(1_800_000_000_000_000_000n);
    expect(samples.sendNanos(0)).toBeCloseTo(10_000, 0);
    expect(samples.processingNanos(0)).toBeCloseTo(2_000, 0);
    expect(samples.reflectNanos(0)).toBeCloseTo(18_000, 0);
    expect(samples.roundTripNanos(0)).toBeCloseTo(28_000, 0);
    expect(samples.senderTtl(0)).toBe(61);
    expect(samples.replyTtl(0)).toBe(62);
    expect(samples.senderErrorEstimate(0)).toBe(0x8123);
    expect(samples.reflectorErrorEstimate(0)).toBe(0x0456);
  });
  expect.assertions(12);
});

test('a TTL that the socket could not see is undefined', () => {
  const ring = SampleRing.create(1);
  pushReply(ring, { ...someReply, replyTtl: TTL_UNKNOWN });
  ring.drain((samples) => expect(samples.replyTtl(0)).toBeUndefined());
  expect.assertions(1);
});

test('DSCP and ECN are told of each direction, and of neither where the socket could not see them', () => {
  const ring = SampleRing.create(2);
  pushReply(ring, { ...someReply, senderTrafficClass: 0xff, replyTrafficClass: 0 });
  pushReply(ring, someReply);
  ring.drain((samples) => {
    expect([samples.senderTrafficClass(0), samples.replyTrafficClass(0)]).toEqual([0xff, 0]);
    expect([samples.senderTrafficClass(1), samples.replyTrafficClass(1)]).toEqual([undefined, undefined]);
  });
  expect.assertions(2);
});

test('[004/round-trip] the round trip is exact to a nanosecond with clocks fifty years apart', () => {
  const behind = 50n * 365n * 86_400n * 1_000_000_000n;
  const ring = SampleRing.create(1);
  const { t2, t3 } = someReply;
  pushReply(ring, { ...someReply, t2: t2 - behind, t3: t3 - behind });
  ring.drain((samples) => {
    expect(Math.abs(samples.roundTripNanos(0) - 28_000)).toBeLessThan(1);
    expect(samples.sendNanos(0)).toBeLessThan(-1e18);
  });
  expect.assertions(2);
});

test('differences hold where NTP seconds wrap, in February 2036', () => {
  const wrap = 2_085_978_496_000_000_000n;
  const ring = SampleRing.create(1);
  pushReply(ring, { ...someReply, t1: wrap - 5n, t2: wrap + 5n, t3: wrap + 6n, t4: wrap + 10n });
  ring.drain((samples) => {
    expect(Math.abs(samples.sendNanos(0) - 10)).toBeLessThan(1);
    expect(Math.abs(samples.roundTripNanos(0) - 14)).toBeLessThan(1);
  });
  expect.assertions(2);
});

test('samples come out once and in order, however writes and reads alternate', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(RING_SAMPLES_MIN), { maxLength: 40, size: 'max' }), (bursts) => {
      const ring = SampleRing.create(RING_SAMPLES_MIN);
      const read: number[] = [];
      let written = 0;
      for (const burst of bursts) {
        for (let count = 0; count < burst; count++) pushReply(ring, { ...someReply, sequence: written++ });
        read.push(...sequencesIn(ring));
      }
      expect(read).toEqual(Array.from({ length: written }, (_, sequence) => sequence));
      expect(ring.lost).toBe(0);
    }),
  );
});

test('a full ring loses and counts what comes, and keeps what is there', () => {
  const ring = SampleRing.create(1);
  const kept = Array.from({ length: RING_SAMPLES_MIN }, (_, sequence) => sequence);
  for (const sequence of kept) pushReply(ring, { ...someReply, sequence });
  expect(ring.lost).toBe(0);
  for (const sequence of [1000, 1001]) pushReply(ring, { ...someReply, sequence });
  expect(ring.lost).toBe(2);
  expect(sequencesIn(ring)).toEqual(kept);
  pushReply(ring, { ...someReply, sequence: 1002 });
  expect(sequencesIn(ring)).toEqual([1002]);
});

test('an empty ring gives no batch', () => {
  SampleRing.create(4).drain(() => expect.unreachable());
});

test('a reader that fails has read all the same', () => {
  const ring = SampleRing.create(4);
  pushReply(ring, someReply);
  const failing = (): never => {
    throw new Error('reader');
  };
  expect(() => ring.drain(failing)).toThrow('reader');
  expect(sequencesIn(ring)).toEqual([]);
});

test('a ring is as large as is needed, to a power of two', () => {
  const octets = (samples: number): number => SampleRing.create(samples).buffer.byteLength;
  expect(octets(2 * RING_SAMPLES_MIN)).toBeLessThan(octets(2 * RING_SAMPLES_MIN + 1));
  expect(octets(2 * RING_SAMPLES_MIN + 1)).toBe(octets(4 * RING_SAMPLES_MIN));
});

test('a ring takes no more memory than its maximum', () => {
  expect(SampleRing.create(2 ** 40).buffer.byteLength).toBe(
    SampleRing.create(RING_SAMPLES_MAX).buffer.byteLength,
  );
});

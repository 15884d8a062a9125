/** Probes: decided each in its turn, and figures that equal those computed the plain way. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { SampleBatch } from '../../src/datapath/datapath.ts';
import {
  figuresOf,
  ProbeComparison,
  ProbeTest,
  type Probe,
  type ProbeDelays,
} from '../../src/engine/rpm-probes.ts';

const SECOND = 1e9;
const schedule = { startMonoNanos: 5 * SECOND, intervalNanos: SECOND, timeoutNanos: 2 * SECOND };

/** A reply to probe `sequence`, `roundTripNanos` after it was sent. */
function reply(sequence: number, roundTripNanos = 1e6): SampleBatch {
  return {
    length: 1,
    sequence: () => sequence,
    reflectorSequence: () => sequence,
    sentWallNanos: () => BigInt((5 + sequence) * SECOND),
    sendNanos: () => roundTripNanos / 4,
    reflectNanos: () => (3 * roundTripNanos) / 4,
    processingNanos: () => 1000,
    roundTripNanos: () => roundTripNanos,
    senderTtl: () => 255,
    replyTtl: () => 255,
    senderTrafficClass: () => undefined,
    replyTrafficClass: () => undefined,
    senderErrorEstimate: () => 1,
    reflectorErrorEstimate: () => 1,
  };
}

const at = (seconds: number) => ({ monoNanos: seconds * SECOND, wallNanos: BigInt(seconds * SECOND) });

const outcomes = (probes: readonly Probe[]) => probes.map(({ delays }) => delays !== undefined);

describe('a test', () => {
  test('decides an answered probe at once', () => {
    const probes = new ProbeTest(schedule);
    probes.add(reply(0));
    expect(probes.decide(1, at(6))).toEqual([
      {
        sentWallNanos: 5_000_000_000n,
        decidedWallNanos: 5_001_001_000n,
        delays: { roundTripNanos: 1e6, egressNanos: 0.25e6, ingressNanos: 0.75e6 },
      },
    ]);
    expect(probes.decide(1, at(7))).toEqual([]);
  });

  test('decides a lost probe when its timeout has passed, and those behind it with it', () => {
    const probes = new ProbeTest(schedule);
    probes.add(reply(1));
    expect(probes.decide(2, at(6.9))).toEqual([]);
    const decided = probes.decide(2, at(7));
    expect(outcomes(decided)).toEqual([false, true]);
    expect(decided[0]).toMatchObject({ sentWallNanos: 5_000_000_000n, decidedWallNanos: 7_000_000_000n });
  });

  test('counts a second reply, and one that comes after the decision, as none', () => {
    const probes = new ProbeTest(schedule);
    probes.add(reply(1));
    probes.add(reply(1, 5e6));
    expect(probes.decide(2, at(8)).map(({ delays }) => delays?.roundTripNanos)).toEqual([undefined, 1e6]);
    probes.add(reply(0));
    expect(probes.decideAll(2, at(9))).toEqual([]);
  });

  test('a step of the wall clock while a probe is under way makes its reply no late one', () => {
    const probes = new ProbeTest(schedule);
    probes.add(reply(0, 3600 * SECOND));
    expect(outcomes(probes.decide(1, at(6)))).toEqual([true]);
  });

  test('whatever comes back when, each probe is decided once and in order', () => {
    const arrivals = fc.array(fc.record({ sequence: fc.nat(20), seconds: fc.integer({ min: 5, max: 30 }) }));
    fc.assert(
      fc.property(arrivals, (replies) => {
        const probes = new ProbeTest(schedule);
        const decided: Probe[] = [];
        for (let seconds = 5; seconds <= 30; seconds++) {
          for (const { sequence } of replies.filter((each) => each.seconds === seconds))
            probes.add(reply(sequence));
          decided.push(...probes.decide(Math.min(21, seconds - 4), at(seconds)));
        }
        decided.push(...probes.decideAll(21, at(31)));
        expect(decided.map(({ sentWallNanos }) => Number(sentWallNanos) / SECOND)).toEqual(
          Array.from({ length: 21 }, (_, sequence) => 5 + sequence),
        );
      }),
    );
  });
});

const probeOf = (delays: ProbeDelays | undefined): Probe => ({
  sentWallNanos: 0n,
  decidedWallNanos: 1n,
  delays,
});

test('interarrival jitter is that of RFC 3550, and a lost probe is passed over', () => {
  const comparison = new ProbeComparison();
  const compare = (nanos: number | undefined) =>
    comparison.compare(
      probeOf(
        nanos === undefined ? undefined : { roundTripNanos: nanos, egressNanos: nanos, ingressNanos: 0 },
      ),
    );
  expect(compare(100)).toMatchObject({ jitter: undefined, interarrival: undefined });
  expect(compare(260)).toMatchObject({ jitter: { egressNanos: 160 }, interarrival: { egressNanos: 10 } });
  expect(compare(undefined)).toMatchObject({ jitter: undefined, interarrival: undefined });
  expect(compare(100)).toMatchObject({
    jitter: { roundTripNanos: -160, ingressNanos: 0 },
    interarrival: { roundTripNanos: 10 + (160 - 10) / 16 },
  });
});

test('figures are those of the plain definitions', () => {
  const delays = fc.option(fc.integer({ min: 1, max: 1e9 }), { nil: undefined });
  fc.assert(
    fc.property(fc.array(delays), (all) => {
      const probes = all.map((nanos) =>
        probeOf(nanos === undefined ? undefined : { roundTripNanos: nanos, egressNanos: 1, ingressNanos: 2 }),
      );
      const figures = figuresOf(probes);
      const answered = all.filter((nanos) => nanos !== undefined);
      expect([figures.sent, figures.received]).toEqual([all.length, answered.length]);
      const { roundTrip, roundTripPositiveJitter, roundTripNegativeJitter } = figures.measurements;
      fc.pre(answered.length > 0);
      const sum = answered.reduce((total, nanos) => total + nanos, 0);
      const mean = sum / answered.length;
      const squares = answered.reduce((total, nanos) => total + (nanos - mean) ** 2, 0);
      expect(roundTrip).toMatchObject({
        samples: answered.length,
        minNanos: Math.min(...answered),
        maxNanos: Math.max(...answered),
        sumNanos: sum,
      });
      expect(roundTrip!.averageNanos).toBeCloseTo(mean, 0);
      expect(roundTrip!.deviationNanos).toBeCloseTo(Math.sqrt(squares / answered.length), 0);
      const differences = answered.slice(1).map((nanos, index) => nanos - answered[index]!);
      const sumOf = (some: readonly number[]) => some.reduce((total, nanos) => total + Math.abs(nanos), 0);
      expect(roundTripPositiveJitter?.sumNanos ?? 0).toBe(sumOf(differences.filter((nanos) => nanos > 0)));
      expect(roundTripNegativeJitter?.sumNanos ?? 0).toBe(sumOf(differences.filter((nanos) => nanos < 0)));
    }),
  );
});

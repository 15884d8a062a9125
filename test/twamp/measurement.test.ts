/** Both cores and the statistics over a seeded bad network, on a virtual clock: they tell what happened. */
import { describe, expect, test } from 'vitest';
import { CounterTable } from '../../src/twamp/counters.ts';
import type { TestCounters } from '../../src/twamp/counters.ts';
import { createArena } from '../../src/twamp/packets.ts';
import type { Stamp } from '../../src/twamp/packets.ts';
import { NO_REPLY, ReflectorCore } from '../../src/twamp/reflector.ts';
import { SampleRing } from '../../src/twamp/samples.ts';
import { PacingHistogram } from '../../src/twamp/pacing.ts';
import { SenderCore } from '../../src/twamp/sender.ts';
import { Statistics } from '../../src/twamp/statistics.ts';
import type { Summary } from '../../src/twamp/statistics.ts';
import { SeededRandom } from '../support/seeded-random.ts';
import { stampAt } from '../support/test-packets.ts';

interface Network {
  /** Chance that a copy is lost, and that a packet becomes two; each way alike. */
  readonly loss: number;
  readonly duplication: number;
  readonly delayMinNanos: number;
  /** More than the packets' interval reorders them. */
  readonly delayRangeNanos: number;
}

const COUNT = 600;
const INTERVAL_NANOS = 1_000_000;
const PROCESSING_NANOS = 5_000;
/** The reflector's clock is wrong by this much. */
const REFLECTOR_AHEAD_NANOS = 3_000_000_000;
const WALL_START = 1_800_000_000_000_000_000n;

/** What truly happened to one copy of a packet that came to the reflector, and to the copies of its reply. */
interface Visit {
  readonly sequence: number;
  readonly reflectorSequence: number;
  readonly thereNanos: number;
  readonly replies: { readonly atNanos: number; readonly backNanos: number }[];
}

interface Outcome {
  readonly summary: Summary;
  readonly sender: TestCounters;
  readonly reflector: TestCounters;
  readonly visits: readonly Visit[];
}

/** Events in order of time; those of one instant in the order they were asked for. */
class VirtualTime {
  nowNanos = 0;
  readonly #events: { readonly atNanos: number; readonly run: () => void }[] = [];

  at(atNanos: number, run: () => void): void {
    let place = this.#events.length;
    while (place > 0 && this.#events[place - 1]!.atNanos > atNanos) place -= 1;
    this.#events.splice(place, 0, { atNanos, run });
  }

  runAll(): void {
    for (let event = this.#events.shift(); event; event = this.#events.shift()) {
      this.nowNanos = event.atNanos;
      event.run();
    }
  }
}

function measure(seed: number, network: Network): Outcome {
  const random = new SeededRandom(seed);
  const time = new VirtualTime();
  const counters = new CounterTable(2);
  const [atSender, atReflector] = [0, 1];
  const ring = SampleRing.create(4 * COUNT);
  const reflector = new ReflectorCore(2, counters, 1);
  const plan = { count: COUNT, intervalNanos: INTERVAL_NANOS, startMonoNanos: 0, timeoutNanos: 1e9 };
  const sender = new SenderCore(
    { ...plan, padding: new Uint8Array(27), errorEstimate: 1 },
    counters,
    atSender,
    ring,
    new PacingHistogram(),
  );
  counters.reset(atSender);
  reflector.open(atReflector);
  reflector.start(atReflector);
  const arena = createArena(41);
  const visits: Visit[] = [];

  const stamp = (aheadNanos: number): Stamp => ({
    ...stampAt(WALL_START + BigInt(time.nowNanos + aheadNanos)),
    monoNanos: time.nowNanos,
  });
  /** Delivers copies of the packet in the arena, each with the delay it had. */
  const transfer = (deliver: (delayNanos: number) => void): void => {
    const octets = arena.bytes.slice();
    const copies = random.fraction() < network.duplication ? 2 : 1;
    for (let copy = 0; copy < copies; copy++) {
      if (random.fraction() < network.loss) continue;
      const delayNanos = network.delayMinNanos + random.below(network.delayRangeNanos);
      time.at(time.nowNanos + delayNanos, () => {
        arena.bytes.set(octets);
        deliver(delayNanos);
      });
    }
  };
  const sendNext = (): void => {
    const octets = sender.makeInto(arena, 0, time.nowNanos);
    expect(octets).toBe(41);
    const sequence = arena.view.getUint32(0);
    sender.complete(arena, 0, stamp(0));
    counters.noteSent(atSender, sequence);
    transfer((thereNanos) => visit(sequence, thereNanos));
    if (!sender.allMade) time.at(sender.deadlineMonoNanos, sendNext);
  };
  const visit = (sequence: number, thereNanos: number): void => {
    expect(reflector.reflectInto(arena, atReflector, 0, 41, stamp(REFLECTOR_AHEAD_NANOS), 60, 0, 0)).not.toBe(
      NO_REPLY,
    );
    const reflectorSequence = arena.view.getUint32(0);
    const seen: Visit = { sequence, reflectorSequence, thereNanos, replies: [] };
    visits.push(seen);
    reflector.complete(arena, atReflector, 0, stamp(REFLECTOR_AHEAD_NANOS + PROCESSING_NANOS));
    counters.noteSent(atReflector, reflectorSequence);
    transfer((backNanos) => {
      seen.replies.push({ atNanos: time.nowNanos, backNanos });
      sender.take(arena, 0, 41, stamp(PROCESSING_NANOS), 58);
    });
  };

  time.at(sender.deadlineMonoNanos, sendNext);
  time.runAll();
  expect(sender.ended(sender.deadlineMonoNanos)).toBe(true);
  const statistics = new Statistics();
  ring.drain((samples) => statistics.add(samples));
  expect(ring.lost).toBe(0);
  return {
    summary: statistics.summary({ sent: counters.read(atSender).sent }),
    sender: counters.read(atSender),
    reflector: counters.read(atReflector),
    visits,
  };
}

/** Packets that came after a higher one. */
function reordered(sequences: readonly number[]): number {
  let highest = -1;
  return sequences.filter((sequence) => {
    const late = sequence < highest;
    if (!late) highest = sequence;
    return late;
  }).length;
}

/** Of the items that share a key, the first. */
function firstOfEach<Item>(items: readonly Item[], key: (item: Item) => number): Item[] {
  const seen = new Set<number>();
  return items.filter((item) => !seen.has(key(item)) && seen.add(key(item)));
}

const seeds = Array.from({ length: 20 }, (_, seed) => seed);

describe.each(seeds)('seed %i', (seed) => {
  test('[004/round-trip, 004/processing-delay] loss, copies, order and delays of a bad network', () => {
    const { summary, sender, reflector, visits } = measure(seed, {
      loss: 0.1,
      duplication: 0.1,
      delayMinNanos: 2_000_000,
      delayRangeNanos: 6_000_000,
    });
    const answered = visits.filter(({ replies }) => replies.length > 0);
    const replies = answered.flatMap((visit) => visit.replies.map((reply) => ({ ...visit, ...reply })));
    replies.sort((one, other) => one.atNanos - other.atNanos);
    const firstOfVisit = firstOfEach(replies, ({ reflectorSequence }) => reflectorSequence);
    const firstOfPacket = firstOfEach(replies, ({ sequence }) => sequence);
    const roundTrips = firstOfPacket.map(({ thereNanos, backNanos }) => thereNanos + backNanos);
    const arrivedThere = firstOfEach(visits, ({ sequence }) => sequence);
    const answeredThere = firstOfEach(answered, ({ sequence }) => sequence);

    expect(summary).toMatchObject({
      sent: COUNT,
      lost: COUNT - answeredThere.length,
      sendDuplicates: answered.length - answeredThere.length,
      reflectDuplicates: replies.length - answered.length,
      roundTrip: {
        minNanos: expect.closeTo(Math.min(...roundTrips), -1),
        maxNanos: expect.closeTo(Math.max(...roundTrips), -1),
      },
      send: {
        minNanos: expect.closeTo(
          Math.min(...firstOfPacket.map(({ thereNanos }) => thereNanos)) + REFLECTOR_AHEAD_NANOS,
          -1,
        ),
      },
      processing: {
        minNanos: expect.closeTo(PROCESSING_NANOS, -1),
        maxNanos: expect.closeTo(PROCESSING_NANOS, -1),
      },
      sendHops: { kind: 'hops', values: 1, min: 195, max: 195 },
      reflectHops: { kind: 'hops', values: 1, min: 197, max: 197 },
    });
    const { send, reflect, unknown } = summary.lostByDirection;
    expect(send + reflect + unknown).toBe(summary.lost);
    expect(summary.reordered).toEqual({
      send: reordered(answeredThere.map(({ sequence }) => sequence)),
      reflect: reordered(firstOfVisit.map(({ reflectorSequence }) => reflectorSequence)),
    });

    expect(sender).toMatchObject({
      sent: COUNT,
      received: replies.length,
      duplicates: replies.length - answered.length,
      reordered: summary.reordered.reflect,
    });
    expect(reflector).toMatchObject({
      sent: visits.length,
      received: visits.length,
      duplicates: visits.length - arrivedThere.length,
      reordered: reordered(arrivedThere.map(({ sequence }) => sequence)),
    });
  });

  test('where packets were lost, on a network that only loses', () => {
    const { summary, visits } = measure(seed, {
      loss: 0.2,
      duplication: 0,
      delayMinNanos: 2_000_000,
      delayRangeNanos: 1,
    });
    const lastAnswered = Math.max(
      ...visits.filter(({ replies }) => replies.length > 0).map(({ sequence }) => sequence),
    );
    const told = visits.filter(({ sequence }) => sequence <= lastAnswered);
    expect(summary.lostByDirection).toEqual({
      send: lastAnswered + 1 - told.length,
      reflect: told.filter(({ replies }) => replies.length === 0).length,
      unknown: COUNT - 1 - lastAnswered,
    });
    expect(summary.reordered).toEqual({ send: 0, reflect: 0 });
  });
});

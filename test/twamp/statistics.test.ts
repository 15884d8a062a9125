/** The figures of a session, against a plain calculation of each from all samples at once. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { TTL_UNKNOWN } from '../../src/twamp/packets.ts';
import { SampleRing } from '../../src/twamp/samples.ts';
import { EXTRA_REPLIES_MAX, MEASURED_PACKETS_MAX, Statistics } from '../../src/twamp/statistics.ts';
import type { ReplyNumbers, SummaryRequest } from '../../src/twamp/statistics.ts';
import { encodeErrorEstimate } from '../../src/twamp/timestamp.ts';
import { pushReply, recordedSessions, someReply } from '../support/test-packets.ts';
import type { ReplyFields } from '../support/test-packets.ts';

/** Statistics of these replies, which came in this order, in batches of a few. */
function statisticsOf(replies: readonly Partial<ReplyFields>[], numbers?: ReplyNumbers): Statistics {
  const statistics = new Statistics(numbers);
  const ring = SampleRing.create(8);
  replies.forEach((fields, index) => {
    pushReply(ring, { ...someReply, ...fields });
    if (index % 8 === 7) ring.drain((samples) => statistics.add(samples));
  });
  ring.drain((samples) => statistics.add(samples));
  return statistics;
}

const START = someReply.t1;

/** A reply to packet `sequence` (sent 10 ms after the one before it) with these delays in nanoseconds. */
function delayed(sequence: number, reflectorSequence: number, [there, inside, back]: readonly number[]) {
  const t1 = START + BigInt(sequence) * 10_000_000n;
  const t2 = t1 + BigInt(there!);
  const t3 = t2 + BigInt(inside!);
  return { sequence, reflectorSequence, t1, t2, t3, t4: t3 + BigInt(back!) };
}

/** But for what four stamps lose to units of 2^-32 s. */
function nearly(nanos: number): unknown {
  return expect.closeTo(nanos, -1);
}

/** The value that at least `percent` percent of the values do not exceed, by counting. */
function naivePercentile(values: readonly number[], percent: number): number {
  const enough = values.filter(
    (value) => values.filter((other) => other <= value).length * 100 >= percent * values.length,
  );
  return Math.min(...enough);
}

/** RFC 3550 §6.4.1, `J(i) = J(i-1) + (|D(i-1,i)| - J(i-1))/16`; D is the difference of two transit times. */
function naiveJitter([first, ...others]: readonly number[]): number {
  let [jitter, before] = [0, first!];
  for (const transit of others) {
    jitter = jitter + (Math.abs(transit - before) - jitter) / 16;
    before = transit;
  }
  return jitter;
}

/** Packets of these Sequence Numbers in order of arrival that came after a higher one. */
function naiveReordered(sequences: readonly number[]): number {
  return sequences.filter((sequence, index) => sequences.slice(0, index).some((other) => other > sequence))
    .length;
}

const percentiles = [0.001, 1, 33.333, 50, 99.9, 100];

test('every figure equals the plain calculation, for any replies in any order', () => {
  const nanos = fc.integer({ min: -1_000_000, max: 50_000_000 });
  const anyReply = fc.record({
    sequence: fc.nat(40),
    reflectorSequence: fc.nat(60),
    delays: fc.tuple(nanos, fc.nat(1_000_000), nanos),
    senderTtl: fc.integer({ min: 250, max: 255 }),
    replyTtl: fc.integer({ min: 60, max: 64 }),
  });
  fc.assert(
    fc.property(
      fc.array(anyReply, { minLength: 1, maxLength: 120, size: 'max' }),
      fc.nat(20),
      (replies, moreSent) => {
        const pairs = new Set<string>();
        const answers = new Map<number, (typeof replies)[number]>();
        const distinct = replies.filter(({ sequence, reflectorSequence }) => {
          const key = `${sequence} ${reflectorSequence}`;
          return !pairs.has(key) && pairs.add(key);
        });
        for (const reply of distinct) if (!answers.has(reply.sequence)) answers.set(reply.sequence, reply);
        const firsts = [...answers.values()];
        const sent = Math.max(...answers.keys()) + 1 + moreSent;

        const summary = statisticsOf(
          replies.map(({ sequence, reflectorSequence, delays, ...ttls }) => ({
            ...ttls,
            ...delayed(sequence, reflectorSequence, delays),
          })),
        ).summary({ sent, percentiles });

        const naiveSpread = (values: number[]) => ({
          minNanos: nearly(Math.min(...values)),
          medianNanos: nearly(naivePercentile(values, 50)),
          maxNanos: nearly(Math.max(...values)),
          jitterNanos: nearly(naivePercentile(values, 95) - naivePercentile(values, 50)),
          interarrivalJitterNanos: nearly(naiveJitter(values)),
          percentileNanos: percentiles.map((percent) => nearly(naivePercentile(values, percent))),
        });
        const naiveHops = (ttls: number[]) => ({
          kind: 'hops',
          values: new Set(ttls).size,
          min: 255 - Math.max(...ttls),
          max: 255 - Math.min(...ttls),
        });
        const lowestFirst = [...answers.keys()]
          .map((sequence) => ({
            sequence,
            order: Math.min(
              ...replies.filter((r) => r.sequence === sequence).map((r) => r.reflectorSequence),
            ),
          }))
          .sort((one, other) => one.order - other.order || one.sequence - other.sequence);
        expect(summary).toMatchObject({
          sent,
          lost: sent - answers.size,
          sendDuplicates: distinct.length - answers.size,
          reflectDuplicates: replies.length - distinct.length,
          reordered: {
            send: naiveReordered(lowestFirst.map(({ sequence }) => sequence)),
            reflect: naiveReordered(distinct.map(({ reflectorSequence }) => reflectorSequence)),
          },
          firstWallNanos: START + BigInt(Math.min(...answers.keys())) * 10_000_000n,
          lastWallNanos: START + BigInt(Math.max(...answers.keys())) * 10_000_000n,
          roundTrip: naiveSpread(firsts.map(({ delays: [there, , back] }) => there + back)),
          send: naiveSpread(firsts.map(({ delays: [there] }) => there)),
          reflect: naiveSpread(firsts.map(({ delays: [, , back] }) => back)),
          processing: {
            minNanos: nearly(Math.min(...firsts.map(({ delays }) => delays[1]))),
            maxNanos: nearly(Math.max(...firsts.map(({ delays }) => delays[1]))),
          },
          sendHops: naiveHops(firsts.map(({ senderTtl }) => senderTtl)),
          reflectHops: naiveHops(firsts.map(({ replyTtl }) => replyTtl)),
        });
      },
    ),
  );
});

test('a percentile is a value that occurred, however many decimal places it has', () => {
  const thousand = Array.from({ length: 1000 }, (_, sequence) => ({
    ...delayed(sequence, sequence, [sequence * 1000, 0, 0]),
  }));
  const { roundTrip } = statisticsOf(thousand).summary({
    sent: 1000,
    percentiles: [0.001, 0.1, 0.101, 50, 99.9, 99.901, 100],
  });
  expect(roundTrip!.percentileNanos.map((nanos) => Math.round(nanos / 1000))).toEqual([
    0, 0, 1, 499, 998, 999, 999,
  ]);
});

test('a known series: of 0, 16, 0, 16 … µs the RFC 3550 jitter nears 16 µs, a sixteenth of the way each time', () => {
  const series = [0, 16_000, 0, 16_000];
  const { send, reflect, roundTrip } = statisticsOf(
    series.map((nanos, sequence) => delayed(sequence, sequence, [nanos, 500, 7000])),
  ).summary({ sent: 4 });
  // 1000, then 1000 + 15000/16 = 1937.5, then 1937.5 + 14062.5/16 = 2816.4
  expect(send!.interarrivalJitterNanos).toEqual(nearly(2816.4));
  expect(roundTrip!.interarrivalJitterNanos).toEqual(nearly(2816.4));
  expect(reflect!.interarrivalJitterNanos).toEqual(nearly(0));
});

describe('a run that is cut', () => {
  const cut = (sequences: readonly number[], request: SummaryRequest) => {
    const replies = sequences.map((sequence, index) => ({ sequence, reflectorSequence: index }));
    const { sent, lost, inFlight, lostByDirection } = statisticsOf(replies).summary(request);
    expect(lostByDirection.send + lostByDirection.reflect + lostByDirection.unknown).toBe(lost);
    return { sent, lost, inFlight, lostByDirection };
  };

  test('what timed out is lost, what a reply could still come to is in flight', () => {
    // 2 and 3 have timed out; of 4 to 7, only 5 is answered.
    expect(cut([0, 1, 5], { sent: 8, awaitedFrom: 4 })).toEqual({
      sent: 8,
      lost: 2,
      inFlight: 3,
      lostByDirection: { send: 2, reflect: 0, unknown: 0 },
    });
  });

  test.each<[number, { send: number; reflect: number; unknown: number }]>([
    // Of 2 and 3, which are lost, and 4, which is in flight, so many have reached the reflector:
    [2, { send: 2, reflect: 0, unknown: 0 }],
    [3, { send: 1, reflect: 0, unknown: 1 }],
    [4, { send: 0, reflect: 1, unknown: 1 }],
    [5, { send: 0, reflect: 2, unknown: 0 }],
  ])('what is in flight leaves open what was lost where, but no more than that: %d', (number, expected) => {
    const replies = [0, 1].map((sequence) => ({ sequence, reflectorSequence: sequence }));
    const later = { sequence: 5, reflectorSequence: number };
    const { lostByDirection } = statisticsOf([...replies, later]).summary({ sent: 6, awaitedFrom: 4 });
    expect(lostByDirection).toEqual(expected);
  });

  const run = fc.record({
    lead: fc.nat(3),
    firstNumber: fc.integer({ min: 1000, max: 2000 }),
    decided: fc.array(fc.constantFrom('answered', 'copied', 'there', 'back'), { maxLength: 30 }),
    between: fc.array(fc.constantFrom('there', 'back'), { maxLength: 4 }),
    inFlight: fc.array(fc.constantFrom('there', 'back'), { maxLength: 4 }),
    later: fc.array(fc.constantFrom('answered', 'copied', 'there', 'back'), { maxLength: 10 }),
  });

  test('each loss before the last answer to what is decided is in its direction, whatever is answered later', () => {
    fc.assert(
      fc.property(run, fc.boolean(), ({ lead, firstNumber, ...fates }, fromZero) => {
        const unknown = fromZero ? 0 : lead;
        let next = fromZero ? 0 : firstNumber;
        const decided = ['answered', ...fates.decided, 'answered'];
        const all = [...decided, ...fates.between, ...fates.inFlight, 'answered', ...fates.later];
        const replies = all.flatMap((fate, index) => {
          const sequence = unknown + index;
          const numbers = fate === 'there' ? [] : fate === 'copied' ? [next++, next++] : [next++];
          return fate === 'back' ? [] : numbers.map((reflectorSequence) => ({ sequence, reflectorSequence }));
        });
        const awaitedFrom = unknown + decided.length + fates.between.length;
        const count = (among: readonly string[], wanted: string): number =>
          among.filter((fate) => fate === wanted).length;
        const holes = count([...fates.between, ...fates.inFlight], 'back');
        const surelySend = Math.max(0, fates.between.length - holes);
        const surelyReflect = Math.max(0, Math.min(fates.between.length, holes - fates.inFlight.length));
        const { lost, lostByDirection } = statisticsOf(replies, fromZero ? 'from-zero' : 'any').summary({
          sent: unknown + all.length,
          awaitedFrom,
        });
        expect(lost).toBe(unknown + fates.between.length + count(decided, 'there') + count(decided, 'back'));
        expect(lostByDirection).toEqual({
          send: count(decided, 'there') + surelySend,
          reflect: count(decided, 'back') + surelyReflect,
          unknown: unknown + fates.between.length - surelySend - surelyReflect,
        });
      }),
    );
  });

  const directions = (pairs: readonly (readonly [number, number])[], request: SummaryRequest, any = false) =>
    statisticsOf(
      pairs.map(([sequence, reflectorSequence]) => ({ sequence, reflectorSequence })),
      any ? 'any' : 'from-zero',
    ).summary(request).lostByDirection;

  test('a copy that came to the reflector later is none of the replies before', () => {
    // The reply to 1 (number 1) is lost; a copy of 0 has number 3.
    const pairs = [
      [0, 0],
      [2, 2],
      [0, 3],
      [3, 4],
    ] as const;
    expect(directions(pairs, { sent: 4, awaitedFrom: 3 })).toEqual({ send: 0, reflect: 1, unknown: 0 });
  });

  test('the lost reply to a copy does not hide where the next packet was lost', () => {
    // 0 arrived twice, and the reply to one of both is lost; 1 never arrived.
    const pairs = [
      [0, 1],
      [2, 2],
    ] as const;
    expect(directions(pairs, { sent: 3, awaitedFrom: 2 })).toEqual({ send: 1, reflect: 0, unknown: 0 });
  });

  test('where nothing decided is answered and the first number tells nothing, all is unknown', () => {
    const pairs = [
      [3, 103],
      [4, 104],
    ] as const;
    for (const awaitedFrom of [2, 3]) {
      const request = { sent: 5, awaitedFrom };
      expect(directions(pairs, request, true)).toEqual({ send: 0, reflect: 0, unknown: awaitedFrom });
    }
  });

  test('packets that never left are lost nowhere', () => {
    // 1 and 2 could not be sent.
    const pairs = [
      [0, 0],
      [4, 1],
    ] as const;
    expect(directions(pairs, { sent: 3, lastSequenceSent: 4, awaitedFrom: 4 })).toEqual({
      send: 1,
      reflect: 0,
      unknown: 0,
    });
  });

  test('behind the last answer, nobody can tell where what timed out was lost', () => {
    expect(cut([0], { sent: 6, awaitedFrom: 4 })).toMatchObject({
      lost: 3,
      inFlight: 2,
      lostByDirection: { unknown: 3 },
    });
  });

  test('nothing is in flight that never left', () => {
    // 1 and 2 of four packets could not be sent.
    expect(cut([0], { sent: 2, lastSequenceSent: 3, awaitedFrom: 1 })).toMatchObject({
      lost: 0,
      inFlight: 1,
    });
  });
});

test("a recorded session has the figures that twping printed of it: '10 sent, 0 lost …'", () => {
  const statistics = statisticsOf(
    recordedSessions('twping-twampd-open')[0]!.replies.map(({ octets, wallNanos }) => {
      const view = new DataView(octets.buffer, octets.byteOffset);
      const nanos = (offset: number): bigint =>
        (view.getBigUint64(offset) * 1_000_000_000n) / 2n ** 32n - 2_208_988_800n * 1_000_000_000n;
      return {
        sequence: view.getUint32(24),
        reflectorSequence: view.getUint32(0),
        t1: nanos(28),
        t2: nanos(16),
        t3: nanos(4),
        t4: wallNanos,
        senderErrorEstimate: view.getUint16(36),
        reflectorErrorEstimate: view.getUint16(12),
      };
    }),
  );
  const summary = statistics.summary({ sent: 10 });
  expect(summary).toMatchObject({ sent: 10, lost: 0, sendDuplicates: 0, reflectDuplicates: 0 });
  // twping subtracts seconds since 1900 as doubles, which are 477 ns apart; its figures are good to one such
  // step.
  const twpings = (millis: number): unknown => expect.closeTo(millis * 1e6, -3);
  expect(summary).toMatchObject({
    send: { minNanos: twpings(0.073), maxNanos: twpings(0.173) },
    processing: { minNanos: twpings(0.00477), maxNanos: twpings(0.0219) },
    roundTrip: { errorNanos: expect.closeTo(0.931, 3) },
  });
  expect(summary.sendHops).toEqual({ kind: 'hops', values: 1, min: 0, max: 0 });
});

test('each end is as good as the worst it has said of itself', () => {
  const estimate = (synchronised: boolean, errorNanos: number): number =>
    encodeErrorEstimate({ synchronised, errorNanos });
  const summary = statisticsOf([
    { sequence: 0, senderErrorEstimate: estimate(true, 5000), reflectorErrorEstimate: estimate(true, 100) },
    { sequence: 1, senderErrorEstimate: estimate(true, 900), reflectorErrorEstimate: estimate(false, 200) },
    { sequence: 2, senderErrorEstimate: estimate(true, 900), reflectorErrorEstimate: estimate(true, 100) },
  ]).summary({ sent: 3 });
  // The 16 bits of an Error Estimate hold 8 digits: it is rounded up by less than a hundredth.
  expect(summary.clocks).toEqual({
    sender: { timestampFormat: 'ntp', synchronised: true, errorNanos: expect.closeTo(5000, -2) },
    reflector: { timestampFormat: 'ntp', synchronised: false, errorNanos: expect.closeTo(200, -1) },
  });
});

test('when nothing came back, everything is lost and nothing was measured', () => {
  expect(new Statistics().summary({ sent: 7 })).toEqual({
    sent: 7,
    lost: 7,
    inFlight: 0,
    lostByDirection: { send: 0, reflect: 0, unknown: 7 },
    directionsKnown: true,
    sendDuplicates: 0,
    reflectDuplicates: 0,
    reordered: { send: 0, reflect: 0 },
    firstWallNanos: undefined,
    lastWallNanos: undefined,
    roundTrip: undefined,
    send: undefined,
    reflect: undefined,
    processing: undefined,
    sendHops: { kind: 'unknown' },
    reflectHops: { kind: 'unknown' },
    sendMarkings: [],
    reflectMarkings: [],
  });
});

describe('errors', () => {
  const micro = (synchronised: boolean) => encodeErrorEstimate({ synchronised, errorNanos: 1_000 });

  test('one-way delays carry the worst error when all clocks were synchronised', () => {
    const good = { senderErrorEstimate: micro(true), reflectorErrorEstimate: micro(true) };
    const worse = encodeErrorEstimate({ synchronised: true, errorNanos: 8_000 });
    const summary = statisticsOf([
      { sequence: 0, reflectorSequence: 0, ...good },
      { sequence: 1, reflectorSequence: 1, ...good, reflectorErrorEstimate: worse },
      { sequence: 2, reflectorSequence: 2, ...good },
    ]).summary({ sent: 3 });
    expect(summary.send!.errorNanos! / 9_000).toBeCloseTo(1, 1);
    expect(summary.reflect!.errorNanos).toBe(summary.send!.errorNanos);
    expect(summary.roundTrip!.errorNanos).toBe(2 * summary.send!.errorNanos!);
  });

  test.each([
    [true, false],
    [false, true],
  ])('one-way delays have none when one clock was not (%s, %s); the round trip has', (sender, reflector) => {
    const summary = statisticsOf([
      { senderErrorEstimate: micro(sender), reflectorErrorEstimate: micro(reflector) },
    ]).summary({ sent: 1 });
    expect(summary.send!.errorNanos).toBeUndefined();
    expect(summary.reflect!.errorNanos).toBeUndefined();
    expect(summary.roundTrip!.errorNanos).toBeGreaterThan(0);
  });
});

describe('loss by direction', () => {
  const answered = (pairs: readonly (readonly [number, number])[], sent: number) =>
    statisticsOf(pairs.map(([sequence, reflectorSequence]) => ({ sequence, reflectorSequence }))).summary({
      sent,
    }).lostByDirection;

  test('the reflector skipped no number: the packet never reached it', () => {
    expect(
      answered(
        [
          [0, 0],
          [2, 1],
        ],
        3,
      ),
    ).toEqual({ send: 1, reflect: 0, unknown: 0 });
  });

  test('the reflector skipped a number: its reply was lost', () => {
    expect(
      answered(
        [
          [0, 0],
          [2, 2],
        ],
        3,
      ),
    ).toEqual({ send: 0, reflect: 1, unknown: 0 });
  });

  test('a copy that was answered is no hole in the numbers', () => {
    const pairs = [
      [0, 0],
      [0, 1],
      [2, 2],
    ] as const;
    expect(answered(pairs, 3)).toEqual({ send: 1, reflect: 0, unknown: 0 });
  });

  test('the lost reply to a copy is no packet lost', () => {
    expect(answered([[0, 1]], 2)).toEqual({ send: 0, reflect: 0, unknown: 1 });
  });

  test('behind the last answer nobody can tell', () => {
    expect(answered([[0, 0]], 4)).toEqual({ send: 0, reflect: 0, unknown: 3 });
  });
});

describe('a reflector that may have no state', () => {
  const light = (pairs: readonly (readonly [number, number])[], sent: number) => {
    const replies = pairs.map(([sequence, reflectorSequence]) => ({ sequence, reflectorSequence }));
    const { lost, lostByDirection, directionsKnown } = statisticsOf(replies, 'any').summary({ sent });
    return { lost, lostByDirection, directionsKnown };
  };

  test('whose replies have the numbers of what they answer does not tell where packets were lost', () => {
    const stateless = [0, 2, 5].map((sequence) => [sequence, sequence] as const);
    expect(light(stateless, 7)).toEqual({
      lost: 4,
      lostByDirection: { send: 0, reflect: 0, unknown: 4 },
      directionsKnown: false,
    });
    expect(light([], 3)).toMatchObject({ lostByDirection: { unknown: 3 }, directionsKnown: false });
  });

  test('that counts on from an earlier measurement tells, but for what was before the first answer', () => {
    // 0 is lost on either way; 2 never arrives; the reply to 3 (102) is lost; 5 and 6 nobody knows.
    const answered = [
      [1, 101],
      [4, 103],
    ] as const;
    expect(light(answered, 7)).toEqual({
      lost: 5,
      lostByDirection: { send: 1, reflect: 1, unknown: 3 },
      directionsKnown: true,
    });
  });

  test('that has state: each loss between two answers is in its direction, whatever number came first', () => {
    const run = fc.record({
      first: fc.nat(1000),
      fates: fc.array(fc.constantFrom('answered', 'there', 'back'), { minLength: 1, maxLength: 60 }),
    });
    fc.assert(
      fc.property(run, ({ first, fates }) => {
        let next = first;
        const replies = ['answered', ...fates, 'there', 'answered'].flatMap((fate, sequence) => {
          const number = fate === 'there' ? undefined : next++;
          return fate === 'answered' ? [[sequence, number!] as const] : [];
        });
        const count = (wanted: string): number => fates.filter((fate) => fate === wanted).length;
        // What was lost there shifts the numbers: even a reflector that began with 0 shows that they are its own.
        expect(light(replies, fates.length + 3).lostByDirection).toEqual({
          send: count('there') + 1,
          reflect: count('back'),
          unknown: 0,
        });
      }),
    );
  });
});

test('what packets and replies arrived with is counted, the commonest first', () => {
  const replies = [0x02, 0xb8, 0xb8].map((senderTrafficClass, sequence) => ({
    sequence,
    reflectorSequence: sequence,
    senderTrafficClass,
    replyTrafficClass: sequence === 1 ? 0x2b : undefined,
  }));
  const { sendMarkings, reflectMarkings } = statisticsOf(replies).summary({ sent: 3 });
  expect(sendMarkings).toEqual([
    { dscp: 46, ecn: 0, packets: 2 },
    { dscp: 0, ecn: 2, packets: 1 },
  ]);
  expect(reflectMarkings).toEqual([{ dscp: 10, ecn: 3, packets: 1 }]);
});

test('no percentiles are told that nobody asked for', () => {
  expect(statisticsOf([{}]).summary({ sent: 1 }).roundTrip!.percentileNanos).toEqual([]);
});

test('a TTL that was never seen leaves the hops unknown', () => {
  const summary = statisticsOf([{ replyTtl: TTL_UNKNOWN }]).summary({ sent: 1 });
  expect(summary.reflectHops).toEqual({ kind: 'unknown' });
});

test('at the maximum a packet is measured; above it, it counts as answered only', () => {
  const slow = { t4: someReply.t4 + 1_000_000_000n };
  const sent = MEASURED_PACKETS_MAX + 1;
  const last = { sequence: MEASURED_PACKETS_MAX - 1 };
  const beyond = { sequence: MEASURED_PACKETS_MAX, reflectorSequence: 1, ...slow };
  const summary = statisticsOf([last, beyond]).summary({ sent });
  expect(summary.lost).toBe(sent - 2);
  expect(summary.roundTrip!.maxNanos).toBeLessThan(1_000_000);
});

test('a peer that answers one packet for ever costs no more memory than the maximum', () => {
  const statistics = new Statistics();
  const ring = SampleRing.create(1024);
  const copies = EXTRA_REPLIES_MAX + 10;
  for (let copy = 0; copy <= copies; copy++) {
    pushReply(ring, { ...someReply, reflectorSequence: copy });
    if (copy % 1024 === 1023) ring.drain((samples) => statistics.add(samples));
  }
  ring.drain((samples) => statistics.add(samples));
  const figures = () => {
    const { lost, sendDuplicates, reflectDuplicates } = statistics.summary({ sent: 1 });
    return { lost, sendDuplicates, reflectDuplicates };
  };
  expect(figures()).toEqual({ lost: 0, sendDuplicates: copies, reflectDuplicates: 0 });
  // Of the numbers, so many are kept that one which comes again is known.
  for (const known of [EXTRA_REPLIES_MAX, EXTRA_REPLIES_MAX + 1]) {
    pushReply(ring, { ...someReply, reflectorSequence: known });
  }
  ring.drain((samples) => statistics.add(samples));
  expect(figures()).toEqual({ lost: 0, sendDuplicates: copies + 1, reflectDuplicates: 1 });
});

/** What intervals add up to, and from which packet on a reply could still come. */
import { describe, expect, test } from 'vitest';
import { AwaitedPackets, IntervalStatistics } from '../../src/twamp/interval-statistics.ts';

describe('an interval', () => {
  test('has what came since the one before, and the round trips of its own answers alone', () => {
    const interval = new IntervalStatistics();
    for (const nanos of [5, 1, 3]) interval.add(nanos);
    expect(interval.take({ sent: 4, lost: 0 })).toMatchObject({
      sent: 4,
      lost: 0,
      roundTrip: { minNanos: 1, medianNanos: 3, maxNanos: 5, jitterNanos: 2, percentileNanos: [] },
    });
    interval.add(9);
    expect(interval.take({ sent: 6, lost: 1 })).toMatchObject({
      sent: 2,
      lost: 1,
      roundTrip: { minNanos: 9, medianNanos: 9, maxNanos: 9, jitterNanos: 0, interarrivalJitterNanos: 0 },
    });
  });

  test('without an answer has no delays', () => {
    expect(new IntervalStatistics().take({ sent: 0, lost: 0 })).toEqual({
      sent: 0,
      lost: 0,
      roundTrip: undefined,
    });
  });

  test('takes nothing back, and the sums stay true', () => {
    const interval = new IntervalStatistics();
    const lost = [2, 1, 3].map((soFar) => interval.take({ sent: 9, lost: soFar }).lost);
    expect(lost).toEqual([2, 0, 1]);
  });
});

describe('packets are awaited', () => {
  test('for the timeout and as long as their replies take to us', () => {
    const awaited = new AwaitedPackets(1e9);
    expect(awaited.read(0, 10)).toBe(0);
    expect(awaited.read(0.5e9, 20)).toBe(0);
    expect(awaited.read(1.1e9, 30)).toBe(0);
    expect(awaited.read(1.1e9 + 1, 30)).toBe(10);
    expect(awaited.read(1.6e9 + 1, 30)).toBe(20);
    expect(awaited.read(9e9, 30)).toBe(30);
  });

  test('at readings of a sixty-fourth of the timeout, however many there are', () => {
    const awaited = new AwaitedPackets(64e9);
    for (let reading = 0; reading <= 6400; reading++) awaited.read(reading * 1e7, reading);
    expect(awaited.read(64e9 + 1e8 + 1, 6401)).toBe(0);
    expect(awaited.read(65e9 + 1e8 + 1, 6401)).toBe(100);
    expect(awaited.read(65.9e9 + 1e8 + 1, 6401)).toBe(100);
    expect(awaited.read(66e9 + 1e8 + 1, 6401)).toBe(200);
  });
});

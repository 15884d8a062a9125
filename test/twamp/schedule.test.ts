/** When packets are due: at fixed intervals, or at exponentially distributed ones. */
import { describe, expect, test } from 'vitest';
import { Schedule } from '../../src/twamp/schedule.ts';
import { SeededRandom } from '../support/seeded-random.ts';

function intervalsOf(schedule: Schedule, count: number): number[] {
  return Array.from({ length: count }, () => {
    const before = schedule.dueMonoNanos;
    schedule.advance();
    return schedule.dueMonoNanos - before;
  });
}

test('fixed intervals do not drift', () => {
  const schedule = new Schedule({ intervalNanos: 0.1 }, 5);
  intervalsOf(schedule, 1_000_000);
  expect(schedule.dueMonoNanos).toBe(5 + 1_000_000 * 0.1);
});

describe('an exponential schedule', () => {
  const MEAN = 1e6;
  const exponential = new SeededRandom(7);
  const intervals = intervalsOf(new Schedule({ intervalNanos: MEAN, exponential }, 1e9), 100_000);

  test('begins with a packet at its start', () => {
    expect(new Schedule({ intervalNanos: MEAN, exponential }, 1e9).dueMonoNanos).toBe(1e9);
  });

  test('has the mean that was asked for, and its standard deviation is the same', () => {
    const mean = intervals.reduce((sum, nanos) => sum + nanos, 0) / intervals.length;
    const variance = intervals.reduce((sum, nanos) => sum + (nanos - mean) ** 2, 0) / intervals.length;
    expect(mean / MEAN).toBeCloseTo(1, 1);
    expect(Math.sqrt(variance) / MEAN).toBeCloseTo(1, 1);
  });

  test.each([0.5, 1, 2, 5])('P(interval > %s means) = e^-%s', (means) => {
    const longer = intervals.filter((nanos) => nanos > means * MEAN).length;
    expect(longer / intervals.length).toBeCloseTo(Math.exp(-means), 2);
  });

  test('never goes back, and its longest interval has a bound', () => {
    const extremes = [0, 0xff].map((octet) => ({
      octets: (count: number) => new Uint8Array(count).fill(octet),
    }));
    const [longest, shortest] = extremes.map(
      (random) => intervalsOf(new Schedule({ intervalNanos: MEAN, exponential: random }, 0), 1)[0],
    );
    expect(longest).toBeCloseTo(32 * Math.LN2 * MEAN);
    expect(shortest).toBe(0);
  });
});

/** Waiting exactly on a processor that wakes up late, over a clock that says how long it slept and looked. */
import { expect, test } from 'vitest';
import { PunctualWait } from '../../src/datapath/punctual-wait.ts';

/** Sleeps end `latenessNanos` late; a look at the clock takes as long as it does in life. */
class SleepyClock {
  now = 0;
  latenessNanos = 0;
  spunNanos = 0;
  sleeps = 0;

  monoNanos(): number {
    return (this.now += 50);
  }

  sleepUntil(monoNanos: number): void {
    this.sleeps += 1;
    this.now = Math.max(this.now, monoNanos + this.latenessNanos);
  }

  spinUntil(monoNanos: number): void {
    this.spunNanos += Math.max(monoNanos - this.now, 0);
    this.now = Math.max(this.now, monoNanos);
  }
}

function waiting(latenessNanos: number): { clock: SleepyClock; wait: PunctualWait; warmed: number[] } {
  const clock = new SleepyClock();
  clock.latenessNanos = latenessNanos;
  const warmed: number[] = [];
  return { clock, warmed, wait: new PunctualWait(clock, { warm: (nanos) => warmed.push(nanos) }) };
}

/** Waits for `count` instants, one every `intervalNanos`, and returns how late each wait ended. */
function lateness(clock: SleepyClock, wait: PunctualWait, count: number, intervalNanos: number): number[] {
  const begin = clock.now;
  return Array.from({ length: count }, (_, index) => {
    const due = begin + (index + 1) * intervalNanos;
    wait.until(due);
    return clock.now - due;
  });
}

test.each([0, 40_000, 200_000])('woken late by %i ns it is punctual from the second wait on', (nanos) => {
  const { clock, wait } = waiting(nanos);
  const late = lateness(clock, wait, 20, 1e6);
  expect(Math.min(...late)).toBeGreaterThanOrEqual(0);
  expect(late.slice(1)).toEqual(Array.from({ length: 19 }, () => 0));
  expect(clock.sleeps).toBe(20);
});

test('a rehearsal comes before every instant, and ends the sleep in time for it', () => {
  const { clock, wait, warmed } = waiting(100_000);
  lateness(clock, wait, 10, 1e6);
  expect(warmed).toHaveLength(10);
  expect(warmed.slice(1).map((nanos, index) => nanos < (index + 2) * 1e6)).toEqual(Array(9).fill(true));
});

test('looks at the clock for half of the time at the most', () => {
  const { clock, wait } = waiting(10_000);
  const begin = clock.now;
  lateness(clock, wait, 1000, 100_000);
  expect(clock.sleeps).toBe(1000);
  expect(clock.spunNanos).toBeLessThanOrEqual((clock.now - begin) / 2);
});

test('what is too near to sleep for, or past, is not slept for', () => {
  const { clock, wait } = waiting(60_000);
  lateness(clock, wait, 100, 20_000);
  wait.until(clock.now - 1);
  expect(clock.sleeps).toBe(0);
});

test('one long hold-up is forgotten', () => {
  const { clock, wait } = waiting(5e6);
  wait.until(clock.now + 10e6);
  clock.latenessNanos = 0;
  lateness(clock, wait, 200, 1e6);
  clock.spunNanos = 0;
  lateness(clock, wait, 10, 1e6);
  expect(clock.spunNanos / 10).toBeLessThan(100_000);
});

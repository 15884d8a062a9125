/** Long work in slices: everybody else has their turn in between. */
import { expect, test } from 'vitest';
import { atOnce, inTurns, SLICE_NANOS, type InTurns } from '../../src/config/turns.ts';

/** Each step takes so long, by the clock that goes with it; `begun` are the steps that have. */
function workOf(steps: number, stepNanos: number) {
  let nowNanos = 7;
  const begun: number[] = [];
  function* work(): InTurns<string> {
    for (let step = 0; step < steps; step += 1) {
      begun.push(step);
      nowNanos += stepNanos;
      yield;
    }
    return 'made';
  }
  return { work: work(), begun, clock: { monoNanos: () => nowNanos } };
}

/** How much was done at each turn that somebody else had. */
async function seenBesides(steps: number, stepNanos: number): Promise<number[]> {
  const { work, begun, clock } = workOf(steps, stepNanos);
  const seen: number[] = [];
  let isOver = false;
  const look = (): void => {
    seen.push(begun.length);
    if (!isOver) setImmediate(look);
  };
  setImmediate(look);
  expect(await inTurns(work, clock)).toBe('made');
  isOver = true;
  return seen;
}

test('whoever waits has a turn after each slice', async () => {
  expect(await seenBesides(6, SLICE_NANOS / 2)).toEqual([2, 4, 6]);
  expect(await seenBesides(3, SLICE_NANOS)).toEqual([1, 2, 3]);
});

test('work shorter than a slice is done in one', async () => {
  const { work, begun, clock } = workOf(3, SLICE_NANOS / 4);
  const made = inTurns(work, clock);
  expect(begun).toHaveLength(3);
  expect(await made).toBe('made');
});

test('at once, nobody has a turn', () => {
  const { work, begun } = workOf(9, SLICE_NANOS);
  expect(atOnce(work)).toBe('made');
  expect(begun).toHaveLength(9);
});

test('what the work throws is what it rejects with', async () => {
  const fault = new Error('no');
  const failing: Iterator<unknown, never> = {
    next: () => {
      throw fault;
    },
  };
  await expect(inTurns(failing, { monoNanos: () => 0 })).rejects.toBe(fault);
  expect(() => atOnce(failing)).toThrow(fault);
});

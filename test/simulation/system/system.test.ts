/** Worlds of whole routers, by their seeds: whatever happens, the invariants hold (docs/testing.md). */
import { expect, test } from 'vitest';
import { simulateSeeds, type SeedsResult } from './seeds.ts';

/** Half of the time of all simulations. */
const { SIMULATION_SEED, SIMULATION_SEEDS, SIMULATION_SECONDS = '20' } = process.env;
const seconds = SIMULATION_SEEDS === undefined ? Number(SIMULATION_SECONDS) / 2 : Infinity;

/** A world in which something of everything happens. */
const SOME_SEED = 21;

function simulate(first: number, count: number, secondsMax: number): Promise<SeedsResult> {
  const print = (text: string): void => void process.stderr.write(`${text}\n`);
  return simulateSeeds({ first, count, seconds: secondsMax, trace: false, print });
}

test('the same seed is the same world, to the octet', { timeout: 0 }, async () => {
  const one = await simulate(SOME_SEED, 1, Infinity);
  const other = await simulate(SOME_SEED, 1, Infinity);
  expect(one.failed).toBeUndefined();
  expect(other.digest).toBe(one.digest);
});

test(
  'no acknowledged commit, session, row, lock or line is lost, and nobody does what they may not',
  { timeout: 0 },
  async () => {
    const first = Number(SIMULATION_SEED ?? 1);
    const count = SIMULATION_SEED === undefined ? Number(SIMULATION_SEEDS ?? Infinity) : 1;
    const { failed } = await simulate(first, count, seconds);
    expect(failed).toBeUndefined();
  },
);

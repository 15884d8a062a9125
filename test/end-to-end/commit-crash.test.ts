/** SIGKILL amid commits, again and again: what starts next runs exactly an old or a new revision, and has them all. */
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import {
  bundleCommitLoop,
  found,
  outcomes,
  startCommitLoop,
  toldBy,
  type Expected,
} from '../support/commit-loop-program.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { VirtualTime } from '../support/virtual-time.ts';

const KILLS = Number(process.env['COMMIT_KILLS'] ?? 90);

/** How long commits go on before the end, in milliseconds. */
const LIFE_MILLIS_MAX = 60;

const NANOS_PER_MINUTE = 60_000_000_000;

/** The clock of a router that starts that long after now. */
async function clockIn(minutes: number): Promise<VirtualTime> {
  const time = new VirtualTime();
  const now = BigInt(Date.now()) * 1_000_000n - time.wallNanos();
  await time.pass(Number(now) + minutes * NANOS_PER_MINUTE);
  return time;
}

it(`${KILLS} times`, { timeout: KILLS * 5_000 }, async () => {
  const directory = temporaryDirectory();
  const state = `${directory}/state`;
  const program = bundleCommitLoop(directory);
  let before: Expected = { revisions: [], backTo: undefined };
  let first = 1;
  for (let kill = 0; kill < KILLS; kill += 1) {
    const child = startCommitLoop(program, state, { first });
    const telling = toldBy(child);
    await once(child.stdout!, 'data');
    await sleep(randomInt(LIFE_MILLIS_MAX));
    child.kill('SIGKILL');
    const told = await telling;
    // Half of those that start next do so when a commit has not been confirmed in time.
    const late = randomInt(2) === 1;
    const { running, ...left } = await found(state, await clockIn(late ? 2 : 0));
    const possible = outcomes(before, told);
    expect(possible, JSON.stringify(told.slice(-3))).toContainEqual(left);
    const goesBack = late && left.backTo !== undefined;
    expect(running).toBe(goesBack ? left.backTo : (left.revisions[0] ?? 0));
    before = goesBack ? { revisions: [running, ...left.revisions].slice(0, 50), backTo: undefined } : left;
    first = (told.at(-1)?.number ?? first) + 1;
  }
  expect(first).toBeGreaterThan(KILLS);
});

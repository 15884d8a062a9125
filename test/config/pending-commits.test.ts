/** Commits that are pending while somebody sets the wall clock. */
import { expect, test } from 'vitest';
import type { PendingCommit, RevisionArchive } from '../../src/config/archive.ts';
import { PendingCommits } from '../../src/config/pending-commits.ts';
import { VirtualTime } from '../support/virtual-time.ts';

const MINUTE = 60_000_000_000;
const HOUR = 3_600_000_000_000n;

interface Watched {
  readonly time: VirtualTime;
  readonly come: string[];
}

/** One of a kind that is due in ten minutes, while nobody confirms or gives it up. */
function watched(kind: PendingCommit['kind']): Watched {
  const time = new VirtualTime();
  const sinceWallNanos = time.wallNanos();
  const pending: PendingCommit = {
    ...{ kind, sinceWallNanos, dueWallNanos: sinceWallNanos + BigInt(10 * MINUTE) },
    committer: { user: 'ada', configured: true, role: undefined },
    ...{ comment: undefined, base: '', text: '' },
  };
  const come: string[] = [];
  const archive = { pending: [pending], keep: () => undefined } as unknown as RevisionArchive;
  const commits = new PendingCommits(archive, time, (due) => {
    come.push(due.kind);
    commits.change([due.kind]);
  });
  commits.watch();
  return { time, come };
}

test.each([HOUR, -HOUR])(
  'the time to confirm is as long as it was said, whatever the clock does (%s)',
  async (step) => {
    const { time, come } = watched('confirmed');
    await time.pass(5 * MINUTE);
    time.step(step);
    await time.pass(4.9 * MINUTE);
    expect(come).toEqual([]);
    await time.pass(0.2 * MINUTE);
    expect(come).toEqual(['confirmed']);
  },
);

test('a commit at a time comes when the clock says so', async () => {
  const early = watched('at');
  early.time.step(HOUR);
  await early.time.pass(0.6 * MINUTE);
  expect(early.come).toEqual(['at']);
  const late = watched('at');
  late.time.step(-HOUR);
  await late.time.pass(69 * MINUTE);
  expect(late.come).toEqual([]);
  await late.time.pass(2 * MINUTE);
  expect(late.come).toEqual(['at']);
});

/** Commits that are pending: when they come, in which order, and while somebody sets the wall clock. */
import { describe, expect, test } from 'vitest';
import type { PendingCommit, RevisionArchive } from '../../src/config/archive.ts';
import { minutesLeft, PendingCommits } from '../../src/config/pending-commits.ts';
import { VirtualTime } from '../support/virtual-time.ts';

const MINUTE = 60_000_000_000;
const HOUR = 3_600_000_000_000n;

interface Watched {
  readonly time: VirtualTime;
  readonly come: string[];
}

const committer = { user: 'ada', configured: true, role: undefined };

/** Due in so many minutes of that clock; undefined: when the router starts. */
function pendingIn(
  time: VirtualTime,
  kind: PendingCommit['kind'],
  minutes: number | undefined,
): PendingCommit {
  const sinceWallNanos = time.wallNanos();
  const dueWallNanos = minutes === undefined ? undefined : sinceWallNanos + BigInt(minutes * MINUTE);
  return { kind, sinceWallNanos, dueWallNanos, committer, comment: undefined, base: '', text: '' };
}

const archiveOf = (...pending: PendingCommit[]): RevisionArchive =>
  ({ pending, keep: () => undefined }) as unknown as RevisionArchive;

/** One of a kind that is due in ten minutes, while nobody confirms or gives it up. */
function watched(kind: PendingCommit['kind']): Watched {
  const time = new VirtualTime();
  const come: string[] = [];
  const archive = archiveOf(pendingIn(time, kind, 10));
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

test.each<[number | undefined, bigint, number | undefined]>([
  [undefined, 0n, undefined],
  [10, 0n, 10],
  [10, 1n, 10],
  [10, 59_999_999_999n, 10],
  [10, 60_000_000_000n, 9],
  [10, 599_999_999_999n, 1],
  [10, 600_000_000_000n, 0],
  [10, HOUR, 0],
])('due in %s minutes, %s ns later there are %s left', (minutes, nanos, left) => {
  const time = new VirtualTime();
  expect(minutesLeft(pendingIn(time, 'at', minutes), time.wallNanos() + nanos)).toBe(left);
});

describe('two that are pending', () => {
  const time = new VirtualTime();
  const [at, confirmed] = [pendingIn(time, 'at', 10), pendingIn(time, 'confirmed', 10)];
  const both = (): PendingCommits => new PendingCommits(archiveOf(at, confirmed), time, () => undefined);

  test('come to an end apart; a new one takes the place of its kind alone', () => {
    const commits = both();
    expect([commits.get('at'), commits.get('confirmed')]).toEqual([at, confirmed]);
    const later = pendingIn(time, 'at', 20);
    expect(commits.after([], later)).toEqual([confirmed, later]);
    expect(commits.after(['at'])).toEqual([confirmed]);
    expect(commits.after(['at', 'confirmed'], later)).toEqual([later]);
    expect(commits.after([])).toEqual([at, confirmed]);
    commits.change(['confirmed']);
    expect([commits.get('at'), commits.get('confirmed')]).toEqual([at, undefined]);
  });

  test('and due at once: going back comes first', async () => {
    const commits = both();
    expect(commits.due).toEqual([]);
    await time.pass(10 * MINUTE);
    expect(commits.due).toEqual([confirmed, at]);
  });
});

describe('what cannot be done', () => {
  /** Due in a minute, and in vain; gives the minutes at which it was tried. */
  function inVain() {
    const time = new VirtualTime();
    const tried: number[] = [];
    const commits = new PendingCommits(archiveOf(pendingIn(time, 'at', 1)), time, () =>
      tried.push(time.monoNanos() / MINUTE),
    );
    commits.watch();
    return { time, tried, commits };
  }

  test('is tried again each minute', async () => {
    const { time, tried } = inVain();
    await time.pass(3.5 * MINUTE);
    expect(tried).toEqual([1, 2, 3]);
  });

  test('is tried at once when what is pending has changed', async () => {
    const { time, tried, commits } = inVain();
    await time.pass(1.25 * MINUTE);
    commits.change([], pendingIn(time, 'at', 0));
    await time.pass(0.1 * MINUTE);
    expect(tried).toEqual([1, 1.25]);
  });

  test('is left alone by who is not watching any more', async () => {
    const { time, tried, commits } = inVain();
    await time.pass(1.5 * MINUTE);
    commits.close();
    commits.change([], pendingIn(time, 'at', 0));
    await time.pass(5 * MINUTE);
    expect(tried).toEqual([1]);
    expect(time.pending).toBe(0);
  });
});

test('no clock is watched for what waits for the next start, until something waits for a time', async () => {
  const time = new VirtualTime();
  const come: PendingCommit['kind'][] = [];
  const commits = new PendingCommits(archiveOf(pendingIn(time, 'at', undefined)), time, ({ kind }) => {
    come.push(kind);
    commits.change([kind]);
  });
  commits.watch();
  expect(time.pending).toBe(0);
  await time.pass(100 * MINUTE);
  expect(come).toEqual([]);
  commits.change([], pendingIn(time, 'confirmed', 1));
  await time.pass(2 * MINUTE);
  expect(come).toEqual(['confirmed']);
  expect(commits.get('at')).toBeDefined();
  expect(time.pending).toBe(0);
});

test('of two that are due, what nobody has confirmed is taken back first', () => {
  const time = new VirtualTime();
  const [confirmed, at] = [pendingIn(time, 'confirmed', 0), pendingIn(time, 'at', 0)];
  for (const pending of [
    [confirmed, at],
    [at, confirmed],
  ])
    expect(new PendingCommits(archiveOf(...pending), time, () => undefined).due).toEqual([confirmed, at]);
});

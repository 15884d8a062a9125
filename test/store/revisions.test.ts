/** Tests of the archive of configurations. */
import { describe, expect, onTestFinished, test } from 'vitest';
import { REVISIONS_MAX, type Revisions } from '../../src/store/revisions.ts';
import { openState } from '../../src/store/state-directory.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

function archive(): Revisions {
  const state = openState(temporaryDirectory());
  onTestFinished(() => state.close());
  return state.revisions;
}

const commit = (count: number) => ({
  wallNanos: BigInt(count),
  user: 'ada',
  via: 'cli' as const,
  comment: undefined,
  text: `text ${count}`,
});

describe('revisions', () => {
  test('an empty archive has no latest revision', () => {
    const revisions = archive();
    expect(revisions.latest()).toBeUndefined();
    expect(revisions.get(0)).toBeUndefined();
    expect(revisions.list()).toEqual([]);
  });

  test('what was appended comes back as it was, to the nanosecond and the character', () => {
    const revisions = archive();
    const revision = {
      wallNanos: 1_763_829_600_123_456_789n,
      user: 'ada',
      via: 'other' as const,
      comment: "Käse, 'quoted'",
      text: 'system {\n    host-name "edge";\n}\n',
    };
    expect(revisions.append(revision)).toBe(1);
    expect(revisions.latest()).toEqual({ ...revision, number: 1 });
  });

  test('counted backwards from the latest', () => {
    const revisions = archive();
    for (const count of [1, 2, 3]) expect(revisions.append(commit(count))).toBe(count);
    expect(revisions.latest()?.text).toBe('text 3');
    expect(revisions.get(0)?.text).toBe('text 3');
    expect(revisions.get(2)).toEqual({ ...commit(1), number: 1 });
    expect(revisions.get(3)).toBeUndefined();
    expect(revisions.list().map(({ number }) => number)).toEqual([3, 2, 1]);
  });

  test('are listed without their texts', () => {
    const revisions = archive();
    const { text, ...note } = commit(1);
    revisions.append({ ...note, text });
    expect(revisions.list()).toEqual([{ ...note, number: 1 }]);
  });

  test(`${REVISIONS_MAX} are kept, and one more drops the oldest`, () => {
    const revisions = archive();
    for (let count = 1; count <= REVISIONS_MAX; count++) revisions.append(commit(count));
    expect(revisions.list()).toHaveLength(REVISIONS_MAX);
    expect(revisions.get(REVISIONS_MAX - 1)?.number).toBe(1);

    expect(revisions.append(commit(REVISIONS_MAX + 1))).toBe(REVISIONS_MAX + 1);
    expect(revisions.list()).toHaveLength(REVISIONS_MAX);
    expect(revisions.get(REVISIONS_MAX - 1)?.number).toBe(2);
    expect(revisions.get(REVISIONS_MAX)).toBeUndefined();
  });
});

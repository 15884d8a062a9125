/** What is said of sources, and what is thrown where one cannot answer. */
import { expect, test } from 'vitest';
import { noConntrack } from '../../src/services/conntrack/no-conntrack.ts';
import { SessionFilter } from '../../src/services/filter.ts';
import { SourceError, sourceFinding } from '../../src/services/source.ts';

test('a problem is a finding of its statement, or of none', () => {
  expect(sourceFinding({ severity: 'error', code: 'not-available' })).toEqual({
    ...{ severity: 'error', code: 'source-not-available', path: [], details: {} },
  });
  const problem = { severity: 'warning', code: 'being-moved', details: { sessions: 3 } } as const;
  expect(sourceFinding(problem, ['services'])).toEqual({
    ...{ severity: 'warning', code: 'source-being-moved', path: ['services'], details: { sessions: 3 } },
  });
});

test('an error names the source and the problem, and has its cause', () => {
  const problem = { severity: 'error', code: 'failed' } as const;
  const cause = new Error('why');
  expect(new SourceError('records', problem, { cause })).toMatchObject({
    ...{ name: 'SourceError', message: 'records: failed', source: 'records', problem, cause },
  });
});

test('a host without connection tracking refuses whatever is asked for, and says why', async () => {
  const problem = { severity: 'error', code: 'not-available' };
  const all = { filter: new SessionFilter({}), limit: undefined, signal: new AbortController().signal };
  expect(await noConntrack.problems()).toEqual([problem]);
  expect(await noConntrack.status()).toEqual({
    ...{ name: 'conntrack', method: 'none', sessions: undefined, sessionsMax: undefined },
    ...{ asOfWallNanos: undefined, origin: undefined, problems: [problem] },
  });
  const firstOf = (batches: AsyncIterable<unknown>): Promise<unknown> =>
    batches[Symbol.asyncIterator]().next();
  for (const asked of [
    firstOf(noConntrack.select(all)),
    firstOf(noConntrack.texts(all, { extensive: false, isNamed: false })),
    firstOf(noConntrack.connections(all)),
    noConntrack.count(all),
    noConntrack.census(all.signal),
    noConntrack.rank({ ...all, rows: 1, before: undefined }),
    noConntrack.clear(all),
  ])
    await expect(asked).rejects.toMatchObject({ name: 'SourceError', source: 'conntrack', problem });
});

/** The source `conntrack` of a host without connection tracking: whoever wants that, and nothing else, is refused. */
import { SourceError, type SessionSource, type SourceProblem } from '../source.ts';

const PROBLEM: SourceProblem = { severity: 'error', code: 'not-available' };

const refuse = (): Promise<never> => Promise.reject(new SourceError('conntrack', PROBLEM));

async function* refused(): AsyncGenerator<never> {
  yield await refuse();
}

export const noConntrack: SessionSource = {
  name: 'conntrack',
  problems: () => Promise.resolve([PROBLEM]),
  status: () =>
    Promise.resolve({
      name: 'conntrack',
      method: 'none',
      sessions: undefined,
      sessionsMax: undefined,
      asOfWallNanos: undefined,
      origin: undefined,
      problems: [PROBLEM],
    }),
  select: refused,
  texts: refused,
  connections: refused,
  count: refuse,
  census: refuse,
  rank: refuse,
  clear: refuse,
};

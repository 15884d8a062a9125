/** What reads for `show fleet …` of others. */
import type { Fleet } from '../fleet/fleet.ts';
import type { Context } from './command.ts';
import { Refusal } from './refusal.ts';

/** Rows of a fleet that are shown at the most: they are in memory while they are drawn. */
export const FLEET_ROWS_MAX = 200_000;

type Reader = Pick<Fleet, 'read' | 'results'>;

/** Throws Refusal where this router may not ask. Whoever gives up does not wait for the database. */
export function readerOf({ router: { fleet }, signal }: Context): Reader {
  if (fleet.settings === undefined) throw new Refusal('no-fleet');
  if (fleet.settings.reader === undefined) throw new Refusal('no-fleet-reader');
  return {
    read: (sql, values) => unlessGivenUp(fleet.read(sql, values), signal),
    results: (filter) => unlessGivenUp(fleet.results(filter), signal),
  };
}

function unlessGivenUp<Answer>(answer: Promise<Answer>, signal: AbortSignal): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const giveUp = (): void => reject(new Refusal('fleet-given-up'));
    if (signal.aborted) giveUp();
    signal.addEventListener('abort', giveUp, { once: true });
    answer.then(resolve, reject).finally(() => signal.removeEventListener('abort', giveUp));
  });
}

/** The first of them, and that there are more. */
export function within<Row>({ session }: Context, rows: readonly Row[]): readonly Row[] {
  if (rows.length <= FLEET_ROWS_MAX) return rows;
  const details = { maximum: FLEET_ROWS_MAX };
  session.report({ severity: 'notice', code: 'fleet-rows-cut', path: [], details });
  return rows.slice(0, FLEET_ROWS_MAX);
}

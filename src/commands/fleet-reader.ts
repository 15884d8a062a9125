/** What reads for `show fleet …` of others. */
import type { Fleet } from '../fleet/fleet.ts';
import type { Context } from './command.ts';
import { Refusal } from './refusal.ts';

/** Rows of a fleet that are shown at the most: they are in memory while they are drawn. */
export const FLEET_ROWS_MAX = 200_000;

/** Throws Refusal where this router may not ask. */
export function readerOf({ router: { fleet } }: Context): Fleet {
  if (fleet.settings === undefined) throw new Refusal('no-fleet');
  if (fleet.settings.reader === undefined) throw new Refusal('no-fleet-reader');
  return fleet;
}

/** The first of them, and that there are more. */
export function within<Row>({ session }: Context, rows: readonly Row[]): readonly Row[] {
  if (rows.length <= FLEET_ROWS_MAX) return rows;
  const details = { maximum: FLEET_ROWS_MAX };
  session.report({ severity: 'notice', code: 'fleet-rows-cut', path: [], details });
  return rows.slice(0, FLEET_ROWS_MAX);
}

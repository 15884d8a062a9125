/** Results of all routers by path and hour, or by day where the hours are gone. */
import type pg from 'pg';
import { millisOf, SCHEMA } from './schema.ts';
import {
  DelaySketch,
  measures,
  sketchesOf,
  type DelayFigures,
  type Measure,
  type Sketches,
} from './sketch.ts';

export interface ResultFilter {
  readonly node: string | undefined;
  readonly connection: string | undefined;
  readonly session: string | undefined;
  readonly sinceMillis: number;
  readonly rowsMax: number;
}

/** What a test session measured in an hour, or in a day; without replies, there are no figures. */
export interface PathResult extends Readonly<Record<Measure, DelayFigures | undefined>> {
  readonly node: string;
  readonly connection: string;
  readonly session: string;
  readonly target: string | undefined;
  readonly slotMillis: number;
  readonly spanSeconds: number;
  readonly sent: number;
  readonly lost: number;
}

const PAGE_ROWS = 1_000;

type Stored = Pick<
  PathResult,
  'node' | 'connection' | 'session' | 'slotMillis' | 'spanSeconds' | 'sent' | 'lost'
> &
  Readonly<Record<Measure, Buffer>> & { readonly target: string | null; readonly at: string };

const SAME_PATH = 'o.node = r.node AND o.connection = r.connection AND o.session = r.session';
const bin = (unit: string, column: string): string => `date_bin('1 ${unit}', ${column}, TIMESTAMPTZ 'epoch')`;

/** The span that a row is shown in: minutes stand for hours that are not told yet, and days for hours that are no longer kept. */
const SHOWN = `
  SELECT r.*, ${bin('hour', 'r.slot_at')} AS bucket, 3600 AS shown FROM ${SCHEMA}.results r
  WHERE r.span = 3600 AND r.slot_at >= ${bin('hour', '$1::timestamptz')}
  UNION ALL
  SELECT r.*, ${bin('hour', 'r.slot_at')}, 3600 FROM ${SCHEMA}.results r
  WHERE r.span = 300 AND r.slot_at >= ${bin('hour', '$1::timestamptz')} AND NOT EXISTS (
    SELECT FROM ${SCHEMA}.results o WHERE o.span = 3600 AND ${SAME_PATH} AND o.slot_at = ${bin('hour', 'r.slot_at')})
  UNION ALL
  SELECT r.*, r.slot_at, 86400 FROM ${SCHEMA}.results r
  WHERE r.span = 86400 AND r.slot_at >= ${bin('day', '$1::timestamptz')} AND NOT EXISTS (
    SELECT FROM ${SCHEMA}.results o WHERE o.span = 3600 AND ${SAME_PATH}
      AND o.slot_at >= r.slot_at AND o.slot_at < r.slot_at + interval '1 day')`;

const RESULTS = `
  DECLARE fleet_results NO SCROLL CURSOR FOR
  SELECT node, connection, session, target, ${millisOf('bucket')} AS "slotMillis", shown AS "spanSeconds",
    sent::float8 AS sent, lost::float8 AS lost, round_trip AS "roundTrip", egress, ingress
  FROM (${SHOWN}) AS s
  WHERE ($2::text IS NULL OR node = $2) AND ($3::text IS NULL OR connection = $3)
    AND ($4::text IS NULL OR session = $4)
  ORDER BY node, connection, session, bucket, slot_at`;

/** By node, connection, session and time; no more than `rowsMax` and one. */
export async function readResults(client: pg.Client, filter: ResultFilter): Promise<readonly PathResult[]> {
  const { sinceMillis, node, connection, session, rowsMax } = filter;
  const results: PathResult[] = [];
  let slot: Merged | undefined;
  await client.query('BEGIN READ ONLY');
  try {
    const values = [new Date(sinceMillis).toISOString(), node ?? null, connection ?? null, session ?? null];
    await client.query(RESULTS, values);
    for (;;) {
      const { rows } = await client.query<Stored>(`FETCH ${PAGE_ROWS} FROM fleet_results`);
      for (const row of rows) {
        if (slot?.take(row)) continue;
        if (slot !== undefined) results.push(slot.result);
        slot = new Merged(row);
      }
      if (rows.length < PAGE_ROWS || results.length > rowsMax) break;
    }
  } finally {
    await client.query('ROLLBACK');
  }
  if (slot !== undefined) results.push(slot.result);
  return results.slice(0, rowsMax + 1);
}

/** Rows of one path and time. */
class Merged {
  readonly #first: Stored;
  readonly #sketches: Sketches;
  #target: string | undefined;
  #sent: number;
  #lost: number;

  constructor(row: Stored) {
    this.#first = row;
    this.#sketches = sketchesOf((measure) => DelaySketch.read(row[measure]));
    this.#target = row.target ?? undefined;
    this.#sent = row.sent;
    this.#lost = row.lost;
  }

  /** False where the row is of another path or time. */
  take(row: Stored): boolean {
    const names = ['node', 'connection', 'session', 'slotMillis', 'spanSeconds'] as const;
    if (names.some((name) => row[name] !== this.#first[name])) return false;
    for (const measure of measures) this.#sketches[measure].merge(DelaySketch.read(row[measure]));
    this.#target = row.target ?? this.#target;
    this.#sent += row.sent;
    this.#lost += row.lost;
    return true;
  }

  get result(): PathResult {
    const { node, connection, session, slotMillis, spanSeconds } = this.#first;
    const { roundTrip, egress, ingress } = this.#sketches;
    return {
      ...{ node, connection, session, slotMillis, spanSeconds },
      target: this.#target,
      sent: this.#sent,
      lost: this.#lost,
      roundTrip: roundTrip.figures,
      egress: egress.figures,
      ingress: ingress.figures,
    };
  }
}

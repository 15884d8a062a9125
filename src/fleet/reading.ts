/** What all routers of a fleet have published, as the reader sees it. */
import {
  fixedColumns,
  type TwampDetails,
  type TwampFilter,
  type TwampRow,
  type TwampState,
} from '../store/twamp-sessions.ts';
import type { AuditEntry, AuditFilter } from '../store/audit.ts';
import type { Fleet } from './fleet.ts';
import type { CountedGroup } from './rows.ts';
import { millisOf, SCHEMA } from './schema.ts';

type Reader = Pick<Fleet, 'read'>;

/** Rows that are read at once. */
const PAGE_ROWS = 1_000;

export interface FleetSession extends TwampRow {
  readonly node: string;
}

export interface FleetFilter {
  /** Undefined: all. */
  readonly node?: string | undefined;
}

/** 64-bit integers come as text. */
type StoredSession = Readonly<Record<string, string | number | null>> & {
  readonly details: TwampDetails | null;
};

const ORDER = ['node', 'vrf', 'connection_id', 'session_id', 'started_at'] as const;
const ORDER_TYPES = ['text', 'text', 'bigint', 'bigint', 'timestamptz'] as const;

/** Pages of rows in display order, of each node as it shows them itself. */
export async function* fleetSessions(
  fleet: Reader,
  { node, ...filter }: FleetFilter & TwampFilter,
  which: TwampState,
): AsyncGenerator<readonly FleetSession[]> {
  const wanted = wantedColumns(node, filter);
  const values = wanted.map(([, value]) => value);
  const conditions = [
    which === 'live' ? 'ended_wall_nanos IS NULL' : 'ended_wall_nanos IS NOT NULL',
    ...wanted.map(([column], index) => `${column} = $${index + 1}`),
  ];
  const behind = ORDER_TYPES.map((type, index) => `$${values.length + index + 1}::${type}`).join(', ');
  for (let place: readonly unknown[] | undefined; ;) {
    const all = place === undefined ? conditions : [...conditions, `(${ORDER.join(', ')}) > (${behind})`];
    // Microseconds of a time stamp are kept in its text only.
    const sql = `
      SELECT *, started_at::text AS place_at FROM ${SCHEMA}.twamp_sessions WHERE ${all.join(' AND ')}
      ORDER BY ${ORDER.join(', ')} LIMIT ${PAGE_ROWS}`;
    const rows = await fleet.read<StoredSession>(sql, [...values, ...(place ?? [])]);
    yield rows.map(sessionOf);
    const last = rows.at(-1);
    if (last === undefined || rows.length < PAGE_ROWS) return;
    place = ORDER.map((column) => last[column === 'started_at' ? 'place_at' : column]);
  }
}

function wantedColumns(
  node: string | undefined,
  filter: TwampFilter,
): readonly (readonly [string, string | number])[] {
  const wanted: ReturnType<typeof fixedColumns> = { node, ...fixedColumns(filter) };
  return Object.entries(wanted).filter((entry): entry is [string, string | number] => entry[1] !== undefined);
}

function sessionOf(stored: StoredSession): FleetSession {
  const text = (column: string): string => String(stored[column]);
  const known = <T>(column: string, read: (text: string) => T): T | undefined =>
    stored[column] === null ? undefined : read(text(column));
  // 0 stands for none in the key.
  const id = (column: string): number | undefined => Number(stored[column]) || undefined;
  return {
    node: text('node'),
    type: text('type') as TwampRow['type'],
    role: text('role') as TwampRow['role'],
    vrf: text('vrf'),
    connectionId: id('connection_id'),
    sessionId: id('session_id'),
    localAddress: text('local_address'),
    localPort: Number(stored['local_port']),
    remoteAddress: text('remote_address'),
    remotePort: Number(stored['remote_port']),
    startedWallNanos: BigInt(text('started_wall_nanos')),
    endedWallNanos: known('ended_wall_nanos', BigInt),
    endReason: known('end_reason', String),
    sid: known('sid', String),
    mode: text('mode') as TwampRow['mode'],
    received: Number(stored['received']),
    sent: Number(stored['sent']),
    dropped: Number(stored['dropped']),
    duplicates: Number(stored['duplicates']),
    reordered: Number(stored['reordered']),
    lastSequenceReceived: known('last_sequence_received', Number),
    lastSequenceSent: known('last_sequence_sent', Number),
    details: stored.details ?? undefined,
  };
}

export interface FleetNode {
  readonly node: string;
  /** Undefined: it was never heard of. */
  readonly software: string | undefined;
  readonly startedMillis: number | undefined;
  readonly seenMillis: number | undefined;
  /** By the clock of the database. */
  readonly silentSeconds: number | undefined;
  readonly intervalSeconds: number | undefined;
  readonly waiting: number | undefined;
  readonly dropped: number | undefined;
}

const NODES = `
  SELECT n.node, s.software, ${millisOf('s.started_at')} AS "startedMillis",
    ${millisOf('s.seen_at')} AS "seenMillis",
    CASE WHEN s.seen_at IS NOT NULL THEN greatest(0, extract(epoch FROM now() - s.seen_at))::float8 END
      AS "silentSeconds",
    s.interval_seconds AS "intervalSeconds", s.waiting::float8 AS waiting, s.dropped::float8 AS dropped
  FROM ${SCHEMA}.nodes n LEFT JOIN ${SCHEMA}.node_status s USING (node) ORDER BY n.node`;

type Nullable<Row> = { readonly [Name in keyof Row]: Row[Name] extends undefined ? never : Row[Name] | null };

/** By name. */
export async function fleetNodes(fleet: Reader): Promise<readonly FleetNode[]> {
  const rows = await fleet.read<Nullable<FleetNode>>(NODES, []);
  return rows.map((row) => ({
    node: row.node!,
    software: row.software ?? undefined,
    startedMillis: row.startedMillis ?? undefined,
    seenMillis: row.seenMillis ?? undefined,
    silentSeconds: row.silentSeconds ?? undefined,
    intervalSeconds: row.intervalSeconds ?? undefined,
    waiting: row.waiting ?? undefined,
    dropped: row.dropped ?? undefined,
  }));
}

export interface FleetCount extends CountedGroup {
  readonly node: string;
  readonly countedMillis: number;
}

/** The latest count of each node; one without sessions has none. */
const COUNTS = `
  SELECT c.node, c.interface, c.aggregate, c.service_set AS "serviceSet", c.sessions::float8 AS sessions,
    ${millisOf('c.counted_at')} AS "countedMillis"
  FROM ${SCHEMA}.nodes n
    CROSS JOIN LATERAL (SELECT max(counted_at) AS latest FROM ${SCHEMA}.service_counts WHERE node = n.node) AS l
    JOIN ${SCHEMA}.service_counts c ON c.node = n.node AND c.counted_at = l.latest
  WHERE c.interface <> '' AND ($1::text IS NULL OR n.node = $1) ORDER BY c.node`;

export async function fleetServiceCounts(
  fleet: Reader,
  { node }: FleetFilter,
): Promise<readonly FleetCount[]> {
  const rows = await fleet.read<FleetCount & { readonly aggregate: string }>(COUNTS, [node ?? null]);
  return rows.map((row) => ({ ...row, aggregate: row.aggregate === '' ? undefined : row.aggregate }));
}

/** Undefined: any. `limit`: rows, the latest. */
export interface FleetRecordFilter extends FleetFilter {
  readonly sinceMillis: number | undefined;
  readonly limit: number;
}

const since = (millis: number | undefined): string | null =>
  millis === undefined ? null : new Date(millis).toISOString();

export interface FleetCommit {
  readonly node: string;
  readonly number: number;
  readonly committedMillis: number;
  readonly user: string;
  readonly via: string;
  readonly comment: string | undefined;
}

const COMMITS = `
  SELECT node, number::float8 AS number, ${millisOf('committed_at')} AS "committedMillis", user_name AS user, via, comment
  FROM ${SCHEMA}.commits WHERE ($1::text IS NULL OR node = $1) AND ($2::timestamptz IS NULL OR committed_at >= $2)
  ORDER BY committed_at DESC, node DESC, number DESC LIMIT $3`;

/** The latest first. */
export async function fleetCommits(
  fleet: Reader,
  { node, sinceMillis, limit }: FleetRecordFilter,
): Promise<readonly FleetCommit[]> {
  const rows = await fleet.read<Nullable<FleetCommit>>(COMMITS, [node ?? null, since(sinceMillis), limit]);
  return rows.map((row) => ({ ...(row as FleetCommit), comment: row.comment ?? undefined }));
}

export interface FleetEntry extends Omit<AuditEntry, 'kind'> {
  readonly node: string;
  readonly id: number;
  readonly kind: string;
  readonly firstMillis: number;
  readonly lastMillis: number;
  readonly count: number;
}

const AUDIT = `
  SELECT node, id::float8 AS id, kind, ${millisOf('first_at')} AS "firstMillis", ${millisOf('last_at')} AS "lastMillis",
    count::float8 AS count, user_name AS user, way, address, text, result
  FROM ${SCHEMA}.audit WHERE ($1::text IS NULL OR node = $1) AND ($2::timestamptz IS NULL OR last_at >= $2)
    AND ($4::text IS NULL OR user_name = $4) AND ($5::text IS NULL OR kind = $5)
  ORDER BY last_at DESC, node DESC, id DESC LIMIT $3`;

/** Oldest first, by the time of the last repeat. */
export async function fleetAudit(
  fleet: Reader,
  filter: FleetRecordFilter & Pick<AuditFilter, 'user' | 'kind'>,
): Promise<readonly FleetEntry[]> {
  const { node, sinceMillis, limit, user, kind } = filter;
  const values = [node ?? null, since(sinceMillis), limit, user ?? null, kind ?? null];
  const rows = await fleet.read<Nullable<FleetEntry>>(AUDIT, values);
  return rows.map((row) => ({ ...(row as FleetEntry), address: row.address ?? undefined })).toReversed();
}

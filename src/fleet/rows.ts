/** What is told of a router: rows of its tables, as the fleet's database has them. */
import { wallMillisOf, wallNanosOf } from '../clock.ts';
import type { AuditRow } from '../store/audit.ts';
import type { OutboxRow } from '../store/fleet-outbox.ts';
import type { RevisionNote } from '../store/revisions.ts';
import type { StoredAddress, StoredSession } from '../store/stored-session.ts';
import type { TwampRow } from '../store/twamp-sessions.ts';

/** As PostgreSQL takes texts: without NUL, and well-formed. */
function plain(_name: string, value: unknown): unknown {
  if (typeof value === 'bigint') return String(value);
  return typeof value === 'string' ? value.replace(/[\0\p{Surrogate}]/gu, '\ufffd') : value;
}

function rowOf(
  kind: OutboxRow['kind'],
  key: readonly unknown[],
  columns: object,
  dueWallNanos?: bigint,
): OutboxRow {
  const content = JSON.stringify(columns, plain);
  return {
    kind,
    key: JSON.stringify(key, plain),
    content,
    ...(dueWallNanos !== undefined && { dueWallNanos }),
  };
}

/** A time stamp: what partitions and people go by. The exact instant stands beside it where it is shown. */
export const stamp = (wallNanos: bigint): string => new Date(wallMillisOf(wallNanos)).toISOString();

export function twampSessionRow(row: TwampRow): OutboxRow {
  const { connectionId = 0, sessionId = 0, startedWallNanos, endedWallNanos } = row;
  return rowOf('twamp-session', [connectionId, sessionId, startedWallNanos], {
    connection_id: connectionId,
    session_id: sessionId,
    started_at: stamp(startedWallNanos),
    started_wall_nanos: startedWallNanos,
    ended_wall_nanos: endedWallNanos,
    end_reason: row.endReason,
    type: row.type,
    role: row.role,
    vrf: row.vrf,
    local_address: row.localAddress,
    local_port: row.localPort,
    remote_address: row.remoteAddress,
    remote_port: row.remotePort,
    sid: row.sid,
    mode: row.mode,
    received: row.received,
    sent: row.sent,
    dropped: row.dropped,
    duplicates: row.duplicates,
    reordered: row.reordered,
    last_sequence_received: row.lastSequenceReceived,
    last_sequence_sent: row.lastSequenceSent,
    details: row.details,
  });
}

/** The results of a test session in a while. */
export interface ResultColumns {
  readonly connection: string;
  readonly session: string;
  /** Seconds. */
  readonly span: number;
  readonly slotWallNanos: bigint;
  readonly target: string | undefined;
  readonly sent: number;
  readonly lost: number;
  /** Sketches, as they are written. */
  readonly roundTrip: string;
  readonly egress: string;
  readonly ingress: string;
}

export function resultRow({ slotWallNanos, ...columns }: ResultColumns, dueWallNanos: bigint): OutboxRow {
  const { connection, session, span, roundTrip, ...rest } = columns;
  return rowOf(
    'result',
    [connection, session, span, slotWallNanos],
    { connection, session, span, slot_at: stamp(slotWallNanos), round_trip: roundTrip, ...rest },
    dueWallNanos,
  );
}

/** Of a row of `resultRow`. */
export function resultOf(content: string): ResultColumns {
  const {
    slot_at: slotAt,
    round_trip: roundTrip,
    ...columns
  } = JSON.parse(content) as Omit<ResultColumns, 'slotWallNanos' | 'roundTrip'> & {
    readonly slot_at: string;
    readonly round_trip: string;
  };
  return {
    ...columns,
    target: columns.target,
    roundTrip,
    slotWallNanos: wallNanosOf(Date.parse(slotAt)),
  };
}

/** How many service sessions a group has. */
export interface CountedGroup {
  readonly interface: string;
  readonly aggregate: string | undefined;
  readonly serviceSet: string;
  readonly sessions: number;
}

/** No group is named so: it says that there was none with sessions. */
const NO_GROUP: CountedGroup = { interface: '', aggregate: undefined, serviceSet: '', sessions: 0 };

export function serviceCountRows(wallNanos: bigint, groups: readonly CountedGroup[]): readonly OutboxRow[] {
  return (groups.length === 0 ? [NO_GROUP] : groups).map(
    ({ interface: name, aggregate, serviceSet, sessions }) =>
      rowOf('service-count', [wallNanos, name, serviceSet], {
        counted_at: stamp(wallNanos),
        interface: name,
        aggregate: aggregate ?? '',
        service_set: serviceSet,
        sessions,
      }),
  );
}

const IPV6_GROUP_OCTETS = 2;

/** PostgreSQL's `inet` shortens it. */
function addressText(address: StoredAddress): string {
  if (typeof address === 'number') return [24, 16, 8, 0].map((shift) => (address >>> shift) & 0xff).join('.');
  const hexadecimal = Buffer.from(address).toString('hex');
  return hexadecimal.match(new RegExp(`.{${2 * IPV6_GROUP_OCTETS}}`, 'g'))!.join(':');
}

/** `key`: that of the local row. */
export function endedSessionRow(key: number, session: StoredSession): OutboxRow {
  const endedWallNanos = session.endedWallNanos ?? 0n;
  return rowOf('ended-session', [endedWallNanos, key], {
    ended_at: stamp(endedWallNanos),
    record_key: key,
    started_at: session.startedWallNanos === undefined ? undefined : stamp(session.startedWallNanos),
    session_id: session.id,
    interface: session.interface,
    aggregate: session.aggregate,
    service_set: session.serviceSet,
    alg: session.alg,
    flags: session.flags,
    flows: session.flows.map(({ source, destination, ...flow }) => ({
      ...flow,
      source: addressText(source),
      destination: addressText(destination),
    })),
  });
}

/** Without the configuration itself: whoever reads the fleet's tables is not whoever may read its secrets. */
export function commitRow({ number, wallNanos, user, via, comment }: RevisionNote): OutboxRow {
  const columns = { number, committed_at: stamp(wallNanos), user_name: user, via, comment };
  return rowOf('commit', [number, wallNanos], columns);
}

export function auditRow(row: AuditRow): OutboxRow {
  return rowOf('audit', [row.id, row.firstWallNanos], {
    id: row.id,
    first_at: stamp(row.firstWallNanos),
    last_at: stamp(row.lastWallNanos),
    kind: row.kind,
    count: row.count,
    user_name: row.user,
    way: row.way,
    address: row.address,
    text: row.text,
    result: row.result,
  });
}

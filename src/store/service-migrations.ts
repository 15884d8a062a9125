/** Versions of services.db. */
import type { Database, Migration } from './database.ts';
import { ServiceSessionStore } from './service-session-store.ts';
import { serviceBlocks, serviceRecords, serviceTables } from './service-sessions.ts';
import type { StoredFlow, StoredSession } from './stored-session.ts';

/** Sessions that are moved at once. */
const MOVED_SESSIONS = 1024;

/** As they were before there were blocks: a row for a session, and one for each of its flows. */
interface FormerRow {
  readonly key: number;
  readonly importKey: number | null;
  readonly id: number;
  readonly aggregate: string;
  readonly interface: string;
  readonly serviceSet: string;
  readonly alg: string;
  readonly application: string | null;
  readonly flags: number;
  readonly ipAction: number;
  readonly offload: number;
  readonly asymmetric: number | null;
  readonly nat: string | null;
  readonly started: string | null;
  readonly ended: string | null;
}

type FormerFlow = { readonly [Name in keyof StoredFlow]: StoredFlow[Name] | null } & {
  readonly sessionKey: number;
};

const formerSessions = `
  SELECT key, import_key AS importKey, session_id AS id, aggregate, interface, service_set AS serviceSet,
    application_protocol AS alg, application, flags, ip_action AS ipAction, offload, asymmetric, nat,
    CAST(started_wall_nanos AS TEXT) AS started, CAST(ended_wall_nanos AS TEXT) AS ended
  FROM former_sessions WHERE key > ? ORDER BY key LIMIT ${MOVED_SESSIONS}`;

const formerFlows = `
  SELECT session_key AS sessionKey, protocol, source_address AS source, source_port AS sourcePort,
    destination_address AS destination, destination_port AS destinationPort, state, direction, role, frames, octets,
    timeout_seconds AS timeoutSeconds
  FROM former_flows WHERE session_key BETWEEN ? AND ? ORDER BY session_key, position`;

function sessionOf(row: FormerRow, flows: readonly StoredFlow[]): StoredSession {
  const { asymmetric, started, ended } = row;
  return {
    id: row.id,
    aggregate: row.aggregate,
    interface: row.interface,
    serviceSet: row.serviceSet,
    alg: row.alg,
    application: row.application ?? undefined,
    flags: row.flags,
    ipAction: row.ipAction === 1,
    offload: row.offload === 1,
    asymmetric: asymmetric === null ? undefined : asymmetric === 1,
    nat: row.nat ?? undefined,
    startedWallNanos: started === null ? undefined : BigInt(started),
    endedWallNanos: ended === null ? undefined : BigInt(ended),
    flows,
  };
}

function flowOf(row: FormerFlow): StoredFlow {
  const { protocol, source, destination, state, direction, role, frames, octets } = row as StoredFlow;
  return {
    protocol,
    source,
    sourcePort: row.sourcePort ?? undefined,
    destination,
    destinationPort: row.destinationPort ?? undefined,
    state,
    direction,
    role,
    frames,
    octets,
    timeoutSeconds: row.timeoutSeconds ?? undefined,
  };
}

function moveIntoBlocks(database: Database): void {
  database.exec(serviceBlocks);
  const store = new ServiceSessionStore(database);
  const [nextSessions, flowsOf] = [
    database.prepare<[number], FormerRow>(formerSessions),
    database.prepare<[number, number], FormerFlow>(formerFlows),
  ];
  for (let rows = nextSessions.all(0); rows.length > 0; rows = nextSessions.all(rows.at(-1)!.key)) {
    const flows = new Map(rows.map(({ key }): [number, StoredFlow[]] => [key, []]));
    for (const flow of flowsOf.all(rows[0]!.key, rows.at(-1)!.key))
      flows.get(flow.sessionKey)!.push(flowOf(flow));
    for (const importKey of new Set(rows.map((row) => row.importKey))) {
      const moved = rows.filter((row) => row.importKey === importKey);
      store.adopt(
        moved.map((row) => sessionOf(row, flows.get(row.key)!)),
        importKey,
      );
    }
  }
  database.exec('DROP TABLE former_flows; DROP TABLE former_sessions;');
}

export const serviceMigrations: readonly Migration[] = [serviceTables, serviceRecords, moveIntoBlocks];

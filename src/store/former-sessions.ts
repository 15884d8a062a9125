/** Sessions in the tables that services.db had before there were blocks, and their move into those, some at a time. */
import type { Database } from './database.ts';
import { Statements } from './statements.ts';
import type { StoredFlow, StoredSession } from './stored-session.ts';

/** Sessions that are moved in one transaction: a fraction of a second. */
export const MOVED_SESSIONS = 4096;

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
  FROM former_sessions WHERE key > @moved ORDER BY key LIMIT ${MOVED_SESSIONS}`;

const formerFlows = `
  SELECT session_key AS sessionKey, protocol, source_address AS source, source_port AS sourcePort,
    destination_address AS destination, destination_port AS destinationPort, state, direction, role, frames, octets,
    timeout_seconds AS timeoutSeconds
  FROM former_flows WHERE session_key BETWEEN @first AND @last ORDER BY session_key, position`;

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

/** How sessions are added: of one import, or (null) of none. */
type Adopt = (sessions: readonly StoredSession[], importKey: number | null) => void;

/** All within a transaction of the caller. */
export class FormerSessions {
  readonly #database: Database;
  readonly #statements: Statements;

  constructor(database: Database) {
    this.#database = database;
    this.#statements = new Statements(database);
  }

  /** How many are still to be moved, at the most. */
  get left(): number {
    if (!this.#areThere) return 0;
    const last = this.#statements.number('SELECT coalesce(max(key), 0) FROM former_sessions')!;
    return Math.max(0, last - this.#moved);
  }

  /** The next of them; gives whether there may be more. Without any, their tables go. */
  move(adopt: Adopt): boolean {
    if (!this.#areThere) return false;
    const rows = this.#statements.rows<FormerRow>(formerSessions, { moved: this.#moved });
    const [first, last] = [rows[0]?.key, rows.at(-1)?.key];
    if (last === undefined) {
      this.#database.exec('DROP TABLE former_flows; DROP TABLE former_sessions; DROP TABLE former_moved;');
      return false;
    }
    const flows = new Map(rows.map(({ key }): [number, StoredFlow[]] => [key, []]));
    for (const flow of this.#statements.rows<FormerFlow>(formerFlows, { first, last }))
      flows.get(flow.sessionKey)!.push(flowOf(flow));
    for (const importKey of new Set(rows.map((row) => row.importKey))) {
      const moved = rows.filter((row) => row.importKey === importKey);
      adopt(
        moved.map((row) => sessionOf(row, flows.get(row.key)!)),
        importKey,
      );
    }
    this.#statements.run('UPDATE former_moved SET key = @last', { last });
    return true;
  }

  get #moved(): number {
    return this.#statements.number('SELECT key FROM former_moved')!;
  }

  /** Another thread may have moved the last. */
  get #areThere(): boolean {
    const sql = "SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name = 'former_sessions'";
    return this.#statements.number(sql)! > 0;
  }
}

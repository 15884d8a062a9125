/** Stateful service sessions that are kept: imported records, captures, and sessions that have ended. */
import type { Statement } from 'better-sqlite3';
import { guarded, type Database } from './database.ts';
import { createFlowIndexes, dropFlowIndexes } from './service-sessions.ts';

/** An INTEGER (IPv4) or 16 octets (IPv6). */
export type StoredAddress = number | Uint8Array;

export interface StoredFlow {
  readonly protocol: number;
  readonly source: StoredAddress;
  readonly sourcePort: number | undefined;
  readonly destination: StoredAddress;
  readonly destinationPort: number | undefined;
  readonly state: string;
  readonly direction: string;
  readonly role: string;
  readonly frames: number;
  readonly octets: number;
  readonly timeoutSeconds: number | undefined;
}

export interface StoredGroup {
  readonly aggregate: string;
  readonly interface: string;
  readonly serviceSet: string;
}

export interface StoredSession extends StoredGroup {
  /** Integers below 2^53. */
  readonly id: number;
  readonly flags: number;
  readonly alg: string;
  readonly application: string | undefined;
  readonly ipAction: boolean;
  readonly offload: boolean;
  readonly asymmetric: boolean | undefined;
  /** JSON. */
  readonly nat: string | undefined;
  readonly startedWallNanos: bigint | undefined;
  readonly endedWallNanos: bigint | undefined;
  readonly flows: readonly StoredFlow[];
}

export interface StoredImport {
  readonly name: string;
  readonly importedWallNanos: bigint;
}

export type ServiceSessionState = 'live' | 'ended';

/** What one flow must satisfy; undefined is not asked for. Ranges include both ends. */
export interface FlowQuery {
  readonly protocol: number | undefined;
  readonly source: readonly [StoredAddress, StoredAddress] | undefined;
  readonly sourcePort: number | undefined;
  readonly destination: readonly [StoredAddress, StoredAddress] | undefined;
  readonly destinationPort: number | undefined;
}

/** What a session must satisfy. */
export interface ServiceQuery {
  readonly state: ServiceSessionState;
  readonly flow: FlowQuery;
  /** Lower-case names of ALGs, of which one must be the session's, or `application`. */
  readonly algs: readonly string[] | undefined;
  readonly application: string | undefined;
  /** IP protocols of sessions without an ALG that satisfy, too. */
  readonly protocolsWithoutAlg: readonly number[];
}

/** Sessions of a page at the most. */
export const SERVICE_PAGE_SESSIONS = 256;

/** Keys that a page looks at at the most, so that a query that finds little returns soon. */
export const SERVICE_WINDOW_KEYS = 4096;

/** Flows that an index may name before sessions are searched in the order in which they are shown. */
export const SERVICE_CANDIDATES_MAX = 50_000;

/** Where a search stands. */
export interface SearchPage {
  readonly keys: readonly number[];
  /** Search on behind this key; undefined: nothing is left. */
  readonly next: number | undefined;
}

const BEFORE_FIRST = 0;

/** As better-sqlite3 has it, and as much as keeps the indexes of an import in memory. */
const USUAL_CACHE_KIBIBYTES = 16_000;
const IMPORT_CACHE_KIBIBYTES = 96_000;

/** Sessions of imports before one, with their flows. */
const removeImports = [
  `DELETE FROM service_flows WHERE session_key IN (SELECT key FROM service_sessions WHERE import_key < ?)`,
  `DELETE FROM service_sessions WHERE import_key < ?`,
];

/** An import of so many sessions, and of as many as there are, has the indexes of flows made anew. */
const INDEXED_SESSIONS_MAX = 4096;

const BEFORE_FIRST_GROUP: StoredGroup = { aggregate: '', interface: '', serviceSet: '' };

/** What a group behind another satisfies, the nearest first. */
const groupsFollowing = [
  'aggregate = @aggregate AND interface = @interface AND service_set > @serviceSet',
  'aggregate = @aggregate AND interface > @interface',
  'aggregate > @aggregate',
];

const conditionOf: Readonly<Record<ServiceSessionState, string>> = {
  live: 'ended_wall_nanos IS NULL',
  ended: 'ended_wall_nanos IS NOT NULL',
};

/** Names of ALGs that mean that there is none. */
const WITHOUT_ALG = `application_protocol IN ('0', 'none')`;

const sessionColumns = [
  'session_id',
  'aggregate',
  'interface',
  'service_set',
  'application_protocol',
  'application',
  'flags',
  'ip_action',
  'offload',
  'asymmetric',
  'nat',
  'started_wall_nanos',
  'ended_wall_nanos',
] as const;

const flowColumns = [
  'position',
  'role',
  'protocol',
  'source_address',
  'source_port',
  'destination_address',
  'destination_port',
  'state',
  'direction',
  'frames',
  'octets',
  'timeout_seconds',
] as const;

/** Instants as text: a double does not hold the nanoseconds since 1970. */
const selected = [
  's.key',
  ...sessionColumns.map((name) => (name.endsWith('_wall_nanos') ? `CAST(${name} AS TEXT)` : name)),
  ...flowColumns.map((name) => `f.${name}`),
].join(', ');

/** A row as it is selected: key, columns of the session, columns of the flow. */
type SelectedRow = readonly [number, ...unknown[]];

/** Flows of one session, as they are read. */
type OpenSession = StoredSession & { readonly flows: StoredFlow[] };

/** The tables of service sessions in services.db. Every method throws StoreError. */
export class ServiceSessionStore {
  readonly #database: Database;
  readonly #statements = new Map<string, Statement<[object]>>();
  readonly #insertSession;
  readonly #insertFlow;
  /** Sessions that an import may still add before it does without the indexes of flows; below 0: it does. */
  #indexedLeft = 0;

  constructor(database: Database) {
    this.#database = database;
    const placeholders = (count: number): string => Array(count).fill('?').join(', ');
    const sessionNames = [...sessionColumns, 'import_key'];
    this.#insertSession = database.prepare(
      `INSERT INTO service_sessions (${sessionNames.join(', ')}) VALUES (${placeholders(sessionNames.length)})`,
    );
    const flowNames = ['session_key', ...flowColumns];
    this.#insertFlow = database.prepare(
      `INSERT INTO service_flows (${flowNames.join(', ')}) VALUES (${placeholders(flowNames.length)})`,
    );
  }

  /**
   * Begins an import; gives its key. It is one transaction, which `endImport` or `abandonImport` ends. Every batch changes
   * pages all over the indexes of flows: a large import does without them, and has them sorted in the end.
   */
  beginImport(name: string, importedWallNanos: bigint): number {
    return this.#read(() => {
      this.#trust(true);
      this.#database.exec('BEGIN IMMEDIATE');
      const { lastInsertRowid } = this.#database
        .prepare('INSERT INTO service_imports (name, imported_wall_nanos) VALUES (?, ?)')
        .run(name, importedWallNanos);
      const sessions = this.#database.prepare<[], number>('SELECT count(*) FROM service_sessions');
      this.#indexedLeft = Math.max(sessions.pluck().get()!, INDEXED_SESSIONS_MAX);
      return Number(lastInsertRowid);
    });
  }

  /** What it has brought is there from now on; with `replace`, nothing else that was ever imported. */
  endImport(importKey: number, replace: boolean): void {
    this.#read(() => {
      if (replace) for (const statement of removeImports) this.#database.prepare(statement).run(importKey);
      if (this.#indexedLeft < 0) this.#database.exec(createFlowIndexes);
      this.#forgetEmptyImports();
      this.#database.exec('COMMIT');
      this.#trust(false);
    });
  }

  /** Nothing of it stays. Also where it has failed before. */
  abandonImport(): void {
    this.#read(() => {
      if (this.#database.inTransaction) this.#database.exec('ROLLBACK');
      this.#trust(false);
    });
  }

  /** What an import adds is typed by us, and flows are added with their session: nobody has to look. */
  #trust(isTrusted: boolean): void {
    this.#database.pragma(`cache_size = -${isTrusted ? IMPORT_CACHE_KIBIBYTES : USUAL_CACHE_KIBIBYTES}`);
    this.#database.pragma(`foreign_keys = ${isTrusted ? 'OFF' : 'ON'}`);
    this.#database.pragma(`ignore_check_constraints = ${isTrusted ? 'ON' : 'OFF'}`);
  }

  /** Adds sessions, of an import or (undefined) of none; all or none. */
  insert(sessions: readonly StoredSession[], importKey: number | undefined): void {
    this.#write(() => {
      if (importKey !== undefined) this.#indexFewer(sessions.length);
      for (const session of sessions) {
        const { lastInsertRowid } = this.#insertSession.run(...sessionValues(session), importKey ?? null);
        session.flows.forEach((flow, position) =>
          this.#insertFlow.run(lastInsertRowid, position, ...flowValues(flow)),
        );
      }
    });
  }

  #indexFewer(sessions: number): void {
    const isIndexed = this.#indexedLeft >= 0;
    this.#indexedLeft -= sessions;
    if (isIndexed && this.#indexedLeft < 0) this.#database.exec(dropFlowIndexes);
  }

  /** The latest first. */
  imports(): readonly StoredImport[] {
    return this.#read(() =>
      this.#database
        .prepare<[], { name: string; at: string }>(
          `SELECT name, CAST(imported_wall_nanos AS TEXT) AS at FROM service_imports ORDER BY key DESC`,
        )
        .all()
        .map(({ name, at }) => ({ name, importedWallNanos: BigInt(at) })),
    );
  }

  /** Imports that have no session any more are forgotten. */
  forgetEmptyImports(): void {
    this.#write(() => this.#forgetEmptyImports());
  }

  #forgetEmptyImports(): void {
    this.#database
      .prepare(
        `DELETE FROM service_imports AS i WHERE NOT EXISTS
           (SELECT 1 FROM service_sessions WHERE import_key = i.key)`,
      )
      .run();
  }

  remove(keys: readonly number[]): void {
    this.#write(() =>
      this.#statement('DELETE FROM service_sessions WHERE key IN (SELECT value FROM json_each(@keys))').run({
        keys: JSON.stringify(keys),
      }),
    );
  }

  /** Of the sessions that no import has brought, all but the latest `kept`: `maximum` of them at once. Gives how many. */
  removeOldestRecorded(kept: number, maximum: number): number {
    const statement = this.#statement(`
      DELETE FROM service_sessions WHERE key IN (
        SELECT key FROM service_sessions WHERE import_key IS NULL
          AND key <= (SELECT key FROM service_sessions WHERE import_key IS NULL
                      ORDER BY key DESC LIMIT 1 OFFSET @kept)
        ORDER BY key LIMIT @maximum)`);
    return this.#write(() => statement.run({ kept, maximum }).changes);
  }

  /**
   * Where there are sessions, in no particular order. Each is found from the one before it by its last name, then by the
   * one before that: a comparison of all three at once would read the whole index.
   */
  groups(state: ServiceSessionState): readonly StoredGroup[] {
    const following = groupsFollowing.map((condition) =>
      this.#statement(`
        SELECT aggregate, interface, service_set AS serviceSet FROM service_sessions
        INDEXED BY service_sessions_${state} WHERE ${conditionOf[state]} AND ${condition}
        ORDER BY aggregate, interface, service_set LIMIT 1`),
    ) as Statement<[object], StoredGroup>[];
    const next = (group: StoredGroup): StoredGroup | undefined => {
      for (const statement of following) {
        const found = statement.get({ ...group });
        if (found !== undefined) return found;
      }
      return undefined;
    };
    return this.#read(() => {
      const groups: StoredGroup[] = [];
      let group: StoredGroup | undefined = BEFORE_FIRST_GROUP;
      while ((group = next(group)) !== undefined) groups.push(group);
      return groups;
    });
  }

  /** How many sessions there are in a group. */
  size(state: ServiceSessionState, group: StoredGroup): number {
    const statement = this.#statement(
      `SELECT count(*) FROM service_sessions INDEXED BY service_sessions_${state} WHERE ${groupCondition(state)}`,
    );
    return this.#read(() => (statement as Statement<[object], number>).pluck().get({ ...group })!);
  }

  /**
   * Keys of all sessions with a flow that satisfies, in order, where an index names few enough; undefined where there
   * are too many, or nothing is asked of a flow.
   */
  candidates(flow: FlowQuery): readonly number[] | undefined {
    const conditions = flowConditions(flow);
    const values = flowBindings(flow);
    const sizeOf = (index: string, condition: string): number => {
      const few = this.#statement(
        `SELECT count(*) FROM (SELECT 1 FROM service_flows INDEXED BY service_flows_${index}
           WHERE ${condition} LIMIT ${SERVICE_CANDIDATES_MAX + 1})`,
      );
      return (few as Statement<[object], number>).pluck().get(values)!;
    };
    return this.#read(() => {
      const sizes = conditions.map(([index, condition]) => ({ index, size: sizeOf(index, condition) }));
      const best = sizes.toSorted((a, b) => a.size - b.size)[0];
      if (best === undefined || best.size > SERVICE_CANDIDATES_MAX) return undefined;
      const all = conditions.map(([, condition]) => condition).join(' AND ');
      return this.#keys(
        `SELECT DISTINCT session_key FROM service_flows INDEXED BY service_flows_${best.index}
         WHERE ${all} ORDER BY session_key`,
        values,
      );
    });
  }

  /** Keys of sessions of a group that satisfy, from behind `after` on, no more than `limit`. */
  search(
    query: ServiceQuery,
    group: StoredGroup,
    after: number = BEFORE_FIRST,
    limit = SERVICE_PAGE_SESSIONS,
  ): SearchPage {
    const conditions = [groupCondition(query.state), ...queryConditions(query)];
    const flows = flowConditions(query.flow).map(([, condition]) => condition);
    if (flows.length > 0)
      conditions.push(
        `EXISTS (SELECT 1 FROM service_flows WHERE session_key = s.key AND ${flows.join(' AND ')})`,
      );
    const through = conditions.length === 1 ? Number.MAX_SAFE_INTEGER : after + SERVICE_WINDOW_KEYS;
    const statement = `
      SELECT key FROM service_sessions AS s INDEXED BY service_sessions_${query.state}
      WHERE ${conditions.join(' AND ')} AND key > @after AND key <= @through ORDER BY key LIMIT @limit`;
    const bindings = { ...group, ...queryBindings(query), after, through, limit };
    return this.#read(() => {
      const keys = this.#keys(statement, bindings);
      if (keys.length === limit) return { keys, next: keys.at(-1) };
      return { keys, next: through < this.#lastKey(query.state, group) ? through : undefined };
    });
  }

  /** Those of the keys whose sessions are of a group and satisfy what is asked of sessions. */
  among(keys: readonly number[], query: ServiceQuery, group: StoredGroup): readonly number[] {
    const conditions = [groupCondition(query.state), ...queryConditions(query)].join(' AND ');
    const statement = `
      SELECT key FROM service_sessions AS s
      WHERE key IN (SELECT value FROM json_each(@keys)) AND ${conditions} ORDER BY key`;
    const bindings = { ...group, ...queryBindings(query), keys: JSON.stringify(keys) };
    return this.#read(() => this.#keys(statement, bindings));
  }

  /** The sessions of the keys, in their order: a CROSS JOIN goes from left to right, and each session's flows by their key. */
  load(keys: readonly number[]): readonly StoredSession[] {
    const statement = this.#statement(`
      SELECT ${selected} FROM json_each(@keys) AS k
      CROSS JOIN service_sessions AS s ON s.key = k.value
      CROSS JOIN service_flows AS f ON f.session_key = s.key`) as Statement<[object], SelectedRow>;
    return this.#read(() => sessionsOf(statement.raw().all({ keys: JSON.stringify(keys) })));
  }

  #lastKey(state: ServiceSessionState, group: StoredGroup): number {
    const [last = BEFORE_FIRST] = this.#keys(
      `SELECT max(key) FROM service_sessions INDEXED BY service_sessions_${state} WHERE ${groupCondition(state)}`,
      { ...group },
    );
    return last;
  }

  close(): void {
    this.#database.close();
  }

  #keys(sql: string, bindings: object): number[] {
    return (this.#statement(sql) as Statement<[object], number>).pluck().all(bindings);
  }

  /** There are as many as sets of filters. */
  #statement(sql: string): Statement<[object]> {
    let statement = this.#statements.get(sql);
    if (statement === undefined) this.#statements.set(sql, (statement = this.#database.prepare(sql)));
    return statement;
  }

  #read<T>(query: () => T): T {
    return guarded(this.#database.name, query);
  }

  #write<T>(update: () => T): T {
    return guarded(this.#database.name, () => this.#database.transaction(update).immediate());
  }
}

function groupCondition(state: ServiceSessionState): string {
  return `${conditionOf[state]} AND aggregate = @aggregate AND interface = @interface AND service_set = @serviceSet`;
}

/** Of sessions alone. */
function queryConditions({ algs, protocolsWithoutAlg }: ServiceQuery): readonly string[] {
  if (algs === undefined) return [];
  const named = 'application_protocol COLLATE NOCASE IN (SELECT value FROM json_each(@algs))';
  const unnamed = `${WITHOUT_ALG} AND (SELECT protocol FROM service_flows WHERE session_key = s.key AND position = 0)
    IN (SELECT value FROM json_each(@protocolsWithoutAlg))`;
  const parts = ['application = @application', named, ...(protocolsWithoutAlg.length > 0 ? [unnamed] : [])];
  return [`(${parts.map((part) => `(${part})`).join(' OR ')})`];
}

function queryBindings(query: ServiceQuery): Readonly<Record<string, unknown>> {
  return {
    ...flowBindings(query.flow),
    application: query.application ?? null,
    algs: JSON.stringify(query.algs ?? []),
    protocolsWithoutAlg: JSON.stringify(query.protocolsWithoutAlg),
  };
}

/** What is asked of one flow, each with the index that finds it. */
function flowConditions(flow: FlowQuery): readonly (readonly [index: string, condition: string])[] {
  const equal = (name: string, field: keyof FlowQuery) =>
    flow[field] === undefined ? [] : [[name, `${name} = @${field}`] as const];
  const within = (name: string, field: 'source' | 'destination') =>
    flow[field] === undefined
      ? []
      : [[name, `${name} BETWEEN @${field}Lowest AND @${field}Highest`] as const];
  return [
    ...within('source_address', 'source'),
    ...within('destination_address', 'destination'),
    ...equal('source_port', 'sourcePort'),
    ...equal('destination_port', 'destinationPort'),
    ...equal('protocol', 'protocol'),
  ];
}

function flowBindings(flow: FlowQuery): Readonly<Record<string, unknown>> {
  const { source, destination, ...equals } = flow;
  return {
    ...equals,
    sourceLowest: source?.[0],
    sourceHighest: source?.[1],
    destinationLowest: destination?.[0],
    destinationHighest: destination?.[1],
  };
}

const integerOf = (value: boolean | undefined): number | null => (value === undefined ? null : Number(value));

/** In the order of sessionColumns. */
function sessionValues(session: StoredSession): readonly unknown[] {
  return [
    session.id,
    session.aggregate,
    session.interface,
    session.serviceSet,
    session.alg,
    session.application ?? null,
    session.flags,
    integerOf(session.ipAction),
    integerOf(session.offload),
    integerOf(session.asymmetric),
    session.nat ?? null,
    session.startedWallNanos ?? null,
    session.endedWallNanos ?? null,
  ];
}

/** In the order of flowColumns, without the position. */
function flowValues(flow: StoredFlow): readonly unknown[] {
  return [
    flow.role,
    flow.protocol,
    flow.source,
    flow.sourcePort ?? null,
    flow.destination,
    flow.destinationPort ?? null,
    flow.state,
    flow.direction,
    flow.frames,
    flow.octets,
    flow.timeoutSeconds ?? null,
  ];
}

function sessionsOf(rows: readonly SelectedRow[]): readonly StoredSession[] {
  const sessions: OpenSession[] = [];
  let key = BEFORE_FIRST;
  for (const row of rows) {
    if (row[0] !== key) sessions.push(sessionOf(row));
    key = row[0];
    sessions.at(-1)!.flows.push(flowOf(row));
  }
  return sessions;
}

type Nullable<T> = T | null;

/** Columns as `selected` names them. */
function sessionOf(row: SelectedRow): OpenSession {
  const asymmetric = row[10] as Nullable<number>;
  return {
    id: row[1] as number,
    aggregate: row[2] as string,
    interface: row[3] as string,
    serviceSet: row[4] as string,
    alg: row[5] as string,
    application: (row[6] as Nullable<string>) ?? undefined,
    flags: row[7] as number,
    ipAction: row[8] === 1,
    offload: row[9] === 1,
    asymmetric: asymmetric === null ? undefined : asymmetric === 1,
    nat: (row[11] as Nullable<string>) ?? undefined,
    startedWallNanos: instantOf(row[12]),
    endedWallNanos: instantOf(row[13]),
    flows: [],
  };
}

function instantOf(text: unknown): bigint | undefined {
  return text === null ? undefined : BigInt(text as string);
}

function flowOf(row: SelectedRow): StoredFlow {
  return {
    role: row[15] as string,
    protocol: row[16] as number,
    source: row[17] as StoredAddress,
    sourcePort: (row[18] as Nullable<number>) ?? undefined,
    destination: row[19] as StoredAddress,
    destinationPort: (row[20] as Nullable<number>) ?? undefined,
    state: row[21] as string,
    direction: row[22] as string,
    frames: row[23] as number,
    octets: row[24] as number,
    timeoutSeconds: (row[25] as Nullable<number>) ?? undefined,
  };
}

/** Stateful service sessions that are kept: imported records, captures, and sessions that have ended. */
import type { Statement } from 'better-sqlite3';
import { Addition, BlockTable, type ServiceSessionState } from './block-table.ts';
import { guarded, type Database } from './database.ts';
import { FormerSessions } from './former-sessions.ts';
import type { BlockQuery } from './service-block.ts';
import { Statements } from './statements.ts';
import { flowsIn, FlowWriter, type StoredGroup, type StoredSession } from './stored-session.ts';

export type { ServiceSessionState } from './block-table.ts';
export type { FlowQuery } from './service-block.ts';
export type { StoredAddress, StoredFlow, StoredGroup, StoredSession } from './stored-session.ts';

export interface StoredImport {
  readonly name: string;
  readonly importedWallNanos: bigint;
}

/** What a session must satisfy. */
export interface ServiceQuery extends BlockQuery {
  readonly state: ServiceSessionState;
}

/** How many sessions a group has. */
export interface StoredCount extends StoredGroup {
  readonly sessions: number;
}

/** Blocks that a page looks at at the most, so that a query that finds little returns soon. */
export const SERVICE_PAGE_BLOCKS = 16;

/** Where a search stands. */
export interface SearchPage {
  /** No more than a block has. */
  readonly keys: readonly number[];
  /** Search on behind this key; undefined: nothing is left. */
  readonly next: number | undefined;
}

const BEFORE_FIRST = 0;

/** Rows that one statement inserts. */
const ROWS_AT_ONCE = 16;

const sessionColumns = [
  'key',
  'import_key',
  'group_key',
  'session_id',
  'application_protocol',
  'application',
  'flags',
  'features',
  'nat',
  'started_wall_nanos',
  'ended_wall_nanos',
  'flows',
] as const;

/** Bits of `features`. */
const feature = { ipAction: 1, offload: 2, asymmetric: 4, isAsymmetryKnown: 8 } as const;

const groupNames = 'g.aggregate, g.interface, g.service_set AS serviceSet';

/** Everything of imports before one. */
const removeImports = [
  'DELETE FROM service_sessions WHERE import_key < @importKey',
  `DELETE FROM service_columns WHERE key / 8 IN (SELECT key FROM service_blocks WHERE import_key < @importKey)`,
  'DELETE FROM service_blocks WHERE import_key < @importKey',
];

/** The tables of service sessions in services.db. Every method throws StoreError. */
export class ServiceSessionStore {
  readonly #database: Database;
  readonly #statements: Statements;
  readonly #blocks: BlockTable;
  readonly #former: FormerSessions;
  readonly #inserts = new Map<number, Statement>();
  readonly #writers = Array.from({ length: ROWS_AT_ONCE }, () => new FlowWriter());
  /** What the import that is under way adds. */
  #import: Addition | undefined;

  constructor(database: Database) {
    this.#database = database;
    this.#statements = new Statements(database);
    this.#blocks = new BlockTable(database);
    this.#former = new FormerSessions(database);
  }

  /** Begins an import; gives its key. It is one transaction, which `endImport` or `abandonImport` ends. */
  beginImport(name: string, importedWallNanos: bigint): number {
    return this.#guarded(() => {
      this.#database.exec('BEGIN IMMEDIATE');
      const { key } = this.#statements.run(
        'INSERT INTO service_imports (name, imported_wall_nanos) VALUES (@name, @importedWallNanos)',
        { name, importedWallNanos },
      );
      this.#import = this.#addition(key, false);
      return key;
    });
  }

  /** What it has brought is there from now on; with `replace`, nothing else that was ever imported. */
  endImport(importKey: number, replace: boolean): void {
    this.#guarded(() => {
      this.#import!.end();
      this.#import = undefined;
      if (replace) for (const sql of removeImports) this.#statements.run(sql, { importKey });
      this.#forgetEmpty();
      this.#database.exec('COMMIT');
    });
  }

  /** Nothing of it stays. Also where it has failed before. */
  abandonImport(): void {
    this.#import = undefined;
    this.#guarded(() => {
      if (this.#database.inTransaction) this.#database.exec('ROLLBACK');
    });
  }

  /** Adds sessions, of the import that has begun or (undefined) of none; all or none. */
  insert(sessions: readonly StoredSession[], importKey: number | undefined): void {
    this.#write(() => {
      if (importKey !== undefined) this.#add(sessions, this.#import!);
      else this.#adopt(sessions, null);
    });
  }

  /** How many sessions are still in the form of an older version, where nobody finds them; at the most. */
  formerSessions(): number {
    return this.#read(() => this.#former.left);
  }

  /** Moves some of them; gives whether there may be more. What was moved stays so, whatever happens next. */
  moveFormer(): boolean {
    return this.#write(() => this.#former.move((sessions, importKey) => this.#adopt(sessions, importKey)));
  }

  /** Of an import that is over or (null) of none, within a transaction of the caller. */
  #adopt(sessions: readonly StoredSession[], importKey: number | null): void {
    const addition = this.#addition(importKey, true);
    this.#add(sessions, addition);
    addition.end();
  }

  #addition(importKey: number | null, goesOn: boolean): Addition {
    const firstKey = this.lastKey() + 1;
    const groupKey = (state: ServiceSessionState, group: StoredGroup): number =>
      this.#madeGroup(state, group);
    return new Addition(this.#blocks, { importKey, firstKey, goesOn, groupKey });
  }

  #add(sessions: readonly StoredSession[], addition: Addition): void {
    for (let from = 0; from < sessions.length; from += ROWS_AT_ONCE) {
      const values: unknown[] = [];
      const rows = Math.min(ROWS_AT_ONCE, sessions.length - from);
      for (let row = 0; row < rows; row += 1) {
        const session = sessions[from + row]!;
        const { key, groupKey } = addition.add(session);
        const flows = this.#writers[row]!.write(session.flows);
        pushRow(values, key, addition.importKey, groupKey, session, flows);
      }
      this.#insert(rows).run(...values);
    }
  }

  #insert(rows: number): Statement {
    let statement = this.#inserts.get(rows);
    if (statement === undefined) {
      const row = `(${sessionColumns.map(() => '?').join(', ')})`;
      const all = Array<string>(rows).fill(row).join(', ');
      const sql = `INSERT INTO service_sessions (${sessionColumns.join(', ')}) VALUES ${all}`;
      this.#inserts.set(rows, (statement = this.#database.prepare(sql)));
    }
    return statement;
  }

  /** The latest first. */
  imports(): readonly StoredImport[] {
    return this.#guarded(() =>
      this.#statements
        .rows<{ name: string; at: string }>(
          `SELECT name, CAST(imported_wall_nanos AS TEXT) AS at FROM service_imports ORDER BY key DESC`,
        )
        .map(({ name, at }) => ({ name, importedWallNanos: BigInt(at) })),
    );
  }

  /** Imports that have no session any more are forgotten. */
  forgetEmptyImports(): void {
    this.#write(() => this.#forgetEmpty());
  }

  #forgetEmpty(): void {
    for (const [table, column] of [
      ['service_imports', 'import_key'],
      ['service_groups', 'group_key'],
    ] as const)
      this.#statements.run(
        `DELETE FROM ${table} AS t WHERE NOT EXISTS (SELECT 1 FROM service_blocks WHERE ${column} = t.key)`,
      );
  }

  /** Sessions of a group; keys in order. */
  remove(state: ServiceSessionState, group: StoredGroup, keys: readonly number[]): void {
    this.#write(() => {
      const groupKey = this.#groupKey(state, group);
      if (groupKey !== undefined) this.#remove(groupKey, keys);
    });
  }

  #remove(groupKey: number, keys: readonly number[]): void {
    this.#blocks.remove(groupKey, keys);
    this.#statements.run('DELETE FROM service_sessions WHERE key IN (SELECT value FROM json_each(@keys))', {
      keys: JSON.stringify(keys),
    });
    this.#statements.run(
      `DELETE FROM service_groups WHERE key = @groupKey
         AND NOT EXISTS (SELECT 1 FROM service_blocks WHERE group_key = @groupKey)`,
      { groupKey },
    );
  }

  /** Of the sessions that no import has brought, all but the latest `kept`: `maximum` of them at once. Gives how many. */
  removeOldestRecorded(kept: number, maximum: number): number {
    return this.#write(() => {
      const recorded = this.#statements.number(
        'SELECT coalesce(sum(sessions), 0) FROM service_blocks WHERE import_key IS NULL',
      )!;
      const oldest = this.#statements.rows<{ key: number; groupKey: number }>(
        `SELECT key, group_key AS groupKey FROM service_sessions WHERE import_key IS NULL ORDER BY key LIMIT @count`,
        { count: Math.min(Math.max(0, recorded - kept), maximum) },
      );
      const groups = new Map<number, number[]>();
      for (const { key, groupKey } of oldest) {
        const keys = groups.get(groupKey);
        if (keys === undefined) groups.set(groupKey, [key]);
        else keys.push(key);
      }
      for (const [groupKey, keys] of groups) this.#remove(groupKey, keys);
      return oldest.length;
    });
  }

  /** Where there are sessions, in no particular order. */
  groups(state: ServiceSessionState): readonly StoredGroup[] {
    return this.#guarded(() =>
      this.#statements.rows<StoredGroup>(
        `SELECT ${groupNames} FROM service_groups AS g WHERE state = @state`,
        { state },
      ),
    );
  }

  /** How many sessions there are in each group. */
  sizes(state: ServiceSessionState): readonly StoredCount[] {
    return this.#guarded(() =>
      this.#statements.rows<StoredCount>(
        `SELECT ${groupNames}, sum(b.sessions) AS sessions
         FROM service_groups AS g JOIN service_blocks AS b ON b.group_key = g.key
         WHERE g.state = @state GROUP BY g.key`,
        { state },
      ),
    );
  }

  /** Keys of sessions of a group that satisfy, from behind `after` on: of the next block that has any. */
  search(query: ServiceQuery, group: StoredGroup, after: number = BEFORE_FIRST): SearchPage {
    return this.#read(() => {
      const groupKey = this.#groupKey(query.state, group);
      if (groupKey === undefined) return { keys: [], next: undefined };
      const rows = this.#blocks.behind(groupKey, after, SERVICE_PAGE_BLOCKS);
      for (const row of rows) {
        const keys = this.#blocks.block(row).find(query, after);
        if (keys.length > 0) return { keys, next: row.lastKey };
      }
      return { keys: [], next: rows.length < SERVICE_PAGE_BLOCKS ? undefined : rows.at(-1)!.lastKey };
    });
  }

  /** The sessions of the keys, in their order; those that are not there any more are left out. */
  load(keys: readonly number[]): readonly StoredSession[] {
    // A CROSS JOIN goes from left to right.
    const sql = `
      SELECT ${groupNames}, s.session_id, s.application_protocol, s.application, s.flags, s.features, s.nat,
        CAST(s.started_wall_nanos AS TEXT), CAST(s.ended_wall_nanos AS TEXT), s.flows
      FROM json_each(@keys) AS k
      CROSS JOIN service_sessions AS s ON s.key = k.value
      CROSS JOIN service_groups AS g ON g.key = s.group_key`;
    const statement = this.#statements.get(sql) as Statement<[object], SelectedRow>;
    return this.#guarded(() =>
      statement
        .raw()
        .all({ keys: JSON.stringify(keys) })
        .map(sessionOf),
    );
  }

  /** 0 where there is none. */
  lastKey(): number {
    return this.#guarded(() =>
      this.#statements.number('SELECT coalesce(max(key), 0) FROM service_sessions')!,
    );
  }

  /** At most `limit` sessions that no import has brought, with their keys, those behind `after`, in order. */
  recordedAfter(after: number, limit: number): readonly (readonly [number, StoredSession])[] {
    return this.#read(() => {
      const keys = this.#statements
        .rows<{ key: number }>(
          'SELECT key FROM service_sessions WHERE import_key IS NULL AND key > @after ORDER BY key LIMIT @limit',
          { after, limit },
        )
        .map(({ key }) => key);
      const sessions = this.load(keys);
      return keys.map((key, index) => [key, sessions[index]!] as const);
    });
  }

  #groupKey(state: ServiceSessionState, group: StoredGroup): number | undefined {
    return this.#statements.number(
      `SELECT key FROM service_groups WHERE state = @state AND aggregate = @aggregate AND interface = @interface
         AND service_set = @serviceSet`,
      { state, ...group },
    );
  }

  #madeGroup(state: ServiceSessionState, group: StoredGroup): number {
    const key = this.#groupKey(state, group);
    if (key !== undefined) return key;
    return this.#statements.run(
      `INSERT INTO service_groups (state, aggregate, interface, service_set)
       VALUES (@state, @aggregate, @interface, @serviceSet)`,
      { state, ...group },
    ).key;
  }

  close(): void {
    this.#database.close();
  }

  #guarded<T>(query: () => T): T {
    return guarded(this.#database.name, query);
  }

  /** Several queries of what is there at one time. */
  #read<T>(query: () => T): T {
    return this.#guarded(() => this.#database.transaction(query).deferred());
  }

  #write<T>(update: () => T): T {
    return this.#guarded(() => this.#database.transaction(update).immediate());
  }
}

/** In the order of sessionColumns. */
function pushRow(
  values: unknown[],
  key: number,
  importKey: number | null,
  groupKey: number,
  session: StoredSession,
  flows: Uint8Array,
): void {
  const { asymmetric, ipAction, offload } = session;
  const features =
    (ipAction ? feature.ipAction : 0) |
    (offload ? feature.offload : 0) |
    (asymmetric ? feature.asymmetric : 0) |
    (asymmetric === undefined ? 0 : feature.isAsymmetryKnown);
  values.push(
    key,
    importKey,
    groupKey,
    session.id,
    session.alg,
    session.application ?? null,
    session.flags,
    features,
    session.nat ?? null,
    session.startedWallNanos ?? null,
    session.endedWallNanos ?? null,
    flows,
  );
}

/** Columns as `load` selects them. */
type SelectedRow = readonly [
  aggregate: string,
  name: string,
  serviceSet: string,
  id: number,
  alg: string,
  application: string | null,
  flags: number,
  features: number,
  nat: string | null,
  started: string | null,
  ended: string | null,
  flows: Buffer,
];

function sessionOf(row: SelectedRow): StoredSession {
  const [aggregate, name, serviceSet, id, alg, application, flags, features, nat, started, ended, flows] =
    row;
  const isAsymmetryKnown = (features & feature.isAsymmetryKnown) !== 0;
  return {
    id,
    aggregate,
    interface: name,
    serviceSet,
    flags,
    alg,
    application: application ?? undefined,
    ipAction: (features & feature.ipAction) !== 0,
    offload: (features & feature.offload) !== 0,
    asymmetric: isAsymmetryKnown ? (features & feature.asymmetric) !== 0 : undefined,
    nat: nat ?? undefined,
    startedWallNanos: instantOf(started),
    endedWallNanos: instantOf(ended),
    flows: flowsIn(flows),
  };
}

/** Instants come as text: a double does not hold the nanoseconds since 1970. */
function instantOf(text: string | null): bigint | undefined {
  return text === null ? undefined : BigInt(text);
}

/**
 * Files of the state directory that are damaged: they are kept aside as they are, and what can be read of them goes into new
 * ones. What of a database is not in its place, SQLite tells when it reads it; then, or at once where the start needs it, the
 * next start comes here.
 */
import {
  closeSync,
  copyFileSync,
  existsSync,
  openSync,
  readSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';
import {
  guarded,
  inodeOf,
  migrate,
  openDatabase,
  StoreError,
  suspicionOf,
  type Database,
  type DatabaseOptions,
} from './database.ts';
import { Sqlite } from './sqlite.ts';

/** What became of a damaged file. */
export interface Recovery {
  readonly file: string;
  /** Where it is now, as it was. */
  readonly keptAs: string;
  /** Rows that could be read, which are in the new file. */
  readonly rows: number;
  /** Tables of which some rows, or all, could not be read. */
  readonly broken: readonly string[];
}

export interface Opened<Content> {
  readonly content: Content;
  readonly recovery: Recovery | undefined;
}

/** What a salvaged row must be; by table. */
export type Wholeness = Readonly<Record<string, (row: Readonly<Record<string, unknown>>) => boolean>>;

const COMPANIONS = ['', '-wal', '-shm'] as const;

/**
 * Opens `file` and `use`s it; where that shows that it is damaged, puts a new one in its place and does it again. Throws
 * StoreError for everything else, nothing left open.
 */
export function openOrRecover<Content>(
  file: string,
  options: DatabaseOptions,
  use: (database: Database) => Content,
  whole: Wholeness = {},
): Opened<Content> {
  const inode = inodeOf(file);
  try {
    if (existsSync(suspicionOf(file))) throw new StoreError({ code: 'corrupt', file });
    return { content: openAndUse(file, options, use), recovery: undefined };
  } catch (error) {
    // Another process may have put a new one in its place meanwhile.
    if (!isDamage(error, file) || inodeOf(file) !== inode) throw error;
  }
  // Nobody else may have it open: its lock is told from what is in it.
  releaseOrThrow(file, options);
  const keptAs = keepAside(file);
  let salvage: Omit<Recovery, 'file' | 'keptAs'> = { rows: 0, broken: [] };
  const content = openAndUse(file, options, (database) => {
    salvage = salvageInto(database, keptAs, options, whole);
    return use(database);
  });
  return { content, recovery: { file, keptAs, ...salvage } };
}

function openAndUse<Content>(
  file: string,
  options: DatabaseOptions,
  use: (database: Database) => Content,
): Content {
  const database = openDatabase(file, options);
  try {
    return use(database);
  } catch (error) {
    database.close();
    throw error;
  }
}

const isDamage = (error: unknown, file: string): boolean =>
  error instanceof StoreError && error.problem.code === 'corrupt' && error.problem.file === file;

/** Throws StoreError `in-use` where another process has it open for itself, whatever is in it. */
function releaseOrThrow(file: string, { exclusive }: DatabaseOptions): void {
  if (!exclusive) return;
  const database = new Sqlite(file, { timeout: 0 });
  try {
    database.exec('BEGIN EXCLUSIVE');
  } catch (error) {
    if (String((error as { code?: unknown }).code).startsWith('SQLITE_BUSY'))
      throw new StoreError({ code: 'in-use', file }, { cause: error });
  } finally {
    database.close();
  }
}

/** Another name for a file and what belongs to it; gives that name. */
export function keepAside(file: string): string {
  const time = new Date().toISOString().replace(/[-:]|\.\d+/g, '');
  const base = `${file}.damaged-${time}`;
  let keptAs = base;
  for (let next = 2; existsSync(keptAs); next += 1) keptAs = `${base}-${next}`;
  for (const companion of COMPANIONS)
    if (existsSync(file + companion)) renameSync(file + companion, keptAs + companion);
  rmSync(suspicionOf(file), { force: true });
  return keptAs;
}

/** Copies all rows that can be read of what was kept aside, which stays as it is. */
function salvageInto(
  database: Database,
  keptAs: string,
  options: DatabaseOptions,
  whole: Wholeness,
): Omit<Recovery, 'file' | 'keptAs'> {
  const copy = `${keptAs}.copy`;
  const tables = tablesOf(database);
  try {
    for (const companion of ['', '-wal'])
      if (existsSync(keptAs + companion)) copyFileSync(keptAs + companion, copy + companion);
    const damaged = openDamaged(copy, database.name, options);
    if (damaged === undefined) return { rows: 0, broken: tables };
    try {
      return copyTables(damaged, database, tables, whole);
    } finally {
      damaged.close();
    }
  } finally {
    for (const companion of COMPANIONS) rmSync(copy + companion, { force: true });
  }
}

/** Undefined: nothing in it can be read. A broken header is made anew after that of `sound`, a file of the same kind. */
function openDamaged(file: string, sound: string, options: DatabaseOptions): Database | undefined {
  for (const mend of [() => undefined, () => mendHeader(file, sound)]) {
    let damaged: Database | undefined;
    try {
      mend();
      damaged = new Sqlite(file);
      if (tablesOf(damaged).length > 0) {
        bringForward(damaged, options);
        return damaged;
      }
    } catch {
      // The next way, or none.
    }
    damaged?.close();
  }
  return undefined;
}

/** What is older than the program has its tables in another form; where that cannot be changed they are read as they are. */
function bringForward(damaged: Database, { migrations, settle }: DatabaseOptions): void {
  try {
    migrate(damaged, migrations);
    settle?.(damaged);
  } catch {
    // Columns that both have are read.
  }
}

function tablesOf(database: Database): readonly string[] {
  return database
    .prepare<[], string>(`SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'`)
    .pluck()
    .all();
}

interface Column {
  readonly name: string;
  /** Place in the primary key, from 1; 0: not of it. */
  readonly pk: number;
}

function copyTables(
  from: Database,
  to: Database,
  tables: readonly string[],
  whole: Wholeness,
): Omit<Recovery, 'file' | 'keptAs'> {
  let rows = 0;
  const broken: string[] = [];
  for (const table of tables) {
    const copied = to.transaction(() => copyTable(from, to, table, whole[table]))();
    rows += copied.rows;
    if (!copied.complete) broken.push(table);
  }
  return { rows, broken };
}

function copyTable(
  from: Database,
  to: Database,
  table: string,
  isWhole: Wholeness[string] = () => true,
): { readonly rows: number; readonly complete: boolean } {
  const columnsIn = (database: Database): Column[] => database.pragma(`table_info(${table})`) as Column[];
  let columns: Column[];
  try {
    const known = columnsIn(from).map(({ name }) => name);
    columns = columnsIn(to).filter(({ name }) => known.includes(name));
  } catch {
    columns = [];
  }
  if (columns.length === 0) return { rows: 0, complete: false };
  const names = columns.map(({ name }) => name);
  const insert = to.prepare(
    `INSERT OR REPLACE INTO ${table} (${names.join(', ')}) VALUES (${names.map((name) => `@${name}`).join(', ')})`,
  );
  let complete = true;
  // From the beginning up to the damage, then from the end down to it.
  for (const direction of ['ASC', 'DESC']) {
    const order = keyOf(columns).map((name) => `${name} ${direction}`);
    try {
      const select = `SELECT ${names.join(', ')} FROM ${table} ORDER BY ${order.join(', ')}`;
      for (const row of from.prepare<[], Record<string, unknown>>(select).safeIntegers().iterate())
        if (!isWhole(row) || !isInsertable(to, () => insert.run(row))) complete = false;
      break;
    } catch (error) {
      if (error instanceof StoreError) throw error;
      complete = false;
    }
  }
  const rows = to.prepare<[], number>(`SELECT count(*) FROM ${table}`).pluck().get()!;
  return { rows, complete };
}

/** In the order in which rows are stored. */
function keyOf(columns: readonly Column[]): readonly string[] {
  const key = columns.filter(({ pk }) => pk > 0).toSorted((one, other) => one.pk - other.pk);
  return key.length === 0 ? ['rowid'] : key.map(({ name }) => name);
}

/** False where a value cannot be what it says. Throws StoreError where the new file takes nothing. */
function isInsertable(to: Database, insert: () => unknown): boolean {
  try {
    guarded(to.name, insert);
    return true;
  } catch (error) {
    if (error instanceof StoreError) throw error;
    return false;
  }
}

/** https://sqlite.org/fileformat2.html, 1.3. */
const HEADER_OCTETS = 100;
const PAGES_AT = 28;
const FREE_PAGES_AT = 32;

/** The header of another file of the same kind; how many pages there are is told by the length of the file then. */
function mendHeader(file: string, sound: string): void {
  const header = Buffer.alloc(HEADER_OCTETS);
  const read = openSync(sound, 'r');
  readSync(read, header, 0, HEADER_OCTETS, 0);
  closeSync(read);
  header.fill(0, PAGES_AT, FREE_PAGES_AT + 8);
  const written = openSync(file, 'r+');
  writeSync(written, header, 0, HEADER_OCTETS, 0);
  closeSync(written);
}

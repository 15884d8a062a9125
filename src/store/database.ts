/** Opens a SQLite file of the state directory: pragmas, ownership, migrations, and errors as data. */
import { accessSync, closeSync, constants, openSync, statSync, unlinkSync, writeFileSync } from 'node:fs';
import type { Database as SqliteDatabase } from 'better-sqlite3';
import { Sqlite } from './sqlite.ts';

export type Database = SqliteDatabase;

/** What can be wrong with a file of the state directory, or with the directory itself. */
export type FileProblem = 'not-writable' | 'disk-full' | 'corrupt' | 'in-use' | 'input-output' | 'gone';

/** Why the store cannot be used. `found` and `supported` are schema versions. */
export type StoreProblem =
  | { readonly code: FileProblem; readonly file: string }
  | {
      readonly code: 'newer-version';
      readonly file: string;
      readonly found: number;
      readonly supported: number;
    }
  | { readonly code: 'no-home' }
  /** better-sqlite3 has no native part, or one that this Node.js cannot load. */
  | { readonly code: 'not-compiled' | 'other-node' };

/** The one error of this room; its text for people is made near them, from `problem`. */
export class StoreError extends Error {
  readonly problem: StoreProblem;

  constructor(problem: StoreProblem, options?: ErrorOptions) {
    super(`store: ${JSON.stringify(problem)}`, options);
    this.name = 'StoreError';
    this.problem = problem;
  }
}

/** Primary result codes of SQLite (https://sqlite.org/rescode.html) and of the file system. */
const fileProblems: Readonly<Record<string, FileProblem>> = {
  SQLITE_BUSY: 'in-use',
  SQLITE_CANTOPEN: 'not-writable',
  SQLITE_CORRUPT: 'corrupt',
  SQLITE_FULL: 'disk-full',
  SQLITE_IOERR: 'input-output',
  SQLITE_NOTADB: 'corrupt',
  SQLITE_PERM: 'not-writable',
  SQLITE_READONLY: 'not-writable',
  EACCES: 'not-writable',
  EDQUOT: 'disk-full',
  EEXIST: 'not-writable',
  EIO: 'input-output',
  EISDIR: 'not-writable',
  ELOOP: 'not-writable',
  ENAMETOOLONG: 'not-writable',
  ENOENT: 'not-writable',
  ENOSPC: 'disk-full',
  ENOTDIR: 'not-writable',
  EPERM: 'not-writable',
  EROFS: 'not-writable',
};

/**
 * Runs `action` on `file`. What SQLite or the file system has to say against it leaves as a StoreError;
 * an error of ours (a broken constraint, a wrong statement) leaves as it is.
 */
export function guarded<T>(file: string, action: () => T): T {
  try {
    return action();
  } catch (error) {
    const code = fileProblems[primaryCode(error)];
    if (code === undefined) throw error;
    if (code === 'corrupt') suspect(file);
    throw new StoreError({ code, file }, { cause: error });
  }
}

/** Is there when damage was met in `file`, which the next start looks into. */
export const suspicionOf = (file: string): string => `${file}.suspect`;

function suspect(file: string): void {
  try {
    writeFileSync(suspicionOf(file), '', { mode: 0o600 });
  } catch {
    // Damage that is met again is told again.
  }
}

/** SQLITE_IOERR of SQLITE_IOERR_WRITE; file system codes (EACCES) have one word and stay whole. */
function primaryCode(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  return code.split('_', 2).join('_');
}

/** SQL, or what cannot be said in it. */
export type Migration = string | ((database: Database) => void);

export interface DatabaseOptions {
  /** FULL survives a power cut with every commit; NORMAL may lose the last ones, never the file. */
  readonly synchronous: 'FULL' | 'NORMAL';
  /** Whether this process is to be the only one that has the file open, until it ends in whatever way. */
  readonly exclusive: boolean;
  /** What makes every schema version, oldest first: append to it, never edit what has been released. */
  readonly migrations: readonly Migration[];
  /** What the newest version leaves to be done later, at once: of a damaged file, whose rows go into another. */
  readonly settle?: (database: Database) => void;
}

/** How long another connection may hold a shared file (a reader that closes) before it is `in-use`. */
const BUSY_WAIT_MILLIS_MAX = 1000;

/** Opens `file`, created 0600, at the newest schema version. Throws StoreError, nothing left open. */
export function openDatabase(file: string, options: DatabaseOptions): Database {
  return guarded(file, () => {
    const isMade = preparePrivate(file);
    try {
      return openPrepared(file, options);
    } catch (error) {
      // Without an octet it would be taken for one that has lost them; another process may have it already.
      const isTheirs = primaryCode(error) === 'SQLITE_BUSY';
      if (isMade && !isTheirs && statSync(file).size === 0) unlinkSync(file);
      throw error;
    }
  });
}

function openPrepared(file: string, options: DatabaseOptions): Database {
  const database = connect(file, options.exclusive ? 0 : BUSY_WAIT_MILLIS_MAX);
  try {
    // With write-ahead logging an exclusive connection locks the file at its first read and never lets go.
    if (options.exclusive) database.pragma('locking_mode = EXCLUSIVE');
    database.pragma('journal_mode = WAL');
    database.pragma(`synchronous = ${options.synchronous}`);
    migrate(database, options.migrations);
    inodes.set(database, inodeOf(file));
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

/** Why the native part, which is loaded with the first file that is opened, is not. */
const nativeProblems: Readonly<Record<string, 'not-compiled' | 'other-node'>> = {
  MODULE_NOT_FOUND: 'not-compiled',
  ERR_DLOPEN_FAILED: 'other-node',
};

function connect(file: string, timeout: number): Database {
  try {
    return new Sqlite(file, { timeout });
  } catch (error) {
    const code = nativeProblems[String((error as NodeJS.ErrnoException).code)];
    throw code === undefined ? error : new StoreError({ code }, { cause: error });
  }
}

const inodes = new WeakMap<Database, number | undefined>();

/** Undefined: there is no such file. */
export function inodeOf(file: string): number | undefined {
  return statSync(file, { throwIfNoEntry: false })?.ino;
}

/**
 * Throws StoreError `gone` where another file, or none, is in the place of the one that is open: it would take what is
 * written, and nobody would find it again.
 */
export function assertInPlace(database: Database): void {
  const file = database.name;
  if (inodes.has(database) && inodes.get(database) !== inodeOf(file))
    throw new StoreError({ code: 'gone', file });
}

/**
 * SQLite would create the file readable to everybody the umask lets in, and would open a write-protected one
 * for reading. A file that exists is not opened here: closing any descriptor of it would drop the locks that
 * this process holds on it (fcntl(2)). Gives whether there was none.
 */
function preparePrivate(file: string): boolean {
  try {
    closeSync(openSync(file, 'wx', 0o600));
    return true;
  } catch (error) {
    if (primaryCode(error) !== 'EEXIST') throw error;
    accessSync(file, constants.W_OK);
    return false;
  }
}

/** `user_version` counts the migrations a file has seen; each runs with its count in one transaction. */
export function migrate(database: Database, migrations: readonly Migration[]): void {
  const found = database.pragma('user_version', { simple: true }) as number;
  const supported = migrations.length;
  if (found > supported) {
    throw new StoreError({ code: 'newer-version', file: database.name, found, supported });
  }
  const step = database.transaction((migration: Migration, version: number) => {
    if (typeof migration === 'string') database.exec(migration);
    else migration(database);
    database.pragma(`user_version = ${version}`);
  });
  migrations.slice(found).forEach((migration, index) => step.immediate(migration, found + index + 1));
}

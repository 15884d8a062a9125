/** Tests of opening a file of the store: migrations, versions, and all that can be wrong with a file. */
import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Sqlite } from '../../src/store/sqlite.ts';
import { describe, expect, onTestFinished, test } from 'vitest';
import {
  guarded,
  openDatabase,
  StoreError,
  type Database,
  type DatabaseOptions,
} from '../../src/store/database.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

const first = 'CREATE TABLE names (name TEXT) STRICT;';
const second = "ALTER TABLE names ADD COLUMN age INTEGER; INSERT INTO names VALUES ('ada', 36);";

function open(file: string, options: Partial<DatabaseOptions> = {}): Database {
  const database = openDatabase(file, {
    synchronous: 'NORMAL',
    exclusive: false,
    migrations: [first],
    ...options,
  });
  onTestFinished(() => void database.close());
  return database;
}

/** The problem that `action` is refused with. */
function problemOf(action: () => unknown): unknown {
  try {
    action();
  } catch (error) {
    if (error instanceof StoreError) return error.problem;
    throw error;
  }
  return undefined;
}

describe('opening', () => {
  test('creates the file for its owner alone, in write-ahead mode', () => {
    const file = join(temporaryDirectory(), 'a.db');
    const database = open(file, { synchronous: 'FULL' });
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(statSync(`${file}-wal`).mode & 0o777).toBe(0o600);
    expect(database.pragma('journal_mode', { simple: true })).toBe('wal');
    expect(database.pragma('synchronous', { simple: true })).toBe(2);
  });

  test('brings a file of an older version to the newest one and keeps its content', () => {
    const file = join(temporaryDirectory(), 'a.db');
    const old = open(file);
    old.exec("INSERT INTO names VALUES ('grace')");
    old.close();
    const database = open(file, { migrations: [first, second] });
    expect(database.prepare('SELECT name, age FROM names ORDER BY name').all()).toEqual([
      { name: 'ada', age: 36 },
      { name: 'grace', age: null },
    ]);
    expect(database.pragma('user_version', { simple: true })).toBe(2);
  });

  test('a migration that fails leaves the version before it', () => {
    const file = join(temporaryDirectory(), 'a.db');
    const broken = 'CREATE TABLE other (x); INSERT INTO nowhere VALUES (1);';
    expect(() => open(file, { migrations: [first, broken] })).toThrow('no such table');
    const database = open(file);
    expect(database.pragma('user_version', { simple: true })).toBe(1);
    expect(database.prepare("SELECT count(*) FROM sqlite_schema WHERE name = 'other'").pluck().get()).toBe(0);
  });

  test('a file of a newer version is refused with both versions and not changed', () => {
    const file = join(temporaryDirectory(), 'a.db');
    open(file, { migrations: [first, second] }).close();
    const before = readFileSync(file);
    expect(problemOf(() => open(file))).toEqual({ code: 'newer-version', file, found: 2, supported: 1 });
    expect(readFileSync(file).equals(before)).toBe(true);
  });
});

describe('what can be wrong with a file', () => {
  test('corrupt: something else than a database', () => {
    const file = join(temporaryDirectory(), 'a.db');
    writeFileSync(file, 'hostname edge\n'.repeat(500));
    expect(problemOf(() => open(file))).toEqual({ code: 'corrupt', file });
  });

  test('corrupt: a database with damaged pages', () => {
    const file = join(temporaryDirectory(), 'a.db');
    const database = open(file);
    database.prepare('INSERT INTO names VALUES (?)').run('x'.repeat(50_000));
    database.close();
    const octets = readFileSync(file);
    writeFileSync(file, octets.fill(0xa5, 4096));
    const damaged = open(file);
    expect(problemOf(() => guarded(file, () => damaged.prepare('SELECT * FROM names').all()))).toEqual({
      code: 'corrupt',
      file,
    });
  });

  test('not writable: a directory is in its place', () => {
    const file = join(temporaryDirectory(), 'a.db');
    mkdirSync(file);
    expect(problemOf(() => open(file))).toEqual({ code: 'not-writable', file });
  });

  test('not writable: there is no such directory', () => {
    const file = join(temporaryDirectory(), 'missing', 'a.db');
    expect(problemOf(() => open(file))).toEqual({ code: 'not-writable', file });
  });

  test('disk full: the write is refused and nothing of it is there', () => {
    const file = join(temporaryDirectory(), 'a.db');
    const database = open(file);
    database.pragma(`max_page_count = ${database.pragma('page_count', { simple: true }) as number}`);
    const insert = (): unknown => database.prepare('INSERT INTO names VALUES (?)').run('x'.repeat(50_000));
    expect(problemOf(() => guarded(file, insert))).toEqual({ code: 'disk-full', file });
    expect(database.prepare('SELECT count(*) FROM names').pluck().get()).toBe(0);
  });

  test('in use: an exclusive file has one opener', () => {
    const file = join(temporaryDirectory(), 'a.db');
    const owner = open(file, { exclusive: true });
    expect(problemOf(() => open(file, { exclusive: true }))).toEqual({ code: 'in-use', file });
    owner.close();
    open(file, { exclusive: true });
  });

  test('a mistake of ours is not taken for one of the file', () => {
    const mistake = (): unknown => new Sqlite(':memory:').prepare('SELECT * FROM nowhere');
    expect(() => guarded('a.db', mistake)).toThrow(Sqlite.SqliteError);
  });
});

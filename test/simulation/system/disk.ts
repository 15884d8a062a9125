/** The disk of a simulated router: its databases in memory, which fail, and of which a crash leaves what was committed. */
import { Sqlite } from '../../../src/store/sqlite.ts';
import type { Database, Migration } from '../../../src/store/database.ts';
import { serviceMigrations } from '../../../src/store/service-migrations.ts';
import { routerMigrations, sessionsMigrations } from '../../../src/store/state-directory.ts';

const migrations: Readonly<Record<'router' | 'sessions' | 'services', readonly Migration[]>> = {
  router: routerMigrations,
  sessions: sessionsMigrations,
  services: serviceMigrations,
};

export type FileName = keyof typeof migrations;

const fileNames = Object.keys(migrations) as FileName[];

/** What is on the disk at one moment. */
export type Image = Readonly<Record<FileName, Buffer>>;

/** What a new router finds: as migrations make it, and each table calls for each row before it is written. */
export const emptyImage: Image = imageOf((name) => {
  const database = new Sqlite(':memory:');
  for (const migration of migrations[name]) {
    if (typeof migration === 'string') database.exec(migration);
    else migration(database);
  }
  const tables = database
    .prepare<[], string>("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")
    .pluck()
    .all();
  const triggers = tables.flatMap((table) =>
    ['INSERT', 'UPDATE', 'DELETE'].map(
      (change) => `CREATE TRIGGER simulated_${change}_${table} BEFORE ${change} ON ${table}
        BEGIN SELECT simulated_write('${table}'); END;`,
    ),
  );
  const octets = database.exec(triggers.join('')).serialize();
  database.close();
  return octets;
});

/** How SQLite fails. */
export const diskErrors = ['SQLITE_BUSY', 'SQLITE_FULL', 'SQLITE_IOERR'] as const;

type DiskError = (typeof diskErrors)[number];

/** What becomes of rows that are written to one file. */
interface Fault {
  readonly file: FileName;
  /** Undefined: any. */
  readonly table?: string | undefined;
  /** Rows that are still written before. */
  after: number;
  /** Rows that are refused then. */
  times: number;
  readonly error: DiskError;
}

export class Disk {
  readonly databases: Readonly<Record<FileName, Database>>;
  /** Failures that whoever wrote was told of. */
  failures = 0;
  /** A row that is being written ends the process. */
  onCrash: () => void = () => undefined;
  #fault: Fault | undefined;
  #crashAfter = Infinity;
  #isGone = false;

  constructor(image: Image) {
    this.databases = {
      router: open(image, 'router'),
      sessions: open(image, 'sessions'),
      services: open(image, 'services'),
    };
    for (const name of fileNames)
      this.databases[name].function('simulated_write', (table: string) => this.#written(name, table));
  }

  /** Whether rows may be refused now. */
  get isFaulty(): boolean {
    return this.#fault !== undefined;
  }

  fail(fault: Fault): void {
    this.#fault = { ...fault };
  }

  /** Nothing goes wrong any more. */
  recover(): void {
    this.#fault = undefined;
    this.#crashAfter = Infinity;
  }

  /** The process ends at the row that is written after so many others. */
  crashAfter(rows: number): void {
    this.#crashAfter = rows;
  }

  /** Nothing is written any more; gives what a process that starts now finds. */
  take(): Image {
    this.#isGone = true;
    const image = imageOf((name) => {
      const database = this.databases[name];
      // The process is gone, and with it what it had not committed.
      if (database.inTransaction) database.exec('ROLLBACK');
      return database.serialize();
    });
    for (const name of fileNames) this.databases[name].close();
    return image;
  }

  #written(file: FileName, table: string): number {
    if (this.#isGone) throw new Sqlite.SqliteError('the process is gone', 'SQLITE_IOERR');
    this.#crashAfter -= 1;
    if (this.#crashAfter < 0) {
      this.#isGone = true;
      this.onCrash();
      throw new Sqlite.SqliteError('the process is gone', 'SQLITE_IOERR');
    }
    const fault = this.#fault;
    if (fault?.file !== file || table !== (fault.table ?? table)) return 0;
    fault.after -= 1;
    if (fault.after >= 0) return 0;
    fault.times -= 1;
    if (fault.times <= 0) this.#fault = undefined;
    this.failures += 1;
    throw new Sqlite.SqliteError('simulated', fault.error);
  }
}

function open(image: Image, name: FileName): Database {
  return new Sqlite(image[name]);
}

function imageOf(octetsOf: (name: FileName) => Buffer): Image {
  return { router: octetsOf('router'), sessions: octetsOf('sessions'), services: octetsOf('services') };
}

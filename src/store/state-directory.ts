/** The state directory: where it is, and everything the router remembers in it. */
import { randomBytes } from 'node:crypto';
import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, isAbsolute, join } from 'node:path';
import { AliasRows, aliasesTable } from './aliases.ts';
import { Audit, auditOrder, auditTable } from './audit.ts';
import { guarded, openDatabase, StoreError, type Database, type DatabaseOptions } from './database.ts';
import { LineHistories, lineHistoriesTable } from './line-histories.ts';
import { pendingCommitsTable, revisionNotes, Revisions, revisionsTable } from './revisions.ts';
import { RpmResults, rpmTables } from './rpm-results.ts';
import { serviceMigrations } from './service-migrations.ts';
import { ServiceSessionStore } from './service-session-store.ts';

import { TrackingMarks, trackingTable } from './tracking-marks.ts';
import { TwampSessions, twampDetails, twampTables } from './twamp-sessions.ts';

/** Configuration: a commit that was acknowledged is never lost. */
export const ROUTER_FILE = 'router.db';

/** TWAMP sessions, rewritten all the time: the last moment before a power cut may be missing. */
export const SESSIONS_FILE = 'sessions.db';

/** Service sessions. Who writes it is a worker: an import is one transaction, for which nobody else should wait. */
export const SERVICES_FILE = 'services.db';

/** What the secrets of the configuration are sealed with. Without it, they must be typed again. */
export const SECRET_KEY_FILE = 'secret.key';

const SECRET_KEY_OCTETS = 32;

const routerMigrations = [
  revisionsTable,
  auditTable,
  lineHistoriesTable,
  auditOrder,
  pendingCommitsTable,
  aliasesTable,
  revisionNotes,
];

/** Service sessions were in the file of the TWAMP sessions once. */
const withoutServices = `
  DROP TABLE IF EXISTS service_flows; DROP TABLE IF EXISTS service_sessions; DROP TABLE IF EXISTS service_imports;`;

export const sessionsMigrations = [
  twampTables,
  '',
  twampDetails,
  rpmTables,
  '',
  trackingTable,
  withoutServices,
];

/** An open state directory, owned by this process until `close` or its end. */
export interface State {
  readonly revisions: Revisions;
  readonly sessions: TwampSessions;
  readonly rpm: RpmResults;
  /** For a short look; everything else is the workers' (`openServices`). */
  readonly services: ServiceSessionStore;
  readonly servicesFile: string;
  readonly tracking: TrackingMarks;
  readonly audit: Audit;
  readonly histories: LineHistories;
  readonly aliases: AliasRows;
  /** 32 octets that nobody but the owner of the directory can read. */
  readonly secretKey: Uint8Array;
  /** Throws StoreError when the last sessions could not be written; it is closed then, too. */
  close(): void;
}

/**
 * $XDG_STATE_HOME/dnrouter, else ~/.local/state/dnrouter. A relative XDG_STATE_HOME counts as unset (XDG Base
 * Directory Specification). Throws StoreError `no-home` when the environment names neither.
 */
export function stateDirectory(environment: Readonly<Record<string, string | undefined>>): string {
  const { XDG_STATE_HOME: stateHome, HOME: home } = environment;
  if (stateHome !== undefined && isAbsolute(stateHome)) return join(stateHome, 'dnrouter');
  if (home !== undefined && isAbsolute(home)) return join(home, '.local', 'state', 'dnrouter');
  throw new StoreError({ code: 'no-home' });
}

/**
 * Opens `directory`, created 0700 where it is missing, and makes this process its owner. Throws StoreError
 * (`in-use` on router.db where another process owns it); nothing is left open then.
 */
export function openState(directory: string): State {
  const opened: { close(): void }[] = [];
  const open = (file: string, options: DatabaseOptions): Database => {
    const database = openDatabase(join(directory, file), options);
    opened.push(database);
    return database;
  };
  const closeFiles = (): void => opened.toReversed().forEach((file) => file.close());
  guarded(directory, () => makeDirectory(directory));
  try {
    // The router's file first: its lock is the ownership of the whole directory.
    const router = open(ROUTER_FILE, { synchronous: 'FULL', exclusive: true, migrations: routerMigrations });
    const secretKey = readOrMakeKey(join(directory, SECRET_KEY_FILE));
    const sessionsFile = open(SESSIONS_FILE, {
      synchronous: 'NORMAL',
      exclusive: false,
      migrations: sessionsMigrations,
    });
    const sessions = new TwampSessions(sessionsFile);
    const close = (): void => {
      try {
        sessions.close();
      } finally {
        closeFiles();
      }
    };
    const rpm = new RpmResults(sessionsFile);
    const servicesFile = join(directory, SERVICES_FILE);
    const openedServices = openServices(servicesFile);
    opened.push(openedServices);
    const tracking = new TrackingMarks(sessionsFile);
    const audit = new Audit(router);
    const histories = new LineHistories(router);
    const aliases = new AliasRows(router);
    const revisions = new Revisions(router);
    const services = { services: openedServices, servicesFile };
    return { revisions, sessions, rpm, ...services, tracking, audit, histories, aliases, secretKey, close };
  } catch (error) {
    closeFiles();
    throw error;
  }
}

/** Any number of threads may have it open, one of which writes at a time. Throws StoreError. */
export function openServices(file: string): ServiceSessionStore {
  const options = { synchronous: 'NORMAL', exclusive: false, migrations: serviceMigrations } as const;
  return new ServiceSessionStore(openDatabase(file, options));
}

/** The key in a file, which is made whole where it is missing, and on disk before anything is sealed with it. */
function readOrMakeKey(file: string): Uint8Array {
  return guarded(file, () => {
    if (!existsSync(file)) {
      const unfinished = `${file}.new`;
      writeFileSync(unfinished, randomBytes(SECRET_KEY_OCTETS), { mode: 0o600, flush: true });
      renameSync(unfinished, file);
      syncDirectory(dirname(file));
    }
    const key = readFileSync(file);
    if (key.length !== SECRET_KEY_OCTETS) throw new StoreError({ code: 'corrupt', file });
    return key;
  });
}

/** With those above it. `mkdirSync` with `recursive` never returns where a directory takes no entries, as in /proc. */
function makeDirectory(directory: string): void {
  if (statSync(directory, { throwIfNoEntry: false })?.isDirectory()) return;
  if (dirname(directory) !== directory) makeDirectory(dirname(directory));
  try {
    mkdirSync(directory, { mode: 0o700 });
    syncDirectory(dirname(directory));
  } catch (error) {
    // Another process may have made it meanwhile.
    if (!statSync(directory, { throwIfNoEntry: false })?.isDirectory()) throw error;
  }
}

/** A name in a directory outlives the power only when the directory is on disk, too. */
function syncDirectory(directory: string): void {
  const descriptor = openSync(directory, 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

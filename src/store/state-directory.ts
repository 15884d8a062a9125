/** The state directory: where it is, and everything the router remembers in it. */
import { randomBytes } from 'node:crypto';
import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, readFileSync, statSync } from 'node:fs';
import { dirname, isAbsolute, join } from 'node:path';
import { AliasRows, aliasesTable } from './aliases.ts';
import { Audit, auditOrder, auditTable } from './audit.ts';
import { guarded, openDatabase, StoreError, type Database, type DatabaseOptions } from './database.ts';
import { FleetOutbox, outboxTables } from './fleet-outbox.ts';
import { LastCommitFile } from './last-commit.ts';
import { LineHistories, lineHistoriesTable } from './line-histories.ts';
import { keepAside, openOrRecover, type Recovery, type Wholeness } from './recovery.ts';
import {
  isRevisionWhole,
  pendingCommitsTable,
  revisionDigests,
  revisionNotes,
  Revisions,
  revisionsTable,
  type RevisionNote,
} from './revisions.ts';
import { RpmResults, rpmTables } from './rpm-results.ts';
import { moveAllFormer, serviceMigrations } from './service-migrations.ts';
import { ServiceSessionStore } from './service-session-store.ts';
import { TrackingMarks, trackingTable } from './tracking-marks.ts';
import { TwampSessions, twampDetails, twampTables } from './twamp-sessions.ts';
import { writeWhole } from './whole-file.ts';

/** Configuration: a commit that was acknowledged is never lost. */
const ROUTER_FILE = 'router.db';

/** TWAMP sessions, rewritten all the time: the last moment before a power cut may be missing. */
export const SESSIONS_FILE = 'sessions.db';

/** Service sessions. Who writes it is a worker: an import is one transaction, for which nobody else should wait. */
const SERVICES_FILE = 'services.db';

/** What is still to be told to the fleet's database. Who has it is a worker. */
const FLEET_FILE = 'fleet.db';

/** What the secrets of the configuration are sealed with. Without it, they must be typed again. */
export const SECRET_KEY_FILE = 'secret.key';

/** The latest revision again: for the day on which router.db cannot be read. */
const LAST_COMMIT_FILE = 'last-commit.json';

const SECRET_KEY_OCTETS = 32;

export const routerMigrations = [
  revisionsTable,
  auditTable,
  lineHistoriesTable,
  auditOrder,
  pendingCommitsTable,
  aliasesTable,
  revisionNotes,
  revisionDigests,
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

/** What was wrong with the state directory, and what was done about it. */
export type Notice =
  | (Recovery & {
      readonly code: 'damaged';
      /** Of router.db: what is in force now; null: nothing could be read. */
      readonly inForce?: RevisionNote | null;
    })
  /** A file in which there was something has no octet. */
  | { readonly code: 'empty'; readonly file: string }
  /** router.db lacked it. */
  | { readonly code: 'revision-restored'; readonly file: string; readonly revision: RevisionNote }
  /** The secrets of the configuration are lost. */
  | { readonly code: 'new-key'; readonly file: string; readonly keptAs: string | undefined };

/** An open state directory, owned by this process until `close` or its end. */
export interface State {
  readonly revisions: Revisions;
  readonly sessions: TwampSessions;
  readonly rpm: RpmResults;
  /** For a short look; everything else is the workers' (`openServices`). */
  readonly services: ServiceSessionStore;
  readonly servicesFile: string;
  readonly fleetFile: string;
  readonly tracking: TrackingMarks;
  readonly audit: Audit;
  readonly histories: LineHistories;
  readonly aliases: AliasRows;
  /** 32 octets that nobody but the owner of the directory can read. */
  readonly secretKey: Uint8Array;
  /** Of its opening. */
  readonly notices: readonly Notice[];
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
  const opened = new OpenFiles(directory);
  guarded(directory, () => makeDirectory(directory));
  try {
    // The router's file first: its lock is the ownership of the whole directory.
    const router = opened.router();
    const secretKey = opened.secretKey(router.revisions.latest() !== undefined);
    const { sessions, ...results } = opened.sessions();
    const servicesFile = join(directory, SERVICES_FILE);
    const fleetFile = join(directory, FLEET_FILE);
    const services = opened.services();
    const close = (): void => {
      try {
        sessions.close();
      } finally {
        opened.close();
      }
    };
    return {
      ...router,
      ...results,
      ...{ sessions, services, servicesFile, fleetFile, secretKey, close },
      notices: opened.notices,
    };
  } catch (error) {
    opened.close();
    throw error;
  }
}

/** Everything that is remembered in the router's file. */
export function inRouterFile(
  database: Database,
  revisions = new Revisions(database),
): Pick<State, 'revisions' | 'audit' | 'histories' | 'aliases'> {
  const audit = new Audit(database);
  return { revisions, audit, histories: new LineHistories(database), aliases: new AliasRows(database) };
}

/** Everything that is remembered in the file of measurements. */
export function inSessionsFile(database: Database): Pick<State, 'sessions' | 'rpm' | 'tracking'> {
  return {
    sessions: new TwampSessions(database),
    rpm: new RpmResults(database),
    tracking: new TrackingMarks(database),
  };
}

/** The files of a directory, opened one after the other, whatever has become of them. */
class OpenFiles {
  readonly notices: Notice[] = [];
  readonly #directory: string;
  readonly #opened: { close(): void }[] = [];

  constructor(directory: string) {
    this.#directory = directory;
  }

  close(): void {
    this.#opened.toReversed().forEach((file) => file.close());
  }

  router(): Pick<State, 'revisions' | 'audit' | 'histories' | 'aliases'> {
    const copy = new LastCommitFile(join(this.#directory, LAST_COMMIT_FILE));
    const use = (database: Database) => {
      const revisions = new Revisions(database, copy);
      // Before anything else is: whether it can be read is known when it has been.
      const latest = revisions.latest();
      const last = copy.read();
      const restored = last && revisions.restore(last);
      return { parts: inRouterFile(database, revisions), latest, restored };
    };
    const options = { synchronous: 'FULL', exclusive: true, migrations: routerMigrations } as const;
    const { content, recovery } = this.#open(ROUTER_FILE, options, use, { revisions: isRevisionWhole });
    const { parts, latest, restored } = content;
    if (recovery) this.notices.push({ code: 'damaged', ...recovery, inForce: restored ?? latest ?? null });
    else if (restored) this.notices.push({ code: 'revision-restored', file: copy.file, revision: restored });
    return parts;
  }

  sessions(): Pick<State, 'sessions' | 'rpm' | 'tracking'> {
    const options = { synchronous: 'NORMAL', exclusive: false, migrations: sessionsMigrations } as const;
    const { content, recovery } = this.#open(SESSIONS_FILE, options, inSessionsFile);
    if (recovery) this.notices.push({ code: 'damaged', ...recovery });
    return content;
  }

  services(): ServiceSessionStore {
    const use = (database: Database) => new ServiceSessionStore(database);
    const { content, recovery } = this.#open(SERVICES_FILE, servicesOptions, use);
    if (recovery) this.notices.push({ code: 'damaged', ...recovery });
    return content;
  }

  /** `isNeeded`: there is a configuration that may have secrets. */
  secretKey(isNeeded: boolean): Uint8Array {
    const file = join(this.#directory, SECRET_KEY_FILE);
    return guarded(file, () => {
      const found = readKey(file);
      if (found?.length === SECRET_KEY_OCTETS) return found;
      const keptAs = found && keepAside(file);
      if (found || isNeeded) this.notices.push({ code: 'new-key', file, keptAs });
      return makeKey(file);
    });
  }

  #open<Content>(
    name: string,
    options: DatabaseOptions,
    use: (database: Database) => Content,
    whole?: Wholeness,
  ): { readonly content: Content; readonly recovery: Recovery | undefined } {
    const file = join(this.#directory, name);
    const isEmpty = guarded(file, () => statSync(file, { throwIfNoEntry: false })?.size === 0);
    const { content, recovery } = openOrRecover(
      file,
      options,
      (database) => {
        const used = use(database);
        this.#opened.push(database);
        return used;
      },
      whole,
    );
    if (isEmpty) this.notices.push({ code: 'empty', file });
    return { content, recovery };
  }
}

const servicesOptions: DatabaseOptions = {
  synchronous: 'NORMAL',
  exclusive: false,
  migrations: serviceMigrations,
  settle: moveAllFormer,
};

/** Any number of threads may have it open, one of which writes at a time. Throws StoreError. */
export function openServices(file: string): ServiceSessionStore {
  return new ServiceSessionStore(openDatabase(file, servicesOptions));
}

/** Made anew where it is damaged: what it had to tell is read from the tables again. Throws StoreError. */
export function openFleetOutbox(file: string): FleetOutbox {
  const options = { synchronous: 'NORMAL', exclusive: false, migrations: [outboxTables] } as const;
  return openOrRecover(file, options, (database) => new FleetOutbox(database)).content;
}

function readKey(file: string): Uint8Array | undefined {
  return existsSync(file) ? readFileSync(file) : undefined;
}

/** Made whole, and on disk before anything is sealed with it. */
function makeKey(file: string): Uint8Array {
  const key = randomBytes(SECRET_KEY_OCTETS);
  writeWhole(file, key, { mode: 0o600, flush: true });
  syncDirectory(dirname(file));
  return key;
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

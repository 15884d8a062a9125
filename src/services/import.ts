/** Imports sessions from a file into the store, in one transaction. */
import type { ServiceSessionStore, StoredSession } from '../store/service-session-store.ts';
import { LineError, parseConnectionLine } from './connection-text.ts';
import { parseConnectionElement } from './connection-xml.ts';
import {
  ENTRY_CHARACTERS_MAX,
  formOf,
  readerOf,
  type BrokenEntry,
  type Entry,
  type ImportForm,
} from './import-reader.ts';
import { sessionOfConnection } from './mapping.ts';
import type { MappingSettings } from './mapping-settings.ts';
import { RecordError, sessionOfRecord } from './records.ts';
import type { ServiceSession } from './session.ts';
import { storedSession } from './stored.ts';

/** Why an entry was not imported. */
export interface EntryProblem {
  readonly line: number;
  readonly code: BrokenEntry['code'] | LineError['code'] | RecordError['code'] | 'not-json';
  /** The property or key; empty where there is none. */
  readonly subject: string;
}

export interface ImportOptions {
  /** What the source is called. */
  readonly name: string;
  /** Whether what was imported before goes. */
  readonly replace: boolean;
  /** Ends the import; what it has brought goes. */
  readonly signal: AbortSignal;
}

export type { ImportForm };

export interface ImportResult {
  readonly form: ImportForm;
  readonly sessions: number;
  /** Entries that tell nothing of their own: events of connections that go on. */
  readonly skipped: number;
  readonly refused: number;
  /** The first of the refused. */
  readonly problems: readonly EntryProblem[];
}

/** Problems that are told. */
export const IMPORT_PROBLEMS_MAX = 10;

/** Sessions that are imported altogether; more are refused. */
export const IMPORTED_SESSIONS_MAX = 4_000_000;

/** Sessions that are stored at once. */
const BATCH_SESSIONS = 256;

export class ImportError extends Error {
  readonly code: 'too-many' | 'nothing';
  readonly details: Readonly<Record<string, string | number>>;

  constructor(code: ImportError['code'], details: ImportError['details']) {
    super(`import: ${code}`);
    this.name = 'ImportError';
    this.code = code;
    this.details = details;
  }
}

/** What an import is done with, where the file is not. */
export interface ImportRequest extends Omit<ImportOptions, 'signal'> {
  readonly nowWallNanos: bigint;
  readonly mapping: MappingSettings;
}

/** Rejects with ImportError, StoreError, or the reason of the signal; nothing has changed then. */
export async function importSessions(
  store: ServiceSessionStore,
  chunks: AsyncIterable<Uint8Array>,
  request: ImportRequest,
  signal: AbortSignal,
): Promise<ImportResult> {
  const key = store.beginImport(request.name, request.nowWallNanos);
  const tally = new Tally();
  try {
    let batch: StoredSession[] = [];
    for await (const session of sessionsIn(chunks, request, tally)) {
      batch.push(storedSession(session));
      if (tally.sessions > IMPORTED_SESSIONS_MAX)
        throw new ImportError('too-many', { maximum: IMPORTED_SESSIONS_MAX });
      if (batch.length < BATCH_SESSIONS) continue;
      store.insert(batch, key);
      batch = [];
      signal.throwIfAborted();
    }
    signal.throwIfAborted();
    store.insert(batch, key);
    if (tally.sessions === 0 && tally.refused > 0)
      throw new ImportError('nothing', { refused: tally.refused });
    store.endImport(key, request.replace);
  } finally {
    store.abandonImport();
  }
  return tally.result;
}

/** What became of the entries. */
class Tally {
  form: ImportForm = 'text';
  sessions = 0;
  skipped = 0;
  refused = 0;
  readonly #problems: EntryProblem[] = [];

  refuse(problem: EntryProblem): void {
    this.refused += 1;
    if (this.#problems.length < IMPORT_PROBLEMS_MAX) this.#problems.push(problem);
  }

  get result(): ImportResult {
    const { form, sessions, skipped, refused } = this;
    return { form, sessions, skipped, refused, problems: this.#problems };
  }
}

/** What an entry is read with. */
interface Reading {
  readonly form: ImportForm;
  readonly nowWallNanos: bigint;
  readonly mapping: MappingSettings;
}

async function* sessionsIn(
  chunks: AsyncIterable<Uint8Array>,
  reading: Omit<Reading, 'form'>,
  tally: Tally,
): AsyncGenerator<ServiceSession> {
  for await (const entry of entriesIn(chunks, tally)) {
    if ('code' in entry) {
      tally.refuse({ ...entry, subject: '' });
      continue;
    }
    try {
      const sessions = sessionsOf(entry.text, { ...reading, form: tally.form });
      if (sessions.length === 0) tally.skipped += 1;
      tally.sessions += sessions.length;
      yield* sessions;
    } catch (error) {
      tally.refuse({ line: entry.line, ...problemOf(error) });
    }
  }
}

async function* entriesIn(
  chunks: AsyncIterable<Uint8Array>,
  tally: Tally,
): AsyncGenerator<Entry | BrokenEntry> {
  const decoder = new TextDecoder();
  let beginning = '';
  let reader: ReturnType<typeof readerOf> | undefined;
  for await (const chunk of chunks) {
    const text = decoder.decode(chunk, { stream: true });
    if (reader === undefined) {
      beginning += text;
      const hasLine = beginning.trimStart().includes('\n');
      if (!hasLine && beginning.length <= ENTRY_CHARACTERS_MAX) continue;
      tally.form = formOf(beginning);
      reader = readerOf(tally.form);
      yield* reader.take(beginning);
    } else yield* reader.take(text);
  }
  if (reader === undefined) {
    tally.form = formOf(beginning);
    reader = readerOf(tally.form);
    yield* reader.take(beginning);
  }
  yield* reader.end();
}

/** Throws LineError, RecordError or SyntaxError. */
function sessionsOf(text: string, { form, nowWallNanos, mapping }: Reading): readonly ServiceSession[] {
  if (form === 'json' || form === 'json-lines') return recordsIn(JSON.parse(text)).map(sessionOfRecord);
  const { connection, event } = form === 'xml' ? parseConnectionElement(text) : parseConnectionLine(text);
  // A connection that goes on is told in its last state by a listing, not by its events.
  if (event === 'NEW' || event === 'UPDATE') return [];
  const endedWallNanos = connection.endedWallNanos ?? (event === 'DESTROY' ? nowWallNanos : undefined);
  return [sessionOfConnection({ ...connection, endedWallNanos }, mapping)];
}

/** A line may hold a whole document of ours. */
function recordsIn(parsed: unknown): readonly unknown[] {
  const sessions = (parsed as { readonly [SESSIONS]?: unknown } | null)?.[SESSIONS];
  return Array.isArray(sessions) ? sessions : [parsed];
}

const SESSIONS = 'msp-session';

function problemOf(error: unknown): Pick<EntryProblem, 'code' | 'subject'> {
  if (error instanceof LineError) return { code: error.code, subject: error.key };
  if (error instanceof RecordError) return { code: error.code, subject: error.property };
  if (error instanceof SyntaxError) return { code: 'not-json', subject: '' };
  throw error;
}

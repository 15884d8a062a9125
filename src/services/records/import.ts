/** Imports sessions from a file into the store, in one transaction. */
import { StringDecoder } from 'node:string_decoder';
import type { ServiceSessionStore, StoredSession } from '../../store/service-session-store.ts';
import type { CaptureReader, CaptureSummary } from '../capture/capture-reader.ts';
import {
  begun,
  captureReaderOf,
  connectionsInside,
  connectionsOf,
  connectionsOutside,
  type BegunFile,
  type Chunks,
} from '../capture/import-captures.ts';
import { Pairing, type PairedConnection } from '../capture/pairing.ts';
import { isSaved, parseSavedLine } from '../conntrack/connection-save.ts';
import { LineError, parseConnectionLine, type ConnectionLine } from '../conntrack/connection-text.ts';
import { parseConnectionElement } from '../conntrack/connection-xml.ts';
import {
  ENTRY_CHARACTERS_MAX,
  formOf,
  readerOf,
  type BrokenEntry,
  type Entry,
  type TextForm,
} from './import-reader.ts';
import { sessionOfConnection } from '../mapping.ts';
import type { MappingSettings } from '../mapping-settings.ts';
import { RecordError, sessionOfRecord } from './records.ts';
import type { ServiceSession } from '../session.ts';
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
  /** What a second capture is called, which was made outside of the router when the first one was made inside. */
  readonly outsideName?: string;
  /** Ends the import; what it has brought goes. */
  readonly signal: AbortSignal;
}

export type ImportForm = TextForm | CaptureSummary['form'];

export interface ImportResult {
  readonly form: ImportForm;
  readonly sessions: number;
  /** Entries that tell nothing of their own: events of connections that go on. */
  readonly skipped: number;
  readonly refused: number;
  /** The first of the refused. */
  readonly problems: readonly EntryProblem[];
  /** Captures, the one made inside first; empty where it was none. */
  readonly captures: readonly CaptureSummary[];
  /** Sessions of two captures that were too many to be compared. */
  readonly unpaired: number;
}

/** Problems that are told. */
export const IMPORT_PROBLEMS_MAX = 10;

/** Sessions that are imported altogether; more are refused. */
export const IMPORTED_SESSIONS_MAX = 4_000_000;

/** Sessions that are stored at once, at the least. */
const BATCH_SESSIONS = 256;

export class ImportError extends Error {
  /** `not-a-capture`: there are two files, and one is something else. `empty`: nothing would be left of what was there. */
  readonly code: 'too-many' | 'nothing' | 'empty' | 'not-a-capture';
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

/**
 * `files`: the octets of the file, and called again of the second one. Rejects with ImportError, StoreError, or the reason
 * of the signal; nothing has changed then.
 */
export async function importSessions(
  store: ServiceSessionStore,
  files: () => Chunks,
  request: ImportRequest,
  signal: AbortSignal,
  sessionsMax = IMPORTED_SESSIONS_MAX,
): Promise<ImportResult> {
  const key = store.beginImport(request.name, request.nowWallNanos);
  const tally = new Tally();
  try {
    let batch: StoredSession[] = [];
    for await (const sessions of sessionsIn(files, request, tally)) {
      for (const session of sessions) batch.push(storedSession(session));
      if (tally.sessions > sessionsMax) throw new ImportError('too-many', { maximum: sessionsMax });
      if (batch.length < BATCH_SESSIONS) continue;
      store.insert(batch, key);
      batch = [];
      signal.throwIfAborted();
    }
    store.insert(batch, key);
    signal.throwIfAborted();
    if (tally.sessions === 0 && tally.refused > 0)
      throw new ImportError('nothing', { refused: tally.refused });
    if (tally.sessions === 0 && request.replace) throw new ImportError('empty', { file: request.name });
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
  unpaired = 0;
  readonly #captures: CaptureReader[] = [];
  readonly #problems: EntryProblem[] = [];

  /** Throws ImportError where there is no reader, because a file is no capture. */
  reads(reader: CaptureReader | undefined): CaptureReader {
    if (reader === undefined) throw new ImportError('not-a-capture', { file: this.#captures.length + 1 });
    this.#captures.push(reader);
    this.form = reader.summary.form;
    return reader;
  }

  refuse(problem: EntryProblem): void {
    this.refused += 1;
    if (this.#problems.length < IMPORT_PROBLEMS_MAX) this.#problems.push(problem);
  }

  get result(): ImportResult {
    const { form, sessions, skipped, refused, unpaired } = this;
    const captures = this.#captures.map(({ summary }) => summary);
    return { form, sessions, skipped, refused, problems: this.#problems, captures, unpaired };
  }
}

/** In batches. */
async function* sessionsIn(
  files: () => Chunks,
  request: ImportRequest,
  tally: Tally,
): AsyncGenerator<readonly ServiceSession[]> {
  const file = await begun(files());
  const reader = captureReaderOf(file);
  if (request.outsideName === undefined && reader === undefined) {
    yield* textSessions(file.chunks, request, tally);
    return;
  }
  const connections =
    request.outsideName === undefined
      ? connectionsOf(tally.reads(reader), file.chunks)
      : pairedConnections(file, files, tally);
  let batch: ServiceSession[] = [];
  for await (const { connection, isFromOutside } of connections) {
    tally.sessions += 1;
    batch.push(sessionOfConnection(connection, request.mapping, isFromOutside));
    if (batch.length < BATCH_SESSIONS) continue;
    yield batch;
    batch = [];
  }
  yield batch;
}

/** Of two captures, one after the other. */
async function* pairedConnections(
  inside: BegunFile,
  files: () => Chunks,
  tally: Tally,
): AsyncGenerator<PairedConnection> {
  const pairing = new Pairing();
  yield* connectionsInside(tally.reads(captureReaderOf(inside)), inside.chunks, pairing);
  const outside = await begun(files());
  yield* connectionsOutside(tally.reads(captureReaderOf(outside)), outside.chunks, pairing);
  tally.unpaired = pairing.unpaired;
}

/** Those of each piece of the file. */
async function* textSessions(
  chunks: Chunks,
  reading: ImportRequest,
  tally: Tally,
): AsyncGenerator<readonly ServiceSession[]> {
  for await (const entries of entriesIn(chunks, tally)) {
    const sessions: ServiceSession[] = [];
    for (const entry of entries) sessionsOfEntry(entry, reading, tally, sessions);
    tally.sessions += sessions.length;
    yield sessions;
  }
}

function sessionsOfEntry(
  entry: Entry | BrokenEntry,
  reading: ImportRequest,
  tally: Tally,
  sessions: ServiceSession[],
): void {
  if ('code' in entry) {
    tally.refuse({ ...entry, subject: '' });
    return;
  }
  try {
    const found = sessionsOf(entry.text, tally.form, reading);
    if (found.length === 0) tally.skipped += 1;
    sessions.push(...found);
  } catch (error) {
    tally.refuse({ line: entry.line, ...problemOf(error) });
  }
}

async function* entriesIn(chunks: Chunks, tally: Tally): AsyncGenerator<readonly (Entry | BrokenEntry)[]> {
  // Decodes three times as fast as TextDecoder does in pieces. A byte order mark is space to `trim`.
  const decoder = new StringDecoder('utf8');
  let beginning = '';
  let reader: ReturnType<typeof readerOf> | undefined;
  for await (const chunk of chunks) {
    const text = decoder.write(chunk);
    if (reader === undefined) {
      beginning += text;
      const hasLine = beginning.trimStart().includes('\n');
      if (!hasLine && beginning.length <= ENTRY_CHARACTERS_MAX) continue;
      tally.form = formOf(beginning);
      reader = readerOf(tally.form);
      yield reader.take(beginning);
    } else yield reader.take(text);
  }
  if (reader === undefined) {
    tally.form = formOf(beginning);
    reader = readerOf(tally.form);
    yield reader.take(beginning);
  }
  yield reader.end();
}

/** Throws LineError, RecordError or SyntaxError. */
function sessionsOf(
  text: string,
  form: ImportForm,
  { nowWallNanos, mapping }: ImportRequest,
): readonly ServiceSession[] {
  if (form === 'json' || form === 'json-lines') return recordsIn(JSON.parse(text)).map(sessionOfRecord);
  const { connection, event } = parserOf(form, text)(text);
  // A connection that goes on is told in its last state by a listing, not by its events.
  if (event === 'NEW' || event === 'UPDATE') return [];
  const endedWallNanos = connection.endedWallNanos ?? (event === 'DESTROY' ? nowWallNanos : undefined);
  return [sessionOfConnection({ ...connection, endedWallNanos }, mapping)];
}

function parserOf(form: ImportForm, text: string): (text: string) => ConnectionLine {
  if (form === 'xml') return parseConnectionElement;
  return isSaved(text) ? parseSavedLine : parseConnectionLine;
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

/** The thread that has the stored sessions: answers what is asked, many searches in turn. */
import { StoreError } from '../../store/database.ts';
import type { ServiceSessionStore } from '../../store/service-session-store.ts';
import { SessionFilter } from '../filter.ts';
import { ImportError, importSessions } from './import.ts';
import {
  CLOSE,
  type RecordsAsked,
  type RecordsBegun,
  type RecordsFailure,
  type RecordsMessage,
  type WorkName,
} from './records-link.ts';
import { rankingOf, type Ranking } from '../session-rates.ts';
import { drawnSessions } from '../session-text.ts';
import { storedSession } from './stored.ts';
import { StoredSource, turn } from './stored-source.ts';
import type { WorkerPort } from '../worker-calls.ts';

/** Chunks that are asked for before they are needed. */
const CHUNKS_AHEAD = 2;

/** Sessions that are removed at once. */
const REMOVED_MAX = 1024;

/** Batches, and the result. */
type Gives = AsyncGenerator<unknown, unknown>;

type Post = (message: RecordsMessage, transfer?: readonly ArrayBuffer[]) => void;

/** They take turns: what one has not finished is no part of another's transaction. */
const writers: ReadonlySet<WorkName> = new Set<WorkName>(['clear', 'import', 'move', 'record']);

/** Serves a port until it is told to close. The store is opened at the first call, and closed at the end. */
export class RecordsDesk {
  readonly #open: () => ServiceSessionStore;
  readonly #post: Post;
  readonly #calls = new Map<number, Call>();
  #store: ServiceSessionStore | undefined;
  #writing = Promise.resolve();

  constructor(port: WorkerPort & { close(): void }, open: () => ServiceSessionStore) {
    this.#open = open;
    this.#post = (message, transfer) => port.postMessage(message, transfer);
    port.on('message', (asked) => {
      if (asked === CLOSE) void this.#end().then(() => port.close());
      else this.#hear(asked as RecordsAsked);
    });
  }

  #hear(asked: RecordsAsked): void {
    if (asked.type === 'begin') {
      const call = new Call(asked.call, this.#post);
      this.#calls.set(asked.call, call);
      call.begin(() => {
        const work = this.#work(asked, call);
        return writers.has(asked.work) ? this.#inTurn(work) : work;
      });
      return;
    }
    const call = this.#calls.get(asked.call);
    if (asked.type === 'stop') call?.stop();
    else if (asked.type === 'chunk') call?.take(asked.octets);
    else
      void call?.next().then((isOver) => {
        if (isOver) this.#calls.delete(asked.call);
      });
  }

  async *#work(asked: RecordsBegun, call: Call): Gives {
    this.#store ??= this.#open();
    const store = this.#store;
    const { signal } = call;
    switch (asked.work) {
      case 'select':
      case 'draw': {
        const { state, filter, limit } = asked.request;
        const search = { filter: new SessionFilter(filter), limit, signal };
        const sessions = new StoredSource(store, state).select(search);
        // A message has a copy of what it is given.
        yield* asked.work === 'select' ? sessions : drawnSessions(sessions, asked.request.form);
        return undefined;
      }
      case 'count':
      case 'clear': {
        const { state, filter } = asked.request;
        return new StoredSource(store, state)[asked.work]({ filter: new SessionFilter(filter), signal });
      }
      case 'rank': {
        const { state, filter, rows, before } = asked.request;
        return rankingOf(new StoredSource(store, state), {
          filter: new SessionFilter(filter),
          signal,
          rows,
          before,
        });
      }
      case 'status':
        return new StoredSource(store, asked.request.state).status();
      case 'import':
        return importSessions(store, () => call.chunks(), asked.request, signal);
      case 'move':
        while (store.moveFormer()) {
          await turn();
          signal.throwIfAborted();
        }
        return undefined;
      case 'record': {
        const { sessions, kept } = asked.request;
        store.insert(sessions.map(storedSession), undefined);
        if (kept !== undefined) while (store.removeOldestRecorded(kept, REMOVED_MAX) > 0);
        return undefined;
      }
    }
  }

  async *#inTurn(work: Gives): Gives {
    const before = this.#writing;
    let end!: () => void;
    this.#writing = new Promise((resolve) => (end = resolve));
    try {
      await before;
      return yield* work;
    } finally {
      end();
    }
  }

  async #end(): Promise<void> {
    const calls = [...this.#calls.values()];
    for (const call of calls) call.stop();
    await Promise.all(calls.map((call) => call.next()));
    this.#store?.close();
  }
}

/** What one call does, and what of its file has come. */
class Call {
  readonly #number: number;
  readonly #post: Post;
  readonly #abort = new AbortController();
  readonly #chunks: (Uint8Array | undefined)[] = [];
  #work: Gives | undefined;
  #wake: (() => void) | undefined;
  #isOver = false;

  constructor(number: number, post: Post) {
    this.#number = number;
    this.#post = post;
  }

  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  begin(work: () => Gives): void {
    this.#work = (async function* (): Gives {
      return yield* work();
    })();
  }

  /** Posts a batch, or the end; gives whether the call is over. */
  async next(): Promise<boolean> {
    const call = this.#number;
    try {
      const { done, value } = await this.#work!.next();
      if (this.#isOver) return true;
      this.#isOver = done === true;
      if (done) this.#post({ type: 'done', call, result: value }, buffersOf(value));
      else this.#post({ type: 'batch', call, batch: value });
    } catch (error) {
      this.#isOver = true;
      const failure: RecordsFailure = this.signal.aborted ? { kind: 'stopped' } : failureOf(error);
      this.#post({ type: 'failed', call, failure });
    }
    return this.#isOver;
  }

  stop(): void {
    this.#abort.abort();
    this.#wake?.();
  }

  take(octets: Uint8Array | undefined): void {
    this.#chunks.push(octets);
    this.#wake?.();
  }

  /** Of a file; called again, of the next one. */
  async *chunks(): AsyncGenerator<Uint8Array> {
    const want = (): void => this.#post({ type: 'wants', call: this.#number });
    for (let ahead = 0; ahead < CHUNKS_AHEAD; ahead += 1) want();
    for (;;) {
      this.signal.throwIfAborted();
      if (this.#chunks.length === 0) {
        await new Promise<void>((resolve) => (this.#wake = resolve));
        continue;
      }
      const octets = this.#chunks.shift();
      if (octets === undefined) return;
      yield octets;
      want();
    }
  }
}

/** What of a result is handed over instead of copied. */
function buffersOf(result: unknown): readonly ArrayBuffer[] {
  const { counters } = (result ?? {}) as Partial<Ranking>;
  return counters === undefined ? [] : [counters];
}

function failureOf(error: unknown): RecordsFailure {
  if (error instanceof StoreError) return { kind: 'store', problem: error.problem };
  if (error instanceof ImportError) return { kind: 'import', code: error.code, details: error.details };
  return { kind: 'other', message: error instanceof Error ? (error.stack ?? error.message) : String(error) };
}

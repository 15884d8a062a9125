/** Keeps the kernel's sessions that have ended in the store, as many as is wanted, the latest. */
import type { Clock } from '../clock.ts';
import type { ServiceSessionStore } from '../store/service-session-store.ts';
import type { ConntrackSource } from './conntrack-source.ts';
import { SourceError, type SourceProblem } from './source.ts';
import { storedSession } from './stored.ts';

/** Sessions of a transaction. */
const BATCH_SESSIONS = 64;

/** The oldest are removed when there are so many more than are wanted. */
const SPARE_SESSIONS = 1024;

const turn = (): Promise<void> => new Promise(setImmediate);

export class SessionRecorder {
  readonly #store: ServiceSessionStore;
  readonly #clock: Clock;
  readonly #report: (error: unknown) => void;
  readonly #abort = new AbortController();
  #running = Promise.resolve();
  #problem: SourceProblem | undefined;
  #sinceRemoval = SPARE_SESSIONS;
  /** How many are kept. */
  limit: number;

  constructor(store: ServiceSessionStore, clock: Clock, report: (error: unknown) => void, limit: number) {
    this.#store = store;
    this.#clock = clock;
    this.#report = report;
    this.limit = limit;
  }

  /** Why some, or all, are missing. */
  get problems(): readonly SourceProblem[] {
    return this.#problem === undefined ? [] : [this.#problem];
  }

  start(source: ConntrackSource): void {
    this.#running = this.#record(source);
  }

  /** The store is not used afterwards. */
  async stop(): Promise<void> {
    this.#abort.abort();
    await this.#running;
  }

  async #record(source: ConntrackSource): Promise<void> {
    const { signal } = this.#abort;
    const onLost = (): void => {
      this.#problem = { severity: 'warning', code: 'events-lost' };
    };
    try {
      for await (const sessions of source.ended(signal, () => this.#clock.wallNanos(), onLost)) {
        for (let at = 0; at < sessions.length && !signal.aborted; at += BATCH_SESSIONS) {
          this.#store.insert(sessions.slice(at, at + BATCH_SESSIONS).map(storedSession), undefined);
          await turn();
        }
        await this.#removeOldest(sessions.length, signal);
      }
    } catch (error) {
      if (signal.aborted) return;
      if (error instanceof SourceError) this.#problem = error.problem;
      else this.#report(error);
    }
  }

  async #removeOldest(added: number, signal: AbortSignal): Promise<void> {
    this.#sinceRemoval += added;
    if (this.#sinceRemoval < SPARE_SESSIONS) return;
    this.#sinceRemoval = 0;
    while (!signal.aborted && this.#store.removeOldestRecorded(this.limit, BATCH_SESSIONS) > 0) await turn();
  }
}

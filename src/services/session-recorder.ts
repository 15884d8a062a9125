/** Keeps the kernel's sessions that have ended in the store, as many as is wanted, the latest. */
import type { Clock } from '../clock.ts';
import type { ConntrackSource, Losses } from './conntrack/conntrack-source.ts';
import { KNOWN_CONNECTIONS_MAX } from './conntrack/known-connections.ts';
import type { RecordsThread } from './records/records-thread.ts';
import { SourceError, type SourceProblem } from './source.ts';

/** The oldest are removed when there are so many more than are wanted. */
const SPARE_SESSIONS = 1024;

export class SessionRecorder {
  readonly #thread: RecordsThread;
  readonly #clock: Clock;
  readonly #report: (error: unknown) => void;
  readonly #abort = new AbortController();
  #running = Promise.resolve();
  #problem: SourceProblem | undefined;
  #sinceRemoval = SPARE_SESSIONS;
  /** How many are kept. */
  limit: number;

  constructor(thread: RecordsThread, clock: Clock, report: (error: unknown) => void, limit: number) {
    this.#thread = thread;
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

  /** The thread is not used afterwards. */
  async stop(): Promise<void> {
    this.#abort.abort();
    await this.#running;
  }

  async #record(source: ConntrackSource): Promise<void> {
    const { signal } = this.#abort;
    const onLost = ({ times, found, isPartial }: Losses): void => {
      const partial = isPartial ? { known: KNOWN_CONNECTIONS_MAX } : {};
      this.#problem = { severity: 'warning', code: 'events-lost', details: { times, found, ...partial } };
    };
    try {
      for await (const sessions of source.ended(signal, () => this.#clock.wallNanos(), onLost)) {
        this.#sinceRemoval += sessions.length;
        const isFull = this.#sinceRemoval >= SPARE_SESSIONS;
        if (isFull) this.#sinceRemoval = 0;
        await this.#thread.write('record', { sessions, kept: isFull ? this.limit : undefined });
      }
    } catch (error) {
      if (signal.aborted) return;
      if (error instanceof SourceError) this.#problem = error.problem;
      else this.#report(error);
    }
  }
}

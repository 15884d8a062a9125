/** A datapath worker and the sessions on it, as the main thread sees them. */
import { NativeWorker } from '../native/native-worker.ts';
import { DatapathError } from './datapath.ts';
import type { Capabilities } from './datapath.ts';
import { HeldDescriptors } from './held-descriptors.ts';
import { SESSIONS_MAX, workerCounters } from './link.ts';
import type {
  OpenRequest,
  ReflectorMessage,
  SenderMessage,
  WorkerMessage,
  WorkerRole,
  WorkerStart,
} from './link.ts';
import { monoOriginNanos } from './thread-clock.ts';

/** What a session hears of its worker. */
export interface SessionEvents {
  /** The ring may have samples. Comes before `done` and before the end of a stop, too. */
  samples(): void;
  /** The run has ended by itself. */
  done(): void;
  /** The run is stopped before its end; packets below this number have timed out. */
  cut(awaitedFrom: number): void;
  /** The worker is gone, and the session with it. */
  failed(): void;
}

export interface OpenedSession {
  readonly session: number;
  readonly capabilities: Capabilities;
  readonly localPort: number;
}

interface Opening {
  readonly events: SessionEvents;
  readonly resolve: (opened: OpenedSession) => void;
  readonly reject: (error: DatapathError) => void;
}

export class SessionThread {
  readonly counters = workerCounters();
  readonly #descriptors = new HeldDescriptors();
  readonly #worker: NativeWorker;
  /** Numbers that no session has; the lowest is taken first. */
  readonly #free = Array.from({ length: SESSIONS_MAX }, (_, index) => SESSIONS_MAX - 1 - index);
  readonly #opening = new Map<number, Opening>();
  readonly #open = new Map<number, SessionEvents>();
  /** What to do once a session's port is free. */
  readonly #stopping = new Map<number, () => void>();
  /** What is to be posted at the end of this tick. */
  #outbox: (ReflectorMessage | SenderMessage)[] = [];
  /** What was posted and not yet announced will be. */
  #wakeUp: NodeJS.Immediate | undefined;
  #gone = false;
  #terminated = false;
  #failure = 'it has ended';

  /** Starts the worker at `url`. `onFailed` hears why it has ended, before its sessions do, unless it was terminated. */
  constructor(url: URL, role: WorkerRole, onFailed: (error: DatapathError) => void) {
    const start: WorkerStart = {
      role,
      counters: this.counters.buffer,
      descriptors: this.#descriptors.buffer,
      monoOriginNanos: monoOriginNanos(),
    };
    this.#worker = new NativeWorker(url, { workerData: start, execArgv: [], name: `datapath-${role}` });
    this.#worker.on('message', (messages: readonly WorkerMessage[]) => {
      for (const message of messages) this.#hear(message);
    });
    // What it holds can be closed only when the thread is gone: the exit comes after the error.
    this.#worker.on('error', (error) => (this.#failure = error.message));
    this.#worker.on('exit', () => {
      const error = new DatapathError('failed', `the ${role} worker has failed: ${this.#failure}`);
      if (!this.#terminated) onFailed(error);
      this.#fail(error);
    });
  }

  /** The worker has ended: this object can only be thrown away. */
  get gone(): boolean {
    return this.#gone;
  }

  /** Rejects with DatapathError. */
  open(request: OpenRequest, events: SessionEvents): Promise<OpenedSession> {
    return new Promise((resolve, reject) => {
      const session = this.#free.pop();
      if (session === undefined) {
        reject(new DatapathError('failed', `all ${SESSIONS_MAX} sessions of the worker are in use`));
        return;
      }
      this.#opening.set(session, { events, resolve, reject });
      this.post({ type: 'open', session, request });
    });
  }

  /**
   * Posts the message with all others of this tick, which ends before anything that a Transport was given in it leaves:
   * whoever is told of a start or a run may send at once, and the worker must hear of it first.
   */
  post(message: ReflectorMessage | SenderMessage): void {
    if (this.#outbox.length === 0) process.nextTick(() => this.#send());
    this.#outbox.push(message);
  }

  #send(): void {
    const messages = this.#outbox;
    this.#outbox = [];
    this.#worker.postMessage(messages);
    if (messages.every(({ type }) => type === 'open' || type === 'stop')) this.#wakeSoon();
    else this.#descriptors.wake();
  }

  /** One wake-up for all that this turn of the event loop opens and stops. */
  #wakeSoon(): void {
    if (this.#wakeUp !== undefined) return;
    this.#wakeUp = setImmediate(() => {
      this.#wakeUp = undefined;
      this.#descriptors.wake();
    });
  }

  /**
   * Resolves when the session's port is free. `beforeReuse` runs while the counters of its number are still
   * its own.
   */
  stop(session: number, beforeReuse: () => void): Promise<void> {
    return new Promise((resolve) => {
      const end = (): void => {
        beforeReuse();
        resolve();
      };
      if (this.#gone) {
        end();
        return;
      }
      this.#stopping.set(session, end);
      this.post({ type: 'stop', session });
    });
  }

  /** Ends the worker; its sessions hear that it has failed. */
  async terminate(): Promise<void> {
    this.#terminated = true;
    await this.#worker.loaded();
    const ended = this.#worker.terminate();
    this.#descriptors.wake();
    await ended;
  }

  #hear(message: WorkerMessage): void {
    switch (message.type) {
      case 'loaded':
        break;
      case 'opened':
        this.#opened(message);
        break;
      case 'refused':
        this.#opening.get(message.session)?.reject(new DatapathError(message.code, message.message));
        this.#opening.delete(message.session);
        this.#free.push(message.session);
        break;
      case 'stopped':
        this.#stopped(message.session);
        break;
      case 'cut':
        this.#open.get(message.session)?.cut(message.awaitedFrom);
        break;
      case 'samples':
        for (const events of this.#open.values()) events.samples();
        break;
      case 'done':
        this.#open.get(message.session)?.samples();
        this.#open.get(message.session)?.done();
        break;
    }
  }

  #opened({ session, localPort, capabilities }: OpenedSession): void {
    const { events, resolve } = this.#opening.get(session)!;
    this.#opening.delete(session);
    this.#open.set(session, events);
    resolve({ session, localPort, capabilities });
  }

  #stopped(session: number): void {
    this.#open.get(session)?.samples();
    this.#open.delete(session);
    this.#stopping.get(session)?.();
    this.#stopping.delete(session);
    this.#free.push(session);
  }

  #fail(error: DatapathError): void {
    this.#gone = true;
    this.#descriptors.closeAll();
    for (const { reject } of this.#opening.values()) reject(error);
    for (const events of this.#open.values()) {
      events.samples();
      events.failed();
    }
    for (const end of this.#stopping.values()) end();
  }
}

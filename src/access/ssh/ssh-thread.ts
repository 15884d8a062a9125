/** The ssh worker, as the main thread sees it. */
import { Worker } from 'node:worker_threads';
import { keyOf, ListenFailure, type ListenAddress } from '../listening.ts';
import type { FromWorker, ToWorker, WorkerStart } from './link.ts';

/** What the worker's JavaScript may hold; beyond it, the worker alone ends. */
const HEAP_MEBIBYTES_MAX = 256;

export interface SshThreadEvents {
  readonly heard: (message: FromWorker) => void;
  /** The worker has ended by itself; `reason` says why. */
  readonly failed: (reason: string) => void;
}

interface Listening {
  readonly resolve: () => void;
  readonly reject: (error: ListenFailure) => void;
}

export class SshThread {
  readonly #worker: Worker;
  readonly #events: SshThreadEvents;
  readonly #listening = new Map<string, Listening>();
  #terminated = false;
  #reason = 'it has ended';

  constructor(url: URL, start: WorkerStart, events: SshThreadEvents) {
    this.#events = events;
    this.#worker = new Worker(url, {
      workerData: start,
      execArgv: [],
      name: 'ssh',
      resourceLimits: { maxOldGenerationSizeMb: HEAP_MEBIBYTES_MAX },
    });
    this.#worker.on('message', (message: FromWorker) => this.#hear(message));
    this.#worker.on('error', (error) => (this.#reason = error.message));
    this.#worker.on('exit', () => this.#exit());
  }

  post(message: ToWorker): void {
    this.#worker.postMessage(message);
  }

  /** Rejects with ListenFailure. */
  listen(at: ListenAddress): Promise<void> {
    return this.#ask('listen', at);
  }

  /** Rejects with ListenFailure when the worker ends. */
  unlisten(at: ListenAddress): Promise<void> {
    return this.#ask('unlisten', at);
  }

  #ask(type: 'listen' | 'unlisten', at: ListenAddress): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#listening.set(keyOf(at), { resolve, reject });
      this.post({ type, at });
    });
  }

  async terminate(): Promise<void> {
    this.#terminated = true;
    await this.#worker.terminate();
  }

  #hear(message: FromWorker): void {
    if (message.type === 'listening' || message.type === 'unlistened') this.#settle(message.at)?.resolve();
    else if (message.type === 'not-listening')
      this.#settle(message.at)?.reject(new ListenFailure(message.at, message.code));
    else this.#events.heard(message);
  }

  #settle(at: ListenAddress): Listening | undefined {
    const listening = this.#listening.get(keyOf(at));
    this.#listening.delete(keyOf(at));
    return listening;
  }

  #exit(): void {
    for (const [key, { reject }] of this.#listening) {
      const { address, port } = JSON.parse(key) as ListenAddress;
      reject(new ListenFailure({ address, port }, ''));
    }
    if (!this.#terminated) this.#events.failed(this.#reason);
  }
}

/** Workers that have the stored sessions, as the main thread sees them: one that searches, and one that writes. */
import { StoreError } from '../../store/database.ts';
import { ImportError } from './import.ts';
import {
  CLOSE,
  type RecordsAsked,
  type RecordsFailure,
  type RecordsMessage,
  type RecordsWorks,
  type WorkName,
} from './records-link.ts';
import { WorkerCalls, type Caller, type WorkerPort } from '../worker-calls.ts';

/** Batches that are asked for before they are needed. */
const BATCHES_AHEAD = 2;

/** Each rejects with StoreError, ImportError, or the reason of the signal. */
export class RecordsThread {
  /** Imports take long, and searches should not wait for them. */
  readonly #searching: WorkerCalls<RecordsAsked, RecordsMessage>;
  readonly #writing: WorkerCalls<RecordsAsked, RecordsMessage>;

  /** `start`: starts `records-worker.ts`, bundled. */
  constructor(start: () => WorkerPort) {
    this.#searching = new WorkerCalls(start);
    this.#writing = new WorkerCalls(start);
  }

  /** Batches; nothing is read ahead of the reader but a few of them. */
  search<Name extends 'select' | 'draw'>(
    work: Name,
    request: RecordsWorks[Name]['request'],
    signal: AbortSignal,
  ): AsyncGenerator<RecordsWorks[Name]['batch']> {
    return new RecordsCall(this.#searching, work, request).batches(signal);
  }

  /** What a search gives without batches. */
  ask<Name extends 'count' | 'rank' | 'status'>(
    work: Name,
    request: RecordsWorks[Name]['request'],
    signal?: AbortSignal,
    transfer: readonly ArrayBuffer[] = [],
  ): Promise<RecordsWorks[Name]['result']> {
    return new RecordsCall(this.#searching, work, request, { transfer }).result(signal);
  }

  /** `chunks`: of the file that is imported, or of several, with undefined between them. One that has its buffer to itself is taken over. */
  write<Name extends 'clear' | 'import' | 'move' | 'record'>(
    work: Name,
    request: RecordsWorks[Name]['request'],
    signal?: AbortSignal,
    chunks?: AsyncIterable<Uint8Array | undefined>,
  ): Promise<RecordsWorks[Name]['result']> {
    return new RecordsCall(this.#writing, work, request, { chunks }).result(signal);
  }

  /** What is under way is given up. */
  async close(): Promise<void> {
    await Promise.all(
      [this.#searching, this.#writing].map((calls) => calls.close((port) => port.postMessage(CLOSE))),
    );
  }
}

interface CallOptions {
  readonly chunks?: AsyncIterable<Uint8Array | undefined> | undefined;
  /** Of the request. */
  readonly transfer?: readonly ArrayBuffer[];
}

class RecordsCall<Name extends WorkName> implements Caller<RecordsMessage> {
  readonly #calls: WorkerCalls<RecordsAsked, RecordsMessage>;
  readonly #chunks: AsyncIterator<Uint8Array | undefined> | undefined;
  readonly #arrived: RecordsMessage[] = [];
  #call = 0;
  #wake: (() => void) | undefined;
  /** Why there is no chunk of the file any more. */
  #unreadable: { readonly error: unknown } | undefined;

  constructor(
    calls: WorkerCalls<RecordsAsked, RecordsMessage>,
    work: Name,
    request: RecordsWorks[Name]['request'],
    { chunks, transfer = [] }: CallOptions = {},
  ) {
    this.#calls = calls;
    this.#chunks = chunks?.[Symbol.asyncIterator]();
    calls.begin(
      this,
      (call) => {
        this.#call = call;
        return { type: 'begin', call, work, request } as RecordsAsked;
      },
      transfer,
    );
  }

  async result(signal?: AbortSignal): Promise<RecordsWorks[Name]['result']> {
    try {
      this.#next();
      const message = await this.#ended(signal);
      return (message as { readonly result: RecordsWorks[Name]['result'] }).result;
    } finally {
      await this.#chunks?.return?.();
    }
  }

  async *batches(signal: AbortSignal): AsyncGenerator<RecordsWorks[Name]['batch']> {
    try {
      for (let ahead = 0; ahead < BATCHES_AHEAD; ahead += 1) this.#next();
      for (;;) {
        const message = await this.#ended(signal);
        if (message.type !== 'batch') return;
        this.#next();
        yield message.batch as RecordsWorks[Name]['batch'];
      }
    } finally {
      // Of what is over it says nothing.
      this.#stop();
    }
  }

  hear(message: RecordsMessage): boolean {
    if (message.type === 'wants') void this.#give();
    else {
      this.#arrived.push(message);
      this.#wake?.();
    }
    return message.type === 'done' || message.type === 'failed';
  }

  fail(reason: string): void {
    const failure: RecordsFailure = { kind: 'other', message: `the records worker has failed: ${reason}` };
    this.hear({ type: 'failed', call: this.#call, failure });
  }

  /** A batch, or the end; the worker is told when the signal is aborted, and has the last word. */
  async #ended(signal: AbortSignal | undefined): Promise<RecordsMessage> {
    const stop = (): void => this.#stop();
    if (signal?.aborted) stop();
    signal?.addEventListener('abort', stop);
    try {
      while (this.#arrived.length === 0) await new Promise<void>((resolve) => (this.#wake = resolve));
      const message = this.#arrived.shift()!;
      if (message.type !== 'failed') return message;
      if (this.#unreadable !== undefined) throw this.#unreadable.error;
      if (message.failure.kind === 'stopped') signal?.throwIfAborted();
      throw errorOf(message.failure);
    } finally {
      signal?.removeEventListener('abort', stop);
    }
  }

  #next(): void {
    this.#calls.say({ type: 'next', call: this.#call });
  }

  #stop(): void {
    this.#calls.say({ type: 'stop', call: this.#call });
  }

  async #give(): Promise<void> {
    try {
      const next = await this.#chunks!.next();
      const octets = next.done ? undefined : next.value;
      this.#calls.say({ type: 'chunk', call: this.#call, octets }, ownBuffer(octets));
    } catch (error) {
      this.#unreadable = { error };
      this.#stop();
    }
  }
}

/** The buffer that octets have to themselves: it is handed over instead of copied. */
function ownBuffer(octets: Uint8Array | undefined): readonly ArrayBuffer[] {
  const buffer = octets?.buffer;
  return buffer instanceof ArrayBuffer && octets!.length === buffer.byteLength ? [buffer] : [];
}

function errorOf(failure: RecordsFailure): Error {
  if (failure.kind === 'store') return new StoreError(failure.problem);
  if (failure.kind === 'import') return new ImportError(failure.code, failure.details);
  return new Error(failure.kind === 'other' ? failure.message : 'the records worker was told to stop');
}

/** The worker that reads the kernel's connections, as the main thread sees it; started when it is first needed. */
import { closeSync } from 'node:fs';
import { NativeWorker } from '../../native/native-worker.ts';
import type {
  EndMessage,
  PartMessage,
  ReaderMessage,
  ReadingMessage,
  ReadingSockets,
  ReadRequest,
} from './conntrack-link.ts';
import { WorkerCalls, type Caller } from '../worker-calls.ts';

/** The kernel has refused, or the worker has failed. */
export class ReadingError extends Error {
  /** 'EPERM' and the like, or 'worker'. */
  readonly code: string;

  constructor(call: string, code: string) {
    super(`${call}: ${code}`);
    this.name = 'ReadingError';
    this.code = code;
  }
}

export class ConntrackThread {
  readonly #calls: WorkerCalls<ReaderMessage, ReadingMessage>;
  #worker: NativeWorker | undefined;

  /** `workerUrl`: the bundled `conntrack-worker.ts`. */
  constructor(workerUrl: URL) {
    this.#calls = new WorkerCalls(
      () => (this.#worker = new NativeWorker(workerUrl, { execArgv: [], name: 'conntrack' })),
    );
  }

  /** Begins to read. The sockets are closed when that has ended, however it does. */
  read(request: Omit<ReadRequest, 'type' | 'call'>): Reading {
    return new Reading(this.#calls, request);
  }

  /** Readings that have not ended fail. */
  close(): Promise<void> {
    return this.#calls.close(async () => {
      const worker = this.#worker!;
      await worker.loaded();
      await worker.terminate();
    });
  }
}

/** What is read, for one reader at a time. */
export class Reading implements Caller<ReadingMessage> {
  readonly #calls: WorkerCalls<ReaderMessage, ReadingMessage>;
  readonly #sockets: readonly ReadingSockets[];
  #call = 0;
  readonly #parts: PartMessage[] = [];
  #end: EndMessage | undefined;
  #failure: ReadingError | undefined;
  #wake: (() => void) | undefined;

  constructor(
    calls: WorkerCalls<ReaderMessage, ReadingMessage>,
    request: Omit<ReadRequest, 'type' | 'call'>,
  ) {
    this.#calls = calls;
    this.#sockets = request.sockets;
    const { before } = request;
    calls.begin(
      this,
      (call) => {
        this.#call = call;
        return { ...request, type: 'read', call };
      },
      before === undefined ? [] : [before],
    );
  }

  /** The next part, or the end. Rejects with ReadingError, or with the signal's reason. */
  async next(signal: AbortSignal): Promise<PartMessage | EndMessage> {
    const wake = (): void => this.#wake?.();
    signal.addEventListener('abort', wake);
    try {
      for (;;) {
        signal.throwIfAborted();
        if (this.#failure !== undefined) throw this.#failure;
        const message = this.#parts.shift() ?? this.#end;
        if (message !== undefined) return message;
        await new Promise<void>((resolve) => (this.#wake = resolve));
      }
    } finally {
      signal.removeEventListener('abort', wake);
    }
  }

  /** The chunk has been read; its buffer is the worker's again. */
  giveBack({ buffer }: { readonly buffer: ArrayBuffer }): void {
    this.#calls.say({ type: 'more', call: this.#call, buffer }, [buffer]);
  }

  /** Nobody reads any more. */
  stop(): void {
    this.#calls.say({ type: 'stop', call: this.#call });
  }

  hear(message: ReadingMessage): boolean {
    if (message.type === 'failed') this.#failure = new ReadingError(message.systemCall, message.code);
    else if (message.type === 'end') this.#end = message;
    else this.#parts.push(message);
    const isOver = message.type === 'failed' || message.type === 'end';
    if (isOver) this.#close();
    this.#wake?.();
    return isOver;
  }

  fail(reason: string): void {
    this.#failure = new ReadingError(`the conntrack worker has failed: ${reason}`, 'worker');
    this.#close();
    this.#wake?.();
  }

  // The thread has ended with the reading, or is gone: nobody else has the sockets.
  #close(): void {
    for (const sockets of this.#sockets) closeSockets(sockets);
  }
}

export function closeSockets({ dumps, single }: ReadingSockets): void {
  for (const fd of [...dumps, single]) closeSync(fd);
}

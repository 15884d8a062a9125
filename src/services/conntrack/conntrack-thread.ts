/** The worker that reads the kernel's connections, as the main thread sees it; started when it is first needed. */
import { closeSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import type {
  EndMessage,
  PartMessage,
  ReaderMessage,
  ReadingMessage,
  ReadingSockets,
  ReadRequest,
} from './conntrack-link.ts';

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
  readonly #workerUrl: URL;
  #worker: Worker | undefined;
  readonly #readings = new Map<number, Reading>();
  #made = 0;

  /** `workerUrl`: the bundled `conntrack-worker.ts`. */
  constructor(workerUrl: URL) {
    this.#workerUrl = workerUrl;
  }

  /** Begins to read. The sockets are closed when that has ended, however it does. */
  read(request: Omit<ReadRequest, 'type' | 'reading'>): Reading {
    this.#made += 1;
    const number = this.#made;
    const worker = this.#started();
    const reading = new Reading(number, request.sockets, (message, transfer) =>
      worker.postMessage(message, transfer),
    );
    this.#readings.set(number, reading);
    worker.ref();
    const { before } = request;
    worker.postMessage(
      { ...request, type: 'read', reading: number } satisfies ReadRequest,
      before === undefined ? [] : [before],
    );
    return reading;
  }

  /** Readings that have not ended fail. */
  async close(): Promise<void> {
    await this.#worker?.terminate();
  }

  #started(): Worker {
    if (this.#worker !== undefined) return this.#worker;
    const worker = new Worker(this.#workerUrl, { execArgv: [], name: 'conntrack' });
    let failure = 'it has ended';
    worker.on('message', (message: ReadingMessage) => this.#hear(message));
    worker.on('error', (error) => (failure = error.message));
    // Its sockets can be closed only when the thread is gone: the exit comes after the error.
    worker.on('exit', () => {
      this.#worker = undefined;
      const readings = [...this.#readings.values()];
      this.#readings.clear();
      for (const reading of readings)
        reading.fail(new ReadingError(`the conntrack worker has failed: ${failure}`, 'worker'));
    });
    this.#worker = worker;
    return worker;
  }

  #hear(message: ReadingMessage): void {
    const reading = this.#readings.get(message.reading);
    if (message.type === 'end' || message.type === 'failed') {
      this.#readings.delete(message.reading);
      // An idle worker keeps nobody from ending.
      if (this.#readings.size === 0) this.#worker?.unref();
    }
    reading?.hear(message);
  }
}

type Send = (message: ReaderMessage, transfer: readonly ArrayBuffer[]) => void;

/** What is read, for one reader at a time. */
export class Reading {
  readonly #number: number;
  readonly #sockets: readonly ReadingSockets[];
  readonly #send: Send;
  readonly #parts: PartMessage[] = [];
  #end: EndMessage | undefined;
  #failure: ReadingError | undefined;
  #wake: (() => void) | undefined;

  constructor(number: number, sockets: readonly ReadingSockets[], send: Send) {
    this.#number = number;
    this.#sockets = sockets;
    this.#send = send;
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
    if (this.#isRunning) this.#send({ type: 'more', reading: this.#number, buffer }, [buffer]);
  }

  /** Nobody reads any more. */
  stop(): void {
    if (this.#isRunning) this.#send({ type: 'stop', reading: this.#number }, []);
  }

  hear(message: ReadingMessage): void {
    if (message.type === 'failed') this.fail(new ReadingError(message.call, message.code));
    else if (message.type === 'end') {
      this.#end = message;
      this.#close();
    } else this.#parts.push(message);
    this.#wake?.();
  }

  fail(error: ReadingError): void {
    if (!this.#isRunning) return;
    this.#failure = error;
    this.#close();
    this.#wake?.();
  }

  get #isRunning(): boolean {
    return this.#end === undefined && this.#failure === undefined;
  }

  #close(): void {
    for (const sockets of this.#sockets) closeSockets(sockets);
  }
}

export function closeSockets({ dumps, single }: ReadingSockets): void {
  for (const fd of [...dumps, single]) closeSync(fd);
}

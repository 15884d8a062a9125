/** A worker and the calls that are made to it, as the thread that makes them sees it; started when it is first needed. */

/** A Worker, or the one end of a MessageChannel whose other end is served in this thread. */
export interface WorkerPort {
  postMessage(message: unknown, transfer?: readonly ArrayBuffer[]): void;
  /** `message`, `error`, and `exit` or `close`. */
  on(event: string, listener: (value: unknown) => void): unknown;
  ref(): void;
  unref(): void;
}

/** What a worker says about one call. */
export interface Said {
  readonly call: number;
}

/** Who made a call. */
export interface Caller<Message extends Said> {
  /** Gives whether the call has ended with that. */
  hear(message: Message): boolean;
  /** There is no worker any more; in its words why. */
  fail(reason: string): void;
}

export class WorkerCalls<Asked extends Said, Message extends Said> {
  readonly #start: () => WorkerPort;
  #port: WorkerPort | undefined;
  #ended: Promise<void> = Promise.resolve();
  readonly #callers = new Map<number, Caller<Message>>();
  #made = 0;

  constructor(start: () => WorkerPort) {
    this.#start = start;
  }

  /** Makes a call: `ask` gives the first message of the one with that number. */
  begin(caller: Caller<Message>, ask: (call: number) => Asked, transfer: readonly ArrayBuffer[] = []): void {
    this.#made += 1;
    const port = this.#started();
    this.#callers.set(this.#made, caller);
    port.ref();
    port.postMessage(ask(this.#made), transfer);
  }

  /** Of a call that goes on; says nothing where the worker is gone. */
  say(message: Asked, transfer: readonly ArrayBuffer[] = []): void {
    if (this.#callers.has(message.call)) this.#port?.postMessage(message, transfer);
  }

  /** Calls that go on fail when the worker ends, which `end` brings about. */
  async close(end: (port: WorkerPort) => unknown): Promise<void> {
    if (this.#port === undefined) return;
    this.#port.ref();
    end(this.#port);
    await this.#ended;
  }

  #started(): WorkerPort {
    if (this.#port !== undefined) return this.#port;
    const port = this.#start();
    let failure = 'it has ended';
    port.on('message', (message) => this.#hear(message as Message));
    port.on('error', (error) => (failure = (error as Error).message));
    this.#ended = new Promise((resolve) => {
      const ended = (): void => {
        if (this.#port !== port) return;
        this.#port = undefined;
        const callers = [...this.#callers.values()];
        this.#callers.clear();
        for (const caller of callers) caller.fail(failure);
        resolve();
      };
      // A thread is gone when it exits, which comes after its error.
      port.on('exit', ended);
      port.on('close', ended);
    });
    this.#port = port;
    return port;
  }

  #hear(message: Message): void {
    if (this.#callers.get(message.call)?.hear(message) !== true) return;
    this.#callers.delete(message.call);
    // An idle worker keeps nobody from ending.
    if (this.#callers.size === 0) this.#port?.unref();
  }
}

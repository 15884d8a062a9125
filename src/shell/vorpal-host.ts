/**
 * The only file that touches vorpal: the registry and dispatcher of one login's commands, without its terminal UI, whose
 * prompt, history and pipes lose lines and passwords (docs/decisions.md).
 */
import { EventEmitter } from 'node:events';

/** The little of vorpal that is used here; the package brings no types. */
interface Vorpal {
  ui: EventEmitter;
  readonly commands: readonly { readonly _name: string; remove(): void }[];
  command(name: string, help: string): VorpalCommand;
  exec(
    line: string,
    args: Record<string, unknown>,
    callback: (error: unknown, result: unknown) => void,
  ): void;
  use(extension: (vorpal: Vorpal) => void): Vorpal;
}
interface VorpalCommand {
  action(
    run: (this: unknown, args: Dispatched, callback: (error?: unknown, result?: unknown) => void) => void,
  ): void;
}
interface Dispatched {
  readonly job: () => Promise<unknown>;
}

type VorpalConstructor = new () => Vorpal;

let loading: Promise<VorpalConstructor> | undefined;

/** Vorpal is loaded on the first login, once, and what it does to the process is undone. */
function vorpalConstructor(): Promise<VorpalConstructor> {
  loading ??= load();
  return loading;
}

async function load(): Promise<VorpalConstructor> {
  // Its polyfill otherwise breaks 'abc'.at(-1) and JSON.stringify of a Map for the whole process.
  (globalThis as Record<string, unknown>)['_babelPolyfill'] = true;
  const forgetSignals = remember(process, SIGNALS);
  let forgetKeys: (() => void) | undefined;
  const unwatch = watchInput((stdin) => (forgetKeys ??= remember(stdin, KEYS)));
  try {
    const { default: vorpal } = (await import('vorpal')) as { default: VorpalConstructor };
    return vorpal;
  } finally {
    unwatch();
    forgetSignals();
    forgetKeys?.();
  }
}

/** What vorpal listens for on the process, and on standard input. */
const SIGNALS: readonly string[] = ['SIGINT', 'SIGTERM', 'exit'];
const KEYS: readonly string[] = ['data', 'keypress', 'end'];

/** Gives what removes the listeners that have been added since. */
function remember(emitter: NodeJS.EventEmitter, events: readonly string[]): () => void {
  const before = events.map((event) => emitter.listeners(event));
  return () => {
    for (const [index, event] of events.entries()) {
      for (const listener of emitter.listeners(event) as Parameters<typeof emitter.on>[1][]) {
        if (!before[index]!.includes(listener)) emitter.removeListener(event, listener);
      }
    }
  };
}

/**
 * Shows standard input to `seen` before whoever reads it, until what is given is called. It is made by its first reader, which a batch
 * given as an argument does without: vorpal reads it for its terminal UI, which the program has not (scripts/lazy-modules.js).
 */
function watchInput(seen: (stdin: NodeJS.ReadStream) => void): () => void {
  const property = Object.getOwnPropertyDescriptor(process, 'stdin')!;
  const get = (): NodeJS.ReadStream => {
    const stdin = property.get!.call(process) as NodeJS.ReadStream;
    seen(stdin);
    return stdin;
  };
  Object.defineProperty(process, 'stdin', { ...property, get });
  return () => void Object.defineProperty(process, 'stdin', property);
}

/** All that dispatching asks of the terminal UI. */
const NO_UI = { _midPrompt: false };

export class VorpalHost {
  readonly #vorpal: Vorpal;
  #last: Promise<unknown> = Promise.resolve();

  private constructor(vorpal: Vorpal, commands: Iterable<readonly [name: string, help: string]>) {
    this.#vorpal = vorpal;
    this.#vorpal.ui = Object.assign(new EventEmitter(), NO_UI);
    for (const builtIn of [...this.#vorpal.commands]) builtIn.remove();
    for (const [name, help] of commands) {
      this.#vorpal.command(registered(name), help).action((args, callback) => {
        // Never a rejection and never a synchronous throw: either would wedge vorpal's queue.
        args.job().then(
          (value) => callback(undefined, { value }),
          (error: unknown) => callback(undefined, { error }),
        );
      });
    }
  }

  /** Registers every command by its canonical name. */
  static async open(commands: Iterable<readonly [name: string, help: string]>): Promise<VorpalHost> {
    const Vorpal = await vorpalConstructor();
    const forgetSignals = remember(process, SIGNALS);
    const vorpal = new Vorpal();
    forgetSignals();
    // One terminal UI serves all instances and would keep each of them for ever.
    vorpal.ui.removeAllListeners();
    return new VorpalHost(vorpal, commands);
  }

  /** Runs `job` as the command of that name, one job at a time: a command that vorpal itself queues is never completed. */
  dispatch<T>(name: string, job: () => Promise<T>): Promise<T> {
    const turn = this.#last.then(() => this.#exec(name, job));
    this.#last = turn.catch(() => undefined);
    return turn;
  }

  /** Only the name is given to vorpal as text: it would parse our words by rules of its own. */
  #exec<T>(name: string, job: () => Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      this.#vorpal.exec(registered(name), { job }, (failure, result) => {
        const outcome = result as { readonly value: T } | { readonly error: unknown } | undefined;
        if (outcome && 'value' in outcome) resolve(outcome.value);
        else reject(asError(outcome ? outcome.error : failure));
      });
    });
  }

  /** Adds a vorpal extension. */
  use(extension: (vorpal: unknown) => void): void {
    this.#vorpal.use(extension);
  }
}

/** A handler's name as one vorpal word. */
function registered(name: string): string {
  return `run-${name}`;
}

function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown));
}

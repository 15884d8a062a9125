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
  const before = listenersOf();
  const { default: vorpal } = (await import('vorpal')) as { default: VorpalConstructor };
  removeListenersSince(before);
  return vorpal;
}

/** The emitters on which vorpal puts listeners of its own, for signals and keys. */
const touched: readonly (readonly [NodeJS.EventEmitter, string])[] = [
  [process, 'SIGINT'],
  [process, 'SIGTERM'],
  [process, 'exit'],
  [process.stdin, 'data'],
  [process.stdin, 'keypress'],
  [process.stdin, 'end'],
];

type Listener = Parameters<NodeJS.EventEmitter['on']>[1];

function listenersOf(): readonly Listener[][] {
  return touched.map(([emitter, event]) => emitter.listeners(event) as Listener[]);
}

function removeListenersSince(before: readonly Listener[][]): void {
  for (const [index, [emitter, event]] of touched.entries()) {
    for (const listener of emitter.listeners(event) as Listener[]) {
      if (!before[index]!.includes(listener)) emitter.removeListener(event, listener);
    }
  }
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
    const before = listenersOf();
    const vorpal = new Vorpal();
    removeListenersSince(before);
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

/** Routers as services that are watched from the inside (inside.js). */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { openFiles, residentOctets } from '../benchmark/process-usage.ts';
import { ROUTER, runRouter, type Workshop } from '../benchmark/programs.ts';
import type { Holding } from './verdict.ts';

/** Of a main thread, since the last time it was asked: how late it came to things. */
export interface LoopDelay {
  readonly p99Millis: number;
  readonly maxMillis: number;
}

export const WORKERS = ['conntrack-worker', 'datapath-worker', 'records-worker', 'ssh-worker'] as const;
export type WorkerName = (typeof WORKERS)[number];

/** For how long after a worker was ended what went wrong with it is no error. */
const MOURNING_MILLIS = 8_000;

const ANSWER_MILLIS_MAX = 20_000;

export class WatchedRouter {
  readonly name: string;
  readonly state: string;
  readonly #child: ChildProcess & { readonly pid: number };
  readonly #complain: (text: string) => void;
  #endedWorkerAt = -Infinity;
  #stopping = false;

  private constructor(name: string, state: string, complain: (text: string) => void) {
    this.name = name;
    this.state = state;
    this.#complain = complain;
    const child = spawn(ROUTER, ['--state', state, '--daemon'], {
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      env: { ...process.env, NODE_OPTIONS: `--import ${join(import.meta.dirname, 'inside.js')}` },
    });
    this.#child = child as ChildProcess & { readonly pid: number };
    createInterface(child.stderr!).on('line', (line) => {
      if (!this.mourned()) complain(`${name}: ${line}`);
    });
    child.once('exit', (status, signal) => {
      if (!this.#stopping) complain(`${name} ended: ${signal ?? status}`);
    });
  }

  /** Configures it, and has it serve. What it says unasked is complained about. */
  static async start(
    workshop: Workshop,
    name: string,
    lines: readonly string[],
    complain: (text: string) => void,
  ): Promise<WatchedRouter> {
    const state = workshop.room();
    await runRouter(workshop, state, ['configure', ...lines, 'commit and-quit']);
    const router = new WatchedRouter(name, state, complain);
    workshop.defer(() => void router.#child.kill('SIGKILL'));
    await router.#reachable();
    return router;
  }

  /** Resolves when programs can attach. */
  async #reachable(): Promise<void> {
    const latest = Date.now() + ANSWER_MILLIS_MAX;
    while (!existsSync(join(this.state, 'attach'))) {
      if (this.#child.exitCode !== null || Date.now() > latest)
        throw new Error(`${this.name} does not serve`);
      await sleep(50);
    }
  }

  /** A worker was ended since then, or so lately before, that complaints are to be expected. */
  mourned(sinceMillis = performance.now()): boolean {
    return sinceMillis < this.#endedWorkerAt + MOURNING_MILLIS;
  }

  endWorker(worker: WorkerName): void {
    this.#endedWorkerAt = performance.now();
    this.#child.send({ type: 'end-worker', worker });
  }

  async loopDelay(): Promise<LoopDelay> {
    this.#child.send({ type: 'delay' });
    const [delay] = (await once(this.#child, 'message', {
      signal: AbortSignal.timeout(ANSWER_MILLIS_MAX),
    })) as [LoopDelay];
    return delay;
  }

  holding(seconds: number): Holding {
    const { pid } = this.#child;
    return {
      seconds,
      residentOctets: residentOctets(pid),
      files: openFiles(pid),
      threads: readdirSync(`/proc/${pid}/task`).length,
    };
  }

  /** Complains unless it ends with status 0. */
  async stop(): Promise<void> {
    this.#stopping = true;
    const exited = once(this.#child, 'exit') as Promise<[number | null, string | null]>;
    this.#child.kill('SIGTERM');
    const [status, signal] = await exited;
    if (status !== 0) this.#complain(`${this.name} ended with ${signal ?? status}`);
  }
}

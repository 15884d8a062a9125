/** The tests of some files, loaded once, to be run as often as one likes: by vitest's own runner, in this process. */
import { performance } from 'node:perf_hooks';
import { relative } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Script } from 'node:vm';
import { configureGlobal } from 'fast-check';
import { getFn, startTests, type File, type Suite, type Task, type Test } from '@vitest/runner';
import type { VitestRunner } from '@vitest/runner';
import { getTestName, getTests } from '@vitest/runner/utils';

/** Properties are tried with so many values, always the same ones, and a counterexample is not made smaller. */
const PROPERTY_RUNS = 30;
/** A test in which nothing has happened for this long waits for ever. */
const IDLE_MILLIS = 2000;
const LOOK_MILLIS = 250;
/** Processor time between two looks by which something is being done. */
const WORK_MILLIS = 10;

export interface Ended {
  readonly id: string;
  /** Processor time. */
  readonly busyMillis: number;
  /** Undefined: it passed. */
  readonly failure: string | undefined;
  /** It was given up: it waited for what never came, or came to no end. */
  readonly overdue: boolean;
}

/** What is told of a run; `ended` says whether that was enough. */
export interface Watcher {
  /** Processor time that a test may take at a stretch, in ms; undefined: any. */
  readonly limitMillis?: (id: string) => number;
  readonly begins?: (id: string) => void;
  readonly ended: (end: Ended) => boolean;
}

class Overdue extends Error {}

export class TestRuns {
  readonly #root: string;
  readonly #files = new Map<string, File>();
  readonly #tests = new Map<string, Test>();
  readonly #ids = new Map<Task, string>();
  /** Errors outside of any test's own course: a promise nobody awaited, a timer's function. */
  readonly strays: unknown[] = [];

  /** The paths of tests' ids are below `root`. */
  constructor(root: string) {
    this.#root = root;
  }

  async init(): Promise<void> {
    standInForWorker();
    for (const event of ['uncaughtException', 'unhandledRejection'] as const)
      process.on(event, (reason: unknown) => void this.strays.push(reason));
    process.env['MANY'] = String(PROPERTY_RUNS);
    await import('vitest');
    configureGlobal({ seed: 1, numRuns: PROPERTY_RUNS, endOnFailure: true });
  }

  get ids(): string[] {
    return [...this.#tests.keys()];
  }

  pathOf(id: string): string {
    return this.#tests.get(id)?.file.filepath ?? '';
  }

  /** Loads the files that have not been. */
  async load(paths: readonly string[]): Promise<void> {
    const missing = paths.filter((path) => !this.#files.has(path));
    if (missing.length === 0) return;
    const runner = runnerWith({
      onCollected: (files) => {
        for (const file of files.splice(0)) this.#keep(file);
      },
    });
    await startTests(missing, runner);
  }

  #keep(file: File): void {
    const error = file.result?.errors?.[0];
    if (error) throw new Error(`${file.filepath}: ${error.message}`);
    this.#files.set(file.filepath, file);
    for (const test of getTests(file)) {
      if (test.mode !== 'run' && test.mode !== 'queued') continue;
      const name = `${relative(this.#root, file.filepath)}#${getTestName(test)}`;
      let id = name;
      for (let copy = 2; this.#tests.has(id); copy += 1) id = `${name} (${copy})`;
      this.#tests.set(id, test);
      this.#ids.set(test, id);
    }
  }

  /** vitest runs what is put into the list that it has collected. */
  async run(ids: readonly string[], { limitMillis, begins, ended }: Watcher): Promise<void> {
    const tests = ids.map((id) => this.#tests.get(id)).filter((test) => test !== undefined);
    const wanted = new Set<Task>(tests);
    const files = [...new Set(tests.map(({ file }) => file))];
    for (const file of files) prepare(file, wanted);
    let enough = false;
    let overdue = false;
    let before = process.cpuUsage();
    const runner = runnerWith({
      onCollected: (list) => void list.push(...files),
      onBeforeRunTask: (test) => {
        if (enough) test.mode = 'skip';
        if (test.mode === 'skip') return;
        begins?.(this.#ids.get(test)!);
        overdue = false;
        before = process.cpuUsage();
      },
      runTask: async (test) => {
        const idle = watchIdleness();
        try {
          const call = getFn(test) as () => unknown;
          const limit = limitMillis?.(this.#ids.get(test)!);
          await Promise.race([limit === undefined ? call() : bounded(call, limit), idle.promise]);
        } catch (error) {
          overdue = error instanceof Overdue;
          throw error;
        } finally {
          idle.cancel();
        }
      },
      onAfterRunTask: (test) => {
        if (enough) return;
        const { user, system } = process.cpuUsage(before);
        const failure = test.result?.state === 'fail' ? messageOf(test) : undefined;
        enough = ended({ id: this.#ids.get(test)!, busyMillis: (user + system) / 1000, failure, overdue });
      },
    });
    await startTests([], runner);
  }
}

const messageOf = ({ result }: Test): string => result?.errors?.[0]?.message ?? 'failed';

/** Forgets the results of the run before, and skips what is not wanted now; says whether anything is. */
function prepare(task: File | Suite, wanted: ReadonlySet<Task>): boolean {
  let some = false;
  for (const child of task.tasks) {
    delete child.result;
    if (child.type === 'suite') {
      some = prepare(child, wanted) || some;
    } else {
      child.mode = wanted.has(child) ? 'run' : 'skip';
      some ||= child.mode === 'run';
    }
  }
  delete task.result;
  task.mode = some ? 'run' : 'skip';
  return some;
}

const { setInterval: realInterval, clearInterval: clearRealInterval } = globalThis;

/** Rejects when the process has had nothing to do for long: a busy machine, or work on another thread, makes tests slow, but not idle. */
function watchIdleness(): { readonly promise: Promise<never>; readonly cancel: () => void } {
  let timer: NodeJS.Timeout | undefined;
  let start = performance.eventLoopUtilization();
  let before = process.cpuUsage();
  const promise = new Promise<never>((_, reject) => {
    timer = realInterval(() => {
      const { user, system } = process.cpuUsage(before);
      if ((user + system) / 1000 > WORK_MILLIS) start = performance.eventLoopUtilization();
      before = process.cpuUsage();
      const { idle } = performance.eventLoopUtilization(start);
      if (idle > IDLE_MILLIS) reject(new Overdue(`waits for ever: idle for ${Math.round(idle)} ms`));
    }, LOOK_MILLIS);
  });
  return { promise, cancel: () => clearRealInterval(timer) };
}

const CALL = 'boundedCall';
const caller = new Script(`globalThis.${CALL}()`);
const isInterrupted = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && error.code === 'ERR_SCRIPT_EXECUTION_TIMEOUT';

/**
 * What `call` gives; Overdue when it has been busy for `millis` of processor time without coming back. The clock is all that can
 * interrupt it: on a busy machine, where it was not its turn, it is called once more.
 */
function bounded(call: () => unknown, millis: number): unknown {
  Reflect.set(globalThis, CALL, call);
  for (let patience = Math.ceil(millis); ; patience *= 2) {
    const before = process.cpuUsage();
    try {
      return caller.runInThisContext({ timeout: patience });
    } catch (error) {
      if (!isInterrupted(error)) throw error;
      const { user, system } = process.cpuUsage(before);
      if ((user + system) / 1000 >= millis / 2) throw new Overdue(`busy for more than ${patience} ms`);
    }
  }
}

/** `expect` of vitest asks for the worker that it is run in; this is all it needs of one. */
function standInForWorker(): void {
  Object.assign(globalThis, {
    __vitest_worker__: {
      config: { expect: {}, snapshotOptions: { expand: false }, fakeTimers: {}, mockReset: false },
      ctx: { pool: 'forks' },
      environment: { name: 'node' },
      providedContext: {},
      filepath: '',
    },
  });
}

const config = {
  root: process.cwd(),
  setupFiles: [],
  passWithNoTests: true,
  allowOnly: true,
  sequence: { shuffle: false, concurrent: false, seed: 1, hooks: 'stack', setupFiles: 'list' },
  maxConcurrency: 1,
  testTimeout: 0,
  hookTimeout: 0,
  retry: 0,
  includeTaskLocation: false,
  tags: [],
  strictTags: false,
} as unknown as VitestRunner['config'];

function runnerWith(hooks: Partial<VitestRunner>): VitestRunner {
  return {
    config,
    importFile: (path) => import(pathToFileURL(path).href),
    onBeforeTryTask: forgetAssertions,
    onAfterTryTask: countAssertions,
    ...hooks,
  };
}

interface Assertions {
  readonly assertionCalls: number;
  readonly expectedAssertionsNumber: number | null;
}
interface Expectation {
  getState(): Assertions;
  setState(state: object): void;
}
const expectation = (): Expectation => Reflect.get(globalThis, Symbol.for('expect-global')) as Expectation;

function forgetAssertions(): void {
  expectation().setState({
    assertionCalls: 0,
    isExpectingAssertions: false,
    expectedAssertionsNumber: null,
  });
}

/** `expect.assertions(N)` of a test. */
function countAssertions(): void {
  const { assertionCalls, expectedAssertionsNumber: expected } = expectation().getState();
  if (expected !== null && assertionCalls !== expected)
    throw new Error(`${assertionCalls} assertions, not ${expected}`);
}

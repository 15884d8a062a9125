/**
 * A test runner for Stryker that keeps one process for many mutants. Stryker's own runner for vitest loads all modules anew
 * for each, which is most of the work.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import type { MutantCoverage } from '@stryker-mutator/api/core';
import { PluginKind, declareFactoryPlugin } from '@stryker-mutator/api/plugin';
import {
  DryRunStatus,
  MutantRunStatus,
  TestStatus,
  determineHitLimitReached,
  type DryRunOptions,
  type DryRunResult,
  type MutantRunOptions,
  type MutantRunResult,
  type TestResult,
  type TestRunner,
} from '@stryker-mutator/api/test-runner';
import { isLeftOut } from './rooms.ts';
import { TestRuns } from './test-runs.ts';

/** What Stryker's instrumented code reads and counts in. */
interface Instrumentation {
  activeMutant?: string | undefined;
  currentTestId?: string | undefined;
  hitCount?: number | undefined;
  hitLimit?: number | undefined;
  mutantCoverage?: MutantCoverage;
}

/** A test under a mutant may take this many times its processor time without one, and these milliseconds more. */
const SLOWER = 10;
const LONGER_MILLIS = 2000;
/** Tests that take longer come last. */
const QUICK_MILLIS = 4;
/** Of the tests of other files than the one that is called alike so many are asked that stand together: the rows of a table ask alike. */
const ALIKE_ASKED = 40;
/** And all of those so long, in processor time, the quickest first. */
const OTHERS_MILLIS = 1500;
/** The first process tells the others in this file of the sandbox how much processor time each test takes. */
const DURATIONS = 'test-durations.json';

type Outcome =
  | { readonly kind: 'passed'; readonly tests: number }
  | {
      readonly kind: 'failed' | 'overdue';
      readonly id: string | undefined;
      readonly message: string;
      readonly tests: number;
    };

class RoomTestRunner implements TestRunner {
  readonly #instrumentation: Instrumentation = {};
  /** Processor time of each test in ms. */
  readonly #durations = new Map<string, number>();
  /** How many mutants of a file, by its path, a test has found. */
  readonly #finds = new Map<string, Map<string, number>>();
  #runs = new TestRuns(process.cwd());
  #mutants = 0;
  /** A mutant has left something behind in this process that makes a test fail without it. */
  #stale = false;

  /** Mutants that also run while modules are loaded are tried on what runs later; those that only run then are left out. */
  capabilities(): { reloadEnvironment: boolean } {
    return { reloadEnvironment: true };
  }

  async init(): Promise<void> {
    Object.assign(globalThis, { __stryker__: this.#instrumentation });
    process.env['VITEST'] = 'true';
    process.env['NODE_ENV'] = 'test';
    this.#runs = new TestRuns(process.cwd());
    await this.#runs.init();
  }

  async dryRun({ testFiles = [] }: DryRunOptions): Promise<DryRunResult> {
    await this.#runs.load(testFiles.map((file) => resolve(file)));
    const tests: TestResult[] = [];
    const failures: string[] = [];
    await this.#runs.run(
      this.#runs.ids.filter((id) => !isLeftOut(id)),
      {
        begins: (id) => (this.#instrumentation.currentTestId = id),
        ended: ({ id, busyMillis, failure }) => {
          this.#instrumentation.currentTestId = undefined;
          if (failure !== undefined) failures.push(`${id}: ${failure}`);
          this.#durations.set(id, busyMillis);
          const fileName = this.#runs.pathOf(id);
          tests.push({ id, name: id, fileName, timeSpentMs: busyMillis, status: TestStatus.Success });
          return false;
        },
      },
    );
    if (failures.length > 0) return { status: DryRunStatus.Error, errorMessage: failures.join('\n') };
    writeFileSync(DURATIONS, JSON.stringify([...this.#durations]));
    const { mutantCoverage } = this.#instrumentation;
    return { status: DryRunStatus.Complete, tests, ...(mutantCoverage && { mutantCoverage }) };
  }

  async mutantRun(options: MutantRunOptions): Promise<MutantRunResult> {
    const { testFilter: ids = [], activeMutant, hitLimit, sandboxFileName } = options;
    if (this.#stale) throw new Error('start afresh');
    this.#readDurations();
    await this.#runs.load([...new Set(ids.map((id) => resolve(id.slice(0, id.indexOf('#')))))]);
    const instrumentation = this.#instrumentation;
    Object.assign(instrumentation, { activeMutant: activeMutant.id, hitCount: 0, hitLimit });
    const outcome = await this.#findersFirst(sandboxFileName, ids);
    const { hitCount } = instrumentation;
    Object.assign(instrumentation, { activeMutant: undefined, hitCount: undefined, hitLimit: undefined });
    if (outcome.kind !== 'passed') await this.#provePure(outcome.id);
    this.#mutants += 1;
    return resultOf(outcome, determineHitLimitReached(hitCount, hitLimit)?.reason);
  }

  #readDurations(): void {
    if (this.#durations.size > 0) return;
    for (const [id, millis] of JSON.parse(readFileSync(DURATIONS, 'utf8')) as [string, number][])
      this.#durations.set(id, millis);
  }

  /** What failed under the mutant has to pass without it, or an earlier mutant may be the cause. */
  async #provePure(id: string | undefined): Promise<void> {
    if (id !== undefined && (await this.#runBriefly([id])).kind === 'passed') return;
    if (this.#mutants > 0) throw new Error('what an earlier mutant has left behind fails a test');
    this.#stale = true;
  }

  /** Tests that have found mutants of the same file, those of its own name, the quick ones, the others. */
  async #findersFirst(path: string, ids: readonly string[]): Promise<Outcome> {
    const finds = this.#finds.get(path) ?? new Map<string, number>();
    this.#finds.set(path, finds);
    const own = `/${basename(path, '.ts')}.test.ts#`;
    const rank = (id: string): number => {
      if (finds.has(id)) return 0;
      if (id.includes(own)) return 1;
      return this.#busyMillis(id) < QUICK_MILLIS ? 2 : 3;
    };
    const asked = [
      ...ids.filter((id) => id.includes(own)),
      ...this.#others(ids.filter((id) => !id.includes(own))),
    ];
    const ranked = asked.map((id) => ({ id, rank: rank(id) }));
    let outcome: Outcome = { kind: 'passed', tests: 0 };
    for (const wanted of [0, 1, 2, 3]) {
      const next = ranked.filter((test) => test.rank === wanted).map(({ id }) => id);
      if (outcome.kind === 'passed') outcome = await this.#runBriefly(next);
    }
    if (outcome.kind !== 'passed' && outcome.id !== undefined)
      finds.set(outcome.id, (finds.get(outcome.id) ?? 0) + 1);
    return outcome;
  }

  /** Those of other files that are asked; one at least. */
  #others(ids: readonly string[]): readonly string[] {
    let spentMillis = 0;
    return this.#cheapFirst(someOf(ids)).filter((id, index) => {
      spentMillis += this.#busyMillis(id);
      return index === 0 || spentMillis <= OTHERS_MILLIS;
    });
  }

  #cheapFirst(ids: readonly string[]): string[] {
    return ids.toSorted((a, b) => this.#busyMillis(a) - this.#busyMillis(b));
  }

  #busyMillis(id: string): number {
    return this.#durations.get(id) ?? 0;
  }

  /** Runs tests until one fails. */
  async #runBriefly(ids: readonly string[]): Promise<Outcome> {
    this.#runs.strays.length = 0;
    let first: Outcome | undefined;
    let tests = 0;
    await this.#runs.run(this.#cheapFirst(ids), {
      limitMillis: (id) => this.#busyMillis(id) * SLOWER + LONGER_MILLIS,
      ended: ({ id, failure, overdue }) => {
        tests += 1;
        if (failure !== undefined)
          first ??= { kind: overdue ? 'overdue' : 'failed', id, message: failure, tests };
        return first !== undefined;
      },
    });
    if (first === undefined && this.#runs.strays.length > 0)
      return { kind: 'failed', id: undefined, message: String(this.#runs.strays[0]), tests };
    return first ?? { kind: 'passed', tests };
  }
}

/** As many as may be asked of those that stand together, from the first to the last. */
function someOf(ids: readonly string[]): readonly string[] {
  const together = new Map<string, string[]>();
  for (const id of ids) {
    const place = id.slice(0, Math.max(id.indexOf('#'), id.lastIndexOf(' > ')));
    const group = together.get(place);
    if (group) group.push(id);
    else together.set(place, [id]);
  }
  return [...together.values()].flatMap((group) => {
    const step = Math.max(1, group.length / ALIKE_ASKED);
    return Array.from(
      { length: Math.min(group.length, ALIKE_ASKED) },
      (_, at) => group[Math.floor(at * step)]!,
    );
  });
}

function resultOf(outcome: Outcome, tooManyHits: string | undefined): MutantRunResult {
  if (tooManyHits !== undefined) return { status: MutantRunStatus.Timeout, reason: tooManyHits };
  if (outcome.kind === 'passed') return { status: MutantRunStatus.Survived, nrOfTests: outcome.tests };
  if (outcome.kind === 'overdue') return { status: MutantRunStatus.Timeout, reason: outcome.message };
  const killedBy = outcome.id === undefined ? [] : [outcome.id];
  return {
    status: MutantRunStatus.Killed,
    killedBy,
    failureMessage: outcome.message,
    nrOfTests: outcome.tests,
  };
}

export const strykerPlugins = [
  declareFactoryPlugin(PluginKind.TestRunner, 'room', () => new RoomTestRunner()),
];

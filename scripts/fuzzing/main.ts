/** The fuzzer's command line: which targets, for how long, from which seed. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { targets, type TargetName } from '../../test/fuzz/targets.ts';
import { Fuzzer } from './fuzzer.ts';
import type { Outcome } from './outcome.ts';

const USAGE = `Usage: scripts/fuzz [TARGET…] [options]

Gives each target, two at a time, inputs that the fuzzer makes of its corpus, and keeps those that reach code which none has reached.

  --seconds N   for how long each target has a processor (10)
  --work N      instead: each target has as many inputs as it tried in N seconds of a processor of its own
                (test/fuzz/paces.ts), however long they take here; with a seed, what is tried does not depend on the machine
  --seed N      the same inputs in the same order; otherwise a seed of chance, which is printed
  --jobs N      targets at a time (2)
  --keep        adds to the corpus in test/fuzz/corpus what reaches code that it has not reached

An input that breaks a promise is kept as test/fuzz/corpus/TARGET/crash-…, and test/fuzz/corpus.test.ts fails from then on.
Targets: ${Object.keys(targets).join(' ')}
Exit status: 0 when nothing was found, 1 when something was or a target did not have its time, 2 for bad usage.
`;

/** A process that was killed may still write. */
const REMOVALS_MAX = 10;

interface Options {
  readonly names: readonly TargetName[];
  /** Of a processor. */
  readonly seconds: number;
  /** Seconds' worth of inputs; undefined: the time counts. */
  readonly work: number | undefined;
  readonly seed: number | undefined;
  readonly jobs: number;
  readonly keep: boolean;
}

const isTarget = (name: string): name is TargetName => Object.hasOwn(targets, name);

/** Throws Error, with a line that says what is wrong. */
function readOptions(): Options | 'help' {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      seconds: { type: 'string', default: '10' },
      work: { type: 'string' },
      seed: { type: 'string' },
      jobs: { type: 'string', default: '2' },
      keep: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) return 'help';
  const number = (option: string, text: string, maximum: number): number => {
    const value = /^\d{1,10}$/.test(text) ? Number(text) : 0;
    if (value < 1 || value > maximum) throw new Error(`--${option} is a number from 1 to ${maximum}.`);
    return value;
  };
  const unknown = positionals.find((name) => !isTarget(name));
  if (unknown !== undefined) throw new Error(`There is no target ${unknown}.`);
  return {
    names: positionals.length > 0 ? positionals.filter(isTarget) : (Object.keys(targets) as TargetName[]),
    seconds: number('seconds', values.seconds, 86_400),
    work: values.work === undefined ? undefined : number('work', values.work, 86_400),
    seed: values.seed === undefined ? undefined : number('seed', values.seed, 2 ** 31 - 1),
    jobs: number('jobs', values.jobs, 64),
    keep: values.keep,
  };
}

function lineOf(name: string, { finding, isCut, inputs, seconds, seed, reached }: Outcome): string {
  const nothing = isCut ? 'interrupted' : 'nothing found';
  const rest = finding === undefined ? nothing : `FOUND ${finding}`;
  const figures = [
    `${inputs} inputs`.padStart(16),
    `${seconds} s`.padStart(7),
    `seed ${seed}`.padEnd(16),
    `${reached} points`.padStart(12),
  ];
  return `${name.padEnd(20)}${figures.join('  ')}  ${rest}\n`;
}

async function main(): Promise<number> {
  let options: Options | 'help';
  try {
    options = readOptions();
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n${USAGE}`);
    return 2;
  }
  if (options === 'help') {
    process.stdout.write(USAGE);
    return 0;
  }
  const folder = mkdtempSync(join(tmpdir(), 'dnrouter-fuzz-'));
  const remove = (): void => rmSync(folder, { recursive: true, force: true, maxRetries: REMOVALS_MAX });
  let fuzzer: Fuzzer | undefined;
  const stop = (): void => {
    fuzzer?.stop();
    remove();
    process.stdout.write('interrupted\n');
    process.exit(1);
  };
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, stop);
  try {
    fuzzer = new Fuzzer(folder);
    return await fuzzAll(fuzzer, options);
  } finally {
    remove();
  }
}

/** The exit status. */
async function fuzzAll(fuzzer: Fuzzer, { names, jobs, ...how }: Options): Promise<number> {
  const waiting = [...names];
  let failed = 0;
  const work = async (): Promise<void> => {
    for (let name = waiting.shift(); name !== undefined && !fuzzer.isStopped; name = waiting.shift()) {
      const outcome = await fuzzer.fuzz(name, how);
      if (outcome === undefined) return;
      const { finding, isCut, log } = outcome;
      if (isCut || finding !== undefined) failed += 1;
      process.stdout.write(lineOf(name, outcome));
      if (finding !== undefined) process.stdout.write(log);
    }
  };
  await Promise.all(Array.from({ length: jobs }, work));
  return failed > 0 || fuzzer.isStopped ? 1 : 0;
}

process.exitCode = await main();

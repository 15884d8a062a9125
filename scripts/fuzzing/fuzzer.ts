/** Fuzzes one target in a process of its own: the target bundled, a corpus to begin with, and what the fuzzer says at the end. */
import { spawn, type ChildProcess } from 'node:child_process';
import { randomInt } from 'node:crypto';
import {
  closeSync,
  copyFileSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build, type Plugin } from 'esbuild';
import { inputsPerSecond } from '../../test/fuzz/paces.ts';
import { targets, type TargetName } from '../../test/fuzz/targets.ts';
import { nativePart } from './native-part.ts';
import { endingOf, figuresOf, type Outcome } from './outcome.ts';

export interface How {
  /** Of a processor. */
  readonly seconds: number;
  /** Seconds' worth of inputs; undefined: the time counts. */
  readonly work: number | undefined;
  readonly seed: number | undefined;
  readonly keep: boolean;
}

const root = join(import.meta.dirname, '../..');
/** An input that takes so long by the clock has no end, on a busy machine too … */
const INPUT_MILLIS_MAX = 120_000;
/** … and where a target runs for its time of a processor, even one that others keep from it for minutes. */
const PATIENT_MILLIS_MAX = 1_200_000;
/** For starting, and for what is done in the end. */
const EXTRA_SECONDS = 300;
/** Than the processor on which inputs were counted; or so small is the share of it that a target has. */
const SLOWER_MAX = 20;
const RSS_MEBIOCTETS_MAX = 2048;
const LOG_CHARACTERS = 4000;

export class Fuzzer {
  readonly #folder: string;
  readonly #environment: NodeJS.ProcessEnv;
  /** Processes under way, with what is to be done when they are stopped. */
  readonly #running = new Map<ChildProcess, () => void>();
  isStopped = false;

  /** In `folder`, which is to be removed afterwards. */
  constructor(folder: string) {
    this.#folder = folder;
    const temporary = join(folder, 'temporary');
    mkdirSync(temporary);
    // What a target leaves behind goes with the folder.
    this.#environment = { ...process.env, TMPDIR: temporary, ...nativePart(folder) };
    // Packages are found beside a bundle.
    symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
  }

  /** At once: what is under way is kept, where that is wanted, and its processes are ended. */
  stop(): void {
    this.isStopped = true;
    for (const [child, stopped] of this.#running) {
      child.kill('SIGKILL');
      stopped();
    }
  }

  /** Undefined when it has been stopped. */
  async fuzz(name: TargetName, how: How): Promise<Outcome | undefined> {
    const { octetsMax, words = [], isAsync, seeds } = targets[name];
    const [bundle, dictionary] = [join(this.#folder, `${name}.cjs`), join(this.#folder, `${name}.dict`)];
    const [found, given] = [join(this.#folder, name, 'found'), join(this.#folder, name, 'given')];
    const kept = join(root, 'test/fuzz/corpus', name);
    for (const each of [found, given, kept]) mkdirSync(each, { recursive: true });
    for (const [index, octets] of seeds().entries()) writeFileSync(join(given, `seed-${index}`), octets);
    writeFileSync(dictionary, words.map((word) => `${quoted(word)}\n`).join(''));
    await bundled(name, bundle, how.work === undefined ? how.seconds : undefined);
    const seed = how.seed ?? randomInt(1, 2 ** 31 - 1);
    const millisMax = how.work === undefined ? PATIENT_MILLIS_MAX : INPUT_MILLIS_MAX;
    const ours = ['--includes', bundle, '--disableBugDetectors', '.*', '--timeout', String(millisMax)];
    const theirs = [
      `-seed=${seed}`,
      ...(how.work === undefined ? [] : [`-runs=${how.work * inputsPerSecond[name]}`]),
      `-max_len=${octetsMax}`,
      `-rss_limit_mb=${RSS_MEBIOCTETS_MAX}`,
      `-dict=${dictionary}`,
      `-artifact_prefix=${kept}/`,
      // How long one takes is for `guarded` to judge, by the processor's time.
      '-report_slow_units=100000',
    ];
    const line = [bundle, ...(isAsync ? [] : ['--sync']), ...ours, '--', found, given, kept, ...theirs];
    const keepAll = (): void => {
      if (how.keep) keep(found, kept);
    };
    const logFile = join(this.#folder, `${name}.log`);
    const secondsMax = EXTRA_SECONDS + (how.work ?? how.seconds) * SLOWER_MAX;
    const { status, log } = await this.#run(line, logFile, secondsMax, keepAll);
    if (this.isStopped) return undefined;
    keepAll();
    return { ...figuresOf(log), seed, ...endingOf(status, log, root), log: log.slice(-LOG_CHARACTERS) };
  }

  /** What it says goes into a file: it loses what a pipe does not take at once. */
  #run(
    words: readonly string[],
    logFile: string,
    secondsMax: number,
    stopped: () => void,
  ): Promise<{ status: number | string; log: string }> {
    if (this.isStopped) return Promise.resolve({ status: 'stopped', log: '' });
    const output = openSync(logFile, 'w');
    return new Promise((resolve, reject) => {
      const child = spawn(process.execPath, [join(import.meta.dirname, 'fuzzer.cjs'), ...words], {
        cwd: root,
        env: this.#environment,
        stdio: ['ignore', output, output],
      });
      closeSync(output);
      this.#running.set(child, stopped);
      const timer = setTimeout(() => child.kill('SIGKILL'), secondsMax * 1000);
      child.once('error', reject);
      child.once('close', (code, signal) => {
        clearTimeout(timer);
        this.#running.delete(child);
        resolve({ status: code ?? signal ?? 'unknown', log: readFileSync(logFile, 'latin1') });
      });
    });
  }
}

/** As the fuzzer's dictionaries have it: octets that are no printable ones in hexadecimal digits. */
function quoted(word: string): string {
  const octets = [...Buffer.from(word)].map((octet) =>
    octet < 0x20 || octet > 0x7e || octet === 0x22 || octet === 0x5c
      ? `\\x${octet.toString(16).padStart(2, '0')}`
      : String.fromCharCode(octet),
  );
  return `"${octets.join('')}"`;
}

/** Modules that look for files beside them find them from a bundle, too. */
const whereModulesLie: Plugin = {
  name: 'where-modules-lie',
  setup(bundle) {
    bundle.onLoad({ filter: /\.ts$/ }, ({ path }) => ({
      contents: readFileSync(path, 'utf8')
        .replaceAll('import.meta.url', JSON.stringify(pathToFileURL(path).href))
        .replaceAll('import.meta.dirname', JSON.stringify(dirname(path))),
      loader: 'ts',
    }));
  },
};

/** They are not instrumented: it takes as long as all that is ours. Those of ES modules alone are bundled. */
const PACKAGES = [
  '@datadog/sketches-js',
  'ajv',
  'better-sqlite3',
  'better-sqlite3-napi',
  'fast-check',
  'ip-address',
  'koffi',
  're2js',
  'saxes',
  'ssh2',
  'table',
  'vorpal',
];

async function bundled(name: TargetName, outfile: string, seconds: number | undefined): Promise<void> {
  await build({
    absWorkingDir: root,
    stdin: {
      contents: `import { guarded } from './target.ts';
import { target } from './${name}.ts';
import { timed } from '../../scripts/fuzzing/timed.ts';
export const fuzz = ${seconds === undefined ? 'guarded(target)' : `timed(guarded(target), ${seconds})`};`,
      resolveDir: join(root, 'test/fuzz'),
      loader: 'ts',
    },
    outfile,
    bundle: true,
    platform: 'node',
    format: 'cjs',
    target: 'node20',
    keepNames: true,
    external: PACKAGES,
    plugins: [whereModulesLie],
    // No test runs.
    alias: { vitest: join(root, 'test/fuzz/outside-of-tests.ts') },
    legalComments: 'none',
    logLevel: 'warning',
  });
}

/** Everything that the fuzzer has found worth keeping. */
function keep(found: string, kept: string): void {
  for (const file of readdirSync(found)) copyFileSync(join(found, file), join(kept, file));
}

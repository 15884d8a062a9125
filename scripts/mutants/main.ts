/** The command line of the mutation tests: runs Stryker over a room, or some of its files, and keeps docs/mutation.md. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { Stryker } from '@stryker-mutator/core';
import type { PartialStrykerOptions } from '@stryker-mutator/api/core';
import {
  figuresOf,
  rangesOf,
  reasonOf,
  scoreOf,
  sectionOf,
  survivorsOf,
  withResults,
  type Report,
} from './report.ts';
import { isRoom, roomNames, sourcesOf, testFilesOf, type Room } from './rooms.ts';

const GOAL_PERCENT = 85;

const USAGE = `Usage: scripts/mutation [--list] [--page] [--again] [--concurrency N] ROOM [FILE…]

  ROOM             ${roomNames.join(', ')}
  FILE             files of the room, in place of all
  --list           run nothing: print what has survived and has no reason in scripts/mutants/reasons.ts
  --page           run nothing: write what is known of ROOM into docs/mutation.md
  --again          run only what has survived and has no reason, where the source is as it was
  --concurrency N  processes beside each other (2)

Results of a run are kept in coverage/mutation; what neither source nor tests have changed is not run again.
Exit status: 0 when the score is at least ${GOAL_PERCENT} %, 1 when it is less, 2 for bad usage.
`;

const PAGE = 'docs/mutation.md';
/** What is known of a room: of each file, what its last run has found. */
const reportFile = (room: Room): string => `coverage/mutation/${room}.json`;
const runFile = (room: Room): string => `coverage/mutation/${room}-run.json`;

interface Task {
  readonly action: 'run' | 'again' | 'list' | 'page';
  readonly room: Room;
  readonly files: readonly string[];
  readonly concurrency: number;
}

/** Undefined: the words mean nothing. */
function readTask(): Task | undefined {
  try {
    const flag = { type: 'boolean', default: false } as const;
    const { values, positionals } = parseArgs({
      allowPositionals: true,
      options: { list: flag, page: flag, again: flag, concurrency: { type: 'string', default: '2' } },
    });
    const [room = '', ...files] = positionals;
    const concurrency = Number(values.concurrency);
    const [action = 'run', ...others] = (['list', 'page', 'again'] as const).filter((each) => values[each]);
    if (!isRoom(room) || !Number.isInteger(concurrency) || concurrency < 1 || others.length > 0)
      return undefined;
    if (!files.every((file) => file.startsWith(`src/${room}/`) && existsSync(file))) return undefined;
    return { action, room, files, concurrency };
  } catch {
    return undefined;
  }
}

const tsx = ['--import', import.meta.resolve('tsx')];

function optionsOf({ action, room, files, concurrency }: Task): PartialStrykerOptions {
  const isAgain = action === 'again';
  return {
    testRunner: 'room',
    plugins: [fileURLToPath(new URL('runner.ts', import.meta.url))],
    testRunnerNodeArgs: tsx,
    checkerNodeArgs: tsx,
    mutate: isAgain ? rangesAgain(room, files) : files.length > 0 ? [...files] : sourcesOf(room),
    testFiles: testFilesOf(room),
    coverageAnalysis: 'perTest',
    // Tables that are made as a module is loaded would each need a process of their own.
    ignoreStatic: true,
    incremental: !isAgain,
    incrementalFile: `coverage/mutation/${room}-incremental.json`,
    jsonReporter: { fileName: runFile(room) },
    reporters: ['json', 'progress-append-only'],
    tempDirName: `coverage/mutation/sandbox-${room}`,
    ignorePatterns: ['coverage', 'dist'],
    concurrency,
    // The runner has limits of its own; these are for loops that begin behind an `await`. No more than a part of the tests is asked.
    timeoutMS: 20_000,
    timeoutFactor: 2,
    dryRunTimeoutMinutes: 20,
    allowConsoleColors: false,
    cleanTempDir: 'always',
  };
}

function readReport(file: string): Report | undefined {
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Report) : undefined;
}

function rangesAgain(room: Room, files: readonly string[]): string[] {
  const report = readReport(reportFile(room)) ?? { files: {} };
  const sameNow = Object.entries(report.files).filter(
    ([file, { source }]) =>
      existsSync(file) &&
      readFileSync(file, 'utf8') === source &&
      (files.length === 0 || files.includes(file)),
  );
  return rangesOf({ files: Object.fromEntries(sameNow) });
}

/** What has survived was run once more: the rest stays as it was. */
function keepRunAgain(room: Room): void {
  const report = withResults(readReport(reportFile(room))!, readReport(runFile(room))!);
  writeFileSync(reportFile(room), JSON.stringify(report));
}

/**
 * A room is run in parts: what is known of the other files stays, of those that are still there. The report of the run has an
 * older state of them, from before mutants were run again.
 */
function keepRun({ room, files: wanted }: Task): void {
  const ran = Object.entries(readReport(runFile(room))?.files ?? {}).filter(
    ([file]) => wanted.length === 0 || wanted.includes(file),
  );
  const files = { ...readReport(reportFile(room))?.files, ...Object.fromEntries(ran) };
  const known = Object.entries(files).filter(([file]) => existsSync(file));
  writeFileSync(reportFile(room), JSON.stringify({ files: Object.fromEntries(known) } satisfies Report));
}

/** What survived without a reason, a line each; then the figures. */
function list(report: Report): void {
  const say = (line: string): void => void process.stdout.write(`${line}\n`);
  for (const survivor of survivorsOf(report)) {
    if (reasonOf(survivor) !== undefined) continue;
    const { file, line, mutator, original, replacement, covered, text } = survivor;
    const oneLine = (code: string): string => code.replace(/\s+/g, ' ').slice(0, 90);
    say(
      `${file}:${line} ${covered ? '' : 'not run '}${mutator}: ${oneLine(original)} → ${oneLine(replacement)}   in: ${text}`,
    );
  }
  const figures = figuresOf(report);
  say(`${scoreOf(figures).toFixed(1)} %: ${JSON.stringify(figures)}`);
}

/** Puts the section of a room in place of the one that the page has. */
function writePage(room: Room, report: Report): void {
  const [intro = '', ...sections] = readFileSync(PAGE, 'utf8').split(/^(?=## src\/)/m);
  const kept = new Map(sections.map((section) => [/^## src\/(\w+)/.exec(section)?.[1], section]));
  kept.set(room, sectionOf(room, report));
  const ordered = roomNames.map((name) => kept.get(name));
  writeFileSync(
    PAGE,
    `${[intro, ...ordered.filter((section) => section !== undefined)].map((part) => part.trim()).join('\n\n')}\n`,
  );
}

async function main(): Promise<number> {
  const task = readTask();
  if (task === undefined) {
    process.stderr.write(USAGE);
    return 2;
  }
  if (task.action === 'run' || task.action === 'again') {
    await new Stryker(optionsOf(task)).runMutationTest();
    if (task.action === 'run') keepRun(task);
    else keepRunAgain(task.room);
  }
  const report = readReport(reportFile(task.room));
  if (report === undefined) {
    process.stderr.write(`src/${task.room} has not been run here.\n`);
    return 2;
  }
  if (task.action === 'page') writePage(task.room, report);
  else list(report);
  return ['run', 'again'].includes(task.action) && scoreOf(figuresOf(report)) < GOAL_PERCENT ? 1 : 0;
}

process.exitCode = await main();

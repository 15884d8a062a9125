/** The shell suite: cold start, batches, keys and completion (the shell's rows of the goals). */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { candidates } from '../../src/grammar/complete.ts';
import type { GrammarContext } from '../../src/grammar/match.ts';
import { descendants, type GrammarNode } from '../../src/grammar/node.ts';
import { readGrammar } from '../../src/grammar/notation.ts';
import { tokenize } from '../../src/grammar/tokens.ts';
import { LineEditor, type EditorHelp } from '../../src/shell/editor/editor.ts';
import { completion, helpText, spaceCompletion } from '../../src/shell/help.ts';
import { styles } from '../../src/shell/style.ts';
import { openState, SESSIONS_FILE } from '../../src/store/state-directory.ts';
import { TWAMP_ENDED_ROWS_MAX, type KnownColumn, type TwampStore } from '../../src/store/twamp-sessions.ts';
import { freePort } from '../../test/support/free-port.ts';
import { Person } from '../../test/support/person.ts';
import { fillHistory } from './history.ts';
import { peakResidentOctets } from './process-usage.ts';
import type { Workshop } from './programs.ts';
import type { Report } from './report.ts';
import { median, quantile } from './statistics.ts';
import type { Pace } from './suite.ts';

const ROOT = join(import.meta.dirname, '../..');
const PROGRAM = join(ROOT, 'dist/main.js');
const START_GOAL_MILLIS = 100;
const BATCH_LINES = 10_000;
const BATCH_GOAL = 5000;
const KEY_GOAL_MILLIS = 5;
const GRAMMAR_TIMES = 100;
const MEMORY_LINE = 'show services twamp sessions history | display json | match : | count';
const MEMORY_GOAL_MEBIBYTES = 100;
const PEAK_EVERY_MILLIS = 20;
const PROMPT = 'dnRouter# ';
const INTERRUPTION_GOAL_MILLIS = 100;

/** Gives how many rows failed. */
export async function measureShell(workshop: Workshop, pace: Pace, report: Report): Promise<number> {
  await measureStart(workshop, pace, report);
  measureBatch(workshop, pace, report);
  await measureMemory(workshop, report);
  report.section(
    'Keys: from the key to what the screen is told, in process; addresses are those of a full history',
  );
  const directory = workshop.room();
  openState(directory).close();
  fillHistory(join(directory, SESSIONS_FILE), TWAMP_ENDED_ROWS_MAX);
  const state = openState(directory);
  for (const times of [1, GRAMMAR_TIMES]) await measureKeys(times, state.sessions, pace, report);
  state.close();
  await measureInterruptions(directory, pace, report);
  return 0;
}

/** Wall milliseconds of a command to its end. Throws when it fails. */
function time(command: string, words: readonly string[], input = ''): number {
  const begin = performance.now();
  const { status, stderr } = spawnSync(command, words, { input, encoding: 'utf8', maxBuffer: 2 ** 30 });
  if (status !== 0) throw new Error(`${command} failed: ${stderr}`);
  return performance.now() - begin;
}

/** Wall milliseconds of a command to the first octet of its output. */
async function timeToOutput(command: string, words: readonly string[]): Promise<number> {
  const begin = performance.now();
  const child = spawn(command, words, { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = once(child, 'close');
  await once(child.stdout, 'data');
  const millis = performance.now() - begin;
  await ended;
  return millis;
}

async function measureStart(workshop: Workshop, pace: Pace, report: Report): Promise<void> {
  const state = workshop.room();
  const line = ['--state', state, '-c', 'show version'];
  const contestants = {
    node: () => time(process.execPath, ['-e', '0']),
    output: () => timeToOutput(process.execPath, [PROGRAM, ...line]),
    program: () => time(process.execPath, [PROGRAM, ...line]),
    door: () => time(join(ROOT, 'scripts/dnrouter'), line),
  };
  const names = Object.keys(contestants) as (keyof typeof contestants)[];
  const runs = Object.fromEntries(names.map((name) => [name, [] as number[]])) as Record<
    keyof typeof contestants,
    number[]
  >;
  const rounds = pace.quick ? 9 : 25;
  for (let round = -1; round < rounds; round += 1) {
    for (const name of names) {
      const millis = await contestants[name]();
      if (round >= 0) runs[name].push(millis);
    }
  }
  report.section(`Cold start of a one-line batch (medians of ${rounds} interleaved runs)`);
  const add = (id: string, name: string, value: number, rest: object = {}): void =>
    report.add({ id: `shell/start/${id}`, name, value, unit: 'ms', ...rest });
  add('node', 'bare node', median(runs.node));
  add('program', 'dnrouter -c', median(runs.program));
  add('door', 'scripts/dnrouter -c', median(runs.door));
  const over = (millis: readonly number[]): number =>
    median(millis.map((time, round) => time - runs.node[round]!));
  add('output-over-node', 'dnrouter -c, to its output, over bare node', over(runs.output));
  const goal = { goal: { atMost: START_GOAL_MILLIS } };
  add('over-node', 'dnrouter -c, to its end, over bare node', over(runs.program), goal);
  report.add({
    id: 'shell/start/of-node',
    name: 'dnrouter -c, to its end, of bare node',
    value: median(runs.program.map((millis, round) => millis / runs.node[round]!)),
    unit: '×',
  });
}

function measureBatch(workshop: Workshop, pace: Pace, report: Report): void {
  report.section(`Batch of ${BATCH_LINES} lines, start and end included`);
  for (const line of ['show version', 'show services twamp sessions']) {
    const state = workshop.room();
    const input = `${line}\n`.repeat(BATCH_LINES);
    const rates = Array.from({ length: pace.quick ? 1 : 3 }, () => {
      const millis = time(process.execPath, [PROGRAM, '--state', state], input);
      return (BATCH_LINES * 1000) / millis;
    });
    report.add({
      id: `shell/batch/${line.replaceAll(' ', '-')}`,
      name: line,
      value: median(rates),
      unit: 'lines/s',
      goal: { atLeast: BATCH_GOAL },
    });
  }
}

/** Of a line whose output goes through pipes: the most octets resident, and what it printed. */
async function peakOf(state: string): Promise<{ readonly octets: number; readonly printed: string }> {
  const words = [PROGRAM, '--state', state, '-c', MEMORY_LINE];
  const child = spawn(process.execPath, words, { stdio: ['ignore', 'pipe', 'inherit'] });
  let octets = 0;
  const watch = setInterval(() => (octets = peakResidentOctets(child.pid!) ?? octets), PEAK_EVERY_MILLIS);
  try {
    return { printed: await text(child.stdout), octets };
  } finally {
    clearInterval(watch);
  }
}

/** The fullest history that the store keeps, as JSON: a line a leaf. */
async function measureMemory(workshop: Workshop, report: Report): Promise<void> {
  report.section(`Memory of: ${MEMORY_LINE}`);
  const peaks: { readonly octets: number; readonly printed: string }[] = [];
  for (const rows of [10, TWAMP_ENDED_ROWS_MAX]) {
    const state = workshop.room();
    time(process.execPath, [PROGRAM, '--state', state, '-c', 'show version']);
    fillHistory(join(state, SESSIONS_FILE), rows);
    peaks.push(await peakOf(state));
  }
  const [few, many] = peaks as [(typeof peaks)[0], (typeof peaks)[0]];
  const mebibytes = (octets: number): number => octets / 2 ** 20;
  report.add({
    id: 'shell/memory/few',
    name: '10 rows',
    value: mebibytes(few.octets),
    unit: 'MiB',
    remark: few.printed.trim(),
  });
  report.add({
    id: 'shell/memory/more',
    name: `${TWAMP_ENDED_ROWS_MAX} rows: more than that`,
    value: mebibytes(many.octets - few.octets),
    unit: 'MiB',
    goal: { atMost: MEMORY_GOAL_MEBIBYTES },
    remark: many.printed.trim(),
  });
}

/** What is under way, and what the screen shows when it is. */
const interrupted = (port: number): Readonly<Record<string, readonly [keys: string, mark: string]>> => ({
  twping: [`twping 127.0.0.1 port ${port} count 100000 interval 10ms\r`, 'seconds until results'],
  monitor: ['monitor services twamp sessions\r', 'TWAMP sessions: 0'],
  history: ['show services twamp sessions history | no-more\r', '198.51.100.'],
  pager: ['show services twamp sessions history\r', '-- More --'],
  question: ['configure\rset system host-name other\rexit\r', '[cancel]'],
});

/** From Ctrl-C to the prompt, of the program at a pseudo-terminal, over a full history. */
export async function measureInterruptions(state: string, pace: Pace, report: Report): Promise<void> {
  report.section('Ctrl-C to prompt: the program at a pseudo-terminal, with a full history');
  const person = new Person([], state, () => undefined);
  try {
    await person.see(PROMPT);
    const port = await freePort();
    const serve = ['configure', `set services rpm twamp server port ${port}`, 'commit and-quit'];
    for (const line of serve) person.type(`${line}\r`);
    await person.see('Commit succeeded');
    await person.see(PROMPT);
    for (const [id, [keys, mark]] of Object.entries(interrupted(port))) {
      const millis: number[] = [];
      const isQuestion = id === 'question';
      for (let time = 0; time < (pace.quick ? 20 : 100); time += 1) {
        person.type(keys);
        await person.see(mark);
        const begin = performance.now();
        person.type('\x03');
        await person.see(isQuestion ? '(cfg)# ' : PROMPT);
        millis.push(performance.now() - begin);
        if (!isQuestion) continue;
        person.type('exit discard\r');
        await person.see(PROMPT);
      }
      report.add({
        id: `shell/interruption/${id}`,
        name: `amid ${isQuestion ? 'a question' : keys.trim()}: max`,
        value: quantile(millis, 1),
        unit: 'ms',
        goal: { atMost: INTERRUPTION_GOAL_MILLIS },
        remark: `p50 ${quantile(millis, 0.5).toFixed(1)}, p99 ${quantile(millis, 0.99).toFixed(1)}`,
      });
    }
  } finally {
    person.pty.kill('SIGKILL');
  }
}

/** Live values of the sources that the typed line asks. */
const knownColumns: Readonly<Record<string, KnownColumn>> = {
  'twamp-local-addresses': 'local-address',
  'twamp-remote-addresses': 'remote-address',
};

const everythingOver = (sessions: TwampStore): GrammarContext => ({
  can: () => true,
  tree: (name) => ({ node: grammarOf(name === 'operational' ? name : 'schema', 1), path: [] }),
  holdsSecret: () => false,
  live: ({ source = '', begun, limit }) => {
    const column = knownColumns[source];
    return column === undefined ? [] : sessions.known(column, begun, limit);
  },
});

/** A grammar of the product; `times` over, each time with other words at its top. */
function grammarOf(name: string, times: number): GrammarNode {
  const text = readFileSync(join(ROOT, 'grammar', `${name}.cli`), 'utf8');
  const copies = Array.from({ length: times }, (_, copy) =>
    copy === 0
      ? text
      : text.replace(/^([a-z][\w-]*)( => [\w-]+)?/gm, (_whole, word: string, alias?: string) =>
          alias === undefined ? `${word}${copy}` : `${word}${copy}${alias}${copy}`,
        ),
  );
  return readGrammar(copies.join('\n'), name);
}

const layout = styles.dnos.help;

function helpOver(root: GrammarNode, context: GrammarContext): EditorHelp {
  const at = (line: string) => {
    const { sections, betweenWords } = tokenize(line);
    const words = [...(sections[0] ?? [])];
    const partial = betweenWords ? '' : (words.pop()?.text ?? '');
    return { found: candidates(root, words, partial, context), partial };
  };
  return {
    help: (line) => helpText(at(line).found, layout),
    complete: (line, key) => {
      const { found, partial } = at(line);
      return key === 'tab' ? completion(found, partial, layout) : spaceCompletion(found, partial);
    },
  };
}

const TYPED = 'show serv\ttwamp sessions type data local-address 192\t remote-address ?198.51.100.1?\x17\x17';

async function measureKeys(times: number, sessions: TwampStore, pace: Pace, report: Report): Promise<void> {
  const root = grammarOf('operational', times);
  const nodes = [...descendants(root)].length;
  const input = new PassThrough();
  let painted: (() => void) | undefined;
  const output = {
    write: () => {
      painted?.();
      return true;
    },
  };
  const channel = {
    input,
    output,
    drained: () => Promise.resolve(),
    size: () => ({ columns: 80, rows: 24 }),
    onResize: () => () => undefined,
  };
  const editor = new LineEditor(channel, helpOver(root, everythingOver(sessions)), { lines: [] });
  const keys: number[] = [];
  const completions: number[] = [];
  for (let line = 0; line < (pace.quick ? 20 : 100); line += 1) {
    const read = editor.read('dnRouter# ');
    for (const key of `${TYPED}\x15`) {
      const begin = performance.now();
      const shown = new Promise<void>((resolve) => (painted = resolve));
      input.write(key);
      await shown;
      const millis = performance.now() - begin;
      // Not the compiler's warming up.
      if (line < 2) continue;
      keys.push(millis);
      if (key === '\t' || key === '?') completions.push(millis);
      await new Promise((resolve) => setImmediate(resolve));
    }
    input.write('\r');
    await read;
  }
  editor.close();
  const add = (id: string, name: string, all: readonly number[]): void =>
    report.add({
      id: `shell/keys/${id}/${times}`,
      name: `${name}, ${times === 1 ? 'our grammar' : `a grammar ${times} × ours`} (${nodes} nodes): p99`,
      value: quantile(all, 0.99),
      unit: 'ms',
      goal: { atMost: KEY_GOAL_MILLIS },
      remark: `p50 ${quantile(all, 0.5).toFixed(3)}, max ${quantile(all, 1).toFixed(3)}`,
    });
  add('key', 'key to screen', keys);
  add('completion', 'Tab and ? to screen', completions);
}

/** The config suite: a configuration of 100,000 statements is loaded, compared and committed in a whole router. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { WorkerDatapath } from '../../src/datapath/worker-datapath.ts';
import type { Shell } from '../../src/shell/shell.ts';
import { freePort } from '../../test/support/free-port.ts';
import { type Workshop } from './programs.ts';
import type { Report } from './report.ts';
import { median } from './statistics.ts';
import type { Pace } from './suite.ts';
import { openRouter } from './whole-router.ts';

const root = join(import.meta.dirname, '../..');

const STATEMENTS = 100_000;

/** Seconds. */
const goals = { load: 3, compare: 1, commit: 5 } as const;

/** For how long the main thread may be busy between two turns of others, in milliseconds. */
const BUSY_MILLIS_GOAL = 100;

const forms = {
  set: 'show | display set',
  braces: 'show',
  json: 'show | display json',
  xml: 'show | display xml',
} as const;

/**
 * One run of a command: seconds, those of CPU, and, in milliseconds, the longest the main thread was away meanwhile and the
 * longest it was running for between two turns of others, which other programs have no part in.
 */
interface Run {
  readonly seconds: number;
  readonly cpuSeconds: number;
  readonly awayMillis: number;
  readonly busyMillis: number;
}

/** As many `set` lines: clients by network, keys with secrets, users with passwords. */
export function statements(port: number): string[] {
  const server = 'set services rpm twamp server';
  const lines = [`${server} port ${port}`];
  const hash = `$scrypt$ln=15,r=8,p=1$${'A'.repeat(22)}$${'B'.repeat(43)}`;
  for (let index = 0; lines.length < STATEMENTS; index += 1) {
    const network = `10.${(index >> 8) & 255}.${index & 255}`;
    const list = `${server} client-list list-${index % 64} address`;
    lines.push(`${list} ${network}.0/25`, `${list} ${network}.128/25`);
    if (index % 2 === 0) lines.push(`${list} 2001:db8:${index.toString(16)}::/48`);
    if (index % 4 === 0)
      lines.push(
        `${server} authentication-key-chain chain-${index % 16} key-id user-${index} secret secret-${index}`,
      );
    if (index % 8 === 0) {
      const user = `set system login user user-${index}`;
      lines.push(`${user} class operator`, `${user} authentication encrypted-password ${hash}`);
    }
  }
  return lines.slice(0, STATEMENTS);
}

/** Gives how many rows failed. */
export async function measureConfiguration(workshop: Workshop, pace: Pace, report: Report): Promise<number> {
  const room = workshop.room();
  const datapath = new WorkerDatapath(pathToFileURL(join(root, 'dist/datapath-worker.js')));
  const { shell, close } = await openRouter(room, datapath);
  const file = (name: string): string => join(room, `statements.${name}`);
  writeFileSync(file('set'), `${statements(await freePort()).join('\n')}\n`);
  await run(shell, 'configure');
  await run(shell, `load override ${file('set')}`);
  for (const [form, show] of Object.entries(forms)) writeFileSync(file(form), await textOf(shell, show));
  report.section(
    `A configuration of ${STATEMENTS.toLocaleString('en')} statements (medians of ${pace.rounds} runs)`,
  );
  const runs = new Map<string, Run[]>();
  const measure = async (name: string, line: string): Promise<void> => {
    runs.set(name, [...(runs.get(name) ?? []), await run(shell, line)]);
  };
  for (let round = 0; round < pace.rounds; round += 1) {
    for (const form of Object.keys(forms)) {
      await run(shell, 'rollback 0');
      await measure(`load/${form}`, `load override ${file(form)}`);
    }
    await measure('compare/all', 'show | compare');
    await measure('commit/all', 'commit');
    await run(shell, `set system host-name r${round}`);
    await measure('compare/one', 'show | compare');
    await measure('commit/one', 'commit');
    await run(shell, 'delete services');
    await run(shell, 'delete system');
    await measure('commit/none', 'commit');
  }
  for (const [name, all] of runs) addRows(report, name, all);
  await close();
  return 0;
}

const titles: Readonly<Record<string, string>> = {
  'load/set': 'loaded from set lines',
  'load/braces': 'loaded from braces',
  'load/json': 'loaded from JSON',
  'load/xml': 'loaded from XML',
  'compare/all': 'compared with none, all lines shown',
  'compare/one': 'compared with all but one',
  'commit/all': 'committed, all statements new',
  'commit/one': 'committed, one statement changed',
  'commit/none': 'committed, all statements deleted',
};

function addRows(report: Report, name: string, all: readonly Run[]): void {
  const [kind] = name.split('/') as [keyof typeof goals];
  const away = median(all.map(({ awayMillis }) => awayMillis));
  const busy = median(all.map(({ busyMillis }) => busyMillis));
  const cpu = median(all.map(({ cpuSeconds }) => cpuSeconds));
  report.add({
    id: `config/${name}`,
    name: titles[name]!,
    value: median(all.map(({ seconds }) => seconds)),
    unit: 's',
    goal: { atMost: goals[kind] },
    remark: `${cpu.toFixed(1)} s of CPU; main thread away for ${away.toFixed(0)} ms at the longest, ${busy.toFixed(0)} ms of it running`,
  });
  if (kind !== 'commit') return;
  report.add({
    id: `config/${name}/busy`,
    name: '  others waited for it at the longest',
    value: busy,
    unit: 'ms',
    goal: { atMost: BUSY_MILLIS_GOAL },
    remark: 'while it ran',
  });
}

const neverAborted = new AbortController().signal;

async function run(
  shell: Shell,
  line: string,
  write: (text: string) => void = () => undefined,
): Promise<Run> {
  let [awayMillis, busyMillis] = [0, 0];
  let [turn, ran] = [performance.now(), mainThreadMillis()];
  const look = (): void => {
    awayMillis = Math.max(awayMillis, performance.now() - turn);
    busyMillis = Math.max(busyMillis, mainThreadMillis() - ran);
    [turn, ran] = [performance.now(), mainThreadMillis()];
  };
  const watch = setInterval(look, 1);
  const begin = performance.now();
  const cpuBefore = process.cpuUsage();
  const outcome = await shell.execute(line, { sink: { write }, nextSignal: () => neverAborted });
  const seconds = (performance.now() - begin) / 1000;
  look();
  clearInterval(watch);
  const { user, system } = process.cpuUsage(cpuBefore);
  if (outcome.status === 'failed') throw new Error(`${line}: ${outcome.text.slice(0, 1000)}`);
  return { seconds, cpuSeconds: (user + system) / 1e6, awayMillis, busyMillis };
}

/** For how long the main thread has run. proc_pid_schedstat(5). */
function mainThreadMillis(): number {
  const [nanos] = readFileSync(`/proc/self/task/${process.pid}/schedstat`, 'latin1').split(' ');
  return Number(nanos) / 1e6;
}

async function textOf(shell: Shell, line: string): Promise<string> {
  const pieces: string[] = [];
  await run(shell, line, (text) => void pieces.push(text));
  return pieces.join('');
}

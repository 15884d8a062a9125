/** What the benchmark says: rows of figures with their goals, printed as they come, compared with a baseline. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus, loadavg, release, totalmem } from 'node:os';
import { join } from 'node:path';

/** One figure. */
export interface Row {
  /** Names the figure in the baseline; never changes. */
  readonly id: string;
  readonly name: string;
  /** Undefined: it could not be measured, and `remark` says why. */
  readonly value: number | undefined;
  readonly unit: string;
  readonly goal?: Goal;
  readonly remark?: string;
}

export type Goal = { readonly atLeast: number } | { readonly atMost: number };

/** What a run of the benchmark was measured on, and gave. */
interface Baseline {
  readonly machine: string;
  readonly figures: Readonly<Record<string, number>>;
}

const BASELINE = join(import.meta.dirname, 'baseline.json');

const DIGITS = 4;

/** The machine and the programs that matter, in one line. */
export function machine(): string {
  const processors = cpus();
  const gibibytes = (totalmem() / 2 ** 30).toFixed(1);
  return `${processors.length} × ${processors[0]?.model.trim() ?? '?'}, ${gibibytes} GiB, Linux ${release()}, Node ${process.version}`;
}

export class Report {
  readonly #baseline: Baseline | undefined;
  readonly #rows: Row[] = [];

  constructor() {
    this.#baseline = existsSync(BASELINE)
      ? (JSON.parse(readFileSync(BASELINE, 'utf8')) as Baseline)
      : undefined;
  }

  begin(): void {
    print(`machine: ${machine()}`);
    print(`load average of the last minute: ${loadavg()[0]!.toFixed(1)} (above 0.3 others are measured too)`);
    if (this.#baseline !== undefined) print(`baseline: ${this.#baseline.machine}`);
  }

  section(title: string): void {
    print(`\n${title}`);
    print(line('', 'now', 'baseline', 'goal', ''));
  }

  add(row: Row): void {
    this.#rows.push(row);
    const before = this.#baseline?.figures[row.id];
    const goal = row.goal === undefined ? '' : goalText(row.goal);
    const verdict = row.goal === undefined || row.value === undefined ? '' : verdictOn(row.value, row.goal);
    const words = [verdict, row.remark ?? ''].filter((word) => word !== '').join('; ');
    const now = row.value === undefined ? '-' : `${figure(row.value)} ${row.unit}`;
    print(line(row.name, now, before === undefined ? '' : figure(before), goal, words));
  }

  /** Keeps the figures of earlier runs that this one did not measure. */
  saveBaseline(): void {
    const measured = this.#rows.flatMap(({ id, value }) => (value === undefined ? [] : [[id, round(value)]]));
    const figures = {
      ...this.#baseline?.figures,
      ...(Object.fromEntries(measured) as Record<string, number>),
    };
    const ordered = Object.fromEntries(Object.entries(figures).sort(([a], [b]) => (a < b ? -1 : 1)));
    const baseline: Baseline = { machine: machine(), figures: ordered };
    writeFileSync(BASELINE, `${JSON.stringify(baseline, undefined, 2)}\n`);
  }

  /** Lists every goal that was judged or is `expected` (words by the row's id). Gives how many were missed. */
  conclude(expected: Readonly<Record<string, string>>): number {
    const judged = new Map(this.#rows.filter(({ goal }) => goal !== undefined).map((row) => [row.id, row]));
    const names = new Map([...judged].map(([id, { name }]) => [id, name]));
    for (const [id, name] of Object.entries(expected)) names.set(id, name);
    const counts = { met: 0, MISSED: 0, 'not measured': 0 };
    this.section('Goals');
    for (const [id, name] of names) {
      const row = judged.get(id);
      const verdict = row?.value === undefined ? 'not measured' : verdictOn(row.value, row.goal!);
      counts[verdict] += 1;
      const now = row?.value === undefined ? '-' : `${figure(row.value)} ${row.unit}`;
      print(line(name, now, '', row?.goal === undefined ? '' : goalText(row.goal), verdict));
    }
    print(`\ngoals: ${counts.met} met, ${counts.MISSED} missed, ${counts['not measured']} not measured`);
    return counts.MISSED;
  }
}

function isMet(value: number, goal: Goal): boolean {
  return 'atLeast' in goal ? value >= goal.atLeast : value <= goal.atMost;
}

function verdictOn(value: number, goal: Goal): 'met' | 'MISSED' {
  return isMet(value, goal) ? 'met' : 'MISSED';
}

function goalText(goal: Goal): string {
  return 'atLeast' in goal ? `≥ ${goal.atLeast}` : `≤ ${goal.atMost}`;
}

const round = (value: number): number => Number(value.toPrecision(DIGITS));

function figure(value: number): string {
  return Math.abs(value) >= 1000 ? Math.round(value).toLocaleString('en') : String(round(value));
}

function line(name: string, now: string, before: string, goal: string, words: string): string {
  const text = `  ${name.padEnd(58)} ${now.padStart(18)} ${before.padStart(10)} ${goal.padStart(9)}  ${words}`;
  return text.trimEnd();
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

/** Test sessions that run all the time: programs that are attached to one router measure another. */
import { setTimeout as sleep } from 'node:timers/promises';
import { ROUTER, type Program, type Workshop } from '../benchmark/programs.ts';
import { quantile } from '../benchmark/statistics.ts';

/** Of a time; delays are of round trips, in milliseconds, one for each session that ended in it. */
export interface Measured {
  sent: number;
  lost: number;
  duplicates: number;
  readonly medians: number[];
  readonly p99s: number[];
}

export const nothingMeasured = (): Measured => ({ sent: 0, lost: 0, duplicates: 0, medians: [], p99s: [] });

/** What we read of `twping | display json`. */
interface TwpingData {
  readonly results: readonly {
    readonly packets: Readonly<Record<string, number>>;
    readonly 'round-trip-time'?: {
      readonly percentiles: readonly { readonly value: number }[];
    };
    readonly instrument: { readonly 'kernel-drops'?: number };
  }[];
}

export interface Plan {
  readonly workshop: Workshop;
  /** Of the router that measures. */
  readonly state: string;
  /** Words of twping behind the command: against whom, how. */
  readonly words: string;
  readonly hear: (measured: Measured) => void;
  readonly complain: (text: string) => void;
  readonly signal: AbortSignal;
}

const PAUSE_MILLIS = 100;

/** One measurement behind the other, until `signal` is aborted; by another program where one has failed. */
export async function measureOn(plan: Plan): Promise<void> {
  while (!plan.signal.aborted) await measureByProgram(plan);
}

async function measureByProgram({ workshop, state, words, hear, complain, signal }: Plan): Promise<void> {
  const program = workshop.start([ROUTER, '--state', state]);
  const failed = failure(program);
  failed.catch(() => undefined);
  while (!signal.aborted) {
    program.say(`twping ${words} percentiles 50,99 | display json`);
    try {
      const data = await readJson(program, failed);
      hear(figuresOf(data));
      for (const loss of lossesOf(data)) complain(`twping ${words}: ${loss}`);
    } catch (error) {
      complain(`twping ${words}: ${(error as Error).message}`);
      await program.stop();
      return;
    }
    await sleep(PAUSE_MILLIS);
  }
  await program.finish();
}

/** Up to a closing brace of its own. A command that failed prints nothing on standard output: `failed` tells. */
async function readJson(program: Program, failed: Promise<never>): Promise<TwpingData> {
  const lines: string[] = [];
  for (;;) {
    const line = await Promise.race([program.line(), failed]);
    lines.push(line);
    if (line === '}') return JSON.parse(lines.join('\n')) as TwpingData;
  }
}

/** Rejects when the program says something on its standard error, or has ended. */
async function failure(program: Program): Promise<never> {
  while (program.errors === '' && program.running) await sleep(PAUSE_MILLIS);
  throw new Error(program.errors.trim() || 'the program has ended');
}

function figuresOf({ results }: TwpingData): Measured {
  const sum = (...names: readonly string[]): number =>
    results.reduce((total, { packets }) => names.reduce((own, name) => own + (packets[name] ?? 0), total), 0);
  const percentile = (index: number): number[] =>
    results.flatMap((result) => result['round-trip-time']?.percentiles[index]?.value ?? []);
  return {
    sent: sum('num-pkts-sent'),
    lost: sum('num-pkts-lost', 'samples-lost'),
    duplicates: sum('send-duplicates', 'reflect-duplicates'),
    medians: percentile(0),
    p99s: percentile(1),
  };
}

/** Of the sessions that lost something: how many, and what is known of the worst. */
function lossesOf({ results }: TwpingData): readonly string[] {
  const lossy = results
    .filter(({ packets }) => packets['num-pkts-lost']! > 0 || packets['samples-lost']! > 0)
    .toSorted((one, other) => other.packets['num-pkts-lost']! - one.packets['num-pkts-lost']!);
  const [worst] = lossy;
  if (worst === undefined) return [];
  const { packets, instrument } = worst;
  const kinds = ['lost', 'lost-send', 'lost-reflect', 'lost-unknown'].map(
    (kind) => `${kind} ${packets[`num-pkts-${kind}`] ?? 0}`,
  );
  const own = `samples-lost ${packets['samples-lost']!} kernel-drops ${instrument['kernel-drops'] ?? '-'}`;
  const times = ['first', 'last'].map((end) => String(packets[`time-of-${end}`]));
  return [`${lossy.length} sessions lost: ${kinds.join(' ')} ${own} (${times.join(' to ')})`];
}

export function add(total: Measured, more: Measured): void {
  total.sent += more.sent;
  total.lost += more.lost;
  total.duplicates += more.duplicates;
  total.medians.push(...more.medians);
  total.p99s.push(...more.p99s);
}

/** As it stands in a line of the soak. */
export function textOf({ sent, lost, medians, p99s }: Measured): string {
  const micros = (values: readonly number[], share: number): string =>
    values.length === 0 ? '-' : (quantile(values, share) * 1000).toFixed(0);
  // Of the sessions: the median of their medians and of their 99th percentiles, and the worst of these.
  return `${sent} sent ${lost} lost rtt p50 ${micros(medians, 0.5)} p99 ${micros(p99s, 0.5)} (worst ${micros(p99s, 1)}) µs`;
}

/** Measurements by the router's own twping and by perfSONAR's, and what they report. */
import { setTimeout as sleep } from 'node:timers/promises';
import { cpuSeconds } from './process-usage.ts';
import { startBatch, type RouterOptions, type Server, type Workshop } from './programs.ts';
import type { SessionPorts } from './capture.ts';

/** Of the round trip, in microseconds. */
export interface Reported {
  readonly sent: number;
  readonly lost: number;
  readonly duplicates: number;
  readonly medianMicros: number;
  readonly p95Micros: number;
  readonly maxMicros: number;
  /** Undefined: it says that the clocks are not synchronised. */
  readonly errorMicros: number | undefined;
}

export interface OwnReport extends Reported {
  readonly p99Micros: number;
  readonly ports: SessionPorts;
  readonly samplesLost: number;
  /** How late packets left, as the sender says. */
  readonly pacing: { readonly p50Micros: number; readonly p99Micros: number; readonly maxMicros: number };
  /** Share of a core that the process used while it measured. */
  readonly cpu: number;
}

export interface Task {
  readonly to: Pick<Server, 'host' | 'port'>;
  readonly count: number;
  readonly intervalMicros: number;
}

interface Times {
  readonly median: number;
  readonly max: number;
  readonly pdv: number;
  readonly error?: number;
  /** Those that were asked for. */
  readonly percentiles?: readonly { readonly value: number }[];
}

/** What we read of `twping | display json`; times are milliseconds. */
interface TwpingData {
  readonly results: readonly {
    readonly source: { readonly port: number };
    readonly destination: { readonly port: number };
    readonly packets: Readonly<Record<string, number>>;
    readonly 'round-trip-time'?: Times;
    readonly instrument: {
      readonly 'pacing-error'?: { readonly p50: number; readonly p99: number; readonly max: number };
    };
  }[];
}

const SAMPLE_MILLIS = 100;

export async function ownTwping(
  workshop: Workshop,
  task: Task,
  options: RouterOptions = {},
): Promise<OwnReport> {
  const { to, count, intervalMicros } = task;
  const line = `twping ${to.host} port ${to.port} count ${count} interval ${intervalMicros}us timeout 500ms percentiles 99 | display json`;
  const program = startBatch(workshop, workshop.room(), [line], options);
  const used: (readonly [seconds: number, cpu: number])[] = [];
  const finished = program.finish();
  while (program.running) {
    used.push([performance.now() / 1000, cpuSeconds(program.pid)]);
    await sleep(SAMPLE_MILLIS);
  }
  const text = (await finished).join('\n');
  const start = text.indexOf('{');
  if (start < 0) throw new Error(`twping failed: ${program.errors.trim()} ${text}`);
  const data = JSON.parse(text.slice(start)) as TwpingData;
  const [result] = data.results;
  if (result === undefined) throw new Error('twping reported no session.');
  return {
    ...figuresOf(result.packets, result['round-trip-time']),
    p99Micros: micros(result['round-trip-time']?.percentiles?.[0]?.value),
    ports: { sender: result.source.port, reflector: result.destination.port },
    samplesLost: result.packets['samples-lost'] ?? 0,
    pacing: pacingOf(result.instrument['pacing-error']),
    cpu: steadyShare(used, (count * intervalMicros) / 1e6),
  };
}

const micros = (millis: number | undefined): number => (millis ?? NaN) * 1000;

function pacingOf(error: TwpingData['results'][number]['instrument']['pacing-error']): OwnReport['pacing'] {
  return { p50Micros: micros(error?.p50), p99Micros: micros(error?.p99), maxMicros: micros(error?.max) };
}

function figuresOf(packets: Readonly<Record<string, number>>, times: Times | undefined): Reported {
  return {
    sent: packets['num-pkts-sent'] ?? NaN,
    lost: packets['num-pkts-lost'] ?? NaN,
    duplicates: (packets['send-duplicates'] ?? NaN) + (packets['reflect-duplicates'] ?? NaN),
    medianMicros: micros(times?.median),
    p95Micros: micros(times && times.median + times.pdv),
    maxMicros: micros(times?.max),
    errorMicros: times?.error === undefined ? undefined : micros(times.error),
  };
}

/** Of the middle of a run of `seconds` that ended about a second before the last sample. */
function steadyShare(samples: readonly (readonly [number, number])[], seconds: number): number {
  const end = (samples.at(-1)?.[0] ?? 0) - 1;
  const middle = samples.filter(([at]) => at > end - seconds * 0.9 && at < end);
  const [first, last] = [middle[0], middle.at(-1)];
  return first && last && last[0] > first[0] ? (last[1] - first[1]) / (last[0] - first[0]) : NaN;
}

/** perfSONAR's. */
export async function peerTwping(workshop: Workshop, twping: string, task: Task): Promise<Reported> {
  const { to, count, intervalMicros } = task;
  const interval = `${intervalMicros / 1e6}f`;
  const words = ['-4', '-A', 'O', '-c', String(count), '-i', interval, '-L', '1', '-E', '0'];
  const program = workshop.start([twping, ...words, `${to.host}:${to.port}`]);
  const text = (await program.finish()).join('\n');
  const packets = /(\d+) sent, (\d+) lost.*?(\d+) send duplicates, (\d+) reflect/.exec(text);
  const times = /round-trip time min\/median\/max = [^/]+\/([^/]+)\/(\S+) ms,.*?(?:err=(\S+) ms)?\)/.exec(
    text,
  );
  const jitter = /two-way jitter = (\S+) ms/.exec(text);
  if (packets === null) throw new Error(`twping failed: ${program.errors.trim()}`);
  const [, sent, lost, sendDuplicates, reflectDuplicates] = packets.map(Number);
  const [median = NaN, max = NaN] = times ? [Number(times[1]), Number(times[2])] : [];
  return {
    sent: sent!,
    lost: lost!,
    duplicates: sendDuplicates! + reflectDuplicates!,
    medianMicros: median * 1000,
    p95Micros: (median + Number(jitter?.[1])) * 1000,
    maxMicros: max * 1000,
    errorMicros: times?.[3] === undefined ? undefined : Number(times[3]) * 1000,
  };
}

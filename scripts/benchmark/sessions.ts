/** The sessions suite: `show services sessions` of a million of the kernel's connections, beside `conntrack -L`. Needs root. */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { loadavg } from 'node:os';
import { join } from 'node:path';
import { available } from '../../src/native/libc.ts';
import { addConnections, type ConnectionText } from '../../test/support/connections.ts';
import { peakResidentOctets } from './process-usage.ts';
import type { Workshop } from './programs.ts';
import type { Report } from './report.ts';
import { measureImport } from './session-import.ts';
import { EVENTS_MEASURED, measureEvents, measureStored } from './session-store.ts';
import { median } from './statistics.ts';
import type { Pace } from './suite.ts';

const PROGRAM = join(import.meta.dirname, '../../dist/main.js');
const CONNECTIONS = 1_000_000;
const QUICK_CONNECTIONS = 100_000;
const MEMORY_GOAL_MEBIBYTES = 200;
const LIMIT_GOAL_MILLIS = 200;
const PEAK_EVERY_MILLIS = 20;
const MAXIMUM = '/proc/sys/net/netfilter/nf_conntrack_max';
/** Seconds: none ends while it is looked at. */
const LIFETIME = 7200;

interface Row {
  readonly id: string;
  readonly name: string;
  readonly line: string;
  /** Of conntrack, for the same. */
  readonly peer: readonly string[];
  /** Of conntrack's time. */
  readonly atMost: number;
}

const rows: readonly Row[] = [
  { id: 'all', name: 'all', line: 'show services sessions', peer: ['-L'], atMost: 0.8 },
  {
    id: 'exact',
    name: 'protocol udp destination-port 53',
    line: 'show services sessions protocol udp destination-port 53',
    peer: ['-L', '-p', 'udp', '--dport', '53'],
    atMost: 0.2,
  },
  {
    id: 'prefix',
    name: 'source-prefix 10.7.0.0/16, counted',
    line: 'show services sessions source-prefix 10.7.0.0/16 count',
    peer: ['-L', '-s', '10.7.0.0/16'],
    atMost: 0.8,
  },
  { id: 'count', name: 'all, counted', line: 'show services sessions count', peer: ['-L'], atMost: 0.8 },
];

/** Three in ten are UDP, a tenth of those to port 53. */
function* connections(count: number): Generator<ConnectionText> {
  for (let index = 0; index < count; index += 1) {
    const isUdp = index % 10 < 3;
    const isDns = index % 100 < 3;
    yield {
      original: {
        source: `10.${(index >>> 16) & 0xff}.${(index >>> 8) & 0xff}.${index & 0xff}`,
        destination: `192.0.2.${index % 250}`,
        protocol: isUdp ? 17 : 6,
        sourcePort: 1024 + (index % 60_000),
        destinationPort: isDns ? 53 : isUdp ? 4000 : 443,
      },
      timeoutSeconds: LIFETIME,
    };
  }
}

/** Gives how many rows failed. */
export async function measureSessions(workshop: Workshop, pace: Pace, report: Report): Promise<number> {
  await measureImport(workshop, [process.execPath, PROGRAM], run, pace, report);
  const count = pace.quick ? QUICK_CONNECTIONS : CONNECTIONS;
  const kernel = available();
  if ('reason' in kernel || process.getuid?.() !== 0) {
    process.stderr.write(
      `sessions: ${'reason' in kernel ? kernel.reason : 'connections are made by root'}\n`,
    );
    return 1;
  }
  const name = `dnrbench${process.pid}c`;
  const maximum = readFileSync(MAXIMUM, 'latin1');
  execFileSync('ip', ['netns', 'add', name]);
  workshop.defer(() => {
    execFileSync('ip', ['netns', 'delete', name]);
    writeFileSync(MAXIMUM, maximum);
  });
  // The bound is the whole machine's; it is put back in the end.
  if (Number(maximum) < count * 1.1) writeFileSync(MAXIMUM, String(Math.ceil(count * 1.1)));
  addConnections(kernel.libc, { kind: 'namespace', name }, connections(count));
  const within = ['ip', 'netns', 'exec', name];
  report.section(`${count.toLocaleString('en')} connections; load average ${loadavg()[0]!.toFixed(1)}`);
  const router = [...within, process.execPath, PROGRAM, '--state', workshop.room(), '-c'];
  for (const row of rows) await measureRow(row, router, within, pace, report);
  await measureLimit(router, pace, report);
  await measureStored(workshop, connections(count), report);
  const other = `dnrbench${process.pid}e`;
  execFileSync('ip', ['netns', 'add', other]);
  workshop.defer(() => execFileSync('ip', ['netns', 'delete', other]));
  await measureEvents(kernel.libc, other, () => connections(EVENTS_MEASURED), report);
  return 0;
}

export interface Run {
  readonly millis: number;
  readonly peakOctets: number;
}

/** To the end of a command whose output nobody keeps; undefined: there is no such program. Throws when it fails. */
async function run([command = '', ...words]: readonly string[]): Promise<Run> {
  const begin = performance.now();
  const child = spawn(command, words, { stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
  let peakOctets = 0;
  const watch = setInterval(
    () => (peakOctets = peakResidentOctets(child.pid!) ?? peakOctets),
    PEAK_EVERY_MILLIS,
  );
  try {
    const [status] = (await once(child, 'close')) as [number | null];
    if (status !== 0) throw new Error(`${command} ${words.join(' ')}: ${said}`);
    return { millis: performance.now() - begin, peakOctets };
  } finally {
    clearInterval(watch);
  }
}

const hasConntrack = (): boolean => {
  try {
    execFileSync('conntrack', ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
};

async function measureRow(
  row: Row,
  router: readonly string[],
  within: readonly string[],
  pace: Pace,
  report: Report,
): Promise<void> {
  const [ours, peers]: [Run[], Run[]] = [[], []];
  const isCompared = hasConntrack();
  for (let round = 0; round < (pace.quick ? 1 : 3); round += 1) {
    ours.push(await run([...router, row.line]));
    if (isCompared) peers.push(await run([...within, 'conntrack', ...row.peer]));
  }
  const millis = (runs: readonly Run[]): number => median(runs.map((each) => each.millis));
  const ratio = median(peers.map((peer, round) => ours[round]!.millis / peer.millis));
  const add = (id: string, name: string, value: number | undefined, unit: string, rest: object = {}): void =>
    report.add({ id: `sessions/${row.id}/${id}`, name: `${row.name}: ${name}`, value, unit, ...rest });
  add('millis', 'dnrouter -c', millis(ours), 'ms');
  add('conntrack', `conntrack ${row.peer.join(' ')}`, isCompared ? millis(peers) : undefined, 'ms', {
    remark: isCompared ? '' : 'no conntrack here',
  });
  const goal = { goal: { atMost: row.atMost } };
  add('ratio', 'of conntrack', isCompared ? ratio : undefined, '×', goal);
  const peak = Math.max(...ours.map((each) => each.peakOctets)) / 2 ** 20;
  add('memory', 'most resident', peak, 'MiB', { goal: { atMost: MEMORY_GOAL_MEBIBYTES } });
}

/** What the first ten cost beside the start of the program. */
async function measureLimit(router: readonly string[], pace: Pace, report: Report): Promise<void> {
  const over: number[] = [];
  for (let round = 0; round < (pace.quick ? 1 : 5); round += 1) {
    const bare = await run([...router, 'show version']);
    const ten = await run([...router, 'show services sessions limit 10']);
    over.push(ten.millis - bare.millis);
  }
  report.add({
    id: 'sessions/limit/over-start',
    name: 'limit 10: over `show version`',
    value: median(over),
    unit: 'ms',
    goal: { atMost: LIMIT_GOAL_MILLIS },
  });
}

/** Whether the delays that are reported move while the same process shows a million rows, or commits. */
import { join } from 'node:path';
import { TWAMP_ENDED_ROWS_MAX } from '../../src/store/twamp-sessions.ts';
import { SESSIONS_FILE } from '../../src/store/state-directory.ts';
import { fillHistory } from './history.ts';
import type { Influence, Influenced, Load } from './one-process.ts';
import { freePort } from '../../test/support/free-port.ts';
import { runRouter, type Program, type Workshop } from './programs.ts';
import type { Report } from './report.ts';
import { median, quantile } from './statistics.ts';
import type { Pace, Peers } from './suite.ts';

const TSX = join(import.meta.dirname, '../../node_modules/.bin/tsx');
const PROGRAM = join(import.meta.dirname, 'one-process.ts');

const PACKETS_PER_SECOND = 1000;

/** How far a percentile may move: no further than a stamp may be late (docs/performance.md). */
const SHIFT_GOAL_MICROS = 15;

const names: Readonly<Record<Load, string>> = {
  idle: 'shell idle',
  show: 'showing a full history again and again',
  commit: 'committing again and again',
};
const loads = Object.keys(names) as readonly Load[];

const shares = { p50: 0.5, p90: 0.9, p99: 0.99, max: 1 } as const;
type Share = keyof typeof shares;

/** One measurement's round trips, in microseconds. */
interface Run extends Readonly<Record<Share, number>> {
  readonly influenced: Influenced;
}

export async function measureInfluence(
  workshop: Workshop,
  _peers: Peers,
  pace: Pace,
  report: Report,
): Promise<void> {
  const program = await startOneProcess(workshop);
  const packets = PACKETS_PER_SECOND * (pace.quick ? 5 : 20);
  const rounds = pace.quick ? 2 : 3;
  const runs: Readonly<Record<Load, Run[]>> = { idle: [], show: [], commit: [] };
  // The first round warms up.
  for (let round = 0; round <= rounds; round += 1) {
    for (const load of loads) {
      const run = await measureUnder(program, { load, packets: round === 0 ? PACKETS_PER_SECOND : packets });
      if (round > 0) runs[load].push(run);
    }
  }
  report.section(
    `Influence: ${PACKETS_PER_SECOND} pps × ${packets} within one process, round trips (medians of ${rounds} interleaved runs)`,
  );
  for (const load of loads) addRuns(report, load, runs[load]);
  for (const load of ['show', 'commit'] as const) {
    for (const share of ['p50', 'p99'] as const) addShift(report, load, share, runs);
  }
  await program.finish();
}

/** A router of its own with a committed server and the fullest history that the store keeps. */
async function startOneProcess(workshop: Workshop): Promise<Program> {
  const state = workshop.room();
  const port = await freePort();
  await runRouter(workshop, state, [
    'configure',
    `set services rpm twamp server port ${port}`,
    'set services rpm twamp server client-list here address 127.0.0.1/32',
    'commit and-quit',
  ]);
  fillHistory(join(state, SESSIONS_FILE), TWAMP_ENDED_ROWS_MAX);
  return workshop.start([TSX, PROGRAM, state, String(port)]);
}

async function measureUnder(program: Program, influence: Influence): Promise<Run> {
  program.say(JSON.stringify(influence));
  const influenced = JSON.parse(await program.line()) as Influenced;
  const sorted = influenced.roundTripNanos.map((nanos) => nanos / 1000);
  const at = (share: Share): number => quantile(sorted, shares[share]);
  return { p50: at('p50'), p90: at('p90'), p99: at('p99'), max: at('max'), influenced };
}

const ofRuns = (runs: readonly Run[], share: Share): number => median(runs.map((run) => run[share]));

function addRuns(report: Report, load: Load, runs: readonly Run[]): void {
  const sum = (key: 'lost' | 'samplesLost' | 'done'): number =>
    runs.reduce((total, { influenced }) => total + influenced[key], 0);
  const [p90, p99, max] = (['p90', 'p99', 'max'] as const).map((share) => ofRuns(runs, share).toFixed(1));
  const turn = Math.max(...runs.map(({ influenced }) => influenced.longestTurnMillis)).toFixed(0);
  const done = { idle: '', show: `, ${sum('done')} lines shown`, commit: `, ${sum('done')} commits` }[load];
  report.add({
    id: `influence/${load}/p50`,
    name: `${names[load]}: p50`,
    value: ofRuns(runs, 'p50'),
    unit: 'µs',
    remark: `p90/p99/max ${p90}/${p99}/${max}, ${sum('lost')} lost, ${sum('samplesLost')} samples lost${done}, main thread away ${turn} ms at most`,
  });
}

/** Of each round: what disturbs the machine for longer than a round moves both. */
function addShift(
  report: Report,
  load: 'show' | 'commit',
  share: 'p50' | 'p99',
  runs: Readonly<Record<Load, readonly Run[]>>,
): void {
  report.add({
    id: `influence/${load}/${share}-shift`,
    name: `${names[load]}: ${share} moves by`,
    value: median(runs[load].map((run, round) => run[share] - runs.idle[round]![share])),
    unit: 'µs',
    goal: { atMost: SHIFT_GOAL_MICROS },
  });
}

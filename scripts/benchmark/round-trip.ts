/** The round trip that is reported, on loopback against perfSONAR's, and on a veth pair against a capture of it. */
import { Capture } from './capture.ts';
import { createNamespacePair, type NamespacePair } from './namespaces.ts';
import { plainMeasurement, roundTripsOf } from './plain-sender.ts';
import { startRouter, startTwampd, type Workshop } from './programs.ts';
import type { Goal, Report } from './report.ts';
import { median, quantile } from './statistics.ts';
import type { Pace, Peers } from './suite.ts';
import { ownTwping, peerTwping, type Reported, type Task } from './twping.ts';

const INTERVAL_MICROS = 10_000;
const MEDIAN_GOAL_MICROS = 6;
const P99_GOAL_MICROS = 12;

const micros = (value: number): string => value.toFixed(1);

export async function measureRoundTrip(
  workshop: Workshop,
  peers: Peers,
  pace: Pace,
  report: Report,
): Promise<void> {
  const count = pace.quick ? 200 : 1000;
  await onLoopback(workshop, peers, pace, count, report);
  let pair: NamespacePair;
  try {
    pair = createNamespacePair();
  } catch {
    report.add({
      id: 'round-trip/veth',
      name: 'on a veth pair',
      value: undefined,
      unit: 'µs',
      remark: 'needs root',
    });
    return;
  }
  workshop.defer(pair.remove);
  await onVethPair(workshop, pair, count, report);
}

/** One way to measure a round trip. */
interface Contestant {
  readonly id: string;
  readonly name: string;
  readonly measure: () => Promise<
    Pick<Reported, 'medianMicros' | 'p95Micros' | 'maxMicros' | 'lost'> & { readonly p99Micros?: number }
  >;
  readonly goals?: { readonly median: Goal; readonly p99: Goal };
}

async function onLoopback(
  workshop: Workshop,
  peers: Peers,
  pace: Pace,
  count: number,
  report: Report,
): Promise<void> {
  const router = await startRouter(workshop);
  const fallback = await startRouter(workshop, { fallback: true });
  const task = (to: Task['to']): Task => ({ to, count, intervalMicros: INTERVAL_MICROS });
  const contestants: Contestant[] = [
    {
      id: 'router',
      name: 'dnrouter to dnrouter',
      measure: () => ownTwping(workshop, task(router)),
      goals: { median: { atMost: MEDIAN_GOAL_MICROS }, p99: { atMost: P99_GOAL_MICROS } },
    },
    {
      id: 'fallback',
      name: 'dnrouter to dnrouter, Node dgram on both sides',
      measure: () => ownTwping(workshop, task(fallback), { fallback: true }),
    },
    {
      id: 'plain',
      name: 'plain C to plain C',
      measure: async () => roundTripsOf(await plainMeasurement(workshop, task(router))),
    },
  ];
  const { twampd, twping } = peers;
  if (twampd !== undefined && twping !== undefined) {
    const server = await startTwampd(workshop, twampd.path, twampd.configuration);
    contestants.push(
      {
        id: 'perfsonar',
        name: 'perfSONAR twping to twampd',
        measure: () => peerTwping(workshop, twping, task(server)),
      },
      {
        id: 'twping-router',
        name: 'perfSONAR twping to dnrouter',
        measure: () => peerTwping(workshop, twping, task(router)),
      },
    );
  }
  await compare(contestants, pace, count, report);
  await againstCapture(workshop, report, {
    id: 'loopback',
    name: 'loopback',
    task: task(router),
    device: 'lo',
    near: [],
  });
  await workshop.stopAll();
}

async function compare(
  contestants: readonly Contestant[],
  pace: Pace,
  count: number,
  report: Report,
): Promise<void> {
  const runs = new Map(contestants.map(({ id }) => [id, [] as Awaited<ReturnType<Contestant['measure']>>[]]));
  const rounds = pace.quick ? 2 : 3;
  for (let round = 0; round < rounds; round += 1) {
    for (const { id, measure } of contestants) runs.get(id)!.push(await measure());
  }
  report.section(
    `Round trip reported on loopback: 100 pps × ${count} (medians of ${rounds} interleaved runs)`,
  );
  for (const { id, name, goals } of contestants) {
    const of = (key: 'medianMicros' | 'p95Micros' | 'p99Micros' | 'maxMicros' | 'lost'): number =>
      median(runs.get(id)!.map((run) => run[key] ?? NaN));
    report.add({
      id: `round-trip/loopback/${id}`,
      name: `${name}: median`,
      value: of('medianMicros'),
      unit: 'µs',
      ...(goals && { goal: goals.median }),
      remark: `P95 ${micros(of('p95Micros'))}, max ${micros(of('maxMicros'))}, ${of('lost')} lost`,
    });
    const p99 = of('p99Micros');
    if (Number.isNaN(p99)) continue;
    report.add({
      id: `round-trip/loopback/${id}/p99`,
      name: `${name}: p99`,
      value: p99,
      unit: 'µs',
      ...(goals && { goal: goals.p99 }),
    });
  }
}

async function onVethPair(
  workshop: Workshop,
  pair: NamespacePair,
  count: number,
  report: Report,
): Promise<void> {
  const router = await startRouter(workshop, { before: pair.far, host: pair.farAddress, watch: pair.near });
  await againstCapture(workshop, report, {
    id: 'veth',
    name: 'a veth pair',
    task: { to: router, count, intervalMicros: INTERVAL_MICROS },
    device: pair.nearDevice,
    near: pair.near,
  });
  await router.program.stop();
}

/** One run with a capture beside it on the sender's side: what is reported may not be better than the wire. */
async function againstCapture(
  workshop: Workshop,
  report: Report,
  path: {
    readonly id: string;
    readonly name: string;
    readonly task: Task;
    readonly device: string;
    readonly near: readonly string[];
  },
): Promise<void> {
  const { id, name, task, device, near } = path;
  const capture = await Capture.start(workshop, device, near).catch(() => undefined);
  if (capture === undefined) {
    report.add({
      id: `round-trip/${id}`,
      name: `on ${name}`,
      value: undefined,
      unit: 'µs',
      remark: 'needs root',
    });
    return;
  }
  const reported = await ownTwping(workshop, task, { before: near });
  const packets = await capture.finish();
  const wire = packets.roundTrips(reported.ports).map((nanos) => nanos / 1000);
  report.section(`Round trip on ${name} against a capture: 100 pps × ${task.count}`);
  const add = (word: string, value: number, rest: object = {}): void =>
    report.add({ id: `round-trip/${id}/${word}`, name: word, value, unit: 'µs', ...rest });
  const p50 = median(wire);
  add('median on the wire', p50, {
    remark: `of ${wire.length} round trips, the capture missed ${packets.drops}`,
  });
  add('p99 on the wire', quantile(wire, 0.99), { remark: `reported: ${micros(reported.p99Micros)}` });
  add('median reported', reported.medianMicros, {
    remark: `P95 ${micros(reported.p95Micros)}, max ${micros(reported.maxMicros)}, ${reported.lost} lost`,
  });
  const error = reported.errorMicros;
  add('reported less wire, medians', reported.medianMicros - p50, {
    remark: error === undefined ? 'stated error: clocks not synchronised' : `stated error ${micros(error)}`,
  });
}

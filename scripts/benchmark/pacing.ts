/** How exactly the sender keeps its schedule, by a capture of what left, and whether anything is lost on the way. */
import { Capture } from './capture.ts';
import { startRouter, type Workshop } from './programs.ts';
import type { Report } from './report.ts';
import { quantile } from './statistics.ts';
import type { Pace, Peers } from './suite.ts';
import { ownTwping, peerTwping, type Reported } from './twping.ts';

interface Rate {
  readonly pps: number;
  readonly quickSeconds: number;
  readonly fullSeconds: number;
  readonly goalMicros?: number;
}

const rates: readonly Rate[] = [
  { pps: 1000, quickSeconds: 3, fullSeconds: 20 },
  { pps: 10_000, quickSeconds: 3, fullSeconds: 20, goalMicros: 100 },
  { pps: 50_000, quickSeconds: 2, fullSeconds: 10 },
];

/** The command's limit. */
const PACKETS_MAX = 1_000_000;

export async function measurePacing(
  workshop: Workshop,
  peers: Peers,
  pace: Pace,
  report: Report,
): Promise<void> {
  const router = await startRouter(workshop);
  for (const { pps, quickSeconds, fullSeconds, goalMicros } of rates) {
    const count = Math.min(PACKETS_MAX, pps * (pace.quick ? quickSeconds : fullSeconds));
    const task = { to: router, count, intervalMicros: 1e6 / pps };
    report.section(`Pacing: ${pps} pps × ${count}, on loopback`);
    const measured = await ownTwping(workshop, task);
    const { sent, duplicates, samplesLost, cpu } = measured;
    addLost(report, `${pps}/router`, 'dnrouter', measured, true);
    const share = `${(cpu * 100).toFixed(0)} % of a core; ${sent} sent, ${duplicates} duplicates, ${samplesLost} samples lost`;
    report.add({
      id: `pacing/${pps}/cpu`,
      name: 'dnrouter: CPU/packet, sender',
      value: (cpu * 1e6) / pps,
      unit: 'µs',
      remark: share,
    });
    await againstCapture(workshop, report, task, pps, goalMicros);
    addLost(
      report,
      `${pps}/fallback`,
      'dnrouter, Node dgram sender',
      await ownTwping(workshop, task, { fallback: true }),
      false,
    );
    if (peers.twping !== undefined && pps <= 1000) {
      const peer = await peerTwping(workshop, peers.twping, task);
      addLost(report, `${pps}/perfsonar`, 'perfSONAR twping to dnrouter', peer, false);
    }
  }
  await router.program.stop();
}

function addLost(
  report: Report,
  id: string,
  name: string,
  { sent, lost, duplicates }: Reported,
  judged: boolean,
): void {
  report.add({
    id: `pacing/${id}/lost`,
    name: `${name}: lost`,
    value: lost,
    unit: 'packets',
    ...(judged && { goal: { atMost: 0 } }),
    remark: `of ${sent}, ${duplicates} duplicates`,
  });
}

/** In a run of its own: a capture costs the sender time. */
async function againstCapture(
  workshop: Workshop,
  report: Report,
  task: Parameters<typeof ownTwping>[1],
  pps: number,
  goalMicros: number | undefined,
): Promise<void> {
  const capture = await Capture.start(workshop, 'lo').catch(() => undefined);
  const name = 'dnrouter: left later than due, p99';
  if (capture === undefined) {
    report.add({ id: `pacing/${pps}/p99`, name, value: undefined, unit: 'µs', remark: 'needs root' });
    return;
  }
  const seen = Math.min(task.count, pps * 5);
  const { ports } = await ownTwping(workshop, { ...task, count: seen });
  const packets = await capture.finish();
  const late = packets.lateness(ports, task.intervalMicros * 1000).map((nanos) => nanos / 1000);
  const [p50, max] = [0.5, 1].map((share) => quantile(late, share).toFixed(1));
  report.add({
    id: `pacing/${pps}/p99`,
    name,
    value: quantile(late, 0.99),
    unit: 'µs',
    ...(goalMicros !== undefined && { goal: { atMost: goalMicros } }),
    remark: `p50 ${p50}, max ${max} by a capture of ${late.length} packets (it missed ${packets.drops})`,
  });
}

/** A long measurement at a high rate, our sender to our reflector: whether anything is lost, doubled or late. */
import { cpuSeconds } from './process-usage.ts';
import { plainMeasurement } from './plain-sender.ts';
import { startRouter, type Workshop } from './programs.ts';
import type { Report } from './report.ts';
import { quantile } from './statistics.ts';
import type { Pace, Peers } from './suite.ts';
import { ownTwping } from './twping.ts';

const PACKETS_PER_SECOND = 10_000;
const PACING_GOAL_MICROS = 100;

export async function measureEndurance(
  workshop: Workshop,
  _peers: Peers,
  pace: Pace,
  report: Report,
): Promise<void> {
  const seconds = pace.quick ? 10 : 60;
  const router = await startRouter(workshop);
  const { pid } = router.program;
  const before = cpuSeconds(pid);
  const task = { count: PACKETS_PER_SECOND * seconds, intervalMicros: 1e6 / PACKETS_PER_SECOND };
  const measured = await ownTwping(workshop, { to: router, ...task });
  const reflectorCpu = (cpuSeconds(pid) - before) / seconds;
  const { sent, lost, duplicates, samplesLost, pacing, cpu } = measured;
  report.section(`Endurance: ${PACKETS_PER_SECOND} pps for ${seconds} s on loopback`);
  const none = { goal: { atMost: 0 } };
  const add = (id: string, name: string, value: number, unit: string, rest: object = {}): void =>
    report.add({ id: `endurance/${id}`, name, value, unit, ...rest });
  add('lost', 'lost', lost, 'packets', { ...none, remark: `of ${sent}, ${samplesLost} samples lost` });
  add('duplicates', 'duplicates', duplicates, 'packets', none);
  add('pacing-p99', 'left later than due, as the sender says: p99', pacing.p99Micros, 'µs', {
    goal: { atMost: PACING_GOAL_MICROS },
    remark: `p50 ${pacing.p50Micros.toFixed(1)}, max ${pacing.maxMicros.toFixed(1)}`,
  });
  add('sender-cpu', 'CPU of the sending process', cpu * 100, '% of a core');
  add('reflector-cpu', 'CPU of the reflecting process', reflectorCpu * 100, '% of a core');
  await router.program.stop();
  const plain = await plainMeasurement(workshop, task);
  const [p50, max] = [0.5, 1].map((share) => quantile(plain.late, share).toFixed(1));
  add(
    'plain/pacing-p99',
    'plain C to plain C, after it: left later than due, p99',
    quantile(plain.late, 0.99),
    'µs',
    {
      remark: `p50 ${p50}, max ${max}, ${plain.lost} lost`,
    },
  );
}

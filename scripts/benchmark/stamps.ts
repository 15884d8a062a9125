/** How far T2 and T3 are from the wire: the time a packet waits for its stamp is reported as delay. */
import { openSessions } from './control-connection.ts';
import { startRouter, startTwampd, type Workshop } from './programs.ts';
import type { Report } from './report.ts';
import { median, quantile } from './statistics.ts';
import type { Pace, Peers } from './suite.ts';

const PACKETS_PER_SECOND = 1000;
const OCTETS = 41;
const GOAL_MICROS = 15;

interface Errors {
  readonly receive: readonly number[];
  readonly transmit: readonly number[];
  readonly lost: number;
}

export async function measureStamps(
  workshop: Workshop,
  peers: Peers,
  pace: Pace,
  report: Report,
): Promise<void> {
  const router = await startRouter(workshop, { busy: true });
  const fallback = await startRouter(workshop, { fallback: true, busy: true });
  const reflector = workshop.startC('reflector', ['single', 1]);
  const plainPort = Number((await reflector.line()).split(' ')[1]);
  const twampd = peers.twampd && (await startTwampd(workshop, peers.twampd.path, peers.twampd.configuration));
  const contestants = [
    { id: 'router', name: 'dnrouter, main thread busy', server: router, goal: { atMost: GOAL_MICROS } },
    { id: 'fallback', name: 'dnrouter, Node dgram, main thread busy', server: fallback },
    { id: 'single', name: 'plain C, single calls', server: undefined },
    ...(twampd ? [{ id: 'twampd', name: 'perfSONAR twampd', server: twampd }] : []),
  ];
  const runs = new Map(contestants.map(({ id }) => [id, [] as Errors[]]));
  const rounds = pace.quick ? 2 : 3;
  const packets = PACKETS_PER_SECOND * (pace.quick ? 3 : 10);
  for (let round = 0; round < rounds; round += 1) {
    for (const { id, server } of contestants) {
      runs.get(id)!.push(await probe(workshop, packets, server ?? plainPort));
    }
  }
  report.section(`Stamps: ${PACKETS_PER_SECOND} pps × ${packets}, stamp against the kernel's on the wire`);
  for (const { id, name, goal } of contestants) {
    const all = runs.get(id)!;
    const micros = (which: 'receive' | 'transmit', share: number): number =>
      median(all.map((errors) => quantile(errors[which], share))) / 1000;
    const [p50, p99, max] = [0.5, 0.99, 1].map((share) => micros('receive', share).toFixed(1));
    const lost = all.reduce((sum, errors) => sum + errors.lost, 0);
    report.add({
      id: `stamps/${id}/receive-p99`,
      name: `${name}: T2 late by, p99`,
      value: micros('receive', 0.99),
      unit: 'µs',
      ...(goal && { goal }),
      remark: `p50/p99/max ${p50}/${p99}/${max}, ${lost} lost`,
    });
    report.add({
      id: `stamps/${id}/transmit-p99`,
      name: `${name}: T3 early by, p99`,
      value: micros('transmit', 0.99),
      unit: 'µs',
      remark: `p50/max ${micros('transmit', 0.5).toFixed(1)}/${micros('transmit', 1).toFixed(1)}`,
    });
  }
  await Promise.all([router, fallback, ...(twampd ? [twampd] : [])].map(({ program }) => program.stop()));
  await reflector.stop();
}

/** One run against a Server, or a bare reflector on a port. */
async function probe(
  workshop: Workshop,
  packets: number,
  to: number | { readonly host: string; readonly port: number },
): Promise<Errors> {
  const program = workshop.startC('probe', [PACKETS_PER_SECOND, packets, OCTETS]);
  const senderPort = Number((await program.line()).split(' ')[1]);
  const sessions =
    typeof to === 'number'
      ? { running: [{ port: to }], close: () => undefined }
      : await openSessions(to, senderPort, { octets: OCTETS, sessions: 1, connections: 1 });
  program.say(`target ${sessions.running[0]!.port}`);
  const lines = await program.finish();
  sessions.close();
  const [, sent = NaN, received = NaN] = (lines.at(-1) ?? '').split(' ').map(Number);
  const errors = lines.slice(0, -1).map((line) => line.split(' ').map(Number));
  if (errors.length === 0) throw new Error('No packet of the probe came back with its stamps.');
  return {
    receive: errors.map(([, receive = NaN]) => receive),
    transmit: errors.map(([, , transmit = NaN]) => transmit),
    lost: sent - received,
  };
}

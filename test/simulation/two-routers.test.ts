/** Two whole engines over bad networks: whatever the seed, sums add up and nothing is left behind. */
import { expect, test } from 'vitest';
import { MeasurementError } from '../../src/engine/measurement-error.ts';
import type { Measurement } from '../../src/engine/twping.ts';
import { SeededRandom } from '../support/seeded-random.ts';
import { VirtualNetwork } from '../support/virtual-network.ts';
import { serverConfiguration, twpingRequest, VirtualRouter } from '../support/virtual-router.ts';
import { VirtualTime } from '../support/virtual-time.ts';

/** More with SIMULATION_SEEDS; a failure names its seed, and FIRST_SEED begins there. */
const seedCount = Number(process.env['SIMULATION_SEEDS'] ?? 25);
const firstSeed = Number(process.env['FIRST_SEED'] ?? 1);
const seeds = Array.from({ length: seedCount }, (_, index) => firstSeed + index);

test.each(seeds)('seed %d', async (seed) => {
  const random = new SeededRandom(seed);
  const time = new VirtualTime();
  const weather = { delayNanos: 1e5 + random.below(5e7), loss: [0, 0.05, 0.5][random.below(3)]! };
  const network = new VirtualNetwork(time, random, weather);
  const near = new VirtualRouter(network, '198.51.100.1');
  const far = new VirtualRouter(network, '192.0.2.1');
  const limits = {
    'maximum-connections': 1 + random.below(6),
    'maximum-sessions': 1 + random.below(20),
    'maximum-sessions-per-connection': 1 + random.below(8),
  };
  await far.serve(limits);

  const controllers: AbortController[] = [];
  const measurements = Array.from({ length: 2 + random.below(6) }, () => {
    const controller = new AbortController();
    controllers.push(controller);
    const request = twpingRequest({ count: 1 + random.below(40), sessionCount: 1 + random.below(5) });
    return near.engine.twping(request, { signal: controller.signal }).catch((error: unknown) => error);
  });
  for (let disturbances = random.below(4); disturbances > 0; disturbances -= 1) {
    await time.pass(random.below(1e9));
    expectWithinLimits(far, limits);
    const kind = random.below(4);
    if (kind === 0) network.cutStreams();
    if (kind === 1) controllers[random.below(controllers.length)]!.abort();
    if (kind === 2) await far.serve({ ...limits, 'maximum-sessions': 64 });
    if (kind === 3) await far.serve({ ...serverConfiguration(limits), port: 863 });
  }

  for (const outcome of await time.until(Promise.all(measurements))) expectSound(outcome);
  await time.pass(5e9);
  for (const router of [near, far]) {
    expect(router.live()).toEqual([]);
    expect(router.datapath.bound.size).toBe(0);
    expect(router.reported).toEqual([]);
  }
  expectSameSessions(near, far);
  await time.until(Promise.all([near.engine.close(), far.engine.close()]));
  expect(time.pending).toBe(0);
});

function expectWithinLimits(router: VirtualRouter, limits: Record<string, number>): void {
  const connections = router.live().filter(({ type }) => type === 'control').length;
  expect(connections).toBeLessThanOrEqual(limits['maximum-connections']!);
}

function expectSound(outcome: unknown): void {
  if (outcome instanceof MeasurementError) return;
  const { sessions, ending } = outcome as Measurement;
  for (const { summary } of sessions) {
    expect(summary.lost).toBeGreaterThanOrEqual(0);
    expect(summary.lost).toBeLessThanOrEqual(summary.sent);
    if (ending === 'complete') expect(summary.sent).toBeGreaterThan(0);
  }
}

/** What both recorded of a session agrees: nothing is received that was not sent. */
function expectSameSessions(near: VirtualRouter, far: VirtualRouter): void {
  const theirs = new Map(far.ended().map((row) => [row.sid, row]));
  for (const ours of near.ended().filter(({ type }) => type === 'data')) {
    const their = theirs.get(ours.sid);
    expect(their).toBeDefined();
    expect(their!.received).toBeLessThanOrEqual(ours.sent);
    expect(their!.sent).toBe(their!.received);
    expect([ours.localPort, ours.remotePort]).toEqual([their!.remotePort, their!.localPort]);
  }
}

/** Two whole routers over bad networks with bad clocks: whatever the seed, they report what happened and leave nothing behind. */
import { describe, expect, test } from 'vitest';
import { MeasurementError } from '../../src/engine/measurement-error.ts';
import type { ServerConfiguration } from '../../src/engine/server.ts';
import type { Measurement, TwpingRequest } from '../../src/engine/twping.ts';
import { pick } from './random-choice.ts';
import { expectTruth } from './truth.ts';
import { World, type SimulatedRouter } from './world.ts';

/** docs/testing.md: one seed alone, so many of them, or as many as the time allows. */
const { SIMULATION_SEED, SIMULATION_SEEDS, SIMULATION_SECONDS = '20' } = process.env;
const firstSeed = Number(SIMULATION_SEED ?? 1);
const seedCount = SIMULATION_SEED === undefined ? Number(SIMULATION_SEEDS ?? Infinity) : 1;
/** Whole routers have the other half. */
const secondsMax = SIMULATION_SEEDS === undefined ? Number(SIMULATION_SECONDS) / 2 : Infinity;

/** More than a connection with three sessions takes, from the greeting to Stop-Sessions. */
const CONVERSATION_MESSAGES = 16;

/** The timeouts of these measurements, closing and a checkpoint are shorter; an answer is waited for longer. */
const AFTERWARDS_NANOS = 6e9;

/** SERVWAIT and REFWAIT are 15 minutes each: what neither end was told of has ended after both. */
const UNHEARD_NANOS = 3600e9;

test('two routers report what truly happened, and leave nothing behind', { timeout: 0 }, async () => {
  const begin = performance.now();
  let seed = firstSeed;
  for (; seed < firstSeed + seedCount && performance.now() - begin < secondsMax * 1000; seed += 1) {
    try {
      await simulate(new World(seed));
    } catch (error) {
      throw new Error(`SIMULATION_SEED=${seed}: ${(error as Error).message}`, { cause: error });
    }
  }
  process.stderr.write(`simulation: seeds ${firstSeed} to ${seed - 1}\n`);
});

describe.each([true, false])('a connection that breaks, heard of: %s', (heard) => {
  test.each([0, 0.5, 1])('after %d of each message of a session', async (share) => {
    for (let message = 0; message < CONVERSATION_MESSAGES; message += 1) {
      await simulate(new World(message, { message, share, heard }));
    }
  });
});

async function simulate(world: World): Promise<void> {
  const { random, routers, time } = world;
  const limits = {
    'maximum-connections': 1 + random.below(4),
    'maximum-sessions': 1 + random.below(10),
    'maximum-sessions-per-connection': 1 + random.below(4),
  };
  for (const router of routers) await router.serve(limits);

  const givingUp: AbortController[] = [];
  const measurements = Array.from({ length: 1 + random.below(3) }, async () => {
    const [near, far] = routers;
    const [from, to] = random.below(2) === 0 ? [near, far] : [far, near];
    const controller = new AbortController();
    givingUp.push(controller);
    const request = world.request(to);
    const outcome = await from.engine
      .twping(request, { signal: controller.signal })
      .catch((error: unknown) => error);
    expectSound(world, from, request, outcome);
  });
  const all = Promise.all(measurements);
  all.catch(() => undefined);
  for (let disturbances = random.below(3); disturbances > 0; disturbances -= 1) {
    await time.pass(random.below(1e9));
    for (const router of routers) expectWithinLimits(router, limits);
    await disturb(world, givingUp, limits);
  }
  await time.until(all);
  await time.pass(world.cut?.heard === false ? UNHEARD_NANOS : AFTERWARDS_NANOS);
  expectNothingLeft(world);
  expect(time.pending).toBe(0);
  await time.until(Promise.all(routers.map((router) => router.close())));
  expect(time.pending).toBe(0);
}

type Limits = Partial<ServerConfiguration>;

/** Something that happens to whatever runs. */
async function disturb(
  { random, network, routers, time }: World,
  givingUp: readonly AbortController[],
  limits: Limits,
): Promise<void> {
  switch (random.below(5)) {
    case 0:
      network.cutStreams();
      break;
    case 1:
      pick(random, givingUp).abort();
      break;
    case 2:
      await routers[1].serve({ ...limits, 'maximum-sessions': 64 });
      break;
    case 3:
      await routers[1].serve({ ...limits, port: 863 });
      break;
    case 4:
      await time.until(pick(random, routers).restart(limits));
      break;
  }
}

function expectWithinLimits(router: SimulatedRouter, limits: Record<string, number>): void {
  const served = router.rows('live').filter(({ role }) => role === 'server');
  const connections = served.filter(({ type }) => type === 'control').length;
  expect(connections).toBeLessThanOrEqual(limits['maximum-connections']!);
}

function expectSound(world: World, from: SimulatedRouter, request: TwpingRequest, outcome: unknown): void {
  if (outcome instanceof MeasurementError) return;
  const { sessions, ending } = outcome as Measurement;
  const { duplication, delayRangeNanos } = world.path;
  for (const { summary, sender, samplesLost } of sessions) {
    expect(samplesLost).toBe(0);
    const { sent, cutMonoNanos } = from.datapath.journals.find(({ localPort }) => localPort === sender.port)!;
    const complete = ending === 'complete';
    if (complete) expect(sent).toHaveLength(request.count);
    const directions = duplication === 0 && delayRangeNanos === 1;
    const { timestampFormat, timeoutNanos } = request;
    expectTruth(summary, sent, timeoutNanos, { complete, directions, cutMonoNanos, timestampFormat });
  }
}

function expectNothingLeft({ routers, udp, network }: World): void {
  expect(udp.bound).toEqual([]);
  expect(network.openEnds).toBe(0);
  for (const router of routers) {
    expect(router.rows('live')).toEqual([]);
    expect(router.reported).toEqual([]);
  }
  const [one, other] = routers;
  expectSameSessions(one, other);
  expectSameSessions(other, one);
}

/** What both recorded of a session agrees: nothing is received that was not sent. */
function expectSameSessions(near: SimulatedRouter, far: SimulatedRouter): void {
  const theirs = new Map(
    far
      .rows('ended')
      .filter(({ role }) => role === 'server')
      .map((row) => [row.sid, row]),
  );
  for (const ours of near.rows('ended').filter(({ type, role }) => type === 'data' && role === 'client')) {
    const their = theirs.get(ours.sid);
    expect(their).toBeDefined();
    expect(their!.sent).toBeLessThanOrEqual(their!.received);
    expect(their!.received - their!.duplicates).toBeLessThanOrEqual(ours.sent);
    expect([ours.localPort, ours.remotePort]).toEqual([their!.remotePort, their!.localPort]);
  }
}

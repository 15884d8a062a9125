/** Measurements of ours over a virtual network: whole ones, cut ones, and hosts that are no Server. */
import { beforeEach, describe, expect, test } from 'vitest';
import { ANSWER_SECONDS_MAX } from '../../src/engine/client.ts';
import type { MeasurementError } from '../../src/engine/measurement-error.ts';
import { SAMPLES_MAX, type SessionSample } from '../../src/engine/sampler.ts';
import { START_DELAY_NANOS } from '../../src/engine/test-round.ts';
import type { Measurement, Progress, TwpingRequest } from '../../src/engine/twping.ts';
import { ServerGreeting, ServerStart } from '../../src/twamp/messages.ts';
import { SeededRandom } from '../support/seeded-random.ts';
import { VirtualNetwork } from '../support/virtual-network.ts';
import { configurationOf, twpingRequest, VirtualRouter } from '../support/virtual-router.ts';
import { VirtualTime } from '../support/virtual-time.ts';

let time: VirtualTime;
let network: VirtualNetwork;
let near: VirtualRouter;
let far: VirtualRouter;

beforeEach(() => startWith({ delayNanos: 1e6, loss: 0 }));

function startWith(weather: { delayNanos: number; loss: number }): void {
  time = new VirtualTime();
  network = new VirtualNetwork(time, new SeededRandom(3), weather);
  near = new VirtualRouter(network, '198.51.100.1');
  far = new VirtualRouter(network, '192.0.2.1');
}

function measure(
  changes: Partial<TwpingRequest> = {},
  signal = new AbortController().signal,
): Promise<Measurement> {
  return time.until(near.engine.twping(twpingRequest(changes), { signal }));
}

async function failure(
  changes: Partial<TwpingRequest> = {},
): Promise<Pick<MeasurementError, 'code' | 'details'>> {
  const error: unknown = await measure(changes).catch((reason: unknown) => reason);
  const { code, details } = error as MeasurementError;
  return { code, details };
}

const clean = (): void => {
  expect(near.live()).toEqual([]);
  expect(near.datapath.bound.size).toBe(0);
  expect([...near.reported, ...far.reported]).toEqual([]);
};

describe('a measurement', () => {
  test('counts every packet, and is history on both sides when it is over', async () => {
    await far.serve();
    const { sessions, ending } = await measure({ count: 20 });
    expect(ending).toBe('complete');
    expect(sessions).toHaveLength(1);
    const [session] = sessions;
    expect(session?.summary).toMatchObject({
      sent: 20,
      lost: 0,
      roundTrip: { minNanos: 2e6, maxNanos: 2e6 },
    });
    expect(session?.sender.address).toBe('198.51.100.1');
    expect(session?.reflector.address).toBe('192.0.2.1');

    const rows = [...near.ended(), ...far.ended()];
    expect(rows.map(({ role, type, endReason }) => [role, type, endReason])).toEqual([
      ['client', 'control', 'stopped'],
      ['client', 'data', 'stopped'],
      ['server', 'control', 'connection-closed'],
      ['server', 'data', 'stopped'],
    ]);
    const [ourControl, ours, theirControl, theirs] = rows;
    expect([ours?.sid, theirs?.sid]).toEqual([session?.sid, session?.sid]);
    expect([ours?.sent, ours?.received, theirs?.received, theirs?.sent]).toEqual([20, 20, 20, 20]);
    expect([ourControl?.sent, ourControl?.received]).toEqual([theirControl?.received, theirControl?.sent]);
    expect([ours?.localPort, ours?.remotePort]).toEqual([theirs?.remotePort, theirs?.localPort]);
    clean();
    await time.pass(2e9);
    expect(far.datapath.bound.size).toBe(0);
  });

  test('of ten sessions runs them at once on one connection', async () => {
    await far.serve();
    const { sessions } = await measure({ sessionCount: 10, count: 5 });
    expect(sessions.map(({ summary }) => [summary.sent, summary.lost])).toEqual(Array(10).fill([5, 0]));
    expect(new Set(sessions.map(({ sid }) => sid)).size).toBe(10);
    expect(new Set(near.ended().map(({ connectionId }) => connectionId)).size).toBe(1);
    clean();
  });

  test('goes out of the routing instance, from the address and with the DSCP that are asked for', async () => {
    await far.serve();
    await near.engine.apply(configurationOf(undefined, new Map([['red', { namespace: '203.0.113.1' }]])));
    const inRed = await measure({ routingInstance: 'red', dscp: 46 });
    expect(inRed.sessions[0]?.sender.address).toBe('203.0.113.1');
    expect(near.ended().map(({ vrf }) => vrf)).toEqual(['red', 'red']);
    expect(near.datapath.requests).toMatchObject([
      { vrf: { kind: 'namespace', name: '203.0.113.1' }, localAddress: '203.0.113.1', dscp: 46 },
    ]);
    const from = await measure({ sourceAddress: '198.51.100.7' });
    expect(from.sessions[0]?.sender.address).toBe('198.51.100.7');
    clean();
  });

  test('says what it knows of itself', async () => {
    await far.serve();
    const { sessions } = await measure();
    expect(sessions[0]).toMatchObject({
      instrument: { stamps: 'kernel', kernelDrops: 0 },
      summary: { clocks: { sender: { synchronised: false }, reflector: { synchronised: false } } },
    });
  });

  test('starts no packet before the Start Time it named', async () => {
    await far.serve();
    const started = time.wallNanos();
    const { sessions } = await measure({ count: 1 });
    expect(near.ended()[1]?.startedWallNanos).toBeLessThan(started + BigInt(START_DELAY_NANOS));
    expect(sessions[0]?.summary.firstWallNanos).toBeGreaterThanOrEqual(started + BigInt(START_DELAY_NANOS));
  });

  test('starts no packet before the delay it was asked for, with Ctrl-C at any time', async () => {
    await far.serve();
    const started = time.wallNanos();
    const { sessions } = await measure({ count: 1, startDelayNanos: 7e9 });
    expect(sessions[0]?.summary.firstWallNanos).toBeGreaterThanOrEqual(started + 7_000_000_000n);
    expect(sessions[0]?.summary.firstWallNanos).toBeLessThan(started + 7_100_000_000n);
    const controller = new AbortController();
    const request = twpingRequest({ count: 1, startDelayNanos: 600e9 });
    const measuring = near.engine.twping(request, { signal: controller.signal });
    await time.pass(1e9);
    controller.abort();
    const { ending, sessions: none } = await time.until(measuring);
    expect([ending, none[0]!.summary.sent, none[0]!.summary.lost]).toEqual(['interrupted', 0, 0]);
    clean();
  });

  test('leaves by an interface', async () => {
    await far.serve();
    const { sessions } = await measure({ device: '203.0.113.1' });
    expect(sessions[0]?.sender.address).toBe('203.0.113.1');
    expect(near.datapath.requests).toMatchObject([{ vrf: { kind: 'device', name: '203.0.113.1' } }]);
    expect(await failure({ device: 'eth7' })).toEqual({
      code: 'no-such-interface',
      details: { name: 'eth7' },
    });
    expect(await failure({ device: '../x' })).toMatchObject({ code: 'no-such-interface' });
    clean();
  });

  test('ends when the last reply is there, or a timeout after the last packet', async () => {
    await far.serve();
    await measure({ count: 1, timeoutNanos: 100e9 });
    expect(time.monoNanos()).toBeLessThan(2e9);
    startWith({ delayNanos: 1e6, loss: 1 });
    await far.serve();
    const { sessions, ending } = await measure({ count: 3, timeoutNanos: 5e9 });
    expect(ending).toBe('complete');
    expect(sessions[0]?.summary).toMatchObject({ sent: 3, lost: 3, roundTrip: undefined });
    expect(time.monoNanos()).toBeGreaterThan(5e9);
  });

  test('tells how far it is, when it starts and every second', async () => {
    await far.serve();
    const heard: Progress[] = [];
    const { signal } = new AbortController();
    const request = twpingRequest({ count: 30, intervalNanos: 100e6, timeoutNanos: 1e9 });
    await time.until(near.engine.twping(request, { signal, onProgress: (progress) => heard.push(progress) }));
    expect(heard.map(({ planned }) => planned)).toEqual([30, 30, 30, 30]);
    expect(heard[0]).toMatchObject({ sent: 0, received: 0 });
    expect(heard.map(({ sent }) => sent)).toEqual([...heard.map(({ sent }) => sent)].sort((a, b) => a - b));
    expect(heard[0]!.remainingNanos).toBeGreaterThanOrEqual(4e9);
    expect(heard[0]!.remainingNanos).toBeLessThan(4.3e9);
  });

  test('given up ends with the figures so far', async () => {
    await far.serve();
    const controller = new AbortController();
    const measuring = near.engine.twping(twpingRequest({ count: 1000 }), { signal: controller.signal });
    await time.pass(1e9);
    controller.abort();
    const { sessions, ending } = await time.until(measuring);
    expect(ending).toBe('interrupted');
    const { sent, lost, inFlight } = sessions[0]!.summary;
    expect(sent).toBeGreaterThan(50);
    expect(sent).toBeLessThan(100);
    expect(lost).toBe(0);
    expect(inFlight).toBeLessThanOrEqual(1);
    expect(near.ended().map(({ endReason }) => endReason)).toEqual(['interrupted', 'interrupted']);
    expect(far.ended().at(-1)?.endReason).toBe('stopped');
    clean();
  });

  test('given up counts what is in flight neither as answered nor as lost', async () => {
    startWith({ delayNanos: 150e6, loss: 0 });
    await far.serve();
    const controller = new AbortController();
    const measuring = near.engine.twping(twpingRequest({ count: 1000 }), { signal: controller.signal });
    await time.pass(2e9);
    controller.abort();
    const { summary } = (await time.until(measuring)).sessions[0]!;
    // 300 ms of a packet every 10 ms.
    expect(summary.inFlight).toBeGreaterThan(25);
    expect(summary.inFlight).toBeLessThan(35);
    expect(summary.lost).toBe(0);
  });

  test('given up counts as lost what has timed out', async () => {
    startWith({ delayNanos: 1e6, loss: 1 });
    await far.serve();
    const controller = new AbortController();
    const request = twpingRequest({ count: 1000, timeoutNanos: 200e6 });
    const measuring = near.engine.twping(request, { signal: controller.signal });
    await time.pass(2e9);
    controller.abort();
    const { sent, lost, inFlight } = (await time.until(measuring)).sessions[0]!.summary;
    expect(inFlight).toBeGreaterThan(15);
    expect(inFlight).toBeLessThan(25);
    expect(lost).toBe(sent - inFlight);
  });

  test('whose connection breaks ends with the figures so far', async () => {
    await far.serve();
    const measuring = near.engine.twping(twpingRequest({ count: 1000 }), {
      signal: new AbortController().signal,
    });
    await time.pass(1e9);
    network.cutStreams();
    const { sessions, ending } = await time.until(measuring);
    expect(ending).toBe('connection-lost');
    expect(sessions[0]!.summary.sent).toBeGreaterThan(50);
    clean();
  });

  test('is interrupted when the router stops', async () => {
    await far.serve();
    const measuring = near.engine.twping(twpingRequest({ count: 1000 }), {
      signal: new AbortController().signal,
    });
    await time.pass(1e9);
    await time.until(near.engine.close());
    await expect(measuring).resolves.toMatchObject({ ending: 'interrupted' });
    clean();
  });
});

describe('there is no measurement', () => {
  test('where nobody listens', async () => {
    expect(await failure()).toEqual({ code: 'connection-refused', details: {} });
    expect([...near.ended(), ...near.live()]).toEqual([]);
  });

  test('of a host that accepts and says nothing, and that is told in time', async () => {
    network.speakOnly('192.0.2.1', 862, new Uint8Array());
    expect(await failure()).toEqual({ code: 'greeting-timeout', details: { seconds: ANSWER_SECONDS_MAX } });
    expect(time.monoNanos()).toBeLessThan((ANSWER_SECONDS_MAX + 2) * 1e9);
    clean();
  });

  test('of a host that says something else', async () => {
    network.speakOnly('192.0.2.1', 862, Buffer.from('SSH-2.0-OpenSSH_9.2p1\r\n'));
    const { code, details } = await failure();
    expect(code).toBe('not-twamp');
    expect('SSH-2.0-OpenSSH_9.2p1\r\n'.startsWith(String(details['said']))).toBe(true);
    expect(String(details['said']).length).toBeGreaterThanOrEqual(12);
  });

  const greeting = (modes: number): Uint8Array =>
    ServerGreeting.encode({ modes, challenge: new Uint8Array(16), salt: new Uint8Array(16), count: 0 });
  const serverStart = (accept: number): Uint8Array =>
    ServerStart.encode({ accept, serverIv: new Uint8Array(16), startTime: 0n });

  test.each([
    ['declines', greeting(0), { code: 'declined', details: {} }],
    ['wants keys', greeting(14), { code: 'mode-not-offered', details: { offered: 14 } }],
    [
      'says no',
      Buffer.concat([greeting(1), serverStart(5)]),
      { code: 'set-up-refused', details: { accept: 'temporary-resource-limit' } },
    ],
    [
      'stops answering',
      Buffer.concat([greeting(1), serverStart(0)]),
      { code: 'answer-timeout', details: { seconds: ANSWER_SECONDS_MAX, state: 'requested' } },
    ],
  ])('with a server that %s', async (_, octets, expected) => {
    network.speakOnly('192.0.2.1', 862, octets);
    expect(await failure()).toEqual(expected);
    clean();
  });

  test('in a routing instance that is none', async () => {
    expect(await failure({ routingInstance: 'blue' })).toEqual({
      code: 'no-such-instance',
      details: { name: 'blue' },
    });
  });

  test('with a server that does not know us', async () => {
    await far.serve({ 'client-list': new Map() });
    expect(await failure()).toEqual({ code: 'declined', details: {} });
  });

  test('with a server that has no room for all sessions', async () => {
    await far.serve({ 'maximum-sessions-per-connection': 3 });
    expect(await failure({ sessionCount: 4 })).toEqual({
      code: 'session-refused',
      details: { accept: 'permanent-resource-limit' },
    });
    expect(near.ended().map(({ endReason }) => endReason)).toEqual(Array(4).fill('refused'));
    clean();
    expect(far.live()).toEqual([]);
  });

  test('with more sessions than we have ports', async () => {
    await far.serve();
    for (let port = 10_000; port <= 20_000; port += 1) {
      network.bindPackets({ address: '198.51.100.1', port }, () => undefined);
    }
    expect(await failure()).toEqual({ code: 'ports-exhausted', details: { first: 10_000, last: 20_000 } });
    clean();
  });

  test.each(['while connecting', 'while waiting'])('when it is given up %s', async (when) => {
    network.speakOnly('192.0.2.1', 862, new Uint8Array());
    const controller = new AbortController();
    const measuring = near.engine.twping(twpingRequest(), { signal: controller.signal });
    if (when === 'while waiting') await time.pass(1e9);
    controller.abort();
    await expect(time.until(measuring)).rejects.toMatchObject({ code: 'interrupted' });
    await time.pass(10e6);
    clean();
  });

  test('when it is given up while a port is being bound', async () => {
    await far.serve();
    const controller = new AbortController();
    const insert = near.store.insert.bind(near.store);
    near.store.insert = (row) => {
      insert(row);
      controller.abort();
    };
    await expect(measure({}, controller.signal)).rejects.toMatchObject({ code: 'interrupted' });
    await time.pass(1e9);
    expect(near.ended()).toMatchObject([{ type: 'control', endReason: 'interrupted' }]);
    clean();
  });
});

describe('samples', () => {
  const sampled = async (changes: Partial<TwpingRequest>, signal = new AbortController().signal) => {
    const told: SessionSample[][] = [];
    const request = twpingRequest({ sampleNanos: 1e9, intervalNanos: 1e8, ...changes });
    const onSamples = (samples: readonly SessionSample[]) => void told.push([...samples]);
    const measurement = await time.until(near.engine.twping(request, { signal, onSamples }));
    return { told, measurement };
  };

  test('come at each interval from the first packet on, and add up to the figures of the session', async () => {
    await far.serve();
    const { told, measurement } = await sampled({ count: 25, sessionCount: 2 });
    expect(measurement.sessions).toHaveLength(2);
    measurement.sessions.forEach(({ sampled, summary, sender }, index) => {
      const own = told.map((samples) => samples[index]!);
      expect(sampled?.omitted).toBe(0);
      expect(own).toMatchObject(sampled!.samples);
      expect(own.every((sample) => sample.sender === sender)).toBe(true);
      expect(own[0]!.wallNanos - summary.firstWallNanos!).toBeLessThan(1_100_000_000n);
      expect(own.slice(0, 2).map(({ sent }) => sent)).toEqual([10, 10]);
      expect(own.reduce((sum, { sent }) => sum + sent, 0)).toBe(25);
      expect(own[0]!.roundTrip).toMatchObject({ minNanos: 2e6, medianNanos: 2e6, maxNanos: 2e6 });
    });
  });

  test('tell losses when nothing can come any more, and at the end all of them', async () => {
    startWith({ delayNanos: 1e6, loss: 0.2 });
    await far.serve();
    const { told, measurement } = await sampled({ count: 100, timeoutNanos: 2e9 });
    const [session] = measurement.sessions;
    const losses = told.map(([sample]) => sample!.lost);
    expect(losses.slice(0, 2)).toEqual([0, 0]);
    expect(losses.slice(2, 8).some((lost) => lost > 0)).toBe(true);
    expect(session!.summary.lost).toBeGreaterThan(0);
    expect(losses.reduce((sum, lost) => sum + lost, 0)).toBe(session!.summary.lost);
  });

  test('given up with Ctrl-C, the last interval is a shorter one', async () => {
    await far.serve();
    const controller = new AbortController();
    const measuring = sampled({ count: 1000, startDelayNanos: 1e9 }, controller.signal);
    await time.pass(2.55e9);
    controller.abort();
    const { told, measurement } = await measuring;
    expect(measurement.ending).toBe('interrupted');
    expect(told).toHaveLength(2);
    expect(told.map(([sample]) => sample!.sent).reduce((sum, sent) => sum + sent)).toBe(
      measurement.sessions[0]!.summary.sent,
    );
  });

  test('wait for whoever takes them, and lose nothing', async () => {
    await far.serve();
    const sent: number[] = [];
    const request = twpingRequest({ sampleNanos: 1e9, intervalNanos: 1e8, count: 60 });
    const onSamples = async ([sample]: readonly SessionSample[]): Promise<void> => {
      sent.push(sample!.sent);
      await new Promise<void>((resolve) => void time.at(time.monoNanos() + 2.5e9, resolve));
    };
    const { signal } = new AbortController();
    await time.until(near.engine.twping(request, { signal, onSamples }));
    expect(sent.slice(0, 2)).toEqual([10, 30]);
    expect(sent.reduce((sum, each) => sum + each)).toBe(60);
  });

  test('are none unless they are asked for', async () => {
    await far.serve();
    const { told, measurement } = await sampled({ sampleNanos: undefined, count: 20 });
    expect([told, measurement.sessions[0]!.sampled]).toEqual([[], undefined]);
  });

  test('fit into the result up to a number, beyond which they are counted', async () => {
    await far.serve();
    const intervals = SAMPLES_MAX + 1;
    const plan = { sampleNanos: 1e8, intervalNanos: 1e8, timeoutNanos: 1e6 };
    const { told, measurement } = await sampled({ ...plan, count: intervals });
    const { samples, omitted } = measurement.sessions[0]!.sampled!;
    expect(samples).toHaveLength(SAMPLES_MAX);
    expect(omitted).toBe(told.length - SAMPLES_MAX);
    expect(omitted).toBeGreaterThan(0);
  });
});

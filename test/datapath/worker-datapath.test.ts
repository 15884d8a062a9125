/** The real datapath: worker threads and UDP sockets on loopback. */
import { once } from 'node:events';
import { beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import type {
  PortRange,
  ReflectorRequest,
  Sender,
  SenderEnd,
  SenderRun,
} from '../../src/datapath/datapath.ts';
import { SESSIONS_MAX } from '../../src/datapath/link.ts';
import { WorkerDatapath } from '../../src/datapath/worker-datapath.ts';
import { PADDING_OCTETS_MAX } from '../../src/twamp/packets.ts';
import { modes } from '../../src/twamp/protocol.ts';
import { RING_SAMPLES_MIN } from '../../src/twamp/samples.ts';
import { Statistics } from '../../src/twamp/statistics.ts';
import type { Summary } from '../../src/twamp/statistics.ts';
import { plainSocket } from '../support/plain-socket.ts';
import { bundledWorker, mortalWorker, slowWorker } from '../support/worker.ts';

const PORTS: PortRange = { first: 22_000, last: 29_999 };
const V4 = '127.0.0.1';

const worker = bundledWorker();
let datapath: WorkerDatapath;

const monoNanos = (): number => performance.now() * 1e6;

function openReflector(changes: Partial<ReflectorRequest> = {}, on = datapath) {
  const remote = { remoteAddress: V4, remotePort: 9 };
  return on.openReflector({
    vrf: { kind: 'default' },
    localAddress: V4,
    wantedPort: 0,
    ports: PORTS,
    dscp: 0,
    ...remote,
    ...changes,
  });
}

function openSender(address = V4, on = datapath) {
  return on.openSender({
    vrf: { kind: 'default' },
    localAddress: address,
    ports: PORTS,
    remoteAddress: address,
    dscp: 0,
  });
}

/** Runs a sender to its end. */
function run(sender: Sender, changes: Partial<SenderRun>): Promise<SenderEnd & { summary: Summary }> {
  const statistics = new Statistics();
  return new Promise((resolve) => {
    sender.start({
      remotePort: 9,
      count: 10,
      intervalNanos: 1e6,
      paddingOctets: 27,
      startMonoNanos: monoNanos(),
      timeoutNanos: 10e9,
      onSamples: (samples) => statistics.add(samples),
      onDone: (end) => resolve({ ...end, summary: statistics.summary(end) }),
      ...changes,
    });
  });
}

function request(sequence: number, octets = 41): Buffer {
  const packet = Buffer.alloc(octets, 0x5a);
  packet.writeUInt32BE(sequence);
  return packet;
}

/** Both ways packets go, which must not differ but in what they can see. */
const paths = [
  { path: 'kernel', stamps: 'kernel', reflectHops: { kind: 'hops', min: 0, max: 0 } },
  { path: 'dgram', stamps: 'user-space', reflectHops: { kind: 'unknown' } },
] as const;

describe.each(paths)('over $path', ({ path, stamps, reflectHops }) => {
  beforeEach(() => {
    vi.stubEnv('DNROUTER_DATAPATH', path === 'dgram' ? path : undefined);
    datapath = new WorkerDatapath(worker.url);
    return async () => {
      await datapath.close();
      vi.unstubAllEnvs();
    };
  });

  test.each([modes.authenticated, modes.encrypted])(
    'in mode %i both ends seal their packets, and a stranger to the keys gets no answer',
    async (mode) => {
      const keys = { aesKey: new Uint8Array(16).fill(1), hmacKey: new Uint8Array(32).fill(2) };
      const sender = await openSender();
      const reflector = await openReflector({ remotePort: sender.localPort, mode, keys });
      reflector.start();
      const remotePort = reflector.localPort;
      const { summary, ...end } = await run(sender, { remotePort, count: 200, intervalNanos: 0, mode, keys });
      expect(end).toEqual({ sent: 200, samplesLost: 0 });
      expect(summary).toMatchObject({ lost: 0, sendDuplicates: 0, reflectDuplicates: 0 });
      expect(summary.roundTrip!.minNanos).toBeGreaterThan(0);
      expect(reflector.counters()).toMatchObject({ sent: 200, lastSequenceSent: 199 });
      expect(sender.counters()).toMatchObject({ received: 200, lastSequenceSent: 199 });
      await sender.stop();

      const stranger = await plainSocket(V4, sender.localPort);
      stranger.send(request(0, 112), remotePort, V4);
      await expect.poll(() => reflector.counters().dropped['bad-hmac']).toBe(1);
      expect(reflector.counters().sent).toBe(200);
    },
  );

  describe.each([V4, '::1'])('between %s and itself', (address) => {
    test('1000 packets, one a millisecond: none lost, none twice, every counter agrees', async () => {
      const sender = await openSender(address);
      const remote = { remoteAddress: address, remotePort: sender.localPort };
      const reflector = await openReflector({ localAddress: address, ...remote });
      reflector.start();
      const before = monoNanos();
      const { summary, ...end } = await run(sender, { remotePort: reflector.localPort, count: 1000 });
      expect(end).toEqual({ sent: 1000, samplesLost: 0 });
      expect(summary).toMatchObject({ lost: 0, sendDuplicates: 0, reflectDuplicates: 0 });
      expect(summary.roundTrip!.minNanos).toBeGreaterThan(0);
      expect(summary.processing!.minNanos).toBeGreaterThanOrEqual(0);
      expect(summary.sendHops).toMatchObject({ min: 0, max: 0 });
      expect(summary.reflectHops).toMatchObject(reflectHops);
      expect([sender.capabilities.stamps, reflector.capabilities.stamps]).toEqual([stamps, stamps]);
      expect(sender.pacing()!.maxNanos).toBeGreaterThanOrEqual(sender.pacing()!.p50Nanos);
      const all = {
        received: 1000,
        sent: 1000,
        duplicates: 0,
        lastSequenceReceived: 999,
        lastSequenceSent: 999,
      };
      expect(sender.counters()).toMatchObject(all);
      // A packet is counted before it leaves: who has heard the last reply finds it counted.
      expect(reflector.counters()).toMatchObject(all);
      // The instant was taken on another thread; two threads agree on the time to far less than a millisecond.
      expect(reflector.lastPacketMonoNanos()).toBeGreaterThan(before - 1e6);
      expect(reflector.lastPacketMonoNanos()).toBeLessThan(monoNanos() + 1e6);
    });
  });

  test('ten times ten sessions at once lose nothing', async () => {
    const one = async (): Promise<Summary> => {
      const sender = await openSender();
      const reflector = await openReflector({ remotePort: sender.localPort });
      reflector.start();
      const { summary } = await run(sender, {
        remotePort: reflector.localPort,
        count: 20,
        intervalNanos: 10e6,
      });
      await Promise.all([sender.stop(), reflector.stop()]);
      return summary;
    };
    const summaries = await Promise.all(Array.from({ length: 100 }, one));
    expect(summaries.reduce((lost, summary) => lost + summary.lost, 0)).toBe(0);
  });

  test('padding goes there and back, up to the maximum; more is refused', async () => {
    const sender = await openSender();
    const reflector = await openReflector({ remotePort: sender.localPort });
    reflector.start();
    const target = { remotePort: reflector.localPort, count: 3 };
    await expect(run(sender, { ...target, paddingOctets: PADDING_OCTETS_MAX + 1 })).rejects.toThrow(
      RangeError,
    );
    const { summary } = await run(sender, { ...target, paddingOctets: PADDING_OCTETS_MAX });
    expect(summary).toMatchObject({ sent: 3, lost: 0 });
  });

  test.each([
    ['random', false],
    ['zeros', true],
  ] as const)('padding of %s', async (paddingFill, isZero) => {
    const peer = await plainSocket();
    const sender = await openSender();
    const received = once(peer, 'message') as Promise<[Buffer]>;
    const target = { remotePort: peer.address().port, count: 1, timeoutNanos: 0 };
    await run(sender, { ...target, paddingOctets: 64, paddingFill });
    const [packet] = await received;
    expect(packet.subarray(14).every((octet) => octet === 0)).toBe(isZero);
  });

  test('a run to nobody sends everything, waits its timeout out and has lost everything', async () => {
    const nobody = await plainSocket();
    const sender = await openSender();
    const start = monoNanos();
    const { summary, sent } = await run(sender, {
      remotePort: nobody.address().port,
      count: 5,
      timeoutNanos: 100e6,
    });
    expect(sent).toBe(5);
    expect(summary.lost).toBe(5);
    expect(monoNanos() - start).toBeGreaterThanOrEqual(100e6);
  });

  test('packets that the kernel refuses to send count as dropped, not as sent, and end the run', async () => {
    // To all of a network, which a socket that was not asked to may not.
    const sender = await datapath.openSender({
      vrf: { kind: 'default' },
      localAddress: V4,
      ports: PORTS,
      remoteAddress: '255.255.255.255',
      dscp: 0,
    });
    const start = monoNanos();
    const { sent } = await run(sender, { count: 40, intervalNanos: 0, timeoutNanos: 10e9 });
    expect(sent).toBe(0);
    expect(monoNanos() - start).toBeLessThan(5e9);
    expect(sender.counters()).toMatchObject({
      sent: 0,
      dropped: { 'send-failed': 40 },
      lastSequenceSent: undefined,
    });
  });

  test('a packet from another address or port is counted and not reflected', async () => {
    const peer = await plainSocket();
    const otherPort = await plainSocket();
    const otherAddress = await plainSocket('127.0.0.2', peer.address().port);
    const reflector = await openReflector({ remotePort: peer.address().port });
    reflector.start();
    for (const stranger of [otherPort, otherAddress]) {
      stranger.on('message', () => expect.unreachable());
      stranger.send(request(0), reflector.localPort, V4);
    }
    // They came first on the same socket: when the peer has its reply, they were dealt with.
    peer.send(request(7), reflector.localPort, V4);
    const [reply] = (await once(peer, 'message')) as [Buffer];
    expect(reply.readUInt32BE(24)).toBe(7);
    expect(reply.readUInt32BE(0)).toBe(0);
    expect(reflector.counters()).toMatchObject({ received: 1, dropped: { 'wrong-source': 2 } });
  });

  test('the remote is recognised however its IPv6 address is written', async () => {
    const peer = await plainSocket('::1');
    const reflector = await openReflector({
      localAddress: '::1',
      remoteAddress: '0:0:0:0:0:0:0:1',
      remotePort: peer.address().port,
    });
    reflector.start();
    peer.send(request(1), reflector.localPort, '::1');
    await once(peer, 'message');
    expect(reflector.counters()).toMatchObject({ received: 1, dropped: { 'wrong-source': 0 } });
  });

  test('packets before the start are counted as not active, and unanswered', async () => {
    const peer = await plainSocket();
    const reflector = await openReflector({ remotePort: peer.address().port });
    peer.send(request(0), reflector.localPort, V4);
    await expect.poll(() => reflector.counters().dropped['not-active']).toBe(1);
    expect(reflector.lastPacketMonoNanos()).toBe(0);
    reflector.start();
    peer.send(request(1), reflector.localPort, V4);
    const [reply] = (await once(peer, 'message')) as [Buffer];
    expect(reply.readUInt32BE(24)).toBe(1);
  });

  test('a run whose replies outrun its reader says how many samples it lost', async () => {
    const sender = await openSender();
    const peer = await plainSocket();
    // Copies of one answer outrun the smallest ring. The other answer comes last, so that it ends the run.
    const answers = [...Array<number>(RING_SAMPLES_MIN + 3).fill(1), 0];
    const send = (senderSequence: number) =>
      new Promise((resolve) => {
        const reply = Buffer.alloc(41);
        reply.writeUInt32BE(senderSequence, 24);
        reply.writeUInt16BE(1, 12);
        peer.send(reply, sender.localPort, V4, resolve);
      });
    peer.on('message', (packet) => {
      if (packet.readUInt32BE(0) === 0) return;
      void Promise.all(answers.map(send)).then(() => {
        // Keeps this thread, which reads the samples, busy until all have come.
        const patience = monoNanos() + 5e9;
        while (sender.counters().received < answers.length && monoNanos() < patience);
      });
    });
    const end = await run(sender, { remotePort: peer.address().port, count: 2 });
    expect(sender.counters()).toMatchObject({ received: answers.length });
    expect(end.samplesLost).toBe(answers.length - RING_SAMPLES_MIN);
  });

  describe('ports', () => {
    const only = (port: number): PortRange => ({ first: port, last: port });

    test('the wanted port is granted when it is free and in the range', async () => {
      const { localPort: free } = await openReflector().then(async (reflector) => {
        await reflector.stop();
        return reflector;
      });
      expect((await openReflector({ wantedPort: free })).localPort).toBe(free);
    });

    test('another of the range is granted when the wanted port is taken or outside', async () => {
      const { localPort: taken } = await openReflector();
      const ports = { first: taken, last: taken + 20 };
      for (const wantedPort of [taken, taken - 1, 0]) {
        const { localPort } = await openReflector({ wantedPort, ports });
        expect(localPort).toBeGreaterThan(taken);
        expect(localPort).toBeLessThanOrEqual(taken + 20);
      }
    });

    test('a range without a free port is refused as exhausted', async () => {
      const { localPort } = await openReflector();
      await expect(openReflector({ ports: only(localPort) })).rejects.toMatchObject({
        code: 'ports-exhausted',
      });
    });

    test('the same port on another address is free', async () => {
      const { localPort } = await openReflector();
      const other = await openReflector({ localAddress: '127.0.0.2', ports: only(localPort) });
      expect(other.localPort).toBe(localPort);
    });

    test('a stopped session frees its port, and its counters stay', async () => {
      const peer = await plainSocket();
      const reflector = await openReflector({ remotePort: peer.address().port });
      reflector.start();
      peer.send(request(3), reflector.localPort, V4);
      await once(peer, 'message');
      await reflector.stop();
      await reflector.stop();
      const next = await openReflector({ ports: only(reflector.localPort) });
      expect(next.counters().received).toBe(0);
      expect(reflector.counters()).toMatchObject({ received: 1, lastSequenceReceived: 3 });
      expect(reflector.lastPacketMonoNanos()).toBeGreaterThan(0);
    });
  });

  test.each([
    ['an address that is not ours', { localAddress: '192.0.2.1' }],
    ['a remote of the other family', { remoteAddress: '::1' }],
    ['a name in place of an address', { localAddress: 'localhost', remoteAddress: 'localhost' }],
    ['a namespace that does not exist', { vrf: { kind: 'namespace', name: 'no-such-namespace' } as const }],
  ])('%s is refused as unavailable', async (_, changes) => {
    await expect(openReflector(changes)).rejects.toMatchObject({ code: 'address-unavailable' });
  });

  test('a worker holds all that may run and linger, no more, and takes one again when one has ended', async () => {
    const sessions = await Promise.all(Array.from({ length: SESSIONS_MAX }, () => openReflector()));
    expect(new Set(sessions.map(({ localPort }) => localPort)).size).toBe(SESSIONS_MAX);
    await expect(openReflector()).rejects.toMatchObject({ code: 'failed' });
    await sessions[17]!.stop();
    await openReflector();
  });

  describe('the end', () => {
    test('a sender that is stopped hands over its samples, and onDone is not called', async () => {
      const sender = await openSender();
      const reflector = await openReflector({ remotePort: sender.localPort });
      reflector.start();
      let samples = 0;
      sender.start({
        remotePort: reflector.localPort,
        count: 1_000_000,
        intervalNanos: 1e6,
        paddingOctets: 0,
        startMonoNanos: monoNanos(),
        timeoutNanos: 1e9,
        onSamples: (batch) => (samples += batch.length),
        onDone: () => expect.unreachable(),
      });
      await expect.poll(() => sender.counters().received).toBeGreaterThan(5);
      await sender.stop();
      expect(samples).toBe(sender.counters().received);
      // Every packet left within the timeout.
      expect(sender.awaitedFrom()).toBe(0);
      await datapath.close();
    });

    test('of a sender that is stopped, packets below a number have timed out', async () => {
      const [sender, nobody] = [await openSender(), await plainSocket()];
      sender.start({
        remotePort: nobody.address().port,
        count: 1_000_000,
        intervalNanos: 1e6,
        paddingOctets: 0,
        startMonoNanos: monoNanos(),
        timeoutNanos: 300e6,
        onSamples: () => undefined,
        onDone: () => expect.unreachable(),
      });
      expect(sender.awaitedFrom()).toBeUndefined();
      await expect.poll(() => sender.counters().sent).toBeGreaterThan(600);
      await sender.stop();
      const { sent } = sender.counters();
      expect(sender.awaitedFrom()).toBeGreaterThan(0);
      expect(sender.awaitedFrom()).toBeLessThan(sent);
    });

    test('a run that has ended awaits nothing', async () => {
      const [sender, nobody] = [await openSender(), await plainSocket()];
      await run(sender, { remotePort: nobody.address().port, count: 3, timeoutNanos: 10e6 });
      await sender.stop();
      expect(sender.awaitedFrom()).toBeUndefined();
    });

    test('an exponential run sends all its packets, at intervals that are not all alike', async () => {
      const sender = await openSender();
      const reflector = await openReflector({ remotePort: sender.localPort });
      reflector.start();
      const sent: bigint[] = [];
      const end = await run(sender, {
        remotePort: reflector.localPort,
        count: 200,
        exponential: true,
        onSamples: (batch) => {
          for (let index = 0; index < batch.length; index += 1) sent.push(batch.sentWallNanos(index));
        },
      });
      expect(end.sent).toBe(200);
      const millis = sent.slice(1).map((nanos, index) => Number(nanos - sent[index]!) / 1e6);
      // Of fixed intervals of 1 ms, next to none would be below a half; of exponential ones, four in ten are.
      expect(millis.filter((each) => each < 0.5).length).toBeGreaterThan(40);
    });

    test('a closed datapath opens nothing', async () => {
      await openReflector();
      await datapath.close();
      await expect(openReflector()).rejects.toMatchObject({ code: 'failed' });
    });

    test('closing leaves no thread, no port and no message channel behind', async () => {
      const resources = (): string[] => process.getActiveResourcesInfo().sort();
      const before = resources();
      const sender = await openSender();
      const reflector = await openReflector({ remotePort: sender.localPort });
      reflector.start();
      await run(sender, { remotePort: reflector.localPort });
      await datapath.close();
      await expect.poll(resources).toEqual(before);
      for (const { localPort } of [sender, reflector]) await plainSocket(V4, localPort);
    });

    test('a datapath that opens nothing starts nothing', async () => {
      const before = process.getActiveResourcesInfo();
      await new WorkerDatapath(new URL('file:///nowhere.js')).close();
      expect(process.getActiveResourcesInfo()).toEqual(before);
    });
  });

  test('its threads are not ended while they load', async () => {
    const { url, hasLoaded } = slowWorker(worker.url);
    const slow = new WorkerDatapath(url);
    const opening = openReflector({}, slow);
    await Promise.allSettled([slow.close(), opening]);
    expect(hasLoaded()).toBe(true);
  });

  describe('a worker that fails', () => {
    test('ends its sessions, which are told; the next session gets a new worker', async () => {
      const { url, fail } = mortalWorker(worker.url);
      const reported: string[] = [];
      const mortal = new WorkerDatapath(url, ({ message }) => reported.push(message));
      onTestFinished(() => mortal.close());
      const sender = await openSender(V4, mortal);
      let toldReflector = 0;
      const reflector = await openReflector(
        { remotePort: sender.localPort, onFailed: () => (toldReflector += 1) },
        mortal,
      );
      reflector.start();
      const ended = run(sender, { remotePort: reflector.localPort, count: 1_000_000 });
      await expect.poll(() => reflector.counters().received).toBeGreaterThan(5);
      fail();

      const { failed, sent, summary } = await ended;
      expect(failed).toBe(true);
      expect(sent).toBe(sender.counters().sent);
      expect(sent - summary.lost).toBe(sender.counters().received);
      await expect.poll(() => toldReflector).toBe(1);
      expect(reported.sort()).toEqual([
        'the reflector worker has failed: as told',
        'the sender worker has failed: as told',
      ]);
      expect(reflector.counters().received).toBeGreaterThan(5);
      await Promise.all([sender.stop(), reflector.stop()]);
      for (const { localPort } of [sender, reflector]) await plainSocket(V4, localPort);

      const next = await openSender(V4, mortal);
      const nextReflector = await openReflector({ remotePort: next.localPort }, mortal);
      nextReflector.start();
      expect((await run(next, { remotePort: nextReflector.localPort })).summary.lost).toBe(0);
      await mortal.close();
      expect(reported).toHaveLength(2);
    });

    test('refuses what was being opened', async () => {
      const broken = new WorkerDatapath(new URL('no-such-worker.mjs', worker.url));
      onTestFinished(() => broken.close());
      await expect(openReflector({}, broken)).rejects.toMatchObject({ code: 'failed' });
    });
  });
});

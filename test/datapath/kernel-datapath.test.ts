/** What only the kernel path can do: DSCP, routing instances, high rates; and that it leaves nothing behind. */
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { setImmediate as tick } from 'node:timers/promises';
import { afterAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import type { ReflectorRequest, SenderRequest, SenderRun } from '../../src/datapath/datapath.ts';
import type { Vrf } from '../../src/native/routing-instance.ts';
import { KernelSocket } from '../../src/datapath/kernel-socket.ts';
import { available } from '../../src/native/libc.ts';
import type { OpenRequest } from '../../src/datapath/link.ts';
import { MessageBatch, createAncillary } from '../../src/datapath/message-batch.ts';
import { WorkerDatapath } from '../../src/datapath/worker-datapath.ts';
import { SEQUENCE, formOf } from '../../src/twamp/packet-forms.ts';
import { Statistics } from '../../src/twamp/statistics.ts';
import type { Summary } from '../../src/twamp/statistics.ts';
import { bundledWorker } from '../support/worker.ts';

const found = available();
if (!('libc' in found)) console.log(`the kernel path is not tested: ${found.reason}`);

const V4 = '127.0.0.1';
const common = { vrf: { kind: 'default' }, localAddress: V4, remoteAddress: V4 } as const;
const ports = { first: 40_000, last: 49_999 };

const worker = bundledWorker();
let datapath: WorkerDatapath;

beforeEach(() => {
  datapath = new WorkerDatapath(worker.url);
  return () => datapath.close();
});

const openSender = (changes: Partial<SenderRequest> = {}) =>
  datapath.openSender({ ...common, ports, dscp: 0, ...changes });

const openReflector = (remotePort: number, changes: Partial<ReflectorRequest> = {}) =>
  datapath.openReflector({ ...common, ports, wantedPort: 0, remotePort, ...changes });

/** Runs a sender of one request against a reflector of the other; `started` is called when it has been told to. */
async function measure(
  plan: Pick<SenderRun, 'count' | 'intervalNanos'>,
  from: Partial<SenderRequest> = {},
  to: Partial<ReflectorRequest> = {},
  started: () => void = () => undefined,
): Promise<Summary> {
  const sender = await openSender(from);
  const reflector = await openReflector(sender.localPort, to);
  reflector.start();
  const statistics = new Statistics();
  return new Promise((resolve) => {
    sender.start({
      ...plan,
      remotePort: reflector.localPort,
      paddingOctets: 27,
      startMonoNanos: performance.now() * 1e6,
      timeoutNanos: 5e9,
      onSamples: (samples) => statistics.add(samples),
      onDone: (end) => resolve(statistics.summary(end)),
    });
    started();
  });
}

/** Nothing of this thread goes on meanwhile. */
const holdUp = (millis: number): void =>
  void Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, millis);

const form = formOf({});

/** A socket of this thread, and a reflector that answers it. */
async function reflectedPeer(to: Partial<ReflectorRequest> = {}, from: Partial<OpenRequest> = {}) {
  const libc = 'libc' in found ? found.libc : expect.unreachable();
  const request = { ...common, ports, wantedPort: 0, remotePort: 0 } as const;
  const peer = KernelSocket.open(libc, { ...request, ...from });
  onTestFinished(() => peer.close());
  const reflector = await openReflector(peer.localPort, to);
  reflector.start();
  await tick();
  peer.remotePort = reflector.localPort;
  return { libc, peer, reflector };
}

/** Sends packets of these lengths at once; each must be answered by one that is long enough, in order. */
async function expectAnswers(
  lengths: readonly number[],
  to: Partial<ReflectorRequest> = {},
  from: Partial<OpenRequest> = {},
): Promise<void> {
  const { peer, libc, reflector } = await reflectedPeer(to, from);
  const batch = new MessageBatch(libc, lengths.length);
  for (const [slot, octets] of lengths.entries()) {
    batch.arena.view.setUint32(batch.offset(slot) + SEQUENCE, slot);
    batch.arena.view.setUint16(batch.offset(slot) + form.sender.errorEstimate, 1);
    batch.address(slot, peer);
    batch.compose(slot, octets, peer.family);
  }
  expect(batch.send(peer, 0, lengths.length)).toBe(lengths.length);
  const answered = [...lengths.entries()].filter(([, octets]) => octets >= form.sender.padding);
  const replies: number[][] = [];
  await expect
    .poll(() => {
      const count = batch.receive(peer);
      for (let slot = 0; slot < count; slot++) {
        const at = batch.offset(slot);
        const { view } = batch.arena;
        const senderSequence = view.getUint32(at + form.reflector.senderSequence);
        replies.push([view.getUint32(at + SEQUENCE), senderSequence, batch.received(slot)]);
      }
      return replies.length;
    })
    .toBe(answered.length);
  expect(replies).toEqual(
    answered.map(([sequence, octets], index) => [index, sequence, Math.max(octets, form.reflector.padding)]),
  );
  // A reply may be here before it is counted.
  await expect
    .poll(() => reflector.counters())
    .toMatchObject({
      sent: answered.length,
      dropped: { malformed: lengths.length - answered.length, 'send-failed': 0 },
    });
}

const openFiles = (): number => readdirSync('/proc/self/fd').length;

describe.skipIf(!('libc' in found))('the kernel path', () => {
  test('[002/timestamping] what holds up the control plane is in no delay', async () => {
    const summary = await measure({ count: 100, intervalNanos: 10e6 }, {}, {}, () => holdUp(3000));
    expect(summary).toMatchObject({ sent: 100, lost: 0 });
    expect(summary.roundTrip!.medianNanos).toBeLessThan(500e6);
    expect(summary.processing!.maxNanos).toBeLessThan(1000e6);
  });

  test.each([
    ['that of the packet', undefined, 46],
    ['the configured one', 10, 10],
  ])('replies carry %s as DSCP', async (_, configured, expected) => {
    const { peer, libc } = await reflectedPeer({ dscp: configured });
    peer.dscp = 46;
    const batch = new MessageBatch(libc, 1);
    batch.address(0, peer);
    batch.compose(0, 41, peer.family);
    // A Multiplier of 0 would make the packet corrupt.
    batch.arena.view.setUint16(12, 1);
    expect(batch.send(peer, 0, 1)).toBe(1);
    await expect.poll(() => batch.receive(peer)).toBe(1);
    const ancillary = createAncillary();
    batch.takeAncillary(0, ancillary);
    expect(ancillary).toMatchObject({ trafficClass: expected << 2, ttl: 255 });
  });

  test.each([
    ['of one length', Array.from({ length: 64 }, () => 41)],
    ['of lengths that change', Array.from({ length: 64 }, (_, index) => 14 + Math.floor(index / 5) * 40)],
    ['with some that get no reply among them', Array.from({ length: 64 }, (_, index) => 10 + (index % 7))],
    ['too long to leave together', Array.from({ length: 20 }, () => 9000)],
  ])('a burst %s is answered packet by packet, in order', async (_, lengths) => {
    await expectAnswers(lengths);
  });

  test.each([
    [undefined, 0],
    [64, 255 - 64],
  ])('packets of a sender leave with its TTL: %s', async (ttl, hops) => {
    const summary = await measure({ count: 3, intervalNanos: 10_000 }, { ttl });
    expect(summary.sendHops).toEqual({ kind: 'hops', values: 1, min: hops, max: hops });
  });

  test('a packet that is sent after the start is reflected, however soon after', async () => {
    const lost: number[] = [];
    for (let round = 0; round < 50; round++) {
      lost.push((await measure({ count: 3, intervalNanos: 10_000 })).lost);
    }
    expect(lost.every((packets) => packets === 0)).toBe(true);
  });

  test('10,000 packets a second: none lost, none twice', async () => {
    const summary = await measure({ count: 20_000, intervalNanos: 100_000 });
    expect(summary).toMatchObject({ sent: 20_000, lost: 0, sendDuplicates: 0, reflectDuplicates: 0 });
    expect(summary.processing!.minNanos).toBeGreaterThanOrEqual(0);
  });

  test('a thousand sessions opened and closed, and workers that end, leave no file open', async () => {
    const before = openFiles();
    await openReflector(9);
    await openSender();
    const running = openFiles();
    for (let cycle = 0; cycle < 500; cycle++) {
      const [sender, reflector] = await Promise.all([openSender(), openReflector(9)]);
      await Promise.all([sender.stop(), reflector.stop()]);
    }
    expect(openFiles()).toBe(running);
    await datapath.close();
    expect(openFiles()).toBe(before);
  });

  test.each<[string, Vrf]>([
    ['device', { kind: 'device', name: 'no-such-dev' }],
    ['namespace', { kind: 'namespace', name: 'no-such-namespace' }],
  ])('a %s that does not exist is refused as unavailable', async (_, vrf) => {
    await expect(openReflector(9, { vrf })).rejects.toMatchObject({ code: 'address-unavailable' });
  });
});

const ip = (...words: string[]): void => {
  const { status, stderr } = spawnSync('ip', words, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`ip ${words.join(' ')}: ${stderr}`);
};

/** Two namespaces with a cable between them; undefined where we may not make any. */
function cabledNamespaces(): { readonly near: string; readonly far: string } | undefined {
  const near = `dnr-near-${process.pid}`;
  const far = `dnr-far-${process.pid}`;
  try {
    for (const namespace of [near, far]) ip('netns', 'add', namespace);
    ip('-n', near, 'link', 'add', 'cable', 'type', 'veth', 'peer', 'name', 'cable', 'netns', far);
    ip('-n', near, 'address', 'add', '198.18.0.1/24', 'dev', 'cable');
    ip('-n', far, 'address', 'add', '198.18.0.2/24', 'dev', 'cable');
    for (const namespace of [near, far]) ip('-n', namespace, 'link', 'set', 'cable', 'up');
    return { near, far };
  } catch (error) {
    console.log(`routing instances are not tested: ${(error as Error).message.trim()}`);
    return undefined;
  }
}

const namespaces = 'libc' in found ? cabledNamespaces() : undefined;
afterAll(() => {
  if (namespaces) for (const namespace of Object.values(namespaces)) ip('netns', 'delete', namespace);
});

describe.skipIf(namespaces === undefined)('in routing instances', () => {
  const [nearAddress, farAddress] = ['198.18.0.1', '198.18.0.2'];

  test('sessions measure from one namespace to another, and the worker stays at home', async () => {
    const { near, far } = namespaces!;
    const summary = await measure(
      { count: 100, intervalNanos: 1e6 },
      { vrf: { kind: 'namespace', name: near }, localAddress: nearAddress, remoteAddress: farAddress },
      { vrf: { kind: 'namespace', name: far }, localAddress: farAddress, remoteAddress: nearAddress },
    );
    expect(summary).toMatchObject({ sent: 100, lost: 0, sendHops: { max: 0 }, reflectHops: { max: 0 } });
    // Their addresses are not those of the process's own namespace.
    await expect(openSender({ localAddress: nearAddress })).rejects.toMatchObject({
      code: 'address-unavailable',
    });
    expect((await measure({ count: 10, intervalNanos: 1e6 })).lost).toBe(0);
  });

  test('a burst of packets that only leave in fragments is answered', async () => {
    const { near, far } = namespaces!;
    await expectAnswers(
      Array.from({ length: 20 }, () => 2000),
      { vrf: { kind: 'namespace', name: far }, localAddress: farAddress, remoteAddress: nearAddress },
      { vrf: { kind: 'namespace', name: near }, localAddress: nearAddress, remoteAddress: farAddress },
    );
  });

  test('a session bound to a device hears that device alone', async () => {
    const device: Vrf = { kind: 'device', name: 'lo' };
    expect((await measure({ count: 10, intervalNanos: 1e6 }, { vrf: device }, { vrf: device })).lost).toBe(0);
  });
});

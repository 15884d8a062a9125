/** Reflectors without control connection over real sockets: many senders, abuse, and the address replies leave from. */
import { createSocket } from 'node:dgram';
import type { Socket } from 'node:dgram';
import { once } from 'node:events';
import { isIPv6 } from 'node:net';
import { beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import type { LightRequest } from '../../src/datapath/datapath.ts';
import { available } from '../../src/native/libc.ts';
import { WorkerDatapath } from '../../src/datapath/worker-datapath.ts';
import { encodeAddress } from '../../src/twamp/address-field.ts';
import type { SourcePrefix } from '../../src/twamp/light-rules.ts';
import { Statistics } from '../../src/twamp/statistics.ts';
import { plainSocket } from '../support/plain-socket.ts';
import { bundledWorker } from '../support/worker.ts';

const V4 = '127.0.0.1';
const SENDER_PORTS = { first: 22_000, last: 29_999 };

const found = available();
if (!('libc' in found)) console.log(`addresses of replies are not tested: ${found.reason}`);

const worker = bundledWorker();
let datapath: WorkerDatapath;

function allow(address: string, length: number): SourcePrefix {
  return { version: isIPv6(address) ? 6 : 4, octets: encodeAddress(address), length, allow: true };
}

const loopback = [allow('127.0.0.0', 8), allow('::1', 128)];

/** On a port that was free a moment ago. */
async function openLight(changes: Partial<LightRequest> = {}) {
  const localAddress = changes.localAddress ?? V4;
  const probe = createSocket(isIPv6(localAddress) ? 'udp6' : 'udp4').bind(0, localAddress);
  await once(probe, 'listening');
  const { port } = probe.address();
  probe.close();
  await once(probe, 'close');
  return datapath.openLight({
    vrf: { kind: 'default' },
    localAddress,
    port,
    stamp: { reflector: 'stateless', ssid: 0 },
    rules: { prefixes: loopback, reflectorPorts: [862, port] },
    ...changes,
  });
}

function request(sequence: number, octets = 44): Buffer {
  const packet = Buffer.alloc(octets);
  packet.writeUInt32BE(sequence);
  packet.writeUInt16BE(0x0001, 12);
  return packet;
}

async function ask(socket: Socket, packet: Buffer, port: number, address = V4) {
  const answered = once(socket, 'message');
  socket.send(packet, port, address);
  const [reply, from] = (await answered) as [Buffer, { address: string; port: number }];
  return { reply, from };
}

describe.each(['kernel', 'dgram'])('over %s', (path) => {
  beforeEach(() => {
    vi.stubEnv('DNROUTER_DATAPATH', path === 'dgram' ? path : undefined);
    datapath = new WorkerDatapath(worker.url);
    return async () => {
      await datapath.close();
      vi.unstubAllEnvs();
    };
  });

  test('TLVs of RFC 8972 are answered by what this path knows', async () => {
    const permittedDscps = [10];
    const stamp = { reflector: 'stateful', ssid: 0, permittedDscps } as const;
    const light = await openLight({ localAddress: '0.0.0.0', stamp });
    const here = { vrf: { kind: 'default' }, localAddress: V4, ports: SENDER_PORTS } as const;
    const sender = await datapath.openSender({ ...here, remoteAddress: V4, dscp: 46 });
    const statistics = new Statistics('any');
    // Apart, so that the reply before has left when a packet comes.
    const startMonoNanos = (performance.now() + 50) * 1e6;
    const timing = { count: 5, intervalNanos: 100e6, startMonoNanos, timeoutNanos: 2e9 };
    const asked = { location: true, timestampInformation: true, directMeasurement: true };
    await new Promise((onDone) => {
      sender.start({
        ...timing,
        remotePort: light.localPort,
        stamp: { reflector: 'stateful', ssid: 0 },
        paddingOctets: 8,
        tlvs: { ...asked, followUpTelemetry: true, classOfService: { dscp: 10 } },
        onSamples: (samples) => statistics.add(samples),
        onDone,
      });
    });
    await sender.stop();
    const { answers, followUpWallNanos, integrityFailures } = sender.tlvs();
    const kernel = sender.capabilities.stamps === 'kernel';
    expect(integrityFailures).toBe(0);
    expect(answers.location).toEqual({
      sourcePort: sender.localPort,
      destinationPort: light.localPort,
      source: Uint8Array.of(127, 0, 0, 1),
      destination: kernel ? Uint8Array.of(127, 0, 0, 1) : undefined,
    });
    expect(answers.timestampInformation).toMatchObject({ methodIn: 2, methodOut: 2 });
    expect(answers.directMeasurement).toEqual({
      senderTransmitted: 5,
      reflectorReceived: 5,
      reflectorTransmitted: 5,
    });
    expect(answers.followUpTelemetry).toMatchObject({ sequence: 3, method: 2 });
    expect(Math.abs(Number(followUpWallNanos! / 1_000_000n) - Date.now())).toBeLessThan(60_000);
    const { sendMarkings, reflectMarkings } = statistics.summary({ sent: 5 });
    if (kernel) {
      expect(answers.classOfService).toEqual({ dscp: 46, ecn: 0, refused: false });
      expect(sendMarkings).toEqual([{ dscp: 46, ecn: 0, packets: 5 }]);
      expect(reflectMarkings).toEqual([{ dscp: 10, ecn: 0, packets: 5 }]);
    } else {
      expect(answers.refused).toEqual([4]);
      expect(sendMarkings).toEqual([]);
    }
    await light.stop();
  });

  test.each([V4, '::1'])('many senders have one socket, and each has numbers of its own: %s', async (at) => {
    const { localPort } = await openLight({
      localAddress: at,
      stamp: { reflector: 'stateful', ssid: 0 },
    });
    const [one, other] = [await plainSocket(at), await plainSocket(at)];
    const numbers = [];
    for (const socket of [one, one, other, one]) {
      const { reply } = await ask(socket, request(70), localPort, at);
      expect(reply.readUInt32BE(24)).toBe(70);
      numbers.push(reply.readUInt32BE(0));
    }
    expect(numbers).toEqual([0, 1, 0, 2]);
  });

  test.each([14, 41, 44, 1000])('%i octets of TWAMP Light get at least the 44 of STAMP', async (octets) => {
    const { localPort } = await openLight();
    const { reply } = await ask(await plainSocket(), request(7, octets), localPort);
    expect(reply.length).toBe(Math.max(octets, 44));
    expect(reply.readUInt32BE(0)).toBe(7);
  });

  test('our own sender measures against it, sealed', async () => {
    const stamp = { reflector: 'stateful', ssid: 77, hmacKey: new Uint8Array(16).fill(5) } as const;
    const { localPort } = await openLight({ stamp });
    const sender = await datapath.openSender({
      vrf: { kind: 'default' },
      localAddress: V4,
      ports: SENDER_PORTS,
      remoteAddress: V4,
      dscp: 0,
    });
    const statistics = new Statistics();
    const summary = await new Promise((resolve) => {
      sender.start({
        remotePort: localPort,
        stamp,
        count: 20,
        intervalNanos: 1e6,
        paddingOctets: 0,
        startMonoNanos: performance.now() * 1e6,
        timeoutNanos: 5e9,
        onSamples: (samples) => statistics.add(samples),
        onDone: (end) => resolve(statistics.summary(end)),
      });
    });
    expect(summary).toMatchObject({ sent: 20, lost: 0, sendDuplicates: 0 });
  });

  test('who is not listed is not answered, until new rules list him', async () => {
    const light = await openLight({ rules: { prefixes: [], reflectorPorts: [] } });
    const socket = await plainSocket();
    socket.send(request(1), light.localPort, V4);
    await expect.poll(() => light.counters().dropped['wrong-source']).toBe(1);
    const stamp = { reflector: 'stateless', ssid: 0 } as const;
    light.use({ stamp, rules: { prefixes: loopback, reflectorPorts: [] } });
    const { reply } = await ask(socket, request(2), light.localPort);
    expect(reply.readUInt32BE(24)).toBe(2);
  });

  test('two reflectors that are pointed at each other stop at once, though neither knows the port of the other', async () => {
    const [one, other] = [await openLight(), await openLight()];
    // What a spoofer would send in the name of `other`; only its port is not ours to send from.
    const spoofed = await plainSocket();
    const { reply } = await ask(spoofed, request(1), one.localPort);
    const { reply: back } = await ask(spoofed, reply, other.localPort);
    spoofed.send(back, one.localPort, V4);
    await expect.poll(() => one.counters().dropped.loop).toBe(1);
    expect(one.counters().sent + other.counters().sent).toBe(2);
  });

  test('a port of reflectors is not answered', async () => {
    const socket = await plainSocket();
    const { port } = socket.address();
    const light = await openLight({ rules: { prefixes: loopback, reflectorPorts: [port] } });
    socket.send(request(1), light.localPort, V4);
    await expect.poll(() => light.counters().dropped.loop).toBe(1);
    expect(light.counters()).toMatchObject({ received: 0, sent: 0 });
  });
});

const natively = test.skipIf(!('libc' in found));
natively('a reply leaves from the address that its packet came to, at any of the machine', async () => {
  datapath = new WorkerDatapath(worker.url);
  onTestFinished(() => datapath.close());
  const { localPort } = await openLight({ localAddress: '0.0.0.0' });
  const { from } = await ask(await plainSocket(), request(1), localPort, '127.0.0.9');
  expect(from.address).toBe('127.0.0.9');
  const { localPort: port6 } = await openLight({ localAddress: '::' });
  const { from: from6 } = await ask(await plainSocket('::1'), request(1), port6, '::1');
  expect(from6.address).toBe('::1');
});

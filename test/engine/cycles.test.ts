/** Sessions that come and go by the thousand: whatever they took is given back. */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest';
import { systemRandom, SystemClock } from '../../src/clock.ts';
import type { PortRange } from '../../src/datapath/datapath.ts';
import { WorkerDatapath } from '../../src/datapath/worker-datapath.ts';
import { Engine } from '../../src/engine/engine.ts';
import { deriveKey } from '../../src/engine/key-chains.ts';
import { TcpTransport } from '../../src/engine/tcp-transport.ts';
import { testSecrets } from '../support/secrets.ts';
import { canCount, heapOctets, openFiles, residentOctets, threads } from '../support/process-resources.ts';
import {
  allowing,
  configurationOf,
  serverConfiguration,
  temporaryResults,
  temporaryStore,
  twpingRequest,
} from '../support/virtual-router.ts';
import { bundledWorker } from '../support/worker.ts';

/** CYCLES=100000 for an hour of it. */
const CYCLES = Number(process.env['CYCLES'] ?? 1000);

/** The first ones fill caches and pools, and compile. */
const WARM_UP_CYCLES = 200;

/** A leak of one object or array in each cycle is more than that; noise is less. */
const HEAP_OCTETS_PER_CYCLE_MAX = 500;

/**
 * Of two worker threads too, whose collections are their own: coarse. Heaps keep what they have once taken, Node.js 24 more than
 * twice as much as 20 before it comes to rest (50 MiB here, of a heap that does not grow).
 */
const RESIDENT_OCTETS_MAX = 96 * 2 ** 20;

/** What the engine compiles, and forgets again, is as much in a round as such a leak; in several it is not. */
const [ROUNDS_MIN, ROUNDS_MAX] = [3, 6];

const LOOPBACK = '127.0.0.1';

const worker = bundledWorker();

/** `cycle` repeated, in some rounds, leaves files, threads and memory as they were after the first ones. */
async function leavesNothing(cycle: () => Promise<unknown>, cycles: number, cyclesAtOnce = 1): Promise<void> {
  const repeat = async (count: number): Promise<void> => {
    for (let done = 0; done < count; done += cyclesAtOnce) {
      await Promise.all(Array.from({ length: cyclesAtOnce }, cycle));
    }
  };
  await cycle();
  const files = openFiles();
  // Reflectors of stopped sessions stay for a moment, that of the first cycle too.
  const atRest = () => vi.waitFor(() => expect(openFiles()).toBeLessThanOrEqual(files), { timeout: 10_000 });
  await repeat(WARM_UP_CYCLES);
  await atRest();
  const before = { threads: threads(), heap: heapOctets(), resident: residentOctets() };
  let grown = Infinity;
  for (
    let round = 1;
    round <= ROUNDS_MIN || (grown >= HEAP_OCTETS_PER_CYCLE_MAX && round <= ROUNDS_MAX);
    round += 1
  ) {
    await repeat(cycles);
    await atRest();
    grown = (heapOctets() - before.heap) / (round * cycles);
  }
  expect(threads()).toBe(before.threads);
  expect(grown).toBeLessThan(HEAP_OCTETS_PER_CYCLE_MAX);
  expect(residentOctets() - before.resident).toBeLessThan(RESIDENT_OCTETS_MAX);
}

describe.skipIf(!canCount).each(['kernel', 'dgram'])('over %s', (path) => {
  beforeAll(() => {
    vi.stubEnv('DNROUTER_DATAPATH', path === 'dgram' ? path : undefined);
    return () => void vi.unstubAllEnvs();
  });

  test('sessions opened, started, used and stopped', { timeout: 120_000 }, async () => {
    const datapath = new WorkerDatapath(worker.url);
    onTestFinished(() => datapath.close());
    const common = { vrf: { kind: 'default' }, localAddress: LOOPBACK, remoteAddress: LOOPBACK } as const;
    // One port each: a session that kept its own would be the last.
    const only = async (): Promise<PortRange> => {
      const socket = createSocket('udp4').bind(0, LOOPBACK);
      await once(socket, 'listening');
      const { port } = socket.address();
      socket.close();
      await once(socket, 'close');
      return { first: port, last: port };
    };
    const [senderPorts, reflectorPorts] = [await only(), await only()];
    await leavesNothing(async () => {
      const sender = await datapath.openSender({ ...common, ports: senderPorts, dscp: 0 });
      const remotePort = sender.localPort;
      const request = { ...common, wantedPort: 0, ports: reflectorPorts, remotePort, dscp: 0 };
      const reflector = await datapath.openReflector(request);
      reflector.start();
      await new Promise((resolve) =>
        sender.start({
          remotePort: reflector.localPort,
          count: 2,
          intervalNanos: 1000,
          paddingOctets: 27,
          startMonoNanos: 0,
          timeoutNanos: 1e9,
          onSamples: () => undefined,
          onDone: resolve,
        }),
      );
      expect(sender.counters().received).toBe(2);
      await Promise.all([sender.stop(), reflector.stop()]);
    }, CYCLES / ROUNDS_MIN);
  });

  test('measurements, from the connection to the history', { timeout: 120_000 }, async () => {
    const engine = new Engine({
      clock: new SystemClock(),
      random: systemRandom,
      transport: new TcpTransport(),
      datapath: new WorkerDatapath(worker.url),
      store: temporaryStore(),
      secrets: testSecrets,
      deriveKey,
      results: temporaryResults(),
      report: (error) => {
        throw error;
      },
    });
    onTestFinished(() => engine.close());
    const server = serverConfiguration({ port: 0, 'client-list': allowing('127.0.0.0/8') });
    await engine.apply(configurationOf(server));
    const port = engine.ports.get('default')!;
    const request = twpingRequest({ host: LOOPBACK, port, count: 1, timeoutNanos: 1e9 });
    await leavesNothing(
      async () => {
        const { ending, sessions } = await engine.twping(request, { signal: new AbortController().signal });
        expect([ending, sessions[0]?.summary.lost]).toEqual(['complete', 0]);
      },
      0.3 * CYCLES,
      50,
    );
  });

  test('the datapath itself', { timeout: 120_000 }, async () => {
    const files = openFiles();
    const running = threads();
    for (let cycle = 0; cycle < 20; cycle++) {
      const datapath = new WorkerDatapath(worker.url);
      const ports = { first: 22_000, last: 29_999 };
      const common = { vrf: { kind: 'default' }, localAddress: LOOPBACK, remoteAddress: LOOPBACK } as const;
      await datapath.openSender({ ...common, ports, dscp: 0 });
      await datapath.openReflector({ ...common, ports, wantedPort: 0, remotePort: 9 });
      await datapath.close();
    }
    expect([openFiles(), threads()]).toEqual([files, running]);
  });
});

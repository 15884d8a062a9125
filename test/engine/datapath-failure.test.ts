/** Workers that fail in the middle of a measurement: what both ends say and keep, and what runs next. */
import { beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest';
import { systemRandom, SystemClock } from '../../src/clock.ts';
import { WorkerDatapath } from '../../src/datapath/worker-datapath.ts';
import { Engine } from '../../src/engine/engine.ts';
import { deriveKey } from '../../src/engine/key-chains.ts';
import { TcpTransport } from '../../src/engine/tcp-transport.ts';
import type { Measurement } from '../../src/engine/twping.ts';
import { StartAck } from '../../src/twamp/messages.ts';
import { accepts } from '../../src/twamp/protocol.ts';
import { testSecrets } from '../support/secrets.ts';
import { RawClient } from '../support/raw-client.ts';
import { SeededRandom } from '../support/seeded-random.ts';
import { VirtualNetwork } from '../support/virtual-network.ts';
import {
  allowing,
  configurationOf,
  serverConfiguration,
  temporaryResults,
  temporaryStore,
  twpingRequest,
  VirtualRouter,
} from '../support/virtual-router.ts';
import { VirtualTime } from '../support/virtual-time.ts';
import { bundledWorker, mortalWorker } from '../support/worker.ts';

const worker = bundledWorker();
interface Mortal {
  readonly engine: Engine;
  readonly reported: unknown[];
  /** Ends its workers. */
  readonly fail: () => void;
}

function start(): Mortal {
  const { url, fail } = mortalWorker(worker.url);
  const reported: unknown[] = [];
  const report = (error: unknown): void => void reported.push(error);
  const engine = new Engine({
    clock: new SystemClock(),
    random: systemRandom,
    transport: new TcpTransport(),
    datapath: new WorkerDatapath(url, report),
    store: temporaryStore(),
    secrets: testSecrets,
    deriveKey,
    results: temporaryResults(),
    report,
  });
  onTestFinished(() => engine.close());
  return { engine, reported, fail };
}

async function startPair(): Promise<{ server: Mortal; client: Mortal; port: number }> {
  const [server, client] = [start(), start()];
  const configuration = serverConfiguration({ port: 0, 'client-list': allowing('127.0.0.0/8') });
  await server.engine.apply(configurationOf(configuration));
  return { server, client, port: server.engine.ports.get('default')! };
}

const { signal } = new AbortController();

const measure = (engine: Engine, port: number, count: number): Promise<Measurement> =>
  engine.twping(twpingRequest({ host: '127.0.0.1', port, count, sessionCount: 2, intervalNanos: 1e6 }), {
    signal,
  });

/** Both sessions have got some packets through. */
const untilMidst = ({ engine }: Mortal): Promise<void> =>
  vi.waitFor(
    () => {
      const received = [...engine.sessions({ type: 'data' }, 'live')].map((row) => row.received);
      expect(received.filter((packets) => packets > 5)).toHaveLength(2);
    },
    { timeout: 30_000 },
  );

const endsOf = ({ engine }: Mortal): unknown[] =>
  [...engine.sessions({}, 'ended')].map(({ type, endReason, received }) => [type, endReason, received > 3]);

describe.each(['kernel', 'dgram'])('over %s', (path) => {
  beforeAll(() => {
    vi.stubEnv('DNROUTER_DATAPATH', path === 'dgram' ? path : undefined);
    return () => void vi.unstubAllEnvs();
  });

  test('a reflector that fails ends its sessions and their connection, and the next ones run', async () => {
    const { server, client, port } = await startPair();
    const measuring = measure(client.engine, port, 1_000_000);
    await untilMidst(server);
    server.fail();
    const { ending, sessions } = await measuring;
    expect(ending).toBe('connection-lost');
    for (const { summary } of sessions) expect(summary.sent - summary.lost).toBeGreaterThan(5);
    expect(server.reported.map(String)).toEqual(['DatapathError: the reflector worker has failed: as told']);
    expect([...server.engine.sessions({}, 'live')]).toEqual([]);
    expect(endsOf(server)).toEqual([
      ['control', 'datapath-failed', true],
      ['data', 'datapath-failed', true],
      ['data', 'datapath-failed', true],
    ]);
    const next = await measure(client.engine, port, 5);
    expect(next.sessions.map(({ summary }) => [summary.sent, summary.lost])).toEqual([
      [5, 0],
      [5, 0],
    ]);
  });

  test('a sender that fails ends the measurement with the figures so far, and stops it at the Server', async () => {
    const { server, client, port } = await startPair();
    const measuring = measure(client.engine, port, 1_000_000);
    await untilMidst(client);
    client.fail();
    const { ending, sessions } = await measuring;
    expect(ending).toBe('datapath-failed');
    for (const { summary } of sessions) expect(summary.sent - summary.lost).toBeGreaterThan(5);
    expect(client.reported.map(String)).toEqual(['DatapathError: the sender worker has failed: as told']);
    expect(endsOf(client)).toEqual([
      ['control', 'datapath-failed', true],
      ['data', 'datapath-failed', true],
      ['data', 'datapath-failed', true],
    ]);
    expect(endsOf(server)).toEqual([
      ['control', 'connection-closed', true],
      ['data', 'stopped', true],
      ['data', 'stopped', true],
    ]);
    expect((await measure(client.engine, port, 5)).ending).toBe('complete');
  });
});

describe('where no session runs', () => {
  async function accepted(): Promise<{ router: VirtualRouter; client: RawClient }> {
    const time = new VirtualTime();
    const network = new VirtualNetwork(time, new SeededRandom(7));
    const router = new VirtualRouter(network, '192.0.2.1');
    await router.serve();
    const client = await RawClient.connect(network, time, '198.51.100.1', {
      address: '192.0.2.1',
      port: 862,
    });
    await client.setUp();
    await client.exchange(client.requestMessage({}));
    return { router, client };
  }

  test('a failure before the start is the answer to Start-Sessions', async () => {
    const { router, client } = await accepted();
    router.datapath.failReflectors();
    expect(router.ended()).toMatchObject([{ type: 'data', endReason: 'datapath-failed' }]);
    expect(client.closed).toBe(false);
    expect(StartAck.decode(await client.exchange(client.startMessage)).accept).toBe(accepts.failure);
    expect(client.closed).toBe(true);
  });

  test('a failure after the stop changes no history, and the connection goes on', async () => {
    const { router, client } = await accepted();
    await client.exchange(client.startMessage, client.stopMessage(1));
    router.datapath.failReflectors();
    expect(router.ended()).toMatchObject([{ type: 'data', endReason: 'stopped' }]);
    expect(router.live()).toMatchObject([{ type: 'control' }]);
    expect(client.closed).toBe(false);
  });
});

/** The engine whole: real TCP, real workers, a real store, on loopback. */
import { describe, expect, onTestFinished, test } from 'vitest';
import { systemRandom, SystemClock } from '../../src/clock.ts';
import { effective } from '../../src/config/effective.ts';
import { WorkerDatapath } from '../../src/datapath/worker-datapath.ts';
import { Engine } from '../../src/engine/engine.ts';
import { deriveKey } from '../../src/engine/key-chains.ts';
import { TcpTransport } from '../../src/engine/tcp-transport.ts';
import type { RpmStore } from '../../src/store/rpm-results.ts';
import type { TwampStore } from '../../src/store/twamp-sessions.ts';
import { treeOf } from '../support/configuration.ts';
import { deferred } from '../support/deferred.ts';
import { testSecrets } from '../support/secrets.ts';
import { grammars } from '../support/grammar.ts';
import {
  allowing,
  configurationOf,
  serverConfiguration,
  temporaryResults,
  temporaryStore,
  twpingRequest,
} from '../support/virtual-router.ts';
import { bundledWorker } from '../support/worker.ts';

const worker = bundledWorker();
const { signal } = new AbortController();

const server = serverConfiguration({
  port: 0,
  'client-list': allowing('127.0.0.0/8', '::1/128'),
  'maximum-sessions': 100,
});

/** An engine that serves on a free port. */
async function start(
  store: TwampStore = temporaryStore(),
): Promise<{ engine: Engine; port: number; results: RpmStore }> {
  const results = temporaryResults();
  const engine = new Engine({
    clock: new SystemClock(),
    random: systemRandom,
    transport: new TcpTransport(),
    datapath: new WorkerDatapath(worker.url),
    store,
    secrets: testSecrets,
    deriveKey,
    results,
    report: (error) => {
      throw error;
    },
  });
  onTestFinished(() => engine.close());
  await engine.apply(configurationOf(server));
  return { engine, port: engine.ports.get('default')!, results };
}

describe.each(['127.0.0.1', '::1'])('on %s', (host) => {
  test('[002/server, 002/authentication-mode, 002/any-address] a measurement loses nothing and is in the history of both its ends', async () => {
    const { engine, port } = await start();
    const request = twpingRequest({ host, port, count: 20, intervalNanos: 2e6 });
    const { sessions, ending } = await engine.twping(request, { signal });
    expect(ending).toBe('complete');
    const [session] = sessions;
    expect(session?.summary).toMatchObject({ sent: 20, lost: 0, sendDuplicates: 0, reflectDuplicates: 0 });
    expect(session!.summary.roundTrip!.minNanos).toBeGreaterThan(0);
    const rows = [...engine.sessions({}, 'ended')];
    expect(rows.map(({ type, received, sent }) => [type, received, sent]).sort()).toEqual([
      ['control', 4, 4],
      ['control', 4, 4],
      ['data', 20, 20],
      ['data', 20, 20],
    ]);
    expect([...engine.sessions({}, 'live')]).toEqual([]);
  });
});

test('[000/counters] while it runs, both ends show with growing counters', async () => {
  const { engine, port } = await start();
  const request = twpingRequest({ host: '127.0.0.1', port, count: 100, intervalNanos: 20e6 });
  const readings: number[][] = [];
  const controller = new AbortController();
  const seen = deferred();
  const onProgress = (): void => {
    const rows = [...engine.sessions({ type: 'data' }, 'live')];
    readings.push(rows.map(({ received }) => received));
    if (readings.length === 2) seen.resolve(undefined);
  };
  const measuring = engine.twping(request, { signal: controller.signal, onProgress });
  await seen.promise;
  controller.abort();
  expect((await measuring).ending).toBe('interrupted');
  expect(readings.map((row) => row.length)).toEqual([2, 2]);
  expect(readings[1]!.every((received, index) => received > readings[0]![index]!)).toBe(true);
});

test('[000/capacity] ten connections of ten sessions each run at once', async () => {
  const { engine, port } = await start();
  const request = twpingRequest({ host: '127.0.0.1', port, sessionCount: 10, count: 5, intervalNanos: 20e6 });
  const measurements = Array.from({ length: 10 }, () => engine.twping(request, { signal }));
  const results = await Promise.all(measurements);
  const figures = results.flatMap(({ sessions }) =>
    sessions.map(({ summary }) => [summary.sent, summary.lost]),
  );
  expect(figures).toEqual(Array.from({ length: 100 }, () => [5, 0]));
  expect([...engine.sessions({ type: 'data' }, 'ended')]).toHaveLength(200);
});

test('rows that a dead router left are ended when the next one starts', async () => {
  const store = temporaryStore();
  const row = {
    type: 'control',
    role: 'server',
    vrf: 'default',
    connectionId: store.nextConnectionId(),
    sessionId: undefined,
    localAddress: '127.0.0.1',
    localPort: 862,
    remoteAddress: '127.0.0.1',
    remotePort: 40_000,
    startedWallNanos: 0n,
    endedWallNanos: undefined,
    endReason: undefined,
    sid: undefined,
    mode: 'unauthenticated',
    received: 1,
    sent: 2,
    dropped: 0,
    duplicates: 0,
    reordered: 0,
    lastSequenceReceived: undefined,
    lastSequenceSent: undefined,
    details: undefined,
  } as const;
  store.insert(row);
  const { engine } = await start(store);
  expect([...engine.sessions({}, 'live')]).toEqual([]);
  expect([...engine.sessions({}, 'ended')]).toMatchObject([
    { connectionId: row.connectionId, received: 1, sent: 2 },
  ]);
});

test('a configured client measures over real sockets, round after round on one connection', async () => {
  const { engine, port, results } = await start();
  const client = 'services rpm twamp client control-connection c1';
  const configured = effective(
    grammars.schema,
    treeOf([
      `set ${client} target-address 127.0.0.1`,
      `set ${client} destination-port ${port}`,
      `set ${client} test-count 2`,
      `set ${client} test-session t1 data-fill-with-zeros`,
    ]),
  ).services.rpm.twamp.client;
  await engine.apply(configurationOf(server, new Map(), {}, configured['control-connection']));
  const connection = engine.rpmConnections.get('c1')!;
  await expect.poll(() => connection.state, { timeout: 10_000 }).toBe('finished');
  const probes = results.latestProbes('c1', 't1', 10);
  expect(probes).toHaveLength(2);
  expect(probes.every(({ roundTripNanos }) => roundTripNanos! > 0)).toBe(true);
  const rows = [...engine.sessions({}, 'ended')];
  expect(rows.filter(({ role, type }) => role === 'client' && type === 'control')).toHaveLength(1);
  expect(rows.filter(({ role, type }) => role === 'client' && type === 'data')).toHaveLength(2);
});

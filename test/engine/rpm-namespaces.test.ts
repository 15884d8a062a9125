/** Two routers, each in a network namespace of its own: configured clients of both control types over real sockets. */
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { systemRandom, SystemClock } from '../../src/clock.ts';
import { effective } from '../../src/config/effective.ts';
import { WorkerDatapath } from '../../src/datapath/worker-datapath.ts';
import { Engine } from '../../src/engine/engine.ts';
import { deriveKey } from '../../src/engine/key-chains.ts';
import { TcpTransport } from '../../src/engine/tcp-transport.ts';
import type { RpmResults } from '../../src/store/rpm-results.ts';
import { all, treeOf } from '../support/configuration.ts';
import { grammars } from '../support/grammar.ts';
import { addLink, addNamespace, namespacesUnavailable } from '../support/namespaces.ts';
import { keyChainsOf, testSecrets } from '../support/secrets.ts';
import { temporaryResults, temporaryStore } from '../support/virtual-router.ts';
import { watchDscp } from '../support/wire.ts';
import { bundledWorker } from '../support/worker.ts';

const worker = bundledWorker();
const unavailable = namespacesUnavailable();
if (unavailable !== undefined) console.warn(`two routers are not tested: ${unavailable}`);

const CLIENT = 'services rpm twamp client';
const C1 = `${CLIENT} control-connection c1`;
const SERVER = 'services rpm twamp server';

/** A router with these statements. */
async function start(...lines: readonly string[]): Promise<{ engine: Engine; results: RpmResults }> {
  const results = temporaryResults();
  const engine = new Engine({
    clock: new SystemClock(),
    random: systemRandom,
    transport: new TcpTransport(),
    datapath: new WorkerDatapath(worker.url),
    store: temporaryStore(),
    secrets: testSecrets,
    deriveKey,
    results,
    report: (error) => {
      throw error;
    },
  });
  onTestFinished(() => engine.close());
  const configuration = effective(grammars.schema, treeOf(lines));
  expect(all(engine.verify(configuration))).toEqual([]);
  await engine.apply(configuration);
  return { engine, results };
}

/** A secret as the configuration holds it. */
const sealed = (role: 'server' | 'client'): string =>
  keyChainsOf(role, { ada: 'hunter2' }).get('users')!['key-id'].get('ada')!.secret!;

const keyOf = (role: 'server' | 'client'): string =>
  `services rpm twamp ${role} authentication-key-chain users key-id ada secret ${sealed(role)}`;

/** Two linked namespaces, as the routing instances `here` of two routers. */
function places(): { readonly near: string; readonly far: string } {
  const [near, far] = [addNamespace(), addNamespace()];
  addLink({ namespace: near, address: '192.0.2.1/24' }, { namespace: far, address: '192.0.2.2/24' });
  const here = (namespace: string): string => `routing-instances here namespace ${namespace}`;
  return { near: here(near), far: here(far) };
}

const answered = (results: RpmResults, session: string): number =>
  results.latestProbes('c1', session, 100).filter(({ roundTripNanos }) => roundTripNanos !== undefined)
    .length;

const patience = { timeout: 15_000 };

describe.skipIf(unavailable !== undefined)('a configured client', () => {
  test.each(['none', 'authenticated', 'encrypted', 'mixed'])('of a server, mode %s', async (mode) => {
    const { near, far } = places();
    await start(
      far,
      `${SERVER} routing-instance-list here port 1862`,
      `${SERVER} client-list all address 192.0.2.0/24 routing-instance here`,
      `${SERVER} authentication-mode ${mode}`,
      ...(mode === 'none' ? [] : [keyOf('server')]),
    );
    const { engine, results } = await start(
      near,
      ...(mode === 'none' ? [] : [keyOf('client')]),
      `${C1} authentication-mode ${mode}`,
      `${C1} routing-instance here target-address 192.0.2.2 destination-port 1862`,
      `${C1} test-session t1 probe-count 2`,
      `${C1} test-session t2 data-size 1400`,
    );
    await vi.waitFor(() => {
      expect(answered(results, 't1')).toBeGreaterThanOrEqual(2);
      expect(answered(results, 't2')).toBeGreaterThanOrEqual(1);
    }, patience);
    expect([...results.events({})]).toEqual([]);
    expect(engine.rpmConnections.get('c1')!.state).toBe('connected');
  });

  test.each(['none', 'authenticated'])('of reflectors without a server, mode %s', async (mode) => {
    const { near, far } = places();
    const reflector = 'services simple-twamp session-reflector';
    const secret = testSecrets.seal(
      [...reflector.split(' '), 'authentication-key-chain', 'users', 'key-id', 'ada', 'secret'],
      'hunter2',
    );
    await start(
      far,
      `${reflector} reflector-port 5000 routing-instance here`,
      `${reflector} client-list all address 192.0.2.0/24 routing-instance here`,
      ...(mode === 'none' ? [] : [`${reflector} authentication-key-chain users key-id ada secret ${secret}`]),
    );
    const { engine, results } = await start(
      near,
      ...(mode === 'none' ? [] : [keyOf('client')]),
      `${C1} control-type light authentication-mode ${mode} routing-instance here`,
      `${C1} test-session t1 target-address address 192.0.2.2`,
      `${C1} test-session t1 destination-port 5000 probe-count 2`,
      `${C1} test-session t2 target-address address 192.0.2.2`,
      `${C1} test-session t2 destination-port 5000 data-size 1400`,
      `${C1} test-session lost target-address address 192.0.2.2`,
      `${C1} test-session lost destination-port 5001`,
      `${C1} test-session elsewhere target-address address 198.51.100.9`,
    );
    await vi.waitFor(() => {
      expect(answered(results, 't1')).toBeGreaterThanOrEqual(2);
      expect(answered(results, 't2')).toBeGreaterThanOrEqual(1);
      expect(results.latestProbes('c1', 'lost', 1)).toHaveLength(1);
    }, patience);
    expect(answered(results, 'lost')).toBe(0);
    expect([...results.events({})]).toMatchObject([
      { event: 'session-refused', session: 'elsewhere', reason: 'unreachable' },
    ]);
    expect(engine.rpmConnections.get('c1')!.retries).toBe(0);
  });

  test.each([
    {
      name: 'has the DSCP of its SYN answered',
      dscpValue: [],
      server: ['tcp 192.0.2.2 0', 'tcp 192.0.2.2 46'],
    },
    {
      name: 'is answered with dscp-value',
      dscpValue: [`${SERVER} dscp-value 10`],
      server: ['tcp 192.0.2.2 10'],
    },
  ])('$name', async ({ dscpValue, server }) => {
    const { near, far } = places();
    const seen = watchDscp(near.split(' ').at(-1)!);
    await start(
      far,
      `${SERVER} routing-instance-list here port 1862`,
      `${SERVER} client-list all address 192.0.2.0/24`,
      ...dscpValue,
    );
    const { results } = await start(
      near,
      `${C1} routing-instance here target-address 192.0.2.2 destination-port 1862`,
      `${C1} test-session t1 dscp-code-points ef`,
    );
    await vi.waitFor(() => expect(answered(results, 't1')).toBeGreaterThanOrEqual(1), patience);
    // The kernel answers a SYN before there is a connection to be marked.
    expect(seen()).toEqual(['tcp 192.0.2.1 46', ...server, 'udp 192.0.2.1 46', 'udp 192.0.2.2 46']);
  });

  test('that no client list of its routing instance allows is declined', async () => {
    const { near, far } = places();
    const { engine: server } = await start(
      far,
      `${SERVER} routing-instance-list here port 1862`,
      `${SERVER} client-list all address 192.0.2.0/24 routing-instance default`,
    );
    const { results } = await start(
      near,
      `${C1} routing-instance here target-address 192.0.2.2 destination-port 1862`,
      `${C1} test-session t1`,
    );
    await vi.waitFor(() => {
      expect([...results.events({})]).toMatchObject([{ event: 'connection-failed', reason: 'declined' }]);
    }, patience);
    expect(server.refusals.get('client-not-allowed')).toBeGreaterThan(0);
  });
});

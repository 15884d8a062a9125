/** Configured control connections over a virtual network: schedules, servers that go and come back, commits, traps. */
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { effective } from '../../src/config/effective.ts';
import type { SenderRun } from '../../src/datapath/datapath.ts';
import type { RpmConnection } from '../../src/engine/rpm-connection.ts';
import { createPadding } from '../../src/twamp/padding.ts';
import { treeOf } from '../support/configuration.ts';
import { grammars } from '../support/grammar.ts';
import { keyChainsOf } from '../support/secrets.ts';
import { SeededRandom } from '../support/seeded-random.ts';
import { VirtualDatapath } from '../support/virtual-datapath.ts';
import { VirtualNetwork } from '../support/virtual-network.ts';
import { VirtualRouter } from '../support/virtual-router.ts';
import { VirtualTime } from '../support/virtual-time.ts';

const SECOND = 1e9;
const CLIENT = 'services rpm twamp client control-connection c1';

let time: VirtualTime;
let network: VirtualNetwork;
let near: VirtualRouter;
let far: VirtualRouter;

beforeEach(async () => {
  time = new VirtualTime();
  network = new VirtualNetwork(time, new SeededRandom(5));
  near = new VirtualRouter(network, '198.51.100.1');
  far = new VirtualRouter(network, '192.0.2.1');
  await far.serve();
});

/** Commits these statements below the control connection c1, which has one session t1. */
async function configure(...statements: readonly string[]): Promise<void> {
  const lines = ['target-address 192.0.2.1', 'test-session t1', ...statements];
  await apply(...lines.map((line) => `${CLIENT} ${line}`));
}

async function apply(...lines: readonly string[]): Promise<void> {
  const tree = treeOf(lines.map((line) => `set ${line}`));
  await near.engine.apply(effective(grammars.schema, tree));
}

function connection(name = 'c1'): RpmConnection {
  return near.engine.rpmConnections.get(name)!;
}

const probes = (session = 't1') => near.results.latestProbes('c1', session, 1000);

const events = () =>
  [...near.results.events({})].map(({ session, event, value }) =>
    [session ?? '', event, value ?? ''].join(' ').trim(),
  );

/** Connections to the server, live or ended, in their order. */
const connections = () =>
  [...near.ended(), ...near.live()].filter(({ type }) => type === 'control').map((row) => row.connectionId);

async function close(): Promise<void> {
  await time.until(Promise.all([near.engine.close(), far.engine.close()]));
  // Packets of the virtual network that are under way.
  await time.pass(10 * SECOND);
  expect(time.pending).toBe(0);
  expect(near.datapath.bound.size).toBe(0);
  expect([...near.reported, ...far.reported]).toEqual([]);
}

describe('a control connection', () => {
  test('runs test after test on one connection, a probe every interval', async () => {
    await configure('test-interval 2', 'test-session t1 probe-count 3', 'test-session t1 probe-interval 4');
    await time.pass(60 * SECOND);
    expect(connection().state).toBe('connected');
    expect(connections()).toHaveLength(1);
    const sent = probes().map(({ sentWallNanos }) => Number(sentWallNanos) / SECOND);
    const gaps = sent.slice(1).map((at, index) => Math.round(at - sent[index]!));
    // Two gaps within a test; between two tests, 2 s and what it takes to request the next.
    expect(gaps.slice(0, 6)).toEqual([4, 4, 2, 4, 4, 2]);
    expect(probes().every(({ roundTripNanos }) => roundTripNanos === 2e6)).toBe(true);
    await close();
  });

  test('ends after test-count iterations, closes, and starts again when it is told to', async () => {
    await configure('test-count 3');
    await time.pass(20 * SECOND);
    expect(connection().state).toBe('finished');
    expect(probes()).toHaveLength(3);
    expect(near.live()).toEqual([]);
    expect(far.live()).toEqual([]);
    connection().start();
    await time.pass(20 * SECOND);
    expect(probes()).toHaveLength(6);
    await configure('test-count 5');
    await time.pass(20 * SECOND);
    expect(probes()).toHaveLength(8);
    await close();
  });

  test('stops and starts', async () => {
    await configure('test-session t1 probe-count 1000');
    await time.pass(5 * SECOND);
    connection().stop();
    await time.pass(SECOND);
    expect(connection().state).toBe('stopped');
    expect(near.live()).toEqual([]);
    expect(far.ended().at(-1)).toMatchObject({ type: 'data', endReason: 'stopped' });
    const before = probes().length;
    await time.pass(60 * SECOND);
    expect(probes()).toHaveLength(before);
    connection().start();
    await time.pass(5 * SECOND);
    expect(probes().length).toBeGreaterThan(before);
    await close();
  });

  test('runs its sessions at once, each as it is configured', async () => {
    await configure(
      'test-session t1 dscp-code-points ef',
      'test-session t1 ttl 3',
      'test-session t2 source-address 198.51.100.1',
      'test-session t2 probe-count 2',
    );
    await time.pass(10 * SECOND);
    expect(connections()).toHaveLength(1);
    expect(near.datapath.requests.slice(0, 2)).toMatchObject([
      { dscp: 46, ttl: 3, remoteAddress: '192.0.2.1' },
      { dscp: 0, ttl: 64, localAddress: '198.51.100.1' },
    ]);
    expect(probes('t1').length).toBeGreaterThan(2);
    expect(probes('t2').length).toBeGreaterThanOrEqual(2 * probes('t1').length - 2);
    await close();
  });

  test('keeps history-size results, and the figures of all', async () => {
    await configure('history-size 4');
    await time.pass(30 * SECOND);
    expect(probes()).toHaveLength(4);
    expect(connection().sessions[0]!.all.received).toBeGreaterThan(15);
    await close();
  });

  test('a lost probe is decided in its turn, after its timeout', async () => {
    await configure('test-session t1 probe-count 30');
    await time.pass(3 * SECOND);
    network.weather = { delayNanos: 1e6, loss: 1 };
    await time.pass(5 * SECOND);
    network.weather = { delayNanos: 1e6, loss: 0 };
    await time.pass(10 * SECOND);
    const lost = probes().map(({ roundTripNanos }) => roundTripNanos === undefined);
    expect(lost.filter(Boolean)).toHaveLength(5);
    const first = lost.indexOf(true);
    expect(lost.slice(first, first + 5).every(Boolean)).toBe(true);
    const [row] = probes().filter(({ roundTripNanos }) => roundTripNanos === undefined);
    expect(Number(row!.decidedWallNanos - row!.sentWallNanos)).toBeCloseTo(2 * SECOND, -6);
    await close();
  });
});

describe('a server that goes away', () => {
  test('is connected to again when it is back: what is lost is what was sent while it was down', async () => {
    await configure('test-session t1 probe-count 1000000');
    await time.pass(10 * SECOND);
    const before = probes();
    expect(before.every(({ roundTripNanos }) => roundTripNanos !== undefined)).toBe(true);
    await time.until(far.engine.close());
    await time.pass(30 * SECOND);
    expect(connection().state).toBe('disconnected');
    expect(connection().retries).toBeGreaterThan(2);
    far = new VirtualRouter(network, '192.0.2.1');
    await far.serve();
    await time.pass(90 * SECOND);
    expect(connection().state).toBe('connected');
    const lost = near.results
      .latestProbes('c1', 't1', 1000)
      .filter(({ roundTripNanos }) => roundTripNanos === undefined);
    expect(lost.length).toBeLessThanOrEqual(1);
    const [gone, back, ...more] = near.results.events({});
    expect(more).toEqual([]);
    expect(gone).toMatchObject({ event: 'connection-lost', value: lost.length, reason: 'connection-closed' });
    expect(back).toMatchObject({ event: 'connection-restored' });
    expect(back!.value).toBe(connection().retries - 1);
    await close();
  });

  test('is tried again ever more rarely, but at least once a minute', async () => {
    await time.until(far.engine.close());
    const attempts: number[] = [];
    network.onConnect = () => attempts.push(time.monoNanos() / SECOND);
    await configure();
    await time.pass(1000 * SECOND);
    const gaps = attempts.slice(1).map((at, index) => at - attempts[index]!);
    expect(gaps[0]).toBeGreaterThanOrEqual(0.5);
    expect(gaps[0]).toBeLessThanOrEqual(1.01);
    for (const [index, gap] of gaps.entries()) {
      const bound = Math.min(60, 2 ** index);
      expect(gap).toBeGreaterThanOrEqual(bound / 2);
      expect(gap).toBeLessThanOrEqual(bound + 0.01);
    }
    expect(new Set(gaps.slice(7)).size).toBe(gaps.length - 7);
    expect(events()).toEqual(['connection-failed']);
    await close();
  });

  test('a connection that breaks between two tests is noticed there', async () => {
    await configure('test-interval 200');
    await time.pass(100 * SECOND);
    network.cutStreams();
    await time.pass(3 * SECOND);
    expect(events()).toEqual(['connection-lost 0', 'connection-restored 0']);
    expect(probes()).toHaveLength(2);
    await close();
  });

  test('one session that is refused does not hold up the others', async () => {
    await far.serve({ 'maximum-sessions-per-connection': 1 });
    await configure('test-session t2 probe-count 1');
    await time.pass(10 * SECOND);
    expect(probes('t1').length).toBeGreaterThan(3);
    expect(probes('t2')).toEqual([]);
    expect(events()).toEqual(['t2 session-refused']);
    await far.serve();
    await time.pass(5 * SECOND);
    expect(probes('t2').length).toBeGreaterThan(1);
    await close();
  });

  test('where every session is refused, it is tried again with patience', async () => {
    await far.serve({ 'maximum-sessions-per-connection': 1, 'maximum-sessions': 1 });
    await configure('test-session t1 probe-count 1000000');
    await time.pass(5 * SECOND);
    await apply(
      `${CLIENT} target-address 192.0.2.1`,
      `${CLIENT} test-session t1 probe-count 1000000`,
      'services rpm twamp client control-connection c2 target-address 192.0.2.1',
      'services rpm twamp client control-connection c2 test-session t1',
    );
    await time.pass(100 * SECOND);
    expect(connection('c2').state).toBe('disconnected');
    expect(connection('c2').retries).toBeLessThan(12);
    expect(connection('c1').retries).toBe(0);
    await close();
  });
});

describe('a commit', () => {
  const other = [
    'services rpm twamp client control-connection c2 target-address 192.0.2.1',
    'services rpm twamp client control-connection c2 test-session t1 probe-count 1000000',
  ];
  const long = [`${CLIENT} target-address 192.0.2.1`, `${CLIENT} test-session t1 probe-count 1000000`];

  beforeEach(async () => {
    await apply(...long, ...other);
    await time.pass(5 * SECOND);
  });

  const live = () => near.live().map(({ connectionId, sessionId }) => `${connectionId}/${sessionId ?? ''}`);

  test('that changes what is recorded interrupts nothing', async () => {
    const before = live();
    await apply(
      ...long,
      ...other,
      `${CLIENT} history-size 7`,
      `${CLIENT} traps test-iteration-done`,
      `${CLIENT} test-session t1 thresholds rtt 5`,
    );
    await time.pass(20 * SECOND);
    expect(live()).toEqual(before);
    expect(probes()).toHaveLength(7);
    await close();
  });

  test('that changes a session begins a new round on the same connection', async () => {
    const before = live();
    await apply(...long, ...other, `${CLIENT} test-session t1 data-size 100`);
    await time.pass(5 * SECOND);
    const after = live();
    expect(after.filter((row) => !before.includes(row))).toHaveLength(1);
    expect(after.filter((row) => row.endsWith('/'))).toEqual(before.filter((row) => row.endsWith('/')));
    expect(events()).toEqual([]);
    await close();
  });

  test('that changes the place connects anew, and leaves the other connection alone', async () => {
    const before = live();
    await apply(...long, ...other, `${CLIENT} source-address 198.51.100.9`);
    await time.pass(5 * SECOND);
    expect(live().filter((row) => before.includes(row))).toHaveLength(2);
    expect(connection().place!.peer.local.address).toBe('198.51.100.9');
    expect(events()).toEqual([]);
    await close();
  });

  test('that removes a connection ends it', async () => {
    await apply(...other);
    await time.pass(5 * SECOND);
    expect([...near.engine.rpmConnections.keys()]).toEqual(['c2']);
    expect(near.live()).toHaveLength(2);
    await close();
  });
});

describe('traps', () => {
  test('tell of what is configured, and of nothing else', async () => {
    await configure(
      'test-count 2',
      'traps test-iteration-done',
      'traps control-connection-closed',
      'test-session t1 thresholds rtt 2000',
      'test-session t1 thresholds max-rtt 2001',
      'test-session t1 traps rtt-exceeded',
      'test-session t1 traps max-rtt-exceeded',
      'test-session t1 traps test-completion',
    );
    await time.pass(20 * SECOND);
    const once = (iteration: number) => [
      't1 rtt-exceeded 2000',
      't1 test-completion',
      `test-iteration-done ${iteration}`,
    ];
    expect(events()).toEqual([...once(1), ...once(2), 'control-connection-closed']);
    expect(connection().sessions[0]!.trapCounts).toEqual(
      new Map([
        ['rtt-exceeded', 2],
        ['test-completion', 2],
      ]),
    );
    await close();
  });

  test('losses in a row are told of once, and lost probes at the end of the test', async () => {
    network.weather = { delayNanos: 1e6, loss: 0 };
    await configure(
      'test-count 1',
      'test-session t1 probe-count 8',
      'test-session t1 thresholds successive-loss 2',
      'test-session t1 thresholds total-loss 3',
      'test-session t1 traps probe-failure',
      'test-session t1 traps test-failure',
    );
    await time.pass(1.1 * SECOND);
    network.weather = { delayNanos: 1e6, loss: 1 };
    await time.pass(4 * SECOND);
    network.weather = { delayNanos: 1e6, loss: 0 };
    await time.pass(10 * SECOND);
    expect(events()).toEqual(['t1 probe-failure 2', 't1 test-failure 4']);
    await close();
  });
});

describe('without a control connection', () => {
  const light = `${CLIENT} control-type light`;
  const t1 = `${CLIENT} test-session t1 target-address address 192.0.2.7`;
  const t2 = `${CLIENT} test-session t2 target-address address 192.0.2.8`;

  /** A stateless reflector; the function it gives ends it. */
  function reflectAt(address: string, port: number): () => void {
    const unbind = network.bindPackets({ address, port }, (from, packet) => {
      const { sequence, ...rest } = packet as { readonly sequence: number };
      network.sendPacket({ address, port }, from, { ...rest, sequence, reflectorSequence: sequence });
    });
    return unbind!;
  }

  beforeEach(() => {
    network.onConnect = () => {
      throw new Error('there is to be no connection');
    };
  });

  test('each session has its own reflector, and iteration follows iteration', async () => {
    reflectAt('192.0.2.7', 862);
    reflectAt('192.0.2.8', 5000);
    await apply(
      light,
      t1,
      `${CLIENT} test-count 3`,
      `${CLIENT} traps test-iteration-done`,
      `${CLIENT} test-session t1 probe-count 2`,
      t2,
      `${CLIENT} test-session t2 destination-port 5000`,
      `${CLIENT} test-session t2 source-address 198.51.100.9`,
    );
    await time.pass(30 * SECOND);
    expect(probes('t1')).toHaveLength(6);
    expect(probes('t2')).toHaveLength(3);
    expect([...probes('t1'), ...probes('t2')].every(({ roundTripNanos }) => roundTripNanos === 2e6)).toBe(
      true,
    );
    expect(connection().state).toBe('finished');
    expect(events()).toEqual([1, 2, 3].map((iteration) => `test-iteration-done ${iteration}`));
    const rows = near.ended();
    expect(rows).toHaveLength(6);
    expect(rows.slice(0, 2)).toMatchObject([
      { type: 'data', mode: 'stamp', connectionId: undefined, remoteAddress: '192.0.2.7', remotePort: 862 },
      { localAddress: '198.51.100.9', remoteAddress: '192.0.2.8', remotePort: 5000, endReason: 'stopped' },
    ]);
    await close();
  });

  test('a reflector that is silent loses the probes, and nobody says that a connection was lost', async () => {
    const stop = reflectAt('192.0.2.7', 862);
    await apply(light, t1, `${CLIENT} test-session t1 traps test-failure`);
    await time.pass(4 * SECOND);
    stop();
    await time.pass(12 * SECOND);
    expect(connection().state).toBe('connected');
    expect(connection().retries).toBe(0);
    expect(probes().at(0)!.roundTripNanos).toBe(2e6);
    expect(probes().at(-1)!.roundTripNanos).toBeUndefined();
    expect(new Set(events())).toEqual(new Set(['t1 test-failure 1']));
    await close();
  });

  test('stops and starts, and a commit changes one plan alone', async () => {
    reflectAt('192.0.2.7', 862);
    reflectAt('192.0.2.7', 863);
    await apply(light, t1, `${CLIENT} test-session t1 probe-count 1000`);
    await time.pass(5 * SECOND);
    connection().stop();
    await time.pass(SECOND);
    expect([connection().state, near.live()]).toEqual(['stopped', []]);
    connection().start();
    await time.pass(5 * SECOND);
    expect(near.live()).toMatchObject([{ remotePort: 862 }]);
    await apply(light, t1, `${CLIENT} test-session t1 destination-port 863`);
    await time.pass(5 * SECOND);
    expect(near.live().map(({ remotePort }) => remotePort)).not.toContain(862);
    expect(near.ended().at(-1)).toMatchObject({ remotePort: 863 });
    await close();
  });

  test('a session that has no port left does not hold up the others, and where none has, patience', async () => {
    reflectAt('192.0.2.7', 862);
    reflectAt('192.0.2.8', 862);
    const narrow = 'services rpm twamp client data-port-range 10000-10000';
    const [ofT1, ofT2] = [t1, t2].map((line, index) => [
      line,
      `${CLIENT} test-session t${index + 1} probe-count 1000`,
    ]);
    await apply(narrow, light, ...ofT1!, ...ofT2!);
    await time.pass(10 * SECOND);
    expect(events()).toEqual(['t2 session-refused']);
    expect(probes('t1').length).toBeGreaterThan(5);
    expect(probes('t2')).toEqual([]);
    const c2 = CLIENT.replace('c1', 'c2');
    await apply(
      narrow,
      light,
      ...ofT1!,
      `${c2} control-type light`,
      `${c2} test-session t1 target-address address 192.0.2.8`,
    );
    await time.pass(100 * SECOND);
    expect(connection('c2').state).toBe('disconnected');
    expect(connection('c2').retries).toBeLessThan(12);
    await close();
  });

  test('packets have the octets of data-size, TLV and all', async () => {
    reflectAt('192.0.2.7', 862);
    const opening = vi.spyOn(near.datapath, 'openSender');
    const runs: SenderRun[] = [];
    opening.mockImplementation(async (request) => {
      const sender = await VirtualDatapath.prototype.openSender.call(near.datapath, request);
      const start = (run: SenderRun): void => {
        runs.push(run);
        sender.start(run);
      };
      return { ...sender, start };
    });
    await apply(
      light,
      t1,
      `${CLIENT} test-session t1 data-size 100`,
      `${CLIENT} test-session t1 data-fill-with-zeros`,
    );
    await time.pass(2 * SECOND);
    const [{ stamp, paddingOctets, paddingFill }] = runs as [SenderRun];
    expect(stamp).toEqual({ reflector: 'stateless', ssid: 0, hmacKey: undefined });
    const random = { octets: (count: number) => new Uint8Array(count) };
    const padding = createPadding({ stamp, paddingOctets, paddingFill }, random);
    expect(44 + padding.length).toBe(100);
    expect(paddingFill).toBe('zeros');
    await close();
  });
});

describe.each(['authenticated', 'encrypted', 'mixed'] as const)('%s mode', (mode) => {
  const keyed = (secret: string): string[] => [
    `${CLIENT} target-address 192.0.2.1`,
    `${CLIENT} authentication-mode ${mode}`,
    `${CLIENT} test-session t1 probe-count 3`,
    `services rpm twamp client authentication-key-chain users key-id ada secret ${sealed(secret)}`,
  ];
  /** As the configuration holds it. */
  const sealed = (secret: string): string =>
    keyChainsOf('client', { ada: secret }).get('users')!['key-id'].get('ada')!.secret!;

  beforeEach(async () => {
    const chains = keyChainsOf('server', { ada: 'hunter2' });
    await far.serve({ 'authentication-mode': [mode], 'authentication-key-chain': chains });
  });

  test('a connection whose secret is right measures', async () => {
    await apply(...keyed('hunter2'));
    await time.pass(20 * SECOND);
    expect(connection().state).toBe('connected');
    expect(connection().place!.peer.mode).toBe(mode);
    expect(probes().length).toBeGreaterThan(5);
    expect(probes().every(({ roundTripNanos }) => roundTripNanos === 2e6)).toBe(true);
    await close();
  });

  test('one whose secret is wrong is tried again with patience, until a commit mends it', async () => {
    await apply(...keyed('hunter3'));
    await time.pass(100 * SECOND);
    expect(events()).toEqual(['connection-failed']);
    expect([...near.results.events({})][0]).toMatchObject({ reason: 'set-up-refused' });
    expect(connection().retries).toBeLessThan(12);
    await apply(...keyed('hunter2'));
    await time.pass(20 * SECOND);
    expect(connection().state).toBe('connected');
    expect(probes().length).toBeGreaterThan(5);
    await close();
  });
});

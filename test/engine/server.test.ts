/** The Server over a virtual network: every limit at it and over it, and what a commit does to what runs. */
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { CHECKPOINT_SECONDS, FLUSH_MILLIS } from '../../src/engine/sessions.ts';
import { LINGERING_SESSIONS_MAX } from '../../src/datapath/datapath.ts';
import { GRACE_SECONDS_MAX } from '../../src/engine/reflector-session.ts';
import type { ListenError } from '../../src/engine/server.ts';
import { StoreError } from '../../src/store/database.ts';
import { AcceptSession, ServerGreeting, StartAck } from '../../src/twamp/messages.ts';
import { accepts, modeFeatures, modes } from '../../src/twamp/protocol.ts';
import { RawClient } from '../support/raw-client.ts';
import { SeededRandom } from '../support/seeded-random.ts';
import { VirtualNetwork } from '../support/virtual-network.ts';
import {
  allowing,
  configurationOf,
  serverConfiguration,
  twpingRequest,
  VirtualRouter,
} from '../support/virtual-router.ts';
import { VirtualTime } from '../support/virtual-time.ts';
import { all } from '../support/configuration.ts';

/** The default of reflector-inactivity-timeout. */
const REFWAIT = 900e9;
const MINUTE = 60e9;
const HOUR = 60 * MINUTE;

/** Modes of whoever is let in, without keys. */
const OPEN = Object.values(modeFeatures).reduce<number>((sum, bit) => sum + bit, modes.unauthenticated);

let time: VirtualTime;
let network: VirtualNetwork;
let router: VirtualRouter;

beforeEach(() => {
  time = new VirtualTime();
  network = new VirtualNetwork(time, new SeededRandom(7));
  router = new VirtualRouter(network, '192.0.2.1');
});

const connect = (from = '198.51.100.1', port = 862): Promise<RawClient> =>
  RawClient.connect(network, time, from, { address: '192.0.2.1', port });

/** A connection that is set up. */
async function ready(from?: string): Promise<RawClient> {
  const client = await connect(from);
  await client.setUp();
  return client;
}

/** The Accept value of each answer to so many requests at once. */
async function request(client: RawClient, count: number, changes = {}): Promise<number[]> {
  const said = await client.exchange(...Array.from({ length: count }, () => client.requestMessage(changes)));
  return Array.from({ length: count }, (_, index) => AcceptSession.decode(said.subarray(48 * index)).accept);
}

describe('who may not connect is greeted with Modes 0 and let go', () => {
  test('[002/client-list] a client that is in no list', async () => {
    await router.serve({ 'client-list': allowing('203.0.113.0/24') });
    const client = await connect('198.51.100.1');
    expect(ServerGreeting.decode(client.heard()).modes).toBe(0);
    expect(client.closed).toBe(true);
    expect(router.engine.refusals).toEqual(new Map([['client-not-allowed', 1]]));
    expect([...router.live(), ...router.ended()]).toEqual([]);
  });

  test('without any list, everybody but this machine', async () => {
    await router.serve({ 'client-list': new Map() });
    expect(ServerGreeting.decode((await connect('198.51.100.1')).heard()).modes).toBe(0);
    expect(ServerGreeting.decode((await connect('127.0.0.1')).heard()).modes).toBe(OPEN);
  });

  test('[002/maximum-connections] one more than maximum-connections', async () => {
    await router.serve({ 'maximum-connections': 2 });
    const [first] = [await ready('198.51.100.1'), await ready('198.51.100.2')];
    expect(ServerGreeting.decode((await connect('198.51.100.3')).heard()).modes).toBe(0);
    expect(router.engine.refusals.get('maximum-connections')).toBe(1);
    await first.close();
    expect(ServerGreeting.decode((await connect('198.51.100.3')).heard()).modes).toBe(OPEN);
  });

  test('at maximum-connections, whoever has been silent longest since the greeting', async () => {
    await router.serve({ 'maximum-connections': 3, 'maximum-connections-per-client': 1 });
    const first = await ready('198.51.100.1');
    const [silent, later] = [await connect('198.51.100.2'), await connect('198.51.100.3')];
    // Whoever is refused anyway takes nobody's place.
    expect(ServerGreeting.decode((await connect('198.51.100.1')).heard()).modes).toBe(0);
    expect(silent.closed).toBe(false);
    const second = await ready('198.51.100.4');
    await time.pass(1e9);
    expect([first, silent, later, second].map(({ closed }) => closed)).toEqual([false, true, false, false]);
    expect(Object.fromEntries(router.engine.refusals)).toEqual({
      'maximum-connections-per-client': 1,
      'maximum-connections': 1,
    });
    expect(router.engine.server.halfOpen).toBe(1);
  });

  test('[002/maximum-connections-per-client, 000/clients] one more than maximum-connections-per-client', async () => {
    await router.serve({ 'maximum-connections-per-client': 2 });
    await ready('198.51.100.1');
    await ready('198.51.100.1');
    expect(ServerGreeting.decode((await connect('198.51.100.1')).heard()).modes).toBe(0);
    expect(ServerGreeting.decode((await connect('198.51.100.2')).heard()).modes).toBe(OPEN);
    expect(router.engine.refusals).toEqual(new Map([['maximum-connections-per-client', 1]]));
  });
});

test('a connection that cannot be on record is closed, and the next one served', async () => {
  await router.serve();
  const next = vi.spyOn(router.store, 'nextConnectionId').mockImplementationOnce(() => {
    throw new StoreError({ code: 'in-use', file: 'sessions.db' });
  });
  const client = await ready();
  expect(client.closed).toBe(true);
  expect(router.reported).toHaveLength(1);
  expect((await ready()).closed).toBe(false);
  expect(next).toHaveBeenCalledTimes(2);
  expect(router.live()).toHaveLength(1);
});

describe('sessions', () => {
  test('[002/maximum-sessions-per-connection] over maximum-sessions-per-connection are refused for good', async () => {
    await router.serve({ 'maximum-sessions-per-connection': 2 });
    const client = await ready();
    expect(await request(client, 3)).toEqual([0, 0, accepts['permanent-resource-limit']]);
    expect(await request(await ready(), 2)).toEqual([0, 0]);
    expect(router.engine.refusals).toEqual(new Map([['maximum-sessions-per-connection', 1]]));
  });

  test('[002/maximum-sessions] over maximum-sessions are refused for now', async () => {
    await router.serve({ 'maximum-sessions': 3 });
    const [one, other] = [await ready(), await ready()];
    expect(await request(one, 2)).toEqual([0, 0]);
    expect(await request(other, 2)).toEqual([0, accepts['temporary-resource-limit']]);
    await one.close();
    expect(await request(other, 2)).toEqual([0, 0]);
  });

  test.each([
    [1_000_000, 125e6],
    [8, 1000],
    [0, undefined],
  ])('reflect no more than maximum-bandwidth-per-session %i', async (kilobits, octetsPerSecondMax) => {
    await router.serve({ 'maximum-bandwidth-per-session': kilobits });
    expect(await request(await ready(), 1)).toEqual([0]);
    expect(router.datapath.requests.at(-1)).toMatchObject({ octetsPerSecondMax });
  });

  test('make room for another however they end, and when they cannot be opened', async () => {
    await router.serve({ 'maximum-sessions': 1, 'maximum-connections-per-client': 1 });
    vi.spyOn(router.store, 'nextSessionId').mockImplementationOnce(() => {
      throw new Error('disk full');
    });
    const client = await ready();
    expect(await request(client, 1)).toEqual([accepts['internal-error']]);
    expect(await request(client, 1)).toEqual([0]);
    await client.exchange(client.startMessage);
    await time.pass(REFWAIT);
    await client.exchange(client.stopMessage(1));
    expect(await request(client, 2)).toEqual([0, accepts['temporary-resource-limit']]);
    await client.close();
    expect(await request(await ready(), 2)).toEqual([0, accepts['temporary-resource-limit']]);
  });

  test('[000/capacity] 10 on each of 10 connections run at once with maximum-sessions 100', async () => {
    await router.serve({ 'maximum-sessions': 100 });
    const clients: RawClient[] = [];
    for (let index = 0; index < 10; index += 1) clients.push(await ready());
    const answers = await Promise.all(clients.map((client) => request(client, 10)));
    expect(answers.flat()).toEqual(Array.from({ length: 100 }, () => 0));
    for (const client of clients)
      expect(StartAck.decode(await client.exchange(client.startMessage)).accept).toBe(0);
    expect(router.live()).toHaveLength(110);
    expect(new Set(router.live().map(({ sessionId }) => sessionId)).size).toBe(101);
    expect(await request(await ready(), 1)).toEqual([accepts['temporary-resource-limit']]);
  });

  test('that would reflect to a third party are refused', async () => {
    await router.serve();
    const client = await ready('198.51.100.1');
    expect(await request(client, 1, { senderAddress: '203.0.113.9' })).toEqual([accepts['not-supported']]);
    expect(await request(client, 1, { senderAddress: '198.51.100.1' })).toEqual([0]);
    expect(router.engine.refusals).toEqual(new Map([['third-party', 1]]));
  });

  test('may come from another allowed client with allow-third-party, and from nobody else', async () => {
    await router.serve({
      'allow-third-party': true,
      'client-list': allowing('198.51.100.0/24'),
    });
    const client = await ready('198.51.100.1');
    expect(await request(client, 1, { senderAddress: '198.51.100.2' })).toEqual([0]);
    expect(await request(client, 1, { senderAddress: '203.0.113.9' })).toEqual([accepts['not-supported']]);
    expect(router.live().at(-1)?.remoteAddress).toBe('198.51.100.2');
  });

  test('whose packets would come from other ports than they may are refused', async () => {
    await router.serve({ 'sender-port-range': '12000-13000' });
    const client = await ready();
    expect(await request(client, 1, { senderPort: 12_000 })).toEqual([0]);
    expect(await request(client, 1, { senderPort: 13_000 })).toEqual([0]);
    expect(await request(client, 1, { senderPort: 11_999 })).toEqual([accepts['not-supported']]);
    expect(await request(client, 1, { senderPort: 13_001 })).toEqual([accepts['not-supported']]);
    expect(router.engine.refusals).toEqual(new Map([['sender-port', 2]]));
  });

  test('against the RFC are refused and counted', async () => {
    await router.serve();
    expect(await request(await ready(), 1, { senderPort: 0 })).toEqual([accepts['not-supported']]);
    expect(router.engine.refusals).toEqual(new Map([['invalid-request', 1]]));
  });

  test('get the port they want, or another when it is taken or out of range', async () => {
    await router.serve();
    const client = await ready();
    const port = async (receiverPort: number): Promise<number> =>
      AcceptSession.decode(await client.exchange(client.requestMessage({ receiverPort }))).port;
    expect(await port(15_000)).toBe(15_000);
    expect(await port(15_000)).not.toBe(15_000);
    expect(await port(862)).toBeGreaterThanOrEqual(10_000);
    expect(await port(0)).toBeLessThanOrEqual(20_000);
  });

  test('have SIDs of our address and time, and no two the same', async () => {
    await router.serve();
    const client = await ready();
    await request(client, 20);
    const sids = router.live().flatMap(({ sid }) => sid ?? []);
    expect(new Set(sids).size).toBe(20);
    expect(sids.every((sid) => sid.startsWith('c0000201eead240c'))).toBe(true);
  });
});

describe('time', () => {
  test('[002/server-inactivity-timeout] server-inactivity-timeout bounds the negotiation', async () => {
    await router.serve({ 'server-inactivity-timeout': 1 });
    const client = await connect();
    await time.pass(MINUTE - 30e6);
    expect(client.closed).toBe(false);
    await time.pass(20e6);
    expect(client.closed).toBe(true);
  });

  test('server-inactivity-timeout ends an idle connection, with its sessions', async () => {
    await router.serve({ 'server-inactivity-timeout': 1 });
    const client = await ready();
    await request(client, 1);
    await time.pass(MINUTE + 10e6);
    expect(client.closed).toBe(true);
    expect(router.ended().map(({ type, endReason }) => [type, endReason])).toEqual([
      ['control', 'control-inactivity'],
      ['data', 'control-inactivity'],
    ]);
    expect(router.datapath.bound.size).toBe(0);
  });

  test('server-inactivity-timeout rests while sessions run, and 0 switches it off', async () => {
    await router.serve({ 'server-inactivity-timeout': 1 });
    const running = await ready();
    await request(running, 1);
    await running.exchange(running.startMessage);
    await router.serve({ 'server-inactivity-timeout': 0 });
    const idle = await ready();
    await time.pass(10 * MINUTE);
    expect([running.closed, idle.closed]).toEqual([false, false]);
  });

  test('[002/max-connection-duration] max-connection-duration ends a connection in the midst of its work', async () => {
    await router.serve({ 'max-connection-duration': 2, 'server-inactivity-timeout': 0 });
    const client = await ready();
    await time.pass(2 * HOUR - 1e9);
    await request(client, 1);
    expect(client.closed).toBe(false);
    await time.pass(1e9);
    expect(client.closed).toBe(true);
    expect(router.ended().map(({ endReason }) => endReason)).toEqual([
      'connection-duration',
      'connection-duration',
    ]);
  });

  test('max-connection-duration 0 is no limit', async () => {
    await router.serve({ 'max-connection-duration': 0, 'server-inactivity-timeout': 0 });
    const client = await ready();
    await time.pass(25 * HOUR);
    expect(client.closed).toBe(false);
  });

  test('REFWAIT ends a started session that hears nothing, and not one that does', async () => {
    await router.serve();
    const client = await ready();
    await request(client, 2);
    await client.exchange(client.startMessage);
    const [, heard] = router.live().filter(({ type }) => type === 'data');
    await time.pass(REFWAIT - 10e9);
    const from = { address: heard!.remoteAddress, port: heard!.remotePort };
    network.sendPacket(from, { address: heard!.localAddress, port: heard!.localPort }, { sequence: 0 });
    await time.pass(11e9);
    expect(router.ended()).toMatchObject([{ type: 'data', endReason: 'test-inactivity', received: 0 }]);
    expect(router.live()).toMatchObject([
      { type: 'control' },
      { sessionId: heard!.sessionId, received: 1, sent: 1 },
    ]);
    await time.pass(REFWAIT);
    expect(router.live()).toMatchObject([{ type: 'control' }]);
  });

  test.each([1, 30])('reflector-inactivity-timeout %i is REFWAIT in minutes', async (minutes) => {
    await router.serve({ 'reflector-inactivity-timeout': minutes });
    const client = await ready();
    await request(client, 1);
    await client.exchange(client.startMessage);
    await time.pass((minutes - 0.1) * MINUTE);
    expect(router.live()).toHaveLength(2);
    await time.pass(0.2 * MINUTE);
    expect(router.ended()).toMatchObject([{ type: 'data', endReason: 'test-inactivity' }]);
  });

  test('reflector-inactivity-timeout 0 lets a started session be without packets for ever', async () => {
    await router.serve({ 'reflector-inactivity-timeout': 0, 'max-connection-duration': 0 });
    const client = await ready();
    await request(client, 1);
    await client.exchange(client.startMessage);
    await time.pass(2 * HOUR);
    expect(router.live()).toHaveLength(2);
  });

  test('both times may be of seconds', async () => {
    await router.serve({ 'server-inactivity-timeout': '90s', 'reflector-inactivity-timeout': '30s' });
    const client = await ready();
    await request(client, 2);
    await client.exchange(client.startMessage);
    await time.pass(29e9);
    expect(router.ended()).toEqual([]);
    await time.pass(1e9);
    expect(router.ended()).toMatchObject([
      { endReason: 'test-inactivity' },
      { endReason: 'test-inactivity' },
    ]);
    await time.pass(89e9);
    expect(client.closed).toBe(false);
    await time.pass(1e9);
    expect(client.closed).toBe(true);
  });

  test('server-inactivity-timeout goes on once REFWAIT has ended every session', async () => {
    await router.serve({ 'server-inactivity-timeout': 15 });
    const client = await ready();
    await request(client, 2);
    await client.exchange(client.startMessage);
    await time.pass(REFWAIT);
    expect(router.live()).toMatchObject([{ type: 'control' }]);
    await time.pass(15 * MINUTE);
    expect(router.live()).toEqual([]);
    expect(client.closed).toBe(true);
  });

  test('Start-Sessions without a session is refused, and keeps no place', async () => {
    await router.serve();
    const client = await ready();
    expect(StartAck.decode(await client.exchange(client.startMessage)).accept).toBe(accepts.failure);
    expect(router.live()).toEqual([]);
  });

  test('counters of live rows are stored every few seconds', async () => {
    await router.serve();
    const client = await ready();
    await client.exchange(client.requestMessage({}));
    const stored = (): number[] => [...router.store.select({}, 'live')].map(({ received }) => received);
    expect(stored()).toEqual([1, 0]);
    await time.pass(CHECKPOINT_SECONDS * 1e9);
    expect(stored()).toEqual([2, 0]);
    await client.exchange(client.startMessage);
    await time.pass(CHECKPOINT_SECONDS * 1e9);
    expect(stored()).toEqual([3, 0]);
  });
});

describe('after Stop-Sessions', () => {
  const timeoutNanos = 3e9;

  async function stopped(sessions = 1, timeout = timeoutNanos): Promise<RawClient> {
    await router.serve({ 'maximum-sessions': 2048, 'maximum-sessions-per-connection': 1024 });
    const client = await ready();
    await request(client, sessions, { timeoutNanos: timeout });
    await client.exchange(client.startMessage);
    await client.exchange(client.stopMessage(sessions));
    return client;
  }

  test('rows are history at once; packets are reflected for the Timeout, then the port is free', async () => {
    const client = await stopped();
    expect(router.ended()).toMatchObject([{ type: 'data', endReason: 'stopped' }]);
    await time.pass(timeoutNanos - 100e6);
    expect(router.datapath.bound.size).toBe(1);
    await client.close();
    expect(router.datapath.bound.size).toBe(1);
    await time.pass(100e6);
    expect(router.datapath.bound.size).toBe(0);
  });

  test('no Timeout keeps a port for long', async () => {
    await stopped(1, 3600e9);
    await time.pass(GRACE_SECONDS_MAX * 1e9);
    expect(router.datapath.bound.size).toBe(0);
  });

  test('no number of sessions keeps more ports than there is a limit for', async () => {
    await stopped(LINGERING_SESSIONS_MAX + 5);
    expect(router.datapath.bound.size).toBe(LINGERING_SESSIONS_MAX);
  });

  test('another round on the same connection is counted anew', async () => {
    await router.serve({ 'maximum-sessions': 1, 'maximum-sessions-per-connection': 1 });
    const client = await ready();
    for (let round = 0; round < 3; round += 1) {
      expect(await request(client, 1)).toEqual([0]);
      await client.exchange(client.startMessage);
      await client.exchange(client.stopMessage(0));
    }
    expect(router.ended()).toHaveLength(3);
  });
});

describe('a commit', () => {
  test('that raises a limit or changes who may connect drops nothing', async () => {
    await router.serve({ 'maximum-sessions': 1 });
    const client = await ready();
    expect(await request(client, 2)).toEqual([0, accepts['temporary-resource-limit']]);
    await router.serve({ 'maximum-sessions': 2, 'client-list': allowing('203.0.113.0/24') });
    expect(await request(client, 2)).toEqual([0, accepts['temporary-resource-limit']]);
    expect(ServerGreeting.decode((await connect()).heard()).modes).toBe(0);
  });

  test('[002/port] that changes the port opens the new one, closes the old one and says so', async () => {
    await router.serve();
    const client = await ready();
    const findings = await router.engine.apply(configurationOf(serverConfiguration({ port: 8620 })));
    expect(findings).toEqual([
      {
        severity: 'notice',
        code: 'port-closed',
        path: ['services', 'rpm', 'twamp', 'server'],
        details: { 'routing-instance': 'default', port: 862 },
      },
    ]);
    expect(router.engine.ports).toEqual(new Map([['default', 8620]]));
    await expect(connect()).rejects.toMatchObject({ code: 'connection-refused' });
    expect(ServerGreeting.decode((await connect(undefined, 8620)).heard()).modes).toBe(OPEN);
    expect(await request(client, 1)).toEqual([0]);
  });

  test('whose port is taken changes nothing', async () => {
    await router.serve();
    network.speakOnly('192.0.2.1', 8620, new Uint8Array());
    const failure = router.serve({ port: 8620, 'maximum-connections': 1 }).catch((error: unknown) => error);
    const { code, port, routingInstance } = (await failure) as ListenError;
    expect({ code, port, routingInstance }).toEqual({
      code: 'port-in-use',
      port: 8620,
      routingInstance: 'default',
    });
    expect(router.engine.ports).toEqual(new Map([['default', 862]]));
    await ready();
    await ready();
  });

  test('of which one port is taken opens none of the others', async () => {
    network.speakOnly('192.0.2.1', 8620, new Uint8Array());
    const instances = new Map([
      ['default', { port: 9000 }],
      ['blue', { port: 8620 }],
    ]);
    const blue = new Map([['blue', { namespace: '192.0.2.1' }]]);
    await expect(router.serve({ 'routing-instance-list': instances }, blue)).rejects.toMatchObject({
      routingInstance: 'blue',
    });
    await expect(connect(undefined, 9000)).rejects.toMatchObject({ code: 'connection-refused' });
  });

  test('that removes the server ends what it has', async () => {
    await router.serve();
    const client = await ready();
    await request(client, 1, { timeoutNanos: 60e9 });
    await client.exchange(client.startMessage, client.stopMessage(1));
    await request(client, 1);
    await router.engine.apply(configurationOf(undefined));
    await time.pass(10e6);
    expect(client.closed).toBe(true);
    expect(router.ended().map(({ endReason }) => endReason)).toEqual([
      'server-removed',
      'stopped',
      'server-removed',
    ]);
    expect(router.datapath.bound.size).toBe(0);
    await expect(connect()).rejects.toMatchObject({ code: 'connection-refused' });
  });

  test('[002/routing-instance-list] routing instances are listened in each on its own port', async () => {
    await router.serve({ 'routing-instance-list': new Map([['default', { port: 9000 }]]) });
    expect(router.engine.ports).toEqual(new Map([['default', 9000]]));
    await router.serve({ 'routing-instance-list': new Map([['default', {}]]) });
    expect(router.engine.ports).toEqual(new Map([['default', 862]]));
  });

  test('changes the options of connections to come, and closes nothing', async () => {
    await router.serve();
    const client = await ready();
    await router.serve({ 'tcp-keepidle': 30, 'tcp-keepintvl': 2, 'tcp-keepcnt': 3, 'dscp-value': 46 });
    expect(network.controlOptions({ address: '192.0.2.1', port: 862 })).toEqual({
      dscp: 46,
      keepidleSeconds: 30,
      keepintvlSeconds: 2,
      keepcnt: 3,
    });
    expect(await request(client, 1)).toEqual([0]);
  });
});

describe('routing instances', () => {
  // On the virtual network a namespace is named after the address it has there.
  const red: [string, object] = ['red', { namespace: '203.0.113.1' }];
  const blue: [string, object] = ['blue', { device: '203.0.113.2' }];

  const greetedAt = async (address: string, port = 862): Promise<number> => {
    const client = await RawClient.connect(network, time, '198.51.100.1', { address, port });
    return ServerGreeting.decode(client.heard()).modes;
  };

  test('[002/routing-instance-list-default] are all served without a list', async () => {
    await router.serve({}, new Map([red, blue]));
    expect([...router.engine.ports.keys()]).toEqual(['default', 'red', 'blue']);
    for (const address of ['192.0.2.1', '203.0.113.1', '203.0.113.2'])
      expect(await greetedAt(address)).toBe(OPEN);
  });

  test('[002/routing-instance-list] with a list are served as listed', async () => {
    await router.serve({ 'routing-instance-list': new Map([['blue', { port: 900 }]]) }, new Map([red, blue]));
    expect(router.engine.ports).toEqual(new Map([['blue', 900]]));
    expect(await greetedAt('203.0.113.2', 900)).toBe(OPEN);
    await expect(greetedAt('203.0.113.1')).rejects.toMatchObject({ code: 'connection-refused' });
  });

  test('have clients of their own, where the client list says so', async () => {
    const everywhere = { 'routing-instance': [] };
    const lists: ReturnType<typeof allowing> = new Map([
      ['blue', { type: 'allow', address: new Map([['0.0.0.0/0', { 'routing-instance': ['blue'] }]]) }],
      ['deny', { type: 'deny', address: new Map([['203.0.113.0/24', everywhere]]) }],
    ]);
    await router.serve({ 'client-list': lists }, new Map([red, blue]));
    expect(await greetedAt('203.0.113.2')).toBe(OPEN);
    expect(await greetedAt('203.0.113.1')).toBe(0);
    expect(await greetedAt('192.0.2.1')).toBe(0);
  });

  test('that stand for something else are listened in anew', async () => {
    await router.serve({}, new Map([red]));
    const findings = await router.serve({}, new Map([['red', { namespace: '203.0.113.9' }]]));
    expect(findings).toMatchObject([
      { code: 'port-closed', details: { 'routing-instance': 'red', port: 862 } },
    ]);
    expect(await greetedAt('203.0.113.9')).toBe(OPEN);
    await expect(greetedAt('203.0.113.1')).rejects.toMatchObject({ code: 'connection-refused' });
  });

  test('with a source-interface serve its addresses alone, for what begins from then on', async () => {
    const listed = (served?: string): Parameters<typeof router.serve>[0] => ({
      'routing-instance-list': new Map([['red', served === undefined ? {} : { 'source-interface': served }]]),
    });
    await router.serve(listed('eth0'), new Map([red]));
    const client = await RawClient.connect(network, time, '198.51.100.1', {
      address: '203.0.113.1',
      port: 862,
    });
    await client.setUp();
    expect(await request(client, 1)).toEqual([0]);
    expect(await request(client, 1, { receiverAddress: '203.0.113.7' })).toEqual([accepts['not-supported']]);
    expect(router.engine.refusals.get('address-not-served')).toBe(1);
    await router.serve(listed('eth9'), new Map([red]));
    expect(await greetedAt('203.0.113.1')).toBe(0);
    expect(router.engine.refusals.get('address-not-served')).toBe(2);
    expect(await request(client, 1)).toEqual([0]);
    await router.serve(listed(), new Map([red]));
    expect(await greetedAt('203.0.113.1')).toBe(OPEN);
  });

  test('name the rows and hold the sockets of their sessions', async () => {
    await router.serve({}, new Map([red]));
    const client = await RawClient.connect(network, time, '198.51.100.1', {
      address: '203.0.113.1',
      port: 862,
    });
    await client.setUp();
    expect(await request(client, 1)).toEqual([0]);
    expect(router.live().map(({ type, vrf }) => [type, vrf])).toEqual([
      ['control', 'red'],
      ['data', 'red'],
    ]);
    expect(router.datapath.requests).toMatchObject([{ vrf: { kind: 'namespace', name: '203.0.113.1' } }]);
  });
});

describe('verification', () => {
  const verify = (changes: object): unknown[] =>
    all(router.engine.verify(configurationOf(serverConfiguration(changes)))).map(({ severity, code }) => [
      severity,
      code,
    ]);

  test.each([
    [{}, []],
    [{ 'client-list': new Map() }, [['warning', 'no-client-list']]],
    [{ 'routing-instance-list': new Map([['blue', {}]]) }, [['error', 'unknown-routing-instance']]],
    [{ 'client-list': allowing('224.0.0.0/24') }, [['error', 'no-client-prefix']]],
    [{ 'client-list': allowing('ff02::/16') }, [['error', 'no-client-prefix']]],
    [
      { 'client-list': allowing('0.0.0.0/32', '255.255.255.255/32', '127.0.0.1/32') },
      Array(2).fill(['error', 'no-client-prefix']),
    ],
    [
      {
        'client-list': new Map([
          ['all', { type: 'allow', address: new Map([['10.0.0.0/8', { 'routing-instance': ['blue'] }]]) }],
        ]),
      },
      [['error', 'unknown-routing-instance']],
    ],
    [{ 'routing-instance-list': new Map([['default', { 'source-interface': 'eth0' }]]) }, []],
    [
      { 'routing-instance-list': new Map([['default', { 'source-interface': 'eth9' }]]) },
      [['warning', 'interface-without-address']],
    ],
    [{ 'maximum-sessions': 10 }, []],
    [{ 'maximum-sessions': 10, 'maximum-sessions-per-connection': 11 }, [['warning', 'limit-out-of-reach']]],
    [{ 'maximum-sessions': 10, 'maximum-sessions-per-connection': 10 }, []],
  ])('of %o', (changes, findings) => {
    expect(verify(changes)).toEqual(findings);
  });

  test.each([
    ['red', { namespace: '203.0.113.1' }, []],
    ['red', { device: '203.0.113.1' }, []],
    ['red', { namespace: 'none' }, ['no-such-namespace']],
    ['red', { device: 'none' }, ['no-such-device']],
    ['red', { namespace: '../../proc/1/ns/net' }, ['no-such-namespace']],
    ['red', {}, ['namespace-or-device']],
    ['red', { namespace: '203.0.113.1', device: '203.0.113.1' }, ['namespace-or-device']],
    ['default', { device: '203.0.113.1' }, ['default-routing-instance']],
  ])('of a routing instance %s %o', (name, entry, codes) => {
    const findings = router.engine.verify(configurationOf(undefined, new Map([[name, entry]])));
    expect(all(findings).map(({ code }) => code)).toEqual(codes);
  });

  test('[002/routing-instance-list-maximum] of a list takes 100 routing instances, and no more', () => {
    const names = Array.from({ length: 101 }, (_, index) => `red-${index}`);
    const instances = new Map(names.map((name) => [name, { namespace: '203.0.113.1' }]));
    const codes = (listed: readonly string[]): string[] => {
      const list = { 'routing-instance-list': new Map(listed.map((name) => [name, {}])) };
      const findings = router.engine.verify(configurationOf(serverConfiguration(list), instances));
      return all(findings).map(({ code }) => code);
    };
    expect(codes(names.slice(1))).toEqual([]);
    expect(codes(names)).toEqual(['routing-instances']);
  });

  test('of no server has nothing to say', () => {
    expect(all(router.engine.verify(configurationOf(undefined)))).toEqual([]);
  });
});

test('a client that goes takes its sessions along', async () => {
  await router.serve();
  const client = await ready();
  await request(client, 2);
  await client.exchange(client.startMessage);
  network.cutStreams();
  await time.pass(10e6);
  expect(router.live()).toEqual([]);
  expect(router.ended().map(({ endReason }) => endReason)).toEqual(Array(3).fill('connection-closed'));
  expect(router.datapath.bound.size).toBe(0);
});

test('a client that goes before its session is open leaves none', async () => {
  await router.serve();
  const client = await ready();
  await client.partWith(client.requestMessage({}), client.requestMessage({}));
  await time.pass(1e9);
  expect(router.live()).toEqual([]);
  expect(router.datapath.bound.size).toBe(0);
});

test('nothing is left to wait for when all have gone', async () => {
  await router.serve();
  const client = await ready();
  await request(client, 2);
  await client.exchange(client.startMessage);
  await client.close();
  await time.pass(6e9);
  expect(time.pending).toBe(0);
});

test('rows name both ends, the role and the identifiers', async () => {
  await router.serve();
  const client = await ready('198.51.100.1');
  await client.exchange(client.requestMessage({ senderPort: 12_345, receiverPort: 15_000 }));
  const common = { role: 'server', vrf: 'default', connectionId: 1, mode: 'unauthenticated' } as const;
  expect(router.live()).toMatchObject([
    {
      ...common,
      type: 'control',
      sessionId: undefined,
      localPort: 862,
      remoteAddress: '198.51.100.1',
      received: 2,
      sent: 3,
    },
    {
      ...common,
      type: 'data',
      sessionId: 1,
      localAddress: '192.0.2.1',
      localPort: 15_000,
      remotePort: 12_345,
    },
  ]);
});

test('what goes wrong in the store refuses the session and is reported', async () => {
  await router.serve();
  const client = await ready();
  router.store.nextSessionId = () => {
    throw new Error('disk full');
  };
  expect(await request(client, 1)).toEqual([accepts['internal-error']]);
  expect(router.reported).toMatchObject([{ message: 'disk full' }]);
  expect(router.datapath.bound.size).toBe(0);
});

test('what goes wrong in the store ends the connection that it cannot have, and is reported', async () => {
  await router.serve({ 'maximum-connections': 1 });
  vi.spyOn(router.store, 'nextConnectionId').mockImplementationOnce(() => {
    throw new Error('disk full');
  });
  const client = await connect();
  // What it has sent ahead is for nobody.
  await client.exchange(client.setUpMessage(), client.requestMessage({}));
  expect(client.closed).toBe(true);
  expect(router.reported).toMatchObject([{ message: 'disk full' }]);
  expect(router.live()).toEqual([]);
  expect(await request(await ready(), 1)).toEqual([0]);
});

test('rows wait for no more than a moment to be written, and what cannot be written is reported', async () => {
  await router.serve();
  const client = await ready();
  await time.pass(1e9);
  const flushed = vi.spyOn(router.store, 'flush');
  await request(client, 1);
  await time.pass(FLUSH_MILLIS * 1e6);
  expect(flushed).toHaveBeenCalledTimes(1);
  await time.pass(1e9);
  expect(flushed).toHaveBeenCalledTimes(1);
  flushed.mockImplementationOnce(() => {
    throw new Error('disk full');
  });
  await client.close();
  await time.pass(FLUSH_MILLIS * 1e6);
  expect(router.reported).toMatchObject([{ message: 'disk full' }]);
  expect(router.ended()).toHaveLength(2);
});

test('a router that stops says good-bye to all', async () => {
  await router.serve();
  const client = await ready();
  await request(client, 1);
  await router.engine.close();
  await time.pass(10e6);
  expect(client.closed).toBe(true);
  expect(router.ended().map(({ endReason }) => endReason)).toEqual(['router-stopped', 'router-stopped']);
});

describe('the status of the Server', () => {
  test('tells who is connected, what runs, and what is half open', async () => {
    await router.serve({ 'client-list': allowing('198.51.100.0/24') });
    const client = await ready('198.51.100.1');
    await request(client, 2, { dscp: 46, paddingOctets: 64 });
    await client.exchange(client.startMessage);
    await connect('198.51.100.2');
    await connect('203.0.113.1');
    const { connections, halfOpen, refusals, clients } = router.engine.server;
    expect(connections).toMatchObject([
      { connectionId: 1, vrf: 'default', client: { address: '198.51.100.1' }, server: { port: 862 } },
    ]);
    expect(connections[0]!.sessions).toMatchObject([
      { sessionId: 1, active: true, request: { dscp: 46, paddingOctets: 64 }, figures: { received: 0 } },
      { sessionId: 2, active: true },
    ]);
    expect(halfOpen).toBe(1);
    expect(Object.fromEntries(refusals)).toEqual({ 'client-not-allowed': 1 });
    expect(clients).toMatchObject([
      { address: '198.51.100.1', connections: 1, sessions: 2, sessionsAccepted: 2 },
      { address: '198.51.100.2', connections: 1, sessions: 0 },
      { address: '203.0.113.1', connections: 0, connectionsRefused: 1 },
    ]);
  });

  test('charges a client with the packets of its sessions that have ended', async () => {
    await router.serve();
    const other = new VirtualRouter(network, '198.51.100.1');
    await time.until(
      other.engine.twping(twpingRequest({ count: 5 }), { signal: new AbortController().signal }),
    );
    expect(router.engine.server.clients).toMatchObject([
      { address: '198.51.100.1', connections: 0, sessions: 0, received: 5, sent: 5, connectionsAccepted: 1 },
    ]);
  });
});

describe('clearing connections', () => {
  test('ends one with its sessions, and tells its client by closing', async () => {
    await router.serve();
    const [one, other] = [await ready(), await ready()];
    await request(one, 2);
    expect(router.engine.clearConnections(1)).toEqual([1]);
    await time.pass(1e9);
    expect([one.closed, other.closed]).toEqual([true, false]);
    expect(router.ended().map(({ endReason }) => endReason)).toEqual(['cleared', 'cleared', 'cleared']);
    expect(router.live().map(({ connectionId }) => connectionId)).toEqual([2]);
    expect(router.engine.clearConnections(1)).toEqual([]);
  });

  test('ends all, those that are half open too', async () => {
    await router.serve();
    const [one, half] = [await ready(), await connect()];
    expect(router.engine.clearConnections()).toEqual([1]);
    await time.pass(1e9);
    expect([one.closed, half.closed]).toEqual([true, true]);
    expect(router.engine.server).toMatchObject({ connections: [], halfOpen: 0 });
  });
});

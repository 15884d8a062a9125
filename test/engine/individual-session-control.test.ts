/** Individual session control (RFC 5938) at the Server: sessions of one connection that come and go one by one. */
import { beforeEach, describe, expect, test } from 'vitest';
import {
  AcceptSession,
  StartAck,
  StartNAck,
  StartNSessions,
  StopNAck,
  StopNSessions,
} from '../../src/twamp/messages.ts';
import { accepts, modeFeatures } from '../../src/twamp/protocol.ts';
import { RawClient } from '../support/raw-client.ts';
import { SeededRandom } from '../support/seeded-random.ts';
import { VirtualNetwork } from '../support/virtual-network.ts';
import { VirtualRouter } from '../support/virtual-router.ts';
import { VirtualTime } from '../support/virtual-time.ts';

const MINUTE = 60e9;

let time: VirtualTime;
let router: VirtualRouter;
let client: RawClient;

beforeEach(async () => {
  time = new VirtualTime();
  const network = new VirtualNetwork(time, new SeededRandom(7));
  router = new VirtualRouter(network, '192.0.2.1');
  await router.serve({ 'server-inactivity-timeout': 1 });
  client = await RawClient.connect(network, time, '198.51.100.1', { address: '192.0.2.1', port: 862 });
  await client.setUp(1 | modeFeatures.individualSessionControl);
});

/** The SIDs of so many sessions, granted. */
async function granted(count: number): Promise<Uint8Array[]> {
  const requests = Array.from({ length: count }, () => client.requestMessage({}));
  const said = await client.exchange(...requests);
  return requests.map((_, index) => {
    const { accept, sid } = AcceptSession.decode(said.subarray(48 * index));
    expect(accept).toBe(accepts.ok);
    return sid;
  });
}

const start = async (...sids: Uint8Array[]): Promise<Uint8Array> =>
  client.exchange(StartNSessions.encode({ sids }));
const stop = async (...sids: Uint8Array[]): Promise<Uint8Array> =>
  client.exchange(StopNSessions.encode({ sids }));

const NOBODY = new Uint8Array(16).fill(9);
const liveData = (): number => router.live().filter(({ type }) => type === 'data').length;

describe('sessions', () => {
  test('are started, stopped and asked for while others run', async () => {
    const [one, two] = (await granted(2)) as [Uint8Array, Uint8Array];
    expect(StartNAck.decode(await start(one))).toEqual({ accept: accepts.ok, sids: [one] });
    const [three] = (await granted(1)) as [Uint8Array];
    expect(StartNAck.decode(await start(three, two))).toEqual({ accept: accepts.ok, sids: [three, two] });
    expect(liveData()).toBe(3);
    expect(StopNAck.decode(await stop(one))).toEqual({ accept: accepts.ok, sids: [one] });
    expect(liveData()).toBe(2);
    expect(await client.exchange(client.stopMessage(2))).toHaveLength(0);
    expect(liveData()).toBe(0);
    expect(client.closed).toBe(false);
  });

  test('that cannot be are told apart from those that can, in an answer of their own', async () => {
    const [one] = (await granted(1)) as [Uint8Array];
    const said = await start(one, NOBODY, one);
    expect(StartNAck.decode(said)).toEqual({ accept: accepts.ok, sids: [one] });
    const refused = { accept: accepts.failure, sids: [NOBODY, one] };
    expect(StartNAck.decode(said.subarray(StartNAck.octets + 16))).toEqual(refused);
    expect(StopNAck.decode(await stop(NOBODY))).toEqual({ accept: accepts.failure, sids: [NOBODY] });
    expect(StopNAck.decode(await stop(one))).toEqual({ accept: accepts.ok, sids: [one] });
    expect(StopNAck.decode(await stop(one))).toEqual({ accept: accepts.failure, sids: [one] });
  });

  test('that were started together are stopped one by one', async () => {
    const sids = await granted(2);
    await client.exchange(client.startMessage);
    for (const sid of sids) expect(StopNAck.decode(await stop(sid)).accept).toBe(accepts.ok);
    expect(liveData()).toBe(0);
  });

  test('that run already are not started again by Start-Sessions', async () => {
    const [one] = (await granted(1)) as [Uint8Array];
    await start(one);
    await granted(1);
    expect(StartAck.decode(await client.exchange(client.startMessage)).accept).toBe(accepts.ok);
    await client.exchange(client.stopMessage(2));
    await client.close();
    await time.pass(2 * MINUTE);
    expect(time.pending).toBe(0);
  });

  test('make room for others under the limits', async () => {
    await router.serve({ 'maximum-sessions': 1 });
    const [one] = (await granted(1)) as [Uint8Array];
    const refused = await client.exchange(client.requestMessage({}));
    expect(AcceptSession.decode(refused).accept).not.toBe(accepts.ok);
    await stop(one);
    await granted(1);
  });
});

/** What an Ack of so many sessions and those refused look like, one behind the other. */
function acks(layout: typeof StartNAck, done: Uint8Array[], refused: Uint8Array[]): Buffer {
  const ok = layout.encode({ accept: accepts.ok, sids: done });
  const failure = layout.encode({ accept: accepts.failure, sids: refused });
  if (refused.length === 0) return Buffer.from(ok);
  return Buffer.concat(done.length === 0 ? [failure] : [ok, failure]);
}

test.each([1, 2, 3, 4, 5, 6, 7, 8])('any order of commands leaves what it should, seed %d', async (seed) => {
  const random = new SeededRandom(seed);
  const sessions = new Map<Uint8Array, 'granted' | 'running'>();
  let together = false;
  const some = (): Uint8Array[] => {
    const known = [...sessions.keys(), NOBODY];
    return Array.from({ length: random.below(4) }, () => known[random.below(known.length)]!);
  };
  /** The first of each that is in such a state, and the others. */
  const split = (sids: Uint8Array[], mayBe: (state?: string) => boolean): [Uint8Array[], Uint8Array[]] => {
    const had = sids.filter((sid, index) => mayBe(sessions.get(sid)) && sids.indexOf(sid) === index);
    const rest = sids.filter((sid, index) => !mayBe(sessions.get(sid)) || sids.indexOf(sid) !== index);
    return [had, rest];
  };
  const commands: readonly (() => Promise<void>)[] = [
    async () => {
      const [sid] = (await granted(1)) as [Uint8Array];
      sessions.set(sid, 'granted');
    },
    async () => {
      const sids = some();
      const [done, refused] = split(sids, (state) => state === 'granted');
      expect(Buffer.from(await start(...sids))).toEqual(acks(StartNAck, done, refused));
      for (const sid of done) sessions.set(sid, 'running');
    },
    async () => {
      const sids = some();
      const [done, refused] = split(sids, (state) => state !== undefined);
      expect(Buffer.from(await stop(...sids))).toEqual(acks(StopNAck, done, refused));
      for (const sid of done) sessions.delete(sid);
    },
    async () => {
      if (together || sessions.size === 0) return;
      expect(StartAck.decode(await client.exchange(client.startMessage)).accept).toBe(accepts.ok);
      for (const sid of sessions.keys()) sessions.set(sid, 'running');
    },
    async () => {
      expect(await client.exchange(client.stopMessage(random.below(9)))).toHaveLength(0);
      sessions.clear();
    },
  ];
  for (let count = 0; count < 60; count += 1) {
    const command = [0, 0, 0, 1, 1, 2, 2, 3, 4][random.below(9)]!;
    await commands[command]!();
    // Start-Sessions may not be said twice in a row.
    together = command === 3 ? sessions.size > 0 : false;
    expect(liveData()).toBe(sessions.size);
    expect(client.closed).toBe(false);
  }
  await client.close();
  await time.pass(2 * MINUTE);
  expect([liveData(), time.pending]).toEqual([0, 0]);
});

test('SERVWAIT rests while one session runs, and goes on when none does', async () => {
  const [one, two] = (await granted(2)) as [Uint8Array, Uint8Array];
  await start(one);
  await time.pass(2 * MINUTE);
  await stop(two);
  await time.pass(2 * MINUTE);
  expect(client.closed).toBe(false);
  await stop(one);
  await time.pass(2 * MINUTE);
  expect(client.closed).toBe(true);
});

test('a list that arrives octet by octet is one command', async () => {
  const [one] = (await granted(1)) as [Uint8Array];
  const octets = [...StartNSessions.encode({ sids: [one] })].map((octet) => Uint8Array.of(octet));
  expect(StartNAck.decode(await client.exchange(...octets))).toEqual({ accept: accepts.ok, sids: [one] });
});

test('a list longer than a connection may hold ends it', async () => {
  const endless = StartNSessions.encode({ sids: [] });
  new DataView(endless.buffer).setUint32(12, 0xffffffff);
  await client.exchange(endless, new Uint8Array(128 * 1024));
  expect(client.closed).toBe(true);
});

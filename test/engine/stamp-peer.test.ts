/** Measurements without a control connection over a virtual network: whole ones, cut ones, and nobody who answers. */
import { beforeEach, expect, test } from 'vitest';
import type { Measurement, TwpingRequest } from '../../src/engine/twping.ts';
import { SeededRandom } from '../support/seeded-random.ts';
import { VirtualNetwork } from '../support/virtual-network.ts';
import { twpingRequest, VirtualRouter } from '../support/virtual-router.ts';
import { VirtualTime } from '../support/virtual-time.ts';

const REFLECTOR = { address: '192.0.2.1', port: 862 };

let time: VirtualTime;
let network: VirtualNetwork;
let router: VirtualRouter;

beforeEach(() => {
  time = new VirtualTime();
  network = new VirtualNetwork(time, new SeededRandom(3));
  network.onConnect = () => {
    throw new Error('there is to be no connection');
  };
  router = new VirtualRouter(network, '198.51.100.1');
});

/** A stateless reflector. */
function reflect(): void {
  network.bindPackets(REFLECTOR, (from, packet) => {
    const { sequence, ...rest } = packet as { readonly sequence: number };
    network.sendPacket(REFLECTOR, from, { ...rest, sequence, reflectorSequence: sequence });
  });
}

function measuring(changes: Partial<TwpingRequest>, signal: AbortSignal): Promise<Measurement> {
  return router.engine.twping(twpingRequest({ light: { ssid: 7 }, ...changes }), { signal });
}

const measure = (changes: Partial<TwpingRequest> = {}): Promise<Measurement> =>
  time.until(measuring(changes, new AbortController().signal));

const clean = (): void => {
  expect(router.live()).toEqual([]);
  expect(router.datapath.bound.size).toBe(0);
  expect(router.reported).toEqual([]);
};

test('it is a session alone: no connection is made, and none is in its row', async () => {
  reflect();
  const { sessions, ending } = await measure();
  expect(ending).toBe('complete');
  expect(sessions).toMatchObject([
    { sid: undefined, ssid: 7, reflector: REFLECTOR, summary: { sent: 20, lost: 0, directionsKnown: false } },
  ]);
  expect(router.ended()).toMatchObject([
    {
      type: 'data',
      role: 'client',
      connectionId: undefined,
      sid: undefined,
      mode: 'stamp',
      localAddress: '198.51.100.1',
      sent: 20,
      received: 20,
      endReason: 'stopped',
    },
  ]);
  clean();
});

test('sessions at once have ports and rows of their own', async () => {
  reflect();
  const { sessions } = await measure({ sessionCount: 3, sourceAddress: '198.51.100.7' });
  expect(new Set(sessions.map(({ sender }) => sender.port)).size).toBe(3);
  expect(sessions.map(({ sender }) => sender.address)).toEqual(Array(3).fill('198.51.100.7'));
  expect(router.ended()).toHaveLength(3);
  clean();
});

test('where nobody answers, every packet is lost, nobody knows where', async () => {
  const { sessions, ending } = await measure({ count: 3 });
  expect(ending).toBe('complete');
  expect(sessions[0]?.summary).toMatchObject({
    sent: 3,
    lost: 3,
    lostByDirection: { send: 0, reflect: 0, unknown: 3 },
  });
  clean();
});

test('given up, it ends with the figures so far', async () => {
  reflect();
  const controller = new AbortController();
  const measurement = measuring({ count: 1000 }, controller.signal);
  await time.pass(1e9);
  controller.abort();
  const { sessions, ending } = await time.until(measurement);
  expect(ending).toBe('interrupted');
  expect(sessions[0]?.summary.sent).toBeGreaterThan(0);
  expect(router.ended()).toMatchObject([{ endReason: 'interrupted' }]);
  clean();
});

test('a key that there is not is told before anything is sent', async () => {
  const measurement = measure({ user: { mode: 'authenticated', keyId: 'nobody' } });
  await expect(measurement).rejects.toMatchObject({ code: 'no-such-user', details: { name: 'nobody' } });
  expect(router.datapath.requests).toEqual([]);
});

/** Features of a Mode between two routers: what is offered, what is agreed on, and what the datapath is told of it. */
import { expect, test } from 'vitest';
import { modeFeatures } from '../../src/twamp/protocol.ts';
import { SeededRandom } from '../support/seeded-random.ts';
import { VirtualNetwork } from '../support/virtual-network.ts';
import { twpingRequest, VirtualRouter } from '../support/virtual-router.ts';
import { VirtualTime } from '../support/virtual-time.ts';

/** What the reflector was opened with for a `twping` of these options. */
async function reflectorOf(options: {
  reflectOctets?: boolean;
  symmetricalSize?: boolean;
  timestampFormat?: 'ntp' | 'ptpv2';
}): Promise<object | undefined> {
  const time = new VirtualTime();
  const network = new VirtualNetwork(time, new SeededRandom(3));
  const near = new VirtualRouter(network, '198.51.100.1');
  const far = new VirtualRouter(network, '192.0.2.1');
  await far.serve({});
  const { signal } = new AbortController();
  const request = twpingRequest({ paddingOctets: 99, ...options });
  const measurement = await time.until(near.engine.twping(request, { signal }));
  expect(measurement).toMatchObject({ sessions: [{ summary: { sent: 20, lost: 0 } }] });
  return far.datapath.requests[0];
}

test('none is agreed on unless it is asked for', async () => {
  expect(await reflectorOf({})).toMatchObject({ mode: 1, paddingToReflect: undefined });
});

test('RFC 6038 §3: with reflect-octets the whole padding is to come back', async () => {
  const mode = 1 | modeFeatures.reflectOctets;
  expect(await reflectorOf({ reflectOctets: true })).toMatchObject({ mode, paddingToReflect: 99 });
});

test('RFC 6038 §4.1.2: with symmetrical-size both ends know of it', async () => {
  const mode = 1 | modeFeatures.symmetricalSize;
  expect(await reflectorOf({ symmetricalSize: true })).toMatchObject({ mode });
});

test('RFC 8186 §2.2: with timestamp-format ptpv2 the reflector is to stamp in PTPv2', async () => {
  const mode = 1 | modeFeatures.ptpv2Timestamps;
  expect(await reflectorOf({ timestampFormat: 'ptpv2' })).toMatchObject({ mode });
  expect(await reflectorOf({ timestampFormat: 'ntp' })).toMatchObject({ mode: 1 });
});

/** Whole measurements between network namespaces and over a device, with what the wire says of their DSCP. */
import { setImmediate } from 'node:timers/promises';
import { describe, expect, onTestFinished, test } from 'vitest';
import { systemRandom, SystemClock } from '../../src/clock.ts';
import type { Configuration } from '../../src/config/configuration.ts';
import { WorkerDatapath } from '../../src/datapath/worker-datapath.ts';
import { Engine } from '../../src/engine/engine.ts';
import type { ServerConfiguration } from '../../src/engine/server.ts';
import { deriveKey } from '../../src/engine/key-chains.ts';
import { TcpTransport } from '../../src/engine/tcp-transport.ts';
import { addLink, addNamespace, namespacesUnavailable } from '../support/namespaces.ts';
import { testSecrets } from '../support/secrets.ts';
import {
  configurationOf,
  serverConfiguration,
  temporaryResults,
  temporaryStore,
  twpingRequest,
} from '../support/virtual-router.ts';
import { watchDscp } from '../support/wire.ts';
import { bundledWorker } from '../support/worker.ts';
import { all } from '../support/configuration.ts';

const worker = bundledWorker();
const { signal } = new AbortController();
const unavailable = namespacesUnavailable();
if (unavailable !== undefined) console.warn(`routing instances are not tested: ${unavailable}`);

async function start(
  server: Partial<ServerConfiguration>,
  instances: Configuration['routing-instances'],
): Promise<Engine> {
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
  const configuration = configurationOf(serverConfiguration({ port: 0, ...server }), instances);
  expect(all(engine.verify(configuration))).toEqual([]);
  await engine.apply(configuration);
  return engine;
}

describe.skipIf(unavailable !== undefined)('a measurement', () => {
  test('from one namespace to another, each a routing instance, marked as asked', async () => {
    const [red, blue] = [addNamespace(), addNamespace()];
    addLink({ namespace: red, address: '192.0.2.1/24' }, { namespace: blue, address: '192.0.2.2/24' });
    const instances = new Map([
      ['red', { namespace: red }],
      ['blue', { namespace: blue }],
    ]);
    const listed = { 'routing-instance-list': new Map([['red', {}]]), 'dscp-value': 46 };
    const engine = await start(listed, instances);
    const seen = watchDscp(red);
    const port = engine.ports.get('red')!;
    const request = { host: '192.0.2.1', port, routingInstance: 'blue', dscp: 10, intervalNanos: 2e6 };
    const { sessions, ending } = await engine.twping(twpingRequest(request), { signal });
    expect(ending).toBe('complete');
    expect(sessions[0]).toMatchObject({
      sender: { address: '192.0.2.2' },
      summary: { sent: 20, lost: 0 },
      instrument: { stamps: 'kernel', kernelDrops: 0 },
    });
    // The last of the control connection's packets.
    await setImmediate();
    // The kernel answers a SYN before there is a connection that could inherit anything but the listener's DSCP.
    expect(seen()).toEqual(['tcp 192.0.2.1 46', 'tcp 192.0.2.2 0', 'udp 192.0.2.1 10', 'udp 192.0.2.2 10']);
    const rows = [...engine.sessions({}, 'ended')];
    expect(rows.map(({ role, vrf }) => `${role} ${vrf}`).sort()).toEqual([
      'client blue',
      'client blue',
      'server red',
      'server red',
    ]);
    await expect(
      engine.twping(twpingRequest({ ...request, routingInstance: 'default' }), { signal }),
    ).rejects.toThrow();
  });

  test('to the addresses of the source interface, and to no other', async () => {
    const [red, blue] = [addNamespace(), addNamespace()];
    const link = (network: string): string =>
      addLink(
        { namespace: red, address: `${network}.1/24` },
        { namespace: blue, address: `${network}.2/24` },
      );
    const [served] = [link('192.0.2'), link('198.51.100')];
    const instances = new Map([
      ['red', { namespace: red }],
      ['blue', { namespace: blue }],
    ]);
    const list = { 'routing-instance-list': new Map([['red', { 'source-interface': served }]]) };
    const engine = await start(list, instances);
    const port = engine.ports.get('red')!;
    const request = { port, routingInstance: 'blue', intervalNanos: 2e6 };
    const { sessions } = await engine.twping(twpingRequest({ ...request, host: '192.0.2.1' }), { signal });
    expect(sessions[0]?.summary).toMatchObject({ sent: 20, lost: 0 });
    await expect(
      engine.twping(twpingRequest({ ...request, host: '198.51.100.1' }), { signal }),
    ).rejects.toMatchObject({ code: 'declined' });
    expect([...engine.refusals]).toEqual([['address-not-served', 1]]);
  });

  test('over IPv6, from the source address that was asked for', async () => {
    const [red, blue] = [addNamespace(), addNamespace()];
    addLink({ namespace: red, address: '2001:db8::1/64' }, { namespace: blue, address: '2001:db8::2/64' });
    addLink(
      { namespace: red, address: '2001:db8:1::1/64' },
      { namespace: blue, address: '2001:db8:1::2/64' },
    );
    const instances = new Map([
      ['red', { namespace: red }],
      ['blue', { namespace: blue }],
    ]);
    const engine = await start({ 'routing-instance-list': new Map([['red', {}]]) }, instances);
    const request = {
      host: '2001:db8::1',
      port: engine.ports.get('red')!,
      routingInstance: 'blue',
      sourceAddress: '2001:db8::2',
      intervalNanos: 2e6,
    };
    const { sessions } = await engine.twping(twpingRequest(request), { signal });
    expect(sessions[0]).toMatchObject({
      sender: { address: '2001:db8::2' },
      summary: { sent: 20, lost: 0 },
    });
  });

  test('to a routing instance that stands for a device, which serves that device alone', async () => {
    const blue = addNamespace();
    const device = addLink({ address: '198.51.100.1/30' }, { namespace: blue, address: '198.51.100.2/30' });
    const instances = new Map([
      ['green', { device }],
      ['blue', { namespace: blue }],
    ]);
    const engine = await start({ 'routing-instance-list': new Map([['green', {}]]) }, instances);
    const port = engine.ports.get('green')!;
    const request = { host: '198.51.100.1', port, routingInstance: 'blue', intervalNanos: 2e6 };
    const { sessions } = await engine.twping(twpingRequest(request), { signal });
    expect(sessions[0]?.summary).toMatchObject({ sent: 20, lost: 0 });
    const fromLoopback = engine.twping(twpingRequest({ host: '127.0.0.1', port }), { signal });
    await expect(fromLoopback).rejects.toMatchObject({ code: 'connection-refused' });
  });
});

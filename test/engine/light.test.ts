/** Reflectors without control connection in a whole engine, over real sockets: what a commit changes and what it leaves. */
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { expect, onTestFinished, test, vi } from 'vitest';
import { systemRandom, SystemClock } from '../../src/clock.ts';
import type { Configuration } from '../../src/config/configuration.ts';
import { WorkerDatapath } from '../../src/datapath/worker-datapath.ts';
import { Engine } from '../../src/engine/engine.ts';
import { deriveKey } from '../../src/engine/key-chains.ts';
import { TcpTransport } from '../../src/engine/tcp-transport.ts';
import { testSecrets } from '../support/secrets.ts';
import {
  configurationOf,
  serverConfiguration,
  temporaryResults,
  temporaryStore,
} from '../support/virtual-router.ts';
import { bundledWorker, mortalWorker } from '../support/worker.ts';

const worker = bundledWorker();
function engineOver(url: URL): Engine {
  const engine = new Engine({
    clock: new SystemClock(),
    random: systemRandom,
    transport: new TcpTransport(),
    datapath: new WorkerDatapath(url),
    store: temporaryStore(),
    results: temporaryResults(),
    secrets: testSecrets,
    deriveKey,
    report: (error) => {
      throw error;
    },
  });
  onTestFinished(() => engine.close());
  return engine;
}

/** With a Server if `tcpPort` is given. */
function reflecting(ports: number[], tcpPort?: number): Configuration {
  const server = tcpPort === undefined ? undefined : serverConfiguration({ port: tcpPort });
  const { services, ...rest } = configurationOf(server);
  const reflector = {
    'admin-state': 'enabled',
    'reflector-port': ports,
    mode: 'stateful',
    'timestamp-format': 'ntp',
    'routing-instance': [],
    'authentication-key-chain': new Map(),
    'client-list': new Map(),
  } as const;
  const simple = { ...services['simple-twamp'], 'session-reflector': reflector };
  return { ...rest, services: { ...services, 'simple-twamp': simple } };
}

async function boundSocket(): Promise<Socket> {
  const socket = createSocket('udp4');
  socket.bind(0);
  await once(socket, 'listening');
  return socket;
}

async function freePort(): Promise<number> {
  const socket = await boundSocket();
  const { port } = socket.address();
  socket.close();
  await once(socket, 'close');
  return port;
}

/** The Sequence Number of the answer to a packet that is sent until one comes. */
async function ask(socket: Socket, port: number): Promise<number> {
  const packet = Buffer.alloc(44);
  packet.writeUInt16BE(1, 12);
  const answers: Buffer[] = [];
  socket.once('message', (answer) => answers.push(answer));
  await expect
    .poll(() => {
      if (answers.length === 0) socket.send(packet, port, '127.0.0.1');
      return answers;
    })
    .toHaveLength(1);
  return answers[0]!.readUInt32BE(0);
}

async function peer(): Promise<Socket> {
  const socket = await boundSocket();
  onTestFinished(() => void socket.close());
  return socket;
}

test('a commit that leaves a reflector alone leaves its senders their numbers', async () => {
  const engine = engineOver(worker.url);
  const [port, other] = [await freePort(), await freePort()];
  const socket = await peer();
  await engine.apply(reflecting([port]));
  const first = await ask(socket, port);
  await engine.apply(reflecting([port, other]));
  expect(await ask(socket, port)).toBeGreaterThan(first);
  expect(await ask(await peer(), other)).toBe(0);
});

test('a port that is taken fails the commit, and what ran before runs on', async () => {
  const engine = engineOver(worker.url);
  const port = await freePort();
  await engine.apply(reflecting([port]));
  const taken = (await peer()).address().port;
  await expect(engine.apply(reflecting([taken, port]))).rejects.toMatchObject({
    name: 'ListenError',
    code: 'port-in-use',
    port: taken,
  });
  expect(await ask(await peer(), port)).toBeTypeOf('number');
  expect(engine.light.map(({ place }) => place.port)).toEqual(engine.light.map(() => port));
});

test('a Server that cannot listen leaves no reflector behind', async () => {
  const engine = engineOver(worker.url);
  const other = engineOver(worker.url);
  await other.apply(configurationOf(serverConfiguration({ port: 0 })));
  const port = await freePort();
  await expect(engine.apply(reflecting([port], other.ports.get('default')))).rejects.toMatchObject({
    name: 'ListenError',
  });
  expect(engine.light).toEqual([]);
  const socket = createSocket('udp4').bind(port);
  onTestFinished(() => void socket.close());
  await once(socket, 'listening');
});

test('a worker that fails is replaced, and its reflectors answer again', async () => {
  const mortal = mortalWorker(worker.url);
  const engine = engineOver(mortal.url);
  const port = await freePort();
  await engine.apply(reflecting([port]));
  const before = engine.light[0]!.reflector;
  mortal.fail();
  await vi.waitFor(() => expect(engine.light[0]!.reflector).not.toBe(before), { timeout: 10_000 });
  expect(await ask(await peer(), port)).toBeTypeOf('number');
});

/** Many at once, over real sockets: as many connections and sessions as may be configured, and long runs beside traffic. */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import { expect, onTestFinished, test, vi } from 'vitest';
import { systemRandom, SystemClock } from '../../src/clock.ts';
import { WorkerDatapath } from '../../src/datapath/worker-datapath.ts';
import { ClientConnection } from '../../src/engine/client.ts';
import { Engine, type EngineParts } from '../../src/engine/engine.ts';
import { deriveKey } from '../../src/engine/key-chains.ts';
import { TcpTransport } from '../../src/engine/tcp-transport.ts';
import type { Measurement } from '../../src/engine/twping.ts';
import { someRequest } from '../support/control-pair.ts';
import { canCount, openFiles, threads } from '../support/process-resources.ts';
import { testSecrets } from '../support/secrets.ts';
import {
  allowing,
  configurationOf,
  serverConfiguration,
  temporaryResults,
  temporaryStore,
  twpingRequest,
} from '../support/virtual-router.ts';
import { bundledWorker } from '../support/worker.ts';

/** How long the tests run beside which others come and go: ENDURANCE_MINUTES=10 for the whole of it. */
const ENDURANCE_SECONDS = 60 * Number(process.env['ENDURANCE_MINUTES'] ?? 0.05);

/** How many set-ups or exchanges a test has under way. */
const AT_ONCE = 64;

/** How long what was held may take to be given back, and how often that is looked at. */
const PATIENCE_MILLIS = 30_000;
const LOOK_MILLIS = 50;

/** What reference 002 allows at the most. */
const CONNECTIONS = 1000;
const SESSIONS = 2048;

/** Each may have half of the connections (`maximum-connections-per-client`). */
const CLIENTS = ['127.0.0.1', '127.0.0.2'] as const;

/** Below it nobody else's ports, from it one for each session. */
const SENDER_PORT = 30_000;

const worker = bundledWorker();
interface Router {
  readonly engine: Engine;
  readonly parts: EngineParts;
  readonly port: number;
}

/** A router that serves on loopback with the highest limits there are. */
async function startRouter(): Promise<Router> {
  const parts: EngineParts = {
    clock: new SystemClock(),
    random: systemRandom,
    transport: new TcpTransport(),
    datapath: new WorkerDatapath(worker.url),
    store: temporaryStore(),
    results: temporaryResults(),
    secrets: testSecrets,
    deriveKey,
    report: (error) => {
      throw error;
    },
  };
  const engine = new Engine(parts);
  onTestFinished(() => engine.close());
  const server = serverConfiguration({
    port: 0,
    'client-list': allowing('127.0.0.0/8'),
    'maximum-connections': CONNECTIONS,
    'maximum-connections-per-client': CONNECTIONS / CLIENTS.length,
    'maximum-sessions': SESSIONS,
    'maximum-sessions-per-connection': 1024,
  });
  await engine.apply(configurationOf(server));
  return { engine, parts, port: engine.ports.get('default')! };
}

/** What a router and this process hold: ports are files. */
function holdings({ engine }: Router): Record<'files' | 'threads' | 'timers' | 'rows', number> {
  const timers = process.getActiveResourcesInfo().filter((resource) => resource === 'Timeout');
  const rows = [...engine.sessions({}, 'live')];
  return { files: openFiles(), threads: threads(), timers: timers.length, rows: rows.length };
}

/** Waits until a thread of the datapath has let go of a port. */
async function portIsFree(port: number): Promise<void> {
  await vi.waitFor(
    async () => {
      const socket = createSocket('udp4');
      const bound = once(socket.bind(port, '127.0.0.1'), 'listening');
      await bound.finally(() => socket.close());
    },
    { timeout: 10_000 },
  );
}

/** Waits until nothing more is held than before. */
async function givesBack(router: Router, before: ReturnType<typeof holdings>): Promise<void> {
  const isBack = (): boolean => {
    const { files, timers } = holdings(router);
    return files === before.files && timers <= before.timers;
  };
  // Reflectors of stopped sessions stay for the Timeout of their request, and the rows that ended last are written down a
  // moment later. A wait of vitest's would be a timer itself.
  for (let waited = 0; waited < PATIENCE_MILLIS && !isBack(); waited += LOOK_MILLIS) await pause(LOOK_MILLIS);
  const { timers, ...after } = holdings(router);
  expect(after).toEqual({ files: before.files, threads: before.threads, rows: before.rows });
  expect(timers).toBeLessThanOrEqual(before.timers);
}

function connect({ parts, port }: Router, sourceAddress: string): Promise<ClientConnection> {
  const to = { vrf: { kind: 'default' }, host: '127.0.0.1', port, sourceAddress } as const;
  return ClientConnection.open(to, parts, new AbortController().signal);
}

/** One packet to a session and its reply. */
async function exchange(sourceAddress: string, senderPort: number, reflectorPort: number): Promise<void> {
  const socket = createSocket('udp4').bind(senderPort, sourceAddress);
  await once(socket, 'listening');
  const packet = Buffer.alloc(41);
  packet.writeUInt16BE(1, 12);
  const reply = once(socket, 'message');
  socket.send(packet, reflectorPort, '127.0.0.1');
  await reply;
  socket.close();
  await once(socket, 'close');
}

test.skipIf(!canCount)(
  'the most connections and sessions that may be configured, each of which reflects',
  { timeout: 120_000 },
  async () => {
    const router = await startRouter();
    const first = await connect(router, CLIENTS[0]);
    const { port } = await first.requestSession({ ...someRequest, senderPort: SENDER_PORT });
    await first.close();
    await portIsFree(port);
    const before = holdings(router);
    const connections = await inTurns(CONNECTIONS, (index) => connect(router, clientOf(index)));
    const ports = await inTurns(SESSIONS, async (index) => {
      const request = { ...someRequest, senderPort: SENDER_PORT + index };
      return (await connections[index % CONNECTIONS]!.requestSession(request)).port;
    });
    expect(holdings(router).rows).toBe(CONNECTIONS + SESSIONS);
    await expect(connect(router, '127.0.0.3')).rejects.toMatchObject({ code: 'declined' });
    const another = { ...someRequest, senderPort: SENDER_PORT + SESSIONS };
    await expect(connections[0]!.requestSession(another)).rejects.toMatchObject({
      code: 'session-refused',
      details: { accept: 'temporary-resource-limit' },
    });
    await Promise.all(connections.map((connection) => connection.startSessions()));
    await inTurns(SESSIONS, (index) =>
      exchange(clientOf(index % CONNECTIONS), SENDER_PORT + index, ports[index]!),
    );
    const rows = [...router.engine.sessions({}, 'live')].filter(({ type }) => type === 'data');
    expect(rows.map(({ received, sent }) => [received, sent])).toEqual(Array(SESSIONS).fill([1, 1]));
    await Promise.all(connections.map((connection) => connection.close()));
    await givesBack(router, before);
  },
);

const clientOf = (connection: number): string => CLIENTS[connection % CLIENTS.length]!;

/** Does it for each index below `count`, some at once; gives what came of it in order. */
async function inTurns<T>(count: number, act: (index: number) => Promise<T>): Promise<T[]> {
  const results: T[] = [];
  for (let first = 0; first < count; first += AT_ONCE) {
    const indices = Array.from({ length: Math.min(AT_ONCE, count - first) }, (_, offset) => first + offset);
    results.push(...(await Promise.all(indices.map(act))));
  }
  return results;
}

test.skipIf(!canCount)(
  'ten times ten sessions lose nothing while others come and go',
  { timeout: 60_000 + ENDURANCE_SECONDS * 1000 },
  async () => {
    const router = await startRouter();
    const { signal } = new AbortController();
    const measure = (sessionCount: number, count: number): Promise<Measurement> =>
      router.engine.twping(
        twpingRequest({
          host: '127.0.0.1',
          port: router.port,
          sessionCount,
          count,
          intervalNanos: 100e6,
          timeoutNanos: 2e9,
        }),
        { signal },
      );
    const first = await measure(1, 1);
    const { sender, reflector } = first.sessions[0]!;
    await Promise.all([sender.port, reflector.port].map(portIsFree));
    const before = holdings(router);
    let running = true;
    let visits = 0;
    const visit = async (): Promise<void> => {
      for (; running; visits += 1) expect(lossOf(await measure(2, 1))).toEqual(['complete', 2, 0]);
    };
    const stay = Promise.all(Array.from({ length: 10 }, () => measure(10, ENDURANCE_SECONDS * 10)));
    const visitors = Promise.all(Array.from({ length: 4 }, visit));
    const stayed = await stay;
    running = false;
    await visitors;
    expect(stayed.map(lossOf)).toEqual(Array(10).fill(['complete', ENDURANCE_SECONDS * 100, 0]));
    expect(visits).toBeGreaterThan(ENDURANCE_SECONDS);
    await givesBack(router, before);
  },
);

/** How it ended, what it sent and lost. */
function lossOf({ ending, sessions }: Measurement): [string, number, number] {
  const sum = (figure: 'sent' | 'lost'): number =>
    sessions.reduce((total, { summary }) => total + summary[figure], 0);
  return [ending, sum('sent'), sum('lost')];
}

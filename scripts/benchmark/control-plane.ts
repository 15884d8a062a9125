/** The control connections: sessions set up in a second, and how many one Server holds. */
import { setTimeout as sleep } from 'node:timers/promises';
import { ControlConnection, type ControlAddress } from './control-connection.ts';
import { cpuSeconds, openFiles, processesUnder, residentOctets } from './process-usage.ts';
import { runLoad } from './reflection.ts';
import { startRouter, startTwampd, type Server, type Workshop } from './programs.ts';
import type { Report } from './report.ts';
import { median } from './statistics.ts';
import type { Pace, Peers } from './suite.ts';

const AT_ONCE = 8;

/** Runs of perfSONAR's twampd that may fail before one counts. */
const PEER_TRIES = 5;
const OCTETS = 41;

const CONNECTIONS = 1000;
const SESSIONS = 2048;

/** Under the limit of connections of one client. */
const CLIENTS = ['127.0.0.1', '127.0.0.2', '127.0.0.3', '127.0.0.4'] as const;

export async function measureControl(
  workshop: Workshop,
  peers: Peers,
  pace: Pace,
  report: Report,
): Promise<void> {
  await measureSetUp(workshop, peers, pace, report);
  await measureHeld(workshop, pace, report);
}

/**
 * What the Control-Clients do: on each connection, `rounds` times over, `sessions` sessions are set up and stopped,
 * `ahead` of them requested together.
 */
interface Shape {
  /** The figures' unit, and in their ids. */
  readonly unit: string;
  readonly title: string;
  readonly connections: number;
  readonly rounds: number;
  readonly sessions: number;
  readonly ahead: number;
}

const shapes: readonly Shape[] = [
  {
    unit: 'set-ups',
    title: 'connection, session, start, stop, close',
    connections: 500,
    rounds: 1,
    sessions: 1,
    ahead: 1,
  },
  {
    unit: 'sessions',
    title: 'on connections that are held, 16 sessions each, one by one, start, stop, and again',
    connections: AT_ONCE,
    rounds: 16,
    sessions: 16,
    ahead: 1,
  },
  {
    unit: 'sessions-ahead',
    title: 'the same, 16 requests sent ahead, then 16 answers',
    connections: AT_ONCE,
    rounds: 16,
    sessions: 16,
    ahead: 16,
  },
];

interface SetUp {
  readonly perSecond: number;
  /** Of the Server, for each. */
  readonly cpuMillis: number;
  /** Of the clients, in shares of a core. */
  readonly clientsLoad: number;
}

async function measureSetUp(workshop: Workshop, peers: Peers, pace: Pace, report: Report): Promise<void> {
  const router = await startRouter(workshop);
  const twampd = peers.twampd && (await startTwampd(workshop, peers.twampd.path, peers.twampd.configuration));
  for (const shape of shapes) {
    const own: SetUp[] = [];
    const peer: SetUp[] = [];
    await setUp(workshop, router, shape);
    if (twampd) await setUpPeer(workshop, twampd, shape);
    for (let round = 0; round < pace.rounds; round += 1) {
      own.push(await setUp(workshop, router, shape));
      if (twampd) peer.push(await setUpPeer(workshop, twampd, shape));
    }
    report.section(
      `Control: ${shape.title}; ${AT_ONCE} at once (medians of ${pace.rounds} interleaved runs of ${countOf(shape)})`,
    );
    const add = (id: string, name: string, runs: readonly SetUp[]): void => {
      const cpu = median(runs.map(({ cpuMillis }) => cpuMillis)).toFixed(2);
      const load = (median(runs.map(({ clientsLoad }) => clientsLoad)) * 100).toFixed(0);
      report.add({
        id: `control/${id}/${shape.unit}-per-second`,
        name,
        value: median(runs.map(({ perSecond }) => perSecond)),
        unit: `${shape.unit}/s`,
        remark: `${cpu} ms of CPU each; the clients: ${load} % of a core`,
      });
    };
    add('router', 'dnrouter', own);
    if (twampd === undefined) continue;
    add('twampd', 'perfSONAR twampd', peer);
    report.add({
      id: `control/router/${shape.unit}-of-twampd`,
      name: `dnrouter: ${shape.unit}/s, of perfSONAR twampd`,
      value: median(own.map(({ perSecond }, round) => perSecond / peer[round]!.perSecond)),
      unit: '×',
      goal: { atLeast: 5 },
    });
  }
  for (const server of [router, ...(twampd ? [twampd] : [])]) await server.program.stop();
}

const countOf = ({ connections, rounds, sessions }: Shape): number => connections * rounds * sessions;

async function setUp(workshop: Workshop, { program, port }: Server, shape: Shape): Promise<SetUp> {
  const { connections, rounds, sessions, ahead } = shape;
  const cpuBefore = cpuSeconds(program.pid);
  const clients = workshop.startC('control', [port, AT_ONCE, connections, rounds, sessions, ahead]);
  const [, seconds, , clientsSeconds] = (await clients.line()).split(' ').map(Number);
  return {
    perSecond: countOf(shape) / seconds!,
    cpuMillis: ((cpuSeconds(program.pid) - cpuBefore) * 1000) / countOf(shape),
    clientsLoad: clientsSeconds! / seconds!,
  };
}

/** Processes of twampd sometimes wait for each other for ever when sessions end soon after they began. */
async function setUpPeer(workshop: Workshop, twampd: Server, shape: Shape): Promise<SetUp> {
  for (let left = PEER_TRIES; ; left -= 1) {
    try {
      return await setUp(workshop, twampd, shape);
    } catch (error) {
      if (left === 0) throw error;
    }
  }
}

async function measureHeld(workshop: Workshop, pace: Pace, report: Report): Promise<void> {
  const router = await startRouter(workshop);
  const { pid } = router.program;
  const load = workshop.startC('load', [OCTETS, 64, 64]);
  const senderPort = Number((await load.line()).split(' ')[1]);
  const begin = performance.now();
  const connections: ControlConnection[] = [];
  let lastPort = 0;
  for (let index = 0, sessions = 0; index < CONNECTIONS; index += 1) {
    const localAddress = CLIENTS[index % CLIENTS.length]!;
    const to: ControlAddress = { host: router.host, port: router.port, localAddress };
    const connection = await ControlConnection.open(to);
    connections.push(connection);
    for (const due = ((index + 1) * SESSIONS) / CONNECTIONS; sessions + 1 <= due; sessions += 1) {
      const { port } = await connection.requestSession(senderPort, OCTETS);
      if (localAddress === '127.0.0.1') lastPort = port;
    }
    await connection.startSessions();
  }
  const seconds = (performance.now() - begin) / 1000;
  const cpuBefore = cpuSeconds(pid);
  const idleSeconds = pace.quick ? 2 : 5;
  await sleep(idleSeconds * 1000);
  const idle = (cpuSeconds(pid) - cpuBefore) / idleSeconds;
  load.say(`targets ${lastPort}`);
  await load.line();
  const { repliesPerSecond, lost } = await runLoad({ pid, load }, 1);
  report.section(`Held: ${CONNECTIONS} connections with ${SESSIONS} running sessions`);
  const files = `${openFiles(pid)} files, ${processesUnder(pid)} process`;
  report.add({
    id: 'held/resident',
    name: 'resident memory of the router',
    value: residentOctets(pid) / 2 ** 20,
    unit: 'MiB',
    remark: `${files}, set up in ${seconds.toFixed(1)} s`,
  });
  report.add({ id: 'held/idle-cpu', name: 'CPU while nobody sends', value: idle * 100, unit: '% of a core' });
  report.add({
    id: 'held/replies',
    name: 'replies/s of one of these sessions',
    value: repliesPerSecond,
    unit: 'replies/s',
    remark: `${lost} lost`,
  });
  for (const connection of connections) connection.close();
  await load.stop();
  await router.program.stop();
}

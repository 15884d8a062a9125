/** How many packets a second a reflector answers, and what CPU time each costs it. */
import type { KeyedMode } from '../../src/twamp/protocol.ts';
import { openSessions } from './control-connection.ts';
import { cpuSeconds } from './process-usage.ts';
import { startRouter, startTwampd, type Program, type Server, type Workshop } from './programs.ts';
import type { Goal, Row, Report } from './report.ts';
import { sealPackets } from './sealed-packets.ts';
import { copyTwampdConfiguration, keyStatements } from './shared-secrets.ts';
import { median } from './statistics.ts';
import type { Peers, Pace } from './suite.ts';

const IN_FLIGHT = 64;

interface Case {
  readonly name: string;
  readonly id: string;
  readonly octets: number;
  readonly sessions: number;
  readonly connections: number;
  /** Packets to one session before it is the next one's turn. */
  readonly burst: number;
  /** Unauthenticated unless given. */
  readonly mode?: KeyedMode;
}

const oneSession = { sessions: 1, connections: 1, burst: IN_FLIGHT } as const;

// What one session is answered in bursts is what many are held against: a burst is one datagram until it is cut.
const one: Case = {
  ...oneSession,
  id: '1x41x8',
  name: '1 session, 41 octets, in bursts of 8',
  octets: 41,
  burst: 8,
};
const many: Case = {
  id: '100x41',
  name: '100 sessions on 10 connections, 41 octets, in bursts of 8',
  octets: 41,
  sessions: 100,
  connections: 10,
  burst: 8,
};

/** Each in rounds of its own, or of those it is compared with. */
const cases: readonly (readonly Case[])[] = [
  ...[41, 14, 1472].map((octets) => [
    { ...oneSession, id: `1x${octets}`, name: `1 session, ${octets} octets`, octets },
  ]),
  [one, many],
  ...(['authenticated', 'encrypted'] as const).map((mode) => [
    { ...oneSession, id: mode, name: `1 session, ${mode}, 112 octets`, octets: 112, mode },
  ]),
];

const KEY_ID = 'load';
const SECRET = 'twamp-secret-1';

/** Who reflects: `router` and `fallback` are ours. */
type Contestant = 'router' | 'fallback' | 'batched' | 'single' | 'twampd';

const names: Readonly<Record<Contestant, string>> = {
  router: 'dnrouter',
  fallback: 'dnrouter, Node dgram',
  batched: 'plain C, batched',
  single: 'plain C, single calls',
  twampd: 'perfSONAR twampd',
};

/** Plain C seals nothing, and keys are not what the fallback differs in. */
const contestantsOf = ({ mode }: Case): readonly Contestant[] =>
  mode === undefined ? (Object.keys(names) as Contestant[]) : ['router', 'twampd'];

/** One run of the load. */
interface Run {
  readonly repliesPerSecond: number;
  readonly cpuMicrosPerPacket: number;
  readonly lost: number;
  /** Share of a core the load used: at 1 it may have been what held the reflector back. */
  readonly loadCpu: number;
}

interface Arena {
  readonly pid: number;
  readonly load: Program;
  readonly close: () => Promise<void>;
}

export async function measureReflection(workshop: Workshop, peers: Peers, pace: Pace, report: Report) {
  const servers: Partial<Record<Contestant, Server>> = {
    router: await startRouter(workshop, {
      statements: [
        ...keyStatements({ [KEY_ID]: SECRET }),
        'set authentication-mode [ none authenticated encrypted ]',
        // Nobody else limits a session.
        'set maximum-bandwidth-per-session 0',
      ],
    }),
    fallback: await startRouter(workshop, {
      fallback: true,
      statements: ['set maximum-bandwidth-per-session 0'],
    }),
    ...(peers.twampd && { twampd: await startKeyedTwampd(workshop, peers.twampd) }),
  };
  for (const together of cases) {
    const runs = await runCases(workshop, servers, together, pace);
    for (const each of together) reportCase(report, each, runs.get(each)!);
    if (together.includes(many)) reportMany(report, runs.get(one)!, runs.get(many)!);
  }
  for (const server of Object.values(servers)) await server.program.stop();
}

function startKeyedTwampd(
  workshop: Workshop,
  { path, configuration }: NonNullable<Peers['twampd']>,
): Promise<Server> {
  const keyed = copyTwampdConfiguration(workshop, configuration, { [KEY_ID]: SECRET });
  return startTwampd(workshop, path, keyed, { modes: 'OAE' });
}

type Runs = ReadonlyMap<Contestant, readonly Run[]>;

async function runCases(
  workshop: Workshop,
  servers: Partial<Record<Contestant, Server>>,
  together: readonly Case[],
  pace: Pace,
): Promise<ReadonlyMap<Case, Runs>> {
  const arenas: { readonly arena: Arena; readonly runs: Run[] }[] = [];
  const runsOf = new Map<Case, Map<Contestant, Run[]>>(together.map((each) => [each, new Map()]));
  for (const [each, runsBy] of runsOf) {
    for (const who of contestantsOf(each)) {
      const arena = await arenaOf(workshop, servers, who, each);
      if (arena === undefined) continue;
      const runs: Run[] = [];
      runsBy.set(who, runs);
      arenas.push({ arena, runs });
    }
  }
  // The first round warms up.
  for (let round = 0; round <= pace.rounds; round += 1) {
    for (const { arena, runs } of arenas) {
      const run = await runLoad(arena, round === 0 ? 0.5 : pace.seconds);
      if (round > 0) runs.push(run);
    }
  }
  for (const { arena } of arenas) await arena.close();
  return runsOf;
}

/** Undefined: the contestant is not here. */
async function arenaOf(
  workshop: Workshop,
  servers: Partial<Record<Contestant, Server>>,
  who: Contestant,
  each: Case,
): Promise<Arena | undefined> {
  if (who === 'single' || who === 'batched') return plainC(workshop, who, each);
  const server = servers[who];
  return server && served(workshop, server, each);
}

async function plainC(
  workshop: Workshop,
  how: 'single' | 'batched',
  { octets, sessions, burst }: Case,
): Promise<Arena> {
  const reflector = workshop.startC('reflector', [how, sessions]);
  const ports = (await reflector.line()).split(' ').slice(1);
  const load = workshop.startC('load', [octets, IN_FLIGHT, burst]);
  await load.line();
  await aim(load, ports);
  return {
    pid: reflector.pid,
    load,
    close: async () => {
      await load.stop();
      await reflector.stop();
    },
  };
}

async function served(workshop: Workshop, server: Server, each: Case): Promise<Arena> {
  const load = workshop.startC('load', [each.octets, IN_FLIGHT, each.burst]);
  const senderPort = Number((await load.line()).split(' ')[1]);
  const { host, port } = server;
  const credentials = each.mode && { mode: each.mode, keyId: KEY_ID, secret: SECRET };
  const { running, close } = await openSessions({ host, port, credentials }, senderPort, each);
  await aim(
    load,
    running.map((session) => session.port),
  );
  if (each.mode !== undefined) await handOver(load, sealPackets(running[0]!.packets, IN_FLIGHT, each.octets));
  return {
    pid: server.program.pid,
    load,
    close: async () => {
      close();
      await load.stop();
    },
  };
}

async function aim(load: Program, ports: readonly (string | number)[]): Promise<void> {
  load.say(`targets ${ports.join(' ')}`);
  await load.line();
}

/** What the load sends round and round. */
async function handOver(load: Program, packets: Uint8Array): Promise<void> {
  load.say(`packets ${Buffer.from(packets).toString('hex')}`);
  await load.line();
}

/** One run; a line of the load is `sent N received N lost N seconds S cpu S`. */
export async function runLoad({ pid, load }: Pick<Arena, 'pid' | 'load'>, seconds: number): Promise<Run> {
  const before = cpuSeconds(pid);
  load.say(`run ${seconds}`);
  const words = (await load.line()).split(' ').map(Number);
  const [received = 0, lost = 0, took = NaN, loadSeconds = NaN] = [words[3], words[5], words[7], words[9]];
  const used = cpuSeconds(pid) - before;
  return {
    repliesPerSecond: received / took,
    cpuMicrosPerPacket: (used * 1e6) / received,
    lost,
    loadCpu: loadSeconds / took,
  };
}

function reportCase(report: Report, { id, name }: Case, runs: Runs): void {
  report.section(
    `Reflector: ${name}, ${IN_FLIGHT} in flight (medians of ${runs.get('router')!.length} interleaved runs)`,
  );
  const of = (who: Contestant, key: keyof Run): number =>
    median((runs.get(who) ?? []).map((run) => run[key]));
  for (const who of runs.keys()) {
    const lost = runs.get(who)!.reduce((sum, run) => sum + run.lost, 0);
    const remark = `the load used ${(of(who, 'loadCpu') * 100).toFixed(0)} % of a core, ${lost} lost`;
    const row = (key: 'repliesPerSecond' | 'cpuMicrosPerPacket', unit: string): Row => ({
      id: `reflector/${id}/${who}/${unit}`,
      name: names[who],
      value: of(who, key),
      unit,
      ...(key === 'repliesPerSecond' && { remark }),
    });
    report.add(row('repliesPerSecond', 'replies/s'));
    report.add(row('cpuMicrosPerPacket', 'CPU-µs/packet'));
  }
  for (const who of ['router', 'fallback'] as const) {
    for (const { than, key, goals, word } of comparisons) {
      if (!runs.has(who) || !runs.has(than)) continue;
      const goal = who === 'router' ? goals[id] : undefined;
      report.add({
        id: `reflector/${id}/${who}/${key}/${than}`,
        name: `${names[who]}: ${word}, of ${names[than]}`,
        value: ratio(runs.get(who)!, runs.get(than)!, key),
        unit: '×',
        ...(goal && { goal }),
      });
    }
  }
}

/** Of each round: what disturbs the machine for longer than a round disturbs both. */
function ratio(runs: readonly Run[], than: readonly Run[], key: keyof Run): number {
  return median(runs.map((run, round) => run[key] / than[round]![key]));
}

/** Many sessions beside one, of all who reflect: what it costs to have a socket for each is not ours alone. */
function reportMany(report: Report, ofOne: Runs, ofMany: Runs): void {
  for (const [who, runs] of ofMany) {
    report.add({
      id: `reflector/100x41/${who === 'router' ? '' : `${who}/`}one-session`,
      name: `${names[who]}: replies/s of 100 sessions, of those of one in such bursts`,
      value: ratio(runs, ofOne.get(who)!, 'repliesPerSecond'),
      unit: '×',
      ...(who === 'router' && { goal: { atLeast: 0.9 } }),
    });
  }
}

interface Comparison {
  readonly than: Contestant;
  readonly key: 'repliesPerSecond' | 'cpuMicrosPerPacket';
  readonly word: string;
  /** By case. */
  readonly goals: Readonly<Record<string, Goal>>;
}

const comparisons: readonly Comparison[] = [
  {
    than: 'twampd',
    key: 'repliesPerSecond',
    word: 'replies/s',
    goals: { '1x41': { atLeast: 2 }, authenticated: { atLeast: 1 }, encrypted: { atLeast: 1 } },
  },
  { than: 'twampd', key: 'cpuMicrosPerPacket', word: 'CPU/packet', goals: { '1x41': { atMost: 0.55 } } },
  { than: 'batched', key: 'repliesPerSecond', word: 'replies/s', goals: { '1x41': { atLeast: 0.95 } } },
  { than: 'batched', key: 'cpuMicrosPerPacket', word: 'CPU/packet', goals: {} },
  { than: 'single', key: 'repliesPerSecond', word: 'replies/s', goals: { '1x41': { atLeast: 0.9 } } },
];

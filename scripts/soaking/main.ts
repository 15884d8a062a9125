/** Runs routers with everything that is done to them together, and says whether anything grows, is lost or fails. */
import { loadavg } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import ssh2 from 'ssh2';
import { freePort } from '../../test/support/free-port.ts';
import { runRouter, Workshop } from '../benchmark/programs.ts';
import { activities, type Activity, type Scene } from './activities.ts';
import { add, measureOn, nothingMeasured, textOf } from './measurements.ts';
import { WatchedRouter } from './routers.ts';
import { verdictOn, type Holding } from './verdict.ts';

const USAGE = `Usage: scripts/soak [--minutes N]

Runs a server, a client that measures it with 100 sessions in every mode, and a router whose workers are ended now and then,
for N minutes (1), while logins, batches, commits, imports, clears and screens come and go. Prints a line a minute (or a fifth
of the time): of each router resident memory, open files, threads, and how late its main thread was (p99); then what was
measured, how often each thing was done, and the errors so far. In the end slopes, losses and a verdict.
Exit status: 0 when nothing grew, was lost or failed, 1 when it could not be run, 2 for bad usage, 3 otherwise.
`;

const MODES = [
  'auth-mode none',
  'auth-mode authenticated user ada',
  'auth-mode encrypted user ada',
  'auth-mode mixed user ada',
  'light',
] as const;
const PROGRAMS_PER_MODE = 2;
const SESSIONS_PER_PROGRAM = 10;
const PACKETS_PER_SECOND = 10;

/** Of one measurement; the time between two lines is a few of them. */
const MEASUREMENT_SECONDS_MAX = 20;

/** What comes later is lost; on a busy machine a late reply is late, not lost. */
const TIMEOUT_SECONDS = 10;

const KEY = 'key-id ada secret "a long passphrase"';
const SERVER = 'set services rpm twamp server';

function serverLines(port: number, lightPort: number, sshPort: number, sshKey: string): readonly string[] {
  return [
    `${SERVER} port ${port}`,
    `${SERVER} client-list own address 127.0.0.0/8`,
    `${SERVER} authentication-mode [ none authenticated encrypted mixed ]`,
    `${SERVER} authentication-key-chain lab ${KEY}`,
    `${SERVER} light port ${lightPort}`,
    `${SERVER} maximum-sessions 1024`,
    'set services session-source type records',
    `set system services ssh port ${sshPort}`,
    'set system services ssh listen-address 127.0.0.1',
    'set system services ssh rate-limit 250',
    'set system login user soak class super-user',
    `set system login user soak authentication ssh-ed25519 "${sshKey}"`,
  ];
}

interface Running {
  readonly scene: Scene;
  readonly client: WatchedRouter;
  readonly lightPort: number;
}

async function startAll(workshop: Workshop, complain: (text: string) => void): Promise<Running> {
  const key = ssh2.utils.generateKeyPairSync('ed25519', { comment: 'soak' });
  const [serverPort, lightPort, sshPort, victimPort] = [
    await freePort(),
    await freePort(),
    await freePort(),
    await freePort(),
  ];
  const start = (name: string, lines: readonly string[]): Promise<WatchedRouter> =>
    WatchedRouter.start(workshop, name, lines, complain);
  const server = await start('server', serverLines(serverPort, lightPort, sshPort, key.public));
  const client = await start('client', [`set services rpm twamp client authentication-key-chain lab ${KEY}`]);
  const connection = 'set services rpm twamp client control-connection c1';
  const victim = await start('victim', [
    `${SERVER} port ${victimPort}`,
    `${SERVER} client-list own address 127.0.0.0/8`,
    `${connection} target-address 127.0.0.1`,
    `${connection} destination-port ${victimPort}`,
    `${connection} test-session t1 probe-count 5`,
  ]);
  return {
    scene: { workshop, server, victim, serverPort, victimPort, sshPort, sshKey: key.private },
    client,
    lightPort,
  };
}

/** Does it again and again until `signal` is aborted. */
async function keepDoing(
  { name, everyMillis, act, excused = () => false }: Activity,
  counts: Map<string, number>,
  complain: (text: string) => void,
  signal: AbortSignal,
): Promise<void> {
  counts.set(name, 0);
  for (let round = 0; !signal.aborted; round += 1) {
    const begin = performance.now();
    try {
      await act(round);
      counts.set(name, counts.get(name)! + 1);
    } catch (error) {
      if (!excused(begin)) complain(`${name}: ${(error as Error).message}`);
    }
    const rest = everyMillis - (performance.now() - begin);
    await sleep(Math.max(0, rest), undefined, { signal }).catch(() => undefined);
  }
}

async function soak(workshop: Workshop, minutes: number): Promise<number> {
  let errors = 0;
  const complain = (text: string): void => {
    errors += 1;
    print(`${timeOfDay()} error: ${text}`);
  };
  const { scene, client, lightPort } = await startAll(workshop, complain);
  const routers = [scene.server, client, scene.victim];
  const holdings: Record<string, Holding[]> = Object.fromEntries(routers.map(({ name }) => [name, []]));
  const [total, counts] = [nothingMeasured(), new Map<string, number>()];
  let sinceLine = nothingMeasured();
  const stop = new AbortController();
  const lineSeconds = Math.min(60, minutes * 12);
  const count = Math.ceil(Math.min(MEASUREMENT_SECONDS_MAX, lineSeconds) * PACKETS_PER_SECOND);
  const measuring = MODES.flatMap((mode) =>
    Array.from({ length: PROGRAMS_PER_MODE }, () => {
      const port = mode === 'light' ? lightPort : scene.serverPort;
      const how = mode === 'light' ? `light port ${port}` : `port ${port} ${mode}`;
      const pace = `count ${count} interval ${1000 / PACKETS_PER_SECOND}ms session-count ${SESSIONS_PER_PROGRAM} timeout ${TIMEOUT_SECONDS}s`;
      return measureOn({
        workshop,
        state: client.state,
        words: `127.0.0.1 ${how} ${pace}`,
        hear: (measured) => {
          add(sinceLine, measured);
          add(total, measured);
        },
        complain,
        signal: stop.signal,
      });
    }),
  );
  const doing = activities(scene).map((activity) => keepDoing(activity, counts, complain, stop.signal));
  const begin = performance.now();
  for (let line = 1; (line - 1) * lineSeconds < minutes * 60; line += 1) {
    await sleep(Math.max(0, line * lineSeconds * 1000 - (performance.now() - begin)));
    const texts: string[] = [];
    for (const router of routers) {
      const holding = router.holding((performance.now() - begin) / 1000);
      holdings[router.name]!.push(holding);
      const { p99Millis } = await router.loopDelay();
      const { residentOctets, files, threads } = holding;
      const mebibytes = (residentOctets / 2 ** 20).toFixed(0);
      texts.push(
        `${router.name} ${mebibytes} MiB ${files} fds ${threads} threads ${p99Millis.toFixed(1)} ms`,
      );
    }
    const done = [...counts].map(([name, times]) => `${times} ${name}`).join(' ');
    print(
      `${timeOfDay()} ${texts.join(' | ')} | ${textOf(sinceLine)} | ${done} | ${errors} errors, load ${loadavg()[0]!.toFixed(1)}`,
    );
    sinceLine = nothingMeasured();
  }
  stop.abort();
  await Promise.all([...measuring, ...doing]);
  const left = await leftAt(workshop, scene.server);
  for (const router of routers) await router.stop();
  const verdict = verdictOn({ routers: holdings, ...total, errors, left });
  for (const line of verdict.lines) print(line);
  return verdict.good ? 0 : 3;
}

/** Reflectors of stopped sessions stay for the Timeout of their request. */
const LEAVING_MILLIS_MAX = 60_000;

/** What is still there when everybody has left, beside who asks. */
async function leftAt(workshop: Workshop, { state }: WatchedRouter): Promise<number> {
  const latest = Date.now() + LEAVING_MILLIS_MAX;
  for (;;) {
    const sessions = await runRouter(workshop, state, ['show services twamp sessions | display json']);
    const users = await runRouter(workshop, state, ['show system users | display json']);
    const rows = (JSON.parse(sessions) as { sessions: readonly unknown[] }).sessions.length;
    const left = rows + (JSON.parse(users) as { users: readonly unknown[] }).users.length - 1;
    if (left === 0 || Date.now() > latest) return left;
    await sleep(500);
  }
}

const timeOfDay = (): string => new Date().toISOString().slice(11, 19);

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

/** Undefined: the words mean nothing. */
function readMinutes(): number | undefined {
  try {
    const { values } = parseArgs({ options: { minutes: { type: 'string', default: '1' } } });
    const minutes = Number(values.minutes);
    return minutes > 0 ? minutes : undefined;
  } catch {
    return undefined;
  }
}

async function main(): Promise<number> {
  const minutes = readMinutes();
  if (minutes === undefined) {
    process.stderr.write(USAGE);
    return 2;
  }
  const workshop = new Workshop();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.once(signal, () => void workshop.close().finally(() => process.exit(1)));
  try {
    return await soak(workshop, minutes);
  } catch (error) {
    process.stderr.write(`soak: ${(error as Error).message}\n`);
    return 1;
  } finally {
    await workshop.close();
  }
}

process.exitCode = await main();

/** The fleet suite: simulated routers, each with a publisher as a router has it, and one PostgreSQL. */
import { randomInt } from 'node:crypto';
import { constants, setPriority } from 'node:os';
import { Sqlite } from '../../src/store/sqlite.ts';
import { SystemClock, systemRandom } from '../../src/clock.ts';
import { Publisher } from '../../src/fleet/publisher.ts';
import { resultRow, twampSessionRow } from '../../src/fleet/rows.ts';
import { RESULT_SPANS, SCHEMA } from '../../src/fleet/schema.ts';
import { DelaySketch } from '../../src/fleet/sketch.ts';
import { migrate } from '../../src/store/database.ts';
import { FleetOutbox, outboxTables, type OutboxRow } from '../../src/store/fleet-outbox.ts';
import type { TwampRow } from '../../src/store/twamp-sessions.ts';
import { passwordOf, Postgresql, withoutPostgresql } from '../../test/support/postgresql.ts';
import type { Workshop } from './programs.ts';
import { cpuSeconds } from './process-usage.ts';
import type { Report } from './report.ts';
import { quantile } from './statistics.ts';
import type { Pace } from './suite.ts';

const SESSIONS = 100;
const INTERVAL_SECONDS = 10;
const OUTBOX_OCTETS = 2 ** 28;

/** Share of rows that may still be under way when the time is over. */
const UNDER_WAY = 0.02;

const PRIORITY = constants.priority.PRIORITY_HIGH;

/** Connections that are made at once. */
const CONNECTING_MAX = 20;

/** Paths of which results are measured, and the probes of each in a second. */
const PATHS = 50;

/** Slots of each, all alike: a day is long to make up. */
const SLOTS = 40;
const PROBES_PER_SECOND = 1;

const scales = { quick: { routers: 100, rounds: 2 }, full: { routers: 1_000, rounds: 4 } } as const;

/** In memory; what was put is timed until it is taken. */
class TimedOutbox extends FleetOutbox {
  readonly lags: number[] = [];
  #putAt = 0;

  static open(): TimedOutbox {
    const database = new Sqlite(':memory:');
    migrate(database, [outboxTables]);
    return new TimedOutbox(database);
  }

  putNow(rows: readonly OutboxRow[], nowWallNanos: bigint): void {
    this.#putAt = performance.now();
    this.put(rows, {}, OUTBOX_OCTETS, nowWallNanos);
  }

  override forget(versions: readonly number[]): void {
    super.forget(versions);
    const lag = performance.now() - this.#putAt;
    for (let count = versions.length; count > 0; count -= 1) this.lags.push(lag);
  }
}

function sessionOf(id: number, round: number): TwampRow {
  const packets = 1_000 * (round + 1);
  return {
    type: 'data',
    role: 'client',
    vrf: 'default',
    connectionId: 1 + (id >> 4),
    sessionId: id + 1,
    localAddress: '192.0.2.1',
    localPort: 10_000 + id,
    remoteAddress: `198.51.100.${id % 250}`,
    remotePort: 20_000 + id,
    startedWallNanos: 1_795_000_000_123_456_789n,
    endedWallNanos: undefined,
    endReason: undefined,
    sid: id.toString(16).padStart(32, '0'),
    mode: 'unauthenticated',
    received: packets - 1,
    sent: packets,
    dropped: 0,
    duplicates: 0,
    reordered: 0,
    lastSequenceReceived: packets - 2,
    lastSequenceSent: packets - 1,
    details: { dropped: {}, stamps: 'kernel', kernelDrops: 0 },
  };
}

const sessionRows = (round: number): readonly OutboxRow[] =>
  Array.from({ length: SESSIONS }, (_, id) => twampSessionRow(sessionOf(id, round)));

class SimulatedRouter {
  readonly outbox = TimedOutbox.open();
  readonly publisher: Publisher;

  constructor(name: string, database: Postgresql, clock: SystemClock) {
    const settings = {
      place: { host: '127.0.0.1', port: database.port, database: 'fleet', tls: 'disable', caFile: undefined },
      router: { user: name, password: passwordOf(name) },
      node: name,
      intervalSeconds: INTERVAL_SECONDS,
      outboxOctetsMax: OUTBOX_OCTETS,
    } as const;
    const facts = { host: name, software: 'benchmark', startedWallNanos: clock.wallNanos() };
    const parts = { outbox: this.outbox, clock, random: systemRandom, facts, prepare: () => undefined };
    const patience = { connectMillis: 60_000, answerMillis: 60_000 };
    this.publisher = new Publisher(settings, { ...parts, patience });
  }

  tell(round: number, clock: SystemClock): void {
    this.outbox.putNow(sessionRows(round), clock.wallNanos());
    this.publisher.hurry();
  }
}

const pause = (millis: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, Math.max(0, millis)));

/** Gives how many rows failed. */
export async function measureFleet(workshop: Workshop, pace: Pace, report: Report): Promise<number> {
  if (withoutPostgresql !== undefined) throw new Error(withoutPostgresql);
  const { routers: count, rounds } = pace.quick ? scales.quick : scales.full;
  report.section(
    `${count} routers with ${SESSIONS} sessions each, told every ${INTERVAL_SECONDS} s to one PostgreSQL`,
  );
  const connections = `max_connections=${count + 50}`;
  const database = await Postgresql.start([connections, 'shared_buffers=256MB', 'max_wal_size=2GB']);
  workshop.defer(() => void database.close());
  try {
    const routers = await simulate(database, count);
    await addRates(routers, rounds, database, report);
    await Promise.all(routers.map(({ publisher }) => publisher.stop()));
    await addSizes(database, report);
    return 0;
  } finally {
    await database.close();
  }
}

async function simulate(database: Postgresql, count: number): Promise<readonly SimulatedRouter[]> {
  const names = Array.from({ length: count }, (_, index) => `r${index}`);
  const statements = names.map(
    (name) =>
      `CREATE ROLE ${name} LOGIN PASSWORD '${passwordOf(name)}'; SELECT ${SCHEMA}.add_node('${name}', '${name}');`,
  );
  await database.ask(statements.join('\n'));
  const clock = new SystemClock();
  const routers: SimulatedRouter[] = [];
  for (const name of names) {
    const router = new SimulatedRouter(name, database, clock);
    routers.push(router);
    const before = routers.at(-CONNECTING_MAX);
    while (before?.publisher.status.connected === false) await pause(1);
  }
  for (const { publisher } of routers) while (!publisher.status.connected) await pause(1);
  return routers;
}

/** A thousand routers are not one process among a thousand of the database's: it may not wait for them to be told. */
function goFirst(): void {
  try {
    setPriority(PRIORITY);
  } catch {
    // It takes root; without it the simulated routers are late, and rows taken are fewer.
  }
}

/** Each tells its rows at a moment of its own within the interval. */
async function addRates(
  routers: readonly SimulatedRouter[],
  rounds: number,
  database: Postgresql,
  report: Report,
): Promise<void> {
  goFirst();
  const clock = new SystemClock();
  const cpu = { server: cpuSeconds(database.pid), own: process.cpuUsage() };
  const begun = performance.now();
  for (let round = 0; round < rounds; round += 1)
    for (const [index, router] of routers.entries()) {
      const due = INTERVAL_SECONDS * (round + index / routers.length) * 1_000;
      await pause(begun + due - performance.now());
      router.tell(round, clock);
    }
  await pause(begun + rounds * INTERVAL_SECONDS * 1_000 - performance.now());
  const seconds = (performance.now() - begun) / 1_000;
  const lags = routers.flatMap(({ outbox }) => outbox.lags);
  const wanted = (routers.length * SESSIONS) / INTERVAL_SECONDS;
  const own = process.cpuUsage(cpu.own);
  report.add({
    id: `fleet/${routers.length}/rows`,
    name: 'rows taken',
    value: lags.length / seconds,
    unit: '/s',
    goal: { atLeast: wanted * (1 - UNDER_WAY) },
  });
  for (const share of [0.5, 0.99])
    report.add({
      id: `fleet/${routers.length}/lag/${share}`,
      name: `lag p${100 * share}, from the outbox to the answer`,
      value: quantile(lags, share),
      unit: 'ms',
      ...(share === 0.99 && { goal: { atMost: INTERVAL_SECONDS * 1_000 } }),
    });
  report.add({
    id: `fleet/${routers.length}/cpu`,
    name: 'CPU of PostgreSQL',
    value: (cpuSeconds(database.pid) - cpu.server) / seconds,
    unit: 'cores',
    remark: `the simulated routers: ${((own.user + own.system) / 1e6 / seconds).toFixed(2)} cores`,
  });
}

/** Of tables with their indexes. */
async function addSizes(database: Postgresql, report: Report): Promise<void> {
  const octetsOf = async (table: string): Promise<number> => {
    const [size] = await database.ask(`
      SELECT (SELECT sum(pg_total_relation_size(relid)) FROM pg_partition_tree('${SCHEMA}.${table}'))::float8
        / greatest(1, (SELECT count(*) FROM ${SCHEMA}.${table})) AS octets`);
    return size!['octets'] as number;
  };
  await database.ask(`VACUUM FULL ${SCHEMA}.twamp_sessions`);
  report.add({
    id: 'fleet/size/session',
    name: 'a session',
    value: await octetsOf('twamp_sessions'),
    unit: 'octets',
  });
  await tellResults(database);
  for (const { seconds, table } of RESULT_SPANS)
    report.add({
      id: `fleet/size/${table}`,
      name: `results of a path, of ${seconds} s`,
      value: await octetsOf(table),
      unit: 'octets',
      remark: `${PROBES_PER_SECOND} probe a second`,
    });
}

async function tellResults(database: Postgresql): Promise<void> {
  await database.addNode('results');
  const router = new SimulatedRouter('results', database, new SystemClock());
  for (let path = 0; path < PATHS; path += 1)
    for (const { seconds } of RESULT_SPANS)
      router.outbox.putNow(pathRows(path, seconds), new SystemClock().wallNanos());
  router.publisher.hurry();
  while (router.outbox.status.rows > 0) await pause(50);
  await router.publisher.stop();
}

/** Delays about a mean of the path, most of them near it, some far above. */
function pathRows(path: number, span: number): readonly OutboxRow[] {
  const [roundTrip, egress, ingress] = [new DelaySketch(), new DelaySketch(), new DelaySketch()];
  const meanNanos = 1e6 * (1 + (path % 50));
  for (let probe = 0; probe < span * PROBES_PER_SECOND; probe += 1) {
    const delay = meanNanos * (1 - Math.log(1 - randomInt(2 ** 32) / 2 ** 32) / 10);
    roundTrip.add(delay);
    egress.add(delay / 2 + 1e5);
    ingress.add(delay / 2 - 1e5);
  }
  const sketches = { roundTrip: roundTrip.write(), egress: egress.write(), ingress: ingress.write() };
  const sent = span * PROBES_PER_SECOND;
  const place = { connection: `connection-${path >> 4}`, session: `session-${path}`, target: '198.51.100.1' };
  const slotNanos = BigInt(span) * 1_000_000_000n;
  return Array.from({ length: SLOTS }, (_, slot) => {
    const columns = {
      ...place,
      ...sketches,
      span,
      slotWallNanos: slotNanos * BigInt(20_000 + slot),
      sent,
      lost: 0,
    };
    return resultRow(columns, 0n);
  });
}

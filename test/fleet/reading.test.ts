/** What a reader sees of a fleet: the same as every router shows of itself, whatever happens to the database meanwhile. */
import { existsSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { resultOf } from '../../src/fleet/rows.ts';
import { RESULT_SPANS } from '../../src/fleet/schema.ts';
import { Sqlite } from '../../src/store/sqlite.ts';
import {
  configure,
  data,
  eventually,
  fleetStatements,
  sessionRow,
  ShiftedClock,
  startFleetRouter,
  typed,
  type FleetRouter,
} from '../support/fleet-router.ts';
import { Postgresql, withoutPostgresql } from '../support/postgresql.ts';
import { schemaErrors } from '../support/schema.ts';
import { mixedRecords } from '../support/service-records.ts';
import { importRecords } from '../support/service-router.ts';

if (withoutPostgresql !== undefined) console.warn(`skipped: ${withoutPostgresql}`);

type Row = Readonly<Record<string, unknown>>;
interface Sessions {
  readonly sessions: readonly Row[];
  readonly 'total-sessions': number;
}

/** In each of which something happens at every router. */
const ROUNDS = 11;

/** How long a live session has been up is read at another time. */
const lasting = (row: Row): Row => without('uptime-seconds', row);

function without(name: string, row: Row): Row {
  return Object.fromEntries(Object.entries(row).filter(([each]) => each !== name));
}

const isBehind = async ({ router }: FleetRouter): Promise<boolean> => {
  const status = await router.fleet.status();
  return status?.desk?.publisher.connected !== true || status.desk.outbox.rows > 0;
};

describe.skipIf(withoutPostgresql !== undefined)('with a database', () => {
  let database: Postgresql;

  beforeAll(async () => {
    // What was taken is to be there after a crash.
    database = await Postgresql.start([]);
    await database.addReader('noc');
  });

  afterAll(() => database.close());

  const start = async (name: string, clock = new ShiftedClock()): Promise<FleetRouter> => {
    await database.addNode(name);
    return startFleetRouter(name, { clock });
  };

  /** Of every router, as it shows it itself. */
  async function union(routers: readonly FleetRouter[], words: string): Promise<readonly Row[]> {
    const all = await Promise.all(
      routers.map(async (router) => {
        const { sessions } = await data<Sessions>(router, `show services twamp sessions${words}`);
        return sessions.map((session) => ({ node: router.name, ...lasting(session) }));
      }),
    );
    return all.flat();
  }

  test('twenty routers, the database killed twice: the union of what each shows, every row once', async () => {
    const names = Array.from({ length: 20 }, (_, index) => `r${String(index).padStart(2, '0')}`);
    const routers: FleetRouter[] = [];
    for (const name of names) routers.push(await start(name));
    const [first] = routers as [FleetRouter];
    for (const router of routers)
      await configure(
        router,
        ...fleetStatements(database, router.name, router === first ? 'noc' : undefined),
      );
    let sessionId = 0;
    let now = 1_795_000_100_000_000_000n;
    const happen = (): void => {
      sessionId += 1;
      for (const { state } of routers) {
        now += 1_000_001n;
        state.sessions.insert(sessionRow(sessionId, { vrf: sessionId % 3 === 0 ? 'blue' : 'default' }));
        if (sessionId > 4)
          state.sessions.end(sessionRow(sessionId - 4, { received: sessionId }), now, 'stopped');
        state.sessions.checkpoint([sessionRow(sessionId, { received: 10 * sessionId })]);
        const entry = {
          kind: 'command',
          user: 'ada',
          way: 'ssh',
          address: undefined,
          result: 'done',
        } as const;
        const times = { firstWallNanos: now, lastWallNanos: now, count: 1 };
        state.audit.write([{ ...entry, ...times, id: undefined, text: `line ${sessionId}` }]);
      }
    };
    for (let round = 0; round < ROUNDS; round += 1) {
      happen();
      if (round === 2 || round === 7) await database.kill();
      if (round === 5 || round === 9) await database.run();
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    for (const router of routers)
      await eventually(
        () => isBehind(router),
        (behind) => !behind,
      );
    for (const words of ['', ' history', ' vrf blue session-id 3 history']) {
      const local = await eventually(
        async () =>
          [
            await data<Partial<Sessions>>(first, `show fleet twamp sessions${words}`),
            await union(routers, words),
          ] as const,
        // A busy machine may give no answer in time.
        ([{ sessions = [] }, expected]) => JSON.stringify(sessions.map(lasting)) === JSON.stringify(expected),
      );
      expect(local[0].sessions).toHaveLength(local[1].length);
    }
    const count = async (table: string): Promise<unknown> =>
      (
        await database.ask(`SELECT count(*)::int AS rows, count(DISTINCT (node, ${table === 'audit' ? 'id' : 'session_id'}))::int AS different
         FROM dnrouter.${table} WHERE node LIKE 'r__'${table === 'audit' ? " AND text LIKE 'line %'" : ''}`)
      )[0];
    expect(await count('twamp_sessions')).toEqual({ rows: 20 * ROUNDS, different: 20 * ROUNDS });
    expect(await count('audit')).toEqual({ rows: 20 * ROUNDS, different: 20 * ROUNDS });
    const one = await typed(first, 'show fleet twamp sessions node r07');
    expect(one).toContain('| Node |');
    expect(one).toContain('Total displayed sessions: 4');
    expect(one).not.toContain('r08');
    const json = await typed(first, 'show fleet twamp sessions detail | display json');
    expect(schemaErrors('show-fleet-twamp-sessions', json)).toBeUndefined();
    await database.addNode('unborn');
    const nodes = await typed(first, 'show fleet nodes | display json');
    expect(schemaErrors('show-fleet-nodes', nodes)).toBeUndefined();
    const states = (JSON.parse(nodes) as { 'fleet-nodes': { node: string; state: string }[] })['fleet-nodes'];
    expect(states.map(({ node, state }) => [node, state])).toEqual([
      ...names.map((name) => [name, 'publishing']),
      ['unborn', 'never-seen'],
    ]);
    // Who has no role for it asks in vain.
    expect(await typed(routers[1]!, 'show fleet nodes')).toContain(
      'This router has no role to read the fleet with',
    );
    for (const { reported } of routers) expect(reported).toEqual([]);
  }, 120_000);

  test('how many service sessions there are, as each router counts them', async () => {
    const routers = [await start('s1'), await start('s2')] as const;
    const [one, other] = routers;
    await importRecords(one as never, mixedRecords);
    await configure(one, ...fleetStatements(database, 's1', 'noc'));
    await configure(other, ...fleetStatements(database, 's2'));
    interface Counts {
      readonly 'service-msp-sess-count': readonly Row[];
    }
    const local = (await data<Counts>(one, 'show services sessions count'))['service-msp-sess-count'];
    expect(local.length).toBeGreaterThan(0);
    const line = 'show fleet services sessions count';
    const shown = await eventually(
      () => data<Counts>(one, line),
      (now) => now['service-msp-sess-count'].length > 0,
    );
    expect(shown['service-msp-sess-count'].map((row) => without('counted', row))).toEqual(
      local.map((row) => ({ node: 's1', ...row })),
    );
    expect(schemaErrors('show-fleet-services-sessions-count', JSON.stringify(shown))).toBeUndefined();
    expect(await typed(one, `${line} node s2`)).toContain('Total sessions: 0');
  });

  test('what was committed and done on all routers, and whose names are offered', async () => {
    const routers = [await start('c1'), await start('c2')] as const;
    const [one, other] = routers;
    await configure(one, ...fleetStatements(database, 'c1', 'noc'));
    await configure(other, ...fleetStatements(database, 'c2'));
    await configure(other, 'set services rpm twamp server');
    const entry = { way: 'ssh', address: '192.0.2.9', result: 'done', id: undefined, count: 1 } as const;
    for (const [index, router] of routers.entries()) {
      const wallNanos = 1_795_000_000_000_000_000n + BigInt(index) * 1_000_000_000n;
      const times = { firstWallNanos: wallNanos, lastWallNanos: wallNanos };
      router.state.audit.write([
        { ...entry, ...times, kind: 'command', user: 'eve', text: `show ${router.name}` },
        { ...entry, ...times, kind: 'login', user: 'eve', text: 'password' },
      ]);
    }
    interface Commits {
      readonly 'commit-history': readonly Row[];
    }
    interface Entries {
      readonly audit: readonly Row[];
    }
    const audit = (words: string) => data<Entries>(one, `show fleet audit user eve ${words}`);
    await eventually(
      () => audit(''),
      (now) => now.audit.length === 4,
    );
    const texts = async (words: string) => (await audit(words)).audit.map(({ text }) => text);
    expect(await texts('kind command')).toEqual(['show c1', 'show c2']);
    expect(await texts('kind command limit 1')).toEqual(['show c2']);
    expect(await texts('node c1')).toEqual(['show c1', 'password']);
    const at = (seconds: number) =>
      new Date(1_795_000_000_000 + seconds * 1000).toISOString().slice(0, 19).replace('T', '.');
    expect(await texts(`since ${at(1)} kind login`)).toEqual(['password']);
    expect(await texts(`since ${at(2)}`)).toEqual([]);
    expect(await typed(one, 'show fleet audit user eve node c2')).toMatch(
      /\| c2 +\| command \| eve +\| ssh \| 192\.0\.2\.9 \| done +\| 1 +\| show c2 +\|/,
    );
    const commits = async (words: string) =>
      (await data<Commits>(one, `show fleet commits ${words}`))['commit-history'].map((row) => [
        row['node'],
        row['revision-number'],
        row['user'],
      ]);
    await eventually(
      () => commits('node c2'),
      (now) => now.length === 2,
    );
    expect(await commits('node c2')).toEqual([
      ['c2', 2, 'lab'],
      ['c2', 1, 'lab'],
    ]);
    expect(await commits('node c2 limit 1')).toEqual([['c2', 2, 'lab']]);
    expect(await commits(`node c2 since 2100-01-01.00:00:00`)).toEqual([]);
    expect((await commits('')).slice(0, 3).map(([node]) => node)).toEqual(['c2', 'c2', 'c1']);
    for (const [schema, line] of [
      ['show-fleet-commits', 'show fleet commits'],
      ['show-fleet-audit', 'show fleet audit'],
    ] as const)
      expect(schemaErrors(schema, await typed(one, `${line} | display json`)), line).toBeUndefined();
    // Who asks does not wait for the database; who asks again knows.
    await eventually(
      () => Promise.resolve(one.shell.help('show fleet commits node ')),
      (help) => /^ +c1\n +c2\n/m.test(help),
    );
    expect(other.shell.help('show fleet commits node ')).not.toContain('c1');
  });

  test('whoever gives up does not wait for a database that is slow', async () => {
    const router = await start('g1');
    await configure(router, ...fleetStatements(database, 'g1', 'noc'));
    await eventually(
      () => typed(router, 'show fleet nodes'),
      (shown) => shown.includes('| g1 '),
    );
    const busy = await database.connect('postgres');
    try {
      await busy.query('BEGIN; LOCK TABLE dnrouter.nodes, dnrouter.twamp_sessions');
      for (const line of ['show fleet nodes', 'show fleet twamp sessions']) {
        const giving = new AbortController();
        const shown = router.shell.execute(line, {
          sink: { write: () => undefined },
          nextSignal: () => giving.signal,
        });
        giving.abort();
        expect(await shown, line).toEqual({
          status: 'failed',
          text: 'ERROR: Interrupted, the database has not answered.',
        });
      }
    } finally {
      await busy.end();
    }
  });

  test('delays by path and hour, and by day where the hours are gone', async () => {
    const clock = new ShiftedClock();
    const router = await start('m1', clock);
    await configure(
      router,
      ...fleetStatements(database, 'm1', 'noc'),
      'set services rpm twamp client control-connection c1 target-address 192.0.2.9',
    );
    const store = router.router.fleet.tapped(router.state.rpm);
    // From midnight on, whatever the time of the test is.
    const hour = 3_600_000_000_000n;
    const day = 24n * hour;
    clock.aheadNanos = day - (clock.wallNanos() % day);
    const probes = (from: number, count: number) =>
      Array.from({ length: count }, (_, index) => ({
        connection: 'c1',
        session: 't1',
        sentWallNanos: 1n,
        decidedWallNanos: 2n,
        roundTripNanos: index % 10 === 9 ? undefined : (from + index) * 1e6,
        egressNanos: index % 10 === 9 ? undefined : -(from + index) * 1e5,
        ingressNanos: index % 10 === 9 ? undefined : (from + index) * 1e5,
      }));
    const settledAt = (publishing: number) =>
      eventually(
        () => database.ask(`SELECT span FROM dnrouter.results WHERE node = 'm1'`),
        (rows) => rows.length === publishing,
      );
    const gathered = (): number => {
      if (!existsSync(router.state.fleetFile)) return 0;
      const outbox = new Sqlite(router.state.fleetFile, { readonly: true });
      const open = outbox
        .prepare(`SELECT content FROM outbox WHERE kind = 'result' AND due_wall_nanos > ?`)
        .pluck()
        .all(clock.wallNanos()) as readonly string[];
      outbox.close();
      return open.map(resultOf).find(({ span }) => span === RESULT_SPANS[0].seconds)?.sent ?? 0;
    };
    /** All of a hundred samples are of the five minutes that run. */
    const collected = () =>
      eventually(
        () => Promise.resolve(gathered()),
        (sent) => sent === 100,
      );
    store.addProbes(probes(1, 100), 0);
    await collected();
    clock.aheadNanos += 301_000_000_000n;
    await settledAt(1);
    store.addProbes(probes(101, 100), 0);
    await collected();
    clock.aheadNanos += 301_000_000_000n;
    await settledAt(2);
    interface Results {
      readonly results: readonly (Row & {
        readonly 'round-trip': Readonly<Record<string, number>>;
        readonly egress: Readonly<Record<string, number>>;
      })[];
    }
    const line = 'show fleet twamp results node m1';
    const expected = {
      node: 'm1',
      'control-connection': 'c1',
      'test-session': 't1',
      'target-address': '192.0.2.9',
      sent: 200,
      lost: 20,
    };
    const look = async (spanSeconds: number): Promise<void> => {
      const json = await typed(router, `${line} | display json`);
      expect(schemaErrors('show-fleet-twamp-results', json)).toBeUndefined();
      const { results } = JSON.parse(json) as Results;
      expect(results).toHaveLength(1);
      expect(results[0]).toMatchObject({ ...expected, 'span-seconds': spanSeconds });
      const { 'round-trip': trip, egress } = results[0]!;
      expect(trip['min']).toBe(1);
      expect(trip['max']).toBe(199);
      expect(Math.abs(trip['p50']! / 100 - 1)).toBeLessThan(0.03);
      expect(Math.abs(trip['p99']! / 197 - 1)).toBeLessThan(0.03);
      expect(egress['min']).toBe(-19.9);
    };
    await look(3_600);
    clock.aheadNanos += hour;
    await settledAt(3);
    await look(3_600);
    expect(await typed(router, line)).toMatch(
      /\| m1 +\| c1 +\| t1 +\| 192\.0\.2\.9 \|.*\| 1 h +\| 200 +\| 10\.00% \|/,
    );
    clock.aheadNanos += day;
    await settledAt(4);
    await database.ask(`DELETE FROM dnrouter.results WHERE span < 86400`);
    const twoDaysAgo = new Date(Number(clock.wallNanos() / 1_000_000n) - 48 * 3_600_000);
    const since = twoDaysAgo.toISOString().slice(0, 19).replace('T', '.');
    const days = await data<Results>(router, `${line} since ${since}`);
    expect(days.results).toMatchObject([{ ...expected, 'span-seconds': 86_400 }]);
    expect(await data<Results>(router, `${line} control-connection c2`)).toEqual({ results: [] });
  });
});

/** What a database may suffer: one line in `show fleet status`, the router works on, and everything is told afterwards, once. */
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type pg from 'pg';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { schemaScript } from '../../src/fleet/schema.ts';
import type { StoredSession } from '../../src/store/stored-session.ts';
import {
  configure,
  eventually,
  fleetStatements,
  sessionRow,
  startFleetRouter,
  typed,
  type FleetRouter,
} from '../support/fleet-router.ts';
import { passwordOf, Postgresql, withoutPostgresql } from '../support/postgresql.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

if (withoutPostgresql !== undefined) console.warn(`skipped: ${withoutPostgresql}`);

const CONNECTIONS_MAX = 12;

/** A disk of so many octets, for the running test; undefined where none can be mounted. */
function smallDisk(octets: number): string | undefined {
  const directory = mkdtempSync(join(tmpdir(), 'dnrouter-disk-'));
  chmodSync(directory, 0o755);
  try {
    execFileSync(
      'mount',
      ['-t', 'tmpfs', '-o', `size=${octets},uid=65534,gid=65534,mode=700`, 'none', directory],
      {
        stdio: 'pipe',
      },
    );
  } catch {
    rmdirSync(directory);
    return undefined;
  }
  onTestFinished(() => {
    execFileSync('umount', ['-l', directory]);
    rmdirSync(directory);
  });
  return directory;
}

describe.skipIf(withoutPostgresql !== undefined)('with a database', () => {
  let database: Postgresql;
  let nodes = 0;

  beforeAll(async () => {
    database = await Postgresql.start(['fsync=off', `max_connections=${CONNECTIONS_MAX}`]);
  });

  afterAll(() => database.close());

  const started = async (place = 'fleet'): Promise<FleetRouter> => {
    nodes += 1;
    const name = `n${nodes}`;
    await database.addNode(name);
    if (place !== 'fleet') await database.ask(`SELECT dnrouter.add_node('${name}', '${name}')`, place);
    const router = await startFleetRouter(name);
    const url = database.url(name).replace('/fleet', `/${place}`);
    await configure(router, ...fleetStatements(database, name), `set system fleet postgresql url ${url}`);
    return router;
  };

  const status = (router: FleetRouter): Promise<string> => typed(router, 'show fleet status');

  const settled = (router: FleetRouter): Promise<string> =>
    eventually(
      () => status(router),
      (shown) => shown.includes('State: connected') && shown.includes('Rows waiting: 0,'),
    );

  const says = (router: FleetRouter, problem: string): Promise<string> =>
    eventually(
      () => status(router),
      (shown) => shown.includes(`Problem: ${problem}`),
    );

  let sessions = 0;

  /** Something to tell. */
  function happen({ state }: FleetRouter, count: number): void {
    for (let number = 0; number < count; number += 1) {
      sessions += 1;
      state.sessions.insert(sessionRow(sessions));
    }
  }

  /** Its rows are there, each once, and the router has nothing to complain of. */
  async function toldOnce(router: FleetRouter, count: number, place = 'fleet'): Promise<void> {
    await settled(router);
    const rows = `SELECT count(*)::int AS rows, count(DISTINCT session_id)::int AS different
      FROM dnrouter.twamp_sessions WHERE node = '${router.name}'`;
    expect(await database.ask(rows, place)).toEqual([{ rows: count, different: count }]);
    const commits = `SELECT number::int FROM dnrouter.commits WHERE node = '${router.name}' ORDER BY number`;
    const archived = router.state.revisions.list().map(({ number }) => ({ number }));
    expect(await database.ask(commits, place)).toEqual(archived.toReversed());
    expect(await status(router)).toContain('Rows refused: 0');
    expect(router.reported).toEqual([]);
  }

  /** While the database has that problem, the router commits and counts as ever, and says one thing. */
  async function worksOn(router: FleetRouter, problem: string, count: number): Promise<void> {
    happen(router, count);
    await says(router, problem);
    await configure(router, 'set system services ssh port 2022', 'delete system services ssh');
    await configure(router, `set services rpm twamp server maximum-sessions ${10 + count}`);
    const shown = await status(router);
    expect(shown.match(/Problem:/g)).toHaveLength(1);
    expect(shown).toMatch(/State: disconnected/);
    expect(shown).toContain('Samples dropped: 0');
  }

  test('read-only, as a standby is', async () => {
    const router = await started();
    happen(router, 2);
    await settled(router);
    const owner = await database.connect('postgres');
    onTestFinished(() => owner.end());
    await owner.query('SET default_transaction_read_only = off');
    const turn = async (value: 'on' | 'off'): Promise<void> => {
      await owner.query(`ALTER SYSTEM SET default_transaction_read_only = ${value}`);
      await owner.query('SELECT pg_reload_conf()');
    };
    await turn('on');
    try {
      await worksOn(router, 'The database takes no changes now (it is a standby, or read-only).', 3);
    } finally {
      await turn('off');
    }
    await toldOnce(router, 5);
  });

  test('no more connections', async () => {
    const router = await started();
    happen(router, 1);
    await settled(router);
    // Whoever has none waits for one: those of the owner are kept for it.
    await database.ask(
      `CREATE ROLE crowd LOGIN PASSWORD '${passwordOf('crowd')}'; GRANT CONNECT ON DATABASE fleet TO crowd`,
    );
    const crowd: pg.Client[] = [];
    onTestFinished(() => Promise.all(crowd.map((client) => client.end())).then(() => undefined));
    await database.ask(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = '${router.name}'`,
    );
    for (;;) {
      const client = await database.connect('crowd', passwordOf('crowd')).catch((error: unknown) => error);
      if (client instanceof Error) {
        expect(client.message).toContain('connection slots');
        const others = await database.ask(`SELECT FROM pg_stat_activity WHERE usename = '${router.name}'`);
        if (others.length === 0) break;
        await database.ask(
          `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = '${router.name}'`,
        );
      } else crowd.push(client as pg.Client);
    }
    await worksOn(router, 'The database takes no more connections.', 2);
    await Promise.all(crowd.splice(0).map((client) => client.end()));
    await toldOnce(router, 3);
  });

  test('its disk full', { timeout: 180_000 }, async (context) => {
    const disk = smallDisk(24 * 2 ** 20);
    context.skip(disk === undefined, 'no disk can be mounted (run as root)');
    await database.ask(`CREATE TABLESPACE small LOCATION '${disk!}'`);
    await database.ask('CREATE DATABASE crammed TABLESPACE small');
    onTestFinished(async () => {
      await database.ask('DROP DATABASE crammed WITH (FORCE)', 'postgres');
      await database.ask('DROP TABLESPACE small', 'postgres');
    });
    await database.ask(schemaScript(), 'crammed');
    const router = await started('crammed');
    happen(router, 1);
    await settled(router);
    await database.ask('CREATE TABLE public.rubbish (text text)', 'crammed');
    const cram = `INSERT INTO public.rubbish SELECT repeat('x', 1000) FROM generate_series(1, 100)`;
    for (;;) {
      const error = await database.ask(cram, 'crammed').catch((reason: unknown) => reason);
      if (error instanceof Error) {
        expect(error.message).toContain('No space left on device');
        break;
      }
    }
    await worksOn(router, "The database's disk is full.", 2_000);
    await database.ask('DROP TABLE public.rubbish', 'crammed');
    await toldOnce(router, 2_001, 'crammed');
  });

  test('killed, and the router started anew: service sessions that ended are there once, as they were', async () => {
    const name = 'ender';
    await database.addNode(name);
    const directory = temporaryDirectory();
    const first = await startFleetRouter(name, { directory });
    await configure(first, ...fleetStatements(database, name));
    first.state.services.insert([ended(1), ended(2)], undefined);
    const told = (): Promise<readonly Record<string, unknown>[]> =>
      database.ask(
        `SELECT session_id::int AS id, interface, flows FROM dnrouter.ended_sessions ORDER BY session_id`,
      );
    await eventually(told, (rows) => rows.length === 2);
    await database.kill();
    first.state.services.insert([ended(3)], undefined);
    await says(first, 'The database cannot be reached');
    await first.close();
    const again = await startFleetRouter(name, { directory });
    again.state.services.insert([ended(4)], undefined);
    await database.run();
    await eventually(told, (rows) => rows.length === 4);
    await settled(again);
    const rows = await told();
    expect(rows.map(({ id }) => id)).toEqual([1, 2, 3, 4]);
    expect(rows[3]).toMatchObject({
      interface: 'ms-1/0/0',
      flows: [{ source: '10.0.0.4', destination: '192.0.2.1', sourcePort: 4, frames: 4 }],
    });
  });
});

/** One that conntrack has told of. */
function ended(id: number): StoredSession {
  return {
    aggregate: '',
    interface: 'ms-1/0/0',
    serviceSet: 'customers',
    id,
    flags: 0,
    alg: 'none',
    application: undefined,
    ipAction: false,
    offload: false,
    asymmetric: undefined,
    nat: undefined,
    startedWallNanos: 1_795_000_000_000_000_000n,
    endedWallNanos: 1_795_000_001_000_000_000n + BigInt(id),
    flows: [
      {
        protocol: 6,
        source: 0x0a_00_00_00 + id,
        sourcePort: id,
        destination: 0xc0_00_02_01,
        destinationPort: 80,
        state: 'Forward',
        direction: 'I',
        role: 'initiator',
        frames: id,
        octets: 100,
        timeoutSeconds: undefined,
      },
    ],
  };
}

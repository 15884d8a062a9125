/** What a router publishes to a real PostgreSQL, what it says of outages, and what its role may do there. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { BATCH_ROWS } from '../../src/fleet/publisher.ts';
import { fleetMigrations, schemaScript } from '../../src/fleet/schema.ts';
import {
  IMPATIENT,
  configure,
  eventually,
  fleetStatements,
  sessionRow,
  startFleetRouter,
  typed,
  data,
  type FleetRouter,
} from '../support/fleet-router.ts';
import { passwordOf, Postgresql, withoutPostgresql } from '../support/postgresql.ts';
import { schemaErrors } from '../support/schema.ts';

if (withoutPostgresql !== undefined) console.warn(`skipped: ${withoutPostgresql}`);

interface Status {
  readonly 'fleet-status': {
    readonly state: string;
    readonly problems: readonly { readonly text: string }[];
    readonly 'rows-waiting': number;
    readonly 'rows-published': number;
    readonly 'rows-refused': number;
    readonly 'samples-dropped': number;
  };
}

const status = async (router: FleetRouter): Promise<Status['fleet-status']> =>
  (await data<Status>(router, 'show fleet status'))['fleet-status'];

/** Whatever is there to tell was told. */
const settled = (router: FleetRouter) =>
  eventually(
    () => status(router),
    (now) => now.state === 'connected' && now['rows-waiting'] === 0 && now['rows-published'] > 0,
  );

const problem = (router: FleetRouter, text: string | RegExp) =>
  eventually(
    () => typed(router, 'show fleet status'),
    (shown) => (typeof text === 'string' ? shown.includes(text) : text.test(shown)),
  );

describe.skipIf(withoutPostgresql !== undefined)('with a database', () => {
  let database: Postgresql;
  let nodes = 0;

  beforeAll(async () => {
    database = await Postgresql.start();
  });

  afterAll(() => database.close());

  const newNode = async (): Promise<string> => {
    nodes += 1;
    const name = `n${nodes}`;
    await database.addNode(name);
    return name;
  };

  const started = async (): Promise<FleetRouter> => {
    const router = await startFleetRouter(await newNode(), { patience: IMPATIENT });
    await configure(router, ...fleetStatements(database, router.name));
    return router;
  };

  const rowsOf = (table: string, { name }: FleetRouter) =>
    database.ask(`SELECT * FROM dnrouter.${table} WHERE node = '${name}'`);

  test('sessions, commits and the record are there, once, and as they are', async () => {
    const router = await started();
    const { sessions, audit } = router.state;
    sessions.insert(
      sessionRow(0, { type: 'control', sessionId: undefined, sid: undefined, details: undefined }),
    );
    for (let id = 1; id <= 3; id += 1) sessions.insert(sessionRow(id));
    sessions.end(sessionRow(3, { received: 31 }), 1_795_000_001_000_000_001n, 'stopped');
    const entry = { kind: 'command', user: 'ada', way: 'ssh', address: undefined, result: 'done' } as const;
    const times = { firstWallNanos: 1n, lastWallNanos: 2n, count: 1 };
    audit.write([{ ...entry, ...times, id: undefined, text: 'show \0 "quoted" \\u0000' }]);
    await eventually(
      () => rowsOf('twamp_sessions', router),
      (rows) => rows.length === 4,
    );
    await settled(router);
    const rows = await rowsOf('twamp_sessions', router);
    expect(
      rows.map(({ session_id: id, received, ended_wall_nanos: ended }) => [id, received, ended]).toSorted(),
    ).toEqual([
      ['0', '0', null],
      ['1', '10', null],
      ['2', '20', null],
      ['3', '31', '1795000001000000001'],
    ]);
    expect(await rowsOf('commits', router)).toMatchObject([{ number: '1', user_name: 'lab', via: 'cli' }]);
    const [recorded] = (await rowsOf('audit', router)) as [{ text: string }];
    expect(recorded.text).toBe('show \ufffd "quoted" \\u0000');
    // What does not change is not told again; what does takes the place of the row before.
    sessions.checkpoint([sessionRow(1, { received: 11 })]);
    sessions.end(sessionRow(2, { received: 21 }), 1_795_000_002_000_000_000n, 'stopped');
    const changed = await eventually(
      () => rowsOf('twamp_sessions', router),
      (now) => now.some(({ received }) => received === '11') && now.some(({ received }) => received === '21'),
    );
    expect(changed).toHaveLength(4);
    const before = await settled(router);
    await new Promise((resolve) => setTimeout(resolve, 1_200));
    expect((await status(router))['rows-published']).toBe(before['rows-published']);
  });

  test('a repeat of what is on record is the same row, counted', async () => {
    const router = await started();
    const { audit } = router.state;
    const entry = {
      kind: 'refusal',
      user: 'ada',
      way: 'ssh',
      address: '192.0.2.9',
      result: 'denied',
      text: 'x',
    } as const;
    const [id] = audit.write([{ ...entry, id: undefined, firstWallNanos: 5n, lastWallNanos: 5n, count: 1 }]);
    await eventually(
      () => rowsOf('audit', router),
      (rows) => rows.length === 1,
    );
    audit.write([{ ...entry, id, firstWallNanos: 6n, lastWallNanos: 9_000_000n, count: 4 }]);
    const [row] = await eventually(
      () => rowsOf('audit', router),
      ([only]) => only!['count'] === '5',
    );
    expect(row).toMatchObject({ first_at: new Date(0), last_at: new Date(9), address: '192.0.2.9' });
  });

  test('more than a batch, and what was there before the fleet was', async () => {
    const router = await startFleetRouter(await newNode(), { patience: IMPATIENT });
    const many = 2 * BATCH_ROWS + 1;
    for (let id = 1; id <= many; id += 1) router.state.sessions.insert(sessionRow(id));
    router.state.sessions.endLeftovers(1_795_000_003_000_000_000n);
    await configure(router, ...fleetStatements(database, router.name));
    await eventually(
      () => rowsOf('twamp_sessions', router),
      (rows) => rows.length === many,
    );
  });

  test('a row that the database refuses is set aside, and others pass', async () => {
    const router = await startFleetRouter(await newNode(), { patience: IMPATIENT });
    const outOfRange = sessionRow(1, { localPort: 2 ** 31 });
    for (const row of [outOfRange, sessionRow(2)]) router.state.sessions.insert(row);
    await configure(router, ...fleetStatements(database, router.name));
    await eventually(
      () => rowsOf('twamp_sessions', router),
      (rows) => rows.length === 1,
    );
    expect(
      await eventually(
        () => status(router),
        (now) => now['rows-refused'] === 1,
      ),
    ).toMatchObject({
      state: 'connected',
      'rows-waiting': 1,
      problems: [],
    });
  });

  test('show fleet status as data, and its schema as the fleet is made with', async () => {
    const router = await started();
    await settled(router);
    const shown = await typed(router, 'show fleet status | display json');
    expect(schemaErrors('show-fleet-status', shown)).toBeUndefined();
    expect(await typed(router, 'show fleet schema')).toBe(schemaScript());
  });

  describe('a role whose password is stolen', () => {
    test('neither reads nor changes what is of others', async () => {
      const [victim, thief] = [await started(), await newNode()];
      victim.state.sessions.insert(sessionRow(1));
      await eventually(
        () => rowsOf('twamp_sessions', victim),
        (rows) => rows.length === 1,
      );
      await settled(victim);
      const client = await database.connect(thief, passwordOf(thief));
      const tables = [
        'twamp_sessions',
        'results',
        'service_counts',
        'ended_sessions',
        'commits',
        'audit',
        'node_status',
        'meshes',
        'mesh_members',
      ];
      try {
        for (const table of tables)
          expect((await client.query(`SELECT * FROM dnrouter.${table}`)).rows, table).toEqual([]);
        const all = (await database.ask(
          `SELECT c.relname AS name FROM pg_class c WHERE relnamespace = 'dnrouter'::regnamespace AND relkind = 'r'`,
        )) as { name: string }[];
        for (const { name } of all.filter(({ name }) => ![...tables, 'migrations'].includes(name)))
          await expect(client.query(`SELECT * FROM dnrouter.${name}`), name).rejects.toThrow(
            'permission denied',
          );
        await client.query('UPDATE dnrouter.twamp_sessions SET received = 666, version = version + 1');
        const insert = (node: string) =>
          client.query(
            `INSERT INTO dnrouter.commits (node, version, number, committed_at) VALUES ($1, 1, 99, now())`,
            [node],
          );
        await expect(insert(victim.name)).rejects.toThrow('row-level security');
        await insert(thief);
        await expect(client.query(`UPDATE dnrouter.commits SET node = '${victim.name}'`)).rejects.toThrow(
          'row-level security',
        );
        for (const sql of [
          'DELETE FROM dnrouter.commits',
          'TRUNCATE dnrouter.commits',
          'DROP TABLE dnrouter.commits',
          'CREATE TABLE dnrouter.mine (a int)',
          `SELECT dnrouter.add_node('${victim.name}', '${thief}')`,
          `SELECT dnrouter.add_reader('${thief}')`,
          `SELECT dnrouter.retain('commits', '0')`,
          'SET ROLE dnrouter_reader',
          `SET ROLE ${victim.name}`,
        ])
          await expect(client.query(sql), sql).rejects.toThrow();
        const [row] = await rowsOf('twamp_sessions', victim);
        expect(row!['received']).toBe('10');
        expect(await rowsOf('commits', victim)).toHaveLength(1);
      } finally {
        await client.end();
      }
    });

    test('a reader reads what is of all, and changes nothing', async () => {
      const router = await started();
      await settled(router);
      await database.addReader('onlooker');
      const client = await database.connect('onlooker', passwordOf('onlooker'));
      try {
        const { rows } = await client.query('SELECT node FROM dnrouter.commits WHERE node = $1', [
          router.name,
        ]);
        expect(rows).toHaveLength(1);
        for (const sql of [
          'UPDATE dnrouter.commits SET version = 0',
          "INSERT INTO dnrouter.nodes VALUES ('x', 'x')",
        ])
          await expect(client.query(sql), sql).rejects.toThrow('permission denied');
      } finally {
        await client.end();
      }
    });
  });

  describe('what is in the way', () => {
    test('a wrong password, and then the right one', async () => {
      const router = await startFleetRouter(await newNode(), { patience: IMPATIENT });
      await configure(
        router,
        ...fleetStatements(database, router.name),
        'set system fleet postgresql password wrong',
      );
      await problem(router, 'Problem: The database does not accept the role or its password.');
      expect(router.reported).toEqual([]);
      await configure(router, `set system fleet postgresql password "${passwordOf(router.name)}"`);
      await settled(router);
      expect(await rowsOf('commits', router)).toHaveLength(2);
    });

    test('no database, no role for the node, another node', async () => {
      const router = await started();
      const url = database.url(router.name);
      await configure(router, `set system fleet postgresql url ${url.replace('/fleet', '/nowhere')}`);
      await problem(router, 'There is no such database (url).');
      await configure(
        router,
        `set system fleet postgresql url ${url}`,
        'set system fleet postgresql node-name other',
      );
      await problem(
        router,
        `The role ${router.name} may publish as node ${router.name}, not as other (node-name).`,
      );
      await database.addReader('stranger');
      await configure(
        router,
        `set system fleet postgresql url ${database.url('stranger')}`,
        `set system fleet postgresql password "${passwordOf('stranger')}"`,
      );
      await problem(router, /The role stranger may not publish/);
    });

    test('nobody answers, or nobody in time', async () => {
      const router = await started();
      await settled(router);
      const busy = await database.connect('postgres');
      try {
        await busy.query('BEGIN; LOCK TABLE dnrouter.node_status');
        router.state.sessions.insert(sessionRow(1));
        await problem(router, 'The database does not answer in time.');
      } finally {
        await busy.end();
      }
      await eventually(
        () => rowsOf('twamp_sessions', router),
        (rows) => rows.length === 1,
      );
      await configure(router, 'set system fleet postgresql url postgresql://x@127.0.0.1:1/fleet');
      await problem(router, /The database cannot be reached \(connect ECONNREFUSED 127\.0\.0\.1:1\)/);
    });

    test('no TLS there', async () => {
      const router = await started();
      await configure(router, 'delete system fleet postgresql tls');
      await problem(router, 'The database does not speak TLS (tls disable connects without).');
    });

    test('tables that are newer, older, or not there', async () => {
      const router = await started();
      await settled(router);
      const next = fleetMigrations.length + 1;
      await database.ask(`INSERT INTO dnrouter.migrations (number) VALUES (${next})`);
      try {
        await configure(router, 'set system fleet postgresql interval 2');
        await problem(
          router,
          `The tables are of version ${next}, this program knows ${next - 1} (update this router).`,
        );
      } finally {
        await database.ask(`DELETE FROM dnrouter.migrations WHERE number = ${next}`);
      }
      await settled(router);
      await configure(
        router,
        `set system fleet postgresql url ${database.url(router.name).replace('/fleet', '/postgres')}`,
      );
      await problem(router, /The database has no tables of a fleet/);
    });
  });

  test('TLS: whoever is at the other end is proved to be the one, by an authority that is named', async () => {
    const router = await started();
    const [key, certificate] = [
      join(database.directory, 'key.pem'),
      join(database.directory, 'certificate.pem'),
    ];
    const words = ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', '/CN=fleet'];
    const names = ['-addext', 'subjectAltName=IP:127.0.0.1', '-keyout', key, '-out', certificate];
    execFileSync('openssl', [...words, ...names], { stdio: 'pipe' });
    database.write('key.pem', readFileSync(key, 'utf8'));
    await database.ask(`ALTER SYSTEM SET ssl_key_file = '${key}'`);
    await database.ask(`ALTER SYSTEM SET ssl_cert_file = '${certificate}'`);
    await database.ask('ALTER SYSTEM SET ssl = on');
    await database.ask('SELECT pg_reload_conf()');
    try {
      const fleet = 'set system fleet postgresql';
      await configure(router, `${fleet} tls verify-full`);
      await problem(router, 'not proved to be the one that is meant (DEPTH_ZERO_SELF_SIGNED_CERT)');
      await configure(router, `${fleet} tls-ca-file /nowhere.pem`);
      await problem(router, "The file '/nowhere.pem' of authorities cannot be read (ENOENT).");
      await configure(router, `${fleet} tls-ca-file ${certificate}`);
      await settled(router);
      await configure(router, `${fleet} url ${database.url(router.name).replace('127.0.0.1', 'localhost')}`);
      await problem(router, '(ERR_TLS_CERT_ALTNAME_INVALID)');
      await configure(router, `${fleet} tls require`);
      await settled(router);
      const encrypted = `SELECT ssl FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) WHERE usename = '${router.name}'`;
      expect(await database.ask(encrypted)).toEqual([{ ssl: true }]);
    } finally {
      await database.ask('ALTER SYSTEM SET ssl = off');
      await database.ask('SELECT pg_reload_conf()');
    }
  });

  test('what a fleet is made with is made once, however often', async () => {
    await database.ask(schemaScript());
    expect(await database.ask('SELECT count(*)::int AS made FROM dnrouter.migrations')).toEqual([
      { made: fleetMigrations.length },
    ]);
  });

  test('tables of the first version are brought forward with what is in them, by routers that wait for it', async () => {
    await database.ask('CREATE DATABASE former', 'postgres');
    await database.ask(schemaScript(1), 'former');
    const router = await startFleetRouter(await newNode(), { patience: IMPATIENT });
    await database.ask(`SELECT dnrouter.add_node('${router.name}', '${router.name}')`, 'former');
    await database.ask(
      `INSERT INTO dnrouter.commits (node, version, number, committed_at) VALUES ('x', 1, 1, now())`,
      'former',
    );
    const url = database.url(router.name).replace('/fleet', '/former');
    await configure(
      router,
      ...fleetStatements(database, router.name),
      `set system fleet postgresql url ${url}`,
    );
    await problem(router, `of version 1, this program needs ${fleetMigrations.length} ('show fleet schema'`);
    await database.ask(await typed(router, 'show fleet schema'), 'former');
    await settled(router);
    const nodes = `SELECT node FROM dnrouter.commits ORDER BY node = 'x'`;
    expect(await database.ask(nodes, 'former')).toEqual([{ node: router.name }, { node: 'x' }]);
    expect(await database.ask('SELECT * FROM dnrouter.meshes', 'former')).toEqual([]);
  });

  test('retention removes what is older, and nothing else', async () => {
    await database.ask(`
      INSERT INTO dnrouter.commits (node, version, number, committed_at) VALUES
        ('old', 1, 1, now() - interval '9 years'), ('old', 1, 2, now() - interval '2 years'), ('old', 1, 3, now())`);
    expect(await database.ask(`SELECT dnrouter.retain('commits', '5 years')::int AS gone`)).toEqual([
      { gone: 1 },
    ]);
    expect(
      await database.ask(`SELECT number::int FROM dnrouter.commits WHERE node = 'old' ORDER BY number`),
    ).toEqual([{ number: 2 }, { number: 3 }]);
  });
});

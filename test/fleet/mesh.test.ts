/** Routers of a fleet that measure one another because one of them says so, each within what it allows itself. */
import type pg from 'pg';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { SystemClock } from '../../src/clock.ts';
import { WorkerDatapath } from '../../src/datapath/worker-datapath.ts';
import { TcpTransport } from '../../src/engine/tcp-transport.ts';
import { MeshExchange, type MeshPlan } from '../../src/fleet/mesh-exchange.ts';
import { freePort } from '../support/free-port.ts';
import {
  configure,
  data,
  eventually,
  fleetStatements,
  startFleetRouter,
  typed,
  type FleetRouter,
} from '../support/fleet-router.ts';
import { passwordOf, Postgresql, withoutPostgresql } from '../support/postgresql.ts';
import { schemaErrors } from '../support/schema.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { bundledWorker } from '../support/worker.ts';

if (withoutPostgresql !== undefined) console.warn(`skipped: ${withoutPostgresql}`);

const twamp = 'services rpm twamp';
const fleet = 'system fleet postgresql';

interface Shown {
  readonly 'twamp-mesh-information': {
    readonly 'twamp-mesh': readonly {
      readonly 'mesh-name': string;
      readonly role: string;
      readonly 'mesh-router': readonly Readonly<Record<string, unknown>>[];
    }[];
  };
}

describe.skipIf(withoutPostgresql !== undefined)('with a database', () => {
  let database: Postgresql;
  const worker = bundledWorker();
  let places = 0;

  beforeAll(async () => {
    database = await Postgresql.start();
  });

  afterAll(async () => {
    await database.close();
  });

  interface Member {
    readonly router: FleetRouter;
    readonly name: string;
    readonly directory: string;
    readonly address: string;
    readonly port: number;
  }

  const begin = (name: string, directory: string): Promise<FleetRouter> =>
    startFleetRouter(name, {
      directory,
      sockets: { transport: new TcpTransport(), datapath: new WorkerDatapath(worker.url) },
    });

  /** A router of the fleet with an address of its own, that serves. */
  const started = async (): Promise<Member> => {
    places += 1;
    const name = `m${places}`;
    await database.addNode(name);
    const directory = temporaryDirectory();
    const [router, port] = [await begin(name, directory), await freePort()];
    await configure(
      router,
      ...fleetStatements(database, name),
      `set ${twamp} server port ${port}`,
      `set ${twamp} server client-list lab address 127.0.0.0/8`,
    );
    return { router, name, directory, address: `127.0.0.${places}`, port };
  };

  const meshLines = (members: readonly Member[], ...profile: readonly string[]): readonly string[] => [
    `set ${twamp} mesh m members [ ${members.map(({ name }) => name).join(' ')} ]`,
    ...members.flatMap(({ name, address, port }) => [
      `set ${twamp} mesh m target ${name} address ${address}`,
      `set ${twamp} mesh m target ${name} destination-port ${port}`,
    ]),
    ...['probe-count 2', ...profile].map((statement) => `set ${twamp} mesh m ${statement}`),
  ];

  const joinLines = (
    { name }: Member,
    { address }: Member,
    ...limits: readonly string[]
  ): readonly string[] =>
    [`from ${name}`, `source-address ${address}`, ...limits].map(
      (statement) => `set ${twamp} mesh-member m ${statement}`,
    );

  const connectionNames = ({ router }: Member, isMeasuring = false): readonly string[] =>
    [...router.router.engine.rpmConnections.values()]
      .filter(({ state, settings }) => settings.mesh !== undefined && (state === 'connected' || !isMeasuring))
      .map(({ settings }) => settings.name);

  const comesTo = (member: Member, peers: readonly Member[], isMeasuring: boolean): Promise<unknown> =>
    eventually(
      () => Promise.resolve(connectionNames(member, isMeasuring)),
      (now) => JSON.stringify(now) === JSON.stringify(peers.map(({ name }) => `m/${name}`)),
    );

  /** It is to measure these, and nobody else. */
  const runs = (member: Member, ...peers: readonly Member[]): Promise<unknown> =>
    comesTo(member, peers, false);

  /** It does. */
  const measures = (member: Member, ...peers: readonly Member[]): Promise<unknown> =>
    comesTo(member, peers, true);

  const shown = async ({ router }: Member): Promise<Shown['twamp-mesh-information']['twamp-mesh']> =>
    (await data<Shown>(router, `show ${twamp} mesh`))['twamp-mesh-information']['twamp-mesh'];

  const text = ({ router }: Member): Promise<string> => typed(router, `show ${twamp} mesh m`);

  const says = (member: Member, words: string): Promise<string> =>
    eventually(
      () => text(member),
      (now) => now.includes(words),
    );

  async function mesh(): Promise<readonly [Member, Member, Member]> {
    const members = [await started(), await started(), await started()] as const;
    await configure(members[0].router, ...meshLines(members), ...joinLines(members[0], members[0]));
    for (const member of members.slice(1)) await configure(member.router, ...joinLines(members[0], member));
    return members;
  }

  const key = (role: string): string =>
    `set ${twamp} ${role} authentication-key-chain mesh key-id probe secret "shared"`;

  test('three routers measure one another with a key, show it, and publish what they measure', async () => {
    const [a, b, c] = await mesh();
    await configure(
      a.router,
      `set ${twamp} mesh m authentication-mode encrypted`,
      `set ${twamp} mesh m key-id probe`,
    );
    await says(b, "not accepted: the mode 'encrypted' needs a key of the client");
    for (const { router } of [a, b, c])
      await configure(
        router,
        key('client'),
        key('server'),
        `set ${twamp} server authentication-mode encrypted`,
      );
    await measures(b, a, c);
    await measures(a, b, c);
    await measures(c, a, b);
    const results = await eventually(
      () => typed(b.router, `show ${twamp} client history-results control-connection m/${c.name}`),
      (now) => now.split('\n').length > 3,
    );
    expect(results).not.toContain('timed out');
    const table = await typed(b.router, `show ${twamp} client connection m/${a.name}`);
    expect(table).toMatch(
      new RegExp(`^m/${a.name} +127\\.0\\.0\\.\\d+ .*${a.address} +${a.port} .* Encrypted +${a.name}$`, 'm'),
    );
    const probes = `show ${twamp} client probe-results control-connection m/${a.name}`;
    expect(await typed(b.router, probes)).toContain(`Mesh: m, Of: ${a.name}`);
    for (const [view, schema] of [
      ['client connection', 'client'],
      ['client probe-results', 'client-probe-results'],
      ['mesh', 'mesh'],
    ] as const) {
      const json = await typed(b.router, `show ${twamp} ${view} | display json`);
      expect(schemaErrors(`show-services-rpm-twamp-${schema}`, json), view).toBeUndefined();
    }
    expect(await typed(b.router, 'show configuration')).not.toContain('control-connection');
    await eventually(
      () => shown(a),
      ([only]) => only!['mesh-router'].every(({ state }) => state === 'accepted'),
    );
    expect(await shown(a)).toMatchObject([
      {
        'mesh-name': 'm',
        owner: a.name,
        role: 'owner',
        'mesh-router': [a, b, c].map(({ name }) => ({ node: name, peers: 2 })),
      },
    ]);
    expect(await shown(b)).toMatchObject([
      {
        role: 'member',
        'mesh-router': [
          { node: b.name, state: 'accepted', peers: 2 },
          { node: a.name, state: 'peer', 'connection-name': `m/${a.name}` },
          { node: c.name, state: 'peer', 'server-status': 'connected' },
        ],
      },
    ]);
    const json = await typed(a.router, `show ${twamp} mesh | display json`);
    expect(schemaErrors('show-services-rpm-twamp-mesh', json)).toBeUndefined();
    expect(await typed(b.router, 'show fleet status')).toContain('Meshes: notified');
    expect(await typed(b.router, `show ${twamp} mesh other`)).toContain('Mesh other does not exist');
    // As any other is, until the router starts again.
    await typed(b.router, `request ${twamp} stop client m/${a.name}`);
    await eventually(
      () => text(b),
      (now) => now.includes('| stopped '),
    );
    const sessions = await eventually(
      () => database.ask(`SELECT FROM dnrouter.twamp_sessions WHERE node = '${b.name}' AND role = 'client'`),
      (rows) => rows.length > 0,
    );
    expect(sessions.length).toBeGreaterThan(0);
    for (const { router } of [a, b, c]) expect(router.reported).toEqual([]);
  });

  test('members come and go: told by the database, or found by asking; what a member leaves ends at once', async () => {
    // A busy machine is given some; the next reading would be five minutes away.
    const SECONDS_MAX = 15;
    const [a, b, c] = await mesh();
    await runs(b, a, c);
    await runs(c, a, b);
    // A reading is far away.
    for (const { router } of [a, b, c]) await configure(router, `set ${fleet} interval 300`);
    await says(a, ', since ');
    const begin = performance.now();
    await configure(
      a.router,
      `delete ${twamp} mesh m members ${c.name}`,
      `delete ${twamp} mesh m target ${c.name}`,
    );
    await runs(b, a);
    await runs(c);
    expect((performance.now() - begin) / 1000).toBeLessThan(SECONDS_MAX);
    await says(c, 'not accepted: there is no such mesh, or this router is not in it');
    for (const { router } of [a, b, c]) await configure(router, `set ${fleet} interval 1`);
    await database.ask('ALTER TABLE dnrouter.meshes DISABLE TRIGGER tell');
    try {
      await configure(a.router, ...meshLines([a, b, c]));
      await runs(b, a, c);
      await runs(c, a, b);
    } finally {
      await database.ask('ALTER TABLE dnrouter.meshes ENABLE TRIGGER tell');
    }
    await configure(c.router, `delete ${twamp} mesh-member m`);
    expect(connectionNames(c)).toEqual([]);
    await eventually(
      () => database.ask(`SELECT FROM dnrouter.mesh_members WHERE node = '${c.name}'`),
      (rows) => rows.length === 0,
    );
    await configure(a.router, `delete ${twamp} mesh m`);
    await runs(a);
    await runs(b);
    await configure(a.router, ...meshLines([a, b]));
    await runs(b, a);
    await database.ask(`DELETE FROM dnrouter.nodes WHERE node = '${a.name}'`);
    await says(b, 'there is no such mesh');
    await runs(b);
    await configure(a.router, `delete system fleet`);
    expect(connectionNames(a)).toEqual([]);
  });

  test('over a limit nothing of the mesh runs, and member and owner say why; at the limit all of it does', async () => {
    const [a, b, c] = [await started(), await started(), await started()];
    await configure(a.router, ...meshLines([a, b, c], 'probe-interval 2'));
    await configure(b.router, ...joinLines(a, b, 'maximum-peers 1'));
    await says(b, 'not accepted: 2 peers, maximum-peers is 1');
    await says(a, ': 2 peers, maximum-peers is 1');
    expect(connectionNames(b)).toEqual([]);
    expect(await text(a)).toMatch(new RegExp(`${c.name} .*has not said anything`));
    const limit = (words: string): Promise<void> =>
      configure(b.router, `set ${twamp} mesh-member m ${words}`);
    await limit('maximum-peers 2');
    await runs(b, a, c);
    // What runs ends as well, as soon as it is beyond them.
    await configure(a.router, `set ${twamp} mesh m probe-interval 1`);
    await limit('minimum-probe-interval 2');
    await says(b, 'a probe each 1 s, minimum-probe-interval is 2 s');
    expect(connectionNames(b)).toEqual([]);
  });

  test('without the database members go on, also when they start anew; then what has changed is followed', async () => {
    const [a, b, c] = await mesh();
    await measures(b, a, c);
    await database.kill();
    await b.router.close();
    const again = { ...b, router: await begin(b.name, b.directory) };
    await measures(again, a, c);
    await measures(a, b, c);
    await configure(
      a.router,
      `delete ${twamp} mesh m members ${c.name}`,
      `delete ${twamp} mesh m target ${c.name}`,
    );
    expect(connectionNames(again, true)).toHaveLength(2);
    await database.run();
    await measures(again, a);
    await runs(c);
  });

  test('whose password is stolen: others see and change no mesh, members not theirs, and the owner is held to their limits', async () => {
    const [a, b, c] = await mesh();
    await configure(b.router, `set ${twamp} mesh-member m peer-prefix 127.0.0.0/8`);
    await runs(b, a, c);
    await runs(c, a, b);
    await eventually(
      () => database.ask(`SELECT FROM dnrouter.mesh_members WHERE owner = '${a.name}'`),
      (rows) => rows.length === 3,
    );
    await database.addNode('thief');
    const as = async (name: string, work: (rows: Rows) => Promise<void>): Promise<void> => {
      const client = await database.connect(name, passwordOf(name));
      try {
        await work(async (sql) => (await client.query<Record<string, unknown>>(sql)).rows);
      } finally {
        await client.end();
      }
    };
    const refused = async (rows: Rows, ...statements: readonly string[]): Promise<void> => {
      for (const sql of statements) await expect(rows(sql), sql).rejects.toThrow('row-level security');
    };
    const untouched = async (rows: Rows, ...statements: readonly string[]): Promise<void> => {
      for (const sql of statements) expect(await rows(`${sql} RETURNING node`), sql).toEqual([]);
    };
    const ofMeshes = [`UPDATE dnrouter.meshes SET members = '{}'`, 'DELETE FROM dnrouter.meshes'];
    await as('thief', async (rows) => {
      for (const table of ['meshes', 'mesh_members'])
        expect(await rows(`SELECT * FROM dnrouter.${table}`), table).toEqual([]);
      await untouched(
        rows,
        ...ofMeshes,
        'UPDATE dnrouter.mesh_members SET peers = 0',
        'DELETE FROM dnrouter.mesh_members',
      );
      await refused(
        rows,
        `INSERT INTO dnrouter.meshes VALUES ('${a.name}', 'm2', '{}', '{}')`,
        `INSERT INTO dnrouter.mesh_members VALUES ('${b.name}', '${a.name}', 'm', 1)`,
      );
    });
    await as(b.name, async (rows) => {
      expect(await rows('SELECT node, name FROM dnrouter.meshes')).toEqual([{ node: a.name, name: 'm' }]);
      expect(await rows('SELECT node FROM dnrouter.mesh_members')).toEqual([{ node: b.name }]);
      await untouched(rows, ...ofMeshes);
      await refused(rows, `UPDATE dnrouter.mesh_members SET node = '${c.name}'`);
      // What it says of itself is all that it can say, whoever hears it; no port has so many digits.
      await rows(`INSERT INTO dnrouter.mesh_members VALUES ('${b.name}', '${c.name}', 'm', 123456)`);
    });
    await runs(c, a, b);
    expect(await text(c)).not.toContain('123456');
    // A router that runs would say again what is so.
    await a.router.close();
    await as(a.name, async (rows) => {
      const say = (change: string): Promise<unknown> =>
        rows(`UPDATE dnrouter.meshes SET definition = ${change} WHERE name = 'm'`);
      await say(`jsonb_set(definition, '{targets,2,address}', '"203.0.113.9"')`);
      await says(b, `the address 203.0.113.9 of ${c.name} is in no peer-prefix`);
      await runs(b);
      await say(`jsonb_set(definition, '{profile,probe-interval}', '0.001')`);
      await says(b, 'what the database has of it is no mesh');
      await expect(say(`jsonb_set(definition, '{x}', to_jsonb(repeat('x', 131072)))`)).rejects.toThrow(
        'check',
      );
      // Whoever it names without being asked measures nothing for it.
      const stranger = await started();
      await rows(`UPDATE dnrouter.meshes SET members = members || '${stranger.name}'::text`);
      await says(b, 'no mesh');
      expect(connectionNames(stranger)).toEqual([]);
    });
  });

  describe('what is asked of the database', () => {
    const plan: MeshPlan = {
      own: [],
      memberships: [{ mesh: 'm', owner: 'o', peers: 0, refusal: undefined }],
    };

    async function asked(name: string, change: (client: pg.Client) => pg.Client = (client) => client) {
      await database.addNode(name);
      const client = await database.connect(name, passwordOf(name));
      onTestFinished(() => client.end());
      const kept: string[] = [];
      let woken = 0;
      const exchange = new MeshExchange({
        clock: new SystemClock(),
        kept: undefined,
        keep: (text) => void kept.push(text),
        wake: () => (woken += 1),
      });
      onTestFinished(() => exchange.close());
      const used = change(client);
      // What was there before is not undone by whoever has not been told yet what is to be there.
      const before = `INSERT INTO dnrouter.mesh_members VALUES ('${name}', 'o', 'm', 3)`;
      await client.query(before);
      await exchange.exchange(used, name);
      expect(await database.ask(`SELECT peers FROM dnrouter.mesh_members WHERE node = '${name}'`)).toEqual([
        { peers: 3 },
      ]);
      exchange.follow(plan);
      await exchange.exchange(used, name);
      return { exchange, client, kept, woken: () => woken, again: () => exchange.exchange(used, name) };
    }

    /** As an engine does that knows no LISTEN. */
    const deaf = (client: pg.Client): pg.Client =>
      new Proxy(client, {
        get(target, property) {
          const value: unknown = Reflect.get(target, property);
          if (typeof value !== 'function') return value;
          return (...words: unknown[]): unknown =>
            String(words[0]).startsWith('LISTEN')
              ? Promise.reject(Object.assign(new Error('unimplemented'), { code: '0A000' }))
              : value.apply(target, words);
        },
      });

    test('where it tells nothing, each interval', async () => {
      const { exchange, kept, again } = await asked('deaf', deaf);
      expect(exchange.hearing).toBe('polled');
      expect(await exchange.newsAfter(1)).toMatchObject({ number: 2, definitions: [{ definition: null }] });
      // What has not changed is not kept again.
      await again();
      expect(kept).toEqual([JSON.stringify([{ mesh: 'm', owner: 'o', definition: null }])]);
    });

    test('no more than once a second, however often it says that there is something', async () => {
      const { exchange, client, woken } = await asked('bothered');
      expect(exchange.hearing).toBe('notified');
      const before = woken();
      for (let times = 0; times < 50; times += 1)
        await client.query(`SELECT pg_notify('dnrouter_' || md5('bothered'), '${times}')`);
      await new Promise((resolve) => setTimeout(resolve, 1_300));
      expect(woken() - before).toBe(1);
    });
  });

  test('what cannot be is not committed', async () => {
    const { router } = await started();
    const committed = async (...statements: readonly string[]): Promise<string> => {
      for (const line of ['configure', ...statements.map((words) => `set ${twamp} ${words}`)])
        await typed(router, line);
      const said = await typed(router, 'commit');
      for (const line of ['rollback 0', 'exit']) await typed(router, line);
      return said;
    };
    expect(await committed('mesh m members [ x y ]')).toContain(
      'The member x needs an address (target x address).',
    );
    expect(await committed('mesh-member m source-address 127.0.0.1')).toContain('has to be named (from)');
    const member = 'mesh-member m from x';
    expect(await committed(member, 'mesh-member m routing-instance nowhere')).toContain(
      "Routing instance 'nowhere' does not exist.",
    );
    expect(await committed(member, 'mesh-member m authentication-key-chain no')).toContain(
      "no key chain 'no'",
    );
    const many = Array.from({ length: 501 }, (_, index) => `x${index}`);
    expect(await committed(`mesh m members [ ${many.join(' ')} ]`)).toContain(
      'no more than 500 members, not 501',
    );
  });
});

type Rows = (sql: string) => Promise<readonly unknown[]>;

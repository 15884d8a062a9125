/** What help and completion offer of what exists now: for whom, how much of it, and how soon. */
import { existsSync, readdirSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import { describe, expect, onTestFinished, test } from 'vitest';
import { live } from '../../src/commands/live.ts';
import { LIVE_VALUES_MAX } from '../../src/grammar/complete.ts';
import { PRIVILEGES } from '../../src/grammar/classes.ts';
import { TWAMP_ENDED_ROWS_MAX } from '../../src/store/twamp-sessions.ts';
import { insertEnded } from '../support/ended-sessions.ts';
import { openShell, ROUTER_ADDRESS, run, runAll, startRouter, type TestRouter } from '../support/router.ts';
import { twpingRequest } from '../support/virtual-router.ts';

const CONNECTION = 'services rpm twamp client control-connection c1';
const configuration = [
  'system login class noc permissions view',
  'system login user ada class noc',
  'services rpm twamp server client-list all address 0.0.0.0/0',
  'services interfaces ms-0/0/0',
  'services service-set customers interface ms-0/0/0',
  'groups probes system host-name r9',
  'system fleet postgresql url postgresql://r1@127.0.0.1:1/fleet',
  'services rpm twamp mesh-member m1 from r1',
  'services rpm twamp server light port [ 6000 6001 ]',
  'services rpm twamp client authentication-key-chain chain key-id alice secret s3cret',
  `${CONNECTION} target-address ${ROUTER_ADDRESS}`,
  `${CONNECTION} test-session t1 probe-count 3`,
  `services performance-monitoring simple-twamp session paris destination-address ${ROUTER_ADDRESS} admin-state disabled`,
];

/** A router whose Server has a client, that has a client of its own, users, and revisions. */
async function busyRouter(): Promise<TestRouter> {
  const test = await startRouter();
  const shell = await openShell(test);
  const set = configuration.map((words) => `set ${words}`);
  await runAll(shell, 'set cli alias sv "show version"', 'configure');
  for (const line of [...set, 'commit comment "first light"']) {
    const { outcome } = await test.time.until(run(shell, line));
    expect(outcome, line).toEqual({ status: 'done' });
  }
  const request = twpingRequest({ host: ROUTER_ADDRESS, count: 100, intervalNanos: 100e6 });
  const measuring = test.router.engine.twping(request, { signal: new AbortController().signal });
  onTestFinished(async () => {
    await test.time.until(measuring.catch(() => undefined));
  });
  await test.time.pass(2.2e9);
  return test;
}

const [interfaceName, [interfaceAddress] = []] = Object.entries(networkInterfaces())[0]!;

/** One line a source, and something that must be listed there. `configure`: in configuration mode. */
const rows: Readonly<
  Record<string, { readonly line: string; readonly shows: string; readonly configure?: true }>
> = {
  'client-key-chains': {
    line: `set ${CONNECTION} authentication-key-chain `,
    shows: 'chain',
    configure: true,
  },
  'client-key-ids': { line: 'twping 192.0.2.1 user ', shows: 'alice' },
  'endpoint-delay-sessions': {
    line: 'show services performance-monitoring endpoint-delay sessions ',
    shows: 'paris',
  },
  // Those of a database: test/fleet/reading.test.ts.
  'fleet-nodes': { line: 'show fleet twamp sessions node ', shows: '<text>' },
  groups: { line: 'set apply-groups ', shows: 'probes', configure: true },
  interfaces: { line: 'twping 192.0.2.1 interface ', shows: interfaceName },
  'live-logins': { line: 'request system logout id ', shows: '1' },
  'live-users': { line: 'request system logout user ', shows: 'lab' },
  'local-addresses': { line: 'twping 192.0.2.1 source-address ', shows: interfaceAddress!.address },
  'login-classes': { line: 'set system login user ada class ', shows: 'noc', configure: true },
  meshes: { line: 'show services rpm twamp mesh ', shows: 'm1' },
  namespaces: { line: 'set routing-instances x namespace ', shows: '<text>', configure: true },
  'own-aliases': { line: 'unset cli alias ', shows: 'sv' },
  'own-files': { line: `load merge ${import.meta.dirname}/`, shows: import.meta.filename, configure: true },
  'reference-words': { line: 'help reference show services ', shows: 'sessions' },
  revisions: { line: 'rollback ', shows: '0', configure: true },
  'routing-instances': { line: 'twping 192.0.2.1 routing-instance ', shows: 'default' },
  'rpm-connections': { line: 'request services rpm twamp start client ', shows: 'c1' },
  'rpm-sessions': { line: 'show services rpm twamp client session test-session ', shows: 't1' },
  'service-sets': { line: 'show services sessions service-set ', shows: 'customers' },
  'services-interfaces': { line: 'show services sessions interface ', shows: 'ms-0/0/0' },
  'twamp-connections': { line: 'clear twamp statistics control ', shows: '1' },
  'twamp-local-addresses': { line: 'show services twamp sessions local-address ', shows: ROUTER_ADDRESS },
  'twamp-remote-addresses': { line: 'show services twamp sessions remote-address ', shows: ROUTER_ADDRESS },
  'twamp-server-clients': { line: 'show services twamp server session client ', shows: ROUTER_ADDRESS },
  'twamp-server-connections': { line: 'clear twamp session ', shows: '1' },
  'twamp-server-sessions': { line: 'show services rpm twamp server session ', shows: '1' },
  'twamp-server-vrfs': { line: 'show services twamp vrf ', shows: 'default' },
  'twamp-sessions': { line: 'show services twamp sessions session-id ', shows: '1' },
  'twamp-vrfs': { line: 'show services twamp sessions vrf ', shows: 'default' },
  users: { line: 'show system audit user ', shows: 'ada' },
};

/** The names that `?` lists. */
async function listed(
  test: TestRouter,
  line: string,
  { configure = false, privileges = new Set<string>(PRIVILEGES) } = {},
): Promise<string[]> {
  const shell = await openShell(test, { privileges, candidate: 'private' });
  test.logins.admit(shell.login, { way: 'console' });
  if (configure) await run(shell, 'configure');
  const [, ...help] = shell.help(line).trimEnd().split('\n');
  return help.map((row) => row.slice(2).split(' ')[0]!);
}

test('every source has a row here', () => {
  expect(Object.keys(rows).sort()).toEqual(Object.keys(live).sort());
});

test('each source lists what there is, to whoever may see it and to nobody else', async () => {
  const router = await busyRouter();
  for (const [source, { line, shows, configure = false }] of Object.entries(rows)) {
    expect(await listed(router, line, { configure }), source).toContain(shows);
    const privileges = new Set<string>(PRIVILEGES.filter((each) => each !== live[source]!.needs));
    if (!shows.startsWith('<'))
      expect(await listed(router, line, { configure, privileges }), source).not.toContain(shows);
  }
});

describe('whoever may give a command, but not see the data, is offered', () => {
  test('none of the values', async () => {
    const router = await busyRouter();
    const privileges = new Set(['viewer', 'network']);
    for (const source of ['client-key-ids', 'interfaces', 'local-addresses', 'routing-instances'])
      expect(await listed(router, rows[source]!.line, { privileges }), source).toEqual([
        expect.stringMatching(/^</),
      ]);
  });

  test('no names of the configuration', async () => {
    const router = await busyRouter();
    const options = { configure: true, privileges: new Set(['viewer', 'configure', 'interface-control']) };
    const server = 'set services rpm twamp server';
    expect(await listed(router, `${server} client-list `, options)).toEqual(['<text>']);
    expect(await listed(router, `${server} light port `, options)).toEqual(['[', '<1-65535>']);
    expect(await listed(router, `${server} client-list `, { configure: true })).toContain('all');
  });
});

describe('configuration mode offers', () => {
  test('what the candidate has, committed or not', async () => {
    const router = await busyRouter();
    const shell = await openShell(router);
    for (const line of ['configure', 'set routing-instances blue device lo', 'set system login class ops'])
      await run(shell, line);
    expect(shell.help('set services simple-twamp session-reflector routing-instance ')).toContain('  blue\n');
    expect(shell.help('set services rpm twamp server routing-instance-list b')).toContain('  blue\n');
    expect(shell.help('set system login user ada class o')).toContain('  ops\n');
    expect(shell.help('delete routing-instances ')).toContain('  blue\n');
  });

  test('each of several values, to delete it', async () => {
    expect(
      await listed(await busyRouter(), 'delete services rpm twamp server light port ', { configure: true }),
    ).toEqual(expect.arrayContaining(['6000', '6001']));
  });

  test('revisions with their time, user and comment, also behind | compare rollback', async () => {
    const router = await busyRouter();
    const shell = await openShell(router);
    const row = /^ {2}0 +\d\d-\w{3}-\d{4} \d\d:\d\d:\d\d UTC by lab: first light$/m;
    expect(shell.help('show configuration | compare rollback ')).toMatch(row);
    await run(shell, 'configure');
    expect(shell.help('rollback ')).toMatch(row);
  });

  test('namespaces that there are', async () => {
    const there = existsSync('/run/netns') ? readdirSync('/run/netns') : [];
    expect(await listed(await busyRouter(), rows['namespaces']!.line, { configure: true })).toEqual(
      expect.arrayContaining(there),
    );
  });
});

describe(`with ${TWAMP_ENDED_ROWS_MAX} sessions`, () => {
  test(
    'a key is answered at once, with no more than LIVE_VALUES_MAX values',
    { timeout: 60_000 },
    async () => {
      const router = await startRouter();
      insertEnded(router.state.sessions, TWAMP_ENDED_ROWS_MAX, (id) => ({
        localAddress: ROUTER_ADDRESS,
        remoteAddress: `10.${id >> 16}.${(id >> 8) & 255}.${id & 255}`,
        endedWallNanos: BigInt(id),
      }));
      router.state.sessions.flush();
      const shell = await openShell(router);
      const filters = [
        'connection-id 6',
        'session-id ',
        'session-id 99',
        'local-address ',
        'remote-address 10',
        'vrf d',
      ];
      for (const filter of filters) {
        const line = `show services twamp sessions ${filter}`;
        const help = shell.help(line);
        expect(help.split('\n').length, line).toBeLessThanOrEqual(LIVE_VALUES_MAX + 4);
        const before = performance.now();
        for (let count = 0; count < 5; count += 1) shell.complete(line, 'tab');
        // A tenth of it on an idle machine.
        expect((performance.now() - before) / 5, line).toBeLessThan(150);
      }
      expect(shell.help('show services twamp sessions session-id 9')).toContain(
        `  ...                  More than ${LIVE_VALUES_MAX} values: type how one of them begins\n`,
      );
      expect(shell.complete('show services twamp sessions session-id 9', 'tab')).toMatchObject({
        insert: '',
      });
      expect(shell.complete('show services twamp sessions session-id 9999', 'tab').list).toContain(
        '  99991                server, 10.1.134.151\n',
      );
    },
  );
});

/** What people of VyOS and DNOS type in configuration mode, and what becomes of it in the engine. */
import { describe, expect, test } from 'vitest';
import type { ServerConfiguration } from '../../src/engine/server.ts';
import { openShell, run, runAll, startRouter, type TestRouter } from '../support/router.ts';

const server = 'set service twamp server';

/** A router that has committed the lines. */
async function committed(...lines: string[]): Promise<TestRouter> {
  const test = await startRouter();
  const shell = await openShell(test);
  await runAll(shell, 'configure', ...lines);
  const { outcome } = await test.time.until(run(shell, 'commit'));
  expect(outcome.status).toBe('done');
  return test;
}

const running = ({ router }: TestRouter): ServerConfiguration | undefined =>
  router.engine.server.configuration;

describe('VyOS', () => {
  test.each<[ids: string, lines: string[], statements: Partial<ServerConfiguration>]>([
    [
      'client-list',
      [`${server} client-list 10.0.0.0/8`],
      {
        'client-list': new Map([
          ['default', { type: 'allow', address: new Map([['10.0.0.0/8', { 'routing-instance': [] }]]) }],
        ]),
      },
    ],
    ['dscp-value', [`${server} dscp-value 46`], { 'dscp-value': 46 }],
    ['dscp-value by name:', [`${server} dscp-value cs6`], { 'dscp-value': 48 }],
    ['maximum-connections', [`${server} maximum-connections 7`], { 'maximum-connections': 7 }],
    [
      'maximum-sessions-per-connection',
      [`${server} maximum-sessions-per-connection 7`],
      { 'maximum-sessions-per-connection': 7 },
    ],
    [
      'keyed modes and their users:',
      [`${server} mode no-unauthenticated`, `${server} mode no-mixed`, `${server} user bob password hush`],
      { 'authentication-mode': ['authenticated', 'encrypted'] },
    ],
    ['port', [`${server} port 8620`], { port: 8620 }],
    [
      'server-inactivity-timeout seconds:',
      [`${server} server-inactivity-timeout 90`],
      { 'server-inactivity-timeout': '90s' },
    ],
    [
      'test-inactivity-timeout seconds:',
      [`${server} test-inactivity-timeout 900`],
      { 'reflector-inactivity-timeout': 15 },
    ],
    ['sla-twamp-server', ['set service sla twamp-server'], { port: 862 }],
    ['sla-twamp-server with a port:', ['set service sla twamp-server port 8620'], { port: 8620 }],
  ])(
    '[004/client-list, 004/dscp-value, 004/maximum-connections, 004/maximum-sessions-per-connection, 004/mode, 004/port, 004/server-inactivity-timeout, 004/test-inactivity-timeout, 004/user, 004/sla-twamp-server] %s: %s is in force',
    async (_, lines, statements) => {
      expect(running(await committed(...lines))).toMatchObject(statements);
    },
  );

  test('[004/user] the password is what clients are asked for, and is never shown', async () => {
    const test = await committed(`${server} user bob password hush`, `${server} mode authenticated`);
    const shell = await openShell(test, { className: 'system' });
    const shown = await runAll(shell, 'show configuration service twamp server user');
    expect(shown).toContain('key-id bob {');
    expect(shown).toContain('/* SECRET-DATA */');
    expect(test.router.configuration.archive.get(0)!.text).not.toContain('hush');
  });

  test('a keyed mode without a user does not commit', async () => {
    const test = await startRouter();
    const shell = await openShell(test);
    await runAll(shell, 'configure', `${server} mode no-unauthenticated`);
    const { outcome } = await test.time.until(run(shell, 'commit'));
    expect(outcome).toMatchObject({
      status: 'failed',
      text: expect.stringContaining('needs a key') as string,
    });
  });

  test('the last mode is not taken away', async () => {
    const test = await startRouter();
    const shell = await openShell(test);
    await runAll(shell, 'configure', `${server} mode mixed`);
    const { outcome } = await run(shell, `${server} mode no-mixed`);
    const text = "ERROR: At least one value of 'services rpm twamp server authentication-mode' must be left.";
    expect(outcome).toMatchObject({ status: 'failed', text });
  });

  test.each([
    ['server-inactivity-timeout', '1801', '1..1800'],
    ['test-inactivity-timeout', '0', '1..1800'],
    ['maximum-connections', '1001', '1..1000'],
    ['maximum-sessions-per-connection', '1025', '1..1024'],
    ['dscp-value', '64', '0..63'],
    ['port', '0', '1..65535'],
  ])('%s %s is refused with its range', async (word, value, range) => {
    const shell = await openShell(await startRouter());
    await runAll(shell, 'configure');
    const { outcome } = await run(shell, `${server} ${word} ${value}`);
    expect(outcome).toMatchObject({ status: 'failed', text: expect.stringContaining(range) as string });
  });
});

describe('DNOS', () => {
  test('its configuration is typed and pasted level by level', async () => {
    const test = await committed(
      ...[
        'services',
        'twamp',
        'admin-state enabled',
        'timers',
        'server-timeout 600',
        'session-timeout 90',
        '!',
      ],
      ...['vrf default', 'client-list 1.2.3.0/24, 1.2.4.0/24', 'client-list type allow', '!', '!', '!'],
    );
    expect(running(test)).toMatchObject({
      'server-inactivity-timeout': 10,
      'reflector-inactivity-timeout': '90s',
    });
    expect([...running(test)!['client-list'].get('vrf-default')!.address.keys()]).toEqual([
      '1.2.3.0/24',
      '1.2.4.0/24',
    ]);
    const shell = await openShell(test, { className: 'viewer' });
    const shown = await runAll(shell, 'show services twamp');
    expect(shown).toContain('  Session timeout: 90 seconds\n  Server timeout: 600 seconds\n');
    expect(shown).toContain('Client list type: allow');
  });

  test('networks are denied unless the list says otherwise, and a list that allows nobody is told', async () => {
    const test = await startRouter();
    const told: string[] = [];
    const shell = await openShell(test, {
      contact: {
        ask: () => Promise.resolve(undefined),
        tell: (line) => void told.push(line),
        announce: () => undefined,
        progress: () => undefined,
        watch: () => Promise.resolve(false),
      },
    });
    await runAll(shell, 'configure', 'services twamp vrf default client-list 1.2.3.0/24');
    await test.time.until(run(shell, 'commit'));
    expect(running(test)!['client-list'].get('vrf-default')!.type).toBe('deny');
    expect(told).toEqual([
      'Warning: services rpm twamp server client-list: No client list allows anybody: no client may connect.',
    ]);
  });

  test('admin-state disabled ends the server, and what the rest says stays', async () => {
    const test = await committed('services twamp session-timeout 60');
    expect([...test.router.engine.ports]).toEqual([['default', 862]]);
    const shell = await openShell(test);
    await runAll(shell, 'configure', 'services twamp admin-state disabled');
    const { text } = await test.time.until(run(shell, 'commit'));
    expect(text).toContain('Commit succeeded');
    expect([...test.router.engine.ports]).toEqual([]);
    expect(await runAll(shell, 'run show services twamp')).toContain('Admin-state: Disabled');
    expect(await runAll(shell, 'show | display set')).toContain('reflector-inactivity-timeout 1\n');
  });

  test('every level is entered by its word, and left by exit, !, up, top and end', async () => {
    const shell = await openShell(await startRouter());
    const typed: readonly (readonly [line: string, levels: string])[] = [
      ['configure', '(cfg)'],
      ['services', '(cfg-srv)'],
      ['twamp', '(cfg-srv-twamp)'],
      ['timers', '(cfg-srv-twamp-timers)'],
      ['!', '(cfg-srv-twamp)'],
      ['vrf blue', '(cfg-srv-twamp-vrf)'],
      ['exit', '(cfg-srv-twamp)'],
      ['up', '(cfg-srv)'],
      ['rpm', '(cfg-srv-rpm)'],
      ['twamp server', '(cfg-srv-rpm-twamp-server)'],
      ['up 2', '(cfg-srv-rpm)'],
      ['top', '(cfg)'],
      ['rollback', '(cfg)'],
      ['services twamp', '(cfg-srv-twamp)'],
      ['end', ''],
    ];
    for (const [line, levels] of typed) {
      await runAll(shell, line);
      expect(shell.login.prompt).toBe(`dnRouter${levels}# `);
    }
  });

  test('quit leaves the CLI from any level, exit a level at a time', async () => {
    const shell = await openShell(await startRouter());
    await runAll(shell, 'configure', 'services', 'exit', 'exit');
    expect(shell.login.left).toBe(false);
    await runAll(shell, 'configure', 'services', 'rpm', 'quit');
    expect(shell.login.left).toBe(true);
  });

  test('a container that is entered is not made, an entry is', async () => {
    const shell = await openShell(await startRouter());
    await runAll(shell, 'configure', 'services twamp', 'top', 'services rpm twamp server light', 'top');
    expect(await runAll(shell, 'show')).toBe('');
    await runAll(shell, 'services twamp vrf default');
    expect(await runAll(shell, 'show | display set')).toBe(
      'set services rpm twamp server routing-instance-list default\n',
    );
  });

  test('canonical paths are said without a verb as well, and taken back with no', async () => {
    const shell = await openShell(await startRouter());
    await runAll(shell, 'configure', 'services rpm twamp server port 863', 'system host-name edge');
    expect(await runAll(shell, 'show | display set')).toBe(
      'set system host-name edge\nset services rpm twamp server port 863\n',
    );
    await runAll(shell, 'no services rpm twamp server port', 'no system');
    expect(await runAll(shell, 'show | display set')).toBe('set services rpm twamp server\n');
    const { outcome } = await run(shell, 'no services rpm twamp server port');
    expect(outcome.status).toBe('failed');
  });

  test('a level shows what its lines have said, wherever that stands', async () => {
    const shell = await openShell(await startRouter());
    const lines = [
      'configure',
      'services twamp',
      'vrf blue client-list 1.2.3.0/24',
      'vrf red',
      'client-list type allow',
    ];
    await runAll(shell, ...lines);
    expect(await runAll(shell, 'show | display set')).toBe(
      'set services rpm twamp server routing-instance-list red\n' +
        'set services rpm twamp server client-list vrf-red type allow\n',
    );
    expect(await runAll(shell, 'exit')).toBe('');
    expect(await runAll(shell, 'show vrf blue client-list | count')).toContain('6');
  });

  test('who may not change a statement has no bare path to it', async () => {
    const shell = await openShell(await startRouter(), { className: 'system' });
    await runAll(shell, 'configure');
    expect((await run(shell, 'services twamp admin-state disabled')).outcome.status).toBe('failed');
    expect((await run(shell, 'set service twamp server port 1')).outcome.status).toBe('failed');
    expect((await run(shell, 'edit services twamp')).outcome.status).toBe('done');
  });
});

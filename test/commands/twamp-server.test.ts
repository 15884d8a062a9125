/** The Server's shows and clears: vendors' samples to the byte, and a router in the midst of a measurement. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { serverText } from '../../src/commands/twamp-server.ts';
import { overviewText } from '../../src/commands/twamp-services.ts';
import type { ConnectionStatus } from '../../src/engine/server-status.ts';
import { NO_FIGURES } from '../../src/engine/figures.ts';
import { openShell, ROUTER_ADDRESS, run, runAll, startRouter, type TestRouter } from '../support/router.ts';
import { schemaErrors } from '../support/schema.ts';
import { networks, serverConfiguration, twpingRequest } from '../support/virtual-router.ts';

const vector = (name: string): string => readFileSync(join(import.meta.dirname, '../vectors', name), 'utf8');

/** A router that measures against itself with two sessions, in the middle of it. */
async function measuringRouter(): Promise<TestRouter> {
  const test = await startRouter();
  const shell = await openShell(test);
  const address = 'set services rpm twamp server client-list all address 0.0.0.0/0';
  await runAll(shell, 'configure', address, 'commit');
  const request = twpingRequest({ host: ROUTER_ADDRESS, count: 100, intervalNanos: 100e6, sessionCount: 2 });
  const measuring = test.router.engine.twping(request, { signal: new AbortController().signal });
  onTestFinished(async () => {
    await test.time.until(measuring.catch(() => undefined));
  });
  await test.time.pass(2e9);
  return test;
}

async function type(test: TestRouter, ...lines: string[]): Promise<string> {
  return runAll(await openShell(test), ...lines);
}

describe('show services rpm twamp server', () => {
  it('draws the rows of a real router to the byte', () => {
    const rows = [
      [9, '12.1.2.50', 51_214, '11.2.1.1', 900, 10_008],
      [10, '12.2.2.50', 54_091, '11.1.1.1', 901, 10_009],
      [11, '12.3.2.50', 61_419, '11.3.1.1', 902, 10_010],
    ] as const;
    const connections = rows.map(
      ([id, client, clientPort, server, serverPort, dataPort]): ConnectionStatus => {
        const session = {
          sessionId: id,
          sid: '00',
          sender: { address: client, port: dataPort },
          reflector: { address: server, port: dataPort },
          active: true,
          startWallNanos: undefined,
          request: { paddingOctets: 0, timeoutNanos: 0, dscp: 0 },
          figures: NO_FIGURES,
        };
        return {
          connectionId: id,
          vrf: 'default',
          client: { address: client, port: clientPort },
          server: { address: server, port: serverPort },
          mode: 'unauthenticated',
          sessions: [session],
        };
      },
    );
    const sessions = connections.map((connection) => ({ connection, session: connection.sessions[0]! }));
    const [, ...sample] = vector('junos/show-services-rpm-twamp-server.txt').split('\n');
    expect([...serverText({ connections, sessions })].join('')).toBe(sample.join('\n'));
  });

  it('shows connections, sessions, or both, and one by its id', async () => {
    const test = await measuringRouter();
    const show = 'show services rpm twamp server';
    const [connections, sessions] = [
      await type(test, `${show} connection`),
      await type(test, `${show} session`),
    ];
    expect(await type(test, show)).toBe(connections + sessions);
    expect(connections).toMatch(/\n +1 {2}192\.0\.2\.1 +\d+ {2}192\.0\.2\.1 +862 +2 {2}Unauthenticated\n$/);
    expect(await type(test, `${show} connection all`)).toBe(connections);
    expect(await type(test, `${show} connection 1`)).toBe(connections);
    expect((await type(test, `${show} connection 7`)).split('\n')).toHaveLength(3);
    expect((await type(test, `${show} session 3`)).split('\n')[2]).toMatch(
      /^ {6}3 {11}1 .* Active {5}Unauth/,
    );
  });

  it.each(['', ' connection', ' session all'])('gives data that fit the schema: server%s', async (form) => {
    const text = await type(await measuringRouter(), `show services rpm twamp server${form} | display json`);
    expect(schemaErrors('show-services-rpm-twamp-server', text)).toBeUndefined();
  });

  it('counts in its data what was reflected', async () => {
    const text = await type(
      await measuringRouter(),
      'show services rpm twamp server session 1 | display json',
    );
    const [session] = JSON.parse(text)['twamp-server-information'].server.session;
    expect(session['packet-statistics']['test-packets-received']).toBeGreaterThan(10);
  });

  it('is for those with the privilege view', async () => {
    const test = await startRouter();
    const viewer = await run(
      await openShell(test, { className: 'viewer' }),
      'show services rpm twamp server',
    );
    expect(viewer.outcome).toMatchObject({ status: 'failed', text: "ERROR: Unknown word: 'rpm'." });
    const reader = await run(
      await openShell(test, { className: 'read-only' }),
      'show services rpm twamp server',
    );
    expect(reader.outcome.status).toBe('done');
  });
});

describe('show services twamp', () => {
  const configuration = serverConfiguration({
    'maximum-connections': 1000,
    'maximum-sessions': 1000,
    'sender-port-range': '10000-20000',
    'client-list': new Map([['networks', { type: 'deny', address: networks('1.2.3.0/24', '1.2.4.0/24') }]]),
  });
  const status = {
    configuration,
    ports: new Map([['default', 862]]),
    connections: [],
    halfOpen: 0,
    refusals: new Map(),
    clients: [],
  };

  it('draws the samples of DNOS to the byte', () => {
    const sample = vector('dnos/show-services-twamp.txt').split('\n');
    const second = sample.indexOf('dnRouter# show services twamp vrf MyVrf_1');
    const everywhere = networks('1.2.3.0/24', '1.2.4.0/24');
    const address = new Map([...everywhere, ['2001:608::/32', { 'routing-instance': ['MyVrf_1'] }]]);
    const configured = {
      ...configuration,
      'routing-instance-list': new Map([
        ['default', { 'source-interface': 'lo1' }],
        ['MyVrf_1', { 'source-interface': 'lo2' }],
      ]),
      'client-list': new Map([['networks', { type: 'deny' as const, address }]]),
    };
    const drawn = (...vrfs: string[]): string => {
      const ports = new Map(vrfs.map((vrf) => [vrf, 862]));
      const overview = { status: { ...status, ports, configuration: configured }, vrfs, detail: false };
      return [...overviewText(overview)].join('');
    };
    expect(drawn('default', 'MyVrf_1')).toBe(sample.slice(1, second - 1).join('\n') + '\n');
    expect(drawn('MyVrf_1').trimEnd()).toBe(
      sample
        .slice(second + 1)
        .join('\n')
        .trimEnd(),
    );
  });

  it('says that any port may send where none is told', () => {
    const { 'sender-port-range': told, ...any } = configuration;
    expect(told).toBeDefined();
    const text = [
      ...overviewText({ status: { ...status, configuration: any }, vrfs: [], detail: false }),
    ].join('');
    expect(text).toContain('  Data source port range: 10000-20000\n  Data destination port range: any\n');
  });

  it('names the port of a VRF that is served on another, and no timeout where there is none', () => {
    const never = { ...configuration, 'server-inactivity-timeout': 0 };
    const ports = new Map([['red', 900]]);
    const overview = { status: { ...status, ports, configuration: never }, vrfs: ['red'], detail: false };
    const text = [...overviewText(overview)].join('');
    expect(text).toContain('VRF: red\n\tControl source port: 900\n\tClient List\n');
    expect(text).toContain('  Server timeout: disabled\n');
  });

  it('says that the server is disabled where there is none', async () => {
    const test = await startRouter();
    expect(await type(test, 'show services twamp')).toBe('\nTWAMP Admin-state: Disabled\n\n');
    const text = await type(test, 'show services twamp | display json');
    expect(schemaErrors('show-services-twamp', text)).toBeUndefined();
  });

  it('shows in detail what was accepted and refused, and each client', async () => {
    const test = await measuringRouter();
    const text = await type(test, 'show services twamp detail');
    expect(text).toContain(
      'Connections\n  Established: 1\n  Half-open: 0\n\nSessions\n  Established: 2\n  Active: 2\n',
    );
    expect(text).toMatch(
      /\| 192\.0\.2\.1 \| 1 +\| 1 +\| 0 +\| 2 +\| 2 +\| 0 +\| [1-9]\d+ +\| [1-9]\d+ +\|\n\n$/,
    );
    const data = await type(test, 'show services twamp | display json');
    expect(schemaErrors('show-services-twamp', data)).toBeUndefined();
  });

  it('shows the VRF asked for, and refuses one that is not served', async () => {
    const test = await measuringRouter();
    expect(await type(test, 'show services twamp vrf default')).toContain('\nVRF: default\n');
    const { outcome } = await run(await openShell(test), 'show services twamp vrf red');
    expect(outcome).toMatchObject({ status: 'failed', text: expect.stringContaining("instance 'red'") });
  });
});

describe('show service twamp server', () => {
  it('says where the server runs, and that it does not', async () => {
    const idle = await startRouter();
    expect(await type(idle, 'show service twamp server status')).toBe(
      'TWAMP is not configured in the default routing instance\n',
    );
    const data = await type(idle, 'show service twamp server status | display json');
    expect(schemaErrors('show-service-twamp-server-status', data)).toBeUndefined();
    expect(JSON.parse(data)).toEqual({ 'routing-instance': 'default', status: 'inactive' });
    expect(await type(await measuringRouter(), 'show service twamp server status')).toBe(
      'TWAMP Server is configured and is running in the default routing instance\n',
    );
  });

  it('lists the sessions of each connection', async () => {
    const test = await measuringRouter();
    const text = await type(test, 'show service twamp server session all');
    const row = String.raw`\t[0-9a-f]{32} {4}\[192.0.2.1\]:\d{5} {4}\[192.0.2.1\]:\d{5} {4}ACTIVE {6}0 {7}no {6}`;
    expect(text).toMatch(
      new RegExp(
        [
          '^Total number of sessions: 2',
          'Total number of active sessions: 2',
          '',
          '',
          String.raw`--> Control Session initiated by \[192.0.2.1\]:\d+ in Open mode`,
          '',
          '\tSession ID {26}Sender {15}Reflector {12}Status {6}DSCP {4}Offload ',
          row,
          row,
          '<--',
          '\n\n$',
        ].join('\n'),
      ),
    );
    const client = await type(test, 'show service twamp server session client 192.0.2.1');
    expect(client).toMatch(/^Total connections: {7}2\nTotal active test sessions: {4}2\n/);
    expect(await type(test, 'show service twamp server session client 192.0.2.9')).toMatch(
      /connections: {7}0\n/,
    );
    expect(await type(test, 'show service twamp server session summary')).toMatch(
      /^Total connected clients: {7}1\n[^]*\n\n\nClient 0: Initiated by \[192\.0\.2\.1\]:\d+ in Open mode\n\tActive sessions: 2\n\tInactive sessions: 0\n\n\n$/,
    );
    const data = await type(test, 'show service twamp server session all | display json');
    expect(schemaErrors('show-service-twamp-server-session', data)).toBeUndefined();
  });

  it('says so where there is no session', async () => {
    const test = await startRouter();
    await type(test, 'configure', 'set services rpm twamp server port 862', 'commit');
    expect(await type(test, 'show service twamp server session all')).toBe(
      'No active TWAMP sessions in the default routing instance\n',
    );
  });
});

describe('clear', () => {
  it('twamp session ends a control session of the server, as on DNOS', async () => {
    const test = await measuringRouter();
    expect(await type(test, 'clear twamp session 1')).toBe(
      'TWAMP control session 1 was successfully terminated\n',
    );
    expect(await type(test, 'show services rpm twamp server session')).not.toContain('Active');
    const { outcome } = await run(await openShell(test), 'clear twamp session 1');
    expect(outcome).toMatchObject({
      status: 'failed',
      text: expect.stringContaining('no control connection 1'),
    });
    expect(await type(test, 'show services twamp sessions history detail')).toContain('Reason: cleared');
  });

  it('twamp session ends all of them, below an empty line', async () => {
    const test = await measuringRouter();
    expect(await type(test, 'clear twamp session')).toBe(
      '\nTWAMP control session 1 was successfully terminated\n',
    );
    expect(await type(test, 'clear twamp session')).toBe('');
  });

  it('services rpm twamp server connection ends them without a word', async () => {
    const test = await measuringRouter();
    expect(await type(test, 'clear services rpm twamp server connection 1')).toBe('');
    expect(test.router.engine.server.connections).toEqual([]);
  });

  /** Packets received, by session id of the Server's sessions. */
  const received = ({ router }: TestRouter): number[] =>
    router.engine.server.connections.flatMap(({ sessions }) =>
      sessions.map(({ figures }) => figures.received),
    );

  it('[000/counters-reset] twamp statistics lets the counters of one session count from 0, while it runs', async () => {
    const test = await measuringRouter();
    await type(test, 'clear twamp statistics control 1 data 1');
    expect(received(test)).toEqual([0, expect.any(Number)]);
    expect(received(test)[1]).toBeGreaterThan(10);
    await test.time.pass(1e9);
    expect(received(test)[0]).toBe(10);
    const rows = await type(test, 'show services twamp sessions connection-id 1 session-id 1');
    expect(rows).toMatch(/\| 10 +\| 10 +\|/);
  });

  it('twamp statistics of a control connection leaves its sessions; of everything leaves nothing', async () => {
    const test = await measuringRouter();
    await type(test, 'clear twamp statistics control 1');
    expect(Math.min(...received(test))).toBeGreaterThan(10);
    expect(await type(test, 'show services twamp sessions connection-id 1 type control')).toMatch(
      /\| 0 +\| 0 +\|/,
    );
    await type(test, 'clear twamp statistics');
    expect(received(test)).toEqual([0, 0]);
    expect(test.router.engine.server.clients[0]).toMatchObject({ connections: 1, connectionsAccepted: 0 });
  });

  it('twamp statistics refuses what is not there, and everybody without the privilege clear', async () => {
    const test = await startRouter();
    const { outcome } = await run(await openShell(test), 'clear twamp statistics control 5 data 9');
    expect(outcome).toMatchObject({ status: 'failed', text: expect.stringContaining('TWAMP session 9') });
    const reader = await run(await openShell(test, { className: 'read-only' }), 'clear twamp statistics');
    expect(reader.outcome).toMatchObject({ status: 'failed', text: "ERROR: Unknown word: 'clear'." });
  });
});

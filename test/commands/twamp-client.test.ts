/** `show services rpm twamp client …`: its layouts and data; `request services rpm twamp start|stop client`. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import { beforeEach, describe, expect, test } from 'vitest';
import type { Shell } from '../../src/shell/shell.ts';
import { openShell, ROUTER_ADDRESS, run, runAll, startRouter, type TestRouter } from '../support/router.ts';

const SECOND = 1e9;
const CLIENT = 'services rpm twamp client control-connection';

let router: TestRouter;
let shell: Shell;

/** c1 with the session t1, to the router itself. */
beforeEach(async () => {
  router = await startRouter();
  shell = await openShell(router);
  await runAll(
    shell,
    'configure',
    'set services rpm twamp server client-list all address 0.0.0.0/0',
    `set ${CLIENT} c1 target-address ${ROUTER_ADDRESS} moving-average-size 2 persistent-results`,
    `set ${CLIENT} c1 test-session t1 probe-count 3`,
    `set ${CLIENT} c1 test-session t1 thresholds rtt 100`,
    `set ${CLIENT} c1 test-session t1 traps rtt-exceeded`,
    'commit',
    'exit',
  );
});

const shown = (words: string): Promise<string> => runAll(shell, `show services rpm twamp client ${words}`);

async function dataOf(words: string, schema: string): Promise<unknown> {
  const data: unknown = JSON.parse(await shown(`${words} | display json`));
  const file = join(import.meta.dirname, `../../docs/schema/show-services-rpm-twamp-client${schema}.json`);
  const validate = new Ajv({ allErrors: true }).compile(JSON.parse(readFileSync(file, 'utf8')));
  expect(validate(data), JSON.stringify(validate.errors)).toBe(true);
  return data;
}

describe('the tables', () => {
  test('are those of Junos', async () => {
    await router.time.pass(1.5 * SECOND);
    const text = await shown('');
    const [titles, , row, sessionTitles, , sessionRow] = text.split('\n');
    expect(text.split('\n').slice(0, 2)).toEqual([
      'Connection      Client           Client  Server           Server   Session  Auth',
      'name            address          port    address          port     count    mode',
    ]);
    expect(row).toMatch(/^c1 {14}192\.0\.2\.1 {9}\d{5} {2}192\.0\.2\.1 {11}862 {9}1 {2}Unauthenticated$/);
    expect(row!.indexOf('Unauth')).toBe(titles!.indexOf('Auth'));
    expect(sessionTitles).toBe(
      'Connection      Session         Sender           Sender Reflector      Reflector',
    );
    expect(sessionRow).toMatch(/^c1 {14}t1 {14}192\.0\.2\.1 {9}\d{5} 192\.0\.2\.1 {9}\d{5}$/);
    expect(await shown('connection c1')).toBe(text.split('\n').slice(0, 3).join('\n') + '\n');
    expect(await shown('session test-session t1')).toBe(text.split('\n').slice(3).join('\n'));
    await dataOf('', '');
    expect(await dataOf('connection', '')).toMatchObject({
      'twamp-client-information': { 'client-connection': [{ 'server-status': 'connected' }] },
    });
  });

  test('list the sessions of the last iteration only with persistent-results', async () => {
    const rows = async () => (await shown('session')).split('\n').length - 3;
    // The first test is over, the second has not begun.
    await router.time.pass(3 * SECOND);
    expect(await rows()).toBe(1);
    await runAll(shell, 'configure', `delete ${CLIENT} c1 persistent-results`, 'commit', 'exit');
    await router.time.pass(3.2 * SECOND);
    expect(await rows()).toBe(0);
  });
});

describe('results', () => {
  test('are drawn in the blocks of Junos', async () => {
    await router.time.pass(6.2 * SECOND);
    const text = await shown('probe-results control-connection c1');
    expect(text.replace(/port: \d{5}/g, 'port: P')).toBe(await blockOf());
    const data = await dataOf('probe-results', '-probe-results');
    expect(data).toMatchObject({
      'probe-results': {
        'probe-test-results': [
          {
            owner: 'c1',
            'test-name': 't1',
            'probe-single-results': { rtt: 2000, egress: 1000, ingress: 1000, 'egress-jitter': 0 },
            'traps-sent': { 'rtt-exceeded': 6 },
          },
        ],
      },
    });
  });

  /** All probes take 2 ms, so that every figure can be told. */
  function blockOf(): Promise<string> {
    const figures = (scope: string, probes: number): string => {
      const delay = (name: string, usec: number) =>
        `      Measurement: ${name}\n        Samples: ${probes}, Minimum: ${usec} usec, Maximum: ${usec} usec, ` +
        `Average: ${usec} usec, Peak to peak: 0 usec, Stddev: 0 usec, Sum: ${probes * usec} usec\n`;
      return (
        `    Results over ${scope}:\n` +
        `      Probes sent: ${probes}, Probes received: ${probes}, Loss percentage: 0.00000\n` +
        delay('Round trip time', 2000) +
        delay('Egress delay', 1000) +
        delay('Ingress delay', 1000)
      );
    };
    return Promise.resolve(
      '    Owner: c1, Test: t1\n' +
        '    Target address: 192.0.2.1\n' +
        '    Server address: 192.0.2.1, Server port: 862, Client address: 192.0.2.1, Client port: P\n' +
        '    TWAMP-Server-Status: Connected, Number-Of-Retries-With-TWAMP-Server: 0\n' +
        '    Reflector address: 192.0.2.1, Reflector port: P, Sender address: 192.0.2.1, Sender port: P\n' +
        '    Routing instance name: default\n' +
        '    Test size: 3 probes\n' +
        '    Traps sent, rtt-exceeded: 6\n' +
        '    Probe results:\n' +
        '      Response received, Sun Nov 22 08:19:29 2026\n' +
        '      Rtt: 2000 usec, Egress time: 1000 usec, Ingress time: 1000 usec\n' +
        '      Egress jitter: 0 usec, Ingress jitter: 0 usec, Round trip jitter: 0 usec\n' +
        '      Egress interarrival jitter: 0 usec, Ingress interarrival jitter: 0 usec, Round trip interarrival jitter: 0 usec\n' +
        figures('current test', 3) +
        figures('last test', 3) +
        figures('moving average', 2) +
        figures('all tests', 6),
    );
  }

  test('of history are those since a time, lost ones among them', async () => {
    router.network.weather = { delayNanos: 1e6, loss: 1 };
    await router.time.pass(4 * SECOND);
    router.network.weather = { delayNanos: 1e6, loss: 0 };
    await router.time.pass(4 * SECOND);
    const lines = (await shown('history-results')).split('\n');
    expect(lines[0]).toBe('    Owner, Test                     Probe received              Round trip time');
    expect(lines[1]).toMatch(/^ {4}c1, t1 {26}Sun Nov 22 \d\d:\d\d:\d\d 2026 {4}Request timed out$/);
    expect(lines.at(-2)).toMatch(/2000 usec$/);
    expect((await shown('history-results since 2026-11-23.00:00:00')).split('\n')).toHaveLength(2);
    expect(await shown('history-results since 2026-11-22.08:00:00')).toBe(lines.join('\n'));
    expect(await shown('history-results detail')).toContain('      Request timed out, Sun Nov 22');
    await dataOf('history-results', '-history-results');
  });
});

test('events tell of traps, and of the connection that was lost', async () => {
  await router.time.pass(2 * SECOND);
  router.network.cutStreams();
  await router.time.pass(3 * SECOND);
  const lines = (await shown('events')).split('\n');
  expect(lines[0]).toBe('22-Nov-2026 08:19:25 UTC  c1 t1  rtt-exceeded: 2000 usec, threshold 100 usec');
  expect(lines).toContainEqual(
    expect.stringMatching(/c1 {2}connection-lost: 0 probes lost, connection-closed$/),
  );
  expect(lines).toContainEqual(expect.stringMatching(/c1 {2}connection-restored: after 0 attempts in vain$/));
  expect(await shown('events test-session t2')).toBe('');
  await dataOf('events', '-events');
});

test('stop and start print nothing, and do what they say', async () => {
  await router.time.pass(2 * SECOND);
  expect(await runAll(shell, 'request services rpm twamp stop client c1')).toBe('');
  await router.time.pass(2 * SECOND);
  expect(await shown('probe-results')).toContain('TWAMP-Server-Status: Stopped');
  expect(await shown('connection')).toMatch(/\nc1 {14}- {21}- {2}192\.0\.2\.1 /);
  expect(await runAll(shell, 'request services rpm twamp start client')).toBe('');
  await router.time.pass(2 * SECOND);
  expect(await shown('probe-results')).toContain('TWAMP-Server-Status: Connected');
});

test.each([
  ['show services rpm twamp client connection c9', 'ERROR: Control-connection c9 does not exist'],
  [
    'show services rpm twamp client session control-connection c9',
    'ERROR: Control-connection c9 does not exist',
  ],
  ['show services rpm twamp client probe-results test-session t9', 'ERROR: Test-session t9 does not exist'],
  ['request services rpm twamp stop client c9', 'ERROR: Control-connection c9 does not exist'],
])('%s', async (line, text) => {
  expect((await run(shell, line)).outcome).toEqual({ status: 'failed', text });
});

test('are for those who may see them: a viewer may not, and read-only may not start', async () => {
  const viewer = await openShell(router, { className: 'viewer' });
  const reader = await openShell(router, { className: 'read-only' });
  expect((await run(viewer, 'show services rpm twamp client')).outcome.status).toBe('failed');
  expect((await run(reader, 'show services rpm twamp client')).outcome.status).toBe('done');
  expect((await run(reader, 'request services rpm twamp start client')).outcome.status).toBe('failed');
});

test('a commit says what is wrong, in the words of the vendor where it has some', async () => {
  await runAll(shell, 'configure', `set ${CLIENT} c1 test-session t1 destination-port 900`);
  const { outcome } = await run(shell, 'commit');
  expect(outcome).toMatchObject({
    status: 'failed',
    text: expect.stringContaining('destination-port requires light control-type') as string,
  });
});

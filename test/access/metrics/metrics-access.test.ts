/** The metrics endpoint: what a scrape reads of a router that has measured, what is refused, and commits that move it. */
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import { exposition } from '../../../src/access/metrics/exposition.ts';
import { METRICS_CONNECTIONS_MAX, MetricsAccess } from '../../../src/access/metrics/metrics-access.ts';
import { metrics } from '../../../src/access/metrics/metrics-table.ts';
import { NANOS_PER_SECOND } from '../../../src/clock.ts';
import { describeFinding } from '../../../src/commands/messages.ts';
import { effective } from '../../../src/config/effective.ts';
import type { Configuration } from '../../../src/config/configuration.ts';
import { treeOf } from '../../support/configuration.ts';
import { freePort } from '../../support/free-port.ts';
import { grammars, openShell, ROUTER_ADDRESS, run, runAll, startRouter } from '../../support/router.ts';

const configure = (...lines: readonly string[]): Configuration => effective(grammars.schema, treeOf(lines));

const onPort = (port: number, ...lines: readonly string[]): Configuration =>
  configure(`system services metrics port ${port}`, ...lines);

function open(expose = () => Promise.resolve({ contentType: 'text/plain', text: 'up 1\n' })) {
  const reports: unknown[] = [];
  const access = new MetricsAccess({ expose, report: (error) => void reports.push(error) });
  onTestFinished(() => access.close());
  return { access, reports };
}

const scrape = (port: number, path = '/metrics', init: RequestInit = {}): Promise<Response> =>
  fetch(`http://127.0.0.1:${port}${path}`, init);

/** Samples of the text format, by name and labels as they are written. */
function samplesOf(text: string): ReadonlyMap<string, number> {
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(
    lines.map((line) => {
      const [, name = '', value] = /^(.*) (\S+)$/.exec(line) ?? [];
      return [name, Number(value)];
    }),
  );
}

test('a router that has measured says so, metric by metric', async () => {
  const started = await startRouter();
  const { router, time, network } = started;
  const shell = await openShell(started);
  await runAll(
    shell,
    'configure',
    'set services rpm twamp server client-list all address 0.0.0.0/0',
    'set services simple-twamp session-reflector client-list all address 0.0.0.0/0',
    'set services simple-twamp session-reflector reflector-port 8862',
    `set services rpm twamp client control-connection lab target-address ${ROUTER_ADDRESS}`,
    'set services rpm twamp client control-connection lab test-count 1',
    `set services rpm twamp client control-connection lab test-session near target-address address ${ROUTER_ADDRESS}`,
    'set services rpm twamp client control-connection lab test-session near probe-count 3',
    'set services rpm twamp client control-connection lab test-session near traps test-completion',
  );
  await time.until(run(shell, 'commit and-quit'));
  await time.pass(10 * NANOS_PER_SECOND);
  await time.until(run(shell, `twping ${ROUTER_ADDRESS} count 20 interval 1s`));
  const sender = { address: '203.0.113.9', port: 40_000 };
  for (let sequence = 0; sequence < 5; sequence += 1)
    network.sendPacket(sender, { address: '0.0.0.0', port: 8862 }, { sequence });
  await time.pass(NANOS_PER_SECOND);
  const { access } = open(() => exposition(router));
  const port = await freePort();
  await access.apply(onPort(port));
  const response = await scrape(port);
  expect(response.status).toBe(200);
  expect(response.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
  const text = await response.text();
  for (const { name, type, help } of metrics)
    expect(text).toContain(`# HELP ${name} ${help}\n# TYPE ${name} ${type}\n`);
  const samples = samplesOf(text);
  const client = `client="${ROUTER_ADDRESS}"`;
  const near = 'connection="lab",session="near"';
  expect(Object.fromEntries(samples)).toMatchObject({
    'dnrouter_info{version="1.2.3"}': 1,
    dnrouter_twamp_server_up: 1,
    [`dnrouter_twamp_server_connections_total{${client},result="accepted"}`]: 2,
    [`dnrouter_twamp_server_sessions_total{${client},result="accepted"}`]: 2,
    [`dnrouter_twamp_server_packets_total{${client},direction="received"}`]: 23,
    [`dnrouter_twamp_server_packets_total{${client},direction="sent"}`]: 23,
    'dnrouter_simple_twamp_packets_total{vrf="default",port="8862",direction="sent"}': 5,
    'dnrouter_simple_twamp_dropped_packets_total{vrf="default",port="8862",reason="loop"}': 0,
    'dnrouter_twamp_client_retries_total{connection="lab"}': 0,
    [`dnrouter_twamp_client_probes_total{${near}}`]: 3,
    [`dnrouter_twamp_client_lost_probes_total{${near}}`]: 0,
    [`dnrouter_twamp_client_traps_total{${near},trap="test-completion"}`]: 1,
    process_start_time_seconds: Number(router.startedNanos) / NANOS_PER_SECOND,
  });
  expect(samples.get(`dnrouter_twamp_client_round_trip_seconds_total{${near}}`)).toBeGreaterThan(0);
  expect(samples.get('process_resident_memory_bytes')).toBeGreaterThan(1e6);
});

test('names follow the conventions of Prometheus', () => {
  for (const { name, type, help, labels = [] } of metrics) {
    expect(name).toMatch(/^(dnrouter|process)(_[a-z]+)+$/);
    expect(name.endsWith('_total'), name).toBe(type === 'counter');
    expect(help).not.toBe('');
    for (const label of labels) expect(label).toMatch(/^[a-z_]+$/);
  }
  expect(new Set(metrics.map(({ name }) => name)).size).toBe(metrics.length);
});

describe('the endpoint', () => {
  test('answers one page, to who reads it', async () => {
    const { access } = open();
    const port = await freePort();
    await access.apply(onPort(port));
    expect((await scrape(port, '/')).status).toBe(404);
    const posted = await scrape(port, '/metrics', { method: 'POST', body: 'x' });
    expect([posted.status, posted.headers.get('allow')]).toEqual([405, 'GET, HEAD']);
    expect((await scrape(port, '/metrics?name=x', { method: 'HEAD' })).status).toBe(200);
    expect(await (await scrape(port)).text()).toBe('up 1\n');
  });

  test('is off until it is configured, and again afterwards', async () => {
    const { access } = open();
    const port = await freePort();
    await access.apply(configure());
    await expect(scrape(port)).rejects.toThrow();
    await access.apply(onPort(port));
    expect((await scrape(port)).status).toBe(200);
    await access.apply(configure());
    await expect(scrape(port)).rejects.toThrow();
  });

  test('listens where the commit says, and on this machine alone unless it says', async () => {
    const { access } = open();
    const port = await freePort();
    await access.apply(onPort(port, 'system services metrics listen-address 127.0.0.2'));
    await expect(scrape(port)).rejects.toThrow();
    expect((await fetch(`http://127.0.0.2:${port}/metrics`)).status).toBe(200);
    await access.apply(onPort(port));
    expect((await scrape(port)).status).toBe(200);
    await expect(fetch(`http://127.0.0.2:${port}/metrics`)).rejects.toThrow();
  });

  test('stays where it was when another program has the port', async () => {
    const { access } = open();
    const [port, taken] = [await freePort(), await freePort()];
    const other = createServer().listen(taken, '127.0.0.1');
    await once(other, 'listening');
    onTestFinished(() => void other.close());
    await access.apply(onPort(port));
    const refusal = await access.apply(onPort(taken)).catch((error: unknown) => error);
    const { finding } = refusal as { finding: Parameters<typeof describeFinding>[0] };
    expect(finding.path).toEqual(['system', 'services', 'metrics']);
    expect(describeFinding(finding)).toContain(`Port ${taken} is in use by another program on 127.0.0.1.`);
    expect((await scrape(port)).status).toBe(200);
  });

  test('that fails to read says so, and goes on', async () => {
    let fails = true;
    const { access, reports } = open(() =>
      fails
        ? Promise.reject(new Error('gone'))
        : Promise.resolve({ contentType: 'text/plain', text: 'up 1\n' }),
    );
    const port = await freePort();
    await access.apply(onPort(port));
    expect((await scrape(port)).status).toBe(500);
    expect(reports).toMatchObject([{ message: 'gone' }]);
    fails = false;
    expect((await scrape(port)).status).toBe(200);
  });

  test('holds so many connections, and no more', async () => {
    const { access } = open();
    const port = await freePort();
    await access.apply(onPort(port));
    const held = Array.from({ length: METRICS_CONNECTIONS_MAX }, () => connect(port, '127.0.0.1'));
    onTestFinished(() => held.forEach((socket) => void socket.destroy()));
    await Promise.all(held.map((socket) => once(socket, 'connect')));
    const beyond = connect(port, '127.0.0.1').on('error', () => undefined);
    await once(beyond, 'close');
    held[0]!.write('GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n');
    const [answer] = (await once(held[0]!, 'data')) as [Buffer];
    expect(answer.toString()).toMatch(/^HTTP\/1.1 200 /);
  });
});

/** `show services performance-monitoring endpoint-delay sessions`, and what DNOS' words configure for it. */
import { describe, expect, test } from 'vitest';
import { openShell, ROUTER_ADDRESS, run, runAll, startRouter, type TestRouter } from '../support/router.ts';

const SECOND = 1e9;
const stamp = 'services performance-monitoring simple-twamp session';
const client = 'services rpm twamp client control-connection';
const shows = 'show services performance-monitoring endpoint-delay sessions';

/** A router that measures to a reflector at its own address. */
async function measuring(...lines: string[]): Promise<TestRouter> {
  const router = await startRouter();
  for (const port of [862, 6000]) {
    const here = { address: ROUTER_ADDRESS, port };
    router.network.bindPackets(here, (from, packet) => {
      const { sequence } = packet as { readonly sequence: number };
      router.network.sendPacket(here, from, { ...(packet as object), reflectorSequence: sequence });
    });
  }
  await commit(router, `${stamp} t1 destination-address ${ROUTER_ADDRESS}`, ...lines);
  return router;
}

async function commit(router: TestRouter, ...lines: string[]): Promise<void> {
  const shell = await openShell(router);
  await runAll(shell, 'configure', ...lines.map((line) => `set ${line}`));
  const { outcome } = await router.time.until(run(shell, 'commit'));
  expect(outcome.status).toBe('done');
}

const shown = async (router: TestRouter, words = ''): Promise<string> =>
  runAll(await openShell(router, { className: 'viewer' }), shows + words);

describe('a session of DNOS', () => {
  test('is listed, and shown with the test that runs and the one before it', async () => {
    const router = await measuring(`${client} t1 test-session t1 probe-count 3 dscp-code-points cs6`);
    await router.time.pass(5.5 * SECOND);
    expect(await shown(router)).toContain(
      `| t1          | enabled  | default  | ${ROUTER_ADDRESS}     | ${ROUTER_ADDRESS}      | 0 days, 00:00:05 |\n`,
    );
    const whole = await shown(router, ' t1');
    expect(whole).toMatch(/Sender address: 192\.0\.2\.1, sender source port: 1\d{4}\n/);
    expect(whole).toContain('\tDSCP: 48 (CS6)\n\tVRF: default\n\tProbe-Count: 3\n\tProbe-Interval: 1sec\n');
    expect(whole).toContain('\tOverall test duration: 3sec\n');
    expect(whole).toContain('\t\tTest status: On-going\n\tPrevious tests:\n\t\tt1-');
    expect(whole).toContain('\t\tTest status: Completed successfully (No thresholds crossed)\n');
    expect(whole).toContain(
      '\t\tRound trip delay\n\t\t\tSamples: 3\n\t\t\tMinimum: 2000 usec, Maximum: 2000 usec, Average: 2000 usec\n',
    );
    expect(whole).toContain('\t\tJitter\n\t\t\tSamples: 2\n');
  });

  test('that is disabled is listed, and does not run until it is enabled', async () => {
    const router = await measuring(`${stamp} t1 admin-state disabled`);
    await router.time.pass(5 * SECOND);
    expect(await shown(router)).toMatch(/\| t1 +\| disabled \| default {2}\| +\| 192\.0\.2\.1 +\| +\|\n/);
    expect(await shown(router, ' t1')).toBe(
      `\nSender-Session: t1\n\tAdmin state: disabled\n\tSender address: N/A, sender source port: N/A\n` +
        `\tReflector address: ${ROUTER_ADDRESS}, reflector destination port: 862\n\n`,
    );
    await commit(router, `${stamp} t1 admin-state enabled`);
    await router.time.pass(5 * SECOND);
    expect(await shown(router, ' t1')).toContain('Probes received: 1 probes');
  });

  test('of a connection with another name, or several sessions, goes by both names', async () => {
    const router = await measuring(
      `${client} lab control-type light`,
      `${client} lab test-session gold target-address address ${ROUTER_ADDRESS}`,
      `${client} lab test-session gold destination-port 6000`,
    );
    await router.time.pass(3 * SECOND);
    expect(await shown(router)).toContain('Total displayed sessions: 2\n');
    expect(await shown(router, ' lab/gold')).toContain('reflector destination port: 6000');
    const { outcome } = await run(await openShell(router), `${shows} gold`);
    expect(outcome).toMatchObject({ text: expect.stringContaining('does not exist') as string });
  });

  test('crosses thresholds whether or not a trap tells of them', async () => {
    const router = await measuring(`${client} t1 test-session t1 thresholds rtt 2000`);
    await router.time.pass(4 * SECOND);
    expect(await shown(router, ' t1')).toContain('Completed (Thresholds crossed: rtt-exceeded)');
  });
});

describe('session-sender', () => {
  const sender = 'services simple-twamp session-sender';

  test('names the port of reflectors that no session names, and begins their tests anew', async () => {
    const router = await measuring(`${client} t1 test-session t1 probe-count 1000`);
    await router.time.pass(2 * SECOND);
    expect(await runAll(await openShell(router), 'show services simple-twamp')).toContain(
      '\nSimple-TWAMP Client:\n\tAdmin-state: enabled\n\tMode: Stateless, Unauthenticated\n' +
        '\tDestination port: 862\n\tSource ports range: 10000-20000\n',
    );
    await commit(router, `${sender} reflector-port 6000`);
    await router.time.pass(2 * SECOND);
    const live = [...router.router.engine.sessions({ type: 'data' }, 'live')];
    expect(live.map(({ remotePort }) => remotePort)).toEqual([6000]);
    expect(await shown(router, ' t1')).toContain('Test status: Stopped');
    expect(await runAll(await openShell(router), 'show services simple-twamp')).toContain(
      '\tDestination port: 6000\n',
    );
  });

  test('disabled stops every session without a control connection, and no other', async () => {
    const router = await measuring(
      'services rpm twamp server client-list all address 192.0.2.0/24',
      `${client} managed target-address ${ROUTER_ADDRESS}`,
      `${client} managed test-session t1 probe-count 1000`,
    );
    await router.time.pass(2 * SECOND);
    await commit(router, `${sender} admin-state disabled`);
    await router.time.pass(2 * SECOND);
    expect([...router.router.engine.rpmConnections.keys()]).toEqual(['managed']);
    expect(await shown(router)).toMatch(/\| t1 +\| disabled \|/);
    expect(await runAll(await openShell(router), 'show services simple-twamp')).toContain(
      '\nSimple-TWAMP Client:\n\tAdmin-state: disabled\n',
    );
    expect(router.router.engine.rpmConnections.get('managed')!.state).toBe('connected');
  });
});

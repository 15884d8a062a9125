/** `monitor services twamp sessions`: rates and delays between two readings, what fits, and who may. */
import { expect, onTestFinished, test } from 'vitest';
import type { Drawn, Watched } from '../../src/commands/command.ts';
import { openShell, ROUTER_ADDRESS, run, runAll, SilentContact, startRouter } from '../support/router.ts';
import type { TestRouter } from '../support/router.ts';
import { twpingRequest } from '../support/virtual-router.ts';

const COMMAND = 'monitor services twamp sessions';
const SECOND_NANOS = 1e9;
const { signal } = new AbortController();

/** At a terminal whose person has seen enough at once. */
class Onlooker extends SilentContact {
  watched: Watched | undefined;

  override watch(drawn?: Drawn): Promise<boolean> {
    this.watched = drawn as Watched;
    return Promise.resolve(true);
  }
}

async function monitorOf(router: TestRouter): Promise<Watched> {
  const contact = new Onlooker();
  await runAll(await openShell(router, { contact }), COMMAND);
  return contact.watched!;
}

/** A router that sends itself packets, `intervalNanos` apart in each session. */
async function measuringRouter(intervalNanos: number, sessionCount = 1): Promise<TestRouter> {
  const router = await startRouter();
  const allowed = `set services rpm twamp server client-list all address ${ROUTER_ADDRESS}/32`;
  await runAll(await openShell(router), 'configure', allowed, 'commit');
  const stop = new AbortController();
  const request = twpingRequest({ host: ROUTER_ADDRESS, count: 100_000, intervalNanos, sessionCount });
  const measuring = router.router.engine.twping(request, { signal: stop.signal });
  onTestFinished(async () => {
    stop.abort();
    await router.time.until(measuring);
  });
  await router.time.pass(2 * SECOND_NANOS);
  return router;
}

const screen = { columns: 120, rows: 40 };

/** The cells of the rows of sessions: role, rates and delay. */
function rowsOf(lines: readonly string[]): readonly (readonly string[])[] {
  const rows = lines.filter((line) => line.startsWith('| default')).map((line) => line.split('|'));
  return rows.map((cells) => [3, 6, 7, 8].map((column) => cells[column]!.trim()));
}

test('rates and delays are those between the last two readings', async () => {
  const router = await measuringRouter(SECOND_NANOS / 5);
  const monitor = await monitorOf(router);
  await monitor.sample(signal);
  expect(rowsOf(monitor.draw(screen))).toEqual([
    ['server', '', '', ''],
    ['client', '', '', ''],
  ]);
  await router.time.pass(2 * SECOND_NANOS);
  await monitor.sample(signal);
  expect(rowsOf(monitor.draw(screen))).toEqual([
    ['server', '5.0', '5.0', ''],
    ['client', '5.0', '5.0', '2.000'],
  ]);
});

test('counters that are cleared give no rate below 0', async () => {
  const router = await measuringRouter(SECOND_NANOS);
  const monitor = await monitorOf(router);
  await router.time.pass(5 * SECOND_NANOS);
  await monitor.sample(signal);
  await runAll(await openShell(router), 'clear twamp statistics');
  await router.time.pass(SECOND_NANOS);
  await monitor.sample(signal);
  expect(rowsOf(monitor.draw(screen)).map(([, received]) => received)).toEqual(['0.0', '0.0']);
});

test('a second without replies is a gap in the graph', async () => {
  const router = await measuringRouter(2 * SECOND_NANOS);
  const monitor = await monitorOf(router);
  for (let second = 0; second < 7; second++) {
    await monitor.sample(signal);
    await router.time.pass(SECOND_NANOS);
  }
  expect(monitor.draw(screen).find((line) => line.startsWith('    2.000'))).toMatch(/^ {4}2\.000┤ *(─ )+─?$/);
});

test('graphs are drawn where there is room, and sessions that do not fit are counted', async () => {
  const router = await measuringRouter(SECOND_NANOS / 2, 8);
  const monitor = await monitorOf(router);
  await monitor.sample(signal);
  await router.time.pass(SECOND_NANOS);
  await monitor.sample(signal);
  const graphsOn = (rows: number): number =>
    monitor.draw({ columns: 130, rows }).filter((line) => line.includes('round trip in ms')).length;
  expect([3, 17, 18, 35, 36, 84].map(graphsOn)).toEqual([0, 0, 1, 1, 2, 8]);
  for (let rows = 4; rows < 90; rows++) {
    const lines = monitor.draw({ columns: 130, rows });
    expect(lines.length).toBeLessThanOrEqual(Math.max(5, rows));
    const [, more = '0'] = /and (\d+) more/.exec(lines.join('\n')) ?? [];
    expect(rowsOf(lines).length + Number(more)).toBe(16);
  }
});

test.each([
  [
    130,
    ['VRF', 'Session-ID', 'Role', 'Local Address', 'Remote Address', 'RX[pkts/s]', 'TX[pkts/s]', 'RTT[ms]'],
  ],
  [100, ['Session-ID', 'Role', 'Local Address', 'Remote Address', 'RX[pkts/s]', 'TX[pkts/s]', 'RTT[ms]']],
  [80, ['Session-ID', 'Role', 'Remote Address', 'RX[pkts/s]', 'TX[pkts/s]', 'RTT[ms]']],
  [75, ['Session-ID', 'Remote Address', 'RX[pkts/s]', 'TX[pkts/s]', 'RTT[ms]']],
  [20, ['Session-ID', 'Remote Address', 'RX[pkts/s]', 'TX[pkts/s]', 'RTT[ms]']],
])('on %i columns, rates and delays are among the columns', async (columns, titles) => {
  const monitor = await monitorOf(await measuringRouter(SECOND_NANOS));
  await monitor.sample(signal);
  const heading = monitor.draw({ columns, rows: 24 }).find((line) => line.startsWith('|'))!;
  const shown = heading.split('|').map((title) => title.trim());
  expect(shown.filter((title) => title !== '')).toEqual(titles);
});

test('sessions that have ended are shown no longer', async () => {
  const router = await measuringRouter(SECOND_NANOS);
  const monitor = await monitorOf(router);
  await monitor.sample(signal);
  expect(monitor.draw(screen)[0]).toMatch(/^TWAMP sessions: 2, .* UTC \(q to quit\)$/);
  await runAll(await openShell(router), 'clear twamp session');
  await router.time.pass(SECOND_NANOS);
  await monitor.sample(signal);
  expect(monitor.draw(screen)[0]).toContain('TWAMP sessions: 0, ');
  expect(rowsOf(monitor.draw(screen))).toEqual([]);
});

test('without a terminal, it shows as many intervals as it is told to', async () => {
  const router = await measuringRouter(SECOND_NANOS / 5);
  const begunNanos = router.time.monoNanos();
  const shell = await openShell(router);
  const one = await router.time.until(runAll(shell, COMMAND));
  expect(rowsOf(one.split('\n'))).toEqual([
    ['server', '5.0', '5.0', ''],
    ['client', '5.0', '5.0', '2.000'],
  ]);
  expect(router.time.monoNanos() - begunNanos).toBe(SECOND_NANOS);
  const three = await router.time.until(runAll(shell, `${COMMAND} interval 2s count 3`));
  expect(three.match(/^TWAMP sessions: 2/gm)).toHaveLength(3);
  expect(three).toContain('round trip in ms, 2 s a column:');
  expect(router.time.monoNanos() - begunNanos).toBe(7 * SECOND_NANOS);
});

test('it takes the privilege view', async () => {
  const router = await startRouter();
  const outcomeFor = async (className: string) =>
    (await run(await openShell(router, { className, contact: new Onlooker() }), COMMAND)).outcome;
  expect(await outcomeFor('read-only')).toEqual({ status: 'done' });
  expect(await outcomeFor('viewer')).toMatchObject({ text: "ERROR: Unknown word: 'monitor'." });
});

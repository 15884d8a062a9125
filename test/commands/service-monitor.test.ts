/** `monitor services sessions`: what is drawn of two readings, keys, sizes, and a batch. */
import { expect, test, vi } from 'vitest';
import { ServiceMonitor } from '../../src/commands/service-monitor.ts';
import type { Router } from '../../src/commands/command.ts';
import { SessionFilter } from '../../src/services/filter.ts';
import type { ServiceSession } from '../../src/services/session.ts';
import { rankingOf, type RankOptions, type RankOrder } from '../../src/services/session-rates.ts';
import type { SessionSource, SourceProblem } from '../../src/services/source.ts';
import { openShell, run, runAll, startRouter } from '../support/router.ts';
import { mixedRecords } from '../support/service-records.ts';
import { importRecords } from '../support/service-router.ts';
import { flow, session } from '../support/service-sessions.ts';
import { VirtualTime } from '../support/virtual-time.ts';

const SECOND_NANOS = 1e9;
const { signal } = new AbortController();

/** A session from that port which has carried so much. */
const carrying = (port: number, frames: number, octets: number): ServiceSession =>
  session([flow(17, `10.0.0.1:${port}`, '[2001:db8::1]:53', { frames, octets })], { id: port });

class Monitored {
  readonly time = new VirtualTime();
  sessions: readonly ServiceSession[] = [];
  problems: readonly SourceProblem[] = [];
  readonly monitor: ServiceMonitor;

  constructor(order: RankOrder = 'octets') {
    const source = {
      name: 'conntrack',
      problems: () => Promise.resolve(this.problems),
      rank: (options: RankOptions) => rankingOf(source as unknown as SessionSource, options),
      select: () => [read()],
    };
    const read = (): readonly ServiceSession[] => this.sessions;
    const router = { clock: this.time, services: { source } } as unknown as Router;
    this.monitor = new ServiceMonitor(router, new SessionFilter({}), order);
  }

  async sample(seconds: number, ...sessions: readonly ServiceSession[]): Promise<void> {
    await this.time.pass(seconds * SECOND_NANOS);
    this.sessions = sessions;
    await this.monitor.sample(signal);
  }

  lines(rows = 40): readonly string[] {
    return this.monitor.draw({ columns: 120, rows });
  }

  /** The rates and the port of each row. */
  rows(rows?: number): readonly (readonly string[])[] {
    const cells = this.lines(rows).map((line) => line.split('|').map((cell) => cell.trim()));
    return cells
      .filter((row) => row[3] === 'UDP')
      .map((row) => [row[1]!, row[2]!, row[4]!.replace(/.*:/, '')]);
  }
}

test('rates are those between the last two readings, and the highest come first, by either order', async () => {
  const monitored = new Monitored();
  await monitored.sample(1, carrying(1, 100, 9000), carrying(2, 1, 100), carrying(3, 7, 7));
  expect(monitored.rows()).toEqual([
    ['-', '-', '1'],
    ['-', '-', '2'],
    ['-', '-', '3'],
  ]);
  await monitored.sample(2, carrying(1, 100, 9000), carrying(2, 3, 400), carrying(3, 27, 107));
  const byOctets = [
    ['1200', '1.0', '2'],
    ['400', '10.0', '3'],
    ['0', '0.0', '1'],
  ];
  expect(monitored.rows()).toEqual(byOctets);
  expect(monitored.lines().slice(0, 2)).toEqual([
    'Service sessions: 3, 22-Nov-2026 08:19:27 UTC, by octets (o octets, p packets, q to quit)',
    'Total: 1600 bit/s, 11.0 pkts/s',
  ]);
  monitored.monitor.press('p');
  expect(monitored.rows().map(([, , port]) => port)).toEqual(['3', '2', '1']);
  expect(monitored.lines()[0]).toContain('by packets');
  monitored.monitor.press('x');
  expect(monitored.lines()[0]).toContain('by packets');
  monitored.monitor.press('o');
  expect(monitored.rows()).toEqual(byOctets);
});

test('what does not fit is counted, whatever the height', async () => {
  const monitored = new Monitored('packets');
  await monitored.sample(1, ...Array.from({ length: 300 }, (_, port) => carrying(port + 1, port, port)));
  for (let rows = 6; rows < 200; rows += 1) {
    const lines = monitored.lines(rows);
    expect(lines.length).toBeLessThanOrEqual(rows);
    const [, more] = /and (\d+) more/.exec(lines.join('\n'))!;
    expect(monitored.rows(rows).length + Number(more)).toBe(300);
  }
});

test('a narrow screen keeps the rate of the order and both ends, and no line is wider but a row', async () => {
  const monitored = new Monitored();
  await monitored.sample(1, carrying(1, 100, 9000), carrying(2, 1, 100));
  await monitored.sample(1, carrying(1, 200, 10_000), carrying(2, 1, 100));
  const titles = (columns: number): string =>
    monitored.monitor
      .draw({ columns, rows: 20 })[3]!
      .split('|')
      .map((title) => title.trim())
      .filter((title) => title !== '')
      .join(' ');
  expect(titles(200)).toBe(
    'Rate[bit/s] Rate[pkts/s] Protocol Source Destination ALG Interface Service Set Session-ID',
  );
  expect(titles(80)).toBe('Rate[bit/s] Rate[pkts/s] Protocol Source Destination ALG');
  expect(titles(60)).toBe('Rate[bit/s] Protocol Source Destination');
  expect(titles(40)).toBe('Rate[bit/s] Source Destination');
  monitored.monitor.press('p');
  expect(titles(40)).toBe('Rate[pkts/s] Source Destination');
  for (let columns = 40; columns <= 80; columns += 1) {
    const lines = monitored.monitor.draw({ columns, rows: 20 });
    expect(lines[0]!.length).toBeLessThanOrEqual(columns);
    expect(lines[0]).toContain('q');
    if (columns >= 48) for (const line of lines) expect(line.length).toBeLessThanOrEqual(columns);
  }
});

test('what is wrong with the source stands above; what keeps it from answering ends it', async () => {
  const monitored = new Monitored();
  expect(monitored.lines()).toEqual(['Service sessions: reading, 22-Nov-2026 08:19:24 UTC (q to quit)']);
  monitored.problems = [{ severity: 'warning', code: 'no-accounting' }];
  await monitored.sample(1);
  expect(monitored.lines().join('\n')).toContain('Packets and octets are not counted');
  monitored.problems = [{ severity: 'error', code: 'not-permitted' }];
  await expect(monitored.sample(1)).rejects.toMatchObject({ problem: { code: 'not-permitted' } });
});

test('in a batch, it shows an interval, with filters; it takes the privilege view', async () => {
  const router = await startRouter();
  await importRecords(router, mixedRecords);
  const shell = await openShell(router);
  const monitoring = runAll(shell, 'monitor services sessions interface ams0 protocol tcp interval 1h');
  await vi.waitFor(() => expect(router.time.pending).toBe(1), { timeout: 20_000 });
  await router.time.pass(3600 * SECOND_NANOS);
  expect(await monitoring).toMatch(
    /^Service sessions: 1, .*\nTotal: 0 bit\/s, 0.0 pkts\/s\n\n.*\n.*\n\| 0 +\| 0.0 +\| TCP +\| 10.1.1.1:52138 +\|/,
  );
  const viewer = await openShell(router, { className: 'viewer' });
  expect((await run(viewer, 'monitor services sessions')).outcome).toMatchObject({ status: 'failed' });
});

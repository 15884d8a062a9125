/** What the shows about the system say in each CLI style. */
import { describe, expect, it } from 'vitest';
import { styles } from '../../src/shell/style.ts';
import { openShell, runAll, startRouter } from '../support/router.ts';

const HOUR = 3_600_000_000_000n;
const now = 1_790_000_000_000_000_000n;

const facts = {
  nowNanos: now,
  bootedNanos: now - 50n * HOUR,
  startedNanos: now - HOUR,
  configured: { wallNanos: now - 60_000_000_000n, user: 'lab' },
  users: 1,
  loadAverages: [0.5, 0.25, 1],
  processors: 2,
};

const uptimeIn = (style: keyof typeof styles) => [...styles[style].dialogs.system.uptime(facts)].join('');

describe('show system uptime', () => {
  it('is DNOS’ times', () => {
    expect(uptimeIn('dnos')).toBe(
      'System uptime: 2 days, 02:00:00\nRouter uptime: 0 days, 01:00:00\nLoad averages: 0.50, 0.25, 1.00\n',
    );
  });

  it('is Junos’ lines', () => {
    expect(uptimeIn('junos')).toBe(
      [
        'Current time: 2026-09-21 14:13:20 UTC',
        'Time Source:  LOCAL CLOCK',
        'System booted: 2026-09-19 12:13:20 UTC (2d 02:00:00 ago)',
        'Protocols started: 2026-09-21 13:13:20 UTC (01:00:00 ago)',
        'Last configured: 2026-09-21 14:12:20 UTC (00:01:00 ago) by lab',
        '14:13  up 2d 02:00:00, 1 user, load averages: 0.50, 0.25, 1.00\n',
      ].join('\n'),
    );
  });

  it('is VyOS’ shares of the processors', () => {
    expect(uptimeIn('vyos')).toBe(
      'Uptime: 2d 2h 0m 0s\n\nLoad averages:\n1  minute:    25.0%\n5  minutes:   12.5%\n15 minutes:   50.0%\n',
    );
  });
});

describe('at a router', () => {
  it('show version has what programs tell Junos by, in its style only', async () => {
    const test = await startRouter();
    const junos = await openShell(test, { style: 'junos', className: 'viewer' });
    // netmiko's SSHDetect.
    expect(await runAll(junos, 'show version')).toMatch(/JUNOS .+ Software/);
    expect(await runAll(await openShell(test), 'show version')).toBe(
      'Hostname: dnRouter\nVersion: dnrouter 1.2.3\n',
    );
    expect(await runAll(await openShell(test, { style: 'vyos' }), 'show version')).toMatch(
      /^Version: {10}dnrouter 1/,
    );
  });

  it('show system and show system name have the facts of the collection for DNOS', async () => {
    const viewer = await openShell(await startRouter(), { className: 'viewer' });
    const text = await runAll(viewer, 'show system');
    expect(text).toMatch(/^Version: 1\.2\.3$/m);
    expect(text).toMatch(/^System Type: dnrouter$/m);
    expect(await runAll(viewer, 'show system name')).toBe('System Name: dnRouter\n');
    await runAll(viewer, 'show system uptime');
  });
});

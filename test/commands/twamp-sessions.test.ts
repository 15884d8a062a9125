/** `show services twamp sessions`: reference 000 to the byte, filters, totals, history, data. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { TwampRow } from '../../src/store/twamp-sessions.ts';
import { openShell, ROUTER_ADDRESS, run, runAll, startRouter, type TestRouter } from '../support/router.ts';
import { twpingRequest } from '../support/virtual-router.ts';

const DAY_NANOS = 86_400_000_000_000n;
const NANOS_PER_SECOND = 1_000_000_000n;

/** The uptime in reference 000. */
const UPTIME_NANOS = DAY_NANOS + 3665n * NANOS_PER_SECOND;

const reference = readFileSync(
  join(import.meta.dirname, '../vectors/references/000_dnos_show_services_twamp_sessions.txt'),
  'utf8',
);

/** What the document prints below a prompt, without the tab that indents it there. */
function sampleOf(command: string): string {
  const lines = reference.split('\n').map((line) => line.replace(/^\t/, ''));
  const start = lines.indexOf(`dnRouter# ${command}`);
  const end = lines.findIndex((line, index) => index > start && line.startsWith('Total displayed sessions'));
  return `${lines.slice(start + 1, end + 1).join('\n')}\n\n`;
}

function rowOf(test: TestRouter, row: Partial<TwampRow>): TwampRow {
  return {
    type: 'data',
    role: 'client',
    vrf: 'default',
    connectionId: 100,
    sessionId: undefined,
    localAddress: '1.2.3.4',
    localPort: 1000,
    remoteAddress: '1.1.1.1',
    remotePort: 862,
    startedWallNanos: test.router.clock.wallNanos() - UPTIME_NANOS,
    endedWallNanos: undefined,
    endReason: undefined,
    sid: undefined,
    mode: 'unauthenticated',
    received: 123,
    sent: 345,
    dropped: 0,
    duplicates: 0,
    reordered: 0,
    lastSequenceReceived: undefined,
    lastSequenceSent: undefined,
    details: undefined,
    ...row,
  };
}

/** The sessions of reference 000. */
async function referenceRouter(): Promise<TestRouter> {
  const test = await startRouter();
  const { sessions } = test.state;
  sessions.insert(rowOf(test, { type: 'control' }));
  sessions.insert(rowOf(test, { sessionId: 806, localPort: 3311, remotePort: 2211 }));
  sessions.insert(rowOf(test, { sessionId: 807, localPort: 3312, remotePort: 2212 }));
  return test;
}

/** The first cells of the rows that are shown: connection and session. */
async function shown(test: TestRouter, options: string): Promise<string[]> {
  const text = await runAll(await openShell(test), `show services twamp sessions ${options}`);
  return text
    .split('\n')
    .filter((line) => /^\| \S+ +\| \d/.test(line))
    .map((line) =>
      line
        .split('|')
        .slice(2, 4)
        .map((cell) => cell.trim())
        .join('/'),
    );
}

function expectToFitSchema(text: string): void {
  const schemaFile = join(import.meta.dirname, '../../docs/schema/show-services-twamp-sessions.json');
  const validate = new Ajv({ allErrors: true }).compile(JSON.parse(readFileSync(schemaFile, 'utf8')));
  expect(validate(JSON.parse(text)), JSON.stringify(validate.errors)).toBe(true);
}

describe('show services twamp sessions', () => {
  it.each(['show services twamp sessions', 'show services twamp sessions session-id 806'])(
    '[000/sample, 000/sample-session-id, 000/columns, 000/vrf-column, 000/control-row, 000/addresses, 000/command, 000/total-connections, 000/total-sessions] prints the sample of the source document: %s',
    async (command) => {
      const test = await referenceRouter();
      expect(await runAll(await openShell(test), command)).toBe(sampleOf(command));
    },
  );

  it('[000/type, 000/vrf, 000/connection-id, 000/session-id, 000/local-address, 000/remote-address] filters by each column', async () => {
    const test = await referenceRouter();
    const { sessions } = test.state;
    const other = { vrf: 'red', connectionId: 101, localAddress: '2001:db8::1', remoteAddress: '9.9.9.9' };
    sessions.insert(rowOf(test, { ...other, type: 'control' }));
    sessions.insert(rowOf(test, { ...other, sessionId: 900, localPort: 7 }));
    expect(await shown(test, '')).toEqual(['100/', '100/806', '100/807', '101/', '101/900']);
    expect(await shown(test, 'type control')).toEqual(['100/', '101/']);
    expect(await shown(test, 'type data')).toEqual(['100/806', '100/807', '101/900']);
    expect(await shown(test, 'vrf red')).toEqual(['101/', '101/900']);
    expect(await shown(test, 'connection-id 100')).toEqual(['100/', '100/806', '100/807']);
    expect(await shown(test, 'session-id 900')).toEqual(['101/900']);
    expect(await shown(test, 'local-address 1.2.3.4')).toEqual(['100/', '100/806', '100/807']);
    expect(await shown(test, 'local-address 1.2.3.4:3312')).toEqual(['100/807']);
    expect(await shown(test, 'local-address 2001:DB8:0::1')).toEqual(['101/', '101/900']);
    expect(await shown(test, 'local-address [2001:db8::1]:7')).toEqual(['101/900']);
    expect(await shown(test, 'remote-address 1.1.1.1:2211')).toEqual(['100/806']);
    expect(await shown(test, 'remote-address 9.9.9.9')).toEqual(['101/', '101/900']);
  });

  it('[000/combination] takes filters together, in any order and abbreviated', async () => {
    const test = await referenceRouter();
    expect(await shown(test, 'type data local-address 1.2.3.4:3311 vrf default')).toEqual(['100/806']);
    expect(await shown(test, 'vrf default local-address 1.2.3.4:3311 type data')).toEqual(['100/806']);
    expect(await shown(test, 'conn 100 ty c')).toEqual(['100/']);
    expect(await shown(test, 'type control session-id 806')).toEqual([]);
  });

  it('since shows what began then or later, live or ended', async () => {
    const test = await referenceRouter();
    const { sessions } = test.state;
    const startedWallNanos = 1_800_000_000n * NANOS_PER_SECOND;
    const later = rowOf(test, { connectionId: 101, sessionId: 900, startedWallNanos });
    const ended = { ...later, sessionId: 901, startedWallNanos: startedWallNanos + 1n };
    sessions.insert(later);
    sessions.insert(ended);
    sessions.end(ended, startedWallNanos + NANOS_PER_SECOND, 'stopped');
    expect(await shown(test, 'since 2027-01-15.08:00:00')).toEqual(['101/900']);
    expect(await shown(test, 'since 2027-01-15.08:00:01')).toEqual([]);
    expect(await shown(test, 'history since 2027-01-15.08:00:00')).toEqual(['101/901']);
    expect(await shown(test, 'history since 2027-01-15.08:00:01')).toEqual([]);
    expect(await shown(test, 'since 2020-01-01.00:00:00 connection-id 100')).toEqual(
      expect.arrayContaining(['100/806']),
    );
  });

  it('[000/help, 000/mode] is helped by the line of the source document', async () => {
    const shell = await openShell(await startRouter());
    expect(shell.help('show services twamp ')).toContain('Displays active TWAMP sessions in system');
  });

  it('[000/viewer] is for viewers, and for nobody without that privilege', async () => {
    const test = await referenceRouter();
    const viewer = await run(await openShell(test, { className: 'viewer' }), 'show services twamp sessions');
    expect(viewer.outcome.status).toBe('done');
    const nobody = await run(
      await openShell(test, { className: 'unauthorized' }),
      'show services twamp sessions',
    );
    expect(nobody.outcome).toMatchObject({ status: 'failed', text: "ERROR: Unknown word: 'show'." });
  });

  it('completes ids, VRFs and addresses from the sessions there are', async () => {
    const shell = await openShell(await referenceRouter());
    expect(shell.complete('show services twamp sessions session-id 80', 'tab').list).toContain('806');
    expect(shell.complete('show services twamp sessions local-address 1.2', 'tab').insert).toBe('.3.4');
    expect(shell.help('show services twamp sessions vrf ')).toContain('default');
  });

  it('shows ended sessions with their final counters as history', async () => {
    const test = await referenceRouter();
    const endedWallNanos = test.router.clock.wallNanos();
    const counters = { ...rowOf(test, { sessionId: 806 }), received: 7, sent: 8 };
    test.state.sessions.end(counters, endedWallNanos, 'stopped');
    expect(await shown(test, '')).toEqual(['100/', '100/807']);
    expect(await shown(test, 'history')).toEqual(['100/806']);
    expect(await runAll(await openShell(test), 'show services twamp sessions history')).toMatch(
      /\| 7 +\| 8 +\|/,
    );
  });

  /** A router that measures against itself, in the middle of it. */
  async function measuringRouter(): Promise<TestRouter> {
    const test = await startRouter();
    const address = 'set services rpm twamp server client-list all address 0.0.0.0/0';
    await runAll(await openShell(test), 'configure', address, 'commit');
    const request = twpingRequest({ host: ROUTER_ADDRESS, count: 100, intervalNanos: 100e6 });
    const measuring = test.router.engine.twping(request, { signal: new AbortController().signal });
    onTestFinished(async () => {
      await test.time.until(measuring);
    });
    await test.time.pass(2e9);
    return test;
  }

  it('shows in detail all that is known of each session', async () => {
    const text = await runAll(
      await openShell(await measuringRouter()),
      'show services twamp sessions detail',
    );
    const blocks = text.split(/^(?=\S)/m);
    expect(blocks[2]).toMatch(/^Control connection ID: 1, VRF: default, Role: server\n {2}Local: /);
    expect(blocks[3]).toMatch(
      new RegExp(
        [
          'Session ID: 1, Connection ID: 1, VRF: default, Role: server',
          String.raw`  Local: 192.0.2.1:10\d+, Remote: 192.0.2.1:10\d+`,
          '  State: active, Mode: unauthenticated, Uptime: 0 days, 00:00:01',
          '  Started: .* UTC',
          '  SID: [0-9a-f]{32}',
          String.raw`  Packets received: \d+, Packets sent: \d+, Duplicates: 0, Reordered: 0`,
          String.raw`  Last sequence received: \d+, Last sequence sent: \d+`,
          '  Dropped: 0, wrong-source: 0, malformed: 0, bad-hmac: 0, not-active: 0, receive-failed: 0, send-failed: 0, loop: 0, over-limit: 0',
          '  Timestamps: kernel, Kernel drops: 0',
          '',
        ].join('\n'),
      ),
    );
    expect(text).toMatch(/\nTotal displayed connections: 2\nTotal displayed sessions: 2\n\n$/);
  });

  it('shows ended sessions in detail with why they ended, and all that was known of them', async () => {
    const test = await referenceRouter();
    const pacing = { p50Nanos: 1000, p99Nanos: 20_000, maxNanos: 300_000, late: 2 };
    const details = {
      dropped: { malformed: 5, 'wrong-source': 4 },
      stamps: 'kernel',
      kernelDrops: 3,
      pacing,
    };
    const row = rowOf(test, { sessionId: 806, dropped: 9, details } as Partial<TwampRow>);
    test.state.sessions.end(row, test.router.clock.wallNanos(), 'stopped');
    const text = await runAll(await openShell(test), 'show services twamp sessions detail history');
    expect(text).toMatch(/Ended: .* UTC, Reason: stopped\n/);
    const lines = [
      '  Dropped: 9, malformed: 5, wrong-source: 4',
      '  Timestamps: kernel, Kernel drops: 3',
      '  Pacing error p50/p99/max: 0.001/0.02/0.3 ms, Late packets: 2',
    ];
    expect(text).toContain(lines.join('\n'));
  });

  it.each(['unauthenticated', 'authenticated', 'encrypted', 'mixed'] as const)(
    'shows the mode that was agreed on: %s',
    async (mode) => {
      const test = await startRouter();
      test.state.sessions.insert(rowOf(test, { sessionId: 806, mode }));
      const shell = await openShell(test);
      expect(await runAll(shell, 'show services twamp sessions detail')).toContain(`Mode: ${mode}, `);
      const text = await runAll(shell, 'show services twamp sessions | display json');
      expectToFitSchema(text);
      expect(JSON.parse(text)).toMatchObject({ sessions: [{ 'selected-mode': mode }] });
    },
  );

  it('leaves out what was not stored of a session that ended before it was', async () => {
    const test = await referenceRouter();
    test.state.sessions.end(rowOf(test, { sessionId: 806 }), test.router.clock.wallNanos(), 'stopped');
    const text = await runAll(await openShell(test), 'show services twamp sessions detail history');
    expect(text).not.toMatch(/Timestamps|Kernel drops|Pacing|wrong-source/);
  });

  it.each([
    ['that live', measuringRouter],
    ['of the sample', referenceRouter],
  ])('gives data of sessions %s that fit the documented schema', async (_, start) => {
    const text = await runAll(await openShell(await start()), 'show services twamp sessions | display json');
    expectToFitSchema(text);
  });

  it('gives the totals and the ids as numbers', async () => {
    const test = await referenceRouter();
    const text = await runAll(await openShell(test), 'show services twamp sessions | display json');
    const data = JSON.parse(text) as { sessions: { 'session-id'?: number }[] };
    expect(data).toMatchObject({ 'total-connections': 1, 'total-sessions': 2 });
    expect(data.sessions.map((session) => session['session-id'])).toEqual([undefined, 806, 807]);
  });
});

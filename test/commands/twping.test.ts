/** `twping`: what it asks the engine for, its report and its data. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import { describe, expect, test, vi } from 'vitest';
import { MeasurementError } from '../../src/engine/measurement-error.ts';
import type { TwpingRequest } from '../../src/engine/twping.ts';
import { openShell, ROUTER_ADDRESS, run, runAll, startRouter, type TestRouter } from '../support/router.ts';

/** Of a host that only reflects. */
const REFLECTOR_ADDRESS = '203.0.113.9';

async function serving(): Promise<TestRouter> {
  const router = await startRouter();
  const server = 'set services rpm twamp server';
  await runAll(
    await openShell(router),
    'configure',
    `${server} client-list all address 0.0.0.0/0`,
    'set routing-instances red namespace 203.0.113.1',
    'commit',
  );
  return router;
}

async function twping(router: TestRouter, options: string, host = ROUTER_ADDRESS): Promise<string> {
  const shell = await openShell(router);
  const { text, outcome } = await router.time.until(run(shell, `twping ${host} ${options}`));
  expect(outcome.status).toBe('done');
  return text;
}

/** `schema`: the name of one in docs/schema. */
function expectToFit(schema: string, data: unknown): void {
  const file = join(import.meta.dirname, `../../docs/schema/${schema}.json`);
  const validate = new Ajv({ allErrors: true }).compile(JSON.parse(readFileSync(file, 'utf8')));
  expect(validate(data), JSON.stringify(validate.errors)).toBe(true);
}

test('the report is followed by what it has no lines for, and by what the instrument says of itself', async () => {
  const text = await twping(await serving(), 'count 3');
  const lines = text.split('\n');
  const report = lines.indexOf('reflect TTL not reported');
  expect(lines.slice(report + 1, report + 11)).toEqual([
    '',
    'lost send/reflect/unknown = 0/0/0',
    'reordered send/reflect = 0/0',
    'RFC 3550 jitter round-trip/send/reflect = 0/0/0 ms',
    '',
    'timestamps: kernel',
    expect.stringMatching(/^clock error: sender \S+ ms \(unsync\), reflector \S+ ms \(unsync\)$/),
    'pacing error: not measured',
    'kernel drops of replies: 0',
    '',
  ]);
});

test.each(['', 'routing-instance red', 'vrf red source-address 203.0.113.7 dscp 46'])(
  'gives data that fit the documented schema: %s',
  async (options) => {
    const router = await serving();
    const data: unknown = JSON.parse(await twping(router, `count 3 ${options} | display json`));
    expectToFit('twping', data);
    expect(data).toMatchObject({
      ending: 'complete',
      results: [{ packets: { 'num-pkts-sent': 3 }, instrument: { timestamps: 'kernel', 'kernel-drops': 0 } }],
    });
  },
);

test('measures in a routing instance, by either word, from an address', async () => {
  const router = await serving();
  for (const [options, address] of [
    ['routing-instance red', '203.0.113.1'],
    ['vrf red', '203.0.113.1'],
    ['vrf red source-address 203.0.113.7', '203.0.113.7'],
    ['', ROUTER_ADDRESS],
  ] as const) {
    expect(await twping(router, `count 1 ${options}`)).toContain(`--- twping statistics from [${address}]:`);
  }
  const shell = await openShell(router);
  expect(shell.help('twping 192.0.2.1 vrf ')).toContain('red');
  const { outcome } = await router.time.until(run(shell, `twping ${ROUTER_ADDRESS} vrf blue`));
  expect(outcome).toMatchObject({
    status: 'failed',
    text: expect.stringContaining("routing instance 'blue'"),
  });
});

describe('what is asked for', () => {
  async function requestOf(line: string): Promise<TwpingRequest> {
    const router = await startRouter();
    const asked = vi
      .spyOn(router.router.engine, 'twping')
      .mockRejectedValue(new MeasurementError('interrupted'));
    const { outcome } = await run(await openShell(router), line);
    expect(outcome).toMatchObject({ text: 'ERROR: Interrupted before anything was measured.' });
    return asked.mock.calls[0]![0];
  }

  test.each([
    [
      '',
      {
        exponential: false,
        startDelayNanos: 250e6,
        paddingFill: 'random',
        percentiles: [],
        port: 862,
        dscp: 0,
      },
    ],
    ['interval 0.1e', { intervalNanos: 1e8, exponential: true }],
    ['interval 20msf', { intervalNanos: 2e7, exponential: false }],
    ['start-delay 3', { startDelayNanos: 3e9 }],
    ['sample 10', { sampleNanos: 1e10 }],
    ['sample 100ms', { sampleNanos: 1e8 }],
    ['padding-fill zero', { paddingFill: 'zeros' }],
    ['percentiles 5,99.9', { percentiles: [5, 99.9] }],
    ['dscp af11', { dscp: 10 }],
    ['test-dscp-value cs6', { dscp: 48 }],
    ['interface eth0', { device: 'eth0', routingInstance: 'default' }],
    ['inet', { ipVersion: 4 }],
    ['inet6', { ipVersion: 6 }],
  ])('by twping HOST %s, with and without a control connection', async (options, expected) => {
    expect(await requestOf(`twping host ${options}`)).toMatchObject(expected);
    expect(await requestOf(`twping host light ${options}`)).toMatchObject({
      ...expected,
      light: { ssid: 0 },
    });
  });

  test.each(['force twping', 'execute twping', 'twping'])('[004/force-twping] by %s', async (command) => {
    expect(await requestOf(`${command} host control-port 8620 count 3`)).toMatchObject({
      port: 8620,
      count: 3,
    });
    expect(await requestOf(`${command} host stamp ssid 9`)).toMatchObject({ light: { ssid: 9 } });
  });

  test('force and execute need the privilege of twping, and begin nothing else', async () => {
    const router = await startRouter();
    const reader = await openShell(router, { className: 'read-only' });
    const operator = await openShell(router, { className: 'operator' });
    for (const command of ['twping', 'force', 'execute']) {
      expect(reader.help('')).not.toMatch(new RegExp(`^ *${command} `, 'm'));
      expect(operator.help('')).toMatch(new RegExp(`^ *${command} `, 'm'));
    }
    expect(operator.help('force ').match(/^ +\w+/gm)).toHaveLength(1);
    expect(operator.help('force twping host ')).toContain('start-delay');
    const { outcome } = await run(operator, 'force show version');
    expect(outcome.status).toBe('failed');
  });

  test('an interface is of no routing instance, and only one family is measured over', async () => {
    const shell = await openShell(await serving());
    const { outcome } = await run(shell, 'twping host interface eth0 vrf red');
    expect(outcome).toMatchObject({
      text: 'ERROR: Measure from an interface or in a routing instance, not both.',
    });
    expect((await run(shell, 'twping host inet inet6')).outcome.status).toBe('failed');
  });
});

describe('sample', () => {
  const line = (sent: number) =>
    new RegExp(
      `^sample \\S+Z from \\[192\\.\\S+:\\d+ to \\[192\\.\\S+:\\d+: sent ${sent}, lost 0, round-trip min/median/max 2/2/2 ms, jitter 0 ms$`,
      'gm',
    );

  test('a line per session and interval stands before the report, through the same filters', async () => {
    const router = await serving();
    const text = await twping(router, 'count 30 session-count 2 sample 1s');
    expect(text.match(line(10))!.length).toBeGreaterThanOrEqual(4);
    expect(text.lastIndexOf('\nsample ')).toBeLessThan(text.indexOf('--- twping statistics'));
    const matched = await twping(router, 'count 30 session-count 2 sample 1 | match "^sample|sent, "');
    expect(matched.replaceAll(/^sample .*\n/gm, '')).toBe(
      '30 sent, 0 lost (0.000%), 0 send duplicates, 0 reflect duplicates\n'.repeat(2),
    );
    expect(matched).toMatch(/^sample /);
  });

  test('lines come while the measurement runs', async () => {
    const router = await serving();
    const shell = await openShell(router);
    const shown: string[] = [];
    const measuring = shell.execute(`twping ${ROUTER_ADDRESS} count 50 sample 1s`, {
      sink: { write: (text) => void shown.push(text) },
      nextSignal: () => new AbortController().signal,
    });
    await router.time.pass(2.5e9);
    expect(shown.map((text) => text.split(' ')[0])).toEqual(['sample', 'sample']);
    await router.time.until(measuring);
  });

  test('the data have them instead, and fit the documented schema', async () => {
    const router = await serving();
    const text = await twping(router, 'count 30 sample 1s | display json');
    const data = JSON.parse(text) as { results: { samples: Record<string, unknown>[] }[] };
    expectToFit('twping', data);
    expect(data.results[0]).toMatchObject({ 'samples-omitted': 0 });
    expect(data.results[0]!.samples[0]).toMatchObject({
      'num-pkts-sent': 10,
      'num-pkts-lost': 0,
      'round-trip-time': { min: 2, median: 2, max: 2, pdv: 0, jitter: 0 },
    });
    expect(await twping(router, 'count 3 | display json')).not.toContain('samples-omitted');
  });

  test.each(['99ms', '61m', '0'])('not at an interval of %s', async (interval) => {
    const shell = await openShell(await startRouter());
    const { outcome } = await run(shell, `twping ${ROUTER_ADDRESS} sample ${interval}`);
    expect(outcome).toMatchObject({ status: 'failed', text: expect.stringContaining('100ms..1h') as string });
  });
});

describe('raw', () => {
  test('every packet stands before the report, and in the data', async () => {
    const router = await serving();
    const text = await twping(router, 'count 3 raw');
    const line = (sequence: number) =>
      `seq_no=${sequence}          fwd_delay=1 ms bck_delay=1 ms delay=2 ms proc_delay=0 ms\t(err=`;
    for (const sequence of [0, 1, 2]) expect(text).toContain(line(sequence));
    expect(text.indexOf('seq_no=2')).toBeLessThan(text.indexOf('--- twping statistics'));
    const data = JSON.parse(await twping(router, 'count 3 raw | display json')) as {
      results: { 'raw-packets': Record<string, unknown>[] }[];
    };
    expectToFit('twping', data);
    expect(data.results[0]!['raw-packets']).toMatchObject(
      [0, 1, 2].map((sequence) => ({
        'seq-no': sequence,
        status: 'answered',
        'reflector-seq-no': sequence,
        'send-ttl': 255,
        'round-trip-time': 2,
      })),
    );
  });

  test('of 100,000 packets at the most, all sessions together', async () => {
    const router = await startRouter();
    const shell = await openShell(router);
    const attempt = async (options: string) =>
      (await router.time.until(run(shell, `twping ${ROUTER_ADDRESS} raw ${options}`))).outcome;
    expect(await attempt('count 50001 session-count 2')).toEqual({
      status: 'failed',
      text: "ERROR: Unable to measure, 'raw' reports no more than 100000 packets of all sessions together.",
    });
    expect(await attempt('count 50000 session-count 2')).toMatchObject({
      text: expect.stringContaining('connection was refused') as string,
    });
  });
});

test('percentiles are in the report and in the data', async () => {
  const router = await serving();
  const text = await twping(router, 'count 5 percentiles 50,99.9');
  expect(text).toContain('(P95-P50)\nPercentiles:\n\t50.0: 2 ms\n\t99.9: 2 ms\nsend hops');
  const data: unknown = JSON.parse(await twping(router, 'count 5 percentiles 50,99.9 | display json'));
  expectToFit('twping', data);
  const percentiles = (value: number) => ({
    percentiles: [50, 99.9].map((percentile) => ({ percentile, value })),
  });
  expect(data).toMatchObject({
    results: [
      { 'round-trip-time': percentiles(2), 'send-time': percentiles(1), 'reflect-time': percentiles(1) },
    ],
  });
});

test('routing instances are checked when they are committed', async () => {
  const shell = await openShell(await startRouter());
  await runAll(shell, 'configure', 'set routing-instances red namespace nowhere');
  const { outcome } = await run(shell, 'commit');
  expect(outcome).toMatchObject({
    status: 'failed',
    text: expect.stringContaining("routing-instances red: Network namespace 'nowhere' does not exist."),
  });
});

describe('light', () => {
  /** `number`: of the reply to each packet; undefined: none comes. */
  async function reflecting(number: (sequence: number) => number | undefined): Promise<TestRouter> {
    const router = await startRouter();
    const at = { address: REFLECTOR_ADDRESS, port: 862 };
    router.network.bindPackets(at, (from, packet) => {
      const { sequence, ...rest } = packet as { readonly sequence: number };
      const reflectorSequence = number(sequence);
      if (reflectorSequence === undefined) return;
      router.network.sendPacket(at, from, { ...rest, sequence, reflectorSequence });
    });
    return router;
  }

  const light = 'light count 4 interval 10ms timeout 100ms';
  const measure = (router: TestRouter, options: string): Promise<string> =>
    twping(router, options, REFLECTOR_ADDRESS);

  test('a reflector without state leaves the direction of losses unknown, and the report says so', async () => {
    const router = await reflecting((sequence) => (sequence === 1 ? undefined : sequence));
    const text = await measure(router, `${light} ssid 7`);
    expect(text).toContain('\nSSID:\t7\n');
    expect(text).toContain('4 sent, 1 lost (25.000%)');
    expect(text).toContain('\nThe direction of losses, duplicates and reordering is unknown: ');
    const data: unknown = JSON.parse(await measure(router, `${light} ssid 7 | display json`));
    expectToFit('twping', data);
    expect(data).toMatchObject({
      results: [
        {
          mode: 'stamp',
          ssid: 7,
          packets: {
            'num-pkts-lost-send': 0,
            'num-pkts-lost-reflect': 0,
            'num-pkts-lost-unknown': 1,
            'directions-known': false,
          },
        },
      ],
    });
  });

  test.each([
    [undefined, undefined],
    // The first instant of 1970 is one, too.
    [0n, { sequence: 3, time: '1970-01-01T00:00:00.000000000Z', method: 'SW Local' }],
    [1n, { sequence: 3, time: '1970-01-01T00:00:00.000000001Z', method: 'SW Local' }],
  ])('follow-up telemetry of the instant %s is data that fit', async (wallNanos, told) => {
    const router = await reflecting((sequence) => sequence);
    const { engine } = router.router;
    const twping = engine.twping.bind(engine);
    vi.spyOn(engine, 'twping').mockImplementation(async (...asked) => {
      const measured = await twping(...asked);
      const followUpTelemetry = { sequence: 3, wallNanos, method: 'SW Local' };
      return {
        ...measured,
        sessions: measured.sessions.map((each) => ({ ...each, tlvs: { ...each.tlvs, followUpTelemetry } })),
      };
    });
    const data = JSON.parse(await measure(router, `${light} | display json`)) as {
      readonly results: readonly [Readonly<Record<string, unknown>>];
    };
    expectToFit('twping', data);
    expect(data.results[0]['follow-up-telemetry']).toEqual(told);
  });

  test.each([
    ['fail-on-loss 25', 'done'],
    ['fail-on-loss 24.999', 'failed'],
    ['fail-on-loss 0', 'failed'],
    ['', 'done'],
  ])('with a quarter of its packets lost, and %s, it is %s', async (option, status) => {
    const router = await reflecting((sequence) => (sequence === 1 ? undefined : sequence));
    const shell = await openShell(router);
    const { text, outcome } = await router.time.until(
      run(shell, `twping ${REFLECTOR_ADDRESS} ${light} ${option}`),
    );
    expect(text).toContain('4 sent, 1 lost (25.000%)');
    expect(outcome.status).toBe(status);
    if (outcome.status !== 'failed') return;
    expect(outcome.text).toMatch(
      /^ERROR: A session lost 25\.000% of its packets, more than fail-on-loss [\d.]+ allows\.$/,
    );
  });

  test('a reflector with state tells it', async () => {
    const router = await reflecting((sequence) => [10, undefined, 11, 12][sequence]);
    const text = await measure(router, light);
    expect(text).toContain('4 sent, 1 lost (25.000%)');
    expect(text).not.toContain('direction of losses');
  });

  test('its session is shown without a connection, and no connection is counted', async () => {
    const router = await reflecting((sequence) => sequence);
    await measure(router, light);
    const shell = await openShell(router);
    const { text } = await run(shell, 'show services twamp sessions history');
    expect(text).toMatch(
      /\| default +\| +\| 1 +\| data +\| \S+:\d+ +\| 203\.0\.113\.9:862 +\|.*\| 4 +\| 4 +\|/,
    );
    expect(text).toContain('Total displayed connections: 0\nTotal displayed sessions: 1\n');
    const { text: json } = await run(shell, 'show services twamp sessions history | display json');
    const data: unknown = JSON.parse(json);
    expectToFit('show-services-twamp-sessions', data);
    expect(data).toMatchObject({ sessions: [{ 'session-id': 1, 'selected-mode': 'stamp' }] });
    expect(json).not.toContain('connection-id');
  });
});

test('fails where nobody listens, in one line', async () => {
  const router = await startRouter();
  const shell = await openShell(router);
  const { text, outcome } = await router.time.until(run(shell, `twping ${ROUTER_ADDRESS} count 1`));
  expect(text).toBe('');
  expect(outcome).toEqual({
    status: 'failed',
    text: expect.stringContaining('connection was refused') as string,
  });
});

test('fails, with its report, when every packet is lost', async () => {
  const router = await serving();
  router.network.weather = { delayNanos: 1e6, loss: 1 };
  const shell = await openShell(router);
  const line = `twping ${ROUTER_ADDRESS} count 2 interval 10ms timeout 100ms`;
  const { text, outcome } = await router.time.until(run(shell, line));
  expect(text).toContain('2 sent, 2 lost (100.000%)');
  expect(outcome).toEqual({ status: 'failed', text: 'ERROR: Every packet was lost.' });
});

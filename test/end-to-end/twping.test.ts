/** `twping` as a user runs it: against the router's own server, over real sockets. */
import { describe, expect, test } from 'vitest';
import { available } from '../../src/native/libc.ts';
import { freePort } from '../support/free-port.ts';
import { Person } from '../support/person.ts';
import { runProgram, type Finished } from '../support/program.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

const NATIVE = 'libc' in available();

/** Serves on a port, with more statements below the server's and the client's level, and runs lines. */
async function served(
  lines: (port: number) => readonly string[],
  ...statements: string[]
): Promise<Finished> {
  const port = await freePort();
  const configured = [`server port ${port}`, 'server client-list local address 0.0.0.0/0', ...statements];
  const input = [
    'configure',
    ...configured.map((statement) => `set services rpm twamp ${statement}`),
    'commit and-quit',
    ...lines(port),
    '',
  ];
  return runProgram(['--state', temporaryDirectory()], input.join('\n'));
}

const dataIn = ({ out }: Finished): unknown => JSON.parse(out.slice(out.indexOf('\n{')));

describe('options', () => {
  test('all at once, and the measurement loses nothing', async () => {
    const options =
      'interval 2mse start-delay 0s padding-fill zero dscp ef percentiles 5,50,99.9 fail-on-loss 0 inet';
    const finished = await served((port) => [
      `force twping localhost control-port ${port} count 50 ${options} | display json`,
    ]);
    expect(finished).toMatchObject({ err: '', status: 0 });
    const { results } = dataIn(finished) as { results: Record<string, Record<string, unknown>>[] };
    expect(results).toMatchObject([
      {
        packets: { 'num-pkts-sent': 50, 'num-pkts-lost': 0, 'num-pkts-in-flight': 0 },
        'round-trip-time': { percentiles: [{ percentile: 5 }, { percentile: 50 }, { percentile: 99.9 }] },
      },
    ]);
    const times = results[0]!['round-trip-time'] as {
      median: number;
      max: number;
      percentiles: { value: number }[];
    };
    expect(times.percentiles.map(({ value }) => value).slice(1)).toEqual([times.median, times.max]);
  });

  test.skipIf(!NATIVE)('an interface is left by, or does not exist', async () => {
    const finished = await served((port) => [
      `twping 127.0.0.1 port ${port} count 3 interval 5ms interface lo`,
      `twping 127.0.0.1 port ${port} count 3 interface no-such0`,
    ]);
    expect(finished.out).toContain('3 sent, 0 lost');
    expect(finished.err).toBe("line 6: ERROR: Unable to measure, there is no interface 'no-such0'.\n");
  });
});

describe('an address that cannot be measured from is named', () => {
  test.each([
    ['', '192.0.2.77', '192.0.2.77 is not an address of this routing instance (source-address).'],
    ['light', '192.0.2.77', '192.0.2.77 is not an address of this routing instance (source-address).'],
    ['', '::1', 'the host has no address of the family of source-address ::1.'],
    ['light', '::1', 'the host has no address of the family of source-address ::1.'],
  ])('twping 127.0.0.1 %s source-address %s', async (light, address, text) => {
    const { err, status } = await served((port) => [
      `twping 127.0.0.1 ${light} port ${port} count 1 source-address ${address}`,
    ]);
    expect(err).toBe(`line 5: ERROR: Unable to measure, ${text}\n`);
    expect(status).toBe(1);
  });

  test('and so is a family that the host does not have', async () => {
    const { err } = await served((port) => [`twping 127.0.0.1 port ${port} count 1 inet6`]);
    expect(err).toBe('line 5: ERROR: Unable to measure, the host has no IPv6 address.\n');
  });
});

describe('few ports', () => {
  test('those of the client are free again at once', async () => {
    const { err, out } = await served((port) =>
      Array<string>(3).fill(`twping 127.0.0.1 port ${port} count 2 interval 1ms port-range 21000-21000`),
    );
    expect(err).toBe('');
    expect(out.match(/^2 sent, 0 lost/gm)).toHaveLength(3);
  });

  test('a server holds those of stopped sessions for their timeout (RFC 5357 §3.5), which the refusal says', async () => {
    const { err, out } = await served(
      (port) => [
        `twping 127.0.0.1 port ${port} count 2 interval 1ms timeout 1h`,
        `twping 127.0.0.1 port ${port} count 2 interval 1ms timeout 1h`,
      ],
      'server data-port-range 21001-21001',
    );
    expect(out.match(/^2 sent, 0 lost/gm)).toHaveLength(1);
    expect(err).toBe(
      'line 7: ERROR: Unable to measure, the server refused the test session (temporary-resource-limit: its sessions ' +
        'or UDP ports are in use, also those of sessions stopped less than their timeout ago).\n',
    );
  });

  test('one port for two sessions is too few', async () => {
    const { err } = await served((port) => [
      `twping 127.0.0.1 port ${port} count 2 session-count 2 port-range 21002-21002`,
    ]);
    expect(err).toBe(
      'line 5: ERROR: Unable to measure, no UDP port of 21002-21002 is free here (port-range, or data-port-range of the client).\n',
    );
  });
});

test.skipIf(!NATIVE)(
  'dscp-monitoring shows the marks of packets, in both directions and families (without native sockets nobody sees them)',
  async () => {
    const options = 'count 5 interval 5ms dscp af41 dscp-monitoring';
    const finished = await served(
      (port) => [
        `twping 127.0.0.1 port ${port} ${options}`,
        `twping ::1 port ${port} ${options}`,
        `twping 127.0.0.1 port ${port} ${options} | display json`,
      ],
      'server client-list local address ::/0',
    );
    expect(finished).toMatchObject({ err: '', status: 0 });
    for (const where of ['there', 'here'])
      expect(
        finished.out.match(new RegExp(`^arrived with DSCP/ECN ${where} 34/0 \\(consistently\\)$`, 'gm')),
      ).toHaveLength(2);
    const markings = [{ dscp: 34, ecn: 0, packets: 5 }];
    expect(dataIn(finished)).toMatchObject({
      results: [{ 'send-markings': markings, 'reflect-markings': markings }],
    });
  },
);

describe('a hundred sessions at once', () => {
  const SESSIONS = 100;
  const limits = ['maximum-sessions', 'maximum-sessions-per-connection'].map(
    (limit) => `server ${limit} ${SESSIONS}`,
  );

  test('each has its report and its samples, and none loses anything', async () => {
    const { err, out, status } = await served(
      (port) => [
        `twping 127.0.0.1 port ${port} session-count ${SESSIONS} count 20 interval 50ms sample 500ms`,
      ],
      ...limits,
    );
    expect({ err, status }).toEqual({ err: '', status: 0 });
    expect(new Set(out.match(/^SID:\t[0-9a-f]{32}$/gm)).size).toBe(SESSIONS);
    expect(out.match(/^20 sent, 0 lost \(0\.000%\)/gm)).toHaveLength(SESSIONS);
    const sent = new Map<string, number>();
    for (const [, ends, packets] of out.matchAll(/^sample \S+ (from .*): sent (\d+), lost 0, /gm))
      sent.set(ends!, (sent.get(ends!) ?? 0) + Number(packets));
    expect([...sent.values()]).toEqual(Array(SESSIONS).fill(20));
  });

  test('at a terminal they have one line of progress, and Ctrl-C ends them with the figures of all', async () => {
    const port = await freePort();
    const person = new Person();
    await person.see('dnRouter# ');
    const configured = [`server port ${port}`, ...limits].map((line) => `set services rpm twamp ${line}\r`);
    person.type(`configure\r${configured.join('')}commit and-quit\r`);
    await person.see('Commit succeeded');
    await person.see('dnRouter# ');
    person.type(`set cli screen-length 0\r`);
    await person.see('dnRouter# ');
    person.type(`twping 127.0.0.1 port ${port} session-count ${SESSIONS} count 1000 interval 50ms\r`);
    await person.see(`/${1000 * SESSIONS} sent, `);
    await person.see(`/${1000 * SESSIONS} sent, `);
    person.type('\x03');
    const report = await person.see('Interrupted: these are the figures so far.');
    const counts = [...report.matchAll(/(\d+) sent, 0 lost \(0\.000%\)/g)].map(([, sent]) => Number(sent));
    expect(counts).toHaveLength(SESSIONS);
    expect(Math.min(...counts)).toBeGreaterThan(0);
    await person.see('dnRouter# ');
    person.type('exit\r');
    expect(await person.ended).toBe(0);
  });
});

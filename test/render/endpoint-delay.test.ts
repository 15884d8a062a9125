/** Sessions that measure the delay to an endpoint: the samples of DNOS to the byte. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { delaySessionsText, delaySessionText, type DelaySession } from '../../src/render/endpoint-delay.ts';

const file = join(import.meta.dirname, '../vectors/dnos/show-services-endpoint-delay-sessions.txt');

/** What each command of the sample prints, by its last word. */
const samples = new Map(
  readFileSync(file, 'utf8')
    .split(/^dnRouter# (?=show)/m)
    .slice(1)
    .map((text) => {
      const [command, ...lines] = text.split('\n');
      return [command!.split(' ').at(-1), lines.join('\n').trimEnd()];
    }),
);

const wall = (iso: string): bigint => BigInt(Date.parse(iso)) * 1_000_000n;
const DAY_AND_MORE = 90_065_000_000_000n;

const session: DelaySession = {
  name: 'Test1',
  enabled: true,
  vrf: 'default',
  senderAddress: '1.2.3.4',
  senderPort: 65_101,
  reflectorAddress: '1.1.1.1',
  reflectorPort: 862,
  upNanos: DAY_AND_MORE,
  dscp: { value: 48, name: 'cs6' },
  probeCount: 60,
  probeIntervalSeconds: 1,
  current: {
    startWallNanos: wall('2022-06-22T15:02:57Z'),
    expectedEndWallNanos: wall('2022-06-22T15:03:57Z'),
  },
  previous: [
    {
      startWallNanos: wall('2022-06-22T15:01:55Z'),
      endWallNanos: wall('2022-06-22T15:02:55.200Z'),
      sent: 60,
      received: 60,
      lossPercent: 0,
      crossed: [],
      roundTrip: { samples: 60, minNanos: 1_633_000, maxNanos: 118_698_000, averageNanos: 13_769_000 },
      jitter: { samples: 30, egressNanos: 106_000, ingressNanos: 213_000, roundTripNanos: 318_000 },
    },
  ],
};

const idle: DelaySession = {
  ...session,
  ...{ name: 'ge100-0/0/0', enabled: false, senderPort: undefined, current: undefined, previous: [] },
};

const drawn = (pieces: Iterable<string>): string => [...pieces].join('').trimEnd();

describe('sessions', () => {
  it('are listed as in the sample', () => {
    const listed = [
      { ...session, name: 'test1' },
      { ...session, name: 'test2', reflectorAddress: '2.2.2.2' },
      { ...idle, reflectorAddress: '3.3.3.3' },
    ];
    expect(drawn(delaySessionsText(listed))).toBe(samples.get('sessions'));
  });

  it.each([
    ['test1', session],
    ['ge100-0/0/0', idle],
  ])('%s is shown whole as in the sample', (name, each) => {
    expect(drawn(delaySessionText(each))).toBe(samples.get(name));
  });

  it('say which thresholds a test has crossed, that one was given up, and no figures that there are not', () => {
    const [test] = session.previous;
    const silent = {
      ...test!,
      received: 0,
      lossPercent: 100,
      crossed: ['test-failure', 'probe-failure'],
      roundTrip: undefined,
      jitter: undefined,
    };
    const text = drawn(
      delaySessionText({ ...session, previous: [silent, { ...test!, endWallNanos: undefined }] }),
    );
    expect(text).toContain(
      'Test status: Completed (Thresholds crossed: test-failure, probe-failure)\n\t\tTest size: \n' +
        '\t\t\tProbes sent: 60 probes\n\t\t\tProbes received: 0 probes\n\t\t\tLoss Percentage: 100.0000000\n' +
        '\t\tTest1-Jun-22-2022-15:01:55',
    );
    expect(text).toContain('Test end time: N/A\n\t\tTest status: Stopped\n');
  });

  it('have a DSCP without a name, too', () => {
    const unnamed = { ...session, dscp: { value: 1, name: undefined } };
    expect(drawn(delaySessionText(unnamed))).toContain('\n\tDSCP: 1\n');
  });
});

/** Tests of the twping report against what perfSONAR's twping 5.2.3 printed and what DANOS' parser reads. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { twpingReport, type Spread, type TwpingReport } from '../../src/render/twping-report.ts';

/** A recorded output from its report on; what twping says before it is not part of the report. */
function recorded(name: string): string {
  const output = readFileSync(new URL(`../vectors/twping/${name}.out.txt`, import.meta.url), 'utf8');
  return output.slice(output.indexOf('\n--- twping'));
}

function spread(min: number, median: number, max: number, jitter: number, error: number | undefined): Spread {
  const nanos = (millis: number): number => millis * 1e6;
  return {
    minNanos: nanos(min),
    medianNanos: nanos(median),
    maxNanos: nanos(max),
    jitterNanos: nanos(jitter),
    interarrivalJitterNanos: nanos(jitter / 2),
    percentileNanos: [],
    errorNanos: error === undefined ? undefined : nanos(error),
  };
}

function wallNanos(instant: string): bigint {
  return BigInt(Date.parse(`${instant}Z`)) * 1_000_000n;
}

const consistently = (value: number) => ({ kind: 'hops', values: 1, min: value, max: value }) as const;

const open: TwpingReport = {
  sender: { address: 'localhost', port: 9422 },
  reflector: { address: '127.0.0.1', port: 19265 },
  sid: '7f000001eead240e5c1ffb483335d277',
  firstWallNanos: wallNanos('2026-11-22T08:19:27.410'),
  lastWallNanos: wallNanos('2026-11-22T08:19:27.860'),
  sent: 10,
  lost: 0,
  sendDuplicates: 0,
  reflectDuplicates: 0,
  roundTrip: spread(0.0873, 0.1, 0.217, 0.2, 9.31e-7),
  send: spread(0.073, 0.1, 0.173, 0.1, 4.66e-7),
  reflect: spread(0.0138, 0.1, 0.0439, 0, 4.66e-7),
  processing: { minNanos: 4770, maxNanos: 21_900 },
  sendHops: consistently(0),
  reflectHops: consistently(0),
};

const allLost: TwpingReport = {
  sender: { address: 'localhost', port: 9253 },
  reflector: { address: '127.0.0.1', port: 19447 },
  sid: '7f000001eeada0417f547e06af2a7651',
  firstWallNanos: wallNanos('2026-11-22T17:09:22.548'),
  lastWallNanos: wallNanos('2026-11-22T17:09:22.648'),
  sent: 3,
  lost: 3,
  sendDuplicates: 0,
  reflectDuplicates: 0,
  sendHops: { kind: 'unknown' },
  reflectHops: { kind: 'unknown' },
};

describe('twping report', () => {
  test('an IPv4 run, to the byte', () => {
    expect(twpingReport(open)).toBe(recorded('twping-twampd-open'));
  });

  test('an IPv6 run, to the byte', () => {
    const report: TwpingReport = {
      ...open,
      sender: { address: '::1', port: 8817 },
      reflector: { address: '::1', port: 19795 },
      sid: '00000001eead24208d20f2beefbd50bf',
      firstWallNanos: wallNanos('2026-11-22T08:19:45.602'),
      lastWallNanos: wallNanos('2026-11-22T08:19:46.052'),
      roundTrip: spread(0.0992, 0.2, 0.195, 0, 9.31e-7),
      send: spread(0.082, 0.1, 0.178, 0.1, 4.66e-7),
      reflect: spread(0.0153, 0.1, 0.0191, 0, 4.66e-7),
      processing: { minNanos: 6680, maxNanos: 24_300 },
    };
    expect(twpingReport(report)).toBe(recorded('twping-twampd-open-ipv6'));
  });

  test('a run that lost everything, to the byte', () => {
    expect(twpingReport(allLost)).toBe(recorded('twping-twampd-all-lost'));
  });

  test('unsynchronised clocks, several hop counts, duplicates and a share of loss', () => {
    const lines = twpingReport({
      ...open,
      sent: 1600,
      lost: 1,
      sendDuplicates: 2,
      reflectDuplicates: 3,
      send: spread(-1.5, 0, 2, 0.5, undefined),
      sendHops: { kind: 'hops', values: 2, min: 7, max: 9 },
    }).split('\n');
    expect(lines).toContain('1600 sent, 1 lost (0.062%), 2 send duplicates, 3 reflect duplicates');
    expect(lines).toContain('send time min/median/max = -1.5/0/2 ms, (unsync)');
    expect(lines).toContain('send hops takes 2 values; min hops = 7, max hops = 9');
  });

  test('percentiles stand between jitter and hops, as twping -a writes them', () => {
    const roundTrip = { ...open.roundTrip!, percentileNanos: [1_234_567, 2e6, 3e6] };
    const report = twpingReport({ ...open, percentiles: [50, 99.9, 99.99], roundTrip });
    expect(report).toContain(
      'reflect jitter = 0 ms (P95-P50)\nPercentiles:\n\t50.0: 1.23 ms\n\t99.9: 2 ms\n\t99.99: 3 ms\nsend hops = 0',
    );
    const nothing = twpingReport({ ...allLost, percentiles: [50] });
    expect(nothing).toContain('Percentiles:\n\t50.0: nan ms\n');
  });

  test('nothing sent: no instants and no division by zero', () => {
    const lines = twpingReport({
      ...allLost,
      firstWallNanos: undefined,
      lastWallNanos: undefined,
      sent: 0,
      lost: 0,
    });
    expect(lines).toContain('first:\tnan\nlast:\tnan\n0 sent, 0 lost (0.000%), 0 send');
  });

  test('instants are UTC, rounded to the millisecond into the next second', () => {
    const firstWallNanos = wallNanos('2018-10-12T16:00:04.999') + 500_000n;
    expect(twpingReport({ ...open, firstWallNanos })).toContain('first:\t2018-10-12T16:00:05.000\n');
  });

  /** What each line of the report gives to the expressions of lib/Vyatta/Twamp/Twping.pm (DANOS). */
  test.each([
    [
      /^--- twping statistics from \[(\S+[^\]])\]:(\d*)\s+to\s+\[(\S+[^\]])\]:(\d*)/m,
      ['localhost', '9422', '127.0.0.1', '19265'],
    ],
    [/^SID:\s+(\S+)/m, ['7f000001eead240e5c1ffb483335d277']],
    [/^first:\s+(\S+)/m, ['2026-11-22T08:19:27.410']],
    [/^last:\s+(\S+)/m, ['2026-11-22T08:19:27.860']],
    [
      /^(\d+)\s+sent,\s+(\d+)\s+lost\s+\([0-9]+.[0-9]+%\)(,\s+(\d+)\s+send duplicates,\s+(\d+))?/m,
      ['10', '0', ', 0 send duplicates, 0', '0', '0'],
    ],
    [
      /^round-trip time min\/median\/max\s+=\s+(\S+)\/(\S+)\/(\S+)\s+ms,\s+\(err=(\S+)/m,
      ['0.0873', '0.1', '0.217', '9.31e-07'],
    ],
    [
      /^send time min\/median\/max\s+=\s+(\S+)\/(\S+)\/(\S+)\s+ms,\s+\(err=(\S+)/m,
      ['0.073', '0.1', '0.173', '4.66e-07'],
    ],
    [
      /^reflect time min\/median\/max\s+=\s+(\S+)\/(\S+)\/(\S+)\s+ms,\s+\(err=(\S+)/m,
      ['0.0138', '0.1', '0.0439', '4.66e-07'],
    ],
    [/^reflector processing time min\/max\s+=\s+(\S+)\/(\S+)/m, ['0.00477', '0.0219']],
    [/^two-way jitter\s+=\s+(\S+)\s+ms\s+/m, ['0.2']],
    [/^send jitter\s+=\s+(\S+)\s+ms/m, ['0.1']],
    [/^reflect jitter\s+=\s+(\S+)\s+ms/m, ['0']],
    [/^send hops =\s+(\d+)/m, ['0']],
    [/^reflect\s+hops\s+=\s+(\d+)/m, ['0']],
  ])('DANOS reads %s', (expression, captures) => {
    expect(expression.exec(twpingReport(open))?.slice(1)).toEqual(captures);
  });

  test.each([
    [/^send hops takes\s+(\d+)\s+values; min hops =\s+(\d+), max hops =\s+(\d+)/m],
    [/^reflect hops takes\s+(\d+)\s+values; min hops =\s+(\d+), max hops =\s+(\d+)/m],
  ])('DANOS reads %s', (expression) => {
    const several = { kind: 'hops', values: 3, min: 7, max: 9 } as const;
    const report = twpingReport({ ...open, sendHops: several, reflectHops: several });
    expect(expression.exec(report)?.slice(1)).toEqual(['3', '7', '9']);
  });
});

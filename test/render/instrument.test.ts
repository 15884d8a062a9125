/** What a measurement says of itself. */
import { expect, test } from 'vitest';
import { instrumentReport } from '../../src/render/instrument.ts';

const report = {
  stamps: 'kernel',
  clocks: {
    sender: { synchronised: true, errorNanos: 12_300, timestampFormat: 'ntp' },
    reflector: { synchronised: false, errorNanos: 100_000, timestampFormat: 'ntp' },
  },
  pacing: { p50Nanos: 800, p99Nanos: 78_000, maxNanos: 200_000, late: 3 },
  kernelDrops: 0,
  samplesLost: 0,
  directionsKnown: true,
} as const;

test('everything known', () => {
  expect(instrumentReport(report)).toBe(
    [
      'timestamps: kernel',
      'clock error: sender 0.0123 ms (sync), reflector 0.1 ms (unsync)',
      'pacing error p50/p99/max = 0.0008/0.078/0.2 ms, 3 late',
      'kernel drops of replies: 0',
      '\n',
    ].join('\n'),
  );
});

test('an end that stamps in another format than everybody does is told', () => {
  const { sender, reflector } = report.clocks;
  const clocks = { sender, reflector: { ...reflector, timestampFormat: 'ptpv2' } } as const;
  expect(instrumentReport({ ...report, clocks })).toMatch(
    /^timestamps: kernel, sender NTP, reflector PTPv2\nclock error/,
  );
});

const unknown = {
  ...report,
  stamps: 'user-space',
  clocks: undefined,
  pacing: undefined,
  kernelDrops: undefined,
  samplesLost: 7,
  directionsKnown: false,
} as const;

test('nothing came back and the kernel cannot tell', () => {
  expect(instrumentReport(unknown)).toBe(
    [
      'timestamps: user-space',
      'clock error: not measured',
      'pacing error: not measured',
      'kernel drops of replies: not reported',
      '7 replies came too fast to be measured; they are in no figure.',
      'The direction of losses, duplicates and reordering is unknown: no reply had a number of its own.',
      '\n',
    ].join('\n'),
  );
});

test.each([report, unknown])('no reader of the report above takes a line for one of its own', (any) => {
  const beginnings = /^(---|SID:|first:|last:|\d+ sent|round-trip|send|reflect|two-way)/m;
  expect(instrumentReport(any)).not.toMatch(beginnings);
});

/** The figures that perfSONAR's report has no lines for. */
import { expect, test } from 'vitest';
import { twpingDetails } from '../../src/render/twping-details.ts';

const details = {
  lostByDirection: { send: 1, reflect: 2, unknown: 3 },
  reordered: { send: 4, reflect: 5 },
  inFlight: 0,
} as const;

test('nothing came back', () => {
  expect(twpingDetails(details)).toBe(
    [
      'lost send/reflect/unknown = 1/2/3',
      'reordered send/reflect = 4/5',
      'RFC 3550 jitter: not measured',
      '\n',
    ].join('\n'),
  );
});

test('cut short, with delays', () => {
  const spread = (interarrivalJitterNanos: number) => ({
    ...{ minNanos: 0, medianNanos: 0, maxNanos: 0, jitterNanos: 0, errorNanos: undefined },
    interarrivalJitterNanos,
    percentileNanos: [],
  });
  const text = twpingDetails({
    ...details,
    inFlight: 12,
    roundTrip: spread(123_456),
    send: spread(100_000),
    reflect: spread(0),
  });
  expect(text).toContain('\nin flight: 12, neither answered nor lost\n');
  expect(text).toContain('\nRFC 3550 jitter round-trip/send/reflect = 0.123/0.1/0 ms\n');
});

test('no reader of the report above takes a line for one of its own', () => {
  const beginnings = /^(---|SID:|first:|last:|\d+ sent|round-trip|send|reflect|two-way)/m;
  expect(twpingDetails({ ...details, inFlight: 1 })).not.toMatch(beginnings);
});

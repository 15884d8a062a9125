/** The lines of what TLVs have told, and of the marks of packets. */
import { expect, test } from 'vitest';
import { markingReport, tlvReport, type TlvLines } from '../../src/render/tlv-report.ts';

const nothing: TlvLines = { refused: [], integrityFailures: 0 };

const v4 = { address: '192.0.2.1', port: 862 };
const v6 = { address: '2001:db8::1', port: 5000 };
const unknown = { address: undefined, port: undefined };
const ntp = { source: 'NTP', method: 'SW Local' };
const gnss = { source: 'GNSS', method: 'HW Assist' };

test('nothing was told: no line', () => {
  expect(tlvReport(nothing)).toBe('');
  expect(markingReport([], [{ dscp: 0, ecn: 0, packets: 3 }], 0)).toBe('');
});

test.each<[Partial<TlvLines>, string]>([
  [{ location: { source: v4, destination: v6 } }, 'location: from 192.0.2.1:862 to [2001:db8::1]:5000'],
  [
    { location: { source: unknown, destination: unknown } },
    'location: from unknown:unknown to unknown:unknown',
  ],
  [
    { location: { source: { ...v6, port: undefined }, destination: { ...v4, address: undefined } } },
    'location: from 2001:db8::1:unknown to unknown:862',
  ],
  [
    { timestampInformation: { in: ntp, out: gnss } },
    'timestamp information: in NTP (SW Local), out GNSS (HW Assist)',
  ],
  [{ classOfService: { refused: false } }, 'class of service: replies have the DSCP asked for'],
  [{ classOfService: { refused: true } }, 'class of service: the DSCP asked for is refused in replies'],
  [
    { directMeasurement: { senderTransmitted: 5, reflectorReceived: 4, reflectorTransmitted: 3 } },
    'direct measurement: 5 transmitted, reflector 4 received, 3 transmitted',
  ],
  [
    { followUpTelemetry: { sequence: 2, wallNanos: 1_767_225_600_000_000_001n, method: 'SW Local' } },
    'follow-up telemetry: reply 2 left 2026-01-01T00:00:00.000000001Z (SW Local)',
  ],
  [
    { followUpTelemetry: { sequence: 0, wallNanos: undefined, method: 'SW Local' } },
    'follow-up telemetry: none',
  ],
  [
    { accessReport: { access: 'non-3gpp', state: 'unavailable' } },
    'access report: non-3gpp unavailable, acknowledged',
  ],
  [{ refused: ['location', 'access-report'] }, 'not understood by the reflector: location, access-report'],
  [{ integrityFailures: 7 }, 'TLVs of 7 replies could not be believed: the HMAC is wrong'],
])('%o: %s', (told, line) => {
  expect(tlvReport({ ...nothing, ...told })).toBe(`${line}\n`);
});

test('lines stand in one order', () => {
  const told = { ...nothing, classOfService: { refused: false }, location: { source: v4, destination: v4 } };
  expect(tlvReport({ ...told, integrityFailures: 1 }).match(/^\w+/gm)).toEqual(['location', 'class', 'TLVs']);
});

test('marks are told of each direction that somebody saw, and a change on the way is', () => {
  const ef = { dscp: 46, ecn: 0, packets: 9 };
  const marked = { dscp: 46, ecn: 3, packets: 1 };
  const be = { dscp: 0, ecn: 0, packets: 10 };
  expect(markingReport([ef], [ef], 46)).toBe(
    'arrived with DSCP/ECN there 46/0 (consistently)\narrived with DSCP/ECN here 46/0 (consistently)\n',
  );
  expect(markingReport([ef, marked], [], 46)).toBe('arrived with DSCP/ECN there 46/0 (9), 46/3 (1)\n');
  expect(markingReport([be], [ef], 46)).toBe(
    'arrived with DSCP/ECN there 0/0 (consistently), remarked from DSCP 46\narrived with DSCP/ECN here 46/0 (consistently)\n',
  );
});

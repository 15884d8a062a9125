/** What TLVs have told, in names: every number that IANA has given, and others. */
import { expect, test } from 'vitest';
import { accessReportOf, findingsOf } from '../../src/engine/tlv-findings.ts';
import type { TlvAnswers } from '../../src/twamp/stamp-tlv-types.ts';
import { tlvTypes } from '../../src/twamp/stamp-tlvs.ts';

const found = (answers: TlvAnswers, followUpWallNanos?: bigint) =>
  findingsOf({ answers, followUpWallNanos, integrityFailures: 0 });

test('nothing was told', () => {
  expect(found({})).toEqual({ refused: [], integrityFailures: 0 });
});

test.each([
  [[192, 0, 2, 1], '192.0.2.1'],
  [[0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1], '2001:db8::1'],
])('the address %j is %s, a port 0 and no address are not told', (octets, address) => {
  const location = { source: Uint8Array.from(octets), sourcePort: 5000, destination: undefined };
  expect(found({ location: { ...location, destinationPort: 0 } }).location).toEqual({
    source: { address, port: 5000 },
    destination: { address: undefined, port: undefined },
  });
});

test.each([
  [1, 'NTP'],
  [2, 'PTP'],
  [3, 'SSU/BITS'],
  [4, 'GNSS'],
  [5, 'free-running'],
  [0, 'unknown (0)'],
  [6, 'unknown (6)'],
])('synchronization source %d is %s', (number, source) => {
  const told = { syncSourceIn: number, methodIn: 1, syncSourceOut: 5, methodOut: 3 };
  expect(found({ timestampInformation: told }).timestampInformation).toEqual({
    in: { source, method: 'HW Assist' },
    out: { source: 'free-running', method: 'Control Plane' },
  });
});

test.each([
  [2, 'SW Local'],
  [9, 'unknown (9)'],
])('follow-up telemetry by method %d is of %s', (number, method) => {
  const followUpTelemetry = { sequence: 4, timestamp: 1n, method: number };
  expect(found({ followUpTelemetry }, 7n).followUpTelemetry).toEqual({ sequence: 4, wallNanos: 7n, method });
  expect(found({ followUpTelemetry }).followUpTelemetry).toMatchObject({ wallNanos: undefined });
});

test.each([
  ['3gpp-available', 1, 1],
  ['3gpp-unavailable', 1, 2],
  ['non-3gpp-available', 2, 1],
  ['non-3gpp-unavailable', 2, 2],
])('the access report %s is %d, %d, and back', (report, accessId, returnCode) => {
  expect(accessReportOf(report)).toEqual({ accessId, returnCode });
  const { access, state } = found({ accessReport: { accessId, returnCode } }).accessReport!;
  expect(`${access}-${state}`).toBe(report);
});

test('no access report asks for nothing, and none but these is known', () => {
  expect(accessReportOf(undefined)).toBeUndefined();
  expect(() => accessReportOf('3gpp')).toThrow(RangeError);
});

test('refused TLVs have names, those of nobody a number; the rest is as it was told', () => {
  const classOfService = { dscp: 46, ecn: 1, refused: true };
  const directMeasurement = { senderTransmitted: 3, reflectorReceived: 2, reflectorTransmitted: 1 };
  const refused = [...Object.values(tlvTypes), 99];
  const answers = { refused, classOfService, directMeasurement };
  expect(findingsOf({ answers, followUpWallNanos: undefined, integrityFailures: 8 })).toMatchObject({
    classOfService,
    directMeasurement,
    integrityFailures: 8,
    refused: [
      ...['extra-padding', 'location', 'timestamp-information', 'class-of-service', 'direct-measurement'],
      ...['access-report', 'follow-up-telemetry', 'hmac', 'unknown (99)'],
    ],
  });
});

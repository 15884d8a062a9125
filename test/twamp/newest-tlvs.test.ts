/** What is kept of the newest reply's TLVs, for who reads it in another thread. */
import { expect, test } from 'vitest';
import { NewestTlvs } from '../../src/twamp/newest-tlvs.ts';
import type { TimestampFormat } from '../../src/twamp/timestamp.ts';
import { T1_HEX } from '../support/stamp-ends.ts';

/** Follow-Up Telemetry: Sequence Number 5, a timestamp, and its mode. RFC 8972 §4.7. */
const followUp = (timestamp: string): Uint8Array =>
  Buffer.from(`0007001000000005${timestamp}${'00'.repeat(4)}`, 'hex');

/** 2026-01-01T00:00:00.5Z. */
const WALL_NANOS = 1_767_225_600_500_000_000n;

function readingOf(tlvs: Uint8Array, format: TimestampFormat = 'ntp', taiSeconds = 0) {
  const newest = new NewestTlvs();
  const packet = new Uint8Array(44 + tlvs.length);
  packet.set(tlvs, 44);
  newest.keep(packet, 44, tlvs.length, format, taiSeconds);
  return new NewestTlvs(newest.buffer).read();
}

test('nothing was told before a reply came', () => {
  expect(new NewestTlvs().read()).toEqual({
    answers: {},
    followUpWallNanos: undefined,
    integrityFailures: 0,
  });
});

test.each<[string, string, TimestampFormat, number]>([
  ['NTP', T1_HEX, 'ntp', 0],
  ['PTPv2 in UTC', '6955b9001dcd6500', 'ptpv2', 0],
  ['PTPv2 in TAI', '6955b9251dcd6500', 'ptpv2', 37],
])('a follow-up in %s is the instant at which that reply left', (_, timestamp, format, taiSeconds) => {
  const report = readingOf(followUp(timestamp), format, taiSeconds);
  expect(report.followUpWallNanos).toBe(WALL_NANOS);
  expect(report.answers.followUpTelemetry).toMatchObject({ sequence: 5 });
});

test('a follow-up of zero tells of no reply', () => {
  expect(readingOf(followUp('0'.repeat(16))).followUpWallNanos).toBeUndefined();
});

test('the newest reply takes the place of the one before; failures add up', () => {
  const newest = new NewestTlvs();
  const tlvs = followUp(T1_HEX);
  newest.keep(tlvs, 0, tlvs.length, 'ntp', 0);
  newest.noteFailure();
  newest.noteFailure();
  newest.keep(tlvs, 0, 0, 'ntp', 0);
  expect(newest.read()).toEqual({ answers: {}, followUpWallNanos: undefined, integrityFailures: 2 });
});

test('of more TLVs than there are, the first 256 octets are kept', () => {
  const tlvs = new Uint8Array(400);
  tlvs.set(followUp(T1_HEX));
  tlvs.set([0, 1, 0, 232], 20);
  const report = readingOf(tlvs);
  expect(report.followUpWallNanos).toBe(WALL_NANOS);
});

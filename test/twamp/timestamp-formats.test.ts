/** NTP and PTPv2 timestamps at both ends: packets laid out by hand as RFC 8186 has them, and every mixture measured. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { CounterTable } from '../../src/twamp/counters.ts';
import type { PacketMode } from '../../src/twamp/packet-forms.ts';
import { createArena } from '../../src/twamp/packets.ts';
import { PacingHistogram } from '../../src/twamp/pacing.ts';
import { modeFeatures, modes } from '../../src/twamp/protocol.ts';
import { ReflectorCore } from '../../src/twamp/reflector.ts';
import { SampleRing, type SampleBatch } from '../../src/twamp/samples.ts';
import { SenderCore } from '../../src/twamp/sender.ts';
import { createTlvs } from '../../src/twamp/stamp-extensions.ts';
import { copyPtpAsNtp, wallNanosFromNtp, writePtp, type TimestampFormat } from '../../src/twamp/timestamp.ts';
import { T1, T1_HEX, T2, T3 } from '../support/stamp-ends.ts';
import { arenaOf, stampAt } from '../support/test-packets.ts';

const AGREED = modes.unauthenticated | modeFeatures.ptpv2Timestamps;

/** 2026-01-01T00:00:01Z, half a second after T1. */
const T4 = stampAt(1_767_225_601_000_000_000n);

/** T1, T2 and T3 as PTPv2 writes them: seconds since 1970, and 500, 750 and 875 million nanoseconds. */
const [T1_PTP, T2_PTP, T3_PTP] = ['6955b9001dcd6500', '6955b9002cb41780', '6955b900342770c0'];
/** The same instant where PTP counts TAI, 37 s ahead. */
const T1_TAI = '6955b9251dcd6500';

const SENDER_ESTIMATE = 0x8102;
const REFLECTOR_ESTIMATE = 0x0a0b;

interface Ends {
  readonly sender: PacketMode;
  readonly reflector: PacketMode;
  readonly senderTai?: number;
  readonly reflectorTai?: number;
  readonly reflectorEstimate?: number;
}

/** One packet there and back: what was on the wire, and what the sender makes of it. */
function exchange({
  sender,
  reflector,
  senderTai = 0,
  reflectorTai = 0,
  reflectorEstimate = REFLECTOR_ESTIMATE,
}: Ends) {
  const counters = new CounterTable(2);
  counters.reset(0);
  const timing = { count: 1, intervalNanos: 1, startMonoNanos: 0, timeoutNanos: 1 };
  const fixed = { padding: new Uint8Array(), errorEstimate: SENDER_ESTIMATE, taiSeconds: senderTai };
  const ring = SampleRing.create(1);
  const near = new SenderCore({ ...timing, ...fixed, ...sender }, counters, 0, ring, new PacingHistogram());
  const far = new ReflectorCore(2, counters, reflectorEstimate);
  far.taiSeconds = reflectorTai;
  far.open(1, reflector);
  far.start(1);

  const made = createArena(112);
  const length = near.makeInto(made, 0, 0);
  near.complete(made, 0, T1);
  const request = hexOf(made.bytes, length);
  const arena = arenaOf(made.bytes.slice(0, length));
  const octets = far.reflectInto(arena, 1, 0, length, T2, 63, 0, 0);
  far.complete(arena, 1, 0, T3);
  near.take(arena, 0, octets, T4, 62);
  return { request, reply: hexOf(arena.bytes, octets), ring };
}

const hexOf = (bytes: Uint8Array, octets: number): string =>
  Buffer.from(bytes.subarray(0, octets)).toString('hex');

function only<T>(ring: SampleRing, read: (samples: SampleBatch) => T): T | undefined {
  let value: T | undefined;
  ring.drain((samples) => (value = read(samples)));
  return value;
}

test('RFC 8186 §2.3: both ends agreed, each says by Z that its timestamps are PTPv2', () => {
  const { request, reply } = exchange({
    sender: { mode: AGREED, timestampFormat: 'ptpv2' },
    reflector: { mode: AGREED },
  });
  expect(request).toBe(['00000000', T1_PTP, 'c102'].join(''));
  expect(reply).toBe(
    ['00000000', T3_PTP, '4a0b', '0000', T2_PTP, '00000000', T1_PTP, 'c102', '0000', '3f'].join(''),
  );
});

test('RFC 8186 §2.2: how the Session-Sender stamps is its own affair; its fields come back as they were', () => {
  const ntp = exchange({ sender: { mode: AGREED, timestampFormat: 'ntp' }, reflector: { mode: AGREED } });
  expect(ntp.request).toBe(['00000000', T1_HEX, '8102'].join(''));
  expect(ntp.reply.slice(2 * 28)).toBe([T1_HEX, '8102', '0000', '3f'].join(''));
  expect(ntp.reply.slice(2 * 12, 2 * 14)).toBe('4a0b');
});

test('where PTP counts TAI, so do the timestamps', () => {
  const sender = { mode: AGREED, timestampFormat: 'ptpv2' } as const;
  const { request } = exchange({ sender, reflector: { mode: AGREED }, senderTai: 37 });
  expect(request).toBe(['00000000', T1_TAI, 'c102'].join(''));
});

test('RFC 8762 §4.2.1: in STAMP, each end stamps as it pleases and says so', () => {
  const stamp = { reflector: 'stateless', ssid: 0 } as const;
  const { request, reply } = exchange({
    sender: { stamp: { ...stamp, timestampFormat: 'ptpv2' } },
    reflector: { stamp: { ...stamp, timestampFormat: 'ptpv2' } },
  });
  expect(request.slice(0, 28)).toBe(['00000000', T1_PTP, 'c102'].join(''));
  expect(reply.slice(0, 28)).toBe(['00000000', T3_PTP, '4a0b'].join(''));
});

test.each([0, 37])(
  'Follow-Up Telemetry is read in the timescale of the reply, %i s ahead',
  (reflectorTai) => {
    const stamp = { reflector: 'stateful', ssid: 0, timestampFormat: 'ptpv2' } as const;
    const counters = new CounterTable(2);
    const padding = createTlvs({ followUpTelemetry: true }, stamp);
    const timing = { count: 2, intervalNanos: 1, startMonoNanos: 0, timeoutNanos: 1 };
    const plan = { ...timing, stamp, padding, errorEstimate: SENDER_ESTIMATE };
    const near = new SenderCore(plan, counters, 0, SampleRing.create(2), new PacingHistogram());
    const far = new ReflectorCore(2, counters, REFLECTOR_ESTIMATE);
    far.taiSeconds = reflectorTai;
    far.open(1, { stamp });
    far.start(1);
    // Neither lies at the start of its memory.
    const at = 64;
    for (let packet = 0; packet < 2; packet++) {
      const arena = createArena(256);
      const length = near.makeInto(arena, at, 0);
      near.complete(arena, at, T1);
      const octets = far.reflectInto(arena, 1, at, length, T2, 63, 0, at);
      far.complete(arena, 1, at, T3);
      near.take(arena, at, octets, T4, 62);
    }
    expect(near.tlvs!.newest.read().followUpWallNanos).toBe(1_767_225_600_875_000_000n);
  },
);

const formats: readonly TimestampFormat[] = ['ntp', 'ptpv2'];

/** Both ends of a session whose ends stamp as they please. */
const kinds = {
  'TWAMP, PTPv2 agreed': (sender: TimestampFormat, reflector: TimestampFormat): Ends => ({
    sender: { mode: AGREED, timestampFormat: sender },
    reflector: { mode: AGREED, timestampFormat: reflector },
  }),
  STAMP: (sender: TimestampFormat, reflector: TimestampFormat): Ends => {
    const stamp = { reflector: 'stateless', ssid: 0 } as const;
    return {
      sender: { stamp: { ...stamp, timestampFormat: sender } },
      reflector: { stamp: { ...stamp, timestampFormat: reflector } },
    };
  },
};

describe.each(Object.entries(kinds))('%s', (_, endsOf) => {
  const mixtures = formats.flatMap((sender) => formats.map((reflector) => ({ sender, reflector })));

  test.each(mixtures)('$sender there, $reflector back: the delays are right', ({ sender, reflector }) => {
    for (const [senderTai, reflectorTai] of [
      [0, 0],
      [37, 37],
      [0, 37],
      [37, 0],
    ] as const) {
      const { ring } = exchange({ ...endsOf(sender, reflector), senderTai, reflectorTai });
      const delays = only(ring, (samples) => [
        samples.sendNanos(0),
        samples.processingNanos(0),
        samples.reflectNanos(0),
        samples.roundTripNanos(0),
      ]);
      expect(delays).toEqual([250e6, 125e6, 125e6, 375e6]);
    }
  });
});

test('where PTPv2 is not agreed, the Z of a reflector that knows nothing of it means nothing', () => {
  const sender = { mode: modes.unauthenticated, timestampFormat: 'ntp' } as const;
  const reflector = { mode: modes.unauthenticated };
  const { ring, reply } = exchange({ sender, reflector, reflectorEstimate: 0x4a0b });
  expect(reply.slice(2 * 12, 2 * 14)).toBe('4a0b');
  expect(only(ring, (samples) => samples.roundTripNanos(0))).toBe(375e6);
});

test('a PTPv2 timestamp that becomes one of NTP is right to a nanosecond', () => {
  // From 2104 on NTP's 64 bits are read as another era: RFC 4330 §3.
  const seconds = fc.nat(4_233_462_143);
  const nanos = fc.nat(999_999_999);
  const property = fc.property(seconds, nanos, fc.constantFrom(0, 37), (unixSeconds, nanosOf, tai) => {
    const view = new DataView(new ArrayBuffer(16));
    writePtp(view, 0, unixSeconds, nanosOf, tai);
    copyPtpAsNtp(view, 0, view, 8, tai);
    const read = wallNanosFromNtp(view.getBigUint64(8));
    const off = read - (BigInt(unixSeconds) * 1_000_000_000n + BigInt(nanosOf));
    return off >= -1n && off <= 1n;
  });
  fc.assert(property);
});

test('nanoseconds of a second and more, which no clock has, are carried', () => {
  const view = new DataView(new ArrayBuffer(16));
  view.setUint32(0, T1.unixSeconds - 1);
  view.setUint32(4, 1_500_000_000);
  copyPtpAsNtp(view, 0, view, 8, 0);
  expect(view.getBigUint64(8).toString(16)).toBe(T1_HEX);
});

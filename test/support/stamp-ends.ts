/** Both ends of a STAMP session, each with what it takes and makes as octets, and instants that NTP writes exactly. */
import { CounterTable } from '../../src/twamp/counters.ts';
import type { StampMode } from '../../src/twamp/packet-forms.ts';
import { createArena } from '../../src/twamp/packets.ts';
import { PacingHistogram } from '../../src/twamp/pacing.ts';
import { NO_REPLY, ReflectorCore } from '../../src/twamp/reflector.ts';
import { SampleRing } from '../../src/twamp/samples.ts';
import { SenderCore } from '../../src/twamp/sender.ts';
import { arenaOf, stampAt } from './test-packets.ts';

export const HMAC_KEY = Buffer.from('000102030405060708090a0b0c0d0e0f', 'hex');

/** 2026-01-01T00:00:00.5Z, 00.75Z and 00.875Z, and how NTP writes them: no fraction is rounded. */
export const T1 = stampAt(1_767_225_600_500_000_000n);
export const T2 = stampAt(1_767_225_600_750_000_000n);
export const T3 = stampAt(1_767_225_600_875_000_000n);
export const [T1_HEX, T2_HEX, T3_HEX] = ['ed00378080000000', 'ed003780c0000000', 'ed003780e0000000'];

export const REFLECTOR_ESTIMATE = '8a0b';
export const SENDER_ESTIMATE = '0102';

/** A reflector that sees TTL 63 and this traffic class. */
export function stampReflector(stamp: StampMode, trafficClass = 0) {
  const counters = new CounterTable(1);
  const core = new ReflectorCore(1, counters, Number.parseInt(REFLECTOR_ESTIMATE, 16));
  core.open(0, { stamp });
  core.start(0);
  const reflect = (octets: Uint8Array): string | undefined => {
    const arena = arenaOf(octets);
    const length = core.reflectInto(arena, 0, 0, octets.length, T2, 63, trafficClass, 0);
    if (length === NO_REPLY) return undefined;
    core.complete(arena, 0, 0, T3);
    return Buffer.from(arena.bytes.subarray(0, length)).toString('hex');
  };
  return { core, counters, reflect };
}

export function stampSender(stamp: StampMode, padding: Uint8Array = new Uint8Array()) {
  const counters = new CounterTable(1);
  counters.reset(0);
  const timing = { count: 20, intervalNanos: 1, startMonoNanos: 0, timeoutNanos: 1 };
  const errorEstimate = Number.parseInt(SENDER_ESTIMATE, 16);
  const plan = { ...timing, stamp, padding, errorEstimate };
  const ring = SampleRing.create(32);
  const core = new SenderCore(plan, counters, 0, ring, new PacingHistogram());
  const make = (): Uint8Array => {
    const arena = createArena(112 + padding.length);
    arena.bytes.fill(0xff);
    const length = core.makeInto(arena, 0, 0);
    core.complete(arena, 0, T1);
    return arena.bytes.slice(0, length);
  };
  return { core, counters, ring, make };
}

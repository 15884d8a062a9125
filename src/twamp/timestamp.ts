/** NTP and PTPv2 time and the error estimate, as TWAMP carries them. RFC 4656 §4.1.2, RFC 1305, RFC 8186. */
import { WALL_NANOS_PER_SECOND } from '../clock.ts';

/** Seconds from 1900-01-01 (NTP era 0) to 1970-01-01. */
export const NTP_UNIX_SECONDS = 2_208_988_800;

const UNITS_PER_SECOND = 2n ** 32n;

/** Units of 2^-32 seconds in one nanosecond. */
const FRACTION_PER_NANO = 2 ** 32 / 1e9;

/**
 * A span as 32.32 fixed point, rounded down to 2^-32 s. Spans of 2^32 seconds and more do not fit and wrap.
 */
export function ntpFromNanos(nanos: bigint): bigint {
  return BigInt.asUintN(64, (nanos * UNITS_PER_SECOND) / WALL_NANOS_PER_SECOND);
}

/** A span of 32.32 fixed point in nanoseconds, rounded to the nearest: the inverse of `ntpFromNanos`. */
export function nanosFromNtp(ntp: bigint): bigint {
  return (ntp * WALL_NANOS_PER_SECOND + UNITS_PER_SECOND / 2n) / UNITS_PER_SECOND;
}

/** Wall nanoseconds since 1970 as a 64-bit NTP timestamp. */
export function ntpFromWallNanos(wallNanos: bigint): bigint {
  return ntpFromNanos(wallNanos + BigInt(NTP_UNIX_SECONDS) * WALL_NANOS_PER_SECOND);
}

/**
 * A 64-bit NTP timestamp as wall nanoseconds since 1970; a clear top bit means the era after 2036 (RFC 4330
 * §3).
 */
export function wallNanosFromNtp(ntp: bigint): bigint {
  const era = ntp < 2n ** 63n ? 2n ** 64n : 0n;
  return nanosFromNtp(era + ntp) - BigInt(NTP_UNIX_SECONDS) * WALL_NANOS_PER_SECOND;
}

/** Whole seconds since 1970 as those of an NTP timestamp. */
export function ntpSeconds(unixSeconds: number): number {
  return (unixSeconds + NTP_UNIX_SECONDS) >>> 0;
}

/** Writes a wall time as a 64-bit NTP timestamp without allocating; `nanos` is 0 .. 999,999,999. */
export function writeNtp(view: DataView, offset: number, unixSeconds: number, nanos: number): void {
  view.setUint32(offset, ntpSeconds(unixSeconds));
  view.setUint32(offset + 4, Math.floor(nanos * FRACTION_PER_NANO));
}

/** How an end writes its timestamps: NTP's 32.32 fixed point, or PTPv2's truncated to 64 bits. RFC 8186 §2.3. */
export type TimestampFormat = 'ntp' | 'ptpv2';

/**
 * How far TAI, which PTP counts, is ahead of UTC since 2017-01-01: where a reflector's seconds are ahead of ours by as
 * much, give or take TAI_TOLERANCE_SECONDS, they are taken for TAI. Others count UTC.
 */
const TAI_SECONDS = 37;
const TAI_TOLERANCE_SECONDS = 2;

const NANOS_IN_SECOND = 1e9;

/**
 * Writes a wall time as a truncated PTPv2 timestamp, 32 bits of seconds since 1970 and 32 bits of nanoseconds, without
 * allocating. `taiSeconds`: how far PTP's timescale is ahead of UTC; 0 where nobody knows. IEEE 1588-2008 §5.3.3.
 */
export function writePtp(
  view: DataView,
  offset: number,
  unixSeconds: number,
  nanos: number,
  taiSeconds: number,
): void {
  view.setUint32(offset, unixSeconds + taiSeconds);
  view.setUint32(offset + 4, Math.floor(nanos));
}

/** Copies a PTPv2 timestamp as the NTP timestamp of the same instant, `taiSeconds` being those it was written with. */
export function copyPtpAsNtp(
  from: DataView,
  fromOffset: number,
  to: DataView,
  toOffset: number,
  taiSeconds: number,
): void {
  const nanos = from.getUint32(fromOffset + 4);
  const carry = Math.floor(nanos / NANOS_IN_SECOND);
  writeNtp(to, toOffset, from.getUint32(fromOffset) - taiSeconds + carry, nanos - carry * NANOS_IN_SECOND);
}

/** A truncated PTPv2 timestamp as wall nanoseconds since 1970. */
export function wallNanosFromPtp(timestamp: bigint, taiSeconds: number): bigint {
  const seconds = (timestamp >> 32n) - BigInt(taiSeconds);
  return seconds * WALL_NANOS_PER_SECOND + (timestamp & 0xffff_ffffn);
}

/** The `taiSeconds` that a reflector writes its PTPv2 timestamps with, judged by its T2 and our own clock's seconds. */
export function taiSecondsOf(view: DataView, offset: number, unixSeconds: number): number {
  const aheadSeconds = (view.getUint32(offset) - unixSeconds) | 0;
  return Math.abs(aheadSeconds - TAI_SECONDS) <= TAI_TOLERANCE_SECONDS ? TAI_SECONDS : 0;
}

/** How far a timestamp may be from UTC. */
export interface ErrorEstimate {
  /** The S bit: the clock follows UTC by an external source. */
  readonly synchronised: boolean;
  readonly errorNanos: number;
}

const MULTIPLIER_MAX = 0xff;
const SCALE_MAX = 0x3f;
const SYNCHRONISED_BIT = 0x8000;
/** Z: RFC 8186 §2.3. */
const PTPV2_BIT = 0x4000;

/**
 * The 16 bits S Z Scale(6) Multiplier(8), error = Multiplier × 2^(Scale−32) seconds, rounded up to the next
 * value there is. Multiplier is never 0: that would mean "invalid", and perfSONAR's twping aborts on it.
 */
export function encodeErrorEstimate({ synchronised, errorNanos }: ErrorEstimate): number {
  let scale = 0;
  let multiplier = Math.max(1, Math.ceil(errorNanos * FRACTION_PER_NANO));
  while (multiplier > MULTIPLIER_MAX && scale < SCALE_MAX) {
    scale += 1;
    multiplier = Math.ceil(multiplier / 2);
  }
  return (synchronised ? SYNCHRONISED_BIT : 0) | (scale << 8) | Math.min(multiplier, MULTIPLIER_MAX);
}

/** Whether a packet with these 16 bits is corrupt: a Multiplier of 0 says so (RFC 4656 §4.1.2). */
export function isCorruptEstimate(estimate: number): boolean {
  return (estimate & MULTIPLIER_MAX) === 0;
}

/** Whether these 16 bits have the S bit. */
export function isSynchronised(estimate: number): boolean {
  return (estimate & SYNCHRONISED_BIT) !== 0;
}

/** These 16 bits of an end that stamps in this format. */
export function estimateIn(format: TimestampFormat, estimate: number): number {
  return format === 'ptpv2' ? estimate | PTPV2_BIT : estimate;
}

/** The format that the Z bit of an Error Estimate tells; without RFC 8186 it tells nothing. */
export function formatOfEstimate(estimate: number): TimestampFormat {
  return (estimate & PTPV2_BIT) === 0 ? 'ntp' : 'ptpv2';
}

/** Reads the error of the 16 bits written by `encodeErrorEstimate`. */
export function decodeErrorEstimate(estimate: number): ErrorEstimate {
  const scale = (estimate >> 8) & SCALE_MAX;
  const multiplier = estimate & MULTIPLIER_MAX;
  return {
    synchronised: isSynchronised(estimate),
    errorNanos: (multiplier * 2 ** scale) / FRACTION_PER_NANO,
  };
}

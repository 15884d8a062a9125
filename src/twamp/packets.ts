/** What all TWAMP-Test packets have in common: limits, the memory they lie in, and their last stamp. RFC 5357 §4. */
import type { ReflectorForm, SenderForm } from './packet-forms.ts';
import { writeNtp, writePtp } from './timestamp.ts';
import type { TimestampFormat } from './timestamp.ts';

/** The most padding we send or accept a session for: fits in a UDP datagram of IPv4 and IPv6. */
export const PADDING_OCTETS_MAX = 65_000;

/**
 * What a test packet starts its way with (RFC 5357 §4.1.2), and what a reflector that cannot see TTLs reports
 * (§4.2.1).
 */
export const TTL_INITIAL = 255;

/** In place of the TTL of a received packet: the socket cannot tell. No packet arrives with it. */
export const TTL_UNKNOWN = 0;

/** In place of the DSCP and ECN of a received packet: the socket cannot tell. */
export const TRAFFIC_CLASS_UNKNOWN = -1;

/** Octets that packets lie in, as the two views the cores need on the same memory. */
export interface Arena {
  readonly view: DataView;
  readonly bytes: Uint8Array;
}

export function createArena(octets: number): Arena {
  const bytes = new Uint8Array(octets);
  return { bytes, view: new DataView(bytes.buffer) };
}

/** An instant on both clocks, in a form that can be refilled without allocating. */
export interface Stamp {
  /** Wall time: whole seconds since 1970 UTC … */
  unixSeconds: number;
  /** … and 0 .. 999,999,999 nanoseconds. */
  nanos: number;
  monoNanos: number;
}

export function createStamp(): Stamp {
  return { unixSeconds: 0, nanos: 0, monoNanos: 0 };
}

/** Writes a wall time in the format of an end whose PTP timescale is `taiSeconds` ahead of UTC. */
export function writeStamp(
  view: DataView,
  offset: number,
  stamp: Stamp,
  format: TimestampFormat,
  taiSeconds: number,
): void {
  if (format === 'ntp') writeNtp(view, offset, stamp.unixSeconds, stamp.nanos);
  else writePtp(view, offset, stamp.unixSeconds, stamp.nanos, taiSeconds);
}

/**
 * T3: writes the Timestamp of a Session-Reflector's packet. Where the wall clock stepped back since the packet
 * was received, T3 is T2: a reflector has no negative processing time.
 */
export function stampReply(
  view: DataView,
  offset: number,
  form: ReflectorForm,
  stamp: Stamp,
  format: TimestampFormat = 'ntp',
  taiSeconds = 0,
): void {
  const transmit = offset + form.timestamp;
  const receive = offset + form.receiveTimestamp;
  writeStamp(view, transmit, stamp, format, taiSeconds);
  const receiveSeconds = view.getUint32(receive);
  const receiveFraction = view.getUint32(receive + 4);
  const secondsLater = (view.getUint32(transmit) - receiveSeconds) | 0;
  if (secondsLater > 0 || (secondsLater === 0 && view.getUint32(transmit + 4) >= receiveFraction)) return;
  view.setUint32(transmit, receiveSeconds);
  view.setUint32(transmit + 4, receiveFraction);
}

/** Zeroes the MBZ words of a packet that is about to be filled in. */
export function zeroMbz(view: DataView, offset: number, { mustBeZero }: SenderForm): void {
  for (let word = 0; word < mustBeZero.length; word++) view.setUint16(offset + mustBeZero[word]!, 0);
}

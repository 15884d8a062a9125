/** Sessions of captures, without a router. */
import { addressText } from '../../src/services/address.ts';
import { CaptureFile, captureFormOf } from '../../src/services/capture/capture-file.ts';
import type { Frame } from '../../src/services/capture/frame.ts';
import { Pairing, type PairedConnection } from '../../src/services/capture/pairing.ts';
import {
  SessionTracker,
  type CapturedSession,
  type PassedCounts,
  type TrackerParts,
} from '../../src/services/capture/session-tracker.ts';
import type { Connection, Tuple } from '../../src/services/conntrack/connection.ts';
import { pcap, type CapturedFrame, type Octets } from './captures.ts';

export interface Captured {
  readonly sessions: readonly CapturedSession[];
  readonly connections: readonly Connection[];
  readonly passed: PassedCounts;
  readonly unfollowed: number;
  readonly frames: number;
  readonly damage: string | undefined;
}

interface ReadOptions extends Partial<TrackerParts> {
  /** Octets of a chunk. */
  readonly chunk?: number;
  /** Which frames are looked at. */
  readonly only?: (frame: Frame) => boolean;
}

export function readCapture(octets: Octets, options: ReadOptions = {}): Captured {
  const { chunk = 65_536, only = () => true, ...parts } = options;
  const sessions: CapturedSession[] = [];
  const tracker = new SessionTracker({ seed: 1, hear: (session) => sessions.push(session), ...parts });
  const file = new CaptureFile(captureFormOf(octets)!, (frame) => {
    if (only(frame)) tracker.take(frame);
  });
  for (let at = 0; at < octets.length; at += chunk) file.take(octets.subarray(at, at + chunk));
  file.end();
  tracker.end();
  const { passed, unfollowed } = tracker;
  const { frames, damage } = file;
  return {
    sessions,
    connections: sessions.map(({ connection }) => connection),
    passed,
    unfollowed,
    frames,
    damage,
  };
}

export const readFrames = (frames: readonly CapturedFrame[], options?: ReadOptions): Captured =>
  readCapture(pcap(frames), options);

export function paired(
  inside: Captured,
  outside: Captured,
  sessionsMax?: number,
): readonly PairedConnection[] {
  const pairing = new Pairing(sessionsMax);
  const found = [
    ...inside.sessions.map((session) => pairing.addInside(session)),
    ...outside.sessions.map((session) => pairing.addOutside(session)),
    ...pairing.end(),
  ];
  return found.filter((connection) => connection !== undefined);
}

const endText = (address: Tuple['source'], port: number | undefined): string =>
  port === undefined ? addressText(address) : `${addressText(address)}:${port}`;

export const tupleText = ({
  protocol,
  source,
  sourcePort,
  destination,
  destinationPort,
  icmpId,
}: Tuple): string =>
  `${protocol} ${endText(source, sourcePort)} ${endText(destination, destinationPort)}` +
  (icmpId === undefined ? '' : ` id ${icmpId}`);

/** What is compared of a connection most often: its original direction, what is counted, and what announced it. */
export function connectionText({
  original,
  originalCounters,
  replyCounters,
  helper,
  masterHelper,
}: Connection): string {
  const counters = [originalCounters, replyCounters].map((each) => `${each?.packets}/${each?.octets}`);
  const alg = helper ?? (masterHelper === undefined ? '' : `of ${masterHelper}`);
  return `${tupleText(original)} ${counters.join(' ')} ${alg}`.trimEnd();
}

/** The same measurement by a sender and a reflector in plain C: how punctual and how quick this machine lets anybody be. */
import type { Workshop } from './programs.ts';
import { quantile } from './statistics.ts';
import type { Task } from './twping.ts';

/** In microseconds. */
export interface PlainReport {
  /** T1 less the instant that was due. */
  readonly late: readonly number[];
  readonly roundTrips: readonly number[];
  readonly lost: number;
}

const PACKET_OCTETS = 41;

export async function plainMeasurement(
  workshop: Workshop,
  { count, intervalMicros }: Pick<Task, 'count' | 'intervalMicros'>,
): Promise<PlainReport> {
  const reflector = workshop.startC('reflector', ['single', 1]);
  const [, port = ''] = (await reflector.line()).split(' ');
  const sender = workshop.startC('sender', [1e6 / intervalMicros, count, PACKET_OCTETS, port]);
  const lines = await sender.finish();
  await reflector.stop();
  const rows = lines.slice(0, -1).map((line) => line.split(' ').map((nanos) => Number(nanos) / 1000));
  return {
    late: rows.map(([late]) => late!),
    roundTrips: rows.map(([, roundTrip]) => roundTrip!),
    lost: count - rows.length,
  };
}

/** As `twping` would report it. */
export function roundTripsOf({ roundTrips, lost }: PlainReport): {
  readonly [Key in 'medianMicros' | 'p95Micros' | 'p99Micros' | 'maxMicros' | 'lost']: number;
} {
  const at = (share: number): number => quantile(roundTrips, share);
  return { medianMicros: at(0.5), p95Micros: at(0.95), p99Micros: at(0.99), maxMicros: at(1), lost };
}

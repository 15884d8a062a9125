/** The TWAMP suite: each row measured on its own, so that one that fails leaves the others. */
import { measureAbsence } from './absence.ts';
import { measureControl } from './control-plane.ts';
import { measureEndurance } from './endurance.ts';
import { measureInfluence } from './influence.ts';
import { measurePacing } from './pacing.ts';
import type { Workshop } from './programs.ts';
import { measureReflection } from './reflection.ts';
import type { Report } from './report.ts';
import { measureRoundTrip } from './round-trip.ts';
import { measureStamps } from './stamps.ts';
import type { Pace, Peers } from './suite.ts';

type Measure = (workshop: Workshop, peers: Peers, pace: Pace, report: Report) => Promise<void>;

const rows: Readonly<Record<string, Measure>> = {
  reflector: measureReflection,
  stamps: measureStamps,
  'round-trip': measureRoundTrip,
  pacing: measurePacing,
  endurance: measureEndurance,
  influence: measureInfluence,
  control: measureControl,
};

export const twampRows: readonly string[] = Object.keys(rows);

/** Gives how many rows failed. */
export async function measureTwamp(
  workshop: Workshop,
  peers: Peers,
  pace: Pace,
  only: readonly string[],
  report: Report,
): Promise<number> {
  workshop.compile();
  measureAbsence(workshop, report);
  let failures = 0;
  for (const name of only) {
    try {
      await rows[name]!(workshop, peers, pace, report);
    } catch (error) {
      failures += 1;
      const message = error instanceof Error ? error.message : String(error);
      process.stderr.write(`${name} failed: ${message}\n`);
    }
    // What a row that failed has left running would be measured in the next.
    await workshop.stopAll();
  }
  return failures;
}

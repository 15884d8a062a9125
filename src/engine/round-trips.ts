/** Round trips of a test session that runs, as sums: what happened between two readings is their difference. */
import type { SampleBatch } from '../datapath/datapath.ts';

/** Since the session began. */
export interface RoundTrips {
  readonly replies: number;
  /** Of all replies; time inside the reflector is in none. */
  readonly sumNanos: number;
}

export class RoundTripSums implements RoundTrips {
  replies = 0;
  sumNanos = 0;

  add(samples: SampleBatch): void {
    this.replies += samples.length;
    for (let index = 0; index < samples.length; index++) this.sumNanos += samples.roundTripNanos(index);
  }
}

/** Probes of a test session: each decided in its turn as answered or lost, and the figures over any number of them. */
import type { SampleBatch } from '../datapath/datapath.ts';

/** Delays of an answered probe, in nanoseconds; time inside the reflector is in none. */
export interface ProbeDelays {
  readonly roundTripNanos: number;
  /** Source to destination, the clocks' offset included. */
  readonly egressNanos: number;
  /** Destination to source, the clocks' offset included. */
  readonly ingressNanos: number;
}

export interface Probe {
  readonly sentWallNanos: bigint;
  /** When the reply came, or was waited for no longer. */
  readonly decidedWallNanos: bigint;
  /** Undefined: lost. */
  readonly delays: ProbeDelays | undefined;
}

/** Both readings of one instant. */
export interface Instant {
  readonly monoNanos: number;
  readonly wallNanos: bigint;
}

/** The schedule that probes are sent by. */
export interface ProbeSchedule {
  readonly startMonoNanos: number;
  readonly intervalNanos: number;
  readonly timeoutNanos: number;
}

/** One test of a session: replies in, probes out, in the order in which they were sent. */
export class ProbeTest {
  readonly #schedule: ProbeSchedule;
  readonly #answers = new Map<number, Probe>();
  #next = 0;

  constructor(schedule: ProbeSchedule) {
    this.#schedule = schedule;
  }

  /** The first reply to each probe; a late one is no sample. */
  add(samples: SampleBatch): void {
    for (let index = 0; index < samples.length; index++) {
      const sequence = samples.sequence(index);
      const underwayNanos = samples.roundTripNanos(index) + samples.processingNanos(index);
      if (sequence < this.#next || this.#answers.has(sequence)) continue;
      const sentWallNanos = samples.sentWallNanos(index);
      this.#answers.set(sequence, {
        sentWallNanos,
        decidedWallNanos: sentWallNanos + BigInt(Math.round(underwayNanos)),
        delays: {
          roundTripNanos: samples.roundTripNanos(index),
          egressNanos: samples.sendNanos(index),
          ingressNanos: samples.reflectNanos(index),
        },
      });
    }
  }

  /** What can be decided of the `sent` probes that left: up to the first that is still waited for. */
  decide(sent: number, now: Instant): readonly Probe[] {
    return this.#decide(sent, now, ({ sentMonoNanos }) => {
      return now.monoNanos >= sentMonoNanos + this.#schedule.timeoutNanos;
    });
  }

  /** No more replies can come: what has none is lost. */
  decideAll(sent: number, now: Instant): readonly Probe[] {
    return this.#decide(sent, now, () => true);
  }

  #decide(
    sent: number,
    now: Instant,
    isLost: (unanswered: { readonly sentMonoNanos: number }) => boolean,
  ): readonly Probe[] {
    const decided: Probe[] = [];
    for (; this.#next < sent; this.#next += 1) {
      const sentMonoNanos = this.#schedule.startMonoNanos + this.#next * this.#schedule.intervalNanos;
      const answer = this.#answers.get(this.#next);
      if (answer === undefined && !isLost({ sentMonoNanos })) break;
      this.#answers.delete(this.#next);
      decided.push(answer ?? this.#lost(sentMonoNanos, now));
    }
    return decided;
  }

  #lost(sentMonoNanos: number, now: Instant): Probe {
    const agoNanos = Math.max(0, now.monoNanos - sentMonoNanos);
    const sentWallNanos = now.wallNanos - BigInt(Math.round(agoNanos));
    const waitedNanos = Math.min(agoNanos, this.#schedule.timeoutNanos);
    return {
      sentWallNanos,
      decidedWallNanos: sentWallNanos + BigInt(Math.round(waitedNanos)),
      delays: undefined,
    };
  }
}

/** A probe beside the one that was answered before it. */
export interface ComparedProbe extends Probe {
  /** By how much each delay is longer than that of the last answered probe; undefined where there is none. */
  readonly jitter: ProbeDelays | undefined;
  /** Interarrival jitter of RFC 3550 §6.4.1. */
  readonly interarrival: ProbeDelays | undefined;
}

const NO_JITTER: ProbeDelays = { roundTripNanos: 0, egressNanos: 0, ingressNanos: 0 };

/** Of RFC 3550 §6.4.1. */
const INTERARRIVAL_GAIN = 1 / 16;

/** Compares each probe with the one answered before it. */
export class ProbeComparison {
  #last: ProbeDelays | undefined;
  #interarrival = NO_JITTER;

  compare(probe: Probe): ComparedProbe {
    const { delays } = probe;
    const last = this.#last;
    if (delays === undefined) return { ...probe, jitter: undefined, interarrival: undefined };
    this.#last = delays;
    if (last === undefined) return { ...probe, jitter: undefined, interarrival: undefined };
    const jitter = combined(delays, last, (now, before) => now - before);
    this.#interarrival = combined(
      this.#interarrival,
      jitter,
      (smooth, difference) => smooth + (Math.abs(difference) - smooth) * INTERARRIVAL_GAIN,
    );
    return { ...probe, jitter, interarrival: this.#interarrival };
  }
}

function combined(
  one: ProbeDelays,
  other: ProbeDelays,
  combine: (one: number, other: number) => number,
): ProbeDelays {
  return {
    roundTripNanos: combine(one.roundTripNanos, other.roundTripNanos),
    egressNanos: combine(one.egressNanos, other.egressNanos),
    ingressNanos: combine(one.ingressNanos, other.ingressNanos),
  };
}

/** Figures over durations, in nanoseconds. */
export interface Measurement {
  readonly samples: number;
  readonly minNanos: number;
  readonly maxNanos: number;
  readonly averageNanos: number;
  /** Standard deviation, of the whole and not of a sample. */
  readonly deviationNanos: number;
  readonly sumNanos: number;
}

const DELAYS = ['roundTrip', 'egress', 'ingress'] as const;

export type DelayName = (typeof DELAYS)[number];
/** Jitter by its sign, as an amount. */
export type MeasurementName = DelayName | `${DelayName}${'Positive' | 'Negative'}Jitter`;

export interface ProbeFigures {
  readonly sent: number;
  readonly received: number;
  /** Those with samples. */
  readonly measurements: Readonly<Partial<Record<MeasurementName, Measurement>>>;
}

/** The figures over probes, of which none is kept. */
export class ProbeTotals {
  #sent = 0;
  #received = 0;
  readonly #measurements = new Map<MeasurementName, RunningMeasurement>();

  add({ delays, jitter }: ComparedProbe): void {
    this.#sent += 1;
    if (delays === undefined) return;
    this.#received += 1;
    for (const name of DELAYS) {
      this.#measure(name, delays[`${name}Nanos`]);
      const nanos = jitter?.[`${name}Nanos`] ?? 0;
      if (nanos !== 0) this.#measure(`${name}${nanos > 0 ? 'Positive' : 'Negative'}Jitter`, Math.abs(nanos));
    }
  }

  figures(): ProbeFigures {
    const measurements = Object.fromEntries(
      [...this.#measurements].map(([name, each]) => [name, each.read()]),
    );
    return { sent: this.#sent, received: this.#received, measurements };
  }

  #measure(name: MeasurementName, nanos: number): void {
    let measurement = this.#measurements.get(name);
    if (measurement === undefined) this.#measurements.set(name, (measurement = new RunningMeasurement()));
    measurement.add(nanos);
  }
}

/** Welford's algorithm: the deviation in one pass, without the loss of digits of a sum of squares. */
class RunningMeasurement {
  #samples = 0;
  #minNanos = Infinity;
  #maxNanos = -Infinity;
  #sumNanos = 0;
  #meanNanos = 0;
  #squares = 0;

  add(nanos: number): void {
    this.#samples += 1;
    this.#minNanos = Math.min(this.#minNanos, nanos);
    this.#maxNanos = Math.max(this.#maxNanos, nanos);
    this.#sumNanos += nanos;
    const fromOldMean = nanos - this.#meanNanos;
    this.#meanNanos += fromOldMean / this.#samples;
    this.#squares += fromOldMean * (nanos - this.#meanNanos);
  }

  read(): Measurement {
    return {
      samples: this.#samples,
      minNanos: this.#minNanos,
      maxNanos: this.#maxNanos,
      averageNanos: this.#meanNanos,
      deviationNanos: Math.sqrt(this.#squares / this.#samples),
      sumNanos: this.#sumNanos,
    };
  }
}

/** The figures over probes that are kept somewhere, oldest first. */
export function figuresOf(probes: Iterable<Probe>): ProbeFigures {
  const comparison = new ProbeComparison();
  const totals = new ProbeTotals();
  for (const probe of probes) totals.add(comparison.compare(probe));
  return totals.figures();
}

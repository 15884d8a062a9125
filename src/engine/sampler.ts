/** Samples of a measurement while it runs: the figures of each session since the sample before. */
import type { Clock, Timer, Timers } from '../clock.ts';
import {
  AwaitedPackets,
  type IntervalStatistics,
  type IntervalSummary,
} from '../twamp/interval-statistics.ts';
import type { Statistics } from '../twamp/statistics.ts';
import type { RoundSession } from './test-round.ts';
import type { Endpoint } from './transport.ts';

/** Samples that are kept for the result, those of all sessions together. */
export const SAMPLES_MAX = 10_000;

export interface IntervalSample extends IntervalSummary {
  /** When the interval ended. */
  readonly wallNanos: bigint;
}

export interface SessionSample extends IntervalSample {
  readonly sender: Endpoint;
  readonly reflector: Endpoint;
}

/** Takes the samples of all sessions; the next are taken when it has settled. */
export type OnSamples = (samples: readonly SessionSample[]) => Promise<void> | void;

export interface SampledSession {
  readonly session: RoundSession;
  readonly statistics: Statistics;
  /** Of the session's answers. */
  readonly interval: IntervalStatistics;
}

export interface Sampling {
  readonly intervalNanos: number;
  /** When the first packets leave. */
  readonly startNanos: number;
  readonly timeoutNanos: number;
}

/** The samples of one session that the result has. */
export interface KeptSamples {
  readonly samples: readonly IntervalSample[];
  /** Those that found no room. */
  readonly omitted: number;
}

export class Sampler {
  readonly #clock: Clock & Timers;
  readonly #sampling: Sampling;
  readonly #onSamples: OnSamples | undefined;
  readonly #sessions: readonly Sampled[];
  #dueNanos: number;
  #timer: Timer | undefined;
  #kept = 0;
  #stopped = false;
  #taking: Promise<void> = Promise.resolve();

  constructor(
    sessions: readonly SampledSession[],
    clock: Clock & Timers,
    sampling: Sampling,
    onSamples: OnSamples | undefined,
  ) {
    this.#clock = clock;
    this.#sampling = sampling;
    this.#onSamples = onSamples;
    this.#sessions = sessions.map((session) => new Sampled(session, sampling.timeoutNanos));
    this.#dueNanos = sampling.startNanos;
    this.#await();
  }

  /** No more intervals end. */
  stop(): void {
    this.#stopped = true;
    this.#timer?.cancel();
  }

  /** Takes what the last interval has to tell, once the sessions are over; gives the samples of each. */
  async finish(): Promise<readonly KeptSamples[]> {
    this.stop();
    await this.#taking;
    const wallNanos = this.#clock.wallNanos();
    const last = this.#sessions.map((session) => session.takeLast(wallNanos));
    if (last.some(tellsAnything)) await this.#tell(last);
    return this.#sessions.map(({ samples, omitted }) => ({ samples, omitted }));
  }

  /** The next full interval: those that whoever takes samples was too slow for are part of it. */
  #await(): void {
    if (this.#stopped) return;
    const { intervalNanos } = this.#sampling;
    const late = Math.max(0, this.#clock.monoNanos() - this.#dueNanos);
    this.#dueNanos += intervalNanos * (1 + Math.floor(late / intervalNanos));
    this.#timer = this.#clock.at(this.#dueNanos, () => {
      this.#taking = this.#take();
      // What went wrong is for finish() to tell.
      this.#taking.catch(() => undefined);
    });
  }

  async #take(): Promise<void> {
    const [wallNanos, monoNanos] = [this.#clock.wallNanos(), this.#clock.monoNanos()];
    await this.#tell(this.#sessions.map((session) => session.take(wallNanos, monoNanos)));
    this.#await();
  }

  async #tell(samples: readonly SessionSample[]): Promise<void> {
    for (const [index, session] of this.#sessions.entries()) {
      if (this.#kept < SAMPLES_MAX) session.keep(samples[index]!);
      else session.omitted += 1;
      this.#kept += 1;
    }
    await this.#onSamples?.(samples);
  }
}

const tellsAnything = ({ sent, lost, roundTrip }: IntervalSummary): boolean =>
  sent > 0 || lost > 0 || roundTrip !== undefined;

class Sampled {
  readonly samples: IntervalSample[] = [];
  omitted = 0;
  readonly #sampled: SampledSession;
  readonly #awaited: AwaitedPackets;

  constructor(sampled: SampledSession, timeoutNanos: number) {
    this.#sampled = sampled;
    this.#awaited = new AwaitedPackets(timeoutNanos);
  }

  take(wallNanos: bigint, monoNanos: number): SessionSample {
    const { lastSequenceSent = -1 } = this.#sampled.session.sender.counters();
    return this.#sample(wallNanos, this.#awaited.read(monoNanos, lastSequenceSent + 1));
  }

  /** When the session is over it knows better what was awaited. */
  takeLast(wallNanos: bigint): SessionSample {
    return this.#sample(wallNanos, this.#sampled.session.sender.awaitedFrom());
  }

  keep({ wallNanos, sent, lost, roundTrip }: SessionSample): void {
    this.samples.push({ wallNanos, sent, lost, roundTrip });
  }

  #sample(wallNanos: bigint, awaitedFrom: number | undefined): SessionSample {
    const { session, statistics, interval } = this.#sampled;
    const { sent, lastSequenceSent } = session.sender.counters();
    const { lost } = statistics.missing({ sent, lastSequenceSent, awaitedFrom });
    const { local: sender, reflector } = session;
    return { sender, reflector, wallNanos, ...interval.take({ sent, lost }) };
  }
}

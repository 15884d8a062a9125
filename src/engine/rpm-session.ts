/** A configured test session: its tests one after the other, their figures, and the thresholds they cross. */
import type { SampleBatch } from '../datapath/datapath.ts';
import {
  ProbeComparison,
  ProbeTest,
  ProbeTotals,
  type ComparedProbe,
  type Instant,
  type Probe,
  type ProbeFigures,
  type ProbeSchedule,
} from './rpm-probes.ts';
import type { SessionSettings } from './rpm-settings.ts';
import {
  lossCrossings,
  probeCrossings,
  testCrossings,
  type Crossing,
  type SessionTrap,
} from './rpm-thresholds.ts';

/** What was learned of a session at once. */
export interface Findings {
  readonly probes: readonly Probe[];
  /** Only those whose trap is configured. */
  readonly crossings: readonly Crossing[];
}

/** A test of the session, as far as it has come. */
export interface TestRecord {
  readonly startWallNanos: bigint;
  /** Undefined: it runs, or was given up. */
  readonly endWallNanos: bigint | undefined;
  readonly figures: ProbeFigures;
  /** By the traps that would tell of the thresholds, whether or not they are configured; each once. */
  readonly crossed: readonly SessionTrap[];
}

/** What is written of a test while it runs. */
class RunningRecord {
  readonly startWallNanos: bigint;
  readonly totals = new ProbeTotals();
  readonly crossed = new Set<SessionTrap>();
  endWallNanos: bigint | undefined;

  constructor(startWallNanos: bigint) {
    this.startWallNanos = startWallNanos;
  }

  read(): TestRecord {
    const { startWallNanos, endWallNanos, totals, crossed } = this;
    return { startWallNanos, endWallNanos, figures: totals.figures(), crossed: [...crossed] };
  }
}

export class RpmSession {
  /** In force from the next probe on; the plan, from the next test on. */
  settings: SessionSettings;
  readonly #comparison = new ProbeComparison();
  readonly #all = new ProbeTotals();
  readonly #trapCounts = new Map<string, number>();
  #test: ProbeTest | undefined;
  #current: RunningRecord | undefined;
  #last: TestRecord | undefined;
  #latest: ComparedProbe | undefined;
  #lossesInRow = 0;

  constructor(settings: SessionSettings) {
    this.settings = settings;
  }

  /** The latest probe that is decided. */
  get latest(): ComparedProbe | undefined {
    return this.#latest;
  }

  /** The test that runs, or else the one that ran last. */
  get current(): TestRecord | undefined {
    return this.#current?.read();
  }

  /** The test before the current one. */
  get last(): TestRecord | undefined {
    return this.#last;
  }

  /** Over all tests since the router started. */
  get all(): ProbeFigures {
    return this.#all.figures();
  }

  /** How often each trap was sent since the router started. */
  get trapCounts(): ReadonlyMap<string, number> {
    return this.#trapCounts;
  }

  /** A test starts. */
  begin(schedule: ProbeSchedule, now: Instant): void {
    this.#last = this.current ?? this.#last;
    const untilNanos = Math.round(schedule.startMonoNanos - now.monoNanos);
    this.#current = new RunningRecord(now.wallNanos + BigInt(untilNanos));
    this.#test = new ProbeTest(schedule);
  }

  add(samples: SampleBatch): void {
    this.#test?.add(samples);
  }

  /** What can be said of the `sent` probes so far. */
  decide(sent: number, now: Instant): Findings {
    return this.#note(this.#test?.decide(sent, now) ?? []);
  }

  /** The test is over, by itself or because the connection is lost: what has no reply is lost. */
  end(sent: number, now: Instant, ending: 'complete' | 'connection-lost'): Findings {
    const { probes, crossings } = this.#note(this.#test?.decideAll(sent, now) ?? []);
    const figures = this.#current?.totals.figures();
    const atEnd = figures === undefined ? [] : testCrossings(figures, this.settings.thresholds);
    if (this.#current !== undefined) this.#current.endWallNanos = now.wallNanos;
    this.#cross(atEnd);
    const completion: readonly Crossing[] = ending === 'complete' ? [{ trap: 'test-completion' }] : [];
    this.#test = undefined;
    return { probes, crossings: [...crossings, ...this.#sent([...atEnd, ...completion])] };
  }

  #note(probes: readonly Probe[]): Findings {
    const { thresholds } = this.settings;
    const crossings = probes.flatMap((probe) => {
      const compared = this.#comparison.compare(probe);
      this.#latest = compared;
      this.#current?.totals.add(compared);
      this.#all.add(compared);
      this.#lossesInRow = probe.delays === undefined ? this.#lossesInRow + 1 : 0;
      return probe.delays === undefined
        ? lossCrossings(this.#lossesInRow, thresholds)
        : probeCrossings(probe.delays, thresholds);
    });
    this.#cross(crossings);
    return { probes, crossings: this.#sent(crossings) };
  }

  #cross(crossings: readonly Crossing[]): void {
    for (const { trap } of crossings) this.#current?.crossed.add(trap);
  }

  #sent(crossings: readonly Crossing[]): readonly Crossing[] {
    const sent = crossings.filter(({ trap }) => this.settings.traps.has(trap));
    for (const { trap } of sent) this.#trapCounts.set(trap, (this.#trapCounts.get(trap) ?? 0) + 1);
    return sent;
  }
}

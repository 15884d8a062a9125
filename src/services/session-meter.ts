/** Counts sessions now and then, by interface and service set: what has been since, and the latest counts. */
import { NANOS_PER_SECOND, type Clock, type Timers } from '../clock.ts';
import type { TallyMessage } from './conntrack/conntrack-link.ts';
import { groupKey, type SessionCount, type SessionGroup } from './session.ts';
import { SourceError, type SessionSource, type SourceProblem } from './source.ts';

/** A count is never more than a fiftieth of the time: of a million sessions in several groups it takes seconds. */
const COST_FACTOR = 50;

/** Rows of all samples together; the oldest samples go first. */
const METRICS_ROWS_MAX = 100_000;

export interface MeterSettings {
  readonly intervalSeconds: number;
  /** Samples that are kept, the latest. */
  readonly samples: number;
}

/** One group in one sample. */
export interface GroupSample extends SessionCount {
  /** Since the sample before; undefined where the source does not tell. */
  readonly begun: number | undefined;
  readonly ended: number | undefined;
}

export interface MeterSample {
  readonly wallNanos: bigint;
  readonly groups: readonly GroupSample[];
}

/** One group since the meter began. */
export interface GroupSince {
  readonly peak: number;
  /** A second. */
  readonly begunRate: number | undefined;
  readonly endedRate: number | undefined;
}

/** A source whose sessions are told as they begin and end. */
interface TellingSource {
  tally(signal: AbortSignal): AsyncIterable<Pick<TallyMessage, 'begun' | 'ended' | 'lost'>>;
}

interface Figures {
  readonly group: SessionGroup;
  sessions: number;
  peak: number;
  begun: number;
  ended: number;
  /** As they were at the sample before. */
  begunThen: number;
  endedThen: number;
}

export interface MeterParts {
  readonly clock: Clock & Timers;
  readonly source: SessionSource & Partial<TellingSource>;
  readonly report: (error: unknown) => void;
}

export class SessionMeter {
  readonly #parts: MeterParts;
  readonly #abort = new AbortController();
  readonly #groups = new Map<string, Figures>();
  readonly #sinceMonoNanos: number;
  readonly sinceWallNanos: bigint;
  #samples: MeterSample[] = [];
  readonly #rowsMax: number;
  #rows = 0;
  #problem: SourceProblem | undefined;
  #running: readonly Promise<void>[] = [];
  settings: MeterSettings;

  constructor(parts: MeterParts, settings: MeterSettings, rowsMax = METRICS_ROWS_MAX) {
    this.#parts = parts;
    this.settings = settings;
    this.#rowsMax = rowsMax;
    this.#sinceMonoNanos = parts.clock.monoNanos();
    this.sinceWallNanos = parts.clock.wallNanos();
  }

  /** Whether the source tells what begins and ends. */
  get isTold(): boolean {
    return this.#parts.source.tally !== undefined;
  }

  /** Why figures are less than whole. */
  get problems(): readonly SourceProblem[] {
    return this.#problem === undefined ? [] : [this.#problem];
  }

  /** The oldest first. */
  get samples(): readonly MeterSample[] {
    return this.#samples;
  }

  start(): void {
    this.#running = [this.#listen(), this.#count()];
  }

  async stop(): Promise<void> {
    this.#abort.abort();
    await Promise.all(this.#running);
  }

  /** Sessions that somebody has counted, all of them: a peak may be among those. */
  note(counts: readonly SessionCount[]): void {
    for (const figures of this.#groups.values()) figures.sessions = 0;
    for (const count of counts) {
      const figures = this.#figuresOf(count);
      figures.sessions = count.sessions;
      figures.peak = Math.max(figures.peak, count.sessions);
    }
  }

  /** Undefined for a group that never had any. */
  since(group: SessionGroup): GroupSince | undefined {
    const figures = this.#groups.get(groupKey(group));
    if (figures === undefined) return undefined;
    const seconds = (this.#parts.clock.monoNanos() - this.#sinceMonoNanos) / NANOS_PER_SECOND;
    const rate = (count: number): number | undefined =>
      this.isTold && seconds > 0 ? count / seconds : undefined;
    return { peak: figures.peak, begunRate: rate(figures.begun), endedRate: rate(figures.ended) };
  }

  /** Groups that have had sessions since it began. */
  get groups(): readonly SessionGroup[] {
    return [...this.#groups.values()].map(({ group }) => group);
  }

  async #listen(): Promise<void> {
    const { source } = this.#parts;
    if (source.tally === undefined) return;
    await this.#again(async (signal) => {
      for await (const { begun, ended, lost } of source.tally!(signal)) {
        for (const count of begun) this.#figuresOf(count).begun += count.sessions;
        for (const count of ended) this.#figuresOf(count).ended += count.sessions;
        if (lost > 0) this.#problem = { severity: 'warning', code: 'events-lost' };
      }
    });
  }

  async #count(): Promise<void> {
    await this.#again(async (signal) => {
      this.note(await this.#parts.source.census(signal));
      this.#sample();
    });
  }

  /** At intervals, until it is stopped. A source that refuses is kept as a problem: whoever asks for figures hears of it. */
  async #again(work: (signal: AbortSignal) => Promise<void>): Promise<void> {
    const { signal } = this.#abort;
    const { clock, report } = this.#parts;
    while (!signal.aborted) {
      const begunNanos = clock.monoNanos();
      try {
        await work(signal);
      } catch (error) {
        // What is stopped rejects with the signal's reason, which is none of these.
        if (error instanceof SourceError) this.#problem = { ...error.problem, severity: 'warning' };
        else if (error !== signal.reason) report(error);
      }
      const tookNanos = clock.monoNanos() - begunNanos;
      const intervalNanos = this.settings.intervalSeconds * NANOS_PER_SECOND;
      await this.#until(begunNanos + Math.max(intervalNanos, tookNanos * COST_FACTOR));
    }
  }

  #until(monoNanos: number): Promise<void> {
    const { signal } = this.#abort;
    return new Promise((resolve) => {
      const over = (): void => {
        timer.cancel();
        signal.removeEventListener('abort', over);
        resolve();
      };
      const timer = this.#parts.clock.at(monoNanos, over);
      signal.addEventListener('abort', over);
      if (signal.aborted) over();
    });
  }

  #sample(): void {
    const groups = [...this.#groups.values()].map((figures) => this.#sampleOf(figures));
    const told = groups.filter(
      ({ sessions, begun, ended }) => sessions > 0 || (begun ?? 0) + (ended ?? 0) > 0,
    );
    this.#samples.push({ wallNanos: this.#parts.clock.wallNanos(), groups: told });
    this.#rows += told.length;
    while (this.#samples.length > this.settings.samples || this.#rows > this.#rowsMax)
      this.#rows -= this.#samples.shift()!.groups.length;
  }

  #sampleOf(figures: Figures): GroupSample {
    const { group, sessions, begun, ended, begunThen, endedThen } = figures;
    figures.begunThen = begun;
    figures.endedThen = ended;
    const told = this.isTold;
    return {
      ...group,
      sessions,
      begun: told ? begun - begunThen : undefined,
      ended: told ? ended - endedThen : undefined,
    };
  }

  #figuresOf({ interface: name, aggregate, serviceSet }: SessionGroup): Figures {
    const group = { interface: name, aggregate, serviceSet };
    let figures = this.#groups.get(groupKey(group));
    if (figures === undefined) {
      figures = { group, sessions: 0, peak: 0, begun: 0, ended: 0, begunThen: 0, endedThen: 0 };
      this.#groups.set(groupKey(group), figures);
    }
    return figures;
  }
}

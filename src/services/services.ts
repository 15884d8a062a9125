/** Service sessions of this machine: their sources, and how the configuration maps them. */
import { isDeepStrictEqual } from 'node:util';
import type { Clock, Timers } from '../clock.ts';
import type { Finding, Participant } from '../config/commit.ts';
import type { Configuration } from '../config/configuration.ts';
import type { Vrf } from '../native/routing-instance.ts';
import type { ServiceSessionStore } from '../store/service-session-store.ts';
import type { TrackingMarks } from '../store/tracking-marks.ts';
import type { TwampRow } from '../store/twamp-sessions.ts';
import { ConntrackSource, type ConntrackParts } from './conntrack/conntrack-source.ts';
import { ConntrackTool } from './conntrack/conntrack-tool.ts';
import { noConntrack } from './conntrack/no-conntrack.ts';
import type { ExampleCaptures } from './capture/example-captures.ts';
import type { ImportOptions, ImportResult } from './records/import.ts';
import { defaultMapping, type MappingSettings } from './mapping-settings.ts';
import { SessionMeter, type MeterSettings } from './session-meter.ts';
import { measurementsOf, type Measurements } from './measurements.ts';
import { SessionRecorder } from './session-recorder.ts';
import { mappingOf, verifyServices } from './service-rules.ts';
import type { SessionCount, SessionGroup } from './session.ts';
import {
  sourceFinding,
  SourceError,
  type SessionSource,
  type SourceName,
  type SourceProblem,
} from './source.ts';
import { RecordsSource } from './records/records-source.ts';
import { RecordsThread } from './records/records-thread.ts';
import { Tracking } from './conntrack/tracking.ts';
import type { WorkerPort } from './worker-calls.ts';

export interface ServicesParts {
  /** For a short look; everything else is done by workers. */
  readonly store: ServiceSessionStore;
  /** What was changed in the kernel. */
  readonly marks: TrackingMarks;
  /** Starts `records-worker.ts` on its file. */
  readonly records: () => WorkerPort;
  readonly clock: Clock & Timers;
  /**
   * Asked for when somebody looks: how the kernel is asked, by system calls or by what the program conntrack prints;
   * undefined where it cannot be.
   */
  readonly conntrack: () => Pick<ConntrackParts, 'libc' | 'workerUrl'> | 'program' | undefined;
  /** Captures that come with the program. */
  readonly example: ExampleCaptures;
  /** Control connections and test sessions of this router, as they are now. */
  readonly measured: () => Iterable<TwampRow>;
  /** Hears of what goes wrong without anybody waiting for it. */
  readonly report: (error: unknown) => void;
}

export class Services implements Participant {
  readonly #records: RecordsSource;
  readonly #history: RecordsSource;
  #conntrack: ConntrackSource | ConntrackTool | undefined;
  readonly #tracking: Tracking;
  readonly #thread: RecordsThread;
  readonly #parts: ServicesParts;
  #recorder: SessionRecorder | undefined;
  #meter: SessionMeter | undefined;
  /** Why there is no recorder although one is wanted. */
  #unrecorded: readonly SourceProblem[] = [];
  #mapping: MappingSettings = defaultMapping;
  #vrfs: readonly Vrf[] = vrfsOf([]);
  /** The only source that is asked; undefined: whichever can answer. */
  #wanted: SourceName | undefined;
  readonly #closing = new AbortController();
  readonly #running = new Set<Promise<unknown>>();

  constructor(parts: ServicesParts) {
    const { store, marks, records } = parts;
    this.#parts = parts;
    this.#tracking = new Tracking(marks);
    this.#thread = new RecordsThread(records);
    this.#records = new RecordsSource(store, this.#thread, 'live');
    const problems = (): readonly SourceProblem[] => this.#recorder?.problems ?? this.#unrecorded;
    this.#history = new RecordsSource(store, this.#thread, 'ended', problems);
    if (store.formerSessions() > 0) void this.#moveFormer();
  }

  /** What others write waits for it; it goes on at the next start where this one ends before it. */
  async #moveFormer(): Promise<void> {
    const { signal } = this.#closing;
    try {
      await this.#run(this.#thread.write('move', undefined, signal));
    } catch (error) {
      if (!signal.aborted) this.#parts.report(error);
    }
  }

  verify({ services }: Configuration): readonly Finding[] {
    return verifyServices(services);
  }

  async apply({ services, 'routing-instances': instances }: Configuration): Promise<readonly Finding[]> {
    const before = { vrfs: this.#vrfs, read: [this.#vrfs, this.#mapping, this.#wanted] };
    this.#mapping = mappingOf(services);
    this.#vrfs = vrfsOf([...instances.values()].flatMap(({ namespace }) => namespace ?? []));
    const hasMoved = !isDeepStrictEqual(before.vrfs, this.#vrfs);
    this.#wanted = services['session-source'].type;
    await this.#tracking.keep(services['session-source']['enable-tracking'] ? this.#vrfs : []);
    await this.#keepHistory(services['session-source'].history, hasMoved);
    const isOther = !isDeepStrictEqual(before.read, [this.#vrfs, this.#mapping, this.#wanted]);
    await this.#keepMeter(services['session-source'].metrics, isOther);
    return this.#tracking.problems.map((problem) => sourceFinding(problem, TRACKING));
  }

  get example(): ExampleCaptures {
    return this.#parts.example;
  }

  get mapping(): MappingSettings {
    return this.#mapping;
  }

  /** Interfaces, members and aggregates that are configured or have sessions. */
  get interfaceNames(): readonly string[] {
    const configured = this.#mapping.interfaces;
    const named = [...configured.map((each) => ({ ...each, interface: each.name })), ...this.#groups];
    return unique(named.flatMap(({ interface: name, aggregate }) => [name, aggregate ?? []].flat()));
  }

  get serviceSetNames(): readonly string[] {
    const stored = this.#groups.map(({ serviceSet }) => serviceSet);
    return unique([...this.#mapping.serviceSets.map(({ name }) => name), ...stored]);
  }

  get #groups(): readonly SessionGroup[] {
    return [...this.#records.groups, ...this.#history.groups];
  }

  /** Of `show services sessions`: without a statement, the kernel's connections where they may be read. */
  get source(): SessionSource {
    if (this.#wanted === 'records') return this.#records;
    const conntrack = this.#kernel();
    if (conntrack === undefined) return this.#wanted === 'conntrack' ? noConntrack : this.#records;
    // Without either, the kernel's refusal says more than that nothing was imported.
    const isShown = this.#wanted === 'conntrack' || this.#records.groups.length === 0;
    return isShown || conntrack.isReadable ? conntrack : this.#records;
  }

  #kernel(): ConntrackSource | ConntrackTool | undefined {
    const found = this.#conntrack === undefined ? this.#parts.conntrack() : undefined;
    if (found === undefined) return this.#conntrack;
    const read = {
      mapping: () => this.#mapping,
      vrfs: () => this.#vrfs,
      beside: () => this.#tracking.problems,
    };
    const measurements = (): Measurements => measurementsOf(this.#parts.measured());
    this.#conntrack =
      found === 'program'
        ? new ConntrackTool({ ...read, mapping: () => ({ ...this.#mapping, measurements: measurements() }) })
        : new ConntrackSource({ ...found, ...read, measurements });
    return this.#conntrack;
  }

  /** Begins, ends, or goes on in other namespaces. */
  async #keepHistory(limit: number | undefined, hasMoved: boolean): Promise<void> {
    if (this.#recorder !== undefined && (limit === undefined || hasMoved)) {
      await this.#recorder.stop();
      this.#recorder = undefined;
    }
    this.#unrecorded = [];
    if (limit === undefined) return;
    if (this.#recorder !== undefined) {
      this.#recorder.limit = limit;
      return;
    }
    const source = this.#kernel();
    if (!(source instanceof ConntrackSource)) {
      this.#unrecorded = [{ severity: 'warning', code: 'not-recorded' }];
      return;
    }
    const { clock, report } = this.#parts;
    this.#recorder = new SessionRecorder(this.#thread, clock, report, limit);
    this.#recorder.start(source);
  }

  /** Begins, ends, or begins anew where other sessions are counted, or the same in other groups. */
  async #keepMeter(
    metrics: Configuration['services']['session-source']['metrics'],
    isOther: boolean,
  ): Promise<void> {
    if (this.#meter !== undefined && (metrics === undefined || isOther)) {
      await this.#meter.stop();
      this.#meter = undefined;
    }
    if (metrics === undefined) return;
    const settings: MeterSettings = { intervalSeconds: metrics.interval, samples: metrics.history };
    if (this.#meter !== undefined) {
      this.#meter.settings = settings;
      return;
    }
    const { clock, report } = this.#parts;
    this.#meter = new SessionMeter({ clock, source: this.source, report }, settings);
    this.#meter.start();
  }

  /** What counts sessions now and then; undefined where the configuration does not want it. */
  get meter(): SessionMeter | undefined {
    return this.#meter;
  }

  /** No session that has ended is stored, and the configuration wants none to be. */
  get isWithoutHistory(): boolean {
    const isWanted = this.#recorder !== undefined || this.#unrecorded.length > 0;
    return !isWanted && this.#history.groups.length === 0;
  }

  /** Sessions that have ended. */
  get history(): SessionSource {
    return this.#history;
  }

  /**
   * Adds the sessions that a file holds to those that are stored. `outside`: the octets of the second capture, where
   * there is one. Rejects with ImportError or StoreError.
   */
  import(
    chunks: AsyncIterable<Uint8Array>,
    options: ImportOptions,
    outside?: AsyncIterable<Uint8Array>,
  ): Promise<ImportResult> {
    const { signal, ...rest } = options;
    const request = { ...rest, nowWallNanos: this.#parts.clock.wallNanos(), mapping: this.#mapping };
    const either = AbortSignal.any([signal, this.#closing.signal]);
    const all = outside === undefined ? chunks : inTurn(chunks, outside);
    return this.#run(this.#thread.write('import', request, either, all));
  }

  /** Gives up imports; the store is not used afterwards. */
  async close(): Promise<void> {
    this.#closing.abort();
    await Promise.all([this.#recorder?.stop(), this.#meter?.stop()]);
    await Promise.allSettled([...this.#running, this.#conntrack?.close()]);
    await this.#thread.close();
    await this.#tracking.keep([]).catch(this.#parts.report);
  }

  async #run<T>(work: Promise<T>): Promise<T> {
    this.#running.add(work);
    try {
      return await work;
    } finally {
      this.#running.delete(work);
    }
  }
}

/** The statement that a problem of tracking is about. */
const TRACKING = ['services', 'session-source', 'enable-tracking'];

async function* inTurn(
  first: AsyncIterable<Uint8Array>,
  second: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array | undefined> {
  yield* first;
  yield undefined;
  yield* second;
}

/** Sessions of each group; undefined where the source cannot tell. */
export async function censusOf(
  { source }: Pick<Services, 'source'>,
  signal: AbortSignal,
): Promise<readonly SessionCount[] | undefined> {
  try {
    return await source.census(signal);
  } catch (error) {
    if (error instanceof SourceError || error === signal.reason) return undefined;
    throw error;
  }
}

/** This machine's own network namespace, and those that routing instances stand for. */
function vrfsOf(namespaces: readonly string[]): readonly Vrf[] {
  return [{ kind: 'default' }, ...unique(namespaces).map((name): Vrf => ({ kind: 'namespace', name }))];
}

function unique(names: readonly string[]): readonly string[] {
  return [...new Set(names)].toSorted();
}

/** This router's part in a fleet: what it publishes, and what it may read of others. */
import { isDeepStrictEqual } from 'node:util';
import { NANOS_PER_SECOND, type Clock, type Timer, type Timers } from '../clock.ts';
import type { Finding, Participant } from '../config/commit.ts';
import type { Configuration } from '../config/configuration.ts';
import type { Secrets } from '../config/secrets.ts';
import type { WorkerPort } from '../services/worker-calls.ts';
import { StoreError } from '../store/database.ts';
import type { OutboxRow } from '../store/fleet-outbox.ts';
import type { RpmStore } from '../store/rpm-results.ts';
import { Collector, type Sources } from './collector.ts';
import type { DeskStatus } from './link.ts';
import { verifyMeshes } from './mesh-rules.ts';
import { Meshes, type MeshesParts } from './meshes.ts';
import { FleetError, problemOf, type FleetProblem } from './problems.ts';
import type { PathResult, ResultFilter } from './result-reading.ts';
import { serviceCountRows, type CountedGroup } from './rows.ts';
import { SCHEMA } from './schema.ts';
import { fleetSettingsOf, verifyFleet, type FleetSettings } from './settings.ts';
import { FleetThread } from './thread.ts';
import { WaitingSamples } from './waiting-samples.ts';

/** Service sessions are counted so often. */
export const COUNT_SECONDS = 60;

/** Beyond what anybody looks through. */
const NODE_NAMES = `SELECT node FROM ${SCHEMA}.nodes ORDER BY node LIMIT 10000`;

export interface FleetParts {
  readonly clock: Clock & Timers;
  readonly secrets: Secrets;
  readonly sources: Sources;
  /** Service sessions by group; undefined where they cannot be counted. */
  readonly census: (signal: AbortSignal) => Promise<readonly CountedGroup[] | undefined>;
  /** Measures by what meshes ask for, from now on. */
  readonly useMeshed: MeshesParts['use'];
  /** Starts `worker.ts` on its file. */
  readonly start: () => WorkerPort;
  readonly software: string;
  /** Hears of what goes wrong by no fault of the database. */
  readonly report: (error: unknown) => void;
}

export interface FleetStatus {
  readonly settings: FleetSettings;
  /** Undefined: the worker has not answered. */
  readonly desk: DeskStatus | undefined;
  /** Of this machine: what has changed cannot be kept for the database. */
  readonly problem: FleetProblem | undefined;
  readonly lostSamples: number;
}

export class Fleet implements Participant {
  readonly #parts: FleetParts;
  readonly #collector: Collector;
  readonly #thread: FleetThread;
  readonly #samples = new WaitingSamples();
  readonly meshes: Meshes;
  readonly #startedWallNanos: bigint;
  readonly #closing = new AbortController();
  #settings: FleetSettings | undefined;
  /** The worker knows the settings. */
  #isFollowed = false;
  #counted: readonly OutboxRow[] = [];
  #nextCountMonoNanos = 0;
  #timer: Timer | undefined;
  #running: Promise<void> | undefined;
  #isWanted = false;
  #knownNodes: readonly string[] = [];
  #isAsked = false;
  #problem: FleetProblem | undefined;

  constructor(parts: FleetParts) {
    this.#parts = parts;
    this.#collector = new Collector(parts.sources, parts.clock);
    this.#thread = new FleetThread(parts.start);
    this.meshes = new Meshes({ use: parts.useMeshed, report: parts.report });
    this.#startedWallNanos = parts.clock.wallNanos();
  }

  verify(configuration: Configuration): readonly Finding[] {
    return [...verifyFleet(configuration, this.#parts.secrets), ...verifyMeshes(configuration)];
  }

  /** Nobody waits for the database. */
  apply(configuration: Configuration): Promise<readonly Finding[]> {
    const settings = fleetSettingsOf(configuration, this.#parts.secrets);
    this.#samples.apply(configuration);
    if (!isDeepStrictEqual(settings, this.#settings)) {
      this.#settings = settings;
      this.#isFollowed = false;
      this.#problem = undefined;
    }
    this.meshes.apply(configuration, settings?.node);
    // Also for the commits before this one, of which no more than some are kept.
    this.#collectSoon();
    return Promise.resolve([]);
  }

  get settings(): FleetSettings | undefined {
    return this.#settings;
  }

  /** Undefined: this router is of no fleet. */
  async status(): Promise<FleetStatus | undefined> {
    const settings = this.#settings;
    if (settings === undefined) return undefined;
    const known = { settings, problem: this.#problem, lostSamples: this.#samples.lost };
    if (!this.#isFollowed) return { ...known, desk: undefined };
    try {
      return { ...known, desk: await this.#thread.ask('status', undefined) };
    } catch (error) {
      return { ...known, desk: undefined, problem: localProblem(error) };
    }
  }

  /** Asks as the reader. Rejects with FleetError. */
  async read<Row>(sql: string, values: readonly unknown[]): Promise<readonly Row[]> {
    await this.#known();
    return (await this.#thread.ask('read', { sql, values })) as unknown as readonly Row[];
  }

  /** Names of routers, as they were last read: nobody waits, and whoever asks next knows more. */
  get knownNodes(): readonly string[] {
    if (!this.#isAsked) void this.#askForNodes();
    return this.#knownNodes;
  }

  async #askForNodes(): Promise<void> {
    if (this.#settings?.reader === undefined) return;
    this.#isAsked = true;
    const rows = await this.read<{ node: string }>(NODE_NAMES, []).catch(() => undefined);
    this.#isAsked = false;
    if (rows !== undefined) this.#knownNodes = rows.map(({ node }) => node);
  }

  /** As the reader: results by path and hour, or by day where the hours are gone. Rejects with FleetError. */
  async results(filter: ResultFilter): Promise<readonly PathResult[]> {
    await this.#known();
    return this.#thread.ask('results', filter);
  }

  /** The worker is told the settings first, if it does not have them. */
  async #known(): Promise<void> {
    if (this.#isFollowed) return;
    this.#collectSoon();
    await this.#running;
    const problem = this.#problem;
    if (problem !== undefined) throw new FleetError(problem.code, problem.details);
  }

  /** A store of results that tells the fleet of them, too. */
  tapped(results: RpmStore): RpmStore {
    return {
      addProbes: (probes, keep) => {
        if (this.#settings !== undefined) this.#samples.add(probes, this.meshes.connections);
        results.addProbes(probes, keep);
      },
      latestProbes: (...words) => results.latestProbes(...words),
      addEvent: (event) => results.addEvent(event),
      events: (filter) => results.events(filter),
    };
  }

  /** What has changed until now is kept for the database, which may take it after the next start. */
  async close(): Promise<void> {
    this.#closing.abort();
    this.#timer?.cancel();
    await this.#running;
    if (this.#isFollowed) await this.#cycle();
    this.#timer?.cancel();
    await this.#thread.close();
  }

  #collectSoon(): void {
    this.#isWanted = true;
    this.#timer?.cancel();
    this.#running ??= this.#cycles().finally(() => (this.#running = undefined));
  }

  async #cycles(): Promise<void> {
    // Whoever has wanted it goes on first.
    await new Promise(setImmediate);
    while (this.#isWanted && !this.#closing.signal.aborted) {
      this.#isWanted = false;
      if (this.#settings === undefined) await this.#leave();
      else await this.#cycle();
    }
    if (this.#settings !== undefined) this.#arm(this.#settings.intervalSeconds);
  }

  #arm(seconds: number): void {
    const { clock } = this.#parts;
    this.#timer?.cancel();
    if (this.#closing.signal.aborted) return;
    this.#timer = clock.at(clock.monoNanos() + seconds * NANOS_PER_SECOND, () => this.#collectSoon());
  }

  async #leave(): Promise<void> {
    await this.#thread.close();
    this.#samples.take();
  }

  /** Everything that has changed. */
  async #cycle(): Promise<void> {
    try {
      await this.#follow();
      await this.#count();
      for (let isCut = true; isCut;) isCut = await this.#put();
      this.#problem = undefined;
    } catch (error) {
      this.#collector.tellAgain();
      const problem = localProblem(error);
      if (this.#problem?.code !== problem.code) this.#parts.report(error);
      this.#problem = problem;
      // A worker that has ended knows nothing; one whose file is full does.
      if (error instanceof FleetError) this.#isFollowed = false;
    }
  }

  async #follow(): Promise<void> {
    const settings = this.#settings;
    if (this.#isFollowed || settings === undefined) return;
    const { software } = this.#parts;
    const facts = { host: settings.node, software, startedWallNanos: this.#startedWallNanos };
    const marks = await this.#thread.ask('follow', { settings, facts });
    this.#collector.begin(marks);
    this.#isFollowed = this.#settings === settings;
    this.meshes.begin(this.#thread);
  }

  async #put(): Promise<boolean> {
    const collected = await this.#collector.collect();
    const [samples, counted] = [this.#samples.take(), this.#counted];
    this.#counted = [];
    const rows = [...collected.rows, ...counted];
    try {
      const dropped = await this.#thread.ask('put', { rows, marks: collected.marks, samples });
      if (dropped > 0) this.#collector.tellAgain();
    } catch (error) {
      this.#counted = counted;
      // What was not put into the file was added to the sketches there, unless the worker is gone.
      if (!(error instanceof StoreError)) this.#samples.giveBack(samples);
      throw error;
    }
    this.#collector.confirm(collected);
    return collected.isCut;
  }

  async #count(): Promise<void> {
    const { clock, census } = this.#parts;
    const { signal } = this.#closing;
    if (signal.aborted || clock.monoNanos() < this.#nextCountMonoNanos) return;
    this.#nextCountMonoNanos = clock.monoNanos() + COUNT_SECONDS * NANOS_PER_SECOND;
    const groups = await census(signal);
    if (groups !== undefined) this.#counted = serviceCountRows(clock.wallNanos(), groups);
  }
}

function localProblem(error: unknown): FleetProblem {
  if (!(error instanceof StoreError)) return problemOf(error);
  const { code, ...details } = error.problem;
  return { code: 'outbox', details: { problem: code, ...details } };
}

/** A control connection of `services rpm twamp client`: connects, runs its test sessions again and again, reconnects. */
import { isDeepStrictEqual } from 'node:util';
import { NANOS_PER_SECOND, type Random, type Timer } from '../clock.ts';
import type { EventRow } from '../store/rpm-results.ts';
import { Backoff } from './backoff.ts';
import { abortable } from './client.ts';
import { MeasurementError } from './measurement-error.ts';
import { Iteration, type IterationListener, type RunningTest } from './rpm-iteration.ts';
import { RpmJournal, type JournalParts } from './rpm-journal.ts';
import type { Instant, Probe } from './rpm-probes.ts';
import { RpmSession, type Findings } from './rpm-session.ts';
import type { ConnectionSettings } from './rpm-settings.ts';
import type { ConnectionTrap } from './rpm-thresholds.ts';
import type { EndReason } from './sessions.ts';
import { endReasons, openPlace, type RoundEnding, type RoundParts, type ServerPlace } from './test-round.ts';

export interface RpmParts extends RoundParts, JournalParts {
  readonly clock: RoundParts['clock'];
  readonly random: Random;
}

export type ConnectionState =
  | 'connecting'
  /** Without a control connection: a session runs, or is to run after the interval. */
  | 'connected'
  /** The last attempt failed; the next one follows by itself. */
  | 'disconnected'
  | 'stopped'
  /** `test-count` iterations are done. */
  | 'finished';

/** Between attempts to connect. */
const RECONNECT = { firstNanos: NANOS_PER_SECOND, longestNanos: 60 * NANOS_PER_SECOND };

export class RpmConnection implements IterationListener {
  readonly #parts: RpmParts;
  readonly #journal: RpmJournal;
  readonly #sessions = new Map<string, RpmSession>();
  /** Sessions that were refused, so that each refusal is recorded once. */
  readonly #refused = new Set<string>();
  #settings: ConnectionSettings;
  #state: ConnectionState = 'stopped';
  #wanted = false;
  /** The place has changed: the connection there is no longer wanted. */
  #moved = false;
  #life: Promise<void> = Promise.resolve();
  /** What is waited for now; aborted by whoever wants the loop to look around. */
  #step = new AbortController();
  #place: ServerPlace | undefined;
  #connectedWallNanos: bigint | undefined;
  #tests: readonly RunningTest[] = [];
  #iterations = 0;
  #retries = 0;
  /** In the round that the connection was lost in. */
  #lostProbes = 0;
  /** Attempts in vain since the connection was lost; undefined: it stands, or has never been tried. */
  #attempts: number | undefined;

  constructor(settings: ConnectionSettings, parts: RpmParts) {
    this.#settings = settings;
    this.#parts = parts;
    this.#journal = new RpmJournal(settings.name, parts);
    this.#useSessions();
  }

  get settings(): ConnectionSettings {
    return this.#settings;
  }

  get state(): ConnectionState {
    return this.#state;
  }

  /** Attempts to connect that failed, and connections that were lost, since the router started. */
  get retries(): number {
    return this.#retries;
  }

  /** Undefined while there is no connection, and always where none is needed. */
  get place(): ServerPlace | undefined {
    return this.#place;
  }

  /** Since when it is connected; undefined while it is not. */
  get connectedWallNanos(): bigint | undefined {
    return this.#state === 'connected' ? this.#connectedWallNanos : undefined;
  }

  /** In the order of the configuration. */
  get sessions(): readonly RpmSession[] {
    return [...this.#sessions.values()];
  }

  /** Of the round that runs; with persistent results, also of the one that ran last. */
  get tests(): readonly RunningTest[] {
    return this.#tests;
  }

  /** Runs, from the first iteration on; what runs already goes on. */
  start(): void {
    if (this.#wanted && this.#state !== 'finished') return;
    this.#wanted = true;
    this.#iterations = 0;
    this.#begin();
  }

  /** Stops the sessions and closes the connection. */
  stop(): void {
    this.#wanted = false;
    this.#step.abort();
  }

  /** Stops; fulfilled when nothing is left open. */
  async close(): Promise<void> {
    this.stop();
    await this.#life;
  }

  /** Runs by these settings from now on: another place needs another connection, other plans another round. */
  apply(settings: ConnectionSettings): void {
    const before = this.#settings;
    this.#settings = settings;
    this.#useSessions();
    this.#moved ||= !isDeepStrictEqual(before.place, settings.place);
    const samePlans = isDeepStrictEqual(plansOf(before), plansOf(settings));
    if (this.#moved || !samePlans) this.#step.abort();
    if (!settings.persistentResults && this.#state !== 'connected') this.#tests = [];
    if (this.#state === 'finished' && this.#goesOn()) this.#begin();
  }

  #useSessions(): void {
    const before = new Map(this.#sessions);
    this.#sessions.clear();
    for (const settings of this.#settings.sessions) {
      const session = before.get(settings.name) ?? new RpmSession(settings);
      session.settings = settings;
      this.#sessions.set(settings.name, session);
    }
  }

  #begin(): void {
    this.#state = 'connecting';
    this.#life = this.#life.then(() => this.#live());
  }

  /** There are iterations to come. */
  #goesOn(): boolean {
    const { testCount } = this.#settings;
    return this.#wanted && (testCount === 0 || this.#iterations < testCount);
  }

  /** They are to come on the connection that stands. */
  #stays(): boolean {
    return this.#goesOn() && !this.#moved;
  }

  async #live(): Promise<void> {
    const backoff = new Backoff(RECONNECT, this.#parts.random);
    while (this.#goesOn()) {
      this.#moved = false;
      try {
        await this.#connect(backoff);
      } catch (error) {
        const isInterrupted = error instanceof MeasurementError && error.code === 'interrupted';
        if (isInterrupted || !this.#stays()) continue;
        this.#noteFailure(error);
        await this.#pause(backoff.next());
      }
    }
    this.#state = this.#wanted ? 'finished' : 'stopped';
  }

  /** One control connection, from its first message to its last. Rejects when it failed or was lost. */
  async #connect(backoff: Backoff): Promise<void> {
    this.#state = 'connecting';
    const place = await this.#openPlace();
    this.#noteConnected(place);
    let reason: EndReason = 'stopped';
    try {
      while (this.#stays()) {
        const ending = await this.#iterate(place);
        if (ending === 'connection-lost') throw place!.peer.endReason!;
        backoff.reset();
        if (!this.#stays()) break;
        const pause = this.#pause(this.#settings.testIntervalNanos);
        await (place === undefined ? pause : place.peer.orEnded(pause));
      }
    } catch (error) {
      reason = 'connection-closed';
      throw error;
    } finally {
      this.#step.abort();
      this.#place = undefined;
      if (place !== undefined) await this.#closePlace(place, reason);
    }
  }

  /** Undefined where none is needed. Rejects with MeasurementError or StoreError. */
  async #openPlace(): Promise<ServerPlace | undefined> {
    const { instance, sourceAddress, control } = this.#settings.place;
    if (control.type === 'light') return undefined;
    const { options, ...server } = control;
    return openPlace({ ...server, sourceAddress }, instance, this.#parts, this.#nextStep(), options);
  }

  async #closePlace({ peer, control }: ServerPlace, reason: EndReason): Promise<void> {
    await peer.close();
    control.end(reason);
    this.#trap('control-connection-closed', { reason });
  }

  /** A run of all test sessions. Rejects with MeasurementError when it could not be set up. */
  async #iterate(place: ServerPlace | undefined): Promise<RoundEnding> {
    const signal = this.#nextStep();
    const iteration = new Iteration(place, this.#settings.place, this.#parts);
    const settingUp = iteration.setUp(this.sessions, this, signal);
    let reason: EndReason = 'refused';
    try {
      const tests = await abortable(settingUp, signal);
      this.#tests = tests;
      const ending = await this.#run(iteration, tests, signal);
      reason = endReasons[ending];
      return ending;
    } finally {
      // What is still being set up fails with the connection.
      if (reason === 'refused') void place?.peer.close();
      await settingUp.catch(() => undefined);
      await iteration.close(reason);
      if (!this.#settings.persistentResults) this.#tests = [];
    }
  }

  async #run(iteration: Iteration, tests: readonly RunningTest[], signal: AbortSignal): Promise<RoundEnding> {
    const { clock } = this.#parts;
    for (const { session, round, startMonoNanos } of tests) {
      const { intervalNanos, timeoutNanos } = round.plan;
      session.begin({ startMonoNanos, intervalNanos, timeoutNanos }, this.#now());
    }
    let timer: Timer | undefined;
    const decide = (): void => {
      this.#learn(tests, (session, sent) => session.decide(sent, this.#now()));
      timer = clock.at(clock.monoNanos() + NANOS_PER_SECOND, decide);
    };
    decide();
    const ending = await iteration.run(signal).finally(() => timer?.cancel());
    if (ending === 'complete' || ending === 'connection-lost') {
      const lost = this.#learn(tests, (session, sent) => session.end(sent, this.#now(), ending));
      if (ending === 'connection-lost') this.#lostProbes = lost;
    }
    if (ending === 'complete') {
      this.#iterations += 1;
      this.#trap('test-iteration-done', { value: this.#iterations });
    }
    return ending;
  }

  #now(): Instant {
    const { clock } = this.#parts;
    return { monoNanos: clock.monoNanos(), wallNanos: clock.wallNanos() };
  }

  /** Records what `learn` finds out of each test; gives how many probes were found lost. */
  #learn(tests: readonly RunningTest[], learn: (session: RpmSession, sent: number) => Findings): number {
    const probesOf = new Map<string, readonly Probe[]>();
    for (const { session, round } of tests) {
      const { sent, dropped } = round.sender.counters();
      // A probe that could not leave has used its number, and is as lost as any other.
      const { probes, crossings } = learn(session, sent + dropped['send-failed']);
      const { name } = session.settings;
      for (const { trap, ...values } of crossings) this.#journal.record(trap, { session: name, ...values });
      probesOf.set(name, probes);
    }
    const { historySize, movingAverageSize } = this.#settings;
    this.#journal.addProbes(probesOf, Math.max(historySize, movingAverageSize));
    return [...probesOf.values()].flat().filter(({ delays }) => delays === undefined).length;
  }

  #noteConnected(place: ServerPlace | undefined): void {
    this.#place = place;
    this.#state = 'connected';
    this.#connectedWallNanos = this.#parts.clock.wallNanos();
    this.#lostProbes = 0;
    if (place === undefined) return;
    if (this.#attempts !== undefined) this.#journal.record('connection-restored', { value: this.#attempts });
    this.#attempts = undefined;
  }

  /** Of what lasts, only the beginning is recorded; without a control connection, what each session says. */
  #noteFailure(error: unknown): void {
    if (!(error instanceof MeasurementError)) this.#parts.report(error);
    const wasConnected = this.#state === 'connected';
    this.#state = 'disconnected';
    this.#retries += 1;
    if (this.#settings.place.control.type === 'light') return;
    const reason = error instanceof MeasurementError ? error.code : 'failed';
    if (wasConnected) this.#journal.record('connection-lost', { value: this.#lostProbes, reason });
    else if (this.#attempts === undefined) this.#journal.record('connection-failed', { reason });
    this.#attempts = wasConnected ? 0 : (this.#attempts ?? 0) + 1;
  }

  accepted({ settings: { name } }: RpmSession): void {
    this.#refused.delete(name);
  }

  refused({ settings: { name } }: RpmSession, { code }: MeasurementError): void {
    if (this.#refused.has(name)) return;
    this.#refused.add(name);
    this.#journal.record('session-refused', { session: name, reason: code });
  }

  #trap(trap: ConnectionTrap, details: Partial<EventRow>): void {
    if (this.#settings.traps.has(trap)) this.#journal.record(trap, details);
  }

  #nextStep(): AbortSignal {
    this.#step = new AbortController();
    return this.#step.signal;
  }

  /** Fulfilled after `nanos`, or when somebody wants the loop to look around. */
  #pause(nanos: number): Promise<void> {
    const { clock } = this.#parts;
    const signal = this.#nextStep();
    return new Promise((resolve) => {
      const timer = clock.at(clock.monoNanos() + nanos, resolve);
      signal.addEventListener(
        'abort',
        () => {
          timer.cancel();
          resolve();
        },
        { once: true },
      );
    });
  }
}

/** What every session sends, by name. */
function plansOf({ sessions }: ConnectionSettings): unknown {
  return sessions.map(({ name, plan, reflectorPort }) => ({ name, plan, reflectorPort }));
}

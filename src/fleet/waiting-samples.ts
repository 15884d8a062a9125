/** What test sessions have measured, and where to, until it becomes results. */
import type { Configuration } from '../config/configuration.ts';
import type { MeshConnections } from '../engine/rpm-settings.ts';
import type { ProbeRow } from '../store/rpm-results.ts';
import type { ResultSample } from './results.ts';

/** Samples that may wait for the next reading; beyond it, the oldest go, and are counted. */
export const SAMPLES_MAX = 100_000;

export class WaitingSamples {
  #waiting: ResultSample[] = [];
  #lost = 0;
  /** Where each test session measures to, as it is configured: of a session, or of all of a connection. */
  #targets: ReadonlyMap<string, string> = new Map();

  /** How many had to go. */
  get lost(): number {
    return this.#lost;
  }

  apply(configuration: Configuration): void {
    this.#targets = targetsOf(configuration);
  }

  /** `meshed`: connections that are not configured. */
  add(probes: readonly ProbeRow[], meshed: MeshConnections): void {
    for (const { connection, session, roundTripNanos, egressNanos, ingressNanos } of probes) {
      const target =
        meshed.get(connection)?.statements['target-address'] ??
        this.#targets.get(`${connection}\0${session}`) ??
        this.#targets.get(connection);
      this.#waiting.push({ connection, session, target, roundTripNanos, egressNanos, ingressNanos });
    }
    this.#keepLatest();
  }

  /** All that wait, which do no longer. */
  take(): readonly ResultSample[] {
    const taken = this.#waiting;
    this.#waiting = [];
    return taken;
  }

  /** What was taken waits again, before what has come since. */
  giveBack(taken: readonly ResultSample[]): void {
    this.#waiting = [...taken, ...this.#waiting];
    this.#keepLatest();
  }

  #keepLatest(): void {
    const excess = this.#waiting.length - SAMPLES_MAX;
    if (excess <= 0) return;
    this.#waiting.splice(0, excess);
    this.#lost += excess;
  }
}

function targetsOf({ services }: Configuration): ReadonlyMap<string, string> {
  const targets = new Map<string, string>();
  for (const [name, connection] of services.rpm.twamp.client['control-connection']) {
    const target = connection['target-address'];
    if (target !== undefined) targets.set(name, target);
    for (const [session, { 'target-address': own }] of connection['test-session'])
      if (own.address !== undefined) targets.set(`${name}\0${session}`, own.address);
  }
  return targets;
}

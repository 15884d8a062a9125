/** Service sessions of this machine: their sources, and how the configuration maps them. */
import type { Clock } from '../clock.ts';
import type { Finding, Participant } from '../config/commit.ts';
import type { Configuration } from '../config/configuration.ts';
import type { ServiceSessionStore } from '../store/service-session-store.ts';
import { Importer, type ImportOptions, type ImportResult } from './import.ts';
import { defaultMapping, type MappingSettings } from './mapping-settings.ts';
import { mappingOf, verifyServices } from './service-rules.ts';
import type { SessionGroup } from './session.ts';
import type { SessionSource } from './source.ts';
import { StoredSource } from './stored-source.ts';

export interface ServicesParts {
  readonly store: ServiceSessionStore;
  readonly clock: Clock;
  /** Hears of what goes wrong without anybody waiting for it. */
  readonly report: (error: unknown) => void;
}

export class Services implements Participant {
  readonly #records: StoredSource;
  readonly #history: StoredSource;
  readonly #importer: Importer;
  #mapping: MappingSettings = defaultMapping;
  readonly #closing = new AbortController();
  readonly #running = new Set<Promise<unknown>>();

  constructor({ store, clock, report }: ServicesParts) {
    this.#records = new StoredSource(store, 'live');
    this.#history = new StoredSource(store, 'ended');
    this.#importer = new Importer(store, clock);
    void this.#run(this.#importer.removeUnfinished().catch(report));
  }

  verify({ services }: Configuration): readonly Finding[] {
    return verifyServices(services);
  }

  apply({ services }: Configuration): Promise<readonly Finding[]> {
    this.#mapping = mappingOf(services);
    return Promise.resolve([]);
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

  /** Of `show services sessions`. */
  get source(): SessionSource {
    return this.#records;
  }

  /** Sessions that have ended. */
  get history(): SessionSource {
    return this.#history;
  }

  /** Adds the sessions that a file holds to those that are stored. Rejects with ImportError or StoreError. */
  import(chunks: AsyncIterable<Uint8Array>, options: ImportOptions): Promise<ImportResult> {
    const signal = AbortSignal.any([options.signal, this.#closing.signal]);
    return this.#run(this.#importer.run(chunks, { ...options, signal, mapping: this.#mapping }));
  }

  /** Gives up imports; the store is not used afterwards. */
  async close(): Promise<void> {
    this.#closing.abort();
    await Promise.allSettled(this.#running);
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

function unique(names: readonly string[]): readonly string[] {
  return [...new Set(names)].toSorted();
}

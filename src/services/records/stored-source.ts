/** Searches of stored sessions, in the thread that has the store. */
import type {
  ServiceQuery,
  ServiceSessionState,
  ServiceSessionStore,
  StoredGroup,
} from '../../store/service-session-store.ts';
import { SERVICE_PAGE_SESSIONS, SERVICE_WINDOW_KEYS } from '../../store/service-session-store.ts';
import type { SessionFilter } from '../filter.ts';
import { compareGroups, type ServiceSession, type SessionCount } from '../session.ts';
import type { SelectOptions, SourceStatus } from '../source.ts';
import { groupOf, sessionOf } from './stored.ts';

/** Lets others have their turn between two pages. */
const turn = (): Promise<void> => new Promise(setImmediate);

export class StoredSource {
  readonly #store: ServiceSessionStore;
  readonly #state: ServiceSessionState;

  constructor(store: ServiceSessionStore, state: ServiceSessionState) {
    this.#store = store;
    this.#state = state;
  }

  status(): SourceStatus {
    const imports = this.#store.imports();
    const sessions = this.#store
      .groups(this.#state)
      .reduce((sum, group) => sum + this.#store.size(this.#state, group), 0);
    return {
      name: 'records',
      method: 'store',
      sessions,
      sessionsMax: undefined,
      asOfWallNanos: imports[0]?.importedWallNanos,
      origin: imports[0]?.name,
      problems: [],
    };
  }

  async *select({
    filter,
    limit = Infinity,
    signal,
  }: SelectOptions): AsyncGenerator<readonly ServiceSession[]> {
    let left = limit;
    for await (const { keys } of this.#search(filter, signal, SERVICE_PAGE_SESSIONS)) {
      const sessions = this.#store.load(keys.slice(0, left)).map(sessionOf);
      left -= sessions.length;
      yield sessions;
      if (left <= 0) return;
    }
  }

  async count({ filter, signal }: Omit<SelectOptions, 'limit'>): Promise<readonly SessionCount[]> {
    const counts = new Counts();
    if (isWithoutSearch(filter)) {
      for (const group of this.#groups(filter)) counts.add(group, this.#store.size(this.#state, group));
    } else {
      for await (const { group, keys } of this.#search(filter, signal, SERVICE_WINDOW_KEYS))
        counts.add(group, keys.length);
    }
    return counts.all;
  }

  async clear({ filter, signal }: Omit<SelectOptions, 'limit'>): Promise<readonly SessionCount[]> {
    const counts = new Counts();
    for await (const { group, keys } of this.#search(filter, signal, SERVICE_PAGE_SESSIONS)) {
      this.#store.remove(keys);
      counts.add(group, keys.length);
    }
    this.#store.forgetEmptyImports();
    return counts.all;
  }

  #groups(filter: SessionFilter): readonly StoredGroup[] {
    return this.#store
      .groups(this.#state)
      .filter((group) => filter.group(groupOf(group)))
      .toSorted((a, b) => compareGroups(groupOf(a), groupOf(b)));
  }

  /** Keys of what the filter lets pass, group by group, some at a time. */
  async *#search(
    filter: SessionFilter,
    signal: AbortSignal,
    limit: number,
  ): AsyncGenerator<{ readonly group: StoredGroup; readonly keys: readonly number[] }> {
    const query = queryOf(filter, this.#state);
    const candidates = filter.isAboutFlows ? this.#store.candidates(query.flow) : undefined;
    for (const group of this.#groups(filter)) {
      const pages = candidates
        ? this.#searchAmong(candidates, query, group, limit)
        : this.#searchAll(query, group, limit);
      for (const keys of pages) {
        signal.throwIfAborted();
        if (keys.length > 0) yield { group, keys };
        await turn();
      }
    }
  }

  *#searchAll(query: ServiceQuery, group: StoredGroup, limit: number): Generator<readonly number[]> {
    let after: number | undefined;
    do {
      const page = this.#store.search(query, group, after, limit);
      after = page.next;
      yield page.keys;
    } while (after !== undefined);
  }

  *#searchAmong(
    candidates: readonly number[],
    query: ServiceQuery,
    group: StoredGroup,
    limit: number,
  ): Generator<readonly number[]> {
    for (let at = 0; at < candidates.length; at += limit)
      yield this.#store.among(candidates.slice(at, at + limit), query, group);
  }
}

/** Whether it lets whole groups pass. */
function isWithoutSearch({ isAboutFlows, criteria }: SessionFilter): boolean {
  return !isAboutFlows && criteria.application === undefined;
}

function queryOf({ criteria }: SessionFilter, state: ServiceSessionState): ServiceQuery {
  const { application, protocol, source, sourcePort, destination, destinationPort } = criteria;
  return {
    state,
    flow: {
      protocol,
      source: source && [source.lowest, source.highest],
      sourcePort,
      destination: destination && [destination.lowest, destination.highest],
      destinationPort,
    },
    algs: application && [...application.algs],
    application: application?.keyword,
    protocolsWithoutAlg: application?.protocols ?? [],
  };
}

/** Sums, in the order in which groups first come. */
class Counts {
  readonly #sessions = new Map<StoredGroup, number>();

  add(group: StoredGroup, sessions: number): void {
    if (sessions > 0) this.#sessions.set(group, (this.#sessions.get(group) ?? 0) + sessions);
  }

  get all(): readonly SessionCount[] {
    return [...this.#sessions].map(([group, sessions]) => ({ ...groupOf(group), sessions }));
  }
}

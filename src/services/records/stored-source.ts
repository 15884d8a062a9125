/** Searches of stored sessions, in the thread that has the store. */
import type {
  ServiceQuery,
  ServiceSessionState,
  ServiceSessionStore,
  StoredGroup,
} from '../../store/service-session-store.ts';
import { ColumnOrder } from '../../store/service-block.ts';
import type { SessionFilter } from '../filter.ts';
import { compareGroups, type ServiceSession, type SessionCount } from '../session.ts';
import type { SelectOptions, SourceStatus } from '../source.ts';
import { groupOf, sessionOf } from './stored.ts';

/** Sessions that are read at once. */
const PAGE_SESSIONS = 256;

/** Lets others have their turn, as between two pages. */
export const turn = (): Promise<void> => new Promise(setImmediate);

export class StoredSource {
  readonly #store: ServiceSessionStore;
  readonly #state: ServiceSessionState;

  constructor(store: ServiceSessionStore, state: ServiceSessionState) {
    this.#store = store;
    this.#state = state;
  }

  status(): SourceStatus {
    const imports = this.#store.imports();
    const sessions = this.#store.sizes(this.#state).reduce((sum, group) => sum + group.sessions, 0);
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
    for await (const { keys } of this.#search(filter, signal))
      for (let from = 0; from < keys.length; from += PAGE_SESSIONS) {
        signal.throwIfAborted();
        const page = keys.slice(from, from + Math.min(PAGE_SESSIONS, left));
        left -= page.length;
        yield this.#store.load(page).map(sessionOf);
        if (left <= 0) return;
      }
  }

  async count({ filter, signal }: Omit<SelectOptions, 'limit'>): Promise<readonly SessionCount[]> {
    if (isWithoutSearch(filter))
      return inOrder(this.#store.sizes(this.#state), filter).map((group) => ({
        ...groupOf(group),
        sessions: group.sessions,
      }));
    const counts = new Counts();
    for await (const { group, keys } of this.#search(filter, signal)) counts.add(group, keys.length);
    return counts.all;
  }

  async clear({ filter, signal }: Omit<SelectOptions, 'limit'>): Promise<readonly SessionCount[]> {
    const counts = new Counts();
    for await (const { group, keys } of this.#search(filter, signal)) {
      this.#store.remove(this.#state, group, keys);
      counts.add(group, keys.length);
    }
    this.#store.forgetEmptyImports();
    return counts.all;
  }

  /** Keys of what the filter lets pass, group by group, some at a time. */
  async *#search(
    filter: SessionFilter,
    signal: AbortSignal,
  ): AsyncGenerator<{ readonly group: StoredGroup; readonly keys: readonly number[] }> {
    const query = queryOf(filter, this.#state);
    for (const group of inOrder(this.#store.groups(this.#state), filter)) {
      let after: number | undefined;
      do {
        signal.throwIfAborted();
        const { keys, next } = this.#store.search(query, group, after);
        if (keys.length > 0) yield { group, keys };
        await turn();
        after = next;
      } while (after !== undefined);
    }
  }
}

/** Groups that the filter lets pass, in the order in which they are shown. */
function inOrder<Group extends StoredGroup>(
  groups: readonly Group[],
  filter: SessionFilter,
): readonly Group[] {
  return groups
    .map((group) => ({ group, shown: groupOf(group) }))
    .filter(({ shown }) => filter.group(shown))
    .toSorted((a, b) => compareGroups(a.shown, b.shown))
    .map(({ group }) => group);
}

/** Whether it lets whole groups pass. */
function isWithoutSearch({ isAboutFlows, criteria }: SessionFilter): boolean {
  return !isAboutFlows && criteria.application === undefined;
}

export function queryOf({ criteria }: SessionFilter, state: ServiceSessionState): ServiceQuery {
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
    order: new ColumnOrder(),
  };
}

/** Sums, in the order in which groups first come. */
class Counts {
  readonly #sessions = new Map<StoredGroup, number>();

  add(group: StoredGroup, sessions: number): void {
    this.#sessions.set(group, (this.#sessions.get(group) ?? 0) + sessions);
  }

  get all(): readonly SessionCount[] {
    return [...this.#sessions].map(([group, sessions]) => ({ ...groupOf(group), sessions }));
  }
}

/** What was imported into the store, and sessions that have ended, as a source: workers search it. */
import type { ServiceSessionState, ServiceSessionStore } from '../../store/service-session-store.ts';
import { SessionFilter } from '../filter.ts';
import type { ListedConnection } from '../conntrack/connection-details.ts';
import { listedSession } from './connection-of-session.ts';
import type { RecordsThread } from './records-thread.ts';
import type { Ranking, RankOptions } from '../session-rates.ts';
import type { ServiceSession, SessionCount, SessionGroup } from '../session.ts';
import { textOf, type ListingForm, type SessionTexts } from '../session-text.ts';
import type { SelectOptions, SessionSource, SourceProblem, SourceStatus } from '../source.ts';
import { groupOf } from './stored.ts';

export class RecordsSource implements SessionSource {
  readonly name = 'records';
  readonly #store: ServiceSessionStore;
  readonly #thread: RecordsThread;
  readonly #state: ServiceSessionState;
  readonly #others: () => readonly SourceProblem[];

  /** `others`: problems beside its own. */
  constructor(
    store: ServiceSessionStore,
    thread: RecordsThread,
    state: ServiceSessionState,
    others: () => readonly SourceProblem[] = () => [],
  ) {
    this.#store = store;
    this.#thread = thread;
    this.#state = state;
    this.#others = others;
  }

  /** Where it has sessions: a question of microseconds. */
  get groups(): readonly SessionGroup[] {
    return this.#store.groups(this.#state).map(groupOf);
  }

  problems(): Promise<readonly SourceProblem[]> {
    return Promise.resolve([...this.#own(), ...this.#others()]);
  }

  #own(): readonly SourceProblem[] {
    const sessions = this.#store.formerSessions();
    if (sessions > 0) return [{ severity: 'warning', code: 'being-moved', details: { sessions } }];
    const isEmpty = this.#state === 'live' && this.groups.length === 0;
    return isEmpty ? [{ severity: 'warning', code: 'nothing-stored' }] : [];
  }

  async status(): Promise<SourceStatus> {
    const status = await this.#thread.ask('status', { state: this.#state });
    return { ...status, problems: await this.problems() };
  }

  select({ filter, limit = Infinity, signal }: SelectOptions): AsyncGenerator<readonly ServiceSession[]> {
    return this.#thread.search('select', { state: this.#state, filter: filter.options, limit }, signal);
  }

  async *texts({ filter, limit = Infinity, signal }: SelectOptions, form: ListingForm): SessionTexts {
    const request = { state: this.#state, filter: filter.options, limit, form };
    for await (const octets of this.#thread.search('draw', request, signal)) yield [textOf(octets)];
  }

  async *connections(options: SelectOptions): AsyncGenerator<readonly (ListedConnection | undefined)[]> {
    for await (const sessions of this.select(options)) yield sessions.map(listedSession);
  }

  count({ filter, signal }: Omit<SelectOptions, 'limit'>): Promise<readonly SessionCount[]> {
    return this.#thread.ask('count', { state: this.#state, filter: filter.options }, signal);
  }

  census(signal: AbortSignal): Promise<readonly SessionCount[]> {
    return this.count({ filter: new SessionFilter({}), signal });
  }

  rank({ filter, signal, rows, before }: RankOptions): Promise<Ranking> {
    const request = { state: this.#state, filter: filter.options, rows, before };
    return this.#thread.ask('rank', request, signal, before === undefined ? [] : [before]);
  }

  clear({ filter, signal }: Omit<SelectOptions, 'limit'>): Promise<readonly SessionCount[]> {
    return this.#thread.write('clear', { state: this.#state, filter: filter.options }, signal);
  }
}

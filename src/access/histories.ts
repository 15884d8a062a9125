/** Gives each login the lines that its user has entered before, and keeps those that are entered now. */
import { NANOS_PER_MILLI, type Clock, type Timer, type Timers } from '../clock.ts';
import { History, HISTORY_LINES_MAX } from '../shell/editor/history.ts';
import type { LineHistoriesStore, StoredLine } from '../store/line-histories.ts';
import type { RowsOwner } from '../store/owned-rows.ts';
import type { Accounts } from './accounts.ts';
import { forgetRemoved } from './owners.ts';

/** How long a line may wait for others, so that one write to the disk serves for all. */
const HISTORY_WAIT_MILLIS = 100;

export interface HistoriesParts {
  readonly store: LineHistoriesStore;
  readonly accounts: Accounts;
  readonly clock: Clock & Timers;
  /** Told of what could not be written or read; a history is no reason to let nobody work. */
  readonly report: (error: unknown) => void;
}

export class Histories {
  readonly #parts: HistoriesParts;
  #waiting: (readonly [RowsOwner, StoredLine])[] = [];
  #timer: Timer | undefined;
  #failing = false;

  /** The history of users who are removed goes with them, and that of a role with its class. */
  constructor(parts: HistoriesParts) {
    this.#parts = parts;
    parts.accounts.onChange(() => this.#forgetRemoved());
  }

  /** Of this user alone, in this role alone: whoever has fewer rights is not shown what was typed with more. */
  open({ user, configured, role }: RowsOwner): History {
    this.flush();
    const owner = { user, configured, role };
    const before = this.#attempt(() => this.#parts.store.of(owner)) ?? [];
    return new History(before, (line) => this.#add(owner, line));
  }

  /** Writes what waits; what the disk does not take is not remembered. */
  flush(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    const lines = this.#waiting;
    this.#waiting = [];
    if (lines.length > 0) this.#attempt(() => this.#parts.store.append(lines, HISTORY_LINES_MAX));
  }

  #add(owner: RowsOwner, line: StoredLine): void {
    const { clock, accounts } = this.#parts;
    if (!accounts.renewed(owner)) return;
    this.#waiting.push([owner, line]);
    this.#timer ??= clock.at(clock.monoNanos() + HISTORY_WAIT_MILLIS * NANOS_PER_MILLI, () => this.flush());
  }

  #forgetRemoved(): void {
    const { store, accounts } = this.#parts;
    this.flush();
    this.#attempt(() => forgetRemoved(store, accounts));
  }

  /** A disk that fails is reported once. */
  #attempt<Result>(action: () => Result): Result | undefined {
    try {
      const result = action();
      this.#failing = false;
      return result;
    } catch (error) {
      if (!this.#failing) this.#parts.report(error);
      this.#failing = true;
      return undefined;
    }
  }
}

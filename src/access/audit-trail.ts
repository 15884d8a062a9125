/** Gathers what is done at shells and writes it down, without holding up whoever does it. */
import { NANOS_PER_MILLI, NANOS_PER_SECOND, type Clock, type Timer, type Timers } from '../clock.ts';
import { CommitError } from '../config/commit.ts';
import type { TimedOutcome } from '../config/database.ts';
import { printableLine } from '../render/printable.ts';
import type { AuditChange, AuditEntry, AuditKind, AuditStore } from '../store/audit.ts';

/** How long an entry may wait for others, so that one write to the disk serves for all. */
const AUDIT_WAIT_MILLIS = 100;

/** Repeats within this time of the first are one row. */
export const AUDIT_REPEAT_SECONDS = 60;

/** Entries, all different, that may wait while the disk takes none; those beyond it are lost, and counted. */
export const AUDIT_WAITING_MAX = 10_000;

/** Rows whose repeats are still known. */
const RECENT_MAX = 1_000;

/** Characters of a line that are kept. */
export const AUDIT_TEXT_CHARACTERS_MAX = 1_024;

/** What is on disk before whoever did it is told of its success. */
const AT_ONCE: ReadonlySet<AuditKind> = new Set(['login', 'commit']);

export interface AuditTrailParts {
  readonly store: AuditStore;
  readonly clock: Clock & Timers;
  /** Told of what could not be written. */
  readonly report: (error: unknown) => void;
  /** Told of every row that is written, repeats counted. */
  readonly forward: (change: AuditChange) => void;
}

type Waiting = { -readonly [Name in keyof AuditChange]: AuditChange[Name] };

export class AuditTrail {
  readonly #parts: AuditTrailParts;
  #waiting = new Map<string, Waiting>();
  readonly #recent = new Map<string, { readonly id: number; readonly untilMonoNanos: number }>();
  #timer: Timer | undefined;
  #lost = 0;
  #failing = false;

  constructor(parts: AuditTrailParts) {
    this.#parts = parts;
  }

  /** Entries that were lost because the disk took none. */
  get lost(): number {
    return this.#lost;
  }

  /** `count` times; repeats from one `source` are one row, which has the address of the first. */
  record(entry: AuditEntry, source = entry.address, count = 1): void {
    const { clock } = this.#parts;
    // Whoever reads it, also as data on a terminal, gets no controls of others, and one line a row.
    const text = printableLine(entry.text.slice(0, AUDIT_TEXT_CHARACTERS_MAX));
    const user = printableLine(entry.user);
    const key = [entry.kind, user, entry.way, source, entry.result, text].join('\0');
    const lastWallNanos = clock.wallNanos();
    const waiting = this.#waiting.get(key);
    if (waiting) {
      waiting.count += count;
      waiting.lastWallNanos = lastWallNanos;
    } else if (this.#waiting.size < AUDIT_WAITING_MAX) {
      const id = this.#rowOf(key);
      this.#waiting.set(key, {
        ...entry,
        user,
        text,
        id,
        firstWallNanos: lastWallNanos,
        lastWallNanos,
        count,
      });
    } else this.#lost += count;
    if (AT_ONCE.has(entry.kind)) this.flush();
    else
      this.#timer ??= clock.at(clock.monoNanos() + AUDIT_WAIT_MILLIS * NANOS_PER_MILLI, () => this.flush());
  }

  /** A commit at which nobody was present. */
  recordTimed({ kind, user, error }: TimedOutcome): void {
    const code = error instanceof CommitError ? error.code : 'failed';
    const text = kind === 'at' ? 'commit at' : 'commit confirmed: rollback';
    const result = error === undefined ? 'done' : code;
    this.record({ kind: 'commit', user, way: 'timer', address: undefined, text, result });
  }

  /** Writes what waits. A disk that takes nothing is reported once, and tried again with the next entry. */
  flush(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    if (this.#waiting.size === 0) return;
    const { store, report, forward } = this.#parts;
    const changes = [...this.#waiting];
    try {
      const ids = store.write(changes.map(([, change]) => change));
      this.#waiting = new Map();
      this.#failing = false;
      changes.forEach(([key, change], index) => {
        // Each commit is an event of its own, however alike two of them look.
        if (change.id === undefined && change.kind !== 'commit') this.#remember(key, ids[index]!);
        forward(change);
      });
    } catch (error) {
      if (!this.#failing) report(error);
      this.#failing = true;
    }
  }

  #rowOf(key: string): number | undefined {
    const recent = this.#recent.get(key);
    if (recent === undefined) return undefined;
    if (this.#parts.clock.monoNanos() < recent.untilMonoNanos) return recent.id;
    this.#recent.delete(key);
    return undefined;
  }

  #remember(key: string, id: number): void {
    const untilMonoNanos = this.#parts.clock.monoNanos() + AUDIT_REPEAT_SECONDS * NANOS_PER_SECOND;
    this.#recent.delete(key);
    this.#recent.set(key, { id, untilMonoNanos });
    if (this.#recent.size > RECENT_MAX) {
      const [oldest] = this.#recent.keys();
      this.#recent.delete(oldest!);
    }
  }
}

/** What has changed on this router since it was last told: read from its tables, never in the way of whoever writes them. */
import { NANOS_PER_SECOND, type Clock } from '../clock.ts';
import { inTurns, type InTurns } from '../config/turns.ts';
import type { Audit, AuditPlace } from '../store/audit.ts';
import type { OutboxRow } from '../store/fleet-outbox.ts';
import type { RevisionNote } from '../store/revisions.ts';
import type { ServiceSessionStore } from '../store/service-session-store.ts';
import {
  endedPlaceOf,
  nameOf,
  type TwampEndedPlace,
  type TwampRow,
  type TwampStore,
} from '../store/twamp-sessions.ts';
import type { Marks } from './link.ts';
import { auditRow, commitRow, endedSessionRow, twampSessionRow } from './rows.ts';

/** Rows of one page of a table. */
const PAGE_ROWS = 256;

/** What is collected at once, and then put: the next follows. */
export const COLLECTED_ROWS_MAX = 8 * PAGE_ROWS;

export interface Sources {
  readonly live: () => Iterable<TwampRow>;
  readonly ended: Pick<TwampStore, 'endedAfter'>;
  readonly services: Pick<ServiceSessionStore, 'recordedAfter' | 'lastKey'>;
  readonly audit: Pick<Audit, 'pageAfter'>;
  /** The latest first. */
  readonly revisions: { list(): readonly RevisionNote[] };
}

export interface Collected {
  readonly rows: readonly OutboxRow[];
  readonly marks: Marks;
  /** There is more. */
  readonly isCut: boolean;
}

/** Between which times tables are read. What is of a time to come, because the clock was set back, is told then. */
interface Window {
  readonly nowWallNanos: bigint;
  /** What was marked beyond `beyond` is read again, from `from` on. */
  readonly back: { readonly beyondWallNanos: bigint; readonly fromWallNanos: bigint } | undefined;
}

/** A clock that was set back by more is followed. */
const STEP_NANOS = 1_000_000n;

export class Collector {
  readonly #sources: Sources;
  readonly #clock: Clock;
  #marks: Marks = {};
  /** Of live sessions, what was last told. */
  #told = new Map<string, string>();
  #read: { readonly wallNanos: bigint; readonly monoNanos: number } | undefined;

  constructor(sources: Sources, clock: Clock) {
    this.#sources = sources;
    this.#clock = clock;
  }

  /** From these marks on; everything of live sessions is told anew. */
  begin(marks: Marks): void {
    this.#marks = marks;
    this.#told.clear();
    this.#read = undefined;
  }

  /** What was collected is kept. */
  confirm({ marks }: Collected): void {
    this.#marks = { ...this.#marks, ...marks };
  }

  /** Live sessions that were told may be missing in the outbox. */
  tellAgain(): void {
    this.#told.clear();
  }

  /** Throws StoreError. */
  collect(): Promise<Collected> {
    return inTurns(this.#collect(), this.#clock);
  }

  *#collect(): InTurns<Collected> {
    const window = this.#window();
    const rows: OutboxRow[] = [];
    const marks = { ...this.#marks };
    yield* this.#commits(rows, marks);
    yield* this.#audit(rows, marks, window);
    yield* this.#ended(rows, marks, window);
    yield* this.#services(rows, marks);
    const isCut = rows.length >= COLLECTED_ROWS_MAX;
    yield* this.#live(rows);
    return { rows, marks, isCut };
  }

  #window(): Window {
    const now = { wallNanos: this.#clock.wallNanos(), monoNanos: this.#clock.monoNanos() };
    const before = this.#read;
    this.#read = now;
    const { wallNanos: nowWallNanos } = now;
    // Nobody knows how far it was set back while the router did not run.
    if (before === undefined)
      return { nowWallNanos, back: { beyondWallNanos: nowWallNanos, fromWallNanos: 0n } };
    const passed = BigInt(Math.round(now.monoNanos - before.monoNanos));
    if (nowWallNanos - before.wallNanos >= passed - STEP_NANOS) return { nowWallNanos, back: undefined };
    const then = nowWallNanos - passed - BigInt(NANOS_PER_SECOND);
    return { nowWallNanos, back: { beyondWallNanos: then, fromWallNanos: then } };
  }

  *#commits(rows: OutboxRow[], marks: Record<string, string>): InTurns<void> {
    const told = Number(marks['commit'] ?? 0);
    const notes = this.#sources.revisions.list().filter(({ number }) => number > told);
    rows.push(...notes.map(commitRow));
    if (notes[0] !== undefined) marks['commit'] = String(notes[0].number);
    yield;
  }

  *#audit(rows: OutboxRow[], marks: Record<string, string>, { nowWallNanos, back }: Window): InTurns<void> {
    const [last, id] = JSON.parse(marks['audit'] ?? '["0",0]') as [string, number];
    let after: AuditPlace = { lastWallNanos: BigInt(last), id };
    if (back !== undefined && after.lastWallNanos > back.beyondWallNanos)
      after = { lastWallNanos: back.fromWallNanos, id: 0 };
    yield* pages(
      rows,
      () => this.#sources.audit.pageAfter(after, PAGE_ROWS),
      (row) => {
        if (row.lastWallNanos > nowWallNanos) return false;
        after = { lastWallNanos: row.lastWallNanos, id: row.id };
        rows.push(auditRow(row));
        return true;
      },
    );
    marks['audit'] = JSON.stringify([String(after.lastWallNanos), after.id]);
  }

  *#ended(rows: OutboxRow[], marks: Record<string, string>, { nowWallNanos, back }: Window): InTurns<void> {
    const [ended, connectionId, sessionId] = JSON.parse(marks['ended'] ?? '["0",0,0]') as [
      string,
      number,
      number,
    ];
    let after: TwampEndedPlace = { endedWallNanos: BigInt(ended), connectionId, sessionId };
    if (back !== undefined && after.endedWallNanos > back.beyondWallNanos)
      after = { endedWallNanos: back.fromWallNanos, connectionId: 0, sessionId: 0 };
    yield* pages(
      rows,
      () => this.#sources.ended.endedAfter(after, PAGE_ROWS),
      (row) => {
        const place = endedPlaceOf(row);
        if (place.endedWallNanos > nowWallNanos) return false;
        after = place;
        rows.push(twampSessionRow(row));
        return true;
      },
    );
    marks['ended'] = JSON.stringify([String(after.endedWallNanos), after.connectionId, after.sessionId]);
  }

  *#services(rows: OutboxRow[], marks: Record<string, string>): InTurns<void> {
    let after = Number(marks['service'] ?? 0);
    // Keys begin anew where all of them are gone.
    if (after > this.#sources.services.lastKey()) after = 0;
    yield* pages(
      rows,
      () => this.#sources.services.recordedAfter(after, PAGE_ROWS),
      ([key, session]) => {
        after = key;
        rows.push(endedSessionRow(key, session));
        return true;
      },
    );
    marks['service'] = String(after);
  }

  /** Those that have changed since they were last told. */
  *#live(rows: OutboxRow[]): InTurns<void> {
    const told = new Map<string, string>();
    for (const live of this.#sources.live()) {
      const row = twampSessionRow(live);
      const name = nameOf(live);
      if (this.#told.get(name) !== row.content) rows.push(row);
      told.set(name, row.content);
      yield;
    }
    this.#told = told;
  }
}

/** Page by page, until there is nothing, or enough, or what is not taken. */
function* pages<Row>(
  collected: readonly unknown[],
  page: () => readonly Row[],
  take: (row: Row) => boolean,
): InTurns<void> {
  for (;;) {
    const rows = page();
    const isOver = !rows.every(take);
    yield;
    if (isOver || rows.length < PAGE_ROWS || collected.length >= COLLECTED_ROWS_MAX) return;
  }
}

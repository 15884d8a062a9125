/** What is still to come of commits, and the clock that is watched for it. */
import { NANOS_PER_SECOND, type Clock, type Timer, type Timers } from '../clock.ts';
import type { PendingCommit, RevisionArchive } from './archive.ts';

export type PendingKind = PendingCommit['kind'];

/** How often the wall clock, which may step, is looked at while something is pending. */
const LOOK_SECONDS = 30;

/** How long to wait before what could not be done is tried again. */
const RETRY_SECONDS = 60;

const NANOS_PER_MINUTE = 60n * BigInt(NANOS_PER_SECOND);

/** Minutes until it is due, those begun counted; 0 where it is overdue, undefined where it waits for no time. */
export function minutesLeft({ dueWallNanos }: PendingCommit, wallNanos: bigint): number | undefined {
  if (dueWallNanos === undefined) return undefined;
  const left = dueWallNanos - wallNanos;
  return left <= 0n ? 0 : Number((left + NANOS_PER_MINUTE - 1n) / NANOS_PER_MINUTE);
}

export class PendingCommits {
  readonly #archive: RevisionArchive;
  readonly #clock: Clock & Timers;
  readonly #onDue: (pending: PendingCommit) => void;
  #all: readonly PendingCommit[];
  /** When what is pending for a time comes, by the clock that does not step. */
  readonly #dueMonoNanos = new WeakMap<PendingCommit, number>();
  #timer: Timer | undefined;
  /** Before which nothing is tried again. */
  #restUntilMonoNanos = -Infinity;

  /** `onDue` is called, again and again, until what is due is no longer pending; never before `watch`. */
  constructor(archive: RevisionArchive, clock: Clock & Timers, onDue: (pending: PendingCommit) => void) {
    this.#archive = archive;
    this.#clock = clock;
    this.#onDue = onDue;
    this.#all = archive.pending;
    this.#noteSpans();
  }

  get(kind: PendingKind): PendingCommit | undefined {
    return this.#all.find((pending) => pending.kind === kind);
  }

  /** In the order in which they are to be done. */
  get due(): readonly PendingCommit[] {
    const due = this.#all.filter((pending) => this.isDue(pending));
    return due.toSorted(({ kind }) => (kind === 'confirmed' ? -1 : 1));
  }

  isDue(pending: PendingCommit): boolean {
    return this.#leftNanos(pending) <= 0;
  }

  /** A time to confirm is a span: it passes by itself when the wall clock is set. A time to commit at is what the wall clock says. */
  #leftNanos(pending: PendingCommit): number {
    const { dueWallNanos } = pending;
    if (dueWallNanos === undefined) return Infinity;
    const dueMonoNanos = this.#dueMonoNanos.get(pending);
    if (dueMonoNanos !== undefined) return dueMonoNanos - this.#clock.monoNanos();
    return Number(dueWallNanos - this.#clock.wallNanos());
  }

  #noteSpans(): void {
    for (const pending of this.#all)
      if (pending.kind === 'confirmed' && !this.#dueMonoNanos.has(pending))
        this.#dueMonoNanos.set(pending, this.#clock.monoNanos() + this.#leftNanos(pending));
  }

  /** All there would be without those `settled`, and with `next`. */
  after(settled: readonly PendingKind[], next?: PendingCommit): readonly PendingCommit[] {
    const others = this.#all.filter(({ kind }) => !settled.includes(kind) && kind !== next?.kind);
    return next === undefined ? others : [...others, next];
  }

  /** Makes it so. Throws what the archive throws. */
  change(settled: readonly PendingKind[], next?: PendingCommit): void {
    const all = this.after(settled, next);
    this.#archive.keep(all);
    this.use(all);
  }

  /** The archive has these now. */
  use(all: readonly PendingCommit[]): void {
    this.#all = all;
    this.#noteSpans();
    this.#restUntilMonoNanos = -Infinity;
    if (this.#timer !== undefined) this.watch();
  }

  /** Begins to watch the clock. */
  watch(): void {
    this.#timer?.cancel();
    const waits = this.#all.some(({ dueWallNanos }) => dueWallNanos !== undefined);
    this.#timer = waits ? this.#nextLook() : { cancel: () => undefined };
  }

  close(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  #nextLook(): Timer {
    const waits = this.#all.map((pending) => Math.max(0, this.#leftNanos(pending)));
    const monoNanos = this.#clock.monoNanos();
    const look = monoNanos + Math.min(...waits, LOOK_SECONDS * NANOS_PER_SECOND);
    return this.#clock.at(Math.max(look, this.#restUntilMonoNanos), () => {
      const { due } = this;
      if (due.length > 0)
        this.#restUntilMonoNanos = this.#clock.monoNanos() + RETRY_SECONDS * NANOS_PER_SECOND;
      for (const pending of due) this.#onDue(pending);
      this.watch();
    });
  }
}

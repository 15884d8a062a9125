/** The record must have every line that was typed once, and nothing else. */
import type { AuditRow } from '../../../src/store/audit.ts';
import { must } from './journal.ts';

/** A line that is over. */
export interface Said {
  readonly user: string;
  /** Without its secrets. */
  readonly text: string;
  /** Undefined: nobody has heard how it went. */
  readonly status: string | undefined;
  readonly monoNanos: number;
  /** It may be missing: the process has ended with it, or the disk took nothing. */
  mayBeMissing: boolean;
}

const INVARIANT = 'the record has every line once, in order';

/** How long a line may wait to be written: 100 ms, by a clock that is not exact. */
const WAIT_NANOS = 101e6;

const accounted: ReadonlySet<string> = new Set(['command', 'commit', 'refusal']);

interface Counted {
  readonly row: AuditRow;
  left: number;
  /** Where it stands among all lines, by the first of it. */
  first: number;
}

export class AuditModel {
  #said: Said[] = [];
  /** Counts of rows that were checked already. */
  #before = new Map<number, number>();

  say(said: Said): void {
    this.#said.push(said);
  }

  /** The process has ended: the latest lines may not have been written. */
  cut(monoNanos: number, isFaulty: boolean): void {
    for (const said of this.#said)
      if (isFaulty || said.monoNanos > monoNanos - WAIT_NANOS) said.mayBeMissing = true;
  }

  /** All rows there are, in any order, when nothing waits to be written. */
  check(rows: readonly AuditRow[]): void {
    const counted = rows
      .filter(({ kind, way }) => accounted.has(kind) && way !== 'timer')
      .map((row): Counted => ({ row, left: row.count - (this.#before.get(row.id) ?? 0), first: Infinity }))
      .filter(({ left }) => left > 0)
      .toSorted((one, other) => one.row.id - other.row.id);
    // What must be there has the first choice.
    const inOrder = this.#said.map((said, index) => ({ said, index }));
    const certain = inOrder.filter(({ said }) => !said.mayBeMissing);
    const others = inOrder.filter(({ said }) => said.mayBeMissing);
    for (const { said, index } of [...certain, ...others]) {
      const found = rowFor(said, counted);
      if (found === undefined) {
        must(said.mayBeMissing, INVARIANT, () => `missing: ${said.user} '${said.text}' ${said.status}`);
        continue;
      }
      found.left -= 1;
      found.first = Math.min(found.first, index);
    }
    const surplus = counted.find(({ left }) => left > 0);
    must(surplus === undefined, INVARIANT, () => {
      const { user, kind, text, result } = surplus!.row;
      return `nobody said: ${user} ${kind} '${text}' ${result}, ${surplus!.left} times`;
    });
    this.#checkOrder(counted);
    this.#said = [];
    this.#before = new Map(rows.map(({ id, count }) => [id, count]));
  }

  /** Rows of one user that were begun in this time, and have one line each, stand in the order of the lines. */
  #checkOrder(counted: readonly Counted[]): void {
    const last = new Map<string, number>();
    for (const { row, first } of counted) {
      if (row.count > 1 || this.#before.has(row.id) || row.kind === 'refusal') continue;
      must(first > (last.get(row.user) ?? -1), INVARIANT, () => `out of order: ${row.user} '${row.text}'`);
      last.set(row.user, first);
    }
  }
}

/** A refusal has only what stands before the word that was not understood. */
function rowFor({ user, text, status }: Said, counted: readonly Counted[]): Counted | undefined {
  const own = counted.filter(({ row, left }) => left > 0 && row.user === user);
  const executed = own.find(
    ({ row }) => row.kind !== 'refusal' && row.text === text && row.result === (status ?? row.result),
  );
  if (executed || (status ?? 'failed') !== 'failed') return executed;
  return own
    .filter(({ row }) => row.kind === 'refusal' && text.startsWith(row.text))
    .toSorted((one, other) => other.row.text.length - one.row.text.length)[0];
}

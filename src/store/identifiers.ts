/** Numbers that count up from 1 and are never given twice, whatever becomes of the process. */
import { guarded, type Database } from './database.ts';

/** How many numbers are reserved in the file at once: as many may be skipped when the process dies. */
export const RESERVED_IDENTIFIERS = 256;

export type IdentifierKind = 'connection' | 'session';

/** One counter of the table `twamp_identifiers`, whose `last` is the end of what is reserved. */
export class Identifiers {
  readonly #file: string;
  readonly #reserve;
  readonly #release;
  #last = 0;
  #reservedLast = 0;

  constructor(database: Database, kind: IdentifierKind) {
    this.#file = database.name;
    this.#reserve = database
      .prepare<[], number>(
        `UPDATE twamp_identifiers SET last = last + ${RESERVED_IDENTIFIERS} WHERE kind = '${kind}' RETURNING last`,
      )
      .pluck();
    this.#release = database.prepare<[number]>(
      `UPDATE twamp_identifiers SET last = ? WHERE kind = '${kind}'`,
    );
  }

  /** Throws StoreError. */
  next(): number {
    if (this.#last === this.#reservedLast) {
      this.#reservedLast = guarded(this.#file, () => this.#reserve.get()!);
      this.#last = this.#reservedLast - RESERVED_IDENTIFIERS;
    }
    this.#last += 1;
    return this.#last;
  }

  /** Gives back what was reserved and not used. Throws StoreError. */
  release(): void {
    if (this.#last === this.#reservedLast) return;
    guarded(this.#file, () => this.#release.run(this.#last));
    this.#reservedLast = this.#last;
  }
}

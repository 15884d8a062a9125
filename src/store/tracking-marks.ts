/** What the router has changed in the kernel to have connections tracked, so that it is undone whatever happens. */
import { guarded, type Database } from './database.ts';

export interface TrackingMark {
  /** As `ip netns` names it; empty for the router's own. */
  readonly namespace: string;
  /** The table of nftables that is the router's. */
  readonly table: string;
  /** The boot of the machine at which it was made: none of it outlasts that. */
  readonly boot: string;
  /** What the sysctl nf_conntrack_acct was, where it was changed. */
  readonly accounting: string | null;
}

/** Migration of sessions.db. */
export const trackingTable = `
  CREATE TABLE service_tracking (
    namespace TEXT PRIMARY KEY,
    table_name TEXT NOT NULL,
    boot TEXT NOT NULL,
    accounting TEXT
  ) STRICT, WITHOUT ROWID;
`;

/** Every method throws StoreError. */
export class TrackingMarks {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** In place of that of the same namespace. */
  put(mark: TrackingMark): void {
    const insert = this.#database.prepare(
      `INSERT OR REPLACE INTO service_tracking (namespace, table_name, boot, accounting)
       VALUES (@namespace, @table, @boot, @accounting)`,
    );
    guarded(this.#database.name, () => insert.run(mark));
  }

  remove(namespace: string): void {
    const remove = this.#database.prepare('DELETE FROM service_tracking WHERE namespace = ?');
    guarded(this.#database.name, () => remove.run(namespace));
  }

  all(): readonly TrackingMark[] {
    const select = this.#database.prepare<[], TrackingMark>(
      'SELECT namespace, table_name AS "table", boot, accounting FROM service_tracking ORDER BY namespace',
    );
    return guarded(this.#database.name, () => select.all());
  }
}

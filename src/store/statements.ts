/** Statements of a database, each prepared when it is first needed. */
import type { Statement } from 'better-sqlite3';
import type { Database } from './database.ts';

export class Statements {
  readonly #database: Database;
  readonly #prepared = new Map<string, Statement<[object]>>();

  constructor(database: Database) {
    this.#database = database;
  }

  get(sql: string): Statement<[object]> {
    let statement = this.#prepared.get(sql);
    if (statement === undefined) this.#prepared.set(sql, (statement = this.#database.prepare(sql)));
    return statement;
  }

  rows<Row>(sql: string, bindings: object = {}): Row[] {
    return (this.get(sql) as Statement<[object], Row>).all(bindings);
  }

  /** The first column of the first row; undefined where there is none. */
  number(sql: string, bindings: object = {}): number | undefined {
    return (this.get(sql) as Statement<[object], number>).pluck().get(bindings);
  }

  run(sql: string, bindings: object = {}): { readonly changes: number; readonly key: number } {
    const { changes, lastInsertRowid } = this.get(sql).run(bindings);
    return { changes, key: Number(lastInsertRowid) };
  }
}

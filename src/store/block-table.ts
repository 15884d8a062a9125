/** Blocks of sessions in services.db, and how sessions that are added come into them. */
import type { Database } from './database.ts';
import {
  Block,
  BLOCK_SESSIONS,
  BlockBuilder,
  blockColumns,
  type BlockColumn,
  type BlockHead,
} from './service-block.ts';
import { Statements } from './statements.ts';
import type { StoredGroup, StoredSession } from './stored-session.ts';

export type ServiceSessionState = 'live' | 'ended';

export interface BlockRow extends BlockHead {
  readonly key: number;
  readonly importKey: number | null;
  readonly groupKey: number;
}

/** Where a block goes; without a key, it is a new one. */
export type BlockPlace = Pick<BlockRow, 'importKey' | 'groupKey'> & { readonly key: number | undefined };

const selected = `SELECT key, import_key AS importKey, group_key AS groupKey, first_key AS firstKey, last_key AS lastKey,
  sessions, flows, names, ranges FROM service_blocks`;

export class BlockTable {
  readonly #statements: Statements;
  readonly #column;

  constructor(database: Database) {
    this.#statements = new Statements(database);
    this.#column = database
      .prepare<[number], Buffer>('SELECT octets FROM service_columns WHERE key = ?')
      .pluck();
  }

  block(row: BlockRow): Block {
    return new Block(row, (column) => this.#column.get(columnKey(row.key, columnPlaces[column]))!);
  }

  last(groupKey: number): BlockRow | undefined {
    const sql = `${selected} WHERE group_key = @groupKey ORDER BY last_key DESC LIMIT 1`;
    return this.#statements.rows<BlockRow>(sql, { groupKey })[0];
  }

  /** Those with keys behind `after`, in order. */
  behind(groupKey: number, after: number, limit: number): readonly BlockRow[] {
    const sql = `${selected} WHERE group_key = @groupKey AND last_key > @after ORDER BY last_key LIMIT @limit`;
    return this.#statements.rows<BlockRow>(sql, { groupKey, after, limit });
  }

  write({ key, importKey, groupKey }: BlockPlace, builder: BlockBuilder): void {
    const { head, columns } = builder.encode();
    const { key: written } = this.#statements.run(
      `INSERT OR REPLACE INTO service_blocks (key, import_key, group_key, first_key, last_key, sessions, flows, names, ranges)
       VALUES (@key, @importKey, @groupKey, @firstKey, @lastKey, @sessions, @flows, @names, @ranges)`,
      { ...head, key: key ?? null, importKey, groupKey },
    );
    blockColumns.forEach((column, place) =>
      this.#statements.run('INSERT OR REPLACE INTO service_columns (key, octets) VALUES (@key, @octets)', {
        key: columnKey(written, place),
        octets: columns[column],
      }),
    );
  }

  /** Takes sessions, their keys in order, out of the blocks of a group. */
  remove(groupKey: number, keys: readonly number[]): void {
    const gone = new Set(keys);
    const last = keys.at(-1) ?? 0;
    const sql = `${selected} WHERE group_key = @groupKey AND last_key >= @first AND first_key <= @last`;
    for (const row of this.#statements.rows<BlockRow>(sql, { groupKey, first: keys[0] ?? 0, last })) {
      const builder = new BlockBuilder();
      for (const [key, session] of this.block(row).all()) if (!gone.has(key)) builder.add(key, session);
      if (builder.sessions === row.sessions) continue;
      if (builder.sessions === 0) this.#removeBlock(row.key);
      else this.write(row, builder);
    }
  }

  #removeBlock(key: number): void {
    this.#statements.run('DELETE FROM service_blocks WHERE key = @key', { key });
    this.#statements.run('DELETE FROM service_columns WHERE key BETWEEN @first AND @last', {
      first: columnKey(key, 0),
      last: columnKey(key, blockColumns.length - 1),
    });
  }
}

const columnKey = (block: number, place: number): number => 8 * block + place;

const columnPlaces = Object.fromEntries(blockColumns.map((name, place) => [name, place])) as Readonly<
  Record<BlockColumn, number>
>;

/** Sessions of blocks that are not full, of all groups together: then they are written as they are. */
const OPEN_SESSIONS_MAX = 128 * BLOCK_SESSIONS;

/** A block that is not written yet. */
interface OpenBlock extends BlockPlace {
  readonly state: ServiceSessionState;
  readonly group: StoredGroup;
  readonly builder: BlockBuilder;
}

export interface AdditionOptions {
  /** Of the sessions; null: no import has brought them. */
  readonly importKey: number | null;
  readonly firstKey: number;
  /** Whether the last blocks of the same origin are filled up. */
  readonly goesOn: boolean;
  /** Gives the key of a group, which is made where there is none. */
  readonly groupKey: (state: ServiceSessionState, group: StoredGroup) => number;
}

/** Gives sessions their keys and puts them into blocks, the last of which `end` writes. */
export class Addition {
  readonly importKey: number | null;
  readonly #blocks: BlockTable;
  readonly #options: AdditionOptions;
  readonly #open = new Map<string, OpenBlock>();
  #nextKey: number;
  #openSessions = 0;
  /** Most sessions are of the group of the one before. */
  #last: OpenBlock | undefined;

  constructor(blocks: BlockTable, options: AdditionOptions) {
    this.importKey = options.importKey;
    this.#blocks = blocks;
    this.#options = options;
    this.#nextKey = options.firstKey;
  }

  add(session: StoredSession): { readonly key: number; readonly groupKey: number } {
    const key = this.#nextKey;
    this.#nextKey += 1;
    let block = this.#blockOf(session);
    if (block.builder.isFullFor(key)) {
      this.#openSessions -= block.builder.sessions;
      this.#write(block);
      block = this.#opened({ ...block, key: undefined, builder: new BlockBuilder() });
    }
    block.builder.add(key, session);
    this.#openSessions += 1;
    if (this.#openSessions >= OPEN_SESSIONS_MAX) this.end();
    return { key, groupKey: block.groupKey };
  }

  end(): void {
    for (const block of this.#open.values()) this.#write(block);
    this.#open.clear();
    this.#last = undefined;
    this.#openSessions = 0;
  }

  #blockOf(session: StoredSession): OpenBlock {
    const state = session.endedWallNanos === undefined ? 'live' : 'ended';
    if (this.#last?.state === state && isSameGroup(session, this.#last.group)) return this.#last;
    const block = this.#open.get(openKey(state, session));
    if (block !== undefined) return (this.#last = block);
    const { aggregate, serviceSet } = session;
    const group = { aggregate, interface: session.interface, serviceSet };
    const { importKey } = this;
    const place = { importKey, groupKey: this.#options.groupKey(state, group), key: undefined };
    return this.#opened({ state, group, ...place, builder: new BlockBuilder(), ...this.#unfilled(place) });
  }

  #unfilled({ groupKey, importKey }: BlockPlace): Pick<OpenBlock, 'key' | 'builder'> | undefined {
    const row = this.#options.goesOn ? this.#blocks.last(groupKey) : undefined;
    if (row === undefined || row.importKey !== importKey || row.sessions >= BLOCK_SESSIONS) return undefined;
    const builder = new BlockBuilder();
    for (const [key, session] of this.#blocks.block(row).all()) builder.add(key, session);
    return { key: row.key, builder };
  }

  #opened(block: OpenBlock): OpenBlock {
    this.#openSessions += block.builder.sessions;
    this.#open.set(openKey(block.state, block.group), block);
    return (this.#last = block);
  }

  #write(block: OpenBlock): void {
    if (block.builder.sessions > 0) this.#blocks.write(block, block.builder);
  }
}

const openKey = (state: ServiceSessionState, group: StoredGroup): string =>
  `${state}\0${group.aggregate}\0${group.interface}\0${group.serviceSet}`;

const isSameGroup = (one: StoredGroup, other: StoredGroup): boolean =>
  one.serviceSet === other.serviceSet &&
  one.interface === other.interface &&
  one.aggregate === other.aggregate;

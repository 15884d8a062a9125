/** Tells the fleet's database what waits in the outbox: again and again until it was taken, each row once however often. */
import type pg from 'pg';
import { NANOS_PER_SECOND, type Clock, type Random, type Timers } from '../clock.ts';
import { Backoff, type BackoffLimits } from '../engine/backoff.ts';
import type { FleetOutbox, OutboxKind, WaitingRow } from '../store/fleet-outbox.ts';
import { connect, disconnect, PATIENCE, type Patience } from './connection.ts';
import { FleetError, isOfRow, problemOf, type FleetProblem } from './problems.ts';
import { stamp } from './rows.ts';
import { SCHEMA, upsertOf } from './schema.ts';
import type { FleetSettings } from './settings.ts';

/** Rows of one transaction. */
export const BATCH_ROWS = 500;

export const BACKOFF: BackoffLimits = {
  firstNanos: NANOS_PER_SECOND,
  longestNanos: 60 * NANOS_PER_SECOND,
};

/** Partitions of the time to come are asked for so often. */
const PARTITIONS_SECONDS = 3_600;

/** What a node says of itself. */
export interface NodeFacts {
  readonly host: string;
  readonly software: string;
  readonly startedWallNanos: bigint;
}

export interface PublisherParts {
  readonly outbox: FleetOutbox;
  readonly clock: Clock & Timers;
  readonly random: Random;
  readonly facts: NodeFacts;
  /** Called before rows that are due at that time are looked for: some change with it. */
  readonly prepare: (nowWallNanos: bigint) => void;
  /** What else there is to say to the database, and to ask: after each time that rows were told. */
  readonly exchange?: (client: pg.Client, node: string) => Promise<void>;
  readonly backoff?: BackoffLimits;
  readonly patience?: Patience;
}

export type PublisherSettings = Pick<
  FleetSettings,
  'place' | 'router' | 'node' | 'intervalSeconds' | 'outboxOctetsMax'
>;

export interface PublisherStatus {
  readonly connected: boolean;
  /** Since this router runs. */
  readonly published: number;
  readonly publishedWallNanos: bigint | undefined;
  readonly problem: (FleetProblem & { readonly sinceWallNanos: bigint }) | undefined;
}

export class Publisher {
  readonly #parts: PublisherParts;
  readonly #settings: PublisherSettings;
  readonly #backoff: Backoff;
  readonly #stopping = new AbortController();
  readonly #running: Promise<void>;
  #client: pg.Client | undefined;
  #status: PublisherStatus = {
    connected: false,
    published: 0,
    publishedWallNanos: undefined,
    problem: undefined,
  };
  #wake = (): void => undefined;
  #partitionsMonoNanos: number | undefined;

  /** Begins at once. */
  constructor(settings: PublisherSettings, parts: PublisherParts) {
    this.#parts = parts;
    this.#settings = settings;
    this.#backoff = new Backoff(parts.backoff ?? BACKOFF, parts.random);
    this.#running = this.#run();
  }

  get status(): PublisherStatus {
    return this.#status;
  }

  /** There is something to tell. While the database is not to be had, it is asked when its time has come. */
  hurry(): void {
    if (this.#status.problem === undefined) this.#wake();
  }

  /** What is under way is given up: it waits in the outbox. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    this.#wake();
    this.#drop();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopping;
    const { clock } = this.#parts;
    while (!signal.aborted) {
      let pauseNanos = this.#settings.intervalSeconds * NANOS_PER_SECOND;
      try {
        await this.#publish();
        this.#backoff.reset();
        this.#status = { ...this.#status, connected: true, problem: undefined };
      } catch (error) {
        this.#fail(error);
        pauseNanos = this.#backoff.next();
      }
      await this.#pause(clock.monoNanos() + pauseNanos);
    }
    this.#drop();
  }

  #pause(untilMonoNanos: number): Promise<void> {
    if (this.#stopping.signal.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const over = (): void => {
        timer.cancel();
        this.#wake = () => undefined;
        resolve();
      };
      const timer = this.#parts.clock.at(untilMonoNanos, over);
      this.#wake = over;
    });
  }

  #fail(error: unknown): void {
    this.#drop();
    const problem = problemOf(error);
    const before = this.#status.problem;
    const isSame = before?.code === problem.code;
    const sinceWallNanos = isSame ? before.sinceWallNanos : this.#parts.clock.wallNanos();
    this.#status = { ...this.#status, connected: false, problem: { ...problem, sinceWallNanos } };
  }

  #drop(): void {
    if (this.#client !== undefined) void disconnect(this.#client);
    this.#client = undefined;
  }

  /** All that waits. */
  async #publish(): Promise<void> {
    const { outbox, clock, prepare } = this.#parts;
    const client = (this.#client ??= await this.#connect());
    const nowWallNanos = clock.wallNanos();
    prepare(nowWallNanos);
    while (!this.#stopping.signal.aborted) {
      const rows = outbox.waiting(BATCH_ROWS, nowWallNanos);
      await this.#tell(client, rows);
      if (rows.length < BATCH_ROWS) break;
    }
    if (!this.#stopping.signal.aborted) await this.#parts.exchange?.(client, this.#settings.node);
  }

  async #connect(): Promise<pg.Client> {
    const { place, router, node } = this.#settings;
    const client = await connect(place, router, {
      patience: this.#parts.patience ?? PATIENCE,
      signal: this.#stopping.signal,
    });
    try {
      const { rows } = await client.query<{ own: string | null }>(`SELECT ${SCHEMA}.own_node() AS own`);
      const own = rows[0]?.own ?? undefined;
      if (own === undefined) throw new FleetError('no-node', { user: router.user });
      if (own !== node) throw new FleetError('wrong-node', { user: router.user, own, node });
      this.#partitionsMonoNanos = undefined;
      return client;
    } catch (error) {
      void disconnect(client);
      throw error;
    }
  }

  /** One transaction, with what the node says of itself; what was taken is forgotten. */
  async #tell(client: pg.Client, rows: readonly WaitingRow[]): Promise<void> {
    const { outbox } = this.#parts;
    try {
      await this.#transaction(client, async () => {
        await this.#upsert(client, rows);
        await this.#beat(client, outbox.status.rows - rows.length);
      });
    } catch (error) {
      if (!isOfRow(error) || rows.length === 0) throw error;
      await this.#tellEach(client, rows);
      return;
    }
    outbox.forget(rows.map(({ version }) => version));
    const publishedWallNanos = this.#parts.clock.wallNanos();
    const published = this.#status.published + rows.length;
    this.#status = { ...this.#status, connected: true, published, publishedWallNanos };
    await this.#keepPartitions(client);
  }

  /** One of them is refused: it is set aside, so that it is not in the way of others. */
  async #tellEach(client: pg.Client, rows: readonly WaitingRow[]): Promise<void> {
    const { outbox } = this.#parts;
    for (const row of rows) {
      try {
        await this.#transaction(client, () => this.#upsert(client, [row]));
        outbox.forget([row.version]);
      } catch (error) {
        if (!isOfRow(error)) throw error;
        outbox.refuse(row.version);
      }
    }
  }

  async #transaction(client: pg.Client, work: () => Promise<void>): Promise<void> {
    await client.query('BEGIN');
    try {
      await work();
      await client.query('COMMIT');
    } catch (error) {
      await client.query('ROLLBACK').catch(() => undefined);
      throw error;
    }
  }

  async #upsert(client: pg.Client, rows: readonly WaitingRow[]): Promise<void> {
    const byKind = new Map<OutboxKind, string[]>();
    for (const { kind, version, content } of rows) {
      const versioned = `{"version":${version},${content.slice(1)}`;
      const same = byKind.get(kind);
      if (same === undefined) byKind.set(kind, [versioned]);
      else same.push(versioned);
    }
    for (const [kind, contents] of byKind)
      // By its name it is planned once a connection.
      await client.query({
        name: `${SCHEMA}-${kind}`,
        text: upsertOf(kind),
        values: [this.#settings.node, `[${contents.join(',')}]`],
      });
  }

  async #beat(client: pg.Client, waiting: number): Promise<void> {
    const { facts, outbox } = this.#parts;
    const { node, intervalSeconds } = this.#settings;
    await client.query(BEAT, [
      node,
      facts.host,
      facts.software,
      stamp(facts.startedWallNanos),
      intervalSeconds,
      waiting,
      outbox.status.dropped,
    ]);
  }

  async #keepPartitions(client: pg.Client): Promise<void> {
    const nowNanos = this.#parts.clock.monoNanos();
    if (this.#partitionsMonoNanos !== undefined && nowNanos < this.#partitionsMonoNanos) return;
    await client.query(`SELECT ${SCHEMA}.make_partitions()`);
    this.#partitionsMonoNanos = nowNanos + PARTITIONS_SECONDS * NANOS_PER_SECOND;
  }
}

const BEAT = `
  INSERT INTO ${SCHEMA}.node_status (node, host, software, started_at, seen_at, interval_seconds, waiting, dropped)
  VALUES ($1, $2, $3, $4, now(), $5, $6, $7)
  ON CONFLICT (node) DO UPDATE SET host = excluded.host, software = excluded.software,
    started_at = excluded.started_at, seen_at = excluded.seen_at, interval_seconds = excluded.interval_seconds,
    waiting = excluded.waiting, dropped = excluded.dropped`;

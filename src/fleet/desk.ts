/** The thread that has the outbox and the connections to the fleet's database. */
import type pg from 'pg';
import type { Clock, Random, Timers } from '../clock.ts';
import type { BackoffLimits } from '../engine/backoff.ts';
import type { WorkerPort } from '../services/worker-calls.ts';
import { StoreError } from '../store/database.ts';
import type { FleetOutbox, OutboxRow } from '../store/fleet-outbox.ts';
import { connect, disconnect, PATIENCE, type Patience } from './connection.ts';
import {
  CLOSE,
  type DeskStatus,
  type FleetAsked,
  type FleetFailure,
  type FleetWorkName,
  type FleetWorks,
  type Marks,
} from './link.ts';
import { MeshExchange } from './mesh-exchange.ts';
import { FleetError, problemOf } from './problems.ts';
import { Publisher } from './publisher.ts';
import { readResults } from './result-reading.ts';
import { Results } from './results.ts';
import type { FleetSettings } from './settings.ts';

/** Up to when results were rolled up. */
const ROLLED = 'rolled';

/** What the database last said of meshes; nobody's place in a table. */
const MESHES = 'meshes';

export interface DeskParts {
  readonly open: () => FleetOutbox;
  readonly clock: Clock & Timers;
  readonly random: Random;
  readonly backoff?: BackoffLimits;
  readonly patience?: Patience;
}

/** Serves a port until it is told to close. The outbox is opened at the first call, and closed at the end. */
export class FleetDesk {
  readonly #parts: DeskParts;
  #outbox: FleetOutbox | undefined;
  #results: Results | undefined;
  /** Of results: changed, and not in the file yet. */
  #unwritten: readonly OutboxRow[] = [];
  #settings: FleetSettings | undefined;
  #publisher: Publisher | undefined;
  #meshes: MeshExchange | undefined;
  #reader: Promise<pg.Client> | undefined;

  constructor(port: WorkerPort & { close(): void }, parts: DeskParts) {
    this.#parts = parts;
    port.on('message', (asked) => {
      if (asked === CLOSE) void this.#end().then(() => port.close());
      else void this.#answer(asked as FleetAsked).then((answer) => port.postMessage(answer));
    });
  }

  async #answer(asked: FleetAsked): Promise<unknown> {
    const { call } = asked;
    try {
      return { call, result: await this.#work(asked) };
    } catch (error) {
      return { call, failure: failureOf(error) };
    }
  }

  #work(
    asked: FleetAsked,
  ): FleetWorks[FleetWorkName]['result'] | Promise<FleetWorks[FleetWorkName]['result']> {
    switch (asked.work) {
      case 'follow':
        return this.#follow(asked.request);
      case 'put':
        return this.#put(asked.request);
      case 'status':
        return this.#status();
      case 'mesh':
        this.#meshes!.follow(asked.request);
        return undefined;
      case 'mesh-news':
        return this.#meshes!.newsAfter(asked.request);
      case 'read':
        return this.#read(({ sql, values }, client) => rowsOf(client, sql, values), asked.request);
      case 'results':
        return this.#read((filter, client) => readResults(client, filter), asked.request);
    }
  }

  async #follow({ settings, facts }: FleetWorks['follow']['request']): Promise<Marks> {
    const outbox = (this.#outbox ??= this.#parts.open());
    const { [MESHES]: kept, ...marks } = outbox.marks;
    this.#meshes ??= this.#exchangeOf(outbox, kept);
    this.#results ??= new Results(outbox.dueAfter('result', BigInt(marks[ROLLED] ?? 0)));
    await this.#publisher?.stop();
    this.#settings = settings;
    await this.#forgetReader();
    const prepare = (nowWallNanos: bigint): void => this.#roll(nowWallNanos);
    const exchange = this.#meshes.exchange.bind(this.#meshes);
    this.#publisher = new Publisher(settings, { ...this.#parts, outbox, facts, prepare, exchange });
    return marks;
  }

  #exchangeOf(outbox: FleetOutbox, kept: string | undefined): MeshExchange {
    const { clock } = this.#parts;
    const keep = (text: string): void =>
      void outbox.put([], { [MESHES]: text }, this.#settings!.outboxOctetsMax, clock.wallNanos());
    return new MeshExchange({ clock, kept, keep, wake: () => this.#publisher?.hurry() });
  }

  #put({ rows, marks, samples }: FleetWorks['put']['request']): number {
    const nowWallNanos = this.#parts.clock.wallNanos();
    const changed = samples.length === 0 ? [] : this.#results!.add(samples, nowWallNanos);
    const dropped = this.#write([...rows, ...changed], marks, nowWallNanos);
    if (rows.length > 0) this.#publisher!.hurry();
    return dropped;
  }

  #roll(nowWallNanos: bigint): void {
    const rows = this.#results!.roll(nowWallNanos);
    if (rows.length > 0 || this.#unwritten.length > 0) this.#write(rows, {}, nowWallNanos);
  }

  /** What is rolled up, and the mark that it was, are in the file together. What the file does not take is written with the next. */
  #write(rows: readonly OutboxRow[], marks: Marks, nowWallNanos: bigint): number {
    const all = [...this.#unwritten, ...rows];
    try {
      const rolled = { ...marks, [ROLLED]: String(nowWallNanos) };
      const dropped = this.#outbox!.put(all, rolled, this.#settings!.outboxOctetsMax, nowWallNanos);
      this.#unwritten = [];
      return dropped;
    } catch (error) {
      // Others are offered again by whoever has them.
      this.#unwritten = all.filter(({ kind }) => kind === 'result');
      throw error;
    }
  }

  #status(): DeskStatus {
    return {
      publisher: this.#publisher!.status,
      outbox: this.#outbox!.status,
      hearing: this.#meshes!.hearing,
    };
  }

  async #read<Request, Result>(
    read: (request: Request, client: pg.Client) => Promise<Result>,
    request: Request,
  ): Promise<Result> {
    const client = await (this.#reader ??= this.#connectReader());
    try {
      return await read(request, client);
    } catch (error) {
      // The next one who asks gets a connection of his own.
      await this.#forgetReader();
      throw error;
    }
  }

  #connectReader(): Promise<pg.Client> {
    const { place, reader } = this.#settings!;
    if (reader === undefined) return Promise.reject(new FleetError('not-permitted'));
    const connected = connect(place, reader, { patience: this.#parts.patience ?? PATIENCE });
    connected.catch(() => (this.#reader = undefined));
    return connected;
  }

  async #forgetReader(): Promise<void> {
    const reader = this.#reader;
    this.#reader = undefined;
    await reader?.then(disconnect).catch(() => undefined);
  }

  async #end(): Promise<void> {
    this.#meshes?.close();
    await Promise.all([this.#publisher?.stop(), this.#forgetReader()]);
    this.#outbox?.close();
  }
}

async function rowsOf(
  client: pg.Client,
  sql: string,
  values: readonly unknown[],
): Promise<FleetWorks['read']['result']> {
  return (await client.query<Record<string, unknown>>(sql, [...values])).rows;
}

function failureOf(error: unknown): FleetFailure {
  if (error instanceof StoreError) return { kind: 'store', problem: error.problem };
  return { kind: 'fleet', problem: problemOf(error) };
}

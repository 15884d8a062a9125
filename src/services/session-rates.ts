/** What sessions have carried between two readings, and which have carried most. No row allocates but those that are among them. */
import type { ServiceSession } from './session.ts';
import type { SelectOptions, SessionSource } from './source.ts';

/** What sessions are ranked by. */
export type RankOrder = 'octets' | 'packets';

/** Sessions whose counters are remembered from one reading to the next: 96 MiB at the most. */
const RATED_SESSIONS_MAX = 2 ** 21;

/** Of a slot: the session's id and one, and its counters. */
const CELLS = 3;
const SLOTS_MIN = 2 ** 10;
const CELL_OCTETS = Float64Array.BYTES_PER_ELEMENT;

/** Counters by session id, in one buffer that can be handed to another thread; never more than half full. */
export class CounterTable {
  #cells: Float64Array<ArrayBuffer>;
  #size = 0;
  readonly #max: number;

  /** `buffer`: of another such table. */
  constructor(buffer?: ArrayBuffer, max = RATED_SESSIONS_MAX) {
    this.#cells = new Float64Array(buffer ?? new ArrayBuffer(SLOTS_MIN * CELLS * CELL_OCTETS));
    this.#max = max;
  }

  get buffer(): ArrayBuffer {
    return this.#cells.buffer;
  }

  /** Where the session's counters are, packets first; undefined where it is not known. */
  find(id: number): number | undefined {
    const at = this.#place(id);
    return this.#cells[at] === 0 ? undefined : at + 1;
  }

  at(place: number): number {
    return this.#cells[place]!;
  }

  /** In place of those before. False where there is no room for another session. */
  put(id: number, packets: number, octets: number): boolean {
    const at = this.#place(id);
    if (this.#cells[at] === 0) {
      if (this.#size >= this.#max) return false;
      this.#size += 1;
      this.#cells[at] = id + 1;
    }
    this.#cells[at + 1] = packets;
    this.#cells[at + 2] = octets;
    if (2 * this.#size * CELLS > this.#cells.length) this.#grow();
    return true;
  }

  /** Of the session's slot, or the empty one where it would be. */
  #place(id: number): number {
    const slots = this.#cells.length / CELLS;
    const hash = Math.imul((id % 2 ** 32) ^ Math.floor(id / 2 ** 32), 0x9e3779b1) >>> 0;
    for (let slot = hash % slots; ; slot = (slot + 1) % slots) {
      const found = this.#cells[slot * CELLS]!;
      if (found === 0 || found === id + 1) return slot * CELLS;
    }
  }

  #grow(): void {
    const before = this.#cells;
    this.#cells = new Float64Array(2 * before.length);
    for (let at = 0; at < before.length; at += CELLS)
      if (before[at] !== 0) this.#cells.set(before.subarray(at, at + CELLS), this.#place(before[at]! - 1));
  }
}

/** The highest of what is offered, the highest first; of equal ones, those that came first. */
export class Highest<Item> {
  readonly items: Item[] = [];
  readonly #values: number[] = [];
  readonly #max: number;

  constructor(max: number) {
    this.#max = max;
  }

  /** `make` is called only for what is among them, for now. */
  offer(value: number, make: () => Item): void {
    const values = this.#values;
    if (values.length === this.#max && !(value > values.at(-1)!)) return;
    let at = values.length;
    while (at > 0 && value > values[at - 1]!) at -= 1;
    values.splice(at, 0, value);
    this.items.splice(at, 0, make());
    if (values.length <= this.#max) return;
    values.pop();
    this.items.pop();
  }
}

/** Sums of all sessions of a reading. */
export interface RateSums {
  sessions: number;
  /** Since the reading before. */
  packets: number;
  octets: number;
  /** Sessions that there was no room to remember: they have no rate. */
  untold: number;
}

/** A session, or what it can be made of, and what it has carried since. */
export interface Carried<Item> {
  readonly item: Item;
  readonly packets: number;
  readonly octets: number;
}

/** Ranks the sessions of one reading. A session that was not there before has carried all that it has. */
export class RateRound<Item> {
  readonly sums: RateSums = { sessions: 0, packets: 0, octets: 0, untold: 0 };
  readonly counters: CounterTable;
  readonly #before: CounterTable | undefined;
  readonly #highest: Readonly<Record<RankOrder, Highest<Carried<Item>>>>;

  /** `before`: the counters of the reading before; without, everything counts as carried since. `max`: sessions that are remembered. */
  constructor(rows: number, before: ArrayBuffer | undefined, max = RATED_SESSIONS_MAX) {
    this.counters = new CounterTable(undefined, max);
    this.#before = before && new CounterTable(before);
    this.#highest = { octets: new Highest(rows), packets: new Highest(rows) };
  }

  take(id: number, packets: number, octets: number, make: () => Item): void {
    const { sums } = this;
    sums.sessions += 1;
    if (!this.counters.put(id, packets, octets)) sums.untold += 1;
    const place = this.#before?.find(id);
    // Counters that were set to zero in between give nothing below it.
    const packetsSince = place === undefined ? packets : Math.max(0, packets - this.#before!.at(place));
    const octetsSince = place === undefined ? octets : Math.max(0, octets - this.#before!.at(place + 1));
    sums.packets += packetsSince;
    sums.octets += octetsSince;
    const carried = (): Carried<Item> => ({ item: make(), packets: packetsSince, octets: octetsSince });
    this.#highest.octets.offer(octetsSince, carried);
    this.#highest.packets.offer(packetsSince, carried);
  }

  highest(order: RankOrder): readonly Carried<Item>[] {
    return this.#highest[order].items;
  }
}

/** A reading, ranked. */
export interface Ranking {
  readonly sums: Readonly<RateSums>;
  readonly highest: Readonly<Record<RankOrder, readonly Carried<ServiceSession>[]>>;
  /** For the next reading, which takes it over. */
  readonly counters: ArrayBuffer;
}

export interface RankOptions extends Omit<SelectOptions, 'limit'> {
  /** Sessions of either order. */
  readonly rows: number;
  /** Those of the reading before. */
  readonly before: ArrayBuffer | undefined;
}

/** Of a source that ranks nothing itself. Rejects as its batches do. */
export async function rankingOf(
  source: Pick<SessionSource, 'select'>,
  options: RankOptions,
): Promise<Ranking> {
  const { rows, before, ...rest } = options;
  const round = new RateRound<ServiceSession>(rows, before);
  for await (const batch of source.select({ ...rest, limit: undefined }))
    for (const session of batch) {
      const packets = session.flows.reduce((sum, { frames }) => sum + frames, 0);
      const octets = session.flows.reduce((sum, flow) => sum + flow.octets, 0);
      round.take(session.id, packets, octets, () => session);
    }
  const highest = { octets: round.highest('octets'), packets: round.highest('packets') };
  return { sums: round.sums, highest, counters: round.counters.buffer };
}

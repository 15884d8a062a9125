/**
 * Blocks of sessions of one group, column by column: what a filter looks at lies together, and a search reads only that. A
 * walk through all blocks finds whatever combination of filters there is in a time that can be told beforehand, where an
 * index helps only whoever asks for something rare.
 */
import type { StoredAddress, StoredFlow, StoredSession } from './stored-session.ts';

/** What one flow must satisfy; undefined is not asked for. Ranges include both ends. */
export interface FlowQuery {
  readonly protocol: number | undefined;
  readonly source: readonly [StoredAddress, StoredAddress] | undefined;
  readonly sourcePort: number | undefined;
  readonly destination: readonly [StoredAddress, StoredAddress] | undefined;
  readonly destinationPort: number | undefined;
}

/** What a session must satisfy, whatever its state and group. */
export interface BlockQuery {
  readonly flow: FlowQuery;
  /** Lower-case names of ALGs, of which one must be the session's, or `application`. */
  readonly algs: readonly string[] | undefined;
  readonly application: string | undefined;
  /** IP protocols of first flows of sessions without an ALG that satisfy, too. */
  readonly protocolsWithoutAlg: readonly number[];
  /** Of one search: from block to block. */
  readonly order?: ColumnOrder;
}

/** In which order a search looks at the columns of flows: what cleared the block before is likely to clear the next. */
export class ColumnOrder {
  /** At first, what clears most for the least reading. */
  columns: readonly (keyof FlowQuery)[] = [
    'protocol',
    'destinationPort',
    'sourcePort',
    'source',
    'destination',
  ];

  /** Nothing was left after this one. */
  cleared(column: keyof FlowQuery): void {
    if (this.columns[0] === column) return;
    this.columns = [column, ...this.columns.filter((other) => other !== column)];
  }
}

/** Sessions of a block at the most. */
export const BLOCK_SESSIONS = 1024;

/** Names of ALGs that mean that there is none. */
const WITHOUT_ALG: ReadonlySet<string> = new Set(['0', 'none']);

/** In the order in which a block has them. */
export const blockColumns = [
  /** Two words of 32 bits for each session: its key less the block's first, and the place of its names and, above 16 bits, its flows. */
  'sessions',
  /** The others have something for each flow. */
  'protocol',
  'sourcePort',
  'destinationPort',
  'source',
  'destination',
] as const;
export type BlockColumn = (typeof blockColumns)[number];

/** ALG, application. */
type Names = readonly [string, string | null];

/** A session as a block has it. */
export interface BlockSession extends Pick<StoredSession, 'alg' | 'application'> {
  readonly flows: readonly Pick<
    StoredFlow,
    'protocol' | 'source' | 'sourcePort' | 'destination' | 'destinationPort'
  >[];
}

/** What is beside the columns of a block. */
export interface BlockHead {
  readonly firstKey: number;
  readonly lastKey: number;
  readonly sessions: number;
  readonly flows: number;
  /** JSON: pairs of ALG and application that its sessions have. */
  readonly names: string;
  /** What lies between the lowest and the highest of its flows; null where that is not known. */
  readonly ranges: Uint8Array | null;
}

export type BlockColumns = Readonly<Record<BlockColumn, Uint8Array>>;

/** In the order in which they lie: two words of 32 bits each, the lowest and the highest. Of IPv6 it is the first 32 bits. */
const ranged = [
  'protocol',
  'sourcePort',
  'destinationPort',
  'source',
  'destination',
  'ipv6Source',
  'ipv6Destination',
] as const;
type Ranged = (typeof ranged)[number];

const rangePlaces = Object.fromEntries(ranged.map((name, place) => [name, 2 * place])) as Readonly<
  Record<Ranged, number>
>;

const NOTHING_YET = [0xffffffff, 0] as const;

class Ranges {
  readonly #words = new Uint32Array(ranged.flatMap(() => NOTHING_YET));

  add(place: Ranged, value: number): void {
    const at = rangePlaces[place];
    if (value < this.#words[at]!) this.#words[at] = value;
    if (value > this.#words[at + 1]!) this.#words[at + 1] = value;
  }

  encode(): Uint8Array {
    return octetsOf(this.#words.slice());
  }
}

/** Of IPv6; numbers of the same order as the addresses, or equal. */
const beginningOf = (ipv6: Uint8Array): number =>
  ((ipv6[0]! << 24) | (ipv6[1]! << 16) | (ipv6[2]! << 8) | ipv6[3]!) >>> 0;

/** Where what is asked for would have to lie. */
function wantedRange(
  column: keyof FlowQuery,
  wanted: NonNullable<FlowQuery[keyof FlowQuery]>,
): readonly [Ranged, lowest: number, highest: number] {
  if (typeof wanted === 'number') return [column, wanted, wanted];
  const [lowest, highest] = wanted;
  if (typeof lowest === 'number') return [column, lowest, highest as number];
  const place = column === 'source' ? 'ipv6Source' : 'ipv6Destination';
  return [place, beginningOf(lowest), beginningOf(highest as Uint8Array)];
}

const IPV6_OCTETS = 16;
const FLOWS_SHIFT = 16;
const KEYS_APART_MAX = 2 ** 32;

const octetsOf = (array: Uint16Array | Uint32Array): Uint8Array => new Uint8Array(array.buffer);

/** Numbers, and behind them, if any has a mark, an octet for each that says so. */
class MarkedNumbers {
  readonly #values: number[] = [];
  readonly #marks: number[] = [];
  #isMarked = false;

  add(value: number, isMarked: boolean): void {
    this.#values.push(value);
    this.#marks.push(Number(isMarked));
    this.#isMarked ||= isMarked;
  }

  encode(make: (values: number[]) => Uint16Array | Uint32Array): Uint8Array {
    const values = octetsOf(make(this.#values));
    return this.#isMarked ? joined([values, new Uint8Array(this.#marks)]) : values;
  }
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let end = 0;
  for (const part of parts) {
    whole.set(part, end);
    end += part.length;
  }
  return whole;
}

/** Addresses of IPv4; one of IPv6 is marked and has the place of its octets, which come last. */
class Addresses {
  readonly #numbers = new MarkedNumbers();
  readonly #ipv6: Uint8Array[] = [];

  add(address: StoredAddress): void {
    if (typeof address === 'number') this.#numbers.add(address, false);
    // A copy: what is added may be a view of a large buffer.
    else this.#numbers.add(this.#ipv6.push(address.slice()) - 1, true);
  }

  encode(): Uint8Array {
    const numbers = this.#numbers.encode((values) => new Uint32Array(values));
    return this.#ipv6.length === 0 ? numbers : joined([numbers, ...this.#ipv6]);
  }
}

/** Makes a block of sessions, which are added in the order of their keys. */
export class BlockBuilder {
  #firstKey = 0;
  #lastKey = 0;
  readonly #sessions: number[] = [];
  readonly #names: Names[] = [];
  /** Places of names by ALG; without an application first. */
  readonly #places = new Map<string, Map<string | undefined, number>>();
  readonly #protocols: number[] = [];
  readonly #sourcePorts = new MarkedNumbers();
  readonly #destinationPorts = new MarkedNumbers();
  readonly #sources = new Addresses();
  readonly #destinations = new Addresses();
  readonly #ranges = new Ranges();

  get sessions(): number {
    return this.#sessions.length / 2;
  }

  /** Whether the session of the key has to go into another block. */
  isFullFor(key: number): boolean {
    if (this.sessions >= BLOCK_SESSIONS) return true;
    return this.sessions > 0 && key - this.#firstKey >= KEYS_APART_MAX;
  }

  add(key: number, { alg, application, flows }: BlockSession): void {
    if (this.sessions === 0) this.#firstKey = key;
    this.#lastKey = key;
    this.#sessions.push(
      key - this.#firstKey,
      this.#placeOf(alg, application) | (flows.length << FLOWS_SHIFT),
    );
    for (const flow of flows) {
      const { sourcePort, destinationPort } = flow;
      this.#protocols.push(flow.protocol);
      this.#sourcePorts.add(sourcePort ?? 0, sourcePort === undefined);
      this.#destinationPorts.add(destinationPort ?? 0, destinationPort === undefined);
      this.#sources.add(flow.source);
      this.#destinations.add(flow.destination);
      this.#range(flow);
    }
  }

  #range({
    protocol,
    source,
    sourcePort,
    destination,
    destinationPort,
  }: BlockSession['flows'][number]): void {
    const ranges = this.#ranges;
    ranges.add('protocol', protocol);
    if (sourcePort !== undefined) ranges.add('sourcePort', sourcePort);
    if (destinationPort !== undefined) ranges.add('destinationPort', destinationPort);
    if (typeof source === 'number') ranges.add('source', source);
    else ranges.add('ipv6Source', beginningOf(source));
    if (typeof destination === 'number') ranges.add('destination', destination);
    else ranges.add('ipv6Destination', beginningOf(destination));
  }

  #placeOf(alg: string, application: string | undefined): number {
    let places = this.#places.get(alg);
    if (places === undefined) this.#places.set(alg, (places = new Map<string | undefined, number>()));
    let place = places.get(application);
    if (place === undefined) {
      place = this.#names.push([alg, application ?? null]) - 1;
      places.set(application, place);
    }
    return place;
  }

  encode(): { readonly head: BlockHead; readonly columns: BlockColumns } {
    return {
      head: {
        firstKey: this.#firstKey,
        lastKey: this.#lastKey,
        sessions: this.sessions,
        flows: this.#protocols.length,
        names: JSON.stringify(this.#names),
        ranges: this.#ranges.encode(),
      },
      columns: {
        sessions: octetsOf(new Uint32Array(this.#sessions)),
        protocol: new Uint8Array(this.#protocols),
        sourcePort: this.#sourcePorts.encode((values) => new Uint16Array(values)),
        destinationPort: this.#destinationPorts.encode((values) => new Uint16Array(values)),
        source: this.#sources.encode(),
        destination: this.#destinations.encode(),
      },
    };
  }
}

/** Flows of a block that may still satisfy, one octet each. Searches take turns, and none leaves it in the middle. */
let hits = new Uint8Array(4 * BLOCK_SESSIONS);

/** A block that is there. Columns are read as they are needed. */
export class Block {
  readonly #head: BlockHead;
  readonly #read: (column: BlockColumn) => Uint8Array;

  constructor(head: BlockHead, read: (column: BlockColumn) => Uint8Array) {
    this.#head = head;
    this.#read = read;
  }

  /** Keys of the sessions behind `after` that satisfy. */
  find(query: BlockQuery, after: number): number[] {
    const verdicts = this.#verdicts(query);
    if (verdicts?.every((verdict) => verdict === false)) return [];
    if (this.#isOutside(query.flow)) return [];
    const isAsked = this.#findFlows(query.flow, query.order ?? new ColumnOrder());
    if (isAsked === 0) return [];
    const protocols = verdicts?.includes(undefined) ? this.#read('protocol') : undefined;
    if (protocols !== undefined && !verdicts!.includes(true))
      if (!query.protocolsWithoutAlg.some((protocol) => protocols.includes(protocol))) return [];
    const sessions = wordsOf(this.#read('sessions'), 2 * this.#head.sessions);
    const keys: number[] = [];
    for (let at = 0, flow = 0; at < sessions.length; at += 2) {
      const names = sessions[at + 1]!;
      const end = flow + (names >>> FLOWS_SHIFT);
      const first = flow;
      let isHit = isAsked === undefined;
      for (; flow < end; flow += 1) if (!isHit) isHit = hits[flow] === 1;
      if (!isHit) continue;
      const key = this.#head.firstKey + sessions[at]!;
      if (key <= after) continue;
      const verdict = verdicts === undefined || verdicts[names & 0xffff];
      if (verdict ?? query.protocolsWithoutAlg.includes(protocols![first]!)) keys.push(key);
    }
    return keys;
  }

  /** Whether sessions of the names satisfy; undefined: that is up to the protocol. Undefined where nothing is asked. */
  #verdicts({ algs, application, protocolsWithoutAlg }: BlockQuery): (boolean | undefined)[] | undefined {
    if (algs === undefined) return undefined;
    return (JSON.parse(this.#head.names) as Names[]).map(([alg, itsApplication]) => {
      if (algs.includes(alg.toLowerCase())) return true;
      if (application !== undefined && itsApplication === application) return true;
      return protocolsWithoutAlg.length > 0 && WITHOUT_ALG.has(alg) ? undefined : false;
    });
  }

  /** Whether the ranges tell that no flow satisfies. */
  #isOutside(query: FlowQuery): boolean {
    const { ranges } = this.#head;
    if (ranges === null) return false;
    const words = wordsOf(ranges, 2 * ranged.length);
    return (Object.keys(query) as (keyof FlowQuery)[]).some((column) => {
      const wanted = query[column];
      if (wanted === undefined) return false;
      const [place, lowest, highest] = wantedRange(column, wanted);
      const at = rangePlaces[place];
      return highest < words[at]! || lowest > words[at + 1]!;
    });
  }

  /** Leaves in `hits` the flows that satisfy, and gives how many; undefined where nothing is asked. */
  #findFlows(query: FlowQuery, order: ColumnOrder): number | undefined {
    const { flows } = this.#head;
    if (flows > hits.length) hits = new Uint8Array(2 * flows);
    let left: number | undefined;
    for (const column of order.columns) {
      const wanted = query[column];
      if (wanted === undefined) continue;
      if (left === undefined) hits.fill(1, 0, flows);
      left = keep[column](this.#read(column), flows, wanted as never);
      if (left > 0) continue;
      order.cleared(column);
      break;
    }
    return left;
  }

  /** All of them, as a builder takes them. */
  *all(): Generator<readonly [key: number, BlockSession]> {
    const { firstKey, flows: count } = this.#head;
    const names = JSON.parse(this.#head.names) as Names[];
    const sessions = wordsOf(this.#read('sessions'), 2 * this.#head.sessions);
    const protocols = this.#read('protocol');
    const [sourcePort, destinationPort] = [
      portsOf(this.#read('sourcePort'), count),
      portsOf(this.#read('destinationPort'), count),
    ];
    const [source, destination] = [
      addressesOf(this.#read('source'), count),
      addressesOf(this.#read('destination'), count),
    ];
    for (let at = 0, first = 0; at < sessions.length; at += 2) {
      const [alg, application] = names[sessions[at + 1]! & 0xffff]!;
      const flows = Array.from({ length: sessions[at + 1]! >>> FLOWS_SHIFT }, (_, place) => {
        const flow = first + place;
        return {
          protocol: protocols[flow]!,
          source: source(flow),
          sourcePort: sourcePort(flow),
          destination: destination(flow),
          destinationPort: destinationPort(flow),
        };
      });
      first += flows.length;
      yield [firstKey + sessions[at]!, { alg, application: application ?? undefined, flows }];
    }
  }
}

/** Each clears the hits that do not satisfy, and gives how many are left. */
const keep: {
  readonly [Column in keyof FlowQuery]: (
    octets: Uint8Array,
    flows: number,
    wanted: NonNullable<FlowQuery[Column]>,
  ) => number;
} = {
  protocol: keepProtocol,
  sourcePort: keepPort,
  destinationPort: keepPort,
  source: keepAddress,
  destination: keepAddress,
};

function keepProtocol(octets: Uint8Array, flows: number, wanted: number): number {
  if (!octets.includes(wanted)) return 0;
  const alive = hits;
  let left = 0;
  for (let at = 0; at < flows; at += 1) {
    const isKept = octets[at] === wanted ? alive[at]! : 0;
    alive[at] = isKept;
    left += isKept;
  }
  return left;
}

function keepPort(octets: Uint8Array, flows: number, wanted: number): number {
  const ports = halvesOf(octets, flows);
  const none = marksOf(octets, flows, Uint16Array.BYTES_PER_ELEMENT);
  const alive = hits;
  let left = 0;
  for (let at = 0; at < flows; at += 1) {
    const isKept = ports[at] === wanted && (none === undefined || none[at] === 0) ? alive[at]! : 0;
    alive[at] = isKept;
    left += isKept;
  }
  return left;
}

function keepAddress(
  octets: Uint8Array,
  flows: number,
  [lowest, highest]: readonly [StoredAddress, StoredAddress],
): number {
  if (typeof lowest !== 'number') return keepIpv6(octets, flows, lowest, highest as Uint8Array);
  const addresses = wordsOf(octets, flows);
  const ipv6 = marksOf(octets, flows, Uint32Array.BYTES_PER_ELEMENT);
  const size = (highest as number) - lowest;
  const alive = hits;
  let left = 0;
  for (let at = 0; at < flows; at += 1) {
    // Below `lowest`, the difference is above every size.
    const isWithin = (addresses[at]! - lowest) >>> 0 <= size && (ipv6 === undefined || ipv6[at] === 0);
    const isKept = isWithin ? alive[at]! : 0;
    alive[at] = isKept;
    left += isKept;
  }
  return left;
}

function keepIpv6(octets: Uint8Array, flows: number, lowest: Uint8Array, highest: Uint8Array): number {
  const ipv6 = marksOf(octets, flows, Uint32Array.BYTES_PER_ELEMENT);
  if (ipv6 === undefined) return 0;
  const places = wordsOf(octets, flows);
  const start = (Uint32Array.BYTES_PER_ELEMENT + 1) * flows;
  const alive = hits;
  let left = 0;
  for (let at = 0; at < flows; at += 1) {
    const address = start + IPV6_OCTETS * places[at]!;
    const isWithin =
      ipv6[at] === 1 && order(octets, address, lowest) >= 0 && order(octets, address, highest) <= 0;
    const isKept = isWithin ? alive[at]! : 0;
    alive[at] = isKept;
    left += isKept;
  }
  return left;
}

/** Below 0 where the 16 octets at `start` come before the others. */
function order(octets: Uint8Array, start: number, other: Uint8Array): number {
  for (let at = 0; at < IPV6_OCTETS; at += 1) {
    const difference = octets[start + at]! - other[at]!;
    if (difference !== 0) return difference;
  }
  return 0;
}

function portsOf(octets: Uint8Array, flows: number): (flow: number) => number | undefined {
  const ports = halvesOf(octets, flows);
  const none = marksOf(octets, flows, Uint16Array.BYTES_PER_ELEMENT);
  return (flow) => (none?.[flow] === 1 ? undefined : ports[flow]!);
}

function addressesOf(octets: Uint8Array, flows: number): (flow: number) => StoredAddress {
  const numbers = wordsOf(octets, flows);
  const ipv6 = marksOf(octets, flows, Uint32Array.BYTES_PER_ELEMENT);
  const start = (Uint32Array.BYTES_PER_ELEMENT + 1) * flows;
  return (flow) => {
    if (ipv6?.[flow] !== 1) return numbers[flow]!;
    const address = start + IPV6_OCTETS * numbers[flow]!;
    return octets.subarray(address, address + IPV6_OCTETS);
  };
}

/** What follows so many numbers of a column; undefined where none is marked. */
function marksOf(octets: Uint8Array, flows: number, octetsEach: number): Uint8Array | undefined {
  const start = flows * octetsEach;
  return octets.length === start ? undefined : octets.subarray(start, start + flows);
}

/** Numbers lie where their size asks for it, or are moved there. */
function aligned(octets: Uint8Array, octetsEach: number): Uint8Array {
  return octets.byteOffset % octetsEach === 0 ? octets : new Uint8Array(octets);
}

function wordsOf(octets: Uint8Array, count: number): Uint32Array {
  const { buffer, byteOffset } = aligned(octets, Uint32Array.BYTES_PER_ELEMENT);
  return new Uint32Array(buffer, byteOffset, count);
}

function halvesOf(octets: Uint8Array, count: number): Uint16Array {
  const { buffer, byteOffset } = aligned(octets, Uint16Array.BYTES_PER_ELEMENT);
  return new Uint16Array(buffer, byteOffset, count);
}

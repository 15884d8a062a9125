/** Messages of connection tracking (include/uapi/linux/netfilter/nfnetlink_conntrack.h). Pure. */
import type { Connection, Counters, Tuple } from './connection.ts';
import type { MarkMatch } from '../mapping-settings.ts';
import {
  Attributes,
  familyOfMessage,
  HEADER_OCTETS,
  NESTED,
  messageFlag,
  NetlinkError,
  type RequestWriter,
} from './netlink.ts';
import { isInstant, type Address } from '../session.ts';

export const addressFamily = { any: 0, ipv4: 2, ipv6: 10 } as const;

const SUBSYSTEM = 1 << 8;

/** IPCTNL_MSG_CT_*. Answers and events bear the types of `new` and `remove`, too. */
export const ctMessage = {
  new: SUBSYSTEM | 0,
  get: SUBSYSTEM | 1,
  remove: SUBSYSTEM | 2,
  statistics: SUBSYSTEM | 5,
} as const;

/** enum ctattr_type. */
export const cta = {
  tupleOriginal: 1,
  tupleReply: 2,
  status: 3,
  protocolInformation: 4,
  help: 5,
  timeout: 7,
  mark: 8,
  countersOriginal: 9,
  countersReply: 10,
  use: 11,
  id: 12,
  tupleMaster: 14,
  zone: 18,
  securityContext: 19,
  timestamp: 20,
  markMask: 21,
  filter: 25,
  statusMask: 26,
} as const;

export const ctaTuple = { ip: 1, protocol: 2, zone: 3 } as const;
export const ctaIp = { v4Source: 1, v4Destination: 2, v6Source: 3, v6Destination: 4 } as const;
export const ctaProtocol = {
  number: 1,
  sourcePort: 2,
  destinationPort: 3,
  icmpId: 4,
  icmpType: 5,
  icmpCode: 6,
  icmp6Id: 7,
  icmp6Type: 8,
  icmp6Code: 9,
} as const;
const ctaCounters = { packets: 1, octets: 2, packets32: 3, octets32: 4 } as const;
const ctaHelp = { name: 1 } as const;
const ctaTimestamp = { start: 1, stop: 2 } as const;
const ctaStatistics = { entries: 1, entriesMax: 2 } as const;
const ctaFilter = { original: 1, reply: 2 } as const;

/** CTA_FILTER_F_*: the parts of a tuple that a dump compares. */
const filterFlag = {
  source: 1 << 0,
  destination: 1 << 1,
  protocol: 1 << 3,
  sourcePort: 1 << 4,
  destinationPort: 1 << 5,
} as const;

const IPV6_OCTETS = 16;
/** NF_CT_HELPER_NAME_LEN. */
const HELPER_NAME_OCTETS = 16;

type Writable<T> = { -readonly [Key in keyof T]: T[Key] };

const emptyTuple = (): Writable<Tuple> => ({
  source: 0,
  destination: 0,
  protocol: 0,
  sourcePort: undefined,
  destinationPort: undefined,
  icmpId: undefined,
});

const emptyCounters = (): Writable<Counters> => ({ packets: 0, octets: 0 });

/** Where an attribute is in its message, its payload alone. */
interface Place {
  start: number;
  end: number;
}

/** A connection that messages are decoded into: anew for each, or the same one for all that nobody keeps. */
export class ConnectionRow implements Connection {
  id: number | undefined;
  status = 0;
  readonly original = emptyTuple();
  readonly reply = emptyTuple();
  originalCounters: Writable<Counters> | undefined;
  replyCounters: Writable<Counters> | undefined;
  timeoutSeconds: number | undefined;
  mark = 0;
  zone = 0;
  helper: string | undefined;
  master: Writable<Tuple> | undefined;
  masterHelper: string | undefined;
  startedWallNanos: bigint | undefined;
  endedWallNanos: bigint | undefined;
}

/** Decodes messages of one buffer at a time. */
export class ConnectionDecoder {
  /** Of the original tuple and, where there is one, the master's in the message decoded last. */
  readonly originalPlace: Place = { start: 0, end: 0 };
  readonly masterPlace: Place = { start: 0, end: 0 };
  #view: DataView = new DataView(new ArrayBuffer(0));
  readonly #outer = new Attributes(this.#view);
  readonly #middle = new Attributes(this.#view);
  readonly #inner = new Attributes(this.#view);
  #hasOriginal = false;
  #hasReply = false;

  over(view: DataView): this {
    this.#view = view;
    return this;
  }

  /** The message at `start`, header included, into `row`, all of whose fields are set. Throws NetlinkError. */
  decode(start: number, end: number, row: ConnectionRow): void {
    const family = familyOfMessage(this.#view, start, end);
    if (family !== addressFamily.ipv4 && family !== addressFamily.ipv6)
      throw new NetlinkError('address-family');
    this.#reset(row);
    const outer = this.#outer.over(this.#view, start + HEADER_OCTETS, end);
    while (outer.next()) this.#attribute(row, family);
    if (!this.#hasOriginal) throw new NetlinkError('attribute-missing', cta.tupleOriginal);
    if (!this.#hasReply) throw new NetlinkError('attribute-missing', cta.tupleReply);
  }

  /** Of the connection decoded last, or of its master: a copy. */
  keyAt({ start, end }: Place, row: ConnectionRow): ConnectionKey {
    const family = typeof row.original.source === 'number' ? addressFamily.ipv4 : addressFamily.ipv6;
    const { buffer, byteOffset } = this.#view;
    return { family, tuple: new Uint8Array(buffer, byteOffset + start, end - start).slice(), zone: row.zone };
  }

  #reset(row: ConnectionRow): void {
    this.#hasOriginal = false;
    this.#hasReply = false;
    row.id = undefined;
    row.status = 0;
    row.originalCounters = undefined;
    row.replyCounters = undefined;
    row.timeoutSeconds = undefined;
    row.mark = 0;
    row.zone = 0;
    row.helper = undefined;
    row.master = undefined;
    row.masterHelper = undefined;
    row.startedWallNanos = undefined;
    row.endedWallNanos = undefined;
  }

  #attribute(row: ConnectionRow, family: number): void {
    const outer = this.#outer;
    switch (outer.type) {
      case cta.tupleOriginal:
        this.#tuple(row, row.original, family);
        place(this.originalPlace, outer);
        this.#hasOriginal = true;
        break;
      case cta.tupleReply:
        this.#tuple(row, row.reply, family);
        this.#hasReply = true;
        break;
      case cta.tupleMaster:
        row.master = emptyTuple();
        this.#tuple(undefined, row.master, family);
        place(this.masterPlace, outer);
        break;
      case cta.status:
        row.status = outer.uint32();
        break;
      case cta.countersOriginal:
        row.originalCounters = this.#counters();
        break;
      case cta.countersReply:
        row.replyCounters = this.#counters();
        break;
      case cta.timeout:
        row.timeoutSeconds = outer.uint32();
        break;
      case cta.mark:
        row.mark = outer.uint32();
        break;
      case cta.zone:
        row.zone = outer.uint16();
        break;
      case cta.id:
        row.id = outer.uint32();
        break;
      case cta.help:
        row.helper = this.#helper();
        break;
      case cta.timestamp:
        this.#timestamps(row);
        break;
    }
  }

  /** `row` takes the zone of the original direction, which stands in its tuple where the other has none. */
  #tuple(row: ConnectionRow | undefined, tuple: Writable<Tuple>, family: number): void {
    const middle = this.#middle.within(this.#outer);
    let hasIp = false;
    let hasProtocol = false;
    while (middle.next()) {
      if (middle.type === ctaTuple.ip) {
        this.#addresses(tuple, family);
        hasIp = true;
      } else if (middle.type === ctaTuple.protocol) {
        this.#protocol(tuple);
        hasProtocol = true;
      } else if (middle.type === ctaTuple.zone && row !== undefined && tuple === row.original) {
        row.zone = middle.uint16();
      }
    }
    if (!hasIp) throw new NetlinkError('attribute-missing', ctaTuple.ip);
    if (!hasProtocol) throw new NetlinkError('attribute-missing', ctaTuple.protocol);
  }

  #addresses(tuple: Writable<Tuple>, family: number): void {
    const inner = this.#inner.within(this.#middle);
    const isIpv4 = family === addressFamily.ipv4;
    const source = isIpv4 ? ctaIp.v4Source : ctaIp.v6Source;
    const destination = isIpv4 ? ctaIp.v4Destination : ctaIp.v6Destination;
    let found = 0;
    while (inner.next()) {
      if (inner.type === source) {
        tuple.source = isIpv4 ? inner.uint32() : inner.octets(IPV6_OCTETS);
        found |= 1;
      } else if (inner.type === destination) {
        tuple.destination = isIpv4 ? inner.uint32() : inner.octets(IPV6_OCTETS);
        found |= 2;
      }
    }
    if (found !== 3) throw new NetlinkError('attribute-missing', (found & 1) === 0 ? source : destination);
  }

  #protocol(tuple: Writable<Tuple>): void {
    const inner = this.#inner.within(this.#middle);
    let hasNumber = false;
    tuple.sourcePort = undefined;
    tuple.destinationPort = undefined;
    tuple.icmpId = undefined;
    while (inner.next()) {
      switch (inner.type) {
        case ctaProtocol.number:
          tuple.protocol = inner.uint8();
          hasNumber = true;
          break;
        case ctaProtocol.sourcePort:
          tuple.sourcePort = inner.uint16();
          break;
        case ctaProtocol.destinationPort:
          tuple.destinationPort = inner.uint16();
          break;
        case ctaProtocol.icmpId:
        case ctaProtocol.icmp6Id:
          tuple.icmpId = inner.uint16();
          break;
      }
    }
    if (!hasNumber) throw new NetlinkError('attribute-missing', ctaProtocol.number);
  }

  #counters(): Counters {
    const middle = this.#middle.within(this.#outer);
    const counters = emptyCounters();
    while (middle.next()) {
      switch (middle.type) {
        case ctaCounters.packets:
          counters.packets = middle.uint64();
          break;
        case ctaCounters.octets:
          counters.octets = middle.uint64();
          break;
        case ctaCounters.packets32:
          counters.packets = middle.uint32();
          break;
        case ctaCounters.octets32:
          counters.octets = middle.uint32();
          break;
      }
    }
    return counters;
  }

  #helper(): string | undefined {
    const middle = this.#middle.within(this.#outer);
    while (middle.next()) if (middle.type === ctaHelp.name) return middle.text(HELPER_NAME_OCTETS);
    return undefined;
  }

  #timestamps(row: ConnectionRow): void {
    const middle = this.#middle.within(this.#outer);
    while (middle.next()) {
      if (middle.type === ctaTimestamp.start) row.startedWallNanos = instantOf(middle);
      else if (middle.type === ctaTimestamp.stop) row.endedWallNanos = instantOf(middle);
    }
  }
}

/** Undefined where a clock was wrong by centuries. */
function instantOf(attribute: Attributes): bigint | undefined {
  const wallNanos = attribute.bigUint64();
  return isInstant(wallNanos) ? wallNanos : undefined;
}

function place(target: Place, { at, end }: Attributes): void {
  target.start = at;
  target.end = end;
}

/** What a dump is asked for: connections one of whose tuples, or both, are as given. An old kernel gives more. */
export interface DumpFilter {
  readonly family: number;
  readonly tuple: TupleMatch | undefined;
  readonly mark: MarkMatch | undefined;
  readonly zone: number | undefined;
}

/** What is undefined may be anything. */
export interface TupleMatch {
  readonly direction: 'original' | 'reply';
  readonly protocol: number | undefined;
  readonly source: Address | undefined;
  readonly destination: Address | undefined;
  readonly sourcePort: number | undefined;
  readonly destinationPort: number | undefined;
}

export function dumpRequest(writer: RequestWriter, sequence: number, filter: DumpFilter): void {
  const { family, tuple, mark, zone } = filter;
  writer.begin(ctMessage.get, messageFlag.dump, sequence, family);
  if (zone !== undefined) writer.uint16(cta.zone, zone);
  if (mark !== undefined) writer.uint32(cta.mark, mark.value).uint32(cta.markMask, mark.mask);
  if (tuple === undefined) return;
  const isOriginal = tuple.direction === 'original';
  writer.nested(isOriginal ? cta.tupleOriginal : cta.tupleReply, () => tupleMatch(writer, tuple));
  const flags = flagsOf(tuple);
  writer.nested(cta.filter, () => {
    writer.hostUint32(ctaFilter.original, isOriginal ? flags : 0);
    writer.hostUint32(ctaFilter.reply, isOriginal ? 0 : flags);
  });
}

function tupleMatch(writer: RequestWriter, match: TupleMatch): void {
  const { source, destination, protocol, sourcePort, destinationPort } = match;
  writer.nested(ctaTuple.ip, () => {
    if (source !== undefined) address(writer, ctaIp.v4Source, ctaIp.v6Source, source);
    if (destination !== undefined) address(writer, ctaIp.v4Destination, ctaIp.v6Destination, destination);
  });
  writer.nested(ctaTuple.protocol, () => {
    if (protocol !== undefined) writer.uint8(ctaProtocol.number, protocol);
    if (sourcePort !== undefined) writer.uint16(ctaProtocol.sourcePort, sourcePort);
    if (destinationPort !== undefined) writer.uint16(ctaProtocol.destinationPort, destinationPort);
  });
}

function address(writer: RequestWriter, v4: number, v6: number, value: Address): void {
  if (typeof value === 'number') writer.uint32(v4, value);
  else writer.octets(v6, value);
}

function flagsOf({ source, destination, protocol, sourcePort, destinationPort }: TupleMatch): number {
  return (
    (source === undefined ? 0 : filterFlag.source) |
    (destination === undefined ? 0 : filterFlag.destination) |
    (protocol === undefined ? 0 : filterFlag.protocol) |
    (sourcePort === undefined ? 0 : filterFlag.sourcePort) |
    (destinationPort === undefined ? 0 : filterFlag.destinationPort)
  );
}

/** A connection by its key, as a message told of it: the octets of a tuple, whole, and its zone. */
export interface ConnectionKey {
  readonly family: number;
  readonly tuple: Uint8Array;
  readonly zone: number;
}

/** Asks for one connection. */
export function getRequest(writer: RequestWriter, sequence: number, key: ConnectionKey): void {
  writer.begin(ctMessage.get, 0, sequence, key.family);
  keyAttributes(writer, key);
}

/** Removes one connection, unless another has taken its place. Is acknowledged. */
export function removeRequest(
  writer: RequestWriter,
  sequence: number,
  key: ConnectionKey,
  id: number | undefined,
): void {
  writer.begin(ctMessage.remove, messageFlag.acknowledge, sequence, key.family);
  keyAttributes(writer, key);
  if (id !== undefined) writer.uint32(cta.id, id);
}

function keyAttributes(writer: RequestWriter, { tuple, zone }: ConnectionKey): void {
  writer.octets(cta.tupleOriginal | NESTED, tuple);
  if (zone !== 0) writer.uint16(cta.zone, zone);
}

export function statisticsRequest(writer: RequestWriter, sequence: number): void {
  writer.begin(ctMessage.statistics, 0, sequence, addressFamily.any);
}

export interface TableStatistics {
  readonly entries: number;
  /** Undefined where the kernel does not say. */
  readonly entriesMax: number | undefined;
}

/** Throws NetlinkError. */
export function decodeStatistics(view: DataView, start: number, end: number): TableStatistics {
  familyOfMessage(view, start, end);
  const attributes = new Attributes(view).over(view, start + HEADER_OCTETS, end);
  let entries: number | undefined;
  let entriesMax: number | undefined;
  while (attributes.next()) {
    if (attributes.type === ctaStatistics.entries) entries = attributes.uint32();
    else if (attributes.type === ctaStatistics.entriesMax) entriesMax = attributes.uint32();
  }
  if (entries === undefined) throw new NetlinkError('attribute-missing', ctaStatistics.entries);
  return { entries, entriesMax };
}

/**
 * Connections as tools print them: `conntrack -L` and `-E` in every output option, and /proc/net/nf_conntrack. A line is words of
 * fixed places, then `key=value` of the original direction, the same of the reply, and what is said of both.
 */
import { WALL_NANOS_PER_SECOND } from '../../clock.ts';
import { areOfOneFamily, parseAddress } from '../address.ts';
import { connectionStatus, natStatus, type Connection, type Counters, type Tuple } from './connection.ts';
import { ipProtocol } from '../ip-protocols.ts';
import { isInstant } from '../session.ts';

export type LineProblemCode =
  /** Neither of the forms known. */
  | 'not-a-connection'
  /** `key`: is missing. */
  | 'missing'
  /** `key`: has a value that it cannot have. */
  | 'invalid';

export class LineError extends Error {
  readonly code: LineProblemCode;
  readonly key: string;

  constructor(code: LineProblemCode, key = '') {
    super(`line: ${code} ${key}`);
    this.name = 'LineError';
    this.code = code;
    this.key = key;
  }
}

/** What a line of events says has happened to a connection. */
export type ConnectionEvent = 'NEW' | 'UPDATE' | 'DESTROY';

export interface ConnectionLine {
  readonly connection: Connection;
  /** Undefined in a listing. */
  readonly event: ConnectionEvent | undefined;
}

const EVENT = /^(?:\[(\d+)\.(\d{1,9})\])?\s*(?:\[(NEW|UPDATE|DESTROY)\])?\s*/;
const PREFIX = /^(?:(?:ipv4|ipv6)\s+\d+\s+)?[a-z0-9-]+\s+(\d+)(?:\s+|$)/i;

const PROTOCOL_NUMBER = /^\d{1,3}$/;
const PROTOCOL_MAX = 255;

/** The first key of a tuple: a direction begins with it. */
const FIRST_KEY = 'src';

/** Flags of a line, as bits of the status. */
const flagBits: Readonly<Record<string, number>> = {
  '[ASSURED]': connectionStatus.assured,
  '[OFFLOAD]': connectionStatus.offload,
  '[HW_OFFLOAD]': connectionStatus.offload | connectionStatus.hardwareOffload,
};

type Values = ReadonlyMap<string, string>;

/** What is said of a connection, by the keys of a line, whatever form it was read from. */
export interface ConnectionWords {
  readonly protocol: number;
  readonly original: Values;
  readonly reply: Values;
  /** `timeout`, `mark`, `zone`, `helper`, `id`. */
  readonly both: Values;
  /** Bits of the status that flags stand for. */
  readonly status: number;
  readonly isUnreplied: boolean;
  readonly endedWallNanos: bigint | undefined;
}

/** Keys that are said of both directions, wherever they stand. */
const keysOfBoth: ReadonlySet<string> = new Set(['mark', 'zone', 'zone-orig', 'helper']);

/** Throws LineError. */
export function parseConnectionLine(line: string): ConnectionLine {
  const [beginning, seconds, fraction, event] = EVENT.exec(line)!;
  const rest = line.slice(beginning.length);
  const prefix = PREFIX.exec(rest);
  const protocol = protocolOf(prefix?.[1]);
  const words = rest.slice(prefix![0].length).split(/\s+/);
  const hasEnded = event === 'DESTROY' && seconds !== undefined;
  const endedWallNanos = hasEnded ? instantOf(seconds, fraction!) : undefined;
  const connection = connectionOf({ ...wordsOf(protocol, words), endedWallNanos });
  return { connection, event: event as ConnectionEvent | undefined };
}

/** An IP protocol, from its number. Throws LineError. */
export function protocolOf(text: string | undefined): number {
  const protocol = PROTOCOL_NUMBER.test(text ?? '') ? Number(text) : NaN;
  if (!(protocol <= PROTOCOL_MAX)) throw new LineError('not-a-connection');
  return protocol;
}

function instantOf(seconds: string, fraction: string): bigint {
  return BigInt(seconds) * WALL_NANOS_PER_SECOND + BigInt(fraction.padEnd(9, '0'));
}

function wordsOf(protocol: number, words: readonly string[]): Omit<ConnectionWords, 'endedWallNanos'> {
  const directions: Map<string, string>[] = [];
  const both = new Map<string, string>();
  let status = 0;
  let isUnreplied = false;
  if (/^\d+$/.test(words[0] ?? '')) both.set('timeout', words[0]!);
  for (const word of words) {
    const equals = word.indexOf('=');
    if (equals < 0) {
      if (word === '[UNREPLIED]') isUnreplied = true;
      status |= flagBits[word] ?? 0;
      continue;
    }
    const key = word.slice(0, equals);
    if (key === FIRST_KEY) directions.push(new Map());
    // What stands before the first address are settings of the protocol.
    const values = directions.at(-1);
    const isOfBoth = keysOfBoth.has(key) || (key === 'id' && !isIdentifier(protocol, values));
    (isOfBoth ? both : values)?.set(key, word.slice(equals + 1));
  }
  const [original, reply] = directions;
  if (original === undefined) throw new LineError('missing', FIRST_KEY);
  if (reply === undefined || directions.length > 2) throw new LineError('not-a-connection');
  return { protocol, original, reply, both, status, isUnreplied };
}

/** Throws LineError. */
export function connectionOf(words: ConnectionWords): Connection {
  const { protocol, both, isUnreplied } = words;
  const [original, reply] = [tupleOf(protocol, words.original), tupleOf(protocol, words.reply)];
  if (!areOfOneFamily(original.source, reply.source)) throw new LineError('invalid', 'src');
  const { endedWallNanos } = words;
  if (endedWallNanos !== undefined && !isInstant(endedWallNanos)) throw new LineError('invalid', 'time');
  const seen = isUnreplied ? 0 : connectionStatus.seenReply;
  return {
    id: integer(both, 'id', 0xffffffff),
    status: words.status | connectionStatus.confirmed | seen | natStatus(original, reply),
    original,
    reply,
    originalCounters: countersOf(words.original),
    replyCounters: countersOf(words.reply),
    timeoutSeconds: integer(both, 'timeout', 0xffffffff),
    mark: integer(both, 'mark', 0xffffffff) ?? 0,
    zone: integer(both, 'zone', 0xffff) ?? integer(both, 'zone-orig', 0xffff) ?? 0,
    helper: both.get('helper'),
    master: undefined,
    masterHelper: undefined,
    startedWallNanos: undefined,
    endedWallNanos,
  };
}

const isIcmp = (protocol: number): boolean => protocol === ipProtocol.icmp || protocol === ipProtocol.icmp6;

/** That of ICMP follows its type, once in each direction; any other is the connection's. */
const isIdentifier = (protocol: number, values: Values | undefined): boolean =>
  isIcmp(protocol) && values !== undefined && values.has('type') && !values.has('id');

function tupleOf(protocol: number, values: Values): Tuple {
  const isGre = protocol === ipProtocol.gre;
  const [source, destination] = [addressAt(values, 'src'), addressAt(values, 'dst')];
  if (!areOfOneFamily(source, destination)) throw new LineError('invalid', 'dst');
  return {
    protocol,
    source,
    destination,
    sourcePort: integer(values, isGre ? 'srckey' : 'sport', 0xffff),
    destinationPort: integer(values, isGre ? 'dstkey' : 'dport', 0xffff),
    icmpId: isIcmp(protocol) ? integer(values, 'id', 0xffff) : undefined,
  };
}

function countersOf(values: Values): Counters | undefined {
  const packets = integer(values, 'packets', Number.MAX_SAFE_INTEGER);
  const octets = integer(values, 'bytes', Number.MAX_SAFE_INTEGER);
  return packets === undefined || octets === undefined ? undefined : { packets, octets };
}

function addressAt(values: Values, key: string): Tuple['source'] {
  const text = values.get(key);
  if (text === undefined) throw new LineError('missing', key);
  try {
    return parseAddress(text);
  } catch {
    throw new LineError('invalid', key);
  }
}

const INTEGER = /^(?:0x[\da-f]{1,8}|\d{1,16})$/i;

/** Decimal, or with 0x; undefined where it is not there. */
function integer(values: Values, key: string, maximum: number): number | undefined {
  const text = values.get(key);
  if (text === undefined) return undefined;
  const value = INTEGER.test(text) ? Number(text) : NaN;
  if (!(value <= maximum)) throw new LineError('invalid', key);
  return value;
}

/**
 * Connections as `conntrack -o save` prints them: the options with which conntrack would make each. They have neither
 * counters nor helper nor id.
 */
import { connectionStatus } from './connection.ts';
import { connectionOf, LineError, protocolOf, type ConnectionLine } from './connection-text.ts';
import { protocolNumber } from '../ip-protocols.ts';

/** Where a value belongs, and under which key of a listing. */
type Place = readonly [of: 'original' | 'reply' | 'both', key: string];

/** With NAT, the other side of the reply is told as what the address becomes. */
const places: Readonly<Record<string, readonly Place[]>> = {
  '-s': [['original', 'src']],
  '-d': [['original', 'dst']],
  '-r': [['reply', 'src']],
  '-g': [['reply', 'src']],
  '-q': [['reply', 'dst']],
  '-n': [['reply', 'dst']],
  '--sport': [['original', 'sport']],
  '--dport': [['original', 'dport']],
  '--reply-port-src': [['reply', 'sport']],
  '--reply-port-dst': [['reply', 'dport']],
  '--srckey': [['original', 'srckey']],
  '--dstkey': [['original', 'dstkey']],
  '--reply-key-src': [['reply', 'srckey']],
  '--reply-key-dst': [['reply', 'dstkey']],
  '--icmp-id': [
    ['original', 'id'],
    ['reply', 'id'],
  ],
  '--icmpv6-id': [
    ['original', 'id'],
    ['reply', 'id'],
  ],
  '-t': [['both', 'timeout']],
  '-m': [['both', 'mark']],
  '-w': [['both', 'zone']],
};

/** Of `-u`; any other is of no use here. */
const statusBits: Readonly<Record<string, number>> = {
  ASSURED: connectionStatus.assured,
  EXPECTED: connectionStatus.expected,
  FIXED_TIMEOUT: connectionStatus.fixedTimeout,
  OFFLOAD: connectionStatus.offload,
  HW_OFFLOAD: connectionStatus.offload | connectionStatus.hardwareOffload,
  SEEN_REPLY: connectionStatus.seenReply,
};

const COMMAND = /^-[AI](?=\s|$)/;

/** Whether a line is of this form. */
export const isSaved = (line: string): boolean => COMMAND.test(line);

/** Throws LineError. */
export function parseSavedLine(line: string): ConnectionLine {
  const values = { original: new Map<string, string>(), reply: new Map<string, string>(), both: new Map() };
  let protocol: number | undefined;
  let status = 0;
  const [, ...words] = line.trim().split(/\s+/);
  for (let at = 0; at + 1 < words.length; at += 2) {
    const [option, value] = [words[at]!, words[at + 1]!];
    if (!option.startsWith('-')) throw new LineError('not-a-connection');
    if (option === '-p') protocol = protocolNumber(value) ?? protocolOf(value);
    else if (option === '-u') status = statusOf(value);
    else for (const [of, key] of places[option] ?? []) values[of].set(key, value);
  }
  if (words.length % 2 !== 0 || protocol === undefined) throw new LineError('not-a-connection');
  const isUnreplied = (status & connectionStatus.seenReply) === 0;
  const connection = connectionOf({ protocol, ...values, status, isUnreplied, endedWallNanos: undefined });
  return { connection, event: undefined };
}

function statusOf(words: string): number {
  return words.split(',').reduce((bits, word) => bits | (statusBits[word] ?? 0), 0);
}

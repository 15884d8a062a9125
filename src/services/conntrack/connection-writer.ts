/** Connections in the forms in which the program conntrack lists them, to the octet; connection-text, -save and -xml read them. */
import { NANOS_PER_SECOND, wallMillisOf } from '../../clock.ts';
import { addressText } from '../address.ts';
import { ipProtocol } from '../ip-protocols.ts';
import type { Address } from '../session.ts';
import { connectionStatus, type Connection, type Counters, type Tuple } from './connection.ts';
import type { ConnectionDetails, ListedConnection } from './connection-details.ts';

export interface WritingOptions {
  /** With the network protocol before each, as `-o extended`. */
  readonly isExtended: boolean;
  /** With ids, as `-o id`. */
  readonly hasIds: boolean;
  readonly nowWallNanos: bigint;
}

/** Those that libnetfilter_conntrack has a name for. */
const protocolNames: Readonly<Record<number, string>> = {
  [ipProtocol.icmp]: 'icmp',
  [ipProtocol.tcp]: 'tcp',
  [ipProtocol.udp]: 'udp',
  [ipProtocol.dccp]: 'dccp',
  [ipProtocol.gre]: 'gre',
  [ipProtocol.icmp6]: 'icmpv6',
  [ipProtocol.sctp]: 'sctp',
  [ipProtocol.udplite]: 'udplite',
};

const withPorts: ReadonlySet<number> = new Set([
  ipProtocol.tcp,
  ipProtocol.udp,
  ipProtocol.dccp,
  ipProtocol.sctp,
  ipProtocol.udplite,
]);

/** Name and number as conntrack has them. */
const networks = { ipv4: ['ipv4', 2], ipv6: ['ipv6', 10] } as const;

const networkOf = ({ source }: Tuple): (typeof networks)['ipv4' | 'ipv6'] =>
  typeof source === 'number' ? networks.ipv4 : networks.ipv6;

const isSet = (connection: Connection, bits: number): boolean => (connection.status & bits) !== 0;

/** As inet_ntop(3) has it: those that hold an IPv4 address end in it. */
function listedAddress(address: Address): string {
  if (typeof address === 'number') return addressText(address);
  const view = new DataView(address.buffer, address.byteOffset);
  if (view.getBigUint64(0) !== 0n) return addressText(address);
  const [high, low] = [view.getUint32(8), view.getUint32(12)];
  const ipv4 = addressText(low);
  if (high === 0xffff) return `::ffff:${ipv4}`;
  return high === 0 && low > 0xffff ? `::${ipv4}` : addressText(address);
}

/** Keys of a listing and their values; what is undefined is not known, and not said. */
type Pairs = readonly (readonly [key: string, value: number | string | undefined])[];

const hex = (value: number): string => `0x${value.toString(16)}`;

function portPairs({ protocol, sourcePort, destinationPort }: Tuple): Pairs {
  if (withPorts.has(protocol))
    return [
      ['sport', sourcePort ?? 0],
      ['dport', destinationPort ?? 0],
    ];
  if (protocol !== ipProtocol.gre) return [];
  return [
    ['srckey', hex(sourcePort ?? 0)],
    ['dstkey', hex(destinationPort ?? 0)],
  ];
}

const said = (pairs: Pairs): string =>
  pairs.flatMap(([key, value]) => (value === undefined ? [] : `${key}=${value} `)).join('');

function tupleText(
  tuple: Tuple,
  at: 0 | 1,
  { icmp, zones }: ConnectionDetails,
  counters: Counters | undefined,
): string {
  return said([
    ['src', listedAddress(tuple.source)],
    ['dst', listedAddress(tuple.destination)],
    ...portPairs(tuple),
    ['type', icmp?.[at].type],
    ['code', icmp?.[at].code],
    ['id', tuple.icmpId],
    [at === 0 ? 'zone-orig' : 'zone-reply', zones[at]],
    ['packets', counters?.packets],
    ['bytes', counters?.octets],
  ]);
}

const flagOf = (connection: Connection): string => {
  if (isSet(connection, connectionStatus.hardwareOffload)) return '[HW_OFFLOAD] ';
  if (isSet(connection, connectionStatus.offload)) return '[OFFLOAD] ';
  return isSet(connection, connectionStatus.assured) ? '[ASSURED] ' : '';
};

const zoneOf = ({ zone }: Connection, { zones }: ConnectionDetails): number | undefined =>
  zone === 0 || zones[0] !== undefined ? undefined : zone;

/** How old it is, or was, in whole seconds of the clock. */
function ageSeconds(
  { startedWallNanos, endedWallNanos }: Connection,
  nowWallNanos: bigint,
): number | undefined {
  if (startedWallNanos === undefined) return undefined;
  const seconds = (nanos: bigint): number => Number(nanos / BigInt(NANOS_PER_SECOND));
  return seconds(endedWallNanos ?? nowWallNanos) - seconds(startedWallNanos);
}

/** A line of `conntrack -L`, or of `conntrack -E -o timestamp` for one that has ended, without its line feed. */
export function connectionLine({ connection, details }: ListedConnection, options: WritingOptions): string {
  const { original, reply, originalCounters, replyCounters, endedWallNanos } = connection;
  const { protocol } = original;
  const event = endedWallNanos === undefined ? '' : `[${instantText(endedWallNanos)}]\t[DESTROY] `;
  const [network, number] = networkOf(original);
  return [
    event,
    options.isExtended ? `${network.padEnd(8)} ${number} ` : '',
    `${(protocolNames[protocol] ?? 'unknown').padEnd(8)} ${protocol} `,
    connection.timeoutSeconds === undefined ? '' : `${connection.timeoutSeconds} `,
    details.state === undefined ? '' : `${details.state} `,
    tupleText(original, 0, details, originalCounters),
    isSet(connection, connectionStatus.seenReply) ? '' : '[UNREPLIED] ',
    tupleText(reply, 1, details, replyCounters),
    flagOf(connection),
    said([
      ['mark', connection.mark],
      ['secctx', details.securityContext],
      ['zone', zoneOf(connection, details)],
      ['delta-time', ageSeconds(connection, options.nowWallNanos)],
      ['helper', connection.helper],
      ['use', details.use],
      ['id', options.hasIds ? connection.id : undefined],
    ]),
  ]
    .join('')
    .trimEnd();
}

/** Seconds and microseconds. */
function instantText(wallNanos: bigint): string {
  const micros = wallNanos / 1000n;
  return `${micros / 1_000_000n}.${String(micros % 1_000_000n).padStart(6, '0')}`;
}

/** Bits of the status that `-u` has words for. */
const statusWords: readonly (readonly [bits: number, word: string])[] = [
  [connectionStatus.expected, 'EXPECTED'],
  [connectionStatus.seenReply, 'SEEN_REPLY'],
  [connectionStatus.assured, 'ASSURED'],
  [connectionStatus.fixedTimeout, 'FIXED_TIMEOUT'],
  [connectionStatus.offload, 'OFFLOAD'],
  [connectionStatus.hardwareOffload, 'HW_OFFLOAD'],
];

/** A line of `conntrack -L -o save`, without its line feed. */
export function connectionCommand({ connection, details }: ListedConnection): string {
  const { original, reply } = connection;
  const { protocol } = original;
  const words = statusWords.filter(([bits]) => isSet(connection, bits)).map(([, word]) => word);
  const translated = (bits: number, word: string, plain: string): string =>
    isSet(connection, bits) ? word : plain;
  const options: Pairs = [
    ['-t', connection.timeoutSeconds],
    ['-u', words.length === 0 ? 'UNSET' : words.join(',')],
    ['-w', zoneOf(connection, details)],
    ['-s', listedAddress(original.source)],
    ['-d', listedAddress(original.destination)],
    [translated(connectionStatus.destinationNat, '-g', '-r'), listedAddress(reply.source)],
    [translated(connectionStatus.sourceNat, '-n', '-q'), listedAddress(reply.destination)],
    ['-p', protocolNames[protocol] ?? protocol],
    ...protocolOptions(original, reply, details),
  ];
  return `-A${options.flatMap(([name, value]) => (value === undefined ? [] : ` ${name} ${value}`)).join('')}`;
}

function protocolOptions(original: Tuple, reply: Tuple, { state, icmp, tags }: ConnectionDetails): Pairs {
  const { protocol } = original;
  const ends = (...[from, to, replyFrom, replyTo]: readonly [string, string, string, string]): Pairs => [
    [from, original.sourcePort ?? 0],
    [to, original.destinationPort ?? 0],
    [replyFrom, reply.sourcePort ?? 0],
    [replyTo, reply.destinationPort ?? 0],
  ];
  switch (protocol) {
    case ipProtocol.icmp:
    case ipProtocol.icmp6: {
      const name = `--${protocolNames[protocol]!}`;
      return [
        [`${name}-type`, icmp?.[0].type],
        [`${name}-code`, icmp?.[0].code],
        [`${name}-id`, original.icmpId],
      ];
    }
    case ipProtocol.gre:
      return ends('--srckey', '--dstkey', '--reply-key-src', '--reply-key-dst');
    case ipProtocol.tcp:
    case ipProtocol.udp:
    case ipProtocol.udplite:
    case ipProtocol.sctp:
      return [
        ...ends('--sport', '--dport', '--reply-port-src', '--reply-port-dst'),
        ['--state', state],
        ['--orig-vtag', tags?.[0]],
        ['--reply-vtag', tags?.[1]],
      ];
    default:
      return [];
  }
}

/** What stands before the first and behind the last `<flow>`. */
export const documentStart = '<?xml version="1.0" encoding="utf-8"?>\n<conntrack>\n';
export const documentEnd = '</conntrack>\n';

const elements = (pairs: Pairs): string =>
  pairs.flatMap(([name, value]) => (value === undefined ? [] : `<${name}>${value}</${name}>`)).join('');

/** An element of `conntrack -L -o xml`, or of `-E -o xml,timestamp` for one that has ended. */
export function connectionElement(
  { connection, details }: ListedConnection,
  { nowWallNanos }: WritingOptions,
): string {
  const { original, reply, originalCounters, replyCounters, endedWallNanos } = connection;
  const both = elements([
    ['state', details.state],
    ['timeout', connection.timeoutSeconds],
    ['mark', connection.mark],
    ['secctx', details.securityContext],
    ['zone', zoneOf(connection, details)],
    ['use', details.use],
    ['id', connection.id],
  ]);
  const flags =
    (isSet(connection, connectionStatus.assured) ? '<assured/>' : '') +
    (isSet(connection, connectionStatus.seenReply) ? '' : '<unreplied/>');
  const age = elements([['deltatime', ageSeconds(connection, nowWallNanos)]]);
  return [
    endedWallNanos === undefined ? '<flow>' : '<flow type="destroy">',
    directionElement('original', original, details.zones[0], originalCounters),
    directionElement('reply', reply, details.zones[1], replyCounters),
    `<meta direction="independent">${both}${flags}${age}</meta>`,
    elements([['helper', connection.helper]]),
    endedWallNanos === undefined ? '' : whenElement(endedWallNanos),
    '</flow>',
  ].join('');
}

function directionElement(
  direction: 'original' | 'reply',
  tuple: Tuple,
  zone: number | undefined,
  counters: Counters | undefined,
): string {
  const [network, number] = networkOf(tuple);
  const { protocol, source, destination } = tuple;
  const name = protocolNames[protocol] ?? 'unknown';
  const ends = elements([
    ['src', listedAddress(source)],
    ['dst', listedAddress(destination)],
  ]);
  const counted = elements([
    ['packets', counters?.packets],
    ['bytes', counters?.octets],
  ]);
  return [
    `<meta direction="${direction}">`,
    `<layer3 protonum="${number}" protoname="${network}">${ends}</layer3>`,
    `<layer4 protonum="${protocol}" protoname="${name}">${elements(portPairs(tuple))}</layer4>`,
    elements([['zone', zone]]),
    counters === undefined ? '' : `<counters>${counted}</counters>`,
    '</meta>',
  ].join('');
}

/** In UTC, as it is read. */
function whenElement(wallNanos: bigint): string {
  const when = new Date(wallMillisOf(wallNanos));
  const parts = elements([
    ['hour', when.getUTCHours()],
    ['min', when.getUTCMinutes()],
    ['sec', when.getUTCSeconds()],
    ['wday', when.getUTCDay() + 1],
    ['day', when.getUTCDate()],
    ['month', when.getUTCMonth() + 1],
    ['year', when.getUTCFullYear()],
  ]);
  return `<when>${parts}</when>`;
}

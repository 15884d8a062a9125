/** Connections that tests put into the kernel's table, or into messages as the kernel sends them. */
import { closeSync } from 'node:fs';
import { join } from 'node:path';
import { parseAddress } from '../../src/services/address.ts';
import {
  cta,
  ctaIp,
  ctaProtocol,
  ctaTuple,
  ctMessage,
  addressFamily,
} from '../../src/services/conntrack/ctnetlink.ts';
import {
  messageFlag,
  Messages,
  messageType,
  type RequestWriter,
} from '../../src/services/conntrack/netlink.ts';
import { available, type Libc } from '../../src/native/libc.ts';
import type { Vrf } from '../../src/native/routing-instance.ts';
import { NetlinkExchange, openNetlink, refuse } from '../../src/services/conntrack/netlink-socket.ts';
import { namespacesUnavailable } from './namespaces.ts';
import { bundledWorker } from './worker.ts';

const WORKER = join(import.meta.dirname, '../../src/services/conntrack/conntrack-worker.ts');

interface KernelConnections {
  /** Why the tests are skipped. */
  readonly unavailable: string | undefined;
  readonly libc: Libc;
  readonly worker: { readonly url: URL };
}

/**
 * What the tests of a file need that have the kernel's own connections, and these programs; `what` they are is said where
 * they are skipped.
 */
export function kernelConnections(what: string, ...programs: readonly string[]): KernelConnections {
  const unavailable = namespacesUnavailable(...programs);
  if (unavailable !== undefined) console.warn(`skipped: ${what}: ${unavailable}`);
  const kernel = available();
  const libc = 'libc' in kernel ? kernel.libc : (undefined as unknown as Libc);
  return { unavailable, libc, worker: bundledWorker(WORKER) };
}

/** `source` and `destination` are text; ports of ICMP are the identifier. */
export interface TupleText {
  readonly source: string;
  readonly destination: string;
  readonly protocol: number;
  readonly sourcePort?: number;
  readonly destinationPort?: number;
  readonly icmpId?: number;
}

export interface ConnectionText {
  readonly original: TupleText;
  /** Without, the original the other way round. */
  readonly reply?: TupleText;
  readonly timeoutSeconds?: number;
  readonly status?: number;
  readonly mark?: number;
  readonly zone?: number;
  readonly helper?: string;
  readonly master?: TupleText;
}

const ICMP_ECHO = 8;
const ICMP6_ECHO = 128;
/** IPS_CONFIRMED, with a reply seen. */
const REPLIED = 0x8 | 0x2;

export function reversed({
  source,
  destination,
  sourcePort,
  destinationPort,
  ...rest
}: TupleText): TupleText {
  return {
    ...rest,
    source: destination,
    destination: source,
    ...(sourcePort === undefined ? {} : { destinationPort: sourcePort }),
    ...(destinationPort === undefined ? {} : { sourcePort: destinationPort }),
  };
}

/** A message that makes the connection; `more` writes further attributes. */
export function newConnection(
  writer: RequestWriter,
  sequence: number,
  connection: ConnectionText,
  more: (writer: RequestWriter) => void = () => undefined,
): void {
  const { original, reply = reversed(original), master } = connection;
  const family = original.source.includes(':') ? addressFamily.ipv6 : addressFamily.ipv4;
  writer.begin(ctMessage.new, messageFlag.create | messageFlag.acknowledge, sequence, family);
  writer.nested(cta.tupleOriginal, () => tuple(writer, original));
  writer.nested(cta.tupleReply, () => tuple(writer, reply, true));
  if (master !== undefined) writer.nested(cta.tupleMaster, () => tuple(writer, master));
  writer.uint32(cta.status, connection.status ?? REPLIED);
  writer.uint32(cta.timeout, connection.timeoutSeconds ?? 600);
  if (connection.mark !== undefined) writer.uint32(cta.mark, connection.mark);
  if (connection.zone !== undefined) writer.uint16(cta.zone, connection.zone);
  const { helper } = connection;
  if (helper !== undefined)
    writer.nested(cta.help, () => writer.octets(1, new TextEncoder().encode(`${helper}\0`)));
  more(writer);
}

function tuple(writer: RequestWriter, text: TupleText, isReply = false): void {
  const { protocol, sourcePort, destinationPort, icmpId } = text;
  const [source, destination] = [parseAddress(text.source), parseAddress(text.destination)];
  writer.nested(ctaTuple.ip, () => {
    if (typeof source === 'number') writer.uint32(ctaIp.v4Source, source);
    else writer.octets(ctaIp.v6Source, source);
    if (typeof destination === 'number') writer.uint32(ctaIp.v4Destination, destination);
    else writer.octets(ctaIp.v6Destination, destination);
  });
  writer.nested(ctaTuple.protocol, () => {
    writer.uint8(ctaProtocol.number, protocol);
    if (sourcePort !== undefined) writer.uint16(ctaProtocol.sourcePort, sourcePort);
    if (destinationPort !== undefined) writer.uint16(ctaProtocol.destinationPort, destinationPort);
    if (icmpId === undefined) return;
    const is6 = typeof source !== 'number';
    writer.uint16(is6 ? ctaProtocol.icmp6Id : ctaProtocol.icmpId, icmpId);
    const echo = is6 ? ICMP6_ECHO : ICMP_ECHO;
    const answer = is6 ? ICMP6_ECHO + 1 : 0;
    writer.uint8(is6 ? ctaProtocol.icmp6Type : ctaProtocol.icmpType, isReply ? answer : echo);
    writer.uint8(is6 ? ctaProtocol.icmp6Code : ctaProtocol.icmpCode, 0);
  });
}

/** Puts connections into the kernel's table. Throws SystemCallError where it refuses one. */
export function addConnections(libc: Libc, vrf: Vrf, connections: Iterable<ConnectionText>): void {
  const exchange = new NetlinkExchange(libc);
  const fd = openNetlink(libc, vrf);
  const messages = new Messages(exchange.view);
  let pending = 0;
  const exchangeAll = (): void => {
    exchange.send(fd);
    pending = 0;
    for (let octets = exchange.receive(fd); octets > 0; octets = exchange.receive(fd)) {
      messages.over(octets);
      while (messages.next()) if (messages.type === messageType.error) refuse('send', messages.errno);
    }
  };
  try {
    for (const connection of connections) {
      newConnection(exchange.requests, pending, connection);
      pending += 1;
      if (pending === 32) exchangeAll();
    }
    if (pending > 0) exchangeAll();
  } finally {
    closeSync(fd);
  }
}

/** What the program conntrack lists of a connection beside that which makes a session of it. */
import type { Connection } from './connection.ts';
import { cta, ctaProtocol, ctaTuple } from './ctnetlink.ts';
import { Attributes, HEADER_OCTETS } from './netlink.ts';

export interface IcmpKind {
  readonly type: number;
  readonly code: number;
}

/** Of both directions, the original one first. */
type Both<Value> = readonly [original: Value, reply: Value];

export interface ConnectionDetails {
  /** Of TCP or SCTP, as conntrack calls it. */
  readonly state: string | undefined;
  readonly icmp: Both<IcmpKind> | undefined;
  /** Verification tags of SCTP. */
  readonly tags: Both<number> | undefined;
  /** Zones of one direction alone. */
  readonly zones: Both<number | undefined>;
  readonly use: number | undefined;
  readonly securityContext: string | undefined;
}

/** A connection as it is listed. */
export interface ListedConnection {
  readonly connection: Connection;
  readonly details: ConnectionDetails;
}

/** Where nothing more is known. */
export const noDetails: ConnectionDetails = {
  state: undefined,
  icmp: undefined,
  tags: undefined,
  zones: [undefined, undefined],
  use: undefined,
  securityContext: undefined,
};

/** enum tcp_conntrack and enum sctp_conntrack, in the words of libnetfilter_conntrack. */
const tcpStates =
  'NONE SYN_SENT SYN_RECV ESTABLISHED FIN_WAIT CLOSE_WAIT LAST_ACK TIME_WAIT CLOSE SYN_SENT2'.split(' ');
const sctpStates =
  'NONE CLOSED COOKIE_WAIT COOKIE_ECHOED ESTABLISHED SHUTDOWN_SENT SHUTDOWN_RECD SHUTDOWN_ACK_SENT HEARTBEAT_SENT HEARTBEAT_ACKED'.split(
    ' ',
  );

/** enum ctattr_protoinfo, and what is within. */
const ctaInformation = { tcp: 1, sctp: 3 } as const;
const ctaState = { state: 1, originalTag: 2, replyTag: 3 } as const;
const ctaSecurity = { name: 1 } as const;

/** More than the kernel gives (SECURITY_CTX of SELinux and the like). */
const SECURITY_CONTEXT_OCTETS = 4096;

type Writable<T> = { -readonly [Key in keyof T]: T[Key] };

/** Of the message at `start`, header included, which has been decoded before. Throws NetlinkError. */
export function detailsOf(view: DataView, start: number, end: number): ConnectionDetails {
  const details: Writable<ConnectionDetails> = { ...noDetails };
  const outer = new Attributes(view).over(view, start + HEADER_OCTETS, end);
  const [original, reply]: [TupleDetails, TupleDetails] = [{}, {}];
  while (outer.next()) {
    switch (outer.type) {
      case cta.tupleOriginal:
        tupleDetails(view, outer, original);
        break;
      case cta.tupleReply:
        tupleDetails(view, outer, reply);
        break;
      case cta.protocolInformation:
        protocolDetails(view, outer, details);
        break;
      case cta.use:
        details.use = outer.uint32();
        break;
      case cta.securityContext:
        for (const name of within(view, outer, ctaSecurity.name))
          details.securityContext = name.text(SECURITY_CONTEXT_OCTETS);
        break;
    }
  }
  if (original.type !== undefined && reply.type !== undefined)
    details.icmp = [kindOf(original), kindOf(reply)];
  details.zones = [original.zone, reply.zone];
  return details;
}

interface TupleDetails {
  type?: number;
  code?: number;
  zone?: number;
}

const kindOf = ({ type = 0, code = 0 }: TupleDetails): IcmpKind => ({ type, code });

/** Attributes of that type within another. */
function* within(view: DataView, outer: Attributes, type: number): Generator<Attributes> {
  const inner = new Attributes(view).within(outer);
  while (inner.next()) if (inner.type === type) yield inner;
}

function tupleDetails(view: DataView, tuple: Attributes, into: TupleDetails): void {
  for (const zone of within(view, tuple, ctaTuple.zone)) into.zone = zone.uint16();
  for (const protocol of within(view, tuple, ctaTuple.protocol)) {
    const inner = new Attributes(view).within(protocol);
    while (inner.next()) {
      if (inner.type === ctaProtocol.icmpType || inner.type === ctaProtocol.icmp6Type)
        into.type = inner.uint8();
      else if (inner.type === ctaProtocol.icmpCode || inner.type === ctaProtocol.icmp6Code)
        into.code = inner.uint8();
    }
  }
}

function protocolDetails(view: DataView, information: Attributes, into: Writable<ConnectionDetails>): void {
  for (const tcp of within(view, information, ctaInformation.tcp))
    for (const state of within(view, tcp, ctaState.state)) into.state = tcpStates[state.uint8()] ?? 'NONE';
  for (const sctp of within(view, information, ctaInformation.sctp)) {
    const tags: [number, number] = [0, 0];
    const inner = new Attributes(view).within(sctp);
    while (inner.next()) {
      if (inner.type === ctaState.state) into.state = sctpStates[inner.uint8()] ?? 'NONE';
      else if (inner.type === ctaState.originalTag) tags[0] = inner.uint32();
      else if (inner.type === ctaState.replyTag) tags[1] = inner.uint32();
    }
    into.tags = tags;
  }
}

const STATE = /^(?:ipv[46]\s+\d+\s+)?(?:tcp|sctp)\s+\d+\s+\d+\s+([A-Z_\d]+)\s/;
const KIND = /\stype=(\d+) code=(\d+)(?=\s)/g;

/** Of a line of `conntrack -L`. */
export function detailsOfLine(line: string): ConnectionDetails {
  const kinds = [...line.matchAll(KIND)].map(([, type, code]) => ({
    type: Number(type),
    code: Number(code),
  }));
  const use = /\suse=(\d+)/.exec(line)?.[1];
  return {
    ...noDetails,
    state: STATE.exec(line)?.[1],
    icmp: kinds.length === 2 ? [kinds[0]!, kinds[1]!] : undefined,
    use: use === undefined ? undefined : Number(use),
    securityContext: /\ssecctx=(\S+)/.exec(line)?.[1],
  };
}

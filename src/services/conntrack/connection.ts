/** A connection as Linux' connection tracking knows it: the attributes CTA_* of ctnetlink, or as much as its text has. */
import { compareAddresses } from '../address.ts';
import type { Address } from '../session.ts';

/** One direction: its addresses, and what tells connections between them apart. */
export interface Tuple {
  readonly source: Address;
  readonly destination: Address;
  /** IP protocol number. */
  readonly protocol: number;
  /** Ports, or call ids of GRE (PPTP). Undefined where the protocol has neither. */
  readonly sourcePort: number | undefined;
  readonly destinationPort: number | undefined;
  /** Identifier of ICMP queries. */
  readonly icmpId: number | undefined;
}

export interface Counters {
  readonly packets: number;
  readonly octets: number;
}

export interface Connection {
  /** CTA_ID; undefined where the source has none. */
  readonly id: number | undefined;
  /** CTA_STATUS, bits of `enum ip_conntrack_status`; from text, as many as follow from it. */
  readonly status: number;
  readonly original: Tuple;
  readonly reply: Tuple;
  /** Undefined without accounting. */
  readonly originalCounters: Counters | undefined;
  readonly replyCounters: Counters | undefined;
  readonly timeoutSeconds: number | undefined;
  /** 32 bits without sign. */
  readonly mark: number;
  readonly zone: number;
  /** CTA_HELP: the name of the helper. */
  readonly helper: string | undefined;
  /** CTA_TUPLE_MASTER: the original tuple of the connection that expected this one. */
  readonly master: Tuple | undefined;
  /** The master's helper, where the source knows the master. */
  readonly masterHelper: string | undefined;
  /** CTA_TIMESTAMP, nanoseconds since 1970. */
  readonly startedWallNanos: bigint | undefined;
  readonly endedWallNanos: bigint | undefined;
}

/** Bits of CTA_STATUS (include/uapi/linux/netfilter/nf_conntrack_common.h). */
export const connectionStatus = {
  expected: 1 << 0,
  seenReply: 1 << 1,
  assured: 1 << 2,
  confirmed: 1 << 3,
  sourceNat: 1 << 4,
  destinationNat: 1 << 5,
  sequenceAdjust: 1 << 6,
  sourceNatDone: 1 << 7,
  destinationNatDone: 1 << 8,
  dying: 1 << 9,
  fixedTimeout: 1 << 10,
  template: 1 << 11,
  untracked: 1 << 12,
  helper: 1 << 13,
  offload: 1 << 14,
  hardwareOffload: 1 << 15,
} as const;

export const isSame = (a: Address, b: Address): boolean => compareAddresses(a, b) === 0;

export const isSourceTranslated = (original: Tuple, reply: Tuple): boolean =>
  !isSame(original.source, reply.destination) || isSourcePortTranslated(original, reply);

export const isDestinationTranslated = (original: Tuple, reply: Tuple): boolean =>
  !isSame(original.destination, reply.source) || original.destinationPort !== reply.sourcePort;

/** An ICMP query has an identifier in place of a port. */
export const isSourcePortTranslated = (original: Tuple, reply: Tuple): boolean =>
  original.sourcePort !== reply.destinationPort || original.icmpId !== reply.icmpId;

/** Bits of the status: what is translated differs between the directions. */
export function natStatus(original: Tuple, reply: Tuple): number {
  const source = isSourceTranslated(original, reply) ? connectionStatus.sourceNat : 0;
  return source | (isDestinationTranslated(original, reply) ? connectionStatus.destinationNat : 0);
}

/** A stateful service session and its flows, whatever source they come from. */
import { flowDirections, flowRoles, flowStates } from '../store/stored-session.ts';

/** IPv4: an integer of 32 bits without sign. IPv6: 16 octets, which may be a view of a larger buffer. */
export type Address = number | Uint8Array;

export { flowDirections, flowRoles, flowStates };

/** Status of a flow (reference 001). */
export type FlowState = (typeof flowStates)[number];

/** Ingress, egress, or unknown. */
export type FlowDirection = (typeof flowDirections)[number];

export type FlowRole = (typeof flowRoles)[number];

/** One direction of a session, as its packets are seen by whoever receives them. */
export interface Flow {
  /** IP protocol number. */
  readonly protocol: number;
  readonly source: Address;
  /** Undefined where the protocol has none. A GRE call id is in the place of a port. */
  readonly sourcePort: number | undefined;
  readonly destination: Address;
  readonly destinationPort: number | undefined;
  readonly state: FlowState;
  readonly direction: FlowDirection;
  readonly role: FlowRole;
  /** Packets, exact up to 2^53; 0 where nobody counts. */
  readonly frames: number;
  /** Octets of IP, exact up to 2^53; 0 where nobody counts. */
  readonly octets: number;
  /** Until the flow is forgotten without a packet; undefined where that is not known. */
  readonly timeoutSeconds: number | undefined;
}

/** An address, with its port where that is translated, too. */
export interface TranslatedEnd {
  readonly address: Address;
  readonly port: number | undefined;
}

export interface Translation {
  readonly from: TranslatedEnd;
  readonly to: TranslatedEnd;
}

/** What NAT does to a session. */
export interface NatData {
  /** In Junos' words, such as `DYNAMIC NAT44` or `NAPT-44`. */
  readonly translationType: string;
  readonly source: Translation | undefined;
  readonly destination: Translation | undefined;
}

/** Where a session belongs, and under which headings it is shown and counted. */
export interface SessionGroup {
  /** The services interface, such as `ms-0/0/0`, or the member of an aggregate, such as `mams-5/0/0`. */
  readonly interface: string;
  /** The aggregated interface that `interface` is a member of, such as `ams0`. */
  readonly aggregate: string | undefined;
  readonly serviceSet: string;
}

export interface ServiceSession extends SessionGroup {
  /** An integer below 2^53. */
  readonly id: number;
  /** The application as it is printed: `ftp`, `16`, `0` or `none` without one. */
  readonly alg: string;
  /** The keyword of `application-protocol` that finds the session, where `alg` alone does not tell it. */
  readonly application: string | undefined;
  /** An integer of 32 bits; the low nibble has the four codes of reference 001. */
  readonly flags: number;
  readonly ipAction: boolean;
  readonly offload: boolean;
  /** Undefined where that is not known, and then not printed. */
  readonly asymmetric: boolean | undefined;
  readonly nat: NatData | undefined;
  /** The initiator's first. At least one; two unless one direction is unknown. */
  readonly flows: readonly Flow[];
  /** Nanoseconds since 1970; `isInstant`, as the next. */
  readonly startedWallNanos: bigint | undefined;
  /** Undefined while it lives. */
  readonly endedWallNanos: bigint | undefined;
}

/** The last instant of a session, in the year 2262: nanoseconds since 1970 are stored in 63 bits. */
const INSTANT_MAX = 2n ** 63n - 1n;

export const isInstant = (wallNanos: bigint): boolean => wallNanos >= 0n && wallNanos <= INSTANT_MAX;

/** What an ALG is called where there is none; old releases print a number. */
export const NO_ALG = 'none';

/** Whether the session is known to no ALG. */
export function isWithoutAlg(alg: string): boolean {
  return alg === NO_ALG || alg === '0';
}

/** How many sessions a service set has on one interface. */
export interface SessionCount extends SessionGroup {
  readonly sessions: number;
}

/** The same for groups that are the same. No name has a control character. */
export function groupKey({ interface: name, serviceSet }: SessionGroup): string {
  return `${name}\0${serviceSet}`;
}

let collator: Intl.Collator | undefined;

/** ms-2/0/0 comes before ms-10/0/0. Made when it is first needed: it takes as long as a fifth of what a start of the program does. */
function compareNaturally(one: string, other: string): number {
  collator ??= new Intl.Collator('en', { numeric: true });
  return collator.compare(one, other);
}

/** The order of headings: members stand together in the place of their aggregate. Below 0 where `a` comes first. */
export function compareGroups(a: SessionGroup, b: SessionGroup): number {
  return (
    compareNaturally(a.aggregate ?? a.interface, b.aggregate ?? b.interface) ||
    compareNaturally(a.interface, b.interface) ||
    compareNaturally(a.serviceSet, b.serviceSet)
  );
}

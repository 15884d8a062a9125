/** What the kernel knows of a connection, in Junos' words (docs/services-sessions.md). */
import { isWithin, type AddressRange } from './address.ts';
import { algOf, applicationOf, TWAMP_ALG } from './algs.ts';
import {
  connectionStatus,
  isDestinationTranslated,
  isSame,
  isSourcePortTranslated,
  isSourceTranslated,
  type Connection,
  type Counters,
  type Tuple,
} from './conntrack/connection.ts';
import {
  DEFAULT_INTERFACE,
  DEFAULT_SERVICE_SET,
  type ConnectionRule,
  type MappingSettings,
  type MarkMatch,
} from './mapping-settings.ts';
import { isMeasurement } from './measurements.ts';
import {
  isWithoutAlg,
  type Address,
  type Flow,
  type FlowDirection,
  type FlowState,
  type NatData,
  type ServiceSession,
  type SessionGroup,
  type Translation,
} from './session.ts';
import { sessionIdOf } from './session-id.ts';

/** The status stands above the nibble of reference 001's four codes, none of which Linux knows. */
export const STATUS_FACTOR = 16;

const OFFLOADED = connectionStatus.offload | connectionStatus.hardwareOffload;

/** By the number in the mark; any other is unknown. */
const states: readonly FlowState[] = ['Forward', 'Forward', 'Drop', 'Reject', 'Watch', 'Bypass'];

/** `isFromOutside`: what the source itself says of who began, where nothing else tells. */
export function sessionOfConnection(
  connection: Connection,
  settings: MappingSettings,
  isFromOutside?: boolean,
): ServiceSession {
  const { original, status } = connection;
  const group = groupOfConnection(connection, settings);
  const alg = isMeasurement(connection, settings.measurements) ? TWAMP_ALG : algOf(connection);
  return {
    id: sessionIdOf(connection),
    interface: group.interface,
    aggregate: group.aggregate,
    serviceSet: group.serviceSet,
    alg,
    application: isWithoutAlg(alg) ? applicationOf(original) : undefined,
    // 32 bits of it: Linux knows no higher ones.
    flags: (status * STATUS_FACTOR) % 2 ** 32,
    ipAction: false,
    offload: (status & OFFLOADED) !== 0,
    asymmetric: (status & connectionStatus.seenReply) === 0,
    nat: natOfConnection(connection),
    flows: flowsOf(connection, settings, isFromOutside),
    startedWallNanos: connection.startedWallNanos,
    endedWallNanos: connection.endedWallNanos,
  };
}

/** Where it is shown. Allocates nothing but the result. */
export function groupOfConnection(connection: Connection, settings: MappingSettings): SessionGroup {
  const { original, reply } = connection;
  const on = settings.interfaces.find(
    ({ rule }) =>
      fits(rule, connection) && (isIn(rule.prefixes, original.source) || isIn(rule.prefixes, reply.source)),
  );
  const name = on?.name ?? DEFAULT_INTERFACE;
  const set = settings.serviceSets.find(
    ({ interface: only, rule }) =>
      (only === undefined || only === name || only === on?.aggregate) &&
      fits(rule, connection) &&
      isIn(rule.prefixes, original.source),
  );
  return { interface: name, aggregate: on?.aggregate, serviceSet: set?.name ?? DEFAULT_SERVICE_SET };
}

/** Whether mark and zone are as the rule has them. */
function fits({ marks, zones }: ConnectionRule, { mark, zone }: Connection): boolean {
  if (zones.length > 0 && !zones.includes(zone)) return false;
  return marks.length === 0 || marks.some((match) => hasMark(mark, match));
}

/** Operators work on signed numbers: both sides are made unsigned. */
function hasMark(mark: number, { value, mask }: MarkMatch): boolean {
  return (mark & mask) >>> 0 === value;
}

function isIn(prefixes: readonly AddressRange[], address: Address): boolean {
  return prefixes.length === 0 || prefixes.some((range) => isWithin(address, range));
}

function natOfConnection(connection: Connection): NatData | undefined {
  const { original, reply } = connection;
  const translatesSource = isSourceTranslated(original, reply);
  const translatesDestination = isDestinationTranslated(original, reply);
  if (!translatesSource && !translatesDestination) return undefined;
  const withPorts = isSourcePortTranslated(original, reply);
  const source = translatesSource
    ? translation(
        [original.source, original.sourcePort ?? original.icmpId],
        [reply.destination, reply.destinationPort ?? reply.icmpId],
      )
    : undefined;
  const destination = translatesDestination
    ? translation([original.destination, original.destinationPort], [reply.source, reply.sourcePort])
    : undefined;
  const translationType = translationTypeOf(original, source, destination, withPorts);
  return { translationType, source, destination };
}

/** The kernel does not say what a rule was called; `napt` is said where a port was translated. */
function translationTypeOf(
  { source: address }: Tuple,
  source: Translation | undefined,
  destination: Translation | undefined,
  withPorts: boolean,
): string {
  const family = typeof address === 'number' ? '44' : '66';
  if (source === undefined) return `DNAT-${family}`;
  if (destination !== undefined) return `TWICE ${withPorts ? 'NAPT' : 'NAT'}${family}`;
  return withPorts ? `NAPT-${family}` : `DYNAMIC NAT${family}`;
}

type End = readonly [address: Address, port: number | undefined];

/** Ports are told where they differ. */
function translation([fromAddress, fromPort]: End, [toAddress, toPort]: End): Translation {
  const hasPort = fromPort !== toPort;
  return {
    from: { address: fromAddress, port: hasPort ? fromPort : undefined },
    to: { address: toAddress, port: hasPort ? toPort : undefined },
  };
}

function flowsOf(
  connection: Connection,
  settings: MappingSettings,
  known: boolean | undefined,
): readonly Flow[] {
  const { original, reply, originalCounters, replyCounters, timeoutSeconds, mark } = connection;
  const isFromOutside = isInitiatedOutside(connection, settings) ?? known;
  const state = stateOf(mark, settings.stateMask);
  const sends = (isReply: boolean): FlowDirection =>
    isFromOutside === undefined ? 'U' : isFromOutside === isReply ? 'I' : 'O';
  return [
    flowOf(original, originalCounters, { state, direction: sends(false), role: 'initiator', timeoutSeconds }),
    flowOf(reply, replyCounters, { state, direction: sends(true), role: 'responder', timeoutSeconds }),
  ];
}

function flowOf(
  tuple: Tuple,
  counters: Counters | undefined,
  rest: Pick<Flow, 'state' | 'direction' | 'role' | 'timeoutSeconds'>,
): Flow {
  return {
    protocol: tuple.protocol,
    source: tuple.source,
    sourcePort: tuple.sourcePort,
    destination: tuple.destination,
    destinationPort: tuple.destinationPort,
    state: rest.state,
    direction: rest.direction,
    role: rest.role,
    frames: counters?.packets ?? 0,
    octets: counters?.octets ?? 0,
    timeoutSeconds: rest.timeoutSeconds,
  };
}

/**
 * Whether the initiator is outside; undefined where that cannot be known. A connection that was expected has its master's
 * mark whoever began it, so that it is compared with the master.
 */
function isInitiatedOutside(connection: Connection, settings: MappingSettings): boolean | undefined {
  const { original, reply, master, mark } = connection;
  if (master === undefined)
    return isOutside(original.source, reply.source, mark, settings) ?? isOutsideByNat(connection);
  const isMasterOutside = isOutside(master.source, master.destination, mark, settings);
  if (isMasterOutside === undefined) return isOutsideByNat(connection);
  if (isSame(original.source, master.source)) return isMasterOutside;
  return isSame(reply.source, master.source) ? !isMasterOutside : undefined;
}

/** As the configuration says. */
function isOutside(
  initiator: Address,
  responder: Address,
  mark: number,
  { outsideMark, insidePrefixes }: MappingSettings,
): boolean | undefined {
  if (outsideMark !== undefined) return hasMark(mark, outsideMark);
  if (insidePrefixes.length === 0) return undefined;
  if (isIn(insidePrefixes, initiator)) return false;
  return isIn(insidePrefixes, responder) ? true : undefined;
}

/** Sources are translated on the way out, destinations on the way in. */
function isOutsideByNat({ original, reply }: Connection): boolean | undefined {
  const translatesSource = isSourceTranslated(original, reply);
  return translatesSource === isDestinationTranslated(original, reply) ? undefined : !translatesSource;
}

/** The number in the bits of the mask, counted from their lowest. */
function stateOf(mark: number, mask: number): FlowState {
  if (mask === 0) return 'Forward';
  const lowestBit = (mask & -mask) >>> 0;
  return states[((mark & mask) >>> 0) / lowestBit] ?? 'Unknown';
}

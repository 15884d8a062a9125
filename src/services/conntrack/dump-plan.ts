/** Which dumps of the kernel's table a filter needs: it compares what is exact, and spares us the rest. */
import type { AddressRange } from '../address.ts';
import { addressFamily, type DumpFilter, type TupleMatch } from './ctnetlink.ts';
import type { FilterCriteria, SessionFilter } from '../filter.ts';
import type { Connection } from './connection.ts';
import {
  DEFAULT_INTERFACE,
  DEFAULT_SERVICE_SET,
  type ConnectionRule,
  type MappingSettings,
  type MarkMatch,
} from '../mapping-settings.ts';
import type { Address } from '../session.ts';

/** Protocols whose tuples have what CTA_PROTO_SRC_PORT compares (net/netfilter/nf_conntrack_proto.c). */
const withPorts: ReadonlySet<number> = new Set([6, 17, 33, 47, 132, 136]);

/**
 * Together they give every connection that the filter lets pass, and others. What two of them give is to be told by
 * `passesIn`.
 */
export function dumpPlan(criteria: FilterCriteria, settings: MappingSettings): readonly DumpFilter[] {
  const families = familiesOf(criteria);
  const rule = ruleOf(criteria, settings);
  const rest = { mark: onlyMark(rule), zone: rule?.zones.length === 1 ? rule.zones[0] : undefined };
  const match = tupleOf(criteria);
  // The kernel compares tuples of one family at a time.
  if (match === undefined) {
    const [family, other] = families;
    if (family === undefined) return [];
    return [{ family: other === undefined ? family : addressFamily.any, tuple: undefined, ...rest }];
  }
  return families.flatMap((family) => {
    const tuples = tuplesOf(family === addressFamily.ipv6 && families.length > 1 ? protocolOf(match) : match);
    return tuples.map((tuple) => ({ family, tuple, ...rest }));
  });
}

type DirectionlessMatch = Omit<TupleMatch, 'direction'>;

/** One dump for each direction, where they are not of one protocol anyway. */
function tuplesOf(match: DirectionlessMatch): readonly TupleMatch[] {
  const directions = isAboutProtocolAlone(match) ? (['original'] as const) : (['original', 'reply'] as const);
  return directions.map((direction) => ({ direction, ...match }));
}

/**
 * Each dump walks the whole table, whatever it gives, a third of a second for a million connections. Few of those are of
 * IPv6: one walk that gives more of them takes less time than two.
 */
function protocolOf({ protocol }: DirectionlessMatch): DirectionlessMatch {
  const any = { source: undefined, destination: undefined };
  return { protocol, ...any, sourcePort: undefined, destinationPort: undefined };
}

/** Whether a connection of this dump passes the filters on flows, and is not among those of a dump before it. */
export function passesIn({ tuple }: DumpFilter, filter: SessionFilter, connection: Connection): boolean {
  if (!filter.isAboutFlows) return true;
  const { original, reply } = connection;
  const isByOriginal = passes(filter, original);
  if (tuple?.direction === 'reply') return !isByOriginal && passes(filter, reply);
  // What the reply alone lets pass comes with the dump of replies, if there is one.
  if (tuple !== undefined && !isAboutProtocolAlone(tuple)) return isByOriginal;
  return isByOriginal || passes(filter, reply);
}

function passes(filter: SessionFilter, tuple: Connection['original']): boolean {
  const { protocol, source, sourcePort, destination, destinationPort } = tuple;
  return filter.flow(protocol, source, sourcePort, destination, destinationPort);
}

/** Both directions are of one protocol. */
function isAboutProtocolAlone(match: DirectionlessMatch): boolean {
  const { source, sourcePort, destination, destinationPort } = match;
  return [source, sourcePort, destination, destinationPort].every((part) => part === undefined);
}

/** What of the filter is exact; undefined for nothing. Ports are compared only with their protocol. */
function tupleOf(criteria: FilterCriteria): DirectionlessMatch | undefined {
  const { protocol } = criteria;
  const comparesPorts = protocol !== undefined && withPorts.has(protocol);
  const match = {
    protocol,
    source: onlyAddress(criteria.source),
    destination: onlyAddress(criteria.destination),
    sourcePort: comparesPorts ? criteria.sourcePort : undefined,
    destinationPort: comparesPorts ? criteria.destinationPort : undefined,
  };
  return Object.values(match).every((part) => part === undefined) ? undefined : match;
}

/**
 * Of a prefix that is but one of IPv4. Linux 6.18 and before compare those of IPv6 the wrong way round
 * (ctnetlink_filter_match_tuple of net/netfilter/nf_conntrack_netlink.c).
 */
function onlyAddress(range: AddressRange | undefined): Address | undefined {
  return typeof range?.lowest === 'number' && range.lowest === range.highest ? range.lowest : undefined;
}

function familiesOf({ source, destination }: FilterCriteria): readonly number[] {
  const wanted = [source && familyOf(source.lowest), destination && familyOf(destination.lowest)].filter(
    (family) => family !== undefined,
  );
  const families = [addressFamily.ipv4, addressFamily.ipv6];
  return families.filter((family) => wanted.every((each) => each === family));
}

function familyOf(address: Address): number {
  return typeof address === 'number' ? addressFamily.ipv4 : addressFamily.ipv6;
}

/**
 * What all connections of the interface or the service set that is asked for have. What bears the name of a default has
 * those without any rule, too.
 */
function ruleOf(criteria: FilterCriteria, settings: MappingSettings): ConnectionRule | undefined {
  return (
    onlyRule(criteria.interface, DEFAULT_INTERFACE, settings.interfaces) ??
    onlyRule(criteria.serviceSet, DEFAULT_SERVICE_SET, settings.serviceSets)
  );
}

function onlyRule(
  wanted: string | undefined,
  byDefault: string,
  named: readonly { readonly name: string; readonly rule: ConnectionRule }[],
): ConnectionRule | undefined {
  if (wanted === undefined || wanted === byDefault) return undefined;
  const found = named.filter(({ name }) => name === wanted);
  return found.length === 1 ? found[0]!.rule : undefined;
}

function onlyMark(rule: ConnectionRule | undefined): MarkMatch | undefined {
  return rule?.marks.length === 1 ? rule.marks[0] : undefined;
}

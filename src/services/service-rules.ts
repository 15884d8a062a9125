/** What `services interfaces`, `service-set` and `session-source` must satisfy, and what they say of the mapping. */
import { networkInterfaces } from 'node:os';
import { findingsBelow, type Finding } from '../config/commit.ts';
import type { Configuration } from '../config/configuration.ts';
import { rangeOf } from './address.ts';
import { noMeasurements } from './measurements.ts';
import type { MappingSettings, MarkMatch, ServicesInterface } from './mapping-settings.ts';

type Services = Configuration['services'];

const finding = findingsBelow(['services']);

const isAggregate = (name: string): boolean => name.startsWith('ams');

export function verifyServices({ interfaces, 'service-set': sets }: Services): readonly Finding[] {
  return [...verifyInterfaces(interfaces), ...verifySets(sets, interfaces)];
}

function* verifyInterfaces(interfaces: Services['interfaces']): Generator<Finding> {
  const aggregates = new Map<string, string>();
  for (const [name, { 'member-interface': members, mark, zone, 'linux-interface': links }] of interfaces) {
    const path = ['interfaces', name];
    if (members.length > 0 && !isAggregate(name))
      yield finding('error', 'no-aggregate', [...path, 'member-interface'], { name });
    if (isAggregate(name) && mark.length + zone.length + links.length > 0)
      yield finding('error', 'aggregate-rule', path, { name });
    for (const member of members) {
      const other = aggregates.get(member);
      if (isAggregate(member) || other !== undefined)
        yield finding('error', 'not-a-member', [...path, 'member-interface'], {
          member,
          aggregate: other ?? '',
        });
      aggregates.set(member, name);
    }
  }
}

function* verifySets(sets: Services['service-set'], interfaces: Services['interfaces']): Generator<Finding> {
  const members = [...interfaces.values()].flatMap((each) => each['member-interface']);
  for (const [name, { interface: on }] of sets) {
    if (on !== undefined && !interfaces.has(on) && !members.includes(on))
      yield finding('warning', 'no-such-services-interface', ['service-set', name, 'interface'], {
        interface: on,
      });
  }
}

/** Networks of Linux interfaces are those of this moment. */
export function mappingOf({
  interfaces,
  'service-set': sets,
  'session-source': source,
}: Services): MappingSettings {
  return {
    interfaces: interfacesOf(interfaces),
    serviceSets: [...sets].map(([name, set]) => ({
      name,
      interface: set.interface,
      rule: {
        marks: set.mark.map(markOf),
        zones: set.zone,
        prefixes: set['source-prefix'].map(rangeOf),
      },
    })),
    insidePrefixes: source['inside-prefix'].map(rangeOf),
    outsideMark: source['outside-mark'] === undefined ? undefined : markOf(source['outside-mark']),
    stateMask: Number(source['state-mask'] ?? 0),
    measurements: noMeasurements,
  };
}

function interfacesOf(interfaces: Services['interfaces']): readonly ServicesInterface[] {
  const aggregates = new Map(
    [...interfaces].flatMap(([name, { 'member-interface': members }]) =>
      members.map((member) => [member, name] as const),
    ),
  );
  return [...interfaces].flatMap(([name, each]) => {
    if (isAggregate(name)) return [];
    const prefixes = each['linux-interface'].flatMap(networksOf).map(rangeOf);
    const rule = { marks: each.mark.map(markOf), zones: each.zone, prefixes };
    return [{ name, aggregate: aggregates.get(name), rule }];
  });
}

function networksOf(name: string): readonly string[] {
  return (networkInterfaces()[name] ?? []).flatMap(({ cidr }) => cidr ?? []);
}

/** `0xVALUE/0xMASK`. */
function markOf(text: string): MarkMatch {
  const [value, mask] = text.split('/').map(Number) as [number, number];
  return { value, mask };
}

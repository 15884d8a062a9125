/** Which dumps a filter needs: together they have every connection that passes it, each once. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { rangeOf } from '../../../src/services/address.ts';
import { parseConnectionLine } from '../../../src/services/conntrack/connection-text.ts';
import type { Connection } from '../../../src/services/conntrack/connection.ts';
import { addressFamily, type DumpFilter } from '../../../src/services/conntrack/ctnetlink.ts';
import { dumpPlan, passesIn } from '../../../src/services/conntrack/dump-plan.ts';
import { SessionFilter, type FilterOptions } from '../../../src/services/filter.ts';
import {
  defaultMapping,
  type ConnectionRule,
  type MappingSettings,
} from '../../../src/services/mapping-settings.ts';
import { many } from '../../support/many.ts';

const plan = (options: FilterOptions, settings: Partial<MappingSettings> = {}): readonly DumpFilter[] =>
  dumpPlan(new SessionFilter(options).criteria, { ...defaultMapping, ...settings });

/** Of a plan: family, direction, and what is compared. */
const told = (options: FilterOptions, settings?: Partial<MappingSettings>): readonly string[] =>
  plan(options, settings).map(({ family, tuple, mark, zone }) =>
    [
      { [addressFamily.any]: 'any', [addressFamily.ipv4]: 'IPv4', [addressFamily.ipv6]: 'IPv6' }[family],
      ...Object.entries(tuple ?? {}).flatMap(([key, value]) =>
        value === undefined ? [] : [`${key} ${value}`],
      ),
      ...(mark === undefined ? [] : [`mark ${mark.value}/${mark.mask}`]),
      ...(zone === undefined ? [] : [`zone ${zone}`]),
    ].join(', '),
  );

describe('what the kernel is asked for', () => {
  test.each<[FilterOptions, string[]]>([
    [{}, ['any']],
    [{ sourcePrefix: '10.0.0.0/8' }, ['IPv4']],
    [{ sourcePrefix: '2001:db8::1' }, ['IPv6']],
    [{ sourcePrefix: '10.0.0.0/8', destinationPrefix: '::/0' }, []],
    [{ destinationPort: 53 }, ['any']],
    [{ protocol: 17 }, ['IPv4, direction original, protocol 17', 'IPv6, direction original, protocol 17']],
    [
      { protocol: 17, destinationPort: 53 },
      [
        'IPv4, direction original, protocol 17, destinationPort 53',
        'IPv4, direction reply, protocol 17, destinationPort 53',
        'IPv6, direction original, protocol 17',
      ],
    ],
    [
      { protocol: 6, sourcePort: 80, sourcePrefix: '::/0' },
      [
        'IPv6, direction original, protocol 6, sourcePort 80',
        'IPv6, direction reply, protocol 6, sourcePort 80',
      ],
    ],
    // ICMP has no ports that could be compared.
    [
      { protocol: 1, sourcePort: 80 },
      ['IPv4, direction original, protocol 1', 'IPv6, direction original, protocol 1'],
    ],
    [
      { sourcePrefix: '10.0.0.1' },
      ['IPv4, direction original, source 167772161', 'IPv4, direction reply, source 167772161'],
    ],
    [
      { destinationPrefix: '10.0.0.1/32' },
      ['IPv4, direction original, destination 167772161', 'IPv4, direction reply, destination 167772161'],
    ],
  ])('%o', (options, dumps) => {
    expect(told(options)).toEqual(dumps);
  });

  test('of an interface or a set, whose only mark and zone it has', () => {
    const rule = (rest: Partial<ConnectionRule>): ConnectionRule => ({
      ...{ marks: [], zones: [], prefixes: [] },
      ...rest,
    });
    const [one, two] = [
      { value: 1, mask: 15 },
      { value: 2, mask: 15 },
    ];
    const settings = {
      interfaces: [
        { name: 'ms-1/0/0', aggregate: undefined, rule: rule({ marks: [one], zones: [7] }) },
        { name: 'ms-2/0/0', aggregate: undefined, rule: rule({ marks: [one, two], zones: [7, 8] }) },
        { name: 'ms-3/0/0', aggregate: undefined, rule: rule({ zones: [3] }) },
        { name: 'ms-3/0/0', aggregate: undefined, rule: rule({ zones: [4] }) },
        { name: 'ms-0/0/0', aggregate: undefined, rule: rule({ zones: [5] }) },
      ],
      serviceSets: [
        { name: 'nat', interface: undefined, rule: rule({ marks: [two] }) },
        { name: 'default', interface: undefined, rule: rule({ zones: [9] }) },
      ],
    };
    expect(told({ interface: 'ms-1/0/0' }, settings)).toEqual(['any, mark 1/15, zone 7']);
    expect(told({ interface: 'ms-2/0/0' }, settings)).toEqual(['any']);
    expect(told({ interface: 'ms-3/0/0' }, settings)).toEqual(['any']);
    expect(told({ interface: 'ms-9/0/0' }, settings)).toEqual(['any']);
    expect(told({ serviceSet: 'nat' }, settings)).toEqual(['any, mark 2/15']);
    expect(told({ serviceSet: 'nat', interface: 'ms-1/0/0' }, settings)).toEqual(['any, mark 1/15, zone 7']);
    expect(told({ serviceSet: 'nat', protocol: 1, sourcePrefix: '10.0.0.0/8' }, settings)).toEqual([
      'IPv4, direction original, protocol 1, mark 2/15',
    ]);
    // What bears the name of a default has what fits no rule, too.
    expect(told({ interface: 'ms-0/0/0' }, settings)).toEqual(['any']);
    expect(told({ serviceSet: 'default' }, settings)).toEqual(['any']);
  });
});

const addresses = {
  ipv4: ['10.0.0.1', '10.0.0.2', '192.0.2.1'],
  ipv6: ['2001:db8::1', '2001:db8::2', '::1'],
};

const connections = fc
  .record({
    family: fc.constantFrom('ipv4' as const, 'ipv6' as const),
    protocol: fc.constantFrom(1, 6, 17),
    ends: fc.tuple(fc.nat(2), fc.nat(2), fc.nat(2)),
    ports: fc.tuple(fc.nat(2), fc.nat(2)),
  })
  .map(({ family, protocol, ends: [from, to, back], ports: [sport, dport] }): Connection => {
    const [source, destination, translated] = [from, to, back].map((at) => addresses[family][at]!);
    const ports = (one: number, other: number): string =>
      protocol === 1 ? '' : ` sport=${one} dport=${other}`;
    return parseConnectionLine(
      `any ${protocol} 30 src=${source} dst=${destination}${ports(sport, dport)} src=${destination} dst=${translated}${ports(dport, sport)}`,
    ).connection;
  });

const filters = fc.record(
  {
    protocol: fc.constantFrom(1, 6, 17),
    sourcePort: fc.nat(2),
    destinationPort: fc.nat(2),
    sourcePrefix: fc.constantFrom('10.0.0.1', '10.0.0.0/8', '2001:db8::1', '::/0'),
    destinationPrefix: fc.constantFrom('10.0.0.1', '10.0.0.0/8', '2001:db8::1', '::/0'),
  },
  { requiredKeys: [] },
);

/** Whether the kernel gives it. */
function isGiven({ original, reply }: Connection, { family, tuple }: DumpFilter): boolean {
  const own = typeof original.source === 'number' ? addressFamily.ipv4 : addressFamily.ipv6;
  if (family !== addressFamily.any && family !== own) return false;
  if (tuple === undefined) return true;
  const { direction, ...match } = tuple;
  const compared = direction === 'original' ? original : reply;
  return Object.entries(match).every(
    ([key, value]) => value === undefined || compared[key as keyof typeof match] === value,
  );
}

test('every connection that passes is in one dump, and no other', () => {
  fc.assert(
    fc.property(connections, filters, (connection, options) => {
      const filter = new SessionFilter(options);
      const dumps = plan(options).filter((dump) => isGiven(connection, dump));
      const passing = [connection.original, connection.reply].some((flow) =>
        filter.flow(flow.protocol, flow.source, flow.sourcePort, flow.destination, flow.destinationPort),
      );
      expect(dumps.filter((dump) => passesIn(dump, filter, connection))).toHaveLength(passing ? 1 : 0);
    }),
    { numRuns: many(1000) },
  );
});

test.each<[what: string, options: FilterOptions, line: string, passing: number[]]>([
  ['its original', { destinationPort: 80 }, 'sport=1 dport=80', [0]],
  ['its reply', { sourcePort: 80 }, 'sport=1 dport=80', [1]],
  ['both', { sourcePort: 80, destinationPort: 80 }, 'sport=80 dport=80', [0]],
  ['neither', { sourcePort: 80, destinationPort: 80 }, 'sport=1 dport=80', []],
])('of a connection of which %s passes, the one dump of that has it', (_, options, ports, passing) => {
  const reply = ports.replace(/sport=(\d+) dport=(\d+)/, 'sport=$2 dport=$1');
  const { connection } = parseConnectionLine(
    `tcp 6 30 src=10.0.0.1 dst=10.0.0.2 ${ports} src=10.0.0.2 dst=10.0.0.1 ${reply}`,
  );
  const of = (more: FilterOptions): number[] => {
    const filter = new SessionFilter(more);
    const dumps = plan(more).filter((dump) => isGiven(connection, { ...dump, tuple: undefined }));
    return dumps.flatMap((dump, at) => (passesIn(dump, filter, connection) ? [at] : []));
  };
  expect(of({ ...options, protocol: 6 })).toEqual(passing);
  // Without a protocol, ports are not asked for, and one dump has them all.
  expect(of(options)).toEqual(passing.length === 0 ? [] : [0]);
  expect(of({ protocol: 6 })).toEqual([0]);
  expect(of({})).toEqual([0]);
});

test('a prefix of one address is that address', () => {
  expect(plan({ sourcePrefix: '10.0.0.1/32' })[0]?.tuple?.source).toBe(rangeOf('10.0.0.1').lowest);
});

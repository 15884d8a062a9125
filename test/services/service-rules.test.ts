/** What the configuration of services must satisfy, and what it says of the mapping. */
import { networkInterfaces } from 'node:os';
import { describe, expect, test } from 'vitest';
import type { Configuration } from '../../src/config/configuration.ts';
import { effective } from '../../src/config/effective.ts';
import { rangeOf } from '../../src/services/address.ts';
import { defaultMapping } from '../../src/services/mapping-settings.ts';
import { mappingOf, verifyServices } from '../../src/services/service-rules.ts';
import { treeOf } from '../support/configuration.ts';
import { grammars } from '../support/grammar.ts';

const services = (...lines: string[]): Configuration['services'] =>
  effective(grammars.schema, treeOf(lines.map((line) => `services ${line}`))).services;

describe('findings', () => {
  const members = (aggregate: string, ...names: string[]): string[] =>
    names.map((name) => `interfaces ${aggregate} member-interface ${name}`);

  test.each<[what: string, lines: string[], findings: string[]]>([
    ['of nothing', [], []],
    ['of an aggregate and its members', members('ams0', 'mams-5/0/0', 'mams-5/1/0'), []],
    [
      'members of what is no aggregate',
      members('ms-1/0/0', 'mams-5/0/0'),
      ['error services interfaces ms-1/0/0 member-interface: no-aggregate {"name":"ms-1/0/0"}'],
    ],
    ...['mark 0x1/0xff', 'zone 7', 'linux-interface lo'].map((rule): [string, string[], string[]] => [
      `an aggregate with a rule of its own, ${rule}`,
      [`interfaces ams0 ${rule}`],
      ['error services interfaces ams0: aggregate-rule {"name":"ams0"}'],
    ]),
    [
      'a member of two',
      [...members('ams0', 'mams-5/0/0'), ...members('ams1', 'mams-5/0/0')],
      [
        'error services interfaces ams1 member-interface: not-a-member {"member":"mams-5/0/0","aggregate":"ams0"}',
      ],
    ],
    [
      'an aggregate in an aggregate',
      members('ams0', 'ams1'),
      ['error services interfaces ams0 member-interface: not-a-member {"member":"ams1","aggregate":""}'],
    ],
    [
      'a set on an interface that is configured',
      ['interfaces ms-1/0/0 zone 1', 'service-set s interface ms-1/0/0'],
      [],
    ],
    [
      'a set on a member',
      [...members('ams0', 'mams-5/0/0'), 'service-set s interface mams-5/0/0', 'service-set t mark 0x1/0x1'],
      [],
    ],
    [
      'a set on an interface that is not',
      ['interfaces ms-2/0/0 zone 1', 'service-set s interface ms-1/0/0'],
      ['warning services service-set s interface: no-such-services-interface {"interface":"ms-1/0/0"}'],
    ],
  ])('%s', (_, lines, findings) => {
    const told = verifyServices(services(...lines)).map(
      ({ severity, code, path, details }) =>
        `${severity} ${path.join(' ')}: ${code} ${JSON.stringify(details)}`,
    );
    expect(told).toEqual(findings);
  });
});

describe('the mapping', () => {
  test('of nothing is that of no configuration', () => {
    expect(mappingOf(services())).toEqual(defaultMapping);
  });

  test('has interfaces, with the aggregate that they are members of, and sets', () => {
    const mapping = mappingOf(
      services(
        'interfaces ams0 member-interface mams-5/0/0',
        'interfaces mams-5/0/0 mark [ 0x10/0xf0 0xffffffff/0xffffffff ]',
        'interfaces ms-1/0/0 zone [ 7 0 ]',
        'service-set nat interface ms-1/0/0',
        'service-set nat source-prefix [ 10.0.0.0/8 2001:db8::/32 ]',
        'service-set rest mark 0x1/0x1',
        'service-set rest zone 3',
      ),
    );
    const rule = { marks: [], zones: [], prefixes: [] };
    expect(mapping.interfaces).toEqual([
      {
        name: 'mams-5/0/0',
        aggregate: 'ams0',
        rule: {
          ...rule,
          marks: [
            { value: 0x10, mask: 0xf0 },
            { value: 0xffffffff, mask: 0xffffffff },
          ],
        },
      },
      { name: 'ms-1/0/0', aggregate: undefined, rule: { ...rule, zones: [7, 0] } },
    ]);
    expect(mapping.serviceSets).toEqual([
      {
        name: 'nat',
        interface: 'ms-1/0/0',
        rule: { ...rule, prefixes: [rangeOf('10.0.0.0/8'), rangeOf('2001:db8::/32')] },
      },
      { name: 'rest', interface: undefined, rule: { ...rule, marks: [{ value: 1, mask: 1 }], zones: [3] } },
    ]);
  });

  test('has the networks of Linux interfaces as they are now; one that is not there has none', () => {
    const { interfaces } = mappingOf(
      services('interfaces ms-1/0/0 linux-interface lo', 'interfaces ms-2/0/0 linux-interface none'),
    );
    const own = networkInterfaces()['lo']!.map(({ cidr }) => rangeOf(cidr!));
    expect(own).toContainEqual(rangeOf('127.0.0.0/8'));
    expect(interfaces.map(({ rule }) => rule.prefixes)).toEqual([own, []]);
  });

  test('has what is inside, what is outside, and where the state is', () => {
    expect(
      mappingOf(
        services(
          'session-source inside-prefix 10.0.0.0/8',
          'session-source outside-mark 0x20/0x30',
          'session-source state-mask 0xf000',
        ),
      ),
    ).toEqual({
      ...defaultMapping,
      insidePrefixes: [rangeOf('10.0.0.0/8')],
      outsideMark: { value: 0x20, mask: 0x30 },
      stateMask: 0xf000,
    });
  });
});

/** Sessions group by group, of a reading that holds none of them. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { GroupCounts, GroupPasses, onlyGroup } from '../../../src/services/conntrack/group-passes.ts';
import { defaultMapping, type MappingSettings } from '../../../src/services/mapping-settings.ts';
import { compareGroups, type SessionGroup } from '../../../src/services/session.ts';

const rule = { marks: [], zones: [], prefixes: [] };
const settings: MappingSettings = {
  ...defaultMapping,
  interfaces: [
    { name: 'ms-1/0/0', aggregate: undefined, rule },
    { name: 'mams-5/0/0', aggregate: 'ams0', rule },
  ],
  serviceSets: [{ name: 'nat', interface: undefined, rule }],
};
const group = (name: string, serviceSet: string, aggregate?: string): SessionGroup => ({
  interface: name,
  aggregate,
  serviceSet,
});
const groups = [
  group('mams-5/0/0', 'nat', 'ams0'),
  group('mams-5/0/0', 'default', 'ams0'),
  group('ms-0/0/0', 'nat'),
  group('ms-0/0/0', 'default'),
  group('ms-1/0/0', 'nat'),
  group('ms-1/0/0', 'default'),
].toSorted(compareGroups);

/** Reads the table as often as it takes. */
function read(table: readonly SessionGroup[]): {
  readonly given: readonly SessionGroup[];
  readonly passes: number;
} {
  const passes = new GroupPasses(settings);
  const given: SessionGroup[] = [];
  let count = 0;
  do {
    count += 1;
    given.push(...table.filter((each) => passes.isTurnOf(each)));
  } while (passes.next());
  return { given, passes: count };
}

test('all are given once, in the order of groups, in no more passes than there are groups', () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...groups)), (table) => {
      const { given, passes } = read(table);
      expect(given).toEqual(table.toSorted(compareGroups));
      expect(passes).toBeLessThanOrEqual(new Set([groups[0], ...table]).size);
    }),
  );
});

describe('without interfaces and sets', () => {
  test('there is one group, and one pass', () => {
    expect(onlyGroup(defaultMapping)).toEqual(group('ms-0/0/0', 'default'));
    const passes = new GroupPasses(defaultMapping);
    expect(passes.isTurnOf(group('ms-0/0/0', 'default'))).toBe(true);
    expect(passes.next()).toBe(false);
  });

  test('of either, there may be others', () => {
    for (const more of [{ interfaces: settings.interfaces }, { serviceSets: settings.serviceSets }])
      expect(onlyGroup({ ...defaultMapping, ...more })).toBeUndefined();
  });
});

test('counts are added up by interface and set, and begin with those that are known', () => {
  const counts = new GroupCounts([{ ...groups[0]!, sessions: 5 }]);
  counts.add(groups[3]!);
  counts.add(groups[1]!, 4);
  counts.add(groups[0]!);
  counts.add(groups[1]!, 2);
  expect(counts.sorted()).toEqual([
    { ...groups[0]!, sessions: 6 },
    { ...groups[1]!, sessions: 6 },
    { ...groups[3]!, sessions: 1 },
  ]);
});

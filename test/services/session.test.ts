/** Tests of the order in which groups of sessions are shown. */
import { expect, test } from 'vitest';
import { compareGroups, type SessionGroup } from '../../src/services/session.ts';

const group = (name: string, aggregate?: string, serviceSet = 'ss'): SessionGroup => ({
  interface: name,
  aggregate,
  serviceSet,
});

test('members stand in the place of their aggregate, numbers count as numbers', () => {
  const groups = [
    group('ms-10/0/0'),
    group('mams-5/1/0', 'ams0'),
    group('ms-2/0/0', undefined, 'ss10'),
    group('mams-5/0/0', 'ams0'),
    group('ms-2/0/0', undefined, 'ss9'),
    group('mams-1/0/0', 'ams1'),
  ];
  expect(
    groups
      .toSorted(compareGroups)
      .map((each) => `${each.aggregate ?? ''} ${each.interface} ${each.serviceSet}`),
  ).toEqual([
    'ams0 mams-5/0/0 ss',
    'ams0 mams-5/1/0 ss',
    'ams1 mams-1/0/0 ss',
    ' ms-2/0/0 ss9',
    ' ms-2/0/0 ss10',
    ' ms-10/0/0 ss',
  ]);
});

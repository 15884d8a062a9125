/** Wildcards of groups: which keys they match, and which texts are wildcards. */
import { describe, expect, test } from 'vitest';
import { APPLY_GROUPS, APPLY_GROUPS_EXCEPT, GROUPS, matchesWildcard } from '../../src/grammar/groups.ts';
import { childNamed, type GrammarNode } from '../../src/grammar/node.ts';
import { grammars } from '../support/grammar.ts';

test.each<[string, readonly string[], readonly string[]]>([
  ['<*>', ['', 'a', 'ms-0/0/0', 'two\nlines'], []],
  ['<a*>', ['a', 'abc'], ['', 'ba']],
  ['<*-0>', ['x-0', '-0'], ['x-01']],
  ['<?>', ['a', '.', '\n'], ['', 'ab']],
  ['<a?c>', ['abc', 'a?c'], ['ac', 'abbc']],
  ['<[ab]1>', ['a1', 'b1'], ['c1', 'ab1', '[ab]1']],
  ['<[a-c]>', ['a', 'b', 'c'], ['d', '-']],
  ['<[[]x>', ['[x'], ['x', ']x']],
  ['<[^a]>', ['[^a]'], ['b']],
  ['<a.b>', ['a.b'], ['axb']],
  ['<a+(b|c)$>', ['a+(b|c)$'], ['aab', 'aac']],
  ['<{2}\\d>', ['{2}\\d'], ['5']],
])('%s', (wildcard, matching, others) => {
  for (const key of matching) expect(matchesWildcard(wildcard, key), key).toBe(true);
  for (const key of others) expect(matchesWildcard(wildcard, key), key).toBe(false);
});

describe('the schema', () => {
  const { schema } = grammars;
  const along = (node: GrammarNode, ...names: string[]): GrammarNode =>
    names.reduce((at, name) => childNamed(at, name)!, node);
  const RPM = ['services', 'rpm', 'twamp', 'client', 'control-connection'];
  const inGroup = along(schema, GROUPS, ...RPM);
  const parsed = (node: GrammarNode, text: string) => node.value!.type.parse(text);

  test('has the whole tree in a group, but no groups', () => {
    const names = ({ children }: GrammarNode) => children.map(({ name }) => name);
    const groups = along(schema, GROUPS);
    expect(names(groups)).not.toContain(GROUPS);
    expect(names(groups)).toEqual(expect.arrayContaining(['system', 'services', 'routing-instances']));
    expect(names(schema)).toEqual(expect.arrayContaining(names(groups)));
    expect(groups.inheritance).toBe(true);
  });

  test('takes a wildcard for a key in a group, and nowhere else', () => {
    expect(parsed(inGroup, '<*>')).toEqual({ value: '<*>' });
    expect(parsed(inGroup, 'a')).toEqual({ value: 'a' });
    expect(parsed(along(schema, ...RPM), '<*>')).toHaveProperty('expected');
  });

  test('takes no wildcard that cannot be matched, or of more than 256 characters', () => {
    const expected = { expected: 'a wildcard such as <*>, or a key' };
    expect(parsed(inGroup, `<${'a'.repeat(254)}>`)).toHaveProperty('value');
    expect(parsed(inGroup, `<${'a'.repeat(255)}>`)).toEqual(expected);
    expect(parsed(inGroup, '<[c-a]>')).toEqual(expected);
  });

  test('can inherit wherever something stands below, with the privileges of where that is', () => {
    for (const name of [APPLY_GROUPS, APPLY_GROUPS_EXCEPT]) {
      const client = along(schema, ...RPM);
      const heir = along(client, name);
      expect(heir.inheritance).toBe(true);
      expect([heir.privilege, heir.modifyPrivilege]).toEqual([client.privilege, client.modifyPrivilege]);
      expect(childNamed(along(schema, 'system', 'host-name'), name)).toBeUndefined();
    }
  });
});

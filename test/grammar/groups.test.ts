/** Wildcards of groups: which keys they match, and which texts are wildcards. */
import { describe, expect, test } from 'vitest';
import {
  addGroups,
  APPLY_GROUPS,
  APPLY_GROUPS_EXCEPT,
  GROUPS,
  matchesWildcard,
} from '../../src/grammar/groups.ts';
import { childNamed, type GrammarNode } from '../../src/grammar/node.ts';
import { readGrammar } from '../../src/grammar/notation.ts';
import { configurationMode, grammars } from '../support/grammar.ts';

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

test('of more wildcards than are kept, each matches what it does', () => {
  for (let index = 0; index <= 1000; index += 1) {
    expect(matchesWildcard(`<a${index}.*>`, `a${index}.b`)).toBe(true);
    expect(matchesWildcard(`<a${index}.*>`, `<a${index}.b>`)).toBe(false);
  }
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

describe('a schema that groups are hung into', () => {
  const hung = () => {
    const schema = readGrammar(
      `
system "System" @view/change
  port <port:1..9> "Port" @see/turn
  gate => port
  room <room:name(5)>+ "Room"
    name <name:name(5)> "Name"
flag "Flag"
`,
      'schema.cli',
    );
    const groups = readGrammar(
      'groups <group:name(9)>+ "G" @own\napply-groups <g:name(9)>* "A" @own\napply-groups-except <g:name(9)>* "E" @own',
      'groups.cli',
    );
    addGroups(schema, groups);
    const system = childNamed(schema, 'system')!;
    const inGroup = childNamed(childNamed(schema, GROUPS)!, 'system')!;
    return { schema, system, inGroup };
  };
  const names = ({ children }: GrammarNode) => children.map(({ name }) => name);
  const heirs = [APPLY_GROUPS, APPLY_GROUPS_EXCEPT];

  test('has them at the top, and heirs wherever something stands below', () => {
    const { schema, system } = hung();
    expect(names(schema)).toEqual([GROUPS, ...heirs, 'system', 'flag']);
    expect(names(system)).toEqual([...heirs, 'port', 'gate', 'room']);
    expect(names(childNamed(system, 'room')!)).toEqual([...heirs, 'name']);
    for (const leaf of ['port', 'gate'])
      expect(names(childNamed(system, leaf) ?? system.children[3]!)).toEqual([]);
    expect(names(childNamed(schema, 'flag')!)).toEqual([]);
  });

  test('heirs need what their container needs, and at the top what is said of them', () => {
    const { schema, system } = hung();
    for (const name of heirs) {
      const [top, below] = [childNamed(schema, name)!, childNamed(system, name)!];
      expect([top.privilege, top.modifyPrivilege, top.inheritance]).toEqual(['own', undefined, true]);
      expect([below.privilege, below.modifyPrivilege, below.inheritance]).toEqual(['view', 'change', true]);
    }
  });

  test('has in a group what it has, aliases of lines of the group, and keys that may be wildcards', () => {
    const { schema, system, inGroup } = hung();
    expect(names(childNamed(schema, GROUPS)!)).toEqual([...heirs, 'system', 'flag']);
    expect(names(inGroup)).toEqual(names(system));
    const port = childNamed(inGroup, 'port')!;
    expect(port).not.toBe(childNamed(system, 'port'));
    expect(port).toMatchObject({ help: 'Port', privilege: 'see', value: { arity: 'one' } });
    expect(inGroup.children.find(({ name }) => name === 'gate')!.aliasOf).toBe(port);
    const keyIn = (node: GrammarNode) => childNamed(node, 'room')!.value!;
    expect(keyIn(inGroup)).toMatchObject({ name: 'room', arity: 'key', type: { name: 'name(5)' } });
    expect(keyIn(inGroup).type.parse('<r*>')).toEqual({ value: '<r*>' });
    expect(keyIn(inGroup).type.parse('room1')).toEqual({ value: 'room1' });
    expect(keyIn(inGroup).type.parse('toolong')).toHaveProperty('expected');
    for (const none of ['<a', 'a>', '<>', '<a<b>', '<a>b>', 'x<a>'])
      expect(keyIn(inGroup).type.parse(none), none).toHaveProperty('expected');
    expect(keyIn(system).type.parse('<r*>')).toHaveProperty('expected');
    expect(port.value!.type.parse('<*>')).toHaveProperty('expected');
  });
});

test('who inherits is asked for at the top, and elsewhere said by those who begin to say it', () => {
  const terminal = configurationMode();
  expect(terminal.offered('set ')).toContain(APPLY_GROUPS);
  expect(terminal.offered('set system ')).not.toContain(APPLY_GROUPS);
  expect(terminal.offered('set system apply-groups')).toContain(APPLY_GROUPS);
});

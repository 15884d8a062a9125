/** Groups: what is inherited, from whom, by whom it may be changed, and what is refused. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { effective } from '../../src/config/effective.ts';
import { faultsOfGroups, groupOf, withInherited } from '../../src/config/inheritance.ts';
import { forbiddenChange } from '../../src/config/privileges.ts';
import { bracesLines, setLines } from '../../src/config/text.ts';
import { SECRET_KEY_OCTETS, Secrets } from '../../src/config/secrets.ts';
import { EMPTY_TREE, getAt, setAt, type ConfigTree } from '../../src/config/tree.ts';
import { Candidate } from '../../src/config/candidate.ts';
import { matchesWildcard } from '../../src/grammar/groups.ts';
import { statementsOf, treeOf, treesOf } from '../support/configuration.ts';
import { classCan, grammars } from '../support/grammar.ts';
import { testSecrets as secrets } from '../support/secrets.ts';

const { schema } = grammars;
const server = 'services rpm twamp server';
const lines = (tree: ConfigTree) => [...setLines(schema, tree)];
const inherited = (...typed: string[]) => lines(withInherited(schema, treeOf(typed)));

describe('a container inherits', () => {
  test.each<[what: string, typed: string[], inherited: string[]]>([
    ['nothing that is not applied', [`groups g ${server} port 900`], []],
    [
      'what its group has and it has not',
      [
        `groups g ${server} port 900`,
        `groups g ${server} dscp-value 8`,
        'apply-groups g',
        `${server} dscp-value 9`,
      ],
      [`${server} port 900`, `${server} dscp-value 9`],
    ],
    [
      'from the first of several groups',
      [
        `groups g ${server} port 900`,
        `groups h ${server} port 901`,
        `groups h ${server} dscp-value 1`,
        'apply-groups [ g h ]',
      ],
      [`${server} port 900`, `${server} dscp-value 1`],
    ],
    [
      'from what is applied deeper before what is applied above',
      [
        `groups g ${server} port 900`,
        `groups h ${server} port 901`,
        'apply-groups g',
        `${server} apply-groups h`,
      ],
      [`${server} port 901`],
    ],
    [
      'only what stands at its own place in the group',
      [`groups g ${server} port 900`, 'groups g system host-name r9', 'services apply-groups g'],
      [`${server} port 900`],
    ],
    [
      'nothing from groups that are excepted',
      [
        `groups g ${server} port 900`,
        `groups h ${server} port 901`,
        'apply-groups [ g h ]',
        'services apply-groups-except g',
      ],
      [`${server} port 901`],
    ],
    [
      'entries',
      [
        `groups g ${server} client-list lab address 10.0.0.0/8`,
        'apply-groups g',
        `${server} client-list own`,
      ],
      [`${server} client-list own`, `${server} client-list lab address 10.0.0.0/8`],
    ],
    [
      'in each entry that a wildcard matches',
      [
        `groups g ${server} client-list <lab-*> type deny`,
        'apply-groups g',
        `${server} client-list lab-1`,
        `${server} client-list lab-2 type allow`,
        `${server} client-list other`,
      ],
      [
        `${server} client-list lab-1 type deny`,
        `${server} client-list lab-2 type allow`,
        `${server} client-list other`,
      ],
    ],
    ['what means something by being there', [`groups g ${server}`, 'apply-groups g'], [server]],
    ['no entries of wildcards alone', [`groups g ${server} client-list <*> type deny`, 'apply-groups g'], []],
    [
      'what a group inherits from another',
      [`groups g ${server} apply-groups h`, `groups h ${server} port 900`, 'apply-groups g'],
      [`${server} port 900`],
    ],
    [
      'nothing that is inactive in a group, and nothing of an inactive group',
      [
        `groups g ${server} port 900`,
        `groups g ${server} dscp-value 9`,
        `deactivate groups g ${server} port`,
        'groups h system host-name x',
        'deactivate groups h',
        'apply-groups [ g h ]',
      ],
      [`${server} dscp-value 9`],
    ],
  ])('%s', (_, typed, expected) => {
    const active = inherited(...typed);
    expect(active).toEqual(expected.map((line) => `set ${line}`));
  });

  test('and what is inactive in it is inherited after all', () => {
    const tree = treeOf([
      `groups g ${server} port 900`,
      'apply-groups g',
      `${server} port 1`,
      `deactivate ${server} port`,
    ]);
    expect(effective(schema, tree).services.rpm.twamp.server?.port).toBe(900);
  });

  test('nothing where there are no groups', () => {
    fc.assert(
      fc.property(treesOf(schema), (tree) => {
        expect(withInherited(schema, tree)).toBe(tree);
      }),
      { numRuns: 10 },
    );
  });
});

test('what is inherited is shown with its group', () => {
  const tree = treeOf([
    `groups g ${server} port 900`,
    `groups g ${server} client-list lab address 10.0.0.0/8`,
    'apply-groups g',
    `${server} dscp-value 9`,
  ]);
  expect([...bracesLines(schema, withInherited(schema, tree))].join('\n')).toBe(`services {
    rpm {
        twamp {
            server {
                ##
                ## '900' was inherited from group 'g'
                ##
                port 900;
                dscp-value 9;
                ##
                ## 'lab' was inherited from group 'g'
                ##
                client-list lab {
                    address {
                        ##
                        ## '10.0.0.0/8' was inherited from group 'g'
                        ##
                        10.0.0.0/8;
                    }
                }
            }
        }
    }
}`);
});

test('a secret is sealed for its place in the group, and for where it is inherited', () => {
  const candidate = new Candidate(schema, secrets, () =>
    treeOf(['apply-groups g', `${server} authentication-key-chain c key-id k`]),
  );
  candidate.set(
    statementsOf(`set groups g ${server} authentication-key-chain <*> key-id <*> secret hunter2`),
    () => true,
  );
  expect(lines(candidate.tree).join('\n')).not.toContain('hunter2');
  const { server: configured } = effective(schema, candidate.tree, secrets).services.rpm.twamp;
  const chain = configured!['authentication-key-chain'].get('c')!;
  const sealed = chain['key-id'].get('k')!.secret!;
  const path = [...server.split(' '), 'authentication-key-chain', 'c', 'key-id', 'k', 'secret'];
  expect(secrets.open(path, sealed)).toBe('hunter2');
});

describe('who may not change a statement', () => {
  const can = classCan('system');

  test.each([
    ['puts it into no group', [], [`groups g ${server} port 900`]],
    [
      'applies no group that has it',
      [`groups g ${server} port 900`],
      [`groups g ${server} port 900`, 'apply-groups g'],
    ],
    [
      'takes no such group away',
      [`groups g ${server} port 900`, 'apply-groups g'],
      [`groups g ${server} port 900`],
    ],
    [
      'changes it by no exception',
      [`groups g ${server} port 900`, 'apply-groups g'],
      [`groups g ${server} port 900`, 'apply-groups g', 'services apply-groups-except g'],
    ],
  ])('%s', (_, before, after) => {
    expect(forbiddenChange(schema, treeOf(before), treeOf(after), can)).toBeDefined();
    expect(forbiddenChange(schema, treeOf(before), treeOf(after), classCan('super-user'))).toBeUndefined();
  });

  test('may use groups for what else there is', () => {
    const before = treeOf([`groups g ${server} port 900`]);
    const after = treeOf([`groups g ${server} port 900`, 'groups h system host-name r9', 'apply-groups h']);
    expect(forbiddenChange(schema, before, after, can)).toBeUndefined();
  });
});

describe('is refused', () => {
  test.each<[what: string, typed: string[], faults: [string, string][]]>([
    ['no such group', ['services apply-groups g'], [['unknown-group', 'services apply-groups']]],
    [
      'no such exception',
      [`${server} apply-groups-except g`],
      [['unknown-group', `${server} apply-groups-except`]],
    ],
    [
      'no such group in a group',
      ['groups g apply-groups h', 'groups h apply-groups i'],
      [['unknown-group', 'groups h apply-groups']],
    ],
    ['a group of itself', ['groups g apply-groups g'], [['group-loop', 'groups g']]],
    [
      'groups of each other',
      ['groups g system apply-groups h', 'groups h services apply-groups g', 'groups i apply-groups g'],
      [
        ['group-loop', 'groups g'],
        ['group-loop', 'groups h'],
      ],
    ],
  ])('%s', (_, typed, faults) => {
    const tree = treeOf(typed);
    expect(faultsOfGroups(schema, tree).map(({ code, path }) => [code, path.join(' ')])).toEqual(faults);
    expect(lines(withInherited(schema, tree))).toBeDefined();
  });

  test('nothing of what is inactive', () => {
    expect(
      faultsOfGroups(schema, treeOf(['services apply-groups g', 'deactivate services apply-groups'])),
    ).toEqual([]);
  });
});

test.each([
  ['<*>', 'anything', true],
  ['<lab-*>', 'lab-1', true],
  ['<lab-*>', 'a-lab-1', false],
  ['<a?c>', 'abc', true],
  ['<a?c>', 'ac', false],
  ['<[ab]1>', 'b1', true],
  ['<[ab]1>', 'c1', false],
  ['<a.c>', 'abc', false],
  ['<10.*>', '10.0.0.0/8', true],
])('%s matches %s: %s', (wildcard, key, matches) => {
  expect(matchesWildcard(wildcard, key)).toBe(matches);
});

test.each(['<', '<>', '<[z-a]>', `<${'a'.repeat(255)}>`])('%s is no wildcard', (text) => {
  expect(() => statementsOf(`set groups g ${server} client-list "${text}"`)).toThrow('invalid-value');
});

describe('within lists', () => {
  const list = 'services rpm twamp client control-connection';

  test('an entry inherits what its group has for it, by its key first and then by wildcards', () => {
    const typed = [
      `groups g ${list} <c*> destination-port 900`,
      `groups g ${list} <c*> source-address 192.0.2.1`,
      `groups g ${list} c1 destination-port 901`,
      `${list} c1 apply-groups g`,
      `${list} d1 apply-groups g`,
      `${list} c2 target-address 192.0.2.2`,
    ];
    const found = inherited(...typed).filter((line) => !line.includes('groups'));
    expect(found).toContain(`set ${list} c1 destination-port 901`);
    expect(found).toContain(`set ${list} c1 source-address 192.0.2.1`);
    expect(found.filter((line) => / (c2|d1) (dest|source)/.test(line))).toEqual([]);
  });

  test('wildcards alone make no list', () => {
    const tree = withInherited(
      schema,
      treeOf([`groups g ${list} <*> destination-port 900`, 'apply-groups g']),
    );
    expect(getAt(tree, list.split(' '))).toBeUndefined();
  });
});

test('a container that one group has as it is, is there, whatever another has for what is in it', () => {
  const found = inherited(
    `groups g ${server}`,
    `groups h ${server} client-list <*> type deny`,
    'apply-groups [ g h ]',
  );
  expect(found).toContain(`set ${server}`);
});

test('the group is told of what was inherited, and of what stands in that', () => {
  const tree = withInherited(
    schema,
    treeOf([
      `groups g ${server} port 900`,
      'groups g system host-name r9',
      'apply-groups g',
      'system login announcement x',
    ]),
  );
  const group = (path: string) => groupOf(tree, path.split(' '));
  expect(group(`${server} port`)).toBe('g');
  expect(group(server)).toBe('g');
  expect(group(`${server} maximum-sessions`)).toBe('g');
  expect(group('system host-name')).toBe('g');
  expect(group('system')).toBeUndefined();
  expect(group('system login announcement')).toBeUndefined();
  expect(group('routing-instances')).toBeUndefined();
});

test('a secret that cannot be opened is inherited as it is, and what secrets were inherited as is forgotten', () => {
  const chain = 'services rpm twamp client authentication-key-chain one key-id ada secret';
  const path = chain.split(' ');
  const other = new Secrets(new Uint8Array(SECRET_KEY_OCTETS).fill(9));
  const foreign = other.seal(['groups', 'g', ...path], 'x');
  const own = secrets.seal(['groups', 'g', ...path], 'x');
  const treeWith = (sealed: string) =>
    setAt(setAt(EMPTY_TREE, ['groups', 'g', ...path], sealed), ['apply-groups'], ['g']);
  expect(getAt(withInherited(schema, treeWith(foreign), secrets), path)).toBe(foreign);
  const tree = treeWith(own);
  expect(getAt(withInherited(schema, tree, secrets), path)).toBe(secrets.seal(path, 'x'));
  expect(getAt(withInherited(schema, tree), path)).toBe(own);
});

test('a group that excepts itself inherits from nobody', () => {
  const tree = treeOf([
    'groups g system host-name x',
    'groups g system apply-groups-except g',
    'apply-groups g',
  ]);
  expect(faultsOfGroups(schema, tree)).toEqual([]);
});

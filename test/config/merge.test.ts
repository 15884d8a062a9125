/** What two have made of one tree, brought together. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { same } from '../../src/config/compare.ts';
import { withMarks, UNMARKED } from '../../src/config/marks.ts';
import { merge } from '../../src/config/merge.ts';
import { bracesLines, setLines } from '../../src/config/text.ts';
import { EMPTY_TREE, type ConfigTree } from '../../src/config/tree.ts';
import { kinds, treeOf, treesOf } from '../support/configuration.ts';

const tree = (lines: readonly string[]): ConfigTree => treeOf(lines, kinds);
const lines = (of: ConfigTree): string[] => [...setLines(kinds, of)].map((line) => line.slice('set '.length));

type Row = readonly [
  base: readonly string[],
  mine: readonly string[],
  theirs: readonly string[],
  merged: readonly string[],
  conflicts: readonly string[],
];

test.each<Row>([
  [
    ['server port 1'],
    ['server port 2'],
    ['server port 1', 'server debug'],
    ['server debug', 'server port 2'],
    [],
  ],
  [['server port 1'], ['server port 2'], ['server port 3'], ['server port 2'], ['server port']],
  [['server port 1'], ['server port 2'], ['server port 2'], ['server port 2'], []],
  // A way that is empty is gone; that is nobody's change.
  [['system banner x'], [], ['system banner x', 'system host-name h'], ['system host-name h'], []],
  // What means something by being there is one thing.
  [['server port 1'], [], ['server port 2'], [], ['server']],
  [[], ['server port 1'], ['server debug'], ['server debug', 'server port 1'], []],
  [['server client a type deny'], ['server'], ['server client a'], ['server'], ['server client a']],
  [
    ['server client a', 'server client b'],
    ['server client b'],
    ['server client a', 'server client b', 'server client c'],
    ['server client b', 'server client c'],
    [],
  ],
  [[], ['server client m'], ['server client t'], ['server client t', 'server client m'], []],
  [
    ['server client a', 'server client b'],
    ['server client b', 'server client a'],
    ['server client a', 'server client b', 'server client t'],
    ['server client b', 'server client a', 'server client t'],
    [],
  ],
  [
    ['tags a', 'tags b', 'tags c'],
    ['tags b', 'tags c', 'tags m'],
    ['tags a', 'tags b', 'tags t'],
    ['tags b', 'tags t', 'tags m'],
    [],
  ],
])('%j: %j and %j make %j, in conflict at %j', (base, mine, theirs, merged, conflicts) => {
  const found = merge(kinds, tree(base), tree(mine), tree(theirs));
  expect(lines(found.tree)).toEqual(merged);
  expect(found.conflicts.map((path) => path.join(' '))).toEqual(conflicts);
});

test('marks come along, and go with what they mark', () => {
  const base = tree(['server port 1', 'tags a', 'tags b']);
  const commented = withMarks(base, ['server', 'port'], { ...UNMARKED, comment: 'theirs' });
  const marked = withMarks(commented, ['tags'], { ...UNMARKED, inactiveValues: ['a'] });
  const mine = tree(['server port 2', 'tags b']);
  expect([...bracesLines(kinds, merge(kinds, base, mine, marked).tree)]).toEqual([
    'server {',
    '    /* theirs */',
    '    port 2;',
    '}',
    'tags b;',
  ]);
  const without = merge(kinds, base, tree(['server debug', 'tags a', 'tags b']), commented);
  expect(lines(without.tree)).toEqual(['server debug', 'tags a', 'tags b']);
  expect(same(kinds, without.tree, tree(['server debug', 'tags a', 'tags b']))).toBe(true);
});

describe('of any trees', () => {
  const trees = treesOf(kinds);
  const merged = (base: ConfigTree, mine: ConfigTree, theirs: ConfigTree): ConfigTree =>
    merge(kinds, base, mine, theirs).tree;

  test('whoever changed nothing takes what the other made, and nothing conflicts', () => {
    fc.assert(
      fc.property(trees, trees, (base, other) => {
        for (const found of [merge(kinds, base, other, base), merge(kinds, base, base, other)]) {
          expect(found.conflicts).toEqual([]);
          expect(same(kinds, found.tree, other)).toBe(true);
        }
        expect(same(kinds, merged(base, other, other), other)).toBe(true);
      }),
    );
  });

  test('where nothing conflicts, it does not matter who is who but for order', () => {
    fc.assert(
      fc.property(trees, trees, trees, (base, one, other) => {
        const { tree: there, conflicts } = merge(kinds, base, one, other);
        const back = merge(kinds, base, other, one);
        expect(back.conflicts.map((path) => path.join(' ')).toSorted()).toEqual(
          conflicts.map((path) => path.join(' ')).toSorted(),
        );
        if (conflicts.length === 0) expect(lines(back.tree).toSorted()).toEqual(lines(there).toSorted());
      }),
    );
  });

  test('what is made of nothing and nothing is all that both made', () => {
    fc.assert(
      fc.property(trees, trees, (one, other) => {
        const found = merge(kinds, EMPTY_TREE, one, other);
        const said = lines(found.tree);
        // A container that one has left empty may have something in it now.
        const unsaid = lines(one).filter((line) => !said.some((each) => each.startsWith(line)));
        expect(unsaid).toEqual([]);
      }),
    );
  });
});

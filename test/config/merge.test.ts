/** What two have made of one tree, brought together. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { same } from '../../src/config/compare.ts';
import { marksOf, setValues, withMarks, UNMARKED, type Marks } from '../../src/config/marks.ts';
import { merge } from '../../src/config/merge.ts';
import { deleteStatement, setStatements, withStatementMarked } from '../../src/config/statements.ts';
import { bracesLines, setLines } from '../../src/config/text.ts';
import {
  EMPTY_TREE,
  getAt,
  isTree,
  isValues,
  setAt,
  TreeBuilder,
  type ConfigTree,
  type Path,
} from '../../src/config/tree.ts';
import type { GrammarNode } from '../../src/grammar/node.ts';
import type { Scalar } from '../../src/grammar/value-types.ts';
import { kinds, markedTreesOf, statementsOf, treeOf, treesOf } from '../support/configuration.ts';
import { grammars } from '../support/grammar.ts';
import { many } from '../support/many.ts';

const tree = (lines: readonly string[]): ConfigTree => treeOf(lines, kinds);
const lines = (of: ConfigTree): string[] => [...setLines(kinds, of)].map((line) => line.replace(/^set /, ''));

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
  // Order: of whoever changed it; new ones where they were put.
  [
    ['tags a', 'tags b'],
    ['tags b', 'tags a'],
    ['tags a', 'tags b', 'tags t'],
    ['tags b', 'tags a', 'tags t'],
    [],
  ],
  [
    ['tags a', 'tags b'],
    ['tags m', 'tags a', 'tags b'],
    ['tags a', 'tags t', 'tags b'],
    ['tags m', 'tags a', 'tags t', 'tags b'],
    [],
  ],
  [
    ['server client a', 'server client b'],
    ['server client m', 'server client a', 'server client b'],
    ['server client b', 'server client a'],
    ['server client b', 'server client m', 'server client a'],
    [],
  ],
  [
    ['server client a', 'server client b', 'server client c'],
    ['server client b', 'server client a', 'server client c'],
    ['server client a', 'server client c', 'server client b'],
    ['server client b', 'server client a', 'server client c'],
    ['server client'],
  ],
  [
    ['tags a', 'tags b', 'tags c'],
    ['tags b', 'tags a', 'tags c'],
    ['tags a', 'tags c', 'tags b'],
    ['tags b', 'tags a', 'tags c'],
    ['tags'],
  ],
  [[], ['tags a', 'tags b'], ['tags b', 'tags a'], ['tags a', 'tags b'], ['tags']],
  // What one reorders and the other shortens is both; what both add where one reorders is in conflict.
  [
    ['tags a', 'tags b', 'tags c'],
    ['tags b', 'tags a', 'tags c'],
    ['tags a', 'tags b'],
    ['tags b', 'tags a'],
    [],
  ],
  [
    ['tags a', 'tags b'],
    ['tags b', 'tags a', 'tags n'],
    ['tags a', 'tags b', 'tags n'],
    ['tags b', 'tags a', 'tags n'],
    ['tags'],
  ],
  // What each has taken a part of is gone, and so is the way to it, whatever both say of that.
  [['tags a', 'tags b'], ['tags b'], ['tags a'], [], []],
  [['system banner x', 'system host-name h'], ['system banner x'], ['system host-name h'], [], []],
  [
    ['system banner x', 'system host-name h', 'annotate system "m"'],
    ['system banner x', 'annotate system "m"'],
    ['system host-name h', 'annotate system "m"'],
    [],
    [],
  ],
  [
    [],
    ['server port 5', 'annotate server port "m"'],
    ['server port 5'],
    ['server port 5', 'annotate server port "m"'],
    [],
  ],
  // Marks: each is one thing of its own.
  [
    ['server port 1'],
    ['server port 1', 'annotate server port "m"'],
    ['server port 1', 'deactivate server port'],
    ['server port 1', 'deactivate server port', 'annotate server port "m"'],
    [],
  ],
  [
    ['system banner x'],
    ['system banner x', 'annotate system "m"'],
    ['system banner x', 'annotate system "t"', 'deactivate system'],
    ['system banner x', 'deactivate system', 'annotate system "m"'],
    ['system'],
  ],
  [
    ['server port 1', 'deactivate server port'],
    ['server port 2', 'deactivate server port'],
    ['server'],
    ['server port 2', 'deactivate server port'],
    ['server port'],
  ],
  [
    ['server port 1'],
    ['server port 1', 'deactivate server port'],
    ['server'],
    ['server port 1', 'deactivate server port'],
    ['server port'],
  ],
  [['server port 1'], ['server'], ['server port 1', 'annotate server port "t"'], ['server'], ['server port']],
  [
    ['system banner x'],
    ['system banner x', 'deactivate system'],
    [],
    ['system banner x', 'deactivate system'],
    ['system'],
  ],
  // What is put into something inactive is not in force because another takes the rest away.
  [
    ['system banner x', 'deactivate system'],
    [],
    ['system banner x', 'system host-name h', 'deactivate system'],
    ['system host-name h', 'deactivate system'],
    [],
  ],
  [
    ['tags a', 'tags b'],
    ['tags a', 'tags b', 'deactivate tags a'],
    ['tags a', 'tags b', 'deactivate tags b'],
    ['tags a', 'tags b', 'deactivate tags'],
    [],
  ],
  [['tags a', 'tags b'], ['tags b'], ['tags a', 'tags b', 'deactivate tags a'], ['tags b'], ['tags']],
  [
    ['server'],
    ['server port 1'],
    ['server port 1', 'deactivate server port'],
    ['server port 1'],
    ['server port'],
  ],
])('%j: %j and %j make %j, in conflict at %j', (base, mine, theirs, merged, conflicts) => {
  const found = merge(kinds, tree(base), tree(mine), tree(theirs));
  expect(lines(found.tree)).toEqual(merged);
  expect(found.tree).toEqual(tree(merged));
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

/** The same, and no part of it is the same object. */
function again(tree: ConfigTree): ConfigTree {
  const parts = [...tree].map(
    ([word, value]) => [word, isTree(value) ? again(value) : isValues(value) ? [...value] : value] as const,
  );
  return new Map(parts);
}

type Edit = (tree: ConfigTree) => ConfigTree;

/** One change of someone who edits; none where there is nothing to change. */
const edits: fc.Arbitrary<Edit> = (() => {
  const statement = fc.constantFrom(
    ...['system host-name h', 'system host-name g', 'system banner x', 'server', 'server debug'],
    ...['server port 1', 'server port 2', 'server modes none', 'server modes some', 'server modes all'],
    ...['server client a', 'server client b', 'server client c type deny', 'server client a type deny'],
    ...['server client b limits rate 1', 'server client a address 10.0.0.0/8', 'tags a', 'tags b', 'tags c'],
  );
  const made = statement.map((line): Edit => {
    const [said] = statementsOf(`set ${line}`, kinds);
    return (tree) => setStatements(kinds, tree, [said!]);
  });
  const gone = statement.map((line): Edit => {
    const [said] = statementsOf(`delete ${line}`, kinds);
    return (tree) => deleteStatement(kinds, tree, said!) ?? tree;
  });
  const change = fc.constantFrom({ inactive: true }, { inactive: false }, { comment: 'm' }, { comment: 'n' });
  const point = fc.oneof(statement, fc.constantFrom('system', 'server client b limits'));
  const marked = fc.tuple(point, change).map(([line, marks]): Edit => {
    const [said] = statementsOf(`deactivate ${line}`, kinds);
    return (tree) => withStatementMarked(tree, said!, marks) ?? tree;
  });
  const rotated = fc
    .tuple(fc.constantFrom('server modes', 'server client', 'tags'), fc.nat(2))
    .map(([path, at]): Edit => {
      const words = path.split(' ');
      return (tree) => {
        const value = getAt(tree, words);
        if (isTree(value))
          return setAt(
            tree,
            words,
            new Map([...value].toSpliced(at, 1).concat([...value].slice(at, at + 1))),
          );
        return isValues(value)
          ? withValues(tree, words, [...value.toSpliced(at, 1), ...value.slice(at, at + 1)])
          : tree;
      };
    });
  return fc.oneof({ weight: 3, arbitrary: made }, gone, marked, rotated);
})();

function withValues(tree: ConfigTree, path: Path, values: readonly Scalar[]): ConfigTree {
  const builder = new TreeBuilder(tree);
  setValues(builder, path, values);
  return builder.tree;
}

function edited(tree: ConfigTree, maxLength: number, minLength = 0): fc.Arbitrary<ConfigTree> {
  return fc.array(edits, { minLength, maxLength }).map((made) => made.reduce((at, edit) => edit(at), tree));
}

/** All that a tree says, each by itself, by where it says it. */
function facts(tree: ConfigTree): ReadonlyMap<string, { readonly path: Path; readonly says: unknown }> {
  const found = new Map<string, { path: Path; says: unknown }>();
  const say = (path: Path, what: string, says: unknown): void => {
    if (says !== undefined && says !== false) found.set(`${path.join(' ')} #${what}`, { path, says });
  };
  const sayMarks = (path: Path, { inactive, comment }: Marks): void => {
    say(path, 'inactive', inactive);
    say(path, 'comment', comment);
  };
  const sayOrder = (path: Path, order: readonly Scalar[]): void => {
    for (const [index, one] of order.entries())
      for (const other of order.slice(index + 1)) {
        const [first, last] = [one, other].toSorted();
        say(path, `order ${String(first)} ${String(last)}`, first === one ? 'first' : 'last');
      }
  };
  const walk = (node: GrammarNode, at: ConfigTree, path: Path): void => {
    sayMarks(path, marksOf(at));
    for (const child of node.children) {
      const value = at.get(child.name);
      const place = [...path, child.name];
      if (child.aliasOf || value === undefined) continue;
      if (child.value?.arity === 'key') {
        sayOrder(place, [...(value as ConfigTree).keys()]);
        for (const [key, entry] of value as ConfigTree) {
          say([...place, key], 'is', true);
          walk(child, entry as ConfigTree, [...place, key]);
        }
      } else if (isTree(value)) {
        if (child.presence) say(place, 'is', true);
        walk(child, value, place);
      } else {
        const marks = marksOf(at, child.name);
        sayMarks(place, marks);
        if (!isValues(value)) say(place, 'is', value);
        else {
          sayOrder(place, value);
          for (const each of value)
            say(place, `is ${String(each)}`, marks.inactiveValues.includes(each) ? 'inactive' : 'active');
        }
      }
    }
  };
  walk(kinds, tree, []);
  return found;
}

test('each change of either is made, and nothing else, or is told', () => {
  let [told, silent] = [0, 0];
  const versions = edited(EMPTY_TREE, 30).chain((base) =>
    fc.tuple(fc.constant(base), edited(base, 8, 3), edited(base, 8, 3)),
  );
  fc.assert(
    fc.property(versions, ([base, mine, theirs]) => {
      const { tree: made, conflicts } = merge(kinds, base, mine, theirs);
      if (conflicts.length > 0) told += 1;
      else silent += 1;
      const isTold = (path: Path): boolean =>
        conflicts.some((conflict) => conflict.every((word, index) => word === path[index]));
      const [was, one, other, is] = [facts(base), facts(mine), facts(theirs), facts(made)];
      for (const [fact, { path }] of new Map([...was, ...one, ...other, ...is])) {
        const [before, after] = [was.get(fact)?.says, is.get(fact)?.says];
        const isOrder = fact.includes('#order');
        const isMark = fact.endsWith('#inactive') || fact.endsWith('#comment');
        // A conflict above or at it is told; of two that are kept, the order of what is new is free, and of what was only
        // kept because of a conflict.
        const ordered = isOrder ? fact.slice(fact.indexOf('#order ') + '#order '.length).split(' ') : [];
        const isFree =
          isOrder &&
          (before === undefined || after === undefined || ordered.some((each) => isTold([...path, each])));
        if (isTold(path) || isFree) continue;
        const changed = [
          [mine, one],
          [theirs, other],
        ] as const;
        const wanted = changed
          .filter(([tree]) => !isMark || getAt(tree, path) !== undefined || getAt(made, path) === undefined)
          .map(([, says]) => says.get(fact)?.says)
          .filter((says) => says !== before && (!isOrder || says !== undefined));
        expect({ fact, after }).toEqual({
          fact,
          after: wanted[0] ?? (wanted.length > 0 ? undefined : before),
        });
        expect(new Set(wanted).size, fact).toBeLessThan(2);
      }
    }),
    { numRuns: many(1000) },
  );
  expect(Math.min(told, silent)).toBeGreaterThan(many(1000) / 50);
});

describe.each([
  ['any', treesOf(kinds)],
  ['marked', markedTreesOf(kinds)],
  ['edited', edited(EMPTY_TREE, 30)],
])('of %s trees', (_, trees) => {
  test('whoever changed nothing takes what the other made, and nothing conflicts', () => {
    fc.assert(
      fc.property(trees, trees, (base, other) => {
        for (const found of [
          merge(kinds, base, other, again(base)),
          merge(kinds, base, again(base), other),
          merge(kinds, base, other, again(other)),
        ]) {
          expect(found.conflicts).toEqual([]);
          expect(same(kinds, found.tree, other)).toBe(true);
        }
      }),
    );
  });

  test('where nothing conflicts, it does not matter who is who but for order', () => {
    fc.assert(
      fc.property(trees, trees, trees, (base, one, other) => {
        const { tree: there, conflicts } = merge(kinds, base, one, other);
        const back = merge(kinds, base, other, one);
        // What is told of a container may be told of what is in it.
        const isToldOf = (all: readonly Path[], path: Path): boolean =>
          all.some((other) => other.every((word, at) => at >= path.length || word === path[at]));
        expect(conflicts.filter((path) => !isToldOf(back.conflicts, path))).toEqual([]);
        expect(back.conflicts.filter((path) => !isToldOf(conflicts, path))).toEqual([]);
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

test('conflicts of paths that read alike without blanks are told apart', () => {
  const chain = 'services rpm twamp client authentication-key-chain';
  const paths = [`${chain} a key-id key-idb secret`, `${chain} akey-id key-id b secret`];
  const [base, mine, theirs] = ['x', 'y', 'z'].map((secret) =>
    treeOf(paths.map((path) => `${path} ${secret}`)),
  );
  const { conflicts } = merge(grammars.schema, base!, mine!, theirs!);
  expect(conflicts.map((path) => path.join(' '))).toEqual(paths);
});

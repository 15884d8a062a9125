/** The value tree: get, set and delete by path, pruning, equality. */
import { describe, expect, test } from 'vitest';
import {
  deleteAt,
  EMPTY_TREE,
  equal,
  getAt,
  prune,
  schemaAlong,
  setAt,
  TreeBuilder,
  type ConfigTree,
} from '../../src/config/tree.ts';
import { readGrammar } from '../../src/grammar/notation.ts';
import { grammars } from '../support/grammar.ts';

const schema = readGrammar(
  `
system "System"
  host-name <host-name:host-name> "Name"
  logging "Logging" presence
    level <level:1..7> "Level"
client <client:name(9)>+ "Client"
  address <prefix:prefix>+ "Address"
  limits "Limits"
    rate <rate:1..9> "Rate"
`,
  'schema.cli',
);

const leaf = setAt(EMPTY_TREE, ['a', 'b', 'c'], 1);

describe('setAt', () => {
  test('makes the containers on the way, and leaves the tree it was given alone', () => {
    expect(getAt(leaf, ['a', 'b', 'c'])).toBe(1);
    const both = setAt(leaf, ['a', 'd'], 2);
    expect(getAt(both, ['a', 'b', 'c'])).toBe(1);
    expect(getAt(leaf, ['a', 'd'])).toBeUndefined();
  });

  test('replaces what stood there', () => {
    expect(getAt(setAt(leaf, ['a', 'b', 'c'], 'x'), ['a', 'b', 'c'])).toBe('x');
  });

  test('of the empty path is the whole tree', () => {
    expect(setAt(leaf, [], EMPTY_TREE)).toBe(EMPTY_TREE);
  });
});

describe('deleteAt', () => {
  test('takes away what stands there, and leaves the tree it was given alone', () => {
    expect(getAt(deleteAt(leaf, ['a', 'b', 'c']), ['a', 'b'])).toEqual(new Map());
    expect(getAt(leaf, ['a', 'b', 'c'])).toBe(1);
  });

  test.each([[['x']], [['a', 'x']], [['a', 'b', 'c', 'd']]])('of nothing (%j) changes nothing', (path) => {
    expect(equal(deleteAt(leaf, path), leaf)).toBe(true);
  });
});

test('getAt finds nothing below a value or beside the tree', () => {
  expect(getAt(leaf, ['a', 'b', 'c', 'd'])).toBeUndefined();
  expect(getAt(leaf, ['x', 'y'])).toBeUndefined();
  expect(getAt(leaf, [])).toBe(leaf);
});

describe('schemaAlong', () => {
  const names = (...path: string[]) => schemaAlong(schema, path).map(({ name }) => name);

  test('gives the line of each word, a list line for its key as well', () => {
    expect(names('system', 'host-name')).toEqual(['system', 'host-name']);
    expect(names('client', 'limits', 'limits', 'rate')).toEqual(['client', 'client', 'limits', 'rate']);
  });

  test('stops where the path leaves the schema', () => {
    expect(names('system', 'nothing', 'host-name')).toEqual(['system']);
  });
});

describe('prune', () => {
  const pruned = (tree: ConfigTree) => prune(schema, tree);

  test('takes empty containers and empty lists away, all the way up', () => {
    expect(pruned(setAt(EMPTY_TREE, ['system'], EMPTY_TREE))).toEqual(new Map());
    expect(pruned(setAt(EMPTY_TREE, ['client'], EMPTY_TREE))).toEqual(new Map());
  });

  test('keeps what says something by standing there', () => {
    const logging = setAt(EMPTY_TREE, ['system', 'logging'], EMPTY_TREE);
    expect(equal(pruned(logging), logging)).toBe(true);
    const entry = setAt(EMPTY_TREE, ['client', 'c'], new Map([['limits', EMPTY_TREE]]));
    expect(equal(pruned(entry), setAt(EMPTY_TREE, ['client', 'c'], EMPTY_TREE))).toBe(true);
    const address = setAt(EMPTY_TREE, ['client', 'c', 'address', '10.0.0.0/8'], EMPTY_TREE);
    expect(equal(pruned(address), address)).toBe(true);
  });
});

describe('equal', () => {
  const map = (...entries: [string, number][]) => new Map(entries);

  test.each<[unknown, unknown, boolean]>([
    [map(['a', 1], ['b', 2]), map(['b', 2], ['a', 1]), true],
    [map(['a', 1]), map(['a', 1], ['b', 2]), false],
    [map(['a', 1], ['b', 2]), map(['a', 1]), false],
    [map(['a', 1]), map(['a', 2]), false],
    [map(['a', 1]), map(['b', 1]), false],
    [['x', 'y'], ['x', 'y'], true],
    [['x', 'y'], ['y', 'x'], false],
    [['x'], ['x', 'y'], false],
    [true, true, true],
    [1, '1', false],
    [undefined, undefined, true],
    [undefined, map(), false],
  ])('%s and %s: %s', (one, other, same) => {
    expect(equal(one as ConfigTree, other as ConfigTree)).toBe(same);
  });
});

describe('a tree under many changes', () => {
  test('leaves alone the tree it started from, and those it gave', () => {
    const builder = new TreeBuilder(leaf);
    builder.set(['a', 'b', 'd'], 2);
    const given = builder.tree;
    builder.set(['a', 'b', 'd'], 3);
    builder.delete(['a', 'b', 'c']);
    builder.add(['values'], 1);
    const values = builder.tree;
    builder.add(['values'], 2);
    builder.add(['values'], 1);
    expect(getAt(leaf, ['a', 'b', 'd'])).toBeUndefined();
    expect(getAt(given, ['a', 'b'])).toEqual(
      new Map([
        ['c', 1],
        ['d', 2],
      ]),
    );
    expect(getAt(values, ['values'])).toEqual([1]);
    expect(getAt(values, ['a', 'b'])).toEqual(new Map([['d', 3]]));
    expect(builder.get(['values'])).toEqual([1, 2]);
  });

  test('takes away with a statement what says nothing without it', () => {
    const builder = new TreeBuilder(EMPTY_TREE);
    builder.set(['client', 'c', 'limits', 'rate'], 1);
    builder.set(['client', 'c', 'address', '10.0.0.0/8'], EMPTY_TREE);
    builder.set(['system', 'host-name'], 'r1');
    builder.deleteAndPrune(schema, ['client', 'c', 'limits', 'rate']);
    builder.deleteAndPrune(schema, ['client', 'c', 'address', '10.0.0.0/8']);
    builder.deleteAndPrune(schema, ['system', 'host-name']);
    expect(builder.tree).toEqual(new Map([['client', new Map([['c', EMPTY_TREE]])]]));
    builder.deleteAndPrune(schema, ['client', 'c']);
    expect(builder.tree).toEqual(EMPTY_TREE);
  });

  test('costs no more than its length, be it a list or the values of a leaf', () => {
    const many = 30_000;
    const builder = new TreeBuilder(EMPTY_TREE);
    for (let index = 0; index < many; index += 1) {
      builder.set(['client', `c${index}`, 'limits', 'rate'], 1);
      builder.add(['values'], index);
    }
    expect(getAt(builder.tree, ['client'])).toHaveProperty('size', many);
    for (let index = 0; index < many; index += 1) builder.deleteAndPrune(schema, ['client', `c${index}`]);
    expect(getAt(builder.tree, ['client'])).toBeUndefined();
    expect(getAt(builder.tree, ['values'])).toHaveLength(many);
  });
});

test('what is pruned begins at the first container that is there', () => {
  const path = 'services rpm twamp client control-connection'.split(' ');
  const builder = new TreeBuilder(setAt(EMPTY_TREE, path.slice(0, -1), EMPTY_TREE));
  builder.delete(path.slice(0, -1));
  builder.prune(grammars.schema, [...path.slice(0, -1), 'data-port-range']);
  expect(builder.tree).toEqual(EMPTY_TREE);
});

/** What set and delete lines do to a tree. */
import { describe, expect, test } from 'vitest';
import {
  deleteStatement,
  kindOf,
  markStatement,
  matchesIn,
  setStatements,
  treeOfParts,
} from '../../src/config/statements.ts';
import { setLines } from '../../src/config/text.ts';
import { TreeBuilder, type ConfigTree } from '../../src/config/tree.ts';
import type { Statement } from '../../src/grammar/match.ts';
import { kinds, statementsOf, treeOf } from '../support/configuration.ts';

const written = (tree: ConfigTree | undefined) => tree && [...setLines(kinds, tree)];
const tree = (...lines: string[]) => treeOf(lines, kinds);

describe('set', () => {
  test.each<[before: string[], line: string, after: string[]]>([
    [[], 'set server port 1', ['set server port 1']],
    [['server port 1'], 'set server port 2', ['set server port 2']],
    [[], 'set server', ['set server']],
    [['server port 1'], 'set server', ['set server port 1']],
    [[], 'set server debug', ['set server debug']],
    [['server debug'], 'set server debug', ['set server debug']],
    [[], 'set server client a', ['set server client a']],
    [['server client a type deny'], 'set server client a', ['set server client a type deny']],
    [[], 'set server client a address 10.0.0.0/8', ['set server client a address 10.0.0.0/8']],
    [['server modes none'], 'set server modes all', ['set server modes none', 'set server modes all']],
    [['server modes none'], 'set server modes none', ['set server modes none']],
    [[], 'set server mode [ some none some ]', ['set server modes some', 'set server modes none']],
    [[], 'set server slot 07 description "a b"', ['set server slot 7 description "a b"']],
    [[], 'set server port 5 debug', ['set server debug', 'set server port 5']],
  ])('%j, %s', (before, line, after) => {
    expect(written(setStatements(kinds, tree(...before), statementsOf(line, kinds)))).toEqual(after);
  });
});

describe('delete', () => {
  test.each<[before: string[], line: string, after: string[] | undefined]>([
    [['server port 1', 'server debug'], 'delete server port', ['set server debug']],
    [['server port 1'], 'delete server port 1', ['set server']],
    [['server port 1'], 'delete server port 2', undefined],
    [['server port 1'], 'delete server debug', undefined],
    [['server port 1'], 'delete server', []],
    [['system banner x'], 'delete system banner', []],
    [['server modes [ none some ]'], 'delete server modes none', ['set server modes some']],
    [['server modes none'], 'delete server modes none', ['set server']],
    [['server modes none'], 'delete server modes all', undefined],
    [['server modes [ none some ]'], 'delete server modes', ['set server']],
    [['server client a', 'server client b'], 'delete server client a', ['set server client b']],
    [['server client a'], 'delete server client a', ['set server']],
    [['server client a', 'server client b'], 'delete server client', ['set server']],
    [['server client a type deny'], 'delete server client a type', ['set server client a']],
    [['server client a limits rate 1'], 'delete server client a limits rate', ['set server client a']],
    [
      ['server client a address 10.0.0.0/8'],
      'delete server client a address 10.0.0.0/8',
      ['set server client a'],
    ],
    [[], 'delete server', undefined],
  ])('%j, %s', (before, line, after) => {
    const [statement] = statementsOf(line, kinds);
    expect(written(deleteStatement(kinds, tree(...before), statement!))).toEqual(after);
  });
});

describe('what a dialect says', () => {
  const aliased = (
    words: string,
    value: Statement['value'],
    alias: Partial<NonNullable<Statement['alias']>> = {},
  ): Statement => ({
    path: words.split(' '),
    value,
    alias: { spelling: [], kind: 'leaf', takesAway: false, beside: [], parts: [], implied: [], ...alias },
  });

  test('as well is said where nothing stands, or in any case', () => {
    const beside = (unlessSet: boolean) => [{ path: ['server', 'port'], value: 5, unlessSet }];
    const said = (unlessSet: boolean, ...before: string[]) =>
      written(
        setStatements(kinds, tree(...before), [
          aliased('server debug', undefined, { beside: beside(unlessSet) }),
        ]),
      );
    expect(said(true, 'server port 1')).toEqual(['set server debug', 'set server port 1']);
    expect(said(true)).toEqual(['set server debug', 'set server port 5']);
    expect(said(false, 'server port 1')).toEqual(['set server debug', 'set server port 5']);
  });

  test('is taken away with all of its parts, and with entries that were made up', () => {
    const statement = aliased('server client a', undefined, {
      parts: [
        ['server', 'port'],
        ['server', 'client', { begins: 'x-', ends: '' }, 'type'],
      ],
      implied: [['server', 'client', 'x-a']],
    });
    const before = [
      'server port 1',
      'server debug',
      'server client x-a type deny',
      'server client y type deny',
    ];
    expect(written(deleteStatement(kinds, tree(...before), statement))).toEqual([
      'set server debug',
      'set server client y type deny',
    ]);
    expect(deleteStatement(kinds, tree('server debug'), statement)).toBeUndefined();
  });

  test('a value that is taken away comes back in its place', () => {
    const no = aliased('server modes', 'some', { takesAway: true });
    const without = setStatements(kinds, tree('server'), [no]);
    expect(written(without)).toEqual(['set server modes none', 'set server modes all']);
    expect(written(deleteStatement(kinds, without, no))).toEqual([
      'set server modes none',
      'set server modes some',
      'set server modes all',
    ]);
    expect(deleteStatement(kinds, tree('server modes some'), no)).toBeUndefined();
    expect(() => setStatements(kinds, tree('server modes some'), [no])).toThrow(
      expect.objectContaining({ code: 'nothing-left', path: ['server', 'modes'] }),
    );
  });

  test('what is not empty stays, and with a value it is the one statement', () => {
    const made = { implied: [['server', 'client', 'a']], parts: [['server', 'port']] };
    const statement = aliased('server client a type', undefined, {
      ...made,
      parts: [['server', 'client', 'a', 'type']],
    });
    const before = tree('server client a type deny', 'server client a address 10.0.0.0/8', 'server port 1');
    expect(written(deleteStatement(kinds, before, statement))).toEqual([
      'set server port 1',
      'set server client a address 10.0.0.0/8',
    ]);
    const one = aliased('server modes', 'some', { parts: [['server', 'port']] });
    expect(written(deleteStatement(kinds, tree('server port 1', 'server modes some'), one))).toEqual([
      'set server port 1',
    ]);
  });

  test('of several values that are taken away, one comes back', () => {
    const no = (value: string) => aliased('server modes', value, { takesAway: true });
    const without = setStatements(kinds, tree('server'), [no('some'), no('all')]);
    expect(written(without)).toEqual(['set server modes none']);
    expect(written(deleteStatement(kinds, without, no('all')))).toEqual([
      'set server modes none',
      'set server modes all',
    ]);
  });

  test('is of the kind that it says, and other statements of what they are', () => {
    const kind = (words: string) => kindOf(kinds, { path: words.split(' '), value: undefined });
    expect(['server port', 'server debug', 'server client a', 'server'].map(kind)).toEqual([
      'leaf',
      'leaf',
      'entry',
      'container',
    ]);
    expect(kindOf(kinds, aliased('server', undefined, { kind: 'entry' }))).toBe('entry');
  });
});

describe('parts of a tree', () => {
  const whole = tree(
    'server port 1',
    'server modes [ none some ]',
    'deactivate server modes none',
    'server client ab type deny',
    'server client b',
    'server client ac',
  );

  test('are what stands at their paths, with its marks, and the path that all are below', () => {
    const client = ['server', 'client', { begins: 'a', ends: 'b' }];
    const parts = treeOfParts(whole, [['server', 'modes'], client, ['server', 'debug']]);
    expect(parts.path).toEqual(['server']);
    expect(parts.tree).toEqual(
      tree('server modes [ none some ]', 'deactivate server modes none', 'server client ab type deny'),
    );
    expect(treeOfParts(whole, [client]).path).toEqual(['server', 'client']);
    expect(treeOfParts(whole, [['server', 'port']])).toEqual({
      tree: tree('server port 1'),
      path: ['server', 'port'],
    });
    expect(treeOfParts(whole, [])).toEqual({ tree: new Map(), path: [] });
    expect(treeOfParts(whole, [['server', 'port'], ['tags']]).path).toEqual([]);
  });

  test('that a pattern matches are entries, or values', () => {
    const keys = (pattern: string) =>
      matchesIn(whole, { path: ['server', 'client', pattern], value: undefined }).map(({ path }) =>
        path.join(' '),
      );
    expect(keys('^a')).toEqual(['server client ab', 'server client ac']);
    expect(keys('x')).toEqual([]);
    expect(matchesIn(whole, { path: ['server', 'modes'], value: 'me$' })).toEqual([
      { path: ['server', 'modes'], value: 'some' },
    ]);
    expect(matchesIn(whole, { path: ['server', 'port'], value: '1' })).toEqual([]);
    expect(matchesIn(whole, { path: ['tags'], value: '.' })).toEqual([]);
  });

  test('are marked where they stand, and a value that is taken away is not', () => {
    const marked = (statement: Statement) => {
      const builder = new TreeBuilder(whole);
      const done = markStatement(builder, statement, { inactive: true });
      return [done, written(builder.tree)!.filter((line) => line.startsWith('deactivate'))];
    };
    const alias = { spelling: [], kind: 'leaf', beside: [], implied: [], takesAway: false } as const;
    const parts = [
      ['server', 'port'],
      ['server', 'debug'],
      ['server', 'client', { begins: 'a', ends: 'c' }],
    ];
    expect(marked({ path: ['server'], value: undefined, alias: { ...alias, parts } })).toEqual([
      true,
      ['deactivate server port', 'deactivate server modes none', 'deactivate server client ac'],
    ]);
    const away = { ...alias, parts: [], takesAway: true };
    expect(marked({ path: ['server', 'modes'], value: 'some', alias: away })).toEqual([
      false,
      ['deactivate server modes none'],
    ]);
    expect(marked({ path: ['server', 'modes'], value: 'all' })[0]).toBe(false);
    expect(marked({ path: ['server', 'port'], value: 1 })[0]).toBe(true);
    expect(marked({ path: ['server', 'port'], value: 2 })[0]).toBe(false);
  });
});

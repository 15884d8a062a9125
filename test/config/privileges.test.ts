/** Which statements the classes of the product see, and which changes they may make. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { forbiddenChange, nameable, visibleTree } from '../../src/config/privileges.ts';
import { setLines } from '../../src/config/text.ts';
import { EMPTY_TREE, equal, type ConfigTree } from '../../src/config/tree.ts';
import { readGrammar } from '../../src/grammar/notation.ts';
import { kinds, treeOf, markedTreesOf } from '../support/configuration.ts';
import { classCan, grammars } from '../support/grammar.ts';

const { schema } = grammars;
const whole = treeOf(['system host-name r1', 'services rpm twamp server port 8620']);
const nameOnly = treeOf(['system host-name r1']);
const holding =
  (...held: string[]) =>
  (privilege: string) =>
    held.includes(privilege);

describe('visibleTree', () => {
  test.each([
    ['unauthorized', EMPTY_TREE],
    ['viewer', EMPTY_TREE],
    ['read-only', nameOnly],
    ['operator', nameOnly],
    ['system', whole],
    ['interface-control', whole],
    ['super-user', whole],
  ])('%s', (className, seen) => {
    expect([...setLines(schema, visibleTree(schema, whole, classCan(className)))]).toEqual([
      ...setLines(schema, seen),
    ]);
  });

  test('[002/view] the server statement is seen with system alone', () => {
    expect(visibleTree(schema, whole, holding('view', 'configure', 'interface-control'))).toEqual(nameOnly);
  });

  test('a container whose presence may be seen is seen empty, another is not', () => {
    const server = treeOf(['server', 'system secret x'], kinds);
    expect([...setLines(kinds, visibleTree(kinds, server, holding('system')))]).toEqual(['set server']);
    expect(visibleTree(kinds, server, holding('view'))).toEqual(new Map());
    expect([...setLines(kinds, visibleTree(kinds, server, holding('secret')))]).toEqual([
      'set system secret x',
    ]);
  });

  test('is all of any tree for those who hold all, and nothing for those who hold nothing', () => {
    fc.assert(
      fc.property(markedTreesOf(kinds), (tree) => {
        expect(
          equal(
            visibleTree(kinds, tree, () => true),
            tree,
          ),
        ).toBe(true);
        const words = [
          ...setLines(
            kinds,
            visibleTree(kinds, tree, () => false),
          ),
        ];
        expect(words.every((line) => /^\w+ tags( |$)/.test(line))).toBe(true);
      }),
    );
  });
});

describe('forbiddenChange', () => {
  const forbidden = (className: string, before: ConfigTree, after: ConfigTree) =>
    forbiddenChange(schema, before, after, classCan(className))?.join(' ');

  test('[002/add] adding, changing and deleting the server need interface-control', () => {
    const server = 'services rpm twamp server';
    expect(forbidden('system', nameOnly, whole)).toBe(server);
    expect(forbidden('system', whole, nameOnly)).toBe(server);
    const other = treeOf(['system host-name r1', 'services rpm twamp server port 5']);
    expect(forbidden('system', whole, other)).toBe(`${server} port`);
    expect(forbidden('interface-control', nameOnly, whole)).toBeUndefined();
    expect(forbidden('interface-control', whole, nameOnly)).toBeUndefined();
    expect(forbidden('interface-control', whole, other)).toBeUndefined();
  });

  test('the host name needs system', () => {
    const renamed = treeOf(['system host-name r2', 'services rpm twamp server port 8620']);
    expect(forbidden('operator', whole, renamed)).toBe('system host-name');
    expect(forbidden('system', whole, renamed)).toBeUndefined();
  });

  test.each<[before: string[], after: string[], held: string[], path: string | undefined]>([
    [[], ['system banner x'], ['system'], undefined],
    [[], ['system banner x', 'system secret y'], ['system'], 'system secret'],
    [['system secret y'], [], ['system'], 'system secret'],
    [['system secret y'], ['system secret z'], ['view', 'system'], 'system secret'],
    [['server client a'], ['server client a', 'server client b'], ['system'], 'server client b'],
    [['server client a'], ['server client a type deny'], ['system'], 'server client a type'],
    [['server client a'], ['server'], ['system'], 'server client a'],
    [['server client a'], ['server'], ['control'], undefined],
    [[], ['tags x'], [], undefined],
    [['system secret y'], ['system secret y', 'tags x'], [], undefined],
  ])('%j to %j holding %j: %s', (before, after, held, path) => {
    const found = forbiddenChange(kinds, treeOf(before, kinds), treeOf(after, kinds), holding(...held));
    expect(found?.join(' ')).toBe(path);
  });

  test('is found in any of the entries that are new', () => {
    const rooms = readGrammar(
      [
        'house "House" @view',
        '  room <room:name(20)>+ "Room"',
        '    light "Light"',
        '    safe "Safe" @view/system',
        '',
      ].join('\n'),
      'rooms.cli',
    );
    const after = treeOf(['house room a light', 'house room b safe', 'house room c light'], rooms);
    expect(forbiddenChange(rooms, EMPTY_TREE, after, holding('view'))).toEqual([
      'house',
      'room',
      'b',
      'safe',
    ]);
    expect(forbiddenChange(rooms, EMPTY_TREE, after, holding('view', 'system'))).toBeUndefined();
  });

  test('no change is ever forbidden to those who hold all, nor to anybody where nothing changes', () => {
    fc.assert(
      fc.property(markedTreesOf(kinds), markedTreesOf(kinds), (before, after) => {
        expect(forbiddenChange(kinds, before, after, () => true)).toBeUndefined();
        expect(forbiddenChange(kinds, before, before, () => false)).toBeUndefined();
      }),
    );
  });

  test('a change to what cannot be seen, or to marks around it, is found whatever else changes', () => {
    fc.assert(
      fc.property(markedTreesOf(kinds), markedTreesOf(kinds), (before, after) => {
        const secrets = (tree: ConfigTree) => {
          const lines = [...setLines(kinds, tree)];
          if (!lines.some((line) => line.startsWith('set system secret'))) return [];
          return lines.filter((line) => /^\w+ system( secret.*| "[^"].*)?$/.test(line));
        };
        const changed = secrets(before).join() !== secrets(after).join();
        const found = forbiddenChange(kinds, before, after, (privilege) => privilege !== 'secret');
        expect(found !== undefined).toBe(changed);
      }),
    );
  });
});

test('a path is told to whoever may know of what stands there', () => {
  const can = (missing: string) => (privilege: string) => privilege !== missing;
  expect(nameable(kinds, ['server', 'port'], can('nothing'))).toEqual(['server', 'port']);
  expect(nameable(kinds, ['server'], can('system'))).toEqual([]);
  expect(nameable(kinds, ['system', 'banner'], can('system'))).toEqual(['system', 'banner']);
  expect(nameable(kinds, [], can('view'))).toEqual([]);
});

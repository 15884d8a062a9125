/** The forms a configuration is written in, and back. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  archived,
  bracesLines,
  ConfigTextError,
  documentOf,
  fromArchive,
  setLines,
} from '../../src/config/text.ts';
import { same } from '../../src/config/compare.ts';
import type { ConfigTree } from '../../src/config/tree.ts';
import { readGrammar } from '../../src/grammar/notation.ts';
import { kinds, treeOf, markedTreesOf } from '../support/configuration.ts';
import { grammars } from '../support/grammar.ts';

const example = treeOf(
  [
    'tags "two words"',
    'server slot 2',
    'server client inside address 10.0.0.0/8',
    'server client inside address 2001:db8::/32',
    'server client inside type deny',
    'server client outside',
    'server debug modes [ some none ]',
    'server port 8620',
    'system host-name r1',
  ],
  kinds,
);

test('the braces form: schema order, list entries in the order they were made', () => {
  expect([...bracesLines(kinds, example)].join('\n')).toBe(`system {
    host-name r1;
}
server {
    debug;
    port 8620;
    modes [ some none ];
    client inside {
        type deny;
        address {
            10.0.0.0/8;
            2001:db8::/32;
        }
    }
    client outside;
    slot 2;
}
tags "two words";`);
});

test('a list in the braces form: entries that stand together, and entries that each have its name', () => {
  const schema = readGrammar(
    'apart <a:1..9>+ "Apart"\n  x "X"\ntogether <b:1..9>+ "Together" grouped\n  x "X"\n',
    'test.cli',
  );
  const tree = treeOf(['apart 1 x', 'apart 2', 'together 1 x', 'together 2'], schema);
  expect([...bracesLines(schema, tree)].join('\n')).toBe(`apart 1 {
    x;
}
apart 2;
together {
    1 {
        x;
    }
    2;
}`);
});

test('the set form: one command a statement', () => {
  expect([...setLines(kinds, example)]).toEqual([
    'set system host-name r1',
    'set server debug',
    'set server port 8620',
    'set server modes some',
    'set server modes none',
    'set server client inside type deny',
    'set server client inside address 10.0.0.0/8',
    'set server client inside address 2001:db8::/32',
    'set server client outside',
    'set server slot 2',
    'set tags "two words"',
  ]);
});

test('in the archive: numbers as numbers, flags as true, lists and containers as objects', () => {
  expect(JSON.parse(archived(example))).toEqual({
    system: { 'host-name': 'r1' },
    server: {
      debug: true,
      port: 8620,
      modes: ['some', 'none'],
      client: {
        inside: { type: 'deny', address: { '10.0.0.0/8': {}, '2001:db8::/32': {} } },
        outside: {},
      },
      slot: [['2', {}]],
    },
    tags: ['two words'],
  });
});

test('a list with keys that are numbers keeps its order, and one that was archived as an object is read', () => {
  const tree = treeOf(
    ['server slot 7', 'server slot 1', 'server client b', 'server client 10', 'server client 2'],
    kinds,
  );
  expect([...setLines(kinds, fromArchive(kinds, archived(tree)))]).toEqual([...setLines(kinds, tree)]);
  expect([...setLines(kinds, fromArchive(kinds, '{"server":{"slot":{"2":{}}}}'))]).toEqual([
    'set server slot 2',
  ]);
});

test('as data: what is said of several values stands at the first, and what is not in force at its own', () => {
  const document = (...lines: string[]) => documentOf(kinds, treeOf(lines, kinds));
  const tags = ['tags x', 'tags y', 'tags z'];
  expect(document(...tags)).toEqual({ tags: ['x', 'y', 'z'] });
  expect(document(...tags, 'deactivate tags y', 'annotate tags why')).toEqual({
    '@tags': [{ comment: '/* why */' }, { inactive: true }, null],
    tags: ['x', 'y', 'z'],
  });
});

describe.each([
  ['a schema of every kind', kinds],
  ['the product', grammars.schema],
])('any configuration of %s', (_, schema) => {
  test('is the same when its set lines are typed again', () => {
    fc.assert(
      fc.property(markedTreesOf(schema), (tree) => {
        expect(same(schema, treeOf([...setLines(schema, tree)], schema), tree)).toBe(true);
      }),
    );
  });

  test('is the same when it comes back from the archive', () => {
    fc.assert(
      fc.property(markedTreesOf(schema), (tree) => {
        const restored = fromArchive(schema, archived(tree));
        expect(restored).toEqual(tree);
        expect(same(schema, restored, tree)).toBe(true);
      }),
    );
  });

  test('is written in braces that match, a statement a line', () => {
    fc.assert(
      fc.property(markedTreesOf(schema), (tree) => {
        let depth = 0;
        for (const line of bracesLines(schema, tree)) {
          const text = line.trimStart();
          const isComment = text.startsWith('/* ');
          if (text === '}') depth -= 1;
          expect(line.length - text.length).toBe(depth * 4);
          expect(text).toMatch(/( \{|;|; ## SECRET-DATA|^\}|^\/\* .* \*\/)$/);
          if (text.endsWith(' {') && !isComment) depth += 1;
        }
        expect(depth).toBe(0);
      }),
    );
  });
});

describe('what does not fit the schema is refused, with its path', () => {
  test.each<[data: unknown, path: string]>([
    [[], ''],
    [null, ''],
    ['x', ''],
    [{ nothing: 1 }, 'nothing'],
    [{ system: { nothing: 1 } }, 'system nothing'],
    [{ system: 'x' }, 'system'],
    [{ system: { 'host-name': 'a b' } }, 'system host-name a b'],
    [{ server: { port: '862' } }, 'server port 862'],
    [{ server: { port: 65536 } }, 'server port 65536'],
    [{ server: { port: [862] } }, 'server port 862'],
    [{ server: { debug: false } }, 'server debug'],
    [{ server: { modes: 'none' } }, 'server modes'],
    [{ server: { modes: ['none', 'bogus'] } }, 'server modes bogus'],
    [{ server: { mode: ['none'] } }, 'server mode'],
    [{ server: { client: ['a'] } }, 'server client'],
    [{ server: { client: { 'a b': {} } } }, 'server client a b'],
    [{ server: { client: { a: true } } }, 'server client a'],
    [{ server: { client: { a: { address: { '10.0.0.1/8': {} } } } } }, 'server client a address 10.0.0.1/8'],
    [{ server: { slot: { 17: {} } } }, 'server slot 17'],
    [{ server: { slot: [['17', {}]] } }, 'server slot 17'],
    [
      {
        server: {
          slot: [
            ['1', {}],
            ['1', {}],
          ],
        },
      },
      'server slot 1',
    ],
    [{ server: { slot: [[1, {}]] } }, 'server slot'],
    [{ server: { slot: { '07': {} } } }, 'server slot 07'],
  ])('%j', (data, path) => {
    const refused = (): ConfigTree => fromArchive(kinds, JSON.stringify(data));
    expect(refused).toThrow(ConfigTextError);
    expect(refused).toThrow(`no such statement or value: ${path}`);
  });
});

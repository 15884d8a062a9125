/** What changed between two configurations, in Junos' form. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { changes, compareLines, same } from '../../src/config/compare.ts';
import { bracesLines } from '../../src/config/text.ts';
import { prune } from '../../src/config/tree.ts';
import { kinds, markedTreesOf, treeOf, withChanges } from '../support/configuration.ts';

const compared = (before: string[], after: string[]) =>
  [...compareLines(kinds, treeOf(before, kinds), treeOf(after, kinds))].join('\n');

describe('compareLines', () => {
  test.each<[what: string, before: string[], after: string[], lines: string]>([
    ['nothing', ['server port 1'], ['server port 1'], ''],
    ['a new container', [], ['system host-name r1'], '[edit]\n+   system {\n+       host-name r1;\n+   }'],
    ['a container that is gone', ['server port 1'], [], '[edit]\n-   server {\n-       port 1;\n-   }'],
    ['an empty container', [], ['server'], '[edit]\n+   server;'],
    ['a new leaf', ['server'], ['server port 1'], '[edit server]\n+   port 1;'],
    ['a leaf that is gone', ['server debug'], ['server'], '[edit server]\n-   debug;'],
    ['another value', ['server port 1'], ['server port 2'], '[edit server]\n-   port 1;\n+   port 2;'],
    [
      'several values',
      ['server modes none'],
      ['server modes [ none all ]'],
      '[edit server]\n-   modes none;\n+   modes [ none all ];',
    ],
    [
      'two changes of a level under one banner',
      ['server port 1'],
      ['server debug', 'server port 2'],
      '[edit server]\n+   debug;\n-   port 1;\n+   port 2;',
    ],
    [
      'a new list entry',
      ['server client a'],
      ['server client a', 'server client b type deny'],
      '[edit server]\n+   client b {\n+       type deny;\n+   }',
    ],
    [
      'a new list',
      ['server'],
      ['server client a', 'server client b'],
      '[edit server]\n+   client a;\n+   client b;',
    ],
    ['an entry that is gone', ['server client a'], ['server'], '[edit server]\n-   client a;'],
    [
      'within an entry',
      ['server client a'],
      ['server client a type deny'],
      '[edit server client a]\n+   type deny;',
    ],
    [
      'a new list of keys alone',
      ['server client a'],
      ['server client a address 10.0.0.0/8'],
      '[edit server client a]\n+   address {\n+       10.0.0.0/8;\n+   }',
    ],
    [
      'another key',
      ['server client a address 10.0.0.0/8'],
      ['server client a address 10.0.0.0/8', 'server client a address 11.0.0.0/8'],
      '[edit server client a address]\n+   11.0.0.0/8;',
    ],
    [
      'changes of several levels',
      ['system host-name a', 'server port 1', 'server client a'],
      ['system host-name b', 'server port 2', 'server client a type deny', 'tags x'],
      '[edit system]\n-   host-name a;\n+   host-name b;\n[edit server]\n-   port 1;\n+   port 2;\n' +
        '[edit server client a]\n+   type deny;\n[edit]\n+   tags x;',
    ],
    [
      'a leaf that is not in force any more',
      ['server port 1'],
      ['server port 1', 'deactivate server port'],
      '[edit server]\n!   inactive: port 1;',
    ],
    [
      'a container that is in force again, and a change in it',
      ['server port 1', 'deactivate server'],
      ['server port 2'],
      '[edit]\n!   active: server { ... }\n[edit server]\n-   port 1;\n+   port 2;',
    ],
    [
      'an entry that is not in force',
      ['server client a type deny'],
      ['server client a type deny', 'deactivate server client a'],
      '[edit server]\n!   inactive: client a { ... }',
    ],
    [
      'a leaf that is new and not in force',
      ['server'],
      ['server port 1', 'deactivate server port', 'annotate server port "why"'],
      '[edit server]\n+   /* why */\n+   inactive: port 1;',
    ],
    [
      'one of several values',
      ['server modes [ none all ]'],
      ['server modes [ none all ]', 'deactivate server modes all'],
      '[edit server]\n-   modes [ none all ];\n+   modes [ none inactive: all ];',
    ],
    [
      'all of several values',
      ['server modes [ none all ]'],
      ['server modes [ none all ]', 'deactivate server modes'],
      '[edit server]\n!   inactive: modes [ none all ];',
    ],
    [
      'another comment',
      ['server port 1', 'annotate server "one"', 'deactivate server'],
      ['server port 1', 'annotate server "two"', 'deactivate server'],
      '[edit]\n-   /* one */\n+   /* two */\n    inactive: server { ... }',
    ],
    [
      'a list of keys alone that is gone',
      ['server client a address 10.0.0.0/8'],
      ['server client a'],
      '[edit server client a]\n-   address {\n-       10.0.0.0/8;\n-   }',
    ],
    [
      'the first of two entries that is gone',
      ['server client a', 'server client b'],
      ['server client b'],
      '[edit server]\n-   client a;',
    ],
    [
      'a new entry between two',
      ['server client a', 'server client b'],
      ['server client a', 'server client c', 'server client b'],
      '[edit server]\n+   client c;\n    client a;\n!   client c;',
    ],
    [
      'one that is not in force, with the comment that it had',
      ['server port 1', 'annotate server "one"'],
      ['server port 1', 'annotate server "one"', 'deactivate server'],
      '[edit]\n!   inactive: server { ... }',
    ],
    [
      'two that were moved together',
      ['a', 'b', 'c', 'd', 'e'].map((key) => `server client ${key}`),
      ['a', 'd', 'e', 'b', 'c'].map((key) => `server client ${key}`),
      '[edit server]\n    client a;\n!   client d;\n!   client e;',
    ],
    [
      'one that was moved behind another',
      ['a', 'b', 'c', 'd'].map((key) => `server client ${key}`),
      ['a', 'b', 'd', 'c'].map((key) => `server client ${key}`),
      '[edit server]\n    client b;\n!   client d;',
    ],
    [
      'another order',
      ['server client a', 'server client b', 'server client c'],
      ['server client c', 'server client a', 'server client b'],
      '[edit server]\n!   client c;\n    client a;',
    ],
    [
      'an entry in the place of another',
      ['server client a', 'server client b'],
      ['server client c', 'server client b'],
      '[edit server]\n-   client a;\n+   client c;\n!   client c;\n    client b;',
    ],
  ])('%s', (_, before, after, lines) => {
    expect(compared(before, after)).toBe(lines);
    const [was, is] = [treeOf(before, kinds), treeOf(after, kinds)];
    expect(same(kinds, prune(kinds, withChanges(was, changes(kinds, was, is))), is)).toBe(true);
  });
});

test('an entry that is gone is one change: the others stand as they stood', () => {
  const before = treeOf(['server client a', 'server client b', 'server client c'], kinds);
  const after = treeOf(['server client a', 'server client c'], kinds);
  const made = [...changes(kinds, before, after)].map(({ kind, path }) => [kind, ...path].join(' '));
  expect(made).toEqual(['statement server client b']);
});

describe('any two configurations', () => {
  const pairs = fc.tuple(markedTreesOf(kinds), markedTreesOf(kinds));

  test('differ by changes that, made to the one, give the other', () => {
    fc.assert(
      fc.property(pairs, ([before, after]) => {
        const made = prune(kinds, withChanges(before, changes(kinds, before, after)));
        expect(same(kinds, made, after)).toBe(true);
        expect([...bracesLines(kinds, made)]).toEqual([...bracesLines(kinds, after)]);
      }),
    );
  });

  test('have no change exactly when they are equal', () => {
    fc.assert(
      fc.property(pairs, ([before, after]) => {
        expect([...compareLines(kinds, before, after)].length === 0).toBe(same(kinds, before, after));
        expect([...compareLines(kinds, before, before)]).toEqual([]);
      }),
    );
  });

  test('compare the other way round with every sign turned', () => {
    const signs = (lines: Iterable<string>, sign: string) =>
      [...lines].filter((line) => line.startsWith(sign)).length;
    fc.assert(
      fc.property(pairs, ([before, after]) => {
        expect(signs(compareLines(kinds, before, after), '+')).toBe(
          signs(compareLines(kinds, after, before), '-'),
        );
      }),
    );
  });
});

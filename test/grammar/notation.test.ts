/** The notation of grammar files: what each form becomes, and how each mistake is reported. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { effects } from '../../src/grammar/effects.ts';
import { childNamed, descendants, type GrammarNode } from '../../src/grammar/node.ts';
import { NotationError, readGrammar } from '../../src/grammar/notation.ts';
import { VALUE_TYPE_FORMS } from '../../src/grammar/value-types.ts';

const ATTRIBUTES =
  '"help", @privilege, -> handler, = default, ~short, presence, grouped, since release, foreign, effect word, for handlers, or => word alone';

const read = (source: string) => readGrammar(source, 'test.cli');
const firstLine = (source: string): GrammarNode => read(source).children[0]!;

describe('a line', () => {
  test.each<[source: string, read: Partial<GrammarNode>]>([
    ['show "Help"', { kind: 'word', name: 'show', help: 'Help', value: undefined }],
    ['show "Help" @viewer -> run', { privilege: 'viewer', modifyPrivilege: undefined, handler: 'run' }],
    ['show -> run @viewer "Help"', { privilege: 'viewer', handler: 'run', help: 'Help' }],
    [
      'mtu <mtu:1..9>  "Help" @view/system = 5',
      { privilege: 'view', modifyPrivilege: 'system', defaultText: '5' },
    ],
    ['show "Help" since 1.20.3 -> run', { since: '1.20.3', handler: 'run' }],
    ['[history] "Help"', { option: true, name: 'history', slot: undefined }],
    ['[level: brief] "Help"', { option: true, name: 'brief', slot: 'level' }],
    ['server "Help" presence ~srv', { presence: true, short: 'srv' }],
    ['rpm "Help" ~', { short: '' }],
    ['compare "Help" for show-a, show-b', { onlyFor: ['show-a', 'show-b'] }],
    ['compare "Help" for show-a,show-b', { onlyFor: ['show-a', 'show-b'] }],
    ['monitor "Help" for show-*, twping', { onlyFor: ['show-*', 'twping'] }],
    ['{schema:set} -> set', { kind: 'tree', name: 'schema', verb: 'set', handler: 'set' }],
    ['{operational:command}', { kind: 'tree', name: 'operational', verb: 'command' }],
  ])('%s', (source, expected) => {
    expect(firstLine(source)).toMatchObject(expected);
  });

  test.each<[source: string, value: object]>([
    ['<host:host> "Help"', { name: 'host', arity: 'one', source: undefined }],
    ['vrf <vrf:name(255) vrfs> "Help"', { name: 'vrf', arity: 'one', source: 'vrfs' }],
    ['[limit <limit:1..9>] "Help"', { name: 'limit', arity: 'one' }],
    ['mode <mode:a|b>* "Help"', { name: 'mode', arity: 'many' }],
    ['list <name:name(31)>+ "Help"', { name: 'name', arity: 'key' }],
  ])('the value of %s', (source, expected) => {
    expect(firstLine(source).value).toMatchObject(expected);
  });

  test('knows where it stands in the file; comments and blank lines count', () => {
    expect(firstLine('# comment\n\nshow "Help"').line).toBe(3);
  });
});

describe('indentation', () => {
  test('says what may follow', () => {
    const root = read('a "A"\n  b "B"\n    c "C"\n  d "D"\ne "E"');
    const names = (node: GrammarNode): unknown[] => node.children.map((child) => [child.name, names(child)]);
    expect(names(root)).toEqual([
      [
        'a',
        [
          ['b', [['c', []]]],
          ['d', []],
        ],
      ],
      ['e', []],
    ]);
  });

  test('hands privileges down, until a line names its own', () => {
    const root = read('a "A" @view/system\n  b "B"\n    c "C" @access\n      d "D"');
    const b = childNamed(childNamed(root, 'a')!, 'b')!;
    const c = childNamed(b, 'c')!;
    expect([b.privilege, b.modifyPrivilege]).toEqual(['view', 'system']);
    expect([c.privilege, c.modifyPrivilege]).toEqual(['access', undefined]);
    expect(childNamed(c, 'd')?.privilege).toBe('access');
  });

  test('hands effects down, those for the lines below where a line has another itself', () => {
    const root = read('a "A" effect ends/new-only\n  b "B"\n    c "C" effect reopens\n      d "D"');
    expect([...descendants(root)].map(({ effect }) => effect)).toEqual([
      'ends',
      'new-only',
      'reopens',
      'reopens',
    ]);
  });
});

test('an alias is its target, as visible as that', () => {
  const [exit, quit] = read('exit "Leave" @viewer -> exit\nquit => exit').children;
  expect(quit).toMatchObject({ name: 'quit', privilege: 'viewer', handler: undefined });
  expect(quit!.aliasOf).toBe(exit);
});

test('an alias may stand before its target', () => {
  const [quit, exit] = read('quit => exit\nexit "Leave" -> exit').children;
  expect(quit!.aliasOf).toBe(exit);
});

describe('a mistake is reported with its file, its line and what was expected', () => {
  test.each<[what: string, source: string, line: number, expected: string]>([
    ['no item', '"help"', 1, 'a word, <name:type>, [option], {tree:verb} or alias => word'],
    [
      'an option that is not closed',
      '[a "A"',
      1,
      'a word, <name:type>, [option], {tree:verb} or alias => word',
    ],
    ['a value without a type', '<a> "A"', 1, 'a word, <name:type>, [option], {tree:verb} or alias => word'],
    ['an unknown attribute', 'a "A" !x', 1, `${ATTRIBUTES}, not '!x'`],
    ['an alias that says more', 'a "A"\nb => a "B"', 2, `${ATTRIBUTES}, not '=> a "B"'`],
    ['an attribute twice', 'a "A" @x @y', 1, '@privilege once, not twice'],
    ['a tab', 'a "A"\n\tb "B"', 2, 'blanks, not tabs'],
    [
      'an indentation of its own',
      'a "A"\n    b "B"\n  c "C"',
      3,
      "an indentation of 4 blanks, like the line's siblings",
    ],
    ['no help', 'a -> run', 1, 'a "help" text'],
    [
      'an unknown tree verb',
      '{schema:get} -> x',
      1,
      "a tree verb (set, delete, mark, point, entry, match, place, edit, enter, show, command), not 'get'",
    ],
    ['a tree without a handler', '{schema:set}', 1, '-> handler behind a tree, or lines below it'],
    [
      'a command tree with a handler',
      '{operational:command} -> x',
      1,
      "no -> handler with the verb 'command', which brings its own",
    ],
    ['a line below a tree of commands', '{a:command}\n  b "B"', 2, 'nothing below a tree of commands'],
    ['a line below an option', 'a "A"\n  [b] "B"\n    c "C"', 3, 'nothing below an option'],
    ['a line below an alias', 'a "A"\nb => a\n  c "C"', 3, 'nothing below an alias'],
    [
      'a handler of an option',
      '[a] "A" -> x',
      1,
      'no -> handler behind an option (it belongs to the command)',
    ],
    [
      'an option of several values',
      '[a <a:1..2>*] "A"',
      1,
      "'*' and '+' in statements only, behind their word, or '*' behind the value that ends a command",
    ],
    [
      'several values in a command',
      'a <a:1..2>* "A" -> x',
      1,
      "'*' and '+' in statements only, behind their word, or '*' behind the value that ends a command",
    ],
    [
      'several values without a word',
      '<a:1..2>+ "A"',
      1,
      "'*' and '+' in statements only, behind their word, or '*' behind the value that ends a command",
    ],
    ...['<a:1..2>+ "A" -> x', '<a:text>* "A"'].map((source): [string, string, number, string] => [
      'several values that end no command',
      source,
      1,
      "'*' and '+' in statements only, behind their word, or '*' behind the value that ends a command",
    ]),
    ...['[a] "A" foreign', '<a:1..2> "A" foreign -> x'].map((source): [string, string, number, string] => [
      'a word of others that is none',
      source,
      1,
      "'foreign' behind a word only",
    ]),
    ['an alias of a tree', 'a "A"\n  {b:set} -> c\n  d => b', 3, "'b' to be a line beside its alias"],
    [
      'something below a value that takes all words',
      'a "A"\n  <b:text>* "B" -> x\n    c "C" -> y',
      3,
      "nothing below a value that takes all words ('*')",
    ],
    ['a release that is none', 'a "A" since 1 -> x', 1, `${ATTRIBUTES}, not 'since 1 -> x'`],
    ['a default without a value', 'a "A" = 1', 1, "no default where there is no value, or a list's key"],
    ['a default of a key', 'a <b:1..2>+ "A" = 1', 1, "no default where there is no value, or a list's key"],
    ['a default over the limit', 'a <b:1..2> "A" = 3', 1, 'a default of 1..2'],
    [
      'a default of the wrong form',
      'a <b:prefix> "A" = 10.0.0.1/8',
      1,
      'a default of a prefix without host bits (10.0.0.0/8)',
    ],
    ['presence of a value', 'a <b:1..2> "A" presence', 1, "no 'presence' beside a value"],
    ['a flag of which there are several', 'a "A" grouped', 1, "'grouped' behind a list only"],
    [
      'an unknown effect',
      'a "A" effect boom',
      1,
      `an effect (${Object.keys(effects).join(', ')}), not 'boom'`,
    ],
    ['a word twice', 'a "A"\nb "B"\na "C"', 3, "one line for 'a' here, not two"],
    ['an alias that is a word already', 'a "A"\nb "B"\nb => a', 3, "one line for 'b' here, not two"],
    ['an alias of nothing', 'a "A"\nb => c', 2, "'c' to be a line beside its alias"],
    ['an alias of an alias', 'a "A"\nb => a\nc => b', 3, "'b' to be a line beside its alias"],
    ['an unknown type', 'a "A"\n\n  b <c:port> "B"', 3, `a value type (${VALUE_TYPE_FORMS}), not 'port'`],
  ])('%s', (_, source, line, expected) => {
    const mistake = (() => {
      try {
        return read(source);
      } catch (error) {
        return error;
      }
    })();
    expect(mistake).toBeInstanceOf(NotationError);
    expect(mistake).toMatchObject({
      name: 'NotationError',
      file: 'test.cli',
      line,
      message: `test.cli:${line}: expected ${expected}`,
    });
  });
});

test('a value that is called like a word is no word', () => {
  const a = read('a "A"\n  <b:1..9> "Value" -> x\n  b "Word" -> y').children[0]!;
  expect(childNamed(a, 'b')?.help).toBe('Word');
});

test('what a line does not say, it has not', () => {
  expect(firstLine('a "A"')).toMatchObject({
    kind: 'word',
    value: undefined,
    option: false,
    slot: undefined,
    privilege: undefined,
    modifyPrivilege: undefined,
    handler: undefined,
    defaultText: undefined,
    short: undefined,
    presence: false,
    grouped: false,
    foreign: false,
    onlyFor: [],
    verb: undefined,
    aliasOf: undefined,
    children: [],
  });
  expect(firstLine('{schema:set} -> set')).toMatchObject({ name: 'schema', help: '' });
  expect(read('a "A"')).toMatchObject({ name: '', help: '', file: 'test.cli' });
});

test('the examples of docs/grammar.md are right', () => {
  const page = readFileSync(join(import.meta.dirname, '..', '..', 'docs', 'grammar.md'), 'utf8');
  const examples = [...page.matchAll(/```cli\n(.*?)```/gs)].map(([, source]) => source!);
  expect(examples.length).toBeGreaterThan(0);
  for (const source of examples) expect(() => read(source)).not.toThrow();
});

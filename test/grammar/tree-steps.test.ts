/** The verbs of configuration mode on a tree of statements: set, delete, edit, show. */
import { describe, expect, test } from 'vitest';
import type { Statement } from '../../src/grammar/match.ts';
import { readGrammar } from '../../src/grammar/notation.ts';
import { schemaAlong } from '../../src/config/tree.ts';
import { Terminal } from '../support/grammar.ts';
import { many } from '../support/many.ts';

const schema = readGrammar(
  `
system "System"
  host-name <host-name:host-name> "Name"
  logging "Logging" presence
    level <level:low|high> "Level"
server "Server" presence
  debug "Debug"
  port <port:1..65535> "Port"
  modes <mode:none|some|all>* "Modes"
  mode-list => modes
  client <client:name(9)>+ "Client"
    type <type:allow|deny> "Type"
    address <prefix:prefix>+ "Address"
`,
  'schema.cli',
);

const verbs = `
set "Set"
  {schema:set} -> set
delete "Delete"
  {schema:delete} -> delete
edit "Edit"
  {schema:edit} -> edit
show "Show" -> show
  {schema:show} -> show
`;

function at(...path: string[]): Terminal {
  const node = schemaAlong(schema, path).at(-1) ?? schema;
  return new Terminal(verbs, { trees: { schema: { node, path } } });
}

const top = at();
const said = (line: string, terminal = top): [string, Statement['value']][] => {
  const statements = terminal.match(line).args['statements'] as readonly Statement[];
  return statements.map(({ path, value }) => [path.join(' '), value]);
};

describe('set', () => {
  test.each<[line: string, said: [string, Statement['value']][]]>([
    ['set server port 862', [['server port', 862]]],
    ['set ser po 862', [['server port', 862]]],
    ['set server', [['server', undefined]]],
    ['set server debug', [['server debug', undefined]]],
    ['set server client a', [['server client a', undefined]]],
    ['set server client a type deny', [['server client a type', 'deny']]],
    ['set server client a address 10.0.0.0/8', [['server client a address 10.0.0.0/8', undefined]]],
    ['set server modes none', [['server modes', 'none']]],
    ['set server mode-list some', [['server modes', 'some']]],
    [
      'set server modes [ none all ]',
      [
        ['server modes', 'none'],
        ['server modes', 'all'],
      ],
    ],
    [
      'set server port 1 debug modes all client a type allow address 10.0.0.0/8',
      [
        ['server port', 1],
        ['server debug', undefined],
        ['server modes', 'all'],
        ['server client a type', 'allow'],
        ['server client a address 10.0.0.0/8', undefined],
      ],
    ],
    [
      'set server port 1 client a',
      [
        ['server port', 1],
        ['server client a', undefined],
      ],
    ],
    [
      'set server modes [ none ] port 2',
      [
        ['server modes', 'none'],
        ['server port', 2],
      ],
    ],
  ])('%s', (line, expected) => {
    expect(said(line)).toEqual(expected);
  });

  test.each([
    ['set', 'incomplete', undefined],
    ['set system', 'incomplete', undefined],
    ['set server port', 'incomplete', undefined],
    ['set server client', 'incomplete', undefined],
    ['set server modes [ none', 'incomplete', undefined],
    ['set server modes [ ]', 'invalid-value', ']'],
    ['set server modes [ none bogus ]', 'invalid-value', 'bogus'],
    ['set server modes [ bogus', 'invalid-value', 'bogus'],
    ['set server port 0', 'invalid-value', '0'],
    ['set server port 65536', 'invalid-value', '65536'],
    ['set server port 1 port 2', 'repeated-word', 'port'],
    ['set server client a type x', 'invalid-value', 'x'],
    ['set server client toolongname', 'invalid-value', 'toolongname'],
    ['set server nothing', 'unknown-word', 'nothing'],
  ])('%s is refused: %s', (line, code, word) => {
    expect(top.problem(line)).toMatchObject(word === undefined ? { code } : { code, word });
  });

  test('below a level, words continue from there and the path is whole', () => {
    const inServer = at('server');
    expect(said('set port 5', inServer)).toEqual([['server port', 5]]);
    expect(said('set client a type deny', inServer)).toEqual([['server client a type', 'deny']]);
    expect(inServer.problem('set server port 5')).toMatchObject({ code: 'unknown-word', word: 'server' });
    expect(said('set type deny', at('server', 'client', 'a'))).toEqual([['server client a type', 'deny']]);
  });
});

describe('delete', () => {
  test.each([
    ['delete server', 'server', undefined],
    ['delete system', 'system', undefined],
    ['delete server port', 'server port', undefined],
    ['delete server port 862', 'server port', 862],
    ['delete server modes', 'server modes', undefined],
    ['delete server modes all', 'server modes', 'all'],
    ['delete server client', 'server client', undefined],
    ['delete server client a', 'server client a', undefined],
    ['delete server client a type', 'server client a type', undefined],
    ['delete server client a address', 'server client a address', undefined],
    ['delete server client a address 10.0.0.0/8', 'server client a address 10.0.0.0/8', undefined],
  ])('%s', (line, path, value) => {
    expect(said(line)).toEqual([[path, value]]);
  });

  test('takes several values of a leaf away at once', () => {
    expect(said('delete server modes [ none all ]')).toEqual([
      ['server modes', 'none'],
      ['server modes', 'all'],
    ]);
  });

  test.each([
    ['delete', 'incomplete'],
    ['delete server port debug', 'invalid-value'],
    ['delete server port 5 debug', 'unknown-word'],
    ['delete server debug port', 'unknown-word'],
    ['delete server modes [ ]', 'invalid-value'],
    ['delete server modes [ none', 'incomplete'],
  ])('%s is refused: one thing at a time', (line, code) => {
    expect(top.problem(line).code).toBe(code);
  });
});

describe('edit', () => {
  test.each([
    ['edit server', 'server'],
    ['edit system', 'system'],
    ['edit server client a', 'server client a'],
  ])('%s', (line, path) => {
    expect(said(line)).toEqual([[path, undefined]]);
  });

  test.each([
    ['edit', 'incomplete'],
    ['edit server client', 'incomplete'],
    ['edit server port', 'unknown-word'],
    ['edit server debug', 'unknown-word'],
  ])('%s is refused: only containers and entries are levels', (line, code) => {
    expect(top.problem(line).code).toBe(code);
  });

  test('offers no leaves', () => {
    expect(top.offered('edit server ')).toEqual(['client']);
  });
});

describe('show', () => {
  test.each([
    ['show server', 'server'],
    ['show server port', 'server port'],
    ['show server client', 'server client'],
    ['show server client a', 'server client a'],
    ['show server client a type', 'server client a type'],
  ])('%s', (line, path) => {
    expect(said(line)).toEqual([[path, undefined]]);
  });

  test('by itself shows the level', () => {
    expect(top.match('show')).toEqual({ handler: 'show', args: {} });
  });

  test('takes no values', () => {
    expect(top.problem('show server port 862')).toMatchObject({ code: 'unknown-word', word: '862' });
  });
});

describe('two of a kind', () => {
  const two = new Terminal(
    `
copy "Copy"
  {schema:entry}
    to "To"
      {beside:entry} -> copy
insert "Insert"
  {schema:place}
    before "Before"
      {beside:place} -> insert
annotate "Annotate"
  {schema:point}
    <comment:comment> "Comment" -> annotate
wildcard "Wildcard"
  {schema:match} -> wildcard
`,
    {
      trees: { schema: { node: schema, path: [] } },
      live: ({ node }) => (node.name === 'modes' ? ['all', 'none'] : []).map((text) => ({ text, help: '' })),
    },
  );
  const both = (line: string) => {
    const { statements, target } = two.match(line).args as Record<string, readonly Statement[]>;
    return [statements!, target!].map((each) =>
      each.map(({ path, value }) => [...path, ...(value === undefined ? [] : [value])].join(' ')).join(', '),
    );
  };

  test.each([
    ['copy server client a to client b', 'server client a', 'server client b'],
    [
      'copy server client a address 10.0.0.0/8 to address 11.0.0.0/8',
      'server client a address 10.0.0.0/8',
      'server client a address 11.0.0.0/8',
    ],
    ['insert server client a before client b', 'server client a', 'server client b'],
    ['insert server modes none before all', 'server modes none', 'server modes all'],
  ])('%s', (line, one, other) => {
    expect(both(line)).toEqual([one, other]);
  });

  test.each([
    ['copy', 'incomplete'],
    ['copy server', 'incomplete'],
    ['copy server client', 'incomplete'],
    ['copy server client a', 'incomplete'],
    ['copy server client a to', 'incomplete'],
    ['copy server client a to client', 'incomplete'],
    ['copy server modes', 'unknown-word'],
    ['copy server client a type', 'unknown-word'],
    ['insert server port', 'unknown-word'],
    ['insert server modes none', 'incomplete'],
    ['wildcard server', 'incomplete'],
    ['wildcard server port', 'unknown-word'],
    ['wildcard server client (', 'invalid-value'],
  ])('%s is refused: %s', (line, code) => {
    expect(two.problem(line)).toMatchObject({ code });
  });

  test.each([
    ['copy ', ['server']],
    ['copy server ', ['client']],
    ['copy server client ', ['<client>']],
    ['copy server client a ', ['address', 'to']],
    ['insert server ', ['client', 'modes']],
    ['insert server modes none ', ['before']],
    ['insert server modes none before ', ['all', 'none']],
    ['wildcard server ', ['client', 'modes']],
  ])('%j', (line, offered) => {
    expect(two.offered(line)).toEqual(offered);
  });

  test('a pattern stands for a key or a value, whatever these may be', () => {
    expect(said('wildcard server client a.*', two)).toEqual([['server client a.*', undefined]]);
    expect(said('wildcard server modes no.*', two)).toEqual([['server modes', 'no.*']]);
  });

  test('what is commented on is a point, and the comment is no part of it', () => {
    expect(two.match('annotate server port "a port"').args).toMatchObject({
      statements: [{ path: ['server', 'port'], value: undefined }],
      comment: 'a port',
    });
  });
});

test('what is said before a tree, and between two, has names of its own', () => {
  const terminal = new Terminal(
    `
put <n:1..9> "Number"
  {schema:set} -> put
swap "Swap"
  {schema:entry}
    with <n:1..9> "Number"
      {beside:entry} -> swap
`,
    { trees: { schema: { node: schema, path: [] } } },
  );
  expect(terminal.match('put 5 server port 1').args).toEqual({
    n: 5,
    statements: [{ path: ['server', 'port'], value: 1 }],
  });
  expect(terminal.match('swap server client a with 5 client b').args).toEqual({
    n: 5,
    statements: [{ path: ['server', 'client', 'a'], value: undefined }],
    target: [{ path: ['server', 'client', 'b'], value: undefined }],
  });
});

test('a line without a verb yields to verbs', () => {
  const node = readGrammar('system "System" presence', 'schema.cli');
  const terminal = new Terminal('sync "Sync" -> sync\n{schema:enter} -> enter', {
    trees: { schema: { node, path: [] } },
  });
  expect(terminal.match('s').handler).toBe('sync');
  expect(terminal.match('sys').handler).toBe('enter');
});

test("what needs no privilege is everybody's", () => {
  const terminal = new Terminal(verbs, { can: () => false, trees: { schema: { node: schema, path: [] } } });
  expect(said('set server', terminal)).toEqual([['server', undefined]]);
});

describe('completion', () => {
  test.each([
    ['set server ', ['client', 'debug', 'modes', 'port'], true],
    ['set server port 1 ', ['client', 'debug', 'modes'], true],
    ['set server modes ', ['[', 'all', 'none', 'some'], false],
    ['set server modes n', ['none'], false],
    ['set server modes [ ', ['all', 'none', 'some'], false],
    ['set server modes [ all ', [']', 'all', 'none', 'some'], false],
    ['set server client ', ['<client>'], false],
    ['set system ', ['host-name', 'logging'], false],
    ['delete server port ', ['<port>'], true],
    ['show server client ', ['<client>'], true],
    ['show server client a ', ['address', 'type'], true],
  ])('%j', (line, offered, mayEnd) => {
    expect(top.offered(line)).toEqual(offered);
    expect(top.candidates(line).mayEnd).toBe(mayEnd);
  });

  test('brackets and second words are words like others', () => {
    expect(top.candidates('set server modes ').rows[0]).toEqual({
      text: '[',
      help: 'Open a set of values',
      literal: true,
      marker: '',
    });
  });

  test('marks containers and what may be given several times', () => {
    const markers = top.candidates('set ').rows.concat(top.candidates('set server ').rows);
    expect(markers.map(({ text, marker }) => `${marker}${text}`)).toEqual([
      '>server',
      '>system',
      '+client',
      'debug',
      '+modes',
      'port',
    ]);
  });

  test('offers the keys of a list that exist, at the whole path', () => {
    const asked: string[] = [];
    const terminal = new Terminal(verbs, {
      trees: { schema: { node: schema, path: [] } },
      live: ({ node, path }) => {
        if (node.value?.arity !== 'key') return [];
        asked.push(path.join(' '));
        return ['alpha', 'beta'].map((text) => ({ text, help: '' }));
      },
    });
    expect(terminal.offered('delete server client ')).toEqual(['alpha', 'beta', '<client>']);
    expect(terminal.offered('delete server client al')).toEqual(['alpha', '<client>']);
    expect(terminal.offered('delete server client a address ')).toEqual(['alpha', 'beta', '<prefix>']);
    expect(asked).toEqual(['server client', 'server client', 'server client a address']);
  });
});

test('a list of very many values is read in time that grows with its length', () => {
  const count = many(100_000);
  const line = `set server modes [ ${'none '.repeat(count)}]`;
  expect((top.match(line).args['statements'] as readonly Statement[]).length).toBe(count);
});

test('a text that ends with a comma awaits no more', () => {
  const node = readGrammar('motd <motd:text> "Message"', 'schema.cli');
  const terminal = new Terminal(verbs, { trees: { schema: { node, path: [] } } });
  expect(said('set motd hello,', terminal)).toEqual([['motd', 'hello,']]);
});

describe('a second word', () => {
  const door = readGrammar(
    `
locks <lock:open|half|shut|half+open=open|shut+twice=half>* "Locks"
latch <latch:open|shut|shut+twice=open> "Latch"
port <port:1..65535> "Port"
`,
    'door.cli',
  );
  const terminal = new Terminal(verbs, { trees: { schema: { node: door, path: [] } } });

  test('makes another value of the one before', () => {
    expect(said('set locks shut twice', terminal)).toEqual([['locks', 'half']]);
    expect(said('set latch shut tw port 7', terminal)).toEqual([
      ['latch', 'open'],
      ['port', 7],
    ]);
    expect(said('set locks [ shut shut twice half open shut ]', terminal)).toEqual([
      ['locks', 'shut'],
      ['locks', 'half'],
      ['locks', 'open'],
      ['locks', 'shut'],
    ]);
    expect(said('delete locks shut twice', terminal)).toEqual([['locks', 'half']]);
  });

  test('follows its first alone, and once', () => {
    expect(terminal.problem('set locks open twice')).toMatchObject({ code: 'unknown-word', word: 'twice' });
    expect(terminal.problem('set latch shut twice twice')).toMatchObject({ word: 'twice' });
  });

  test('is offered behind it', () => {
    expect(terminal.offered('set latch shut ')).toEqual(['locks', 'port', 'twice']);
    expect(terminal.offered('set latch open ')).toEqual(['locks', 'port']);
    expect(terminal.offered('set latch shut p')).toEqual(['port']);
    expect(terminal.candidates('set latch shut tw').rows).toEqual([
      { text: 'twice', help: 'Latch', literal: true, marker: '' },
    ]);
  });
});

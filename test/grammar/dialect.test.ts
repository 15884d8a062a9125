/** Dialects: other words for a tree of statements. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { addDialect } from '../../src/grammar/dialect.ts';
import type { Level, Statement } from '../../src/grammar/match.ts';
import { levelsAlong } from '../../src/grammar/meaning.ts';
import { NotationError, readGrammar } from '../../src/grammar/notation.ts';
import { Terminal, type Typist } from '../support/grammar.ts';

const canonical = `
services "Services" ~srv
  server "Server" @view/modify presence
    debug "Debug"
    port <port:1..65535> "Port"
    timeout <time:minutes(0..30)> "Timeout" @view/timing
    modes <mode:none|some|all>* "Modes"
    client-list <list:name(20)>+ "Clients"
      type <type:allow|deny> "Type"
      address <prefix:prefix>+ "Address"
    instance <instance:name(9)>+ "Instance"
  session "Session" @hidden
system "System"
  host-name <host-name:host-name> "Name"
`;

const dialect = `
service "Services"
  twamp => services server
    port <port:1..65535> => port <port>
    timeout <seconds:1..3600> "Timeout in seconds" => timeout <seconds>s
    verbose => debug
    client <prefix:prefix>+ => client-list default address <prefix>
    mode "Modes"
      none "None" => modes none
      no-none "Not none" => modes -none
services
  twamp "TWAMP" => server
    timers "Timers" ~tmr
      timeout <seconds:1..1800> => timeout <seconds>s
    vrf <vrf:name(9)>+ => instance <vrf>
      clients => .. client-list vrf-<vrf>
        type <type:allow|deny> => type <type>
        <prefix:prefix>, => address <prefix> with .. type deny
    secret => .. session
`;

function dialectal(text = dialect) {
  const schema = readGrammar(canonical, 'schema.cli');
  addDialect(schema, text, 'dialect.cli');
  return schema;
}

const verbs = `
set "Set"
  {level:set} -> set
delete "Delete"
  {level:delete} -> delete
edit "Edit"
  {level:edit} -> edit
show "Show" -> show
  {level:show} -> show
services-of "Verb"
  nothing "Nothing" -> nothing
wildcard "Wildcard"
  {level:match} -> wildcard
{level:enter} -> enter
`;

/** Somebody at a level, in whatever words it was reached; the dialect is read anew. */
function at(spelling: readonly string[] = [], typist: Omit<Typist, 'trees'> = {}): Terminal {
  const level: Level = levelsAlong(dialectal(), spelling).at(-1)!;
  return new Terminal(verbs, { ...typist, trees: { level } });
}

/** What a line says, as `path = value`. */
function said(line: string, terminal = at()): string[] {
  const statements = terminal.match(line).args['statements'] as readonly Statement[];
  return statements.map(({ path, value }) => path.join(' ') + (value === undefined ? '' : ` = ${value}`));
}

describe('a line says what its canonical words say', () => {
  test.each([
    ['set service twamp port 862', 'services server port = 862'],
    ['set service twamp', 'services server'],
    ['set service twamp timeout 900', 'services server timeout = 15'],
    ['set service twamp timeout 90', 'services server timeout = 90s'],
    ['set service twamp verbose', 'services server debug'],
    ['set service twamp client 10.0.0.0/8', 'services server client-list default address 10.0.0.0/8'],
    ['set service twamp mode none', 'services server modes = none'],
    ['set services twamp timers timeout 60', 'services server timeout = 1'],
    ['set services twamp vrf red', 'services server instance red'],
    ['set services twamp vrf red clients type allow', 'services server client-list vrf-red type = allow'],
    ['edit services twamp vrf red', 'services server instance red'],
    ['show service twamp port', 'services server port'],
    ['delete service twamp port', 'services server port'],
    ['delete service twamp port 862', 'services server port = 862'],
  ])('%s', (line, statement) => {
    expect(said(line)).toEqual([statement]);
  });

  test('several on one line, of one level', () => {
    expect(said('set service twamp port 1 timeout 60 mode none')).toEqual([
      'services server port = 1',
      'services server timeout = 1',
      'services server modes = none',
    ]);
  });

  test('from a level that was reached in its words, with the values typed on the way', () => {
    const level = at(['services', 'twamp', 'vrf', 'red']);
    expect(said('set clients type deny', level)).toEqual(['services server client-list vrf-red type = deny']);
    expect(said('clients type deny', level)).toEqual(['services server client-list vrf-red type = deny']);
    expect(level.offered('set ')).toEqual(['clients']);
  });
});

test('a line without others below it is no level, whatever it says', () => {
  const text =
    'reflector => services server\nservice "Services"\n  twamp => services server\n    verbose => debug\n';
  const terminal = new Terminal(verbs, { trees: { level: { node: dialectal(text), path: [] } } });
  expect(said('set reflector', terminal)).toEqual(['services server']);
  expect(terminal.problem('edit reflector')).toMatchObject({ code: 'unknown-word' });
  expect(said('edit service twamp', terminal)).toEqual(['services server']);
});

test('levels lead as far as the words are words of the tree', () => {
  const levels = (...words: string[]) =>
    levelsAlong(dialectal(), words).map(({ spelling }) => spelling.join(' '));
  expect(levels()).toEqual(['']);
  expect(levels('services', 'nothing', 'server')).toEqual(['', 'services']);
  expect(levels('services', 'twamp', 'vrf', 'red', 'clients', 'prefix')).toEqual([
    '',
    'services',
    'services twamp',
    'services twamp vrf red',
    'services twamp vrf red clients',
  ]);
});

describe('values with commas between them', () => {
  const vrf = () => at(['services', 'twamp', 'vrf', 'red']);
  const prefixes = (line: string) => {
    const [{ path, alias }] = vrf().match(line).args['statements'] as readonly [Statement];
    return [path, ...alias!.beside.filter(({ unlessSet }) => !unlessSet).map((other) => other.path)].map(
      (each) => each.at(-1),
    );
  };

  test.each([
    ['clients 1.0.0.0/8', ['1.0.0.0/8']],
    ['clients 1.0.0.0/8, 2.0.0.0/8', ['1.0.0.0/8']],
    ['clients 1.0.0.0/8,2.0.0.0/8', ['1.0.0.0/8', '2.0.0.0/8']],
  ])('%s', (line, first) => {
    expect(prefixes(line)).toEqual(first);
  });

  test('each word of them is a statement', () => {
    expect(said('clients 1.0.0.0/8, 2.0.0.0/8', vrf())).toEqual([
      'services server client-list vrf-red address 1.0.0.0/8',
      'services server client-list vrf-red address 2.0.0.0/8',
    ]);
  });

  test('a comma at the end asks for more, one alone is nothing', () => {
    expect(vrf().problem('clients 1.0.0.0/8,')).toMatchObject({ code: 'incomplete' });
    expect(vrf().problem('clients ,')).toMatchObject({ code: 'unknown-word' });
    expect(vrf().problem('clients 1.0.0.0/8 2.0.0.0/8')).toMatchObject({ code: 'unknown-word' });
  });
});

describe('a statement tells beyond its path', () => {
  const aliasOf = (line: string) => (at().match(line).args['statements'] as readonly Statement[])[0]!.alias!;
  const server = ['services', 'server'];

  test.each([
    ['delete service twamp port', 'leaf'],
    ['delete service twamp port 862', 'leaf'],
    ['delete service twamp client 10.0.0.0/8', 'leaf'],
    ['delete services twamp vrf red', 'entry'],
    ['delete services twamp timers', 'container'],
    ['delete service twamp', 'container'],
  ])('%s: what the line is that it was said by, a %s', (line, kind) => {
    expect(aliasOf(line).kind).toBe(kind);
  });

  test.each<[line: string, parts: unknown[]]>([
    ['delete service twamp', [[]]],
    ['delete service twamp mode', [['modes']]],
    ['delete services twamp timers', [['timeout']]],
    ['delete service twamp client', [['client-list', 'default', 'address', { begins: '', ends: '' }]]],
    [
      'delete services twamp vrf red',
      [
        ['instance', 'red'],
        ['client-list', 'vrf-red'],
      ],
    ],
    [
      'delete services twamp vrf',
      [
        ['instance', { begins: '', ends: '' }],
        ['client-list', { begins: 'vrf-', ends: '' }],
      ],
    ],
    [
      'delete services twamp vrf red clients 1.0.0.0/8,2.0.0.0/8',
      [
        ['client-list', 'vrf-red', 'address', '1.0.0.0/8'],
        ['client-list', 'vrf-red', 'address', '2.0.0.0/8'],
      ],
    ],
  ])('%s: all that it stands for, each once', (line, parts) => {
    expect(aliasOf(line).parts).toEqual(parts.map((part) => [...server, ...(part as string[])]));
  });

  test('the entries that the dialect makes up, the words that were typed, and what is taken away', () => {
    const line = 'set services twamp vrf red clients type allow';
    expect(aliasOf(line).implied).toEqual([[...server, 'client-list', 'vrf-red']]);
    expect(aliasOf('set service twamp client 10.0.0.0/8').implied).toEqual([
      [...server, 'client-list', 'default'],
    ]);
    expect(aliasOf('set services twamp vrf red').implied).toEqual([]);
    expect(aliasOf(line).spelling.join(' ')).toBe('services twamp vrf red clients type');
    expect(aliasOf('set service twamp mode no-none').takesAway).toBe(true);
    expect(aliasOf('set service twamp mode none').takesAway).toBe(false);
  });

  test('of what is in what is said behind it, the whole', () => {
    const text =
      'all "All"\n  port <port:1..9> => services server port <port>\n  server => services server\n';
    const terminal = new Terminal(verbs, { trees: { level: { node: dialectal(text), path: [] } } });
    const [{ alias }] = terminal.match('delete all').args['statements'] as readonly [Statement];
    expect(alias!.parts).toEqual([server]);
  });

  test('of entries in entries, the deepest first, and of a key that is typed in part, what surrounds it', () => {
    const lists = readGrammar(
      'list <list:name(9)>+ "L"\n  entry <entry:name(9)>+ "E"\n    port <port:1..9> "P"',
      'schema.cli',
    );
    const other = 'port <port:1..9> => list one entry two port <port>\nroom <room:name(5)>+ => list <room>-x';
    addDialect(lists, other, 'dialect.cli');
    const terminal = new Terminal(verbs, { trees: { level: { node: lists, path: [] } } });
    const aliasIn = (line: string) =>
      (terminal.match(line).args['statements'] as readonly Statement[])[0]!.alias!;
    expect(aliasIn('set port 1').implied).toEqual([
      ['list', 'one', 'entry', 'two'],
      ['list', 'one'],
    ]);
    expect(aliasIn('set room a').implied).toEqual([['list', 'a-x']]);
    expect(aliasIn('delete room').parts).toEqual([['list', { begins: '', ends: '-x' }]]);
  });

  test('what is said as well, and whether only where nothing stands', () => {
    const [first] = aliasOf('set services twamp vrf red clients 1.0.0.0/8,2.0.0.0/8').beside.filter(
      ({ unlessSet }) => !unlessSet,
    );
    expect(first!.path.at(-1)).toBe('2.0.0.0/8');
    const unless = aliasOf('set services twamp vrf red clients 1.0.0.0/8').beside.map(
      ({ path, value, unlessSet }) => [path.slice(2).join(' '), value, unlessSet],
    );
    expect(unless).toEqual([
      ['instance red', undefined, true],
      ['client-list vrf-red type', 'deny', true],
    ]);
  });
});

describe('a value that the canonical statement refuses is refused', () => {
  test('with what it takes', () => {
    expect(at().match('set service twamp timeout 1800')).toBeDefined();
    expect(at().problem('set service twamp timeout 1801')).toMatchObject({
      code: 'invalid-value',
      name: 'seconds',
      expected: '0..30 minutes, or 0s..1800s',
    });
    expect(at().problem('set service twamp timeout 3601')).toMatchObject({ expected: '1..3600' });
  });
});

describe('ambiguity', () => {
  test('canonical words win, whatever the dialects have', () => {
    expect(said('set serv ser por 1')).toEqual(['services server port = 1']);
    expect(said('set services server timeout 15')).toEqual(['services server timeout = 15']);
  });

  test('among dialects the line with the fewest abbreviations wins', () => {
    expect(said('set service twamp timeout 60')).toEqual(['services server timeout = 1']);
    expect(said('set serv twamp timers timeout 60')).toEqual(['services server timeout = 1']);
    expect(said('delete serv twamp')).toEqual(['services server']);
  });

  test('a verb wins over a path without one', () => {
    expect(at().match('sh')).toMatchObject({ handler: 'show' });
    expect(at().problem('s')).toMatchObject({ code: 'ambiguous-word' });
    expect(at().match('services server port 1')).toMatchObject({ handler: 'enter' });
    expect(at().match('serv nothing')).toMatchObject({ handler: 'nothing' });
  });
});

describe('help and completion', () => {
  test.each([
    ['set ', ['services', 'system']],
    ['set serv', ['services']],
    ['set service', ['service', 'services']],
    ['set service ', ['server', 'session', 'twamp']],
    ['set services ', ['server', 'session']],
    ['set services t', ['twamp']],
    ['set services twamp ', ['secret', 'timers', 'vrf']],
    ['set service twamp ', ['client', 'mode', 'port', 'timeout', 'verbose']],
    ['set service twamp mode ', ['no-none', 'none']],
    ['set services twamp vrf red clients ', ['type', '<prefix>']],
    ['show services twamp vrf red clients ', ['type']],
    ['wildcard service', ['services']],
    ['', ['delete', 'edit', 'services', 'services-of', 'set', 'show', 'system', 'wildcard']],
  ])('%s', (line, offered) => {
    expect(at().offered(line)).toEqual(offered);
  });

  test('a statement without a verb is told from verbs', () => {
    const { rows } = at().candidates('se');
    expect(rows.map(({ text, verbless }) => [text, verbless])).toEqual([
      ['services', true],
      ['services-of', undefined],
      ['set', undefined],
    ]);
  });

  test('a line has the help of its canonical one, unless it has its own', () => {
    const help = (line: string) =>
      at()
        .candidates(line)
        .rows.map((row) => row.help);
    expect(help('set service twamp po')).toEqual(['Port']);
    expect(help('set service twamp ti')).toEqual(['Timeout in seconds']);
  });
});

describe('privileges are those of the canonical line', () => {
  const holding = (...held: string[]) => at([], { can: (privilege) => held.includes(privilege) });

  test('nobody sees what they may not see, by any word', () => {
    expect(holding().offered('show service twamp ')).toEqual([]);
    expect(holding('view').offered('show service twamp ')).toEqual([
      'client',
      'mode',
      'port',
      'timeout',
      'verbose',
    ]);
    expect(holding('view').offered('show services twamp ')).toEqual(['timers', 'vrf']);
  });

  test('a line that leads elsewhere opens no way through where it stands', () => {
    const rooms = readGrammar('a "A" @x\n  b "B"\nc "C" @y\n  d "D"', 'schema.cli');
    addDialect(rooms, 'a\n  other => .. c d', 'dialect.cli');
    const can = (privilege: string) => privilege === 'y';
    const terminal = new Terminal(verbs, { can, trees: { level: { node: rooms, path: [] } } });
    expect(terminal.offered('set ')).toEqual(['c']);
  });

  test('nobody changes what they may not change, by any word', () => {
    expect(holding('view').problem('set service twamp port 1')).toMatchObject({ code: 'unknown-word' });
    expect(said('set service twamp port 1', holding('modify'))).toHaveLength(1);
    expect(holding('modify').problem('set service twamp timeout 1')).toMatchObject({ code: 'unknown-word' });
    expect(said('set services twamp timers timeout 60', holding('timing'))).toHaveLength(1);
  });
});

describe('a mistake is reported with file, line and what was expected', () => {
  test.each([
    [
      'a word that is canonical',
      'system => services server',
      1,
      "no word that a canonical statement has ('system')",
    ],
    ['a word twice', 'a => services server\na => services server', 2, "one line for 'a' here, not two"],
    [
      'a value behind a canonical word',
      'services\n  server <a:1..2>+ "A"',
      2,
      "no word that a canonical statement has ('server')",
    ],
    [
      'a line below a canonical leaf',
      'system\n  host-name\n    a => services server',
      2,
      "no word that a canonical statement has ('host-name')",
    ],
    [
      'lines below a value that is said',
      'a => services server modes none\n  b "B"',
      1,
      "a container, which 'modes' is not",
    ],
    ['no target', 'a "A"', 1, '=> canonical words, or lines below'],
    [
      'neither target nor help',
      'a\n  b => system host-name x',
      1,
      'a "help" text, or => canonical words whose help it has',
    ],
    ['an unknown statement', 'a => services servr', 1, "a canonical statement below 'services', not 'servr'"],
    [
      'an unknown value',
      'a <b:1..2> => services server port <c>',
      1,
      'a value of this line or one above it, not <c>',
    ],
    ['a value of the wrong type', 'a => services server port x', 1, 'for port: 1..65535'],
    ['half a statement', 'a => services server port', 1, "a whole statement, which 'port' is not"],
    ['a container with nothing to it', 'a => services', 1, "a whole statement, which 'services' is not"],
    [
      'a leaf with lines below',
      'a => services server debug\n  b "B"',
      1,
      "a container, which 'debug' is not",
    ],
    ['an unknown statement at the top', 'a => bogus', 1, "a canonical statement below '', not 'bogus'"],
    [
      'a word taken away that is no value',
      'a => services -server',
      1,
      "'-' before a value of a statement that has several",
    ],
    ['too many levels up', 'a => .. services server', 1, "a level above, for '..'"],
    [
      'half a statement beside',
      'a => services server with port',
      1,
      "a whole statement, which 'port' is not",
    ],
    [
      'a word taken away from one value',
      'a => services server port -1',
      1,
      "'-' before a value of a statement that has several",
    ],
    [
      'a privilege',
      'a => services server\nb @view => services server',
      2,
      '"help", ~short, => canonical words, not \'@view => services server\'',
    ],
    [
      'a default',
      'a <b:1..2> = 1 => services server port <b>',
      1,
      '"help", ~short, => canonical words, not \'= 1 => services server port <b>\'',
    ],
    ['an option', '[a] => services server', 1, 'a word or <name:type>'],
    [
      'several values',
      'a <b:1..2>* => services server port <b>',
      1,
      "no '*' in a dialect (its values are typed one a line, or with ',')",
    ],
    [
      'a line below a value',
      'a <b:1..2> => services server port <b>\n  c => services server',
      2,
      "nothing below a value, except that of a list ('+')",
    ],
    [
      'a line below values',
      'a "A"\n  <b:1..2>, => services server port <b>\n    c => services server',
      3,
      'nothing below a value alone',
    ],
  ])('%s', (_, text, line, expected) => {
    expect(() => dialectal(text)).toThrow(new NotationError('dialect.cli', line, expected));
  });

  test('a word that another dialect has there, unless one of the two is a value', () => {
    const twice = dialectal();
    expect(() => addDialect(twice, 'services\n  twamp => server', 'other.cli')).toThrow(
      new NotationError('other.cli', 2, "one line for 'twamp' here, not two"),
    );
    addDialect(twice, 'services\n  <twamp:1..9> => server port <twamp>', 'other.cli');
    const terminal = new Terminal(verbs, { trees: { level: { node: twice, path: [] } } });
    expect(said('set services 5', terminal)).toEqual(['services server port = 5']);
  });

  test('a value that is called like a canonical word is no such word, and blanks do not count', () => {
    const own = readGrammar(canonical, 'schema.cli');
    addDialect(own, 'services\n  server\n    <port:1..9> =>  port   <port>   with   .. debug', 'dialect.cli');
    const terminal = new Terminal(verbs, { trees: { level: { node: own, path: [] } } });
    expect(said('set services server 5', terminal)).toEqual(['services server port = 5']);
    const { alias } = (
      terminal.match('set services server 5').args['statements'] as readonly Statement[]
    )[0]!;
    expect(alias!.beside).toMatchObject([{ path: ['services', 'server', 'debug'], unlessSet: true }]);
  });

  test("',' is for dialects alone", () => {
    expect(() => readGrammar('a <b:1..2>, "A"', 'a.cli')).toThrow(
      "no ',' behind a value, except in dialects",
    );
  });
});

test('the example of docs/grammar.md is right', () => {
  const page = readFileSync(join(import.meta.dirname, '../../docs/grammar.md'), 'utf8');
  const [, example] = /```dialect\n(.*?)```/s.exec(page)!;
  const described = readGrammar(
    `
services "Services"
  twamp "TWAMP"
    server "Server" presence
      port <port:1..65535> "Port"
      inactivity-timeout <time:minutes(0..30)> "Timeout"
      modes <mode:none|some>* "Modes"
      instance <instance:name(31)>+ "Instances"
      key-chain <chain:name(9)>+ "Keys"
        key-id <key-id:key-id>+ "Key"
          secret <secret:secret> "Secret"
      client-list <list:name(127)>+ "Clients"
        type <type:allow|deny> "Type"
        address <prefix:prefix>+ "Network"
`,
    'schema.cli',
  );
  expect(() => addDialect(described, example!, 'docs/grammar.md')).not.toThrow();
});

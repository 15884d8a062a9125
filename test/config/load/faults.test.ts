/** What is wrong with texts: every fault, with its line and path. */
import { describe, expect, test } from 'vitest';
import type { LoadLimits } from '../../../src/config/load/faults.ts';
import { LOAD_LIMITS, LoadError } from '../../../src/config/load/faults.ts';
import { kinds, treeOf } from '../../support/configuration.ts';
import { grammars } from '../../support/grammar.ts';
import { faultsOf, load, type LoadOptions } from '../../support/load.ts';

const told = (text: string, options: LoadOptions = {}) =>
  faultsOf(text, { schema: kinds, ...options }).map(({ line, path, code, details }) =>
    [line, path.join(' '), code, ...Object.values(details)].join(', '),
  );

describe('braces', () => {
  test.each<[text: string, faults: string[]]>([
    [
      'server {\n  port 0;\n  bogus 1;\n}\nsystem { host-name r1; }',
      ['2, server port, invalid-value, 0, 1..65535', '3, server, unknown-word, bogus'],
    ],
    ['nothing {\n  port 0;\n  { }\n}', ['1, , unknown-word, nothing', '3, , unexpected-brace, {']],
    ['nothing {\n  a b;\n  c { d; }\n}\nmore;', ['1, , unknown-word, nothing', '5, , unknown-word, more']],
    ['server {\n  port 1;', ['1, server, open-brace']],
    ['server {\n  port 1\n}', ['2, server, missing-semicolon']],
    ['server { port 1; } }', ['1, , unexpected-brace, }']],
    ['server {\n  client a {\n    type deny;', ['2, server client a, open-brace']],
    ['nothing {', ['1, , unknown-word, nothing', '1, , open-brace']],
    ['nothing {\n  a', ['1, , unknown-word, nothing', '2, , missing-semicolon']],
    ['nothing {\n  a\n}', ['1, , unknown-word, nothing', '2, , missing-semicolon']],
    ['nothing {\n  a ];\n}', ['1, , unknown-word, nothing', '2, , unexpected-word, ]']],
    ['nothing {\n  a [ b;\n}', ['1, , unknown-word, nothing', '2, , open-list']],
    ['server { [ none ]; }', ['1, server, unexpected-word, [']],
    ['server { modes [ none { } }', ['1, server, unexpected-brace, {']],
    [
      'server { client a { address { 10.0.0.0/8 { x; } } } }',
      ['1, server client a address 10.0.0.0/8, nothing-below'],
    ],
    ['system { banner inactive: x; }', ['1, system banner, several-values']],
    [
      `nothing {\n /* ${'a'.repeat(4097)} */ a;\n}`,
      ['1, , unknown-word, nothing', '2, , invalid-value, a text of at most 4096 characters'],
    ],
    ['server { delete: bogus; }', ['1, server, unknown-word, bogus']],
    ['/* two\nlines */\nbogus;', ['3, , unknown-word, bogus']],
    [`/* ${'a'.repeat(4097)} */ server;`, ['1, , invalid-value, a text of at most 4096 characters']],
    [
      'system { secret /* SECRET-DATA */; }',
      ['1, system secret, invalid-value, /* SECRET-DATA */, a text that does not stand for a secret'],
    ],
    ['server {\n debug\n port 1;\n}', ['2, server debug, unexpected-word, port']],
    ['server { port; }', ['1, server port, missing-value']],
    ['server { "mode" none; }', ['1, server, unknown-word, mode']],
    ['server { port 1 2; }', ['1, server port, several-values']],
    ['server { port 1 { } }', ['1, server port, nothing-below']],
    ['server { client; }', ['1, server client, missing-key']],
    [
      'server { client "a b"; }',
      ['1, server client, invalid-value, a b, a name of letters, digits and . _ : / @ - (1 to 20)'],
    ],
    ['server { modes [ none', ['1, server, missing-semicolon']],
    ['server { modes [ none; }', ['1, server, open-list']],
    ['server { modes none ]; }', ['1, server, unexpected-word, ]']],
    ['server { modes [ ]; }', ['1, server modes, missing-value']],
    ['tags "a;\n', ['1, , open-quote']],
    ['tags "a\\', ['1, , open-quote']],
    ['server { /* comment', ['1, , open-comment']],
    ['server { protect: port 1; }', ['1, server, unknown-word, protect:']],
    [
      'server { client a { address { 10.0.0.1/8; } } }',
      ['1, server client a address, invalid-value, 10.0.0.1/8, a prefix without host bits (10.0.0.0/8)'],
    ],
  ])('%j', (text, faults) => {
    expect(told(text, { form: 'braces' })).toEqual(faults);
  });
});

describe('lines', () => {
  const form = 'lines';
  test.each<[text: string, faults: string[]]>([
    [
      'set server port 0\nset system host-name r1\nset server bogus',
      ['1, server port, invalid-value, 0, 1..65535', '3, set server, unknown-word, bogus'],
    ],
    ['set server port', ['1, set server port, missing-value']],
    ['set tags "a', ['1, , open-quote']],
    ['set tags [ x y', ['1, set tags [ x y, missing-value']],
    ['set server port 1 | count', ['1, , unexpected-word, |']],
    ['commit', ['1, , not-loadable, commit']],
    ['  commit', ['1, , not-loadable, commit']],
    ['set', ['1, set, missing-value']],
    ['set s', ['1, set, ambiguous-word, s']],
    ['set server debug port 1 debug', ['1, set server debug port 1, unexpected-word, debug']],
    [
      'edit server client "a b"',
      ['1, edit server client, invalid-value, a b, a name of letters, digits and . _ : / @ - (1 to 20)'],
    ],
    ['annotate server "a */ b"', ['1, server, comment-ends']],
    [`set ${' '.repeat(65_532)}`, ['1, set, missing-value']],
    [`set ${' '.repeat(65_533)}`, ['1, , too-large, 65536']],
    ['delete server port', ['1, server port, no-such-statement']],
    [
      'edit server\nset port 0\nup\nset port 1',
      ['2, server port, invalid-value, 0, 1..65535', '4, set, unknown-word, port'],
    ],
    ['set server client a type x', ['1, server client a type, invalid-value, x, allow, deny']],
  ])('%j', (text, faults) => {
    expect(told(text, { form })).toEqual(faults);
  });
});

describe('JSON', () => {
  const form = 'json';
  test.each<[text: string, faults: string[]]>([
    [
      '{\n "server": {\n  "port": 0,\n  "bogus": 1 } }',
      ['3, server port, invalid-value, 0, 1..65535', '4, server, unknown-word, bogus'],
    ],
    ['{', ['1, , not-json, a name in quotes']],
    ['{"server": {"port": 1}', ['1, , not-json, a comma or }']],
    ['{"server": }', ['1, , not-json, a value']],
    ['{"server":', ['1, , not-json, a value']],
    ['{"server" 1}', ['1, , not-json, a colon']],
    ['{"tags": [', ['1, , not-json, a value']],
    ['{"server": {"port": [\n0]}}', ['2, server port, invalid-value, 0, 1..65535']],
    ['{"server": {"port": {"x": 1}}}', ['1, server port, nothing-below']],
    ['{"configuration": {}, "server": {}}', ['1, , unknown-word, configuration']],
    ['{"server": {"@": {"comment": "/* a */ b */"}}}', ['1, server, comment-ends']],
    ['{"tags": ["a" "b"]}', ['1, , not-json, a comma or ]']],
    ['{"tags": "a', ['1, , not-json, a string that is closed and has no controls']],
    ['{"tags": "\\x"}', ['1, , not-json, a string that is closed and has no controls']],
    ['{"tags": "a\nb"}', ['1, , not-json, a string that is closed and has no controls']],
    ['{"tags": \'a\'}', ["1, , not-json, no '''"]],
    ['{"server": {"port": 01}}', ["1, , not-json, no '01'"]],
    ['{} {}', ['1, , not-json, nothing behind the object']],
    ['[]', ['1, , not-json, {']],
    ['', ['1, , not-json, {']],
    ['{"server": 1}', ['1, server, unknown-word, 1']],
    ['{"server": {"debug": 1}}', ['1, server debug, unexpected-word, 1']],
    ['{"server": {"port": [null]}}', ['1, server port, missing-value']],
    ['{"server": {"client": [{"type": "deny"}]}}', ['1, server client, missing-key']],
    ['{"server": {"@": {"operation": "rename"}}}', ['1, , unknown-operation, rename']],
  ])('%j', (text, faults) => {
    expect(told(text, { form })).toEqual(faults);
  });
});

describe('XML', () => {
  const form = 'xml';
  test.each<[text: string, faults: string[]]>([
    [
      '<configuration>\n<server>\n<port>0</port>\n<bogus/>\n</server></configuration>',
      ['3, server port, invalid-value, 0, 1..65535', '4, server, unknown-word, bogus'],
    ],
    ['<server>', ['1, , not-xml, unclosed tag: server']],
    ['<server></system>', ['1, , not-xml, unexpected close tag']],
    ['<!DOCTYPE x [<!ENTITY a "b">]><server/>', ['1, , not-xml, a document type is not taken']],
    ['<tags>&a;</tags>', ['1, , not-xml, undefined entity']],
    ['<server>x<port>1</port></server>', ['1, , not-xml, text beside elements']],
    ['<server><debug>1</debug></server>', ['1, server debug, unexpected-word, 1']],
    ['<server><client><type>deny</type></client></server>', ['1, server client, missing-key']],
    ['<server><client> </client></server>', ['1, server client, missing-key']],
    ['<tags></tags>', ['1, tags, missing-value']],
    ['<bogus> </bogus>', ['1, , unknown-word, bogus']],
    ['<server inactive="maybe"/>', ['1, server, invalid-value, true, false, maybe']],
    [
      `<server comment="${'a'.repeat(4097)}"/>`,
      ['1, server, invalid-value, a text of at most 4096 characters'],
    ],
    ['<server operation="rename"/>', ['1, , unknown-operation, rename']],
  ])('%j', (text, faults) => {
    expect(told(text, { form })).toEqual(faults);
  });
});

describe('a patch', () => {
  const before = treeOf(['server port 1', 'server client a type deny'], kinds);
  test.each<[text: string, faults: string[]]>([
    ['+   server;', ['1, , missing-banner']],
    ['[edit bogus]\n+   x;', ['1, , unknown-word, bogus']],
    [
      '[edit server]\n-   port 2;\n-   debug;',
      ['2, server port, no-such-statement', '3, server debug, no-such-statement'],
    ],
    ['[edit server]\n-   client a;', ['2, server client a, not-empty']],
    ['[edit server]\n-   client b {\n-   }', ['2, server client b, no-such-statement']],
    ['[edit server]\n\n+   port 0;', ['3, server port, invalid-value, 0, 1..65535']],
  ])('%j', (text, faults) => {
    expect(told(text, { before, mode: 'patch' })).toEqual(faults);
  });
});

describe('what may not be seen', () => {
  const can = (privilege: string) => !['system', 'control'].includes(privilege);

  test.each(['server {\n port 1;\n}', 'set server port 1', '{"server": {}}', '<server/>'])(
    'is not there: %j',
    (text) => {
      expect(faultsOf(text, { schema: kinds, can })[0]).toMatchObject({
        code: 'unknown-word',
        details: { word: 'server' },
      });
    },
  );
});

describe('limits', () => {
  const limits = (more: Partial<LoadLimits>) => ({ ...LOAD_LIMITS, ...more });
  const texts = {
    braces: 'server {\n client a {\n  type deny;\n }\n}',
    json: '{"server": {"client": {"name": "a", "type": "deny"}}}',
    xml: '<server><client><name>a</name><type>deny</type></client></server>',
  };

  test.each(Object.entries(texts))('depth, of %s', (form, text) => {
    const deepest = [1, 2, 3, 4].find((depth) => {
      try {
        load(text, { schema: kinds, limits: limits({ depth }) });
        return true;
      } catch {
        return false;
      }
    })!;
    expect(deepest).toBe(form === 'braces' ? 2 : 3);
    expect(faultsOf(text, { schema: kinds, limits: limits({ depth: deepest - 1 }) }).at(-1)).toMatchObject({
      code: 'too-deep',
      details: { maximum: deepest - 1 },
    });
  });

  test('depth of xml is looked at as it is read, but for the elements around it', () => {
    const at = { form: 'xml', limits: limits({ depth: 1 }) } as const;
    expect(told('<a><b><c><d/></c></b></a>', at)).toEqual(['1, , too-deep, 1']);
    expect(told('<server><client><name>a</name></client></server>', at)).toEqual(['1, server, too-deep, 1']);
  });

  test('depth is told with the line where it is too much', () => {
    const text = '{\n"server": {\n"client": {"name": "a"}}}';
    expect(told(text, { limits: limits({ depth: 2 }) })).toEqual(['3, , too-deep, 2']);
  });

  test('characters, statements and faults', () => {
    const text = 'set server port 1\nset server debug';
    const of = (more: Partial<LoadLimits>) => ({ schema: kinds, limits: limits(more) });
    load(text, of({ characters: text.length, statements: 2 }));
    expect(told(text, of({ characters: text.length - 1 }))).toEqual([`1, , too-large, ${text.length - 1}`]);
    expect(told(text, of({ statements: 1 }))).toEqual(['2, , too-many-statements, 1']);
    const wrong = 'set a\nset b\nset c';
    expect(told(wrong, of({ faults: 4 }))).toHaveLength(3);
    expect(told(wrong, of({ faults: 2 }))).toEqual([
      '1, set, unknown-word, a',
      '2, set, unknown-word, b',
      '2, , too-many-faults, 2',
    ]);
  });

  test.each([
    ['braces', 'server { client a { '.repeat(20_000)],
    ['braces', 'x { '.repeat(200_000)],
    ['json', '{"a":'.repeat(200_000)],
    ['json', '['.repeat(200_000)],
    ['xml', '<a>'.repeat(200_000)],
  ] as const)('of %s that goes deep without end', (form, text) => {
    expect(faultsOf(text, { schema: kinds, form }).length).toBeGreaterThan(0);
  });

  test.each(['braces', 'lines', 'json', 'xml', 'patch'] as const)('a word of %s without end', (form) => {
    for (const text of [
      '"' + 'a'.repeat(5e6),
      'a'.repeat(5e6),
      '"' + '\\a'.repeat(2e6) + '"',
      '/*' + ' '.repeat(5e6),
    ])
      expect(faultsOf(text, { schema: kinds, form }).length).toBeGreaterThan(0);
  });
});

test('a text that was not loaded says what is wrong with it', () => {
  expect(new LoadError([])).toMatchObject({
    name: 'LoadError',
    message: 'a text that cannot be loaded',
    faults: [],
    source: '',
  });
});

test('words of a dialect are for lines alone', () => {
  const at = { schema: grammars.schema } as const;
  expect(told('service { twamp; }', at)).toEqual(['1, , unknown-word, service']);
  expect(told('{"service": {"twamp": {}}}', at)).toEqual(['1, , unknown-word, service']);
});

test('a secret that was hidden is none', () => {
  const path = 'services rpm twamp client authentication-key-chain one key-id ada secret';
  const line = `set ${path} "/* SECRET-DATA */"`;
  expect(told(line, { schema: grammars.schema, form: 'lines' })).toEqual([`1, ${path}, hidden-secret`]);
});

test('a secret that is none is not repeated', () => {
  const path = 'services rpm twamp client authentication-key-chain one key-id ada secret';
  const text = `set ${path} ${'a'.repeat(257)}`;
  expect(told(text, { schema: grammars.schema, form: 'lines' })).toEqual([
    `1, ${path}, invalid-value, a secret of 1 to 256 characters`,
  ]);
});

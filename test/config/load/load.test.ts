/** What texts become, down to the blanks and comments in them. */
import { expect, test } from 'vitest';
import { compareLines } from '../../../src/config/compare.ts';
import { formOf, updated, type LoadForm, type LoadMode } from '../../../src/config/load/load.ts';
import { setLines } from '../../../src/config/text.ts';
import { EMPTY_TREE, getAt } from '../../../src/config/tree.ts';
import { kinds, treeOf } from '../../support/configuration.ts';
import { faultsOf, load } from '../../support/load.ts';

const tree = (...lines: string[]) => treeOf(lines, kinds);

test.each<[text: string, lines: string[]]>([
  ['', []],
  ['{}', []],
  ['server { port /* which one */ 1; }', ['server port 1']],
  ['server { ; port 1;; }', ['server port 1']],
  ['server { client a { address { ; 10.0.0.0/8;; } } }', ['server client a address 10.0.0.0/8']],
  ['/* why */ ; tags x;', ['tags x', 'annotate tags why']],
  ['server { client { } } system { }', ['server']],
  ['server { /*/ port 2; */ port 1; }', ['server port 1', 'annotate server port "/ port 2;"']],
  ['server { client a { inactive: address { 10.0.0.0/8; } } }', ['server client a address 10.0.0.0/8']],
  ['<server>  </server>', ['server']],
  ['<tags> </tags>', ['tags " "']],
  ['<tags><![CDATA[a<b]]></tags>', ['tags a<b']],
  ['server { mode none; }', ['server modes none']],
  ['tags [ inactive: x y ];', ['tags x', 'tags y', 'deactivate tags x']],
  ['tags [ x inactive: ];', ['tags x', 'tags inactive:']],
  ['system { banner inactive:; }', ['system banner inactive:']],
  ['{"tags": ["inactive:", "["]}', ['tags "inactive:"', 'tags "["']],
  ['{"server": {"@": {"comment": null}}}', ['server']],
  [
    '{"server": {"@": {"comment": "/* why */", "inactive": true}}}',
    ['server', 'annotate server why', 'deactivate server'],
  ],
])('%j', (text, lines) => {
  expect(load(text, { schema: kinds })).toEqual(tree(...lines));
});

test.each<[text: string, lines: string[]]>([
  ['set server port 1\r\nset server debug\r\n', ['server port 1', 'server debug']],
  ['set server\rport 1\r', ['server port 1']],
  ['server\n!\ntags x', ['tags x']],
  ['server client a\nserver port 1', ['server client a', 'server port 1']],
  ['edit server\nset port 1\nup\nset tags x', ['server port 1', 'tags x']],
  ['edit server client a\nset type deny\ntop\nset tags x', ['server client a type deny', 'tags x']],
  ['edit server client a\nup 2\nset tags x', ['tags x']],
  ['edit server\nset port 1\n\n# comment', ['server port 1']],
  ['set server port 1\ndeactivate server port\nactivate server port', ['server port 1']],
  [
    'set server client a type deny\ncopy server client a to client b',
    ['server client a type deny', 'server client b type deny'],
  ],
  ['set server client a type deny\nrename server client a to client b', ['server client b type deny']],
])('lines: %j', (text, lines) => {
  expect(load(text, { schema: kinds, form: 'lines' })).toEqual(tree(...lines));
});

test.each<[text: string, mode: LoadMode, form: LoadForm]>([
  ['', 'merge', 'lines'],
  [' \n<a/>', 'merge', 'xml'],
  ['\t{}', 'override', 'json'],
  ['{}', 'set', 'lines'],
  ['<a/>', 'patch', 'patch'],
  ['server {', 'merge', 'braces'],
  ['tags a#b;', 'replace', 'braces'],
  ['a#b;', 'merge', 'braces'],
  ['# {\n  ! ;\n#\nport 1', 'merge', 'lines'],
  ['# x\nset tags "a;"', 'merge', 'lines'],
])('the form of %j to %s is %s', (text, mode, form) => {
  expect(formOf(text, mode)).toBe(form);
});

test('a comment that says nothing takes none away', () => {
  const before = tree('server port 1', 'annotate server "why"');
  expect(load('/**/ server { port 2; }', { schema: kinds, before })).toEqual(
    tree('server port 2', 'annotate server "why"'),
  );
});

test('what is tagged is taken away: a statement, an entry, one of several values', () => {
  const before = tree(
    'server port 1',
    'server modes [ none some ]',
    'server client a',
    'server client b',
    'tags x',
  );
  const text = 'server { delete: port; delete: modes none; delete: client a; } delete: tags;';
  expect(load(text, { schema: kinds, before, mode: 'replace' })).toEqual(
    tree('server modes some', 'server client b'),
  );
  expect(load('delete: server;', { schema: kinds, before, mode: 'replace' })).toEqual(tree('tags x'));
  const named = tree('system banner x', 'tags x');
  for (const gone of ['delete: system;', 'delete: system { banner y; }'])
    expect(load(gone, { schema: kinds, before: named, mode: 'replace' }), gone).toEqual(tree('tags x'));
});

test('what is tagged need not be there; what is deleted takes the way to it along', () => {
  const text = 'delete: tags; replace: system { host-name r1; }';
  expect(load(text, { schema: kinds, mode: 'replace' })).toEqual(tree('system host-name r1'));
  expect(load('set system host-name a\ndelete system host-name', { schema: kinds, form: 'lines' })).toEqual(
    EMPTY_TREE,
  );
});

test('nothing said is nothing changed', () => {
  expect(load('', { schema: kinds })).toEqual(EMPTY_TREE);
});

test.each<[patch: string, lines: string[]]>([
  ['[edit server]\n!   client c;\n    client a;', ['client c', 'client a', 'client b']],
  ['[edit server]\r\n \r\n    client a;\r\n!   client c;\r\n', ['client a', 'client c', 'client b']],
  ['[edit server]\n    client a;\n!   client c;\n!   client b;', ['client a', 'client c', 'client b']],
  ['[edit server]\n    client z;\n-   client a;\n+   client d;', ['client b', 'client c', 'client d']],
  ['[edit server client a]\n+   type deny;', ['client a type deny', 'client b', 'client c']],
  ['[edit server]\n    bogus;\n    client b;\n!   client a;', ['client b', 'client a', 'client c']],
  ['[edit]\n!   server { ... }', ['client a', 'client b', 'client c']],
])('a patch: %j', (patch, lines) => {
  const before = tree('server client a', 'server client b', 'server client c');
  const made = load(patch, { schema: kinds, before, mode: 'patch' });
  expect([...setLines(kinds, made)]).toEqual(lines.map((line) => `set server ${line}`));
});

test.each<[patch: string, marks: string[]]>([
  ['[edit server]\n!   inactive: port 1;', ['annotate server one', 'deactivate server port']],
  ['[edit]\n!   inactive: server { ... }', ['annotate server one', 'deactivate server']],
  ['[edit]\n-   /* one */\n+   /* two */\n    server { ... }', ['annotate server two']],
  ['[edit]\n-   /* one */\n    server { ... }', []],
])('marks by a patch: %j', (patch, marks) => {
  const before = tree('server port 1', 'annotate server one');
  expect(load(patch, { schema: kinds, before, mode: 'patch' })).toEqual(tree('server port 1', ...marks));
});

test.each([
  ['[edit server]\n!   client x;', 'no-such-statement'],
  ['[edit server]\n    client x;\n!   client a;', 'no-such-statement'],
  ['[edit server]\n+   client d {', 'open-brace'],
  ['[edit server]\n+   client d {\n[edit server]\n+   debug;', 'open-brace'],
  ['[edit server]\n!   bogus;', 'unknown-word'],
])('a patch that is refused: %j: %s', (patch, code) => {
  const before = tree('server client a', 'server client b');
  expect(faultsOf(patch, { schema: kinds, before, mode: 'patch' })[0]).toMatchObject({ code });
});

const entries = (list: string, keys: string) => Array.from(keys, (key) => `server ${list} ${key}`);

/** The patch that compares the two makes the one the other. */
function expectPatched(before: readonly string[], after: readonly string[]): void {
  const [one, other] = [tree(...before), tree(...after)];
  const patch = [...compareLines(kinds, one, other)].join('\n');
  const made = load(patch, { schema: kinds, before: one, mode: 'patch' });
  expect([...setLines(kinds, made)], patch).toEqual([...setLines(kinds, other)]);
}

test.each<[what: string, order: string, marks: string[]]>([
  ['one that is not in force any more', 'dabc', ['deactivate server client a']],
  ['one with a comment', 'dabc', ['annotate server client a why']],
  ['itself, with other marks', 'dabc', ['deactivate server client d', 'annotate server client d why']],
  ['one that is marked too', 'acbd', ['deactivate server client a', 'annotate server client a why']],
])('a patch puts an entry beside %s', (_, order, marks) => {
  expectPatched(entries('client', 'abcd'), [...entries('client', order), ...marks]);
});

test('a patch puts the entries of two lists in order', () => {
  const before = [...entries('client', 'ab'), ...entries('slot', '123')];
  for (const slots of ['213', '321', '32'])
    expectPatched(before, [...entries('client', 'ba'), ...entries('slot', slots)]);
});

test('an update leaves what is the same as it is, and the rest in its order', () => {
  const before = tree('server port 1', 'server client a', 'server client b type deny', 'tags x');
  expect(
    updated(before, tree('tags x', 'server client a', 'server client b type deny', 'server port 1')),
  ).toBe(before);
  const made = updated(
    before,
    tree('tags x', 'server client c', 'server client b type deny', 'server client a'),
  );
  expect([...setLines(kinds, made)]).toEqual([
    'set server client a',
    'set server client b type deny',
    'set server client c',
    'set tags x',
  ]);
  const path = ['server', 'client', 'b'];
  expect(getAt(made, path)).toBe(getAt(before, path));
  expect(updated(before, EMPTY_TREE)).toEqual(EMPTY_TREE);
});

test('two words that are one value are read as one', () => {
  const server = 'services rpm twamp server';
  const text = (values: string) => `services { rpm { twamp { server { authentication-mode ${values}; } } } }`;
  expect(load(text('[ none encrypted control-only ]'))).toEqual(
    treeOf([`${server} authentication-mode none`, `${server} authentication-mode mixed`]),
  );
  for (const values of ['[ none control-only ]', '[ encrypted "control-only" ]'])
    expect(faultsOf(text(values))[0], values).toMatchObject({ code: 'invalid-value' });
});

test('what needs no privilege is taken from anybody', () => {
  expect(load('tags x;', { schema: kinds, can: () => false })).toEqual(tree('tags x'));
});

test('a long text is read piece by piece, and each once', () => {
  const tags = Array.from({ length: 6000 }, (_, index) => `t${index}`);
  const made = load(
    tags
      .map((tag) => `<tags>${tag}</tags>`)
      .join('')
      .replace(/^.*$/, '<configuration>$&</configuration>'),
    {
      schema: kinds,
    },
  );
  expect(getAt(made, ['tags'])).toEqual(tags);
});

test.each([
  ['insert server client c before client a', ['c', 'a', 'b']],
  ['insert server client a after client b', ['b', 'a', 'c']],
])('lines: %s', (line, order) => {
  const before = tree('server client a', 'server client b', 'server client c');
  const made = load(line, { schema: kinds, before, form: 'lines' });
  expect([...(getAt(made, ['server', 'client']) as ReadonlyMap<string, unknown>).keys()]).toEqual(order);
});

test('what cannot be copied is told with why', () => {
  const line = 'copy server client x to client y';
  expect(faultsOf(line, { schema: kinds, form: 'lines' })).toEqual([
    {
      line: 1,
      path: ['server', 'client', 'x'],
      code: 'edit',
      details: { code: 'not-found', path: 'server client x' },
    },
  ]);
});

test('a patch takes nothing away that is not there', () => {
  const patch = '[edit]\n-   system {\n-       host-name r1;\n-   }';
  expect(faultsOf(patch, { schema: kinds, mode: 'patch' })[0]).toMatchObject({ code: 'no-such-statement' });
});

/** What texts become, down to the blanks and comments in them. */
import { expect, test } from 'vitest';
import { formOf, type LoadForm, type LoadMode } from '../../../src/config/load/load.ts';
import { EMPTY_TREE } from '../../../src/config/tree.ts';
import { kinds, treeOf } from '../../support/configuration.ts';
import { load } from '../../support/load.ts';

const tree = (...lines: string[]) => treeOf(lines, kinds);

test.each<[text: string, lines: string[]]>([
  ['', []],
  ['{}', []],
  ['server { port /* which one */ 1; }', ['server port 1']],
  ['server { ; port 1;; }', ['server port 1']],
  ['server { /*/ port 2; */ port 1; }', ['server port 1', 'annotate server port "/ port 2;"']],
  ['server { client a { inactive: address { 10.0.0.0/8; } } }', ['server client a address 10.0.0.0/8']],
  ['<server>  </server>', ['server']],
  ['<tags> </tags>', ['tags " "']],
  ['{"tags": ["inactive:", "["]}', ['tags "inactive:"', 'tags "["']],
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
});

test('nothing said is nothing changed', () => {
  expect(load('', { schema: kinds })).toEqual(EMPTY_TREE);
});

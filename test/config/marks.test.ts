/** What marks statements: that they are inactive, and comments. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Candidate } from '../../src/config/candidate.ts';
import { effective } from '../../src/config/effective.ts';
import { activeTree, commentIn, commentOf, marksAt, UNMARKED, withMarks } from '../../src/config/marks.ts';
import { visibleTree } from '../../src/config/privileges.ts';
import {
  archived,
  bracesLines,
  ConfigTextError,
  documentOf,
  fromArchive,
  setLines,
} from '../../src/config/text.ts';
import { getAt } from '../../src/config/tree.ts';
import { xml } from '../../src/render/xml.ts';
import { kinds, statementsOf, treeOf, markedTreesOf } from '../support/configuration.ts';
import { testSecrets } from '../support/secrets.ts';

const lines = [
  'set system host-name r1',
  'set server port 8620',
  'deactivate server port',
  'annotate server port "why not"',
  'set server modes some',
  'set server modes none',
  'deactivate server modes none',
  'set server client in type deny',
  'set server client in address 10.0.0.0/8',
  'deactivate server client in address 10.0.0.0/8',
  'set server client out',
  'deactivate server client out',
  'annotate server "for tests"',
  'set tags x',
  'set tags inactive:',
  'deactivate tags',
];
const example = treeOf(lines, kinds);

test('in braces: before the statement, and before one of several values', () => {
  expect([...bracesLines(kinds, example)].join('\n')).toBe(`system {
    host-name r1;
}
/* for tests */
server {
    /* why not */
    inactive: port 8620;
    modes [ some inactive: none ];
    client in {
        type deny;
        address {
            inactive: 10.0.0.0/8;
        }
    }
    inactive: client out;
}
inactive: tags [ x "inactive:" ];`);
});

test('as commands: behind what they mark', () => {
  const quoted = lines.map((line) => line.replace('tags inactive:', 'tags "inactive:"'));
  expect([...setLines(kinds, example)]).toEqual(quoted);
});

test('in JSON: attributes of RFC 7952, named as on Junos', () => {
  expect(documentOf(kinds, example)).toEqual({
    system: { 'host-name': 'r1' },
    server: {
      '@': { comment: '/* for tests */' },
      '@port': { inactive: true, comment: '/* why not */' },
      port: 8620,
      '@modes': [null, { inactive: true }],
      modes: ['some', 'none'],
      client: [
        { name: 'in', type: 'deny', address: [{ '@': { inactive: true }, name: '10.0.0.0/8' }] },
        { '@': { inactive: true }, name: 'out' },
      ],
    },
    '@tags': [{ inactive: true }, { inactive: true }],
    tags: ['x', 'inactive:'],
  });
});

test('in JSON: a comment on several values stands at the first, and without marks are no attributes', () => {
  expect(documentOf(kinds, treeOf(['tags a', 'tags b', 'annotate tags "x"'], kinds))).toEqual({
    '@tags': [{ comment: '/* x */' }, null],
    tags: ['a', 'b'],
  });
  expect(documentOf(kinds, treeOf(['tags a', 'tags b'], kinds))).toEqual({ tags: ['a', 'b'] });
});

test('in XML: attributes of the element', () => {
  const pieces = [...xml(documentOf(kinds, example), 'configuration')] as string[];
  expect(pieces.join('')).toBe(`<rpc-reply>
    <configuration>
        <system>
            <host-name>r1</host-name>
        </system>
        <server comment="/* for tests */">
            <port inactive="inactive" comment="/* why not */">8620</port>
            <modes>some</modes>
            <modes inactive="inactive">none</modes>
            <client>
                <name>in</name>
                <type>deny</type>
                <address inactive="inactive">
                    <name>10.0.0.0/8</name>
                </address>
            </client>
            <client inactive="inactive">
                <name>out</name>
            </client>
        </server>
        <tags inactive="inactive">x</tags>
        <tags inactive="inactive">inactive:</tags>
    </configuration>
</rpc-reply>
`);
});

describe('what is not in force', () => {
  test.each<[line: string, path: string]>([
    ['deactivate server client in type', 'server client in type'],
    ['deactivate server client in', 'server client in'],
    ['deactivate server', 'server'],
    ['deactivate tags', 'tags'],
  ])('%s', (line, path) => {
    const tree = treeOf([...lines.filter((each) => each.startsWith('set')), line], kinds);
    expect(getAt(tree, path.split(' '))).toBeDefined();
    expect(getAt(activeTree(kinds, tree), path.split(' '))).toBeUndefined();
  });

  test('is not seen by those who run by the configuration: defaults are in force instead', () => {
    expect(effective(kinds, example)).toEqual({
      system: { 'host-name': 'r1' },
      server: {
        port: 862,
        modes: ['some'],
        client: new Map([['in', { type: 'deny', address: new Map(), limits: {} }]]),
        slot: new Map(),
      },
      tags: [],
    });
  });

  test('is all that is left out, and nothing is marked then', () => {
    fc.assert(
      fc.property(markedTreesOf(kinds), (tree) => {
        const active = activeTree(kinds, tree);
        expect([...setLines(kinds, active)].every((line) => line.startsWith('set '))).toBe(true);
        expect(activeTree(kinds, active)).toBe(active);
      }),
    );
  });
});

describe('a mark', () => {
  test('stays when the statement is set again, and goes with it', () => {
    const tree = treeOf([...lines, 'set server port 1'], kinds);
    expect(marksAt(tree, ['server', 'port'])).toEqual({ ...UNMARKED, inactive: true, comment: 'why not' });
    const deleted = treeOf([...lines, 'delete server port', 'set server port 1'], kinds);
    expect(marksAt(deleted, ['server', 'port'])).toEqual(UNMARKED);
  });

  test('goes with one of several values', () => {
    const tree = treeOf([...lines, 'delete server modes none', 'set server modes none'], kinds);
    expect(marksAt(tree, ['server', 'modes'])).toEqual(UNMARKED);
  });

  test('of one value leaves those of others', () => {
    const values = treeOf(['tags a', 'tags b', 'tags c', 'deactivate tags a', 'deactivate tags c'], kinds);
    expect(marksAt(values, ['tags']).inactiveValues).toEqual(['a', 'c']);
  });

  test('of nothing is none', () => {
    const tree = treeOf(['server port 1'], kinds);
    for (const path of [[], ['tags'], ['server', 'debug']])
      expect(withMarks(tree, path, { ...UNMARKED, inactive: true, comment: 'x' }), path.join()).toEqual(tree);
  });

  test('keeps no container that says nothing', () => {
    const tree = treeOf(['set system host-name a', 'annotate system "x"', 'delete system host-name'], kinds);
    expect(tree).toEqual(new Map());
  });

  test('can be taken away, and then was never there', () => {
    fc.assert(
      fc.property(markedTreesOf(kinds), (tree) => {
        const marked = withMarks(tree, ['tags'], { ...UNMARKED, comment: 'x' });
        expect(withMarks(marked, ['tags'], marksAt(tree, ['tags']))).toEqual(tree);
      }),
    );
  });
});

test.each([
  ['why', 'why'],
  ['/* why */', 'why'],
  ['  why  ', 'why'],
  ['', ''],
  ['/**/', ''],
  ['/*/', undefined],
  ['/* why', '/* why'],
  ['why */', undefined],
  ['a */ b', undefined],
])('the comment of %j is %j', (text, comment) => {
  expect(commentOf(text)).toBe(comment);
});

test('a comment in a text is one line of it', () => {
  expect(commentIn(' why\n  not\t\u001b[2J ')).toEqual({ comment: 'why not [2J' });
  expect(commentIn(' ')).toEqual({ comment: '' });
  expect(commentIn('a'.repeat(4097))).toEqual({ expected: 'a text of at most 4096 characters' });
});

describe('a candidate', () => {
  const all = () => true;
  const open = () => new Candidate(kinds, testSecrets, () => example);
  const mark = (line: string, can: (privilege: string) => boolean = all) => {
    const candidate = open();
    const inactive = line.startsWith('deactivate');
    candidate.mark(statementsOf(line.replace(/^activate/, 'deactivate'), kinds), { inactive }, can);
    return candidate;
  };

  test('is changed by a mark, and is not by one that was there', () => {
    expect(mark('deactivate system').changed).toBe(true);
    expect(mark('activate server port').changed).toBe(true);
    expect(mark('activate server modes none').changed).toBe(true);
    expect(mark('deactivate server port').changed).toBe(false);
    expect(mark('activate server').changed).toBe(false);
  });

  test.each([
    ['what is not there', 'deactivate server debug', 'not-found', []],
    ['a value that is not there', 'deactivate server modes all', 'not-found', []],
    ['another value', 'deactivate server port 1', 'not-found', []],
    ['what may not be changed', 'deactivate server', 'forbidden', ['control']],
    ['a container with what may not be changed', 'deactivate system', 'forbidden', ['system']],
  ])('marks nothing: %s', (_, line, code, missing) => {
    const can = (privilege: string) => !missing.includes(privilege);
    expect(() => mark(line, can)).toThrow(expect.objectContaining({ code }));
  });
});

test('marks are seen with what they mark, and only then', () => {
  const seen = (missing: string) => [
    ...setLines(
      kinds,
      visibleTree(kinds, example, (held) => held !== missing),
    ),
  ];
  expect(seen('nothing')).toHaveLength(lines.length);
  expect(seen('secret')).toHaveLength(lines.length);
  expect(seen('system').join('\n')).not.toContain('server');
});

describe('marks that could not have been made are refused in stored data', () => {
  test.each([
    [{ '@nothing': { inactive: true } }],
    [{ server: { '@port': { inactive: true } } }],
    [{ server: { port: 1, '@port': {} } }],
    [{ server: { port: 1, '@port': { inactive: false } } }],
    [{ server: { port: 1, '@port': { comment: 'a */' } } }],
    [{ server: { port: 1, '@port': { comment: '' } } }],
    [{ server: { port: 1, '@port': { other: true } } }],
    [{ server: { modes: ['none'], '@modes': { inactive: true } } }],
    [{ server: { modes: ['none'], '@modes': { 'inactive-values': ['all'] } } }],
    [{ server: { modes: ['none'], '@modes': { 'inactive-values': ['none', 'all'] } } }],
    [{ server: { modes: ['none'], '@modes': { 'inactive-values': [] } } }],
    [{ server: { modes: ['none'], '@modes': { 'inactive-values': 'none' } } }],
    [{ server: { modes: ['none'], '@modes': { other: ['none'] } } }],
    [{ server: { port: 1, '@port': { 'inactive-values': [1] } } }],
    [{ server: { port: 1, '@port': { inactive: true, other: true } } }],
    [{ server: { port: 1, '@port': { comment: 5 } } }],
    [{ server: { port: 1, '@port': null } }],
    [{ server: { port: 1, '@port': 'inactive' } }],
    [{ server: { port: 1, '@port': [true] } }],
    [{ server: { '@client': { inactive: true } } }],
    [{ server: { '@': true } }],
  ])('%j', (data) => {
    expect(() => fromArchive(kinds, JSON.stringify(data))).toThrow(ConfigTextError);
  });

  test('and others come back', () => {
    expect(fromArchive(kinds, archived(example))).toEqual(example);
  });
});

/** Entries copied, renamed, put elsewhere; text replaced: all of it or nothing. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Candidate } from '../../src/config/candidate.ts';
import { changes, same } from '../../src/config/compare.ts';
import { copyEntry, inOrder, insertEntry, renameEntry, type StatementPair } from '../../src/config/moves.ts';
import { replacePattern, type Replacement } from '../../src/config/replace.ts';
import { SECRET_KEY_OCTETS, Secrets } from '../../src/config/secrets.ts';
import { setStatements } from '../../src/config/statements.ts';
import { setLines } from '../../src/config/text.ts';
import { EMPTY_TREE, getAt, setAt, treeOf as treeIn, type ConfigTree } from '../../src/config/tree.ts';
import type { Statement } from '../../src/grammar/match.ts';
import { readGrammar } from '../../src/grammar/notation.ts';
import { kinds, markedTreesOf, treeOf, withChanges } from '../support/configuration.ts';
import { grammars } from '../support/grammar.ts';
import { testSecrets as secrets } from '../support/secrets.ts';

const lines = (tree: ConfigTree, schema = kinds) => [...setLines(schema, tree)];
const at = (path: string): Statement => ({ path: path.split(' '), value: undefined });
const pair = (one: string, other: string): StatementPair => [at(one), at(other)];

const example = treeOf(
  ['server client a type deny', 'deactivate server client a type', 'server client b', 'server client c'],
  kinds,
);

test('copy makes the entry again, behind the others', () => {
  const copied = copyEntry(kinds, example, { pair: pair('server client a', 'server client d'), secrets });
  expect(lines(copied)).toEqual([
    ...lines(example),
    'set server client d type deny',
    'deactivate server client d type',
  ]);
});

test('rename leaves the entry where it stood', () => {
  const renamed = renameEntry(kinds, example, { pair: pair('server client a', 'server client d'), secrets });
  expect(lines(renamed)).toEqual(lines(example).map((line) => line.replace('client a', 'client d')));
});

test.each([
  ['a', 'after', 'b', 'bac'],
  ['a', 'after', 'c', 'bca'],
  ['c', 'before', 'a', 'cab'],
  ['c', 'before', 'b', 'acb'],
  ['b', 'before', 'c', 'abc'],
] as const)('insert %s %s %s gives %s', (entry, side, other, order) => {
  const inserted = insertEntry(kinds, example, {
    pair: pair(`server client ${entry}`, `server client ${other}`),
    side,
  });
  expect([...treeIn(treeIn(inserted.get('server')).get('client')).keys()].join('')).toBe(order);
});

describe('one of several values', () => {
  const values = treeOf(['tags a', 'tags b', 'tags c', 'deactivate tags a', 'annotate tags "x"'], kinds);
  const said = (value: string): Statement => ({ path: ['tags'], value });

  test.each([
    ['c', 'before', 'a', 'cab'],
    ['a', 'after', 'b', 'bac'],
    ['a', 'after', 'c', 'bca'],
    ['a', 'before', 'b', 'abc'],
  ] as const)('insert %s %s %s gives %s, and marks stay', (one, side, other, order) => {
    const inserted = insertEntry(kinds, values, { pair: [said(one), said(other)], side });
    expect(lines(inserted)).toEqual([
      ...Array.from(order, (value) => `set tags ${value}`),
      'deactivate tags a',
      'annotate tags "x"',
    ]);
    expect(lines(treeOf(lines(inserted), kinds))).toEqual(lines(inserted));
    expect(lines(withChanges(values, changes(kinds, values, inserted)))).toEqual(lines(inserted));
  });

  test.each([
    ['x', 'a', 'not-found', 'tags x'],
    ['a', 'x', 'not-found', 'tags x'],
    ['a', 'a', 'beside-itself', 'tags a'],
  ])('insert %s before %s: %s', (one, other, code, path) => {
    expect(() => insertEntry(kinds, values, { pair: [said(one), said(other)], side: 'before' })).toThrow(
      expect.objectContaining({ code, path: path.split(' ') }),
    );
  });

  test('of none is not found', () => {
    expect(() => insertEntry(kinds, EMPTY_TREE, { pair: [said('a'), said('b')], side: 'before' })).toThrow(
      expect.objectContaining({ code: 'not-found', path: ['tags', 'a'] }),
    );
  });
});

describe('what cannot be done says why, and where', () => {
  test.each([
    ['server client x', 'server client y', 'not-found', 'server client x'],
    ['server client a', 'server client b', 'exists', 'server client b'],
    ['server client a', 'server client a', 'exists', 'server client a'],
    [
      'server client a',
      'server client b address 10.0.0.0/8',
      'not-one-list',
      'server client b address 10.0.0.0/8',
    ],
  ])('copy %s to %s: %s', (one, other, code, path) => {
    const error = expect.objectContaining({ code, path: path.split(' ') });
    expect(() => copyEntry(kinds, example, { pair: pair(one, other), secrets })).toThrow(error);
    expect(() => renameEntry(kinds, example, { pair: pair(one, other), secrets })).toThrow(error);
  });

  test.each([
    ['server client x', 'server client a', 'not-found'],
    ['server client a', 'server client x', 'not-found'],
    ['server client a', 'server client a', 'beside-itself'],
  ])('insert %s before %s: %s', (one, other, code) => {
    expect(() => insertEntry(kinds, example, { pair: pair(one, other), side: 'before' })).toThrow(
      expect.objectContaining({ code }),
    );
  });
});

describe('in any configuration', () => {
  const withEntries = fc
    .tuple(markedTreesOf(kinds), fc.uniqueArray(fc.constantFrom('a', 'b', 'c', 'd', 'e'), { minLength: 3 }))
    .map(([tree, keys]) => {
      const made = keys.map((key) => ({ path: ['server', 'client', key], value: undefined }));
      return { tree: setStatements(kinds, tree, made), keys };
    });

  test('what is moved and moved back was never moved, and differs by changes that can be made', () => {
    fc.assert(
      fc.property(withEntries, fc.nat(), ({ tree, keys }, which) => {
        const [one, other] = [keys[which % keys.length]!, keys[(which + 1) % keys.length]!];
        const renamed = renameEntry(kinds, tree, {
          pair: pair(`server client ${one}`, 'server client new'),
          secrets,
        });
        const back = renameEntry(kinds, renamed, {
          pair: pair('server client new', `server client ${one}`),
          secrets,
        });
        expect(lines(back)).toEqual(lines(tree));
        const between = pair(`server client ${one}`, `server client ${other}`);
        const inserted = insertEntry(kinds, tree, { pair: between, side: 'after' });
        const copied = copyEntry(kinds, inserted, {
          pair: pair(between[0].path.join(' '), 'server client new'),
          secrets,
        });
        for (const after of [renamed, inserted, copied]) {
          const made = withChanges(tree, changes(kinds, tree, after));
          expect(lines(made)).toEqual(lines(after));
          expect(same(kinds, tree, after)).toBe(lines(tree).join() === lines(after).join());
        }
      }),
    );
  });
});

describe('secrets', () => {
  const { schema } = grammars;
  const chain = 'services rpm twamp server authentication-key-chain';
  const sealed = () => {
    const candidate = new Candidate(schema, secrets, () => EMPTY_TREE);
    const path = `${chain} a key-id k secret`.split(' ');
    candidate.set([{ path, value: 'hunter2' }], () => true);
    return candidate;
  };
  const opened = (tree: ConfigTree, path: string) => {
    const line = lines(tree, schema).find((each) => each.startsWith(`set ${path} `))!;
    return secrets.open(path.split(' '), line.split(' ').at(-1)!);
  };

  test.each([
    ['copied', copyEntry],
    ['renamed', renameEntry],
  ])('go with what is %s, sealed for its place', (_, move) => {
    const moved = move(schema, sealed().tree, { pair: pair(`${chain} a`, `${chain} b`), secrets });
    expect(opened(moved, `${chain} b key-id k secret`)).toBe('hunter2');
    const deeper = move(schema, moved, {
      pair: pair(`${chain} b key-id k`, `${chain} b key-id l`),
      secrets,
    });
    expect(opened(deeper, `${chain} b key-id l secret`)).toBe('hunter2');
  });

  test('are no text that is replaced, and go with keys that are', () => {
    const { tree } = sealed();
    const replacement = { level: [], can: () => true, secrets };
    const moved = replacePattern(schema, tree, { ...replacement, pattern: '^[ak]$', replacement: 'new' });
    expect(opened(moved, `${chain} new key-id new secret`)).toBe('hunter2');
    expect(() =>
      replacePattern(schema, tree, { ...replacement, pattern: 'hunter|dn1', replacement: 'x' }),
    ).toThrow(expect.objectContaining({ code: 'no-match' }));
  });
});

describe('replace pattern', () => {
  const tree = treeOf(
    [
      'system host-name lab1',
      'system secret lab1',
      'server port 8620',
      'server client lab1 address 10.0.0.0/8',
      'server client lab2 address 10.1.0.0/16',
      'deactivate server client lab2 address 10.1.0.0/16',
      'tags lab1',
      'tags "lab1 lab2"',
      'tags lab3',
      'deactivate tags "lab1 lab2"',
      'annotate tags lab1',
    ],
    kinds,
  );
  const replaced = (pattern: string, replacement: string, more: Partial<Replacement> = {}) => {
    const rest = { level: [], can: (held: string) => held !== 'secret', secrets };
    return lines(replacePattern(kinds, tree, { pattern, replacement, ...rest, ...more }));
  };

  test('changes keys and values, and no words of the schema', () => {
    expect(replaced('lab|server', 'site')).toEqual(
      lines(tree).map((line) =>
        line.startsWith('annotate') || line.includes('secret') ? line : line.replaceAll('lab', 'site'),
      ),
    );
  });

  test.each<
    [
      what: string,
      pattern: string,
      replacement: string,
      more: Partial<Replacement>,
      changed: [string, string][],
    ]
  >([
    ['in the level alone', 'lab', 'x', { level: ['system'] }, [['host-name lab1', 'host-name x1']]],
    [
      'no more than it is to',
      'lab',
      'x',
      { upTo: 2 },
      [
        ['host-name lab1', 'host-name x1'],
        ['client lab1', 'client x1'],
      ],
    ],
    [
      'with what was matched',
      'lab1$',
      '<&>\\&',
      { level: ['system'] },
      [['host-name lab1', 'host-name lab1']],
    ],
    [
      'with groups',
      '10\\.(\\d)',
      '11.\\1',
      {},
      [
        ['10.0', '11.0'],
        ['10.1', '11.1'],
        ['10.1', '11.1'],
      ],
    ],
    ['numbers', '8620', '8621', {}, [['port 8620', 'port 8621']]],
    ['with nothing for groups that matched nothing, or are none', '(x)|lab3', 'z\\1\\7', {}, [['lab3', 'z']]],
  ])('%s', (what, pattern, replacement, more, changed) => {
    if (what === 'with what was matched') {
      expect(() => replaced(pattern, replacement, more)).toThrow(
        expect.objectContaining({
          code: 'replaced-value',
          details: expect.objectContaining({ value: '<lab1>&' }) as unknown,
        }),
      );
      return;
    }
    const expected = changed.reduce((text, [from, to]) => text.replace(from, to), lines(tree).join('\n'));
    expect(replaced(pattern, replacement, more).join('\n')).toBe(expected);
  });

  test.each([
    ['nothing', 'no such text', 'x', 'no-match'],
    ['a value that cannot be', '8620', '0', 'replaced-value'],
    ['a key that is there', 'lab1', 'lab2', 'exists'],
    ['a key that is there later', 'lab2', 'lab1', 'exists'],
  ])('refuses %s', (_, pattern, replacement, code) => {
    expect(() => replaced(pattern, replacement)).toThrow(expect.objectContaining({ code }));
  });

  test('makes one value of two that are the same then', () => {
    expect(replaced('lab3', 'lab1').filter((line) => line.startsWith('set tags'))).toEqual([
      'set tags lab1',
      'set tags "lab1 lab2"',
    ]);
  });
});

describe('what cannot be done is told with where', () => {
  const alias = { spelling: ['twamp', 'room'], parts: [['a'], ['b']] } as unknown as NonNullable<
    Statement['alias']
  >;
  const several = { ...at('server client a'), alias };

  test.each<[StatementPair]>([[[several, at('server client d')]], [[at('server client a'), several]]])(
    'words of a dialect that name several entries',
    (both) => {
      expect(() => copyEntry(kinds, example, { pair: both, secrets })).toThrow(
        expect.objectContaining({ code: 'several-statements', path: ['twamp', 'room'] }),
      );
    },
  );

  test('words of a dialect that name one are as good as any', () => {
    const one = { ...at('server client a'), alias: { ...alias, parts: [['server', 'client', 'a']] } };
    const copied = copyEntry(kinds, example, { pair: [one, at('server client d')], secrets });
    expect(lines(copied)).toContain('set server client d type deny');
  });

  test('a secret that was sealed by another router', () => {
    const chain = 'services rpm twamp client authentication-key-chain';
    const path = `${chain} one key-id ada secret`.split(' ');
    const sealed = new Secrets(new Uint8Array(SECRET_KEY_OCTETS).fill(1)).seal(path, 'x');
    expect(() =>
      copyEntry(grammars.schema, setAt(EMPTY_TREE, path, sealed), {
        pair: pair(`${chain} one`, `${chain} two`),
        secrets,
      }),
    ).toThrow(expect.objectContaining({ code: 'foreign-secret', path }));
  });
});

test('containers in an entry are copied with it', () => {
  const limited = treeOf(['server client a limits rate 1'], kinds);
  const copied = copyEntry(kinds, limited, { pair: pair('server client a', 'server client d'), secrets });
  expect(lines(copied)).toEqual([...lines(limited), 'set server client d limits rate 1']);
});

test('an order of keys puts them first that are there, and makes no list', () => {
  const path = ['server', 'client'];
  expect(treeIn(getAt(inOrder(example, path, ['x', 'c', 'a']), path))).toEqual(treeIn(getAt(example, path)));
  expect([...treeIn(getAt(inOrder(example, path, ['x', 'c']), path)).keys()]).toEqual(['c', 'a', 'b']);
  expect(inOrder(EMPTY_TREE, path, ['a'])).toBe(EMPTY_TREE);
});

describe('replace pattern', () => {
  const can = () => true;
  const replaced = (tree: ConfigTree, more: Partial<Replacement> & Pick<Replacement, 'pattern'>) =>
    replacePattern(kinds, tree, { replacement: 'z', level: [], can, secrets, ...more });

  test('changes what it matches and nothing else, flags and what is not there least of all', () => {
    const tree = treeOf(['server debug', 'server port 1', 'system host-name true'], kinds);
    expect(replaced(tree, { pattern: 'true|undefined' })).toEqual(
      treeOf(['server debug', 'server port 1', 'system host-name z'], kinds),
    );
  });

  test('of a level that is not there changes nothing, and a pattern that matches nothing is told', () => {
    expect(replaced(example, { pattern: 'a', level: ['system'] })).toBe(example);
    expect(() => replaced(example, { pattern: 'nothing' })).toThrow(
      expect.objectContaining({ code: 'no-match', path: [] }),
    );
  });

  test('leaves keys alone that may not be seen, and takes what needs no privilege', () => {
    const tree = treeOf(['server client a', 'tags a'], kinds);
    const withoutServer = (privilege: string) => privilege !== 'system';
    expect(lines(replaced(tree, { pattern: 'a', can: withoutServer }))).toEqual([
      'set server client a',
      'set tags z',
    ]);
    expect(lines(replaced(tree, { pattern: 'a', can: (privilege) => privilege === 'system' }))).toEqual([
      'set server client z',
      'set tags z',
    ]);
  });

  test('takes keys that need no privilege', () => {
    const rooms = readGrammar('room <room:name(20)>+ "Room"\n  light "Light"\n', 'rooms.cli');
    const made = replacePattern(rooms, treeOf(['room a light'], rooms), {
      ...{ pattern: 'a', replacement: 'b', level: [], secrets },
      can: () => false,
    });
    expect(lines(made, rooms)).toEqual(['set room b light']);
  });

  test('does not make a key of one that is there', () => {
    const tree = treeOf(['server client x', 'server client xx'], kinds);
    expect(() => replaced(tree, { pattern: 'x', replacement: 'xx' })).toThrow(
      expect.objectContaining({ code: 'exists' }),
    );
  });
});

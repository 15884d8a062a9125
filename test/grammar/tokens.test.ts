/** Words, quotes, escapes and pipes of a typed line. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { commandsOf, quoteWord, tokenize } from '../../src/grammar/tokens.ts';

const texts = (line: string) =>
  tokenize(line, new Set(['count'])).sections.map((words) => words.map(({ text }) => text));

test.each([
  ['', ['']],
  ['show a ; show b', ['show a ', ' show b']],
  ['show a; show b ;show c', ['show a', ' show b ', 'show c']],
  [';', ['', '']],
  ['match a;b', ['match a;b']],
  ['host-name r1;', ['host-name r1;']],
  ['match "a ; b" ; c', ['match "a ; b" ', ' c']],
  [String.raw`match "a\" ; b" ; c`, [String.raw`match "a\" ; b" `, ' c']],
  ['match "a ; b', ['match "a ; b']],
  ['show a # b ; c', ['show a # b ; c']],
  ['show a#b ; c', ['show a#b ', ' c']],
])('commands of %s', (line, commands) => {
  expect(commandsOf(line).map(({ text }) => text)).toEqual(commands);
  for (const { text, start } of commandsOf(line)) expect(line.startsWith(text, start)).toBe(true);
});

describe('tokenize', () => {
  test.each([
    ['show version', [['show', 'version']]],
    ['  show   version  ', [['show', 'version']]],
    ['show\tversion', [['show', 'version']]],
    ['', [[]]],
    ['commit comment "two words"', [['commit', 'comment', 'two words']]],
    ['a ""', [['a', '']]],
    ['show a # b', [['show', 'a']]],
    ['# a', [[]]],
    ['a#b "# c"', [['a#b', '# c']]],
    ['a"b c"d', [['ab cd']]],
    [String.raw`"a \"quoted\" word"`, [['a "quoted" word']]],
    [String.raw`"back\\slash"`, [[String.raw`back\slash`]]],
    [String.raw`a\"b c"`, [[String.raw`a\b c`]]],
    [String.raw`\d+ "\d+"`, [[String.raw`\d+`, String.raw`\d+`]]],
    [
      'show version | match x',
      [
        ['show', 'version'],
        ['match', 'x'],
      ],
    ],
    [
      'show version |match x',
      [
        ['show', 'version'],
        ['match', 'x'],
      ],
    ],
    [
      'show version| match x',
      [
        ['show', 'version'],
        ['match', 'x'],
      ],
    ],
    [
      'show version|match x',
      [
        ['show', 'version'],
        ['match', 'x'],
      ],
    ],
    ['show|count|match x', [['show'], ['count'], ['match', 'x']]],
    ['show "a|b"|count', [['show', 'a|b'], ['count']]],
    ['show | match a|b', [['show'], ['match', 'a|b']]],
    ['show | match a|b|c', [['show'], ['match', 'a|b|c']]],
    ['show|match a|b|count', [['show'], ['match', 'a|b'], ['count']]],
    ['show|match "a|b"|c', [['show'], ['match', 'a|b'], ['c']]],
    ['show | match a||b', [['show'], ['match', 'a'], [], ['b']]],
    ['show | match a| count', [['show'], ['match', 'a'], ['count']]],
    ['show|match x |match|y', [['show'], ['match', 'x'], ['match'], ['y']]],
    ['show | match "a | b"', [['show'], ['match', 'a | b']]],
    ['show | match x | count', [['show'], ['match', 'x'], ['count']]],
    ['show |', [['show'], []]],
    ['show ||', [['show'], [], []]],
  ])('%j', (line, sections) => {
    expect(texts(line)).toEqual(sections);
  });

  test('a word knows where it stood, quotes included', () => {
    expect(tokenize('ab "c d" e').sections[0]).toEqual([
      { text: 'ab', start: 0, end: 2, quoted: false },
      { text: 'c d', start: 3, end: 8, quoted: true },
      { text: 'e', start: 9, end: 10, quoted: false },
    ]);
  });

  test.each([
    ['show', false],
    ['show ', true],
    ['show |', true],
    ['', true],
    [' ', true],
    ['|', true],
    ['comment "two', false],
    ['comment "two ', false],
    ['comment "two"', false],
  ])('whether a new word begins at the end of %j: %s', (line, betweenWords) => {
    expect(tokenize(line).betweenWords).toBe(betweenWords);
  });

  test('a quote that is never closed is found where it begins', () => {
    expect(tokenize('comment "one" "two words').openQuote).toBe(14);
    expect(tokenize('comment "one" "two words"').openQuote).toBeUndefined();
  });
});

describe('quoteWord', () => {
  test.each([
    ['plain', 'plain'],
    ['10.0.0.0/8', '10.0.0.0/8'],
    ['', '""'],
    ['two words', '"two words"'],
    ['a|b', '"a|b"'],
    ['[', '"["'],
    ['say "x"', String.raw`"say \"x\""`],
  ])('%j is written %s', (text, written) => {
    expect(quoteWord(text)).toBe(written);
  });

  test('what it writes is read back as that word, anywhere in a line', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'grapheme' }), { minLength: 1 }), (words) => {
        const read = tokenize(words.map(quoteWord).join(' '));
        expect(read.openQuote).toBeUndefined();
        expect(read.sections.map((section) => section.map(({ text }) => text))).toEqual([words]);
      }),
    );
  });
});

test('any line gives its words in order, each within the line', () => {
  const lines = fc.string({
    unit: fc.constantFrom('a', '"', '\\', '|', ' ', '\t', 'é', '😀'),
    maxLength: 40,
  });
  fc.assert(
    fc.property(lines, (line) => {
      let end = 0;
      for (const token of tokenize(line).sections.flat()) {
        expect(token.start).toBeGreaterThanOrEqual(end);
        expect(token.end).toBeGreaterThan(token.start);
        end = token.end;
      }
      expect(end).toBeLessThanOrEqual(line.length);
    }),
  );
});

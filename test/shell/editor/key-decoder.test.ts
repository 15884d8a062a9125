/** What terminals send, and the keys it stands for. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { KeyDecoder, SEQUENCE_CHARACTERS_MAX, type Key } from '../../../src/shell/editor/key-decoder.ts';

const decode = (...chunks: string[]): Key[] => {
  const decoder = new KeyDecoder();
  return chunks.flatMap((chunk) => decoder.decode(chunk));
};

/** Keys as words: a name, or the text in quotes; neighbouring texts are one. */
const words = (keys: readonly Key[]): string[] => {
  const result: string[] = [];
  for (const { name, text } of keys) {
    const previous = result.at(-1);
    if (name === 'text' && previous?.startsWith('"'))
      result[result.length - 1] = `${previous.slice(0, -1)}${text}"`;
    else result.push(name === 'text' ? `"${text}"` : name);
  }
  return result;
};

test.each<[string, string, string[]]>([
  ['a word, a blank, a question mark', 'sh ?', ['"sh"', 'space', '?']],
  ['control keys', '\x01\x0b\x03\x1a\x1f', ['ctrl-a', 'ctrl-k', 'ctrl-c', 'ctrl-z', 'ctrl-_']],
  ['tab, both backspaces', '\t\x7f\x08', ['tab', 'backspace', 'ctrl-h']],
  ['each way to end a line', 'a\rb\nc\r\nd', ['"a"', 'enter', '"b"', 'enter', '"c"', 'enter', '"d"']],
  ['empty lines', '\r\r\n\n', ['enter', 'enter', 'enter']],
  ['cursor keys of both modes', '\x1b[A\x1bOB\x1b[C\x1bOD', ['up', 'down', 'right', 'left']],
  [
    'home and end of four terminals',
    '\x1b[H\x1b[1~\x1b[7~\x1bOH\x1b[F\x1b[4~',
    ['home', 'home', 'home', 'home', 'end', 'end'],
  ],
  ['cursor keys with modifiers', '\x1b[1;5C\x1b[1;3D\x1b[1;9C', ['ctrl-right', 'alt-left', 'alt-right']],
  ['Shift alone', '\x1b[1;2C\x1b[1;2H\x1b[3;2~\x1b[1;6D', ['right', 'home', 'delete', 'ctrl-left']],
  ['modifiers of Delete', '\x1b[3;5~\x1b[3;3~', ['ctrl-delete', 'alt-delete']],
  ['rxvt with Shift', '\x1b[c\x1b[7$\x1b[8$\x1b[3$x', ['right', 'home', 'end', 'delete', '"x"']],
  ['rxvt with Control', '\x1bOd\x1b[3^x', ['ctrl-left', 'ctrl-delete', '"x"']],
  ['rxvt and PuTTY with Alt', '\x1b\x1b[D\x1b\x1bOC', ['alt-left', 'alt-right']],
  ['a stray Escape before an arrow', '\x1b\x1b[A\x1b[D', ['up', 'left']],
  ['function keys of Linux, xterm, VT220', '\x1b[[Aa\x1bOPb\x1b[15~c\x1b[1;2Pd', ['"abcd"']],
  ['Meta', '\x1bb\x1bD\x1b\x7f\x1bé', ['alt-b', 'alt-d', 'alt-backspace', 'alt-é']],
  ['Escape twice, then a letter', '\x1b\x1bf', ['alt-f']],
  ['a sequence nobody knows', 'a\x1b[97;5ub', ['"ab"']],
  ['a sequence that is broken off', '\x1b[1\x03x', ['ctrl-c', '"x"']],
  ['C1 controls', 'a\x9b\x85b', ['"ab"']],
  ['letters beyond ASCII', '日本 e\u0301', ['"日本"', 'space', '"e\u0301"']],
])('%s', (_, input, expected) => {
  expect(words(decode(input))).toEqual(expected);
});

const paste = (text: string): string => `\x1b[200~${text}\x1b[201~`;

test.each<[string, string, string[]]>([
  ['has no magic', paste('sh ? \x03\tx'), ['"sh ? \x03\tx"']],
  ['ends lines as it likes', paste('a\rb\r\nc\nd'), ['"a"', 'enter', '"b"', 'enter', '"c"', 'enter', '"d"']],
  ['may hold escape sequences', paste('\x1b[A\x1b[201'), ['"\x1b[A\x1b[201"']],
  ['ends', `${paste('a')}?`, ['"a"', '?']],
  ['may be empty', `${paste('')}b`, ['"b"']],
])('a paste %s', (_, input, expected) => {
  expect(words(decode(input))).toEqual(expected);
});

test('input means the same however it is cut', () => {
  const piece = fc.constantFrom(
    ...[
      'a',
      '日',
      ' ',
      '?',
      '\r',
      '\n',
      '\r\n',
      '\t',
      '\x03',
      '\x1b',
      '\x1b[A',
      '\x1b[1;5C',
      '\x1bOH',
      '\x1b[999x',
    ],
    ...['\x1b[200~', '\x1b[201~', '\x1b[20', '1~', '[', 'O'],
  );
  fc.assert(
    fc.property(fc.array(fc.array(piece, { maxLength: 6 }), { maxLength: 12 }), (chunks) => {
      const whole = chunks.flat().join('');
      expect(words(decode(...chunks.map((chunk) => chunk.join(''))))).toEqual(words(decode(whole)));
      expect(words(decode(...whole.split(/(?:)/u)))).toEqual(words(decode(whole)));
    }),
    { numRuns: 1000 },
  );
});

test('an endless escape sequence costs no memory and ends at its final character', () => {
  expect(words(decode(`\x1b[${'1;'.repeat(100_000)}`, 'Ab'))).toEqual(['"b"']);
  expect(words(decode(`\x1b[${'1'.repeat(SEQUENCE_CHARACTERS_MAX)}A`))).toEqual([]);
});

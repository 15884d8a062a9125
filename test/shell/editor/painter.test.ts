/** Laying out and the fewest characters to repaint. */
import { expect, test } from 'vitest';
import { layOut, paint, repaint, SIZE_DEFAULT, type Frame } from '../../../src/shell/editor/painter.ts';

/** A frame of the prompt `> ` and a line in which `|` marks the cursor. */
const frame = (drawn: string, columns = 10, rows = 24, topBefore = 0): Frame =>
  layOut(
    { prompt: '> ', line: { text: drawn.replace('|', ''), cursor: drawn.indexOf('|') } },
    { columns, rows },
    topBefore,
  );

const rowsOf = ({ rows }: Frame): string[] => rows.map(({ text }) => text);

test.each<[string, string, string[], { row: number; column: number }]>([
  ['one row', 'abc|', ['> abc'], { row: 0, column: 5 }],
  ['a wrapped row', 'abcdefghij|k', ['> abcdefgh', 'ijk'], { row: 1, column: 2 }],
  ['a full row, which the cursor leaves', 'abcdefgh|', ['> abcdefgh', ''], { row: 1, column: 0 }],
  ['a full row with the cursor in it', 'abcdefg|h', ['> abcdefgh', ''], { row: 0, column: 9 }],
  ['a wide character that does not fit', 'abcdefg|日', ['> abcdefg', '日'], { row: 1, column: 0 }],
  ['a mark on the last column', 'abcdefghe\u0301|', ['> abcdefgh', 'e\u0301'], { row: 1, column: 1 }],
])('%s', (_, drawn, rows, cursor) => {
  expect([rowsOf(frame(drawn)), frame(drawn).cursor]).toEqual([rows, cursor]);
});

test('a terminal of unknown size is taken for the default', () => {
  expect(frame('a|', 0, 0).size).toEqual(SIZE_DEFAULT);
});

test('of too many rows those around the cursor are shown, and they scroll only when needed', () => {
  const line = '0123456789'.repeat(4);
  const atEnd = frame(`${line}|`, 10, 2);
  expect([rowsOf(atEnd), atEnd.top]).toEqual([['8901234567', '89'], 3]);
  const above = frame(`${line.slice(0, 15)}|${line.slice(15)}`, 10, 2, atEnd.top);
  expect([rowsOf(above), above.top, above.cursor.row]).toEqual([['8901234567', '8901234567'], 1, 0]);
  const within = frame(`${line.slice(0, 25)}|${line.slice(25)}`, 10, 2, above.top);
  expect([within.top, within.cursor.row]).toEqual([1, 1]);
});

test.each<[string, string, string, string]>([
  ['typing at the end is the character alone', 'ab|', 'abc|', 'c'],
  ['nothing is nothing', 'ab|', 'ab|', ''],
  ['a motion moves the cursor', 'ab|', 'a|b', '\x1b[4G'],
  ['erasing at the end erases', 'abc|', 'ab|', '\x1b[5G\x1b[J'],
  ['a character inside takes the rest along', 'a|bc', 'ax|bc', 'xbc\x1b[5G'],
  ['a mark is painted with its letter', 'ae|', 'ae\u0301|', '\x1b[4Ge\u0301'],
  ['the last column is filled and left', 'abcdefg|', 'abcdefgh|', 'h \r'],
  ['a wrapped row is reached upwards', 'abcdefghij|', 'abcdefg|hij', '\x1b[1A\x1b[10G'],
])('%s', (_, from, to, output) => {
  expect(repaint(frame(from), frame(to))).toBe(output);
});

test('a first painting has no escape sequence', () => {
  expect(paint(frame('show version|', 80))).toBe('> show version');
});

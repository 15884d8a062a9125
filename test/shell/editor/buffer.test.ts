/** The line as a value: motions, removals, transposition, limits. `|` marks the cursor. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  insert,
  KILL_RING_TEXTS_MAX,
  KillRing,
  LINE_CHARACTERS_MAX,
  lineOf,
  move,
  remove,
  transpose,
  type Line,
  type Motion,
} from '../../../src/shell/editor/buffer.ts';

const parse = (drawn: string): Line => ({ text: drawn.replace('|', ''), cursor: drawn.indexOf('|') });
const draw = ({ text, cursor }: Line): string => `${text.slice(0, cursor)}|${text.slice(cursor)}`;

test.each<[string, Motion, string]>([
  ['sh|ow', 'left', 's|how'],
  ['|show', 'left', '|show'],
  ['sh|ow', 'right', 'sho|w'],
  ['show|', 'right', 'show|'],
  ['日本|', 'left', '日|本'],
  ['|e\u0301x', 'right', 'e\u0301|x'],
  ['a👩‍🚀|', 'left', 'a|👩‍🚀'],
  ['show  10.0.0.1|', 'word-left', 'show  10.0.0.|1'],
  ['show  |', 'word-left', '|show  '],
  ['|  show x', 'word-right', '  show| x'],
  ['größe| x', 'word-left', '|größe x'],
  ['show 10.0.0.1  |', 'blank-word-left', 'show |10.0.0.1  '],
  ['a b|', 'line-start', '|a b'],
  ['a| b', 'line-end', 'a b|'],
])('%s by %s becomes %s', (from, motion, to) => {
  expect(draw(move(parse(from), motion))).toBe(to);
});

test.each<[string, Motion, string, string]>([
  ['sh|ow', 'left', 's|ow', 'h'],
  ['sh|ow', 'right', 'sh|w', 'o'],
  ['e\u0301|x', 'left', '|x', 'e\u0301'],
  ['set a.b|c', 'blank-word-left', 'set |c', 'a.b'],
  ['a|bc', 'line-end', 'a|', 'bc'],
  ['|', 'left', '|', ''],
])('%s without %s is %s', (from, motion, to, removed) => {
  const result = remove(parse(from), motion);
  expect([draw(result.line), result.removed]).toEqual([to, removed]);
});

test.each([
  ['ab|', 'ba|'],
  ['a|b', 'ba|'],
  ['|ab', '|ab'],
  ['a|', 'a|'],
  ['日|本x', '本日|x'],
  ['xe\u0301|y', 'xye\u0301|'],
])('transposed, %s is %s', (from, to) => {
  expect(draw(transpose(parse(from)))).toBe(to);
});

test('a line takes LINE_CHARACTERS_MAX characters and refuses the next', () => {
  const full = insert(lineOf(''), 'x'.repeat(LINE_CHARACTERS_MAX));
  expect([full.line.text.length, full.refused]).toEqual([LINE_CHARACTERS_MAX, false]);
  expect(insert(full.line, 'y')).toEqual({ line: full.line, refused: true });
});

test('a character that does not fit whole is not cut', () => {
  const almost = lineOf('x'.repeat(LINE_CHARACTERS_MAX - 1));
  expect(insert(almost, '🦀').line.text).toBe(almost.text);
});

/** Pieces of text, most of which join some other. */
const piece = fc.constantFrom(
  'a',
  ' ',
  '.',
  '日',
  '\u0301',
  '👩',
  '\u200d',
  '🚀',
  '🇩',
  '🇪',
  '\u0600',
  '\x1b',
  '\u202e',
);

test('what is typed is the same in one piece and one by one, whatever it joins', () => {
  const texts = fc.array(piece, { maxLength: 8 });
  fc.assert(
    fc.property(texts, texts, texts, (before, typed, after) => {
      const line = { text: lineOf(after.join('')).text, cursor: 0 };
      const from = insert(line, before.join('')).line;
      const oneByOne = typed.reduce((so, each) => insert(so, each).line, from);
      expect(insert(from, typed.join('')).line).toEqual(oneByOne);
    }),
    { numRuns: 500 },
  );
});

test('after any edits the cursor stands between two clusters, but right behind what was typed', () => {
  const motion = fc.constantFrom<Motion>(
    'left',
    'right',
    'word-left',
    'word-right',
    'blank-word-left',
    'line-end',
  );
  const typing = piece.map((text) => (line: Line) => insert(line, text).line);
  const other = fc.oneof(
    motion.map((to) => (line: Line) => move(line, to)),
    motion.map((to) => (line: Line) => remove(line, to).line),
    fc.constant(transpose),
  );
  fc.assert(
    fc.property(fc.array(fc.oneof(typing, other), { maxLength: 40 }), other, (edits, last) => {
      const { text, cursor } = [...edits, last].reduce((line, apply) => apply(line), lineOf(''));
      const starts = Array.from(new Intl.Segmenter().segment(text), ({ index }) => index);
      expect([...starts, text.length]).toContain(cursor);
      expect(text).not.toMatch(/[\p{Cc}\p{Bidi_Control}]/u);
    }),
    { numRuns: 500 },
  );
});

test('a kill ring keeps the newest KILL_RING_TEXTS_MAX texts', () => {
  const ring = new KillRing();
  for (let index = 0; index <= KILL_RING_TEXTS_MAX; index++) ring.push(String(index));
  for (let index = 0; index < KILL_RING_TEXTS_MAX - 1; index++) ring.rotate();
  expect(ring.newest).toBe('1');
  ring.rotate();
  expect(ring.newest).toBe(String(KILL_RING_TEXTS_MAX));
});

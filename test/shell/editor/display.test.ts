/** Whatever is typed, the screen shows prompt and line as a terminal lays them out, and that is submitted. */
import fc from 'fast-check';
import stringWidth from 'string-width';
import { expect, test } from 'vitest';
import { LineEditor } from '../../../src/shell/editor/editor.ts';
import { Screen, type Position } from '../../support/screen.ts';
import { Terminal } from '../../support/terminal.ts';

const PROMPT = 'dnRouter(cfg)# ';
const ABOVE = ['output above', 'x'.repeat(30)];
const segmenter = new Intl.Segmenter();

/** A line as it is shown: a mark without a letter is not. */
const shownOf = (line: string): string =>
  Array.from(segmenter.segment(line), ({ segment }) => (stringWidth(segment) > 0 ? segment : '')).join('');

/** Where a terminal of `columns` has the cursor when it stands at `offset` of the line, or inside what begins before. */
const placeOf = (line: string, offset: number, columns: number): Position => {
  const screen = new Screen(columns, 1000);
  screen.write(PROMPT);
  for (const { segment, index } of segmenter.segment(line)) {
    const before = screen.cursor;
    screen.write(segment);
    if (index < offset) continue;
    const wrapped = screen.cursor.row > before.row;
    return wrapped ? { row: screen.cursor.row, column: 0 } : before;
  }
  const { row, column } = screen.cursor;
  return column === columns ? { row: row + 1, column: 0 } : { row, column };
};

const text = fc.oneof(
  { weight: 4, arbitrary: fc.stringMatching(/^[a-z. ]{1,12}$/) },
  { weight: 2, arbitrary: fc.constantFrom('日', '本語', 'ひらがな', '한글', 'ﾊﾟ') },
  { weight: 1, arbitrary: fc.constantFrom('\u0301', 'e\u0301', '👩‍🚀', '🇩🇪', '❤️', '\u200b', '\u202e') },
  { weight: 1, arbitrary: fc.nat(60).map((count) => 'long-'.repeat(count).slice(0, count)) },
);
const PROBE = '?';
const keys = fc.oneof(
  { weight: 6, arbitrary: text },
  {
    weight: 5,
    arbitrary: fc.constantFrom(
      ...['\x1b[D', '\x1b[C', '\x1b[H', '\x1b[F', '\x1b[3~', '\x7f', '\x0b', '\x15', '\x17', '\x19', '\x14'],
      ...['\x1bb', '\x1bf', '\x1bd', '\x1b\x7f', '\x1by', '\x1b[A', '\x1b[B', '\t', '\x12o\x05', '\x12x\x07'],
    ),
  },
);
const typing = fc.array(keys, { minLength: 1, maxLength: 4 }).map((parts) => parts.join(''));
const resizing = fc.integer({ min: 16, max: 90 });

/** Types and resizes, looking at the screen after each step; then submits. */
async function check(steps: readonly (string | number)[]): Promise<void> {
  const terminal = new Terminal(40, 100);
  const { screen } = terminal;
  let lineToCursor = '';
  const editor = new LineEditor(
    terminal.channel,
    {
      help: (before) => ((lineToCursor = before), ''),
      complete: (_, key) => (key === 'space' ? { insert: ' ', list: '' } : { insert: 'tab', list: '' }),
    },
    { lines: ['show version', 'configure '.repeat(12), '日本語 '.repeat(9)] },
  );
  terminal.channel.output.write(ABOVE.map((row) => `${row}\r\n`).join(''));
  const result = editor.read(PROMPT);
  await terminal.settle();
  for (const step of steps) {
    if (typeof step === 'number') terminal.resize(step, 90 + (step % 3));
    else await terminal.type(step + PROBE);
    const { lines } = screen;
    expect(lines.slice(0, 2)).toEqual(ABOVE);
    expect(lines.length).toBe(3);
    const shown = lines[2]!.padEnd(PROMPT.length).slice(PROMPT.length);
    expect(lines[2]!.startsWith((PROMPT + shownOf(lineToCursor)).trimEnd())).toBe(true);
    const toCursor = shownOf(lineToCursor);
    const place = placeOf(shown.padEnd(toCursor.length), toCursor.length, screen.columns);
    const above = ABOVE.reduce((rows, row) => rows + Math.ceil(row.length / screen.columns), 0);
    expect(screen.cursor).toEqual({ row: above + place.row, column: place.column });
  }
  await terminal.type('\r');
  const submitted = await result;
  expect(submitted).toEqual({ type: 'line', line: expect.any(String) as string });
  if (submitted.type !== 'line') return;
  terminal.channel.output.write('next');
  const expected = new Screen(screen.columns, screen.rows);
  expected.write([...ABOVE, PROMPT + shownOf(submitted.line), 'next'].join('\r\n'));
  expect(screen.visible).toEqual(expected.visible);
}

/** The same run each time; PROPERTY_SEED takes others, by hand. */
const seed = Number(process.env['PROPERTY_SEED'] ?? 20_261_122);

test('after any keys the screen is prompt and line laid out, and what is shown is submitted', async () => {
  await fc.assert(fc.asyncProperty(fc.array(typing, { maxLength: 12 }), check), { numRuns: 300, seed });
});

test('the same on a resized terminal, without ghost rows and without eating the output above', async () => {
  await fc.assert(fc.asyncProperty(fc.array(fc.oneof(typing, resizing), { maxLength: 12 }), check), {
    numRuns: 300,
    seed,
  });
});

test.each<[string, (string | number)[]]>([
  ['made to fit by a resize', ['.   aaaaa.aa. ..a  .aa...a.a . ', 'a aa.a..', 54, 27]],
  ['of wide characters', ['日', '\t', '本語日 aa.aa本語', 18, 36]],
  ['shortened until it fits', ['x'.repeat(26), '\x7f', 20]],
])(
  'a line %s, that ends with its row, has its cursor in the row below at the next resize',
  async (_, steps) => {
    await check(steps);
  },
);

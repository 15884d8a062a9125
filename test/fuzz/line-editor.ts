/** Whatever is typed at the line editor, at any width, with changes of size, in one piece and octet by octet. */
import assert from 'node:assert/strict';
import { LineEditor, type EditorHelp, type ReadResult } from '../../src/shell/editor/editor.ts';
import { LINE_CHARACTERS_MAX } from '../../src/shell/editor/buffer.ts';
import { octetByOctet } from '../support/chunks.ts';
import { Terminal } from '../support/terminal.ts';
import { chosen, Choices, type FuzzTarget } from './target.ts';

const WIDTHS = [1, 2, 7, 20, 40, 80, 200] as const;
const ROWS = 12;
/** In place of what no text has: the next octet is a width. */
const RESIZE = 0xff;
const INTERRUPT = 0x03;
const READS_MAX = 64;

const help: EditorHelp = {
  help: () => 'Possible completions:\n  sessions             Display\n',
  complete: (_, key) => (key === 'space' ? { insert: ' ', list: '' } : { insert: 'x', list: '' }),
};

/** What was read in the end, and what the screen shows. */
async function typed(pieces: readonly (Uint8Array | number)[], columns: number): Promise<unknown> {
  const terminal = new Terminal(columns, ROWS);
  const history = ['show version', 'größe 日本 "a b"', 'x'.repeat(100)];
  const editor = new LineEditor(terminal.channel, help, { lines: history });
  const results: ReadResult[] = [];
  const reading = (async () => {
    for (let count = 0; count < READS_MAX; count += 1) {
      const result = await editor.read('dnRouter# ');
      results.push(result);
      if (result.type === 'end' && editor.inputEnded) return;
    }
  })();
  for (const piece of pieces) {
    if (typeof piece === 'number') terminal.resize(piece);
    else terminal.input.write(Buffer.from(piece));
    await terminal.settle();
  }
  terminal.input.end();
  await reading;
  editor.close();
  for (const result of results)
    if (result.type === 'line') {
      assert(result.line.length <= LINE_CHARACTERS_MAX);
      // A tab is a character in a paste, and inside quotes.
      assert(!/(?!\t)[\p{Cc}\p{Bidi_Control}]/u.test(result.line), JSON.stringify(result.line));
    }
  return results;
}

/** The first octet chooses the width. */
export const target: FuzzTarget = {
  isAsync: true,
  octetsMax: 256,
  words: [
    '\x1b[200~',
    '\x1b[201~',
    '\x1b[A',
    '\x1b[B',
    '\x1b[D',
    '\x1b[1;5D',
    '\x12',
    '\x16',
    '\x19',
    '\x1by',
    '\r',
    '日本',
    '👩‍🚀',
    'e\u0301',
  ],
  run: async (octets) => {
    const choices = new Choices(octets);
    const columns = choices.of(WIDTHS);
    const pieces: (Uint8Array | number)[] = [];
    for (let rest = choices.rest; rest.length > 0;) {
      const at = rest.indexOf(RESIZE);
      const text = at < 0 ? rest : rest.subarray(0, at);
      if (text.length > 0) pieces.push(text);
      if (at >= 0) pieces.push(WIDTHS[(rest[at + 1] ?? 0) % WIDTHS.length]!);
      rest = at < 0 ? rest.subarray(rest.length) : rest.subarray(at + 2);
    }
    const whole = await typed(pieces, columns);
    // Ctrl-C takes back what was typed ahead of it, which is a question of how fast it comes.
    if (octets.includes(INTERRUPT)) return;
    const cut = pieces.flatMap<Uint8Array | number>((piece) =>
      typeof piece === 'number' ? [piece] : octetByOctet(piece),
    );
    assert.deepEqual(await typed(cut, columns), whole);
  },
  seeds: () =>
    [
      'show version\r',
      'abc\x1b[D\x1b[DX\x01Y\x05Z\x17\x19\r',
      '\x1b[200~one\ntwo\nthree\x1b[201~\r',
      '\x12vers\r\x10\x10\x0e\r',
      '日本\x08e\u0301👩‍🚀\x14\x0c\t?\r\x04',
      'a\x16\x1b[A\x1bb\x1bd\x1by\x1b[3~\x1a',
    ].map((text, index) => chosen([index], text)),
};

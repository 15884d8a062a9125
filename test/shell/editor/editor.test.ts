/** The line editor before a terminal: keys in, screen and results out. */
import { getEventListeners } from 'node:events';
import { expect, test } from 'vitest';
import { LINE_CHARACTERS_MAX } from '../../../src/shell/editor/buffer.ts';
import { UNDO_STEPS_MAX } from '../../../src/shell/editor/draft.ts';
import { LineEditor, type EditorHelp, type ReadResult } from '../../../src/shell/editor/editor.ts';
import { Terminal } from '../../support/terminal.ts';

const PROMPT = 'dnRouter# ';
const LEFT = '\x1b[D';
const UP = '\x1b[A';
const DOWN = '\x1b[B';

const silent: EditorHelp = {
  help: () => '',
  complete: (_, key) => ({ insert: key === 'space' ? ' ' : '', list: '' }),
};

const start = ({ help = {}, history = [] as string[], columns = 80, rows = 24 } = {}) => {
  const terminal = new Terminal(columns, rows);
  const editor = new LineEditor(terminal.channel, { ...silent, ...help }, { lines: history });
  return { terminal, editor, screen: terminal.screen };
};

/** What reading gives when `keys` are typed. */
const typed = async (keys: string, options: Parameters<typeof start>[0] = {}): Promise<ReadResult> => {
  const { terminal, editor } = start(options);
  const result = editor.read(PROMPT);
  await terminal.type(keys);
  return result;
};

const line = (text: string): ReadResult => ({ type: 'line', line: text });
const paste = (text: string): string => `\x1b[200~${text}\x1b[201~`;

test.each<[string, string, string]>([
  ['plain typing', 'show version', 'show version'],
  ['Ctrl-A, Ctrl-E, Ctrl-B, Ctrl-F', 'b\x01a\x05d\x02c\x06e', 'abcde'],
  ['arrows, Home, End, Delete', `bx${LEFT}\x1b[3~\x1b[Ha\x1b[Fc`, 'abc'],
  ['Backspace, Ctrl-H, Ctrl-D', `abc\x7fd\x08ef${LEFT}\x04`, 'abe'],
  ['Ctrl-K and Ctrl-Y', `one two${LEFT.repeat(4)}\x0b\x01\x19 `, ' two one'],
  ['Ctrl-U', `one two${LEFT.repeat(3)}\x15`, 'two'],
  ['Ctrl-W takes a whole address', 'ping 10.0.0.1\x17::1', 'ping ::1'],
  ['Alt-Backspace takes a part of it', 'ping 10.0.0.1\x1b\x7f2', 'ping 10.0.0.2'],
  ['Alt-B, Alt-D, Alt-F', 'one two\x1bb\x1bb\x1bdx\x1bfy', 'x twoy'],
  ['kills in succession are yanked as one', 'one two three\x17\x17\x19', 'one two three'],
  ['Alt-Y yanks what was killed before', 'one\x15two\x15\x19\x1by', 'one'],
  ['Ctrl-T', 'hsow\x01\x06\x06\x14', 'hosw'],
  ['Ctrl-_ takes back what was typed, word by word', 'show services sesions\x1f\x1fversion', 'show version'],
  ['Ctrl-X Ctrl-U likewise', 'show services sesions\x18\x15\x18\x15version', 'show version'],
  ['Ctrl-_ and killed text', 'one two\x17\x15\x1f\x1f', 'one two'],
  ['Ctrl-_ and letters that were erased one by one', 'one two\x7f\x7f\x7f\x1f', 'one two'],
  ['Ctrl-_ and a yank, exchanged', 'one\x15two\x15\x19\x1by\x1f', ''],
  ['Ctrl-_ and transposed letters', 'hsow\x01\x06\x06\x14\x1f', 'hsow'],
  ['Ctrl-_ and a paste', `show ${paste('a b c')}\x1f`, 'show '],
  ['Ctrl-_ after moving about', `ac${LEFT}b\x1fx`, 'axc'],
  ['Ctrl-_ where nothing is left to undo', 'a\x1f\x1f\x1fb', 'b'],
  ['Ctrl-X and a key that means nothing there', 'a\x18b\x18\x01c', 'ac'],
  ['Ctrl-X and such a key, with more typed in one go', 'a\x18bcd', 'acd'],
  ['Ctrl-V and a question mark', 'a\x16?', 'a?'],
  ['Ctrl-V and a control character', 'a\x16\x01b', 'ab'],
  ['unknown keys', 'a\x1b[99~\x07\x1bqb', 'ab'],
])('%s', async (_, keys, expected) => {
  expect(await typed(`${keys}\r`)).toEqual(line(expected));
});

test('Ctrl-_ is of the recalled line that is shown', async () => {
  const history = ['show version', 'show cli'];
  expect(await typed(`new${UP}x${UP}y\x1f\x1f\r`, { history })).toEqual(line('show version'));
  expect(await typed(`new${UP}x${UP}y${DOWN}\x1f\x1f\r`, { history })).toEqual(line('show cli'));
  expect(await typed(`new${UP}x${DOWN}\x1f\r`, { history })).toEqual(line(''));
});

test('Ctrl-_ takes back what Space or Tab completed, and no more', async () => {
  const help: Partial<EditorHelp> = { complete: () => ({ insert: 'ow ', list: '' }) };
  for (const key of [' ', '\t']) {
    expect(await typed(`sh${key}\x1f\r`, { help })).toEqual(line('sh'));
    expect(await typed(`sh${key}\x1f\x1f\r`, { help })).toEqual(line(''));
  }
});

test('so many changes can be undone, and no more', async () => {
  const keys = 'a '.repeat(UNDO_STEPS_MAX);
  expect(await typed(`${keys}${'\x1f'.repeat(UNDO_STEPS_MAX)}\r`)).toEqual(line(''));
  expect(await typed(`${keys}b ${'\x1f'.repeat(2 * UNDO_STEPS_MAX)}\r`)).toEqual(line('a '));
});

test('Ctrl-_ makes a line that was too long one that can be submitted', async () => {
  const fits = `${'x'.repeat(LINE_CHARACTERS_MAX - 2)} `;
  expect(await typed(`${fits}${paste('too')}\x1f\r`)).toEqual(line(fits));
});

test('behind Ctrl-X, Ctrl-C still abandons the line', async () => {
  expect(await typed('show\x18\x03')).toEqual({ type: 'interrupt', cause: 'key' });
});

test('Ctrl-C abandons the line and shows it', async () => {
  const { terminal, editor, screen } = start();
  const first = editor.read(PROMPT);
  await terminal.type('show\x03');
  expect(await first).toEqual({ type: 'interrupt', cause: 'key' });
  void editor.read(PROMPT);
  await terminal.settle();
  expect(screen.visible).toEqual([`${PROMPT}show^C`, PROMPT.trimEnd()]);
});

test('whoever reads after another editor was closed hears the keys', async () => {
  const { terminal, editor } = start();
  editor.close();
  const next = new LineEditor(terminal.channel, silent, { lines: [] });
  const result = next.read(PROMPT);
  await terminal.type('show version\r');
  expect(await result).toEqual({ type: 'line', line: 'show version' });
});

test('Ctrl-Z asks to go up', async () => {
  expect(await typed('show\x1a')).toEqual({ type: 'up' });
});

test('Ctrl-D ends on the empty line only', async () => {
  expect(await typed('a\x01\x04\x04')).toEqual({ type: 'end' });
  expect(await typed('a\x04\r')).toEqual(line('a'));
});

test('when the input ends, what was entered is delivered, and what was not is not', async () => {
  const { terminal, editor } = start();
  terminal.input.end('one\ntwo\nrequest system');
  expect(await editor.read(PROMPT)).toEqual(line('one'));
  expect(await editor.read(PROMPT)).toEqual(line('two'));
  expect(await editor.read(PROMPT)).toEqual({ type: 'end' });
  expect(await editor.read(PROMPT)).toEqual({ type: 'end' });
  expect((await editor.readKey()).name).toBe('end-of-input');
});

test('an input that fails has ended', async () => {
  const { terminal, editor } = start();
  const result = editor.read(PROMPT);
  terminal.input.destroy(new Error('read EIO'));
  expect(await result).toEqual({ type: 'end' });
});

test('an input that ended before the editor was made has ended', async () => {
  const terminal = new Terminal();
  terminal.input.destroy();
  await terminal.settle();
  const editor = new LineEditor(terminal.channel, silent, { lines: [] });
  expect(await editor.read(PROMPT)).toEqual({ type: 'end' });
});

test('characters that arrive in pieces are whole', async () => {
  const { terminal, editor } = start();
  const result = editor.read(PROMPT);
  for (const octet of Buffer.from('日\x1b[D本\r')) await terminal.type(Buffer.of(octet));
  expect(await result).toEqual(line('本日'));
});

test('a prompt of several lines stands above the line', async () => {
  const { terminal, editor, screen } = start();
  void editor.read('[edit]\nlab@edge# ');
  await terminal.type('set');
  expect(screen.visible).toEqual(['[edit]', 'lab@edge# set']);
});

test('a line may begin with a text', async () => {
  const { terminal, editor } = start();
  const result = editor.read(PROMPT, { initial: 'set\x07 x' });
  await terminal.type('y\r');
  expect(await result).toEqual(line('set xy'));
});

test('only one reader at a time', async () => {
  const { editor } = start();
  void editor.read(PROMPT);
  await expect(editor.readKey()).rejects.toThrow('one reader');
});

test('a program that types lines sees its echo and no escape sequence', async () => {
  const { terminal, editor } = start();
  await terminal.settle();
  terminal.written.length = 0;
  void editor.read(PROMPT);
  await terminal.type('set cli screen-length 0\n');
  expect(terminal.written.join('')).toBe(`${PROMPT}set cli screen-length 0\r\n`);
});

test('? prints help under the line and draws the line again', async () => {
  const asked: string[] = [];
  const help = (before: string): string => `Possible completions:\n  ${String(asked.push(before))}\n`;
  const { terminal, editor, screen } = start({ help: { help } });
  void editor.read(PROMPT);
  await terminal.type('show ses');
  await terminal.type(`${LEFT}?x`);
  expect(asked).toEqual(['show se']);
  expect(screen.visible).toEqual([`${PROMPT}show ses`, 'Possible completions:', '  1', `${PROMPT}show sexs`]);
  expect(screen.cursor).toEqual({ row: 3, column: PROMPT.length + 'show sex'.length });
});

test('? is a character inside quotes, after Ctrl-V, in a paste and in a password', async () => {
  const asked: string[] = [];
  const help = (before: string): string => (asked.push(before), 'help');
  expect(await typed('x "a\\"?" y\r', { help: { help } })).toEqual(line('x "a\\"?" y'));
  expect(await typed(`\x16?${paste('?')}\r`, { help: { help } })).toEqual(line('??'));
  expect(asked).toEqual([]);
});

test('Tab inserts what the shell answers, and lists when there is nothing to insert', async () => {
  const complete: EditorHelp['complete'] = (before) =>
    before === 'sh' ? { insert: 'ow ', list: '' } : { insert: '', list: 'services\nversion' };
  const { terminal, editor, screen } = start({ help: { complete } });
  void editor.read(PROMPT);
  await terminal.type('sh\t');
  expect(screen.visible).toEqual([`${PROMPT}show`]);
  await terminal.type('\t');
  expect(screen.visible).toEqual([`${PROMPT}show`, 'services', 'version', `${PROMPT}show`]);
  expect(screen.cursor.column).toBe(`${PROMPT}show `.length);
});

test('Tab amid a word goes over what completes it, and Space there is a blank', async () => {
  const complete: EditorHelp['complete'] = (before, key) => ({
    insert: before.endsWith('sh') ? 'ow ' : key === 'space' ? ' ' : '',
    list: '',
  });
  const help = { complete };
  const back = LEFT.repeat(2);
  expect(await typed(`show${back}\tversion\r`, { help })).toEqual(line('show version'));
  expect(await typed(`show version\x01\x06\x06\tx\r`, { help })).toEqual(line('show xversion'));
  expect(await typed(`shversion\x01\x06\x06\t\r`, { help })).toEqual(line('show version'));
  expect(await typed(`show${back} \r`, { help })).toEqual(line('sh ow'));
  expect(await typed(`sh${'x'.repeat(2)}${back}  \r`, { help })).toEqual(line('sh  xx'));
});

test('a tab is a character inside quotes and in a paste, and is shown as a blank', async () => {
  const complete: EditorHelp['complete'] = () => ({ insert: '', list: 'list' });
  const { terminal, editor, screen } = start({ help: { complete } });
  const result = editor.read(PROMPT);
  await terminal.type(`x\x16\t"a\tb" ${paste('c\td')}`);
  expect(screen.visible).toEqual([`${PROMPT}x "a b" c d`]);
  expect(screen.cursor.column).toBe(`${PROMPT}x "a b" c d`.length);
  await terminal.type('\x7f\x7f\x7fe\r');
  expect(await result).toEqual(line('x\t"a\tb" e'));
});

test('tabs keep words apart in a paste into a terminal that does not say so', async () => {
  const complete: EditorHelp['complete'] = (before, key) =>
    key === 'tab' && before === 'sh'
      ? { insert: 'ow ', list: '' }
      : { insert: key === 'tab' ? '' : ' ', list: 'list' };
  const { terminal, editor, screen } = start({ help: { complete } });
  const first = editor.read(PROMPT);
  await terminal.type('\t\tset\tclient\tx\rsh\tx\r');
  expect(await first).toEqual(line('\tset\tclient\tx'));
  expect(await editor.read(PROMPT)).toEqual(line('show x'));
  expect(screen.lines.filter((each) => each === 'list').length).toBeLessThan(3);
});

test('Tab rings when the shell knows nothing', async () => {
  const { terminal, editor, screen } = start();
  void editor.read(PROMPT);
  await terminal.type('x\t');
  expect([screen.bells, screen.visible]).toEqual([1, [`${PROMPT}x`]]);
});

test('Space inserts what the shell answers, but itself inside quotes', async () => {
  const complete: EditorHelp['complete'] = (before, key) => ({
    insert: before === 'sh' && key === 'space' ? 'ow ' : ' ',
    list: '',
  });
  expect(await typed('sh x\r', { help: { complete } })).toEqual(line('show x'));
  expect(await typed('"sh x"\r', { help: { complete: () => ({ insert: 'no', list: '' }) } })).toEqual(
    line('"sh x"'),
  );
});

test('Ctrl-C gives up waiting for an answer', async () => {
  const never = new Promise<never>(() => undefined);
  const { terminal, editor } = start({ help: { help: () => never, complete: () => never } });
  const first = editor.read(PROMPT);
  await terminal.type('sh?');
  await terminal.type('x\x03');
  expect(await first).toEqual({ type: 'interrupt', cause: 'key' });
  const second = editor.read(PROMPT);
  await terminal.type('sh\tow\x03ok\r');
  expect(await second).toEqual({ type: 'interrupt', cause: 'key' });
  expect(await editor.read(PROMPT)).toEqual(line('ok'));
});

test('the arrows walk through history and come back to what was typed', async () => {
  const history = ['one', 'two'];
  expect(await typed(`new${UP}${UP}\r`, { history })).toEqual(line('one'));
  expect(await typed(`new${UP}${UP}${UP}${DOWN}${DOWN}${DOWN}!\r`, { history })).toEqual(line('new!'));
  expect(await typed('\x10s\x10\x0e\r', { history })).toEqual(line('twos'));
});

test('Ctrl-R searches backward while it is typed', async () => {
  const { terminal, editor, screen } = start({ history: ['show twamp', 'show version', 'configure'] });
  const result = editor.read(PROMPT);
  await terminal.type('\x12sh');
  expect(screen.visible).toEqual(["(reverse-i-search)`sh': show version"]);
  await terminal.type('\x12');
  expect(screen.visible).toEqual(["(reverse-i-search)`sh': show twamp"]);
  await terminal.type('ox');
  expect(screen.visible).toEqual(["(failed reverse-i-search)`shox': show twamp"]);
  await terminal.type('\x7f\x7f w');
  expect(screen.visible).toEqual(["(failed reverse-i-search)`sh w': show version"]);
  await terminal.type('\x7f\x7f\x7f\x05');
  expect(screen.visible).toEqual([`${PROMPT}show version`]);
  await terminal.type(' x\r');
  expect(await result).toEqual(line('show version x'));
});

test('a cancelled search leaves the line as it was, an entered one submits what it shows', async () => {
  const history = ['show twamp'];
  expect(await typed('new\x12tw\x07er\r', { history })).toEqual(line('newer'));
  expect(await typed('new\x12tw\r', { history })).toEqual(line('show twamp'));
  expect(await typed('new\x12tw\x03', { history })).toEqual({ type: 'interrupt', cause: 'key' });
});

test('of a query that comes in one piece, what was found before it failed stays, as when it is typed', async () => {
  expect(await typed('\x12tw5\r', { history: ['show twamp', 'configure'] })).toEqual(line('show twamp'));
});

test('Ctrl-L clears the screen and draws the line again', async () => {
  const { terminal, editor, screen } = start();
  terminal.channel.output.write('old\r\n');
  void editor.read(PROMPT);
  await terminal.type(`show${LEFT}\x0c`);
  expect(screen.visible.filter((row) => row !== '')).toEqual([`${PROMPT}show`]);
  expect(screen.cursor).toEqual({ row: 0, column: PROMPT.length + 3 });
});

test('a masked line is read and never shown, recalled, yanked or completed', async () => {
  const history = ['show version'];
  const help = { help: () => 'help', complete: () => ({ insert: 'no', list: '' }) };
  const { terminal, editor, screen } = start({ history, help });
  const password = editor.read('Password: ', { mask: true });
  await terminal.type(`${UP}\x12s3 cr?t\t${LEFT}`);
  expect(screen.visible).toEqual(['Password:']);
  await terminal.type('\x05\x15se cret\r');
  expect(await password).toEqual(line('se cret'));
  const next = editor.read(PROMPT);
  await terminal.type('\x19x\r');
  expect(await next).toEqual(line('x'));
  const abandoned = editor.read('Password: ', { mask: true });
  await terminal.type('s3cret\x03');
  expect(await abandoned).toEqual({ type: 'interrupt', cause: 'key' });
  expect(terminal.written.join('')).not.toMatch(/s3|cr|help/);
});

test('lines that are pasted or typed ahead are delivered in order, each behind its prompt', async () => {
  const { terminal, editor, screen } = start();
  await terminal.type(`${paste('one ?\r\ntwo\tx\nthr')}ee\rfour`);
  expect(await editor.read(PROMPT)).toEqual(line('one ?'));
  expect(await editor.read(PROMPT)).toEqual(line('two\tx'));
  expect(await editor.read(PROMPT)).toEqual(line('three'));
  const last = editor.read(PROMPT);
  await terminal.type('!\r');
  expect(await last).toEqual(line('four!'));
  expect(screen.visible.slice(0, 4)).toEqual(['one ?', 'two x', 'three', 'four!'].map((it) => PROMPT + it));
});

test('bracketed paste is on until the editor is closed', () => {
  const { editor, screen } = start();
  expect(screen.pasteMode).toBe(true);
  editor.close();
  expect(screen.pasteMode).toBe(false);
});

test('while a command runs Ctrl-C interrupts it at once, and what was typed ahead of it is dropped', async () => {
  const { terminal, editor } = start();
  let interrupts = 0;
  editor.onInterrupt = () => interrupts++;
  await terminal.type(`one\rtw${paste('\x03')}`);
  expect(interrupts).toBe(0);
  await terminal.type('o\r\x03three\r');
  expect(interrupts).toBe(1);
  expect(await editor.read(PROMPT)).toEqual(line('three'));
});

test('Ctrl-C amid a paste drops the lines that have not run', async () => {
  const { terminal, editor } = start();
  await terminal.type('one\rtwo\rthree\r');
  expect(await editor.read(PROMPT)).toEqual(line('one'));
  await terminal.type('four\r\x03five\r');
  expect(await editor.read(PROMPT)).toEqual({ type: 'interrupt', cause: 'key' });
  expect(await editor.read(PROMPT)).toEqual(line('five'));
});

test('a key is waited for until the signal says otherwise, and then left to the next reader', async () => {
  const { terminal, editor } = start();
  await terminal.type('ab');
  const { signal } = new AbortController();
  expect(await editor.readKeyBefore(signal)).toEqual({ name: 'text', text: 'a' });
  expect(await editor.readKeyBefore(AbortSignal.abort())).toBeUndefined();
  expect(await editor.readKeyBefore(signal)).toEqual({ name: 'text', text: 'b' });
  const stop = new AbortController();
  const key = editor.readKeyBefore(stop.signal);
  stop.abort();
  expect(await key).toBeUndefined();
  await terminal.type('c\r');
  expect(await editor.read(PROMPT)).toEqual(line('c'));
});

test('a signal remembers no key that has come, however many are waited for on it', async () => {
  const { terminal, editor } = start();
  const { signal } = new AbortController();
  for (const wait of ['readKeyBefore', 'readKeyAside'] as const) {
    const key = editor[wait](signal);
    expect(getEventListeners(signal, 'abort')).toHaveLength(1);
    await terminal.type('a');
    await key;
    expect(getEventListeners(signal, 'abort')).toEqual([]);
  }
});

test('a pager reads key by key, and leaves the rest to the next line', async () => {
  const { terminal, editor } = start();
  await terminal.type('lost\r\x03 \r/日xshow\r');
  const keys = [];
  for (let count = 0; count < 6; count++) keys.push(await editor.readKey());
  expect(keys.map(({ name, text }) => (name === 'text' ? text : name))).toEqual([
    'ctrl-c',
    'space',
    'enter',
    '/',
    '日',
    'x',
  ]);
  expect(await editor.read(PROMPT)).toEqual(line('show'));
});

test('close ends whoever reads, and gives the channel back', async () => {
  const { terminal, editor } = start();
  const result = editor.read(PROMPT);
  await terminal.type('abc');
  editor.close();
  editor.close();
  expect(await result).toEqual({ type: 'end' });
  const written = terminal.written.length;
  terminal.resize(40);
  await terminal.type('more\r');
  expect(terminal.written.length).toBe(written);
  expect(terminal.input.listenerCount('data')).toBe(0);
});

test('a line of LINE_CHARACTERS_MAX is taken; what does not fit rings, a cut line is refused', async () => {
  const { terminal, editor, screen } = start();
  const full = 'x'.repeat(LINE_CHARACTERS_MAX);
  await terminal.type(`${paste(`${full}\r${full}y\rnext\r`)}${full}z\x7fa\r`);
  expect(await editor.read(PROMPT)).toEqual(line(full));
  expect(screen.bells).toBe(0);
  expect(await editor.read(PROMPT)).toEqual({ type: 'interrupt', cause: 'line-too-long' });
  expect(screen.bells).toBe(1);
  expect(await editor.read(PROMPT)).toEqual(line('next'));
  expect(await editor.read(PROMPT)).toEqual(line(`${full.slice(1)}a`));
});

test('thousands of lines arrive whole, whatever is asked of the shell meanwhile', async () => {
  const { terminal, editor } = start();
  const lines = Array.from(
    { length: 4_000 },
    (_, index) => `set interfaces description "number ${index} ?" ?`,
  );
  terminal.input.end(lines.join('\n').concat('\n'));
  for (const expected of lines) expect(await editor.read(PROMPT)).toEqual(line(expected.slice(0, -1)));
  expect(await editor.read(PROMPT)).toEqual({ type: 'end' });
});

test('a pasted megabyte is painted as often as it is read, not once a character', async () => {
  const { terminal, editor } = start();
  const result = editor.read(PROMPT);
  const block = `${'abc ?\t日'.repeat(1000)}\r`;
  await terminal.type(paste(block.repeat(130)));
  const text = block.slice(0, -1);
  expect(await result).toEqual(line(text));
  for (let count = 1; count < 130; count++) expect(await editor.read(PROMPT)).toEqual(line(text));
  expect(terminal.written.length).toBeLessThan(3 * 130);
});

test('a line at the top of the screen is painted over and leaves nothing in the scrollback', async () => {
  const { terminal, editor, screen } = start({ columns: 40, rows: 6 });
  const text = 'set services rpm twamp server client-list local address 127.0.0.0/8';
  void editor.read(PROMPT);
  await terminal.type(text);
  for (const columns of [30, 60, 77, 20, 100]) {
    terminal.resize(columns);
    expect(screen.lines).toEqual([PROMPT + text]);
  }
});

test('a screen with fewer rows than the line shows the rows around the cursor', async () => {
  const { terminal, editor, screen } = start({ columns: 10, rows: 3 });
  const text = Array.from({ length: 40 }, (_, index) => 'abcdefghij'.charAt(index % 10)).join('');
  const result = editor.read('> ');
  await terminal.type(text);
  expect(screen.visible).toEqual(['ijabcdefgh'.slice(0, 10), 'ijabcdefgh', 'ij']);
  await terminal.type('\x01');
  expect([screen.visible, screen.cursor]).toEqual([
    ['> abcdefgh', 'ijabcdefgh', 'ijabcdefgh'],
    { row: 0, column: 2 },
  ]);
  await terminal.type('\r');
  expect(await result).toEqual(line(text));
});

test('whoever types and does not read is answered no more until he does', async () => {
  let asked = 0;
  const help = (): string => {
    asked += 1;
    return 'some help\n';
  };
  const { terminal, editor } = start({ help: { help } });
  const read = editor.read(PROMPT);
  await terminal.settle();
  terminal.stopReading();
  await terminal.type('?'.repeat(1000));
  expect(asked).toBe(1);
  terminal.readOn();
  await terminal.type('\r');
  expect(await read).toEqual(line(''));
  expect(asked).toBe(1000);
});

/** The pager: on, back, searches, resizing, what it remembers, and what is typed ahead of it. */
import { describe, expect, it } from 'vitest';
import type { Key } from '../../src/shell/editor/key-decoder.ts';
import { Pager, rowsOf, type PagerOptions, type PagerTerminal } from '../../src/shell/pager.ts';
import { SCROLLBACK_CHARACTERS_MAX, SCROLLBACK_LINES_MAX, Scrollback } from '../../src/shell/scrollback.ts';
import { Screen } from '../support/screen.ts';

interface Setting {
  readonly columns?: number;
  readonly rows?: number;
  readonly options?: Partial<PagerOptions>;
}

/** A pager on a screen, at which keys are pressed one after the other. */
class Reader {
  readonly screen: Screen;
  readonly pager: Pager;
  aside = '';
  quit = false;
  #keys: Key[] = [];
  #reader: ((key: Key) => void) | undefined;
  #resized: (() => void) | undefined;
  #size: { columns: number; rows: number };

  constructor({ columns = 40, rows = 5, options = {} }: Setting = {}) {
    this.#size = { columns, rows };
    this.screen = new Screen(columns, rows === 0 ? 5 : rows);
    const terminal: PagerTerminal = {
      write: (text) => this.screen.write(text.replaceAll('\n', '\r\n')),
      control: (sequence) => this.screen.write(sequence),
      mark: (text) => this.screen.write(`\r\x1b[K${text}`),
      setAside: () => undefined,
      giveBack: (text) => void (this.aside += text),
      readKey: () => {
        const key = this.#keys.shift();
        return key ? Promise.resolve(key) : new Promise((resolve) => (this.#reader = resolve));
      },
      size: () => this.#size,
      onResize: (listener) => {
        this.#resized = listener;
        return () => (this.#resized = undefined);
      },
    };
    const quit = (): void => void (this.quit = true);
    this.pager = new Pager(terminal, {
      screenLength: undefined,
      mark: '-- More --',
      held: false,
      quit,
      ...options,
    });
  }

  /** Presses keys; a name in angle brackets is one, and what stands in braces comes at once. */
  async press(keys: string): Promise<string> {
    for (const [, run, name, character] of keys.matchAll(/\{([^}]*)\}|<([^>]+)>|(.)/gs)) {
      if (name !== undefined) await this.#press({ name: name as Key['name'], text: '' });
      else await this.#press({ name: 'text', text: run ?? character! });
    }
    return this.shown;
  }

  async #press(key: Key): Promise<void> {
    const reader = this.#reader;
    this.#reader = undefined;
    if (reader) reader(key);
    else this.#keys.push(key);
    await new Promise(setImmediate);
  }

  async resize(columns: number, rows: number): Promise<string> {
    this.#size = { columns, rows };
    this.screen.resize(columns, rows);
    this.#resized?.();
    await new Promise(setImmediate);
    return this.shown;
  }

  get shown(): string {
    return this.screen.visible.map((line) => line.trimEnd()).join('/');
  }
}

/** Lines 1 to `count` are written, and the end. */
async function reading(
  setting: Setting = {},
  count = 20,
  line = (number: number): string => String(number),
): Promise<Reader> {
  const reader = new Reader(setting);
  void (async () => {
    for (let number = 1; number <= count && !reader.quit; number += 1)
      await reader.pager.write(`${line(number)}\n`);
    if (!reader.quit) await reader.pager.end();
  })();
  await new Promise(setImmediate);
  return reader;
}

describe('keys', () => {
  it.each([
    ['', '1/2/3/4/-- More --'],
    [' ', '5/6/7/8/-- More --'],
    ['f', '5/6/7/8/-- More --'],
    ['<enter>', '2/3/4/5/-- More --'],
    ['j', '2/3/4/5/-- More --'],
    ['d', '3/4/5/6/-- More --'],
    ['  b', '5/6/7/8/-- More --'],
    ['  u', '7/8/9/10/-- More --'],
    ['  k', '8/9/10/11/-- More --'],
    ['  bb', '1/2/3/4/-- More --'],
    ['  bbbbb', '1/2/3/4/-- More --'],
    ['  g', '1/2/3/4/-- More --'],
    ['  g ', '5/6/7/8/-- More --'],
    ['k', '1/2/3/4/-- More --'],
    ['G', '17/18/19/20/-- More --'],
    ['Gb', '13/14/15/16/-- More --'],
    ['G ', '17/18/19/20/'],
    ['/19<enter>', '19/20/-- More --//'],
    ['/19<enter>k', '18/19/20/-- More --/'],
    ['/19<enter> ', '19/20///'],
    ['<ctrl-l>', '1/2/3/4/-- More --'],
    ['z', '1/2/3/4/-- More --'],
    ['/9<enter>', '9/10/11/12/-- More --'],
    ['/1<enter>n', '11/12/13/14/-- More --'],
    ['/1<enter>nnN', '11/12/13/14/-- More --'],
    ['   ?6<enter>', '6/7/8/9/-- More --'],
    ['   ?1<enter>n', '11/12/13/14/-- More --'],
    ['   ?1<enter>nN', '12/13/14/15/-- More --'],
    ['/ab<ctrl-u><enter>', '1/2/3/4/-- More -- (no pattern)'],
    ['/99<backspace><enter>', '9/10/11/12/-- More --'],
    ['/9<backspace><backspace>', '1/2/3/4/-- More --'],
    ['/9<ctrl-c>', '1/2/3/4/-- More --'],
    ['/(<enter>', '1/2/3/4/-- More -- (missing closing ))'],
    ['/nowhere<enter>', '1/2/3/4/-- More -- (pattern not found)'],
    ['/nowhere<enter> ', '5/6/7/8/-- More --'],
    ['?9<enter>', '1/2/3/4/-- More -- (pattern not found)'],
    ['n', '1/2/3/4/-- More -- (no pattern)'],
    ['    ', '17/18/19/20/'],
  ])('%s', async (keys, screen) => {
    expect(await (await reading()).press(keys)).toBe(screen);
  });

  it.each(['q', 'Q', '<ctrl-c>', '<end-of-input>'])('%s ends the output', async (key) => {
    const reader = await reading();
    expect(await reader.press(key)).toBe('1/2/3/4/');
    expect(reader.quit).toBe(true);
  });

  it('h explains them all, and any key goes on', async () => {
    const reader = await reading({ rows: 24, columns: 80 }, 100);
    const help = await reader.press('h');
    for (const key of ['space, f', 'enter, j', 'G, end', '/ ', 'q, Q, ^C']) expect(help).toContain(key);
    expect(await reader.press('x')).toMatch(/^1\/2\/.*\/23\/-- More --$/);
  });

  it('several may come at once; what is none of them is left to the next line', async () => {
    const reader = await reading();
    expect(await reader.press('{  }')).toBe('9/10/11/12/-- More --');
    await reader.press('{show version}');
    expect(reader.aside).toBe('show version');
    await reader.press('{qshow cli}');
    expect(reader.aside).toBe('show versionshow cli');
  });

  it('a command that came at once is left whole, though it begins with keys', async () => {
    const reader = await reading();
    expect(await reader.press('{help apropos twamp}')).toBe('1/2/3/4/-- More --');
    expect(reader.aside).toBe('help apropos twamp');
    expect(await reader.press('{/9}<enter>')).toMatch(/^9\//);
  });
});

describe('the end', () => {
  it('leaves the pager, unless it is held', async () => {
    expect(await (await reading({}, 4)).press('')).toBe('1/2/3/4/');
    const held = await reading({ options: { held: true } }, 6);
    expect(await held.press(' ')).toBe('3/4/5/6/-- More --');
    expect(await held.press('b')).toBe('1/2/3/4/-- More --');
    expect(await held.press('  ')).toBe('3/4/5/6/');
    expect(await (await reading({ options: { held: true } }, 2)).press('')).toBe('1/2/-- More --');
  });

  it('of an output without a last line feed is shown', async () => {
    const reader = new Reader();
    await reader.pager.write('a\nb');
    await reader.pager.end();
    expect(reader.shown).toBe('a/b/');
  });

  it('is searched up to, however long the output, and what was on the screen comes back', async () => {
    const reader = await reading({}, 5000);
    expect(await reader.press('/4321<enter>')).toBe('4321/4322/4323/4324/-- More --');
    expect(await reader.press('/nowhere<enter>')).toBe('4321/4322/4323/4324/-- More -- (pattern not found)');
    expect(await reader.press('G')).toBe('4997/4998/4999/5000/-- More --');
  });
});

describe('the screen', () => {
  it('without length, of one row, or of unknown size has no pager', async () => {
    for (const setting of [
      { options: { screenLength: 0 } },
      { rows: 1 },
      { rows: 0 },
      { options: { screenLength: 1 } },
    ]) {
      const reader = new Reader(setting);
      void reader.pager.write('1\n2\n3\n4\n5\n6\n7\n').then(() => reader.pager.end());
      await new Promise(setImmediate);
      expect(reader.screen.lines.slice(0, 7).map((line) => line.trim())).toEqual([
        '1',
        '2',
        '3',
        '4',
        '5',
        '6',
        '7',
      ]);
    }
  });

  it('of two rows shows a line at a time', async () => {
    const reader = await reading({ rows: 2 });
    expect(reader.shown).toBe('1/-- More --');
    expect(await reader.press(' ')).toBe('2/-- More --');
  });

  it('counts rows of lines that wrap', async () => {
    const line = (number: number): string => `${number}`.repeat(15);
    const reader = await reading({ columns: 10 }, 9, line);
    expect(reader.shown).toBe('1111111111/11111/2222222222/22222/-- More --');
    expect(await reader.press(' ')).toBe('3333333333/33333/4444444444/44444/-- More --');
    expect(await reader.press('b')).toBe('1111111111/11111/2222222222/22222/-- More --');
  });

  it.each([
    ['', 10, 1],
    ['x'.repeat(10), 10, 1],
    ['x'.repeat(11), 10, 2],
    ['日本語日本', 10, 1],
    ['日本語日本', 9, 2],
    ['x日本語日本', 10, 2],
    ['a\tb', 10, 1],
    ['a\tbcd', 10, 2],
    ['e\u0301'.repeat(10), 10, 1],
    ['\x1b[1m', 10, 1],
    ['x', 0, 1],
  ])('%j takes of %i columns %i rows', (line, columns, rows) => {
    expect(rowsOf(line, columns)).toBe(rows);
  });

  it('is drawn anew in another size, and goes on in it', async () => {
    const reader = await reading();
    await reader.press('  ');
    expect(await reader.resize(40, 8)).toBe('6/7/8/9/10/11/12/-- More --');
    expect(await reader.press(' ')).toBe('13/14/15/16/17/18/19/-- More --');
    expect(await reader.resize(80, 3)).toBe('18/19/-- More --');
    expect(await reader.press('b')).toBe('16/17/-- More --');
  });
});

describe('what is remembered', () => {
  it('is so many lines, the latest, and what has not been shown yet', () => {
    const lines = new Scrollback();
    for (let line = 0; line < 3 * SCROLLBACK_LINES_MAX; line += 1) lines.add(String(line), line);
    expect(lines.end - lines.first).toBe(SCROLLBACK_LINES_MAX);
    expect([lines.line(lines.first), lines.line(lines.end - 1)]).toEqual([
      String(lines.first),
      String(lines.end - 1),
    ]);
    const unseen = new Scrollback();
    for (let line = 0; line <= SCROLLBACK_LINES_MAX; line += 1) unseen.add('x', 0);
    expect(unseen.first).toBe(0);
  });

  it('is so many characters', () => {
    const lines = new Scrollback();
    const line = 'x'.repeat(SCROLLBACK_CHARACTERS_MAX / 4);
    for (let count = 0; count < 4; count += 1) lines.add(line, count);
    expect(lines.first).toBe(0);
    lines.add('y', 4);
    expect([lines.first, lines.end]).toEqual([1, 5]);
  });

  it('g goes as far back as that', async () => {
    const count = SCROLLBACK_LINES_MAX + 1000;
    const reader = await reading({}, count);
    await reader.press(`/^${count - 100}$<enter>`);
    const [first] = (await reader.press('g')).split('/');
    expect(Number(first)).toBe(count - 96 - SCROLLBACK_LINES_MAX + 1);
  });
});

/** The pager at a real pseudo-terminal: narrow, usual and wide, resized amid a page, with lines typed ahead. */
import { describe, expect, it } from 'vitest';
import { Person } from '../support/person.ts';
import { Screen } from '../support/screen.ts';

const ROWS = 6;
const MARK = '-- More --';

/** Lines of `show cli`, which in 40 columns take more than a row. */
const CLI = [
  'CLI ansi-color enabled',
  'CLI complete-on-space set to on',
  'CLI idle-timeout disabled',
  'CLI screen-length set to the size of the terminal',
  'CLI screen-width set to the size of the terminal',
  'CLI style set to dnos',
  'CLI timestamp disabled',
];

interface Seen {
  readonly person: Person;
  readonly screen: Screen;
  /** Presses keys, and waits for what is written then. */
  readonly press: (keys: string, shown: string) => Promise<void>;
  /** Changes the window, and waits for the screen to be drawn anew. */
  readonly resize: (columns: number, rows: number) => Promise<void>;
}

async function at(columns: number): Promise<Seen> {
  const screen = new Screen(columns, ROWS);
  const person = new Person();
  person.pty.resize(columns, ROWS);
  let written = '';
  let wake = (): void => undefined;
  person.pty.onData((text) => {
    screen.write(text);
    written += text;
    wake();
  });
  const until = async (shown: RegExp): Promise<void> => {
    while (!shown.test(written)) await new Promise<void>((resolve) => (wake = resolve));
  };
  await until(/dnRouter# /);
  return {
    person,
    screen,
    press(keys, shown) {
      written = '';
      person.type(keys);
      return until(new RegExp(shown));
    },
    resize(width, rows) {
      written = '';
      screen.resize(width, rows);
      person.pty.resize(width, rows);
      return until(/\[2J[^]*-- More --/);
    },
  };
}

describe.each([40, 80, 200])('at %i columns', (columns) => {
  it('shows every line once, and never more than the screen holds', async () => {
    const { screen, press } = await at(columns);
    await press('show cli\r', MARK);
    expect(screen.visible.at(-1)).toBe(MARK);
    expect(screen.visible).toContain(CLI[0]);
    for (let page = 0; screen.visible.at(-1) === MARK; page += 1) {
      expect(page).toBeLessThan(CLI.length);
      await press(' ', `${MARK}|dnRouter#`);
    }
    const shown = screen.lines.filter((line) => line.startsWith('CLI '));
    expect(shown).toEqual(CLI);
  });

  it('searches, goes back, and is drawn anew when the window changes', async () => {
    const { person, screen, press, resize } = await at(columns);
    await press('show cli\r', MARK);
    await press('/style\r', `timestamp disabled[^]*${MARK}`);
    expect(screen.visible[0]).toBe('CLI style set to dnos');
    await press('g', MARK);
    await resize(columns === 80 ? 40 : 80, ROWS + 3);
    expect(screen.visible[0]).toBe('CLI ansi-color enabled');
    await resize(60, 3);
    expect(screen.visible).toHaveLength(3);
    expect(screen.visible.at(-1)).toBe(MARK);
    await press('q', 'dnRouter#');
    person.type('exit\r');
    expect(await person.ended).toBe(0);
  });

  it('leaves what is typed ahead to the prompt', async () => {
    const { person, press } = await at(columns);
    await press('show cli\rshow version\r', MARK);
    await press('q', 'Version: dnrouter');
    person.type('exit\r');
    expect(await person.ended).toBe(0);
  });
});

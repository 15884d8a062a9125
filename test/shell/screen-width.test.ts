/** `set cli screen-width` on terminals that say how wide they are, and on such that do not. */
import stringWidth from 'string-width';
import { expect, it, onTestFinished } from 'vitest';
import { InteractiveLoop } from '../../src/shell/interactive.ts';
import type { Screen } from '../support/screen.ts';
import { openShell, startRouter } from '../support/router.ts';
import { Terminal } from '../support/terminal.ts';

interface Person {
  readonly screen: Screen;
  /** Types one key after another. */
  readonly type: (keys: string) => Promise<void>;
}

/** Somebody who has set the screen width, at a terminal of `columns` that says it has `told`. */
async function personAt(columns: number, screenWidth: number, told = columns): Promise<Person> {
  const terminal = new Terminal(columns, 24);
  const test = await startRouter();
  const channel = {
    ...terminal.channel,
    size: () => ({ ...terminal.channel.size(), columns: told }),
    drained: () => Promise.resolve(),
    colourLevel: 0 as const,
  };
  const loop = new InteractiveLoop(channel, test.time);
  const ended = loop.run(await openShell(test, { contact: loop.contact }));
  onTestFinished(async () => {
    terminal.input.end();
    await ended;
  });
  const type = async (keys: string): Promise<void> => {
    for (const key of keys) await terminal.type(key);
    for (let turn = 0; turn < 20; turn += 1) await terminal.settle();
  };
  await type(`set cli screen-width ${screenWidth}\r`);
  return { screen: terminal.screen, type };
}

const PROMPT = 'dnRouter# ';
const START = '\x01';
const KILL = '\x0b';
/** Wider than any of the terminals but the last. */
const LONG = `show services twamp sessions history type data remote-address 192.0.2.1 local-address 2001:db8${':1111'.repeat(6)}`;
const SHORT = LONG.slice(0, 46);

/** In every row one column is left over, which no letter fits. */
const WIDE = `show version | match ${'犬'.repeat(50)}`;

const terminals: [columns: number, screenWidth: number, told: number][] = [
  [100, 40, 100],
  [80, 200, 80],
  [80, 511, 80],
  [40, 40, 0],
  [130, 130, 0],
];

it.each(terminals)(
  'on %i columns with a screen width of %i, told %i, the line is edited in its own rows',
  async (columns, screenWidth, told) => {
    const { screen, type } = await personAt(columns, screenWidth, told);
    const before = screen.lines.slice(0, -1);
    for (const line of [SHORT, LONG]) {
      await type(line);
      await type(START);
      const above = screen.visible.findIndex(
        (row) => row === PROMPT + line.slice(0, columns - PROMPT.length),
      );
      expect(screen.lines).toEqual([...before, PROMPT + line]);
      expect(screen.cursor).toEqual({ row: above, column: PROMPT.length });
      await type(`${KILL}foo`);
      expect(screen.lines.filter((row) => row !== '')).toEqual([...before, `${PROMPT}foo`]);
      await type(START + KILL);
    }
  },
);

it.each(terminals)(
  'on %i columns with a screen width of %i, told %i, a caret stands under the word that is refused',
  async (columns, screenWidth, told) => {
    const { screen, type } = await personAt(columns, screenWidth, told);
    for (const words of [SHORT, LONG, 'show'.padEnd(columns - PROMPT.length - 1), WIDE]) {
      await type(`${words} %\r`);
      const rows = screen.visible;
      const caret = rows.findLast((row) => row.endsWith('^'))!;
      const refused = rows.findLast((row) => row.endsWith('%'))!;
      expect(stringWidth(caret), rows.join('\n')).toBe(stringWidth(refused));
    }
  },
);

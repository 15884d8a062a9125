/**
 * Whatever is typed at a whole shell, at any width: only `exit`, `quit` and Ctrl-D end it, the screen shows the line as if
 * it were drawn anew, and Ctrl-C leads back to the prompt. PROPERTY_SEED takes another run.
 */
import { expect, test } from 'vitest';
import { InteractiveLoop } from '../../src/shell/interactive.ts';
import type { Shell } from '../../src/shell/shell.ts';
import { openShell, startRouter, type TestRouter } from '../support/router.ts';
import { SeededRandom } from '../support/seeded-random.ts';
import { Terminal } from '../support/terminal.ts';

const BURSTS = 300;
const KEYS_MAX = 14;
const ROWS = 60;

const words = [
  ...[
    'show',
    'services',
    'twamp',
    'sessions',
    'configure',
    'set',
    'delete',
    'edit',
    'rpm',
    'server',
    'port 8620',
  ],
  ...[
    'commit',
    'rollback 0',
    'top',
    'up',
    'run',
    'monitor',
    'history',
    '| match',
    '| count',
    '| no-more',
    'cli',
  ],
  ...[
    'twping 192.0.2.1 light',
    'version',
    'client-list all address 0.0.0.0/0',
    'style junos',
    'style dnos',
    '"a b"',
  ],
  ...['日本', 'ﾊﾟ', 'e\u0301', '👩‍🚀', 'x'.repeat(50), '"', '\\', '#', '!', '?', '\t', ' ', '  ', 'q', 'y'],
];
const lines = [
  ...[
    'show version',
    'show cli',
    'show services twamp sessions',
    'monitor services twamp sessions',
    'configure',
  ],
  ...[
    'set services rpm twamp server port 8620',
    'delete services',
    'edit services rpm',
    'commit',
    'top',
    'show',
  ],
  ...[
    'twping 192.0.2.1 light',
    'twping 192.0.2.1',
    'set cli screen-length 3',
    'set cli screen-length 0',
    'run show cli',
  ],
  ...[
    'set cli style junos',
    'set cli style vyos',
    'set cli style dnos',
    'set cli complete-on-space off',
    'set cli timestamp',
  ],
  ...['set cli password', 'set cli screen-width 0', 'show system users | match "a?\t"', 'show cli history'],
].map((line) => `${line}\r`);
const keys = [
  ...[
    '\x01',
    '\x02',
    '\x04',
    '\x05',
    '\x06',
    '\x07',
    '\x08',
    '\x0b',
    '\x0c',
    '\x0e',
    '\x10',
    '\x12',
    '\x14',
    '\x15',
  ],
  ...['\x16', '\x17', '\x19', '\x1a', '\x1b', '\x1c', '\x1f', '\x7f', '\x00', '\r', '\n', '\t', ' ', '?'],
  ...[
    '\x1b[A',
    '\x1b[B',
    '\x1b[C',
    '\x1b[D',
    '\x1bOH',
    '\x1b[4~',
    '\x1b[3~',
    '\x1b[1;5D',
    '\x1b\x1b[C',
    '\x1b[5~',
  ],
  ...[
    '\x1bb',
    '\x1bf',
    '\x1bd',
    '\x1b\x7f',
    '\x1by',
    '\x1b[[A',
    '\x1b[1',
    '\x1b[200~',
    '\x1b[201~',
    '\x1b[99;9u',
  ],
  ...['\x9b', '\u200b', '\u202e', '\ud800', '\uffff'],
];

/** A prompt of any style. */
const PROMPT = /(?:dnRouter(?:\([^()]*\))?# |lab@dnRouter(?:[>#]|:~\$) )/g;

const burstOf = (random: SeededRandom): string[] =>
  Array.from({ length: 1 + random.below(KEYS_MAX) }, () => {
    const from = [words, keys, lines][random.below(3)]!;
    return from[random.below(from.length)]!;
  });

/** A shell on a terminal, made anew when it was left. */
class Seat {
  readonly #test: TestRouter;
  readonly #columns: number;
  terminal!: Terminal;
  shell!: Shell;
  over = false;
  /** What was run last. */
  last = '';

  constructor(test: TestRouter, columns: number) {
    this.#test = test;
    this.#columns = columns;
  }

  async sitDown(): Promise<void> {
    const terminal = new Terminal(this.#columns, ROWS);
    const channel = { ...terminal.channel, drained: () => Promise.resolve(), colourLevel: 0 as const };
    const loop = new InteractiveLoop(channel, this.#test.time);
    const shell = await openShell(this.#test, { candidate: 'private', contact: loop.contact });
    shell.login.account = ({ text }) => (this.last = text);
    this.terminal = terminal;
    this.shell = shell;
    this.over = false;
    void loop.run(shell).then(() => (this.over = true));
    await terminal.settle();
  }

  /**
   * The last line that is not empty, from its prompt on: the model joins what fills its row to what comes behind. Undefined
   * without a prompt.
   */
  get atPrompt(): string | undefined {
    const line = `${this.terminal.screen.lines.findLast((each) => each !== '') ?? ''} `;
    const prompt = [...line.matchAll(PROMPT)].at(-1);
    return prompt && line.slice(prompt.index).trimEnd();
  }

  async type(text: string): Promise<void> {
    await this.terminal.type(text);
    await this.#test.time.pass(1e9);
    await this.terminal.settle();
  }
}

/** Rows of the cursor above the last row that shows something, and its column. */
function cursorOf({ screen }: Terminal): readonly [number, number] {
  const lastRow = screen.visible.findLastIndex((row) => row !== '');
  return [lastRow - screen.cursor.row, screen.cursor.column];
}

/** What stands at the prompt is what a terminal shows that it is drawn on anew. */
async function looksAsDrawnAnew(seat: Seat): Promise<void> {
  const { terminal } = seat;
  const before = [seat.atPrompt, ...cursorOf(terminal)];
  if (terminal.screen.alternate || seat.atPrompt === undefined) return;
  await seat.type('\x0c');
  if (seat.over) return;
  expect([seat.atPrompt, ...cursorOf(terminal)]).toEqual(before);
}

test.each([40, 80, 200])('%d columns', { timeout: 180_000 }, async (columns) => {
  const seed = Number(process.env['PROPERTY_SEED'] ?? 20_261_128) + columns;
  const random = new SeededRandom(seed);
  const seat = new Seat(await startRouter(), columns);
  await seat.sitDown();
  for (let burst = 0; burst < BURSTS; burst += 1) {
    const typed = burstOf(random);
    const told = `seed ${seed - columns}, burst ${burst}: ${JSON.stringify(typed)}`;
    try {
      if (random.below(2) === 0) await seat.type(typed.join(''));
      else for (const key of typed) await seat.type(key);
      // Whatever was begun is ended: a sequence, a paste.
      await seat.type('\x1b[201~');
      if (!seat.over) await looksAsDrawnAnew(seat);
      for (let count = 0; count < 4 && !seat.over; count += 1) await seat.type('\x03');
      if (seat.over) {
        expect(typed.includes('\x04') || /^(?:e|q|run (?:e|q)|do (?:e|q))/.test(seat.last)).toBe(true);
        await seat.sitDown();
      } else {
        expect(seat.terminal.screen.alternate).toBe(false);
        expect(`${seat.atPrompt} `.replaceAll(PROMPT, '')).toBe('');
      }
    } catch (error) {
      throw new Error(
        `${told}\n${(error as Error).message}\n${seat.terminal.screen.visible.slice(-6).join('\n')}`,
        {
          cause: error,
        },
      );
    }
  }
});

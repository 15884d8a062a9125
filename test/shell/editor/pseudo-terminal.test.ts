/** The line editor on a real pseudo-terminal: raw mode, echo, wrapping, resizing as the kernel reports it. */
import { spawn, type IPty } from '@lydell/node-pty';
import { afterEach, expect, test } from 'vitest';
import { Screen } from '../../support/screen.ts';

const PROMPT = 'dnRouter# ';
const HOST = new URL('../../support/editor-host.ts', import.meta.url).pathname;

/** A terminal whose screen is watched: resolves conditions as output arrives. */
class PseudoTerminal {
  readonly screen: Screen;
  readonly #pty: IPty;
  readonly #exit: Promise<number>;
  #changed: () => void = () => undefined;

  constructor(columns: number, rows: number) {
    this.screen = new Screen(columns, rows);
    this.#pty = spawn(process.execPath, ['--import', 'tsx', HOST], { cols: columns, rows });
    this.#pty.onData((output) => {
      this.screen.write(output);
      this.#changed();
    });
    this.#exit = new Promise((resolve) => this.#pty.onExit(({ exitCode }) => resolve(exitCode)));
  }

  type(keys: string): void {
    this.#pty.write(keys);
  }

  /** The terminal wraps anew, then the program hears of it from the kernel; resolves when it has painted. */
  async resize(columns: number, rows: number): Promise<void> {
    this.screen.resize(columns, rows);
    const painted = this.#output();
    this.#pty.resize(columns, rows);
    await painted;
  }

  #output(): Promise<void> {
    return new Promise((resolve) => (this.#changed = resolve));
  }

  /** Resolves when the lines on the screen, wrapped rows joined, are these. */
  async shows(lines: readonly string[]): Promise<void> {
    const shown = (): string[] => this.screen.lines.filter((line) => line !== '');
    while (JSON.stringify(shown()) !== JSON.stringify(lines)) {
      await Promise.race([
        this.#output(),
        this.#exit.then((status) => expect.fail(`exited with ${status}, showing ${shown().join('\n')}`)),
      ]);
    }
  }

  exit(): Promise<number> {
    return this.#exit;
  }

  kill(): void {
    this.#pty.kill();
  }
}

let terminal: PseudoTerminal | undefined;
afterEach(() => terminal?.kill());

const long = 'set services rpm twamp server client-list local address 127.0.0.0/8';
const submitted = (line: string): string => JSON.stringify({ type: 'line', line });

test('a line wrapped over three rows is edited, resized and submitted without ghost rows', async () => {
  terminal = new PseudoTerminal(30, 20);
  await terminal.shows(['first row', PROMPT.trimEnd()]);

  terminal.type(long);
  await terminal.shows(['first row', PROMPT + long]);
  expect(terminal.screen.visible.length).toBe(4);

  terminal.type('\x01delete \x1bd');
  const edited = `delete ${long.slice('set'.length)}`;
  await terminal.shows(['first row', PROMPT + edited]);

  for (const columns of [22, 60, 37, 100, 30]) {
    await terminal.resize(columns, 20);
    await terminal.shows(['first row', PROMPT + edited]);
    terminal.type('.');
    await terminal.shows(['first row', `${PROMPT}delete .${edited.slice('delete '.length)}`]);
    terminal.type('\x7f');
    await terminal.shows(['first row', PROMPT + edited]);
  }

  terminal.type('\r');
  await terminal.shows(['first row', PROMPT + edited, submitted(edited), PROMPT.trimEnd()]);

  terminal.type('\x1b[A\x15\x04');
  expect(await terminal.exit()).toBe(0);
});

test('recalling a short line after a wrapped one leaves nothing of it on the screen', async () => {
  terminal = new PseudoTerminal(24, 40);
  await terminal.shows(['first row', PROMPT.trimEnd()]);
  terminal.type(`short\r${long}\r`);
  const before = ['first row', `${PROMPT}short`, submitted('short'), PROMPT + long, submitted(long)];
  await terminal.shows([...before, PROMPT.trimEnd()]);
  terminal.type('\x1b[A');
  await terminal.shows([...before, PROMPT + long]);
  terminal.type('\x1b[A');
  await terminal.shows([...before, `${PROMPT}short`]);
  terminal.type('\x1b[B?');
  const help = ['Possible completions:', '  sessions             Display session information'];
  await terminal.shows([...before, PROMPT + long, ...help, PROMPT + long]);
});

test('a bracketed paste of several lines and wide characters arrives in order', async () => {
  terminal = new PseudoTerminal(20, 40);
  await terminal.shows(['first row', PROMPT.trimEnd()]);
  const wide = '日本語'.repeat(10);
  terminal.type(`\x1b[200~show ?\r${wide}\rlast\x1b[201~`);
  await terminal.shows([
    'first row',
    `${PROMPT}show ?`,
    submitted('show ?'),
    PROMPT + wide,
    submitted(wide),
    `${PROMPT}last`,
  ]);
  expect(terminal.screen.pasteMode).toBe(true);
  terminal.type('\x15\x04');
  expect(await terminal.exit()).toBe(0);
  expect(terminal.screen.pasteMode).toBe(false);
});

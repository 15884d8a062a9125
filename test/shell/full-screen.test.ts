/** A command that has the whole terminal: when it draws, how it ends, and that the terminal is always given back. */
import { expect, onTestFinished, test } from 'vitest';
import { watch, type Watched } from '../../src/commands/command.ts';
import { commands } from '../../src/commands/commands.ts';
import { live } from '../../src/commands/live.ts';
import { describeFinding } from '../../src/commands/messages.ts';
import { InteractiveLoop } from '../../src/shell/interactive.ts';
import { Login } from '../../src/shell/login.ts';
import { Shell } from '../../src/shell/shell.ts';
import { grammars, startRouter } from '../support/router.ts';
import { deferred, type Deferred } from '../support/deferred.ts';
import { Terminal } from '../support/terminal.ts';
import type { VirtualTime } from '../support/virtual-time.ts';

const SECOND_NANOS = 1e9;

/** Says how often it was read, and for what size it is drawn. */
class Readings implements Watched {
  samples = 0;
  fault: Error | undefined;

  /** A reading that is under way, where they take their time. */
  reading: Deferred<undefined> | undefined;
  pressed = '';

  sample(): void | Promise<void> {
    this.samples += 1;
    if (this.fault !== undefined) throw this.fault;
    return this.reading?.promise;
  }

  press(key: string): void {
    this.pressed += key;
  }

  data(): Readonly<Record<string, unknown>> {
    return {};
  }

  draw({ columns, rows }: { readonly columns: number; readonly rows: number }): readonly string[] {
    return [`${this.samples} readings`, `${columns} by ${rows}`, `escape \x1b[31m`, '日'.repeat(columns)];
  }
}

interface Watching {
  readonly terminal: Terminal;
  readonly time: VirtualTime;
  readonly readings: Readings;
  readonly loop: InteractiveLoop;
}

/** At a prompt where `monitor` shows readings, a moment after it was typed. */
async function startWatching(count?: number): Promise<Watching> {
  const { router, time } = await startRouter();
  const readings = new Readings();
  const terminal = new Terminal(40, 6);
  const channel = { ...terminal.channel, drained: () => Promise.resolve(), colourLevel: 0 as const };
  const loop = new InteractiveLoop(channel, time);
  const privileges = grammars.classes.get('super-user')!;
  const identity = { user: 'lab', className: 'super-user', privileges, configured: false };
  const login = new Login(identity, {
    router,
    candidateKind: 'shared',
    contact: loop.contact,
    describe: describeFinding,
  });
  const monitoring = { ...commands, 'monitor-services-twamp-sessions': watch(() => readings) };
  const line = `monitor services twamp sessions${count === undefined ? '' : ` count ${count}`}`;
  const shell = await Shell.open({ grammars, commands: monitoring, live, router }, login);
  const ended = loop.run(shell);
  onTestFinished(async () => {
    terminal.input.end();
    await ended;
  });
  await terminal.type(`${line}\r`);
  await terminal.settle();
  return { terminal, time, readings, loop };
}

/** The prompt is back, and nothing is left of what was watched. */
function expectPrompt({ screen }: Terminal): void {
  expect([screen.alternate, screen.cursorShown]).toEqual([false, true]);
  expect(screen.lines.join('\n')).not.toContain('readings');
  expect(screen.lines.at(-1)).toBe('dnRouter#');
}

test('draws on a screen of its own, at once and every second', async () => {
  const { terminal, time } = await startWatching();
  expect([terminal.screen.alternate, terminal.screen.cursorShown]).toEqual([true, false]);
  expect(terminal.screen.visible[0]).toBe('1 readings');
  await time.pass(SECOND_NANOS - 1);
  expect(terminal.screen.visible[0]).toBe('1 readings');
  await time.pass(1);
  await terminal.settle();
  expect(terminal.screen.visible[0]).toBe('2 readings');
});

test('draws anew when the size changes or a key means nothing, without reading anew', async () => {
  const { terminal, time, readings } = await startWatching();
  await time.pass(SECOND_NANOS / 2);
  for (const [columns, rows] of [
    [30, 5],
    [60, 9],
  ] as const) {
    terminal.resize(columns, rows);
    await terminal.settle();
    expect(terminal.screen.visible.slice(0, 2)).toEqual(['1 readings', `${columns} by ${rows}`]);
  }
  await terminal.type('x');
  expect(readings.samples).toBe(1);
  await time.pass(SECOND_NANOS / 2);
  expect(readings.samples).toBe(2);
});

test('cuts what is too wide between two characters, and shows escape sequences as what they are', async () => {
  const { terminal } = await startWatching();
  expect(terminal.screen.visible.slice(2, 5)).toEqual(['escape \\x1b[31m', '日'.repeat(20), '']);
});

test.each([
  ['q', 'q'],
  ['Ctrl-C', '\x03'],
])('%s gives the screen back as it was, and the prompt', async (_, key) => {
  const { terminal, time } = await startWatching();
  await terminal.type(key);
  expectPrompt(terminal);
  expect(time.pending).toBe(0);
});

test('the end of the input ends it, and the login', async () => {
  const { terminal, time } = await startWatching();
  terminal.input.end();
  await terminal.settle();
  expect([terminal.screen.alternate, terminal.screen.cursorShown]).toEqual([false, true]);
  expect(time.pending).toBe(0);
});

test('a fault gives the screen back and is said there; the next key is the next line', async () => {
  const { terminal, time, readings } = await startWatching();
  readings.fault = new Error('no more readings');
  await time.pass(SECOND_NANOS);
  await terminal.settle();
  expect([terminal.screen.alternate, terminal.screen.cursorShown]).toEqual([false, true]);
  expect(terminal.screen.lines.at(-2)).toBe('ERROR: Internal error: no more readings');
  await terminal.type('show version\r');
  expect(terminal.screen.lines.at(-2)).toBe('Version: dnrouter 1.2.3');
});

test('a loop that is closed gives the screen back at once, and only once', async () => {
  const { terminal, loop } = await startWatching();
  loop.close();
  expect([terminal.screen.alternate, terminal.screen.cursorShown]).toEqual([false, true]);
  expect(terminal.screen.pasteMode).toBe(false);
  loop.close();
  await terminal.settle();
  expect(terminal.written.filter((text) => text.includes('\x1b[?1049l'))).toHaveLength(1);
});

test('a reading that takes its time keeps nobody from pressing keys, and the next waits for it', async () => {
  const { terminal, time, readings } = await startWatching();
  readings.reading = deferred();
  await time.pass(5 * SECOND_NANOS);
  expect(readings.samples).toBe(2);
  await terminal.type('p');
  expect(readings.pressed).toBe('p');
  readings.reading.resolve(undefined);
  readings.reading = undefined;
  await terminal.settle();
  expect(readings.samples).toBe(3);
  await time.pass(SECOND_NANOS);
  expect(readings.samples).toBe(4);
  readings.reading = deferred();
  await time.pass(SECOND_NANOS);
  await terminal.type('q');
  expectPrompt(terminal);
  readings.reading.reject(new Error('too late'));
  await terminal.settle();
  expectPrompt(terminal);
});

test('a reading that fails late is said as one that fails at once', async () => {
  const { terminal, time, readings } = await startWatching();
  readings.reading = deferred();
  await time.pass(SECOND_NANOS);
  readings.reading.reject(new Error('no more readings'));
  await terminal.settle();
  expect(terminal.screen.lines.at(-2)).toBe('ERROR: Internal error: no more readings');
});

test('with a count, it ends when so many intervals have been shown', async () => {
  const { terminal, time, readings } = await startWatching(2);
  await time.pass(3 * SECOND_NANOS - 1);
  expect([terminal.screen.alternate, readings.samples]).toEqual([true, 3]);
  await time.pass(1);
  await terminal.settle();
  expectPrompt(terminal);
});

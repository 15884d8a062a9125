/** The pipe `monitor`: what it reads, when, what it shows of it, and where there is nobody to show it to. */
import { expect, test } from 'vitest';
import type { Drawn, WatchOptions } from '../../src/commands/command.ts';
import { READING_CHARACTERS_MAX, Repeated } from '../../src/shell/repeated.ts';
import type { Sink } from '../../src/shell/shell.ts';
import { openShell, runAll, startRouter } from '../support/router.ts';
import { commit, openHouse, sitDown } from '../support/visit.ts';
import { VirtualTime } from '../support/virtual-time.ts';

const SECOND_NANOS = 1e9;
const SIZE = { columns: 60, rows: 6 };

/** Repeats what `print` writes. */
function repeated(print: (sink: Sink, signal: AbortSignal) => Promise<void> | void): Repeated {
  const run = async (sink: Sink, signal: AbortSignal): Promise<void> => print(sink, signal);
  return new Repeated({ text: 'show x', intervalNanos: 3 * SECOND_NANOS, run }, new VirtualTime());
}

const never = new AbortController().signal;

test('shows the line, how often it is read and when, and what fits of it', async () => {
  const watched = repeated((sink) => void sink.write('1\n2\n3\n4\n'));
  expect(watched.draw(SIZE).slice(1)).toEqual(['', 'Press CTRL+C to quit']);
  await watched.sample(never);
  const [title, ...rows] = watched.draw(SIZE);
  expect(title).toMatch(/^Every 3s: show x +\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC$/);
  expect(title).toHaveLength(SIZE.columns);
  expect(rows).toEqual(['', '1', '2', '3', 'Press CTRL+C to quit']);
  expect(watched.draw({ columns: 20, rows: 6 })[0]).toBe('Every 3s: show x');
});

test('a reading that is given up leaves the one before', async () => {
  const readings = ['old\n', 'new\n'];
  const watched = repeated((sink) => void sink.write(readings.shift()!));
  await watched.sample(never);
  await watched.sample(AbortSignal.abort());
  expect(watched.draw(SIZE)[2]).toBe('old');
});

test('a command is given up once it has printed more than a screen has, and not before', async () => {
  const signals: boolean[] = [];
  const watched = repeated((sink, signal) => {
    void sink.write('x'.repeat(READING_CHARACTERS_MAX - 1));
    signals.push(signal.aborted);
    void sink.write('x');
    signals.push(signal.aborted);
  });
  await watched.sample(never);
  expect(signals).toEqual([false, true]);
});

test('at a terminal the line is run anew at each interval, as the login may', async () => {
  const house = await openHouse('system login user ada class super-user');
  const { terminal, say } = await sitDown(house, 'ada');
  const isTaken = (): boolean => terminal.screen.alternate;
  const shown = (): string => terminal.screen.visible.join('\n');
  await say('show configuration system | match host | monitor interval 2\r', '');
  while (!isTaken()) await terminal.settle();
  await commit(house, 'system host-name edge');
  await house.time.pass(2 * SECOND_NANOS);
  while (!shown().includes('host-name edge;')) await terminal.settle();
  expect(shown()).toContain('Every 2s: show configuration system | match host ');
  await commit(house, 'system login user ada class viewer');
  while (isTaken()) await terminal.settle();
});

test('in a batch the line is run once', async () => {
  const shell = await openShell(await startRouter());
  expect(await runAll(shell, 'show version | match Host | monitor')).toBe('Hostname: dnRouter\n');
});

test.each([
  ['monitor', 3],
  ['monitor interval 1', 1],
  ['refresh 3600', 3600],
])('| %s asks for a reading each %d seconds', async (pipe, seconds) => {
  const shell = await openShell(await startRouter());
  const asked: WatchOptions[] = [];
  shell.login.watch = (_: Drawn, options: WatchOptions) => Promise.resolve(asked.push(options) > 0);
  expect(await runAll(shell, `show version | ${pipe}`)).toBe('');
  expect(asked).toEqual([{ intervalNanos: seconds * SECOND_NANOS, rounds: undefined }]);
});

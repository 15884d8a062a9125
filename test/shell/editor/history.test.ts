/** What a history keeps, and how it is searched. */
import { expect, test } from 'vitest';
import {
  History,
  HISTORY_LINE_CHARACTERS_MAX,
  HISTORY_LINES_MAX,
  searchBackward,
} from '../../../src/shell/editor/history.ts';

const kept = (text: string) => ({ wallNanos: 0n, text });

function historyOf(...lines: readonly string[]) {
  const outlasting: string[] = [];
  const history = new History([], ({ text }) => outlasting.push(text));
  for (const line of lines) history.add(line, kept(line));
  return { history, outlasting };
}

test('adjacent duplicates and blank lines are not kept', () => {
  const { history, outlasting } = historyOf('show', 'show', ' ', 'configure', 'show');
  expect(history.lines).toEqual(['show', 'configure', 'show']);
  expect(outlasting).toEqual(history.lines);
  expect(history.entered).toEqual(outlasting.map(kept));
});

test('beyond HISTORY_LINES_MAX the oldest line goes', () => {
  const { history } = historyOf(...Array.from({ length: HISTORY_LINES_MAX }, (_, index) => `line ${index}`));
  expect([history.lines.length, history.lines[0]]).toEqual([HISTORY_LINES_MAX, 'line 0']);
  history.add('one more', kept('one more'));
  expect([history.lines.length, history.lines[0]]).toEqual([HISTORY_LINES_MAX, 'line 1']);
  expect(history.entered.length).toBe(HISTORY_LINES_MAX);
});

test('a line of HISTORY_LINE_CHARACTERS_MAX is remembered, a longer one is not', () => {
  const longest = 'x'.repeat(HISTORY_LINE_CHARACTERS_MAX);
  expect(historyOf(longest, `${longest}x`).history.lines).toEqual([longest]);
});

test('a line is recalled as it was typed, and kept as it may be', () => {
  const { history, outlasting } = historyOf('show');
  history.add('show bogus', kept('show'));
  history.add('bogus', kept(''));
  history.add('show bogus', kept('show'));
  history.add('exit', kept('exit'));
  expect(history.lines).toEqual(['show', 'show bogus', 'bogus', 'show bogus', 'exit']);
  expect(outlasting).toEqual(['show', 'exit']);
});

test('what was kept comes back', () => {
  const before = historyOf('configure', 'exit').history.entered;
  const history = new History(before);
  expect(history.lines).toEqual(['configure', 'exit']);
  expect(history.entered).toEqual(before);
});

test('a search finds the latest line before the end it is given', () => {
  const lines = ['show twamp', 'configure', 'show sessions'];
  expect(searchBackward(lines, 'show', 3)).toBe(2);
  expect(searchBackward(lines, 'show', 2)).toBe(0);
  expect(searchBackward(lines, 'exit', 3)).toBe(-1);
});

/** What a history keeps, and how it is searched. */
import { expect, test } from 'vitest';
import { History, HISTORY_LINES_MAX, searchBackward } from '../../../src/shell/editor/history.ts';

test('adjacent duplicates and blank lines are not kept', () => {
  const history = new History(['show', 'show', ' ', 'configure', 'show']);
  expect(history.lines).toEqual(['show', 'configure', 'show']);
  expect([history.add('show'), history.add(''), history.add('exit')]).toEqual([false, false, true]);
});

test('beyond HISTORY_LINES_MAX the oldest line goes', () => {
  const history = new History(Array.from({ length: HISTORY_LINES_MAX + 1 }, (_, index) => `line ${index}`));
  expect([history.lines.length, history.lines[0]]).toEqual([HISTORY_LINES_MAX, 'line 1']);
});

test('a search finds the latest line before the end it is given', () => {
  const lines = ['show twamp', 'configure', 'show sessions'];
  expect(searchBackward(lines, 'show', 3)).toBe(2);
  expect(searchBackward(lines, 'show', 2)).toBe(0);
  expect(searchBackward(lines, 'exit', 3)).toBe(-1);
});

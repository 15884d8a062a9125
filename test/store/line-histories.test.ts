/** What users have entered, in its file: order, owners, and how much of it is kept. */
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { openDatabase } from '../../src/store/database.ts';
import { LineHistories, lineHistoriesTable } from '../../src/store/line-histories.ts';
import type { RowsOwner } from '../../src/store/owned-rows.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

function open(): LineHistories {
  const file = join(temporaryDirectory(), 'router.db');
  const database = openDatabase(file, {
    synchronous: 'FULL',
    exclusive: true,
    migrations: [lineHistoriesTable],
  });
  onTestFinished(() => void database.close());
  return new LineHistories(database);
}

const ada: RowsOwner = { user: 'ada', configured: true };
const others: readonly RowsOwner[] = [
  { user: 'ada', configured: false },
  { user: 'ada', configured: true, role: 'viewer' },
  { user: 'bob', configured: true },
];
const line = (text: string) => ({ wallNanos: 1_700_000_000_123_456_789n, text });
const texts = (histories: LineHistories, owner: RowsOwner) => histories.of(owner).map(({ text }) => text);

test('what was added is read in order, to the nanosecond', () => {
  const histories = open();
  histories.append(
    [
      [ada, line('one')],
      [ada, line('two')],
    ],
    10,
  );
  histories.append([[ada, line('three')]], 10);
  expect(histories.of(ada)).toEqual(['one', 'two', 'three'].map(line));
});

test('nobody is given the lines of another, of another role, or of a namesake', () => {
  const histories = open();
  histories.append([[ada, line('mine')]], 10);
  for (const owner of others) expect(texts(histories, owner)).toEqual([]);
  histories.append(
    others.map((owner, index) => [owner, line(String(index))]),
    10,
  );
  expect(texts(histories, ada)).toEqual(['mine']);
  expect(others.map((owner) => texts(histories, owner))).toEqual([['0'], ['1'], ['2']]);
});

test('the oldest lines beyond the bound go, of those alone who have more', () => {
  const histories = open();
  const bob = others[2]!;
  histories.append(
    ['a', 'b', 'c'].map((text) => [bob, line(text)]),
    3,
  );
  histories.append(
    ['1', '2', '3'].map((text) => [ada, line(text)]),
    3,
  );
  expect(texts(histories, ada)).toEqual(['1', '2', '3']);
  histories.append([[ada, line('4')]], 3);
  expect(texts(histories, ada)).toEqual(['2', '3', '4']);
  expect(texts(histories, bob)).toEqual(['a', 'b', 'c']);
});

test('one owner is forgotten, and no other', () => {
  const histories = open();
  histories.append(
    [ada, ...others].map((owner) => [owner, line('x')]),
    10,
  );
  histories.forget(ada);
  expect(texts(histories, ada)).toEqual([]);
  expect(histories.owners()).toHaveLength(others.length);
  for (const { user, configured, role } of others)
    expect(histories.owners()).toContainEqual({ user, configured, role });
});

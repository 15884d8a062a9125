/** Aliases of users, in their file: owners, and how many each may have. */
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { AliasRows, aliasesTable } from '../../src/store/aliases.ts';
import { openDatabase } from '../../src/store/database.ts';
import type { RowsOwner } from '../../src/store/owned-rows.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

function open(): AliasRows {
  const file = join(temporaryDirectory(), 'router.db');
  const database = openDatabase(file, { synchronous: 'FULL', exclusive: true, migrations: [aliasesTable] });
  onTestFinished(() => void database.close());
  return new AliasRows(database);
}

const ada: RowsOwner = { user: 'ada', configured: true };
const others: readonly RowsOwner[] = [
  { user: 'ada', configured: false },
  { user: 'ada', configured: true, role: 'viewer' },
  { user: 'bob', configured: true },
];

test('are told by name, and one takes the place of its namesake', () => {
  const aliases = open();
  for (const name of ['b', 'a', 'b'])
    expect(aliases.put(ada, { name, words: `show ${name}` }, 2), name).toBe(true);
  expect(aliases.put(ada, { name: 'b', words: 'clear' }, 2)).toBe(true);
  expect(aliases.of(ada)).toEqual([
    { name: 'a', words: 'show a' },
    { name: 'b', words: 'clear' },
  ]);
});

test('are as many as an owner may have, and no more', () => {
  const aliases = open();
  for (const name of ['a', 'b']) expect(aliases.put(ada, { name, words: 'show' }, 2)).toBe(true);
  expect(aliases.put(ada, { name: 'c', words: 'show' }, 2)).toBe(false);
  expect(aliases.put(others[2]!, { name: 'c', words: 'show' }, 2)).toBe(true);
  expect(aliases.remove(ada, 'c')).toBe(false);
  expect(aliases.remove(ada, 'a')).toBe(true);
  expect(aliases.put(ada, { name: 'c', words: 'show' }, 2)).toBe(true);
  expect(aliases.of(ada).map(({ name }) => name)).toEqual(['b', 'c']);
});

test('are nobody else’s, nor those of another role or of a namesake, and go with their owner', () => {
  const aliases = open();
  aliases.put(ada, { name: 'mine', words: 'show' }, 9);
  for (const [index, owner] of others.entries()) {
    expect(aliases.of(owner)).toEqual([]);
    aliases.put(owner, { name: String(index), words: 'show' }, 9);
  }
  aliases.forget(ada);
  expect(aliases.of(ada)).toEqual([]);
  expect(aliases.owners()).toHaveLength(others.length);
  for (const owner of others) expect(aliases.of(owner)).toHaveLength(1);
});

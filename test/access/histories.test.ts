/** Histories of users: over logins and restarts, for themselves alone, and without secrets. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { Histories } from '../../src/access/histories.ts';
import { HISTORY_LINES_MAX } from '../../src/shell/editor/history.ts';
import type { RowsOwner } from '../../src/store/owned-rows.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { commit, openHouse, openHouseIn, sitDown, type House } from '../support/visit.ts';

const ADA = 'system login user ada class operator';
const UP = '\x1b[A';

/** The line that stands at the prompt. */
const atPrompt = (screen: () => string): string => screen().trimEnd().split('\n').at(-1)!;

/** What a new login of a user recalls. */
const recalled = ({ histories }: House, owner: RowsOwner): readonly string[] => histories.open(owner).lines;
const ada: RowsOwner = { user: 'ada', configured: true };

async function visit(house: House, user: string, ...lines: readonly string[]): Promise<void> {
  const { terminal, left } = await sitDown(house, user);
  for (const line of [...lines, 'exit']) await terminal.type(`${line}\r`);
  await left;
}

describe('a history', () => {
  test('outlasts the login: arrows, search and show cli history', async () => {
    const house = await openHouse(ADA);
    await visit(house, 'ada', 'show version', 'show cli');
    const { screen, say, terminal } = await sitDown(house, 'ada');
    await terminal.type(UP.repeat(3));
    expect(atPrompt(screen)).toBe('dnRouter# show version');
    await terminal.type('\x03\x12cli');
    expect(atPrompt(screen)).toBe("(reverse-i-search)`cli': show cli");
    await say('\x03show cli history 3\r', '-- show cli history 3');
    expect(screen()).toMatch(
      / {2}\w{3} \d\d \d\d:\d\d:\d\d -- show cli\n {2}.* -- exit\n {2}.* -- show cli history 3/,
    );
  });

  test('outlasts the router', async () => {
    const directory = temporaryDirectory();
    const before = await openHouseIn(directory, ADA);
    await visit(before, 'ada', 'show version');
    before.histories.flush();
    await before.close();
    const after = await openHouseIn(directory);
    expect(recalled(after, ada)).toEqual(['show version', 'exit']);
  });

  test('is bounded', async () => {
    const house = await openHouse(ADA);
    const history = house.histories.open(ada);
    const lines = Array.from({ length: HISTORY_LINES_MAX + 5 }, (_, index) => `line ${index}`);
    for (const text of lines) history.add(text, { text, wallNanos: 0n });
    expect(recalled(house, ada)).toEqual(lines.slice(5));
  });

  test('of two logins of a user at once has the lines of both', async () => {
    const house = await openHouse(ADA);
    const one = await sitDown(house, 'ada');
    const other = await sitDown(house, 'ada');
    await one.terminal.type('show version\r');
    await other.terminal.type('show cli\r');
    await one.terminal.type(UP);
    expect(atPrompt(one.screen)).toBe('dnRouter# show version');
    await one.terminal.type('\x15exit\r');
    await other.terminal.type('exit\r');
    await Promise.all([one.left, other.left]);
    expect(recalled(house, ada)).toEqual(['show version', 'show cli', 'exit']);
  });

  test('keeps no secret, and nothing of a line from the word on that was not understood', async () => {
    const directory = temporaryDirectory();
    const house = await openHouseIn(directory, ADA);
    await visit(
      house,
      'lab',
      'configure',
      'set system login user ada authentication plaintext-password s3cret-one',
      'set system login user ada authentication plaintxt-password s3cret-two',
      's3cret-three',
      'set services rpm twamp server authentication-key-chain k key-id 1 secret "s3cret four',
      'exit discard',
    );
    house.histories.flush();
    expect(recalled(house, { user: 'lab', configured: false })).toEqual([
      'configure',
      'set system login user ada authentication',
      'set services rpm twamp server authentication-key-chain k key-id 1 secret',
      'exit discard',
      'exit',
    ]);
    await house.close();
    for (const file of readdirSync(directory))
      expect(readFileSync(join(directory, file)).includes('s3cret'), file).toBe(false);
  });

  test('of a login that goes on has the refused line as it was typed, to be corrected', async () => {
    const { screen, terminal } = await sitDown(await openHouse(ADA), 'ada');
    await terminal.type(`show versoin\r${UP}`);
    expect(atPrompt(screen)).toBe('dnRouter# show versoin');
  });
});

describe('nobody is given the history', () => {
  test('of another user', async () => {
    const house = await openHouse(ADA, 'system login user eve class viewer');
    await visit(house, 'ada', 'show version');
    const { screen, say, terminal } = await sitDown(house, 'eve');
    await terminal.type(UP);
    expect(atPrompt(screen)).toBe('dnRouter#');
    await say('show cli history\r', 'cli history\n');
    expect(screen()).not.toContain('show version');
  });

  test('of the console’s owner, by having the name', async () => {
    const house = await openHouse();
    await visit(house, 'lab', 'show system users');
    await commit(house, 'system login user lab class viewer');
    expect(recalled(house, { user: 'lab', configured: true })).toEqual([]);
    expect(recalled(house, { user: 'lab', configured: false })).toEqual(['show system users', 'exit']);
  });

  test('of the same user with more rights, nor the other way round', async () => {
    const house = await openHouse();
    await visit(house, 'lab', 'show system audit');
    const narrowed = { user: 'lab', configured: false, role: 'viewer' };
    const history = house.histories.open(narrowed);
    expect(history.lines).toEqual([]);
    history.add('show cli', { text: 'show cli', wallNanos: 0n });
    expect(recalled(house, narrowed)).toEqual(['show cli']);
    expect(recalled(house, { user: 'lab', configured: false })).toEqual(['show system audit', 'exit']);
  });

  test('of a user before them who had the name and was removed', async () => {
    const house = await openHouse(ADA);
    await visit(house, 'ada', 'show version');
    const stillOpen = house.histories.open(ada);
    await commit(house, 'delete system login user ada');
    stillOpen.add('too late', { text: 'too late', wallNanos: 0n });
    await commit(house, ADA);
    expect(recalled(house, ada)).toEqual([]);
    expect(house.state.histories.owners()).toEqual([]);
  });

  test('of a role whose class was removed', async () => {
    const house = await openHouse('system login class noc permissions view');
    const narrowed = { user: 'lab', configured: false, role: 'noc' };
    house.histories.open(narrowed).add('show cli', { text: 'show cli', wallNanos: 0n });
    await commit(house, 'delete system login class noc');
    await commit(house, 'system login class noc permissions view');
    expect(recalled(house, narrowed)).toEqual([]);
  });
});

test('a disk that takes nothing is reported once, and everybody can work', async () => {
  const { accounts, time: clock } = await openHouse(ADA);
  const reported: unknown[] = [];
  const fail = (): never => {
    throw new Error('full');
  };
  const store = { append: fail, of: fail, owners: fail, forget: fail };
  const histories = new Histories({ store, accounts, clock, report: (error) => reported.push(error) });
  const history = histories.open(ada);
  for (const text of ['one', 'two']) {
    history.add(text, { text, wallNanos: 0n });
    histories.flush();
  }
  expect(history.lines).toEqual(['one', 'two']);
  expect(reported).toHaveLength(1);
});

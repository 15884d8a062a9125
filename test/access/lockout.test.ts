/** Wrong passwords: how often, how fast, and whom they lock out; at the console's `login:` too. */
import { describe, expect, test } from 'vitest';
import { logIn } from '../../src/access/console-login.ts';
import type { Identity } from '../../src/shell/login.ts';
import { openShell, run, runAll } from '../support/router.ts';
import { Terminal } from '../support/terminal.ts';
import { HORSE, openHouse, type House } from '../support/visit.ts';

const ADA = `system login user ada authentication encrypted-password ${HORSE}`;
const RIGHT = 'correct horse';

describe('a lockout', () => {
  const options = 'system login retry-options';

  test('follows as many wrong passwords in a row as are allowed, for as long as it says', async () => {
    const house = await openHouse(
      ADA,
      `${options} tries-before-disconnect 2`,
      `${options} user-lockout-period 10`,
    );
    const { accounts, time } = house;
    const tries = async (...passwords: readonly string[]) => {
      const let_in: boolean[] = [];
      for (const password of passwords)
        let_in.push((await accounts.authenticate('ada', password)) !== undefined);
      return let_in;
    };
    expect(await tries('a', RIGHT, 'a', RIGHT)).toEqual([false, true, false, true]);
    expect(await tries('a', 'b', RIGHT)).toEqual([false, false, false]);
    const owner = await openShell(house);
    expect(await runAll(owner, 'show system login lockout')).toContain('| ada ');
    await time.pass(599e9);
    expect(await tries(RIGHT)).toEqual([false]);
    await time.pass(1e9);
    expect(await tries(RIGHT)).toEqual([true]);
    await tries('a', 'b');
    await runAll(owner, 'clear system login lockout user ada');
    expect(await tries(RIGHT)).toEqual([true]);
    expect((await run(owner, 'clear system login lockout user ada')).outcome).toMatchObject({
      text: 'ERROR: ada is not locked out.',
    });
  });

  test('never happens unless a period is configured', async () => {
    const { accounts } = await openHouse(ADA);
    for (let wrong = 0; wrong < 20; wrong += 1) await accounts.authenticate('ada', 'wrong');
    expect(await accounts.authenticate('ada', RIGHT)).toBeDefined();
    expect(accounts.lockedOut).toEqual([]);
  });
});

describe('login:', () => {
  const begin = (house: House) => {
    const terminal = new Terminal();
    const refused: string[] = [];
    const stop = new AbortController();
    const parts = {
      accounts: house.accounts,
      clock: house.time,
      refused: (user: string) => void refused.push(user),
    };
    const ended: { as?: Identity | undefined; over: boolean } = { over: false };
    const over = logIn(terminal.channel, parts, stop.signal).then((identity) => {
      ended.as = identity;
      ended.over = true;
    });
    const until = async (done: () => boolean): Promise<void> => {
      while (!done()) await terminal.settle();
    };
    return { terminal, refused, stop, ended, over, until };
  };

  test('lets in whoever knows the password, which is not seen', async () => {
    const { terminal, over, ended } = begin(await openHouse(ADA));
    await terminal.type(`ada\r${RIGHT}\r`);
    await over;
    expect(ended.as).toMatchObject({ user: 'ada', configured: true });
    expect(terminal.screen.lines).toEqual(['login: ada', 'Password:', '']);
  });

  test('begins anew at Ctrl-C, wherever it stands', async () => {
    const { terminal, over, ended, refused } = begin(await openHouse(ADA));
    await terminal.type('ad\x03');
    await terminal.type('ada\rcorrect\x03');
    await terminal.type(`ada\r${RIGHT}\r`);
    await over;
    expect(ended.as).toBeDefined();
    expect(refused).toEqual([]);
    expect(terminal.written.join('')).not.toContain('correct');
  });

  test('gives up at Ctrl-D, and with the signal', async () => {
    const one = begin(await openHouse(ADA));
    await one.terminal.type('\x04');
    await one.over;
    const other = begin(await openHouse(ADA));
    await other.terminal.type('ada\r');
    other.stop.abort();
    await other.over;
    expect([one.ended.as, other.ended.as]).toEqual([undefined, undefined]);
    expect(other.terminal.screen.pasteMode).toBe(false);
  });

  test('waits longer after each wrong password, and sends away after the last', async () => {
    const house = await openHouse(ADA, 'system login retry-options tries-before-disconnect 3');
    const { terminal, over, ended, refused, until } = begin(house);
    const incorrect = () => terminal.written.join('').split('Login incorrect').length - 1;
    await terminal.type('ada\rwrong\r');
    await until(() => incorrect() === 1);
    await terminal.type('eve\rwrong\r');
    await until(() => refused.length === 2);
    await house.time.pass(4.9e9);
    expect(incorrect()).toBe(1);
    await house.time.pass(0.2e9);
    await until(() => incorrect() === 2);
    await terminal.type('ada\rwrong\r');
    await until(() => refused.length === 3);
    await house.time.pass(10e9);
    await over;
    expect(ended).toEqual({ as: undefined, over: true });
    expect(refused).toEqual(['ada', 'eve', 'ada']);
  });
});

/** Accounts: who there is, what they may do, how they prove who they are. */
import { beforeAll, describe, expect, test } from 'vitest';
import { Accounts } from '../../src/access/accounts.ts';
import { hashPassword } from '../../src/config/passwords.ts';
import { effective } from '../../src/config/effective.ts';
import { treeOf } from '../support/configuration.ts';
import { grammars } from '../support/grammar.ts';
import { ed25519Key } from '../support/ssh-keys.ts';
import { VirtualTime } from '../support/virtual-time.ts';

let stored: string;
beforeAll(async () => {
  stored = await hashPassword('correct horse');
});

const configurationOf = (...lines: readonly string[]) => effective(grammars.schema, treeOf(lines));

async function accountsOf(...lines: readonly string[]): Promise<Accounts> {
  const accounts = new Accounts(grammars.classes, new VirtualTime());
  await accounts.apply(configurationOf(...lines));
  return accounts;
}

const user = (name: string, rest: string): string => `system login user ${name} ${rest}`;

describe('authentication', () => {
  test('needs the password of that user', async () => {
    const accounts = await accountsOf(
      user('ada', `class operator`),
      user('ada', `authentication encrypted-password ${stored}`),
      user('bob', 'class super-user'),
    );
    expect(await accounts.authenticate('ada', 'correct horse')).toMatchObject({
      user: 'ada',
      className: 'operator',
      privileges: grammars.classes.get('operator'),
      configured: true,
    });
    expect(await accounts.authenticate('ada', 'wrong')).toBeUndefined();
    expect(await accounts.authenticate('bob', '')).toBeUndefined();
    expect(await accounts.authenticate('bob', 'correct horse')).toBeUndefined();
    expect(await accounts.authenticate('eve', '')).toBeUndefined();
  });

  test('takes for somebody unknown what it takes for a wrong password', async () => {
    const accounts = await accountsOf(user('ada', `authentication encrypted-password ${stored}`));
    const millisOf = async (name: string): Promise<number> => {
      const begin = performance.now();
      await accounts.authenticate(name, 'wrong');
      return performance.now() - begin;
    };
    await millisOf('nobody');
    const [known, unknown] = [await millisOf('ada'), await millisOf('nobody')];
    expect(unknown / known).toBeGreaterThan(0.2);
    expect(unknown / known).toBeLessThan(5);
  });

  test('keys are given as they go over the wire', async () => {
    const accounts = await accountsOf(user('ada', `authentication ssh-ed25519 "${ed25519Key}"`));
    expect(accounts.authorizedKeys('ada')).toEqual([
      { algorithm: 'ssh-ed25519', blob: Buffer.from(ed25519Key.split(' ')[1]!, 'base64') },
    ]);
    expect(accounts.authorizedKeys('eve')).toEqual([]);
  });
});

describe('classes', () => {
  test('a user without one is a viewer', async () => {
    expect((await accountsOf('system login user ada')).identity('ada')?.className).toBe('viewer');
  });

  test.each([
    ['permissions [ view clear ]', ['viewer', 'view', 'clear']],
    ['permissions admin', ['viewer', 'access']],
    ['permissions all', [...grammars.classes.get('super-user')!]],
    ['', []],
  ])('a configured one with %s', async (permissions, privileges) => {
    const accounts = await accountsOf(`system login class noc ${permissions}`, user('ada', 'class noc'));
    expect([...accounts.identity('ada')!.privileges]).toEqual(privileges);
  });

  test('must exist, and ours cannot be changed', () => {
    const accounts = new Accounts(grammars.classes, new VirtualTime());
    const codes = (...lines: readonly string[]) =>
      accounts.verify(configurationOf(...lines)).map(({ severity, code }) => `${severity} ${code}`);
    expect(codes(user('ada', 'class noc'))).toContain('error no-such-class');
    expect(codes('system login class viewer permissions all')).toEqual(['error class-built-in']);
    expect(codes('system login user ada')).toEqual(['warning no-authentication']);
    expect(codes(user('ada', `authentication encrypted-password ${stored}`))).toEqual([]);
  });

  test('a role takes rights away and never adds any', async () => {
    const accounts = await accountsOf(user('ada', 'class operator'));
    const ada = accounts.identity('ada')!;
    expect(accounts.narrowed(ada, 'viewer')).toMatchObject({ className: 'viewer', role: 'viewer' });
    const asked = accounts.narrowed(ada, 'super-user')!;
    expect([asked.className, [...asked.privileges]]).toEqual(['operator', [...ada.privileges]]);
    expect(accounts.narrowed(ada, 'noc')).toBeUndefined();
  });
});

describe('a change', () => {
  test('renews identities, and ends those whose user is gone', async () => {
    const accounts = await accountsOf(user('ada', 'class operator'));
    const ada = accounts.narrowed(accounts.identity('ada')!, 'operator')!;
    await accounts.apply(configurationOf(user('ada', 'class viewer')));
    expect(accounts.renewed(ada)).toMatchObject({ className: 'viewer', role: 'operator' });
    await accounts.apply(configurationOf());
    expect(accounts.renewed(ada)).toBeUndefined();
    expect(accounts.renewed(accounts.owner('root'))).toEqual(accounts.owner('root'));
  });
});

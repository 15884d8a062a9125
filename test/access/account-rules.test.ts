/** Nobody grants what they lack, whichever way they take. */
import { describe, expect, test } from 'vitest';
import { openShell, run, runAll } from '../support/router.ts';
import { ed25519Key } from '../support/ssh-keys.ts';
import { schemaErrors } from '../support/schema.ts';
import { commit, HORSE, openHouse, sitDown } from '../support/visit.ts';

/** Whoever may administer users, and little else. */
const clerk = [
  'system login class clerk permissions [ view configure access secret ]',
  'system login user carl class clerk',
  'system login user root class super-user',
  `system login user root authentication encrypted-password ${HORSE}`,
  'system login user ada class read-only',
];

async function asClerk(...lines: readonly string[]) {
  const house = await openHouse(...clerk);
  const { privileges } = house.accounts.identity('carl')!;
  const shell = await openShell(house, { user: 'carl', privileges });
  await runAll(shell, 'configure', ...lines);
  return (await run(shell, 'commit')).outcome;
}

const refusal = (path: string, privilege: string) => ({
  status: 'failed',
  text: expect.stringContaining(
    `system login ${path}: This would give the privilege '${privilege}', which you do not hold yourself.`,
  ) as string,
});

describe('a committer who holds access and little else', () => {
  test.each([
    ['set system login user ada class clerk'],
    [`set system login user ada authentication encrypted-password ${HORSE}`],
    ['set system login user bob class viewer'],
    ['delete system login user root'],
    ['set system login user root class viewer'],
    ['set system login class clerk idle-timeout 5'],
  ])('may %s', async (line) => {
    expect(await asClerk(line)).toMatchObject({ status: 'done' });
  });

  test.each([
    ['set system login user carl class super-user', 'user carl', 'clear'],
    ['set system login user ada role admin', 'user ada', 'clear'],
    ['set system login class clerk permissions all', 'class clerk', 'clear'],
    ['set system login class clerk permissions maintenance', 'class clerk', 'maintenance'],
    [`set system login user root authentication ssh-ed25519 "${ed25519Key}"`, 'user root', 'clear'],
    ['set system login user root authentication plaintext-password "mine now"', 'user root', 'clear'],
  ])('may not %s', async (line, path, privilege) => {
    const lines = line.includes(' role ') ? ['delete system login user ada class', line] : [line];
    expect(await asClerk(...lines)).toMatchObject(refusal(path, privilege));
  });

  test('may not bring back a grant by rollback', async () => {
    const house = await openHouse(...clerk);
    await commit(house, 'set system login user root class viewer');
    const { privileges } = house.accounts.identity('carl')!;
    const shell = await openShell(house, { user: 'carl', privileges });
    await runAll(shell, 'configure', 'rollback 1');
    expect((await run(shell, 'commit')).outcome).toMatchObject(refusal('user root', 'clear'));
  });
});

describe('a configuration of users', () => {
  const owner = async (...lines: readonly string[]) => {
    const shell = await openShell(await openHouse());
    await runAll(shell, 'configure', ...lines);
    return (await run(shell, 'commit')).outcome;
  };

  test.each([
    [['set system login user ada class noc'], "There is no login class 'noc'."],
    [['set system login class viewer permissions all'], "The login class 'viewer' is one of ours"],
    [['set system login user ada class viewer role admin'], 'A user has either a class or a role.'],
    [['set system login user ada authentication public-keys a key AAAA'], 'A public key needs key and type'],
  ])('%j is refused', async (lines, text) => {
    expect(await owner(...lines)).toMatchObject({ text: expect.stringContaining(text) as string });
  });

  test.each(['abc def', 'a'.repeat(33), '-a', 'a/b', 'ä'])('has no user %j', async (name) => {
    const shell = await openShell(await openHouse());
    await runAll(shell, 'configure');
    expect((await run(shell, `set system login user "${name}"`)).outcome).toMatchObject({
      text: `ERROR: Invalid value '${name}' for user, value must be a user name (1 to 32 letters, digits, . _ -).`,
    });
  });

  test('takes public keys in two parts, and DNOS’ roles', async () => {
    const [type, key] = ed25519Key.split(' ');
    const house = await openHouse(
      'system login user ada role operator',
      `system login user ada authentication public-keys lab key ${key!}`,
      `system login user ada authentication public-keys lab type ${type!}`,
      'system login user root role admin',
    );
    expect(house.accounts.authorizedKeys('ada')).toMatchObject([{ algorithm: 'ssh-ed25519' }]);
    expect(house.accounts.identity('ada')?.className).toBe('interface-control');
    expect(house.accounts.identity('root')?.className).toBe('super-user');
  });

  test('show who somebody is, where it is configured in any vendor’s word', async () => {
    const house = await openHouse(
      'system login user lab full-name "Lab Technician"',
      'system login user RootUser description MyrootUser',
    );
    const shell = await openShell(house, { user: 'root' });
    expect(await runAll(shell, 'show system users')).not.toContain('Full name');
    await sitDown(house, 'RootUser');
    const lab = await sitDown(house, 'lab');
    expect(await runAll(shell, 'show system users')).toMatch(
      / Full name +\|\n.*\| RootUser .*\| MyrootUser +\|\n.*\| lab .*\| Lab Technician \|/s,
    );
    const data = await runAll(shell, 'show system users | display json');
    expect(schemaErrors('show-system-users', data)).toBeUndefined();
    expect(data).toContain('"full-name": "Lab Technician"');
    lab.stop.abort();
    await lab.left;
  });

  test('without any user says how to add one', async () => {
    const shell = await openShell(await openHouse());
    expect(await runAll(shell, 'show system users')).toContain('No users are configured');
    const other = await openShell(await openHouse('system login user ada'));
    expect(await runAll(other, 'show system users')).not.toContain('No users are configured');
  });
});

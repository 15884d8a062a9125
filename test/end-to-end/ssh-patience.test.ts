/** How long the ssh port bears with somebody: who does not log in, and who guesses. */
import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { UNAUTHENTICATED_PER_NETWORK_MAX } from '../../src/access/ssh/limits.ts';
import { closed, has, PASSWORD, SshRouter, type SshPerson } from '../support/ssh-router.ts';

/** Calls `use` with a router that is configured so, and stops it. */
async function withRouter(
  lines: readonly string[],
  use: (router: SshRouter) => Promise<void>,
): Promise<void> {
  const router = await SshRouter.start(lines);
  try {
    await use(router);
    expect(router.errors).toBe('');
  } finally {
    await router.stop();
  }
}

/** Presses Ctrl-C until the client heeds it: it misses one that comes between its prompt and its read (readpassphrase(3)). */
async function giveUp(person: SshPerson): Promise<number> {
  const pressing = setInterval(() => person.type('\x03'), 200);
  try {
    return await person.ended;
  } finally {
    clearInterval(pressing);
  }
}

/** Types a password; how long it took to be asked again, or to be sent away, in milliseconds. */
async function guess(router: SshRouter, user: string, password: string): Promise<number> {
  const person = router.personWithPassword(user);
  const begin = performance.now();
  // They may be turned away before they are asked.
  await Promise.race([person.see('assword: '), person.ended]);
  person.type(`${password}\r`);
  await Promise.race([person.see('assword: '), person.ended]);
  await giveUp(person);
  return performance.now() - begin;
}

// Skipped without OpenSSH's client. All of it is waiting, so it is done at once.
describe.skipIf(!has('ssh') || !has('ssh-keygen')).concurrent('the ssh port', { timeout: 120_000 }, () => {
  it('lets nobody stay who does not log in, and few at a time', () =>
    withRouter(
      ['set system login retry-options maximum-time 20', 'set system services ssh rate-limit 250'],
      async (router) => {
        const silent = Array.from({ length: UNAUTHENTICATED_PER_NETWORK_MAX }, () => router.connect());
        await Promise.all(silent.map((socket) => once(socket, 'data')));
        await closed(router.connect());
        const begin = performance.now();
        await Promise.all(silent.map(closed));
        expect(performance.now() - begin).toBeGreaterThan(10_000);
        expect(performance.now() - begin).toBeLessThan(25_000);
        expect(await router.ssh('show version')).toMatchObject({ status: 0 });
      },
    ));

  it('answers failed logins later and later, then not at all: not with the right password either', () =>
    withRouter(
      [
        'set system login retry-options backoff-threshold 1',
        'set system login retry-options tries-before-disconnect 3',
      ],
      async (router) => {
        expect(await guess(router, 'bob', 'wrong')).toBeLessThan(4_000);
        // Somebody else, and somebody who does not exist: it is the address that failed.
        expect(await guess(router, 'nobody', 'wrong')).toBeGreaterThan(5_000);
        expect(await guess(router, 'eve', 'wrong')).toBeGreaterThan(10_000);
        const person = router.personWithPassword('bob');
        await Promise.race([person.see('assword: '), person.ended]);
        person.type(`${PASSWORD}\r`);
        await Promise.race([person.see('assword: '), person.ended]);
        expect(await giveUp(person)).not.toBe(0);
        // A key cannot be guessed, but who is locked out is locked out.
        expect((await router.ssh('show version')).status).toBe(255);
      },
    ));
});

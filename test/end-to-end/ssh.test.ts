/** The ssh way in, with OpenSSH's own client: shells, commands, batches, logins, and what is refused. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { has, PASSWORD, SshRouter, users, type SshPerson } from '../support/ssh-router.ts';

/** What the editor writes when it has taken notice of a new size. */
const REPAINTED = '\x1b[J';

const PROMPT = 'dnRouter# ';

/** Asks for help and completes, which goes for every class; gives what the help listed. */
async function askAndComplete(person: SshPerson): Promise<string> {
  await person.see(PROMPT);
  person.type('?');
  const help = await person.see(PROMPT);
  expect(help).toContain('Possible completions:');
  person.type('sh ver\t\r');
  expect(await person.see('Version: dnrouter')).toContain('show version');
  await person.see(PROMPT);
  return help;
}

/** Somebody who asks for help, completes, changes the size of the window, and stays. */
function atTerminal(router: SshRouter, user: string) {
  const person = router.person({ user });
  const look = async (): Promise<boolean> => {
    const help = await askAndComplete(person);
    person.pty.resize(40, 5);
    await person.see(REPAINTED);
    person.type('help topic pipes\r');
    await person.see('More');
    person.type('q');
    await person.see(PROMPT);
    person.pty.resize(100, 40);
    await person.see(REPAINTED);
    person.type('configure\r');
    const answer = await person.see('# ');
    expect(help.includes('configure')).toBe(answer.includes('(cfg)'));
    return answer.includes('(cfg)');
  };
  const leave = async (): Promise<number> => {
    person.type('\x1a\x04');
    return person.ended;
  };
  return { mayConfigure: look(), leave };
}

// Skipped without OpenSSH's client.
describe.skipIf(!has('ssh') || !has('ssh-keygen'))('ssh', { timeout: 60_000 }, () => {
  let router: SshRouter;
  beforeAll(async () => {
    router = await SshRouter.start([
      'set system services ssh rate-limit 250',
      'set system login retry-options lockout-period 1',
    ]);
  }, 120_000);
  afterAll(() => router.stop());
  afterEach(() => expect(router.errors).toBe(''));

  describe('at a terminal', () => {
    it('prompts, helps, completes, and leaves with status 0', async () => {
      const person = router.person();
      await askAndComplete(person);
      person.type('exit\r');
      expect(await person.ended).toBe(0);
    });

    it('pages by the size of the window, also after it changed', async () => {
      const person = router.person();
      await person.see(PROMPT);
      person.pty.resize(100, 5);
      await person.see(REPAINTED);
      person.type('show services twamp sessions\r');
      await person.see('-- More --');
      person.type('q');
      await person.see(PROMPT);
      person.pty.resize(100, 40);
      await person.see(REPAINTED);
      person.type('show services twamp sessions\r');
      expect(await person.see('Total displayed sessions: 0')).not.toContain('More');
      person.type('\x04');
      expect(await person.ended).toBe(0);
    });

    it('has the whole screen for what changes, and gives it back', async () => {
      const person = router.person();
      await person.see(PROMPT);
      person.type('monitor services twamp sessions\r');
      await person.see('\x1b[?1049h');
      await person.see('TWAMP sessions: 0');
      person.type('\x03');
      await person.see('\x1b[?1049l');
      await person.see(PROMPT);
      person.type('exit\r');
      expect(await person.ended).toBe(0);
    });

    it('runs a command on a terminal that was asked for, and ends', async () => {
      const person = router.person({ options: ['-t'] }, ['show version']);
      expect(await person.see('dnrouter')).toContain('Hostname: dnRouter\r\n');
      expect(await person.ended).toBe(0);
    });
  });

  describe('without a terminal', () => {
    it('runs a command, with data for programs, and says how it went', async () => {
      const { status, out, err } = await router.ssh('show services twamp sessions | display json');
      expect({ status, err }).toEqual({ status: 0, err: '' });
      expect(JSON.parse(out)).toMatchObject({ sessions: [] });
    });

    it('runs several lines, tells errors apart, and has status 1 when one failed', async () => {
      const { status, out, err } = await router.ssh('show version\nshow nonsense\nshow version');
      expect(out.match(/Version/g)).toHaveLength(2);
      expect(err).toContain('line 2: ');
      expect(status).toBe(1);
    });

    it('runs a batch from standard input to its end', async () => {
      const lines = Array.from({ length: 500 }, () => 'show version').join('\n');
      const { status, out } = await router.ssh(undefined, { options: ['-T'] }, lines);
      expect(out.match(/Version/g)).toHaveLength(500);
      expect(status).toBe(0);
    });

    it('edits a candidate of its own', async () => {
      const { status, err } = await router.ssh('configure\nset system host-name elsewhere');
      expect(status).toBe(1);
      expect(err).toContain('uncommitted changes');
    });

    it('refuses a line without an end, and goes on', async () => {
      const input = `${'x'.repeat(20 * 1024 * 1024)}\nshow version\n`;
      const { status, out, err } = await router.ssh(undefined, { options: ['-T'] }, input);
      expect(err).toContain('line 1: ');
      expect(out).toContain('Version');
      expect(status).toBe(1);
    });

    it('writes no control characters of one login where another reads', async () => {
      const { err } = await router.ssh('show \x1b]0;owned\x07');
      expect(err).not.toContain('\x1b');
      expect(err).toContain('\\x1b');
    });
  });

  describe('a login', () => {
    it.each(['ed25519', 'ecdsa', 'rsa'] as const)('with a key: %s', async (key) => {
      expect(await router.ssh('show version', { key })).toMatchObject({ status: 0 });
    });

    it('is refused with a key that is not the user’s, or for nobody', async () => {
      for (const options of [{ key: 'stranger' }, { user: 'nobody' }] as const) {
        const { status, err } = await router.ssh('show version', options);
        expect({ status, err }).toMatchObject({ status: 255 });
        expect(err).toContain('Permission denied (publickey,password,keyboard-interactive)');
      }
    });

    it.each(['password', 'keyboard-interactive'] as const)('with a %s', async (method) => {
      const person = router.personWithPassword('bob', method);
      await person.see('assword: ');
      person.type(`${PASSWORD}\r`);
      await person.see(PROMPT);
      person.type('configure\r');
      await person.see("Unknown word: 'configure'");
      person.type('exit\r');
      expect(await person.ended).toBe(0);
    });

    it('is refused with a wrong password, and may be tried again', async () => {
      const person = router.personWithPassword('bob');
      await person.see('assword: ');
      person.type('guess\r');
      await person.see('assword: ');
      person.type(`${PASSWORD}\r`);
      await person.see(PROMPT);
      person.type('exit\r');
      expect(await person.ended).toBe(0);
    });

    it('has the rights of its class: twenty of five classes at once, at terminals, in batches, with a command', async () => {
      const everybody = Object.keys(users);
      let leave!: () => void;
      const together = new Promise<void>((resolve) => (leave = resolve));
      const people = everybody.flatMap((user) => [user, user].map((name) => atTerminal(router, name)));
      const batches = everybody.map((user) =>
        router.feed(
          (async function* () {
            yield 'show version\n';
            await together;
            yield 'configure\nexit\n';
          })(),
          { user },
        ),
      );
      const mayConfigure = await Promise.all(people.map(({ mayConfigure: answer }) => answer));
      await expect
        .poll(async () => (await router.ssh('show system users')).out.match(/ ssh /g), { timeout: 20_000 })
        .toHaveLength(people.length + batches.length + 1);
      const commands = await Promise.all(everybody.map((user) => router.ssh('configure', { user })));
      leave();
      const ended = await Promise.all(batches);
      expect(await Promise.all(people.map(({ leave: end }) => end()))).toEqual(people.map(() => 0));
      const allowed = everybody.map((user) => user === 'ada' || user === 'eve');
      expect(mayConfigure).toEqual(allowed.flatMap((answer) => [answer, answer]));
      for (const results of [commands, ended]) {
        expect(results.map(({ status }) => status)).toEqual(allowed.map((answer) => (answer ? 0 : 1)));
        for (const { err, status } of results) if (status !== 0) expect(err).toContain('Unknown word');
      }
      for (const { out } of ended) expect(out).toContain('Version: dnrouter');
    });

    it('ends within a second when its user is removed', async () => {
      const commit = (...lines: string[]): Promise<unknown> =>
        router.ssh(['configure', ...lines, 'commit and-quit'].join('\n'));
      await commit(
        'set system login user tmp class viewer',
        `set system login user tmp authentication ssh-ed25519 "${router.publicKey('ed25519')}"`,
      );
      const person = router.person({ user: 'tmp' });
      await person.see(PROMPT);
      await commit('delete system login user tmp');
      const begin = performance.now();
      await person.see('Logged out, the user was removed.\r\n');
      await person.ended;
      expect(performance.now() - begin).toBeLessThan(1000);
      expect((await router.ssh('show version', { user: 'tmp' })).status).toBe(255);
    });
  });

  it('tells somebody who is logged out, by whom', async () => {
    const person = router.person({ user: 'eve' });
    await person.see(PROMPT);
    await router.ssh('request system logout user eve');
    await person.see('Logged out by ada.\r\n');
    expect(await person.ended).toBe(0);
  });

  describe('refuses', () => {
    it('subsystems: sftp and scp', async () => {
      writeFileSync(join(router.directory, 'file'), 'text');
      const batch = join(router.directory, 'sftp-batch');
      writeFileSync(batch, 'ls\n');
      const sftp = await router.run('sftp', ['-b', batch, ...router.words(), 'router']);
      expect(sftp.status).not.toBe(0);
      for (const options of [[], ['-O']]) {
        const words = [
          ...options,
          ...router.words(),
          join(router.directory, 'file'),
          'router:/tmp/dnrouter-copied',
        ];
        const { status } = await router.run('scp', words);
        expect(status).not.toBe(0);
      }
    });

    it('forwarding to anywhere', async () => {
      const { status, err } = await router.ssh(undefined, {
        options: ['-W', '127.0.0.1:22', '-o', 'LogLevel=INFO'],
      });
      expect(status).not.toBe(0);
      expect(err).toContain('administratively prohibited');
    });

    it('forwarding from anywhere', async () => {
      const { status, err } = await router.ssh('show version', {
        options: ['-R', '0:127.0.0.1:22', '-o', 'ExitOnForwardFailure=yes'],
      });
      expect(status).toBe(255);
      expect(err).toContain('remote port forwarding failed');
    });

    it('agents, X11 and variables, and goes on without', async () => {
      const { status } = await router.ssh('show version', {
        options: ['-A', '-X', '-o', 'SetEnv=LD_PRELOAD=/tmp/x.so'],
      });
      expect(status).toBe(0);
    });
  });
});

/** A viewer over ssh, and over the attach socket, who tries for more: it does not exist, and the attempt is on record. */
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { Client } from 'ssh2';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { runProgram } from '../support/program.ts';
import { has, SshRouter } from '../support/ssh-router.ts';

const PROMPT = 'dnRouter# ';
const SECRET_CHAIN = 'chain-nobody-sees';
const ESCAPES = '\x1b]0;owned\x07\x1b[2J';

/** What would act on a terminal. */
// eslint-disable-next-line no-control-regex
const CONTROLS = /[\x1b\x07]/;

/** What is tried, by how. */
const attempts = {
  'whole and abbreviated': [
    'configure',
    'conf',
    'clear twamp statistics',
    'cle tw st',
    'cle',
    'mon serv tw sess',
  ],
  'in other dialects': [
    'set service twamp server port 1',
    'set services twamp port 1',
    'set system host-name mine',
    'no services',
    'services twamp',
    'system login',
    'delete services',
    'force twping 127.0.0.1',
    'execute twping 127.0.0.1',
    'twping 127.0.0.1',
    'run show configuration',
    'run show version',
    'do show version',
    'commit',
    'rollback 0',
  ],
  'of files': [
    'load override terminal',
    'load merge ../state/secret.key',
    'lo ov te',
    'save file',
    'save ../escape',
    'save ../../etc/passwd',
    'sav ../escape',
    'request system configuration save ../escape',
  ],
  'by other words for the same': [
    'show services rpm twamp server',
    'show rpm',
    'show running-config',
    'show conf',
    'run configure',
    'run load override ../escape',
    'edit services',
    'unset services',
    'copy running-config ../escape',
  ],
  'of the system': [
    'request system logout user ada',
    'request system logout id 1',
    'request services rpm twamp start client',
    'show system users',
    'show system audit',
    'show system login lockout',
    'show system commit',
    'clear system login lockout',
  ],
  'as data': [
    'show configuration | display json',
    'show configuration system login | display xml',
    'show system audit | display json',
    'show services rpm twamp server connection | display json',
    'show configuration | display set',
  ],
  'behind a pipe': [
    'show version | bogus',
    'show version | save /etc/passwd',
    'show version | append other',
    'show version | no-more | configure',
    'show version | save ../escape',
    'show version | append ../../router.db',
    'show version | no-more | save ../escape',
    'show version | sa ../escape',
    'show version | display set',
    'show version | compare',
    'show configuration | save ../escape',
  ],
} as const;

const lines = Object.values(attempts).flat();

interface Row {
  readonly kind: string;
  readonly user: string;
  readonly way: string;
  readonly address?: string;
  readonly text: string;
  readonly result: string;
  readonly count: number;
}

// Skipped without OpenSSH's client.
describe.skipIf(!has('ssh') || !has('ssh-keygen'))('a viewer', { timeout: 60_000 }, () => {
  let router: SshRouter;
  beforeAll(async () => {
    router = await SshRouter.start([
      'set system services ssh rate-limit 250',
      `set services rpm twamp server authentication-key-chain ${SECRET_CHAIN} key-id ada secret "hunter2 hunter2"`,
    ]);
  }, 120_000);
  afterAll(() => router.stop());
  afterEach(() => expect(router.errors).toBe(''));

  const audit = async (options: string): Promise<readonly Row[]> => {
    const { out } = await router.ssh(`show system audit last 10000 ${options} | display json`);
    return (JSON.parse(out) as { audit: Row[] }).audit;
  };
  const refusals = async (user: string, way: string): Promise<number> => {
    const rows = (await audit(`user ${user} kind refusal`)).filter((row) => row.way === way);
    for (const { result } of rows) expect(result).toBe('unknown-word');
    return rows.reduce((sum, { count }) => sum + count, 0);
  };

  it.each(Object.entries(attempts))('finds nothing of what it may not do: %s', async (_, tried) => {
    const before = await refusals('bob', 'ssh');
    const { status, out, err } = await router.ssh(
      undefined,
      { user: 'bob', options: ['-T'] },
      tried.join('\n'),
    );
    expect({ status, out }).toEqual({ status: 1, out: '' });
    const said = err.trimEnd().split('\n');
    expect(said).toHaveLength(tried.length);
    tried.forEach((line, index) =>
      expect(`${line}: ${said[index]!}`).toContain(`line ${index + 1}: ERROR: Unknown word: '`),
    );
    expect(await refusals('bob', 'ssh')).toBe(before + tried.length);
  });

  it('is the same over the attach socket, whoever attaches', async () => {
    const words = ['--state', router.state, '--role', 'viewer'];
    const { status, out, err } = await runProgram(words, lines.join('\n'));
    expect({ status, out }).toEqual({ status: 1, out: '' });
    expect(err.match(/^line \d+: ERROR: Unknown word: '/gm)).toHaveLength(lines.length);
    const rows = (await audit('kind refusal')).filter(({ way }) => way === 'attach');
    expect(rows.reduce((sum, { count }) => sum + count, 0)).toBe(lines.length);
  });

  it.each([
    ['show ?', 'version'],
    ['show conf?', 'completions'],
    ['show conf\t?', 'completions'],
    ['show configuration services rpm twamp server authentication-key-chain ?', 'completions'],
    ['show system audit user ?', 'completions'],
    ['show system ?', 'ompletions'],
    ['request system logout user \t?', 'completions'],
    ['set ?', 'cli'],
    ['con\t?', 'completions'],
    ['show version | ?', 'match'],
  ])('is told of nothing by help or Tab: %j', async (keys, mark) => {
    const person = router.person({ user: 'bob' });
    await person.see(PROMPT);
    person.type(keys);
    await person.see(mark);
    person.type('\x03');
    person.type('show cli\r');
    const seen = await person.see('screen-length');
    expect(seen).not.toMatch(
      /configuration {2}|audit {2}|users {2}|logout {2}|save {2}|append {2}|services {2}.*perform/,
    );
    expect(seen).not.toMatch(new RegExp(`${SECRET_CHAIN}|super-user|\\bada\\b|\\beve\\b`));
    person.type('\x03exit\r');
    expect(await person.ended).toBe(0);
  });

  it('has no history but its own', async () => {
    const other = router.person();
    await other.see(PROMPT);
    other.type('show version | match zebra\r');
    await other.see(PROMPT);
    const person = router.person({ user: 'bob' });
    await person.see(PROMPT);
    person.type('\x1b[A\x10\x12zeb\x07\x15show cli\r');
    expect(await person.see('screen-length')).not.toContain('zebra');
    person.type('exit\r');
    other.type('exit\r');
    await Promise.all([person.ended, other.ended]);
  });

  it('gets no escape onto anybody’s screen', async () => {
    const configured = await router.ssh(
      `configure\nset system login user "e${ESCAPES}" class viewer\nset system host-name "e${ESCAPES}"\nexit`,
    );
    expect(configured.err.match(/^line [23]: ERROR/gm)).toHaveLength(2);
    expect(configured.err).not.toContain('\x1b');
    const stranger = new Client();
    const over = new Promise((resolve) => stranger.on('close', () => resolve(undefined)));
    stranger.on('error', () => undefined);
    stranger.connect({ host: '127.0.0.1', port: router.port, username: `e${ESCAPES}`, password: 'guess' });
    await over;
    const bob = new Client();
    const ready = once(bob, 'ready');
    bob.connect({
      host: '127.0.0.1',
      port: router.port,
      username: 'bob',
      privateKey: readFileSync(router.key('ed25519')),
    });
    await ready;
    bob.shell({ term: `xterm${ESCAPES}` }, (error, channel) => {
      if (error) throw error;
      channel.resume().write(`show ${ESCAPES}\rshow version | match "${ESCAPES}"\r${ESCAPES}`);
    });
    await expect.poll(async () => (await router.ssh('show system users')).out).toContain('| bob ');
    for (const command of ['show system users', 'show system audit', 'show system audit | display json']) {
      const { status, out } = await router.ssh(command);
      expect(status).toBe(0);
      expect(out).not.toMatch(CONTROLS);
    }
    expect((await router.ssh('show system audit kind refusal')).out).toContain(
      '| e\\x1b]0;owned\\x07\\x1b[2J ',
    );
    bob.end();
  });

  it('and whoever is not let in are on record, with where they came from', async () => {
    await router.ssh('show version', { user: 'dan', key: 'stranger' });
    const wanted = { user: 'dan', way: 'ssh', text: 'login with key', result: 'not-authenticated', count: 1 };
    await expect.poll(() => audit('user dan kind refusal')).toMatchObject([wanted]);
    const [{ address }] = (await audit('user dan')) as [Row];
    expect(address).toMatch(/^127\.0\.0\.1:\d+$/);
  });
});

/** `--login` at a real terminal: at the router's own console, and of a program that attaches. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Person } from '../support/person.ts';
import { runProgram, start } from '../support/program.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

const PASSWORD = 'correct horse';
const PROMPT = 'dnRouter# ';

async function stateWithUser(): Promise<string> {
  const state = temporaryDirectory();
  const lines = [
    'configure',
    'set system login user ada class viewer',
    `set system login user ada authentication plaintext-password "${PASSWORD}"`,
    'set system login retry-options tries-before-disconnect 2',
    'set system login retry-options backoff-threshold 3',
    'set system login retry-options user-lockout-period 5',
    'commit and-quit',
  ];
  expect(await runProgram(['--state', state], lines.join('\n'))).toMatchObject({ status: 0 });
  return state;
}

async function withDaemon(): Promise<string> {
  const state = await stateWithUser();
  start(['--state', state, '--daemon']);
  while (!existsSync(join(state, 'attach'))) await new Promise((resolve) => setTimeout(resolve, 20));
  return state;
}

async function answer(person: Person, password: string, user = 'ada'): Promise<void> {
  await person.see('login: ');
  person.type(`${user}\r`);
  await person.see('Password: ');
  person.type(password);
}

describe.each([
  ['at the console', stateWithUser],
  ['when attaching', withDaemon],
])('--login %s', { timeout: 30_000 }, (_, prepare) => {
  it('lets in whoever knows the password, with the rights of their class', async () => {
    const person = new Person(['--login'], await prepare());
    await answer(person, `${PASSWORD}\r`);
    expect(await person.see(PROMPT)).not.toContain('horse');
    person.type('configure\r');
    await person.see("Unknown word: 'configure'");
    person.type('exit\r');
    expect(await person.ended).toBe(0);
  });

  it('keeps what is typed behind the password for the shell', async () => {
    const person = new Person(['--login'], await prepare());
    await answer(person, `${PASSWORD}\rshow cli\rexi`);
    await person.see('screen-length');
    await person.see(`${PROMPT}exi`);
    person.type('t\r');
    expect(await person.ended).toBe(0);
  });

  it('begins anew at Ctrl-C, says what is wrong, and gives up at Ctrl-D', async () => {
    const person = new Person(['--login'], await prepare());
    await person.see('login: ');
    person.type('ad\x03');
    await answer(person, 'corr\x03');
    await answer(person, 'guess\r');
    await person.see('Login incorrect');
    await person.see('login: ');
    person.type('\x04');
    expect(await person.ended).toBe(1);
  });

  it('sends away whoever is wrong as often as is allowed, also about who they are', async () => {
    const person = new Person(['--login'], await prepare());
    await answer(person, 'guess\r');
    await person.see('Login incorrect');
    await answer(person, `${PASSWORD}\r`, 'nobody');
    await person.see('Login incorrect');
    expect(await person.ended).toBe(1);
  });
});

it(
  'a user is locked out by wrong passwords, until somebody lets them in again',
  { timeout: 30_000 },
  async () => {
    const state = await withDaemon();
    const guessing = new Person(['--login'], state);
    for (const guess of ['guess', 'another']) await answer(guessing, `${guess}\r`);
    expect(await guessing.ended).toBe(1);
    const person = new Person(['--login'], state);
    await answer(person, `${PASSWORD}\r`);
    await person.see('Login incorrect');
    const owner = (line: string) => runProgram(['--state', state, '-c', line]);
    expect((await owner('show system login lockout')).out).toContain('| ada ');
    const { out } = await owner('show system audit user ada kind refusal | display json');
    expect(JSON.parse(out)).toMatchObject({
      audit: [{ way: 'attach', text: 'login', result: 'not-authenticated', count: 3 }],
    });
    expect((await owner('clear system login lockout user ada')).status).toBe(0);
    await answer(person, `${PASSWORD}\r`);
    await person.see(PROMPT);
    person.type('exit\r');
    expect(await person.ended).toBe(0);
  },
);

/** The reception: visitors at a terminal and with a batch, what ends their stay, and what is recorded of it. */
import { describe, expect, test } from 'vitest';
import type { Visitor } from '../../src/access/logins.ts';
import { LINE_CHARACTERS_MAX } from '../../src/shell/editor/buffer.ts';
import { AUDIT_END } from '../../src/store/audit.ts';
import { openShell, run, runAll } from '../support/router.ts';
import { schemaErrors } from '../support/schema.ts';
import { commit, HORSE, openHouse, sitDown, type House } from '../support/visit.ts';

const ADA = 'system login user ada class operator';
const MINUTE = 60e9;

const recorded = ({ audit, state }: House) => {
  audit.flush();
  const rows = state.audit.page({}, AUDIT_END, 1000).toReversed();
  return rows.map(({ kind, user, address, text, result, count }) =>
    [kind, user, address, text, result, count].filter((part) => part !== undefined && part !== '').join(' '),
  );
};

describe('at a terminal', () => {
  test('somebody works until they leave, and all of it is recorded', async () => {
    const house = await openHouse(ADA);
    const { left, say } = await sitDown(house, 'ada');
    expect(house.logins.all).toMatchObject([{ id: 1, origin: { way: 'ssh' } }]);
    await say('show cli\r', 'screen-length');
    await say('configure\r', 'Unknown word');
    await say('show bogus hunter2\r', 'bogus');
    await say('exit\r', 'exit');
    await left;
    expect(house.logins.all).toEqual([]);
    const from = 'ada 192.0.2.9:51234';
    expect(recorded(house)).toEqual([
      `login ${from} class operator done 1`,
      `command ${from} show cli done 1`,
      `refusal ${from} unknown-word 1`,
      `refusal ${from} show unknown-word 1`,
      `command ${from} exit done 1`,
      `logout ${from} done 1`,
    ]);
  });

  test('whoever has logged in is told what is announced then, and what it hides is shown', async () => {
    const house = await openHouse(ADA, String.raw`system login announcement "Be careful,\n\tada: \\\\n"`);
    const { terminal, screen } = await sitDown(house, 'ada');
    await terminal.settle();
    expect(screen().trimEnd()).toBe('Be careful,\n        ada: \\n\ndnRouter#');
    await commit(house, 'system login announcement later');
    const { screen: next, terminal: nextTerminal } = await sitDown(house, 'ada');
    await nextTerminal.settle();
    expect(next().trimEnd()).toBe('later\ndnRouter#');
    expect(screen()).not.toContain('later');
  });

  test('the stay ends with the signal, and the terminal is given back at once', async () => {
    const { terminal, left, stop } = await sitDown(await openHouse(ADA), 'ada');
    expect(terminal.screen.pasteMode).toBe(true);
    stop.abort();
    expect(terminal.screen.pasteMode).toBe(false);
    await left;
  });

  test('a line beyond the limit is refused with the limit', async () => {
    const { say } = await sitDown(await openHouse(ADA), 'ada');
    await say(
      `${'x'.repeat(LINE_CHARACTERS_MAX + 1)}\r`,
      `Line is longer than ${LINE_CHARACTERS_MAX} characters.`,
    );
  });

  test('another class is felt at once: in prompt, help and what runs', async () => {
    const house = await openHouse('system login user ada class system');
    const { screen, say, terminal } = await sitDown(house, 'ada');
    await say('configure\r', 'dnRouter(cfg)#');
    await terminal.type('sh');
    await commit(house, ADA);
    await terminal.settle();
    expect(screen().trimEnd().endsWith('\ndnRouter# sh')).toBe(true);
    await say('\x03monitor services twamp sessions\r', '');
    const watches = (): boolean => terminal.screen.alternate;
    while (!watches()) await terminal.settle();
    await commit(house, 'system login user ada class viewer');
    while (watches()) await terminal.settle();
    await say('clear twamp statistics\r', "Unknown word: 'clear'.");
    await say('monitor ?', 'No valid completions');
  });

  test('a class that its user keeps can change as well', async () => {
    const house = await openHouse(
      'system login class noc permissions [ view clear ]',
      'system login user ada class noc',
    );
    const { say } = await sitDown(house, 'ada');
    await say('clear ?', 'Clear TWAMP information');
    await commit(house, 'delete system login class noc permissions clear');
    await say('\x03clear\r', "Unknown word: 'clear'.");
  });

  test('a removed user is out at once, also amid a measurement', async () => {
    const house = await openHouse(ADA);
    const { left, screen, say } = await sitDown(house, 'ada');
    await say('twping 198.51.100.1 light count 1000000\r', 'twping');
    await commit(house, 'delete system login user ada');
    await left;
    expect(screen()).toContain('Logged out, the user was removed.');
    expect(house.logins.all).toEqual([]);
  });

  test('others log somebody out by name or number, and only those who may', async () => {
    const house = await openHouse(ADA, 'system login user bob');
    const [ada, bob] = [await sitDown(house, 'ada'), await sitDown(house, 'bob')];
    const owner = await openShell(house, { user: 'root' });
    expect(await runAll(owner, 'show system users | match ada')).toMatch(
      /\| 1 +\| ada +\| operator +\| ssh +\| 192/,
    );
    let onScreen = '';
    const sink = { write: (text: string) => void (onScreen += text) };
    const nextSignal = (): AbortSignal => new AbortController().signal;
    await owner.execute('show system users', { sink, nextSignal, columns: 80 });
    expect(Math.max(...onScreen.split('\n').map((line) => line.length))).toBe(80);
    for (const [command, schema] of [
      ['show system users', 'show-system-users'],
      ['show system audit', 'show-system-audit'],
    ] as const) {
      expect(schemaErrors(schema, await runAll(owner, `${command} | display json`))).toBeUndefined();
    }
    await runAll(owner, 'request system logout user ada');
    await ada.left;
    expect(ada.screen()).toContain('Logged out by root.');
    await runAll(owner, 'request system logout id 2');
    await bob.left;
    expect((await run(owner, 'request system logout id 2')).outcome).toMatchObject({
      text: 'ERROR: Login 2 is not logged in (show system users).',
    });
    const system = await openShell(house, { className: 'system' });
    expect((await run(system, 'request system logout user ada')).outcome).toMatchObject({ status: 'failed' });
    expect(recorded(house)).toContain('logout ada 192.0.2.9:51234 logged-out 1');
  });

  test.each([
    ['is logged out', (house: House) => void house.router.people.logout({ user: 'ada' }, 'root')],
    ['is cut off', (_: House, stop: AbortController) => stop.abort()],
  ])('whoever edits exclusively and %s keeps nobody from it any longer', async (_, end) => {
    const house = await openHouse('system login user ada class super-user');
    const { left, say, stop } = await sitDown(house, 'ada');
    await say('configure exclusive\r', '(cfg)#');
    await say('set system host-name lost\r', 'lost');
    const owner = await openShell(house, { candidate: 'shared' });
    await runAll(owner, 'configure');
    expect((await run(owner, 'set system host-name r1')).outcome).toMatchObject({
      text: expect.stringMatching(
        /^ERROR: configuration database locked by:\n {2}ada terminal ssh/,
      ) as string,
    });
    end(house, stop);
    await left;
    await runAll(owner, 'set system host-name r1', 'commit');
    expect(house.router.configuration.configuration.system['host-name']).toBe('r1');
  });

  test('news come above the line that is typed, and no answer is taken for a line', async () => {
    const house = await openHouse('system login user ada class super-user cli-style junos');
    const { terminal, say, screen } = await sitDown(house, 'ada');
    const owner = await openShell(house, { candidate: 'shared' });
    await runAll(owner, 'configure', 'set system host-name r1', 'commit confirmed 2');
    await say('show ver', 'show ver');
    await house.time.pass(2 * MINUTE);
    await terminal.settle();
    expect(screen()).toMatch(
      /ada@r1> show ver\nCommit was not confirmed; automatic rollback complete\.\nada@dnRouter> show ver$/,
    );
    await say('sion\r', '1.2.3');
    await runAll(owner, 'set system host-name r1', 'commit confirmed 2');
    await say('configure\r', '[edit]');
    await say('set system host-name x\r', 'host-name x');
    await say('exit\r', '(yes)');
    await house.time.pass(2 * MINUTE);
    await terminal.settle();
    expect(screen()).toMatch(
      /\(yes\) ?\nCommit was not confirmed; automatic rollback complete\.\nThe configuration .*\nExit with uncommitted changes\? \[yes,no\] \(yes\) ?$/,
    );
  });

  test.each([
    [
      'the class',
      [
        'system login class noc permissions view',
        'system login class noc idle-timeout 5',
        'system login user ada class noc',
      ],
      '',
      5,
    ],
    ['all logins', [ADA, 'system login idle-timeout 7'], '', 7],
    ['the login itself', [ADA, 'system login idle-timeout 7'], 'set cli idle-timeout 3\r', 3],
    ['the sooner of both', [ADA, 'system login idle-timeout 7'], 'set cli idle-timeout 60\r', 7],
  ])('nobody idle stays longer than %s allows', async (_, lines, keys, minutes) => {
    const house = await openHouse(...lines);
    const { screen, say, over, terminal, left } = await sitDown(house, 'ada');
    if (keys !== '') await say(keys, 'Idle timeout set');
    await house.time.pass(minutes * MINUTE - 2e9);
    await terminal.type('x');
    await house.time.pass(minutes * MINUTE - 2e9);
    await terminal.settle();
    expect(over()).toBe(false);
    await house.time.pass(4e9);
    await left;
    expect(screen()).toContain('Idle timeout exceeded: closing session');
    expect(recorded(house).at(-1)).toContain('logout ada 192.0.2.9:51234 idle');
  });

  test('what is shown is no sign of life: whoever only watches is idle', async () => {
    const house = await openHouse(ADA, 'system login idle-timeout 7');
    const { terminal, left, over, screen } = await sitDown(house, 'ada');
    await terminal.type('monitor services twamp sessions\r');
    while (!terminal.screen.alternate) await terminal.settle();
    await house.time.pass(7 * MINUTE - 2e9);
    await terminal.settle();
    expect(over()).toBe(false);
    await house.time.pass(4e9);
    await left;
    expect(terminal.screen.alternate).toBe(false);
    expect(screen()).toContain('Idle timeout exceeded: closing session');
  });

  test('a key keeps alive whoever watches', async () => {
    const house = await openHouse(ADA, 'system login idle-timeout 7');
    const { terminal, over } = await sitDown(house, 'ada');
    await terminal.type('monitor services twamp sessions\r');
    while (!terminal.screen.alternate) await terminal.settle();
    await house.time.pass(7 * MINUTE - 2e9);
    await terminal.type('h');
    await house.time.pass(7 * MINUTE - 2e9);
    await terminal.settle();
    expect(over()).toBe(false);
  });

  test('secrets are in neither history nor record', async () => {
    const house = await openHouse();
    const { say, screen, terminal } = await sitDown(house, 'root');
    const path = 'services rpm twamp server authentication-key-chain lab key-id ada secret';
    await say('configure\r', '(cfg)');
    await say('show\r', '(cfg)# show');
    await say(`set ${path} hunter2\r`, 'hunter2');
    await say(`set ${path} hunter2 bogus\r`, 'bogus');
    await terminal.settle();
    await terminal.type('\x1b[A');
    expect(screen().trimEnd().endsWith('(cfg)# show')).toBe(true);
    await terminal.type('\x03');
    const record = recorded(house).join('\n');
    expect(record).toContain(`set ${path} ***** done`);
    expect(record).toContain(`set ${path} ***** unknown-word`);
    expect(record).not.toContain('hunter2');
  });
});

test('the record is shown by user, kind, time, number and pattern', async () => {
  const house = await openHouse(ADA);
  const owner = await openShell(house, { user: 'root' });
  const { say } = await sitDown(house, 'ada');
  for (const command of ['show cli', 'show version', 'show services twamp sessions'])
    await say(`${command}\r`, command.endsWith('sessions') ? 'Total displayed sessions' : command);
  house.audit.flush();
  const shown = async (options: string): Promise<string[]> => {
    const text = await runAll(owner, `show system audit ${options} | display json`);
    return (JSON.parse(text) as { audit: { text: string }[] }).audit.map((row) => row.text);
  };
  expect(await shown('user ada kind command')).toEqual([
    'show cli',
    'show version',
    'show services twamp sessions',
  ]);
  expect(await shown('user ada last 1')).toEqual(['show services twamp sessions']);
  expect(await shown('match "VERSION|cli" last 2')).toEqual(['show cli', 'show version']);
  expect(await shown('kind login')).toEqual(['class operator']);
  expect(await shown('user bob')).toEqual([]);
  expect(await shown('since 2199-01-01.00:00:00')).toEqual([]);
  expect(await runAll(owner, 'show system audit kind login')).toMatch(
    /\| login \| ada +\| ssh +\| 192.0.2.9:51234/,
  );
});

describe('passwords', () => {
  test('are typed twice, unseen, and kept hashed', async () => {
    const house = await openHouse(ADA);
    const { say, screen, terminal } = await sitDown(house, 'root');
    await say('configure\r', '(cfg)');
    const set = 'set system login user ada authentication plain-text-password\r';
    await say(set, 'New password:');
    await say('correct horse\r', 'Retype new password:');
    await say('correct hearse\r', 'The passwords differ');
    await say(`${set}short\r`, 'at least 6 characters');
    await terminal.type(set);
    while (screen().split('New password:').length < 4) await terminal.settle();
    await say('\x03', 'No password was given');
    await say(`${set}correct horse\rcorrect horse\rcommit\r`, 'Commit succeeded');
    expect(screen()).not.toMatch(/horse|hearse|short/);
    expect(await house.accounts.authenticate('ada', 'correct horse')).toBeDefined();
    await say('show system login user ada\r', 'encrypted-password $scrypt$');
  });

  test('are hashed also in VyOS’ spelling, and asked for nowhere else', async () => {
    const house = await openHouse(ADA);
    const path = 'system login user ada authentication';
    await commit(house, `${path} plaintext-password "correct horse"`);
    expect(await house.accounts.authenticate('ada', 'correct horse')).toBeDefined();
    const owner = await openShell(house);
    await runAll(owner, 'configure');
    expect((await run(owner, `set ${path} plain-text-password`)).outcome).toMatchObject({
      text: 'ERROR: A password can be asked for on a terminal only.',
    });
    const noSecret = await openShell(house, { className: 'super-user' });
    expect(await runAll(noSecret, 'show configuration system login')).not.toContain('horse');
  });

  test('of their own a viewer changes, knowing the old one, whatever others edit', async () => {
    const house = await openHouse(
      'system login user ada',
      `system login user ada authentication encrypted-password ${HORSE}`,
    );
    const editor = await openShell(house, { candidate: 'shared' });
    await runAll(editor, 'configure', 'set system host-name other');
    const { say, screen } = await sitDown(house, 'ada');
    await say('set cli password\rwrong password\r', 'Wrong password');
    await say('set cli password\rcorrect horse\rbattery staple\rbattery staple\r', 'Password changed');
    expect(screen()).not.toMatch(/horse|staple/);
    expect(await house.accounts.authenticate('ada', 'correct horse')).toBeUndefined();
    expect(await house.accounts.authenticate('ada', 'battery staple')).toBeDefined();
    expect(house.router.configuration.archive.get(0)).toMatchObject({ user: 'ada' });
    await runAll(editor, 'commit');
    expect(await house.accounts.authenticate('ada', 'battery staple')).toBeDefined();
    expect(house.router.configuration.configuration.system['host-name']).toBe('other');
    expect(recorded(house)).toContain('commit ada 192.0.2.9:51234 set cli password done 1');
  });

  test('the console’s owner has none of ours', async () => {
    const { say } = await sitDown(await openHouse(), 'root');
    await say('set cli password\r', "The console's owner has no password here");
  });
});

describe('with a batch', () => {
  const output = () => {
    const seen = { out: '', errors: [] as string[] };
    const sink = { write: (text: string) => void (seen.out += text) };
    return { seen, to: { out: sink, error: (line: string) => void seen.errors.push(line) } };
  };
  const visitorOf = (house: House): Visitor => ({
    identity: house.accounts.identity('ada')!,
    origin: { way: 'ssh', address: '192.0.2.9:1' },
  });
  const options = { stopOnError: false, signal: new AbortController().signal };

  test('lines run in order, with the exit status', async () => {
    const house = await openHouse(ADA);
    const { seen, to } = output();
    const lines = ['show version | count', 'configure', 'show version | count', '# remark', ''];
    expect(await house.reception.batch(visitorOf(house), lines, to, options)).toBe(1);
    expect(seen).toEqual({
      out: 'lines: 2\nlines: 2\n',
      errors: ["line 2: ERROR: Unknown word: 'configure'."],
    });
    expect(recorded(house)).toContain('command ada 192.0.2.9:1 show version | count done 2');
  });

  test('a line is a sign of life, also one that prints nothing', async () => {
    const house = await openHouse(ADA, 'system login idle-timeout 1');
    const { to } = output();
    const pass = async (): Promise<void> => house.time.pass(MINUTE - 2e9);
    async function* lines(): AsyncIterable<string> {
      await pass();
      yield 'set cli screen-length 0 | no-more | match nothing';
      await pass();
      yield 'set cli screen-length 0 | no-more | match nothing';
      await pass();
    }
    await house.reception.batch(visitorOf(house), lines(), to, options);
    expect(recorded(house).at(-1)).toBe('logout ada 192.0.2.9:1 done 1');
  });

  test('an end does not wait for the next line', async () => {
    const house = await openHouse(ADA);
    async function* lines(): AsyncIterable<string> {
      yield 'show cli';
      await new Promise(() => undefined);
    }
    const { seen, to } = output();
    const status = house.reception.batch(visitorOf(house), lines(), to, options);
    await commit(house, 'delete system login user ada');
    expect(await status).toBe(1);
    expect(seen.errors).toEqual(['Logged out, the user was removed.']);
  });
});

/** Aliases: what they stand for, where they count, whose they are, and what they must not have in them. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { ALIASES_MAX } from '../../src/access/aliases.ts';
import { ALIAS_WORDS_CHARACTERS_MAX } from '../../src/commands/aliases.ts';
import type { Done } from '../../src/shell/login.ts';
import { openShell, run, runAll, startRouter } from '../support/router.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { commit, openHouse, sitDown } from '../support/visit.ts';

const KEY = 'services rpm twamp server authentication-key-chain k key-id 1 secret';

async function refusal(shell: Parameters<typeof run>[0], line: string): Promise<string> {
  const { outcome } = await run(shell, line);
  return outcome.status === 'failed' ? outcome.text : outcome.status;
}

describe('an alias', () => {
  test('stands for the words with which a line begins, and more may follow, also pipes', async () => {
    const shell = await openShell(await startRouter());
    await runAll(shell, 'set cli alias tss "show services twamp sessions"');
    expect(await runAll(shell, 'tss type data')).toBe(
      await runAll(shell, 'show services twamp sessions type data'),
    );
    expect(await runAll(shell, 'tss | count')).toMatch(/^lines: \d+\n$/);
    await runAll(shell, 'set cli alias tss "show version | count"');
    expect(await runAll(shell, ' tss')).toMatch(/^lines: \d+\n$/);
  });

  test('is a word of configuration mode, too, and of what is run there', async () => {
    const shell = await openShell(await startRouter());
    await runAll(shell, 'set cli alias cc "commit check"', 'set cli alias vv "show version"', 'configure');
    await runAll(shell, 'cc', 'edit services rpm', 'cc');
    expect(await runAll(shell, 'run vv')).toContain('Version');
    expect(await refusal(shell, 'set cc')).toContain("Unknown word: 'cc'");
  });

  test.each(['show', 'sh', 's', 'configure', 'stty', 'cli'])(
    'cannot be called %s, which begins a command',
    async (name) => {
      const shell = await openShell(await startRouter());
      expect(await refusal(shell, `set cli alias ${name} "show version"`)).toBe(
        `ERROR: '${name}' begins a command; an alias cannot take its place.`,
      );
    },
  );

  test('never wins over a command that its user may run since', async () => {
    const test = await startRouter();
    const viewer = await openShell(test, { className: 'viewer' });
    await runAll(viewer, 'set cli alias configure "show version"');
    expect(await runAll(viewer, 'configure')).toContain('Version');
    const able = await openShell(test);
    expect(able.help('con')).not.toContain('Alias');
    await runAll(able, 'configure');
    expect(able.login.editing).toBeDefined();
  });

  test('is looked up once: one in another, or in itself, is an unknown word', async () => {
    const shell = await openShell(await startRouter());
    await runAll(shell, 'set cli alias one "two"', 'set cli alias two "one"', 'set cli alias me "me me"');
    expect(await refusal(shell, 'one')).toBe("ERROR: Unknown word: 'two'.");
    expect(await refusal(shell, 'me')).toBe("ERROR: Unknown word: 'me'.");
  });

  test('gives no right', async () => {
    const viewer = await openShell(await startRouter(), { className: 'viewer' });
    await runAll(viewer, 'set cli alias cfg "configure"', 'set cli alias au "show system audit"');
    expect(await refusal(viewer, 'cfg')).toContain("Unknown word: 'configure'");
    expect(await refusal(viewer, 'au')).toContain("Unknown word: 'audit'");
    expect(viewer.help('au ')).toBe('No valid completions\n');
  });

  test('is a word only where it is not quoted', async () => {
    const shell = await openShell(await startRouter());
    await runAll(shell, 'set cli alias vv "show version"');
    expect(await refusal(shell, '"vv"')).toContain('Unknown word');
  });

  test('leaves the caret under what was typed', async () => {
    const shell = await openShell(await startRouter());
    await runAll(shell, 'set cli alias vv "show version"', 'set cli alias bad "show versoin"');
    const column = async (line: string): Promise<number | undefined> => {
      const { outcome } = await run(shell, line);
      return outcome.status === 'failed' ? outcome.column : undefined;
    };
    expect(await column('vv now')).toBe('vv '.length);
    expect(await column(' bad')).toBe(1);
    expect(await column('vv | nonsense')).toBe('vv | '.length);
  });

  test('can be taken back, once', async () => {
    const shell = await openShell(await startRouter());
    await runAll(shell, 'set cli alias vv "show version"', 'unset cli alias vv');
    expect(await refusal(shell, 'unset cli alias vv')).toBe("ERROR: You have no alias 'vv'.");
    expect(await refusal(shell, 'vv')).toContain('Unknown word');
  });

  test.each(['""', '"  "', '"| count"', '"# show"', String.raw`"show \"version"`])(
    'of words that begin no line is refused: %s',
    async (words) => {
      const shell = await openShell(await startRouter());
      expect(await refusal(shell, `set cli alias vv ${words}`)).toMatch(
        /These words begin no line|Invalid value/,
      );
    },
  );

  test('of words that only configuration mode has a meaning for does nothing in the other', async () => {
    const shell = await openShell(await startRouter());
    await runAll(shell, 'set cli alias vv "! up"', 'vv');
    expect(await runAll(shell, 'show cli alias')).toBe('  vv                   ! up\n');
  });

  test(`stands for at most ${ALIAS_WORDS_CHARACTERS_MAX} characters`, async () => {
    const shell = await openShell(await startRouter());
    const words = (length: number): string => 'show '.padEnd(length, 'x');
    await runAll(shell, `set cli alias vv "${words(ALIAS_WORDS_CHARACTERS_MAX)}"`);
    expect(await refusal(shell, `set cli alias vv "${words(ALIAS_WORDS_CHARACTERS_MAX + 1)}"`)).toBe(
      'ERROR: An alias stands for at most 1024 characters.',
    );
  });

  test(`is one of at most ${ALIASES_MAX} of a user`, async () => {
    const shell = await openShell(await startRouter());
    for (let index = 0; index < ALIASES_MAX; index += 1)
      await runAll(shell, `set cli alias a${index} "show version"`);
    expect(await refusal(shell, 'set cli alias more "show version"')).toBe(
      `ERROR: You have ${ALIASES_MAX} aliases already.`,
    );
    await runAll(shell, 'set cli alias a0 "show cli"', 'unset cli alias a1', 'set cli alias more "show cli"');
  });
});

describe('help and completion', () => {
  test('list aliases beside commands, and what may follow them', async () => {
    const shell = await openShell(await startRouter(), { className: 'viewer' });
    await runAll(shell, 'set cli alias tss "show services twamp sessions"', 'set cli alias sex "show"');
    expect(shell.help('')).toContain("  tss                  Alias of 'show services twamp sessions'\n");
    expect(shell.help('ts')).toContain('tss ');
    expect(shell.help('tss ')).toContain('  connection-id ');
    expect(shell.help('tss | ')).toContain('  count ');
    expect(shell.help('show ')).not.toContain('Alias');
    expect(shell.help('unset cli alias ')).toMatch(/ {2}sex +show\n {2}tss +show services twamp sessions\n/);
    expect(shell.complete('ts', 'tab').insert).toBe('s ');
    expect(shell.complete('tss conn', 'tab').insert).toBe('ection-id ');
  });

  test('an alias makes no key mean less', async () => {
    const shell = await openShell(await startRouter(), { className: 'viewer' });
    await runAll(shell, 'set cli alias sex "show"');
    expect(shell.complete('se', 'tab').insert).toBe('t ');
    expect(shell.complete('se', 'space').insert).toBe('t ');
    expect(shell.complete('sex', 'space').insert).toBe(' ');
    expect(shell.help('se')).toContain('sex');
  });
});

describe('secrets', () => {
  test.each([
    `set ${KEY} hunter2`,
    `services rpm twamp server authentication-key-chain k key-id 1 secret hunter2`,
    'set system login user u authentication plaintext-password hunter2',
    'set key-id 1 secret hunter2',
    'secret hunter2',
    'sec hunter2',
    'set service twamp server user u password hunter2',
    `set cli alias other \\"set ${KEY} hunter2\\"`,
    `run set cli alias other \\"set ${KEY} hunter2\\"`,
  ])('are refused in an alias, and nothing of them is kept: %s', async (words) => {
    const directory = temporaryDirectory();
    const test = await startRouter(directory);
    const shell = await openShell(test);
    const done: Done[] = [];
    shell.login.account = (each) => done.push(each);
    const line = `set cli alias key "${words}"`;
    expect(await refusal(shell, line)).toBe(
      'ERROR: An alias cannot have a secret in its words, nothing was changed.',
    );
    expect(shell.keptOf(line)).toBeUndefined();
    await run(shell, `${line} more`);
    await run(shell, `${line} | nonsense`);
    expect(shell.keptOf(`${line} more`)).toBeUndefined();
    expect(JSON.stringify(done)).not.toContain('hunter2');
    expect(done[0]!.text).toBe('set cli alias key *****');
    expect(await runAll(shell, 'show cli alias')).toBe('');
    await test.close();
    for (const file of readdirSync(directory))
      expect(readFileSync(join(directory, file)).includes('hunter2'), file).toBe(false);
  });

  test('typed behind an alias are masked in the record, and such a line is not remembered', async () => {
    const shell = await openShell(await startRouter());
    const done: Done[] = [];
    await runAll(shell, `set cli alias key "set ${KEY}"`, 'configure');
    shell.login.account = (each) => done.push(each);
    await runAll(shell, 'key hunter2');
    expect(done).toEqual([{ kind: 'command', text: `set ${KEY} *****`, result: 'done' }]);
    expect(shell.keptOf('key hunter2')).toBeUndefined();
    expect(shell.keptOf('key')).toBe('key');
    expect(shell.keptOf('key "hunter2')).toBe('key');
  });
});

test('the record has what truly ran, and what was refused up to the word', async () => {
  const shell = await openShell(await startRouter());
  const done: Done[] = [];
  await runAll(shell, 'set cli alias vv "show version"');
  shell.login.account = (each) => done.push(each);
  await run(shell, 'vv');
  await run(shell, 'vv nonsense');
  expect(done.map(({ kind, text }) => [kind, text])).toEqual([
    ['command', 'show version'],
    ['refusal', 'show version'],
  ]);
  expect(shell.keptOf('vv nonsense')).toBe('vv');
});

describe('aliases are of a user', () => {
  const ADA = 'system login user ada class viewer';

  test('at all logins, at once, also after a restart of the router', async () => {
    const directory = temporaryDirectory();
    const before = await startRouter(directory);
    const one = await openShell(before);
    const other = await openShell(before);
    await runAll(one, 'set cli alias vv "show version"');
    expect(await runAll(other, 'vv')).toContain('Version');
    await before.close();
    const after = await startRouter(directory);
    expect(await runAll(await openShell(after), 'vv')).toContain('Version');
  });

  test('and of nobody else, and go with them', async () => {
    const house = await openHouse(ADA, 'system login user eve class viewer');
    const at = async (user: string, line: string, mark: string): Promise<string> => {
      const { screen, say, terminal, left } = await sitDown(house, user);
      await say(`${line}\r`, mark);
      await terminal.type('exit\r');
      await left;
      return screen();
    };
    await at('ada', 'set cli alias vv "show version"\rvv', 'Version');
    await at('eve', 'vv', "Unknown word: 'vv'");
    await commit(house, 'delete system login user ada');
    await commit(house, ADA);
    await at('ada', 'vv', "Unknown word: 'vv'");
  });
});

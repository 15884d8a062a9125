/** `load` and `save`: every mode, from files and lines, for those who may. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { isPassword } from '../../src/config/passwords.ts';
import { getAt } from '../../src/config/tree.ts';
import { runBatch } from '../../src/shell/batch.ts';
import { BATCH_LINE_CHARACTERS_MAX } from '../../src/shell/text-of-lines.ts';
import type { Shell } from '../../src/shell/shell.ts';
import { openShell, run, runAll, startRouter, type ShellOptions } from '../support/router.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

const SERVER = 'services rpm twamp server';

async function editor(options: ShellOptions = {}) {
  const test = await startRouter();
  const shell = await openShell(test, options);
  await runAll(shell, 'configure');
  const directory = temporaryDirectory();
  return { test, shell, file: (name: string) => join(directory, name) };
}

/** Runs lines as a batch; what was printed, and what went wrong. */
async function batch(shell: Shell, lines: readonly string[]) {
  let out = '';
  const errors: string[] = [];
  await runBatch(
    shell,
    lines,
    { out: { write: (text) => void (out += text) }, error: (line) => void errors.push(line) },
    { stopOnError: false, signal: new AbortController().signal },
  );
  return { out, errors: errors.filter((line) => !line.includes('uncommitted changes')) };
}

const candidateLines = (shell: Shell) => runAll(shell, 'show | display set');

describe('modes', () => {
  const before = [
    `set ${SERVER} port 8620`,
    `set ${SERVER} client-list a address 10.0.0.0/8`,
    'set system host-name r1',
  ];

  it.each<[mode: string, text: string, after: string[]]>([
    [
      'merge',
      `services { rpm { twamp { server { maximum-sessions 5; } } } }`,
      [
        'set system host-name r1',
        `set ${SERVER} maximum-sessions 5`,
        `set ${SERVER} port 8620`,
        `set ${SERVER} client-list a address 10.0.0.0/8`,
      ],
    ],
    ['override', 'system { host-name r2; }', ['set system host-name r2']],
    ['update', 'system { host-name r2; }', ['set system host-name r2']],
    [
      'replace',
      `system { host-name r2; } services { rpm { twamp { replace: server { port 1; } } } }`,
      ['set system host-name r2', `set ${SERVER} port 1`],
    ],
    [
      'merge',
      `services { rpm { twamp { server { delete: client-list a; delete: port; } } } }`,
      ['set system host-name r1', `set ${SERVER}`],
    ],
    [
      'merge',
      '{"configuration": {"services": {"rpm": {"twamp": {"@server": {"operation": "delete"}, "server": {}}}}}}',
      ['set system host-name r1'],
    ],
    [
      'merge',
      '<configuration><services><rpm><twamp><server operation="replace"><port>1</port></server></twamp></rpm></services></configuration>',
      ['set system host-name r1', `set ${SERVER} port 1`],
    ],
    [
      'set',
      `delete system\nedit ${SERVER}\nset port 1\ntop\nset services rpm twamp server maximum-sessions 7`,
      [
        `set ${SERVER} maximum-sessions 7`,
        `set ${SERVER} port 1`,
        `set ${SERVER} client-list a address 10.0.0.0/8`,
      ],
    ],
    [
      'patch',
      `[edit system]\n-   host-name r1;\n+   host-name r2;\n[edit ${SERVER}]\n-   client-list a {\n-       address {\n-           10.0.0.0/8;\n-       }\n-   }`,
      ['set system host-name r2', `set ${SERVER} port 8620`],
    ],
  ])('%s %s', async (mode, text, after) => {
    const { shell, file } = await editor();
    await runAll(shell, ...before);
    writeFileSync(file('text'), text);
    await runAll(shell, `load ${mode} ${file('text')}`);
    expect((await candidateLines(shell)).trim().split('\n')).toEqual(after);
  });

  it('relative is at the level that is edited, in whatever words that was entered', async () => {
    const { shell, file } = await editor();
    writeFileSync(file('braces'), 'port 1;\nclient-list a { address { 10.0.0.0/8; } }');
    writeFileSync(file('lines'), 'set maximum-connections 7');
    writeFileSync(file('json'), '{"maximum-sessions": 9}');
    await runAll(shell, 'edit service twamp server');
    await runAll(shell, `load merge ${file('braces')} relative`, `load set ${file('lines')} relative`);
    await runAll(shell, `load merge ${file('json')} relative json`, 'top');
    expect(await candidateLines(shell)).toBe(
      `set ${SERVER} maximum-sessions 9\nset ${SERVER} maximum-connections 7\nset ${SERVER} port 1\nset ${SERVER} client-list a address 10.0.0.0/8\n`,
    );
  });

  it('what show | compare prints is a patch that makes the change again', async () => {
    const { shell, test, file } = await editor();
    await runAll(shell, ...before, 'commit', 'delete services', 'set system host-name "r3"');
    const patch = await runAll(shell, 'show | compare');
    const changed = await candidateLines(shell);
    writeFileSync(file('patch'), patch);
    const other = await openShell(test);
    await runAll(other, 'configure', `load patch ${file('patch')}`);
    expect(await candidateLines(other)).toBe(changed);
  });
});

describe('other vendors', () => {
  it('VyOS loads and merges files, and saves', async () => {
    const { shell, file } = await editor({ style: 'vyos' });
    await runAll(shell, 'set service twamp server port 8620');
    expect(await runAll(shell, `save ${file('a')}`)).toContain('Done');
    expect(await runAll(shell, 'save')).toContain('Done');
    await runAll(shell, 'delete service', 'set system host-name r1', `merge ${file('a')}`);
    expect(await candidateLines(shell)).toBe(`set system host-name r1\nset ${SERVER} port 8620\n`);
    expect(await runAll(shell, `load ${file('a')}`)).toContain('Load complete');
    expect(await candidateLines(shell)).toBe(`set ${SERVER} port 8620\n`);
  });

  it('lines of DNOS stand below each other, and ! ends a level', async () => {
    const { shell, file } = await editor();
    writeFileSync(
      file('dnos'),
      'services\n  twamp\n    admin-state enabled\n    timers\n      server-timeout 900\n    !\n    vrf red\n      client-list 10.0.0.0/8\n    !\n  !\n!\nsystem\n  host-name r1\n',
    );
    await runAll(shell, `load override ${file('dnos')}`);
    expect((await candidateLines(shell)).trim().split('\n')).toEqual([
      'set system host-name r1',
      `set ${SERVER} admin-state enabled`,
      `set ${SERVER} routing-instance-list red`,
      `set ${SERVER} server-inactivity-timeout 15`,
      `set ${SERVER} client-list vrf-red type deny`,
      `set ${SERVER} client-list vrf-red address 10.0.0.0/8 routing-instance red`,
    ]);
  });
});

describe('save', () => {
  it('writes the level and what is above it, which loads as it was', async () => {
    const { shell, file } = await editor();
    await runAll(shell, `set ${SERVER} port 8620`, 'set system host-name r1', 'edit services rpm');
    await runAll(shell, `save ${file('a')}`);
    expect(readFileSync(file('a'), 'utf8')).toMatch(/^services {\n {4}rpm {\n/);
    await runAll(shell, 'top', `load override ${file('a')}`);
    expect(await candidateLines(shell)).toBe(`set ${SERVER} port 8620\n`);
  });

  it('of what may not be seen writes nothing', async () => {
    const { shell, test, file } = await editor({ className: 'interface-control', user: 'ivy' });
    await runAll(shell, `set ${SERVER} port 8620`, `save ${file('mine')}`, 'commit');
    const admin = await openShell(test);
    await runAll(admin, 'configure', 'set system login class c permissions view', 'commit');
    expect(await runAll(shell, `load merge ${file('mine')}`, `save ${file('mine')}`, 'show')).not.toContain(
      'login',
    );
  });
});

describe('lines of a batch', () => {
  it('belong to the command up to Ctrl-D or a dot, and what follows is commands again', async () => {
    const { shell } = await editor();
    const given = await batch(shell, [
      'load merge terminal',
      'system {',
      '    host-name r1;\r',
      '}',
      '.',
      'load set terminal',
      'set system bogus',
      '\x04',
      'nonsense',
      'load merge terminal',
      `services { rpm { twamp { server { port 1; } } } }`,
    ]);
    expect(given).toEqual({
      out: 'Configuration load complete\nConfiguration load complete\n',
      errors: [
        "line 6: ERROR: Nothing was loaded (1 error):\n  terminal:1: set system: unknown word 'bogus'",
        "line 9: ERROR: Unknown word: 'nonsense'.",
      ],
    });
    expect(await candidateLines(shell)).toBe(`set system host-name r1\nset ${SERVER} port 1\n`);
  });

  it('are not cut where one is too long', async () => {
    const { shell } = await editor();
    const long = `set system host-name r1 #${'x'.repeat(BATCH_LINE_CHARACTERS_MAX)}`;
    const { errors } = await batch(shell, ['load set terminal', long, '.', 'show | count']);
    expect(errors).toEqual(['line 1: ERROR: Line is longer than 65536 characters, nothing was loaded.']);
  });
});

describe('what is refused', () => {
  it('changes nothing, and tells every error with its line', async () => {
    const { shell, file } = await editor();
    writeFileSync(
      file('a'),
      `system { host-name r1; }\nservices { rpm { twamp { server {\n port 0;\n bogus;\n} } } }`,
    );
    const { outcome } = await run(shell, `load merge ${file('a')}`);
    expect(outcome).toMatchObject({
      text: [
        'ERROR: Nothing was loaded (2 errors):',
        `${file('a')}:3: ${SERVER} port: value must be 1..65535, not '0'`,
        `${file('a')}:4: ${SERVER}: unknown word 'bogus'`,
      ].join('\n'),
    });
    expect(await candidateLines(shell)).toBe('');
  });

  it('what somebody may not change, whatever else there is, and what they may not see has no name', async () => {
    const test = await startRouter();
    const admin = await openShell(test);
    await runAll(admin, 'configure', `set ${SERVER} port 8620`, 'commit', 'exit');
    const shell = await openShell(test, { className: 'system' });
    await runAll(shell, 'configure');
    const load = async (...lines: string[]) =>
      (await batch(shell, ['load merge terminal', ...lines, '.'])).errors;
    expect(
      await load('system { host-name r1; }', `services { rpm { twamp { server { port 1; } } } }`),
    ).toEqual(["line 1: ERROR: Nothing was changed: you may not change 'services rpm twamp server port'."]);
    expect(await load('system { login { user x; } }')).toEqual([
      "line 1: ERROR: Nothing was loaded (1 error):\n  terminal:1: system: unknown word 'login'",
    ]);
    expect(
      await load('system { host-name r1; }', `services { rpm { twamp { server { port 8620; } } } }`),
    ).toEqual([]);
  });

  it('a login without configure', async () => {
    const shell = await openShell(await startRouter(), { className: 'operator' });
    expect((await run(shell, 'load merge terminal')).outcome).toMatchObject({ status: 'failed' });
  });
});

describe('secrets', () => {
  const CHAIN = 'services rpm twamp client authentication-key-chain one key-id ada secret';

  it('are sealed and hashed on their way in, and load as they are shown, at their own place only', async () => {
    const { shell, test, file } = await editor();
    const path = ['system', 'login', 'user', 'ada', 'authentication', 'encrypted-password'];
    writeFileSync(
      file('a'),
      `set ${CHAIN} hunter2\nset system login user ada authentication plaintext-password hunter22`,
    );
    await runAll(shell, `load set ${file('a')}`, `save ${file('b')}`);
    const saved = readFileSync(file('b'), 'utf8');
    expect(saved).not.toMatch(/hunter/);
    const tree = shell.login.editing!.candidate.tree;
    expect(await isPassword('hunter22', getAt(tree, path) as string)).toBe(true);
    const other = await openShell(test);
    await runAll(other, 'configure', `load override ${file('b')}`);
    expect(await candidateLines(other)).toBe(await candidateLines(shell));
    writeFileSync(file('c'), saved.replace('key-id ada', 'key-id bob'));
    const { outcome } = await run(other, `load override ${file('c')}`);
    expect(outcome).toMatchObject({ status: 'failed' });
    expect(JSON.stringify(outcome)).toContain(
      ':16: services rpm twamp client authentication-key-chain one key-id bob secret: the secret was sealed for another statement',
    );
  });

  it('that were hidden do not load, and no error shows one', async () => {
    const { shell, file } = await editor({ className: 'interface-control' });
    await runAll(shell, `set ${CHAIN} hunter2`, `save ${file('mine')}`);
    const { outcome } = await run(shell, `load override ${file('mine')}`);
    expect(JSON.stringify(outcome)).toContain('the secret was hidden from whoever saved this');
    const long = `hunter${'2'.repeat(300)}`;
    writeFileSync(file('a'), `set ${CHAIN} ${long}\nset service twamp server user u password ${long}`);
    const admin = await openShell((await editor()).test);
    await runAll(admin, 'configure');
    const refused = await run(admin, `load set ${file('a')}`);
    expect(refused.outcome).toMatchObject({ status: 'failed' });
    expect(JSON.stringify(refused.outcome)).not.toContain('hunter');
    expect(JSON.stringify((await run(admin, `set ${CHAIN} ${long}`)).outcome)).not.toContain('hunter');
  });

  it('a password that is too short is told with its line', async () => {
    const { shell } = await editor();
    const line = 'set system login user ada authentication plaintext-password short';
    const { errors } = await batch(shell, ['load set terminal', '', line, '.']);
    expect(errors.join()).toContain(
      'terminal:2: system login user ada authentication plaintext-password: A password has at least 6 characters',
    );
  });
});

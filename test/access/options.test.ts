/** The program's own options: one table for the command line, its help, completion and the manual page. */
import { execFileSync, spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { completionScript } from '../../src/access/completion.ts';
import {
  completionShells,
  programOptionRows,
  readOptions,
  spellings,
  USAGE,
  UsageError,
} from '../../src/access/options.ts';
import { grammars } from '../support/router.ts';
import { has } from '../support/ssh-router.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

const classNames = [...grammars.classes.keys()];
const MAN_PAGE = join(import.meta.dirname, '../../docs/dnrouter.1');

test('the help, the manual page and every completion name each option', () => {
  const page = readFileSync(MAN_PAGE, 'utf8').replaceAll('\\-', '-');
  for (const row of programOptionRows) {
    const [, { help }] = row;
    for (const word of spellings(row)) {
      expect(USAGE).toContain(word);
      expect(page).toContain(`\\fB${word}\\fR`);
    }
    expect(USAGE).toContain(help);
  }
  for (const line of USAGE.split('\n')) expect(line.length, line).toBeLessThanOrEqual(120);
});

test.each([
  [['--completion', 'tcsh'], '--completion is for bash, zsh, fish'],
  [['--state', ''], '--state needs a directory'],
  [['--daemon', '-c', 'x'], '--daemon takes no commands'],
  [['--nonsense'], "Unknown option '--nonsense'"],
])('%s is refused', (words, message) => {
  expect(() => readOptions(words)).toThrow(new UsageError(message));
});

test('what is not said is off', () => {
  expect(readOptions([])).toEqual({
    help: false,
    version: false,
    login: false,
    daemon: false,
    stopOnError: false,
    state: undefined,
    role: undefined,
    commands: undefined,
    completion: undefined,
  });
});

/** What bash offers for the last of the words, which it has split as it does. */
function offeredByBash(words: readonly string[], cwd?: string): readonly string[] {
  const script = `${completionScript('bash', classNames)}
COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); compopt() { :; }
_dnrouter; printf '%s\\n' "\${COMPREPLY[@]}"`;
  const out = execFileSync('bash', ['-c', script, 'bash', 'dnrouter', ...words], { encoding: 'utf8', cwd });
  return out.split('\n').filter((line) => line !== '');
}

describe.skipIf(!has('bash'))('bash completes', () => {
  test.each([
    [['--st'], ['--state', '--stop-on-error']],
    [['-'], programOptionRows.flatMap(spellings)],
    [['--role', 'oper'], ['operator']],
    [['--role', '=', 'oper'], ['operator']],
    [['--role', '='], classNames],
    [['--completion', ''], completionShells],
    [['-c', 'show'], []],
    [['--login', '--d'], ['--daemon']],
  ])('%j', (words, offered) => {
    expect(offeredByBash(words)).toEqual(offered);
  });

  test('directories alone behind --state', () => {
    const directory = temporaryDirectory();
    mkdirSync(join(directory, 'state one'));
    writeFileSync(join(directory, 'state.txt'), '');
    expect(offeredByBash(['--state', 'st'], directory)).toEqual(['state one']);
  });
});

describe.skipIf(!has('zsh'))('zsh', () => {
  test('reads its script, and defines the completion', () => {
    const script = `autoload -U compinit; compinit -D; ${completionScript('zsh', classNames)}; print $_comps[dnrouter]`;
    expect(execFileSync('zsh', ['-fc', script], { encoding: 'utf8' })).toBe('_dnrouter\n');
  });
});

describe.skipIf(!has('fish'))('fish completes', () => {
  test.each([
    ['dnrouter --st', ['--state', '--stop-on-error']],
    ['dnrouter --role oper', ['operator']],
    ['dnrouter -c show', []],
  ])('%s', (line, offered) => {
    const script = `${completionScript('fish', classNames)}\ncomplete -C '${line}'`;
    const out = execFileSync('fish', ['--no-config', '-c', script], { encoding: 'utf8' });
    expect(
      out
        .split('\n')
        .filter((each) => each !== '')
        .map((each) => each.split('\t')[0]),
    ).toEqual(offered);
  });
});

test('npm puts the manual page where man looks for it', { timeout: 120_000 }, () => {
  const [folder, prefix] = [temporaryDirectory(), temporaryDirectory()];
  const read = readFileSync(join(import.meta.dirname, '../../package.json'), 'utf8');
  const { name, version, bin, man } = JSON.parse(read) as Record<string, unknown>;
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ name, version, bin, man }));
  for (const directory of ['dist', 'docs']) mkdirSync(join(folder, directory));
  writeFileSync(join(folder, 'dist/main.js'), '');
  copyFileSync(MAN_PAGE, join(folder, 'docs/dnrouter.1'));
  const npm = (...words: readonly string[]) =>
    execFileSync('npm', [...words, '--silent'], { cwd: folder, encoding: 'utf8' }).trim();
  npm('install', '--global', '--offline', '--prefix', prefix, join(folder, npm('pack')));
  const installed = readFileSync(join(prefix, 'share/man/man1/dnrouter.1'), 'utf8');
  expect(installed).toBe(readFileSync(MAN_PAGE, 'utf8'));
});

test.skipIf(!has('groff'))('the manual page is roff that groff has nothing to say about', () => {
  const { stdout, stderr } = spawnSync(
    'groff',
    ['-man', '-Tascii', '-P-cbou', '-ww', '-rLL=100n', MAN_PAGE],
    {
      encoding: 'utf8',
    },
  );
  expect(stderr).toBe('');
  expect(stdout).toMatch(/-c, --command COMMAND\s+Run COMMAND; may be given several times\./);
  expect(stdout).toContain('EXIT STATUS');
});

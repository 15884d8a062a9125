/** Pipes: what passes them, in any order, what goes into files, and what they hold. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Refusal } from '../../src/commands/refusal.ts';
import { resolve, type Match } from '../../src/grammar/resolve.ts';
import { tokenize } from '../../src/grammar/tokens.ts';
import { HELD_CHARACTERS_MAX } from '../../src/shell/filters.ts';
import { Pipeline } from '../../src/shell/pipeline.ts';
import { pipingOf } from '../../src/shell/pipes.ts';
import { withoutPrivate } from '../../src/shell/private-data.ts';
import { styles } from '../../src/shell/style.ts';
import { Files } from '../../src/store/files.ts';
import { grammars, openShell, run, runAll, startRouter } from '../support/router.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

const everything = { can: () => true, tree: () => ({}) as never, live: () => [], holdsSecret: () => false };

function matched(pipes: string): Match[] {
  const [, ...sections] = tokenize(`x ${pipes}`).sections;
  return sections.map((words) => {
    const found = resolve(grammars.pipes, words, 0, everything);
    if ('problem' in found) throw new Error(`${pipes}: ${found.problem.code}`);
    return found.match;
  });
}

/** What comes out of the pipes for a text, which goes in in pieces that are not lines. */
async function through(text: string, pipes: string, octets = 7): Promise<string> {
  const { stages } = pipingOf(matched(pipes), { style: styles.dnos, screenful: 3 });
  const files = new Files(temporaryDirectory()).of({ user: 'ada', confined: true });
  const pipeline = await Pipeline.open(stages, files);
  let out = '';
  for (let at = 0; at < text.length; at += octets) {
    out += pipeline.take(text.slice(at, at + octets));
    await pipeline.settle();
  }
  return out + pipeline.end() + (await pipeline.finish());
}

/** vendor-cli §4.8. */
const INTERFACES = `
| Interface       | Admin    |
+-----------------+----------+
| bundle-3        | enabled  |
| bundle-3.200    | abcd     |
| ge100-2/1/1     | disabled |
| ge100-2/1/1.100 | enabled  |
| ge100-3/1/1     | enabled  |
| lo1             | disabled |
`;

const HEADINGS = '| Interface       | Admin    |\n+-----------------+----------+\n';

const rows = (...words: string[]): string =>
  INTERFACES.split('\n')
    .filter((line) => words.some((word) => line.includes(`| ${word} `)))
    .map((line) => `${line}\n`)
    .join('');

describe('DNOS', () => {
  it.each([
    ['find "ge100"', rows('ge100-2/1/1', 'ge100-2/1/1.100', 'ge100-3/1/1', 'lo1')],
    ['find "bundle" trailing 2 | tail 1', rows('ge100-2/1/1')],
    ['find "lo1" leading 2', rows('ge100-2/1/1.100', 'ge100-3/1/1', 'lo1')],
    ['include bundle-3 display-headers', HEADINGS + rows('bundle-3', 'bundle-3.200')],
    ['include BUNDLE-3', rows('bundle-3', 'bundle-3.200')],
    ['include BUNDLE-3 case-sensitive', ''],
    ['include bundle-3 | count', 'lines: 2\n'],
    ['include bundle-3 display-headers | count', 'lines: 4\n'],
    [
      'include regex ge\\d+ display-headers',
      HEADINGS + rows('ge100-2/1/1', 'ge100-2/1/1.100', 'ge100-3/1/1'),
    ],
    ['include bundle-3 | include abcd display-headers', HEADINGS + rows('bundle-3.200')],
    ['include bundle-3 | exclude abcd display-headers', HEADINGS + rows('bundle-3')],
    ['exclude regex bundle-3|ge100 | exclude Interface', `\n+-----------------+----------+\n${rows('lo1')}`],
    ['include bundle-3|abcd', ''],
    ['include 2/1/1.100', rows('ge100-2/1/1.100')],
    ['include lo1 leading 1', rows('ge100-3/1/1', 'lo1')],
    ['include abcd leading 1 trailing 1', rows('bundle-3', 'bundle-3.200', 'ge100-2/1/1')],
    [
      'include regex "bundle-3 |lo1" leading 1',
      `+-----------------+----------+\n${rows('bundle-3')}--\n${rows('ge100-3/1/1', 'lo1')}`,
    ],
    ['include regex "bundle-3 |lo1" trailing 0', `${rows('bundle-3')}--\n${rows('lo1')}`],
  ])('%s', async (pipes, text) => {
    expect(await through(INTERFACES, `| ${pipes}`)).toBe(text);
  });
});

const NUMBERS = Array.from({ length: 200 }, (_, index) => `line ${index + 1}\n`).join('');

describe('in any number and order', () => {
  it.each([
    ['last 2', 'line 199\nline 200\n'],
    ['last', 'line 198\nline 199\nline 200\n'],
    ['last 300 | count', 'lines: 200\n'],
    ['tail | count', 'lines: 100\n'],
    ['count | last 1', 'lines: 200\n'],
    ['match "line 1" | last 3 | except 99 | count', 'lines: 2\n'],
    ['last 3 | match 99', 'line 199\n'],
    ['last 3 | find 199 | trim 5', '199\n200\n'],
    ['trim 5 | match ^7 | last 2', '78\n79\n'],
    ['trim 0 | match 150', 'line 150\n'],
    ['trim 10000 | count', 'lines: 200\n'],
    ['find nowhere', 'Pattern not found\n'],
    ['no-match [2-9] | count', 'lines: 7\n'],
    ['no-more | hold | more | match 150', 'line 150\n'],
  ])('%s', async (pipes, text) => {
    expect(await through(NUMBERS, `| ${pipes}`)).toBe(text);
  });

  it('wide letters are trimmed by columns, and none is cut in two', async () => {
    expect(await through('日本語\n', '| trim 2')).toBe('本語\n');
    expect(await through('日本語\n', '| trim 3')).toBe('語\n');
    expect(await through('日本語\na\n', '| trim 6')).toBe('\n\n');
  });

  it('hold no more text than their limit, and say so', async () => {
    const line = 'x'.repeat(HELD_CHARACTERS_MAX / 4);
    const held = `${line}\n`.repeat(4);
    expect(await through(held, '| last 10 | count', held.length)).toBe('lines: 4\n');
    await expect(through(`${held}y\n`, '| last 10', held.length)).rejects.toThrow(Refusal);
    expect(await through(`${held}y\n`, '| last 4 | count', held.length)).toBe('lines: 4\n');
  });
});

describe('expressions that would hang a backtracking engine', () => {
  it.each(['(a+)+$', '(a|aa)+$', '(.*a){20}$', '(a?){25}a{25}b'])('%s', async (pattern) => {
    const begun = performance.now();
    await through(`${'a'.repeat(2000)}!\n`, `| match "${pattern}" | count`);
    expect(performance.now() - begun).toBeLessThan(5000);
  });

  it.each([
    ['(x', 'missing closing )'],
    ['a{1001}', 'invalid repeat count: {1001}'],
    ['*', 'missing argument to repetition operator'],
    ['[z-a]', 'invalid character class range: z-a'],
    ['(?=x)', 'invalid or unsupported Perl syntax: (?='],
  ])('what is wrong with %s is said', async (pattern, mistake) => {
    const shell = await openShell(await startRouter());
    expect((await run(shell, `show version | match "${pattern}"`)).outcome).toMatchObject({
      text: `ERROR: Invalid value '${pattern}' for pattern, value must be a regular expression (${mistake}).`,
    });
  });
});

describe('files', () => {
  const user = { configured: true, className: 'super-user', user: 'ada' } as const;

  async function ada(className = 'super-user') {
    const directory = temporaryDirectory();
    const test = await startRouter(directory);
    const shell = await openShell(test, { ...user, className });
    return { test, shell, home: join(directory, 'files', 'ada') };
  }

  it('are written, appended to and passed by, and how much is said', async () => {
    const { shell, home } = await ada();
    const read = (name: string): string => readFileSync(join(home, name), 'utf8');
    expect(await runAll(shell, 'show version | save v')).toBe("Wrote 2 lines of output to 'v'\n");
    expect(await runAll(shell, 'show version | match Host | append v')).toBe(
      "Appended 1 line of output to 'v'\n",
    );
    const version = 'Hostname: dnRouter\nVersion: dnrouter 1.2.3\n';
    expect(read('v')).toBe(`${version}Hostname: dnRouter\n`);
    expect(await runAll(shell, 'show version | tee all | match Host | tee some')).toBe(
      "Hostname: dnRouter\nWrote 2 lines of output to 'all'\nWrote 1 line of output to 'some'\n",
    );
    expect([read('all'), read('some')]).toEqual([version, 'Hostname: dnRouter\n']);
    await runAll(shell, 'show version | save j | display json');
    expect(JSON.parse(read('j'))).toMatchObject({ 'software-information': { 'host-name': 'dnRouter' } });
    await runAll(shell, 'show version | display xml | save x');
    expect(read('x')).toMatch(/^<rpc-reply>\n/);
    expect(shell.help('show version | save ')).toContain('  some');
    expect(shell.complete('show version | save so', 'tab').insert).toBe('me');
  });

  it('are not for those who may not configure', async () => {
    const { shell, home } = await ada('operator');
    for (const pipe of ['save', 'append', 'tee']) {
      expect((await run(shell, `show version | ${pipe} v`)).outcome).toMatchObject({
        text: `ERROR: Unknown word: '${pipe}'.`,
      });
      expect(shell.help('show version | ')).not.toContain(`  ${pipe}`);
    }
    expect(existsSync(home)).toBe(false);
  });

  it.each([
    ['/etc/x', "'/etc/x' is outside your directory."],
    ['../x', "'../x' is outside your directory."],
    ['missing/x', "The directory of 'missing/x' does not exist."],
    ['sub', "'sub' is a directory."],
    ['link', "'link' is a symbolic link."],
    ['fifo', "'fifo' is no regular file."],
    ['x'.repeat(256), `'${'x'.repeat(256)}' is too long a name for a file.`],
  ])('%s is refused before the command is run', async (name, text) => {
    const { shell, home } = await ada();
    await runAll(shell, 'show version | save v');
    mkdirSync(join(home, 'sub'));
    symlinkSync('/etc/passwd', join(home, 'link'));
    execFileSync('mkfifo', [join(home, 'fifo')]);
    const refused = await run(shell, `configure | save ${name}`);
    expect(refused).toEqual({ text: '', outcome: { status: 'failed', text: `ERROR: ${text}` } });
    expect(shell.login.editing).toBeUndefined();
  });

  it('stay as they were when the output is given up, fails, or has no such form', async () => {
    const { shell, home } = await ada();
    await runAll(shell, 'show version | save v');
    const before = readFileSync(join(home, 'v'), 'utf8');
    const stop = new AbortController();
    const outcome = await shell.execute('show version | tee v', {
      sink: { write: () => stop.abort() },
      nextSignal: () => stop.signal,
    });
    expect(outcome.status).toBe('interrupted');
    expect((await run(shell, 'set cli timestamp | save v | display json')).outcome.status).toBe('failed');
    for (const again of ['v', './v'])
      expect((await run(shell, `show version | save v | append ${again}`)).outcome).toMatchObject({
        text: `ERROR: The line writes '${again}' twice.`,
      });
    expect(readFileSync(join(home, 'v'), 'utf8')).toBe(before);
    expect(await runAll(shell, 'show version | save v | save w')).toBe(
      "Wrote 2 lines of output to 'v'\nWrote 0 lines of output to 'w'\n",
    );
  });
});

it.each([
  ['address 192.0.2.1/32;', 'address xxx.xxx.2.1/32;'],
  ['[2001:db8::1]:862', '[xxxx:xxxx::1]:862'],
  ['Local fe80::12', 'Local xxxx::12'],
  ['at 10:11:12 with SID 7f000001eeb4', 'at 10:11:12 with SID 7f000001eeb4'],
  ['set system login user ada class x', 'set system login user xxxxxx class x'],
  ['    encrypted-password "$scrypt$a b";', '    encrypted-password xxxxxx;'],
  ['secret abc', 'secret xxxxxx'],
  ['host-name r1;', 'host-name xxxxxx;'],
  ['version 1.2.3', 'version 1.2.3'],
])('strip-private: %s', (line, hidden) => {
  expect(withoutPrivate(line)).toBe(hidden);
});

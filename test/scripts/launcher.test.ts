/** dist/main.js: starts the program from the code that V8 compiled when it was built, and without where V8 refuses that. */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import type { CompiledGrammars } from '../../src/shell/grammars.ts';
import { PROGRAM } from '../support/program.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

const DIST = join(import.meta.dirname, '../../dist');
const MAIN = join(DIST, 'main.js');
const SQLITE = 'better-sqlite3';

const node = (...words: string[]) => spawnSync(process.execPath, words, { encoding: 'utf8' });

/** What V8 says of the cache in a process with those options: undefined where there is none. */
const verdict = (...options: string[]): string =>
  node(...options, '-p', `require(${JSON.stringify(MAIN)})().script.cachedDataRejected`).stdout.trim();

const batch = (...options: string[]) =>
  node(...options, MAIN, '--state', temporaryDirectory(), '-c', 'show version');

// The door builds the program where it is out of date.
beforeAll(() => void spawnSync(PROGRAM, ['--version']));

it('is a command by itself, behind a link as npm makes one', () => {
  const command = join(temporaryDirectory(), 'dnrouter');
  symlinkSync(MAIN, command);
  const { status, stdout } = spawnSync(command, ['--version'], { encoding: 'utf8' });
  expect([status, stdout]).toEqual([0, expect.stringMatching(/^dnrouter \d/)]);
});

it('has the code that V8 compiled', () => {
  expect(verdict()).toBe('false');
});

it('starts all the same where V8 refuses that code', () => {
  expect(verdict('--max-lazy')).toBe('true');
  expect(batch('--max-lazy')).toEqual(
    expect.objectContaining({ status: 0, stdout: batch().stdout, stderr: '' }),
  );
});

it('has the lines of the grammar files as they are', () => {
  const compiled = JSON.parse(readFileSync(join(DIST, 'grammars.json'), 'utf8')) as CompiledGrammars;
  expect(Object.keys(compiled)).toHaveLength(7);
  for (const [name, { source }] of Object.entries(compiled))
    expect(readFileSync(join(DIST, '../grammar', name), 'utf8')).toBe(source);
});

it('loads every package that waits until somebody needs it', () => {
  const packages = join(DIST, 'packages');
  for (const file of readdirSync(packages)) {
    const path = JSON.stringify(join(packages, file));
    expect(node('-p', `Object.keys(require(${path})).length >= 0`)).toMatchObject({
      stdout: 'true\n',
      stderr: '',
    });
  }
});

describe('a better-sqlite3', () => {
  /** The program as it is installed, with so much of a native part of better-sqlite3; what it says when it is started. */
  function started(nativePart: string | undefined): {
    readonly status: number | null;
    readonly stderr: string;
  } {
    const root = temporaryDirectory();
    const ours = join(DIST, '..');
    for (const part of ['dist', 'grammar', 'package.json'])
      cpSync(join(ours, part), join(root, part), { recursive: true });
    const [here, there] = [join(root, 'node_modules'), join(ours, 'node_modules')];
    mkdirSync(here);
    for (const name of readdirSync(there))
      if (!name.startsWith(SQLITE)) symlinkSync(join(there, name), join(here, name));
    for (const part of ['package.json', 'lib'])
      cpSync(join(there, SQLITE, part), join(here, SQLITE, part), { recursive: true });
    const built = join(here, SQLITE, 'build/Release');
    mkdirSync(built, { recursive: true });
    if (nativePart !== undefined) writeFileSync(join(built, 'better_sqlite3.node'), nativePart);
    const { status, stderr } = node(
      join(root, 'dist/main.js'),
      '--state',
      join(root, 'state'),
      '-c',
      'show version',
    );
    return { status, stderr };
  }

  it('of another version of Node.js is told with what mends it', () => {
    expect(started('for another')).toEqual({
      status: 1,
      stderr: `dnrouter: better-sqlite3 was compiled for another Node.js than this ${process.version} (npm rebuild compiles it anew; npm rebuild --global, of an installed program).\n`,
    });
  });

  it('that was not compiled, because npm ran no scripts, is told with what mends it', () => {
    expect(started(undefined)).toEqual({
      status: 1,
      stderr:
        'dnrouter: better-sqlite3 was not compiled, as where npm may run no install scripts (npm rebuild compiles it; npm rebuild --global, of an installed program).\n',
    });
  });
});

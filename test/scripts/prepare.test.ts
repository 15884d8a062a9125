/** scripts/prepare: installs once, and not at all where npm has. */
import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, it } from 'vitest';
import { temporaryDirectory } from '../support/temporary-directory.ts';

const SCRIPTS = join(import.meta.dirname, '../../scripts');

type Packages = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

const here = {
  'node_modules/better-sqlite3': { version: '12.0.0', integrity: 'sha512-a' },
  'node_modules/table': { version: '6.0.0', integrity: 'sha512-b' },
};
const packages: Packages = {
  ...here,
  'node_modules/only-elsewhere': { version: '1.0.0', integrity: 'sha512-c', optional: true },
};

/** A checkout that is built, with what npm is said to have installed; `prepare` tells whether it ran npm, which installs. */
function checkout(installed: Packages | undefined) {
  const directory = temporaryDirectory();
  const write = (path: string, text = '', mode = 0o644): void => {
    mkdirSync(dirname(join(directory, path)), { recursive: true });
    writeFileSync(join(directory, path), text, { mode });
  };
  write('package.json', '{"type":"module"}');
  write('package-lock.json', JSON.stringify({ packages: { '': { name: 'dnrouter' }, ...packages } }));
  write('src/main.ts');
  for (const file of ['build.js', 'lazy-modules.js', 'preamble.cjs']) write(`scripts/${file}`);
  for (const file of ['prepare', 'installed.js'])
    copyFileSync(join(SCRIPTS, file), join(directory, 'scripts', file));
  for (const path of Object.keys(installed ?? {})) write(`${path}/package.json`, '{}');
  write('node_modules/better-sqlite3/build/Release/better_sqlite3.node');
  if (installed !== undefined)
    write('node_modules/.package-lock.json', JSON.stringify({ packages: installed }));
  write('bin/npm', '#!/bin/sh\necho "$@" > npm-ran\n', 0o755);
  write('dist/built');
  const prepare = (): boolean => {
    rmSync(join(directory, 'npm-ran'), { force: true });
    const PATH = `${join(directory, 'bin')}:${process.env['PATH']}`;
    const { status, stderr } = spawnSync(join(directory, 'scripts/prepare'), {
      encoding: 'utf8',
      env: { ...process.env, PATH },
    });
    expect({ status, stderr }).toMatchObject({ status: 0 });
    return existsSync(join(directory, 'npm-ran'));
  };
  return { directory, prepare };
}

it('trusts what npm has installed from the same lock', () => {
  const { directory, prepare } = checkout(here);
  expect(prepare()).toBe(false);
  // From now on the mark is enough.
  rmSync(join(directory, 'node_modules/.package-lock.json'));
  expect(prepare()).toBe(false);
});

it.each([
  ['nothing', undefined],
  ['another version', { ...here, 'node_modules/table': { version: '6.0.1', integrity: 'sha512-b' } }],
  ['other contents', { ...here, 'node_modules/table': { version: '6.0.0', integrity: 'sha512-x' } }],
  ['less', { 'node_modules/better-sqlite3': here['node_modules/better-sqlite3'] }],
])('installs where there is %s, once', (_, installed) => {
  const { prepare } = checkout(installed);
  expect(prepare()).toBe(true);
  expect(prepare()).toBe(false);
});

it.each(['node_modules/table', 'node_modules/better-sqlite3/build'])('installs where %s has gone', (path) => {
  const { directory, prepare } = checkout(here);
  rmSync(join(directory, path), { recursive: true });
  expect(prepare()).toBe(true);
});

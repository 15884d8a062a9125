/** The picture of the README shows what the program says. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const root = join(import.meta.dirname, '../..');

test('the picture of the README is not stale', () => {
  const { status, stderr } = spawnSync(
    join(root, 'node_modules/.bin/tsx'),
    ['scripts/screen.ts', '--check'],
    {
      cwd: root,
      encoding: 'utf8',
    },
  );
  expect(stderr).toBe('');
  expect(status).toBe(0);
});

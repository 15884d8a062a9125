/** The unit that the documents offer, as systemd reads it. */
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { has } from '../support/ssh-router.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

const UNIT = join(import.meta.dirname, '../../docs/systemd/dnrouter.service');

function verify(unit: string): string {
  const directory = join(temporaryDirectory(), 'units');
  mkdirSync(directory);
  const file = join(directory, 'dnrouter.service');
  writeFileSync(file, unit);
  chmodSync(file, 0o644);
  const { stdout, stderr } = spawnSync(
    'systemd-analyze',
    ['verify', '--man=no', '--recursive-errors=no', file],
    {
      encoding: 'utf8',
    },
  );
  return `${stdout}${stderr}`
    .split('\n')
    .filter((line) => line.includes(file) || line.startsWith('dnrouter.service'))
    .join('\n');
}

test.skipIf(!has('systemd-analyze'))('systemd understands every line of the unit', () => {
  const unit = readFileSync(UNIT, 'utf8');
  expect(verify(unit)).toBe('');
  // It would have said so.
  expect(verify(unit.replace('NoNewPrivileges=yes', 'NoNewPrivilege=yes'))).toContain('NoNewPrivilege');
});

test('the unit gives no more than it says', () => {
  const unit = readFileSync(UNIT, 'utf8');
  const granted = /^AmbientCapabilities=(.*)$/m.exec(unit)?.[1];
  expect(granted).toBe('CAP_NET_BIND_SERVICE');
  expect(/^CapabilityBoundingSet=(.*)$/m.exec(unit)?.[1]).toBe(granted);
});

/** scripts/fuzz: what it says, and that it ends with all that it has begun. */
import { spawn, spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { endingOf } from '../../scripts/fuzzing/outcome.ts';
import { inputsPerSecond } from '../fuzz/paces.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

const program = join(import.meta.dirname, '../../scripts/fuzz');
const LOOK_AGAIN_MILLIS = 50;

/** Processes whose command lines name the folder. */
const processesAt = (folder: string): readonly number[] =>
  readdirSync('/proc').flatMap((name) => {
    if (!/^\d+$/.test(name)) return [];
    try {
      return readFileSync(`/proc/${name}/cmdline`, 'latin1').includes(folder) ? [Number(name)] : [];
    } catch {
      return [];
    }
  });

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN_MILLIS));
}

it.each([
  ['--work', '0', '--work is a number from 1 to 86400.'],
  ['keys', 'nothing', 'There is no target nothing.'],
])('words that mean nothing are told: %s %s', { timeout: 300_000 }, (one, other, said) => {
  const { status, stderr } = spawnSync(program, [one, other], { encoding: 'utf8' });
  expect([status, stderr]).toEqual([
    2,
    expect.stringMatching(new RegExp(`^${said}\nUsage: scripts/fuzz`, 'm')),
  ]);
});

const unit = 'Test unit written to /tree/corpus/keys/crash-1\n';

it.each([
  ['that had its time', 0, 'Done 9 runs in 10 second(s)', undefined, false],
  ['that has found something', 77, unit, 'corpus/keys/crash-1', false],
  ['that ends itself', 71, 'Out of memory', 'exit status 71', false],
  ['that somebody has killed', 'SIGKILL', '', undefined, true],
  ['that was interrupted', 72, '==9== libFuzzer: run interrupted; exiting', undefined, true],
  ['that has ended itself when it was done', 'SIGKILL', 'Done 9 runs in 10 second(s)', undefined, false],
  ['that was killed with what it had found', 'SIGKILL', unit, 'corpus/keys/crash-1', false],
])('a run %s is told so', (_, status, log, finding, isCut) => {
  expect(endingOf(status, log, '/tree')).toEqual({ finding, isCut });
});

it('tries as many inputs as the work is, however long they take', { timeout: 300_000 }, () => {
  const { status, stdout } = spawnSync(program, ['syslog', '--work', '1', '--seed', '1'], {
    encoding: 'utf8',
  });
  expect([status, stdout]).toEqual([
    0,
    expect.stringMatching(new RegExp(`^syslog +${inputsPerSecond.syslog} inputs .*nothing found$`, 'm')),
  ]);
});

it('gives a target so many seconds of a processor, however many others want it', { timeout: 300_000 }, () => {
  const { status, stdout } = spawnSync(program, ['syslog', '--seconds', '2'], { encoding: 'utf8' });
  expect([status, stdout]).toEqual([
    0,
    expect.stringMatching(/^syslog +[1-9]\d+ inputs +2 s .*nothing found$/m),
  ]);
});

it('ends with what it has begun, and leaves nothing, when it is told to', { timeout: 300_000 }, async () => {
  const folder = temporaryDirectory();
  const fuzz = spawn(program, ['keys', 'filters', '--seconds', '300'], {
    env: { ...process.env, TMPDIR: folder },
    stdio: 'ignore',
  });
  const ended = new Promise((resolve) => fuzz.once('close', (status) => resolve(status)));
  try {
    await until(() => processesAt(folder).length > 0 || fuzz.exitCode !== null);
    fuzz.kill('SIGTERM');
    expect(await ended).toBe(1);
    expect(processesAt(folder)).toEqual([]);
    expect(readdirSync(folder).filter((name) => name.startsWith('dnrouter'))).toEqual([]);
  } finally {
    for (const pid of processesAt(folder)) process.kill(pid, 'SIGKILL');
  }
});

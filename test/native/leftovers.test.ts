/** Network namespaces of a test run that was killed go with the next. */
import { execFileSync, spawnSync } from 'node:child_process';
import { expect, it, onTestFinished } from 'vitest';
import { freshName, ip, namespacesUnavailable } from '../support/namespaces.ts';

const lacking = namespacesUnavailable();

it.skipIf(lacking !== undefined)('those of the dead are removed, those of the living stay', () => {
  const { pid: dead } = spawnSync('true');
  const [left, used] = [`dnr${dead}-1`, `dnr${process.ppid}-1000000`];
  for (const name of [left, used]) {
    ip('netns', 'add', name);
    onTestFinished(() => void spawnSync('ip', ['netns', 'delete', name]));
  }
  ip('link', 'add', `dnr${dead}-2`, 'type', 'veth', 'peer', 'name', `dnr${dead}-3`);
  onTestFinished(() => void spawnSync('ip', ['link', 'delete', `dnr${dead}-2`]));
  freshName();
  const namespaces = execFileSync('ip', ['netns', 'list'], { encoding: 'utf8' });
  expect(namespaces).not.toContain(left);
  expect(namespaces).toContain(used);
  expect(execFileSync('ip', ['link', 'show'], { encoding: 'utf8' })).not.toContain(`dnr${dead}-`);
});

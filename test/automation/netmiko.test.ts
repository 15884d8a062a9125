/** Automation as it is: netmiko's own drivers, unmodified, against a router that serves ssh. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { has, SshRouter } from '../support/ssh-router.ts';

/** The interpreter that has netmiko: Debian's python3-netmiko belongs to the system's. */
const python = ['/usr/bin/python3', 'python3'].find(
  (candidate) => spawnSync(candidate, ['-c', 'import netmiko']).status === 0,
);

// Skipped without netmiko and OpenSSH's ssh-keygen.
describe.skipIf(python === undefined || !has('ssh-keygen'))('netmiko', { timeout: 90_000 }, () => {
  let router: SshRouter;
  beforeAll(async () => {
    router = await SshRouter.start();
  }, 120_000);
  afterAll(() => router.stop());

  const drive = async (conversation: string, user = 'ada'): Promise<Record<string, unknown>> => {
    const script = join(import.meta.dirname, 'drive.py');
    const words = [script, conversation, '127.0.0.1', String(router.port), user, router.key('rsa')];
    const { status, out, err } = await router.run(python!, words);
    if (status !== 0) throw new Error(err);
    return JSON.parse(out) as Record<string, unknown>;
  };

  it('works with a driver that knows no vendor', async () => {
    const answers = await drive('generic');
    expect(answers['prompt']).toBe('dnRouter#');
    expect(answers['version']).toMatch(/Version: dnrouter/);
    expect(answers['mistake']).toContain("ERROR: Unknown word: 'nonsense'.");
    expect(answers['json']).toMatchObject({ sessions: [] });
  });

  it('works with the driver that people take for want of one, also for a viewer', async () => {
    for (const user of ['ada', 'bob']) {
      const answers = await drive('cisco_ios', user);
      expect(answers['prompt']).toBe('dnRouter#');
      expect(answers['version']).toMatch(/Version: dnrouter/);
      expect(answers['sessions']).toContain('Total displayed sessions: 0');
    }
  });
});

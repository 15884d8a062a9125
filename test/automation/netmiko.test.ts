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
const described = describe.skipIf(python === undefined || !has('ssh-keygen'));

// Netmiko mostly waits: all converse at once, those that commit with a router of their own.
described.concurrent('netmiko', { timeout: 180_000 }, () => {
  let router: SshRouter;
  let other: SshRouter;
  const start = async (): Promise<SshRouter> => {
    const started = await SshRouter.start();
    const styled = (user: string, className: string, style: string): readonly string[] =>
      [
        `class ${className}`,
        `cli-style ${style}`,
        `authentication ssh-rsa "${started.publicKey('rsa')}"`,
      ].map((statement) => `set system login user ${user} ${statement}`);
    const lines = [
      ...styled('jun', 'super-user', 'junos'),
      ...styled('vic', 'viewer', 'junos'),
      ...styled('vyo', 'super-user', 'vyos'),
    ];
    const { status, err } = await started.ssh(['configure', ...lines, 'commit and-quit'].join('\n'));
    if (status !== 0) throw new Error(err);
    return started;
  };
  beforeAll(async () => {
    router = await start();
    other = await start();
  }, 120_000);
  afterAll(() => Promise.all([router.stop(), other.stop()]));

  const drive = async (conversation: string, user = 'ada', on = router): Promise<Record<string, unknown>> => {
    const script = join(import.meta.dirname, 'drive.py');
    const words = [script, conversation, '127.0.0.1', String(on.port), user, on.key('rsa')];
    const { status, out, err } = await on.run(python!, words);
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

  it('works with the driver for Junos in that style: shows, a change, a commit', async () => {
    const answers = await drive('juniper_junos', 'jun');
    expect(answers['prompt']).toBe('jun@dnRouter>');
    expect(answers['version']).toMatch(/^Model: dnrouter$/m);
    expect(answers['mistake']).toContain('syntax error.');
    expect(answers['entered']).toContain('Entering configuration mode');
    expect(answers['check']).toContain('configuration check succeeds');
    expect(answers['commit']).toContain('commit complete');
    expect(answers['left']).toContain('Exit with uncommitted changes? [yes,no] (yes) yes');
    expect(answers['left']).toContain('Exiting configuration mode');
    expect(answers['prompt after']).toBe('jun@dnRouter>');
    expect(answers['configuring']).toBe(false);
  });

  it('works with the driver for VyOS in that style: shows, a change, a commit', async () => {
    const answers = await drive('vyos', 'vyo', other);
    expect(answers['prompt']).toBe('vyo@dnRouter:~$');
    expect(answers['version']).toMatch(/^Version: {10}dnrouter /);
    expect(answers['mistake']).toContain('Invalid command: show [nonsense]');
    expect(answers['refused']).toMatch(/\n\s+Set failed/);
    expect(answers['commit']).toContain('[edit]');
    expect(answers['commit']).not.toContain('failed');
    expect(answers['left']).toContain('Cannot exit: configuration modified');
    expect(answers['prompt after']).toBe('vyo@dnRouter:~$');
    expect(answers['kept']).toContain('lockout-period 17;');
  });

  it('sets its session up for a viewer, too', async () => {
    const answers = await drive('junos_viewer', 'vic');
    expect(answers['version']).toMatch(/^Model: dnrouter$/m);
    expect(answers['cli']).toContain('CLI screen-length set to 0');
    expect(answers['cli']).toContain('CLI screen-width set to 511');
  });
});

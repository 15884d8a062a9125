/** The verbs that commit, as several logins see them: who edits, whom a lock keeps out, what waits and what comes back. */
import { describe, expect, it, test } from 'vitest';
import type { StyleName } from '../../src/commands/command.ts';
import type { Shell } from '../../src/shell/shell.ts';
import { openShell, run, runAll, SilentContact, startRouter, type TestRouter } from '../support/router.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { VirtualTime } from '../support/virtual-time.ts';

const PORT = 'services rpm twamp server port';
const MINUTE_NANOS = 60e9;

/** Answers what is asked, in order; then nobody is there. */
class Person extends SilentContact {
  readonly answers: string[];

  constructor(...answers: string[]) {
    super();
    this.answers = answers;
  }

  override ask(question: string): Promise<string | undefined> {
    void super.ask(question);
    return Promise.resolve(this.answers.shift());
  }
}

interface Options {
  readonly style?: StyleName;
  readonly className?: string;
  readonly contact?: SilentContact;
}

/** A shell of somebody whom the others see. */
async function enter(test: TestRouter, user: string, options: Options = {}): Promise<Shell> {
  const shell = await openShell(test, { user, candidate: 'shared', style: 'junos', ...options });
  test.logins.admit(shell.login, { way: 'ssh' });
  return shell;
}

/** What a line is refused with. */
async function refusal(shell: Shell, line: string): Promise<string> {
  const { outcome } = await run(shell, line);
  if (outcome.status !== 'failed') throw new Error(`${line}: ${outcome.status}`);
  return outcome.text;
}

async function later(minutes: number): Promise<VirtualTime> {
  const time = new VirtualTime();
  await time.pass(minutes * MINUTE_NANOS);
  return time;
}

const show = (shell: Shell): Promise<string> => runAll(shell, 'run show configuration | display set');

describe('who edits', () => {
  it('is told on entering, with the level and the mode, and by status', async () => {
    const test = await startRouter();
    const [ada, bob] = [await enter(test, 'ada'), await enter(test, 'bob')];
    expect(await runAll(ada, 'configure')).toBe('Entering configuration mode\n');
    await runAll(ada, 'edit services rpm twamp', 'set server port 8620');
    const seen = `Users currently editing the configuration:
  ada terminal ssh (id 1) on since 2026-11-22 08:19:24 UTC
      [edit services rpm twamp]
`;
    expect(await runAll(bob, 'configure')).toBe(
      `Entering configuration mode\n${seen}The configuration has been changed but not committed\n`,
    );
    await test.time.pass(65e9);
    expect(await runAll(bob, 'status')).toBe(
      `${seen.replace('UTC', 'UTC, idle 00:01:05')}  bob terminal ssh (id 2) on since 2026-11-22 08:19:24 UTC, idle 00:01:05
      [edit]
`,
    );
  });

  it('is told in the other styles when somebody does', async () => {
    const test = await startRouter();
    const ada = await enter(test, 'ada');
    await runAll(ada, 'configure private');
    for (const style of ['dnos', 'vyos'] as const) {
      const other = await enter(test, style, { style });
      expect(await runAll(other, 'configure')).toMatch(
        /^Users currently editing the configuration:\n {2}ada .*\n {6}private \[edit\]\n$/,
      );
      await runAll(other, 'exit');
    }
  });
});

test('of a level that somebody may not see, only what is above it is told', async () => {
  const router = await startRouter();
  const [ada, bob] = [await enter(router, 'ada'), await enter(router, 'bob', { className: 'system' })];
  await runAll(ada, 'configure exclusive', 'edit system login user eve');
  expect(await runAll(bob, 'configure')).toMatch(/exclusive \[edit system\]\n/);
  expect(await refusal(bob, 'commit')).toMatch(/exclusive \[edit system\]\n/);
  expect(await runAll(ada, 'status')).toContain('exclusive [edit system login user eve]');
});

describe('configure exclusive', () => {
  it('keeps others from editing and committing until the holder has left', async () => {
    const test = await startRouter();
    const [ada, bob] = [await enter(test, 'ada'), await enter(test, 'bob')];
    await runAll(bob, 'configure');
    expect(await runAll(ada, 'configure exclusive')).toMatch(
      /^warning: uncommitted changes will be discarded on exit\nEntering configuration mode\nUsers /,
    );
    const locked = `error: configuration database locked by:
  ada terminal ssh (id 1) on since 2026-11-22 08:19:24 UTC
      exclusive [edit]`;
    expect(await refusal(bob, `set ${PORT} 1`)).toBe(locked);
    expect(await refusal(bob, 'commit')).toBe(`${locked}\nerror: commit failed`);
    const cleo = await enter(test, 'cleo');
    expect(await refusal(cleo, 'configure exclusive')).toBe(locked);
    await runAll(ada, `set ${PORT} 8620`, 'commit and-quit');
    expect(await runAll(bob, `set ${PORT} 8621`, 'commit')).toBe('commit complete\n');
    expect(await show(bob)).toBe(`set ${PORT} 8621\n`);
  });

  it('ends with a holder who may not configure any more', async () => {
    const test = await startRouter();
    const [ada, bob] = [await enter(test, 'ada'), await enter(test, 'bob')];
    await runAll(ada, 'configure exclusive', `set ${PORT} 8620`);
    await runAll(bob, 'configure');
    ada.login.become({ ...ada.login.identity, privileges: new Set<string>() });
    expect(await runAll(bob, `set ${PORT} 8621`, 'commit')).toBe('commit complete\n');
    expect(await show(bob)).toBe(`set ${PORT} 8621\n`);
  });

  it('is refused, as private is, while the shared candidate has changes, whose editors are told', async () => {
    const test = await startRouter();
    const [ada, bob] = [await enter(test, 'ada'), await enter(test, 'bob')];
    await runAll(ada, 'configure', `set ${PORT} 8620`);
    const { text, outcome } = await run(bob, 'configure exclusive');
    expect(text).toMatch(/^Users currently editing the configuration:\n {2}ada /);
    expect(outcome).toMatchObject({ text: 'error: configuration database modified' });
    expect(await refusal(bob, 'configure private')).toBe('error: shared configuration database modified');
    expect(bob.login.editing).toBeUndefined();
  });

  it('gives up what was not committed on leaving, when asked', async () => {
    const test = await startRouter();
    const contact = new Person('no', 'yes');
    const ada = await enter(test, 'ada', { contact });
    await runAll(ada, 'configure exclusive', `set ${PORT} 8620`, 'exit');
    expect(ada.login.editing).toBeDefined();
    expect(await runAll(ada, 'exit')).toBe(
      'warning: discarding uncommitted changes\nload complete\nExiting configuration mode\n',
    );
    expect(contact.asked[0]).toBe(
      "The configuration has been changed but not committed\nwarning: Auto rollback on exiting 'configure exclusive'\nDiscard uncommitted changes? [yes,no] (yes) ",
    );
    expect(await runAll(ada, 'configure', 'show')).toBe('');
  });
});

describe('configure private', () => {
  it('commits beside others what does not concern theirs; a conflict is told with its paths', async () => {
    const test = await startRouter();
    const [ada, bob] = [await enter(test, 'ada'), await enter(test, 'bob')];
    await runAll(ada, 'configure private', `set ${PORT} 8620`, 'set system host-name a');
    await runAll(
      bob,
      'configure private',
      'set services rpm twamp server maximum-sessions 7',
      `set ${PORT} 1`,
    );
    await runAll(ada, 'commit');
    expect(await refusal(bob, 'commit')).toBe(`[edit services rpm twamp server]
  'port'
    Another commit has changed this.
error: Commit failed, another commit has changed the same statements (commit again overwrites them, rollback drops the edits).
error: commit failed`);
    expect(await show(bob)).toContain(`set ${PORT} 8620`);
    await runAll(bob, 'commit');
    expect(await show(ada)).toBe(
      `set system host-name a\nset services rpm twamp server maximum-sessions 7\nset ${PORT} 1\n`,
    );
  });

  it('names no statement in a conflict that may not be seen', async () => {
    const test = await startRouter();
    const ada = await enter(test, 'ada');
    const bob = await openShell(test, { className: 'system', candidate: 'shared', style: 'junos' });
    await runAll(ada, 'configure', 'set system login user eve class viewer');
    const batch = await openShell(test);
    await runAll(batch, 'configure', 'set system login user eve class operator', 'commit');
    await runAll(bob, 'configure', 'set system host-name b');
    expect(await refusal(bob, 'commit')).toMatch(/^ {2}Another commit has changed this\.\nerror: /);
  });

  it('takes up what others have committed with update, and tells of what stays its own', async () => {
    const test = await startRouter();
    const contact = new Person();
    const [ada, bob] = [await enter(test, 'ada'), await enter(test, 'bob', { contact })];
    await runAll(bob, 'configure private', `set ${PORT} 1`);
    await runAll(ada, 'configure private', `set ${PORT} 8620`, 'set system host-name a', 'commit');
    expect(await runAll(bob, 'update')).toBe('update complete\n');
    expect(contact.told).toEqual([
      `warning: ${PORT}: Another commit has changed this; it stays as it was edited here.`,
    ]);
    expect(await runAll(bob, 'show | compare')).toBe(
      '[edit services rpm twamp server]\n-   port 8620;\n+   port 1;\n',
    );
  });

  it.each([
    ['commit', /^Commit succeeded by bob at /, `set ${PORT} 1\n`],
    ['merge-only', /^$/, `set ${PORT} 8620\n`],
    ['', /^$/, `set ${PORT} 8620\n`],
  ])('in the style of DNOS asks what to do: %j', async (answer, said, running) => {
    const test = await startRouter();
    const contact = new Person(answer);
    const [ada, bob] = [await enter(test, 'ada'), await enter(test, 'bob', { contact, style: 'dnos' })];
    await runAll(bob, 'configure private', `set ${PORT} 1`);
    await runAll(ada, 'configure private', `set ${PORT} 8620`, 'commit');
    expect(await runAll(bob, 'commit')).toMatch(said);
    expect(contact.asked).toEqual([
      'Warning: User ada committed at 22-Nov-2026 08:19:24 UTC, your configuration is out of sync. What would you like to do (commit, merge-only, abort) [abort]? ',
    ]);
    expect(await show(ada)).toBe(running);
  });
});

describe('commit confirmed', () => {
  const committed = async (
    style: StyleName,
  ): Promise<{ test: TestRouter; shell: Shell; announced: readonly string[] }> => {
    const test = await startRouter();
    const contact = new Person();
    const shell = await enter(test, 'ada', { style, contact });
    await runAll(shell, 'configure', `set ${PORT} 8620`, 'commit', `set ${PORT} 8621`);
    return { test, shell, announced: contact.announced };
  };

  it.each([
    [
      'junos',
      'commit confirmed 2',
      'commit confirmed will be automatically rolled back in 2 minutes unless confirmed\ncommit complete\n',
      'Commit was not confirmed; automatic rollback complete.',
    ],
    [
      'dnos',
      'commit confirm 2',
      'Commit confirm will be automatically rolled back in 2 minutes unless confirmed\nCommit succeeded by ada at 22-Nov-2026 08:19:24 UTC\n',
      'Configuration commit rollback by ada at 22-Nov-2026 08:21:24 UTC',
    ],
    [
      'vyos',
      'commit-confirm 2',
      'Initialized commit-confirm; 2 minutes to confirm before reload\n',
      'Commit was not confirmed; automatic rollback complete.',
    ],
  ] as const)('in the style of %s is taken back when nobody confirms it', async (style, line, said, back) => {
    const { test, shell, announced } = await committed(style);
    expect(await runAll(shell, line)).toBe(said);
    await test.time.pass(2 * MINUTE_NANOS - 1e9);
    expect(await show(shell)).toBe(`set ${PORT} 8621\n`);
    await test.time.pass(1e9);
    expect(await show(shell)).toBe(`set ${PORT} 8620\n`);
    expect(announced).toEqual([back]);
    expect(await runAll(shell, 'run show system commit')).toMatch(
      /^0 {3}2026-11-22 08:21:24 UTC by ada via other\n {4}commit was not confirmed\n1 {3}.* by ada via cli\n2 /,
    );
  });

  it.each([
    ['junos', 'commit', 'commit complete\n'],
    ['junos', 'commit check', 'configuration check succeeds\n'],
    ['dnos', 'commit', 'Commit confirmed\n'],
    ['dnos', 'confirm', 'Commit confirmed\n'],
    ['vyos', 'confirm', 'Reload timer stopped\n'],
  ] as const)('in the style of %s stays after %s', async (style, line, said) => {
    const { test, shell } = await committed(style);
    await runAll(shell, 'commit confirmed');
    expect(await runAll(shell, line)).toBe(said);
    await test.time.pass(11 * MINUTE_NANOS);
    expect(await show(shell)).toBe(`set ${PORT} 8621\n`);
    expect(await refusal(shell, 'confirm')).toMatch(/No (commit|confirm)/);
  });

  it('tells the time left before each prompt on Junos, and among the revisions', async () => {
    const { test, shell } = await committed('junos');
    await runAll(shell, 'commit confirmed');
    await test.time.pass(MINUTE_NANOS + 1);
    const warning = '# commit confirmed will be rolled back in 9 minutes\n';
    expect(shell.login.prompt).toBe(`\n${warning}[edit]\nada@dnRouter# `);
    expect(await runAll(shell, 'run show system commit')).toMatch(
      /^0 .* by ada via cli commit confirmed, rollback in 9mins\n1 .* via cli\n$/,
    );
    await runAll(shell, 'exit');
    expect(shell.login.prompt).toBe(`${warning}ada@dnRouter> `);
  });

  it('goes back to what was last confirmed when it is said again, after the new time', async () => {
    const { test, shell } = await committed('junos');
    await runAll(shell, 'commit confirmed 2', `set ${PORT} 8622`, 'commit confirmed 5');
    await test.time.pass(3 * MINUTE_NANOS);
    expect(await show(shell)).toBe(`set ${PORT} 8622\n`);
    await runAll(shell, 'commit confirmed 5');
    await test.time.pass(3 * MINUTE_NANOS);
    expect(await show(shell)).toBe(`set ${PORT} 8622\n`);
    await test.time.pass(3 * MINUTE_NANOS);
    expect(await show(shell)).toBe(`set ${PORT} 8620\n`);
  });

  it('can be gone back from at once, and only by those who may change it', async () => {
    const { test, shell } = await committed('dnos');
    await runAll(shell, 'commit confirm');
    const operator = await enter(test, 'bob', { className: 'system', style: 'dnos' });
    expect(await refusal(operator, 'clear system commit')).toBe(
      `ERROR: Commit failed, you may not change '${PORT}'.`,
    );
    await runAll(operator, 'configure');
    expect(await refusal(operator, 'commit')).toContain('you may not change');
    expect(await runAll(shell, 'run clear system commit')).toBe(
      'Configuration commit rollback by ada at 22-Nov-2026 08:19:24 UTC\n',
    );
    expect(await show(shell)).toBe(`set ${PORT} 8620\n`);
    expect(await refusal(shell, 'run clear system commit')).toBe('ERROR: No commit confirm scheduled');
  });

  it('keeps what was amended meanwhile', async () => {
    const { test, shell } = await committed('junos');
    await runAll(
      shell,
      'set system login user eve class viewer',
      'commit',
      `set ${PORT} 8622`,
      'commit confirmed 2',
    );
    await test.router.configuration.amend(
      () => [{ path: ['system', 'login', 'user', 'eve', 'class'], value: 'operator' }],
      { user: 'eve', can: () => true },
    );
    await test.time.pass(2 * MINUTE_NANOS);
    expect(await show(shell)).toBe(`set system login user eve class operator\nset ${PORT} 8621\n`);
  });

  it('goes back in what was both committed and amended', async () => {
    const { test, shell } = await committed('junos');
    const eve = 'system login user eve';
    await runAll(shell, `set ${eve} class viewer`, 'commit');
    await runAll(
      shell,
      `set ${eve} class operator`,
      'set system login user bob class viewer',
      'commit confirmed 2',
    );
    const classOf = (user: string) => ({ path: ['system', 'login', 'user', user, 'class'], value: 'system' });
    await test.router.configuration.amend(() => [classOf('eve'), classOf('bob')], {
      user: 'eve',
      can: () => true,
    });
    await test.time.pass(2 * MINUTE_NANOS);
    expect(await show(shell)).toBe(`set ${eve} class viewer\nset ${PORT} 8621\n`);
  });
});

describe('commit at', () => {
  it('commits when the time has come, and until then nothing else is committed', async () => {
    const test = await startRouter();
    const contact = new Person();
    const [ada, bob] = [await enter(test, 'ada', { contact }), await enter(test, 'bob')];
    await runAll(ada, 'configure', `set ${PORT} 8620`);
    expect(await runAll(ada, 'commit at 08:30 comment night')).toBe(
      'configuration check succeeds\ncommit at will be executed at 2026-11-22 08:30:00 UTC\nExiting configuration mode\n',
    );
    expect(await runAll(bob, 'configure')).toContain('has been changed but not committed');
    await runAll(bob, 'set system host-name b');
    expect(await refusal(bob, 'commit')).toBe(
      'error: A commit of ada is scheduled for 2026-11-22 08:30:00 UTC (clear system commit gives it up).\nerror: commit failed',
    );
    expect(await runAll(bob, 'run show system commit')).toBe(
      'commit requested by ada via cli at Sun Nov 22 08:30:00 2026\n    night\n',
    );
    await test.time.pass(11 * MINUTE_NANOS);
    expect(contact.announced).toEqual(['Scheduled commit of ada complete']);
    expect(await runAll(bob, 'run show system commit')).toBe(
      '0   2026-11-22 08:30:00 UTC by ada via cli\n    night\n',
    );
    expect(await runAll(bob, 'commit')).toBe('commit complete\n');
    expect(await show(bob)).toBe(`set system host-name b\nset ${PORT} 8620\n`);
    expect(await runAll(ada, 'configure')).not.toContain('has been changed');
  });

  it.each([
    ['commit at 08:00', /^error: That time has passed\.\nerror: commit failed$/],
    ['commit at "2026-02-30 10:00"', /invalid|Invalid|expect|value/],
    ['commit at 25:00', /invalid|Invalid|expect|value/],
  ])('%s is refused', async (line, text) => {
    const test = await startRouter();
    const ada = await enter(test, 'ada');
    await runAll(ada, 'configure', `set ${PORT} 8620`);
    expect(await refusal(ada, line)).toMatch(text);
    expect(test.router.configuration.pending('at')).toBeUndefined();
  });

  it('is given up by clear system commit; the edits are still there', async () => {
    const test = await startRouter();
    const ada = await enter(test, 'ada');
    await runAll(ada, 'configure', `set ${PORT} 8620`, 'commit at "2026-12-24 18:00"');
    expect(await runAll(ada, 'clear system commit')).toBe('Pending commit cleared\n');
    expect(await refusal(ada, 'clear system commit')).toBe('error: No commit scheduled.');
    expect(await runAll(ada, 'configure', 'commit')).toBe('commit complete\n');
    expect(await show(ada)).toBe(`set ${PORT} 8620\n`);
  });

  it('is checked again against what the committer may do by then', async () => {
    const test = await startRouter();
    const contact = new Person();
    const ada = await enter(test, 'ada', { contact });
    await runAll(ada, 'configure', 'set system login user eve class super-user', 'commit');
    const eve = await openShell(test, { user: 'eve', style: 'junos', configured: true });
    await runAll(eve, 'configure', `set ${PORT} 8620`, 'commit at 08:30');
    await test.router.configuration.amend(
      () => [{ path: ['system', 'login', 'user', 'eve', 'class'], value: 'system' }],
      { user: 'ada', can: () => true },
    );
    await test.time.pass(11 * MINUTE_NANOS);
    expect(contact.announced).toEqual([
      "error: The scheduled commit of eve was not made: Commit failed, you may not change 'services rpm twamp server'.",
    ]);
    expect(await show(ada)).not.toContain('8620');
    expect(test.router.configuration.pending('at')).toBeUndefined();
  });

  it('waits for whoever edits exclusively', async () => {
    const test = await startRouter();
    const [ada, bob] = [await enter(test, 'ada'), await enter(test, 'bob')];
    await runAll(ada, 'configure', `set ${PORT} 8620`, 'commit at 08:30', 'configure', 'rollback', 'exit');
    await runAll(bob, 'configure exclusive');
    await test.time.pass(15 * MINUTE_NANOS);
    expect(await show(bob)).toBe('');
    await runAll(bob, 'exit');
    await test.time.pass(2 * MINUTE_NANOS);
    expect(await runAll(ada, 'show configuration | display set')).toBe(`set ${PORT} 8620\n`);
  });
});

describe('what is pending outlives the router', () => {
  it.each([
    ['before it is due', 1, 8621],
    ['when it is overdue', 11, 8620],
  ])('commit confirmed, started again %s', async (_, minutes, port) => {
    const directory = temporaryDirectory();
    const before = await startRouter(directory);
    const ada = await enter(before, 'ada');
    await runAll(ada, 'configure', `set ${PORT} 8620`, 'commit', `set ${PORT} 8621`, 'commit confirmed');
    await before.close();
    const after = await startRouter(directory, await later(minutes));
    const bob = await enter(after, 'bob');
    await runAll(bob, 'configure');
    expect(await show(bob)).toBe(`set ${PORT} ${port}\n`);
    expect(after.router.engine.ports.get('default')).toBe(port);
    await after.time.pass(10 * MINUTE_NANOS);
    expect(await show(bob)).toBe(`set ${PORT} 8620\n`);
    expect(after.router.engine.ports.get('default')).toBe(8620);
  });

  it.each([
    ['reboot', 0, 8620],
    ['08:30', 1, undefined],
    ['08:30', 60, 8620],
  ])('commit at %s, started again after %d minutes', async (time, minutes, port) => {
    const directory = temporaryDirectory();
    const before = await startRouter(directory);
    const ada = await enter(before, 'ada');
    await runAll(ada, 'configure', `set ${PORT} 8620`, `commit at ${time}`);
    await before.close();
    const after = await startRouter(directory, await later(minutes));
    expect(after.router.engine.ports.get('default')).toBe(port);
    await after.time.pass(60 * MINUTE_NANOS);
    expect(after.router.engine.ports.get('default')).toBe(8620);
    expect(after.router.configuration.archive.list()).toHaveLength(1);
  });
});

describe('commit check', () => {
  const lines = [
    'set services rpm twamp server routing-instance-list red port 900',
    'set services rpm twamp server authentication-mode encrypted',
  ];

  it.each([
    [
      'junos',
      `[edit services rpm twamp server routing-instance-list]
  'red'
    Routing instance 'red' does not exist.
[edit services rpm twamp server]
  'authentication-mode'
    The mode 'encrypted' needs a key (authentication-key-chain).
error: configuration check-out failed`,
    ],
    [
      'dnos',
      `Commit check failed on:
  services rpm twamp server routing-instance-list red: Routing instance 'red' does not exist.
  services rpm twamp server authentication-mode: The mode 'encrypted' needs a key (authentication-key-chain).`,
    ],
    [
      'vyos',
      `
[ services rpm twamp server routing-instance-list red ]
Routing instance 'red' does not exist.

[ services rpm twamp server authentication-mode ]
The mode 'encrypted' needs a key (authentication-key-chain).

The configuration is not valid, nothing was changed.
Commit failed
`,
    ],
  ] as const)('in the style of %s has all errors at once, each with its path', async (style, text) => {
    const test = await startRouter();
    const ada = await enter(test, 'ada', { style });
    await runAll(ada, 'configure', ...lines);
    expect(await refusal(ada, 'commit check')).toBe(text);
  });
});

describe('revisions', () => {
  it('are compared with each other, as they may be seen', async () => {
    const test = await startRouter();
    const ada = await enter(test, 'ada');
    await runAll(
      ada,
      'configure',
      `set ${PORT} 8620`,
      'commit',
      `set ${PORT} 8621`,
      'set system host-name r1',
      'commit',
    );
    const difference = `[edit]
+   system {
+       host-name r1;
+   }
[edit services rpm twamp server]
-   port 8620;
+   port 8621;
`;
    expect(await runAll(ada, 'run show system rollback compare 1 0')).toBe(difference);
    expect(await runAll(ada, 'compare 0 1')).toBe(difference);
    expect(await runAll(ada, 'compare')).toBe('No changes between working and active configurations.\n');
    expect(await runAll(ada, 'rollback 1', 'show | compare rollback 1')).toBe('');
    expect(await runAll(ada, 'run show system rollback 1 | display set')).toBe(`set ${PORT} 8620\n`);
    const reader = await enter(test, 'bob', { className: 'operator' });
    expect(await runAll(reader, 'show system rollback compare 1 0')).toBe(
      '[edit]\n+   system {\n+       host-name r1;\n+   }\n',
    );
  });
});

describe('what a login may not change', () => {
  it('is refused whole, with the path named where it may be known', async () => {
    const test = await startRouter();
    const [ada, bob] = [await enter(test, 'ada'), await enter(test, 'bob', { className: 'system' })];
    await runAll(ada, 'configure', `set ${PORT} 8620`);
    await runAll(bob, 'configure', 'set system host-name b');
    expect(await refusal(bob, 'commit')).toBe(
      `error: Commit failed, you may not change '${PORT.replace(' port', '')}'.\nerror: commit failed`,
    );
    expect(await show(bob)).toBe('');
    await runAll(ada, 'delete services', 'set system login user eve class viewer');
    expect(await refusal(bob, 'commit')).toBe(
      'error: Commit failed, you may not change all that has been changed.\nerror: commit failed',
    );
    expect(await runAll(bob, 'show | compare')).toBe('[edit]\n+   system {\n+       host-name b;\n+   }\n');
    await runAll(ada, 'commit');
    expect(await refusal(bob, 'rollback 2')).toContain('There is no such revision');
  });
});

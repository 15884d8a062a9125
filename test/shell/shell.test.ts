/** Lines as a login runs them: privileges, pipes, comments, errors, interruption. */
import { describe, expect, it } from 'vitest';
import { openShell, run, runAll, SilentContact, startRouter } from '../support/router.ts';

const unknown = (word: string) => ({ status: 'failed', text: `ERROR: Unknown word: '${word}'.` });

describe('help in a narrow terminal', () => {
  const LINE = 'show services sessions application-protocol ';

  it.each([44, 50, 79])('of %i columns goes on under the column of the texts', async (columns) => {
    const shell = await openShell(await startRouter());
    const lines = shell.help(LINE, columns).split('\n');
    for (const line of lines) expect(line.length, line).toBeLessThanOrEqual(columns);
    const at = lines.findIndex((line) => line.includes('  dce-rpc-portmap '));
    expect(lines[at + 1]).toMatch(/^ {23}\S/);
    // Nothing is lost.
    const wordsOf = (text: string): string[] => text.split(/\s+/);
    expect(wordsOf(lines.join('\n'))).toEqual(wordsOf(shell.help(LINE)));
    expect(shell.complete(LINE, 'tab', columns).list).toBe(lines.join('\n'));
  });

  it('without room for them leaves it to the terminal, and so where the width is not known', async () => {
    const shell = await openShell(await startRouter());
    expect(shell.help(LINE, 42)).toBe(shell.help(LINE));
    expect(shell.help(LINE)).toContain('portmap service\n');
  });
});

describe('privileges', () => {
  const server = 'services rpm twamp server';

  it('hide configuration mode from a viewer', async () => {
    const viewer = await openShell(await startRouter(), { className: 'viewer' });
    expect((await run(viewer, 'configure')).outcome).toMatchObject(unknown('configure'));
    expect(viewer.help('')).not.toContain('configure');
    expect(viewer.complete('conf', 'tab').insert).toBe('');
  });

  it('[002/view] show the server statement to those with `system` alone', async () => {
    const test = await startRouter();
    await runAll(
      await openShell(test),
      'configure',
      `set ${server} port 8620`,
      'set system host-name r1',
      'commit',
    );
    const readOnly = await openShell(test, { className: 'read-only' });
    expect(await runAll(readOnly, 'show configuration')).toBe('system {\n    host-name r1;\n}\n');
    expect(await runAll(readOnly, 'show configuration | display json')).not.toContain('twamp');
    expect((await run(readOnly, `show configuration ${server}`)).outcome).toMatchObject(unknown('rpm'));
    const system = await openShell(test, { className: 'system' });
    expect(await runAll(system, `show configuration ${server}`)).toBe('port 8620;\n');
  });

  it('[002/add] let those with `interface-control` alone add it', async () => {
    const test = await startRouter();
    const system = await openShell(test, { className: 'system' });
    await runAll(system, 'configure', 'set system host-name r2');
    expect((await run(system, `set ${server} port 8620`)).outcome).toMatchObject(unknown('services'));
    expect(system.help('set ')).not.toContain('services');
    expect((await run(system, `edit ${server}`)).outcome).toMatchObject({ status: 'done' });
    expect((await run(system, 'set port 8620')).outcome).toMatchObject(unknown('port'));
    const interfaceControl = await openShell(test, { className: 'interface-control' });
    await runAll(interfaceControl, 'configure', `set ${server} port 8620`, 'commit');
    expect(await runAll(interfaceControl, 'run show configuration | display set')).toBe(
      `set ${server} port 8620\n`,
    );
  });

  it('keep a rollback from changing what the login may not change', async () => {
    const test = await startRouter();
    await runAll(await openShell(test), 'configure', `set ${server} port 8620`, 'commit');
    await runAll(await openShell(test), 'configure', `set ${server} port 8621`, 'commit');
    const system = await openShell(test, { className: 'system' });
    await runAll(system, 'configure');
    expect((await run(system, 'rollback 1')).outcome).toMatchObject({ status: 'failed' });
    expect(await runAll(system, 'show | compare')).toBe('');
  });
});

describe('pipes', () => {
  const listing = 'show services twamp sessions';

  it.each([
    ['| match totals', ''],
    ['| match "DISPLAYED (conn|sess)"', 'Total displayed connections: 0\nTotal displayed sessions: 0\n'],
    ['| match total | except conn', 'Total displayed sessions: 0\n'],
    ['| include total | exclude conn', 'Total displayed sessions: 0\n'],
    ['| match total | count', 'lines: 2\n'],
    ['| match total | count | count', 'lines: 1\n'],
    ['| no-more | match sessions:$', 'TWAMP Sessions:\n'],
    ['| display json | match connections', '  "total-connections": 0,\n'],
    ['| match connections | display json', '  "total-connections": 0,\n'],
    ['|match total|displayed', 'Total displayed connections: 0\nTotal displayed sessions: 0\n'],
  ])('%s', async (pipes, text) => {
    expect(await runAll(await openShell(await startRouter()), `${listing} ${pipes}`)).toBe(text);
  });

  it('offer and take only what the command has', async () => {
    const shell = await openShell(await startRouter());
    expect(shell.help('show version | ')).not.toContain('compare');
    expect((await run(shell, 'show version | compare')).outcome).toMatchObject(unknown('compare'));
    expect(shell.help('show configuration | ')).toContain('compare');
    expect((await run(shell, 'show version | display set')).outcome).toMatchObject(unknown('set'));
    expect((await run(shell, 'show version |')).outcome).toMatchObject({
      text: 'ERROR: Incomplete command.',
    });
  });

  it('give every show as JSON', async () => {
    const shell = await openShell(await startRouter());
    for (const command of ['version', 'cli', 'system commit', 'configuration', 'services twamp sessions']) {
      const text = await runAll(shell, `show ${command} | display json`);
      expect(() => JSON.parse(text) as unknown, command).not.toThrow();
    }
  });
});

describe('lines', () => {
  it.each(['', '   ', '# remark', '! remark', '  # remark'])('do nothing for %j', async (line) => {
    const { text, outcome } = await run(await openShell(await startRouter()), line);
    expect([text, outcome]).toEqual(['', { status: 'done' }]);
  });

  it('leave one level for `!` in configuration mode', async () => {
    const shell = await openShell(await startRouter());
    await runAll(shell, 'configure', 'edit services rpm twamp server', '!');
    expect(shell.login.prompt).toBe('dnRouter(cfg-srv-rpm-twamp)# ');
  });

  it('say where the refused word stands', async () => {
    const shell = await openShell(await startRouter());
    expect((await run(shell, '  show  foo')).outcome).toMatchObject({ column: 8 });
    expect((await run(shell, 'show version | foo')).outcome).toMatchObject({ column: 15 });
  });

  it('keep a prompt within 63 characters and with one blank at its end', async () => {
    const shell = await openShell(await startRouter());
    await runAll(shell, 'configure', `set system host-name ${'h'.repeat(40)}`, 'commit');
    expect(shell.login.prompt).toBe(`${'h'.repeat(40)}(cfg)# `);
    await runAll(shell, 'edit services rpm twamp server');
    expect(shell.login.prompt).toBe(`${'h'.repeat(40)}(cfg-twamp-server)# `);
    expect(shell.login.prompt.length).toBeLessThanOrEqual(63);
  });

  it('never make an escape sequence of what was typed', async () => {
    const { outcome } = await run(await openShell(await startRouter()), 'show \x1b[31mred');
    expect(outcome).toMatchObject({ status: 'failed' });
  });
});

describe('run', () => {
  it('shows the whole configuration from any level', async () => {
    const shell = await openShell(await startRouter());
    await runAll(shell, 'configure', 'set system host-name a', 'commit', 'edit services rpm twamp server');
    expect(await runAll(shell, 'run show configuration system')).toBe('host-name a;\n');
    expect(await runAll(shell, 'run show configuration')).toContain('host-name a;');
  });
});

describe('commit', () => {
  it('is refused with the reason, and changes nothing', async () => {
    const test = await startRouter();
    const shell = await openShell(test);
    await runAll(shell, 'configure', 'set services rpm twamp server routing-instance-list red port 900');
    expect((await run(shell, 'commit')).outcome).toMatchObject({
      text: expect.stringMatching(
        /^Commit check failed on:\n {2}.* red: .*'red' does not exist\.$/,
      ) as string,
    });
    expect(test.router.configuration.running.size).toBe(0);
  });

  it('says what it warns of beside its result', async () => {
    const contact = new SilentContact();
    const shell = await openShell(await startRouter(), { contact });
    await runAll(shell, 'configure', 'set services rpm twamp server port 8620', 'commit');
    expect(contact.told).toEqual([expect.stringMatching(/^Warning: .*only clients on this machine/)]);
  });

  it('of a private candidate is refused when another commit came first', async () => {
    const test = await startRouter();
    const [one, other] = [await openShell(test), await openShell(test)];
    await runAll(one, 'configure', 'set system host-name one');
    await runAll(other, 'configure', 'set system host-name other', 'commit');
    expect((await run(one, 'commit')).outcome).toMatchObject({
      text: expect.stringContaining('another commit') as string,
    });
    expect(await runAll(other, 'run show version | match hostname')).toBe('Hostname: other\n');
  });
});

describe('interruption', () => {
  it('stops output', async () => {
    const shell = await openShell(await startRouter());
    const stop = new AbortController();
    let pieces = 0;
    const sink = {
      write: () => {
        pieces += 1;
        stop.abort();
      },
    };
    const options = { sink, nextSignal: () => stop.signal };
    expect(await shell.execute('show services twamp sessions', options)).toEqual({
      status: 'interrupted',
    });
    expect(pieces).toBe(1);
  });
});

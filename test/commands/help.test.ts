/** `help apropos`, `help reference` and `help topic`, for logins of different classes. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { topics } from '../../src/commands/topics.ts';
import { openShell, run, runAll, startRouter } from '../support/router.ts';

const page = readFileSync(join(import.meta.dirname, '../../docs/commands.md'), 'utf8');

const shellOf = async (className: string) => openShell(await startRouter(), { className });

describe('help reference', () => {
  it('is the text of docs/commands.md', async () => {
    const shell = await shellOf('super-user');
    const text = await runAll(shell, 'help reference show services twamp sessions');
    expect(text).toContain('### show services twamp sessions\n');
    expect(text).toContain('| `connection-id` | Identifier of the control connection | 1..4294967295 |  |\n');
    expect(page).toContain(text);
    const whole = await runAll(shell, 'help reference');
    expect(whole.split('\n').filter((line) => line !== '')).toEqual(
      page
        .slice(page.indexOf('### '))
        .split('\n')
        .filter((line) => line !== '' && !line.startsWith('## ')),
    );
  });

  it('tells range, default and what a change does of a statement', async () => {
    const text = await runAll(await shellOf('super-user'), 'help ref set serv rpm twamp server port');
    expect(text).toContain('| `<port>` | TWAMP server listening port | 1..65535 | 862 |\n');
    expect(text).toContain('**Minimum user role:** system (privilege system) to view, interface-control');
    expect(text).toContain('**A change is** ');
    expect(text).toContain('| 0.1.0 | Statement introduced |\n');
  });

  it('has nothing for those who may not know', async () => {
    const viewer = await shellOf('viewer');
    expect(await runAll(viewer, 'help reference')).not.toContain('twping');
    expect((await run(viewer, 'help reference twping')).outcome).toEqual({
      status: 'failed',
      text: "ERROR: Nothing is known of 'twping'.",
    });
  });

  it('completes words as far as there are any', async () => {
    const shell = await shellOf('super-user');
    expect(shell.complete('help reference show serv', 'tab').insert).toBe('ices');
    expect(shell.help('help reference show services ')).toContain('  simple-twamp');
    expect((await shellOf('viewer')).help('help reference ')).not.toContain('twping');
  });
});

describe('help apropos', () => {
  it('finds names, help texts and options, whatever their case', async () => {
    const found = await runAll(await shellOf('super-user'), 'help apropos PERCENTiles');
    expect(found).toBe(
      'twping <host> percentiles\n    Percentiles of the delays to report\n' +
        'twping <host> light percentiles\n    Percentiles of the delays to report\n',
    );
    const statements = await runAll(await shellOf('super-user'), 'help apropos hop-limit');
    expect(statements).toContain(
      'set services rpm twamp client control-connection <control-connection> test-session <test-session> ttl <hops>\n' +
        '    Time to Live (hop-limit) value of the probes\n',
    );
  });

  it('finds nothing of what the login may not see, and says so', async () => {
    expect((await run(await shellOf('viewer'), 'help apropos percentiles')).outcome).toEqual({
      status: 'failed',
      text: "ERROR: Nothing is known of 'percentiles'.",
    });
  });
});

describe('help topic', () => {
  it.each(Object.entries(topics))('%s fits a terminal', async (name, { title, text }) => {
    expect(await runAll(await shellOf('viewer'), `help topic ${name}`)).toBe(`${title}\n\n${text}`);
    for (const line of text.split('\n')) expect(line.length, line).toBeLessThanOrEqual(84);
  });

  it('is there in configuration mode as well', async () => {
    const shell = await shellOf('super-user');
    expect(await runAll(shell, 'configure', 'help topic pipes')).toContain('Pipes\n');
  });
});

/** `help apropos`, `help reference` and `help topic`, for logins of different classes. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Shell } from '../../src/shell/shell.ts';
import { topics } from '../../src/commands/topics.ts';
import { openShell, run, runAll, startRouter } from '../support/router.ts';

const page = readFileSync(join(import.meta.dirname, '../../docs/commands.md'), 'utf8');

const shellOf = async (className: string) => openShell(await startRouter(), { className });

/** What is read, whatever separates it: blanks, and the lines and rules of tables. */
const wordsOf = (text: string): readonly string[] =>
  text.split(/\s+/).filter((word) => word !== '' && word !== '|' && !/^[|+-]+$/.test(word));

async function runOnScreen(shell: Shell, line: string, columns: number): Promise<string> {
  let text = '';
  const outcome = await shell.execute(line, {
    sink: { write: (piece) => void (text += piece) },
    nextSignal: () => new AbortController().signal,
    columns,
  });
  expect(outcome.status).toBe('done');
  return text;
}

describe('help reference', () => {
  it('has the words of docs/commands.md, without its marks', async () => {
    const shell = await shellOf('super-user');
    const whole = await runAll(shell, 'help reference');
    expect(whole).not.toMatch(/^#|\*\*|`/m);
    const withoutChapters = page.slice(page.indexOf('### ')).replace(/^## .*$/gm, '');
    expect(wordsOf(whole)).toEqual(wordsOf(withoutChapters.replace(/^### |\*\*|`|\\(?=[<|])/gm, '')));
  });

  it.each([60, 80, 130])('fits a screen of %i columns', async (columns) => {
    const shell = await shellOf('super-user');
    const text = await runOnScreen(shell, 'help reference', columns);
    for (const line of text.split('\n')) expect(line.length, line).toBeLessThanOrEqual(columns);
    expect(text.replace(/\s/g, '').length).toBeGreaterThan(100_000);
  });

  it('is read on a screen as it is laid out', async () => {
    const shell = await shellOf('super-user');
    const text = await runOnScreen(shell, 'help reference clear twamp statistics control', 80);
    expect(text).toMatchInlineSnapshot(`
      "clear twamp statistics control <connection-id>
      ----------------------------------------------

      Minimum user role: operator (privilege clear)

      Identifier of the control connection.

      Command syntax: clear twamp statistics control <connection-id>

      Command mode: operational

      | Parameter       | Description                      | Range         | Default |
      |-----------------+----------------------------------+---------------+---------|
      | <connection-id> | Identifier of the control        | 1..4294967295 |         |
      |                 | connection                       |               |         |

      Command history

      | Release | Modification       |
      |---------+--------------------|
      | 0.1.0   | Command introduced |

      clear twamp statistics control <connection-id> data <session-id>
      ----------------------------------------------------------------

      Minimum user role: operator (privilege clear)

      Identifier of the data session.

      Command syntax: clear twamp statistics control <connection-id> data <session-id>

      Command mode: operational

      | Parameter       | Description                      | Range         | Default |
      |-----------------+----------------------------------+---------------+---------|
      | <connection-id> | Identifier of the control        | 1..4294967295 |         |
      |                 | connection                       |               |         |
      | <session-id>    | Identifier of the data session   | 1..4294967295 |         |

      Command history

      | Release | Modification       |
      |---------+--------------------|
      | 0.1.0   | Command introduced |
      "
    `);
  });

  it('tells range, default and what a change does of a statement', async () => {
    const text = await runAll(await shellOf('super-user'), 'help ref set serv rpm twamp server port');
    expect(text).toContain('| <port>    | TWAMP server listening port | 1..65535 | 862     |\n');
    expect(text).toContain('Minimum user role: system (privilege system) to view, interface-control');
    expect(text).toContain('A change is ');
    expect(text).toContain('| 0.1.0   | Statement introduced |\n');
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

/** The reception: visitors at a terminal and with a batch, and what ends their stay. */
import { describe, expect, test } from 'vitest';
import { Accounts } from '../../src/access/accounts.ts';
import { Logins, type Visitor } from '../../src/access/logins.ts';
import { Reception } from '../../src/access/reception.ts';
import { commands, live } from '../../src/commands/commands.ts';
import { describeFinding } from '../../src/commands/messages.ts';
import { effective } from '../../src/config/effective.ts';
import { treeOf } from '../support/configuration.ts';
import { grammars, startRouter } from '../support/router.ts';
import { Terminal } from '../support/terminal.ts';

const configure = (accounts: Accounts, ...lines: readonly string[]) =>
  accounts.apply(effective(grammars.schema, treeOf(lines)));

async function open() {
  const { router, time } = await startRouter();
  const accounts = new Accounts(grammars.classes);
  await configure(accounts, 'system login user ada class operator');
  const logins = new Logins(time, accounts);
  const reception = new Reception({ grammars, commands, live, router, describeFinding, clock: time, logins });
  const visitor: Visitor = {
    identity: accounts.identity('ada')!,
    origin: { way: 'ssh', address: '192.0.2.9:1' },
  };
  return { accounts, logins, reception, visitor };
}

/** A visitor at a terminal. */
async function sitDown(stop = new AbortController()) {
  const opened = await open();
  const terminal = new Terminal(60, 20);
  const channel = { ...terminal.channel, drained: () => Promise.resolve(), colourLevel: 0 as const };
  const left = opened.reception.converse(opened.visitor, channel, stop.signal);
  await terminal.settle();
  return { ...opened, terminal, left, stop };
}

describe('at a terminal', () => {
  test('somebody works until they leave', async () => {
    const { terminal, left, logins } = await sitDown();
    expect(logins.all).toMatchObject([{ id: 1, origin: { way: 'ssh', address: '192.0.2.9:1' } }]);
    await terminal.type('exit\r');
    await left;
    expect(logins.all).toEqual([]);
  });

  test('the stay ends with the signal, and the terminal is given back', async () => {
    const { terminal, left, stop } = await sitDown();
    expect(terminal.screen.pasteMode).toBe(true);
    stop.abort();
    expect(terminal.screen.pasteMode).toBe(false);
    await left;
  });

  test('another class is felt at once, a removed user is out', async () => {
    const { accounts, terminal, left } = await sitDown();
    await configure(accounts, 'system login user ada class viewer');
    await terminal.type('clear twamp statistics\r');
    expect(terminal.screen.lines.join('\n')).toContain("Unknown word: 'clear'.");
    await configure(accounts);
    await left;
  });
});

describe('with a batch', () => {
  const output = () => {
    const seen = { out: '', errors: [] as string[] };
    const sink = { write: (text: string) => void (seen.out += text) };
    return { seen, output: { out: sink, error: (line: string) => void seen.errors.push(line) } };
  };

  test('lines run in order, with the exit status', async () => {
    const { reception, visitor, logins } = await open();
    const { seen, output: to } = output();
    const options = { stopOnError: false, signal: new AbortController().signal };
    expect(await reception.batch(visitor, ['show cli | count', 'configure'], to, options)).toBe(1);
    expect(seen).toEqual({ out: 'lines: 2\n', errors: ["line 2: ERROR: Unknown word: 'configure'."] });
    expect(logins.all).toEqual([]);
  });

  test('an end does not wait for the next line', async () => {
    const { reception, visitor, accounts, logins } = await open();
    async function* lines(): AsyncIterable<string> {
      yield 'show cli';
      await new Promise(() => undefined);
    }
    const options = { stopOnError: false, signal: new AbortController().signal };
    const status = reception.batch(visitor, lines(), output().output, options);
    while (logins.all.length === 0) await new Promise(setImmediate);
    await configure(accounts);
    expect(await status).toBe(1);
  });
});

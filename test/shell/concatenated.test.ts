/** Several commands on a line: each is accounted for and allowed or not as if it were typed alone. */
import { expect, it } from 'vitest';
import { runBatch } from '../../src/shell/batch.ts';
import type { Done } from '../../src/shell/login.ts';
import type { Shell } from '../../src/shell/shell.ts';
import { openShell, ROUTER_ADDRESS, run, runAll, startRouter } from '../support/router.ts';

function accountOf({ login }: Shell): Done[] {
  const account: Done[] = [];
  login.account = (done) => account.push(done);
  return account;
}

it('accounts for each command, without secrets, and refuses what the login may not do', async () => {
  const shell = await openShell(await startRouter(), { className: 'operator' });
  const account = accountOf(shell);
  const { text, outcome } = await run(shell, 'show version | count ; configure ; show version');
  expect(text).toBe('# show version | count\nlines: 2\n');
  expect(outcome).toEqual({ status: 'failed', text: "ERROR: Unknown word: 'configure'." });
  expect(account).toEqual([
    { kind: 'command', text: 'show version | count', result: 'done' },
    { kind: 'refusal', text: '', result: 'unknown-word' },
  ]);
});

it('hides secrets where the command is shown, and keeps no line with one', async () => {
  const shell = await openShell(await startRouter());
  await run(shell, 'configure');
  const password = 'set system login user ada authentication plaintext-password hunter2';
  const account = accountOf(shell);
  const { text } = await run(shell, `show | count ; ${password}`);
  expect(text).toContain('# set system login user ada authentication plaintext-password ');
  expect(text + JSON.stringify(account)).not.toContain('hunter2');
  expect(shell.keptOf(`show | count ; ${password}`)).toBeUndefined();
  const level = 'edit system login user ada authentication';
  expect(shell.keptOf(`${level} ; set plaintext-password hunter2 ; top`)).toBe(`${level} ; set`);
  expect(shell.keptOf('show ; shw hunter2 ; show')).toBe('show ;');
  expect(shell.keptOf('show ; top')).toBe('show ; top');
});

it.each([
  ['its command', [true, false], '# show version | count\nlines: 2\n'],
  ['its output', [false, true], '# show version | count\n'],
])('ends when one is given up in %s', async (_, given, expected) => {
  const shell = await openShell(await startRouter());
  const phases = given.values();
  let text = '';
  await shell.execute('show version | count ; show version | count', {
    sink: { write: (piece) => void (text += piece) },
    nextSignal: () => (phases.next().value === true ? AbortSignal.abort() : new AbortController().signal),
  });
  expect(text).toBe(expected);
});

it.each(['junos', 'vyos'] as const)('%s knows no such lines', async (style) => {
  const shell = await openShell(await startRouter(), { style });
  const { text, outcome } = await run(shell, 'show version ; show version');
  expect([text, outcome.status]).toEqual(['', 'failed']);
});

it('a batch tells which line failed, and goes on', async () => {
  const shell = await openShell(await startRouter());
  let out = '';
  const errors: string[] = [];
  await runBatch(
    shell,
    ['show version | count ; shw ; show version', 'show version | count', 'exit ; show version'],
    { out: { write: (text) => void (out += text) }, error: (line) => void errors.push(line) },
    { stopOnError: false, signal: new AbortController().signal },
  );
  expect(errors).toEqual(["line 1: ERROR: Unknown word: 'shw'."]);
  expect(out).toBe('# show version | count\nlines: 2\nlines: 2\n# exit\n');
});

it('a batch that is told to end gives up the command under way, whichever of the line it is', async () => {
  const test = await startRouter();
  const shell = await openShell(test);
  await runAll(shell, 'configure', 'set services rpm twamp server port 862');
  await runAll(
    shell,
    'set services rpm twamp server client-list any address 192.0.2.0/24',
    'commit and-quit',
  );
  const ending = new AbortController();
  let out = '';
  const running = runBatch(
    shell,
    [`show version | count ; twping ${ROUTER_ADDRESS} count 100 interval 1s ; show version`],
    { out: { write: (text) => void (out += text) }, error: () => undefined },
    { stopOnError: false, signal: ending.signal },
  );
  await test.time.pass(2.5e9);
  ending.abort();
  await test.time.until(running);
  expect(out).toMatch(/^# show version .*\n# twping .*\n3 sent, /s);
  expect(out).not.toContain('Hostname');
});

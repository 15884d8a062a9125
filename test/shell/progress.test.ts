/** What a terminal shows of a command that says nothing for a while. */
import { expect, it, vi } from 'vitest';
import { InteractiveLoop } from '../../src/shell/interactive.ts';
import type { LineOptions } from '../../src/shell/shell.ts';
import { openShell, startRouter } from '../support/router.ts';
import { Terminal } from '../support/terminal.ts';

const SECOND = 1e9;

/** A person who has entered a line that says `says` only when `finish` is called. */
async function waiting(columns: number, colourLevel: 0 | 1, says = 'State: up\n') {
  const terminal = new Terminal(columns, 24);
  const test = await startRouter();
  const loop = new InteractiveLoop(
    { ...terminal.channel, drained: () => Promise.resolve(), colourLevel },
    test.time,
  );
  const shell = await openShell(test, { contact: loop.contact });
  let finish = (): void => undefined;
  vi.spyOn(shell, 'execute').mockImplementation(async (_, { sink }: LineOptions) => {
    await new Promise<void>((resolve) => (finish = resolve));
    await sink.write(says);
    return { status: 'done' };
  });
  const ended = loop.run(shell);
  await terminal.type('show version\r');
  const end = async (): Promise<void> => {
    finish();
    await terminal.settle();
    terminal.input.end();
    await terminal.settle();
  };
  return { terminal, time: test.time, end, ended };
}

it.each([40, 80, 200])(
  'tells once a second for how long it works, and takes that away, at %i columns',
  async (columns) => {
    const { terminal, time, end } = await waiting(columns, 0);
    await time.pass(0.9 * SECOND);
    expect(terminal.screen.lines.join('\n')).not.toContain('Working');
    await time.pass(0.2 * SECOND);
    expect(terminal.screen.lines).toContain('Working for 1 s, Ctrl-C gives up');
    await time.pass(2 * SECOND);
    expect(terminal.screen.lines).toContain('Working for 3 s, Ctrl-C gives up');
    await end();
    const lines = terminal.screen.lines;
    expect(lines.join('\n')).not.toContain('Working');
    expect(lines).toContain('State: up');
    await time.pass(5 * SECOND);
    expect(terminal.screen.lines).toEqual(lines);
  },
);

it('says nothing of what is quick', async () => {
  const { terminal, time, end } = await waiting(80, 0);
  await time.pass(0.5 * SECOND);
  await end();
  await time.pass(5 * SECOND);
  expect(terminal.written.join('')).not.toContain('Working');
});

it('shows states in colour where there is some, and nowhere else', async () => {
  const coloured = await waiting(80, 1);
  await coloured.end();
  expect(coloured.terminal.written.join('')).toContain('State: \x1b[32mup\x1b[39m');
  const plain = await waiting(80, 0);
  await plain.end();
  expect(plain.terminal.written.join('')).toContain('State: up');
});

/**
 * Every NAME.keys of this folder typed at a router's prompt gives the screen of NAME.screen. `vitest -u` rewrites the
 * screens. In a .keys file lines starting with # are remarks (`# class: NAME` logs in with that class,
 * `# style: NAME` with that CLI style, `# confined` as a user of the configuration), <Enter>, <Tab>,
 * <Ctrl-X>, <Up>, <Space> are keys, the end of a line is nothing; a second passes after each key. <Look> puts what the
 * screen shows at that moment at the end.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { StyleName } from '../../src/commands/command.ts';
import { InteractiveLoop } from '../../src/shell/interactive.ts';
import { openShell, startRouter } from '../support/router.ts';
import { Terminal } from '../support/terminal.ts';

/** Unless a file says `# columns: N`. */
const COLUMNS = 130;
const ROWS = 60;

/** No key of a terminal: an instruction to the test. */
const LOOK = '<Look>';

const namedKeys: Readonly<Record<string, string>> = {
  Enter: '\r',
  Tab: '\t',
  Space: ' ',
  Up: '\x1b[A',
  Down: '\x1b[B',
  Left: '\x1b[D',
  Esc: '\x1b',
  Paste: '\x1b[200~',
  PasteEnd: '\x1b[201~',
  Look: LOOK,
};

/** The keys of a file, one chunk each, as a person types them. */
function keysOf(text: string): string[] {
  const typed = text
    .split('\n')
    .filter((line) => !line.startsWith('#'))
    .join('');
  return [...typed.matchAll(/<([A-Z][\w-]*)>|[^<]|</gs)].map(([whole, name]) => {
    if (name === undefined) return whole;
    const control = /^Ctrl-([A-Z])$/.exec(name)?.[1];
    const key = control === undefined ? namedKeys[name] : String.fromCharCode(control.charCodeAt(0) - 64);
    if (key === undefined) throw new Error(`no key ${whole}`);
    return key;
  });
}

const folder = import.meta.dirname;
const names = readdirSync(folder).flatMap((file) => /^(.*)\.keys$/.exec(file)?.[1] ?? []);

it.each(names)('transcript %s', async (name) => {
  const script = readFileSync(join(folder, `${name}.keys`), 'utf8');
  const columns = Number(/^# columns: (\d+)$/m.exec(script)?.[1] ?? COLUMNS);
  const terminal = new Terminal(columns, ROWS);
  const className = /^# class: (\S+)$/m.exec(script)?.[1] ?? 'super-user';
  const test = await startRouter();
  const loop = new InteractiveLoop(
    { ...terminal.channel, drained: () => Promise.resolve(), colourLevel: 0 },
    test.time,
  );
  const style = /^# style: (junos|vyos)$/m.exec(script)?.[1] as StyleName | undefined;
  const shell = await openShell(test, {
    className,
    ...(style && { style }),
    configured: /^# confined$/m.test(script),
    candidate: 'shared',
    contact: loop.contact,
  });
  const ended = loop.run(shell);
  const looks: string[] = [];
  for (const key of keysOf(script)) {
    if (key === LOOK)
      looks.push(`\n=== what the screen shows ===\n${terminal.screen.visible.join('\n').trimEnd()}`);
    else {
      await terminal.type(key);
      await test.time.pass(1e9);
    }
  }
  terminal.input.end();
  await ended;
  const seen = [...terminal.screen.lines, ...looks];
  await expect(`${seen.join('\n')}\n`).toMatchFileSnapshot(join(folder, `${name}.screen`));
});

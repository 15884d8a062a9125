/**
 * What scrapli and Ansible look for, octet by octet, in what a terminal is sent: their prompts' patterns, the strings they
 * take for failures, and what they say first (vendor-cli §7). Netmiko is tried itself, in netmiko.test.ts.
 */
import { describe, expect, it, onTestFinished } from 'vitest';
import type { StyleName } from '../../src/commands/command.ts';
import { InteractiveLoop } from '../../src/shell/interactive.ts';
import { openShell, startRouter } from '../support/router.ts';
import { Terminal } from '../support/terminal.ts';

interface Session {
  /** Types a line as programs do, at once; gives all that comes of it, up to and with the next prompt. */
  say(line: string): Promise<string>;
  /** Types keys; gives all that comes of them at once. */
  type(keys: string): Promise<string>;
  /** Ends the input; resolves when the login has left. */
  end(): Promise<void>;
}

/** A login at a pseudo-terminal of 80 columns with colours, as ssh gives it to a program. */
async function open(style: StyleName, className = 'super-user'): Promise<Session> {
  const terminal = new Terminal(80, 24);
  const test = await startRouter();
  const channel = { ...terminal.channel, drained: () => Promise.resolve(), colourLevel: 1 as const };
  const loop = new InteractiveLoop(channel, test.time);
  const shell = await openShell(test, { className, style, candidate: 'shared', contact: loop.contact });
  const ended = loop.run(shell);
  const end = async (): Promise<void> => {
    terminal.input.end();
    await ended;
  };
  onTestFinished(end);
  let seen = 0;
  const since = (): string => {
    const all = terminal.written.join('');
    const text = all.slice(seen);
    seen = all.length;
    return text;
  };
  await terminal.settle();
  since();
  return {
    end,
    type: async (keys) => {
      await terminal.type(keys);
      return since();
    },
    say: async (line) => {
      await terminal.type(`${line}\r`);
      for (let turn = 0; turn < 20; turn += 1) await terminal.settle();
      return since();
    },
  };
}

/** As Python's re compiles them; scrapli's with MULTILINE and IGNORECASE. */
const patterns = {
  'scrapli juniper exec': /^({\w+(:(\w+){0,1}\d){0,1}}\n){0,1}[\w\-@()/:.]{1,63}>\s?$/im,
  'scrapli juniper configuration': /^({\w+(:(\w+){0,1}\d){0,1}}\n){0,1}[\w\-@()/:.]{1,63}#\s?$/im,
  'scrapli vyos exec': /^[\w\-@()/:.]{1,63}@[\w\-@()/:.]{1,63}:~\$\s?$/im,
  'scrapli vyos configuration': /^[\w\-@()/:.]{1,63}@[\w\-@()/:.]{1,63}#\s?$/im,
  'ansible junos': /({primary:node\d+})?[\r\n]?[\w@+\-.:/[\]]+[>#%] ?$/,
  'ansible vyos': /@[\w\-.]+:\S+?[>#$] ?$/,
  'ansible dnos': /[\r\n]?[\w+\-.:/[\]]+(?:\([^)]*\))?#\s*$/,
  'netmiko junos configuration': /Entering configuration mode[^]*\][^]*#/,
  'netmiko junos configuration check': /[>#] $/m,
} as const;

describe.each<[StyleName, exec: (keyof typeof patterns)[], configuration: (keyof typeof patterns)[]]>([
  ['dnos', ['ansible dnos'], ['ansible dnos']],
  [
    'junos',
    ['scrapli juniper exec', 'ansible junos'],
    [
      'scrapli juniper configuration',
      'ansible junos',
      'netmiko junos configuration',
      'netmiko junos configuration check',
    ],
  ],
  ['vyos', ['scrapli vyos exec', 'ansible vyos'], ['scrapli vyos configuration']],
])('prompts of %s', (style, exec, configuration) => {
  it('are found', async () => {
    const session = await open(style);
    const operational = await session.say('show version');
    const configuring = await session.say('configure');
    for (const name of exec) expect(operational.replaceAll('\r', ''), name).toMatch(patterns[name]);
    for (const name of configuration) expect(configuring.replaceAll('\r', ''), name).toMatch(patterns[name]);
  });
});

describe.each<[StyleName, failures: RegExp]>([
  ['dnos', /Unknown command|Syntax error|Incomplete command|Invalid value|Unknown word|% Error/],
  [
    'junos',
    /is ambiguous|unknown command|syntax error|missing mandatory argument|invalid numeric value|[\r\n]error:/,
  ],
  ['vyos', /\n\s*(Invalid|Ambiguous|Incomplete) command:/],
])('failures of %s', (style, failures) => {
  it.each(['shw', 'show nonsense', 'show', 'twping 192.0.2.9 count many', 'show version | foo'])(
    'are seen: %s',
    async (line) => {
      expect(await (await open(style)).say(line)).toMatch(failures);
    },
  );
});

it.each<[StyleName, lines: [line: string, all: string][]]>([
  [
    'junos',
    [
      ['show nonsense', '                   ^\r\nsyntax error.\r\nlab@dnRouter> '],
      ['configure', 'Entering configuration mode\r\n\r\n[edit]\r\nlab@dnRouter# '],
      ['set system host-name r1', '\r\n[edit]\r\nlab@dnRouter# '],
      ['commit check', 'configuration check succeeds\r\n\r\n[edit]\r\nlab@dnRouter# '],
      [
        'exit',
        'The configuration has been changed but not committed\r\nExit with uncommitted changes? [yes,no] (yes) ',
      ],
      ['no', '\r\n[edit]\r\nlab@dnRouter# '],
      ['commit', 'commit complete\r\n\r\n[edit]\r\nlab@r1# '],
      ['set system login user x class none', '\r\n[edit]\r\nlab@r1# '],
      [
        'commit check',
        "[edit system login user x]\r\n  'class'\r\n    There is no login class 'none'.\r\nerror: configuration check-out failed\r\n\r\n[edit]\r\nlab@r1# ",
      ],
      ['rollback 0', 'load complete\r\n\r\n[edit]\r\nlab@r1# '],
      ['exit configuration-mode', 'Exiting configuration mode\r\nlab@r1> '],
    ],
  ],
  [
    'vyos',
    [
      ['show nonsense', '\r\n  Invalid command: show [nonsense]\r\n\r\nlab@dnRouter:~$ '],
      ['configure', '[edit]\r\nlab@dnRouter# '],
      [
        'set nonsense',
        '\r\n  Configuration path: [nonsense] is not valid\r\n  Set failed\r\n\r\n[edit]\r\nlab@dnRouter# ',
      ],
      [
        'delete system host-name',
        "\r\n  There is no statement 'system host-name' to delete.\r\n  Delete failed\r\n\r\n[edit]\r\nlab@dnRouter# ",
      ],
      ['commit', 'No configuration changes to commit.\r\n[edit]\r\nlab@dnRouter# '],
      ['set system host-name r1', '[edit]\r\nlab@dnRouter# '],
      [
        'exit',
        "Cannot exit: configuration modified.\r\nUse 'exit discard' to discard the changes and exit.\r\n[edit]\r\nlab@dnRouter# ",
      ],
      ['commit', '[edit]\r\nlab@r1# '],
      ['set services rpm twamp client control-connection c target-address 192.0.2.1', '[edit]\r\nlab@r1# '],
      ['set system login user x class none', '[edit]\r\nlab@r1# '],
      [
        'commit',
        "\r\n[ system login user x class ]\r\nThere is no login class 'none'.\r\n\r\nThe configuration is not valid, nothing was changed.\r\nCommit failed\r\n\r\n[edit]\r\nlab@r1# ",
      ],
      ['exit discard', 'exit\r\nlab@r1:~$ '],
    ],
  ],
])('a conversation in the style %s is answered octet by octet', async (style, lines) => {
  const session = await open(style);
  for (const [line, answer] of lines) {
    const all = await session.say(line);
    expect(all.slice(all.indexOf('\r\n') + 2), line).toBe(answer);
  }
});

it.each<StyleName>(['dnos', 'junos', 'vyos'])(
  'an input that ends amid changes ends the login, in the style %s',
  async (style) => {
    const session = await open(style);
    await session.say('configure');
    await session.say('set system host-name r1');
    await session.end();
  },
);

const LONG = `show services twamp sessions remote-address 192.0.2.1 local-address ${'2001:db8::'.padEnd(39, '1')}`;
const CURSOR_UP = '\x1b[1A';
const TO_THE_START = '\x01';
const INTERRUPT = '\x03';

it('a line that the terminal wraps is echoed as it was sent, however wide the login says it is', async () => {
  const session = await open('junos', 'viewer');
  await session.say('set cli screen-width 511');
  expect(await session.type(LONG)).toBe(LONG);
  expect(await session.type(TO_THE_START)).toContain(CURSOR_UP);
  await session.type(INTERRUPT);
});

it('pages are counted for a screen as wide as the login says', async () => {
  const session = await open('junos');
  // A heading of two rows of 80 columns, and one of 511.
  await session.say('set cli screen-length 6');
  const rows = async (): Promise<number> => {
    const page = await session.say('show services twamp sessions');
    await session.say('q');
    return page.split('\r\n').length;
  };
  const narrow = await rows();
  await session.say('set cli screen-width 511');
  expect(await rows()).toBeGreaterThan(narrow);
});

/** Lines of a class that each client takes for a failure, in the words of its own list (vendor-cli §7). */
describe.each<[StyleName, client: string, failures: readonly (string | RegExp)[], lines: readonly string[]]>([
  [
    'junos',
    'scrapli',
    [
      'is ambiguous',
      'No valid completions',
      'unknown command',
      'syntax error',
      'missing mandatory argument',
      'invalid numeric value',
    ],
    ['shw', 'show v x', 's', 'show nonsense', 'twping', 'twping 192.0.2.9 count many', 'show | nonsense'],
  ],
  [
    'junos',
    'ansible',
    [/unknown command/, /syntax error/, /[\r\n]error:/],
    ['shw', 'show nonsense', 'request system logout id 99', 'show version | display set'],
  ],
  [
    'vyos',
    'scrapli',
    [
      'Ambiguous command',
      'Incomplete command',
      'Invalid command',
      'Invalid value',
      'Need to specify the config node to set',
      'Set failed',
    ],
    ['shw', 's', 'twping', 'twping 192.0.2.9 count many', 'show nonsense'],
  ],
  [
    'dnos',
    'ansible',
    ['Unknown command', 'Unknown word', 'Syntax error', 'Incomplete command', 'Invalid value', '% Error'],
    ['shw', 'show nonsense', 'show', 'twping 192.0.2.9 count many'],
  ],
])('in the style %s, %s sees the failure', (style, _, failures, lines) => {
  it.each(lines)('of %s', async (line) => {
    const all = await (await open(style)).say(line);
    const seen = failures.some((failure) =>
      typeof failure === 'string' ? all.includes(failure) : failure.test(all),
    );
    expect(seen, all).toBe(true);
  });
});

it.each([
  'set',
  'set nonsense',
  'set services rpm twamp server port 0',
  'set services rpm twamp server port',
])('scrapli sees the failure of VyOS’ %s', async (line) => {
  const session = await open('vyos');
  await session.say('configure');
  expect(await session.say(line)).toMatch(/Need to specify the config node to set|Set failed/);
});

it('netmiko detects what answers show version as Junos does', async () => {
  expect(await (await open('junos')).say('show version')).toMatch(/JUNOS .+ Software|JUNOS OS Kernel/);
});

it('netmiko waits for these words of VyOS and gets them', async () => {
  const session = await open('vyos');
  expect(await session.say('set terminal width 512')).toContain('width');
  await session.say('configure');
  await session.say('set system host-name r1');
  await session.say('commit');
  expect(await session.say('save')).toContain('Done');
});

it('Ansible finds what it is told of a commit of DNOS, and its facts', async () => {
  const session = await open('dnos');
  await session.say('set cli-terminal-length 0');
  expect(await session.say('show system')).toMatch(/System Type: .*[^]*Version: /);
  expect(await session.say('show system name')).toContain('dnRouter');
  await session.say('configure');
  await session.say('system host-name r1');
  expect(await session.say('commit check')).toContain('Commit check passed successfully');
  expect(await session.say('commit confirm 5')).toContain('Commit confirm will be automatically rolled back');
  expect(await session.say('commit')).toMatch(/Commit confirmed|Commit succeeded/);
  await session.say('system host-name r2');
  expect(await session.say('commit')).toContain('Commit succeeded');
  expect(await session.say('rollback 1')).toContain('rollback complete');
});

it('netmiko and Ansible find Junos’ markers of a commit that must be confirmed', async () => {
  const session = await open('junos');
  for (const line of ['set cli timestamp disable', 'set cli screen-length 0', 'set cli screen-width 1024'])
    expect(await session.say(line)).not.toMatch(/unknown command|syntax error|[\r\n]error:/);
  await session.say('configure');
  await session.say('set system host-name r1');
  const all = await session.say('commit confirmed 5');
  expect(all).toContain('commit confirmed will be automatically rolled back in 5 minutes unless confirmed');
  expect(all).toContain('commit complete');
});

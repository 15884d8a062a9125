/** The lines that pages about a grammar list. */
import { expect, test } from 'vitest';
import { commandLines, statementLines, verbLines, type Line } from '../../src/grammar/lines.ts';
import { readGrammar } from '../../src/grammar/notation.ts';

const typed = (lines: readonly Line[]): string[] => lines.map(({ words }) => words.join(' '));

const commands = readGrammar(
  `
show "Show"
  version "Version" -> version
  sessions "Sessions" -> sessions
    [count] "Count"
    <session:1..9> "One of them" -> session
view => show
set "Set"
  {schema:set} -> set
quit "Quit" -> quit
{schema:enter} -> enter
`,
  'commands.cli',
);

test('a line ends where a command does; aliases, options and trees are no lines of their own', () => {
  expect(typed(commandLines(commands))).toEqual([
    'show version',
    'show sessions',
    'show sessions <session>',
    'quit',
  ]);
});

test('each line knows the nodes that lead to it', () => {
  for (const { words, nodes } of commandLines(commands))
    expect(nodes.map((node) => node.value?.name ?? node.name)).toEqual(
      words.map((word) => word.replace(/^<(.*)>$/, '$1')),
    );
});

test('verbs are first words, those that only lead to a tree among them', () => {
  expect(typed(verbLines(commands))).toEqual(['show', 'set', 'quit']);
  expect(verbLines(commands).map(({ nodes }) => nodes.map(({ name }) => name))).toEqual([
    ['show'],
    ['set'],
    ['quit'],
  ]);
});

test('statements are those that stand by themselves', () => {
  const schema = readGrammar(
    `
system "System"
  host-name <host-name:host-name> "Name"
  name => host-name
server "Server" presence
  client <client:name(9)>* "Client"
    type <type:allow|deny> "Type"
`,
    'schema.cli',
  );
  expect(typed(statementLines(schema))).toEqual([
    'system host-name <host-name>',
    'server',
    'server client <client> type <type>',
  ]);
});

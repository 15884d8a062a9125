/** What is told of a line beside what it means: where its secrets stand. */
import { describe, expect, test } from 'vitest';
import { readGrammar } from '../../src/grammar/notation.ts';
import { resolve } from '../../src/grammar/resolve.ts';
import { tokenize } from '../../src/grammar/tokens.ts';
import { Terminal } from '../support/grammar.ts';

const schema = readGrammar(
  `
user <user:name(9)>+ "User"
  password <password:secret> "Password"
  stored <stored:password-hash> "Password as it is stored"
  age <age:1..99> "Age"
`,
  'schema.cli',
);
const verbs = `
set "Set"
  {schema:set} -> set
alias <name:name(9)> "Alias"
  <line:command-line> "Line" -> alias
alter <name:name(9)> "Alter"
  <text:text> "Text" -> alter
show "Show" -> show
`;
const terminal = new Terminal(verbs, { trees: { schema: { node: schema, path: [] } } });

describe('secrets among the words', () => {
  test.each<[line: string, secrets: string[]]>([
    ['set user ada password hunter2', ['hunter2']],
    ['set user ada password "two words" age 3', ['"two words"']],
    ['set user ada age 3 password hunter2 nonsense', ['hunter2']],
    ['set user ada password hunter2 age', ['hunter2']],
    ['set user ada age 3', []],
    ['alias a "set user ada password hunter2"', ['"set user ada password hunter2"']],
    ['alias hunter2 "show"', []],
    ['al a "set hunter2"', ['"set hunter2"']],
    ['show', []],
    ['nonsense', []],
  ])('%s', (line, secrets) => {
    const context = { ...terminal.context, holdsSecret: (text: string) => text.includes('hunter2') };
    const [words] = tokenize(line).sections;
    const found = resolve(terminal.root, words!, line.length, context).secrets;
    expect(found.map(({ start, end }) => line.slice(start, end))).toEqual(secrets);
  });

  test('none is repeated by what is wrong with it', () => {
    expect(terminal.problem('set user ada stored hunter2')).toMatchObject({
      code: 'invalid-value',
      word: '*****',
    });
    expect(terminal.problem('set user ada age hunter2')).toMatchObject({ word: 'hunter2' });
  });
});

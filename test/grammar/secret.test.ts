/** Which statements have secrets, and which of these are sealed. */
import { expect, test } from 'vitest';
import { readGrammar } from '../../src/grammar/notation.ts';
import { isSealed, isSecret } from '../../src/grammar/secret.ts';

const node = (line: string) => readGrammar(line, 'schema.cli').children[0]!;

test.each([
  ['key <key:secret> "Key"', true, true],
  ['password <password:password-hash> "Password"', false, true],
  ['name <name:text> "Name"', false, false],
  ['flag "Flag"', false, false],
])('%s', (line, sealed, secret) => {
  expect([isSealed(node(line)), isSecret(node(line))]).toEqual([sealed, secret]);
});

test('what is no statement has none', () => {
  expect([isSealed(undefined), isSecret(undefined)]).toEqual([false, false]);
});

/** Login classes: what grammar/classes.cli says, and how mistakes in it are reported. */
import { describe, expect, test } from 'vitest';
import { PRIVILEGES, readClasses } from '../../src/grammar/classes.ts';
import { grammars } from '../support/grammar.ts';

const read = (source: string) => readClasses(source, 'classes.cli', ['view', 'clear']);

describe('readClasses', () => {
  test('a class holds the privileges of its line, and * holds all', () => {
    const classes = read('# comment\nnobody\n\nreader view  # trailing\nowner *\n');
    expect([...classes].map(([name, held]) => [name, [...held]])).toEqual([
      ['nobody', []],
      ['reader', ['view']],
      ['owner', ['view', 'clear']],
    ]);
  });

  test.each([
    ['reader vieuw', "classes.cli:1: expected a privilege, not 'vieuw'"],
    ['a view\nb\na clear', "classes.cli:3: expected one line for 'a', not two"],
  ])('a mistake in %j', (source, message) => {
    expect(() => read(source)).toThrow(message);
  });
});

test('the classes of the product', () => {
  const held = [...grammars.classes].map(([name, privileges]) => [name, [...privileges].join(' ')]);
  expect(held).toEqual([
    ['unauthorized', ''],
    ['viewer', 'viewer'],
    ['read-only', 'viewer view'],
    ['operator', 'viewer view clear network'],
    ['system', 'viewer view clear network configure system'],
    ['interface-control', 'viewer view clear network configure system interface-control'],
    ['super-user', PRIVILEGES.join(' ')],
  ]);
});

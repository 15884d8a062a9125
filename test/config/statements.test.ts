/** What set and delete lines do to a tree. */
import { describe, expect, test } from 'vitest';
import { deleteStatement, setStatements } from '../../src/config/statements.ts';
import { setLines } from '../../src/config/text.ts';
import type { ConfigTree } from '../../src/config/tree.ts';
import { kinds, statementsOf, treeOf } from '../support/configuration.ts';

const written = (tree: ConfigTree | undefined) => tree && [...setLines(kinds, tree)];
const tree = (...lines: string[]) => treeOf(lines, kinds);

describe('set', () => {
  test.each<[before: string[], line: string, after: string[]]>([
    [[], 'set server port 1', ['set server port 1']],
    [['server port 1'], 'set server port 2', ['set server port 2']],
    [[], 'set server', ['set server']],
    [['server port 1'], 'set server', ['set server port 1']],
    [[], 'set server debug', ['set server debug']],
    [['server debug'], 'set server debug', ['set server debug']],
    [[], 'set server client a', ['set server client a']],
    [['server client a type deny'], 'set server client a', ['set server client a type deny']],
    [[], 'set server client a address 10.0.0.0/8', ['set server client a address 10.0.0.0/8']],
    [['server modes none'], 'set server modes all', ['set server modes none', 'set server modes all']],
    [['server modes none'], 'set server modes none', ['set server modes none']],
    [[], 'set server mode [ some none some ]', ['set server modes some', 'set server modes none']],
    [[], 'set server slot 07 description "a b"', ['set server slot 7 description "a b"']],
    [[], 'set server port 5 debug', ['set server debug', 'set server port 5']],
  ])('%j, %s', (before, line, after) => {
    expect(written(setStatements(kinds, tree(...before), statementsOf(line, kinds)))).toEqual(after);
  });
});

describe('delete', () => {
  test.each<[before: string[], line: string, after: string[] | undefined]>([
    [['server port 1', 'server debug'], 'delete server port', ['set server debug']],
    [['server port 1'], 'delete server port 1', ['set server']],
    [['server port 1'], 'delete server port 2', undefined],
    [['server port 1'], 'delete server debug', undefined],
    [['server port 1'], 'delete server', []],
    [['system banner x'], 'delete system banner', []],
    [['server modes [ none some ]'], 'delete server modes none', ['set server modes some']],
    [['server modes none'], 'delete server modes none', ['set server']],
    [['server modes none'], 'delete server modes all', undefined],
    [['server modes [ none some ]'], 'delete server modes', ['set server']],
    [['server client a', 'server client b'], 'delete server client a', ['set server client b']],
    [['server client a'], 'delete server client a', ['set server']],
    [['server client a', 'server client b'], 'delete server client', ['set server']],
    [['server client a type deny'], 'delete server client a type', ['set server client a']],
    [['server client a limits rate 1'], 'delete server client a limits rate', ['set server client a']],
    [
      ['server client a address 10.0.0.0/8'],
      'delete server client a address 10.0.0.0/8',
      ['set server client a'],
    ],
    [[], 'delete server', undefined],
  ])('%j, %s', (before, line, after) => {
    const [statement] = statementsOf(line, kinds);
    expect(written(deleteStatement(kinds, tree(...before), statement!))).toEqual(after);
  });
});

/** What docs/roles.md says, read as a person reads it: the page, and not the code under test, says who may do what. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

export type Cell = 'run' | 'change' | 'view' | '-' | 'yes';

export interface RoleRow {
  readonly words: readonly string[];
  readonly cells: ReadonlyMap<string, Cell>;
}

const page = readFileSync(join(import.meta.dirname, '../../../docs/roles.md'), 'utf8');

function rowsOf(title: string): readonly RoleRow[] {
  const section = page.split(/^## /m).find((part) => part.startsWith(`${title}\n`));
  const [header = '', , ...rows] = (section ?? '').split('\n').filter((line) => line.startsWith('| '));
  const classes = header
    .split('|')
    .slice(2, -1)
    .map((name) => name.trim());
  return rows.map((row) => {
    const [line = '', ...cells] = row
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim());
    const words = line.replaceAll('`', '').split(' ');
    return { words, cells: new Map(classes.map((name, index) => [name, cells[index] as Cell])) };
  });
}

export const rolesPage = {
  privileges: rowsOf('Privileges'),
  commands: rowsOf('Commands of operational mode'),
  verbs: rowsOf('Verbs of configuration mode'),
  statements: rowsOf('Statements'),
};

export function holds(className: string, privilege: string): boolean {
  return rolesPage.privileges.find(({ words }) => words[0] === privilege)!.cells.get(className) === 'yes';
}

/** The row of a line of `display set` without its `set`: of all whose words these may be, the longest that it has whole. */
export function statementRow(words: readonly string[]): RoleRow | undefined {
  const matching = rolesPage.statements.filter((row) =>
    row.words.every((word, index) => index >= words.length || word.startsWith('<') || word === words[index]),
  );
  const lengthOf = (row: RoleRow): number => row.words.length;
  const whole = matching.filter((row) => lengthOf(row) <= words.length);
  return whole.toSorted((one, other) => lengthOf(other) - lengthOf(one))[0] ?? matching[0];
}

/** What somebody might type for a value of that name. */
const values: Readonly<Record<string, string>> = {
  '<connection-id>': '1',
  '<session-id>': '1',
  '<id>': '1',
  '<user>': 'carla',
  '<class>': 'operator',
  '<host>': '198.51.100.2',
  '<name>': 'c1',
  '<file>': 'abc',
  '<revision>': '0',
  '<from>': '0',
  '<to>': '1',
  '<minutes>': '5',
  '<lines>': '40',
  '<columns>': '90',
  '<style>': 'junos',
  '<state>': 'on',
  '<client>': '198.51.100.2',
  '<word>': 'twamp',
  '<words>': '"show version"',
  '<topic>': 'twamp',
  '<prompt>': 'x',
  '<role>': 'viewer',
  '<permission>': 'view',
  '<port>': '863',
  '<address>': '198.51.100.9',
  '<source-address>': '198.51.100.9',
  '<target-address>': '198.51.100.9',
  '<prefix>': '10.0.0.0/8',
  '<secret>': 'whatever1',
  '<host-name>': 'stolen',
};

/** The line of a row, values filled in. */
export function typed({ words }: RoleRow): string {
  return words.map((word) => values[word] ?? (word.startsWith('<') ? '1' : word)).join(' ');
}

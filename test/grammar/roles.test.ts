/**
 * What docs/roles.md says of every line and login class is what happens: the line is typed whole and abbreviated, and asked
 * for with help and completion.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Line } from '../../src/grammar/lines.ts';
import { sectionsOf, type Cell } from '../../scripts/roles.ts';
import { completion } from '../../src/shell/help.ts';
import { styles } from '../../src/shell/style.ts';
import { leadsSomewhere } from '../../src/grammar/reading.ts';
import { classCan, configurationMode, grammars, operationalMode, Terminal } from '../support/grammar.ts';
import { sampleOf } from '../support/samples.ts';

const page = readFileSync(join(import.meta.dirname, '../../docs/roles.md'), 'utf8');
const classNames = [...grammars.classes.keys()];

/** The cells of a section of the page by line, one a class. */
function writtenIn(title: string): ReadonlyMap<string, readonly string[]> {
  const [, section = ''] = new RegExp(`^## ${title}$([^#]*)`, 'm').exec(page) ?? [];
  const rows = section.matchAll(/^\| `([^`]+)` \| (.+) \|$/gm);
  return new Map([...rows].map(([, line, cells]) => [line!, cells!.split(' | ')]));
}

/** The words of a row as typed, values filled in. */
function typed({ nodes }: Line): string[] {
  return nodes.flatMap((node) => {
    const words = [node.kind === 'word' ? node.name : '', sampleOf(node)];
    return words.filter((word) => word !== '');
  });
}

/** Each keyword cut to what still tells it from the others that somebody who may do anything sees there. */
function abbreviated(row: Line, everything: Terminal, verb: readonly string[]): string {
  const words = [...verb];
  for (const node of row.nodes) {
    if (node.foreign) words.push(node.name);
    else if (node.kind === 'word') {
      const others = everything.offered(`${words.join(' ')} `).filter((word) => word !== node.name);
      let length = 1;
      while (length < node.name.length && others.some((word) => word.startsWith(node.name.slice(0, length))))
        length += 1;
      words.push(node.name.slice(0, length));
    }
    const sample = sampleOf(node);
    if (sample !== '') words.push(sample);
  }
  return words.join(' ');
}

/** Whether a line means what it should, whole and cut short. */
function understands(terminal: Terminal, everything: Terminal, row: Line, verb: readonly string[]): boolean {
  const lines = [[...verb, ...typed(row)].join(' '), abbreviated(row, everything, verb)];
  const wanted = row.nodes.at(-1)!.handler;
  const meant = lines.map((line) => {
    const resolution = terminal.resolve(line);
    if (!('match' in resolution)) return false;
    return wanted === undefined || resolution.match.handler === wanted;
  });
  expect(meant[1], lines.join(' / ')).toBe(meant[0]);
  return meant[0]!;
}

/** Whether help lists the last word, and completion brings it. */
function offers(terminal: Terminal, row: Line, verb: readonly string[]): boolean {
  const node = row.nodes.at(-1)!;
  const before = [...verb, ...typed({ ...row, nodes: row.nodes.slice(0, -1) })].join(' ');
  if (node.kind !== 'word') return terminal.candidates(`${before} `).rows.length > 0;
  if (node.foreign) return terminal.offered(`${before} ${node.name}`).includes(node.name);
  const listed = terminal.offered(`${before} `).includes(node.name);
  const partial = node.name.slice(0, -1);
  const found = terminal.candidates(`${before} ${partial}`);
  const inserted =
    completion(found, partial, styles.dnos.help).insert !== '' ||
    found.rows.some(({ text }) => text === node.name);
  expect(inserted, `${before} ${partial}`).toBe(listed);
  return listed;
}

function leads({ nodes }: Line, className: string, modify: boolean): boolean {
  const can = classCan(className);
  return leadsSomewhere(nodes.at(-1)!, ({ privilege, modifyPrivilege = privilege }) => {
    const needed = modify ? modifyPrivilege : privilege;
    return needed === undefined || can(needed);
  });
}

type Try = (row: Line, className: string) => Cell;

const pipesOf = (className: string): Terminal => new Terminal(grammars.pipes, { can: classCan(className) });

const tryCommand =
  (terminalOf: (className: string) => Terminal): Try =>
  (row, className) => {
    const terminal = terminalOf(className);
    const runs = understands(terminal, terminalOf('super-user'), row, []);
    expect(offers(terminal, row, []), `${row.words.join(' ')} for ${className}`).toBe(
      leads(row, className, false),
    );
    return runs ? 'run' : '-';
  };

/** A verb alone may need more to say: whether it is understood is seen from what it is refused for. */
const tryVerb: Try = (row, className) => {
  const terminal = configurationMode(className);
  const [name = ''] = row.words;
  const resolution = terminal.resolve(name);
  const known = 'match' in resolution || resolution.problem.code === 'incomplete';
  // Another vendor's word is offered to whoever has begun to type it.
  const typed = row.nodes.at(-1)!.foreign ? name : '';
  expect(terminal.offered(typed).includes(name), `${name} for ${className}`).toBe(known);
  return known ? 'run' : '-';
};

const tryStatement: Try = (row, className) => {
  const mode = configurationMode(className);
  const may = operationalMode(className).resolve('configure');
  const changes = understands(mode, configurationMode(), row, ['set']) && 'match' in may;
  expect(offers(mode, row, ['set']), row.words.join(' ')).toBe(
    leads(row, className, true) && classCan(className)('configure'),
  );
  const shown = row.nodes.flatMap((node) =>
    [node.name, node.value?.arity === 'key' ? sampleOf(node) : ''].filter((word) => word !== ''),
  );
  const views = 'match' in operationalMode(className).resolve(`show configuration ${shown.join(' ')}`);
  if (changes) return 'change';
  return views ? 'view' : '-';
};

const tries: Readonly<Record<string, Try>> = {
  'Commands of operational mode': tryCommand(operationalMode),
  'Verbs of configuration mode': tryVerb,
  Statements: tryStatement,
  Pipes: tryCommand(pipesOf),
};

describe.each(sectionsOf(grammars).map(({ title, rows }) => [title, rows] as const))('%s', (title, rows) => {
  const written = writtenIn(title);

  test.each(classNames)('%s', (className) => {
    const column = classNames.indexOf(className);
    const found = rows.map((row) => `${row.words.join(' ')}: ${tries[title]!(row, className)}`);
    expect(found).toEqual(
      rows.map(({ words }) => `${words.join(' ')}: ${written.get(words.join(' '))![column]!}`),
    );
  });
});

test('the page says which pipes exist behind the configuration only', () => {
  const note = page.slice(page.indexOf('## Pipes'));
  const only = sectionsOf(grammars)
    .find(({ title }) => title === 'Pipes')!
    .rows.filter(({ nodes }) => nodes.at(-1)!.onlyFor.length > 0);
  expect(only).not.toHaveLength(0);
  for (const { words } of only) expect(note).toContain(`\`${words.join(' ')}\``);
});

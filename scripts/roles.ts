/** The matrix of docs/roles.md: every command, statement and pipe, and what each login class of ours may do with it. */
import { PRIVILEGES, type Privileges } from '../src/grammar/classes.ts';
import { commandLines, statementLines, verbLines, type Line } from '../src/grammar/lines.ts';
import type { GrammarNode } from '../src/grammar/node.ts';
import type { Grammars } from '../src/shell/grammars.ts';

/** What a class may do: with a command, run it; with a statement, view it or change it as well. */
export type Cell = 'run' | 'change' | 'view' | '-';

export function commandCell({ nodes }: Line, held: Privileges): Cell {
  return mayDo(nodes.at(-1)!.privilege, held) ? 'run' : '-';
}

/** Statements are seen with `show configuration` and changed in configuration mode, which need privileges of their own. */
export function statementCell({ nodes }: Line, held: Privileges): Cell {
  const { privilege, modifyPrivilege = privilege } = nodes.at(-1)!;
  if (mayDo(modifyPrivilege, held) && held.has('configure')) return 'change';
  return mayDo(privilege, held) && held.has('view') ? 'view' : '-';
}

function mayDo(privilege: string | undefined, held: Privileges): boolean {
  return privilege === undefined || held.has(privilege);
}

interface Section {
  readonly title: string;
  readonly rows: readonly Line[];
  readonly cell: (row: Line, held: Privileges) => Cell;
}

export const sectionsOf = ({ operational, configuration, schema, pipes }: Grammars): readonly Section[] => [
  { title: 'Commands of operational mode', rows: commandLines(operational), cell: commandCell },
  { title: 'Verbs of configuration mode', rows: verbLines(configuration), cell: commandCell },
  { title: 'Statements', rows: statementLines(schema), cell: statementCell },
  { title: 'Pipes', rows: commandLines(pipes), cell: commandCell },
];

const introduction = `# What each login class may do

Written by \`npm run generate\` from \`grammar/*.cli\`; \`test/grammar/roles.test.ts\` types every line, whole and abbreviated, asks
for help and completion before it, and finds the same. What a class may not do does not exist for it: it is neither helped with,
nor completed, nor understood.

A command is \`run\` or \`-\` (unknown). A statement is \`change\` (seen and changed), \`view\` (seen) or \`-\`. Values are written
\`<name>\`; options of a command need what the command needs. DNOS' roles \`viewer\`, \`operator\` and \`admin\` are the classes
\`viewer\`, \`interface-control\` and \`super-user\`. A class of the configuration (\`system login class\`) may do what its privileges allow.
`;

/** The page, whole. */
export function rolesPage(grammars: Grammars): string {
  const classes = [...grammars.classes];
  const names = classes.map(([name]) => name);
  const privileges = PRIVILEGES.map((word) =>
    tableRow(
      `\`${word}\``,
      classes.map(([, held]) => (held.has(word) ? 'yes' : '-')),
    ),
  );
  const sections = sectionsOf(grammars).map(({ title, rows, cell }) => [
    `\n## ${title}\n`,
    ...header('', names),
    ...rows.map((row) =>
      tableRow(
        `\`${row.words.join(' ')}\``,
        classes.map(([, held]) => cell(row, held)),
      ),
    ),
  ]);
  return [
    introduction,
    '## Privileges\n',
    ...header('', names),
    ...privileges,
    ...sections.flat(),
    pipesNote(grammars),
  ].join('\n');
}

/** Which pipes exist behind some output only, and behind which. */
function pipesNote({ operational, configuration, pipes }: Grammars): string {
  const wordsIn = (grammar: GrammarNode, handler: string): string | undefined =>
    commandLines(grammar)
      .find(({ nodes }) => nodes.at(-1)!.handler === handler)
      ?.words.join(' ');
  const wordsOf = (handler: string): string => {
    if (handler.endsWith('-*')) return `every \`${handler.slice(0, -2)}\``;
    const words = wordsIn(operational, handler);
    return words === undefined
      ? `\`${wordsIn(configuration, handler)!}\` of configuration mode`
      : `\`${words}\``;
  };
  const behind = new Map<string, string[]>();
  for (const { words, nodes } of commandLines(pipes)) {
    const { onlyFor } = nodes.at(-1)!;
    if (onlyFor.length === 0) continue;
    const shows = [...onlyFor.map(wordsOf)].join(' and ');
    behind.set(shows, [...(behind.get(shows) ?? []), `\`${words.join(' ')}\``]);
  }
  const notes = [...behind].map(
    ([shows, names]) => `${names.join(', ')}: only behind ${shows}; behind anything else they are unknown.`,
  );
  return ['', ...notes, ''].join('\n');
}

function header(title: string, names: readonly string[]): string[] {
  return [
    tableRow(title, names),
    tableRow(
      '---',
      names.map(() => '---'),
    ),
  ];
}

function tableRow(first: string, cells: readonly string[]): string {
  return `| ${[first, ...cells].join(' | ')} |`;
}

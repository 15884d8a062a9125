/** The reference of commands, statements and pipes, written from the grammar: docs/commands.md, and `help reference`. */
import type { Privileges } from '../grammar/classes.ts';
import { effects } from '../grammar/effects.ts';
import { commandLines, statementLines, verbLines, type Line } from '../grammar/lines.ts';
import type { GrammarNode } from '../grammar/node.ts';

/** The grammar, as far as pages about it need it. */
export interface GrammarFiles {
  readonly operational: GrammarNode;
  readonly configuration: GrammarNode;
  readonly schema: GrammarNode;
  readonly pipes: GrammarNode;
  /** What each login class may do, from the least to the most. */
  readonly classes: ReadonlyMap<string, Privileges>;
}

/** Where a line is typed. */
type Mode = 'operational' | 'configuration' | 'statement' | 'pipe';

/** One command, statement or pipe. */
export interface Entry extends Line {
  readonly mode: Mode;
}

/** Lines without a `since` came with it. */
const FIRST_RELEASE = '0.1.0';

/** What is typed before the words of an entry, and where. */
const modes: Readonly<Record<Mode, { readonly before: string; readonly name: string }>> = {
  operational: { before: '', name: 'operational' },
  configuration: { before: '', name: 'configuration' },
  statement: { before: 'set ', name: 'configuration' },
  pipe: { before: '| ', name: 'behind a command' },
};

export interface Chapter {
  readonly title: string;
  readonly entries: readonly Entry[];
}

/** Everything that can be typed, but aliases. */
export function chaptersOf({ operational, configuration, schema, pipes }: GrammarFiles): readonly Chapter[] {
  const chapter = (title: string, mode: Mode, lines: readonly Line[]): Chapter => {
    const once = new Map(lines.map((line) => [line.words.join(' '), { ...line, mode }]));
    return { title, entries: [...once.values()] };
  };
  const verbs = [...verbLines(configuration), ...commandLines(configuration)];
  return [
    chapter('Commands of operational mode', 'operational', commandLines(operational)),
    chapter('Commands of configuration mode', 'configuration', verbs),
    chapter('Statements', 'statement', statementLines(schema)),
    chapter('Pipes', 'pipe', commandLines(pipes)),
  ];
}

export const titleOf = ({ mode, words }: Entry): string => `${modes[mode].before}${words.join(' ')}`;

/** The last line of an entry, which says what it is. */
export const nodeOf = ({ nodes }: Entry): GrammarNode => nodes.at(-1)!;

export const optionsOf = (entry: Entry): readonly GrammarNode[] =>
  nodeOf(entry).children.filter(({ option, aliasOf }) => option && !aliasOf);

const valueWord = ({ value }: GrammarNode): string => (value ? ` <${value.name}>` : '');

const optionWords = (node: GrammarNode): string => `[${node.name}${valueWord(node)}]`;

const cell = (text: string): string => text.replaceAll('|', '\\|');

function table(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  const row = (cells: readonly string[]): string => `| ${cells.map(cell).join(' | ')} |`;
  return [row(heads), row(heads.map(() => '---')), ...rows.map(row)].join('\n');
}

/** What each value and option of an entry takes. */
function parametersOf(entry: Entry): string | undefined {
  const nodes = [...entry.nodes.filter(({ value }) => value), ...optionsOf(entry)];
  const rows = nodes.map((node) => {
    const { value, help, option, defaultText = '' } = node;
    const name = option ? node.name : `<${value!.name}>`;
    return [`\`${name}\``, help, value?.type.expects ?? '', defaultText];
  });
  return rows.length === 0 ? undefined : table(['Parameter', 'Description', 'Range', 'Default'], rows);
}

function roleFor(privilege: string | undefined, classes: GrammarFiles['classes']): string {
  const least = [...classes].find(([, held]) => privilege === undefined || held.has(privilege));
  return privilege === undefined ? least![0] : `${least![0]} (privilege ${privilege})`;
}

function rolesOf(entry: Entry, { classes }: GrammarFiles): string {
  const { privilege, modifyPrivilege = privilege } = nodeOf(entry);
  if (entry.mode !== 'statement') return `**Minimum user role:** ${roleFor(privilege, classes)}`;
  const [view, change] = [roleFor(privilege, classes), roleFor(modifyPrivilege, classes)];
  return `**Minimum user role:** ${view} to view, ${change} to change`;
}

function historyOf(entry: Entry): string {
  const introduced = entry.nodes.findLast(({ since }) => since !== undefined)?.since ?? FIRST_RELEASE;
  const added = optionsOf(entry)
    .filter(({ since = introduced }) => since !== introduced)
    .map(({ since, name }) => [since!, `Added ${name}`]);
  const what = { operational: 'Command', configuration: 'Command', statement: 'Statement', pipe: 'Pipe' };
  return table(['Release', 'Modification'], [[introduced, `${what[entry.mode]} introduced`], ...added]);
}

/** An entry of the page, in Markdown, as the vendors' documents have it; ends with a line feed. */
export function entryText(entry: Entry, files: GrammarFiles): string {
  const { effect, help } = nodeOf(entry);
  const options = optionsOf(entry).map((node) => ` ${optionWords(node)}`);
  const parts = [
    `### ${cell(titleOf(entry))}`.replaceAll('<', '\\<'),
    rolesOf(entry, files),
    `${help}.`,
    `**Command syntax:** \`${titleOf(entry)}${options.join('')}\``,
    `**Command mode:** ${modes[entry.mode].name}`,
    parametersOf(entry),
    effect && entry.mode === 'statement' ? `**A change is** ${effects[effect]}.` : undefined,
    `**Command history**`,
    historyOf(entry),
  ];
  return `${parts.filter((part) => part !== undefined).join('\n\n')}\n`;
}

const introduction = `# Commands

Written by \`npm run generate\` from \`grammar/*.cli\`; \`help reference\` shows the same in the shell. Values are written \`<name>\`,
options in brackets: any order, at most once. What each login class may do with all of it: [roles.md](roles.md).
`;

/** docs/commands.md, whole. */
export function referencePage(files: GrammarFiles): string {
  const chapters = chaptersOf(files).map(({ title, entries }) =>
    [`## ${title}\n`, ...entries.map((entry) => entryText(entry, files))].join('\n'),
  );
  return [introduction, ...chapters].join('\n');
}

/** Whether somebody with those privileges may know of an entry. */
export function isKnownTo(entry: Entry, can: (privilege: string) => boolean): boolean {
  const { privilege } = nodeOf(entry);
  return privilege === undefined || can(privilege);
}

/** The keywords of an entry, with what stands before them. */
const keywordsOf = (entry: Entry): readonly string[] =>
  titleOf(entry)
    .split(' ')
    .filter((word) => !word.startsWith('<') && word !== '|');

/** Entries whose keywords begin with those words, each perhaps abbreviated. */
export function entriesAt(entries: readonly Entry[], words: readonly string[]): readonly Entry[] {
  return entries.filter((entry) => {
    const keywords = keywordsOf(entry);
    return words.every((word, index) => keywords[index]?.startsWith(word));
  });
}

/** The words that may follow those in the keywords of some entry. */
export function wordsAfter(entries: readonly Entry[], words: readonly string[]): ReadonlySet<string> {
  return new Set(entriesAt(entries, words).flatMap((entry) => keywordsOf(entry)[words.length] ?? []));
}

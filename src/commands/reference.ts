/** The reference of commands, statements and pipes, written from the grammar: docs/commands.md, and `help reference`. */
import type { Privileges } from '../grammar/classes.ts';
import { effects } from '../grammar/effects.ts';
import { commandLines, statementLines, verbLines, type Line } from '../grammar/lines.ts';
import type { GrammarNode } from '../grammar/node.ts';
import { grid } from '../render/grid.ts';
import { paragraph } from '../render/paragraph.ts';

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

/** A part of an entry, whatever it is shown on. */
type Part =
  | { readonly kind: 'heading'; readonly text: string }
  | { readonly kind: 'text'; readonly text: string }
  /** `code`: the text is what is typed. */
  | { readonly kind: 'labelled'; readonly label: string; readonly text: string; readonly code?: true }
  /** `code`: the first column is what is typed. */
  | {
      readonly kind: 'table';
      readonly heads: readonly string[];
      readonly rows: readonly (readonly string[])[];
      readonly code?: true;
    };

type Drawn = { readonly [Kind in Part['kind']]: (part: Extract<Part, { kind: Kind }>) => string };

const cell = (text: string): string => text.replaceAll('|', '\\|');

const code = (text: string): string => `\`${text}\``;

const markdown: Drawn = {
  heading: ({ text }) => `### ${cell(text)}`.replaceAll('<', '\\<'),
  text: ({ text }) => text,
  labelled: ({ label, text, code: isCode }) => `**${label}** ${isCode ? code(text) : text}`.trimEnd(),
  table({ heads, rows, code: isCode }) {
    const row = (cells: readonly string[]): string => `| ${cells.map(cell).join(' | ')} |`;
    const written = rows.map(([first = '', ...others]) => [isCode ? code(first) : first, ...others]);
    return [row(heads), row(heads.map(() => '---')), ...written.map(row)].join('\n');
  },
};

/** For a screen of so many columns. */
const plain = (columns: number): Drawn => {
  const wrapped = (text: string): string => paragraph(text, columns).trimEnd();
  return {
    heading: ({ text }) => `${wrapped(text)}\n${'-'.repeat(Math.min(text.length, columns))}`,
    text: ({ text }) => wrapped(text),
    labelled: ({ label, text }) => wrapped(`${label} ${text}`.trimEnd()),
    table: ({ heads, rows }) =>
      grid(
        heads.map((title) => ({ title })),
        rows,
        columns,
      ).trimEnd(),
  };
};

const drawn = (part: Part, how: Drawn): string => (how[part.kind] as (part: Part) => string)(part);

/** What each value and option of an entry takes. */
function parametersOf(entry: Entry): Part | undefined {
  const nodes = [...entry.nodes.filter(({ value }) => value), ...optionsOf(entry)];
  const rows = nodes.map((node) => {
    const { value, help, option, defaultText = '' } = node;
    const name = option ? node.name : `<${value!.name}>`;
    return [name, help, value?.type.expects ?? '', defaultText];
  });
  const heads = ['Parameter', 'Description', 'Range', 'Default'];
  return rows.length === 0 ? undefined : { kind: 'table', heads, rows, code: true };
}

function roleFor(privilege: string | undefined, classes: GrammarFiles['classes']): string {
  const least = [...classes].find(([, held]) => privilege === undefined || held.has(privilege));
  return privilege === undefined ? least![0] : `${least![0]} (privilege ${privilege})`;
}

function rolesOf(entry: Entry, { classes }: GrammarFiles): Part {
  const labelled = { kind: 'labelled', label: 'Minimum user role:' } as const;
  const { privilege, modifyPrivilege = privilege } = nodeOf(entry);
  if (entry.mode !== 'statement') return { ...labelled, text: roleFor(privilege, classes) };
  const [view, change] = [roleFor(privilege, classes), roleFor(modifyPrivilege, classes)];
  return { ...labelled, text: `${view} to view, ${change} to change` };
}

function historyOf(entry: Entry): Part {
  const introduced = entry.nodes.findLast(({ since }) => since !== undefined)?.since ?? FIRST_RELEASE;
  const added = optionsOf(entry)
    .filter(({ since = introduced }) => since !== introduced)
    .map(({ since, name }) => [since!, `Added ${name}`]);
  const what = { operational: 'Command', configuration: 'Command', statement: 'Statement', pipe: 'Pipe' };
  const rows = [[introduced, `${what[entry.mode]} introduced`], ...added];
  return { kind: 'table', heads: ['Release', 'Modification'], rows };
}

/** An entry as the vendors' documents have it. */
function partsOf(entry: Entry, files: GrammarFiles): readonly Part[] {
  const { effect, help } = nodeOf(entry);
  const title = titleOf(entry);
  const syntax = [title, ...optionsOf(entry).map(optionWords)].join(' ');
  const parts: readonly (Part | undefined)[] = [
    { kind: 'heading', text: title },
    rolesOf(entry, files),
    { kind: 'text', text: `${help}.` },
    { kind: 'labelled', label: 'Command syntax:', text: syntax, code: true },
    { kind: 'labelled', label: 'Command mode:', text: modes[entry.mode].name },
    parametersOf(entry),
    effect && entry.mode === 'statement'
      ? { kind: 'labelled', label: 'A change is', text: `${effects[effect]}.` }
      : undefined,
    { kind: 'labelled', label: 'Command history', text: '' },
    historyOf(entry),
  ];
  return parts.filter((part) => part !== undefined);
}

function entryDrawn(entry: Entry, files: GrammarFiles, how: Drawn): string {
  const parts = partsOf(entry, files).map((part) => drawn(part, how));
  return `${parts.join('\n\n')}\n`;
}

/** An entry for a screen of so many columns; ends with a line feed. */
export function entryText(entry: Entry, files: GrammarFiles, columns: number): string {
  return entryDrawn(entry, files, plain(columns));
}

const introduction = `# Commands

Written by \`npm run generate\` from \`grammar/*.cli\`; \`help reference\` shows the same in the shell. Values are written \`<name>\`,
options in brackets: any order, at most once. What each login class may do with all of it: [roles.md](roles.md).
`;

/** docs/commands.md, whole. */
export function referencePage(files: GrammarFiles): string {
  const chapters = chaptersOf(files).map(({ title, entries }) =>
    [`## ${title}\n`, ...entries.map((entry) => entryDrawn(entry, files, markdown))].join('\n'),
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

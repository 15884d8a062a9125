/** What `?`, Tab and Space answer: the candidates at the cursor, laid out or completed. */
import { LIVE_VALUES_MAX, type Candidate, type Candidates, type ValueFacts } from '../grammar/complete.ts';
import type { Completion } from './editor/editor.ts';
import { paragraph } from '../render/paragraph.ts';
import type { HelpLayout } from './style.ts';

/** The column at which help texts begin (vendor-cli §3.3), counted from 0. */
const HELP_COLUMN = 23;

/** Help texts have so much room at least; in a terminal with less, they are not broken by us. */
const HELP_ROOM_MIN = 20;

/** How the rows of a help look. */
interface Sheet extends HelpLayout {
  /** Of the terminal. */
  readonly columns: number;
}

/**
 * `?`: one row a candidate; `<[Enter]>` and `|` where the line may end. What is wider than the terminal goes on under the
 * column of the texts; `columns`: Infinity where that is not known.
 */
export function helpText({ rows, more, mayEnd }: Candidates, layout: HelpLayout, columns = Infinity): string {
  if (rows.length === 0 && !mayEnd) return 'No valid completions\n';
  const sheet: Sheet = { ...layout, columns };
  const [enter, whatEnterDoes] = layout.enter;
  const { verbless, others } = apart(rows);
  const isDivided = layout.divider !== undefined && verbless.length > 0 && others.length > 0;
  const written = (listed: readonly Candidate[]): string[] =>
    listed.map((candidate) => candidateRow(candidate, sheet));
  const lines = [
    ...(mayEnd ? [row(enter, whatEnterDoes, columns)] : []),
    ...(isDivided ? [...written(verbless), `\n${layout.divider}\n\n`, ...written(others)] : []),
    ...(isDivided ? [] : written(lastly(countingOf(rows), layout))),
    ...(more ? [row('...', MORE, columns)] : []),
    ...(mayEnd ? [row('|', 'Pipe through a command', columns)] : []),
  ];
  return `${layout.heading}\n${lines.join('')}`;
}

const MORE = `More than ${LIVE_VALUES_MAX} values: type how one of them begins`;

/** Statements that were begun without a verb, and what else may stand there. */
function apart(rows: readonly Candidate[]) {
  return { verbless: rows.filter((row) => row.verbless), others: rows.filter((row) => !row.verbless) };
}

/** A statement without a verb counts where nothing else is meant, as when the line is read. */
function countingOf(rows: readonly Candidate[]): readonly Candidate[] {
  const { verbless, others } = apart(rows);
  return others.length > 0 ? others : verbless;
}

/** With the words of the layout's choice at the end. */
function lastly(rows: readonly Candidate[], { last }: HelpLayout): readonly Candidate[] {
  const isLast = ({ text, live }: Candidate): boolean => !live && last.includes(text);
  return [...rows.filter((row) => !isLast(row)), ...rows.filter(isLast)];
}

const RANGE = /^(-?\d+)\.\.(-?\d+)$/;

/** A value says what it takes, by its name or behind its help, and its default. */
function candidateRow(candidate: Candidate, { namesTypes, marks, columns }: Sheet): string {
  const { text, help, isDefault, value } = candidate;
  const marker = marks ? candidate.marker : '';
  if (!value) return row(text, isDefault ? `${help} (default)` : help, columns, marker);
  const name = namesTypes ? typeName(value) : undefined;
  const facts = [...takes(value, name !== undefined), value.defaultText && `default ${value.defaultText}`];
  const told = facts.filter((fact) => fact);
  return row(name ?? text, told.length === 0 ? help : `${help} (${told.join(', ')})`, columns, marker);
}

/** `<1-65535>` or `<text>`; undefined for other types. */
function typeName({ expects, charactersMax }: ValueFacts): string | undefined {
  if (charactersMax !== undefined) return '<text>';
  const range = RANGE.exec(expects);
  return range ? `<${range[1]!}-${range[2]!}>` : undefined;
}

/** What a value may be, as far as its name does not say so. */
function takes({ expects, unit, charactersMax }: ValueFacts, isNamed: boolean): readonly string[] {
  if (charactersMax !== undefined) return [`${charactersMax} characters`];
  if (isNamed) return unit === undefined ? [] : [unit];
  return [unit === undefined ? expects : `${expects} ${unit}`];
}

function row(text: string, help: string, columns: number, marker: Candidate['marker'] = ''): string {
  const name = `${marker === '' ? ' ' : marker} ${text}`;
  if (help === '') return `${name}\n`;
  const before = `${name.padEnd(HELP_COLUMN - 1)} `;
  const room = columns - before.length;
  const lines = paragraph(help, room < HELP_ROOM_MIN ? Infinity : room);
  return before + lines.replace(/\n(?!$)/g, `\n${' '.repeat(before.length)}`);
}

/** Tab: as much as all candidates have in common, and a blank when there is one. */
export function completion(
  found: Candidates,
  partial: string,
  layout: HelpLayout,
  columns = Infinity,
): Completion {
  const literal = countingOf(found.rows).filter((candidate) => candidate.literal);
  const words = (literal.every(({ own }) => own) ? literal : literal.filter(({ own }) => !own)).map(
    (candidate) => candidate.text,
  );
  const [only] = words;
  const values = found.rows.some((candidate) => !candidate.literal);
  if (only !== undefined && words.length === 1 && !values && !found.mayEnd) {
    return { insert: `${only.slice(partial.length)} `, list: '' };
  }
  const common = found.more ? partial : commonPrefix(words);
  if (common.length > partial.length) return { insert: common.slice(partial.length), list: '' };
  return { insert: '', list: helpText(found, layout, columns) };
}

/** Space: completes an abbreviated keyword that has one meaning here; otherwise it is a blank like any other. */
export function spaceCompletion(found: Candidates, partial: string): Completion {
  const words = countingOf(found.rows).filter(({ literal, live, own }) => literal && !live && !own);
  const only = words.length === 1 && partial !== '' ? words[0]!.text.slice(partial.length) : '';
  return { insert: `${only} `, list: '' };
}

function commonPrefix(words: readonly string[]): string {
  const [first = '', ...others] = words;
  let length = first.length;
  for (const word of others) while (!word.startsWith(first.slice(0, length))) length -= 1;
  return first.slice(0, length);
}

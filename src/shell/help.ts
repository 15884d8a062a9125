/** What `?`, Tab and Space answer: the candidates at the cursor, laid out or completed. */
import { LIVE_VALUES_MAX, type Candidate, type Candidates } from '../grammar/complete.ts';
import type { Completion } from './editor/editor.ts';
import type { HelpLayout } from './style.ts';

/** The column at which help texts begin (vendor-cli §3.3), counted from 0. */
const HELP_COLUMN = 23;

/** `?`: one row a candidate; `<[Enter]>` and `|` where the line may end. */
export function helpText({ rows, more, mayEnd }: Candidates, layout: HelpLayout): string {
  if (rows.length === 0 && !mayEnd) return 'No valid completions\n';
  const lines = [
    ...(mayEnd ? [row(...layout.enter)] : []),
    ...rows.map((candidate) => candidateRow(candidate, layout)),
    ...(more ? [row('...', MORE)] : []),
    ...(mayEnd ? [row('|', 'Pipe through a command')] : []),
  ];
  return `${layout.heading}\n${lines.join('')}`;
}

const MORE = `More than ${LIVE_VALUES_MAX} values: type how one of them begins`;

const RANGE = /^(-?\d+)\.\.(-?\d+)$/;

/** A value says what it takes, by its name or behind its help, and its default. */
function candidateRow({ text, help, marker, value }: Candidate, { namesRanges }: HelpLayout): string {
  if (!value) return row(text, help, marker);
  const range = namesRanges ? RANGE.exec(value.expects) : null;
  const facts = [
    ...(range ? [] : [value.expects]),
    ...(value.defaultText === undefined ? [] : [`default ${value.defaultText}`]),
  ];
  const name = range ? `<${range[1]!}-${range[2]!}>` : text;
  return row(name, facts.length === 0 ? help : `${help} (${facts.join(', ')})`, marker);
}

function row(text: string, help: string, marker: Candidate['marker'] = ''): string {
  const name = `${marker === '' ? ' ' : marker} ${text}`;
  return help === '' ? `${name}\n` : `${name.padEnd(HELP_COLUMN - 1)} ${help}\n`;
}

/** Tab: as much as all candidates have in common, and a blank when there is one. */
export function completion(found: Candidates, partial: string, layout: HelpLayout): Completion {
  const literal = found.rows.filter((candidate) => candidate.literal);
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
  return { insert: '', list: helpText(found, layout) };
}

/** Space: completes an abbreviated keyword that has one meaning here; otherwise it is a blank like any other. */
export function spaceCompletion(found: Candidates, partial: string): Completion {
  const words = found.rows.filter(({ literal, live, own }) => literal && !live && !own);
  const only = words.length === 1 && partial !== '' ? words[0]!.text.slice(partial.length) : '';
  return { insert: `${only} `, list: '' };
}

function commonPrefix(words: readonly string[]): string {
  const [first = '', ...others] = words;
  let length = first.length;
  for (const word of others) while (!word.startsWith(first.slice(0, length))) length -= 1;
  return first.slice(0, length);
}

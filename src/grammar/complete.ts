/** What may stand at the cursor, as help lists it and as completion inserts it. */
import { isWord, preferred, readWords, steps, type GrammarContext } from './match.ts';
import type { GrammarNode } from './node.ts';
import { trailOf, type Reading, type Step, type ValueStep, type WordStep } from './reading.ts';
import { resolve } from './resolve.ts';
import { quoteWord, type Token } from './tokens.ts';

/** How many live values are listed; who wants others begins to type one. */
export const LIVE_VALUES_MAX = 100;

/** A row of help, or a word that completion may insert. */
export interface Candidate {
  /** The word, or `<name>` for a value. */
  readonly text: string;
  readonly help: string;
  /** Whether `text` can be inserted as it stands. */
  readonly literal: boolean;
  readonly marker: WordStep['marker'];
  /** Something that exists now: it is listed, but no abbreviation of it means it. */
  readonly live?: true;
  /** A name of the user's own: it counts only where no word begins so. */
  readonly own?: true;
  /** A statement as it may be typed without a verb: it counts where no verb begins so. */
  readonly verbless?: true;
  /** Of one of several words for a value: it is in force when none is given. */
  readonly isDefault?: true;
  readonly value?: ValueFacts;
}

/** What help tells of a value. */
export interface ValueFacts {
  /** The accepted range or form. */
  readonly expects: string;
  /** Of a number that counts something. */
  readonly unit: string | undefined;
  /** Of a text: how many characters it may have. */
  readonly charactersMax: number | undefined;
  /** As typed. */
  readonly defaultText: string | undefined;
}

/** Names of values that say what a number counts. */
const UNITS: ReadonlySet<string> = new Set([
  'microseconds',
  'seconds',
  'minutes',
  'hours',
  'octets',
  'kilobits-per-second',
]);

export interface Candidates {
  /** In alphabetical order, `<name>` last; each text once. */
  readonly rows: readonly Candidate[];
  /** There are more live values that begin so than are listed. */
  readonly more: boolean;
  /** Whether the line may end before the word at the cursor (which is empty then). */
  readonly mayEnd: boolean;
}

/** Where nothing may stand. */
export const NOTHING: Candidates = { rows: [], more: false, mayEnd: false };

/** With rows of another source among them. */
export function withRows(found: Candidates, others: readonly Candidate[]): Candidates {
  return others.length === 0 ? found : { ...found, rows: [...found.rows, ...others].sort(byText) };
}

const byText = (a: Candidate, b: Candidate): number =>
  Number(b.literal) - Number(a.literal) || inOrder(a.text, b.text);

/** `before`: the whole words left of the cursor; `partial`: what has been typed of the word at the cursor. */
export function candidates(
  root: GrammarNode,
  before: readonly Token[],
  partial: string,
  context: GrammarContext,
): Candidates {
  const { readings, refused } = readWords(root, before, context);
  if (refused !== undefined) return NOTHING;
  const rows = new Map<string, Candidate>();
  const isCanonical = readings.some((reading) => !reading.viaAlias);
  const meant = isCanonical
    ? readings.filter((reading) => isSpeltOut(reading, before))
    : preferred(readings, before);
  const found = meant.flatMap((reading) => steps(reading, context, partial));
  const add = (step: Step): void => {
    for (const row of rowsOf(step, partial, context)) if (!rows.has(row.text)) rows.set(row.text, row);
  };
  found.filter((step) => !isUnasked(step)).forEach(add);
  const isMeant = (step: Step) => step.word === partial || (rows.size === 0 && partial !== '');
  found.filter((step) => isUnasked(step) && isMeant(step)).forEach(add);
  const sorted = [...rows.values()].sort(byText);
  const mayEnd = partial === '' && 'match' in resolve(root, before, 0, context);
  const listed = withoutTheRest(sorted);
  return { rows: listed, more: listed.length < sorted.length, mayEnd };
}

/** Of live values, no more than are listed. */
function withoutTheRest(rows: readonly Candidate[]): readonly Candidate[] {
  let live = 0;
  return rows.filter((row) => !row.live || (live += 1) <= LIVE_VALUES_MAX);
}

/** Beside a canonical reading, that of an alias counts when the alias was typed whole. */
function isSpeltOut(reading: Reading, tokens: readonly Token[]): boolean {
  return trailOf(reading).every(
    (step, index) => !isWord(step) || !step.alias || step.word === tokens[index]!.text,
  );
}

/** A word that leads from the canonical tree to an alias or a dialect: it is shown to those who begin to say it. */
function isUnasked(step: Step): boolean {
  return isWord(step) && step.leaves;
}

function rowsOf(step: Step, partial: string, context: GrammarContext): Candidate[] {
  if (!isWord(step)) return valueRows(step, partial, context);
  if (!step.word.startsWith(partial)) return [];
  const { word: text, help, marker, verbless } = step;
  return [{ text, help, literal: true, marker, ...(verbless && { verbless }) }];
}

function valueRows(step: ValueStep, partial: string, context: GrammarContext): Candidate[] {
  const { node, slot, present } = step;
  if (slot.type.choices.length > 0)
    return present ? liveRows(step, partial, context) : choiceRows(step, partial);
  const { expects, charactersMax } = slot.type;
  const unit = UNITS.has(slot.name) ? slot.name.replaceAll('-', ' ') : undefined;
  const value = { expects, unit, charactersMax, defaultText: node.defaultText };
  return [...liveRows(step, partial, context), valueRow(step, node.help, value)];
}

const valueRow = ({ slot }: ValueStep, help: string, value: ValueFacts): Candidate => ({
  text: `<${slot.name}>`,
  help,
  literal: false,
  marker: '',
  value,
});

/** The words of an enumeration; where none begins so, or nothing has been typed, also what it takes beside them. */
function choiceRows(step: ValueStep, partial: string): Candidate[] {
  const { node, slot } = step;
  const { choices, choiceHelp = {}, besideChoices } = slot.type;
  const words = choices
    .filter((text) => text.startsWith(partial))
    .map((text): Candidate => {
      const isDefault = text === node.defaultText && { isDefault: true as const };
      return { text, help: choiceHelp[text] ?? node.help, literal: true, marker: '', ...isDefault };
    });
  if (besideChoices === undefined || (partial !== '' && words.length > 0)) return words;
  const { expects, help } = besideChoices;
  const facts = { expects, unit: undefined, charactersMax: undefined, defaultText: undefined };
  return [...words, valueRow(step, help, facts)];
}

/** A value that must be quoted is offered whole: what has been typed of it without its quote is another word. */
function liveRows(
  { slot, path, node, present }: ValueStep,
  begun: string,
  context: GrammarContext,
): Candidate[] {
  const source = present ? undefined : slot.source;
  return context
    .live({ source, path, node, begun, limit: LIVE_VALUES_MAX + 1 })
    .filter(({ text }) => quoteWord(text).startsWith(begun))
    .map(({ text, help }) => ({ text: quoteWord(text), help, literal: true, marker: '', live: true }));
}

/** Numbers by their size, other texts as they are spelt. */
function inOrder(one: string, other: string): number {
  const areNumbers = NUMBER.test(one) && NUMBER.test(other);
  return (areNumbers && one.length - other.length) || (one < other ? -1 : 1);
}

const NUMBER = /^\d+$/;

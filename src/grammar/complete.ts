/** What may stand at the cursor, as help lists it and as completion inserts it. */
import { endsHere, isWord, preferred, readWords, steps, type GrammarContext } from './match.ts';
import type { GrammarNode } from './node.ts';
import { trailOf, type Reading, type Step, type ValueStep, type WordStep } from './reading.ts';
import type { Token } from './tokens.ts';

/** A row of help, or a word that completion may insert. */
export interface Candidate {
  /** The word, or `<name>` for a value. */
  readonly text: string;
  readonly help: string;
  /** Whether `text` can be inserted as it stands. */
  readonly literal: boolean;
  readonly marker: WordStep['marker'];
  /** Of a value: the accepted range or form, and the default as typed. */
  readonly value?: { readonly expects: string; readonly defaultText: string | undefined };
}

export interface Candidates {
  /** In alphabetical order, `<name>` last; each text once. */
  readonly rows: readonly Candidate[];
  /** Whether the line may end before the word at the cursor (which is empty then). */
  readonly mayEnd: boolean;
}

/** `before`: the whole words left of the cursor; `partial`: what has been typed of the word at the cursor. */
export function candidates(
  root: GrammarNode,
  before: readonly Token[],
  partial: string,
  context: GrammarContext,
): Candidates {
  const { readings, refused } = readWords(root, before, context);
  if (refused !== undefined) return { rows: [], mayEnd: false };
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
  const sorted = [...rows.values()].sort(
    (a, b) => Number(b.literal) - Number(a.literal) || (a.text < b.text ? -1 : 1),
  );
  const mayEnd = partial === '' && meant.some((reading) => endsHere(reading, context));
  return { rows: sorted, mayEnd };
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
  return [{ text: step.word, help: step.help, literal: true, marker: step.marker }];
}

function valueRows(step: ValueStep, partial: string, context: GrammarContext): Candidate[] {
  const { node, slot } = step;
  const literals = (texts: readonly string[], help: string) =>
    texts
      .filter((text) => text.startsWith(partial))
      .map((text): Candidate => ({ text, help, literal: true, marker: '' }));
  if (slot.type.choices.length > 0) return literals(slot.type.choices, node.help);
  const value = { expects: slot.type.expects, defaultText: node.defaultText };
  return [
    ...literals(liveValues(step, context), ''),
    { text: `<${slot.name}>`, help: node.help, literal: false, marker: '', value },
  ];
}

function liveValues({ slot, path }: ValueStep, context: GrammarContext): readonly string[] {
  const isLive = slot.source !== undefined || slot.arity === 'key';
  return isLive ? context.live(slot.source, path) : [];
}

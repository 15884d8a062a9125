/**
 * Matches typed words against a command tree. One function, `steps`, says what may follow at a point of a
 * line for somebody with certain privileges; matching, completion, help and authorization are all read off
 * it.
 */
import { commandEnds, commandSteps } from './command-steps.ts';
import type { GrammarNode } from './node.ts';
import { trailOf, type GrammarContext, type Reading, type Step, type WordStep } from './reading.ts';
import type { Token } from './tokens.ts';
import { leaveTree, treeSteps, walkEnds, type TreeReading } from './tree-steps.ts';

export type { GrammarContext, Level, LiveQuery, LiveValue, Statement } from './reading.ts';

/** More meanings than this are not followed: words that short are ambiguous, whatever comes behind them. */
const READINGS_MAX = 256;

/**
 * Everything that may follow, for these privileges, in the grammar's order. Keywords that do not begin with
 * `begun` may be left out: in a large grammar most of the work is theirs.
 */
export function steps(reading: Reading, context: GrammarContext, begun = ''): Step[] {
  if (!inTree(reading)) return commandSteps(reading, context, begun);
  const inside = treeSteps(reading, context, begun);
  const goesOn = reading.walk.link.children.length > 0 && walkEnds(reading, context);
  return goesOn ? [...inside, ...commandSteps(leaveTree(reading), context, begun)] : inside;
}

/** Whether the line may end here. */
export function endsHere(reading: Reading, context: GrammarContext): boolean {
  if (!inTree(reading)) return commandEnds(reading, context);
  return reading.walk.link.handler !== undefined && walkEnds(reading, context);
}

export function inTree(reading: Reading): reading is TreeReading {
  return reading.walk !== undefined;
}

/** All readings of the words; where a word has none, those before it, and its index. */
export function readWords(
  root: GrammarNode,
  tokens: readonly Token[],
  context: GrammarContext,
): { readonly readings: readonly Reading[]; readonly refused: number | undefined } {
  let readings: Reading[] = [startOf(root)];
  for (const [index, token] of tokens.entries()) {
    const next = readings.flatMap((reading) => readingsAfter(reading, token, context));
    if (next.length === 0) return { readings, refused: index };
    readings = next;
    if (readings.length > READINGS_MAX) return { readings, refused: index };
  }
  return { readings, refused: undefined };
}

function startOf(root: GrammarNode): Reading {
  return {
    before: undefined,
    step: undefined,
    at: root,
    awaiting: undefined,
    walk: undefined,
    says: undefined,
    viaAlias: false,
  };
}

/**
 * A word is meant before a value that reads the same (which can be quoted), and the first value that takes
 * the text.
 */
function readingsAfter(reading: Reading, { text, quoted }: Token, context: GrammarContext): Reading[] {
  const possible = steps(reading, context, text);
  const words = quoted ? [] : wordsMeant(possible.filter(isWord), text);
  if (words.length > 0) return words.map((step) => step.take());
  for (const step of possible) {
    if (isWord(step)) continue;
    const parsed = step.slot.type.parse(text);
    if ('value' in parsed) return [step.take(parsed.value)];
  }
  return [];
}

/**
 * An exact canonical word is meant alone; otherwise all that begin so, and aliases of what is not among
 * them.
 */
function wordsMeant(words: readonly WordStep[], text: string): WordStep[] {
  const canonical = named(
    words.filter((step) => !step.alias),
    text,
  );
  if (canonical[0]?.word === text) return canonical;
  const aliases = named(
    words.filter((step) => step.alias),
    text,
  );
  return [...new Map([...aliases, ...canonical].map((step) => [step.node, step])).values()];
}

function named(words: readonly WordStep[], text: string): WordStep[] {
  const exact = words.filter((step) => step.word === text);
  return exact.length > 0 ? exact : words.filter((step) => step.word.startsWith(text));
}

export function isWord(step: Step): step is WordStep {
  return step.word !== undefined;
}

/**
 * Aliases never create ambiguity nor win: they count only where no canonical reading is left. Among themselves those
 * that begin with a verb win, of these those with the fewest abbreviations, and of these those with the fewest aliases.
 */
export function preferred(readings: readonly Reading[], tokens: readonly Token[]): readonly Reading[] {
  const canonical = readings.filter((reading) => !reading.viaAlias);
  if (canonical.length > 0 || readings.length < 2) return canonical.length > 0 ? canonical : readings;
  const abbreviated = (trail: readonly Step[]) =>
    trail.filter((step, index) => isWord(step) && step.word !== tokens[index]!.text).length;
  const fewest = (of: readonly Reading[], count: (reading: Reading) => number) => {
    const least = Math.min(...of.map(count));
    return of.filter((reading) => count(reading) === least);
  };
  const withVerb = fewest(readings, ({ walk }) => (walk?.verb.yields ? 1 : 0));
  const whole = fewest(withVerb, (reading) => abbreviated(trailOf(reading)));
  return fewest(whole, (reading) => trailOf(reading).filter((step) => isWord(step) && step.alias).length);
}

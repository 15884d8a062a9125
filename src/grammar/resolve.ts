/** Resolves a whole line to the command it means, or to the one problem that stands in the way. */
import {
  endsHere,
  inTree,
  isWord,
  preferred,
  readWords,
  steps,
  type GrammarContext,
  type Statement,
} from './match.ts';
import type { GrammarNode } from './node.ts';
import { givenAt, sayingsOf, trailOf, type Reading, type Step, type WordStep } from './reading.ts';
import { COMMAND_LINE, isSecret, SECRET_MASK } from './secret.ts';
import type { Token } from './tokens.ts';
import { statementsArgument } from './tree-steps.ts';
import type { Scalar } from './value-types.ts';

/** A line that means exactly one thing. */
export interface Match {
  readonly handler: string;
  /** By value name, slot or option word; a tree's statements under `statements`. */
  readonly args: Readonly<Record<string, Scalar | true | readonly Statement[]>>;
}

/** Why a line means nothing, and where: `start` and `end` are offsets in the line. */
export type Problem = { readonly start: number; readonly end: number } & (
  | { readonly code: 'unknown-word'; readonly word: string }
  | { readonly code: 'repeated-word'; readonly word: string }
  | { readonly code: 'ambiguous-word'; readonly word: string; readonly possible: readonly WordStep[] }
  | {
      readonly code: 'invalid-value';
      readonly word: string;
      readonly name: string;
      readonly expected: string;
    }
  | { readonly code: 'incomplete'; readonly expected: readonly Step[] }
  | { readonly code: 'open-quote' }
);

/** A part of a line: offsets of its first character, and one past its last. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

export type Resolution = ({ readonly match: Match } | { readonly problem: Problem }) & {
  /** Where secrets stand among the words that were understood, whatever else became of the line. */
  readonly secrets: readonly Span[];
};

/** `end` is where the line ends, for the problem of a missing word. */
export function resolve(
  root: GrammarNode,
  tokens: readonly Token[],
  end: number,
  context: GrammarContext,
): Resolution {
  const { readings, refused } = readWords(root, tokens, context);
  const secrets = secretsOf(readings, tokens, context);
  const ended = refused === undefined ? readings.filter((reading) => endsHere(reading, context)) : [];
  // Aliases alone make the line whole: then what is not whole does not stand in their way.
  const isByAlias = ended.length > 0 && ended.every((reading) => reading.viaAlias);
  const meant = preferred(isByAlias ? ended : readings, tokens);
  const ambiguity = ambiguous(meant, tokens);
  if (ambiguity) return { problem: ambiguity, secrets };
  const reading = meant[0]!;
  if (refused !== undefined) return { problem: refusal(reading, tokens[refused]!, context), secrets };
  if (endsHere(reading, context)) return { match: matchOf(reading), secrets };
  return { problem: { code: 'incomplete', start: end, end, expected: steps(reading, context) }, secrets };
}

const NO_SECRETS: readonly Span[] = [];

/** A word is a secret that any of the readings takes for one. Commands have none, but for lines among their words. */
function secretsOf(
  readings: readonly Reading[],
  tokens: readonly Token[],
  context: GrammarContext,
): readonly Span[] {
  if (!readings.some((reading) => inTree(reading) || isLine(reading.step))) return NO_SECRETS;
  const trails = readings.map(trailOf);
  return tokens.filter(({ text }, index) =>
    trails.some((trail) => {
      const step = trail[index];
      if (step === undefined || isWord(step)) return false;
      return isSecret(step.node) || (isLine(step) && context.holdsSecret(text));
    }),
  );
}

const isLine = (step: Step | undefined): boolean =>
  step !== undefined && !isWord(step) && step.slot.type.name === COMMAND_LINE;

function matchOf(reading: Reading): Match {
  const args = Object.fromEntries(
    sayingsOf(reading).flatMap((saying) => ('path' in saying ? [] : [[saying.name, saying.value]])),
  );
  if (!inTree(reading)) return { handler: reading.at.handler!, args: { ...defaultsAt(reading.at), ...args } };
  const { name, value } = statementsArgument(reading);
  return { handler: reading.walk.link.handler!, args: { ...args, [name]: value } };
}

function defaultsAt(node: GrammarNode): Readonly<Record<string, Scalar>> {
  const defaults = node.children.flatMap(({ option, value, defaultText }) => {
    const parsed = option && defaultText !== undefined ? value?.type.parse(defaultText) : undefined;
    return parsed && 'value' in parsed ? [[value!.name, parsed.value] as const] : [];
  });
  return Object.fromEntries(defaults);
}

/** The first word that the readings take differently, if there are several. */
function ambiguous(readings: readonly Reading[], tokens: readonly Token[]): Problem | undefined {
  if (readings.length < 2) return undefined;
  const trails = readings.map(trailOf);
  const index = tokens.findIndex((_, at) => trails.some((trail) => trail[at] !== trails[0]![at]));
  const { text, start, end } = tokens[index]!;
  const possible = [...new Set(trails.map((trail) => trail[index]!))].filter(isWord);
  return { code: 'ambiguous-word', start, end, word: text, possible };
}

/** Keywords begin with a letter: what begins as a number does is meant for a value. */
const LIKE_NO_WORD = /^-?\d/;

function refusal(reading: Reading, token: Token, context: GrammarContext): Problem {
  const where = { start: token.start, end: token.end, word: token.text };
  const possible = steps(reading, context);
  const value = possible.find((step) => !isWord(step));
  const meant = LIKE_NO_WORD.test(token.text) ? possible.filter((step) => !isWord(step)) : possible;
  if (value && meant.every((step) => step.node === value.node)) {
    const parsed = value.slot.type.parse(token.text);
    const expected = 'expected' in parsed ? parsed.expected : value.slot.type.expects;
    const word = isSecret(value.node) ? SECRET_MASK : token.text;
    return { ...where, word, code: 'invalid-value', name: value.slot.name, expected };
  }
  const repeated = [...givenAt(reading)].some(({ name }) => token.text !== '' && name.startsWith(token.text));
  return { ...where, code: repeated ? 'repeated-word' : 'unknown-word' };
}

/** The words for a line that means nothing, style by style (vendor-cli §3.2, §4.6, §5.1). */
import type { Problem } from '../grammar/resolve.ts';

/** A line that was refused. */
export interface RefusedLine {
  readonly line: string;
  readonly problem: Problem;
  /** In configuration mode. */
  readonly editing: boolean;
}

type ProblemTexts = {
  readonly [C in Problem['code']]: (problem: Extract<Problem, { code: C }>, line: string) => string;
};

function textOf(texts: ProblemTexts, { problem, line }: RefusedLine): string {
  return (texts[problem.code] as (problem: Problem, line: string) => string)(problem, line);
}

const dnosTexts: ProblemTexts = {
  'unknown-word': ({ word }) => `Unknown word: '${word}'.`,
  'repeated-word': ({ word }) => `Repeated word: '${word}'.`,
  'ambiguous-word': ({ word, possible }) =>
    `Ambiguous word: '${word}', could be ${possible.map((step) => step.word).join(', ')}.`,
  'invalid-value': ({ word, name, expected }) =>
    `Invalid value '${word}' for ${name}, value must be ${expected}.`,
  incomplete: () => 'Incomplete command.',
  'open-quote': () => 'Missing closing quote.',
};

/** One line. */
export function dnosProblem(refused: RefusedLine): string {
  return `ERROR: ${textOf(dnosTexts, refused)}`;
}

const RANGE = /^-?\d+\.\.-?\d+$/;
const NUMBER = /^-?\d+$/;

/** The beginning of a command, of a pipe, or of what `run` is to run. */
const COMMAND_BEGINS = /^(.*\|)?\s*((run|do)\s+)?$/;

const junosTexts: ProblemTexts = {
  'unknown-word': ({ start }, line) =>
    COMMAND_BEGINS.test(line.slice(0, start)) ? 'unknown command.' : 'syntax error.',
  'repeated-word': () => 'syntax error.',
  'ambiguous-word': ({ word, possible }) =>
    `'${word}' is ambiguous.`.concat(
      '\nPossible completions:',
      ...possible.map((step) => `\n  ${step.word.padEnd(20)} ${step.help}`),
    ),
  'invalid-value': ({ word, name, expected }) => {
    if (!RANGE.test(expected)) return `invalid value '${word}' for ${name}: ${expected}`;
    return NUMBER.test(word)
      ? `Value ${word} is not within range (${expected})`
      : `invalid numeric value '${word}' for ${name} (${expected})`;
  },
  incomplete: ({ expected }) =>
    expected.some((step) => step.word !== undefined)
      ? 'syntax error, expecting <command>.'
      : 'missing mandatory argument.',
  'open-quote': () => 'syntax error, missing closing quote.',
};

export function junosProblem(refused: RefusedLine): string {
  return textOf(junosTexts, refused);
}

/** At the last character typed of an ambiguous word, else under the refused word. */
export function junosCaretAt({ code, start, end }: Problem): number {
  return code === 'ambiguous-word' ? end - 1 : start;
}

/** Words with one blank between them. */
function spaced(text: string): string {
  return text.trim().replace(/\s+/g, ' ');
}

/** The words typed, with the refused one in brackets. */
function bracketed({ start, end }: Problem, line: string): string {
  const before = spaced(line.slice(0, start));
  return `${before === '' ? '' : `${before} `}[${line.slice(start, end)}]`;
}

const vyosTexts: ProblemTexts = {
  'unknown-word': (problem, line) => `Invalid command: ${bracketed(problem, line)}`,
  'repeated-word': (problem, line) => `Invalid command: ${bracketed(problem, line)}`,
  'ambiguous-word': (problem, line) =>
    `Ambiguous command: ${bracketed(problem, line)}`.concat(
      '\nPossible completions:',
      ...problem.possible.map((step) => `\n  ${step.word.padEnd(20)} ${step.help}`),
    ),
  'invalid-value': ({ name, expected, ...problem }, line) =>
    `Invalid command: ${bracketed(problem as Problem, line)}\nInvalid value '${problem.word}' for ${name}, value must be ${expected}.`,
  incomplete: ({ start }, line) => `Incomplete command: ${spaced(line.slice(0, start))}`,
  'open-quote': (problem, line) => `Invalid command: ${bracketed(problem, line)}`,
};

/** Verbs whose refusal ends in what failed. */
const VYOS_VERB = /^\s*(set|delete)\s+(?=\S)/;
const VYOS_FAILURES: Readonly<Record<string, string>> = { set: 'Set failed', delete: 'Delete failed' };

const NO_NODE = 'Need to specify the config node to set';

export function vyosProblem(refused: RefusedLine): string {
  const { problem, line, editing } = refused;
  const [verb = '', name = ''] = (editing && VYOS_VERB.exec(line)) || [];
  const failed = VYOS_FAILURES[name];
  if (failed === undefined)
    return framed(editing && line.trim() === 'set' ? NO_NODE : textOf(vyosTexts, refused));
  const path = { ...problem, start: problem.start - verb.length, end: problem.end - verb.length };
  const text =
    problem.code === 'invalid-value'
      ? `${textOf(dnosTexts, refused)}\nValue validation failed`
      : problem.code === 'incomplete'
        ? `Configuration path: ${line.slice(verb.length).trim()} is incomplete`
        : `Configuration path: ${bracketed(path, line.slice(verb.length))} is not valid`;
  return framed(`${text}\n${failed}`);
}

/** As VyOS sets errors apart: an empty line above and below, and two blanks before each. */
export function framed(text: string): string {
  return `\n${text.replace(/^/gm, '  ')}\n`;
}

/** The texts and layouts of a CLI style, one row a style (9-rulings: DNOS is the default). */
import type { Finding } from '../config/commit.ts';
import { levelsAlong } from '../grammar/meaning.ts';
import type { GrammarNode } from '../grammar/node.ts';
import type { Problem } from '../grammar/resolve.ts';

/** Where a login stands, for its prompt. */
export interface PromptPlace {
  readonly hostName: string;
  readonly user: string;
  /** The level edited, undefined in operational mode. */
  readonly path: readonly string[] | undefined;
  readonly schema: GrammarNode;
}

export interface Style {
  /** Ends in exactly one blank. */
  prompt(place: PromptPlace): string;
  /** What is drawn under a refused line, up to the column of the refused word. */
  caret(column: number): string;
  /** One line. */
  problem(problem: Problem): string;
  error(text: string): string;
  finding(severity: Finding['severity'], text: string): string;
  count(lines: number): string;
  readonly pager: string;
}

/** Longer prompts lose levels from the left, so that there is room to type. */
export const PROMPT_LENGTH_MAX = 63;

/** `dnRouter(cfg-srv-rpm-twamp-server)# `: the short word of each level, keys left out. */
function dnosPrompt({ hostName, path, schema }: PromptPlace): string {
  if (!path) return `${hostName}# `;
  const shorts = ['cfg', ...shortWords(schema, path)];
  const written = (words: readonly string[]) => `${hostName}(${words.join('-')})# `;
  let kept = shorts;
  while (written(kept).length > PROMPT_LENGTH_MAX && kept.length > 2) kept = ['cfg', ...kept.slice(2)];
  return written(kept);
}

function shortWords(schema: GrammarNode, path: readonly string[]): string[] {
  const [, ...levels] = levelsAlong(schema, path);
  return levels.map(({ node }) => node.short ?? node.name).filter((word) => word !== '');
}

const dnosProblem: { readonly [C in Problem['code']]: (problem: Extract<Problem, { code: C }>) => string } = {
  'unknown-word': ({ word }) => `Unknown word: '${word}'.`,
  'repeated-word': ({ word }) => `Repeated word: '${word}'.`,
  'ambiguous-word': ({ word, possible }) =>
    `Ambiguous word: '${word}', could be ${possible.map((step) => step.word).join(', ')}.`,
  'invalid-value': ({ word, name, expected }) =>
    `Invalid value '${word}' for ${name}, value must be ${expected}.`,
  incomplete: () => 'Incomplete command.',
  'open-quote': () => 'Missing closing quote.',
};

const dnosSeverities = { error: 'ERROR', warning: 'Warning', notice: 'NOTICE' } as const;

export const styles = {
  dnos: {
    prompt: dnosPrompt,
    caret: (column) => `${'-'.repeat(column)}^`,
    problem: (problem) => (dnosProblem[problem.code] as (problem: Problem) => string)(problem),
    error: (text) => `ERROR: ${text}`,
    finding: (severity, text) => `${dnosSeverities[severity]}: ${text}`,
    count: (lines) => `lines: ${lines}`,
    pager: '-- More --',
  },
} as const satisfies Record<string, Style>;

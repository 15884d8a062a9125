/** What Stryker's JSON report of a room says, and how docs/mutation.md tells it. */
import type { schema } from '@stryker-mutator/api/core';
import { reasons } from './reasons.ts';

export type Report = Pick<schema.MutationTestResult, 'files'>;

export interface Survivor {
  readonly file: string;
  /** From 1, in the source that was mutated. */
  readonly line: number;
  readonly mutator: string;
  /** The line with what was mutated, without indentation. */
  readonly text: string;
  readonly original: string;
  readonly replacement: string;
  readonly covered: boolean;
}

export interface Figures {
  readonly files: number;
  readonly killed: number;
  readonly timeout: number;
  readonly survived: number;
  readonly uncovered: number;
  /** Mutants of what is evaluated once, as a module is loaded, and those that neither compile nor run. */
  readonly left: number;
}

export function figuresOf({ files }: Report): Figures {
  const mutants = Object.values(files).flatMap((file) => file.mutants);
  const count = (...statuses: string[]): number =>
    mutants.filter(({ status }) => statuses.includes(status)).length;
  const [killed, timeout, survived, uncovered] = ['Killed', 'Timeout', 'Survived', 'NoCoverage'].map(
    (status) => count(status),
  ) as [number, number, number, number];
  const left = mutants.length - killed - timeout - survived - uncovered;
  return { files: Object.keys(files).length, killed, timeout, survived, uncovered, left };
}

/** Percent of the mutants that were run which a test has found. */
export function scoreOf({ killed, timeout, survived, uncovered }: Figures): number {
  const all = killed + timeout + survived + uncovered;
  return all === 0 ? 100 : ((killed + timeout) / all) * 100;
}

const isAlive = ({ status }: schema.MutantResult): boolean =>
  status === 'Survived' || status === 'NoCoverage';

/** Where mutants live that nobody has judged, as Stryker takes it: columns from 0. */
export function rangesOf({ files }: Report): string[] {
  return Object.entries(files).flatMap(([file, { source, mutants }]) => {
    const lines = source.split('\n');
    return mutants
      .filter((mutant) => isAlive(mutant) && reasonOf(survivorOf(file, lines, mutant)) === undefined)
      .map(
        ({ location: { start, end } }) =>
          `${file}:${start.line}:${start.column - 1}-${end.line}:${end.column - 1}`,
      );
  });
}

const identityOf = ({ mutatorName, replacement, location: { start, end } }: schema.MutantResult): string =>
  JSON.stringify([mutatorName, replacement, start.line, start.column, end.line, end.column]);

/** The report with what a later run has found of some of its mutants. */
export function withResults({ files }: Report, later: Report): Report {
  const changed = Object.entries(files).map(([file, result]) => {
    const found = new Map(later.files[file]?.mutants.map((mutant) => [identityOf(mutant), mutant]));
    const mutants = result.mutants.map((mutant) => {
      const now = found.get(identityOf(mutant));
      return now && now.status !== 'Ignored' ? { ...mutant, status: now.status } : mutant;
    });
    return [file, { ...result, mutants }] as const;
  });
  return { files: Object.fromEntries(changed) };
}

export function survivorsOf({ files }: Report): Survivor[] {
  return Object.entries(files).flatMap(([file, { source, mutants }]) => {
    const lines = source.split('\n');
    return mutants
      .filter(isAlive)
      .map((mutant) => survivorOf(file, lines, mutant))
      .sort((a, b) => a.line - b.line);
  });
}

function survivorOf(
  file: string,
  lines: readonly string[],
  { mutatorName: mutator, replacement = '', status, location: { start, end } }: schema.MutantResult,
): Survivor {
  return {
    file,
    line: start.line,
    mutator,
    text: (lines[start.line - 1] ?? '').trim(),
    original: cut(lines, start, end),
    replacement,
    covered: status === 'Survived',
  };
}

function cut(lines: readonly string[], start: schema.Position, end: schema.Position): string {
  const part = lines.slice(start.line - 1, end.line);
  const last = part.length - 1;
  return part
    .map((line, index) =>
      line.slice(index === 0 ? start.column - 1 : 0, index === last ? end.column - 1 : undefined),
    )
    .join('\n');
}

/** Why a mutant that nothing finds is left alive; undefined: nobody has judged it. */
export function reasonOf({ file, mutator, text, original }: Survivor): string | undefined {
  return reasons.find(
    (reason) =>
      (reason.file === undefined || file.endsWith(reason.file)) &&
      (reason.mutator === undefined || reason.mutator === mutator) &&
      (reason.line === undefined || reason.line.test(text)) &&
      (reason.original === undefined || reason.original.test(original)),
  )?.why;
}

/** The section of a room: figures, files, survivors. */
export function sectionOf(room: string, report: Report): string {
  const figures = figuresOf(report);
  const survivors = survivorsOf(report);
  return [
    `## src/${room}`,
    '',
    `${scoreOf(figures).toFixed(1)} % of ${total(figures)} mutants in ${figures.files} files: ${figures.killed} killed, ${figures.timeout} timed out, ` +
      `${figures.survived} survived, ${figures.uncovered} that no test runs. Left out: ${figures.left}.`,
    '',
    '| File | Score | Mutants | Alive |',
    '|---|--:|--:|--:|',
    ...Object.entries(report.files).map(([file, result]) => {
      const own = figuresOf({ files: { [file]: result } });
      return `| ${file} | ${scoreOf(own).toFixed(0)} % | ${total(own)} | ${own.survived + own.uncovered} |`;
    }),
    '',
    '| Where | Mutant | Why it lives |',
    '|---|---|---|',
    ...survivors.map(rowOf),
    '',
  ].join('\n');
}

const total = ({ killed, timeout, survived, uncovered }: Figures): number =>
  killed + timeout + survived + uncovered;

function rowOf(survivor: Survivor): string {
  const { file, original, replacement, text, covered } = survivor;
  const where = original.includes('\n') || original.length < text.length ? `${code(text)}: ` : '';
  const why = reasonOf(survivor) ?? (covered ? 'not judged yet' : 'no test runs it');
  return `| ${file.replace(/^src\/\w+\//, '')} | ${where}${code(original)} → ${code(replacement)} | ${why} |`;
}

const LONGEST = 60;

/** Code in a cell of a table: one line, not too long. */
function code(text: string): string {
  const line = text.replace(/\s+/g, ' ');
  const short = line.length > LONGEST ? `${line.slice(0, LONGEST)}…` : line;
  return `\`\`${short.startsWith('`') ? ' ' : ''}${short.replaceAll('|', '\\|')}${short.endsWith('`') ? ' ' : ''}\`\``;
}

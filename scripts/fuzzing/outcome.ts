/** What became of a run of the fuzzer, by its status and by what it said. */

export interface Outcome {
  readonly inputs: number;
  readonly seconds: number;
  readonly seed: number;
  /** Places in the code that were reached. */
  readonly reached: number;
  /** What was found; undefined: nothing. */
  readonly finding: string | undefined;
  /** It did not have its time. */
  readonly isCut: boolean;
  /** What the fuzzer has said in the end. */
  readonly log: string;
}

/** What the fuzzer says when a run is over. */
const DONE = /Done (\d+) runs in (\d+) second/;

/** The same of a run that is ended in another way. */
export const doneLine = (inputs: number, seconds: number): string =>
  `Done ${inputs} runs in ${Math.round(seconds)} second(s)\n`;

export function figuresOf(log: string): Pick<Outcome, 'inputs' | 'seconds' | 'reached'> {
  const [, inputs = '0', seconds = '0'] = DONE.exec(log) ?? [];
  const reached = [...log.matchAll(/ cov: (\d+) /g)].at(-1)?.[1] ?? '0';
  return { inputs: Number(inputs), seconds: Number(seconds), reached: Number(reached) };
}

/**
 * What it ends itself by has been found, and is named from `folder`; by a signal before it was done somebody else has ended it, or too
 * little memory.
 */
export function endingOf(
  status: number | string,
  log: string,
  folder: string,
): Pick<Outcome, 'finding' | 'isCut'> {
  const unit = /Test unit written to (\S+)/.exec(log)?.[1]?.replace(`${folder}/`, '');
  const isOver = status === 0 || (typeof status === 'string' && DONE.test(log));
  const isCut =
    unit === undefined && !isOver && (typeof status === 'string' || log.includes('run interrupted'));
  if (unit === undefined && (isOver || isCut)) return { finding: undefined, isCut };
  return { finding: unit ?? `exit status ${status}`, isCut };
}

import { captureReasons } from './reasons/captures.ts';
import { configReasons } from './reasons/config.ts';
import { grammarReasons } from './reasons/grammar.ts';
import { servicesReasons } from './reasons/services.ts';
import { twampReasons } from './reasons/twamp.ts';

/**
 * Why mutants that no test finds are left alive. A mutant is known by its file, Stryker's mutator, the text of its line and what
 * is replaced there, so that the table survives edits elsewhere; the first row that fits counts.
 */
export interface Reason {
  /** End of the path. */
  readonly file?: string;
  readonly mutator?: string;
  readonly line?: RegExp;
  readonly original?: RegExp;
  readonly why: string;
}

export const reasons: readonly Reason[] = [
  ...twampReasons,
  ...grammarReasons,
  ...configReasons,
  ...servicesReasons,
  ...captureReasons,
];

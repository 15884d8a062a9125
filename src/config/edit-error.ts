import type { Path } from './tree.ts';

export type EditErrorCode =
  | 'no-such-statement'
  /** There is nothing that could be marked, copied or moved. */
  | 'not-found'
  /** Something is to be there that is there already. */
  | 'exists'
  /** Two entries of one list were to be named. */
  | 'not-one-list'
  | 'beside-itself'
  /** What a dialect's words name stands in several places. */
  | 'several-statements'
  /** Nothing was there to be replaced. */
  | 'no-match'
  /** Text that was replaced made it a value that it cannot have: `value`, `expected`. */
  | 'replaced-value'
  /** A comment would end before its end. */
  | 'comment-ends'
  | 'forbidden'
  /** It was sealed for another statement, or by another router. */
  | 'foreign-secret'
  /** The last value was to be taken away, without which the default would be in force. */
  | 'nothing-left';

/** Why an edit was not made. */
export class EditError extends Error {
  readonly code: EditErrorCode;
  readonly path: Path;
  readonly details: Readonly<Record<string, string>>;

  constructor(code: EditErrorCode, path: Path, details: EditError['details'] = {}) {
    super(`${code}: ${path.join(' ')}`);
    this.name = 'EditError';
    this.code = code;
    this.path = path;
    this.details = details;
  }
}

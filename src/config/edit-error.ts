import type { Path } from './tree.ts';

export type EditErrorCode =
  | 'no-such-statement'
  /** There is nothing that could be marked, copied or moved. */
  | 'not-found'
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

  constructor(code: EditErrorCode, path: Path) {
    super(`${code}: ${path.join(' ')}`);
    this.name = 'EditError';
    this.code = code;
    this.path = path;
  }
}

/** What a command may not do where it stands, as data; messages.ts has the words. */

export type RefusalCode =
  /** Configuration mode was left with changes, where nobody could be asked about them. */
  | 'uncommitted-changes'
  /** `run configure`. */
  | 'already-configuring'
  /** `set … | display json`. */
  | 'no-such-form'
  /** `twping` with a keyed mode and no user, or the other way round. */
  | 'auth-mode-and-user';

export class Refusal extends Error {
  readonly code: RefusalCode;

  constructor(code: RefusalCode) {
    super(code);
    this.name = 'Refusal';
    this.code = code;
  }
}

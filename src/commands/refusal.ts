/** What a command may not do where it stands, as data; messages.ts has the words. */

export type RefusalCode =
  /** A line sends its output into `file` more than once. */
  | 'written-twice'
  /** The output of a line that is run again and again is sent into a file. */
  | 'file-written-again'
  /** Configuration mode was left with changes, where nobody could be asked about them. */
  | 'uncommitted-changes'
  /** Where changes are to be committed or discarded before configuration mode is left. */
  | 'configuration-modified'
  /** `text` says in the login's style that nothing is pending of commits. */
  | 'nothing-pending'
  /** A whole level, or what matches a pattern, is to be deleted where nobody can be asked. */
  | 'delete-unasked'
  /** `run configure`. */
  | 'already-configuring'
  /** `set … | display json`. */
  | 'no-such-form'
  /** `maximum`: characters of a line that is given to a command. */
  | 'line-too-long'
  /** What was to be loaded was given up. */
  | 'nothing-loaded'
  /** What was to be imported was given up. */
  | 'nothing-imported'
  /** What was to be exported was given up. */
  | 'nothing-exported'
  /** `format` of an export has no words for what `word` asks for. */
  | 'not-in-format'
  /** No name and no help text has `word`. */
  | 'nothing-apropos'
  /** `mebi`: millions of characters that a pipe may hold back. */
  | 'too-much-held'
  /** A password is to be typed where nobody can be asked. */
  | 'nobody-to-ask'
  /** The question for a password was given up. */
  | 'no-password'
  /** The same password was to be typed twice. */
  | 'passwords-differ'
  /** `minimum`: characters that a password has at least. */
  | 'password-too-short'
  | 'wrong-password'
  /** The console's owner has no password of ours. */
  | 'no-account'
  /** `name` is a command, or begins one, which an alias does not take the place of. */
  | 'alias-of-command'
  /** Nothing is said, or a quote is not closed. */
  | 'no-line'
  /** `maximum`: characters of an alias' words. */
  | 'alias-too-long'
  | 'alias-with-secret'
  /** `maximum`: aliases of a user. */
  | 'too-many-aliases'
  | 'no-such-alias'
  /** `user` is logged in nowhere. */
  | 'no-such-login'
  /** `user` is not locked out. */
  | 'not-locked-out'
  /** `twping` with a keyed mode and no user, or the other way round. */
  | 'auth-mode-and-user'
  | 'interface-or-instance'
  /** `name`: no control connection of the TWAMP client is called so. */
  | 'no-such-control-connection'
  /** `name`: no test session of these control connections is called so. */
  | 'no-such-test-session'
  /** `id` names no control connection of the Server, or none whatsoever. */
  | 'no-such-connection'
  /** `id` names no live row whose counters could be cleared. */
  | 'no-such-session'
  /** `name` is no routing instance. */
  | 'no-such-instance'
  /** This router is of no fleet. */
  | 'no-fleet'
  /** The Server does not serve the routing instance `name`. */
  | 'not-served';

export class Refusal extends Error {
  readonly code: RefusalCode;
  readonly details: Readonly<Record<string, string | number>>;

  constructor(code: RefusalCode, details: Refusal['details'] = {}) {
    super(code);
    this.name = 'Refusal';
    this.code = code;
    this.details = details;
  }
}

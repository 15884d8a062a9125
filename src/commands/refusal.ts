/** What a command may not do where it stands, as data, and the words for it. */

/** What a text is about, by name. */
export type Details = Readonly<Record<string, string | number>>;

/** A row a refusal: when it is, if that is not plain, and what is said then. */
export const refusalTexts = {
  /** A line sends its output into `file` more than once. */
  'written-twice': ({ file }) => `The line writes '${file!}' twice.`,
  /** The output of a line that is run again and again is sent into a file. */
  'file-written-again': () => 'What is monitored cannot be written into a file.',
  /** Configuration mode was left with changes, where nobody could be asked about them. */
  'uncommitted-changes': () =>
    'Configuration mode was left with uncommitted changes; they were not committed.',
  /** Where changes are to be committed or discarded before configuration mode is left. */
  'configuration-modified': () =>
    "Cannot exit: configuration modified.\nUse 'exit discard' to discard the changes and exit.",
  /** A whole level, or what matches a pattern, is to be deleted where nobody can be asked. */
  'delete-unasked': () => 'Nothing was deleted: name what is to be deleted, or say so at a terminal.',
  /** `run configure`. */
  'already-configuring': () => 'This is configuration mode already.',
  /** No name and no help text has `word`. */
  'nothing-apropos': ({ word }) => `Nothing is known of '${word}'.`,
  /** `text` says in the login's style that nothing is pending of commits. */
  'nothing-pending': ({ text }) => String(text),
  /** `mebi`: millions of characters that a pipe may hold back. */
  'too-much-held': ({ mebi }) =>
    `This pipe would hold back more than ${mebi!} MiB of text; ask for fewer lines.`,
  /** `maximum`: characters of a line that is given to a command. */
  'line-too-long': ({ maximum }) => `Line is longer than ${maximum!} characters, nothing was loaded.`,
  /** What was to be loaded was given up. */
  'nothing-loaded': () => 'Interrupted, nothing was loaded.',
  /** What was to be imported was given up. */
  'nothing-imported': () => 'Interrupted, nothing was imported.',
  /** What was to be exported was given up. */
  'nothing-exported': () => 'Interrupted, nothing was exported.',
  /** `format` of an export has no words for what `word` asks for. */
  'not-in-format': ({ format, word }) => `Format ${format!} has no words for '${word!}'.`,
  /** `set … | display json`. */
  'no-such-form': () => 'This output has no such form.',
  /** A password is to be typed where nobody can be asked. */
  'nobody-to-ask': () => 'A password can be asked for on a terminal only.',
  /** The question for a password was given up. */
  'no-password': () => 'No password was given, nothing was changed.',
  /** The same password was to be typed twice. */
  'passwords-differ': () => 'The passwords differ, nothing was changed.',
  /** `minimum`: characters that a password has at least. */
  'password-too-short': ({ minimum }) =>
    `A password has at least ${minimum!} characters, nothing was changed.`,
  'wrong-password': () => 'Wrong password, nothing was changed.',
  /** The console's owner has no password of ours. */
  'no-account': () => "The console's owner has no password here (configured users have one).",
  /** `name` is a command, or begins one, which an alias does not take the place of. */
  'alias-of-command': ({ name }) => `'${name!}' begins a command; an alias cannot take its place.`,
  /** Nothing is said, or a quote is not closed. */
  'no-line': () => 'These words begin no line.',
  /** `maximum`: characters of an alias' words. */
  'alias-too-long': ({ maximum }) => `An alias stands for at most ${maximum!} characters.`,
  'alias-with-secret': () => 'An alias cannot have a secret in its words, nothing was changed.',
  /** `maximum`: aliases of a user. */
  'too-many-aliases': ({ maximum }) => `You have ${maximum!} aliases already.`,
  'no-such-alias': ({ name }) => `You have no alias '${name!}'.`,
  /** `user` is logged in nowhere. */
  'no-such-login': ({ who }) => `${who!} is not logged in (show system users).`,
  /** `user` is not locked out. */
  'not-locked-out': ({ user }) => `${user!} is not locked out.`,
  /** `twping` with a keyed mode and no user, or the other way round. */
  'auth-mode-and-user': () => "'auth-mode' and 'user' go together.",
  'interface-or-instance': () => 'Measure from an interface or in a routing instance, not both.',
  /** `name`: no control connection of the TWAMP client is called so. */
  'no-such-control-connection': ({ name }) => `Control-connection ${name!} does not exist`,
  /** `name`: no test session of these control connections is called so. */
  'no-such-test-session': ({ name }) => `Test-session ${name!} does not exist`,
  /** `id` names no control connection of the Server, or none whatsoever. */
  'no-such-connection': ({ id }) => `The TWAMP server has no control connection ${id!}.`,
  /** `id` names no live row whose counters could be cleared. */
  'no-such-session': ({ id }) => `There is no active TWAMP session ${id!}.`,
  /** `name` is no routing instance. */
  'no-such-instance': ({ name }) => `Routing instance '${name!}' has not been configured`,
  /** This router is of no fleet. */
  'no-fleet': () => 'This router is of no fleet (set system fleet postgresql url).',
  'no-fleet-reader': () =>
    'This router has no role to read the fleet with (set system fleet postgresql reader user).',
  /** `name` is neither a mesh of this router, nor one that it takes part in. */
  'no-such-mesh': ({ name }) => `Mesh ${name!} does not exist`,
  'fleet-given-up': () => 'Interrupted, the database has not answered.',
  /** The Server does not serve the routing instance `name`. */
  'not-served': ({ name }) =>
    name === 'default'
      ? 'TWAMP is not configured in the default routing instance'
      : `TWAMP is not configured in routing instance '${name!}'`,
} satisfies Readonly<Record<string, (details: Details) => string>>;

export type RefusalCode = keyof typeof refusalTexts;

export class Refusal extends Error {
  readonly code: RefusalCode;
  readonly details: Details;

  constructor(code: RefusalCode, details: Details = {}) {
    super(code);
    this.name = 'Refusal';
    this.code = code;
    this.details = details;
  }
}

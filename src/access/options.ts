/** The command line of the program: what it accepts, a row each, and its help. */
import { parseArgs } from 'node:util';

/** What a shell offers for the value of an option. */
export type Offered = 'directories' | 'classes' | 'shells' | 'nothing';

/** As parseArgs wants it, with what people are told. */
export interface ProgramOption {
  readonly type: 'boolean' | 'string';
  readonly short?: string;
  readonly multiple?: true;
  /** Of an option with a value: what stands for it, and what it may be. */
  readonly value?: string;
  readonly offers?: Offered;
  readonly help: string;
}

/** Those that a completion can be printed for. */
export const completionShells = ['bash', 'zsh', 'fish'] as const;
export type CompletionShell = (typeof completionShells)[number];

const programOptions = {
  command: {
    type: 'string',
    short: 'c',
    multiple: true,
    value: 'COMMAND',
    offers: 'nothing',
    help: 'run COMMAND; may be given several times',
  },
  state: {
    type: 'string',
    value: 'DIR',
    offers: 'directories',
    help: 'state directory (default: $XDG_STATE_HOME/dnrouter, else ~/.local/state/dnrouter)',
  },
  role: {
    type: 'string',
    value: 'CLASS',
    offers: 'classes',
    help: 'start with the rights of a login class instead of all',
  },
  login: { type: 'boolean', help: 'ask for a user and a password first, on the terminal' },
  'stop-on-error': { type: 'boolean', help: 'end a batch at its first failure' },
  daemon: { type: 'boolean', help: 'serve without a console until SIGTERM' },
  completion: {
    type: 'string',
    value: 'SHELL',
    offers: 'shells',
    help: `print the completion of these options for ${completionShells.join(', ')}`,
  },
  version: { type: 'boolean', help: 'print the version' },
  help: { type: 'boolean', short: 'h', help: 'print this text' },
} as const satisfies Readonly<Record<string, ProgramOption>>;

export interface Options {
  readonly help: boolean;
  readonly version: boolean;
  readonly state: string | undefined;
  readonly role: string | undefined;
  readonly login: boolean;
  /** Lines given with -c; undefined when there was none. */
  readonly commands: readonly string[] | undefined;
  readonly stopOnError: boolean;
  readonly daemon: boolean;
  /** The shell whose completion is wanted. */
  readonly completion: CompletionShell | undefined;
}

/** A command line that means nothing; the message says what is wrong with it. */
export class UsageError extends Error {}

/** Every way to write an option: `-c`, `--command`. */
export function spellings([name, { short }]: readonly [string, ProgramOption]): readonly string[] {
  return [...(short === undefined ? [] : [`-${short}`]), `--${name}`];
}

export const programOptionRows: readonly (readonly [string, ProgramOption])[] =
  Object.entries<ProgramOption>(programOptions);

export const PURPOSE = 'A router-style shell over a TWAMP engine (RFC 5357).';

export const BEHAVIOUR =
  'With a terminal on standard input: an interactive shell. Otherwise a batch: each line is run in order; # starts a comment.';

export const EXIT_STATUSES = [
  ['0', 'every line succeeded'],
  ['1', 'any failed'],
  ['2', 'bad usage'],
] as const;

function usage(): string {
  const rows = programOptionRows.map((row) => {
    const [, { value }] = row;
    return [`${spellings(row).join(', ')}${value === undefined ? '' : ` ${value}`}`, row[1].help] as const;
  });
  const width = Math.max(...rows.map(([words]) => words.length));
  const lines = rows.map(([words, help]) => `  ${words.padEnd(width)}  ${help}\n`);
  const [[success], [failure], [bad]] = EXIT_STATUSES;
  return `Usage: dnrouter [options]

${PURPOSE} With a terminal on standard input: an interactive shell.
Otherwise a batch: each line is run in order; # starts a comment.

${lines.join('')}
Exit status: ${success} when every line succeeded, ${failure} when any failed, ${bad} for bad usage.
`;
}

export const USAGE = usage();

/** Throws UsageError. */
export function readOptions(words: readonly string[]): Options {
  const values = valuesOf(words);
  if (values.state === '') throw new UsageError('--state needs a directory');
  if (values.daemon && values.login) throw new UsageError('--daemon has no terminal to log in at');
  if (values.daemon && values.command) throw new UsageError('--daemon takes no commands');
  const { help = false, version = false, login = false, daemon = false } = values;
  return {
    help,
    version,
    login,
    daemon,
    state: values.state,
    role: values.role,
    commands: values.command,
    stopOnError: values['stop-on-error'] ?? false,
    completion: shellOf(values.completion),
  };
}

function valuesOf(words: readonly string[]) {
  try {
    return parseArgs({ args: [...words], options: programOptions }).values;
  } catch (error) {
    const [first = ''] = error instanceof Error ? error.message.split(/[.\n]/) : [];
    throw new UsageError(first);
  }
}

function shellOf(name: string | undefined): CompletionShell | undefined {
  if (name === undefined) return undefined;
  const shell = completionShells.find((each) => each === name);
  if (shell === undefined) throw new UsageError(`--completion is for ${completionShells.join(', ')}`);
  return shell;
}

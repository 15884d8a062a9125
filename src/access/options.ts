/** The command line of the program: what it accepts, and its help. */
import { parseArgs } from 'node:util';

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
}

/** A command line that means nothing; the message says what is wrong with it. */
export class UsageError extends Error {}

export const USAGE = `Usage: dnrouter [options]

A router-style shell over a TWAMP engine (RFC 5357). With a terminal on standard input: an interactive shell.
Otherwise a batch: each line is run in order; # starts a comment.

  -c COMMAND         run COMMAND; may be given several times
  --state DIR        state directory (default: $XDG_STATE_HOME/dnrouter, else ~/.local/state/dnrouter)
  --role CLASS       start with the rights of a login class instead of all
  --login            ask for a user and a password first, on the terminal
  --stop-on-error    end a batch at its first failure
  --daemon           serve without a console until SIGTERM
  --version          print the version
  --help             print this text

Exit status: 0 when every line succeeded, 1 when any failed, 2 for bad usage.
`;

/** Throws UsageError. */
export function readOptions(words: readonly string[]): Options {
  try {
    const { values } = parseArgs({
      args: [...words],
      options: {
        help: { type: 'boolean', short: 'h', default: false },
        version: { type: 'boolean', default: false },
        state: { type: 'string' },
        role: { type: 'string' },
        login: { type: 'boolean', default: false },
        command: { type: 'string', short: 'c', multiple: true },
        'stop-on-error': { type: 'boolean', default: false },
        daemon: { type: 'boolean', default: false },
      },
    });
    if (values.state === '') throw new UsageError('--state needs a directory');
    if (values.daemon && values.login) throw new UsageError('--daemon has no terminal to log in at');
    if (values.daemon && values.command) throw new UsageError('--daemon takes no commands');
    return {
      help: values.help,
      version: values.version,
      state: values.state,
      role: values.role,
      login: values.login,
      commands: values.command,
      stopOnError: values['stop-on-error'],
      daemon: values.daemon,
    };
  } catch (error) {
    if (error instanceof UsageError) throw error;
    const [first = ''] = error instanceof Error ? error.message.split(/[.\n]/) : [];
    throw new UsageError(first);
  }
}

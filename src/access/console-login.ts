/** `login:` and `Password:` at a terminal, before there is a shell. */
import { NANOS_PER_SECOND, type Clock, type Timers } from '../clock.ts';
import { LineEditor, type EditorChannel, type EditorHelp } from '../shell/editor/editor.ts';
import type { Identity } from '../shell/login.ts';
import type { Accounts } from './accounts.ts';

const NO_HELP: EditorHelp = { help: () => '', complete: () => ({ insert: '', list: '' }) };

/** In force before any configuration says something else. */
const RETRIES_DEFAULT = {
  'tries-before-disconnect': 10,
  'backoff-threshold': 2,
  'backoff-factor': 5,
} as const;

export interface ConsoleLoginParts {
  readonly accounts: Accounts;
  readonly clock: Clock & Timers;
  /** Told of each wrong password, with the user who was named. */
  readonly refused: (user: string) => void;
}

/**
 * Who has logged in; undefined when they gave up (Ctrl-D, the signal) or were wrong too often. Ctrl-C begins anew. The
 * longer somebody has been wrong, the longer the next question takes.
 */
export async function logIn(
  channel: EditorChannel,
  { accounts, clock, refused }: ConsoleLoginParts,
  signal: AbortSignal,
): Promise<Identity | undefined> {
  const editor = new LineEditor(channel, NO_HELP, { lines: [] });
  const giveUp = (): void => editor.close();
  signal.addEventListener('abort', giveUp, { once: true });
  const options = accounts.retryOptions ?? RETRIES_DEFAULT;
  try {
    for (let wrong = 0; wrong < options['tries-before-disconnect'] && !signal.aborted;) {
      const credentials = await ask(editor);
      if (credentials === 'gone') return undefined;
      if (credentials === 'anew') continue;
      const identity = await accounts.authenticate(credentials.user, credentials.password);
      if (identity) return identity;
      wrong += 1;
      refused(credentials.user);
      const waits = wrong - options['backoff-threshold'] + 1;
      if (waits > 0) await pause(clock, waits * options['backoff-factor'], signal);
      channel.output.write('Login incorrect\r\n');
    }
    return undefined;
  } finally {
    signal.removeEventListener('abort', giveUp);
    editor.close();
  }
}

async function ask(
  editor: LineEditor,
): Promise<{ readonly user: string; readonly password: string } | 'anew' | 'gone'> {
  const user = await editor.read('login: ');
  if (user.type === 'end') return 'gone';
  if (user.type !== 'line' || user.line.trim() === '') return 'anew';
  const password = await editor.read('Password: ', { mask: true });
  if (password.type === 'end') return 'gone';
  return password.type === 'line' ? { user: user.line.trim(), password: password.line } : 'anew';
}

function pause(clock: Clock & Timers, seconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const over = (): void => {
      timer.cancel();
      signal.removeEventListener('abort', over);
      resolve();
    };
    const timer = clock.at(clock.monoNanos() + seconds * NANOS_PER_SECOND, over);
    signal.addEventListener('abort', over, { once: true });
  });
}

/** Lets a visitor work at a shell. Every way in calls it, and whatever holds for all of them is here. */
import type { Clock, Timers } from '../clock.ts';
import type { Finding } from '../config/commit.ts';
import { runBatch, type BatchOptions, type BatchOutput } from '../shell/batch.ts';
import { History } from '../shell/editor/history.ts';
import { InteractiveLoop, type Terminal } from '../shell/interactive.ts';
import { Login, type CandidateKind, type Contact } from '../shell/login.ts';
import { Shell, type ShellParts } from '../shell/shell.ts';
import { aborted } from './abort.ts';
import type { LiveLogin, Logins, Visitor } from './logins.ts';

export interface ReceptionParts extends ShellParts {
  readonly describeFinding: (finding: Finding) => string;
  readonly clock: Clock & Timers;
  readonly logins: Logins;
}

export class Reception {
  readonly #parts: ReceptionParts;

  constructor(parts: ReceptionParts) {
    this.#parts = parts;
  }

  /** Interactive, until the login leaves, is ended, or `signal` is aborted; the terminal is as it was found then. */
  async converse(visitor: Visitor, terminal: Terminal, signal: AbortSignal): Promise<void> {
    const loop = new InteractiveLoop(terminal, this.#parts.clock);
    const live = this.#admit(visitor, 'shared', loop.contact);
    const over = AbortSignal.any([signal, live.ended]);
    over.addEventListener('abort', () => loop.close(), { once: true });
    try {
      const shell = await Shell.open(this.#parts, live.login);
      const running = loop.run(shell, new History());
      terminal.input.on('data', () => live.touch());
      await Promise.race([running, aborted(over)]);
    } finally {
      loop.close();
      this.#parts.logins.dismiss(live);
    }
  }

  /** Lines in order, each to its end; the exit status. */
  async batch(
    visitor: Visitor,
    lines: AsyncIterable<string> | Iterable<string>,
    output: BatchOutput,
    { stopOnError, signal }: BatchOptions,
  ): Promise<0 | 1> {
    const live = this.#admit(visitor, 'private', silent(output));
    try {
      const shell = await Shell.open(this.#parts, live.login);
      const over = AbortSignal.any([signal, live.ended]);
      return await runBatch(shell, lines, output, { stopOnError, signal: over });
    } finally {
      this.#parts.logins.dismiss(live);
    }
  }

  #admit({ identity, origin }: Visitor, candidate: CandidateKind, contact: Contact): LiveLogin {
    const { router, describeFinding, logins } = this.#parts;
    return logins.admit(new Login(identity, router, candidate, contact, describeFinding), origin);
  }
}

/** Nobody can be asked; what is to be known beside the results goes where errors go. */
function silent({ error }: BatchOutput): Contact {
  return {
    ask: () => Promise.resolve(undefined),
    tell: (line) => void error(line),
    progress: () => undefined,
    watch: () => Promise.resolve(false),
  };
}

/** Lets a visitor work at a shell. Every way in calls it, and whatever holds for all of them is here. */
import type { Clock, Timers } from '../clock.ts';
import { describeEnd } from '../commands/messages.ts';
import type { Finding } from '../config/commit.ts';
import { runBatch, type BatchOptions, type BatchOutput } from '../shell/batch.ts';
import { History } from '../shell/editor/history.ts';
import { InteractiveLoop, type Terminal } from '../shell/interactive.ts';
import { Login, type CandidateKind, type Contact } from '../shell/login.ts';
import { Shell, type ShellParts, type Sink } from '../shell/shell.ts';
import { aborted } from './abort.ts';
import type { AuditEntry } from '../store/audit.ts';
import type { AuditTrail } from './audit-trail.ts';
import type { LiveLogin, Logins, Origin, Visitor } from './logins.ts';

export interface ReceptionParts extends ShellParts {
  readonly describeFinding: (finding: Finding) => string;
  readonly clock: Clock & Timers;
  readonly logins: Logins;
  readonly audit: AuditTrail;
}

/** Of a user's name as somebody types it who is not let in. */
const USER_CHARACTERS_MAX = 64;

export class Reception {
  readonly #parts: ReceptionParts;

  constructor(parts: ReceptionParts) {
    this.#parts = parts;
  }

  /** Interactive, until the login leaves, is ended, or `signal` is aborted; the terminal is as it was found then. */
  async converse(visitor: Visitor, terminal: Terminal, signal: AbortSignal): Promise<void> {
    const touch = (): void => live.touch();
    const loop = new InteractiveLoop(touching(terminal, touch), this.#parts.clock);
    const live = this.#admit(visitor, 'shared', loop.contact);
    const over = AbortSignal.any([signal, live.ended]);
    over.addEventListener('abort', () => loop.close(), { once: true });
    try {
      const shell = await Shell.open(this.#parts, live.login);
      const running = loop.run(shell, new History());
      terminal.input.on('data', touch);
      await Promise.race([running, aborted(over)]);
      shell.interrupt();
      if (live.reason) terminal.output.write(`${describeEnd(live.reason)}\r\n`);
    } finally {
      loop.close();
      terminal.input.off('data', touch);
      this.#dismiss(live);
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
      const out: Sink = {
        write: (text) => {
          live.touch();
          return output.out.write(text);
        },
      };
      const status = await runBatch(
        shell,
        lines,
        { out, error: output.error },
        { stopOnError, signal: over },
      );
      if (live.reason) await output.error(describeEnd(live.reason));
      return status;
    } finally {
      this.#dismiss(live);
    }
  }

  /** For the record: somebody was not let in. `user` is what they typed, whoever that may be. */
  refuse(user: string, origin: Origin): void {
    const name = user.slice(0, USER_CHARACTERS_MAX);
    this.#record(name, origin, { kind: 'refusal', text: 'login', result: 'not-authenticated' });
  }

  #admit({ identity, origin }: Visitor, candidate: CandidateKind, contact: Contact): LiveLogin {
    const { router, describeFinding, logins } = this.#parts;
    const login = new Login(identity, router, candidate, contact, describeFinding);
    login.account = (done) => this.#record(identity.user, origin, done);
    this.#record(identity.user, origin, {
      kind: 'login',
      text: `class ${identity.className}`,
      result: 'done',
    });
    return logins.admit(login, origin);
  }

  #dismiss(live: LiveLogin): void {
    this.#parts.logins.dismiss(live);
    const result = live.reason?.code ?? 'done';
    this.#record(live.login.user, live.origin, { kind: 'logout', text: '', result });
  }

  #record(user: string, { way, address }: Origin, done: Pick<AuditEntry, 'kind' | 'text' | 'result'>): void {
    this.#parts.audit.record({ user, way, address, ...done });
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

/** What is shown is a sign of life, as a key is: whoever looks at something that changes is there. */
function touching(terminal: Terminal, touch: () => void): Terminal {
  return {
    input: terminal.input,
    output: {
      write: (text) => {
        touch();
        return terminal.output.write(text);
      },
    },
    colourLevel: terminal.colourLevel,
    size: () => terminal.size(),
    onResize: (listener) => terminal.onResize(listener),
    drained: () => terminal.drained(),
  };
}

/** Lets a visitor work at a shell. Every way in calls it, and whatever holds for all of them is here. */
import type { Clock, Timers } from '../clock.ts';
import { describeEnd } from '../commands/messages.ts';
import type { Finding } from '../config/commit.ts';
import { Slices } from '../config/turns.ts';
import { runBatch, type BatchOptions, type BatchOutput } from '../shell/batch.ts';
import { InteractiveLoop, type Terminal } from '../shell/interactive.ts';
import { Login, type CandidateKind, type Contact } from '../shell/login.ts';
import { Shell, type ShellParts, type Sink } from '../shell/shell.ts';
import { aborted } from './abort.ts';
import { announcementLines } from './announcement.ts';
import type { AuditEntry } from '../store/audit.ts';
import type { AuditTrail } from './audit-trail.ts';
import type { Histories } from './histories.ts';
import type { LiveLogin, Logins, Origin, Visitor } from './logins.ts';
import type { ConnectionRefusal } from './ssh/limits.ts';

export interface ReceptionParts extends ShellParts {
  readonly describeFinding: (finding: Finding) => string;
  readonly clock: Clock & Timers;
  readonly logins: Logins;
  readonly audit: AuditTrail;
  readonly histories: Histories;
}

/** Of a user's name as somebody types it who is not let in. */
const USER_CHARACTERS_MAX = 64;

/** Somebody who was not let in. */
export interface TurnedAway {
  /** What they said their name is, whoever that may be; undefined where they had not said it. */
  readonly user?: string;
  readonly origin: Origin;
  /** What has its repeats counted together, whatever ports they come from; without it, the address. */
  readonly source?: string;
  /** What they wanted. */
  readonly text: 'login' | 'login with key' | 'connection';
  readonly result: 'not-authenticated' | 'locked-out' | ConnectionRefusal;
  /** How often, if not once. */
  readonly count?: number;
}

export class Reception {
  readonly #parts: ReceptionParts;

  constructor(parts: ReceptionParts) {
    this.#parts = parts;
  }

  /** Interactive, until the login leaves, is ended, or `signal` is aborted; the terminal is as it was found then. */
  async converse(visitor: Visitor, terminal: Terminal, signal: AbortSignal): Promise<void> {
    const loop = new InteractiveLoop(terminal, this.#parts.clock);
    try {
      await this.receive(visitor, 'shared', loop.contact, async (shell, live) => {
        const touch = (): void => live.touch();
        const over = AbortSignal.any([signal, live.ended]);
        over.addEventListener('abort', () => loop.close(), { once: true });
        live.login.history = this.#parts.histories.open(visitor.identity);
        const { announcement } = this.#parts.router.configuration.configuration.system.login;
        if (announcement !== undefined) terminal.output.write(announcementLines(announcement));
        const running = loop.run(shell);
        terminal.input.on('data', touch);
        try {
          await Promise.race([running, aborted(over)]);
        } finally {
          terminal.input.off('data', touch);
        }
        shell.interrupt();
        if (live.reason) terminal.output.write(`${describeEnd(live.reason)}\r\n`);
      });
    } finally {
      loop.close();
    }
  }

  /** Lines in order, each to its end; the exit status. */
  async batch(
    visitor: Visitor,
    lines: AsyncIterable<string> | Iterable<string>,
    output: BatchOutput,
    { stopOnError, signal }: BatchOptions,
  ): Promise<0 | 1> {
    return this.receive(visitor, 'private', silent(output), async (shell, live) => {
      const over = AbortSignal.any([signal, live.ended]);
      const out: Sink = {
        write: (text) => {
          live.touch();
          return output.out.write(text);
        },
      };
      const status = await runBatch(
        shell,
        linesInTurns(lines, this.#parts.clock, () => live.touch()),
        { out, error: output.error },
        { stopOnError, signal: over },
      );
      if (live.reason) await output.error(describeEnd(live.reason));
      return status;
    });
  }

  /** Lets somebody work at a shell, and sees them out when the work is over, whatever has ended it. */
  async receive<Result>(
    visitor: Visitor,
    candidate: CandidateKind,
    contact: Contact,
    work: (shell: Shell, live: LiveLogin) => Promise<Result>,
  ): Promise<Result> {
    const live = this.#admit(visitor, candidate, contact);
    try {
      return await work(await Shell.open(this.#parts, live.login), live);
    } finally {
      this.#dismiss(live);
    }
  }

  /** For the record: somebody was not let in. */
  refuse({ user = '', origin, source, text, result, count }: TurnedAway): void {
    const { way, address } = origin;
    const name = user.slice(0, USER_CHARACTERS_MAX);
    this.#parts.audit.record(
      { kind: 'refusal', user: name, way, address, text, result },
      source ?? address,
      count,
    );
  }

  #admit({ identity, origin }: Visitor, candidate: CandidateKind, contact: Contact): LiveLogin {
    const { router, describeFinding, logins } = this.#parts;
    const login = new Login(identity, {
      router,
      candidateKind: candidate,
      contact,
      describe: describeFinding,
    });
    login.account = (done) => this.#record(identity.user, origin, done);
    this.#record(identity.user, origin, {
      kind: 'login',
      text: `class ${identity.className}`,
      result: 'done',
    });
    return logins.admit(login, origin);
  }

  #dismiss(live: LiveLogin): void {
    live.login.leaveConfiguration();
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
    announce: () => undefined,
    progress: () => undefined,
    watch: () => Promise.resolve(false),
  };
}

/** Each line that comes is a sign of life, whether or not it prints anything; between lines, others have their turn. */
async function* linesInTurns(
  lines: AsyncIterable<string> | Iterable<string>,
  clock: Clock,
  touch: () => void,
): AsyncIterable<string> {
  const slices = new Slices(clock);
  for await (const line of lines) {
    // Not after the last line: a short batch ends without a turn of anybody else.
    if (slices.over) await slices.next();
    touch();
    yield line;
  }
}

/** The command loop's core: one line in, its output out. The same for every way in. */
import type { Commands } from '../commands/commands.ts';
import type { Context, Output } from '../commands/command.ts';
import { commitFailure, describe } from '../commands/messages.ts';
import type { Match, Span } from '../grammar/resolve.ts';
import { SECRET_MASK } from '../grammar/secret.ts';
import type { Section } from '../grammar/tokens.ts';
import type { Piece } from '../render/data.ts';
import type { Completion, EditorHelp } from './editor/editor.ts';
import { handlersOf } from './grammars.ts';
import { completion, helpText, spaceCompletion } from './help.ts';
import {
  LineInterpreter,
  type Meant,
  type Read,
  type InterpreterParts,
  type Refused,
} from './line-interpreter.ts';
import type { Login } from './login.ts';
import { Pipeline } from './pipeline.ts';
import { pipingOf, type Paging, type Piping } from './pipes.ts';
import { Repeated } from './repeated.ts';
import { inTime } from './until-aborted.ts';
import { VorpalHost } from './vorpal-host.ts';

/** Where output goes. A promise asks the writer to wait. */
export interface Sink {
  write(text: string): Promise<void> | void;
  /** Nothing more will be written of this output. */
  end?(): Promise<void> | void;
}

/** Where a line's output goes, and how it is given up. */
export interface LineOptions {
  readonly sink: Sink;
  /** For output that may pause at each screen; `sink` unless given. */
  readonly pager?: (paging: Paging) => Sink;
  /** Lines that a screen shows at once. */
  readonly screenful?: number;
  /** Columns of the screen. */
  readonly columns?: number;
  /**
   * A signal for the next phase of the line: its command, then its output. Giving up a measurement must not give up the
   * report of what was measured so far.
   */
  readonly nextSignal: () => AbortSignal;
  /** Gives up the phase under way, for a login that may not go on with it. */
  readonly interrupt?: () => void;
  /** Whether commands behind that under way are given up, which goes on itself. */
  readonly givenUp?: () => boolean;
  /** Gives a command the lines behind its own. */
  readonly readText?: Context['readText'];
}

/** How a line went. `text` may have several lines. A refused line may say where: `column` counts from 0. */
export type Outcome =
  | { readonly status: 'done' | 'interrupted' }
  | { readonly status: 'failed'; readonly text: string; readonly column?: number };

const nothingToRead = (): Promise<undefined> => Promise.resolve(undefined);

/** Where there is no screen. */
const SCREENFUL_DEFAULT = 24;

/** How long output may be drawn before others get their turn, in nanoseconds. */
const SLICE_NANOS = 2_000_000;

/** Characters that are gathered at the most before they are written, within a slice: a system call takes longer than drawing a line. */
const WRITTEN_AT_ONCE = 4096;

export interface ShellParts extends InterpreterParts {
  readonly commands: Commands;
}

/** The line under way. */
interface Running {
  readonly line: string;
  /** Whether it was begun in configuration mode. */
  readonly editing: boolean;
  readonly interrupt: (() => void) | undefined;
}

export class Shell implements EditorHelp {
  readonly login: Login;
  readonly #parts: ShellParts;
  readonly #host: VorpalHost;
  readonly #interpreter: LineInterpreter;
  #running: Running | undefined;

  private constructor(parts: ShellParts, login: Login, host: VorpalHost) {
    this.#parts = parts;
    this.login = login;
    this.#host = host;
    this.#interpreter = new LineInterpreter(parts, login);
    login.onChange(() => this.#reconsider());
  }

  static async open(parts: ShellParts, login: Login): Promise<Shell> {
    const { operational, configuration } = parts.grammars;
    return new Shell(parts, login, await VorpalHost.open(handlersOf(operational, configuration)));
  }

  /** Runs one line to its end and writes what it prints. Never rejects. */
  async execute(line: string, options: LineOptions): Promise<Outcome> {
    const commands = this.#interpreter.commandsOf(line);
    return commands.length === 1 ? this.#executeOne(line, options) : this.#executeAll(commands, options);
  }

  /** One after the other, until one fails or is given up: Ctrl-C is meant for all of the line. */
  async #executeAll(commands: readonly Section[], options: LineOptions): Promise<Outcome> {
    const signals: AbortSignal[] = [];
    const nextSignal = (): AbortSignal => {
      const signal = options.nextSignal();
      signals.push(signal);
      return signal;
    };
    let outcome: Outcome = { status: 'done' };
    for (const { text, start } of commands) {
      const isGivenUp = signals.some(({ aborted }) => aborted) || options.givenUp?.();
      if (outcome.status !== 'done' || this.login.left || isGivenUp) break;
      outcome = await this.#executeOne(text, { ...options, nextSignal }, { start });
    }
    return outcome;
  }

  /** `among`: where the command stands in a line of several. */
  async #executeOne(line: string, options: LineOptions, among?: Pick<Section, 'start'>): Promise<Outcome> {
    const read = this.#interpreter.read(line);
    if (read === undefined) return { status: 'done' };
    if ('problem' in read) return this.#refused(read, among?.start);
    const { login } = this;
    const said = withoutSecrets(read.line, read.secrets).trim();
    this.#running = { line: read.line, editing: login.editing !== undefined, interrupt: options.interrupt };
    login.running = said;
    if (among) await options.sink.write(`# ${said}\n`);
    const outcome = await this.#run(read, said, options);
    this.#running = undefined;
    login.running = undefined;
    login.over(said, outcome.status);
    return outcome;
  }

  /** Gives up what is under way. */
  interrupt(): void {
    this.#running?.interrupt?.();
  }

  /**
   * What of a line may be kept: what was not understood may be a secret in the wrong place. Undefined when there is a
   * secret in it, which is for nobody to remember.
   */
  keptOf(line: string): string | undefined {
    return this.#interpreter.keptOf(line);
  }

  async #run(read: Meant, said: string, options: LineOptions): Promise<Outcome> {
    const { handler } = read.command;
    const { sink, screenful = SCREENFUL_DEFAULT } = options;
    try {
      await this.#stamp(sink);
      const piping = pipingOf(read.pipes, { style: this.login.style, screenful });
      if (await this.#watched(read, said, piping, options)) return { status: 'done' };
      const { isWhole, failure } = await this.#pass(read.command, piping, options);
      if (!isWhole) return { status: 'interrupted' };
      if (failure === undefined) return { status: 'done' };
      return { status: 'failed', text: this.login.style.error(failure, handler) };
    } catch (error) {
      const { style } = this.login;
      const failure = commitFailure(error);
      const text = failure ? style.commitFailure(failure, handler) : style.error(describe(error), handler);
      return { status: 'failed', text };
    }
  }

  /** Runs a command and sends what it has to show through the pipes; `isWhole`: it was not given up. */
  async #pass(
    command: Match,
    { form, stages, paging }: Piping,
    options: LineOptions,
  ): Promise<{ readonly isWhole: boolean; readonly failure: string | undefined }> {
    const { sink, pager, nextSignal, readText = nothingToRead } = options;
    const pipeline = await Pipeline.open(stages, this.login.files);
    try {
      const show = async (text: string): Promise<void> => {
        if (form !== undefined) return;
        await writeTo(sink, pipeline.take(text));
        await pipeline.settle();
      };
      const columns = stages.length > 0 ? Infinity : (options.columns ?? Infinity);
      const output = await this.#dispatch(command, {
        show,
        signal: nextSignal(),
        readText,
        columns,
        isPiped: form !== undefined || stages.length > 0,
      });
      const pieces = form ? form(output) : output.text();
      const screen = (paging.paged ? pager?.(paging) : undefined) ?? sink;
      const isWhole = await this.#print(pieces, pipeline, screen, nextSignal());
      return { isWhole, failure: output.failure };
    } finally {
      await pipeline.abandon();
    }
  }

  /** Shows a line again and again; false where it is not to be, or there is no terminal to show it on. */
  async #watched(
    { command, pipes }: Meant,
    said: string,
    piping: Piping,
    { columns, nextSignal }: LineOptions,
  ): Promise<boolean> {
    const { intervalNanos } = piping;
    if (intervalNanos === undefined) return false;
    const run = async (sink: Sink, signal: AbortSignal): Promise<void> => {
      await this.#pass(command, piping, {
        sink,
        nextSignal: () => signal,
        ...(columns !== undefined && { columns }),
      });
    };
    const text = this.#withoutMonitor(said, pipes);
    const repeated = new Repeated({ text, intervalNanos, run }, this.#parts.router.clock);
    return this.login.watch(repeated, { intervalNanos, rounds: undefined }, nextSignal());
  }

  /** A line as it is repeated. */
  #withoutMonitor(line: string, pipes: readonly Match[]): string {
    const sections = this.#interpreter
      .tokens(line)
      .sections.filter((_, index) => pipes[index - 1]?.handler !== 'monitor');
    return sections.map((words) => line.slice(words[0]!.start, words.at(-1)!.end)).join(' | ');
  }

  /** `columns`: of the terminal. */
  help(lineToCursor: string, columns = Infinity): string {
    return helpText(this.#interpreter.candidatesAt(lineToCursor).found, this.login.style.help, columns);
  }

  complete(lineToCursor: string, key: 'tab' | 'space', columns = Infinity): Completion {
    if (key === 'space' && !this.login.cli.completeOnSpace) return { insert: ' ', list: '' };
    const { found, partial } = this.#interpreter.candidatesAt(lineToCursor);
    return key === 'tab'
      ? completion(found, partial, this.login.style.help, columns)
      : spaceCompletion(found, partial);
  }

  /** What the login may do has changed: what it may not begin any more, it may not go on with. */
  #reconsider(): void {
    const running = this.#running;
    if (running === undefined) return;
    const wasThere = running.editing === (this.login.editing !== undefined);
    const read = wasThere ? this.#interpreter.meaningOf(running.line) : undefined;
    if (!wasThere || (read && 'problem' in read)) running.interrupt?.();
  }

  /** What was not understood may be a secret in the wrong place: the record has only what stands before it. */
  #refused({ line, typedAt, problem, secrets }: Refused & Read, start = 0): Outcome {
    const { style, editing } = this.login;
    this.login.refused(withoutSecrets(line.slice(0, problem.start), secrets).trim(), problem.code);
    const column = style.caretAt(problem);
    const text = style.problem({ problem, line, editing: editing !== undefined });
    // Below what other commands have printed, there is no line to point into.
    const isPointedAt = column !== undefined && start === 0;
    return { status: 'failed', text, ...(isPointedAt && { column: typedAt(column) }) };
  }

  async #stamp(sink: Sink): Promise<void> {
    const { cli, style } = this.login;
    const stamp = cli.timestamp ? style.stamp(this.#parts.router.clock.wallNanos()) : undefined;
    if (stamp !== undefined) await sink.write(`${stamp}\n`);
  }

  #dispatch(
    { handler, args }: Match,
    line: Pick<Context, 'show' | 'signal' | 'readText' | 'columns' | 'isPiped'>,
  ): Promise<Output> {
    const { commands, router } = this.#parts;
    const interpreter = this.#interpreter;
    const context: Context = {
      router,
      session: this.login,
      readLine: (text, level) => interpreter.resolveAt(text, level),
      begins: (word) => interpreter.begins(word),
      holdsSecret: (text) => interpreter.holdsSecret(text),
      ...line,
    };
    // The grammar gave these arguments the types that arguments.ts says.
    const command = commands[handler as keyof Commands] as (
      context: Context,
      args: Match['args'],
    ) => Promise<Output>;
    return this.#host.dispatch(handler, () => command(context, args));
  }

  /** False when it was given up. */
  async #print(
    pieces: Iterable<Piece>,
    pipeline: Pipeline,
    sink: Sink,
    signal: AbortSignal,
  ): Promise<boolean> {
    const { clock } = this.#parts.router;
    let sliceEnd = clock.monoNanos() + SLICE_NANOS;
    let gathered = '';
    for (const piece of pieces) {
      if (signal.aborted) return false;
      if (typeof piece === 'string') {
        gathered += pipeline.take(piece);
        const settling = pipeline.settle();
        if (settling) await settling;
        if (gathered.length < WRITTEN_AT_ONCE && clock.monoNanos() < sliceEnd) continue;
      }
      await writeTo(sink, gathered);
      gathered = '';
      if (typeof piece !== 'string') {
        if (!(await inTime(piece, signal))) return false;
      } else if (clock.monoNanos() < sliceEnd) continue;
      else await new Promise(setImmediate);
      sliceEnd = clock.monoNanos() + SLICE_NANOS;
    }
    await writeTo(sink, gathered + pipeline.end());
    if (!signal.aborted) await writeTo(sink, await pipeline.finish());
    if (!signal.aborted) await sink.end?.();
    return !signal.aborted;
  }
}

/** `secrets` in the order of the line. */
function withoutSecrets(line: string, secrets: readonly Span[]): string {
  let text = '';
  let at = 0;
  for (const { start, end } of secrets) {
    if (start >= line.length) break;
    text += line.slice(at, start) + SECRET_MASK;
    at = end;
  }
  return text + line.slice(at);
}

async function writeTo(sink: Sink, text: string): Promise<void> {
  if (text !== '') await sink.write(text);
}

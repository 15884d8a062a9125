/** The command loop's core: one line in, its output out. The same for every way in. */
import type { Commands } from '../commands/commands.ts';
import type { LiveSources } from '../commands/live.ts';
import type { Context, Output, Router } from '../commands/command.ts';
import { commitFailure, describe } from '../commands/messages.ts';
import { getAt, isValues, treeOf, type ConfigTree, type Path } from '../config/tree.ts';
import { candidates, NOTHING, withRows, type Candidates } from '../grammar/complete.ts';
import type { GrammarContext, Level, LiveQuery, LiveValue } from '../grammar/match.ts';
import { levelsAlong, topOf } from '../grammar/meaning.ts';
import type { GrammarNode } from '../grammar/node.ts';
import { resolve, type Match, type Problem, type Resolution, type Span } from '../grammar/resolve.ts';
import { SECRET_MASK } from '../grammar/secret.ts';
import { commandsOf, tokenize, type Section, type Token, type Tokens } from '../grammar/tokens.ts';
import type { Piece } from '../render/data.ts';
import { aliasRows, begins, expand, type AliasPlace } from './aliases.ts';
import type { Completion, EditorHelp } from './editor/editor.ts';
import { handlersOf, treeCalled, type Grammars } from './grammars.ts';
import { completion, helpText, spaceCompletion } from './help.ts';
import { holdsSecret } from './line-secrets.ts';
import type { Login } from './login.ts';
import { Pipeline } from './pipeline.ts';
import { pipesFor, pipingOf, type Paging, type Piping } from './pipes.ts';
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

export interface ShellParts {
  readonly grammars: Grammars;
  readonly commands: Commands;
  readonly live: LiveSources;
  readonly router: Router;
}

/** What a line means, and where its secrets stand. */
interface Meant {
  readonly command: Match;
  readonly pipes: readonly Match[];
  readonly secrets: readonly Span[];
}

interface Refused {
  readonly problem: Problem;
  readonly secrets: readonly Span[];
}

/** A line as it was read: offsets are of `line`, which has the words of an alias in place of its name. */
type Read = (Meant | Refused) & {
  readonly line: string;
  readonly typedAt: (offset: number) => number;
};

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
  readonly #context: GrammarContext;
  readonly #pipeNames: ReadonlySet<string>;
  #running: Running | undefined;

  private constructor(parts: ShellParts, login: Login, host: VorpalHost) {
    this.#parts = parts;
    this.login = login;
    this.#host = host;
    this.#pipeNames = new Set(parts.grammars.pipes.children.map(({ name }) => name));
    this.#context = {
      can: (privilege) => login.can(privilege),
      holdsSecret: (line) => this.#holdsSecret(line),
      tree: (name) => this.#tree(name),
      live: (query) => this.#live(query),
    };
    login.onChange(() => this.#reconsider());
  }

  static async open(parts: ShellParts, login: Login): Promise<Shell> {
    const { operational, configuration } = parts.grammars;
    return new Shell(parts, login, await VorpalHost.open(handlersOf(operational, configuration)));
  }

  /** Runs one line to its end and writes what it prints. Never rejects. */
  async execute(line: string, options: LineOptions): Promise<Outcome> {
    const commands = this.#commandsOf(line);
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
    const read = this.#read(line);
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
    let kept = '';
    for (const { text, start } of this.#commandsOf(line)) {
      const keptHere = this.#keptOfOne(text);
      if (keptHere === undefined) return undefined;
      kept = line.slice(0, start) + keptHere;
      if (keptHere !== text) break;
    }
    return kept;
  }

  #keptOfOne(line: string): string | undefined {
    const read = this.#read(line);
    if (read === undefined) return line;
    if (read.secrets.length > 0) return undefined;
    return 'problem' in read ? line.slice(0, read.typedAt(read.problem.start)).trimEnd() : line;
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
        ...{ show, signal: nextSignal(), readText, columns },
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
        ...{ sink, nextSignal: () => signal },
        ...(columns !== undefined && { columns }),
      });
    };
    const text = this.#withoutMonitor(said, pipes);
    const repeated = new Repeated({ text, intervalNanos, run }, this.#parts.router.clock);
    return this.login.watch(repeated, { intervalNanos, rounds: undefined }, nextSignal());
  }

  /** A line as it is repeated. */
  #withoutMonitor(line: string, pipes: readonly Match[]): string {
    const sections = this.#tokens(line).sections.filter(
      (_, index) => pipes[index - 1]?.handler !== 'monitor',
    );
    return sections.map((words) => line.slice(words[0]!.start, words.at(-1)!.end)).join(' | ');
  }

  /** `columns`: of the terminal. */
  help(lineToCursor: string, columns = Infinity): string {
    return helpText(this.#at(lineToCursor).found, this.login.style.help, columns);
  }

  complete(lineToCursor: string, key: 'tab' | 'space', columns = Infinity): Completion {
    if (key === 'space' && !this.login.cli.completeOnSpace) return { insert: ' ', list: '' };
    const { found, partial } = this.#at(lineToCursor);
    return key === 'tab'
      ? completion(found, partial, this.login.style.help, columns)
      : spaceCompletion(found, partial);
  }

  /** What the login may do has changed: what it may not begin any more, it may not go on with. */
  #reconsider(): void {
    const running = this.#running;
    if (running === undefined) return;
    const wasThere = running.editing === (this.login.editing !== undefined);
    const read = wasThere ? this.#meaningOf(running.line) : undefined;
    if (!wasThere || (read && 'problem' in read)) running.interrupt?.();
  }

  get #root(): GrammarNode {
    return this.login.editing ? this.#parts.grammars.configuration : this.#parts.grammars.operational;
  }

  get #aliasPlace(): AliasPlace {
    return { root: this.#root, context: this.#context, aliases: this.login.aliases };
  }

  #tokens(line: string): Tokens {
    return tokenize(line, this.#pipeNames);
  }

  /** DNOS alone takes several commands on a line. */
  #commandsOf(line: string): readonly Section[] {
    const several = this.login.style.concatenates && !line.trimStart().startsWith('!');
    return several ? commandsOf(line) : [{ text: line, start: 0 }];
  }

  #holdsSecret(line: string): boolean {
    return holdsSecret(line, this.#parts.grammars, this.#context);
  }

  /** What a line means, perhaps by an alias; undefined for a blank line or a comment. */
  #read(line: string): Read | undefined {
    const meant = this.#meaningOf(line);
    if (meant === undefined) return undefined;
    const expansion = 'problem' in meant ? expand(line, this.#aliasPlace) : undefined;
    if (expansion === undefined) return { ...meant, line, typedAt: (offset) => offset };
    const { line: said, typedAt } = expansion;
    const expanded = this.#meaningOf(said);
    return expanded && { ...expanded, line: said, typedAt };
  }

  /** The same without aliases. */
  #meaningOf(line: string): Meant | Refused | undefined {
    if (line.trimStart().startsWith('!')) return this.login.editing ? this.#meaningOf('up') : undefined;
    const { sections, openQuote } = this.#tokens(line);
    if (openQuote !== undefined)
      return {
        problem: { code: 'open-quote', start: openQuote, end: line.length },
        secrets: this.#meaningOf(line.slice(0, openQuote))?.secrets ?? [],
      };
    const [words = [], ...pipeSections] = sections;
    if (words.length === 0 && pipeSections.length === 0) return undefined;
    const end = line.trimEnd().length;
    const first = resolve(this.#root, words, (words.at(-1)?.end ?? end) + 1, this.#context);
    if ('problem' in first) return first;
    const pipes: Match[] = [];
    const { secrets } = first;
    if (pipeSections.length === 0) return { command: first.match, pipes, secrets };
    const grammar = pipesFor(this.#parts.grammars.pipes, first.match.handler);
    for (const section of pipeSections) {
      const next = resolve(grammar, section, (section.at(-1)?.end ?? end) + 1, this.#context);
      if ('problem' in next) return { problem: next.problem, secrets };
      pipes.push(next.match);
    }
    return { command: first.match, pipes, secrets };
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
    const readLine: Context['readLine'] = (text, level) => this.#resolveAt(text, level);
    const { operational } = this.#parts.grammars;
    const context: Context = {
      router,
      session: this.login,
      readLine,
      begins: (word) => begins(word, operational, this.#context),
      holdsSecret: (text) => this.#holdsSecret(text),
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

  #resolveAt(line: string, level: Path): Resolution {
    const { configuration, schema } = this.#parts.grammars;
    const tree = (name: string): Level =>
      name === 'level' ? levelsAlong(schema, level).at(-1)! : this.#tree(name);
    const [words = []] = tokenize(line).sections;
    return resolve(configuration, words, line.length + 1, { ...this.#context, tree });
  }

  /** What may stand at the end of a line, also of one with an alias. */
  #at(lineToCursor: string): { readonly found: Candidates; readonly partial: string } {
    const line = this.#commandsOf(lineToCursor).at(-1)!.text;
    const here = this.#candidatesAt(line);
    if (here.found.rows.length > 0 || here.found.mayEnd) return here;
    const expansion = expand(line, this.#aliasPlace);
    // A name at the cursor is a row of its own.
    return expansion === undefined || expansion.end === line.length
      ? here
      : this.#candidatesAt(expansion.line);
  }

  #candidatesAt(line: string): { readonly found: Candidates; readonly partial: string } {
    const tokens = this.#tokens(line);
    const sections = tokens.sections;
    const last = [...sections.at(-1)!];
    const partial = tokens.betweenWords ? '' : (last.pop()?.text ?? '');
    if (sections.length === 1) {
      const found = candidates(this.#root, last, partial, this.#context);
      return { found: withRows(found, aliasRows(last, partial, this.#aliasPlace)), partial };
    }
    const pipes = this.#pipesAfter(tokens);
    const found = pipes ? candidates(pipes, last, partial, this.#context) : NOTHING;
    return { found, partial };
  }

  #pipesAfter({ sections }: Tokens): GrammarNode | undefined {
    const words: readonly Token[] = sections[0] ?? [];
    const first = resolve(this.#root, words, 0, this.#context);
    return 'match' in first ? pipesFor(this.#parts.grammars.pipes, first.match.handler) : undefined;
  }

  /** The trees that grammar files continue in: all commands, the whole configuration, the level being edited. */
  #tree(name: string): Level {
    const { operational, schema } = this.#parts.grammars;
    const commands = treeCalled(name, { operational });
    if (commands !== undefined) return topOf(commands);
    const path = name === 'level' ? (this.login.editing?.path ?? []) : [];
    return levelsAlong(schema, path).at(-1)!;
  }

  /** Nobody is offered what they may not see. */
  #live({ source, path, node, begun, limit }: LiveQuery): readonly LiveValue[] {
    const { live, router } = this.#parts;
    const can = (privilege: string): boolean => this.login.can(privilege);
    const tree = this.login.editing?.candidate.tree ?? router.configuration.running;
    const found = new Map<string, LiveValue>();
    const offer = (values: Iterable<string | LiveValue>): void => {
      for (const value of values) {
        if (found.size === limit) return;
        const { text, help } = typeof value === 'string' ? { text: value, help: '' } : value;
        if (text.startsWith(begun) && !found.has(text)) found.set(text, { text, help });
      }
    };
    const named = source === undefined ? undefined : live[source];
    const { files, aliases } = this.login;
    if (named && this.login.can(named.needs))
      offer(named.values(router, { tree, files, aliases, begun, limit, path, can }));
    const isVisible = node.privilege === undefined || this.login.can(node.privilege);
    if (isVisible) offer(valuesAt(tree, path, node));
    return [...found.values()];
  }
}

/** What the configuration has where a line asks for a key, or for one of several values. */
function valuesAt(tree: ConfigTree, path: Path, node: GrammarNode): Iterable<string> {
  if (node.value?.arity === 'key') return treeOf(getAt(tree, path)).keys();
  const there = node.value?.arity === 'many' ? getAt(tree, [...path, node.name]) : undefined;
  return isValues(there) ? there.map(String) : [];
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

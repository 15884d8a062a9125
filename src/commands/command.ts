/** What a command is: a function from arguments to data, and the view that draws the data. */
import type os from 'node:os';
import { NANOS_PER_SECOND, type Clock, type Timers } from '../clock.ts';
import type { Candidate } from '../config/candidate.ts';
import type { KeptCommitter } from '../config/archive.ts';
import type { Finding } from '../config/commit.ts';
import type { ConfigurationDatabase, EditMode } from '../config/database.ts';
import type { ReadLine } from '../config/load/lines.ts';
import type { Path } from '../config/tree.ts';
import type { Privileges } from '../grammar/classes.ts';
import type { Engine } from '../engine/engine.ts';
import type { Fleet } from '../fleet/fleet.ts';
import type { Services } from '../services/services.ts';
import type { AuditStore } from '../store/audit.ts';
import type { Files, FileWriter, LoginFiles } from '../store/files.ts';
import type { RowsOwner } from '../store/owned-rows.ts';
import type { RpmStore } from '../store/rpm-results.ts';
import type { TwampStore } from '../store/twamp-sessions.ts';
import type { Piece } from '../render/data.ts';
import { json } from '../render/json.ts';
import { xml } from '../render/xml.ts';
import type { People } from './people.ts';
import type { CommandArguments } from './arguments.ts';
import type { Dialogs } from './dialogs.ts';
import type { GrammarFiles } from './reference.ts';

/** A name for the words with which a line begins. */
export interface Alias {
  readonly name: string;
  readonly words: string;
}

/** The aliases of a user. */
export interface Aliases {
  /** By name. */
  all(): readonly Alias[];
  /** In place of that of the same name. Throws Refusal `too-many-aliases`, StoreError. */
  set(alias: Alias): void;
  /** False where there is none of that name. Throws StoreError. */
  unset(name: string): boolean;
}

/** The router, as commands see it. */
export interface Router {
  readonly version: string;
  /** The machine that it runs on. */
  readonly host: Pick<typeof os, 'uptime' | 'loadavg' | 'availableParallelism'>;
  /** Wall time at which the router started. */
  readonly startedNanos: bigint;
  readonly grammars: GrammarFiles;
  readonly clock: Clock & Timers;
  readonly configuration: ConfigurationDatabase;
  readonly engine: Engine;
  readonly services: Services;
  readonly fleet: Fleet;
  readonly sessions: TwampStore;
  readonly results: RpmStore;
  readonly people: People;
  readonly audit: Pick<AuditStore, 'page'>;
  readonly files: Files;
  /** Of a user in a role. */
  readonly aliases: { of(owner: RowsOwner): Aliases };
}

export type { FileWriter, LoginFiles };

/** The vendors whose way of speaking is known. */
export type StyleName = CommandArguments['set-cli-style']['style'];

/** Properties of one login that `set cli` changes. */
export interface CliProperties {
  /** Lines on the screen; 0 for no pager; undefined to ask the terminal. */
  screenLength: number | undefined;
  /** Columns of the screen; undefined to ask the terminal. */
  screenWidth: number | undefined;
  style: StyleName;
  /** In place of the style's; undefined for that. */
  prompt: string | undefined;
  /** Whether the time of each command is shown. */
  timestamp: boolean;
  colours: boolean;
  completeOnSpace: boolean;
  /** 0 for never, as far as it is for the login to say. */
  idleTimeoutMinutes: number;
}

/** A line that was entered at a terminal, as it is kept: without secrets, and without what was not understood. */
export interface EnteredLine {
  readonly wallNanos: bigint;
  readonly text: string;
}

/** How a question is put. */
export interface AskOptions {
  /** Nothing of the answer is shown or remembered. */
  readonly masked?: boolean;
  /** What Ctrl-C answers; an empty answer unless given. */
  readonly interrupted?: string;
}

/** Where in the configuration a login edits. */
export interface Editing {
  readonly candidate: Candidate;
  readonly mode: EditMode;
  readonly sinceWallNanos: bigint;
  /** The level that `edit` went to, in the words that were typed. */
  path: Path;
  /** The levels from which others were entered, the latest last. */
  readonly entered: Path[];
}

/** Something that changes, to be looked at. */
export interface Drawn {
  /** Takes new readings; called at once, and then at intervals, never before it has settled. */
  sample(signal: AbortSignal): void | Promise<void>;
  /** A key that was pressed, by its character. */
  press?(key: string): void;
  /** Lines for a screen of that size, from its top; what does not fit is cut. */
  draw(size: { readonly columns: number; readonly rows: number }): readonly string[];
}

/** What a `monitor` command shows. */
export interface Watched extends Drawn {
  /** What docs/schema describes, of the same readings: a line of `| display json`. */
  data(): Readonly<Record<string, unknown>>;
}

/** How long something is looked at. */
export interface WatchOptions {
  /** Between two readings. */
  readonly intervalNanos: number;
  /** Intervals that are shown; undefined: until a key ends it. */
  readonly rounds: number | undefined;
}

/** The login at whose shell a command runs: what the command may read and change of it. */
export interface Session {
  readonly user: string;
  readonly className: string;
  readonly privileges: Privileges;
  /** Whether the user is one of the configuration, and not the console's owner. */
  readonly configured: boolean;
  readonly cli: CliProperties;
  /** Lines that the user has entered, also at logins before, oldest first. */
  readonly entered: readonly EnteredLine[];
  /** What commands say to this login. */
  readonly dialogs: Dialogs;
  /** What the login may read and write outside the router; the commands that do need the privilege `configure`. */
  readonly files: LoginFiles;
  readonly aliases: Aliases;
  /** Undefined in operational mode. */
  readonly editing: Editing | undefined;
  /** Who commits what the login has put off. */
  readonly kept: KeptCommitter;
  can(privilege: string): boolean;
  /** Asks the person at the terminal; undefined where nobody can be asked. */
  ask(question: string, options?: AskOptions): Promise<string | undefined>;
  /** Something to know beside the result. */
  report(finding: Finding): void;
  /** A line to look at while the command runs; shown on terminals only. */
  progress(text: string): void;
  /** Shows what changes, until the person has seen enough or it is given up; false where there is no terminal. */
  watch(drawn: Drawn, options: WatchOptions, signal: AbortSignal): Promise<boolean>;
  /**
   * Enters configuration mode. Without a mode, edits go to the shared candidate, or (batches) to a private one. `who` tells
   * others who keeps them from committing. Throws CommitError.
   */
  enterConfiguration(mode: EditMode | undefined, who: () => string): Editing;
  /** What was edited alone is given up. */
  leaveConfiguration(): void;
  /** The configuration was changed by the command, for the record. */
  committed(): void;
  /** Ends the login after this command. */
  leave(): void;
}

export interface Context {
  readonly router: Router;
  readonly session: Session;
  /**
   * Shows text, in whole lines, while the command runs: ahead of its output and through the same filters; nothing where
   * another form than text is asked for. Settles when whoever reads it has room for more.
   */
  readonly show: (text: string) => Promise<void>;
  /** Aborted when the person gives the command up. */
  readonly signal: AbortSignal;
  /**
   * Lines that follow the command, up to their end; undefined when they are given up, or nobody gives any. At most so many
   * characters are kept, and one more where there were.
   */
  readonly readText: (charactersMax: number) => Promise<string | undefined>;
  /** Of the screen that the text is for; Infinity where there is none, or lines are chosen first. */
  readonly columns: number;
  /** Whether the output goes through pipes, and so not to the screen as it is. */
  readonly isPiped: boolean;
  /** How a line of configuration mode would read for this login, at a level told in the words that lead there. */
  readonly readLine: ReadLine;
  /** Whether a line of operational mode can begin with the word, whole or abbreviated, as the login may type it. */
  readonly begins: (word: string) => boolean;
  /** Whether there is a secret in what a line would say, here or elsewhere, or may be one. */
  readonly holdsSecret: (line: string) => boolean;
}

/** The result of a command, drawn when it is read: text in pieces of whole lines, or one of the other forms it has. */
export interface Output {
  text(): Iterable<Piece>;
  /** Documented data: `| display json` and `| display xml`. */
  json?(): Iterable<Piece>;
  xml?(): Iterable<Piece>;
  /** `| display set`; `relative`: as it is said at the level that is edited. */
  set?(relative: boolean): Iterable<Piece>;
  /** `| display inheritance`; `comments`: which group each statement is inherited from. */
  inheritance?(comments: boolean): Iterable<Piece>;
  /** `| compare`, with the revision in force or an earlier one. */
  compare?(revision: number): Iterable<Piece>;
  /** Why the command failed although it has something to show, as a measurement does that loses every packet. */
  readonly failure?: string | undefined;
}

export type Command<Arguments> = (context: Context, args: Arguments) => Promise<Output>;

/** How data are drawn; one function a form. */
export interface View<Data> {
  text(data: Data, context: Context): Iterable<Piece>;
  /** What docs/schema describes; its lazy parts (render/data.ts) are read while it is written. */
  json(data: Data, context: Context): Readonly<Record<string, unknown>>;
  /** Around all of the data in XML; undefined where they are one element already, as Junos' are. */
  readonly element?: string;
  set?(data: Data, context: Context, relative: boolean): Iterable<Piece>;
  inheritance?(data: Data, context: Context, comments: boolean): Iterable<Piece>;
  compare?(data: Data, context: Context, revision: number): Iterable<Piece>;
  failure?(data: Data): string | undefined;
}

/** A command that shows data. */
export function show<Arguments, Data>(
  read: (context: Context, args: Arguments) => Data | Promise<Data>,
  view: View<Data>,
): Command<Arguments> {
  return async (context, args) => {
    const data = await read(context, args);
    return {
      text: () => view.text(data, context),
      json: () => json(view.json(data, context)),
      xml: () => xml(view.json(data, context), view.element),
      ...(view.set && { set: (relative: boolean) => view.set!(data, context, relative) }),
      ...(view.inheritance && {
        inheritance: (comments: boolean) => view.inheritance!(data, context, comments),
      }),
      ...(view.compare && { compare: (revision: number) => view.compare!(data, context, revision) }),
      failure: view.failure?.(data),
    };
  };
}

/** A command that does something, and may say a line about it. */
export function act<Arguments>(
  perform: (context: Context, args: Arguments) => string | undefined | Promise<string | undefined>,
): Command<Arguments> {
  return async (context, args) => {
    const line = await perform(context, args);
    return { text: () => (line === undefined ? [] : [`${line}\n`]) };
  };
}

/** What `monitor` commands take. */
export interface WatchArguments {
  readonly interval?: number;
  readonly count?: number;
}

/** Intervals that are shown where there is no terminal, and so nobody to end it. */
const ROUNDS_DEFAULT = 1;

/** Where there is no terminal to ask for its size: as wide and long as it may be, within reason. */
const WITHOUT_SCREEN = { columns: 160, rows: Infinity };

/** A command that shows what changes: on a terminal's screen, or else so many times, one below the other; as data, a line each time. */
export function watch<Arguments extends WatchArguments>(
  open: (context: Context, args: Arguments) => Watched,
): Command<Arguments> {
  return async (context, args) => {
    const { session, router, signal } = context;
    const watched = open(context, args);
    const options = { intervalNanos: args.interval ?? NANOS_PER_SECOND, rounds: args.count };
    const isOver = !context.isPiped && (await session.watch(watched, options, signal));
    const rounds = (draw: (round: number) => Iterable<string>): Iterable<Piece> =>
      isOver ? [] : roundsOf(watched, options, router.clock, draw);
    return {
      text: () => rounds((round) => textOf([...(round > 1 ? [''] : []), ...watched.draw(WITHOUT_SCREEN)])),
      json: () => rounds(() => [`${JSON.stringify(watched.data())}\n`]),
    };
  };
}

function* roundsOf(
  watched: Watched,
  { intervalNanos, rounds = ROUNDS_DEFAULT }: WatchOptions,
  timers: Clock & Timers,
  draw: (round: number) => Iterable<string>,
): Generator<Piece> {
  const ending = new AbortController();
  let cancel = (): void => undefined;
  const until = (monoNanos: number): Promise<void> =>
    new Promise((resolve) => {
      const timer = timers.at(monoNanos, resolve);
      cancel = () => timer.cancel();
    });
  try {
    for (let round = 0; round <= rounds; round += 1) {
      const sampledNanos = timers.monoNanos();
      yield Promise.resolve(watched.sample(ending.signal));
      // The first reading is what the next is compared with.
      if (round > 0) yield* draw(round);
      if (round < rounds) yield until(sampledNanos + intervalNanos);
    }
  } finally {
    // Whoever is given up does not go on unseen.
    cancel();
    ending.abort();
  }
}

/** Lines as pieces of text. */
export function* textOf(lines: Iterable<string>): IterableIterator<string> {
  for (const line of lines) yield `${line}\n`;
}

/** One person (or batch) at a shell: who they are, what they may do, and where they stand. */
import type {
  Aliases,
  AskOptions,
  CliProperties,
  Drawn,
  Editing,
  EnteredLine,
  LoginFiles,
  Router,
  Session,
  StyleName,
  WatchOptions,
} from '../commands/command.ts';
import type { Dialogs } from '../commands/dialogs.ts';
import { describeTimed } from '../commands/messages.ts';
import type { KeptCommitter } from '../config/archive.ts';
import type { Finding } from '../config/commit.ts';
import type { EditMode, TimedOutcome } from '../config/database.ts';
import { minutesLeft } from '../config/pending-commits.ts';
import type { Privileges } from '../grammar/classes.ts';
import { History } from './editor/history.ts';
import { ownPrompt } from './prompts.ts';
import { styles, type Style } from './style.ts';

/** Who logged in. */
export interface Identity {
  readonly user: string;
  readonly className: string;
  readonly privileges: Privileges;
  /** An account of the configuration, which the login follows; false for the console's owner. */
  readonly configured: boolean;
  /** The CLI style to begin with, if one is configured. */
  readonly style?: StyleName;
  /** The class to whose rights the login is narrowed, if it asked for that. */
  readonly role?: string;
  /** Minutes without a sign of life after which the login ends; 0 and undefined for never. */
  readonly idleTimeoutMinutes?: number;
  /** Where the owner's program was started, and names of files begin. */
  readonly directory?: string;
}

/** How a login reaches whoever is at the other end. */
export interface Contact {
  /** Undefined where nobody can be asked, as in a batch. */
  ask(question: string, options?: AskOptions): Promise<string | undefined>;
  /** A line beside the result: a warning or a notice. */
  tell(line: string): void;
  /** News that no command of the login has brought about. */
  announce(line: string): void;
  progress(text: string): void;
  /** Shows what changes, until the person has seen enough or it is given up; false where there is no terminal. */
  watch(drawn: Drawn, options: WatchOptions, signal: AbortSignal): Promise<boolean>;
}

/** Which candidate `configure` opens: the one all share, or (batches) one of its own. */
export type CandidateKind = 'shared' | 'private';

/** A line that is over. */
export interface Done {
  readonly kind: 'command' | 'commit' | 'refusal';
  /** Without secrets, and without what was not understood. */
  readonly text: string;
  /** How it ended, or why it was refused. */
  readonly result: string;
}

/** Of a login that has set none yet. */
const CLI_PROPERTIES: CliProperties = {
  screenLength: undefined,
  screenWidth: undefined,
  completeOnSpace: true,
  style: 'dnos',
  prompt: undefined,
  timestamp: false,
  colours: true,
  idleTimeoutMinutes: 0,
};

export interface LoginParts {
  readonly router: Router;
  /** What `configure` opens where it says nothing else. */
  readonly candidateKind: CandidateKind;
  readonly contact: Contact;
  readonly describe: (finding: Finding) => string;
}

export class Login implements Session {
  #identity: Identity;
  readonly cli: CliProperties;
  #editing: Editing | undefined;
  /** Of a batch, empty. */
  history = new History();
  /** Set by `exit`. */
  left = false;
  /** The line that runs now, without its secrets. */
  running: string | undefined;
  /** Told of every line that was run or refused. */
  account: ((done: Done) => void) | undefined;
  #hasCommitted = false;
  readonly #listeners = new Set<() => void>();
  readonly #router: Router;
  readonly #candidateKind: CandidateKind;
  readonly #contact: Contact;
  readonly #describe: (finding: Finding) => string;

  constructor(identity: Identity, { router, candidateKind, contact, describe }: LoginParts) {
    this.#identity = identity;
    this.cli = { ...CLI_PROPERTIES, style: identity.style ?? CLI_PROPERTIES.style };
    this.#router = router;
    this.#candidateKind = candidateKind;
    this.#contact = contact;
    this.#describe = describe;
  }

  get identity(): Identity {
    return this.#identity;
  }

  get style(): Style {
    return styles[this.cli.style];
  }

  get dialogs(): Dialogs {
    return this.style.dialogs;
  }

  get editing(): Editing | undefined {
    return this.#editing;
  }

  get kept(): KeptCommitter {
    const { user, configured, role } = this.#identity;
    return { user, configured, role };
  }

  get user(): string {
    return this.#identity.user;
  }

  get className(): string {
    return this.#identity.className;
  }

  get privileges(): Privileges {
    return this.#identity.privileges;
  }

  /** Takes effect at once: on what may be typed, on help and completion. */
  become(identity: Identity): void {
    this.#identity = identity;
    // Nobody stays where they could not go now; edits of the shared candidate are everybody's.
    if (!this.can('configure')) this.leaveConfiguration();
    for (const changed of this.#listeners) changed();
  }

  /** Calls `listener` after each change of what the login may do; returns what ends that. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  committed(): void {
    this.#hasCommitted = true;
  }

  /** For the record. */
  over(text: string, result: string): void {
    this.account?.({ kind: this.#hasCommitted ? 'commit' : 'command', text, result });
    this.#hasCommitted = false;
  }

  /** For the record as well. */
  refused(text: string, result: string): void {
    this.account?.({ kind: 'refusal', text, result });
  }

  get files(): LoginFiles {
    const { user, configured, role, directory } = this.#identity;
    const confined = configured || role !== undefined;
    return this.#router.files.of({ user, confined, ...(directory !== undefined && { directory }) });
  }

  get aliases(): Aliases {
    return this.#router.aliases.of(this.#identity);
  }

  get entered(): readonly EnteredLine[] {
    return this.history.entered;
  }

  get configured(): boolean {
    return this.#identity.configured;
  }

  can(privilege: string): boolean {
    return this.#identity.privileges.has(privilege);
  }

  ask(question: string, options?: AskOptions): Promise<string | undefined> {
    return this.#contact.ask(question, options);
  }

  report(finding: Finding): void {
    this.#contact.tell(this.style.finding(finding.severity, this.#describe(finding)));
  }

  /** A commit at which nobody was present is over. Why one was not made is for those who could have made it. */
  announce(outcome: TimedOutcome): void {
    const { kind, user, wallNanos, error } = outcome;
    const { dialogs } = this.style;
    if (error === undefined)
      this.#contact.announce(
        kind === 'at' ? dialogs.made(user, wallNanos) : dialogs.wentBack(user, wallNanos),
      );
    else if (this.can('configure')) this.#contact.announce(this.style.error(describeTimed(outcome)));
  }

  progress(text: string): void {
    this.#contact.progress(text);
  }

  watch(drawn: Drawn, options: WatchOptions, signal: AbortSignal): Promise<boolean> {
    return this.#contact.watch(drawn, options, signal);
  }

  enterConfiguration(mode: EditMode | undefined, who: () => string): Editing {
    const { configuration, clock } = this.#router;
    // A batch edits alone whoever else does, and whatever they have changed.
    const isBeside = this.#candidateKind === 'private' && mode !== 'exclusive';
    const chosen = mode ?? this.#candidateKind;
    const candidate = isBeside ? configuration.openPrivate() : configuration.open(chosen, who);
    const sinceWallNanos = clock.wallNanos();
    this.#editing = { candidate, mode: chosen, sinceWallNanos, path: [], entered: [] };
    return this.#editing;
  }

  leaveConfiguration(): void {
    if (this.#editing) this.#router.configuration.release(this.#editing.candidate);
    this.#editing = undefined;
  }

  leave(): void {
    this.left = true;
  }

  get prompt(): string {
    const { configuration, clock } = this.#router;
    const unconfirmed = configuration.pending('confirmed');
    const styled = this.style.prompt({
      hostName: configuration.configuration.system['host-name'],
      user: this.user,
      path: this.editing?.path,
      schema: configuration.schema,
      wallNanos: this.cli.timestamp ? clock.wallNanos() : undefined,
      rollbackMinutes: unconfirmed && minutesLeft(unconfirmed, clock.wallNanos()),
    });
    return this.cli.prompt === undefined ? styled : ownPrompt(styled, this.cli.prompt);
  }
}

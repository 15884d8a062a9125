/** One person (or batch) at a shell: who they are, what they may do, and where they stand. */
import type { CliProperties, Editing, Router, Session, Watched } from '../commands/command.ts';
import type { Candidate } from '../config/candidate.ts';
import type { Finding } from '../config/commit.ts';
import type { Privileges } from '../grammar/classes.ts';
import { styles, type Style } from './style.ts';

/** Who logged in. */
export interface Identity {
  readonly user: string;
  readonly className: string;
  readonly privileges: Privileges;
  /** An account of the configuration, which the login follows; false for the console's owner. */
  readonly configured: boolean;
  /** The class to whose rights the login is narrowed, if it asked for that. */
  readonly role?: string;
}

/** How a login reaches whoever is at the other end. */
export interface Contact {
  /** Undefined where nobody can be asked, as in a batch. */
  ask(question: string): Promise<string | undefined>;
  /** A line beside the result: a warning or a notice. */
  tell(line: string): void;
  progress(text: string): void;
  /** Shows what changes, until the person has seen enough; false where there is no terminal to show it on. */
  watch(watched: Watched): Promise<boolean>;
}

/** Which candidate `configure` opens: the one all share, or (batches) one of its own. */
export type CandidateKind = 'shared' | 'private';

export class Login implements Session {
  #identity: Identity;
  readonly style: Style = styles.dnos;
  readonly cli: CliProperties = { screenLength: undefined, completeOnSpace: true };
  editing: Editing | undefined;
  /** Set by `exit`. */
  left = false;
  readonly #router: Router;
  readonly #candidateKind: CandidateKind;
  readonly #contact: Contact;
  readonly #describe: (finding: Finding) => string;

  constructor(
    identity: Identity,
    router: Router,
    candidateKind: CandidateKind,
    contact: Contact,
    describe: (finding: Finding) => string,
  ) {
    this.#identity = identity;
    this.#router = router;
    this.#candidateKind = candidateKind;
    this.#contact = contact;
    this.#describe = describe;
  }

  get identity(): Identity {
    return this.#identity;
  }

  get user(): string {
    return this.#identity.user;
  }

  /** Takes effect at once: on what may be typed, on help and completion. */
  become(identity: Identity): void {
    this.#identity = identity;
  }

  can(privilege: string): boolean {
    return this.#identity.privileges.has(privilege);
  }

  ask(question: string): Promise<string | undefined> {
    return this.#contact.ask(question);
  }

  report(finding: Finding): void {
    this.#contact.tell(this.style.finding(finding.severity, this.#describe(finding)));
  }

  progress(text: string): void {
    this.#contact.progress(text);
  }

  watch(watched: Watched): Promise<boolean> {
    return this.#contact.watch(watched);
  }

  openCandidate(): Candidate {
    const { configuration } = this.#router;
    return this.#candidateKind === 'shared' ? configuration.shared : configuration.openPrivate();
  }

  leave(): void {
    this.left = true;
  }

  get prompt(): string {
    const { configuration } = this.#router;
    return this.style.prompt({
      hostName: configuration.configuration.system['host-name'],
      user: this.user,
      path: this.editing?.path,
      schema: configuration.schema,
    });
  }
}

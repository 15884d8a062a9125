/** The commit: verify, apply, archive. Whichever step fails, what ran before runs on. */
import type { Clock } from '../clock.ts';
import type { Statement } from '../grammar/match.ts';
import type { GrammarNode } from '../grammar/node.ts';
import { Candidate } from './candidate.ts';
import type { Configuration } from './configuration.ts';
import { effective } from './effective.ts';
import { forbiddenChange, type Can } from './privileges.ts';
import type { Secrets } from './secrets.ts';
import { fromData, toData } from './text.ts';
import { EMPTY_TREE, equal, type ConfigTree, type Path } from './tree.ts';

/** Something a part of the router says about a configuration. Errors stop a commit. */
export interface Finding {
  readonly severity: 'error' | 'warning' | 'notice';
  /** Which text tells it; `details` are that text's words. */
  readonly code: string;
  readonly path: Path;
  readonly details: Readonly<Record<string, string | number>>;
}

/** Makes findings about statements below `base`. */
export function findingsBelow(base: Path) {
  return (severity: Finding['severity'], code: string, path: Path, details: Finding['details']): Finding => ({
    severity,
    code,
    path: [...base, ...path],
    details,
  });
}

/** A part of the router that runs by the configuration. */
export interface Participant {
  /** Rules that one statement alone cannot break. Changes nothing. Nobody commits when the router starts. */
  verify(configuration: Configuration, committer?: Committer): readonly Finding[];
  /** Changes what runs; throws when it cannot (ApplyError), having changed nothing. Gives notices. */
  apply(configuration: Configuration): Promise<readonly Finding[]>;
}

/** Why a part of the router cannot run by a configuration that was found valid. */
export class ApplyError extends Error {
  readonly finding: Finding;

  constructor(finding: Finding) {
    super(finding.code);
    this.name = 'ApplyError';
    this.finding = finding;
  }
}

/** A committed configuration, as the archive keeps it. */
export interface Revision {
  readonly number: number;
  readonly wallNanos: bigint;
  readonly user: string;
  readonly comment: string | undefined;
  readonly text: string;
}

/** Where committed configurations are kept; `append` is atomic. */
export interface RevisionArchive {
  append(revision: Omit<Revision, 'number'>): number;
  /** 0 is the latest. */
  get(back: number): Revision | undefined;
  list(): readonly Revision[];
}

/** Who commits. */
export interface Committer {
  readonly user: string;
  readonly can: Can;
  readonly comment?: string | undefined;
}

export interface CommitResult {
  /** Undefined when nothing had changed, and so nothing was committed. */
  readonly wallNanos: bigint | undefined;
  readonly findings: readonly Finding[];
}

export type CommitErrorCode = 'verify' | 'apply' | 'forbidden' | 'out-of-date' | 'no-revision';

interface CommitErrorDetails {
  readonly findings?: readonly Finding[];
  readonly path?: Path;
  /** What a participant or the archive threw. */
  readonly cause?: unknown;
}

/** Why a commit, or a rollback, did not happen. */
export class CommitError extends Error {
  readonly code: CommitErrorCode;
  readonly findings: readonly Finding[];
  readonly path: Path;

  constructor(code: CommitErrorCode, { findings = [], path = [], cause }: CommitErrorDetails = {}) {
    super(code, { cause });
    this.name = 'CommitError';
    this.code = code;
    this.findings = findings;
    this.path = path;
  }
}

export class ConfigurationDatabase {
  readonly schema: GrammarNode;
  readonly archive: RevisionArchive;
  readonly #participants: readonly Participant[];
  readonly #clock: Clock;
  readonly #secrets: Secrets;
  readonly #shared: Candidate;
  #running: ConfigTree;
  #queue: Promise<unknown> = Promise.resolve();

  /** Takes up the latest revision of the archive; `start` puts it in force. Throws ConfigTextError. */
  constructor(
    schema: GrammarNode,
    archive: RevisionArchive,
    participants: readonly Participant[],
    clock: Clock,
    secrets: Secrets,
  ) {
    this.schema = schema;
    this.archive = archive;
    this.#participants = participants;
    this.#clock = clock;
    this.#secrets = secrets;
    this.#running = archive.get(0) ? this.revision(0) : EMPTY_TREE;
    this.#shared = this.openPrivate();
  }

  get running(): ConfigTree {
    return this.#running;
  }

  /** The configuration in force, defaults filled in. */
  get configuration(): Configuration {
    return effective(this.schema, this.#running);
  }

  /** The candidate that all who say `configure` edit together. */
  get shared(): Candidate {
    return this.#shared;
  }

  /** A candidate of one's own. */
  openPrivate(): Candidate {
    return new Candidate(this.schema, this.#secrets, () => this.#running);
  }

  /** The tree of a revision, 0 being the latest. Throws CommitError `no-revision`. */
  revision(back: number): ConfigTree {
    const revision = this.archive.get(back);
    if (!revision) throw new CommitError('no-revision');
    return fromData(this.schema, JSON.parse(revision.text));
  }

  /** Puts the configuration in force when the router starts. `failures` are the parts that could not. */
  async start(): Promise<{ readonly findings: readonly Finding[]; readonly failures: readonly unknown[] }> {
    const configuration = this.configuration;
    const findings = this.#participants.flatMap((participant) => participant.verify(configuration));
    const failures: unknown[] = [];
    for (const participant of this.#participants) {
      try {
        findings.push(...(await participant.apply(configuration)));
      } catch (error) {
        failures.push(error);
      }
    }
    return { findings, failures };
  }

  /** What `commit check` says. Throws CommitError when a commit would. */
  check(candidate: Candidate, committer: Committer): readonly Finding[] {
    const forbidden = forbiddenChange(this.schema, this.#running, candidate.tree, committer.can);
    if (forbidden) throw new CommitError('forbidden', { path: forbidden });
    const configuration = effective(this.schema, candidate.tree);
    const findings = this.#participants.flatMap((participant) =>
      participant.verify(configuration, committer),
    );
    if (findings.some((finding) => finding.severity === 'error'))
      throw new CommitError('verify', { findings });
    return findings;
  }

  /** One commit at a time. Throws CommitError, or what a participant or the archive threw. */
  commit(candidate: Candidate, committer: Committer): Promise<CommitResult> {
    const result = this.#queue.then(() => this.#commit(candidate, committer));
    this.#queue = result.catch(() => undefined);
    return result;
  }

  /**
   * Commits what `make` says to the configuration in force, and nothing else; edits under way in the shared candidate go
   * on with it. Throws as `commit` does, and what `make` throws.
   */
  amend(make: (running: ConfigTree) => readonly Statement[], committer: Committer): Promise<CommitResult> {
    const result = this.#queue.then(async () => {
      const before = this.#running;
      const statements = make(before);
      const candidate = this.openPrivate();
      candidate.set(statements, committer.can);
      const committed = await this.#commit(candidate, committer);
      if (equal(this.#shared.base, before)) this.#shared.amend(statements, this.#running);
      return committed;
    });
    this.#queue = result.catch(() => undefined);
    return result;
  }

  async #commit(candidate: Candidate, committer: Committer): Promise<CommitResult> {
    const tree = candidate.tree;
    if (!candidate.changed) return { wallNanos: undefined, findings: [] };
    if (!equal(candidate.base, this.#running)) throw new CommitError('out-of-date');
    const verified = this.check(candidate, committer);
    const applied = await this.#apply(tree).catch(failedToApply);
    const wallNanos = this.#clock.wallNanos();
    try {
      const text = JSON.stringify(toData(tree));
      this.archive.append({ wallNanos, user: committer.user, comment: committer.comment, text });
    } catch (error) {
      return failedToApply(await this.#putBack(this.#participants, error));
    }
    this.#running = tree;
    candidate.rebase(tree);
    if (!this.#shared.changed) this.#shared.reset(tree);
    return { wallNanos, findings: [...verified, ...applied] };
  }

  /** All participants, or none: those already changed are put back. */
  async #apply(tree: ConfigTree): Promise<readonly Finding[]> {
    const configuration = effective(this.schema, tree);
    const findings: Finding[] = [];
    for (const [index, participant] of this.#participants.entries()) {
      try {
        findings.push(...(await participant.apply(configuration)));
      } catch (error) {
        throw await this.#putBack(this.#participants.slice(0, index), error);
      }
    }
    return findings;
  }

  /**
   * Lets what ran before run on, the last changed first. Gives the error to throw: the reason, or more if
   * this fails too.
   */
  async #putBack(changed: readonly Participant[], reason: unknown): Promise<unknown> {
    const before = this.configuration;
    const failures: unknown[] = [];
    for (const participant of changed.toReversed()) {
      try {
        await participant.apply(before);
      } catch (error) {
        failures.push(error);
      }
    }
    if (failures.length === 0) return reason;
    return new AggregateError(
      [reason, ...failures],
      'a commit failed, and what ran before it could not be resumed',
    );
  }
}

function failedToApply(cause: unknown): never {
  throw new CommitError('apply', { cause });
}

/** Candidates and commits: verify, apply, archive. Whichever step fails, what ran before runs on. */
import { NANOS_PER_SECOND, type Clock, type Timers } from '../clock.ts';
import type { Statement } from '../grammar/match.ts';
import type { GrammarNode } from '../grammar/node.ts';
import type { KeptCommitter, PendingCommit, RevisionArchive } from './archive.ts';
import { Candidate } from './candidate.ts';
import {
  CommitError,
  type CommitOptions,
  type CommitResult,
  type Committer,
  type Finding,
  type Participant,
} from './commit.ts';
import { same } from './compare.ts';
import type { Configuration } from './configuration.ts';
import { merge } from './merge.ts';
import { PendingCommits, type PendingKind } from './pending-commits.ts';
import { forbiddenChange, nameable, type Can } from './privileges.ts';
import { Running } from './running.ts';
import type { Secrets } from './secrets.ts';
import { archivedInTurns, fromArchive, fromArchiveInTurns } from './text.ts';
import { EMPTY_TREE, type ConfigTree, type Path } from './tree.ts';
import { inTurns } from './turns.ts';

/** Whose edits a candidate has: everybody's, one login's while nobody else may commit, or one login's beside others. */
export type EditMode = 'shared' | 'exclusive' | 'private';

/** A pending commit that has come, or failed to. */
export interface TimedOutcome {
  readonly kind: PendingKind;
  readonly user: string;
  readonly wallNanos: bigint;
  /** Undefined: it was made. */
  readonly error: unknown;
}

/** What the database asks, and tells, about commits at which nobody is present. */
export interface Absence {
  /** What somebody may do now; undefined where there is no such user any more. */
  rightsOf(committer: KeptCommitter): Can | undefined;
  /** Told of each pending commit that is over. */
  over(outcome: TimedOutcome): void;
}

const NOBODY: Absence = { rightsOf: () => undefined, over: () => undefined };

/** Who keeps others from committing. */
interface Lock {
  readonly candidate: Candidate;
  readonly who: () => string;
}

/** A configuration, and as it is archived. */
interface Archived {
  readonly tree: ConfigTree;
  readonly text: string;
}

/** A pending commit, as trees. */
interface PendingChange {
  readonly before: ConfigTree;
  readonly after: ConfigTree;
}

/** What a commit does beside what its candidate says. */
interface Manner extends CommitOptions {
  /** What is pending no longer when it is made. */
  readonly settles: readonly PendingKind[];
  /** Nobody keeps it from being made. */
  readonly regardless?: boolean;
}

const ORDINARY: readonly PendingKind[] = ['confirmed'];
const ALL: readonly PendingKind[] = ['confirmed', 'at'];

/** With what the router explains why it went back. */
const NOT_CONFIRMED = 'commit was not confirmed';

/** Of the first revision that was ever committed. */
const FIRST_NUMBER = 1;

const NANOS_PER_MINUTE = BigInt(60 * NANOS_PER_SECOND);

export interface ConfigurationParts {
  readonly schema: GrammarNode;
  readonly archive: RevisionArchive;
  /** In the order in which they are put in force. */
  readonly participants: readonly Participant[];
  readonly clock: Clock & Timers;
  readonly secrets: Secrets;
  readonly absence?: Absence;
}

export class ConfigurationDatabase {
  readonly schema: GrammarNode;
  readonly archive: RevisionArchive;
  readonly #clock: Clock & Timers;
  readonly #secrets: Secrets;
  readonly #absence: Absence;
  readonly #running: Running;
  readonly #shared: Candidate;
  readonly #pending: PendingCommits;
  /** What pending texts say, read once. */
  readonly #changes = new WeakMap<PendingCommit, PendingChange>();
  #lock: Lock | undefined;
  #queue: Promise<unknown> = Promise.resolve();

  /** Takes up the latest revision of the archive; `start` puts it in force. Throws ConfigTextError. */
  constructor({ schema, archive, participants, clock, secrets, absence = NOBODY }: ConfigurationParts) {
    this.schema = schema;
    this.archive = archive;
    this.#clock = clock;
    this.#secrets = secrets;
    this.#absence = absence;
    const latest = archive.get(0);
    const tree = latest ? fromArchive(schema, latest.text) : EMPTY_TREE;
    this.#running = new Running({ schema, participants, secrets, clock }, tree);
    this.#shared = new Candidate(
      schema,
      secrets,
      () => this.running,
      () => this.#mayEditShared(),
    );
    this.#pending = new PendingCommits(
      archive,
      clock,
      (pending) => void this.#inTurn(() => this.#come(pending)),
    );
  }

  get running(): ConfigTree {
    return this.#running.tree;
  }

  /** The configuration in force, defaults filled in. */
  get configuration(): Configuration {
    return this.#running.configuration;
  }

  /** The candidate that all who say `configure` edit together. */
  get shared(): Candidate {
    return this.#shared;
  }

  /** What will become of the configuration by itself. */
  pending(kind: PendingKind): PendingCommit | undefined {
    return this.#pending.get(kind);
  }

  /** A candidate of one's own. */
  openPrivate(): Candidate {
    return new Candidate(this.schema, this.#secrets, () => this.running);
  }

  /**
   * The candidate to edit in that mode; `who` tells others who keeps them from it. Throws CommitError.
   * What was opened is to be released.
   */
  open(mode: EditMode, who: () => string): Candidate {
    if (mode === 'shared') return this.#shared;
    if (mode === 'exclusive' && this.#lock) throw new CommitError('locked', { who: this.#lock.who() });
    if (this.#shared.changed) throw new CommitError(mode === 'exclusive' ? 'modified' : 'shared-modified');
    const candidate = this.openPrivate();
    if (mode === 'exclusive') this.#lock = { candidate, who };
    return candidate;
  }

  /** Whoever edited it does no longer. */
  release(candidate: Candidate): void {
    if (this.#lock?.candidate === candidate) this.#lock = undefined;
  }

  /** The tree of a revision, 0 being the latest; behind the first one is what a new router has. Rejects with CommitError `no-revision`. */
  async revision(back: number): Promise<ConfigTree> {
    const revision = this.archive.get(back);
    if (revision) return this.#treeOf(revision.text);
    if (back === 0 || this.archive.get(back - 1)?.number !== FIRST_NUMBER)
      throw new CommitError('no-revision');
    return EMPTY_TREE;
  }

  /**
   * Puts the configuration in force when the router starts, having gone back to the one before where that was due.
   * `failures` are the parts that could not follow, and what could not be gone back from.
   */
  async start(): Promise<{ readonly findings: readonly Finding[]; readonly failures: readonly unknown[] }> {
    const failures: unknown[] = [];
    let tree = this.running;
    const overdue = this.#pending.get('confirmed');
    if (overdue && this.#pending.isDue(overdue)) {
      try {
        const before = await this.#wayBack(overdue);
        this.#archiveWayBack(await this.#textOf(before), overdue.committer.user);
        tree = before;
        this.#over('confirmed', overdue.committer.user, undefined);
      } catch (error) {
        failures.push(error);
      }
    }
    const started = await this.#running.start(tree);
    this.#shared.reset(tree);
    this.#pending.watch();
    const putOff = this.#pending.get('at');
    if (putOff && (putOff.dueWallNanos === undefined || this.#pending.isDue(putOff)))
      await this.#inTurn(() => this.#come(putOff));
    return { findings: started.findings, failures: [...failures, ...started.failures] };
  }

  /** Nothing comes by itself any more; what is pending stays so. */
  close(): void {
    this.#pending.close();
  }

  /** What `commit check` says. Rejects with CommitError when a commit would. */
  check(candidate: Candidate, committer: Committer): Promise<readonly Finding[]> {
    return this.#inTurn(() => this.#check(candidate, committer));
  }

  async #check(candidate: Candidate, committer: Committer): Promise<readonly Finding[]> {
    const { tree, conflicts } = merge(this.schema, candidate.base, candidate.tree, this.running);
    if (conflicts.length > 0) throw this.#conflict(conflicts, committer);
    return this.#verify(tree, committer);
  }

  /** One commit at a time. Rejects with CommitError. */
  commit(candidate: Candidate, committer: Committer, options: CommitOptions = {}): Promise<CommitResult> {
    return this.#inTurn(() => this.#commit(candidate, committer, { ...options, settles: ORDINARY }));
  }

  /** Keeps what was committed for a time only; false where nothing was. Rejects with CommitError `forbidden`. */
  confirm(committer: Committer): Promise<boolean> {
    return this.#inTurn(() => this.#confirm(committer));
  }

  /**
   * Has the candidate committed when that time has come; undefined: when the router starts. By then it is checked again
   * against what `kept` may do. Rejects with CommitError.
   */
  commitAt(
    candidate: Candidate,
    committer: Committer,
    kept: KeptCommitter,
    dueWallNanos: bigint | undefined,
  ): Promise<readonly Finding[]> {
    return this.#inTurn(async () => {
      this.#mayCommit(candidate);
      const { changed, base, tree } = candidate;
      const findings = await this.#check(candidate, committer);
      const [baseText, text] = [await this.#textOf(base), await this.#textOf(tree)];
      const sinceWallNanos = this.#clock.wallNanos();
      if (dueWallNanos !== undefined && dueWallNanos <= sinceWallNanos) throw new CommitError('past');
      if (!changed) throw new CommitError('unchanged');
      this.#pending.change([], {
        kind: 'at',
        dueWallNanos,
        sinceWallNanos,
        committer: kept,
        comment: committer.comment,
        base: baseText,
        text,
      });
      return findings;
    });
  }

  /**
   * Gives up the commit that was put off, or else goes back at once from one that nobody has confirmed; undefined where
   * nothing is pending. Rejects with CommitError, `forbidden` for who may not change what that changes.
   */
  clear(committer: Committer): Promise<PendingKind | undefined> {
    return this.#inTurn(async () => {
      const pending = this.#pending.get('at') ?? this.#pending.get('confirmed');
      if (pending === undefined) return undefined;
      await this.#mayHave(pending, committer);
      if (pending.kind === 'at') this.#pending.change(['at']);
      else await this.#goBack(pending, committer.user);
      return pending.kind;
    });
  }

  /**
   * Commits what `make` says to the configuration in force, and nothing else; edits under way in the shared candidate go
   * on with it. Rejects as `commit` does, and with what `make` throws.
   */
  amend(make: (running: ConfigTree) => readonly Statement[], committer: Committer): Promise<CommitResult> {
    return this.#inTurn(async () => {
      const before = this.running;
      const statements = make(before);
      const candidate = this.openPrivate();
      candidate.set(statements, committer.can);
      const committed = await this.#commit(candidate, committer, { settles: [], regardless: true });
      if (same(this.schema, this.#shared.base, before)) this.#shared.amend(statements, this.running);
      return committed;
    });
  }

  #inTurn<T>(act: () => T | Promise<T>): Promise<T> {
    const result = this.#queue.then(act);
    this.#queue = result.catch(() => undefined);
    return result;
  }

  async #commit(candidate: Candidate, committer: Committer, manner: Manner): Promise<CommitResult> {
    const { settles, confirmedMinutes } = manner;
    if (manner.regardless !== true) this.#mayCommit(candidate);
    const conflicts = candidate.outOfDate ? candidate.update() : [];
    if (conflicts.length > 0) throw this.#conflict(conflicts, committer);
    const confirms = settles.includes('confirmed');
    if (!candidate.changed) {
      const confirmed = confirms && (await this.#confirm(committer, confirmedMinutes));
      return { wallNanos: undefined, findings: [], confirmed };
    }
    const unconfirmed = confirms ? this.#pending.get('confirmed') : undefined;
    const { tree } = candidate;
    if (unconfirmed) await this.#mayHave(unconfirmed, committer);
    const verified = await this.#verify(tree, committer);
    const text = await this.#textOf(tree);
    const before = confirmedMinutes === undefined ? undefined : await this.#lastConfirmed(unconfirmed);
    let wallNanos = 0n;
    const applied = await this.#running.change(tree, () => {
      wallNanos = this.#clock.wallNanos();
      const next = before && this.#wayBackFrom({ tree, text }, before, committer, confirmedMinutes!);
      const { user, comment } = committer;
      const pending = this.#pending.after(settles, next);
      this.archive.append({ wallNanos, user, via: 'cli', comment, text }, pending);
      this.#pending.use(pending);
    });
    candidate.rebase(tree);
    this.#shared.settle();
    return {
      wallNanos,
      findings: [...verified, ...applied],
      confirmed: unconfirmed !== undefined && confirmedMinutes === undefined,
    };
  }

  /** What is in force, or what was before, where nobody has confirmed that. */
  async #lastConfirmed(unconfirmed: PendingCommit | undefined): Promise<Archived> {
    if (unconfirmed) return { tree: (await this.#changeOf(unconfirmed)).after, text: unconfirmed.text };
    return { tree: this.running, text: await this.#textOf(this.running) };
  }

  /** From what is about to be in force to what was last confirmed. */
  #wayBackFrom(from: Archived, to: Archived, committer: Committer, minutes: number): PendingCommit {
    const wayBack = this.#unconfirmed({ base: from.text, text: to.text }, committer, minutes);
    this.#changes.set(wayBack, { before: from.tree, after: to.tree });
    return wayBack;
  }

  async #verify(tree: ConfigTree, committer: Committer): Promise<readonly Finding[]> {
    this.#mayChange(this.running, tree, committer);
    return this.#running.verify(tree, committer);
  }

  /** False where nothing was to be confirmed, or where that is put off by `minutes` more. */
  async #confirm(committer: Committer, minutes?: number): Promise<boolean> {
    const unconfirmed = this.#pending.get('confirmed');
    if (unconfirmed === undefined) return false;
    await this.#mayHave(unconfirmed, committer);
    if (minutes === undefined) this.#pending.change(['confirmed']);
    else this.#pending.change([], this.#unconfirmed(unconfirmed, committer, minutes));
    return minutes === undefined;
  }

  #unconfirmed(
    { base, text }: Pick<PendingCommit, 'base' | 'text'>,
    { user, comment }: Committer,
    minutes: number,
  ): PendingCommit {
    const sinceWallNanos = this.#clock.wallNanos();
    const dueWallNanos = sinceWallNanos + BigInt(minutes) * NANOS_PER_MINUTE;
    // Nobody needs a right to go back to what was.
    const committer = { user, configured: true, role: undefined };
    return { kind: 'confirmed', sinceWallNanos, dueWallNanos, committer, comment, base, text };
  }

  /** What is due has come. */
  async #come(pending: PendingCommit): Promise<void> {
    if (this.#pending.get(pending.kind) !== pending) return;
    const { user } = pending.committer;
    if (pending.kind === 'at') {
      // Whoever edits exclusively is not disturbed; it is tried again.
      if (this.#lock === undefined) await this.#makePutOff(pending);
      return;
    }
    try {
      await this.#goBack(pending, user);
      this.#over('confirmed', user, undefined);
    } catch (error) {
      this.#over('confirmed', user, error);
    }
  }

  async #makePutOff(pending: PendingCommit): Promise<void> {
    const { committer, comment } = pending;
    try {
      const can = this.#absence.rightsOf(committer);
      if (can === undefined) throw new CommitError('forbidden');
      const candidate = this.openPrivate();
      const { before, after } = await this.#changeOf(pending);
      candidate.resume(before, after);
      const { user } = committer;
      await this.#commit(candidate, { user, can, comment }, { settles: ALL, regardless: true });
      this.#over('at', committer.user, undefined);
    } catch (error) {
      this.#over('at', committer.user, error);
    }
    if (this.#pending.get('at') === pending) this.#pending.change(['at']);
  }

  #over(kind: PendingKind, user: string, error: unknown): void {
    this.#absence.over({ kind, user, error, wallNanos: this.#clock.wallNanos() });
  }

  async #goBack(unconfirmed: PendingCommit, user: string): Promise<void> {
    const tree = await this.#wayBack(unconfirmed);
    const text = await this.#textOf(tree);
    await this.#running.change(tree, () => this.#archiveWayBack(text, user));
    this.#shared.settle();
  }

  /**
   * What was before the commit that nobody has confirmed, with what has been amended since. What both have changed is as it
   * was before: somebody whom that commit has made is gone, whatever they have made of their password.
   */
  async #wayBack(unconfirmed: PendingCommit): Promise<ConfigTree> {
    const { before, after } = await this.#changeOf(unconfirmed);
    return merge(this.schema, before, after, this.running).tree;
  }

  #archiveWayBack(text: string, user: string): void {
    const wallNanos = this.#clock.wallNanos();
    const pending = this.#pending.after(['confirmed']);
    this.archive.append({ wallNanos, user, via: 'other', comment: NOT_CONFIRMED, text }, pending);
    this.#pending.use(pending);
  }

  #mayEditShared(): void {
    if (this.#lock) throw new CommitError('locked', { who: this.#lock.who() });
  }

  #mayCommit(candidate: Candidate): void {
    if (this.#lock && this.#lock.candidate !== candidate)
      throw new CommitError('locked', { who: this.#lock.who() });
    const putOff = this.#pending.get('at');
    if (putOff === undefined) return;
    const { dueWallNanos, committer } = putOff;
    throw new CommitError('scheduled', { who: committer.user, dueWallNanos });
  }

  /** Whether somebody may make, and so decide about, the changes of a pending commit. */
  async #mayHave(pending: PendingCommit, committer: Committer): Promise<void> {
    const { before, after } = await this.#changeOf(pending);
    this.#mayChange(before, after, committer);
  }

  async #changeOf(pending: PendingCommit): Promise<PendingChange> {
    const known = this.#changes.get(pending);
    if (known) return known;
    const change = { before: await this.#treeOf(pending.base), after: await this.#treeOf(pending.text) };
    this.#changes.set(pending, change);
    return change;
  }

  #conflict(conflicts: readonly Path[], { can }: Committer): CommitError {
    const findings = conflicts.map((path): Finding => ({
      severity: 'error',
      code: 'conflict',
      path: nameable(this.schema, path, can),
      details: {},
    }));
    return new CommitError('conflict', { findings });
  }

  #mayChange(before: ConfigTree, after: ConfigTree, { can }: Committer): void {
    const path = forbiddenChange(this.schema, before, after, can);
    if (path) throw new CommitError('forbidden', { path: nameable(this.schema, path, can) });
  }

  #textOf(tree: ConfigTree): Promise<string> {
    return inTurns(archivedInTurns(tree), this.#clock);
  }

  #treeOf(text: string): Promise<ConfigTree> {
    return inTurns(fromArchiveInTurns(this.schema, text), this.#clock);
  }
}

/** What a commit is made of: who commits, who runs by the configuration, and what comes of it. */
import type { Configuration } from './configuration.ts';
import type { Can } from './privileges.ts';
import type { Path } from './tree.ts';

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

/** Findings that come while others have their turn, too. */
export type Findings = Iterable<Finding | undefined>;

/** A part of the router that runs by the configuration. */
export interface Participant {
  /**
   * Rules that one statement alone cannot break. Changes nothing. Nobody commits when the router starts. Where there is much
   * to look at, undefined among the findings lets others have their turn.
   */
  verify(configuration: Configuration, committer?: Committer): Findings;
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
  /** It kept what an earlier commit had made for a time only. */
  readonly confirmed: boolean;
}

/** How a commit is made. */
export interface CommitOptions {
  /** Minutes after which it is taken back, unless another commit confirms it. */
  readonly confirmedMinutes?: number | undefined;
}

export type CommitErrorCode =
  | 'verify'
  | 'apply'
  | 'forbidden'
  /** Another commit has changed the same statements, `findings` say which. A second commit overwrites them. */
  | 'conflict'
  /** Somebody edits exclusively; `who` says who. */
  | 'locked'
  /** The shared candidate has changes, and whoever would edit alone must not take part in them. */
  | 'modified'
  | 'shared-modified'
  /** A commit of `who` was put off to `dueWallNanos`, and nothing is committed until it is made or given up. */
  | 'scheduled'
  /** To be made at a time that has passed. */
  | 'past'
  /** Nothing has changed that could be committed later. */
  | 'unchanged'
  | 'no-revision';

interface CommitErrorDetails {
  readonly findings?: readonly Finding[];
  readonly path?: Path;
  readonly who?: string;
  readonly dueWallNanos?: bigint | undefined;
  /** What a participant or the archive threw. */
  readonly cause?: unknown;
}

/** Why a commit, or a rollback, did not happen. */
export class CommitError extends Error {
  readonly code: CommitErrorCode;
  readonly findings: readonly Finding[];
  readonly path: Path;
  readonly who: string;
  readonly dueWallNanos: bigint | undefined;

  constructor(code: CommitErrorCode, details: CommitErrorDetails = {}) {
    const { findings = [], path = [], who = '', dueWallNanos, cause } = details;
    super(code, { cause });
    this.name = 'CommitError';
    this.dueWallNanos = dueWallNanos;
    this.code = code;
    this.findings = findings;
    this.path = path;
    this.who = who;
  }
}

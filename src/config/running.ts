/** The configuration in force, and the parts of the router that run by it. */
import type { Clock } from '../clock.ts';
import type { GrammarNode } from '../grammar/node.ts';
import { CommitError, type Committer, type Finding, type Participant } from './commit.ts';
import type { Configuration } from './configuration.ts';
import { effectiveInTurns } from './effective.ts';
import { faultsOfGroups, groupOf, withInherited } from './inheritance.ts';
import { activeTree } from './marks.ts';
import type { Secrets } from './secrets.ts';
import type { ConfigTree } from './tree.ts';
import { atOnce, inTurns, type InTurns } from './turns.ts';

export interface RunningParts {
  readonly schema: GrammarNode;
  readonly participants: readonly Participant[];
  readonly secrets: Secrets;
  readonly clock: Clock;
}

export class Running {
  readonly #schema: GrammarNode;
  readonly #participants: readonly Participant[];
  readonly #secrets: Secrets;
  readonly #clock: Clock;
  #tree: ConfigTree;
  /** A tree never changes, and is asked for again and again: at each prompt, for one. */
  readonly #effective = new WeakMap<ConfigTree, Configuration>();

  constructor({ schema, participants, secrets, clock }: RunningParts, tree: ConfigTree) {
    this.#schema = schema;
    this.#participants = participants;
    this.#secrets = secrets;
    this.#clock = clock;
    this.#tree = tree;
  }

  get tree(): ConfigTree {
    return this.#tree;
  }

  /** Defaults filled in. */
  get configuration(): Configuration {
    return atOnce(this.#effectiveOf(this.#tree));
  }

  /** Puts `tree` in force as the router starts, as far as its parts can run by it. `failures` are those that could not. */
  async start(
    tree: ConfigTree,
  ): Promise<{ readonly findings: readonly Finding[]; readonly failures: readonly unknown[] }> {
    this.#tree = tree;
    const configuration = await this.#inTurns(this.#effectiveOf(tree));
    const findings = [...(await this.#inTurns(this.#found(configuration)))];
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

  /** What all parts have to say. Rejects with CommitError where that has errors. */
  async verify(tree: ConfigTree, committer: Committer): Promise<readonly Finding[]> {
    const configuration = await this.#inTurns(this.#effectiveOf(tree));
    const found = await this.#inTurns(this.#found(configuration, committer));
    const findings = [...findingsOfGroups(this.#schema, tree), ...attributed(this.#schema, tree, found)];
    if (findings.some(({ severity }) => severity === 'error')) throw new CommitError('verify', { findings });
    return findings;
  }

  /**
   * Puts `tree` in force when all parts run by it and `archive` has it; when one of them throws, all is as it was. Rejects
   * with CommitError.
   */
  async change(tree: ConfigTree, archive: () => void): Promise<readonly Finding[]> {
    const findings = await this.#apply(tree).catch(failedToApply);
    try {
      archive();
    } catch (error) {
      return failedToApply(await this.#putBack(this.#participants, error));
    }
    this.#tree = tree;
    return findings;
  }

  #inTurns<Made>(work: InTurns<Made>): Promise<Made> {
    return inTurns(work, this.#clock);
  }

  *#effectiveOf(tree: ConfigTree): InTurns<Configuration> {
    const known = this.#effective.get(tree);
    if (known) return known;
    const configuration = yield* effectiveInTurns(this.#schema, tree, this.#secrets);
    this.#effective.set(tree, configuration);
    return configuration;
  }

  *#found(configuration: Configuration, committer?: Committer): InTurns<readonly Finding[]> {
    const findings: Finding[] = [];
    for (const participant of this.#participants) {
      for (const finding of participant.verify(configuration, committer)) {
        if (finding) findings.push(finding);
        else yield;
      }
      yield;
    }
    return findings;
  }

  /** All participants, or none: those already changed are put back. */
  async #apply(tree: ConfigTree): Promise<readonly Finding[]> {
    const configuration = await this.#inTurns(this.#effectiveOf(tree));
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

function findingsOfGroups(schema: GrammarNode, tree: ConfigTree): readonly Finding[] {
  return faultsOfGroups(schema, tree).map(({ code, path, name }) => ({
    severity: 'error',
    code,
    path,
    details: { name },
  }));
}

/** The findings, each with the group that what it is about was inherited from. */
function attributed(schema: GrammarNode, tree: ConfigTree, findings: readonly Finding[]): readonly Finding[] {
  if (findings.length === 0) return findings;
  const inherited = withInherited(schema, activeTree(schema, tree));
  return findings.map((finding) => {
    const group = groupOf(inherited, finding.path);
    return group === undefined ? finding : { ...finding, details: { ...finding.details, group } };
  });
}

function failedToApply(cause: unknown): never {
  throw new CommitError('apply', { cause });
}

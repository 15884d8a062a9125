/** A configuration that is being edited: what `set` and `delete` change and `commit` puts in force. */
import type { Statement } from '../grammar/match.ts';
import type { GrammarNode } from '../grammar/node.ts';
import { EditError } from './edit-error.ts';
import { forbiddenChange, nameable, type Can } from './privileges.ts';
import { same } from './compare.ts';
import type { MarkChange } from './marks.ts';
import { merge } from './merge.ts';
import type { Secrets } from './secrets.ts';
import { deleteStatement, setStatements, withStatementMarked } from './statements.ts';
import type { ConfigTree, Path } from './tree.ts';

export class Candidate {
  readonly #schema: GrammarNode;
  readonly #secrets: Secrets;
  readonly #running: () => ConfigTree;
  readonly #mayEdit: () => void;
  #base: ConfigTree;
  #tree: ConfigTree;

  /**
   * `running` gives the configuration in force, from which edits start. `mayEdit` throws while somebody else keeps
   * everybody from editing.
   */
  constructor(
    schema: GrammarNode,
    secrets: Secrets,
    running: () => ConfigTree,
    mayEdit: () => void = () => undefined,
  ) {
    this.#schema = schema;
    this.#secrets = secrets;
    this.#running = running;
    this.#mayEdit = mayEdit;
    this.#base = running();
    this.#tree = this.#base;
  }

  /** The configuration that was in force when the edits started. */
  get base(): ConfigTree {
    return this.#base;
  }

  get tree(): ConfigTree {
    return this.#tree;
  }

  get changed(): boolean {
    return !same(this.#schema, this.#base, this.#tree);
  }

  /** Others have changed the configuration in force since the edits started. */
  get outOfDate(): boolean {
    return !same(this.#schema, this.#base, this.#running());
  }

  /** All of the statements, or none. Throws EditError. */
  set(statements: readonly Statement[], can: Can): void {
    this.#edit(setStatements(this.#schema, this.#tree, this.#sealed(statements)), can);
  }

  /** All of the statements, or none. Throws EditError. */
  delete(statements: readonly Statement[], can: Can): void {
    const rest = this.#sealed(statements).reduce((tree, statement) => {
      const without = deleteStatement(this.#schema, tree, statement);
      if (!without) throw new EditError('no-such-statement', statement.path);
      return without;
    }, this.#tree);
    this.#edit(rest, can);
  }

  /** Marks all of the statements, or none. Throws EditError. */
  mark(statements: readonly Statement[], change: MarkChange, can: Can): void {
    const marked = this.#sealed(statements).reduce((tree, statement) => {
      const { path, value } = statement;
      const changed = withStatementMarked(tree, statement, change);
      if (!changed) throw new EditError('not-found', value === undefined ? path : [...path, String(value)]);
      return changed;
    }, this.#tree);
    this.#edit(marked, can);
  }

  /** Makes of the candidate what `make` makes of it; no secret may be in that as it was typed. Throws EditError. */
  change(make: (tree: ConfigTree, secrets: Secrets) => ConfigTree, can: Can): void {
    this.#edit(make(this.#tree, this.#secrets), can);
  }

  /** What seals secrets, and seals them anew for another place. */
  get secrets(): Secrets {
    return this.#secrets;
  }

  /**
   * Makes `tree` the candidate, as `rollback` does: edits start anew from what is in force now. Throws
   * EditError.
   */
  replace(tree: ConfigTree, can: Can): void {
    this.#edit(tree, can);
    this.#base = this.#running();
  }

  /**
   * Takes up what others have committed since the edits started; the edits are kept. Gives the statements that both have
   * changed, which stay as they were edited here; whoever is told of them may not know of all.
   */
  update(): readonly Path[] {
    const running = this.#running();
    const { tree, conflicts } = merge(this.#schema, this.#base, this.#tree, running);
    this.#tree = tree;
    this.#base = running;
    return conflicts;
  }

  /** Drops all edits and starts over from `base`. */
  reset(base: ConfigTree): void {
    this.#base = base;
    this.#tree = base;
  }

  /** Edits that start from `base` go on as if they had been made here. */
  resume(base: ConfigTree, tree: ConfigTree): void {
    this.#base = base;
    this.#tree = tree;
  }

  /** Starts over where everything that was edited is in force, whoever committed it. */
  settle(): void {
    const running = this.#running();
    if (!this.changed || same(this.#schema, this.#tree, running)) this.reset(running);
  }

  /** `committed` is in force now; edits made since it was taken are kept. */
  rebase(committed: ConfigTree): void {
    this.#base = committed;
  }

  /** Takes up what was committed beside the edits, which are kept: they go on from `committed` then. */
  amend(statements: readonly Statement[], committed: ConfigTree): void {
    this.#tree = setStatements(this.#schema, this.#tree, statements);
    this.#base = committed;
  }

  /** No secret is ever in the tree as it was typed. */
  #sealed(statements: readonly Statement[]): readonly Statement[] {
    return statements.map((statement) => {
      const sealed = this.#secrets.sealed(this.#schema, statement);
      if (sealed === undefined) throw new EditError('foreign-secret', statement.path);
      return sealed;
    });
  }

  #edit(tree: ConfigTree, can: Can): void {
    this.#mayEdit();
    const forbidden = forbiddenChange(this.#schema, this.#tree, tree, can);
    if (forbidden) throw new EditError('forbidden', nameable(this.#schema, forbidden, can));
    this.#tree = tree;
  }
}
